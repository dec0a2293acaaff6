"""From a gun to a camera: direct path, reflections, the place's diffuse tail, as impulse responses.

Reflections are image sources and scattered objects of `core.blasts`; the tail is noise that dies
away faster the higher it sounds. A tail changes with the ground that its wearer walks over and
differs from gun to gun, as measured ones do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft

from detector.core import blasts
from detector.core.blasts import Paths, Point
from detector.lab import scene_numbers as numbers
from detector.lab.material import RATE_HZ, Piece, response
from detector.lab.staging import Shooter, Stage, Surroundings
from detector.records import Float32

HALF_KERNEL = 24  # samples by which a band-limited tap begins early
_BAND_CENTRES_HZ = np.array([350.0, 1500.0, 6000.0])  # of `core.blasts`
_TAIL_EDGES_HZ = (500.0, 1500.0, 4000.0)
_NEAR_S = 0.008  # paths this much longer than the direct one come from where it comes from
_MEASURED_DIRECT_S = 0.0025  # what a measured response shows of its own direct path
_ALIKE_M = 0.8  # metres walked that make a new tail


@dataclass(frozen=True, eq=False)
class Way:
    """Impulse responses at `RATE_HZ` from a gun to the camera: all of it, the direct path, echoes of a crack.

    Sample 0 of `taps` and `direct` is the shot, of `crack_echoes` the arrival of the crack. The
    direct path takes `delay_s` in `taps`, and `grown_s` more after the steps since they were worked out.
    """

    gun_m: Point
    camera_m: Point
    taps: Float32
    direct: Float32
    crack_echoes: Float32
    delay_s: float
    grown_s: float = 0.0


class Ways:
    """The ways from one gun of a stage to a camera whose wearer walks."""

    def __init__(self, setting: Stage, shooter: Shooter, number: int) -> None:
        self._shooter = shooter
        around = setting.surroundings
        self._around = around
        self._setting = setting
        # A tail is another one a few metres away: each of several cameras has its own.
        seeds = [around.place.seed, number, setting.post.number] if setting.post.number else [around.place.seed, number]
        rng = np.random.default_rng(seeds)
        self._measured = _measured_tail(around.measured, rng) if around.measured else None
        self._tails = None if around.measured else (_tail(around, rng), _tail(around, rng))

    def ends(self, at_s: float) -> tuple[Point, Point]:
        """Where gun and camera are; a gun of the wearer's own and he himself stay where they began."""
        if self._shooter.own:
            return self._shooter.position_m, self._setting.post.position_m
        return _moved(self._shooter.position_m, self._shooter.velocity_m_s, at_s), camera_at(self._setting, at_s)

    def at(self, at_s: float) -> Way:
        """The way at a time of the scene."""
        around, shooter = self._around, self._shooter
        gun, camera = self.ends(at_s)
        ways = blasts.paths(around.place, gun, camera, shooter.aim)
        ways = _dull(ways, around.echo_treble_db)
        if self._measured is not None:
            ways = Paths(ways.delay_s[:2], ways.gain[:, :2])  # the direct path and the ground; the rest was measured
        if shooter.hidden is not None:
            ways = _hidden(ways, shooter.hidden, shooter.hidden_all)
        taps = blasts.response(ways, RATE_HZ).astype(np.float32)
        walked_m = float(np.hypot(*(np.asarray(self._setting.body.velocity_m_s) * at_s)[:2]))
        taps = self._with_tail(taps, float(ways.delay_s[0]), walked_m)
        direct = blasts.response(ways.direct(), RATE_HZ).astype(np.float32)
        delay_s = float(ways.delay_s[0])
        return Way(gun, camera, taps, direct, _crack_echoes(taps, direct, delay_s, shooter.crack_tail_db), delay_s)

    def stepped(self, way: Way, at_s: float) -> Way:
        """The same way with its ends where they are at a time, and what that adds to the direct path."""
        gun, camera = self.ends(at_s)
        speed = blasts.speed_of_sound_m_s(self._around.place.temperature_c)
        return replace(way, gun_m=gun, camera_m=camera, grown_s=math.dist(gun, camera) / speed - way.delay_s)

    def _with_tail(self, taps: Float32, delay_s: float, walked_m: float) -> Float32:
        start = round(delay_s * RATE_HZ)
        if self._tails is None:
            return taps if self._measured is None else _added(taps, start, self._measured)
        turn = walked_m / _ALIKE_M
        tail = np.float32(np.cos(turn)) * self._tails[0] + np.float32(np.sin(turn)) * self._tails[1]
        tail = tail[start:]
        swell = round(2 * self._around.place.nearest_m / 340 * RATE_HZ)
        tail[:swell] *= np.linspace(0, 1, len(tail[:swell]), dtype=np.float32)
        return _added(taps, start, tail)


def camera_at(setting: Stage, at_s: float) -> Point:
    """Where the camera of a stage is; who would have walked through a wall is where he began."""
    moved = _moved(setting.post.position_m, setting.body.velocity_m_s, at_s)
    return moved if inside(setting.surroundings, moved) else setting.post.position_m


