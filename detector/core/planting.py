"""Sounds of shots to be put into a recording: physical blasts in the recording's own place, and copies of its shots.

A planted sound is (n,) samples whose onset stands `LEAD_S` after the first. Its level is set where it
is planted, so its own scale does not matter.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from detector.core import blasts
from detector.core.audibility import WITHIN_S, band_power, level_db
from detector.core.blasts import Blast, Facade, Paths
from detector.records import Float32, Float64

LEAD_S = 0.002
TAIL_S = 0.6  # of a shot's echoes; what comes later is far below it
BEFORE_S = 0.1  # of sound before a shot, from which its background is taken where echoes are learned

_HOP_S = 0.001
_DIRECT_HOPS = 3
_DIRECT_S = _DIRECT_HOPS * _HOP_S
_BLAST_S = 0.02
_FADE_S, _FADE_IN_S = 0.01, 0.001
_LOW_CUT_HZ = 120.0  # of small recorders
_PHASE_S, _DECAY, _RISE_S = (1.5e-4, 6e-4), (0.8, 2.0), (5e-6, 4e-5)  # of muzzle blasts, from pistols to rifles
_HIDDEN_SHARE, _CORNER_HZ = 0.25, (600.0, 4000.0)  # how many have something in their way, and what it takes off
_REFERENCE_M, _WALL_M, _MICROPHONE_M = 5.0, (3.0, 40.0), 1.4
_OVERLOAD_DB = 22.0  # by which a pistol so far away exceeds what small microphones can follow (160 dB at 1 m, 124)
_TAIL_MOST = 0.7  # of the direct sound, a tail at its loudest
_TAIL_DB, _NEAREST_M, _RT60_S = (-50.0, -32.0), (2.0, 15.0), (0.3, 1.5)


@dataclass(frozen=True, eq=False)
class Place:
    """How a place answers a shot: impulse responses of what falls and rises with the direct sound, and of the tail.

    `reference` is the amplitude of a direct sound, in full scale, whose tail this is.
    """

    early: Float64
    tail: Float64
    reference: float


@dataclass(frozen=True, eq=False)
class Piece:
    """A shot to be planted: its direct sound, and a tail as it is where the direct sound is `reference` high."""

    direct: Float64
    tail: Float64
    reference: float


def blast(rng: np.random.Generator, rate_hz: int, place: Place) -> Piece:
    """A muzzle blast of random kind (Friedlander) as it sounds in a place, 1 high."""
    gun = Blast(
        positive_phase_s=float(np.exp(rng.uniform(*np.log(_PHASE_S)))),
        decay=float(rng.uniform(*_DECAY)),
        rise_s=float(rng.uniform(*_RISE_S)),
    )
    pulse = blasts.sampled(lambda time_s: blasts.friedlander(time_s, gun), rate_hz, LEAD_S, LEAD_S + _BLAST_S)
    pulse = blasts.high_pass(pulse, _LOW_CUT_HZ, rate_hz)
    pulse /= np.abs(pulse).max()
    tail = blasts.convolve(pulse, place.tail)
    if rng.random() < _HIDDEN_SHARE:
        pulse = blasts.low_pass(pulse, float(np.exp(rng.uniform(*np.log(_CORNER_HZ)))), rate_hz)
    return Piece(blasts.convolve(pulse, place.early), tail, place.reference)


def copy(sound: Float64, rate_hz: int) -> Piece:
    """A shot cut out from `LEAD_S` before its onset on, with faded ends."""
    rise, fall = round(_FADE_IN_S * rate_hz), min(len(sound) // 2, round(_FADE_S * rate_hz))
    lead, direct = round(LEAD_S * rate_hz), round(_DIRECT_S * rate_hz)
    ends = np.ones(len(sound))
    ends[:rise], ends[len(sound) - fall :] = np.linspace(0, 1, rise), np.linspace(1, 0, fall)
    early = np.clip((lead + 2 * direct - np.arange(len(sound))) / direct, 0, 1)
    return Piece(sound * ends * early, sound * ends * (1 - early), float(np.abs(sound[lead : lead + direct]).max()))


def farther(piece: Piece, amplitude: float, share: float) -> Float64:
    """The piece with a direct sound so high: its tail falls only by 1 - `share` of what the direct sound does, in dB.

    A tail comes from all around, so it hardly depends on how far off, or how hidden, the gun is; but
    here none becomes louder than its direct sound.
    """
    gain = amplitude / float(np.abs(piece.direct).max())
    more = max(1.0, piece.reference / amplitude) ** share
    loudest = float(np.abs(piece.tail).max(initial=1e-12)) / float(np.abs(piece.direct).max())
    total = np.zeros(max(len(piece.direct), len(piece.tail)))
    total[: len(piece.direct)] += piece.direct
    total[: len(piece.tail)] += piece.tail * max(1.0, min(more, _TAIL_MOST / loudest))
    return total * gain


def learned(rng: np.random.Generator, rate_hz: int, sound: Float64) -> Place:
    """The place of a shot that begins `BEFORE_S` after its sound does (see `echo_pattern`), its tail drawn as noise."""
    pattern = echo_pattern(sound, rate_hz)
    hop, first = max(1, round(_HOP_S * rate_hz)), round(BEFORE_S * rate_hz)
    noise = blasts.in_bands(rng.standard_normal(pattern.shape[1] * hop), rate_hz)
    tail = (noise * np.sqrt(np.repeat(pattern, hop, axis=1) / hop)).sum(axis=0)
    return Place(np.ones(1), np.asarray(tail), float(np.abs(sound[first : first + _DIRECT_HOPS * hop]).max()))


def made_up(rng: np.random.Generator, rate_hz: int, ceiling: float) -> Place:
    """A place that nobody measured: ground, two walls, clutter; a gun `_REFERENCE_M` away overloads a microphone."""
    walls = (_wall(-float(rng.uniform(*_WALL_M))), _wall(float(rng.uniform(*_WALL_M))))
    place = blasts.Place(
        facades=(blasts.Place().facades[0], *walls),
        rt60_s=(float(rng.uniform(*_RT60_S)),) * 3,
        tail_db=float(rng.uniform(*_TAIL_DB)),
        nearest_m=float(rng.uniform(*_NEAREST_M)),
        seed=int(rng.integers(2**31)),
    )
    length = round(TAIL_S * rate_hz)
    early, both = (_response(each, rate_hz)[:length] for each in (dataclasses.replace(place, tail_db=-300.0), place))
    early = np.pad(early, (0, max(0, len(both) - len(early))))
    return Place(early, both - early[: len(both)], ceiling * 10 ** (_OVERLOAD_DB / 20))


def _response(place: blasts.Place, rate_hz: int) -> Float64:
    """Impulse response from the direct sound on, which is 1."""
    ways = blasts.paths(place, (0.0, _REFERENCE_M, _MICROPHONE_M), (0.0, 0.0, _MICROPHONE_M))
    echoes = Paths(ways.delay_s[1:], ways.gain[:, 1:] / ways.gain[:, :1])
    response = blasts.response(echoes, rate_hz)[round(float(ways.delay_s[0]) * rate_hz) :]
    response[0] += 1
    return response


def _wall(at_m: float) -> Facade:
    return Facade((at_m, 0.0, 0.0), (-float(np.sign(at_m)), 0.0, 0.0), 0.7)


def echo_pattern(sound: Float64, rate_hz: int) -> Float64:
    """(3, hops) energy of each millisecond after a shot re its direct sound's, in the bands of `blasts.in_bands`.

    `sound` begins `BEFORE_S` before the onset; what was there before is taken off. The direct
    sound is the first 3 ms, in which the pattern is zero.
    """
    hop, first = max(1, round(_HOP_S * rate_hz)), round(BEFORE_S * rate_hz)
    bands = blasts.in_bands(sound, rate_hz)
    before = np.mean(bands[:, : first - hop] ** 2, axis=1, keepdims=True) * hop
    after = bands[:, first : first + (len(sound) - first) // hop * hop].reshape(3, -1, hop)
    energy = np.maximum((after**2).sum(axis=2) - before, 0)
    direct = energy[:, :_DIRECT_HOPS].sum(axis=1, keepdims=True)
    pattern = np.where(direct > before, energy / np.maximum(direct, 1e-30), 0.0)
    pattern[:, :_DIRECT_HOPS] = 0
    return np.asarray(pattern)


def level_at(there: Float32, change: Float32, first: int, rate_hz: int) -> float:
    """Level in dB of what a shot changes from sample `first` on, over what was there; both (n, channels).

    What was there is the mean of the 3 ms before and of the 3 ms in which the shot begins, in the
    best band, as composed scenes tell what is audible. Channels are averaged in energy.
    """
    width = max(4, round(WITHIN_S * rate_hz))
    power, before = np.zeros(3), np.zeros(3)
    for channel in range(there.shape[1]):
        power += band_power(change[first : first + width, channel], rate_hz)
        for start in (first - width, first):
            before += 0.5 * band_power(there[start : start + width, channel], rate_hz)
    return level_db(power, before)


def stands_out(sound: Float32, first: int, rate_hz: int) -> float:
    """Level in dB of a shot that is already in a sound (n, channels), over the 3 ms before its onset at `first`."""
    width = max(4, round(WITHIN_S * rate_hz))
    after, before = np.zeros(3), np.zeros(3)
    for channel in sound.T:
        after += band_power(channel[first : first + width], rate_hz)
        before += band_power(channel[first - width : first], rate_hz)
    return level_db(np.maximum(after - before, 0), before)


def planted(there: Float32, shot: Float64, first: int, rate_hz: int, ceiling: float) -> Float32:
    """A sound (n, channels) with a planted shot whose onset stands at sample `first`, clipped at a ceiling.

    What already lies beyond the ceiling stays; what sticks out over the ends is lost.
    """
    start = first - round(LEAD_S * rate_hz)
    a, b = max(start, 0), min(start + len(shot), len(there))
    after = there.copy()
    part = after[a:b]
    louder = part + shot[a - start : b - start, None].astype(np.float32)
    limit = np.float32(ceiling)
    after[a:b] = np.clip(louder, np.minimum(part, -limit), np.maximum(part, limit))
    return after
