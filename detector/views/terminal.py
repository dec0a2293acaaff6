"""What the terminal shows, as text: headings with sentences and tables beside them, laid out by rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.checks import Agreement, Reviewed, Verification
from detector.exports.wording import one_line
from detector.records import Comparison, Incident, Report
from detector.views import (
    agreement_words,
    incident_summary,
    incident_tables,
    review_words,
    selftest_words,
    summary,
    tables,
    verification_words,
)
from detector.views.summary import Section

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

_SHOT_ROWS = 20  # with more shots than this, volleys are what one can read; the rest is in the result's files

Part = tuple[str, "RenderableType"]


def findings(path: str, report: Report, comparisons: Sequence[Comparison]) -> str:
    """All that is said about one file, as wide as the terminal, coloured only there."""
    console = _console()
    with console.capture() as told:
        console.print(one_line(path), style="bold", soft_wrap=True)
        console.print(one_line(summary.recording_sentence(report)))
        console.print(f"SHA-256 {one_line(report.recording.sha256)}\n", soft_wrap=True)
        console.print(_page(_parts(report, comparisons)))
    return _without_blanks(told.get())


def verification(path: str, verification: Verification) -> str:
    """What a second run says about a report: reproduced, or what moved."""
    parts: list[Part] = []
    for section in verification_words.sections(verification):
        parts.append((section.title, _said(section)))
        if section.title == "Verdicts":
            parts.append(("", _rows(verification_words.VERDICT_COLUMNS, verification_words.verdict_rows(verification))))
    return _text(path, parts)


def agreements(report: Report, agreements: Sequence[Agreement]) -> str:
    """Marks of people beside the machine and each other: a table of all, then each two in words."""
    columns, rows = agreement_words.AGREEMENT_COLUMNS, agreement_words.agreement_rows(agreements)
    parts: list[Part] = [("Marks", _rows(columns, rows))]
    parts += [("", _said(section)) for section in agreement_words.sections(report, agreements)]
    return _text("", parts)


def reviewed(path: str, reviewed: Reviewed) -> str:
    """Both numbers, what the corrected one is made of, and how it was reached."""
    return _text(one_line(path), [(section.title, _said(section)) for section in review_words.sections(reviewed)])


def incident(incident: Incident, comparisons: Sequence[Comparison]) -> str:
    """All that is said about several recordings of one event."""
    console = _console()
    parts: list[Part] = []
    for section in incident_summary.sections(incident, comparisons):
        parts.append((section.title, _said(section)))
        if section.title == "Span":
            parts.append(("Volleys", _rows(tables.VOLLEY_COLUMNS, tables.volley_rows(incident))))
            if len(incident.shots) <= _SHOT_ROWS:
                columns = incident_tables.shot_columns(incident)
                parts.append(("Shots", _rows(columns, incident_tables.shot_rows(incident))))
        if section.title == "Cameras":
            parts.append(("", _rows(incident_tables.CAMERA_COLUMNS, incident_tables.camera_rows(incident))))
    with console.capture() as told:
        for camera in incident.cameras:
            console.print(incident_summary.name(camera), style="bold", soft_wrap=True)
            console.print(one_line(summary.recording_sentence(camera.report)))
            console.print(f"SHA-256 {one_line(camera.report.recording.sha256)}", soft_wrap=True)
        console.print()
        console.print(_page(parts))
    return _without_blanks(told.get())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A heading and a table of texts beneath it."""
    console = _console()
    with console.capture() as told:
        if title:
            console.print(title, style="bold", soft_wrap=True)
        if columns:
            console.print(_rows(columns, rows))
    return _without_blanks(told.get())


def _text(title: str, parts: Sequence[Part]) -> str:
    console = _console()
    with console.capture() as told:
        if title:
            console.print(f"{title}\n", style="bold", soft_wrap=True)
        console.print(_page(parts))
    return _without_blanks(told.get())


def _console() -> Console:
    from rich.console import Console

    # Words and paths of the evidence are not markup, and numbers in them need no colours.
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _without_blanks(text: str) -> str:
    """Without the blanks that fill a table's cells: people paste this into letters."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def _parts(report: Report, comparisons: Sequence[Comparison]) -> list[Part]:
    parts: list[Part] = []
    for section in summary.sections(report, comparisons):
        parts.append((section.title, _said(section)))
        if section.title == "Span":
            parts.append(("Volleys", _rows(tables.VOLLEY_COLUMNS, tables.volley_rows(report))))
            if len(report.shots) <= _SHOT_ROWS:
                parts.append(("Shots", _rows(tables.SHOT_COLUMNS, tables.shot_rows(report))))
        if section.title == "Self-test" and report.self_test is not None and report.self_test.recall:
            parts.append(("", _rows(selftest_words.LEVEL_COLUMNS, selftest_words.level_rows(report.self_test))))
    return parts


def _page(parts: Sequence[Part]) -> Table:
    from rich.padding import Padding
    from rich.table import Table

    page = Table.grid(padding=(0, 2, 0, 0))
    page.add_column(style="bold", no_wrap=True)
    for title, part in parts:
        page.add_row(title, Padding(part, (0, 0, 1, 0)))
    return page


def _said(section: Section) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    dash = ["-"] if section.finding or len(section.sentences) > 1 else []
    listed = Table.grid(padding=(0, 1, 0, 0))
    # A stranger's file may hold sentences that speak to the terminal itself.
    for sentence in section.sentences:
        listed.add_row(*dash, Text(one_line(sentence)))
    finding = [Text(one_line(section.finding), "bold")] if section.finding else []
    return Group(*finding, *([listed] if listed.rows else []))


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(map(one_line, cell.split("\n")))) for cell in row))
    return table
