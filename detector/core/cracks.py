"""The crack of a bullet and the blast of its gun: one shot, timed by what arrives first.

A bullet faster than sound drags a shock wave that reaches the microphone before the muzzle blast, by up to some
hundredths of a second. The crack is short, dies at once and is weaker as a rule; judged by itself it looks like little.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.core.hearing import Judged, Onsets
from detector.records import Bool, Float64, Int64
from detector.settings import CrackSettings

_FALLS = {3: 5, 5: 8, 8: 12}  # windows in hops of the columns that tell how an attack dies


def joined(onsets: Onsets, judged: Judged, possible: float, settings: CrackSettings) -> tuple[Onsets, Judged, Bool]:
    """Onsets (m,) with each crack and its blast as one, and (m,) which of them were two.

    Such a shot has the time of its crack, the level of its blast, and the chance that either is a shot.

    A crack is the loudest of the onsets `nearest_s` to `furthest_s` before one that is listed (with a chance of
    `possible`), itself refused and with nothing listed in between. Either nothing earlier explains it, it is at most
    `below_db` weaker than the blast, and dies by `fall_db` at once; or another such crack within
    `reach_s` has about the same delay, and it is at most `below_again_db` weaker.
    """
    crack, blast = _pairs(onsets, judged, possible, settings)
    if len(crack) == 0:
        return onsets, judged, np.zeros(len(onsets), bool)
    time_s, error_s, chance = onsets.time_s.copy(), onsets.error_s.copy(), judged.chance.copy()
    time_s[blast], error_s[blast] = onsets.time_s[crack], onsets.error_s[crack]
    chance[blast] = 1 - (1 - chance[blast]) * (1 - chance[crack])
    kept = np.setdiff1d(np.arange(len(onsets)), crack)
    kept = kept[np.argsort(time_s[kept], kind="stable")]
    both = np.isin(kept, blast)
    place = np.full(len(onsets), -1)
    place[kept] = np.arange(len(kept))
    place[crack] = place[blast]
    found = replace(onsets, time_s=time_s, error_s=error_s).take(kept)
    echoes = judged.echoes.take(kept, place)
    return found, replace(judged, chance=chance[kept], more=judged.more[kept], echoes=echoes), both


def _pairs(onsets: Onsets, judged: Judged, possible: float, settings: CrackSettings) -> tuple[Int64, Int64]:
    """Rows of cracks, and of their blasts."""
    blast = np.flatnonzero(judged.chance >= possible)
    time_s, before = onsets.time_s, np.concatenate([[-1], blast[:-1]])
    first = np.maximum(np.searchsorted(time_s, time_s[blast] - settings.furthest_s), before + 1)
    stop = np.searchsorted(time_s, time_s[blast] - settings.nearest_s, "right")
    some = np.flatnonzero(stop > first)
    loudest = [a + int(onsets.level_db[a:b].argmax()) for a, b in zip(first[some], stop[some], strict=True)]
    crack, blast = np.array(loudest, np.int64), blast[some]
    delay_s, weaker_db = time_s[blast] - time_s[crack], onsets.level_db[blast] - onsets.level_db[crack]
    alone = np.isnan(judged.echoes.excess_db[crack]) & (_fall_db(onsets, crack, delay_s) <= -settings.fall_db)
    certain = np.flatnonzero(alone & (weaker_db <= settings.below_db))
    alike = np.abs(delay_s[:, None] - delay_s[certain]) <= settings.alike_s
    alike &= np.abs(time_s[crack][:, None] - time_s[crack[certain]]) <= settings.reach_s
    again = alike.any(axis=1) & (weaker_db <= settings.below_again_db)
    return crack[again], blast[again]


def _fall_db(onsets: Onsets, row: Int64, delay_s: Float64) -> Float64:
    """(n,) lowest energy re the attack, low band, 3 to 12 ms behind it and before the delay is over."""
    lowest = np.full(len(row), np.inf)
    for begin, end in _FALLS.items():
        column = onsets.features.values[row, onsets.features.names.index(f"after_{begin}_low_db")]
        lowest = np.where(end / 1000 <= delay_s, np.fmin(lowest, column), lowest)
    return lowest
