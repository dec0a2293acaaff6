"""Which delays between onsets come back, as those of reflections do, and whether anything breaks the pattern.

A reflection follows every shot from one spot at one delay and one difference of level, also where it is louder than
the direct sound. Two shots do not: a finger varies by more than a millisecond. Automatic fire does, but goes on at
the same step, which is a chain and no pair.
"""

from __future__ import annotations

import numpy as np

from detector.core.echoes import EDGE_S
from detector.core.features import Features
from detector.records import Bool, Float64, Int64
from detector.settings import EchoSettings

_MISS = 1.5  # recurrences that one shot without the follower outweighs
_NAMES = ("follows_again", "follows_share", "is_followed_again")


def describe(time_s: Float64, level_db: Float64, chance: Float64, settings: EchoSettings) -> Features:
    """Columns that tell how often the delay of each onset after another comes back.

    `follows_again` counts, for the earlier shot and delay for which most speaks, the other shots that show an onset
    as strong at that delay, less one and a half for each that does not; -1 in a chain; NaN without an earlier shot.
    `follows_share` is their share. `is_followed_again` is the same for the onsets after this one.

    Parameters
    ----------
    time_s, level_db
        (n,) strictly rising times, and energies of the attacks.
    chance
        (n,) probability of each being a shot; those above `anchor_chance` are taken as shots.
    """
    table = np.full((len(time_s), len(_NAMES)), np.nan)
    table[:, 1] = 0.0
    shots = np.flatnonzero(chance > settings.anchor_chance)
    first, stop = np.searchsorted(time_s[shots], [time_s - settings.reach_s, time_s + settings.reach_s])
    known = _Onsets(time_s, level_db, settings)
    for row in np.flatnonzero(stop > first).tolist():
        near = shots[first[row] : stop[row]]
        near = near[near != row]
        if len(near):
            table[row, :2] = known.follows(row, near)
            table[row, 2] = known.is_followed(row, near)
    return Features(_NAMES, table.astype(np.float32))


class _Onsets:
    """Times and levels of all onsets, to be searched."""

    def __init__(self, time_s: Float64, level_db: Float64, settings: EchoSettings) -> None:
        self.time_s, self.level_db, self.settings = time_s, level_db, settings

    def follows(self, row: int, near: Int64) -> tuple[float, float]:
        """`follows_again` and `follows_share` of a row among the shots near it."""
        gap_s = self.time_s[row] - self.time_s[near]
        sources = near[(gap_s > self.settings.nearest_s) & (gap_s < self.settings.tail_s)][-self.settings.sources :]
        if len(sources) == 0:
            return np.nan, 0.0
        delay_s, over_db = self.time_s[row] - self.time_s[sources], self.level_db[row] - self.level_db[sources]
        hits, misses = self._recurrences(near, delay_s, over_db, sources, row)
        best = int(np.argmax(hits - misses + 0.001 * hits))
        delay, over = delay_s[best : best + 1], over_db[best : best + 1]
        source = sources[best : best + 1]
        chained = self._shown(self.time_s[source] - delay, self.level_db[source] - over)
        chained |= self._shown(self.time_s[row] + delay, self.level_db[row] + over)
        if chained[0]:
            return -1.0, 0.0
        return float(hits[best] - _MISS * misses[best]), float(hits[best] / (hits[best] + misses[best] + 1))

    def is_followed(self, row: int, near: Int64) -> float:
        """`is_followed_again` of a row among the shots near it."""
        edges_s = self.time_s[row] + self.settings.nearest_s, self.time_s[row] + self.settings.tail_s
        later = np.arange(*np.searchsorted(self.time_s, edges_s))
        later = later[np.argsort(-self.level_db[later], kind="stable")[: self.settings.sources]]
        if len(later) == 0:
            return np.nan
        delay_s, over_db = self.time_s[later] - self.time_s[row], self.level_db[later] - self.level_db[row]
        hits, misses = self._recurrences(near, delay_s, over_db, later, row)
        best = int(np.argmax(hits - misses + 0.001 * hits))
        return float(hits[best] - _MISS * misses[best])

    def _recurrences(
        self, near: Int64, delay_s: Float64, over_db: Float64, other: Int64, row: int
    ) -> tuple[Int64, Int64]:
        """For each delay how many of the shots `near` show it again, and how many neither show it nor answer to it.

        The pair of `row` and `other`, of which each delay is, does not count.
        """
        delay, over = delay_s[:, None], over_db[:, None]
        time, level = self.time_s[near], self.level_db[near]
        itself = near == other[:, None]
        hit = self._shown(time + delay, level + over) & ~itself
        hit &= np.abs(time + delay - self.time_s[row]) > self.settings.match_s + EDGE_S
        answers = self._shown(time - delay, level - over)
        return hit.sum(axis=1), (~hit & ~answers & ~itself).sum(axis=1)

    def _shown(self, time_s: Float64, level_db: Float64) -> Bool:
        """Whether there is an onset of about that time and level."""
        reach_s = self.settings.match_s + EDGE_S
        first, stop = np.searchsorted(self.time_s, time_s - reach_s), np.searchsorted(self.time_s, time_s + reach_s)
        shown = np.zeros(np.shape(first), bool)
        for step in range(int((stop - first).max())):
            one = np.minimum(first + step, len(self.time_s) - 1)
            shown |= (first + step < stop) & (np.abs(self.level_db[one] - level_db) < self.settings.match_db)
        return shown
