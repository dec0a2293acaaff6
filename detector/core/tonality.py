"""Candidates -> which of them are only the beginning of a steady tone, as beeps, horns and alarms are.

A shot during a tone, or one with which a tone happens to begin, is another thing: it adds sound
beside the tone and its overtones for longer than the click with which a tone is switched on.
"""

from __future__ import annotations

import numpy as np

from detector.core.stretches import Stretch
from detector.records import Bool, Float32, Int64
from detector.settings import ToneSettings

_TOGETHER = 64  # candidates looked at together: as many as stay in the cache
_WINDOW_HOPS = 20  # of one spectrum: lines 50 Hz apart
_BEFORE, _FIRST, _SECOND = -25, 3, 23  # hops from the candidate to each window: clear of pre-echo and click
_LOBE = 2  # lines on either side into which the window spreads a tone
_OVERTONES = 8  # of which a beep may consist, itself included
_LOWEST_HZ = 400.0  # rumble below has no say


def begins_tone(stretch: Stretch, hop: Int64, settings: ToneSettings) -> Bool:
    """(n,) whether nothing but a steady tone begins at each of the given absolute hops.

    The hops must lie inside the stretch with 45 on either side. A spectrum before the hop is held
    against two in a row behind it. A tone begins where its lines, the strongest one and its
    overtones, rise by `rise_db` and stay within `steady_db`, while all else above 400 Hz rises by
    no more than `other_share` of what the lines gain, or by `other_db` over what it was.

    Gain does not matter, nor how the sound was cut.
    """
    found = np.zeros(len(hop), bool)
    for start in range(0, len(hop), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        found[rows] = _begins(stretch, hop[rows] - stretch.first_hop, settings)
    return found


def _begins(stretch: Stretch, row: Int64, settings: ToneSettings) -> Bool:
    line_hz = 1000 / (_WINDOW_HOPS * stretch.hop_s * 1000)
    before, first, second = (_spectra(stretch, row + offset) for offset in (_BEFORE, _FIRST, _SECOND))
    lines = np.arange(before.shape[1]) * line_hz
    both = first + second
    inside = (lines >= settings.lowest_hz) & (lines <= settings.highest_hz)
    pitch = _pitch(np.where(inside, both, 0))
    comb = _comb(pitch, before.shape[1])
    heard = lines >= _LOWEST_HZ
    tone = [(power * (comb & heard)).sum(axis=1) for power in (before, first, second)]
    other = [(power * (~comb & heard)).sum(axis=1) for power in (before, first, second)]
    steady = 10 ** (settings.steady_db / 10)
    gained = np.minimum(tone[1], tone[2]) - tone[0]
    rises = np.minimum(tone[1], tone[2]) > tone[0] * 10 ** (settings.rise_db / 10)
    stays = (tone[1] <= tone[2] * steady) & (tone[2] <= tone[1] * steady)
    more = np.maximum(other[1], other[2]) - other[0] * 10 ** (settings.other_db / 10)
    leads = np.minimum(tone[1] / np.maximum(other[1], 1e-30), tone[2] / np.maximum(other[2], 1e-30)) >= 10 ** (
        settings.lead_db / 10
    )
    return np.asarray(rises & stays & leads & (more <= settings.other_share * gained))


def _spectra(stretch: Stretch, row: Int64) -> Float32:
    """(n, lines) power of the windows that begin at the given rows, over channels."""
    length = _WINDOW_HOPS * stretch.hop
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    sound = stretch.samples[(row * stretch.hop)[:, None] + np.arange(length)]
    total = np.zeros((len(row), length // 2 + 1), np.float32)
    for channel in range(sound.shape[2]):
        # Only scaled forward does numpy stay in single precision.
        part = np.fft.rfft(np.ascontiguousarray(sound[:, :, channel]) * window, norm="forward")
        total += part.real**2 + part.imag**2
    return total


def _pitch(power: Float32) -> Float32:
    """(n,) strongest line of each row (n, lines) as a fraction of lines, by the parabola through its neighbours."""
    top = np.clip(power.argmax(axis=1), 1, power.shape[1] - 2)
    rows = np.arange(len(power))
    left, middle, right = (np.sqrt(power[rows, top + step]) for step in (-1, 0, 1))
    bend = 2 * middle - left - right
    return np.asarray(top + np.where(bend > 0, (right - left) / np.maximum(2 * bend, 1e-30), 0), np.float32)


def _comb(pitch: Float32, lines: int) -> Bool:
    """(n, lines) whether a line belongs to the tone of a pitch or to its overtones."""
    number = np.arange(lines, dtype=np.float32)
    overtone = np.clip(np.rint(number / pitch[:, None]), 1, _OVERTONES)
    return np.asarray(np.abs(number - overtone * pitch[:, None]) <= _LOBE + 0.5)
