"""What happens in a scene: who fires when, where, and what else is heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.blasts import Blast, Bullet, Cabin, Facade, Place, Point, pascal
from detector.lab.recorders import Limiter, Recorder
from detector.lab.scenes import Camera, Gun, Planted, Scene

_GROUND = Facade((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.8)


@dataclass(frozen=True)
class Cadence:
    """How one shooter fires: a renewal process with a floor, reloads and pauses.

    `automatic_per_min` replaces the splits inside bursts of `burst` rounds; None is a shot a pull.
    """

    split_s: float = 0.32
    spread: float = 0.4
    floor_s: float = 0.11
    magazine: int = 17
    reload_s: float = 2.5
    pause_chance: float = 0.06
    pause_s: float = 1.5
    automatic_per_min: float | None = None
    burst: int = 6


def fire(rng: np.random.Generator, shots: int, start_s: float, cadence: Cadence) -> tuple[float, ...]:
    """Times of `shots` discharges of one gun from `start_s` on, ascending."""
    times = [start_s] if shots else []
    for k in range(1, shots):
        split_s = max(cadence.floor_s, cadence.split_s * float(rng.lognormal(0, cadence.spread)))
        if cadence.automatic_per_min is not None and k % cadence.burst:
            split_s = 60 / cadence.automatic_per_min * float(np.clip(1 + 0.03 * rng.standard_normal(), 0.8, 1.2))
        elif k % cadence.magazine == 0:
            split_s = cadence.reload_s * max(0.5, float(rng.lognormal(0, 0.3)))
        elif rng.random() < cadence.pause_chance:
            split_s += cadence.pause_s * float(rng.lognormal(0, 0.5))
        times.append(times[-1] + split_s)
    return tuple(times)


def street(rng: np.random.Generator) -> Place:
    """A street between two rows of houses."""
    left, right = -rng.uniform(8, 13), rng.uniform(9, 15)
    return Place(
        facades=(_GROUND, _wall(left, 1.0, 0.7), _wall(right, -1.0, 0.65)),
        order=3,
        rt60_s=(1.5, 1.2, 0.7),
        tail_db=float(rng.uniform(-49, -44)),
        nearest_m=3.0,
        temperature_c=float(rng.uniform(0, 28)),
        seed=int(rng.integers(2**31)),
    )


def yard(rng: np.random.Generator) -> Place:
    """A back yard: one house, fences, little else."""
    return Place(
        facades=(_GROUND, _wall(-rng.uniform(4, 8), 1.0, 0.75)),
        order=2,
        rt60_s=(0.6, 0.5, 0.35),
        tail_db=float(rng.uniform(-48, -42)),
        nearest_m=2.0,
        temperature_c=float(rng.uniform(0, 28)),
        seed=int(rng.integers(2**31)),
    )


def alder_street(seed: int) -> Scene:
    """The demonstration incident: a driver and four officers, 107 shots in about 41 s, one body camera.

    Invented from end to end. The driver fires 11 from inside a car, the officers 50, 20, 15 and 11;
    the camera is the second officer's. The picture begins 30 s before the sound.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    begin_s = 44.0 + float(rng.uniform(0, 2))
    place = street(rng)
    car: Point = (0.0, 0.0, 1.1)
    wearer: Point = (float(rng.uniform(-4.5, -3.0)), float(rng.uniform(-3.5, -1.5)), 1.35)
    guns = (_driver(rng, begin_s, car, wearer), *_officers(rng, begin_s, car, wearer))
    camera = Camera(
        label="body camera, officer B",
        position_m=wearer,
        recorder=_body_camera(rng),
        rumble_db_spl=float(rng.uniform(50, 60)),
        sound_start_s=29.98,
    )
    return Scene(
        name="alder-street",
        seed=seed,
        place=place,
        guns=guns,
        camera=camera,
        duration_s=round(begin_s + 41.0 + 8.0),
        planted=_stop_sounds(rng, begin_s),
        street_db_spl=float(rng.uniform(54, 60)),
    )


