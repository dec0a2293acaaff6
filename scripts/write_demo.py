"""Run the demonstration as the README shows it, and put what it prints and draws where readers look.

The printed findings, shortened, go into README.md between the two `demo` comments, the picture to docs/demo.png.

python scripts/write_demo.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from detector.lab.marked import fill

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMAND = (
    "fixtures/demo/alder_street.mp4",
    "--tally",
    "fixtures/demo/tally.toml",
    "--formats",
    "json,csv,audacity,png",
)
SHOWN = ("Count", "Rests on", "Span", "Volleys", "Heard", "Tally")
LEFT_OUT = "[...]"


def main() -> None:
    """Write both, or end with the command's own complaint."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "detector", *COMMAND, "--out", folder]
        printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        (picture,) = Path(folder).glob("*.shots/overview.png")
        shutil.copyfile(picture, ROOT / "docs" / "demo.png")
    fill(README, {"demo": f"```text\n{shortened(printed)}\n```"})


def shortened(printed: str) -> str:
    """The head and the first section of each title in `SHOWN`, every run of other sections as `[...]`."""
    head, *sections = re.split(r"\n(?=[A-Z][a-z]+(?: [a-z]+)?  )", printed.split("\nResults in ")[0].rstrip())
    parts, titles = [head.rstrip()], list(SHOWN)
    for section in sections:
        title = re.split(r"  +", section, maxsplit=1)[0]
        if title in titles:
            titles.remove(title)
            parts.append(section.rstrip())
        elif parts[-1] != LEFT_OUT:
            parts.append(LEFT_OUT)
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
