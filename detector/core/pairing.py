"""Which of two lists belong together: the best one-to-one pairs within a tolerance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from detector.records import Bool, Float64, Int64


def best_pairs(distance: Float64, farthest: float, first: Bool | None = None) -> tuple[Int64, Int64]:
    """Rows and columns of the best one-to-one pairs at most `farthest` apart, that included, in order of the rows.

    Parameters
    ----------
    distance
        (n, m), not negative.
    first
        (n,) rows that are served before the others; all alike when None.

    Returns
    -------
    tuple
        As many rows of `first` as possible, then as many others as possible, then the smallest
        sum of distances. Empty in gives empty out.

    Notes
    -----
    One assignment problem in which a pair costs its distance less a reward: a pair of `first` is
    worth more than all others together, any pair more than all distances together.
    """
    from scipy.optimize import linear_sum_assignment

    size = min(distance.shape) + 1
    served = np.ones(distance.shape[0], np.bool_) if first is None else first
    reward = np.where(served, size, 1)[:, None] * farthest * size
    possible = distance <= farthest
    rows, columns = linear_sum_assignment(np.where(possible, distance - reward, 0.0))
    kept = possible[rows, columns]
    return rows[kept].astype(np.int64), columns[kept].astype(np.int64)


def pair_times(one_s: ArrayLike, other_s: ArrayLike, tolerance_s: float) -> tuple[Int64, Int64]:
    """Places in `one_s` and in `other_s` of the best one-to-one pairs at most `tolerance_s` apart.

    The times may come in any order; the pairs are in time order of `one_s`. As many pairs as
    possible, then the smallest sum of distances.

    Examples
    --------
    >>> rows, columns = pair_times([1.0, 1.02], [1.04, 1.018], 0.05)
    >>> rows.tolist(), columns.tolist()
    ([0, 1], [1, 0])
    """
    one, other = np.asarray(one_s, np.float64), np.asarray(other_s, np.float64)
    rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for mine, theirs in _neighbourhoods(one, other, tolerance_s):
        a, b = best_pairs(np.abs(one[mine, None] - other[None, theirs]), tolerance_s)
        rows.append(mine[a])
        columns.append(theirs[b])
    return np.concatenate(rows), np.concatenate(columns)


def _neighbourhoods(one: Float64, other: Float64, tolerance_s: float) -> list[tuple[Int64, Int64]]:
    """Places in both, in time order, cut at every pause that no pair can reach across."""
    both = np.concatenate([one, other])
    order = np.argsort(both, kind="stable").astype(np.int64)
    groups = np.split(order, np.flatnonzero(np.diff(both[order]) > tolerance_s) + 1)
    parts = [(group[group < one.size], group[group >= one.size] - one.size) for group in groups]
    return [(mine, theirs) for mine, theirs in parts if mine.size and theirs.size]
