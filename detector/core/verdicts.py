"""Judged onsets -> shots, refused onsets with reasons, volleys, count and span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.core import volleys
from detector.core.counting import NO_DOUBTS, count_onsets, doubts, extras
from detector.core.hearing import Judged, Onsets
from detector.core.reasons import REASONS, doubt, reasons
from detector.records import (
    HEARD_STATES,
    Bool,
    CountInterval,
    Coverage,
    Float64,
    Int64,
    Rejected,
    RejectedCount,
    Repeat,
    Shot,
    Span,
    State,
    Volley,
)
from detector.settings import CoverageSettings, Settings

SHOWN_BEFORE = "shown before"
CRACKED = "crack before the blast"
_CUT_STATES: frozenset[State] = frozenset({"muted", "masked"})  # what an editor or a mute button cuts sharply
_SAME_SHOWING_S = 0.02  # an onset and its second showing may differ by the error of both times and of the lag


@dataclass(frozen=True)
class Verdicts:
    """What was decided about one recording."""

    shots: tuple[Shot, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    rejected_counts: tuple[RejectedCount, ...] = ()
    volleys: tuple[Volley, ...] = ()
    count: CountInterval | None = None
    span: Span | None = None


def nothing(settings: Settings) -> Verdicts:
    """Verdicts on a recording without a single candidate."""
    return Verdicts(count=count_onsets((), (), settings.count, NO_DOUBTS))


def decide(
    onsets: Onsets,
    judged: Judged,
    cracked: Bool,
    covered: Sequence[Coverage],
    repeats: Sequence[Repeat],
    settings: Settings,
) -> Verdicts:
    """Verdicts on onsets in heard time (see `heard_only`), as they are judged.

    Those that are `cracked` (n,) begin with the crack of a bullet, and say so.

    What the file shows a second time is listed with `repeat_of`, or refused when its first
    showing was not listed, and counts once; it is fresh where the first could not be heard.
    Times are rounded to a microsecond and probabilities to four digits, once and here, so that
    the report and what is computed from it later agree.
    """
    time_s, chance, echoes = np.round(onsets.time_s, 6), np.round(judged.chance, 4), judged.echoes
    first_s = _first_showing(time_s, repeats)
    first_s[~_in_states(first_s, covered, HEARD_STATES)] = np.nan
    fresh = np.isnan(first_s)
    listed = chance >= settings.probability.possible
    original = _originals(first_s, time_s, listed & fresh)
    kept = listed & (fresh | (original >= 0))
    volley = np.zeros(len(time_s), np.int64)
    volley[kept] = volleys.number(time_s[kept], settings.volleys)
    near = _near(time_s, time_s[kept], volley[kept], settings)
    noted = listed | (chance >= settings.count.listed) | near
    source = np.where((echoes.source_row >= 0) & kept[echoes.source_row], echoes.source_row, -1)
    rows = _Rows(
        ids=_numbers(noted, kept),
        time_s=time_s,
        error_s=np.round(onsets.error_s, 6),
        peak_db=np.round(onsets.peak_db, 1),
        chance=np.where(fresh, chance, 0.0),
        shown_chance=chance,
        volley=volley,
        extra=np.round(extras(judged.more), 4),
        overloaded=_in_states(time_s, covered, frozenset({"overloaded"})),
        cracked=cracked,
        source=source,
        delay_s=np.round(time_s - time_s[source], 6),  # as a reader finds it from the times
        why=_why(onsets, fresh, np.where(source >= 0, echoes.excess_db, np.nan), settings),
        original=original,
    )
    shots = [_shot(rows, row, settings) for row in np.flatnonzero(kept).tolist()]
    rejected = [_rejected(rows, row) for row in np.flatnonzero(noted & ~kept).tolist()]
    counts = _let_go(onsets)
    counts.update((_minute(time_s[row]), rows.why[row]) for row in np.flatnonzero(~noted))
    return Verdicts(
        shots=tuple(shots),
        rejected=tuple(rejected),
        rejected_counts=tuple(RejectedCount(minute, reason, n) for (minute, reason), n in sorted(counts.items())),
        volleys=volleys.group(shots, rejected, settings.count),
        count=count_onsets(shots, rejected, settings.count, doubts(shots, settings.count)),
        span=volleys.span([shot for shot in shots if shot.repeat_of is None]),
    )


def heard_only(onsets: Onsets, covered: Sequence[Coverage], settings: CoverageSettings) -> Onsets:
    """The onsets in heard time and not at the edges of what was silenced or masked, those let go included.

    Where such a stretch ends the sound begins at once, which is no shot.
    """
    heard = _heard(onsets.dropped_s, covered, settings)
    onsets = replace(onsets, dropped_s=onsets.dropped_s[heard], dropped_reason=onsets.dropped_reason[heard])
    heard = _heard(onsets.time_s, covered, settings)
    return onsets if heard.all() else onsets.take(np.flatnonzero(heard))


def _heard(time_s: Float64, covered: Sequence[Coverage], settings: CoverageSettings) -> Bool:
    reach = settings.edge_s
    wider = [Coverage(c.start_s - reach, c.stop_s + reach, c.state) for c in covered]
    return _in_states(time_s, covered, HEARD_STATES) & ~_in_states(time_s, wider, _CUT_STATES)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Columns (n,) over the heard onsets from which the records are made."""

    ids: Int64
    time_s: Float64
    error_s: Float64
    peak_db: Float64
    chance: Float64  # 0 for sound shown before: it was counted then
    shown_chance: Float64
    volley: Int64
    extra: Float64  # (n, 2)
    overloaded: Bool
    cracked: Bool
    source: Int64
    delay_s: Float64
    why: list[str]
    original: Int64  # row of the first showing, -1 without one


