"""Scenes: guns, a place and a camera as data, rendered into what the camera records, with the truth.

A scene is a function of its fields and its seed alone. Scene time is the presentation time of the
camera's file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detector.core import blasts
from detector.core.audibility import AUDIBLE_DB, WITHIN_S, band_power
from detector.core.blasts import Blast, Bullet, Cabin, Place, Point
from detector.lab.recorders import Recorder, overloaded, recorded
from detector.lab.sounds import SOUNDS, bed, wind
from detector.records import Float32, Float64

_LEAD_S = 0.001  # a band-limited pulse begins a little before its arrival
_NOISE, _SHOTS, _PLANTED = range(3)  # independent random streams of one seed


@dataclass(frozen=True)
class Gun:
    """A gun at one place, pointed one way, with the times at which it is fired.

    `level_sd_db` is how much shots differ; `sway_m` how far the muzzle strays from its place.
    """

    label: str
    position_m: Point
    aim: Point
    fired_s: tuple[float, ...]
    blast: Blast = field(default_factory=Blast)
    bullet: Bullet | None = None
    cabin: Cabin | None = None
    level_sd_db: float = 1.0
    sway_m: float = 0.02


@dataclass(frozen=True)
class Camera:
    """A camera at one place; `muted` are stretches of digital silence, `rumble_db_spl` wind on the microphone.

    Cameras of one scene hear the same shots; their `number` gives each noise of its own.
    """

    label: str
    position_m: Point
    recorder: Recorder = field(default_factory=Recorder)
    rumble_db_spl: float = 55.0
    sound_start_s: float = 0.0
    muted: tuple[tuple[float, float], ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Planted:
    """A sound that is no shot: a kind from `sounds.SOUNDS`, its peak at 1 m, or at the camera without a position."""

    kind: str
    time_s: float
    peak_db_spl: float
    position_m: Point | None = None


@dataclass(frozen=True)
class Scene:
    """Everything that happens, and the one camera that records it."""

    name: str
    seed: int
    place: Place
    guns: tuple[Gun, ...]
    camera: Camera
    duration_s: float
    planted: tuple[Planted, ...] = ()
    street_db_spl: float = 58.0
    rate_hz: int = 48_000


@dataclass(frozen=True)
class ShotTruth:
    """One discharge as it reaches the camera, on the presentation clock of its file.

    `arrival_s` is the first direct sound, crack or blast; `audible` says whether it exceeds what
    was there by 6 dB in any band within 3 ms, else `why_not` does not.
    """

    gun: str
    emission_s: float
    arrival_s: float
    crack_s: float | None
    direct_path_snr_db: float
    audible: bool
    why_not: str | None
    clipped: bool
    gap_to_previous_ms: float | None


@dataclass(frozen=True)
class Take:
    """What the camera wrote, from `start_s` on, and what was really there."""

    scene: Scene
    start_s: float
    samples: Float32
    shots: tuple[ShotTruth, ...]
    planted: tuple[tuple[float, str], ...]

    def shown(self, offset_s: float, unheard: Sequence[tuple[float, float, str]] = ()) -> Take:
        """The same take where a file shows everything `offset_s` later.

        Shots inside an unheard stretch (start_s, stop_s, state) of that file are not audible there.
        """
        later = offset_s + self.start_s
        shots = tuple(_shown(shot, offset_s, unheard) for shot in self.shots)
        planted = tuple((time_s + offset_s, kind) for time_s, kind in self.planted)
        return dataclasses.replace(self, start_s=later, shots=shots, planted=planted)

    def truth(self) -> dict[str, Any]:
        """The truth as pure data, times rounded to 10 microseconds."""
        emitted = [shot.emission_s for shot in self.shots]
        fired = {gun.label: len(gun.fired_s) for gun in self.scene.guns}
        camera = self.scene.camera
        return {
            "synthetic": True,
            "scene": self.scene.name,
            "seed": self.scene.seed,
            "n_guns": len(fired),
            "shots_per_gun": fired,
            "total_shots": len(self.shots),
            "audible_shots": sum(shot.audible for shot in self.shots),
            "span_s": round(max(emitted) - min(emitted), 5) if emitted else None,
            "duration_s": self.scene.duration_s,
            "cameras": [
                {
                    "label": camera.label,
                    "sound_start_s": round(self.start_s, 5),
                    "muted": [list(span) for span in camera.muted],
                    "shots": [_rounded(dataclasses.asdict(shot)) for shot in self.shots],
                    "planted": [{"time_s": round(time_s, 5), "class": kind} for time_s, kind in self.planted],
                }
            ],
        }


def render(scene: Scene) -> Take:
    """What the scene's camera records, and the truth about it.

    Shots are added in the order of their arrival, so that each is judged against everything that
    was there before it: tails, noise, other sounds, an overloaded microphone.
    """
    pressure = _background(scene)
    planted = [_plant(scene, pressure, row) for row in range(len(scene.planted))]
    arrivals = sorted(_arrivals(scene), key=lambda arrival: arrival.first_s)
    shots: list[ShotTruth] = []
    for arrival in arrivals:
        gap_ms = 1e3 * (arrival.first_s - shots[-1].arrival_s) if shots else None
        shots.append(_judged(scene, pressure, arrival, gap_ms))
        _add(pressure, arrival.start, arrival.sound)
    samples = recorded(pressure, scene.camera.recorder, scene.rate_hz)
    for start_s, stop_s in scene.camera.muted:
        samples[round(start_s * scene.rate_hz) : round(stop_s * scene.rate_hz)] = 0
    first = round(scene.camera.sound_start_s * scene.rate_hz)
    return Take(scene, first / scene.rate_hz, samples[first:, None], tuple(shots), tuple(sorted(planted)))


@dataclass(frozen=True)
class _Arrival:
    """One shot's pressure at the microphone; `start` is the sample at which both arrays begin."""

    gun: Gun
    fired_s: float
    blast_s: float
    crack_s: float | None
    start: int
    sound: Float64
    direct: Float64

    @property
    def first_s(self) -> float:
        return self.blast_s if self.crack_s is None else min(self.crack_s, self.blast_s)


