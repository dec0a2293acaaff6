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


def drifting(one: int, other: int, ppm: float, error_ppm: float = 1.0, at_s: float = 0.0) -> AlignedPair:
    return dataclasses.replace(pair(one, other, 0.0, at_s=at_s), drift_ppm=ppm, drift_error_ppm=error_ppm)


def test_clocks_that_do_not_drift_are_told_so() -> None:
    clocks = solve(2, [drifting(0, 1, 0.0)], 0, 100.0)
    assert (clocks.drift_ppm.tolist(), clocks.drift_error_ppm.tolist()) == ([0.0, 0.0], [0.0, 1.0])


def test_recordings_that_began_together_have_one_clock() -> None:
    clocks = solve(2, [pair(0, 1, 0.0, at_s=10.0)], 0, 100.0)
    assert clocks.offset_s.tolist() == [0.0, 0.0]
    assert clocks.anchor_s.tolist() == [10.0, 10.0]


def test_drifts_are_weighed_by_their_errors_and_told_with_the_least() -> None:
    clocks = solve(2, [drifting(0, 1, 10.0, 1.0), drifting(0, 1, 40.0, 50.0)], 0, 100.0)
    assert clocks.drift_ppm[1] == pytest.approx(10.0, abs=0.1)
    assert clocks.drift_error_ppm[1] == 1.0


def test_a_drift_reaches_as_far_as_pairs_tell_of_it() -> None:
    clocks = solve(4, [drifting(1, 2, 5.0, 2.0), drifting(0, 1, 20.0, 3.0), pair(2, 3, 0.0)], 0, 100.0)
    assert clocks.drift_ppm[:3] == pytest.approx([0.0, 20.0, 25.0])
    assert np.isnan(clocks.drift_ppm[3])
    assert clocks.drift_error_ppm.tolist() == [0.0, 2.0, 2.0, 100.0]
    beside = solve(3, [pair(0, 1, 0.0), drifting(1, 2, 5.0)], 0, 100.0)
    assert np.isnan(beside.drift_ppm[1:]).all()


def test_errors_are_those_of_the_pair_with_the_reference() -> None:
    near, far, between = (
        dataclasses.replace(pair(one, other, 0.0), error_s=error_s)
        for one, other, error_s in ((0, 1, 0.01), (0, 2, 0.05), (1, 2, 0.002))
    )
    assert solve(3, [near, far, between], 0, 100.0).error_s.tolist() == [0.0, 0.01, 0.05]
    assert solve(3, [near, between], 0, 100.0).error_s.tolist() == [0.0, 0.01, 0.002]


def test_an_anchor_is_the_mean_moment_of_the_pairs_by_its_own_clock() -> None:
    clocks = solve(3, [pair(0, 1, 2.0, at_s=10.0), pair(1, 2, 1.0, at_s=30.0)], 0, 100.0)
    assert clocks.anchor_s.tolist() == [10.0, 21.0, 31.0]
    assert clocks.offset_s == pytest.approx([0.0, -2.0, -3.0])
    assert solve(1, [], 0, 100.0).anchor_s.tolist() == [0.0]


def test_the_reference_may_be_any_recording() -> None:
    clocks = solve(3, [pair(0, 1, 2.0), pair(1, 2, 1.0)], 2, 100.0)
    assert clocks.offset_s == pytest.approx([3.0, 1.0, 0.0])


def test_how_far_a_loop_may_stay_open() -> None:
    lags = [pair(0, 1, 1.0, 1e-12), pair(1, 2, 2.0, 1e-11), pair(0, 2, 3.15, 1e-9)]
    assert together(3, lags, 0.2)[1] == []
    ((dropped, apart_s),) = together(3, lags, 0.1)[1]
    assert dropped is lags[2]
    assert apart_s == pytest.approx(-0.15)


def test_a_group_is_as_strong_as_its_strongest_pair() -> None:
    pairs = [pair(0, 1, 1.0, 1e-8), pair(1, 2, 1.0, 1e-7), pair(3, 4, 1.0, 1e-6), pair(4, 5, 1.0, 1e-12)]
    assert together(6, pairs, 0.2)[0] == [[3, 4, 5], [0, 1, 2]]
    joined = [pair(2, 3, 1.0, 1e-5), pair(0, 2, 1.0, 1e-30), pair(1, 4, 1.0, 1e-20), pair(4, 5, 1.0, 1e-6)]
    assert together(6, joined, 0.2)[0] == [[0, 2, 3], [1, 4, 5]]


def test_joined_groups_keep_their_clocks() -> None:
    pairs = [pair(0, 1, 1.0, 1e-12), pair(2, 3, 4.0, 1e-11), pair(3, 1, 10.0, 1e-10), pair(2, 0, 13.3, 1e-9)]
    ((dropped, apart_s),) = together(4, pairs, 0.2)[1]
    assert dropped is pairs[3]
    assert abs(apart_s) == pytest.approx(0.3)
