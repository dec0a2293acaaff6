"""Pages of docs/ in which tables stand between two marks, so that words and figures are written by different hands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from detector.errors import DetectorError


def fill(page: Path, tables: Mapping[str, str]) -> None:
    """Write each table anew into a page, as `filled` does."""
    page.write_text(filled(page.read_text(encoding="utf-8"), tables), encoding="utf-8")


def filled(text: str, tables: Mapping[str, str]) -> str:
    """The text with each table anew between `<!-- NAME -->` and `<!-- /NAME -->`.

    Raises
    ------
    DetectorError
        When it has no place for one of them.
    """
    for name, table in tables.items():
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not (begin and end):
            raise DetectorError(f"no place for the table: <!-- {name} --> and <!-- /{name} --> must stand in the page")
        text = f"{before}{begin}{table}\n{end}{after}"
    return text
