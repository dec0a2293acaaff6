"""How an onset stands among all those around it, shots or not: how many, how loud, how alike, how close.

Footsteps, keys and a rattle come in crowds of onsets as loud as one another; a shot stands out, or stands among shots.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detector.core.features import Features
from detector.records import Bool, Float32, Float64, Int64

_WIDE_S, _NARROW_S, _JOINED_S = 5.0, 1.0, 0.05
_CLOSE_S = (0.003, 0.045)  # where the blast follows a crack, or the ground and the next wall answer
_AS_LOUD_DB = 10.0
_FALL = tuple(f"after_{edge}_low_db" for edge in (3, 5, 8))  # of the columns of `core.features`
_PAIRS = 1 << 12  # held at once: each is compared in 240 figures, two kilobytes of them
_NAMES = (
    *("onsets_1_s", "onsets_5_s", "loudest_1_s_db", "loudest_5_s_db", "as_loud_1_s", "as_loud_5_s"),
    *("as_loud_alike", "as_loud_chance", "as_loud_likeliest"),
    *("likeliest_before_0.05_s", "likeliest_after_0.05_s", "likeliest_before_1_s", "likeliest_after_1_s"),
    *("closely_after_s", "closely_after_db", "closely_after_fall_db", "closely_after_balance_db"),
    *("closely_before_s", "closely_before_db", "closely_before_chance", "closely_before_balance_db"),
)


def describe(time_s: Float64, level_db: Float64, chance: Float64, features: Features, pattern: Float32) -> Features:
    """Columns for each onset among the others within 5 s.

    Parameters
    ----------
    time_s, level_db
        (n,) rising times, and energies of the attacks.
    chance
        (n,) probability of each being a shot.
    features, pattern
        Columns of the same rows (see `features.describe`), and the place's answers (see `features.patterns`).
    """
    fall_db = features.values[:, [features.names.index(name) for name in _FALL]].min(axis=1)
    balance_db = features.values[:, features.names.index("balance_high_db")]
    table = np.full((len(time_s), len(_NAMES)), np.nan, np.float32)
    for rows, row, other in _pairs(time_s):
        # Rounded, so that what lies just at the edge of a reach does so on any clock.
        gap_s = np.round(time_s[other] - time_s[row + rows.start], 7)
        over_db = level_db[other] - level_db[row + rows.start]
        among = _Among(row, rows.stop - rows.start)
        near, everyone = np.abs(gap_s) <= _NARROW_S, np.abs(gap_s) <= _WIDE_S
        loud = everyone & (over_db > -_AS_LOUD_DB)
        alike = np.zeros(len(row))
        alike[loud] = np.einsum("ij,ij->i", pattern[other[loud]], pattern[row[loud] + rows.start])
        columns = [
            among.number(near),
            among.number(everyone),
            among.most(over_db, near),
            among.most(over_db, everyone),
            among.number(near & loud),
            among.number(loud),
            among.mean(alike, loud),
            among.mean(chance[other], loud),
            among.most(chance[other], loud),
        ]
        for reach_s in (_JOINED_S, _NARROW_S):
            for side in (gap_s < 0, gap_s > 0):
                columns.append(np.nan_to_num(among.most(chance[other], side & (np.abs(gap_s) <= reach_s))))
        for side, told in ((gap_s < 0, fall_db[other]), (gap_s > 0, chance[other])):
            close = side & (np.abs(gap_s) >= _CLOSE_S[0]) & (np.abs(gap_s) <= _CLOSE_S[1])
            at, pair = among.loudest(over_db, close)
            for figure in (np.abs(gap_s), over_db, told, balance_db[other] - balance_db[row + rows.start]):
                column = np.full(rows.stop - rows.start, np.nan)
                column[at] = figure[pair]
                columns.append(column)
        table[rows] = np.stack(columns, axis=1)
    return Features(_NAMES, table)


def _pairs(time_s: Float64) -> Iterator[tuple[slice, Int64, Int64]]:
    """Blocks of rows; in each, all pairs of a row, counted from the first of the block, and another within reach."""
    reach_s = _WIDE_S + 1e-6
    first, stop = np.searchsorted(time_s, [time_s - reach_s, time_s + reach_s])
    ends = np.cumsum(stop - first)
    start = 0
    while start < len(time_s):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + _PAIRS, "right")))
        count = (stop - first)[start:end]
        row = np.repeat(np.arange(end - start), count)
        other = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first[start:end], count)
        apart = other != row + start
        yield slice(start, end), row[apart], other[apart]
        start = end


class _Among:
    """Figures over the chosen pairs of each row; pairs stand in the order of their rows."""

    def __init__(self, row: Int64, rows: int) -> None:
        self.row, self.rows = row, rows

    def number(self, chosen: Bool) -> Float64:
        """(rows,) how many are chosen."""
        return np.bincount(self.row[chosen], minlength=self.rows).astype(np.float64)

    def mean(self, figure: Float64, chosen: Bool) -> Float64:
        """(rows,) the mean of a figure; NaN without a pair."""
        number = self.number(chosen)
        total = np.bincount(self.row[chosen], weights=figure[chosen], minlength=self.rows)
        return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))

    def most(self, figure: Float64, chosen: Bool) -> Float64:
        """(rows,) the largest of a figure; NaN without a pair."""
        largest = np.full(self.rows, np.nan)
        row = self.row[chosen]
        at, begin = np.unique(row, return_index=True)
        if len(at):
            largest[at] = np.maximum.reduceat(figure[chosen], begin)
        return largest

    def loudest(self, over_db: Float64, chosen: Bool) -> tuple[Int64, Int64]:
        """The rows that have a chosen pair, and of each its loudest."""
        pair = np.flatnonzero(chosen)
        pair = pair[np.lexsort((over_db[pair], self.row[pair]))]
        last = np.flatnonzero(np.diff(self.row[pair], append=-1) != 0)
        return self.row[pair[last]], pair[last]
