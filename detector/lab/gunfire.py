"""The shots of a stage at its camera: their pressure, and the truth about each.

Shots that share a way are added up before they are convolved with it, so that a barrage costs
little more than a single shot.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from detector.core import blasts
from detector.core.audibility import AUDIBLE_DB, WITHIN_S, band_power, level_db
from detector.lab import scene_numbers as numbers
from detector.lab.bodycam import bent, rail_gain_db
from detector.lab.material import LEAD_S, RATE_HZ
from detector.lab.metrics import Marks
from detector.lab.staging import Shooter, Stage
from detector.lab.ways import HALF_KERNEL, Way, Ways
from detector.records import Bool, Float32, Float64

_WITHIN = round(WITHIN_S * RATE_HZ)  # samples in which a direct path is judged
_AHEAD = round(LEAD_S * RATE_HZ) + 2 * HALF_KERNEL  # samples by which a band-limited wave begins early
_HEAD = round(0.010 * RATE_HZ)  # samples of a shot that can disturb another's first milliseconds
_PATH_S = 2.0  # a walking wearer hears one way for this long
_TRAIN_S = 3.0  # shots this close together are convolved at once
_OWN_S = 0.008  # of a recorded blast that is the gun's own, not its place's

Placed = tuple[int, Float32]  # samples, and where the first stands
Waves = tuple[tuple[Placed, ...], ...]  # of every gun of a stage in its order, of every shot in time


@dataclass(frozen=True, eq=False)
class Shot:
    """One shot on its way to the camera.

    `wave` leaves the gun at `fired_s`, `crack` arrives as it is; `first_s` is the first arrival.
    `head` is the pressure of the first 10 ms by all ways, `direct` that of the direct path alone.
    """

    gun: str
    own: bool
    fired_s: float
    wave: Placed
    crack: Placed | None
    way: Way
    first_s: float
    blast_s: float
    head: Placed
    direct: Placed


@dataclass(frozen=True, eq=False)
class Truth:
    """The shots of a recording in the order of arrival: marks, and as columns of the same rows gun,
    direct path over what was there in dB, and whether the microphone was overloaded.
    """

    marks: Marks
    gun: tuple[str, ...]
    snr_db: Float64
    clipped: Bool

    def take(self, rows: Bool) -> Truth:
        """The rows that are true."""
        marks = Marks(self.marks.time_s[rows], self.marks.also_s[rows], self.marks.audible[rows])
        gun = tuple(name for name, kept in zip(self.gun, rows, strict=True) if kept)
        return Truth(marks, gun, self.snr_db[rows], self.clipped[rows])


def shots(setting: Stage, rng: np.random.Generator) -> list[Shot]:
    """All shots of a stage in the order of their first arrival."""
    return arrivals(setting, discharges(setting, rng))


def discharges(setting: Stage, rng: np.random.Generator) -> Waves:
    """Every shot as it leaves its gun, the same for all cameras."""
    return tuple(tuple(_left(shooter, rng)) for shooter in setting.shooters)


def arrivals(setting: Stage, waves: Waves) -> list[Shot]:
    """The shots as they reach the camera of a stage, in the order of their first arrival."""
    found = [shot for number in range(len(waves)) for shot in _arriving(setting, number, waves[number])]
    return sorted(found, key=lambda shot: shot.first_s)


def stems(fired: Sequence[Shot]) -> Iterator[Placed]:
    """The pressure of the shots, in parts to be added up."""
    shared: dict[int, tuple[Float32, list[Placed]]] = {}
    for shot in fired:
        shared.setdefault(id(shot.way.taps), (shot.way.taps, []))[1].append(shot.wave)
        if shot.crack is not None:
            yield shot.crack
            echoes = shot.way.crack_echoes
            shared.setdefault(id(echoes), (echoes, []))[1].append(shot.crack)
    for taps, waves in shared.values():
        waves.sort(key=lambda wave: wave[0])
        while waves:
            start = waves[0][0]
            near = [wave for wave in waves if wave[0] < start + _TRAIN_S * RATE_HZ]
            train = np.zeros(near[-1][0] - start + max(len(wave) for _, wave in near), np.float32)
            for at, wave in near:
                add(train, at - start, wave)
            yield start, convolved(train, taps)
            waves = waves[len(near) :]


def judged(setting: Stage, pressure: Float32, fired: Sequence[Shot]) -> Truth:
    """The truth about shots (in the order of arrival) whose stems are part of a pressure (n,).

    What was there before a shot is the pressure without it and all later ones; a direct path is
    judged by what it changes behind the overload of the microphone.
    """
    recorder = setting.body.recorder
    rail_db = rail_gain_db(recorder)
    limit = blasts.pascal(recorder.overload_db_spl - rail_db)
    snr_db, clipped = np.zeros(len(fired)), np.zeros(len(fired), np.bool_)
    for row, shot in enumerate(fired):
        first = int(shot.first_s * RATE_HZ)
        there = np.zeros(2 * _WITHIN, np.float32)
        add(there, _WITHIN - first, pressure)
        for later in fired[row:]:
            start, head = later.head
            if start - first > _WITHIN:
                break
            add(there, start - first + _WITHIN, -head)
        with_shot = there[_WITHIN:].copy()
        add(with_shot, shot.direct[0] - first, shot.direct[1])
        heard = bent(there, recorder, rail_db)
        change = bent(with_shot, recorder, rail_db) - heard[_WITHIN:]
        before = 0.5 * (band_power(heard[:_WITHIN], RATE_HZ) + band_power(heard[_WITHIN:], RATE_HZ))
        snr_db[row] = level_db(band_power(change, RATE_HZ), before)
        clipped[row] = np.abs(with_shot).max() > limit
    marks = Marks.of([shot.first_s for shot in fired], snr_db >= AUDIBLE_DB, [shot.blast_s for shot in fired])
    return Truth(marks, tuple(shot.gun for shot in fired), snr_db, clipped)


def judged_far(pressure: Float32, onset_s: Float64) -> Truth:
    """The truth about recorded far shots that are part of a pressure: their first 3 ms against the 6 ms before."""
    snr_db = np.zeros(len(onset_s))
    for row, at_s in enumerate(onset_s):
        first = int(at_s * RATE_HZ)
        before = pressure[first - 2 * _WITHIN - _WITHIN // 4 : first - _WITHIN // 4].reshape(2, _WITHIN)
        there = np.mean([band_power(part, RATE_HZ) for part in before], axis=0)
        after = band_power(pressure[first : first + _WITHIN], RATE_HZ)
        snr_db[row] = level_db(np.maximum(after - there, 0), there)
    marks = Marks.of(onset_s, snr_db >= AUDIBLE_DB)
    return Truth(marks, ("far",) * len(onset_s), snr_db, np.zeros(len(onset_s), np.bool_))


def _left(shooter: Shooter, rng: np.random.Generator) -> Iterator[Placed]:
    cabin = None if shooter.cabin is None else blasts.cabin_response(shooter.cabin, RATE_HZ).astype(np.float32)
    for fired_s in shooter.fired_s:
        wave = _wave(shooter, rng)
        yield round((fired_s - LEAD_S) * RATE_HZ), wave if cabin is None else convolved(wave, cabin)


def _arriving(setting: Stage, number: int, waves: Sequence[Placed]) -> Iterator[Shot]:
    """The shots of one gun; those within `_PATH_S` share a way."""
    shooter = setting.shooters[number]
    ways = Ways(setting, shooter, number)
    walks = not shooter.own and bool(np.any(setting.body.velocity_m_s) or np.any(shooter.velocity_m_s))
    known: dict[int, Way] = {}
    for meant_s, (start, wave) in zip(shooter.fired_s, waves, strict=True):
        part = int(meant_s // _PATH_S) if walks else -1
        if part not in known:
            known[part] = ways.at((part + 0.5) * _PATH_S if walks else 0.0)
        way, fired_s = known[part], start / RATE_HZ + LEAD_S
        # Where several cameras are compared, what they hear follows every step; its echoes change now and then.
        if setting.post.number:
            way = ways.stepped(way, fired_s)
        yield _shot(setting, shooter, way, (start + round(way.grown_s * RATE_HZ), wave), fired_s)


def _shot(setting: Stage, shooter: Shooter, way: Way, wave: Placed, fired_s: float) -> Shot:
    blast_s = wave[0] / RATE_HZ + LEAD_S + way.delay_s
    found = _crack(setting, shooter, way, fired_s)
    first_s = blast_s if found is None else min(blast_s, found[0])
    crack = None if found is None else found[1]
    first = int(first_s * RATE_HZ) - _AHEAD
    skip = max(0, round((way.delay_s - LEAD_S) * RATE_HZ) - HALF_KERNEL)
    head, direct = np.zeros(_HEAD, np.float32), np.zeros(_HEAD, np.float32)
    for target, taps in ((head, way.taps), (direct, way.direct)):
        add(target, wave[0] + skip - first, np.convolve(wave[1][: _HEAD + _AHEAD], taps[skip : skip + _HEAD + _AHEAD]))
        if crack is not None:
            add(target, crack[0] - first, crack[1])
    if crack is not None:
        add(head, crack[0] - first, np.convolve(crack[1], way.crack_echoes[: _HEAD + _AHEAD]))
    return Shot(
        gun=shooter.label,
        own=shooter.own,
        fired_s=fired_s,
        wave=wave,
        crack=crack,
        way=way,
        first_s=first_s,
        blast_s=blast_s,
        head=(first, head),
        direct=(first, direct),
    )


def _wave(shooter: Shooter, rng: np.random.Generator) -> Float32:
    """One shot of a gun 1 m to its side, its onset `LEAD_S` after the beginning: no two are alike."""
    gain = 10 ** (rng.normal(0, numbers.SHOT_SD_DB) / 20)
    if shooter.recorded is None:
        blast = dataclasses.replace(
            shooter.blast,
            peak_pa=shooter.blast.peak_pa * gain,
            positive_phase_s=shooter.blast.positive_phase_s * float(rng.lognormal(0, numbers.SHOT_PHASE_SD)),
        )
        return blasts.sampled(lambda time_s: blasts.friedlander(time_s, blast), RATE_HZ, LEAD_S).astype(np.float32)
    sound = shooter.recorded.sound()
    early = round((LEAD_S + _OWN_S) * RATE_HZ)
    fall = np.clip((np.arange(len(sound)) - early) / early, 0, 1)
    sound = sound * (10 ** (shooter.recorded_tail_db / 20 * fall)).astype(np.float32)
    tilt = np.float32(10 ** (rng.normal(0, numbers.SHOT_TILT_DB) / 20) - 1)
    treble = np.diff(sound, prepend=sound[:1])
    return np.asarray((sound + tilt * treble) * np.float32(shooter.blast.peak_pa * gain), np.float32)


def _crack(setting: Stage, shooter: Shooter, way: Way, fired_s: float) -> tuple[float, Placed] | None:
    """Arrival and pressure of the bullet's shock wave, None where none is heard."""
    if shooter.own or shooter.cabin is not None:
        return None
    speed = blasts.speed_of_sound_m_s(setting.surroundings.place.temperature_c)
    crack = blasts.crack_at(shooter.bullet, way.gun_m, shooter.aim, way.camera_m, speed)
    if crack is None:
        return None
    at_s = fired_s + crack.delay_s
    first = int((at_s - LEAD_S) * RATE_HZ)
    shock = blasts.sampled(lambda time_s: blasts.n_wave(time_s, crack), RATE_HZ, at_s - first / RATE_HZ, 0.004)
    return at_s, (first, shock.astype(np.float32))


def convolved(sound: Float32, taps: Float32) -> Float32:
    """Full convolution, len(sound) + len(taps) - 1 long, in single precision."""
    n = len(sound) + len(taps) - 1
    size = scipy.fft.next_fast_len(n, real=True)
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(sound, size) * scipy.fft.rfft(taps, size), size)[:n], np.float32)


def add(total: Float32, start: int, part: Float32) -> None:
    """Adds `part` to `total` from sample `start` on; what lies outside is lost."""
    a, b = max(start, 0), min(start + len(part), len(total))
    if a < b:
        total[a:b] += part[a - start : b - start]
