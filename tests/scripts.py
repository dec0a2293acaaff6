"""Scripts, run as a user runs them."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def refusal(script: Path, arguments: Sequence[str], folder: Path) -> str:
    """What a script says of wrong usage, in a folder and without any environment; it ends with status 2."""
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=folder,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr
