"""Onsets in the step of automatic fire: chains, reflections among them, chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core import cadence
from detector.records import Float32

STEP_S = 0.1
ROUNDS_S = 1.0 + STEP_S * np.arange(6)


def columns(
    time_s: np.ndarray, level_db: np.ndarray | float = -6.0, chance: np.ndarray | float = 0.9
) -> dict[str, Float32]:
    """Columns by name, rows in the order of the given times."""
    order = np.argsort(time_s)
    told = (np.broadcast_to(value, len(time_s))[order] for value in (level_db, chance))
    found = cadence.describe(np.asarray(time_s)[order], *told)
    return dict(zip(found.names, found.values[np.argsort(order)].T, strict=True))


@pytest.mark.parametrize("step_s", [0.036, STEP_S, 0.169])  # 1,670, 600 and 355 rounds a minute
def test_rounds_lie_in_one_step(step_s: float) -> None:
    found = columns(1.0 + step_s * np.arange(6))
    np.testing.assert_allclose(found["step_s"], step_s, rtol=1e-6)
    np.testing.assert_allclose(found["in_step_after"], 0.9 * np.array([4, 4, 3, 2, 1, 0]), rtol=1e-6)
    np.testing.assert_allclose(found["in_step_before"], 0.9 * np.array([0, 1, 2, 3, 4, 4]), rtol=1e-6)
    np.testing.assert_allclose(found["in_step"], found["in_step_after"] + found["in_step_before"], rtol=1e-6)


def test_a_reflection_between_two_rounds_is_out_of_step() -> None:
    found = columns(np.append(ROUNDS_S, ROUNDS_S[2] + 0.03), chance=np.array([0.9] * 6 + [0.4]))
    assert found["in_step"][6] == pytest.approx(0.9)  # some round is always at some distance
    assert found["in_step_over"][6] == pytest.approx(0.9 - found["in_step"][2:4].max())
    assert found["in_step_over"][2] > 3


def test_a_reflection_of_the_last_round_is_held_against_that_round() -> None:
    found = columns(np.append(ROUNDS_S, ROUNDS_S[5] + 0.03), chance=np.array([0.9] * 6 + [0.1]))
    assert found["in_step"][5:] == pytest.approx([4 * 0.9, 0.9])
    assert found["in_step_over"][6] == pytest.approx(0.9 - 4 * 0.9)


def test_the_likeliest_tell_the_step() -> None:
    """Twelve unlikely onsets before the next round, and behind it, are as many as may tell it."""
    rattle_s = 1.0 + np.concatenate([np.linspace(0.04, 0.09, 6), np.linspace(0.11, 0.16, 6)])
    found = columns(np.concatenate([ROUNDS_S, rattle_s]), chance=np.array([0.9] * 6 + [0.06] * 12))
    assert found["step_s"][0] == pytest.approx(STEP_S)
    assert found["in_step"][0] == pytest.approx(4 * 0.9)


@pytest.mark.parametrize(("chance", "after"), [(0.14, 0.9), (0.16, 0.9 + 0.16 + 0.9 + 0.9)])
def test_a_chain_ends_at_a_round_that_is_less_likely_than_15_percent(chance: float, after: float) -> None:
    found = columns(ROUNDS_S, chance=np.array([0.9, 0.9, 0.9, chance, 0.9, 0.9]))
    assert found["in_step_after"][1] == pytest.approx(after)


def test_a_doubtful_round_in_step_has_its_neighbours_word() -> None:
    chance = np.full(6, 0.9)
    chance[3] = 0.1
    found = columns(ROUNDS_S, chance=chance)
    assert found["in_step"][3] == pytest.approx(5 * 0.9)
    assert found["in_step"][2] == pytest.approx(2 * 0.9, rel=1e-6)  # the chain ends at the doubtful one


@pytest.mark.parametrize(("early_s", "kept"), [(0.0037, True), (0.0038, False)])
def test_rounds_may_be_a_little_early(early_s: float, kept: bool) -> None:
    time_s = np.array([1.0, 1.08, 1.16 - early_s])
    assert (columns(time_s)["in_step"][0] > 1.0) == kept


def test_other_levels_say_less() -> None:
    even, falling = columns(ROUNDS_S), columns(ROUNDS_S, -6.0 * np.arange(6))
    assert (falling["in_step"] < even["in_step"]).all()
    assert falling["in_step"][0] == pytest.approx(0.9 * np.exp(-0.5), rel=1e-5)  # 12 dB less is no round of this chain


def test_what_is_alone_too_close_or_too_far_has_no_step() -> None:
    for time_s in ([1.0], [1.0, 1.034], [1.0, 1.171], [1.0, 30.0]):
        found = columns(np.array(time_s))
        for name in ("in_step", "in_step_after", "in_step_before"):
            assert not found[name].any()
        assert np.isnan(found["step_s"]).all()
    assert not columns(ROUNDS_S, chance=0.05)["in_step"].any()
    assert len(cadence.describe(np.empty(0), np.empty(0), np.empty(0)).values) == 0


@given(
    st.lists(st.floats(0.004, 0.3), min_size=1, max_size=25), st.integers(0, 2**32 - 1), st.sampled_from([64.0, 4096.0])
)
def test_later_clocks_and_higher_gains_change_nothing(gaps_s: list[float], seed: int, later_s: float) -> None:
    rng = np.random.default_rng(seed)
    time_s = 1.0 + np.cumsum(np.round(np.array(gaps_s) * 4096) / 4096)  # so that later times are exact
    level_db, chance = rng.uniform(-20, 0, len(time_s)), rng.uniform(0, 1, len(time_s))
    one = cadence.describe(time_s, level_db, chance)
    other = cadence.describe(time_s + later_s, level_db + 16.0, chance)
    np.testing.assert_array_equal(one.values, other.values)
