"""Candidates -> first-arrival times below the hop, with their errors.

The onset is where the energy of the differenced sound, over a seventh of a millisecond, first
crosses a level far up between background and attack on a logarithmic scale. High up, because
transform codecs smear a blast backwards: the smear lies well below the attack, the attack itself
rises within a few samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.stretches import Stretch
from detector.records import Float32, Float64, Int64
from detector.settings import ArrivalSettings

_TOGETHER = 64  # candidates timed together: as many as stay in the cache


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Times on the presentation clock and their 90 % errors against each other, both (n,) seconds."""

    time_s: Float64
    error_s: Float64


def refine(stretch: Stretch, hop: Int64, settings: ArrivalSettings) -> Arrivals:
    """First arrivals of the candidates at the given absolute hops, which must lie inside the stretch with all around.

    The channel with the most energy around the candidate is used. The error grows with the time
    that the sound takes to climb from a third of the way up to the crossing.
    """
    time_s = np.empty(len(hop))
    error_s = np.empty(len(hop))
    for start in range(0, len(hop), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        change, first = _around(stretch, hop[rows], settings)
        early, late = _crossings(change, stretch.hop, settings)
        time_s[rows] = (first + late) / stretch.rate_hz
        error_s[rows] = settings.least_error_s + settings.error_per_rise * (late - early) / stretch.rate_hz
    return Arrivals(time_s, np.minimum(error_s, settings.most_error_s))


def _around(stretch: Stretch, hop: Int64, settings: ArrivalSettings) -> tuple[Float32, Int64]:
    """(n, samples) differenced sound of the loudest channel around each hop, and the absolute samples it starts at."""
    start = (hop - stretch.first_hop - settings.before_hops) * stretch.hop
    length = (settings.before_hops + settings.after_hops) * stretch.hop
    change = np.diff(stretch.samples[start[:, None] + np.arange(-1, length)], axis=1)
    loudest = np.einsum("nij,nij->nj", change, change).argmax(axis=1)
    return change[np.arange(len(hop)), :, loudest], stretch.first_hop * stretch.hop + start


def _crossings(change: Float32, hop: int, settings: ArrivalSettings) -> tuple[Float64, Float64]:
    """Samples of each row at which its smoothed energy crosses `foot_share` and `share` of the way up, as fractions."""
    width = max(1, round(settings.smooth_ms * hop))
    # All rows end to end: only the first samples of each, which nothing reads, are smeared by the row before.
    running = np.convolve((change * change).ravel(), np.full(width, 1 / width, np.float32))
    energy = running[: change.size].reshape(change.shape)
    search = (settings.before_hops - 4) * hop
    before, attack = energy[:, width:search], energy[:, search:]
    low = np.quantile(before, 0.9, axis=1).tolist() if search > width else [0.0] * len(energy)
    high = attack.max(axis=1).tolist()
    early, late = (
        search + (attack >= np.array(_part_way(low, high, share), np.float32)[:, None]).argmax(axis=1)
        for share in (settings.foot_share, settings.share)
    )
    return early - (width - 1) / 2, late - (width - 1) / 2


def _part_way(low: list[float], high: list[float], share: float) -> list[float]:
    """Between each two energies, in dB; powers of Python's own floats, which are the same on every machine."""
    return [(a + b * 1e-7) ** (1 - share) * b**share for a, b in zip(low, high, strict=True)]
