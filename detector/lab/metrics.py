"""Figures about detections, from plain arrays: matching, precision and recall, counts.

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

from detector.core.pairing import best_pairs
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
class TrueVolleys:
    """The volleys of the truth as columns of shape (n,), in time order.

    `start_s..stop_s` reaches half a volley gap beyond the outermost shots, so that no two overlap;
    `low` counts the audible shots and `high` all of them.
    """

    start_s: Float64
    stop_s: Float64
    low: Int64
    high: Int64


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
    within 5 % of it. `relative_error` is the sum of the distances to the ranges, 0 inside, over the sum
    of the ranges' low ends, so that too many in one file do not make up for too few in another.
    """

    files: int
    exact: float
    within: float
    near: float
    relative_error: float


def match_onsets(marks: Marks, found_s: ArrayLike, tolerance_s: float) -> Matching:
    """Best one-to-one pairing of true and found onsets at most `tolerance_s` apart, that included.

    Returns
    -------
    Matching
        As many audible shots as possible, then as many others as possible, then the smallest
        sum of distances; rows in the order of the marks. Empty in gives empty out.

    Examples
    --------
    >>> pairs = match_onsets(Marks.of([1.0, 1.02]), [1.018, 1.04], 0.05)
    >>> pairs.truth.tolist(), pairs.found.tolist()
    ([0, 1], [0, 1])
    """
    distance = _distance_s(marks, np.asarray(found_s, np.float64))
    near = np.flatnonzero((distance <= tolerance_s).any(axis=0))
    truth, columns = best_pairs(distance[:, near], tolerance_s, first=marks.audible)
    return Matching(truth=truth, found=near[columns])


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


def recalled(marks: Marks, found_s: ArrayLike, tolerance_s: float) -> Bool:
    """(n,) which of the marks, audible or not, are paired with a found onset."""
    rows = np.zeros(marks.time_s.size, np.bool_)
    rows[match_onsets(marks, found_s, tolerance_s).truth] = True
    return rows


def gap_before_s(marks: Marks) -> Float64:
    """(n,) seconds from the shot before, audible or not, to each mark; infinite for the first.

    Examples
    --------
    >>> gap_before_s(Marks.of([1.5, 1.0, 1.75])).tolist()
    [0.5, inf, 0.25]
    """
    order = np.argsort(marks.time_s, kind="stable")
    gap = np.full(order.size, np.inf)
    gap[order[1:]] = np.diff(marks.time_s[order])
    return gap


def true_volleys(marks: Marks, gap_s: float) -> TrueVolleys:
    """Marks in volleys: a pause longer than `gap_s` starts the next. Empty in gives empty out.

    Examples
    --------
    >>> volleys = true_volleys(Marks.of([1.0, 1.5, 9.0], audible=[True, False, True]), 3.0)
    >>> volleys.start_s.tolist(), volleys.stop_s.tolist(), volleys.low.tolist(), volleys.high.tolist()
    ([-0.5, 7.5], [3.0, 10.5], [1, 1], [2, 1])
    """
    order = np.argsort(marks.time_s, kind="stable")
    time, first = marks.time_s[order], np.flatnonzero(gap_before_s(marks)[order] > gap_s)
    last = np.append(first[1:], time.size)[: first.size] - 1
    heard = np.concatenate([[0], np.cumsum(marks.audible[order])])
    return TrueVolleys(
        start_s=time[first] - gap_s / 2,
        stop_s=time[last] + gap_s / 2,
        low=heard[last + 1] - heard[first],
        high=last + 1 - first,
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
    """Exact, within-range and within-5 % shares and the errors of counts, all of shape (files,).

    `exact` is the right answer, `lows` and `highs` the range that is still right. NaN without
    files, and for the relative error without shots.
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
        relative_error=float(np.abs(error).sum() / low.sum()) if low.sum() else math.nan,
    )