def _rng(scene: Scene, *stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([scene.seed, *stream]))


def _background(scene: Scene) -> Float64:
    rng = _rng(scene, _NOISE, *([scene.camera.number] if scene.camera.number else []))
    n = round(scene.duration_s * scene.rate_hz)
    street = bed(rng, n, scene.rate_hz) * blasts.pascal(scene.street_db_spl)
    rumble = wind(rng, n, scene.rate_hz) * blasts.pascal(scene.camera.rumble_db_spl)
    hiss = rng.standard_normal(n) * blasts.pascal(32.0)
    return np.asarray(street + rumble + hiss)


def _plant(scene: Scene, pressure: Float64, row: int) -> tuple[float, str]:
    planted = scene.planted[row]
    sound = SOUNDS[planted.kind](_rng(scene, _PLANTED, row), scene.rate_hz) * blasts.pascal(planted.peak_db_spl)
    delay_s = 0.0
    if planted.position_m is not None:
        ways = blasts.paths(scene.place, planted.position_m, scene.camera.position_m)
        sound, delay_s = blasts.convolve(sound, blasts.response(ways, scene.rate_hz)), float(ways.delay_s[0])
    _add(pressure, round(planted.time_s * scene.rate_hz), sound)
    return planted.time_s + delay_s, planted.kind


def _arrivals(scene: Scene) -> list[_Arrival]:
    return [
        _arrival(scene, gun, fired_s, _rng(scene, _SHOTS, g, k))
        for g, gun in enumerate(scene.guns)
        for k, fired_s in enumerate(gun.fired_s)
    ]


