"""What happens in a composed scene, drawn from the scene numbers: the place, the guns, the camera.

Nothing here makes a sound: a stage is data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from detector.core.blasts import Blast, Bullet, Cabin, Facade, Place, Point, pascal, speed_of_sound_m_s
from detector.lab import scene_numbers as numbers
from detector.lab.bodycam import Body, body
from detector.lab.families import QUIET_S, TAIL_S, Party, parties
from detector.lab.material import BlastPiece, Material, Piece, StringPiece
from detector.lab.scene_numbers import Calibre, LogNormal, Range

_CLUTTER_RT60_S = 0.05  # objects near by; the tail of the place is noise
_BULLET_REACH_M = 200.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Shooter:
    """A gun: where it is, what it sounds like, when it is fired.

    `position_m` is seen from where the camera is at time 0; an `own` gun goes with the wearer.
    `hidden` is a loss in dB and a corner in Hz between gun and camera, of all paths or of those
    from its side only; `recorded` takes the place of the blast. A gun with a velocity goes with
    somebody else whom the camera sees walking.
    """

    label: str
    position_m: Point
    aim: Point
    fired_s: tuple[float, ...]
    blast: Blast
    bullet: Bullet
    recorded: BlastPiece | None
    recorded_tail_db: float
    crack_tail_db: float
    own: bool
    cabin: Cabin | None
    hidden: tuple[float, float] | None
    hidden_all: bool
    velocity_m_s: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Post:
    """Where a camera is at time 0; number 0 is a camera that is alone, others count from 1."""

    number: int = 0
    position_m: Point = (0.0, 0.0, numbers.CAMERA_M)


@dataclass(frozen=True)
class Surroundings:
    """A place with its tail, or a measured one; `tail_db` is a millisecond of it at the start re the shot at 1 m."""

    kind: str
    place: Place
    measured: Piece | None
    rt60_s: float
    tail_db: float
    echo_treble_db: float


@dataclass(frozen=True)
class Stage:
    """Everything that happens in one scene; `strings` of far fire set its length, the first `muted_s` are silent."""

    family: str
    duration_s: float
    surroundings: Surroundings
    shooters: tuple[Shooter, ...]
    strings: tuple[StringPiece, ...]
    body: Body
    planted_per_s: float
    planted_kinds: Mapping[str, float]
    muted_s: float
    post: Post = Post()


def stage(family: str, rng: np.random.Generator, material: Material) -> Stage:
    """A scene of one of `families.FAMILIES`.

    Raises
    ------
    KeyError
        On a family that does not exist.
    """
    shots = parties(family, rng)
    phone = _drawn(rng, [blast for blast in material.blasts if blast.overloaded])
    if family != "solo" or rng.random() >= numbers.PHONE_SHARE:
        phone = None
    around = surroundings(family, rng, material.responses)
    last_s = max((party.fired_s[-1] for party in shots if party.fired_s), default=0.0)
    return Stage(
        family=family,
        duration_s=last_s + float(rng.uniform(*TAIL_S)) if shots else QUIET_S,
        surroundings=around,
        shooters=tuple(
            _shooter(rng, chr(ord("A") + number), party, around.place, material, phone)
            for number, party in enumerate(shots)
        ),
        strings=_strings(rng, material.strings) if family == "far" else (),
        body=body(rng, family, phone=phone is not None),
        planted_per_s=_planted_per_s(rng, family),
        planted_kinds=numbers.FIREWORKS if family == "fireworks" else numbers.EVERYDAY,
        muted_s=float(rng.uniform(0.3, 0.8) * last_s) if family == "mute" else 0.0,
    )


def _planted_per_s(rng: np.random.Generator, family: str) -> float:
    if family in ("quiet", "fireworks"):
        return float(rng.uniform(*numbers.QUIET_PLANTED_PER_S))
    usual = float(rng.uniform(*numbers.PLANTED_PER_S))
    return usual * numbers.FAR_PLANTED_SHARE if family in ("far", "distant") else usual


def _drawn(rng: np.random.Generator, choices: Sequence[_T]) -> _T | None:
    """One of the choices, None where there are none."""
    return choices[int(rng.integers(len(choices)))] if choices else None


# --- the place ---------------------------------------------------------------------------------


def surroundings(family: str, rng: np.random.Generator, responses: Sequence[Piece]) -> Surroundings:
    """A place that suits a family, with walls around the camera."""
    own = numbers.PLACES_OF.get(family)
    shares = own or {name: kind.share for name, kind in numbers.PLACES.items()}
    name = str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))
    kind = numbers.PLACES[name]
    ground = _plane(2, 0.0, 1.0, rng, numbers.GROUND_DB)
    walls = [_plane(0, -rng.uniform(*kind.side_m), 1.0, rng), _plane(0, rng.uniform(*kind.side_m), -1.0, rng)]
    if kind.end_m and (kind.closed or rng.random() < kind.end_chance):
        walls.append(_plane(1, rng.uniform(*kind.end_m), -1.0, rng))
    if kind.closed and kind.end_m:
        walls += [_plane(1, -rng.uniform(*kind.end_m), 1.0, rng), _plane(2, rng.uniform(2.4, 3.5), -1.0, rng)]
    tail_db = float(rng.uniform(*kind.tail_db) + rng.normal(0, numbers.PLACE_SD_DB))
    treble_db = numbers.ECHO_TREBLE_DB
    if family == "distant":
        tail_db, treble_db = tail_db + float(rng.uniform(*numbers.DISTANT_TAIL_DB)), numbers.DISTANT_TREBLE_DB
    measured_share = numbers.DOUBLE_MEASURED_SHARE if family == "double" else numbers.MEASURED_SHARE
    place = Place(
        facades=(ground, *walls),
        order=kind.order,
        rt60_s=(_CLUTTER_RT60_S,) * 3,
        tail_db=tail_db,
        nearest_m=1.0 if kind.closed else float(rng.uniform(*kind.swell_m)),
        temperature_c=float(rng.uniform(*numbers.TEMPERATURE_C)),
        seed=int(rng.integers(2**31)),
    )
    return Surroundings(
        kind=name,
        place=place,
        measured=None if own or rng.random() >= measured_share else _drawn(rng, responses),
        rt60_s=float(rng.uniform(*kind.rt60_s)),
        tail_db=tail_db,
        echo_treble_db=float(rng.uniform(*treble_db)),
    )


def _plane(axis: int, at_m: float, facing: float, rng: np.random.Generator, loss_db: Range = numbers.WALL_DB) -> Facade:
    point, normal = np.zeros(3), np.zeros(3)
    point[axis], normal[axis] = at_m, facing
    return Facade(_point(point), _point(normal), float(10 ** (rng.uniform(*loss_db) / 20)))


def _point(values: np.ndarray) -> Point:
    return (float(values[0]), float(values[1]), float(values[2]))


def between_walls(place: Place, position: np.ndarray) -> np.ndarray:
    """The position moved, as far from the camera as it was where that goes, to where no wall lies between."""
    low, high = _limits(place, 0)
    x = float(np.clip(position[0], low, high))
    y = float(np.copysign(np.sqrt(max(float(np.hypot(position[0], position[1])) ** 2 - x**2, 0.0)), position[1]))
    low, high = _limits(place, 1)
    if not low <= y <= high and low <= -y <= high:
        y = -y
    return np.array([x, float(np.clip(y, low, high)), position[2]])


def _limits(place: Place, axis: int) -> tuple[float, float]:
    """How far one can go along an axis without meeting a wall."""
    at = [(facade.point_m[axis], facade.normal[axis]) for facade in place.facades]
    lows = [0.9 * point for point, normal in at if normal > 0]
    highs = [0.9 * point for point, normal in at if normal < 0]
    return max(lows, default=-np.inf), min(highs, default=np.inf)


# --- the guns ----------------------------------------------------------------------------------


def _shooter(
    rng: np.random.Generator, label: str, party: Party, place: Place, material: Material, phone: BlastPiece | None
) -> Shooter:
    calibre = _calibre(rng, party.rifle)
    own = phone is None and not party.cabin and rng.random() < party.own_share
    position, aim = _position(rng, party, place, own)
    way_s = _way_s(position, place) if party.heard else 0.0
    hidden = _houses(rng) if party.behind else obstacle(rng, own=own)
    clean = [blast for blast in material.blasts if not blast.overloaded]
    recorded = None if party.rifle or rng.random() >= numbers.RECORDED_SHARE else _drawn(rng, clean)
    return Shooter(
        label=label,
        position_m=position,
        aim=aim,
        fired_s=tuple(at_s - way_s for at_s in party.fired_s),
        blast=_blast(rng, calibre),
        bullet=Bullet(
            max(200.0, float(rng.normal(*calibre.bullet_m_s))), calibre.bore_mm / 1000, reach_m=_BULLET_REACH_M
        ),
        recorded=phone or recorded,
        recorded_tail_db=0.0 if phone else float(rng.uniform(*numbers.RECORDED_TAIL_DB)),
        crack_tail_db=float(rng.uniform(*numbers.CRACK_TAIL_DB)),
        own=bool(own),
        cabin=_car(rng) if party.cabin else None,
        hidden=hidden,
        hidden_all=bool(rng.random() < 0.5) or party.behind,
    )


def obstacle(rng: np.random.Generator, *, own: bool) -> tuple[float, float] | None:
    """What stands between a gun and a camera takes off in dB, and its corner in Hz; None for nothing."""
    hidden = not own and rng.random() < numbers.OCCLUSION_CHANCE
    loss = (float(rng.uniform(*numbers.OCCLUSION_DB)), float(np.exp(rng.uniform(*np.log(numbers.OCCLUSION_HZ)))))
    return loss if hidden else None


def _houses(rng: np.random.Generator) -> tuple[float, float]:
    """What stands between fire from elsewhere and a camera (see `obstacle`)."""
    return float(rng.uniform(*numbers.OCCLUSION_DB)), float(np.exp(rng.uniform(*np.log(numbers.DISTANT_HZ))))


def _position(rng: np.random.Generator, party: Party, place: Place, own: bool) -> tuple[Point, Point]:
    """Where a gun is and where it points: the wearer's away from the camera, others past it."""
    angle = rng.uniform(0, 2 * np.pi)
    if own:
        distance_m = float(rng.uniform(*numbers.OWN_GUN_M))
    elif isinstance(party.distance_m, LogNormal):
        distance_m = float(np.clip(party.distance_m.draw(rng), numbers.NEAREST_M, numbers.FURTHEST_M))
    else:
        distance_m = float(rng.uniform(*party.distance_m))
    position = np.array([distance_m * np.cos(angle), distance_m * np.sin(angle), rng.uniform(1.2, 1.6)])
    if not own:
        position = between_walls(place, position)
    past = numbers.RIFLE_AIM_DEG if party.rifle else numbers.AIM_DEG
    turn = np.pi if own else np.deg2rad(rng.uniform(*past)) * rng.choice([-1, 1])
    towards = np.arctan2(-position[1], -position[0]) + turn
    return _point(position), (float(np.cos(towards)), float(np.sin(towards)), 0.0)