def _moved(position: Point, velocity_m_s: Point, seconds: float) -> Point:
    x, y, z = np.asarray(position) + np.asarray(velocity_m_s) * seconds
    return (float(x), float(y), float(z))


def inside(around: Surroundings, camera: Point) -> bool:
    """Whether the camera still stands on the inner side of every wall."""
    return all(np.subtract(camera, facade.point_m) @ np.asarray(facade.normal) > 0.3 for facade in around.place.facades)


def _dull(ways: Paths, treble_db: float) -> Paths:
    """Paths whose echoes have lost treble on rough surfaces; the direct one is as it was."""
    gain = 10 ** (np.array([0.0, treble_db / 3, treble_db]) / 20)
    return Paths(ways.delay_s, np.concatenate([ways.gain[:, :1], ways.gain[:, 1:] * gain[:, None]], axis=1))


def _hidden(ways: Paths, loss: tuple[float, float], everything: bool) -> Paths:
    """Paths behind an obstacle: all of them, or those that come from nearly the same side, weaker and duller."""
    level_db, corner_hz = loss
    gain = 10 ** (level_db / 20) / (1 + (_BAND_CENTRES_HZ / corner_hz) ** 2)
    behind = np.ones(len(ways.delay_s), bool) if everything else ways.delay_s < ways.delay_s[0] + _NEAR_S
    return Paths(ways.delay_s, np.where(behind, ways.gain * gain[:, None], ways.gain))


def _tail(around: Surroundings, rng: np.random.Generator) -> Float32:
    """Noise from the moment of the shot on that dies away, band by band."""
    rt60_s = around.rt60_s * np.array(numbers.RT60_BANDS)
    n = round(0.9 * float(rt60_s.max()) * RATE_HZ)
    size = scipy.fft.next_fast_len(n, real=True)
    grain = rng.uniform(*numbers.TAIL_GRAIN)
    uneven = np.exp(grain * rng.standard_normal(size, np.float32) - grain**2)  # as strong, whatever the grain
    spectrum = scipy.fft.rfft(rng.standard_normal(size, np.float32) * uneven.astype(np.float32))
    f = np.maximum(np.arange(len(spectrum)) * (RATE_HZ / size), 1.0)
    t = np.arange(size) / RATE_HZ
    below = [1 / (1 + (f / edge) ** 4) for edge in _TAIL_EDGES_HZ]
    shares = [below[0], below[1] - below[0], below[2] - below[1], 1 - below[2]]
    levels_db = around.tail_db + around.echo_treble_db * np.array([0.0, 0.2, 0.6, 1.0])
    total = np.zeros(size, np.float32)
    for share, level_db, band_s in zip(shares, levels_db, rt60_s, strict=True):
        band = scipy.fft.irfft(spectrum * share.astype(np.float32), size)
        total += band * (10 ** (level_db / 20 - 3 * t / band_s)).astype(np.float32)
    return total[:n] / np.float32(np.sqrt(RATE_HZ / 1000))


def _measured_tail(piece: Piece, rng: np.random.Generator) -> Float32:
    """The tail of a measured place from the direct path on, as loud for near guns as for far ones."""
    tail = response(piece).copy()
    direct = round(_MEASURED_DIRECT_S * RATE_HZ)
    tail[:direct] *= np.linspace(0, 1, direct, dtype=np.float32) ** 2
    level = 10 ** (rng.uniform(*numbers.MEASURED_TAIL_DB) / 20)
    return np.asarray(tail * level / np.sqrt(np.sum(tail**2)), np.float32)


def _crack_echoes(taps: Float32, direct: Float32, delay_s: float, level_db: float) -> Float32:
    """What the place gives back of a crack, re the crack: the echoes of the blast, re its direct path."""
    echoes = _added(taps, 0, -direct)
    return echoes[round(delay_s * RATE_HZ) :] * np.float32(10 ** (level_db / 20) / np.abs(direct).max())


def _added(taps: Float32, start: int, more: Float32) -> Float32:
    total = np.zeros(max(len(taps), start + len(more)), np.float32)
    total[: len(taps)] = taps
    total[start : start + len(more)] += more
    return total


def room_echo(around: Surroundings, rng: np.random.Generator) -> Float32:
    """Impulse response to the camera from somebody who stands beside its wearer, its direct path 1 high and first."""
    if around.measured is not None:
        taps = response(around.measured)
    else:
        near = replace(around.place, order=1)
        angle, distance_m = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.0)
        source = (distance_m * np.cos(angle) * 0.5, distance_m * np.sin(angle), 1.0)
        ways = blasts.paths(near, source, (0.0, 0.0, numbers.CAMERA_M))
        start = round(float(ways.delay_s[0]) * RATE_HZ)
        taps = _added(blasts.response(ways, RATE_HZ).astype(np.float32), start, _tail(around, rng))[start:]
    return np.asarray(taps / np.abs(taps).max(), np.float32)
