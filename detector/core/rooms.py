"""Report -> stretches of time in which shots may be planted, and in which none is thought to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.records import HEARD_STATES, Report

Span = tuple[float, float]

_BEFORE_S, _AFTER_S = 0.6, 1.5  # heard seconds that a planted shot needs before and after it
_CLEAR_BEFORE_S, _CLEAR_AFTER_S = 1.5, 2.0  # to the next listed shot, and from the last
_TAIL_S = 1.0  # behind a shot that is alone, which passes for a volley where there is no other
_QUIET_S = 5.0  # from a volley, where no shot is expected


def between(report: Report) -> list[Span]:
    """Where a shot may be planted away from all listed ones."""
    taken = [(shot.time_s - _CLEAR_BEFORE_S, shot.time_s + _CLEAR_AFTER_S) for shot in report.shots]
    return without(_room(report), taken)


def inside(report: Report) -> list[Span]:
    """Where a shot may be planted among listed ones: in volleys of several shots, or just behind single ones."""
    volleys = [(v.first_s, v.last_s) for v in report.volleys if len(v.shots) > 1]
    return common(_room(report), volleys or [(v.first_s, v.last_s + _TAIL_S) for v in report.volleys])


def quiet(report: Report) -> list[Span]:
    """Heard time away from all volleys of several shots."""
    volleys = [(v.first_s - _QUIET_S, v.last_s + _QUIET_S) for v in report.volleys if len(v.shots) > 1]
    return without(_heard(report), volleys)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What of the spans lies in none of the taken ones.

    >>> without([(0, 10)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left = list(spans)
    for start, stop in taken:
        left = [part for a, b in left for part in ((a, min(b, start)), (max(a, stop), b)) if part[0] < part[1]]
    return left


def common(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What of the spans lies in one of the others, which do not overlap.

    >>> common([(0, 10)], [(2, 3), (8, 12)])
    [(2, 3), (8, 10)]
    """
    met = [(max(a, c), min(b, d)) for a, b in spans for c, d in others]
    return [(a, b) for a, b in met if a < b]


def length_s(spans: Iterable[Span]) -> float:
    """Seconds in all."""
    return sum((b - a for a, b in spans), 0.0)


def _room(report: Report) -> list[Span]:
    """Where a planted shot and its tail would be heard, and not for a second time."""
    inner = [(a + _BEFORE_S, b - _AFTER_S) for a, b in _heard(report)]
    return without([span for span in inner if span[0] < span[1]], [(r.start_s, r.stop_s) for r in report.repeats])


def _heard(report: Report) -> list[Span]:
    """Heard time, neighbouring stretches joined."""
    joined: list[Span] = []
    for part in report.coverage:
        if part.state in HEARD_STATES:
            start_s = joined.pop()[0] if joined and joined[-1][1] == part.start_s else part.start_s
            joined.append((start_s, part.stop_s))
    return joined
