"""The part of a tally's window in which nothing could be heard: what of it could hold its shots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detector.records import HEARD_STATES, Coverage, Result, Tally

QUIET_S = 60.0  # heard seconds without a shot that part a stretch from the firing: volleys of one incident lie closer
LEAST_S = 0.25  # unheard time in all below which no verdict hangs on it: one gun fires 3-4 shots a second
DENSEST_PER_S = 25  # shots in the densest second of the largest volleys on record (eight guns at once)


@dataclass(frozen=True)
class Unheard:
    """Unheard stretches inside a tally's window.

    Attributes
    ----------
    open
        Those that could hold shots of the tally.
    beyond_span
        Those that could only hold shots if the tally's own span were wrong.
    far
        Those that heard quiet parts from the firing, where the tally names no window.
    """

    open: tuple[Coverage, ...]
    beyond_span: tuple[Coverage, ...]
    far: tuple[Coverage, ...]

    @property
    def seconds(self) -> float:
        """Length of all that could hold shots, 0 when it is too short to matter."""
        total_s = length_s(self.open)
        return total_s if total_s >= LEAST_S else 0.0

    @property
    def room(self) -> int:
        """Shots that fit into it at the densest fire on record."""
        return int(self.seconds * DENSEST_PER_S)


def find(report: Result, tally: Tally, times_s: Sequence[float], reach_s: float | None) -> Unheard:
    """Unheard stretches of the tally's window, the whole recording where it names none.

    Parameters
    ----------
    report, tally
        The result and the tally beside it.
    times_s
        Times of the shots heard in the window, in order.
    reach_s
        Longest span that the tally allows; None when it sets no limit to the shots that were heard.

    Notes
    -----
    A window is taken at its word: all of it counts, also what lies outside the recording. A tally
    without one speaks of an event rather than of the file, so time behind `QUIET_S` heard seconds
    without a shot is left out. Without any shot nothing is left out.
    """
    start_s, stop_s = tally.window or _bounds(report)
    stretches = _unheard(report.coverage, start_s, stop_s)
    if not times_s:
        return Unheard(stretches, (), ())
    beyond: tuple[Coverage, ...] = ()
    if reach_s is not None and times_s[-1] - times_s[0] <= reach_s:
        earliest_s, latest_s = times_s[-1] - reach_s, times_s[0] + reach_s
        beyond = tuple(c for c in stretches if c.stop_s <= earliest_s or c.start_s >= latest_s)
        stretches = clip((c for c in stretches if c not in beyond), earliest_s, latest_s)
    far: tuple[Coverage, ...] = ()
    if tally.window is None:
        heard = [c for c in report.coverage if c.state in HEARD_STATES]
        far = tuple(c for c in stretches if _quiet_s(c, times_s, heard) >= QUIET_S)
    return Unheard(tuple(c for c in stretches if c not in far), beyond, far)


def clip(stretches: Iterable[Coverage], start_s: float, stop_s: float) -> tuple[Coverage, ...]:
    """What of the stretches lies inside [start_s, stop_s], empty ones left out."""
    cut = (replace(c, start_s=max(c.start_s, start_s), stop_s=min(c.stop_s, stop_s)) for c in stretches)
    return tuple(c for c in cut if c.start_s < c.stop_s)


def length_s(stretches: Iterable[Coverage]) -> float:
    """Seconds in all."""
    return sum((c.stop_s - c.start_s for c in stretches), 0.0)


def _bounds(report: Result) -> tuple[float, float]:
    starts = [0.0, *(c.start_s for c in report.coverage)]
    stops = [report.end_s, *(c.stop_s for c in report.coverage)]
    return min(starts), max(stops)


def _unheard(coverage: Sequence[Coverage], start_s: float, stop_s: float) -> tuple[Coverage, ...]:
    """Unheard stretches inside [start_s, stop_s]; what no stretch covers was not analysed."""
    found: list[Coverage] = []
    reached_s = start_s
    for stretch in clip(sorted(coverage, key=lambda c: c.start_s), start_s, stop_s):
        if stretch.start_s > reached_s:
            found.append(Coverage(reached_s, stretch.start_s, "not_analysed"))
        if stretch.state not in HEARD_STATES:
            found.append(stretch)
        reached_s = max(reached_s, stretch.stop_s)
    if reached_s < stop_s:
        found.append(Coverage(reached_s, stop_s, "not_analysed"))
    return tuple(found)


def _quiet_s(stretch: Coverage, times_s: Sequence[float], heard: Sequence[Coverage]) -> float:
    """Heard seconds between a stretch and the shot nearest to it; 0 with a shot inside."""
    before_s = max((t for t in times_s if t < stretch.stop_s), default=None)
    after_s = min((t for t in times_s if t >= stretch.start_s), default=None)
    gaps = [] if before_s is None else [(before_s, stretch.start_s)]
    gaps += [] if after_s is None else [(stretch.stop_s, after_s)]
    return min(length_s(clip(heard, start_s, stop_s)) for start_s, stop_s in gaps)
