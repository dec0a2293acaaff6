"""Delays that come back: reflections, chains, chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core import recurrence
from detector.settings import EchoSettings

SETTINGS = EchoSettings()
SHOTS_S = (1.0, 1.7, 2.6, 3.9)
SPACED = st.lists(st.floats(0.02, 0.9), min_size=1, max_size=12).map(lambda gaps: 1.0 + np.cumsum(gaps))


def columns(time_s: list[float], level_db: list[float], chance: float | list[float] = 0.9) -> dict[str, list[float]]:
    """Columns by name, rows in the order of the given times."""
    order = np.argsort(time_s)
    likely = np.broadcast_to(chance, len(time_s))
    found = recurrence.describe(np.array(time_s)[order], np.array(level_db)[order], likely[order], SETTINGS)
    back = np.argsort(order)
    return {name: found.values[back, i].tolist() for i, name in enumerate(found.names)}


@pytest.mark.parametrize("over_db", [-12.0, 0.0, 7.0])
def test_a_reflection_comes_back_after_every_other_shot_however_loud_it_is(over_db: float) -> None:
    time_s = [*SHOTS_S, *(shot_s + 0.3 for shot_s in SHOTS_S)]
    found = columns(time_s, [0.0] * 4 + [over_db] * 4)
    assert found["follows_again"][4:] == [3.0] * 4
    assert found["follows_share"][4:] == [0.75] * 4
    assert found["is_followed_again"][:4] == [3.0] * 4


def test_a_shot_in_place_of_a_reflection_is_not_repeated() -> None:
    found = columns([*SHOTS_S, 1.3], [0.0] * 5)
    assert found["follows_again"][4] < 0
    assert found["follows_share"][4] == 0.0


def test_a_delay_that_varies_by_more_than_reflections_do_is_none() -> None:
    late_s = [0.0, 0.002, 0.004, 0.006]
    found = columns([*SHOTS_S, *(shot_s + 0.3 + more for shot_s, more in zip(SHOTS_S, late_s, strict=True))], [0.0] * 8)
    assert max(found["follows_share"][4:]) == 0.0


def test_a_follower_of_another_strength_is_none() -> None:
    found = columns([*SHOTS_S, *(shot_s + 0.3 for shot_s in SHOTS_S)], [0.0] * 4 + [-6.0, -12.0, -18.0, -24.0])
    assert max(found["follows_share"][4:]) == 0.0


def test_automatic_fire_is_a_chain() -> None:
    found = columns([1.0 + 0.1 * step for step in range(6)], [0.0] * 6)
    assert found["follows_again"][1:] == [-1.0] * 5
    assert found["follows_share"] == [0.0] * 6


def test_without_a_likely_shot_nearby_nothing_is_known() -> None:
    for found in (columns([1.0, 1.3], [0.0, 0.0], 0.1), columns([1.0], [0.0]), columns([1.0, 30.0], [0.0, 0.0])):
        assert np.isnan(found["follows_again"]).all()
        assert np.isnan(found["is_followed_again"]).all()
        assert set(found["follows_share"]) == {0.0}


@given(SPACED, st.integers(0, 2**32 - 1))
def test_later_clocks_and_higher_gains_change_nothing(time_s: np.ndarray, seed: int) -> None:
    level_db = np.random.default_rng(seed).uniform(-20, 0, len(time_s))
    chance = np.random.default_rng(seed + 1).uniform(0, 1, len(time_s))
    one = recurrence.describe(time_s, level_db, chance, SETTINGS)
    # Powers of two, so that no difference is rounded otherwise.
    other = recurrence.describe(time_s, level_db + 16.0, chance, SETTINGS)
    np.testing.assert_array_equal(one.values, other.values)
    assert len(one.values) == len(time_s)
