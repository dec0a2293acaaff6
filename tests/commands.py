"""What tests of the commands share: a stand-in for the analysis, and a terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from detector.errors import MediaError


class Analysis:
    """Keeps how it was asked; fails, or is interrupted, for files that say so."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def ask(self, path: str, call: dict[str, Any]) -> None:
        """One call, for a file or the first of several, with what was handed over."""
        self.calls.append(call)
        name = Path(path).name
        if name.startswith("broken"):
            raise MediaError(f"{path}: not a media file; check that the download is complete")
        if name.startswith("bug"):
            raise ZeroDivisionError("float\ndivision")
        if name.startswith("stop"):
            raise KeyboardInterrupt
        if call["progress"] is not None:
            call["progress"](1.0, 2.0)
            call["progress"](2.0, 0.0)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True
