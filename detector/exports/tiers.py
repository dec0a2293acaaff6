"""Listed shots, volleys, moments and unheard stretches as tiers, for programs that annotate speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from detector.exports.wording import count_text, one_line, shot_label, shot_note, state_text, unheard
from detector.records import Report


class Stretch(NamedTuple):
    """A text from one time to another; both are the same for a point."""

    start_s: float
    stop_s: float
    text: str


class Cell(NamedTuple):
    """A text from one whole number of units to a later one."""

    start: int
    stop: int
    text: str


def shots(report: Report) -> tuple[Stretch, ...]:
    """A point for each listed shot, in time order."""
    return tuple(Stretch(s.time_s, s.time_s, f"{shot_label(s)}, {shot_note(s)}") for s in report.shots)


def moments(report: Report) -> tuple[Stretch, ...]:
    """A point for each moment that the user named, in time order."""
    return tuple(sorted(Stretch(m.time_s, m.time_s, one_line(m.text)) for m in report.moments))


def volleys(report: Report) -> tuple[Stretch, ...]:
    """A stretch for each volley from its first to its last shot; a point for a single shot."""
    return tuple(Stretch(v.first_s, v.last_s, f"volley {v.id}: {count_text(v.count)}") for v in report.volleys)


def not_heard(report: Report) -> tuple[Stretch, ...]:
    """Each stretch in which nothing could be heard."""
    return tuple(Stretch(each.start_s, each.stop_s, state_text(each)) for each in unheard(report))


def apart(stretches: Sequence[Stretch], per_s: int, least: int = 1) -> tuple[Cell, ...]:
    """Stretches in time order on a grid of `per_s` units a second, none empty and none in another.

    A point, or anything shorter, becomes `least` units long where there is room before the next;
    what begins in the same unit as the one before, or before 0, is moved to the first free unit.

    >>> cells = apart([Stretch(1.0, 1.0, "a"), Stretch(1.0, 1.0, "b"), Stretch(1.05, 2.0, "c")], 1000, least=100)
    >>> [(cell.start, cell.stop) for cell in cells]
    [(1000, 1001), (1001, 1050), (1050, 2000)]
    """
    starts: list[int] = []
    for each in stretches:
        starts.append(max(0, round(each.start_s * per_s), *(starts[-1:] and [starts[-1] + 1])))
    cells = []
    for each, start, following in itertools.zip_longest(stretches, starts, starts[1:]):
        stop = max(round(each.stop_s * per_s), start + least)
        cells.append(Cell(start, stop if following is None else min(stop, following), each.text))
    return tuple(cells)
