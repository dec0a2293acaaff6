"""Captions for the picture: the running number of listed shots, moments, and where nothing can be heard."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from detector.exports.wording import one_line, state_text, unheard, unheard_so
from detector.records import Report, Shot

_MOMENT_S = 3.0  # how long the words of a moment are shown


class Caption(NamedTuple):
    """Lines of text shown from `start_ms` until `stop_ms` on the presentation clock."""

    start_ms: int
    stop_ms: int
    lines: tuple[str, ...]


def captions(report: Report) -> tuple[Caption, ...]:
    """What stands on the picture, one caption after the other, to the end of the recording.

    The number changes at each shot and stays until the next; sound shown again is not counted
    twice. Shots within the same millisecond change it at once. In time that could not be heard
    the caption says so, since there the number stands still whatever happened. Nothing is shown
    before 0:00.
    """
    end_ms = max([_ms(report.recording.duration_s), *(_ms(shot.time_s) + 1 for shot in report.shots)])
    edges = {0, end_ms, *(_ms(shot.time_s) for shot in report.shots)}
    edges |= {_ms(at_s) for moment in report.moments for at_s in (moment.time_s, moment.time_s + _MOMENT_S)}
    edges |= {_ms(at_s) for stretch in unheard(report) for at_s in (stretch.start_s, stretch.stop_s)}
    inside = sorted(edge for edge in edges if edge <= end_ms)
    shown = (Caption(start, stop, _lines(report, start)) for start, stop in itertools.pairwise(inside))
    return tuple(caption for caption in shown if caption.lines)


def _lines(report: Report, at_ms: int) -> tuple[str, ...]:
    so_far = [shot for shot in report.shots if _ms(shot.time_s) <= at_ms]
    lines = [_number(so_far)] if so_far else []
    lines += [one_line(m.text) for m in report.moments if _ms(m.time_s) <= at_ms < _ms(m.time_s + _MOMENT_S)]
    lines += [
        f"({state_text(each)}: {unheard_so(each)})"
        for each in unheard(report)
        if _ms(each.start_s) <= at_ms < _ms(each.stop_s)
    ]
    return tuple(line for line in lines if line)


def _number(so_far: list[Shot]) -> str:
    count, last = sum(shot.repeat_of is None for shot in so_far), so_far[-1]
    doubt = " (shown again)" if last.repeat_of is not None else " (possible)" if last.status == "possible" else ""
    return f"Shots: {count}{doubt}"


def _ms(time_s: float) -> int:
    return max(0, round(time_s * 1000))
