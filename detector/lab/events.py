"""Composed scenes as several cameras record them, each with its own clock, body, place and truth.

An event is a function of its family, its seed and the material alone. With one camera it is the
scene of `composer.compose` before its last coding, with the beeps of the camera.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detector.core.blasts import Point, pascal, speed_of_sound_m_s
from detector.lab import scene_numbers as numbers
from detector.lab import sounds
from detector.lab.backdrop import FAR_SIREN, TALK, Source, ambience, near_and_far, sound
from detector.lab.bodycam import captured, coarse
from detector.lab.cameras import Camera, cameras, number_of_cameras
from detector.lab.clocks import drifted
from detector.lab.composer import opened, random
from detector.lab.footage import Event, Heard, View, sounds_from
from detector.lab.gunfire import Shot, Truth, Waves, add, arrivals, discharges, judged, judged_far, stems
from detector.lab.material import RATE_HZ, Material
from detector.lab.staging import between_walls
from detector.lab.ways import camera_at
from detector.records import Float32, Float64

STAGED_AS = {"redacted": "pair", "compile": "pair"}  # families of files -> families of scenes
_CAMERAS, _PLACES, _EARS, _BEEPS = range(1, 5)  # streams of random numbers beside the scene's own
_LOUDEST, _FAINTEST = 4.0, 0.01  # re their own camera, as which sounds reach another
_TOLD_DB_SPL = 60.0  # sounds planted beside others' cameras that are quieter here are not told of


@dataclass(frozen=True, eq=False)
class _Ear:
    """What is on its way to one camera: shots, other sounds, and the pressure (n,) of what goes on all the time."""

    camera: Camera
    rng: np.random.Generator
    fired: list[Shot]
    pressure: Float32
    sources: list[Source]


def event(family: str, seed: int, material: Material, count: int | None = None) -> Event:
    """A scene of a family as `count` cameras record it, as many as suit the family if None.

    Raises
    ------
    KeyError
        On a family that does not exist.
    ValueError
        On far fire from a fold without far recordings.
    """
    staged_as = STAGED_AS.get(family, family)
    rng = random(family, seed, material.fold)
    setting, fire, onset_s = opened(staged_as, rng, material)
    if not setting.shooters and not setting.strings:
        setting = dataclasses.replace(setting, duration_s=numbers.QUIET_FILE_S)
    beside = random(family, seed, material.fold, _CAMERAS)
    standing = cameras(setting, count or number_of_cameras(family, beside), beside)
    waves = discharges(setting, rng)
    rngs = [rng, *(random(family, seed, material.fold, _EARS, number) for number in range(1, len(standing)))]
    ears = [_ear(camera, ear_rng, waves, material) for camera, ear_rng in zip(standing, rngs, strict=True)]
    for ear, sources in zip(ears, _shared(ears, random(family, seed, material.fold, _PLACES)), strict=True):
        ear.sources.extend(sources)
    for number, ear in enumerate(ears):
        ear.sources.extend(_beeps(ear.camera, random(family, seed, material.fold, _BEEPS, number)))
    name = f"{family}/{material.fold}/{seed}"
    return Event(name, family, seed, material.fold, setting, tuple(_view(ear, fire, onset_s) for ear in ears))


def _ear(camera: Camera, rng: np.random.Generator, waves: Waves, material: Material) -> _Ear:
    fired = arrivals(camera.stage, waves)
    pressure = ambience(camera.stage, rng, material)
    return _Ear(camera, rng, fired, pressure, list(near_and_far(camera.stage, rng, material, fired)))


# --- what cameras hear of each other's surroundings --------------------------------------------


def _shared(ears: Sequence[_Ear], rng: np.random.Generator) -> list[list[Source]]:
    """What each camera hears of the sounds that were planted beside the others, later and fainter by their ways."""
    found: list[list[Source]] = [[] for _ in ears]
    if len(ears) == 1:
        return found
    for ear in ears:
        for source in ear.sources:
            at_m = _somewhere(source, ear.camera, rng)
            for other, reached in zip(ears, found, strict=True):
                if other is not ear:
                    reached.extend(_reaching(source, at_m, ear.camera, other.camera))
    return found


def _somewhere(source: Source, camera: Camera, rng: np.random.Generator) -> Point:
    """Where a source is: with the wearer, about him, or far beyond all walls."""
    angle, (x, y, _) = rng.uniform(0, 2 * np.pi), camera_at(camera.stage, source.at_s)
    reach_m = numbers.STREWN_M
    if source.kind == TALK or source.kind in numbers.WEARER_KINDS:
        reach_m = numbers.WEARER_M
    elif source.kind == FAR_SIREN:
        reach_m = numbers.SIREN_M
    away_m = rng.uniform(*reach_m)
    position = np.array([x + away_m * np.cos(angle), y + away_m * np.sin(angle), numbers.CAMERA_M])
    if source.kind != FAR_SIREN:
        position = between_walls(camera.stage.surroundings.place, position)
    return (float(position[0]), float(position[1]), float(position[2]))


def _reaching(source: Source, at_m: Point, near: Camera, other: Camera) -> Iterator[Source]:
    """The source as another camera hears it, none where it is too faint."""
    here_m, there_m = (
        float(np.linalg.norm(np.subtract(at_m, camera_at(camera.stage, source.at_s)))) for camera in (near, other)
    )
    gain = min(_LOUDEST, here_m / max(there_m, 0.1))
    if gain >= _FAINTEST:
        speed = speed_of_sound_m_s(near.stage.surroundings.place.temperature_c)
        pressure = source.pressure * np.float32(gain)
        loud = bool(np.abs(pressure).max(initial=0) >= pascal(_TOLD_DB_SPL))
        at_s = source.at_s + (there_m - here_m) / speed
        yield Source(at_s, source.kind, pressure, echoed=True, planted=source.planted and loud)


def _beeps(camera: Camera, rng: np.random.Generator) -> Iterator[Source]:
    """The beeps of a camera that starts and goes on, at its own microphone."""
    level = np.float32(pascal(float(rng.uniform(*numbers.BEEP_DB_SPL))))
    pressure = sounds.beep(rng, RATE_HZ).astype(np.float32) * level
    first_s = camera.clock.start_s + float(rng.uniform(*numbers.BEEP_FIRST_S))
    if camera.beeps:
        for at_s in np.arange(first_s, camera.stage.duration_s, numbers.BEEP_EVERY_S):
            yield Source(float(at_s), "beep", pressure, echoed=False)


# --- from pressure to samples ------------------------------------------------------------------


def _view(ear: _Ear, fire: Float32, onset_s: Float64) -> View:
    """What a camera makes of what reaches it, on its own clock."""
    camera, pressure = ear.camera, ear.pressure
    sound(pressure, ear.sources, camera.stage.surroundings, ear.rng)
    for start, part in ((0, fire), *stems(ear.fired)):
        add(pressure, start, part)
    far = bool(camera.stage.strings)
    truth = judged_far(pressure, onset_s) if far else judged(camera.stage, pressure, ear.fired)
    clock, body = camera.clock, camera.stage.body
    samples = captured(drifted(pressure[round(clock.start_s * RATE_HZ) :], clock.ppm), body, RATE_HZ)
    if body.coarse is not None:
        samples = coarse(samples, body.coarse)
    silent_s = camera.stage.muted_s if not clock.start_s else 0.0
    samples[: round(silent_s * body.rate_hz)] = 0
    silent = ((0.0, clock.late_s + silent_s),) if clock.late_s + silent_s else ()
    planted = sorted((clock.shown(source.at_s), source.kind) for source in ear.sources if source.planted)
    return View(
        camera=camera,
        samples=samples,
        rate_hz=body.rate_hz,
        bit_rate=body.bit_rate,
        coded_first=body.coded_first,
        late_s=clock.late_s,
        shots=tuple(shot.without(silent) for shot in _told(camera, truth, ear.fired) if shot.first_s >= 0),
        planted=tuple(sound for sound in planted if sound[0] >= clock.late_s),
        unheard=silent,
    )


def _told(camera: Camera, truth: Truth, fired: Sequence[Shot]) -> Iterator[Heard]:
    """The truth on the clock of the camera's file; recorded far fire has no emission."""
    materials = {shooter.label: sounds_from(shooter) for shooter in camera.stage.shooters}
    time_s, also_s = (camera.clock.shown(column) for column in (truth.marks.time_s, truth.marks.also_s))
    for row, gun in enumerate(truth.gun):
        yield Heard(
            gun=gun,
            material=materials[gun] if fired else "pitt",
            emission_s=fired[row].fired_s if fired else None,
            blast_s=float(also_s[row]),
            crack_s=float(time_s[row]) if time_s[row] < also_s[row] else None,
            snr_db=float(truth.snr_db[row]),
            audible=bool(truth.marks.audible[row]),
            clipped=bool(truth.clipped[row]),
        )
