"""Families of composed scenes: who fires when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from detector.lab import scene_numbers as numbers
from detector.lab.incidents import Cadence, fire
from detector.lab.scene_numbers import LogNormal, Range

TAIL_S: Range = (3.0, 6.0)  # from the last shot to the end
QUIET_S = 60.0  # a scene without shots
_LEAD_S: Range = (2.0, 4.5)
_DOUBLE_S = 26.0
_BARRAGE_S = 45.0


@dataclass(frozen=True)
class Party:
    """The shots of one gun, and how near it may be; `heard` times are those of arrival at the camera;
    `behind` something it always is.
    """

    fired_s: tuple[float, ...]
    own_share: float = numbers.OWN_SHARE
    cabin: bool = False
    distance_m: Range | LogNormal = numbers.DISTANCE_M
    rifle: bool = False
    heard: bool = False
    behind: bool = False


def _cadence(rng: np.random.Generator, automatic: bool = False) -> Cadence:
    slow = rng.random() < numbers.SLOW_SHARE
    split = numbers.SLOW_SPLIT_S if slow else numbers.SPLIT_S
    sizes, chances = zip(*numbers.MAGAZINES, strict=True)
    return Cadence(
        split_s=split.median * float(rng.lognormal(0, 0.15)),
        spread=split.sigma,
        floor_s=numbers.SPLIT_FLOOR_S,
        magazine=int(rng.choice(sizes, p=chances)),
        reload_s=numbers.RELOAD_S.draw(rng),
        pause_chance=numbers.PAUSE_CHANCE,
        pause_s=numbers.PAUSE_S.median,
        automatic_per_min=float(rng.uniform(*numbers.AUTO_PER_MIN)) if automatic else None,
        burst=2 + int(rng.geometric(1 / (numbers.AUTO_BURST_MEAN - 1))),
    )


def _solo(rng: np.random.Generator) -> list[Party]:
    shots = int(rng.integers(1, 19))
    return [Party(fire(rng, shots, float(rng.uniform(*_LEAD_S)), _cadence(rng)))]


def _pair(rng: np.random.Generator) -> list[Party]:
    start_s = float(rng.uniform(*_LEAD_S))
    first = fire(rng, int(rng.integers(2, 13)), start_s, _cadence(rng))
    second = fire(rng, int(rng.integers(2, 13)), start_s + numbers.START_LAG_S.draw(rng), _cadence(rng))
    return [Party(first), Party(second)]


def _barrage(rng: np.random.Generator) -> list[Party]:
    start_s = float(rng.uniform(*_LEAD_S)) + 1.0
    spread = rng.lognormal(0, 0.15, len(numbers.BARRAGE_GUNS))
    starts = start_s + np.array([1.1, 2.5, 1.5, 2.6, 0.0]) * rng.lognormal(0, 0.3, 5)
    parties = []
    for shots, factor, first_s in zip(numbers.BARRAGE_GUNS, spread, starts, strict=True):
        fired = fire(rng, max(3, round(shots * factor)), float(first_s), _cadence(rng))
        fired = tuple(t for t in fired if t < start_s + _BARRAGE_S)
        parties.append(Party(fired, cabin=first_s == starts[-1], distance_m=numbers.BARRAGE_DISTANCE_M))
    return _one_own(rng, parties)


def _walker(rng: np.random.Generator) -> list[Party]:
    start_s = float(rng.uniform(*_LEAD_S)) + 1.0
    parties = []
    for number, shots in enumerate(numbers.WALKER_GUNS):
        split = numbers.WALKER_SPLIT_S
        cadence = Cadence(split_s=split.median, spread=split.sigma, magazine=40, pause_chance=0.01)
        lag_s = 0.0 if number == 0 else float(rng.uniform(0.1, 1.8))
        parties.append(Party(fire(rng, shots, start_s + lag_s, cadence), 0.0, distance_m=numbers.WALKER_DISTANCE_M))
    return _one_own(rng, parties)


def _one_own(rng: np.random.Generator, parties: list[Party]) -> list[Party]:
    """The same shots, one gun outside a car being the wearer's more often than not."""
    own = int(rng.integers(4))
    share = numbers.VOLLEY_OWN_SHARE
    return [replace(party, own_share=share if number == own else 0.0) for number, party in enumerate(parties)]


