"""What became of planted shots, and the shares that are made of it."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from detector.core.bounds import binomial_bounds, poisson_bounds
from detector.core.rooms import common, length_s, without
from detector.core.trials import GAPS_S, Trial, apart_from_s, echo_mistakes, gaps, isotonic, outcome, recall
from detector.lab import bounds
from detector.records import GapShare, Situation

TIMES = st.lists(st.floats(0, 100), max_size=6)
SPANS = st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 20)).map(lambda s: (s[0], s[0] + s[1])), max_size=4)


def found(planted: list[float], before: list[float], after: list[float]) -> tuple[tuple[bool, ...], int]:
    return outcome(np.array(planted), np.array(before), np.array(after))


def test_a_time_that_was_listed_before_finds_no_planted_shot() -> None:
    assert found([1.0], [1.004], [1.004]) == ((False,), 0)
    assert found([1.0], [1.004], [1.0, 1.004]) == ((True,), 0)


def test_a_listed_shot_that_moves_is_still_the_same() -> None:
    assert found([1.0], [1.008], [1.006, 1.001]) == ((True,), 0)


def test_beyond_ten_milliseconds_nothing_matches() -> None:
    assert found([1.0], [], [1.011]) == ((False,), 1)


def test_a_second_time_at_a_planted_shot_is_extra_on_either_side_of_it() -> None:
    for second_s in (0.991, 1.005):
        assert found([1.0], [], [1.0, second_s]) == ((True,), 1)
    assert found([1.0], [], [0.989, 1.0]) == ((True,), 0), "what lies before it is no echo of it"


def test_extra_sounds_count_for_a_second() -> None:
    assert found([1.0], [], [0.9, 1.0, 1.5, 2.1]) == ((True,), 1)


def test_one_listed_time_between_a_pair_is_not_both() -> None:
    assert sum(found([1.0, 1.008], [], [1.004])[0]) == 1
    assert found([1.0, 1.008], [], [1.001, 1.008])[0] == (True, True)
    assert found([1.0, 1.008], [], [1.0])[0] == (True, False)


@given(TIMES, TIMES)
def test_without_anything_planted_that_is_heard_nothing_is_found(before: list[float], planted: list[float]) -> None:
    for at_s in planted:
        assert found([at_s], before, before) == ((False,), 0)


def trial(level_db: float, hit: bool, situation: Situation = "alone", extra: int = 0) -> Trial:
    return Trial(situation, (level_db,), None, (hit,), extra)


def test_recall_counts_by_level_and_beside_it_the_listed_shots() -> None:
    rows = list(recall([trial(-3, False), trial(13, True), trial(17.9, False)], {"alone": [13.0, 50.0]}))
    told = [(row.from_db, row.to_db, row.planted, row.found, row.listed) for row in rows]
    assert told == [(None, 0.0, 1, 0, 0), (12.0, 18.0, 2, 1, 1), (40.0, None, 0, 0, 1)]
    assert (rows[2].low, rows[2].high) == (0.0, 1.0)


def test_of_a_pair_the_second_counts_at_its_own_level() -> None:
    pair = Trial("same gun", (30.0, 8.0), 0.02, (True, False), 0)
    (row,) = recall([pair, dataclasses.replace(pair, gap_s=0.012)], {})
    assert (row.situation, row.from_db, row.planted, row.found) == ("same gun", 6.0, 1, 0)


def test_pairs_that_nobody_could_hear_are_not_asked_for() -> None:
    heard = Trial("same gun", (30.0, 8.0), GAPS_S[3], (True, True), 0)
    faint = Trial("same gun", (30.0, 4.0), GAPS_S[3], (True, False), 0)
    (share,) = gaps([heard, faint, heard])
    assert (share.gap_s, share.pairs, share.apart) == (GAPS_S[3], 2, 2)


def test_echo_mistakes_are_those_after_found_shots() -> None:
    (row,) = echo_mistakes([trial(20, True, extra=1), trial(20, True), trial(20, False, extra=5)])
    assert (row.planted, row.listed) == (2, 1)
    # Of one event at 90 %: 0.0513 to 4.7439 (tables of exact Poisson bounds), here of two shots.
    assert (row.low, row.high) == pytest.approx((0.0513 / 2, 4.7439 / 2), rel=1e-3)


def test_the_gap_from_which_on_pairs_are_told_apart() -> None:
    shares = [GapShare(g, 10, n, 0.0, 1.0) for g, n in zip((0.003, 0.01, 0.03, 0.08), (2, 7, 5, 10), strict=True)]
    assert apart_from_s(shares, 0.5) == 0.01
    assert apart_from_s(shares, 0.9) == 0.08
    assert apart_from_s(shares[:3], 0.9) is None
    assert apart_from_s([], 0.5) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), max_size=9))
def test_rising_values_rise_and_keep_their_mean(pairs: list[tuple[float, int]]) -> None:
    values, weights = [p[0] for p in pairs], [p[1] for p in pairs]
    rising = isotonic(values, weights)
    assert all(a <= b for a, b in pairwise(rising))
    assert float(np.dot(rising, weights)) == pytest.approx(float(np.dot(values, weights)))


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.5, 0.9, 0.95]))
def test_binomial_bounds_are_those_of_another_library(hits: int, misses: int, confidence: float) -> None:
    ours = binomial_bounds(hits, hits + misses, confidence)
    share = scipy.stats.binomtest(hits, hits + misses).proportion_ci(confidence) if hits + misses else (0.0, 1.0)
    assert ours == pytest.approx(tuple(share), abs=1e-9)


@given(st.integers(0, 300))
def test_poisson_bounds_are_those_of_the_laboratory(events: int) -> None:
    low, high = poisson_bounds(events)
    assert high == pytest.approx(bounds.poisson_rate(events, 1.0, 0.95).upper)
    assert low <= events <= high


@given(SPANS, SPANS)
def test_what_is_left_and_what_is_common_make_the_whole(
    spans: list[tuple[float, float]], taken: list[tuple[float, float]]
) -> None:
    whole, apart = without([(0.0, 80.0)], []), without([(0.0, 80.0)], taken)
    covered = without(whole, apart)
    assert length_s(apart) + length_s(covered) == pytest.approx(80.0)
    assert length_s(common(apart, covered)) == pytest.approx(0.0)
    assert length_s(without(spans[:1], taken)) <= length_s(spans[:1])
