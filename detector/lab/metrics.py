"""Figures about detections, from plain arrays: matching, precision and recall, counts, intervals.

Nothing here knows files or detectors. The rules of the measure:

- One found onset answers for at most one true shot, and the pairing is the best there is.
- Where crack and blast of a shot are told apart, finding either is finding the shot, once; the
  error in time is still taken against the first arrival.
- Shots that are in the truth but too faint to hear are *neutral*: finding one is neither right
  nor wrong, missing one neither.
- A count is judged against a range: from the audible shots to all shots in heard time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from scipy.special import betaincinv, gammaincinv

from detector.records import Bool, Float64, Int64


@dataclass(frozen=True, eq=False)
class Marks:
    """The true shots of one recording as columns of shape (n,), in any order.

    `time_s` is the first arrival; `also_s` the arrival of the blast where a crack came first,
    else the same time again; `audible` says which shots must be found.
    """

    time_s: Float64
    also_s: Float64
    audible: Bool

    def __post_init__(self) -> None:
        if not self.time_s.shape == self.also_s.shape == self.audible.shape == (self.time_s.size,):
            raise ValueError("marks need columns of one length")

    @classmethod
    def of(cls, time_s: ArrayLike, audible: ArrayLike | None = None, also_s: ArrayLike | None = None) -> Marks:
        """Marks at the given times, all audible and without a second arrival unless told otherwise."""
        time = np.asarray(time_s, np.float64)
        return cls(
            time_s=time,
            also_s=time if also_s is None else np.asarray(also_s, np.float64),
            audible=np.ones(time.size, np.bool_) if audible is None else np.asarray(audible, np.bool_),
        )


@dataclass(frozen=True, eq=False)
class Matching:
    """Pairs of one true and one found onset: rows `truth[i]` and `found[i]` belong together."""

    truth: Int64
    found: Int64


@dataclass(frozen=True, eq=False)
class OnsetScore:
    """How a list of onsets compares with the truth, in numbers that add up over files.

    `right` audible shots were found out of `audible`; `judged` onsets were found, those on
    inaudible shots not counted; `error_s` (right,) is found minus true time.
    """

    right: int
    audible: int
    judged: int
    error_s: Float64

    @property
    def false(self) -> int:
        """Found onsets that are no shot."""
        return self.judged - self.right

    @property
    def precision(self) -> float:
        """Share of the judged onsets that are shots; NaN when nothing was found."""
        return self.right / self.judged if self.judged else math.nan

    @property
    def recall(self) -> float:
        """Share of the audible shots that were found; NaN when there are none."""
        return self.right / self.audible if self.audible else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 right / (judged + audible); NaN when both are empty."""
        total = self.judged + self.audible
        return 2 * self.right / total if total else math.nan


@dataclass(frozen=True)
class TimeError:
    """Onset error in ms: median and 90th percentile of its size, and the signed median (late is +)."""

    median_ms: float
    worst_tenth_ms: float
    bias_ms: float


@dataclass(frozen=True)
class CountScore:
    """How counts compare with their ranges, over `files` recordings.

    Shares of the files: `exact` equals the right answer, `within` lies in the range, `near` lies
    within 5 % of it; `mean_error` is the mean signed distance to the range, 0 inside.
    """

    files: int
    exact: float
    within: float
    near: float
    mean_error: float


@dataclass(frozen=True)
class IntervalScore:
    """How count intervals hold up: share that reaches the true range, its 95 % error, and width.

    `relative_width` is the median of width / max(1, audible shots).
    """

    files: int
    coverage: float
    coverage_low: float
    coverage_high: float
    mean_width: float
    relative_width: float


@dataclass(frozen=True)
class Rate:
    """Events per unit of exposure, with the upper 95 % bound of a Poisson rate."""

    events: int
    exposure: float
    per_unit: float
    upper: float


def match_onsets(marks: Marks, found_s: ArrayLike, tolerance_s: float) -> Matching:
    """Best one-to-one pairing of true and found onsets at most `tolerance_s` apart, that included.

    Returns
    -------
    Matching
        As many audible shots as possible, then as many others as possible, then the smallest
        sum of distances; rows in the order of the marks. Empty in gives empty out.

    Notes
    -----
    One assignment problem in which a pair costs its distance less a reward: an audible pair is
    worth more than all others together, any pair more than all distances together.

    Examples
    --------
    >>> pairs = match_onsets(Marks.of([1.0, 1.02]), [1.018, 1.04], 0.05)
    >>> pairs.truth.tolist(), pairs.found.tolist()
    ([0, 1], [0, 1])
    """
    distance = _distance_s(marks, np.asarray(found_s, np.float64))
    near = np.flatnonzero((distance <= tolerance_s).any(axis=0))
    distance = distance[:, near]
    size = min(distance.shape) + 1
    reward = np.where(marks.audible, size, 1)[:, None] * tolerance_s * size
    possible = distance <= tolerance_s
    rows, columns = linear_sum_assignment(np.where(possible, distance - reward, 0.0))
    kept = possible[rows, columns]
    return Matching(truth=rows[kept].astype(np.int64), found=near[columns[kept]].astype(np.int64))


