"""Several cameras of one composed scene: where they stand, who wears them, what their clocks tell.

Nothing here makes a sound: a camera is the stage as it is seen from there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detector.core.blasts import Point
from detector.lab import scene_numbers as numbers
from detector.lab.bodycam import Body, body
from detector.lab.clocks import Clock
from detector.lab.material import RATE_HZ
from detector.lab.staging import Post, Shooter, Stage, between_walls, obstacle
from detector.lab.ways import inside

_DECIMALS = 2  # of late starts: at a whole sample of every rate, at a whole millisecond
_BEFORE_FIRE_S = 0.5  # cameras run so long before the first shot


@dataclass(frozen=True)
class Camera:
    """One camera: the stage with its body, its post and its wearer's guns, its clock, whether it beeps."""

    label: str
    stage: Stage
    clock: Clock
    beeps: bool


def number_of_cameras(family: str, rng: np.random.Generator) -> int:
    """How many cameras were at a scene of a family."""
    if family in numbers.CAMERAS_ALONE:
        return 1
    counts, chances = zip(*numbers.CAMERAS, strict=True)
    return numbers.CAMERAS_OF.get(family) or int(rng.choice(counts, p=chances))


def cameras(setting: Stage, count: int, rng: np.random.Generator) -> tuple[Camera, ...]:
    """`count` cameras, the first of them the one that the stage was drawn around.

    Where a telephone recorded the blast, with all that it made of it, that one stays alone.
    """
    if any(shooter.recorded is not None and shooter.recorded.overloaded for shooter in setting.shooters):
        count = 1
    posts = [Post(int(count > 1), setting.post.position_m)]
    owner = {row: 1 for row, shooter in enumerate(setting.shooters) if shooter.own}
    for number in range(2, count + 1):
        posts.append(_post(setting, number, owner, rng))
    bodies = [setting.body, *(body(rng, setting.family, phone=False) for _ in posts[1:])]
    if count > 1:
        bodies = [_within_walls(setting, post, worn) for post, worn in zip(posts, bodies, strict=True)]
    return tuple(
        Camera(
            label=f"cam{number + 1}",
            stage=dataclasses.replace(
                setting, body=worn, post=post, shooters=_seen_from(setting, number + 1, owner, bodies, rng)
            ),
            clock=_clock(setting, post.number, rng),
            beeps=bool(rng.random() < numbers.BEEP_CHANCE),
        )
        for number, (post, worn) in enumerate(zip(posts, bodies, strict=True))
    )


def _post(setting: Stage, number: int, owner: dict[int, int], rng: np.random.Generator) -> Post:
    """Behind a gun that nobody here wears yet, which is then this wearer's (in `owner`), or somewhere else."""
    free = [row for row, gun in enumerate(setting.shooters) if row not in owner and gun.cabin is None]
    height_m = float(rng.uniform(*numbers.CAMERA_HEIGHT_M))
    if free and rng.random() < numbers.OWNER_CHANCE:
        row = free[int(rng.integers(len(free)))]
        gun = setting.shooters[row]
        x, y = np.array(gun.position_m[:2]) - float(rng.uniform(*numbers.OWN_GUN_M)) * np.array(gun.aim[:2])
        if inside(setting.surroundings, (float(x), float(y), height_m)):
            owner[row] = number
            return Post(number, (float(x), float(y), height_m))
    angle = rng.uniform(0, 2 * np.pi)
    apart_m = float(np.clip(numbers.CAMERA_APART_M.draw(rng), numbers.NEAREST_M, numbers.FURTHEST_M))
    place = setting.surroundings.place
    x, y, _ = between_walls(place, np.array([apart_m * np.cos(angle), apart_m * np.sin(angle), height_m]))
    return Post(number, (float(x), float(y), height_m))


def _within_walls(setting: Stage, post: Post, worn: Body) -> Body:
    """The body whose wearer turns round, or stays, where his walk would end in a wall."""
    for way in (1.0, -1.0):
        vx, vy = way * worn.velocity_m_s[0], way * worn.velocity_m_s[1]
        x, y, z = post.position_m
        if inside(setting.surroundings, (x + vx * setting.duration_s, y + vy * setting.duration_s, z)):
            return dataclasses.replace(worn, velocity_m_s=(vx, vy, 0.0))
    return dataclasses.replace(worn, velocity_m_s=(0.0, 0.0, 0.0))


def _seen_from(
    setting: Stage, number: int, owner: Mapping[int, int], bodies: list[Body], rng: np.random.Generator
) -> tuple[Shooter, ...]:
    """The guns as a camera has them: its wearer's own, those of others who walk, some behind something."""
    seen = []
    for row, shooter in enumerate(setting.shooters):
        wearer = owner.get(row)
        still: Point = (0.0, 0.0, 0.0)
        seen.append(
            dataclasses.replace(
                shooter,
                own=wearer == number,
                velocity_m_s=bodies[wearer - 1].velocity_m_s if wearer not in (None, number) else still,
                hidden=shooter.hidden if number == 1 else obstacle(rng, own=wearer == number),
            )
        )
    return tuple(seen)


def _clock(setting: Stage, number: int, rng: np.random.Generator) -> Clock:
    """A clock; cameras of several begin before the fire, but for some that join it, one alone with the scene."""
    fired_s = [at_s for shooter in setting.shooters for at_s in shooter.fired_s]
    start_s = 0.0
    if number and fired_s:
        latest_s = min(numbers.CAMERA_START_S, min(fired_s) - _BEFORE_FIRE_S)
        start_s = float(rng.uniform(0, max(0.0, latest_s)))
        if number > 1 and rng.random() < numbers.JOINED_CHANCE:
            start_s = float(rng.uniform(min(fired_s), np.median(fired_s)))
    late_s = float(rng.uniform(*numbers.LATE_S)) if rng.random() < numbers.LATE_CHANCE else 0.0
    if setting.muted_s and rng.random() < numbers.MUTE_LATE_SHARE:
        start_s = late_s = setting.muted_s
    return Clock(round(start_s * RATE_HZ) / RATE_HZ, round(late_s, _DECIMALS), float(rng.normal(0, numbers.CLOCK_PPM)))
