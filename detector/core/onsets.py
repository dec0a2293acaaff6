"""Energies -> onset candidates: hops where the sound rises over its own recent past.

The background is local (the last few milliseconds), so that shots inside the tail of another
still stand out and one loud volley cannot hide a quiet one. Nothing is normalized by a whole
file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from detector.core.level import Level, max_around, mean_after, mean_before, over_bands
from detector.records import Float32, Int64
from detector.settings import OnsetSettings


@dataclass(frozen=True, eq=False)
class Candidates:
    """Onset candidates as columns of equal length, in time order.

    Attributes
    ----------
    hop
        (n,), absolute hop number of the rise.
    rise_db
        (n,), mean over the bands of the rise over the background, in dB.
    """

    hop: Int64
    rise_db: Float32

    def __post_init__(self) -> None:
        if len(self.hop) != len(self.rise_db) or np.any(np.diff(self.hop) <= 0):
            raise ValueError("candidates need columns of one length and strictly rising hops")

    def take(self, rows: Int64) -> Candidates:
        """The given rows, which must rise."""
        return Candidates(self.hop[rows], self.rise_db[rows])


@lru_cache(maxsize=1)  # several stages ask for it in turn
def floor(level: Level, settings: OnsetSettings) -> Float32:
    """(hops,) energy below which differences mean nothing: a fixed depth under the loudest nearby.

    Keeps digital near-silence, as in 8-bit recordings, from turning every click into a huge rise.
    It scales with the sound, so gain changes nothing.
    """
    reach = round(settings.floor_reach_s / level.hop_s)
    loudest = max_around(over_bands(level.energy), reach, reach)
    return loudest * np.float32(10 ** (-settings.floor_depth_db / 10)) + np.float32(1e-30)


def rise(level: Level, settings: OnsetSettings) -> Float32:
    """(hops,) rise in dB of the next hops' energy over the last hops', averaged over the bands.

    Falls count as no rise. Loop twin: for hop k and band b,
    `max(0, 10 log10((mean(e[k:k+after, b]) + f[k]) / (mean(e[k-before:k, b]) + f[k])))`.
    Bands that the sample rate does not reach are left out of the mean.
    """
    ground = floor(level, settings)
    total_db = np.zeros(len(ground), np.float32)
    for energy in level.energy.T:  # one band at a time stays in the cache
        after = mean_after(energy, settings.after_hops) + ground
        before = mean_before(energy, settings.before_hops) + ground
        total_db += 10 * np.log10(np.maximum(after / before, 1))
    return total_db / np.float32(level.bands)


def find(level: Level, settings: OnsetSettings) -> Candidates:
    """Candidates of a level: local maxima of the rise above the gate, away from seams; then a second look.

    A hop is a candidate when its rise is the largest within `apart_hops` on either side (the
    first of equals) and at least `gate_db`. Within `seam_hops` of missing samples there are none,
    nor at the ends of the sound, beyond which all are missing: a cut is a rise of its own.

    Behind a steep rise a second look is taken with shorter windows, for what follows it so soon
    that the usual ones show both as one.
    """
    curve = rise(level, settings)
    seam = settings.seam_hops
    heard = max_around((~level.heard).astype(np.float32), seam, seam) == 0
    heard[:seam] = heard[max(0, len(heard) - seam) :] = False
    first = _summits(curve, settings.apart_hops, settings.gate_db)
    first = first[heard[first]]
    again = _second_look(level, first[curve[first] >= settings.steep_db], settings)
    hop = np.union1d(first, again[heard[again]])
    return Candidates(hop=hop + level.first_hop, rise_db=curve[hop])


def _summits(curve: Float32, apart: int, gate_db: float) -> Int64:
    """Rows that are the largest within `apart` on either side, the first of equals, and at least at the gate."""
    highest = max_around(curve, apart, apart)
    earlier = max_around(np.concatenate([[np.float32(-1)], curve[:-1]]), apart - 1, 0)
    return np.flatnonzero((curve >= gate_db) & (curve >= highest) & (curve > earlier))


def _second_look(level: Level, steep: Int64, settings: OnsetSettings) -> Int64:
    """Rows behind steep ones that rise over shorter windows, too far from these to be the same rise."""
    hops, before, apart = len(level.energy), settings.again_before_hops, settings.again_apart_hops
    behind = np.zeros(hops, np.float32)
    behind[steep] = 1
    behind = max_around(behind, settings.again_hops, 0) * (max_around(behind, apart, apart) == 0)
    row = np.flatnonzero(behind)
    ground = floor(level, settings)[row]
    energy = np.pad(level.energy, ((before, settings.again_after_hops), (0, 0)))
    total_db = np.zeros(len(row), np.float32)
    for band in energy.T[: level.bands]:
        above = sum(band[row + before + hop] for hop in range(settings.again_after_hops)) / settings.again_after_hops
        below = sum(band[row + hop] for hop in range(before)) / before
        total_db += 10 * np.log10(np.maximum((above + ground) / (below + ground), 1))
    curve = np.zeros(hops, np.float32)
    curve[row] = total_db / np.float32(level.bands)
    return _summits(curve, apart, settings.again_gate_db)
