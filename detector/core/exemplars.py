"""A recording's own shots -> what is planted in it: copies of the clear ones, places learned from the lone ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.core import planting
from detector.core.planting import BEFORE_S, LEAD_S, TAIL_S, Piece, Place
from detector.core.rooms import Span
from detector.records import Block, Float64, Shot

_CLEAR_DB, _LEARNED_DB = 12.0, 18.0  # by which a shot stands out that is copied, and one whose place is learned
_SHORTEST_S, _BEFORE_NEXT_S = 0.03, 0.005  # of a copy, and by which it ends before the next shot
_SURE, _LONE_S = 0.9, 0.4  # chance of a shot whose place is learned, and seconds before it without another
_MOST_LOOKED_AT = 40  # shots
_BESIDE_S = 0.02  # of sound around a shot from which its level is taken


@dataclass(frozen=True)
class Candidate:
    """A listed shot that may be copied, the sound that this takes, and whether its echoes stand alone in it."""

    shot: Shot
    span: Span
    lone: bool


@dataclass(frozen=True, eq=False)
class Material:
    """What is planted: copies, and places in which blasts are heard, `learned` from so many shots (0: made up)."""

    copies: tuple[Piece, ...]
    places: tuple[Place, ...]
    learned: int


def candidates(shots: Sequence[Shot]) -> list[Candidate]:
    """Listed shots with some time to themselves, at most 40, those that stand alone first."""
    found = []
    for last, shot, following in zip([None, *shots], shots, [*shots[1:], None], strict=False):
        before_s = math.inf if last is None else shot.time_s - last.time_s
        after_s = TAIL_S if following is None else min(TAIL_S, following.time_s - shot.time_s - _BEFORE_NEXT_S)
        if min(before_s, after_s) >= _SHORTEST_S:
            lone = shot.probability >= _SURE and before_s >= _LONE_S and after_s >= TAIL_S
            found.append(Candidate(shot, (shot.time_s - BEFORE_S, shot.time_s + after_s), lone))
    return sorted(found, key=lambda each: (not each.lone, each.shot.time_s - each.span[1]))[:_MOST_LOOKED_AT]


def material(
    heard: Sequence[tuple[Candidate, Block]],
    rate_hz: int,
    ceiling: float,
    rng: np.random.Generator,
    most: tuple[int, int],
) -> Material:
    """What is planted: at most so many copies, drawn from the clear shots, and so many places.

    `heard` are the candidates with their sound; `ceiling` is what overloads the recorder.
    """
    clear = [(each, _loudest(each, block)) for each, block in heard if level_db(each.shot, block) >= _CLEAR_DB]
    lone = [_loudest(each, block) for each, block in heard if each.lone and level_db(each.shot, block) >= _LEARNED_DB]
    if lone:
        places = [planting.learned(rng, rate_hz, lone[number % len(lone)]) for number in range(most[1])]
    else:
        places = [planting.made_up(rng, rate_hz, ceiling) for _ in range(most[1])]
    lead = round((BEFORE_S - LEAD_S) * rate_hz)
    # As often as each is likely to be a shot: only the surest ones would be found again too easily.
    likely = [
        sound for (each, sound), draw in zip(clear, rng.random(len(clear)), strict=True) if draw < each.shot.probability
    ]
    copies = [planting.copy(likely[row][lead:], rate_hz) for row in rng.permutation(len(likely))[: most[0]]]
    return Material(tuple(copies), tuple(places), min(len(lone), most[1]))


def beside(shot: Shot) -> Span:
    """The sound from which the level of a shot is taken."""
    return shot.time_s - _BESIDE_S, shot.time_s + _BESIDE_S


def level_db(shot: Shot, block: Block) -> float:
    """How far a listed shot stands out over the 3 ms before it, given sound that has these in it; -inf without them."""
    first = _first(shot, block)
    return planting.stands_out(block.samples, first, block.rate_hz) if first > 0 else -math.inf


def _first(shot: Shot, block: Block) -> int:
    return round(shot.time_s * block.rate_hz) - round(block.start_s * block.rate_hz)


def _loudest(candidate: Candidate, block: Block) -> Float64:
    """The shot in its loudest channel, from `BEFORE_S` before its onset on."""
    first = _first(candidate.shot, block)
    loudest = int(np.square(block.samples[first:]).sum(axis=0).argmax())
    sound = block.samples[:, loudest].astype(np.float64)
    return np.pad(sound, (max(0, round(BEFORE_S * block.rate_hz) - first), 0))