def _way_s(position: Point, place: Place) -> float:
    """How long sound takes from there to the camera."""
    return math.dist(position, (0.0, 0.0, numbers.CAMERA_M)) / speed_of_sound_m_s(place.temperature_c)


def _calibre(rng: np.random.Generator, rifle: bool) -> Calibre:
    if rifle:
        return next(calibre for calibre in numbers.CALIBRES if calibre.name == "5.56")
    shares = np.array([calibre.share for calibre in numbers.CALIBRES])
    return numbers.CALIBRES[int(rng.choice(len(shares), p=shares / shares.sum()))]


def _blast(rng: np.random.Generator, calibre: Calibre) -> Blast:
    return Blast(
        peak_pa=pascal(float(rng.normal(*calibre.peak_db_spl))),
        positive_phase_s=max(1.5e-4, 1e-3 * float(rng.normal(*calibre.phase_ms))),
        decay=float(rng.uniform(*numbers.FRIEDLANDER_DECAY)),
        rise_s=float(rng.uniform(*numbers.RISE_S)),
    )


def _car(rng: np.random.Generator) -> Cabin:
    return Cabin(
        low_pass_hz=float(rng.uniform(*numbers.CABIN_HZ)),
        level_db=float(rng.uniform(*numbers.CABIN_DB)),
        rt60_s=float(rng.uniform(*numbers.CABIN_RT60_S)),
        seed=int(rng.integers(2**31)),
    )


def _strings(rng: np.random.Generator, strings: Sequence[StringPiece]) -> tuple[StringPiece, ...]:
    """Far fire from one position as one sensor heard it, in several tests."""
    clear = [piece for piece in strings if piece.tier == "clear"] if rng.random() < numbers.FAR_CLEAR_SHARE else []
    strings = clear or strings
    first = _drawn(rng, strings)
    same = [piece for piece in strings if first is not None and piece.sensor == first.sensor]
    return tuple(same[int(row)] for row in rng.permutation(len(same))[: int(rng.integers(3, 9))])