def five_shots(seed: int, rate_hz: int = 48_000, duration_s: float = 7.0) -> Scene:
    """Five well separated shots in a yard, then a knock: short enough for a clip in every container."""
    rng = np.random.Generator(np.random.PCG64(seed))
    times = tuple(float(t) for t in np.array([1.0, 1.9, 2.7, 3.8, 4.6]) + rng.uniform(0, 0.1, 5))
    fired_s = tuple(t for t in times if t < duration_s - 1)
    gun = Gun("A", (3.0, 2.0, 1.4), (1.0, 0.3, 0.0), fired_s, Blast(pascal(160.0)))
    recorder = Recorder(overload_db_spl=136.0, gain_db=0.0, high_pass_hz=100.0, limiter=None)
    camera = Camera("hand-held", (0.0, 0.0, 1.5), recorder)
    knock = Planted("knock", 5.7, 95.0, (1.0, 1.0, 1.0))
    planted = (knock,) if duration_s > 6.5 else ()
    return Scene("five-shots", seed, yard(rng), (gun,), camera, duration_s, planted, rate_hz=rate_hz)


def two_guns(seed: int, duration_s: float = 15.0) -> Scene:
    """Two people, nine shots each, in a yard: one view of a compilation."""
    rng = np.random.Generator(np.random.PCG64(seed))
    guns = (
        Gun("A", (2.5, 1.5, 1.4), (1.0, 0.5, 0.0), fire(rng, 9, 3.0, Cadence(pause_chance=0.0)), _blast(rng)),
        Gun("B", (-3.0, 4.0, 1.4), (1.0, 0.0, 0.0), fire(rng, 9, 3.9, Cadence(pause_chance=0.2)), _blast(rng)),
    )
    planted = (
        Planted("talk", 1.0, 88.0),
        Planted("shout", duration_s - 4.0, 98.0),
        Planted("door", duration_s - 2.0, 104.0, (1.0, 3.0, 1.0)),
    )
    camera = Camera("body camera", (0.0, 0.0, 1.35), _body_camera(rng))
    return Scene("two-guns", seed, yard(rng), guns, camera, duration_s, planted)


