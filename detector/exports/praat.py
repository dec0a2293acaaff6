"""shots.TextGrid: tiers for Praat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from detector.exports import tiers
from detector.exports.tiers import Cell, Stretch
from detector.exports.wording import which_sound
from detector.records import Comparison, Report

_PER_S = 1_000_000  # times of shots are whole microseconds


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """A TextGrid in the long text form, UTF-8, as long as aligned.flac.

    Shots and moments are points; volleys and unheard stretches are intervals, with empty ones
    between them. The tier "about" says which sound the times fit.
    """
    points = {"shots": tiers.shots(report), "moments": tiers.moments(report)}
    spans = {"volleys": tiers.volleys(report), "unheard": tiers.not_heard(report)}
    cells = {name: tiers.apart(stretches, _PER_S) for name, stretches in spans.items()}
    at = {name: _joined(stretches) for name, stretches in points.items()}
    ends = [round(report.recording.duration_s * _PER_S), 1]
    ends += [cell.stop for each in cells.values() for cell in each] + [
        time + 1 for each in at.values() for time in each
    ]
    end = max(ends)
    written = [_points(name, each, end) for name, each in at.items()]
    written += [_intervals(name, _filled(each, end), end) for name, each in cells.items()]
    written.append(_intervals("about", [Cell(0, end, which_sound(report))], end))
    head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {_s(end)}"]
    head += ["tiers? <exists>", f"size = {len(written)}", "item []:"]
    lines = [*head, *(line for n, tier in enumerate(written, start=1) for line in (f"    item [{n}]:", *tier))]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _joined(stretches: Sequence[Stretch]) -> dict[int, str]:
    """Texts by time: Praat has one point at a time only."""
    texts: dict[int, list[str]] = defaultdict(list)
    for each in stretches:
        texts[max(0, round(each.start_s * _PER_S))].append(each.text)
    return {time: "; ".join(texts[time]) for time in sorted(texts)}


def _filled(cells: Sequence[Cell], end: int) -> list[Cell]:
    """The cells with empty ones wherever nothing stands, from 0 to `end`."""
    filled, at = [], 0
    for cell in cells:
        filled += [Cell(at, cell.start, "")] if at < cell.start else []
        filled.append(cell)
        at = cell.stop
    return filled + ([Cell(at, end, "")] if at < end else [])


def _points(name: str, at: dict[int, str], end: int) -> list[str]:
    lines = _tier("TextTier", name, end, f"points: size = {len(at)}")
    for number, (time, text) in enumerate(at.items(), start=1):
        lines += [
            f"        points [{number}]:",
            f"            number = {_s(time)}",
            f"            mark = {_quoted(text)}",
        ]
    return lines


def _intervals(name: str, cells: Sequence[Cell], end: int) -> list[str]:
    lines = _tier("IntervalTier", name, end, f"intervals: size = {len(cells)}")
    for number, cell in enumerate(cells, start=1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {_s(cell.start)}",
            f"            xmax = {_s(cell.stop)}",
            f"            text = {_quoted(cell.text)}",
        ]
    return lines


def _tier(kind: str, name: str, end: int, size: str) -> list[str]:
    facts = (f'class = "{kind}"', f"name = {_quoted(name)}", "xmin = 0", f"xmax = {_s(end)}", size)
    return [f"        {fact}" for fact in facts]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _s(time: int) -> str:
    """Whole microseconds as seconds, without rounding."""
    return f"{time // _PER_S}.{time % _PER_S:06d}".rstrip("0").rstrip(".")
