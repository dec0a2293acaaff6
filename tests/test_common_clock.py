import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.common_clock import solve, together
from detector.records import AlignedPair


def pair(one: int, other: int, lag_s: float, chance: float = 1e-9, at_s: float = 0.0) -> AlignedPair:
    return AlignedPair(one, other, lag_s, at_s, lag_s, lag_s, 0.001, None, None, chance, 5, 0, True)


def test_groups_are_joined_and_the_largest_comes_first() -> None:
    groups, wrong = together(6, [pair(0, 5, 1.0), pair(1, 2, 2.0), pair(2, 4, 1.0)], 0.2)
    assert groups == [[1, 2, 4], [0, 5], [3]]
    assert wrong == []


def test_of_two_groups_of_one_size_the_stronger_comes_first() -> None:
    groups, _ = together(4, [pair(0, 1, 1.0, 1e-7), pair(2, 3, 1.0, 1e-30)], 0.2)
    assert groups == [[2, 3], [0, 1]]


@pytest.mark.parametrize("weakest", [(0, 1), (1, 2), (0, 2)])
def test_a_loop_that_does_not_close_loses_its_weakest_pair(weakest: tuple[int, int]) -> None:
    lags = {(0, 1): 1.0, (1, 2): 2.0, (0, 2): 3.0}
    lags[weakest] += 0.7
    pairs = [
        pair(one, other, lag_s, 1e-7 if (one, other) == weakest else 1e-12) for (one, other), lag_s in lags.items()
    ]
    groups, wrong = together(3, pairs, 0.2)
    assert groups == [[0, 1, 2]]
    ((dropped, apart_s),) = wrong
    assert (dropped.one, dropped.other) == weakest
    assert abs(apart_s) == pytest.approx(0.7)


@given(st.integers(2, 6), st.integers(0, 10_000))
def test_clocks_are_those_that_the_pairs_were_made_with(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start_s, ppm = rng.uniform(-3600, 3600, count), rng.uniform(-100, 100, count)
    shown = [lambda at_s, k=k: (at_s - start_s[k]) * (1 + 1e-6 * ppm[k]) for k in range(count)]
    pairs = []
    for one, other in itertools.combinations(range(count), 2):
        at_s = rng.uniform(0, 600)
        mine, theirs = shown[one](at_s), shown[other](at_s)
        told = pair(one, other, float(theirs - mine), at_s=float(mine))
        pairs.append(dataclasses.replace(told, drift_ppm=float(ppm[other] - ppm[one]), drift_error_ppm=1.0))
    clocks = solve(count, pairs, 0, 100.0)
    assert clocks.drift_ppm - clocks.drift_ppm[0] == pytest.approx(ppm - ppm[0], abs=1e-3)
    # Drifts add up but for their products, and hours lie between the clocks: a tenth of a millisecond.
    for row in range(1, count):
        file_s = clocks.anchor_s[row]
        at_s = file_s / (1 + 1e-6 * ppm[row]) + start_s[row]
        assert file_s + clocks.offset_s[row] == pytest.approx(shown[0](at_s), abs=5e-3)


def test_a_recording_that_no_pair_reaches_has_no_clock() -> None:
    clocks = solve(3, [pair(0, 2, 1.5)], 0, 100.0)
    assert clocks.offset_s[0] == 0
    assert clocks.offset_s[2] == pytest.approx(-1.5)
    assert np.isnan([clocks.offset_s[1], clocks.error_s[1], clocks.drift_error_ppm[1]]).all()
    assert np.isnan(clocks.drift_ppm[2])
    assert clocks.drift_error_ppm[2] == 100.0


def test_two_pairs_that_differ_are_weighed_by_their_errors() -> None:
    exact, loose = pair(0, 1, 1.0), dataclasses.replace(pair(0, 1, 2.0), error_s=0.1)
    assert solve(2, [exact, loose], 0, 100.0).offset_s[1] == pytest.approx(-1.0, abs=0.001)