def _shot(rows: _Rows, row: int, settings: Settings) -> Shot:
    one, two = rows.extra[row].tolist()
    sure = rows.shown_chance[row] >= settings.probability.shot
    flags = tuple(flag for flag, is_so in (("overloaded", rows.overloaded[row]), (CRACKED, rows.cracked[row])) if is_so)
    return Shot(
        id=int(rows.ids[row]),
        status="shot" if sure else "possible",
        time_s=float(rows.time_s[row]),
        time_error_s=float(rows.error_s[row]),
        probability=float(rows.shown_chance[row]),
        volley=int(rows.volley[row]),
        overlap=one + two >= settings.count.overlap,
        repeat_of=int(rows.ids[rows.original[row]]) if rows.original[row] >= 0 else None,
        level_db=float(rows.peak_db[row]),
        flags=flags if sure or rows.original[row] >= 0 else (*flags, doubt(rows.why[row])),
        extra=(one, two),
    )


def _rejected(rows: _Rows, row: int) -> Rejected:
    echo = rows.why[row] == REASONS[0]
    return Rejected(
        id=int(rows.ids[row]),
        time_s=float(rows.time_s[row]),
        probability=float(rows.chance[row]),
        reason=rows.why[row],
        of_shot=int(rows.ids[rows.source[row]]) if echo else None,
        delay_s=float(rows.delay_s[row]) if echo else None,
    )


def _let_go(onsets: Onsets) -> Counter[tuple[int, str]]:
    """How many onsets were let go, by minute and reason."""
    kind = (onsets.dropped_s // 60).astype(np.int64) * len(REASONS) + onsets.dropped_reason
    kinds, numbers = (column.tolist() for column in np.unique(kind, return_counts=True))
    return Counter({(k // len(REASONS), REASONS[k % len(REASONS)]): n for k, n in zip(kinds, numbers, strict=True)})


def _minute(time_s: float) -> int:
    return int(time_s // 60)


def _in_states(time_s: Float64, covered: Sequence[Coverage], states: frozenset[State]) -> Bool:
    inside = np.zeros(len(time_s), bool)
    for part in covered:
        if part.state in states:
            inside |= (time_s >= part.start_s) & (time_s < part.stop_s)
    return inside


def _first_showing(time_s: Float64, repeats: Sequence[Repeat]) -> Float64:
    """When each onset's sound was shown first; NaN for fresh sound."""
    first_s = np.full(len(time_s), np.nan)
    for repeat in repeats:
        inside = (time_s >= repeat.start_s) & (time_s < repeat.stop_s)
        first_s[inside] = repeat.of_start_s + (time_s[inside] - repeat.start_s) * repeat.speed
    return first_s


def _near(time_s: Float64, shots_s: Float64, volley: Int64, settings: Settings) -> Bool:
    """Whether each time lies inside a volley or close to one."""
    near = np.zeros(len(time_s), bool)
    reach = settings.probability.rejected_near_s
    for number in np.unique(volley):
        members = shots_s[volley == number]
        near |= (time_s >= members[0] - reach) & (time_s <= members[-1] + reach)
    return near


def _why(onsets: Onsets, fresh: Bool, excess_db: Float64, settings: Settings) -> list[str]:
    """Why each onset is refused, if it is."""
    numbers = reasons(onsets.features, excess_db, settings.echoes)
    return [REASONS[number] if new else SHOWN_BEFORE for number, new in zip(numbers, fresh, strict=True)]


def _originals(first_s: Float64, time_s: Float64, listed: Bool) -> Int64:
    """(n,) row of the listed onset at about `first_s`; -1 for fresh sound and where there is none."""
    among = np.flatnonzero(listed)
    original = np.full(len(time_s), -1)
    for row in np.flatnonzero(~np.isnan(first_s)) if len(among) else ():
        nearest = among[np.abs(time_s[among] - first_s[row]).argmin()]
        if abs(time_s[nearest] - first_s[row]) <= _SAME_SHOWING_S:
            original[row] = nearest
    return original


def _numbers(noted: Bool, kept: Bool) -> Int64:
    """(n,) ids: the listed shots from 1 on in time order, so that their numbers can be read, then the refused."""
    refused = noted & ~kept
    return np.asarray(np.where(kept, np.cumsum(kept), kept.sum() + np.cumsum(refused)))