def _distance_s(marks: Marks, found: Float64) -> Float64:
    distance: Float64 = np.minimum(
        np.abs(marks.time_s[:, None] - found[None]), np.abs(marks.also_s[:, None] - found[None])
    )
    return distance


def score_onsets(marks: Marks, found_s: ArrayLike, tolerance_s: float) -> OnsetScore:
    """Right, missed and false onsets of one recording; inaudible shots are neutral.

    Examples
    --------
    >>> score = score_onsets(Marks.of([1.0, 2.0, 3.0], audible=[True, True, False]), [1.001, 2.5, 3.0], 0.01)
    >>> score.right, score.audible, score.judged, score.false
    (1, 2, 2, 1)
    """
    found = np.asarray(found_s, np.float64)
    pairs = match_onsets(marks, found, tolerance_s)
    right = marks.audible[pairs.truth]
    return OnsetScore(
        right=int(right.sum()),
        audible=int(marks.audible.sum()),
        judged=found.size - int((~right).sum()),
        error_s=(found[pairs.found] - marks.time_s[pairs.truth])[right],
    )


def pool(scores: Sequence[OnsetScore]) -> OnsetScore:
    """One score for several recordings, every shot weighing the same."""
    return OnsetScore(
        right=sum(score.right for score in scores),
        audible=sum(score.audible for score in scores),
        judged=sum(score.judged for score in scores),
        error_s=np.concatenate([np.empty(0), *(score.error_s for score in scores)]),
    )


def time_error(error_s: Float64) -> TimeError:
    """Median, worst tenth and bias of onset errors, in ms; NaN when there are none."""
    if not error_s.size:
        return TimeError(math.nan, math.nan, math.nan)
    size_ms = 1e3 * np.abs(error_s)
    return TimeError(
        median_ms=float(np.median(size_ms)),
        worst_tenth_ms=float(np.quantile(size_ms, 0.9)),
        bias_ms=float(1e3 * np.median(error_s)),
    )


def score_counts(counts: ArrayLike, exact: ArrayLike, lows: ArrayLike, highs: ArrayLike) -> CountScore:
    """Exact, within-range and within-5 % shares and the mean error of counts, all of shape (files,).

    `exact` is the right answer, `lows` and `highs` the range that is still right.
    """
    count, best, low, high = (np.asarray(values, np.int64) for values in (counts, exact, lows, highs))
    if not count.size:
        return CountScore(0, *(math.nan,) * 4)
    error = np.maximum(count - high, 0) - np.maximum(low - count, 0)
    return CountScore(
        files=count.size,
        exact=float(np.mean(count == best)),
        within=float(np.mean(error == 0)),
        near=float(np.mean((count >= 0.95 * low) & (count <= 1.05 * high))),
        mean_error=float(np.mean(error)),
    )


def score_intervals(
    interval_lows: ArrayLike, interval_highs: ArrayLike, lows: ArrayLike, highs: ArrayLike
) -> IntervalScore:
    """Share of count intervals that reach the true range [low, high], and how wide they are.

    An interval covers when it holds at least one number of the range: audible shots must be in
    it, and counting inaudible ones besides is no error.
    """
    below, above, low, high = (np.asarray(v, np.int64) for v in (interval_lows, interval_highs, lows, highs))
    if not low.size:
        return IntervalScore(0, *(math.nan,) * 5)
    covered: Bool = (below <= high) & (above >= low)
    width = above - below
    bounds = binomial_bounds(int(covered.sum()), covered.size)
    return IntervalScore(
        files=covered.size,
        coverage=float(covered.mean()),
        coverage_low=bounds[0],
        coverage_high=bounds[1],
        mean_width=float(width.mean()),
        relative_width=float(np.median(width / np.maximum(low, 1))),
    )


def binomial_bounds(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided bounds of a share (Clopper and Pearson 1934); (0, 1) without trials.

    Examples
    --------
    >>> low, high = binomial_bounds(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.555, 0.997)
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1 - tail)) if successes < trials else 1.0
    return low, high


def poisson_rate(events: int, exposure: float, confidence: float = 0.95) -> Rate:
    """Events per unit of exposure with their upper bound; NaN and infinity without exposure.

    The bound is the rate at which seeing `events` or fewer has a chance of 1 - `confidence`:
    for none it is 3.0 / exposure.

    Examples
    --------
    >>> round(poisson_rate(0, 1.0).upper, 2)
    3.0
    """
    if exposure <= 0:
        return Rate(events, exposure, math.nan, math.inf)
    return Rate(events, exposure, events / exposure, float(gammaincinv(events + 1, confidence)) / exposure)


def brier(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Mean squared distance of probabilities from what was true (Brier 1950); NaN when empty."""
    said, true = np.asarray(probability, float), np.asarray(outcome, float)
    return float(np.mean((said - true) ** 2)) if said.size else math.nan
