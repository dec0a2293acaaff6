"""The span of a tally beside the span heard."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from detector.core import unheard, volleys
from detector.core.unheard import Unheard
from detector.records import Coverage, Listed, Result, Span, SpanComparison, Tally, Verdict
from detector.times import format_time

_LIKELY = 0.5  # chance from which the tally's span counts as consistent


def span_tolerance_s(span_s: float) -> float:
    """What a published span leaves open: one unit of its last digit, a second for whole seconds.

    One unit, not half of one, because it is not said whether the number was rounded or cut off.

    >>> span_tolerance_s(41.0), span_tolerance_s(6.5), span_tolerance_s(0.85)
    (1.0, 0.1, 0.01)
    """
    exponent = Decimal(repr(float(span_s))).normalize().as_tuple().exponent
    return 10.0 ** min(0, exponent) if isinstance(exponent, int) else 1.0


def compare_span(report: Result, tally: Tally, listed: Sequence[Listed], gaps: Unheard) -> SpanComparison | None:
    """The tally's span beside the heard one; None when the tally names none."""
    if tally.span_s is None:
        return None
    tolerance_s = span_tolerance_s(tally.span_s)
    heard = volleys.span([onset for onset in listed if onset.status == "shot"])
    chances = None if heard is None else _span_chances(listed, tally.span_s, tolerance_s + heard.error_s)
    verdict: Verdict = "cannot tell"
    ends_unheard = False
    if heard is not None and chances is not None:
        ends_unheard = _beyond_s(gaps.open, heard) >= unheard.LEAST_S
        verdict = _span_verdict(chances, (1.0 + report.count.confidence) / 2.0 if report.count else 1.0, ends_unheard)
    return SpanComparison(
        verdict=verdict,
        tally_s=tally.span_s,
        heard_s=None if heard is None else heard.duration_s,
        error_s=None if heard is None else heard.error_s,
        p_fewer=None if chances is None else chances[0],
        p_within=None if chances is None else chances[1],
        p_more=None if chances is None else chances[2],
        sentence=_sentence(tally, tally.span_s, heard, verdict, ends_unheard),
    )


def _span_chances(listed: Sequence[Listed], span_s: float, open_s: float) -> tuple[float, float, float] | None:
    """Chances that the span is shorter than, within and longer than span_s +- open_s.

    Row i is the first and row j the last shot with the chance that both are shots and none before
    i and none after j is one: p_i p_j prod(1 - p_k, k < i) prod(1 - p_k, k > j).
    """
    p = np.array([s.probability for s in listed])
    times_s = np.array([s.time_s for s in listed])
    none_before = np.concatenate([[1.0], np.cumprod(1.0 - p)[:-1]])
    none_after = np.concatenate([np.cumprod((1.0 - p)[::-1])[-2::-1], [1.0]])
    first, last = np.flatnonzero(p * none_before > 1e-12), np.flatnonzero(p * none_after > 1e-12)
    pair = (p * none_before)[first, None] * (p * none_after)[None, last]
    pair[first[:, None] > last] = 0.0
    same = first[:, None] == last
    pair[same] = np.broadcast_to((p * none_before * none_after)[first, None], pair.shape)[same]
    total = float(pair.sum())
    if total <= 0.0:
        return None
    spans_s = times_s[None, last] - times_s[first, None]
    shorter = float(pair[spans_s < span_s - open_s].sum()) / total
    longer = float(pair[spans_s > span_s + open_s].sum()) / total
    return shorter, max(0.0, 1.0 - shorter - longer), longer


def _span_verdict(chances: tuple[float, float, float], decided: float, ends_unheard: bool) -> Verdict:
    shorter, within, longer = chances
    if longer >= decided:
        return "audio hears more"
    if shorter >= decided:
        return "cannot tell" if ends_unheard else "audio hears fewer"
    return "consistent" if within >= _LIKELY else "cannot tell"


def _beyond_s(stretches: Sequence[Coverage], heard: Span) -> float:
    """Unheard seconds before the first and after the last shot."""
    before = unheard.clip(stretches, -np.inf, heard.first_s)
    return unheard.length_s((*before, *unheard.clip(stretches, heard.last_s, np.inf)))


def _sentence(tally: Tally, span_s: float, heard: Span | None, verdict: Verdict, ends_unheard: bool) -> str:
    low_s, high_s = max(0.0, span_s - span_tolerance_s(span_s)), span_s + span_tolerance_s(span_s)
    published = f"The published span is {span_s:g} s, taken as {low_s:g} to {high_s:g} s (one unit of its last digit)"
    if heard is None:
        return f"{published}; no shot is listed to hold against it, so the audio cannot tell."
    return (
        f"{published}; {heard.duration_s:.3f} s lie between the first and the last shot heard "
        f"({format_time(heard.first_s)} to {format_time(heard.last_s)}, error {heard.error_s:.3f} s): "
        f"{_verdict_words(verdict, tally.everyone, ends_unheard)}."
    )


def _verdict_words(verdict: Verdict, everyone: bool, ends_unheard: bool) -> str:
    if verdict == "consistent":
        return "the two are consistent"
    if verdict == "audio hears more":
        return "the audio hears a longer span" + ("" if everyone else ", as expected: this number leaves others out")
    if verdict == "audio hears fewer":
        return "the audio hears a shorter span"
    if ends_unheard:
        return "shots may lie in the unheard time before or after these, so the audio cannot tell"
    return "too much hangs on doubtful onsets at its ends, so the audio cannot tell"
