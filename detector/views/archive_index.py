"""The index of an archive's run: one HTML page that lists every recording and links its reports."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from detector.times import format_time
from detector.views.archive_words import CLAIM, shown, verdict_words

if TYPE_CHECKING:
    from detector.archive.rows import Run, Verdict

FILE_NAME = "index.html"
_MOST_ROWS = 5000  # a page that a browser still opens; the catalogue has all
_LINKED = ("review.html", "report.json", "shots.csv", "overview.png")


class Row(NamedTuple):
    """One recording on the page; `links` are (name, address)."""

    paths: tuple[str, ...]
    said: str
    span: str
    heard: str
    warnings: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def page(run: Run, verdicts: Iterable[Verdict], unreadable: Iterable[tuple[str, str]], folder: Path) -> str:
    """The HTML text of the page, to be put into `folder`.

    Recordings with shots stand first, most shots before fewer, then the others by name; those without a
    verdict stand by themselves. Of very many recordings the first 5,000 are shown.
    """
    from jinja2 import Environment, StrictUndefined

    listed = sorted(verdicts, key=lambda each: (-(each.count.best if each.count else 0), each.name))
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    counted = [each for each in listed if each.state != "failed"]
    failed = [(shown(each.name), each.reason) for each in listed if each.state == "failed"]
    failed += [(shown(path), problem) for path, problem in unreadable]
    template = (files("detector.views.page") / "archive_index.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        run=run,
        claim=CLAIM,
        rows=[_row(each, folder) for each in counted[:_MOST_ROWS]],
        number=len(counted),
        failed=failed[:_MOST_ROWS],
        failures=len(failed),
        heard_h=sum(each.heard_s or 0.0 for each in counted) / 3600,
    )


def _row(verdict: Verdict, folder: Path) -> Row:
    span, heard_s, duration_s = verdict.span, verdict.heard_s or 0.0, verdict.duration_s or 0.0
    return Row(
        paths=tuple(map(shown, verdict.paths)) or (verdict.name,),
        said=verdict_words(verdict),
        span=f"{format_time(span.first_s)} to {format_time(span.last_s)}" if span else "",
        heard=f"{format_time(heard_s, 0)} of {format_time(duration_s, 0)}",
        warnings=verdict.warnings,
        links=_links(verdict.folder, folder),
    )


def _links(reports: str | None, folder: Path) -> tuple[tuple[str, str], ...]:
    if reports is None:
        return ()
    there = [name for name in _LINKED if os.path.isfile(os.path.join(reports, name))]
    return tuple((name, quote(os.fsencode(os.path.relpath(os.path.join(reports, name), folder)))) for name in there)
