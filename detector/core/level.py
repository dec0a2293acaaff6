"""Sound -> energy per hop and band.

A hop is about a millisecond; its spectrum is taken alone, without overlap or window, so every
figure is exact however the sound was cut, and the bands mean the same at every sample rate.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from detector.core.stretches import Stretch
from detector.records import Bool, Float32, Int64

# First spectral line of each band; lines of a one-millisecond hop stand 1 kHz apart, so the bands
# are about 0-0.5, 0.5-1.5, 1.5-3.5, 3.5-7.5 and 7.5-12.5 kHz. What lies above says more about the
# codec than about the sound.
BAND_LINES = (0, 1, 2, 4, 8, 13)
BANDS = len(BAND_LINES) - 1
_GROUP = 128  # hops side by side in one product
_BATCH = 8 * _GROUP  # hops transformed together: as many as stay in the cache


@dataclass(frozen=True, eq=False)
class Level:
    """Energies of one stretch, hop by hop.

    Attributes
    ----------
    energy
        (hops, 5), squares of the differenced sound's spectral lines on one side, summed per band and averaged over
        channels (about half its mean square); zero in bands above half the sample rate.
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


def measure(stretch: Stretch) -> Level:
    """Energies of a stretch (see `Level`).

    The sound is differenced first, which takes rumble out of the upper bands: a hop is too short
    to keep it out by itself. A sample without a predecessor, at the start of the sound or behind a
    gap, counts as unchanged. Averaging energies, not samples, over channels keeps opposite-phase
    channels from cancelling.

    Hops with missing samples have no energy and no peak, as if the sound ended there: what is
    known of the sound beside a gap must not depend on whether the gap lies inside a stretch.
    """
    hops, channels = len(stretch.heard), stretch.samples.shape[1]
    energy = np.zeros((BANDS, hops), np.float32)  # what comes after goes along one band at a time
    peak = np.zeros(hops, np.float32)
    begins = stretch.heard & ~np.concatenate([[False], stretch.heard[:-1]])
    # Groups begin at the same hops of the recording wherever it is cut: the last bits of a product depend on the place.
    for start in range(-(stretch.first_hop % _GROUP), hops, _BATCH):
        rows = slice(max(start, 0), min(start + _BATCH, hops))
        inside = slice(rows.start - start, rows.stop - start)
        for channel in range(channels):
            samples = stretch.samples[rows.start * stretch.hop : rows.stop * stretch.hop, channel]
            sound = _turned(samples, stretch.hop, inside.start)
            np.maximum(peak[rows], np.abs(sound).max(axis=1).ravel()[inside], out=peak[rows])
            before = stretch.samples[rows.start * stretch.hop - 1, channel] if rows.start else np.float32(0)
            change = _changes(sound, before, inside.start + np.flatnonzero(begins[rows]))
            energy[:, rows] += _band_energy(change)[:, inside]
    energy /= channels
    silent = np.flatnonzero(~stretch.heard)
    energy[:, silent], peak[silent] = 0, 0
    lines_in_hop = stretch.hop // 2 + 1
    bands = sum(first < lines_in_hop for first in BAND_LINES[:-1])
    return Level(stretch.first_hop, stretch.hop_s, energy.T, peak, stretch.heard, bands)


def _turned(sound: Float32, hop: int, ahead: int) -> Float32:
    """(groups, samples, 128) hops of a sound (n,) side by side, so that a figure of all of them is one run of memory.

    There are always as many groups: silence comes first, for `ahead` hops, and fills the last ones.
    """
    missing = _BATCH * hop - ahead * hop - len(sound)
    if missing or ahead:
        sound = np.concatenate([np.zeros(ahead * hop, np.float32), sound, np.zeros(missing, np.float32)])
    return np.ascontiguousarray(sound.reshape(-1, _GROUP, hop).transpose(0, 2, 1))


def _changes(sound: Float32, before: np.float32, begins: Int64) -> Float32:
    """Difference of each sample to the one before, of hops as `_turned` has them; `before` comes before them all.

    The first sample of those hops that begin the sound anew counts as unchanged.
    """
    first = sound[:, 0].ravel()
    last = np.concatenate([[before], sound[:, -1].ravel()[:-1]])
    last[begins] = first[begins]
    change = np.empty_like(sound)
    change[:, 0] = (first - last).reshape(len(sound), -1)
    np.subtract(sound[:, 1:], sound[:, :-1], out=change[:, 1:])
    return change


