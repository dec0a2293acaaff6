"""A result beside an official tally: what the audio can say about the number, and what it cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.core import comparison_words, counting, span_comparison, unheard
from detector.core.comparison_words import Findings
from detector.core.unheard import Unheard
from detector.records import Comparison, CountInterval, Float64, Listed, Result, Tally, Verdict

# An interval that holds the tally says little when half or twice the tally would fit as well, unless
# the tally's own range is more likely than not.
_WIDE = 2
_LIKELY = 0.5


def compare(report: Result, tally: Tally) -> Comparison:
    """One tally beside one result, a report or an incident, in numbers and words.

    Parameters
    ----------
    report
        What was heard.
    tally
        What was published.

    Returns
    -------
    Comparison
        Verdict, chances and sentences, for the count and, where the tally has one, for the span.

    Notes
    -----
    The tally's range is widened by its tolerance and held against the count interval in its
    window (the whole recording where it names none):

    - `audio hears more`: the whole interval lies above the range; unheard time cannot undo that.
    - `audio hears fewer`: the whole interval lies below it, and the unheard time that could hold
      shots of this tally has no room for the rest.
    - `consistent`: they overlap, and shots in unheard time could not lift the whole interval above.
    - `cannot tell`: unheard time could change the verdict; or the interval would hold half or twice
      the tally as well while its own range has a chance below one half; or nothing was heard.

    Nothing of this says that either side is wrong.
    """
    start_s, stop_s = tally.window or (None, None)
    listed = [s for s in report.shots if s.repeat_of is None and _inside(s.time_s, tally.window)]
    shots = tuple(s for s in listed if s.status == "shot")
    gaps = unheard.find(report, tally, [s.time_s for s in shots], _reach_s(tally))
    count = counting.count_report_between(report, start_s, stop_s)
    pmf = counting.report_distribution(report, start_s, stop_s)
    low, high = max(0, tally.low - tally.tolerance), tally.high + tally.tolerance
    chances = None if pmf is None else _chances(pmf, low, high)
    verdict, because = _verdict(count, chances, (low, high), gaps)
    findings = Findings(
        report=report,
        tally=tally,
        low=low,
        high=high,
        count=count,
        chances=chances,
        verdict=verdict,
        because=because,
        unheard=gaps,
        shots=shots,
        possible=tuple(s for s in listed if s.status == "possible"),
        hidden=_hidden(listed),
    )
    return Comparison(
        tally=tally,
        result_sha256=report.result_sha256,
        verdict=verdict,
        count=count,
        p_fewer=None if chances is None else chances[0],
        p_within=None if chances is None else chances[1],
        p_more=None if chances is None else chances[2],
        span=span_comparison.compare_span(report, tally, listed, gaps),
        reasons=comparison_words.reasons(findings),
        what_it_would_take=comparison_words.what_it_would_take(findings),
        sentence=comparison_words.sentence(findings),
    )


def _reach_s(tally: Tally) -> float | None:
    """Longest span of the shots that were heard, by the tally's own word; None when it leaves shooters out."""
    if tally.span_s is None or not tally.everyone:
        return None
    return tally.span_s + span_comparison.span_tolerance_s(tally.span_s)


def _inside(time_s: float, window: tuple[float, float] | None) -> bool:
    return window is None or window[0] <= time_s < window[1]


def _chances(pmf: Float64, low: int, high: int) -> tuple[float, float, float]:
    """Chances of a count below, in and above low..high; they sum to 1."""
    fewer, within = float(pmf[:low].sum()), float(pmf[low : high + 1].sum())
    fewer = min(fewer, 1.0)
    within = min(within, 1.0 - fewer)
    return fewer, within, max(0.0, 1.0 - fewer - within)


def _verdict(
    count: CountInterval | None, chances: tuple[float, float, float] | None, tally_range: tuple[int, int], gaps: Unheard
) -> tuple[Verdict, comparison_words.Because]:
    low, high = tally_range
    if count is None or chances is None:
        return "cannot tell", "deaf"
    if high < count.low:
        return "audio hears more", "heard"
    if low > count.high:
        missing = low - count.high
        return ("cannot tell", "unheard") if gaps.room >= missing else ("audio hears fewer", "heard")
    if gaps.room > high - count.low:
        return "cannot tell", "unheard"
    fits_half = count.low < low and count.low * _WIDE <= low
    fits_double = count.high > high and count.high >= high * _WIDE
    if (fits_half or fits_double) and chances[1] < _LIKELY:
        return "cannot tell", "wide"
    return "consistent", "heard"


def _hidden(shots: Sequence[Listed]) -> tuple[int, int]:
    """How many shots hide behind the listed onsets, as a central 90 % interval."""
    overlaps = np.array([(s.probability * sum(s.extra), s.extra[1] / sum(s.extra)) for s in shots if sum(s.extra) > 0])
    if not len(overlaps):
        return 0, 0
    # Something hides with the first chance; two rather than one with the second.
    pmf = counting.distribution(overlaps[:, 0], np.column_stack([overlaps[:, 1], np.zeros(len(overlaps))]))
    return counting.quantile(pmf, 0.05), counting.quantile(pmf, 0.95)
