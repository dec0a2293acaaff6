"""Follow the commands of docs/guide_*.md one after the other and put what they print where the guides show it.

A block of commands (sh) may be followed by a comment `shown: Count, Tally` and a block of text: the
paragraphs that were printed and begin so, `[...]` standing for the others; `shown: all` for everything.

python scripts/write_guides.py [GUIDE ...]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = "[...]"
_STEP = re.compile(
    r"(?ms)^```sh\n(?P<commands>.*?)^```\n(?:\n?<!-- shown: (?P<shown>[^>]*?) -->\n```text\n(?P<text>.*?)```\n)?"
)


def main() -> None:
    """Rewrite the guides, or end with the first command that failed."""
    for path in [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "docs").glob("guide_*.md")):
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(followed(page, Path(folder)), encoding="utf-8")


def followed(page: str, folder: Path) -> str:
    """The guide with what its commands print when they are run in an empty folder beside the fixtures."""
    (folder / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)

    def step(found: re.Match[str]) -> str:
        printed = _run(found["commands"], folder)
        if found["shown"] is None:
            return found[0]
        start, stop = (at - found.start() for at in found.span("text"))
        return f"{found[0][:start]}{excerpt(printed, found['shown'])}\n{found[0][stop:]}"

    return _STEP.sub(step, page)


def excerpt(printed: str, shown: str) -> str:
    """The paragraphs that begin with one of the words, `[...]` for each run of others; everything for `all`."""
    paragraphs = [each.rstrip() for each in re.split(r"\n\s*\n(?=\S)", printed.strip("\n"))]
    if shown == "all":
        return "\n\n".join(paragraphs)
    words, kept = tuple(word.strip() for word in shown.split(",")), [""]
    for paragraph in paragraphs:
        if paragraph.startswith(words):
            kept.append(paragraph)
        elif kept[-1] != LEFT_OUT:
            kept.append(LEFT_OUT)
    return "\n\n".join(kept[1:])


def _run(commands: str, folder: Path) -> str:
    """What a shell prints, this Python's own commands first on its path."""
    done = subprocess.run(
        ["bash", "-eu", "-c", commands], cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{commands.strip()}: {done.stderr.strip()}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "COLUMNS": "80", "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
