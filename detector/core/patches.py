"""Candidates -> what surrounds each, at three magnifications, as a listener scrolls over a spectrogram.

A patch is relative: decibels over the candidate's own attack, cut off where differences mean
nothing. Gain and the distance of the gun drop out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from detector.core.features import Features
from detector.core.level import BANDS, Level, max_around, over_bands
from detector.core.onsets import Candidates, floor
from detector.records import Float32, Int64
from detector.settings import OnsetSettings

CHANNELS = BANDS + 1  # energies of the bands, and the square of the peak
_CHANNEL_NAMES = (*(f"band_{band}" for band in range(BANDS)), "peak")


@dataclass(frozen=True)
class Scale:
    """A magnification: `windows` of `hops` hops each, the first of them `before` windows ahead of the candidate."""

    hops: int
    before: int
    windows: int


FINE, MIDDLE, COARSE = Scale(1, 32, 128), Scale(4, 64, 160), Scale(32, 62, 124)
SCALES = (FINE, MIDDLE, COARSE)
_REACH = max(scale.hops * max(scale.before, scale.windows - scale.before) for scale in SCALES)
_ATTACK_HOPS = 3
_RANGE_DB = (-70.0, 30.0)
_ROWS = 8  # candidates handled together: what they need stays in the cache


def patches(level: Level, candidates: Candidates, settings: OnsetSettings) -> tuple[Float32, ...]:
    """For each of `SCALES` (n, windows, 6) decibels over the attack, between -70 and 30.

    The longest reaches 2 s to either side; what lies beyond the sound counts as silence.
    """
    row = candidates.hop - level.first_hop
    energy = np.zeros((CHANNELS, len(level.energy) + 2 * _REACH), np.float32)
    energy[:BANDS, _REACH:-_REACH] = level.energy.T
    np.square(level.peak, out=energy[BANDS, _REACH:-_REACH])
    ground = _ground(level, row, settings)
    attack = _around(energy, row, Scale(_ATTACK_HOPS, 0, 1))[:, :, 0]
    # All bands against their sum, so that the balance of the attack stays to be seen.
    attack[:BANDS] = over_bands(attack[:BANDS].T)
    return tuple(_relative_db(energy, row, scale, attack, ground) for scale in SCALES)


def _ground(level: Level, row: Int64, settings: OnsetSettings) -> Float32:
    """(6, n) what is too little to count, per channel (see `onsets.floor`)."""
    reach = round(settings.floor_reach_s / level.hop_s)
    loudest = np.square(max_around(level.peak, reach, reach)[row])
    peak = loudest * np.float32(10 ** (-settings.floor_depth_db / 10)) + np.float32(1e-30)
    return np.stack([floor(level, settings)[row]] * BANDS + [peak])


def _around(energy: Float32, row: Int64, scale: Scale) -> Float32:
    """(channels, n, windows) mean energy in the windows of a scale around each row of the unpadded sound."""
    first = row + _REACH - scale.before * scale.hops
    hops = sliding_window_view(energy, scale.windows * scale.hops, axis=1)[:, first]
    hops = hops.reshape(len(energy), len(row), scale.windows, scale.hops)
    total = hops[..., 0].copy()
    for hop in range(1, scale.hops):
        total += hops[..., hop]
    return np.asarray(total / np.float32(scale.hops))


def _relative_db(energy: Float32, row: Int64, scale: Scale, attack: Float32, ground: Float32) -> Float32:
    patch = np.empty((len(row), scale.windows, len(energy)), np.float32)
    beside = attack + ground
    for start in range(0, len(row), _ROWS):
        part = slice(start, start + _ROWS)
        mean = _around(energy, row[part], scale)
        # The ratio comes before the logarithm: a gain that is a power of two then changes no bit.
        relative_db = 10 * np.log10((mean + ground[:, part, None]) / beside[:, part, None])
        patch[part] = np.clip(relative_db, *_RANGE_DB).transpose(1, 2, 0)
    return patch


def contrasts(parts: tuple[Float32, ...]) -> Features:
    """Columns that set each candidate against the two seconds before and after it, channel by channel.

    What is heard over a background that is nearly as loud shows in no single window, but in many
    together.
    """
    fine, middle, coarse = parts
    before = np.sort(coarse[:, : COARSE.before], axis=1)
    usual = before[:, COARSE.before // 2]
    often = before[:, COARSE.before * 9 // 10]
    at, mid, far = FINE.before, MIDDLE.before, COARSE.before
    onset = middle[:, mid : mid + 4].max(axis=1)
    later = coarse[:, far + 18 :]
    found = {
        "first_32_ms": middle[:, mid : mid + 8].mean(axis=1) - usual,
        "to_100_ms": middle[:, mid + 8 : mid + 25].mean(axis=1) - usual,
        "to_300_ms": middle[:, mid + 25 : mid + 75].mean(axis=1) - usual,
        "to_600_ms": coarse[:, far + 6 : far + 18].mean(axis=1) - usual,
        "over_usual": onset - usual,
        "over_often": onset - often,
        "over_before": onset - before[:, -1],
        "over_after": onset - coarse[:, far + 13 :].max(axis=1),
        "over_later": onset - np.sort(later, axis=1)[:, later.shape[1] // 2],
        "step_4_ms": fine[:, at : at + 4].max(axis=1) - fine[:, at - 8 : at - 1].mean(axis=1),
        "step_16_ms": fine[:, at : at + 16].mean(axis=1) - fine[:, at - 16 : at - 1].mean(axis=1),
        "step_64_ms": fine[:, at : at + 64].mean(axis=1) - middle[:, mid - 24 : mid - 1].mean(axis=1),
    }
    names = tuple(f"{name}_{channel}" for name in found for channel in _CHANNEL_NAMES)
    return Features(names, np.concatenate(list(found.values()), axis=1))
