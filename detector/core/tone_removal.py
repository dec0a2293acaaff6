"""Tones that a device made, taken out of the sound, so that what is beneath and beside them is judged without them.

A tone hides the bands in which it stands, and what comes before it seems to sound on. What is taken
out is the tone as it is, not its pitch: a shot during it stays, but for a little of its energy
within some 40 Hz of the pitch and its overtones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detector.core.stretches import Stretch
from detector.records import Bool, DeviceTone, Float64, Int64

Complex = NDArray[np.complex128]

_BESIDE_HOPS = 20  # on either side of a tone, in which it may fade
_PER_HOP = 32  # edges are rounded to this part of a hop, so that a shift of the sound changes no bit
_OVERTONES = 6  # that are taken out, the tone itself included
_BELOW_NYQUIST = 0.95
_MEDIAN_HOPS = 12  # on either side: the blast of a shot is shorter, and does not move a median
_LEAST_HOPS = 10  # of a tone
_EDGE_HOPS = 14  # around an edge, in which the length of its fade is sought
_CLICK_HOPS = 8  # around the end of a tone
_FADES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # hops


def without(stretch: Stretch, tones: Sequence[DeviceTone]) -> Stretch:
    """The stretch with some tones taken out; the stretch itself where there are none.

    The amplitude of a tone and of each overtone is followed by a median over 25 hops, so that shots
    do not take part, and its fades are the ramps that fit best.
    """
    if not tones:
        return stretch
    samples = stretch.samples.copy()
    for tone in tones:
        start, stop = (round(at_s / stretch.hop_s * _PER_HOP) for at_s in (tone.start_s, tone.stop_s))
        first = start // _PER_HOP - _BESIDE_HOPS
        last = -(-stop // _PER_HOP) + _BESIDE_HOPS
        begin, end = max(first, stretch.first_hop), min(last, stretch.first_hop + len(stretch.heard))
        edges = (start / _PER_HOP - begin, stop / _PER_HOP - begin)
        rows = slice((begin - stretch.first_hop) * stretch.hop, (end - stretch.first_hop) * stretch.hop)
        for channel in range(samples.shape[1]):
            part = samples[rows, channel].astype(np.float64).reshape(-1, stretch.hop)
            samples[rows, channel] = _cleaned(part, edges, tone.frequency_hz * stretch.hop_s).ravel()
    return replace(stretch, samples=samples)


def end_near(tones: Sequence[DeviceTone], stretch: Stretch, hop: Int64) -> Bool:
    """(n,) whether one of the tones ends within a few hops of absolute hops: a hard end leaves a click."""
    ends = np.array([tone.stop_s / stretch.hop_s for tone in tones], np.float64)
    return np.asarray((np.abs(hop[:, None] - ends) <= _CLICK_HOPS).any(axis=1))


def _cleaned(sound: Float64, edges: tuple[float, float], turns: float) -> Float64:
    """Sound (hops, samples) without a tone of so many turns a hop between two edges in hops, nor its overtones."""
    hops, samples = sound.shape
    inside = np.arange(max(0, round(edges[0] + 1)), min(hops, round(edges[1] - 1)))
    if len(inside) < _LEAST_HOPS:
        return sound
    at = (np.arange(hops * samples).reshape(hops, samples) + 0.5) / samples
    for number in _overtones(turns, samples):
        backwards = -2j * np.pi * turns * number
        wheel = np.exp(backwards * np.arange(hops))[:, None] * np.exp(backwards / samples * np.arange(samples))
        amplitude = (sound * wheel).sum(axis=1) * (2 / samples)
        steady = _steady(amplitude, inside)
        there = _between(steady, samples)
        envelope = _ramp(np.abs(amplitude), edges[0], 1, abs(steady[0]), at)
        envelope *= _ramp(np.abs(amplitude), edges[1], -1, abs(steady[-1]), at)
        sound = sound - envelope * (there * wheel.conj()).real
    return sound


def _overtones(turns: float, samples: int) -> Iterator[int]:
    yield from (number for number in range(1, _OVERTONES + 1) if turns * number < _BELOW_NYQUIST * samples / 2)


def _steady(amplitude: Complex, inside: Int64) -> Complex:
    """(hops,) amplitude inside a tone by its running median, and outside as it is at the ends."""
    reach = min(_MEDIAN_HOPS, len(inside) // 2)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(amplitude[inside], reach, mode="edge"), 2 * reach + 1)
    middle = np.median(around.real, axis=1) + 1j * np.median(around.imag, axis=1)
    return np.asarray(np.pad(middle, (inside[0], len(amplitude) - 1 - inside[-1]), mode="edge"))


def _between(amplitude: Complex, samples: int) -> Complex:
    """(hops, samples) amplitude on straight lines from the middle of each hop (hops,) to that of the next.

    Loop twin: `np.interp` at the middle of each sample, the outermost values kept beyond the middles.
    """
    share = (np.arange(samples) + 0.5) / samples - 0.5  # of the way to the next, or, negative, to the one before
    padded = np.pad(amplitude, 1, mode="edge")
    step = np.diff(padded)
    return np.asarray(amplitude[:, None] + share * np.where(share < 0, step[:-1, None], step[1:, None]))


def _ramp(amplitude: Float64, edge: float, way: int, full: float, at: Float64) -> Float64:
    """Share of a tone at times in hops, of any shape, that rises (way 1) or falls (-1) through a half at an edge.

    The fade is the one of `_FADES` that comes nearest to the amplitude (hops,) around the edge.
    """
    near = np.arange(max(0, int(edge) - _EDGE_HOPS), min(len(amplitude), int(edge) + _EDGE_HOPS))
    seen = np.clip(amplitude[near] / max(full, 1e-30), 0, 1.5)
    # A hop sees the mean of a fade: none is steeper than one hop.
    misfit = [np.sum((seen - np.clip(0.5 + way * (near + 0.5 - edge) / max(fade, 1.0), 0, 1)) ** 2) for fade in _FADES]
    fade = _FADES[int(np.argmin(misfit))]
    return np.asarray(np.clip(0.5 + way * (at - edge) / max(fade, 1e-3), 0, 1))
