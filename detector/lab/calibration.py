"""Whether what a detector says about its own doubts holds: intervals of counts, probabilities of onsets.

Pure arithmetic on arrays, like `metrics.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from detector.core.bounds import binomial_bounds
from detector.lab.bounds import standard_error
from detector.records import Bool, Float64, Int64


@dataclass(frozen=True)
class IntervalScore:
    """How count intervals hold up: share that reaches the true range, its error, and their width.

    `error` is the binomial standard error of `coverage`, `coverage_low..coverage_high` its exact
    95 % bounds. `median_width` is in shots; `relative_width` is the median of width / max(1, low
    end of the true range).
    """

    files: int
    coverage: float
    error: float
    coverage_low: float
    coverage_high: float
    median_width: float
    relative_width: float


@dataclass(frozen=True, eq=False)
class Reliability:
    """What came true of probabilities, by bins of equal width, as columns of shape (bins,).

    `said` is the mean probability of a bin, `true` the share that came true (NaN where the bin is
    empty), `low..high` the exact 95 % bounds of that share, `n` how many fell into the bin.
    """

    said: Float64
    true: Float64
    low: Float64
    high: Float64
    n: Int64


def score_intervals(
    interval_lows: ArrayLike, interval_highs: ArrayLike, lows: ArrayLike, highs: ArrayLike
) -> IntervalScore:
    """Share of count intervals that reach the true range [low, high], and how wide they are.

    An interval covers when it holds at least one number of the range: audible shots must be in
    it, and counting inaudible ones besides is no error.
    """
    below, above, low, high = (np.asarray(v, np.int64) for v in (interval_lows, interval_highs, lows, highs))
    if not low.size:
        return IntervalScore(0, *(math.nan,) * 6)
    covered: Bool = (below <= high) & (above >= low)
    width = above - below
    bounds = binomial_bounds(int(covered.sum()), covered.size)
    return IntervalScore(
        files=covered.size,
        coverage=float(covered.mean()),
        error=standard_error(float(covered.mean()), covered.size),
        coverage_low=bounds[0],
        coverage_high=bounds[1],
        median_width=float(np.median(width)),
        relative_width=float(np.median(width / np.maximum(low, 1))),
    )


def brier(probability: ArrayLike, outcome: ArrayLike) -> float:
    """Mean squared distance of probabilities from what was true (Brier 1950); NaN when empty."""
    said, true = np.asarray(probability, float), np.asarray(outcome, float)
    return float(np.mean((said - true) ** 2)) if said.size else math.nan


def reliability(probability: ArrayLike, outcome: ArrayLike, bins: int = 10) -> Reliability:
    """What came true of probabilities in [0, 1], by bins of equal width, the last one closed.

    Examples
    --------
    >>> curve = reliability([0.1, 0.3, 0.9, 1.0], [0, 1, 1, 1], bins=2)
    >>> curve.said.tolist(), curve.true.tolist(), curve.n.tolist()
    ([0.2, 0.95], [0.5, 1.0], [2, 2])
    """
    said, true = np.asarray(probability, float), np.asarray(outcome, float)
    row = np.minimum((said * bins).astype(np.int64), bins - 1)
    n, right = np.bincount(row, minlength=bins), np.bincount(row, true, minlength=bins).round().astype(np.int64)
    bounds = np.array([binomial_bounds(int(k), int(trials)) for k, trials in zip(right, n, strict=True)])
    share = np.full((2, bins), np.nan)
    share[:, n > 0] = np.stack([np.bincount(row, said, minlength=bins), right])[:, n > 0] / n[n > 0]
    return Reliability(said=share[0], true=share[1], low=bounds[:, 0], high=bounds[:, 1], n=n.astype(np.int64))
