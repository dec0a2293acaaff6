"""Candidates -> which of them are only the beginning or the end of a steady tone, as beeps, horns and alarms have.

A shot during a tone, or one with which a tone happens to begin, is another thing: it adds sound
beside the tone and its overtones for longer than the click with which a tone is switched on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.stretches import Stretch
from detector.records import Bool, Float32, Int64
from detector.settings import ToneSettings

_TOGETHER = 64  # candidates looked at together: as many as stay in the cache
_WINDOW_HOPS = 20  # of one spectrum: lines 50 Hz apart
_BEFORE, _FIRST, _SECOND = -25, 3, 23  # hops from the candidate to each window: clear of pre-echo and click
_MIRRORED = (-_FIRST - _WINDOW_HOPS, -_SECOND - _WINDOW_HOPS)
_LOBE = 2  # lines on either side into which the window spreads a tone
_OVERTONES = 8  # of which a beep may consist, itself included
_LOWEST_HZ = 400.0  # rumble below has no say


def begins_tone(stretch: Stretch, hop: Int64, settings: ToneSettings) -> Bool:
    """(n,) whether nothing but a steady tone begins at each of the given absolute hops.

    A spectrum of 20 ms before the hop is held against two in a row behind it; where there is no
    sound, there is silence. A tone begins where its lines, the strongest one and its
    overtones, rise by `rise_db` and stay within `steady_db`, while all else above 400 Hz rises by
    no more than `other_share` of what the lines gain, or by `other_db` over what it was.

    Gain does not matter, nor how the sound was cut.
    """
    aside, tone, other = _compared(stretch, hop, _BEFORE, (_FIRST, _SECOND), settings)
    least = tone.min(axis=0)
    more = other.max(axis=0) - aside.other * _ratio(settings.other_db)
    alone = more <= settings.other_share * (least - aside.tone)
    return np.asarray(_steps(aside, tone, other, settings) & alone)


def ends_tone(stretch: Stretch, hop: Int64, settings: ToneSettings) -> Bool:
    """(n,) whether nothing but the end of a steady tone is at each of the given absolute hops.

    As `begins_tone` with time turned round, but for all else: it may not rise by more than
    `other_db` behind the hop, since what ends leaves nothing that a shot might hide in.
    """
    aside, tone, other = _compared(stretch, hop, -_BEFORE - _WINDOW_HOPS, _MIRRORED, settings)
    quiet = aside.other <= other.max(axis=0) * _ratio(settings.other_db)
    return np.asarray(_steps(aside, tone, other, settings) & quiet)


@dataclass(frozen=True, eq=False)
class _Aside:
    """What there is beside a tone, where it should not be: (n,) power at its lines, and of all else."""

    tone: Float32
    other: Float32


def _compared(
    stretch: Stretch, hop: Int64, aside: int, during: tuple[int, int], settings: ToneSettings
) -> tuple[_Aside, Float32, Float32]:
    """Power in windows that begin so many hops from each hop: aside of a tone, and twice (2, n) during it."""
    parts: list[list[Float32]] = [[], [], [], [], [], []]
    for start in range(0, len(hop), _TOGETHER):
        row = hop[start : start + _TOGETHER] - stretch.first_hop
        spectra = [_spectra(stretch, row + offset) for offset in (aside, *during)]
        lines = np.arange(spectra[0].shape[1]) / (_WINDOW_HOPS * stretch.hop_s)
        inside = (lines >= settings.lowest_hz) & (lines <= settings.highest_hz)
        # By what is new: a hum or an alarm that goes on all the time may be louder than the beep.
        new = np.maximum(np.minimum(spectra[1], spectra[2]) - spectra[0], 0)
        comb = _comb(_pitch(np.where(inside, new, 0)), len(lines))
        shares = [_shares(power, comb, lines >= _LOWEST_HZ) for power in spectra]
        for part, column in zip(parts, (*(s[0] for s in shares), *(s[1] for s in shares)), strict=True):
            part.append(column)
    columns = [np.concatenate(part) if part else np.empty(0, np.float32) for part in parts]
    return _Aside(columns[0], columns[3]), np.stack(columns[1:3]), np.stack(columns[4:])


def _steps(aside: _Aside, tone: Float32, other: Float32, settings: ToneSettings) -> Bool:
    """(n,) whether a tone stands far above what is aside of it, steadily, and leads over all else.

    Where something that goes on all the time is louder, it leads over what is new, and stands further above.
    """
    least = tone.min(axis=0)
    rises = least > aside.tone * _ratio(settings.rise_db)
    stays = tone.max(axis=0) <= least * _ratio(settings.steady_db)
    leads = np.all(tone >= other * _ratio(settings.lead_db), axis=0)
    leads |= np.all(tone >= (other - aside.other) * _ratio(settings.lead_db), axis=0) & (
        least > aside.tone * _ratio(settings.under_rise_db)
    )
    return np.asarray(rises & stays & leads)


def _shares(power: Float32, comb: Bool, heard: Bool) -> tuple[Float32, Float32]:
    """(n,) power of the tone and of all else that is heard."""
    return (power * (comb & heard)).sum(axis=1), (power * (~comb & heard)).sum(axis=1)


def _ratio(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 10))


def _spectra(stretch: Stretch, row: Int64) -> Float32:
    """(n, lines) power of the windows that begin at the given rows, over channels."""
    length = _WINDOW_HOPS * stretch.hop
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    at = (row * stretch.hop)[:, None] + np.arange(length)
    sound = stretch.samples[np.clip(at, 0, len(stretch.samples) - 1)]
    sound[(at < 0) | (at >= len(stretch.samples))] = 0
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
