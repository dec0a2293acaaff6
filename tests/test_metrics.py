import itertools
import math

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.lab.metrics import (
    Marks,
    gap_before_s,
    match_onsets,
    pool,
    recalled,
    score_counts,
    score_onsets,
    time_error,
    true_volleys,
)

# Whole milliseconds, so that a distance equal to the tolerance happens and is met exactly.
TIMES = st.lists(st.integers(0, 60), max_size=5)
MANY_TIMES = st.lists(st.floats(0, 3), max_size=60)


def best_by_force(marks: Marks, found: list[int], tolerance: int) -> tuple[int, int, float]:
    """The largest (audible pairs, pairs, -distance) over every way to pair marks with onsets."""
    best = (0, 0, 0.0)
    rows = range(marks.time_s.size)
    for size in range(min(marks.time_s.size, len(found)) + 1):
        for chosen in itertools.combinations(rows, size):
            for columns in itertools.permutations(range(len(found)), size):
                pairs = list(zip(chosen, columns, strict=True))
                distance = [min(abs(marks.time_s[i] - found[j]), abs(marks.also_s[i] - found[j])) for i, j in pairs]
                if all(each <= tolerance for each in distance):
                    audible = sum(bool(marks.audible[i]) for i in chosen)
                    best = max(best, (audible, size, -float(sum(distance))))
    return best


@given(TIMES, TIMES, st.data())
def test_matching_is_the_best_of_all_pairings(truth: list[int], found: list[int], data: st.DataObject) -> None:
    audible = data.draw(st.lists(st.booleans(), min_size=len(truth), max_size=len(truth)))
    delays = data.draw(st.lists(st.sampled_from([0, 0, 15]), min_size=len(truth), max_size=len(truth)))
    marks = Marks.of(truth, audible, np.add(truth, delays))
    pairs = match_onsets(marks, found, 10)
    heard = found and np.asarray(found, float)[pairs.found]
    distance = np.minimum(abs(marks.time_s[pairs.truth] - heard), abs(marks.also_s[pairs.truth] - heard))
    assert len(set(pairs.truth)) == len(set(pairs.found)) == pairs.truth.size
    assert (distance <= 10).all()
    reached = (int(marks.audible[pairs.truth].sum()), pairs.truth.size, -float(distance.sum()))
    assert reached == best_by_force(marks, found, 10)


@given(MANY_TIMES, MANY_TIMES, st.sampled_from([0.01, 0.05, 0.3]))
def test_as_many_pairs_as_mir_eval(truth: list[float], found: list[float], tolerance_s: float) -> None:
    expected = mir_eval.util.match_events(np.sort(truth), np.sort(found), tolerance_s)
    assert match_onsets(Marks.of(truth), found, tolerance_s).truth.size == len(expected)


@given(MANY_TIMES, MANY_TIMES)
def test_scores_agree_with_mir_eval(truth: list[float], found: list[float]) -> None:
    score = score_onsets(Marks.of(truth), found, 0.05)
    expected = mir_eval.util.f_measure(score.precision, score.recall) if score.right else 0.0
    assert (score.audible, score.judged) == (len(truth), len(found))
    assert np.nan_to_num(score.f1) == pytest.approx(expected)


def test_of_two_near_onsets_the_nearer_is_the_find_and_the_other_false() -> None:
    score = score_onsets(Marks.of([1.0]), [0.996, 1.001], 0.01)
    assert (score.right, score.false) == (1, 1)
    assert score.error_s.tolist() == pytest.approx([0.001])


def test_the_tolerance_itself_is_still_right() -> None:
    assert score_onsets(Marks.of([0.0, 1.0]), [0.25, 1.250001], 0.25).right == 1


def test_inaudible_shots_are_neutral() -> None:
    marks = Marks.of([1.0, 2.0, 3.0], audible=[True, False, False])
    score = score_onsets(marks, [1.0, 2.0], 0.01)
    assert (score.precision, score.recall, score.f1) == (1.0, 1.0, 1.0)
    assert score.error_s.size == 1


def test_an_audible_shot_is_served_before_a_nearer_inaudible_one() -> None:
    score = score_onsets(Marks.of([1.000, 1.006], audible=[False, True]), [1.001], 0.01)
    assert (score.right, score.judged) == (1, 1)


def test_crack_or_blast_is_a_find_but_only_once_and_timed_from_the_crack() -> None:
    marks = Marks.of([1.0], also_s=[1.02])
    assert score_onsets(marks, [1.021], 0.01).error_s.tolist() == pytest.approx([0.021])
    both = score_onsets(marks, [1.0, 1.02], 0.01)
    assert (both.right, both.false) == (1, 1)


def test_marks_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Marks.of([1.0, 2.0], audible=[True])


def test_nothing_to_find_and_nothing_found_has_no_score() -> None:
    score = score_onsets(Marks.of([]), [], 0.05)
    assert all(math.isnan(value) for value in (score.precision, score.recall, score.f1))
    assert math.isnan(time_error(score.error_s).median_ms)


def test_pooled_scores_weigh_every_shot_the_same() -> None:
    scores = [score_onsets(Marks.of([0.0]), [], 0.05), score_onsets(Marks.of([1.0, 2.0, 3.0]), [1.0, 2.0, 3.5], 0.05)]
    pooled = pool(scores)
    assert (pooled.right, pooled.audible, pooled.judged) == (2, 4, 3)
    assert pooled.error_s.size == 2
    assert pool([]).audible == 0


def test_time_error_in_milliseconds() -> None:
    error = time_error(np.array([-0.001, 0.001, 0.002, 0.003, 0.004]))
    assert (error.median_ms, error.bias_ms) == pytest.approx((2.0, 2.0))
    assert error.worst_tenth_ms == pytest.approx(3.6)


def test_counts_against_ranges() -> None:
    score = score_counts(
        counts=[5, 6, 8, 103, 3], exact=[5, 5, 5, 100, 4], lows=[5, 5, 5, 90, 4], highs=[5, 7, 7, 100, 4]
    )
    assert (score.files, score.exact, score.within, score.near) == (5, 0.2, 0.4, 0.6)
    assert score.relative_error == pytest.approx((0 + 0 + 1 + 3 + 1) / (5 + 5 + 5 + 90 + 4))
    assert math.isnan(score_counts([], [], [], []).exact)


def test_too_many_in_one_file_do_not_make_up_for_too_few_in_another() -> None:
    score = score_counts([8, 12], [10, 10], [10, 10], [10, 10])
    assert score.relative_error == 0.2
    assert math.isnan(score_counts([3], [0], [0], [0]).relative_error)


def test_marks_that_were_found_stand_where_they_are() -> None:
    marks = Marks.of([3.0, 1.0, 2.0], audible=[True, True, False])
    assert recalled(marks, [2.001, 3.0], 0.01).tolist() == [True, False, True]
    assert recalled(Marks.of([]), [1.0], 0.01).size == 0


@given(st.lists(st.integers(0, 40), max_size=8))
def test_gaps_and_volleys_are_those_of_the_sorted_times(times: list[int]) -> None:
    marks = Marks.of(times, audible=[time % 2 == 0 for time in times])
    ordered = sorted(times)
    gaps = [math.inf, *(b - a for a, b in itertools.pairwise(ordered))][: len(times)]
    assert sorted(gap_before_s(marks).tolist()) == sorted(gaps)
    volleys = true_volleys(marks, 3.0)
    assert volleys.low.sum() == sum(time % 2 == 0 for time in times)
    assert volleys.high.sum() == len(times)
    assert (volleys.start_s[1:] > volleys.stop_s[:-1]).all()
    for start, stop, high in zip(volleys.start_s, volleys.stop_s, volleys.high, strict=True):
        inside = [time for time in ordered if start <= time < stop]
        assert len(inside) == high
        assert all(b - a <= 3 for a, b in itertools.pairwise(inside))


def test_a_pause_of_just_the_gap_does_not_end_a_volley() -> None:
    assert true_volleys(Marks.of([1.0, 4.0, 7.5]), 3.0).high.tolist() == [2, 1]
