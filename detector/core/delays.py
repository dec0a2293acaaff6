"""Sound that several recordings share -> how much later each window of it reaches one than the other.

Phase-transform correlation (Knapp and Carter 1976): every frequency weighs the same, so a delay
stands out as sharply as the band is wide, whatever gain control, clipping and codecs made of the
level. Recordings of any sample rates are compared through their spectra; nothing is resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.records import Block, Float32, Float64, Int64
from detector.settings import AlignmentSettings

_GRID_HZ = 16384  # of delays before they are interpolated: 61 microseconds
_TAPER = 0.1  # of a window, at either end
_WHOLE = 0.999  # of a window that must have been decoded


@dataclass(frozen=True, eq=False)
class Spectra:
    """Phases of one recording in each window: (windows, frequencies), zero where it has no sound."""

    phases: NDArray[np.complex64]
    there: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Delays:
    """Windows that both heard, as columns.

    `window` is its number, `delay_s` by how much later in it the sound stands in the second recording,
    `clear` how many standard deviations of the correlation over all delays searched that peak is high, and
    `coherence` which share of the phases agree there: 1 in a copy.
    """

    window: Int64
    delay_s: Float64
    clear: Float64
    coherence: Float64


def spectra(sounds: Sequence[Block], starts_s: Float64, settings: AlignmentSettings) -> Spectra:
    """The phases of windows (start_s on the recording's own clock), at whole multiples of half their inverse length.

    Of several channels the one with most energy in the window is taken.
    """
    length_s = settings.window_s
    numbers = _numbers(settings)
    phases = np.zeros((len(starts_s), numbers.size), np.complex64)
    there = np.zeros(len(starts_s), np.bool_)
    for row, (block, start_s) in enumerate(zip(sounds, starts_s.tolist(), strict=True)):
        if len(block.samples) < _WHOLE * length_s * block.rate_hz:
            continue
        sound = block.samples[:, np.einsum("ij,ij->j", block.samples, block.samples).argmax()]
        size = 2 * round(length_s * block.rate_hz)
        spectrum = np.fft.rfft(sound * _taper(len(sound)), size, norm="forward")
        reached = numbers < len(spectrum)
        found = np.zeros(numbers.size, np.complex64)
        # The first sample lies up to half a sample beside the window's start, and the transform
        # counts in samples: both are turned back in the phase.
        turn = np.exp(-2j * np.pi * numbers[reached] * ((block.start_s - start_s) / (size / block.rate_hz)))
        found[reached] = spectrum[numbers[reached]] * turn
        size_of = np.abs(found)
        phases[row] = np.where(size_of > 0, found / np.maximum(size_of, 1e-20), 0)
        there[row] = bool(np.any(size_of > 0))
    return Spectra(phases, there)


def delays(one: Spectra, other: Spectra, settings: AlignmentSettings) -> Delays:
    """The clearest delay of each window that both recordings have, sharpened between the steps of the grid."""
    rows = np.flatnonzero(one.there & other.there)
    numbers = _numbers(settings)
    reach = round(settings.spread_s * _GRID_HZ)
    size = round(2 * settings.window_s * _GRID_HZ)
    found = np.empty((rows.size, 3))
    spectrum = np.zeros(size // 2 + 1, np.complex64)
    for k, row in enumerate(rows.tolist()):
        turned = one.phases[row].conj() * other.phases[row]
        spectrum[numbers] = turned
        likeness = np.fft.irfft(spectrum, size, norm="forward")
        near = np.concatenate([likeness[-reach:], likeness[: reach + 1]])
        best = int(near[1:-1].argmax()) + 1
        found[k, 0] = (best - reach + _vertex(near[best - 1 : best + 2])) / _GRID_HZ
        found[k, 1] = near[best] / max(float(np.sqrt(np.mean(near**2))), 1e-20)
        found[k, 2] = near[best] / max(2 * np.count_nonzero(turned), 1)
    return Delays(rows, found[:, 0], found[:, 1], found[:, 2])


def _numbers(settings: AlignmentSettings) -> Int64:
    """Lines of the spectrum that are compared, in units of half the inverse length of a window."""
    unit_hz = 1 / (2 * settings.window_s)
    return np.arange(round(settings.lowest_hz / unit_hz), round(settings.highest_hz / unit_hz) + 1)


def _taper(samples: int) -> Float32:
    edge = max(1, round(_TAPER * samples))
    ramp = np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
    window = np.ones(samples, np.float32)
    window[:edge], window[-edge:] = ramp, ramp[::-1]
    return window


def _vertex(three: Float64) -> float:
    """Where the parabola through three neighbouring values is highest, from the middle one, in steps."""
    before, middle, after = (float(x) for x in three)
    curve = before - 2 * middle + after
    return 0.5 * (before - after) / curve if curve < 0 else 0.0
