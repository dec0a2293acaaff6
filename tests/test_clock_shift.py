"""The clock of one list of onsets beside another's: what extraction loses, how sure a shift must be."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core.clock_shift import find, joins, near
from detector.records import AudioFacts, Float64

TOLERANCE_S = 0.05


def audio(start_s: float = 0.0, *gaps: tuple[float, float]) -> AudioFacts:
    return AudioFacts("aac", 48000, 1, 64000, start_s, gaps)


def irregular(size: int, span_s: float = 60.0, seed: int = 0) -> Float64:
    return np.sort(np.random.default_rng(seed).uniform(0, span_s, size))


# --- extracted sound -----------------------------------------------------------------------------


def test_what_extraction_loses_adds_up_from_join_to_join() -> None:
    lost = joins(audio(2.0, (10.0, 13.0), (30.0, 34.0)))
    assert lost is not None
    assert lost.at_s.tolist() == [-np.inf, 8.0, 25.0]  # on the clock of the extracted sound
    assert lost.added_s.tolist() == [2.0, 5.0, 9.0]
    assert joins(audio(2.0, (30.0, 34.0), (10.0, 13.0))) is not None
    assert joins(audio(0.002)) is not None
    assert joins(audio(0.0005)) is None


def test_each_mark_is_moved_by_what_was_lost_before_it() -> None:
    lost = joins(audio(2.0, (10.0, 13.0), (30.0, 34.0)))
    one_s = np.array([4.0, 9.7, 13.0, 20.3, 36.1, 41.8])
    found = find(one_s, one_s - [2, 2, 5, 5, 9, 9], TOLERANCE_S, lost)
    assert found is not None
    shift, moved_s = found
    assert (shift.offset_s, shift.drift_ppm, shift.extracted) == (5.0, 0.0, True)
    assert moved_s == pytest.approx(one_s)


def test_marks_that_fit_as_given_are_not_taken_for_extracted() -> None:
    one_s = np.array([4.0, 9.7, 13.1, 20.3])
    assert find(one_s, one_s, TOLERANCE_S, joins(audio(2.0))) is None
    half = np.array([4.0, 9.7, 11.1, 18.3])  # two fit as given, two as extracted
    assert find(one_s, half, TOLERANCE_S, joins(audio(2.0))) is None


def test_a_mark_that_chance_would_put_there_does_not_prove_extraction() -> None:
    crowded = np.arange(0.0, 60.0, 0.4)
    assert find(crowded, np.array([10.2]), TOLERANCE_S, joins(audio(2.2))) is None
    assert find(np.array([10.0, 40.0]), np.array([7.8]), TOLERANCE_S, joins(audio(2.2))) is not None
    close = np.array([1.0])
    assert find(close, close - 0.8, TOLERANCE_S, joins(audio(0.8))) is None  # a tenth of the second that they span
    assert find(close, close - 0.8, 0.008, joins(audio(0.8))) is None  # 1.6 % of it
    assert find(close, close - 0.8, 0.004, joins(audio(0.8))) is not None  # 0.8 %


@pytest.mark.parametrize(("fitting", "found"), [(9, False), (10, True)])
def test_that_many_marks_fit_by_chance_is_the_tail_of_a_poisson_number(fitting: int, found: bool) -> None:
    """Of a Poisson number of mean 4, tables have a chance of 2.1 % for 9 and more, 0.8 % for 10 and more."""
    one_s = 0.4 * np.arange(50, dtype=np.float64)
    number = np.arange(16, dtype=np.float64)
    right_s = 1.6 + 0.8 * number + 0.2 * (number >= fitting)  # the others lie between two of `one_s`
    shown_s = right_s - 2.1
    by_chance = right_s.size * one_s.size * 2 * TOLERANCE_S / (one_s.max() - shown_s.min())
    assert by_chance == pytest.approx(4.0, abs=0.02)
    assert (find(one_s, shown_s, TOLERANCE_S, joins(audio(2.1))) is not None) is found


# --- a shift -------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset_s", [-900.0, -0.3, 0.3, 900.0])
def test_a_shift_is_what_must_be_added(offset_s: float) -> None:
    one_s = irregular(30)
    found = find(one_s, one_s - offset_s, TOLERANCE_S)
    assert found is not None
    assert found[0].offset_s == pytest.approx(offset_s)
    assert (found[0].drift_ppm, found[0].extracted) == (0.0, False)
    assert found[1] == pytest.approx(one_s)


def test_at_least_half_of_the_shorter_list_must_agree() -> None:
    one_s = irregular(24, seed=1)
    rest_s = irregular(60, 600.0, seed=2) + 2000.0
    assert find(one_s, np.concatenate([one_s[:13] - 5, rest_s[:11]]), TOLERANCE_S) is not None
    assert find(one_s, np.concatenate([one_s[:11] - 5, rest_s[:13]]), TOLERANCE_S) is None
    assert find(one_s, np.concatenate([one_s[:13] - 5, rest_s]), TOLERANCE_S) is not None


@pytest.mark.parametrize(("more", "told"), [(2, False), (3, True)])
def test_a_shift_must_let_a_twentieth_more_agree(more: int, told: bool) -> None:
    """All but a few of 60 marks agree as they are, about 40 ms late; those few are 60 ms late, 10 ms too much."""
    one_s = irregular(60, 600.0, seed=6)
    late_s = 0.04 + 0.002 * (np.arange(60) % 2)
    late_s[[10, 30, 50][:more]] = 0.06
    assert (find(one_s, one_s + late_s, TOLERANCE_S) is not None) is told


def test_a_shift_within_the_tolerance_is_told_when_it_halves_the_spread() -> None:
    """Marks at two distances cannot be brought closer by one shift; marks that drift can."""
    one_s = np.linspace(0, 600, 40) + irregular(40, 3.0, seed=3)
    assert find(one_s, one_s + 0.02, TOLERANCE_S) is None  # as close as before, all of them later by as much
    assert find(one_s, one_s * (1 + 60e-6), TOLERANCE_S) is not None
    assert find(one_s, one_s + np.where(np.arange(40) % 2, 0.02, -0.02), TOLERANCE_S) is None


@pytest.mark.parametrize(("pairs", "span_s", "told"), [(6, 20.0, True), (5, 20.0, False), (12, 4.0, False)])
def test_a_drift_needs_pairs_and_time(pairs: int, span_s: float, told: bool) -> None:
    one_s = (time_s := irregular(pairs, seed=4)) * span_s / np.ptp(time_s)
    found = find(one_s, one_s * (1 - 1400e-6) - 100, TOLERANCE_S)
    assert found is not None
    assert (found[0].drift_ppm != 0.0) is told


@pytest.mark.parametrize(
    ("drift_ppm", "scatter_s", "told_ppm"), [(40, 0.0, 0), (60, 0.0, 60), (100, 0.01, 0), (1200, 0.01, 1200)]
)
def test_a_drift_of_less_than_five_milliseconds_or_within_the_scatter_is_none(
    drift_ppm: float, scatter_s: float, told_ppm: float
) -> None:
    one_s = (time_s := irregular(30)) * 100 / np.ptp(time_s)
    scattered = one_s + np.random.default_rng(5).normal(0, scatter_s, 30)
    found = find(scattered, one_s * (1 - drift_ppm * 1e-6) - 100, TOLERANCE_S)
    assert found is not None
    assert found[0].drift_ppm == pytest.approx(told_ppm, rel=0.06)


def test_near_counts_once_each_and_holds_the_edge() -> None:
    assert near(np.array([5.0, 1.0]), np.array([1.5, 4.5, 5.5, 5.75, 3.0]), 0.5) == 3
