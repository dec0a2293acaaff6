"""Sound -> energy per hop and band.

A hop is about a millisecond; its spectrum is taken alone, without overlap or window, so every
figure is exact however the sound was cut, and the bands mean the same at every sample rate.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from detector.core.stretches import Stretch
from detector.records import Bool, Float32

# First spectral line of each band; lines of a one-millisecond hop stand 1 kHz apart, so the bands
# are about 0-0.5, 0.5-1.5, 1.5-3.5, 3.5-7.5 and 7.5-12.5 kHz. What lies above says more about the
# codec than about the sound.
BAND_LINES = (0, 1, 2, 4, 8, 13)
BANDS = len(BAND_LINES) - 1


@dataclass(frozen=True, eq=False)
class Level:
    """Energies of one stretch, hop by hop.

    Attributes
    ----------
    energy
        (hops, 5), mean square of the differenced sound per band, averaged over channels;
        zero in bands above half the sample rate.
    peak
        (hops,), largest magnitude of the sound itself over all channels.
    heard
        (hops,), False where samples are missing.
    bands
        How many of the bands the sample rate reaches.
    """

    first_hop: int
    hop_s: float
    energy: Float32
    peak: Float32
    heard: Bool
    bands: int

    @property
    def start_s(self) -> float:
        """Presentation time of hop 0 in seconds."""
        return self.first_hop * self.hop_s


def measure(stretch: Stretch) -> Level:
    """Energies of a stretch (see `Level`).

    The sound is differenced first, which takes rumble out of the upper bands: a hop is too short
    to keep it out by itself. The first sample has no predecessor and counts as unchanged.
    Averaging energies, not samples, over channels keeps opposite-phase channels from cancelling.
    """
    hops, channels = len(stretch.heard), stretch.samples.shape[1]
    energy = np.zeros((hops, BANDS), np.float32)
    for channel in range(channels):
        sound = stretch.samples[:, channel]
        change = np.empty_like(sound)
        change[:1] = 0
        np.subtract(sound[1:], sound[:-1], out=change[1:])
        lines = np.fft.rfft(change.reshape(hops, stretch.hop), axis=1)
        power = (lines.real**2 + lines.imag**2).astype(np.float32)
        for band, (first, stop) in enumerate(itertools.pairwise(BAND_LINES)):
            energy[:, band] += power[:, first:stop].sum(axis=1)
    energy /= channels * stretch.hop**2
    peak = np.abs(stretch.samples).reshape(hops, -1).max(axis=1)
    lines_in_hop = stretch.hop // 2 + 1
    bands = sum(first < lines_in_hop for first in BAND_LINES[:-1])
    return Level(stretch.first_hop, stretch.hop_s, energy, peak, stretch.heard, bands)


def mean_after(values: Float32, hops: int) -> Float32:
    """Mean of the `hops` hops from k on, along axis 0; what lies beyond the end counts as zero."""
    padded = np.concatenate([values, np.zeros((hops - 1, *values.shape[1:]), values.dtype)])
    return np.asarray(sliding_window_view(padded, hops, axis=0).mean(axis=-1, dtype=np.float32))


def mean_before(values: Float32, hops: int) -> Float32:
    """Mean of the `hops` hops before k (k excluded), along axis 0; before the start counts as zero."""
    padded = np.concatenate([np.zeros((hops, *values.shape[1:]), values.dtype), values[:-1]])
    return np.asarray(sliding_window_view(padded, hops, axis=0).mean(axis=-1, dtype=np.float32))


def max_around(values: Float32, before: int, after: int) -> Float32:
    """Largest value of the hops k - before to k + after, ends included, of a one-dimensional array."""
    # Doubling windows: log2(width) passes instead of width.
    width = before + after + 1
    best = np.concatenate([np.zeros(before, values.dtype), values, np.zeros(after, values.dtype)])
    reach = 1
    while reach < width:
        step = min(reach, width - reach)
        best = np.maximum(best[:-step], best[step:])
        reach += step
    return best
