"""Why a recording is not on the incident's clock, in words."""

from __future__ import annotations

from collections.abc import Sequence

from detector.core.listening import Listening
from detector.records import AlignedPair
from detector.settings import AlignmentSettings

_WORTH_TELLING = 0.05  # chance up to which a fit that was not believed is told of


def refusal(
    row: int, pairs: Sequence[AlignedPair], group: Sequence[int], listening: Listening, settings: AlignmentSettings
) -> str:
    """Why recording `row` was left out; `group` are the recordings that it fits, itself included."""
    if listening.heard_s < settings.overlap_s:
        return f"there is too little sound in it to compare: {listening.heard_s:.1f} s can be heard"
    if len(group) > 1:
        others = ", ".join(str(other + 1) for other in sorted(group) if other != row)
        return f"it fits recording {others}, but these do not fit the others: another incident, or another part of it"
    with_it = [pair for pair in pairs if row in (pair.one, pair.other) and pair.lag_s is not None]
    own = [pair for pair in with_it if not pair.same]
    if with_it and not own:
        other = with_it[0].other if with_it[0].one == row else with_it[0].one
        return f"it holds the sound of recording {other + 1}, which is left out too"
    if not own:
        return "there is no overlap with the others in which enough can be heard by both"
    best = min(own, key=lambda pair: (pair.chance, pair.one, pair.other))
    if best.chance > _WORTH_TELLING:
        return "nothing in it fits any of the others better than unrelated sound would"
    other, lag_s = (best.other, best.lag_s) if best.one == row else (best.one, -(best.lag_s or 0.0))
    return (
        f"too little in common: it fits recording {other + 1} best, which would be {lag_s:+.2f} s"
        f" against it with {best.onsets} of their onsets in agreement, but unrelated recordings like these fit as well"
        f" about once in {1 / best.chance:,.0f}; once in {1 / settings.accident:,.0f} at most is believed"
    )


def contradiction(apart_s: float) -> str:
    """Why a pair was dropped whose loop does not close."""
    return f"it contradicts stronger pairs by {abs(apart_s):.3f} s"


def doubt(pair: AlignedPair, settings: AlignmentSettings) -> str:
    """Why a pair is not believed by itself."""
    if pair.lag_s is None:
        return "no lag at which enough was heard by both"
    return f"unrelated recordings fit as well once in {1 / max(pair.chance, settings.accident):,.0f}"
