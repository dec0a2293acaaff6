"""Pages of docs/ in which tables stand between two marks, so that words and figures are written by different hands."""

from __future__ import annotations

from collections.abc import Mapping


def filled(text: str, tables: Mapping[str, str]) -> str:
    """The page with each table anew between `<!-- NAME -->` and `<!-- /NAME -->`.

    Raises
    ------
    ValueError
        When the page has no place for one of them.
    """
    for name, table in tables.items():
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not (begin and end):
            raise ValueError(f"no place for the table: <!-- {name} --> and <!-- /{name} --> must stand in the page")
        text = f"{before}{begin}{table}\n{end}{after}"
    return text
