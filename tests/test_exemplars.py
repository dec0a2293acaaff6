"""Which shots of a recording are copied, and from which its place is learned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.core.exemplars import Material, beside, candidates, level_db, material
from detector.records import Block, Shot
from tests.builders import make_report

RATE_HZ = 16000


def shots(times_s: list[float], probability: float = 0.98) -> tuple[Shot, ...]:
    return make_report(times_s, probability=probability).shots


def told(times_s: list[float], probability: float = 0.98) -> list[tuple[float, bool]]:
    return [(each.shot.time_s, each.lone) for each in candidates(shots(times_s, probability))]


def test_lone_shots_come_first_and_then_those_with_the_most_time() -> None:
    found = told([10.0, 20.0, 20.3, 30.0, 30.5])
    assert set(found[:2]) == {(10.0, True), (30.5, True)}
    assert found[2:] == [(20.3, False), (30.0, False), (20.0, False)]


@pytest.mark.parametrize(("chance", "lone"), [(0.9, True), (0.89, False)])
def test_only_a_sure_shot_stands_alone(chance: float, lone: bool) -> None:
    assert told([10.0], chance) == [(10.0, lone)]


@pytest.mark.parametrize(("split_s", "lone"), [(0.41, True), (0.39, False)])
def test_the_last_of_two_stands_alone_after_a_while(split_s: float, lone: bool) -> None:
    assert dict(told([10.0, 10.0 + split_s])) == {10.0: False, 10.0 + split_s: lone}
    assert dict(told([0.0, 0.4])) == {0.0: False, 0.4: True}


def test_shots_too_close_for_a_copy_are_no_candidates() -> None:
    assert told([10.0, 10.034]) == [(10.034, False)]
    assert told([10.0, 10.036]) == [(10.036, False), (10.0, False)]
    assert told([10.0, 10.029, 10.058]) == []
    assert told([0.0, 0.03]) == [(0.03, False)]


def test_a_copy_ends_before_the_next_shot() -> None:
    first, last = sorted(candidates(shots([10.0, 10.2])), key=lambda each: each.shot.time_s)
    assert first.span == pytest.approx((9.9, 10.195))
    assert last.span == pytest.approx((10.1, 10.8))


def test_at_most_forty_are_looked_at() -> None:
    assert len(candidates(shots([float(second) for second in range(1, 51)]))) == 40


def sound(at_s: float, level: float, start_s: float = 9.9, seconds: float = 0.7) -> Block:
    """Noise of one step with a burst of so many times its level from a time on, louder on the right."""
    rng = np.random.default_rng(1)
    samples = 1e-3 * rng.standard_normal((round(seconds * RATE_HZ), 2))
    first = round((at_s - start_s) * RATE_HZ)
    samples[first:] *= [level / 2, level]
    return Block(start_s, RATE_HZ, samples.astype(np.float32))


def test_the_level_of_a_shot_is_over_what_was_before_it() -> None:
    (shot,) = shots([10.0])
    quiet_db, loud_db = (level_db(shot, sound(10.0, level)) for level in (10.0, 100.0))
    assert loud_db == pytest.approx(quiet_db + 20, abs=1)
    assert 12 < quiet_db < 24
    assert level_db(shot, sound(10.0, 10.0, start_s=10.0)) == -math.inf
    assert beside(shot) == pytest.approx((9.98, 10.02))


def made(levels: list[float], most: tuple[int, int] = (3, 2), chance: float = 1.0) -> Material:
    rng = np.random.default_rng(2)
    known = candidates(shots([10.0 * (row + 1) for row in range(len(levels))], chance))
    heard = [(each, sound(each.shot.time_s, level, each.span[0])) for each, level in zip(known, levels, strict=True)]
    return material(heard, RATE_HZ, 1.0, rng, most)


def test_clear_shots_are_copied_and_clearer_lone_ones_teach_the_place() -> None:
    found = made([100.0, 100.0, 1.0])
    assert (len(found.copies), len(found.places), found.learned) == (2, 2, 2)
    assert made([100.0] * 5).learned == 2
    assert len(made([100.0] * 5).copies) == 3


def test_a_shot_may_be_clear_enough_to_copy_and_not_to_learn_from() -> None:
    (shot,) = shots([10.0])
    level = next(level for level in np.arange(3.0, 20.0, 0.25) if level_db(shot, sound(10.0, level)) >= 14)
    found = made([float(level)])
    assert (len(found.copies), len(found.places), found.learned) == (1, 2, 0)


def test_without_a_clear_shot_places_are_made_up() -> None:
    found = made([1.0, 1.0])
    assert (len(found.copies), len(found.places), found.learned) == (0, 2, 0)


def test_shots_are_copied_as_often_as_they_are_likely() -> None:
    copied = len(made([100.0] * 40, most=(40, 1), chance=0.5).copies)
    assert 10 <= copied <= 30


def test_the_loudest_channel_is_copied_from_before_the_onset() -> None:
    (copy,) = made([100.0], most=(1, 1)).copies
    (each,) = candidates(shots([10.0]))
    block = sound(10.0, 100.0)
    alone = Block(block.start_s, RATE_HZ, np.ascontiguousarray(block.samples[:, 1:]))
    (same,) = material([(each, alone)], RATE_HZ, 1.0, np.random.default_rng(2), (1, 1)).copies
    assert np.array_equal(copy.direct, same.direct)
    assert copy.direct[32] == alone.samples[1600, 0]  # the onset, 2 ms behind the beginning, and 0.1 s in the sound
    late = Block(block.start_s + 0.05, RATE_HZ, alone.samples[round(0.05 * RATE_HZ) :])
    (padded,) = material([(each, late)], RATE_HZ, 1.0, np.random.default_rng(2), (1, 1)).copies
    assert padded.direct.shape == same.direct.shape
    assert np.allclose(padded.direct, same.direct, atol=0.01 * np.abs(same.direct).max())