def mill_lane(seed: int) -> tuple[Scene, ...]:
    """One event as three cameras have it: two officers who fire, and a camera on a house 24 m away.

    Invented from end to end. Officer A fires 6 shots, officer B 7, some of them within 40 ms of each other.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    place = street(rng)
    wearers: tuple[Point, ...] = ((-3.0, 2.0, 1.35), (4.0, -5.0, 1.35))
    car: Point = (1.0, 14.0, 1.0)
    first = fire(rng, 6, 7.0, Cadence(split_s=0.5, pause_chance=0.0))
    second = (first[1] + 0.035, *fire(rng, 6, first[2] + 0.2, Cadence(split_s=0.55, pause_chance=0.0)))
    guns = tuple(
        Gun(f"officer {label}", (x + 0.5, y + 0.3, 1.45), _towards((x, y, z), car), fired_s, _blast(rng))
        for label, (x, y, z), fired_s in zip("AB", wearers, (first, second), strict=True)
    )
    spoken = (
        *(Planted("talk", at_s, 92.0, wearers[row % 2]) for row, at_s in enumerate((1.0, 3.2, 5.1, 13.5, 15.2))),
        Planted("shout", 6.0, 104.0, wearers[0]),
        Planted("shout", 12.6, 104.0, wearers[1]),
        Planted("door", 4.4, 108.0, (1.0, 12.0, 1.0)),
        Planted("siren", 16.0, 112.0, (-3.0, 45.0, 2.0)),
    )
    cameras = (
        *(Camera(f"body camera, officer {label}", wearer, _body_camera(rng), number=row + 1)
          for row, (label, wearer) in enumerate(zip("AB", wearers, strict=True))),
        Camera("camera on a house", (9.0, 20.0, 4.0), Recorder(overload_db_spl=132.0, gain_db=8.0), number=3),
    )  # fmt: skip
    return tuple(
        Scene("mill-lane", seed, place, guns, camera, 20.0, spoken, rate_hz=16_000 if camera.number == 3 else 48_000)
        for camera in cameras
    )


def _wall(x_m: float, facing: float, reflection: float) -> Facade:
    return Facade((float(x_m), 0.0, 0.0), (facing, 0.0, 0.0), reflection)


def _towards(origin: Point, target: Point) -> Point:
    return (target[0] - origin[0], target[1] - origin[1], target[2] - origin[2])


def _blast(rng: np.random.Generator) -> Blast:
    return Blast(
        peak_pa=pascal(float(rng.normal(160.5, 1.2))),
        positive_phase_s=float(rng.uniform(0.35e-3, 0.6e-3)),
        decay=float(rng.uniform(1.0, 1.8)),
        rise_s=float(rng.uniform(5e-6, 40e-6)),
    )


def _driver(rng: np.random.Generator, begin_s: float, car: Point, wearer: Point) -> Gun:
    cabin = Cabin(float(rng.uniform(1000, 2000)), float(rng.uniform(-16, -9)), seed=int(rng.integers(2**31)))
    first = fire(rng, 5, begin_s, Cadence(split_s=0.34, spread=0.25, pause_chance=0.0))
    later = fire(rng, 6, first[-1] + float(rng.uniform(2.0, 4.0)), Cadence(split_s=0.45))
    return Gun("driver", car, _towards(car, wearer), first + later, _blast(rng), cabin=cabin)


def _officers(rng: np.random.Generator, begin_s: float, car: Point, wearer: Point) -> tuple[Gun, ...]:
    own: Point = (wearer[0] + 0.5, wearer[1] + 0.3, 1.45)
    spots: dict[str, tuple[Point, int, float]] = {
        "officer A": ((float(rng.uniform(-5, -2)), float(rng.uniform(2, 5)), 1.4), 47, 1.5),
        "officer B": (own, 20, 1.9),
        "officer C": ((float(rng.uniform(2, 5)), float(rng.uniform(-6, -3)), 1.4), 15, 2.4),
        "officer D": ((float(rng.uniform(-8, -6)), float(rng.uniform(-2, 2)), 1.4), 11, 3.0),
    }
    guns = []
    for label, (position, shots, lag_s) in spots.items():
        cadence = Cadence(split_s=float(rng.uniform(0.3, 0.42)), magazine=int(rng.choice([15, 17])))
        times = fire(rng, shots, begin_s + lag_s * float(rng.uniform(0.8, 1.2)), cadence)
        # Slow shooters are drawn in: everything but the last isolated shots is over after 33 s.
        last_s = begin_s + 33.0
        if times[-1] > last_s:
            times = tuple(
                float(t) for t in times[0] + (np.array(times) - times[0]) * (last_s - times[0]) / (times[-1] - times[0])
            )
        if label == "officer A":
            times += tuple(
                begin_s + float(t) for t in (rng.uniform(35.5, 36.5), rng.uniform(38, 39), rng.uniform(40.8, 41.2))
            )
        bullet = Bullet(float(rng.normal(345, 25)))
        guns.append(Gun(label, position, _towards(position, car), times, _blast(rng), bullet))
    return tuple(guns)


def _body_camera(rng: np.random.Generator) -> Recorder:
    limiter = Limiter(
        ceiling=0.6,
        attack_s=float(rng.uniform(0.001, 0.005)),
        hold_s=float(rng.uniform(0.0, 0.04)),
        release_s=float(rng.uniform(0.2, 0.7)),
        most_db=float(rng.uniform(12, 20)),
    )
    return Recorder(
        overload_db_spl=float(rng.uniform(120, 128)),
        overload="hard" if rng.random() < 0.6 else "soft",
        high_pass_hz=float(rng.uniform(80, 200)),
        gain_db=float(rng.uniform(10, 15)),
        limiter=limiter,
    )


def _stop_sounds(rng: np.random.Generator, begin_s: float) -> tuple[Planted, ...]:
    """Talk before, doors and steps around, shouts into the holes, a siren at the end."""
    near: Point = (-2.0, -1.0, 1.5)
    talk = [
        Planted(
            "talk",
            float(t),
            float(rng.uniform(84, 92)) if k % 2 else float(rng.uniform(82, 88)),
            None if k % 2 else near,
        )
        for k, t in enumerate(np.arange(31.0, begin_s - 2.5, 2.1) + rng.uniform(0, 0.5))
    ]
    shouts = [
        Planted("shout", begin_s + float(t), float(rng.uniform(94, 102)), None)
        for t in (*rng.uniform(9, 34, 6), *rng.uniform(41.5, 46, 2))
    ]
    others = [
        Planted("beep", 30.2, 82.0),
        Planted("door", 32.0 + float(rng.uniform(0, 2)), 104.0, (-3.0, -6.0, 1.0)),
        Planted("door", begin_s - 1.5, 106.0, (1.0, 1.0, 1.0)),
        Planted("steps", begin_s - 3.5, 78.0),
        Planted("steps", begin_s + float(rng.uniform(20, 30)), 84.0),
        Planted("handling", begin_s + float(rng.uniform(10, 30)), 92.0),
        Planted("bump", begin_s + float(rng.uniform(30, 35)), 108.0),
        Planted("knock", begin_s + 43.0 + float(rng.uniform(0, 2)), 96.0, near),
        Planted("siren", begin_s + 44.5, 100.0, (-3.0, 45.0, 2.0)),
    ]
    return tuple(sorted([*talk, *shouts, *others], key=lambda planted: planted.time_s))
