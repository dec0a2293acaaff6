"""Stretch -> what every 20 ms frame of the absolute grid looked like, measured once for all.

Coverage, repeats, tones and the overview read these small columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.core.stretches import Stretch
from detector.records import Bool, Float32

Bins = NDArray[np.intp]

FRAME_HOPS = 20  # about 20 ms: bands 50 Hz apart, and short enough that a blast stands out
BLOCK_HOPS = 5  # flat tops are judged over about 5 ms, shorter than most clipped blasts
BANDS = 64
TOP_HZ = 12000.0  # nothing above helps to see a shot, and lossy coders cut it off
_PAIR = 2  # frames that share one spectrum, the louder one's: transforms are what costs here
_BATCH = 32  # frames transformed together: as many as stay in the cache

_NEAR, _LOW = 0.85, 0.4  # of the frame's peak: what belongs to a flat top, and what to neither top nor flank
_SQUARE = 2.5  # samples on tops over samples on flanks: a sine has 0.9, noise less, clipped blasts 3 and more
_FULL_SCALE = 0.985  # two samples of one block beyond this are at the converter's end
_LOUD = 0.1  # peak re full scale below which no rail is looked for: -20 dB


@dataclass(frozen=True)
class Frames:
    """Columns over a run of frames; frame k covers the hops [20 k, 20 (k + 1)).

    Attributes
    ----------
    first
        Absolute number of the first frame.
    frame_s
        Length of a frame in seconds.
    minimum, maximum
        (frames,), extremes over samples and channels.
    hop_power
        (frames * 20,), mean square over samples and channels; 0 where nothing was decoded.
    heard
        (frames * 20,), True where every sample of the hop was decoded.
    band_power
        (frames, 64), mean square in each band, over channels; frames 2 k and 2 k + 1 both have that of the louder.
    edges_hz
        (65,), edges of the bands, nearly linear below a tenth of the range and logarithmic above.
    clipped
        (frames * 4,), True for blocks of 5 hops with flat tops or samples at full scale.
    """

    first: int
    frame_s: float
    minimum: Float32
    maximum: Float32
    hop_power: Float32
    heard: Bool
    band_power: Float32
    edges_hz: Float32
    clipped: Bool


def measure(stretch: Stretch) -> Frames:
    """Columns of the frames that this stretch answers for.

    A pair of frames that straddles two stretches belongs to the earlier one, which sees the rest
    of it in its margin (margins must be at least 40 hops long). Frames sticking out over the ends
    of the sound are filled with zeros. The same sound gives the same columns bit by bit
    however it was cut, because every frame is computed by itself.
    """
    first, sound, heard = _aligned(stretch)
    frames = len(heard) // FRAME_HOPS
    channels = stretch.samples.shape[1]
    hops = sound.reshape(len(heard), stretch.hop * channels)
    whole = sound.reshape(frames, FRAME_HOPS * stretch.hop * channels)
    minimum, maximum = whole.min(axis=1), whole.max(axis=1)
    hop_power = np.einsum("ij,ij->i", hops, hops) / np.float32(stretch.hop * channels)
    bins = _edge_bins(stretch.hop, stretch.rate_hz)
    by_channel = [np.ascontiguousarray(sound[:, c]).reshape(frames, FRAME_HOPS * stretch.hop) for c in range(channels)]
    louder = _louder(hop_power)
    pairs = np.asarray(sum(_band_power(x, louder, bins) for x in by_channel), np.float32) / np.float32(channels)
    peak = np.maximum(maximum, -minimum)
    clipped = np.zeros(len(heard) // BLOCK_HOPS, bool)
    for x in by_channel:
        clipped |= _flat_topped(x, peak, hop_power * channels)
    return Frames(
        first=first,
        frame_s=FRAME_HOPS * stretch.hop_s,
        minimum=minimum,
        maximum=maximum,
        hop_power=hop_power,
        heard=heard,
        band_power=np.repeat(pairs, _PAIR, axis=0),
        edges_hz=(bins * (stretch.rate_hz / (FRAME_HOPS * stretch.hop))).astype(np.float32),
        clipped=clipped,
    )


def with_margins(stretch: Stretch) -> Frames:
    """Columns of all frames of a stretch, those of its margins included."""
    return measure(replace(stretch, core=slice(0, len(stretch.heard))))


def within(measured: Frames, stretch: Stretch) -> Frames:
    """Of the frames of a stretch with its margins, those that it answers for: what `measure` gives of it."""
    first, last = _pairs(stretch)
    frame = slice(first * _PAIR - measured.first, last * _PAIR - measured.first)
    hop = slice(frame.start * FRAME_HOPS, frame.stop * FRAME_HOPS)
    block = slice(hop.start // BLOCK_HOPS, hop.stop // BLOCK_HOPS)
    return Frames(
        first=first * _PAIR,
        frame_s=measured.frame_s,
        minimum=measured.minimum[frame],
        maximum=measured.maximum[frame],
        hop_power=measured.hop_power[hop],
        heard=measured.heard[hop],
        band_power=measured.band_power[frame],
        edges_hz=measured.edges_hz,
        clipped=measured.clipped[block],
    )


def _pairs(stretch: Stretch) -> tuple[int, int]:
    """Absolute numbers of the first pair of frames for which the core of a stretch answers, and of the first behind."""
    pair = _PAIR * FRAME_HOPS
    start, stop = stretch.first_hop + stretch.core.start, stretch.first_hop + stretch.core.stop
    # Without a margin before the core there is no sound there either: the pair begins here.
    first = (start if stretch.core.start == 0 else start + pair - 1) // pair
    return first, max(first, -(-stop // pair))


def _aligned(stretch: Stretch) -> tuple[int, Float32, Bool]:
    """First frame, its samples and heard hops, whole pairs of frames only."""
    pair = _PAIR * FRAME_HOPS
    first, last = _pairs(stretch)
    head, tail = first * pair - stretch.first_hop, last * pair - stretch.first_hop
    if first == last:
        return first * _PAIR, stretch.samples[:0], stretch.heard[:0]
    before, after = max(0, -head), max(0, tail - len(stretch.heard))
    inside = slice(max(0, head), tail - after)
    sound = stretch.samples[inside.start * stretch.hop : inside.stop * stretch.hop]
    heard = stretch.heard[inside]
    if before or after:
        sound = np.pad(sound, ((before * stretch.hop, after * stretch.hop), (0, 0)))
        heard = np.pad(heard, (before, after))
    return first * _PAIR, sound, heard


def _edge_bins(hop: int, rate_hz: int) -> Bins:
    """Edges of the bands in bins of the frame's spectrum, (65,).

    Each band holds at least one bin; below 6.5 kHz of sample rate some lie above Nyquist and stay empty.
    """
    bins = FRAME_HOPS * hop // 2
    top = max(BANDS + 1, min(bins, round(TOP_HZ * FRAME_HOPS * hop / rate_hz)))
    number = np.arange(BANDS + 1)
    warped = 1 + (top - 1) / 8 * np.expm1(np.log(9) * number / BANDS)
    at_least = number + np.maximum.accumulate(np.rint(warped).astype(int) - number)
    return np.minimum(at_least, top - BANDS + number)


def _louder(hop_power: Float32) -> Bins:
    """Row of the louder frame of each pair, the earlier of two equal ones."""
    power = hop_power.reshape(-1, _PAIR, FRAME_HOPS).sum(axis=2)
    return np.asarray(np.arange(len(power)) * _PAIR + power.argmax(axis=1))


def _band_power(sound: Float32, rows: Bins, bins: Bins) -> Float32:
    """Mean square per row and band, (rows, 64), of some rows of frames (frames, samples)."""
    samples = sound.shape[1]
    window = _taper(samples)
    # Squares of real and imaginary parts lie side by side; the last, half-open band is dropped.
    columns = np.minimum(2 * bins, 2 * (samples // 2) + 1)
    out = np.empty((len(rows), BANDS), np.float32)
    for start in range(0, len(rows), _BATCH):
        batch = slice(start, start + _BATCH)
        # Only scaled forward does numpy stay in single precision.
        parts = np.fft.rfft(sound[rows[batch]] * window, norm="forward").view(np.float32)
        np.square(parts, out=parts)
        out[batch] = np.add.reduceat(parts, columns, axis=1)[:, :BANDS]
    out *= np.float32(2 * samples / np.dot(window, window))
    return out


def _taper(samples: int) -> Float32:
    """Flat with sine-squared ends over a fifth each: keeps a blast anywhere, stops leakage of rumble."""
    edge = max(1, samples // 5)
    ramp = np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
    window = np.ones(samples, np.float32)
    window[:edge], window[-edge:] = ramp, ramp[::-1]
    return window


def _flat_topped(sound: Float32, peak: Float32, hop_power: Float32) -> Bool:
    """Blocks whose waveform stands at a rail, (frames * 4,), of one channel (frames, samples).

    A rail may lie at any level and be soft or rippled by a coder, so it is known by shape: many
    samples near the peak, few on the way there, and the block comes down from it as well.
    """
    blocks = sound.reshape(len(sound) * (FRAME_HOPS // BLOCK_HOPS), sound.shape[1] * BLOCK_HOPS // FRAME_HOPS)
    peaks = np.repeat(peak, FRAME_HOPS // BLOCK_HOPS)
    result = np.zeros(len(blocks), bool)
    rows = np.flatnonzero(peaks >= _LOUD)
    power = hop_power.reshape(-1, BLOCK_HOPS)[rows].mean(axis=1)
    rows = rows[(peaks[rows] >= _FULL_SCALE) | (power >= 0.3 * peaks[rows] * peaks[rows])]
    if len(rows):
        size, top = np.abs(blocks[rows]), peaks[rows, None]
        near, low = (size >= _NEAR * top).sum(axis=1), (size < _LOW * top).sum(axis=1)
        flanks = size.shape[1] - near - low
        square = (near >= max(3, size.shape[1] // 10)) & (low > 0) & (near >= _SQUARE * flanks)
        result[rows] = square | ((size >= _FULL_SCALE).sum(axis=1) >= 2)
    return result