def _arrival(scene: Scene, gun: Gun, fired_s: float, rng: np.random.Generator) -> _Arrival:
    rate_hz, camera_m = scene.rate_hz, scene.camera.position_m
    start = int(np.floor((fired_s - _LEAD_S) * rate_hz))
    lead_s = fired_s - start / rate_hz
    shot = dataclasses.replace(
        gun.blast,
        peak_pa=gun.blast.peak_pa * 10 ** (rng.normal(0, gun.level_sd_db) / 20),
        positive_phase_s=gun.blast.positive_phase_s * rng.lognormal(0, 0.06),
    )
    wave = blasts.sampled(lambda time_s: blasts.friedlander(time_s, shot), rate_hz, lead_s)
    if gun.cabin is not None:
        wave = blasts.convolve(wave, blasts.cabin_response(gun.cabin, rate_hz))
    x, y, z = np.asarray(gun.position_m) + rng.normal(0, gun.sway_m, 3)
    muzzle = (float(x), float(y), float(z))
    ways = blasts.paths(scene.place, muzzle, camera_m, gun.aim)
    sound = blasts.convolve(wave, blasts.response(ways, rate_hz))
    direct = blasts.convolve(wave, blasts.response(ways.direct(), rate_hz))
    crack_s = None
    speed = blasts.speed_of_sound_m_s(scene.place.temperature_c)
    crack = blasts.crack_at(gun.bullet, muzzle, gun.aim, camera_m, speed) if gun.bullet and not gun.cabin else None
    if crack is not None:
        crack_s = fired_s + crack.delay_s
        first = int(np.floor((lead_s + crack.delay_s - _LEAD_S) * rate_hz))
        offset_s = lead_s + crack.delay_s - first / rate_hz
        shock = blasts.sampled(lambda time_s: blasts.n_wave(time_s, crack), rate_hz, offset_s, 0.004)
        for target in (sound, direct):
            _add(target, first, shock)
    return _Arrival(gun, fired_s, fired_s + float(ways.delay_s[0]), crack_s, start, sound, direct)


def _judged(scene: Scene, pressure: Float64, arrival: _Arrival, gap_ms: float | None) -> ShotTruth:
    rate_hz, recorder = scene.rate_hz, scene.camera.recorder
    first, width = int(arrival.first_s * rate_hz), round(WITHIN_S * rate_hz)
    there = _cut(pressure, first - width, 2 * width)
    heard = overloaded(there, recorder)
    alone = _cut(arrival.direct, first - arrival.start, width)
    change = overloaded(there[width:] + alone, recorder) - heard[width:]
    before = 0.5 * (band_power(heard[:width], rate_hz) + band_power(heard[width:], rate_hz))
    snr_db = float(10 * np.log10(np.max(band_power(change, rate_hz) / np.maximum(before, 1e-20)) + 1e-9))
    why_not = None
    if arrival.first_s < scene.camera.sound_start_s:
        why_not = "no_audio"
    elif any(start_s <= arrival.first_s < stop_s for start_s, stop_s in scene.camera.muted):
        why_not = "muted"
    elif snr_db < AUDIBLE_DB:
        why_not = "below what was there"
    return ShotTruth(
        gun=arrival.gun.label,
        emission_s=arrival.fired_s,
        arrival_s=arrival.first_s,
        crack_s=arrival.crack_s,
        direct_path_snr_db=round(snr_db, 1),
        audible=why_not is None,
        why_not=why_not,
        clipped=bool(np.abs(there[width:] + alone).max() > blasts.pascal(recorder.overload_db_spl)),
        gap_to_previous_ms=gap_ms,
    )


def _add(total: Float64, start: int, part: Float64) -> None:
    a, b = max(start, 0), min(start + len(part), len(total))
    if a < b:
        total[a:b] += part[a - start : b - start]


def _cut(samples: Float64, start: int, length: int) -> Float64:
    piece = np.zeros(length)
    _add(piece, -start, samples)
    return piece


def _shown(shot: ShotTruth, offset_s: float, unheard: Sequence[tuple[float, float, str]]) -> ShotTruth:
    arrival_s = shot.arrival_s + offset_s
    lost = next((state for start_s, stop_s, state in unheard if start_s <= arrival_s < stop_s), None)
    return dataclasses.replace(
        shot,
        emission_s=shot.emission_s + offset_s,
        arrival_s=arrival_s,
        crack_s=None if shot.crack_s is None else shot.crack_s + offset_s,
        audible=shot.audible and lost is None,
        why_not=shot.why_not or lost,
    )


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 5) if isinstance(value, float) else value for key, value in values.items()}