def _band_energy(change: Float32) -> Float32:
    """(5, hops) spectral power of hops as `_turned` has them in each band.

    A few lines of a short transform are a small product, quicker than a whole fast one; no product is so large that
    a library would share it among threads, and all are of one size, so that no bit depends on how many there are.
    """
    lines, firsts = _lines(change.shape[1])
    power = lines @ change
    np.square(power, out=power)
    energy = np.zeros((BANDS, power.shape[0] * power.shape[2]), np.float32)
    for band, (first, stop) in enumerate(itertools.pairwise(firsts)):
        energy[band] = power[:, first:stop].sum(axis=1).ravel()
    return energy


@lru_cache(maxsize=4)
def _lines(hop: int) -> tuple[Float32, tuple[int, ...]]:
    """(rows, samples) real and imaginary part of each line of the spectrum in the bands, and each band's first row."""
    lines = min(BAND_LINES[-1], hop // 2 + 1)
    turns = np.exp(-2j * np.pi / hop * (np.arange(lines)[:, None] * np.arange(hop) % hop)) / hop
    parts = np.stack([turns.real, turns.imag], axis=1).reshape(2 * lines, hop).astype(np.float32)
    return parts, tuple(2 * min(first, lines) for first in BAND_LINES)


def over_bands(energy: Float32, bands: slice = slice(0, BANDS)) -> Float32:
    """(hops,) sum of the energies (hops, 5) over some bands: column by column, six times as fast as row by row."""
    first, *others = range(*bands.indices(energy.shape[1]))
    total = energy[:, first].copy()
    for band in others:
        total += energy[:, band]
    return total


def mean_after(values: Float32, hops: int) -> Float32:
    """Mean of the `hops` hops from k on, along axis 0; what lies beyond the end counts as zero.

    Loop twin: `sum(values[k : k + hops]) / hops`.
    """
    padded = np.concatenate([values, np.zeros((hops - 1, *values.shape[1:]), values.dtype)])
    total = padded[: len(values)].copy()
    for step in range(1, hops):
        total += padded[step : step + len(values)]
    return np.asarray(total / np.float32(hops))


def mean_before(values: Float32, hops: int) -> Float32:
    """Mean of the `hops` hops before k (k excluded), along axis 0; before the start counts as zero.

    Loop twin: `sum(values[max(0, k - hops) : k]) / hops`.
    """
    padded = np.concatenate([np.zeros((hops, *values.shape[1:]), values.dtype), values[:-1]])
    return mean_after(padded, hops)[: len(values)]


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


def doublings(values: Float32, longest: int, combine: np.ufunc) -> list[Float32]:
    """Tables of the sums or maxima over 1, 2, 4, ... hops from k on, up to `longest`, along axis 0.

    Each is shorter than the last by what no longer fits. Any window is a combination of a few of
    them, see `sum_from` and `max_from`; nothing is a difference of running sums, which would lose
    what is quiet behind something loud.
    """
    tables, size = [values], 1
    while 2 * size <= longest:
        tables.append(combine(tables[-1][:-size], tables[-1][size:]))
        size *= 2
    return tables


def sum_from(tables: list[Float32], start: Int64, hops: int) -> Float32:
    """(n, ...) sums over the hops [k, k + hops) for each k of `start`, from `doublings` with `np.add`.

    Loop twin: `sum(values[k : k + hops])`.
    """
    total = np.zeros((len(start), *tables[0].shape[1:]), np.float32)
    at = start
    for exponent, table in enumerate(tables):
        if hops >> exponent & 1:
            total += table.take(at, axis=0)
            at = at + (1 << exponent)
    return total


def max_from(tables: list[Float32], start: Int64, hops: int) -> Float32:
    """(n, ...) maxima over the hops [k, k + hops) for each k of `start`, from `doublings` with `np.maximum`.

    Loop twin: `max(values[k : k + hops])`.
    """
    exponent = hops.bit_length() - 1
    table = tables[exponent]
    return np.asarray(np.maximum(table[start], table[start + hops - (1 << exponent)]))