def _auto(rng: np.random.Generator) -> list[Party]:
    shots = int(rng.integers(6, 33))
    fired = fire(rng, shots, float(rng.uniform(*_LEAD_S)), _cadence(rng, automatic=True))
    if rng.random() < numbers.AUTO_PISTOL_SHARE:
        return [Party(fired)]
    return [Party(fired, 0.0, distance_m=numbers.RIFLE_DISTANCE_M, rifle=True)]


def _range(rng: np.random.Generator) -> list[Party]:
    """Somebody fires a few strings at leisure: single shots, quick ones or bursts."""
    at_s = float(rng.uniform(*_LEAD_S)) if rng.random() < 0.5 else float(rng.uniform(*numbers.RANGE_LEAD_S))
    kind = str(rng.choice(list(numbers.RANGE_STRINGS), p=list(numbers.RANGE_STRINGS.values())))
    fired: list[float] = []
    for _ in range(int(rng.integers(1, 6))):
        rounds = 1 if kind == "single" else int(rng.integers(2, 12))
        fired += fire(rng, rounds, at_s, _cadence(rng, automatic=kind == "burst"))
        at_s = fired[-1] + numbers.RANGE_PAUSE_S.draw(rng)
    rifle = rng.random() < numbers.RANGE_RIFLE_SHARE
    return [Party(tuple(fired), numbers.RANGE_OWN_SHARE, distance_m=numbers.RANGE_DISTANCE_M, rifle=rifle)]


def _distant(rng: np.random.Generator) -> list[Party]:
    return [replace(party, own_share=0.0, distance_m=numbers.DISTANT_M, behind=True) for party in _solo(rng)]


def _double(rng: np.random.Generator) -> list[Party]:
    at_s = float(rng.uniform(*_LEAD_S))
    first: list[float] = []
    second: list[float] = []
    while at_s < _DOUBLE_S:
        both, swapped = rng.random() < 0.55, rng.random() < 0.5
        gap_s = float(np.exp(rng.uniform(*np.log(numbers.DOUBLE_GAP_S))))
        (second if swapped else first).append(at_s)
        if both:
            (first if swapped else second).append(at_s + gap_s)
        at_s += float(rng.uniform(*numbers.DOUBLE_EVERY_S))
    return [Party(tuple(first), heard=True), Party(tuple(second), heard=True)]


def _cabin(rng: np.random.Generator) -> list[Party]:
    start_s = float(rng.uniform(*_LEAD_S))
    inside = Party(fire(rng, int(rng.integers(3, 12)), start_s, _cadence(rng)), cabin=True)
    if rng.random() < 0.5:
        return [inside]
    return [inside, Party(fire(rng, int(rng.integers(3, 10)), start_s + numbers.START_LAG_S.draw(rng), _cadence(rng)))]


def _nobody(_: np.random.Generator) -> list[Party]:
    return []


def parties(family: str, rng: np.random.Generator) -> list[Party]:
    """The guns of a scene of a family, none where nobody fires near by.

    Raises
    ------
    KeyError
        On a family that does not exist.
    """
    return FAMILIES[family](rng)


FAMILIES: Mapping[str, Callable[[np.random.Generator], list[Party]]] = {
    "solo": _solo,
    "pair": _pair,
    "barrage": _barrage,
    "walker": _walker,
    "auto": _auto,
    "range": _range,
    "far": _nobody,
    "distant": _distant,
    "double": _double,
    "cabin": _cabin,
    "mute": _pair,
    "quiet": _nobody,
    "fireworks": _nobody,
}
