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
    for number, one in enumerate(hop):
        change, first = _around(stretch, int(one), settings)
        early, late = _crossings(change, stretch.hop, settings)
        time_s[number] = (first + late) / stretch.rate_hz
        error_s[number] = settings.least_error_s + settings.error_per_rise * (late - early) / stretch.rate_hz
    return Arrivals(time_s, np.minimum(error_s, settings.most_error_s))


def _around(stretch: Stretch, hop: int, settings: ArrivalSettings) -> tuple[Float32, int]:
    """Differenced sound of the loudest channel around a hop, and the absolute sample it starts at."""
    start = (hop - stretch.first_hop - settings.before_hops) * stretch.hop
    stop = (hop - stretch.first_hop + settings.after_hops) * stretch.hop
    change = np.diff(stretch.samples[start - 1 : stop], axis=0)
    loudest = int(np.einsum("ij,ij->j", change, change).argmax())
    return change[:, loudest], stretch.first_hop * stretch.hop + start


def _crossings(change: Float32, hop: int, settings: ArrivalSettings) -> tuple[float, float]:
    """Samples of `change` at which its smoothed energy crosses `foot_share` and `share` of the way up, as fractions."""
    width = max(1, round(settings.smooth_ms * hop))
    energy = np.convolve(change * change, np.full(width, 1 / width, np.float32))[: len(change)]
    search = (settings.before_hops - 4) * hop
    background = float(np.quantile(energy[width:search], 0.9)) if search > width else 0.0
    attack = float(energy[search:].max())
    early, late = (
        search + int(np.argmax(energy[search:] >= (background + attack * 1e-7) ** (1 - share) * attack**share))
        for share in (settings.foot_share, settings.share)
    )
    return early - (width - 1) / 2, late - (width - 1) / 2
