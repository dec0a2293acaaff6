"""The best one-to-one pairs of two lists of times."""

from __future__ import annotations

import mir_eval
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.core.pairing import best_pairs, pair_times

MANY_TIMES = st.lists(st.floats(0, 3), max_size=60)
# Whole milliseconds, so that a distance equal to the tolerance happens and is met exactly.
WHOLE_TIMES = st.lists(st.integers(0, 200), max_size=25)


@given(MANY_TIMES, MANY_TIMES, st.sampled_from([0.01, 0.05, 0.3]))
def test_as_many_pairs_as_mir_eval(one: list[float], other: list[float], tolerance_s: float) -> None:
    rows, columns = pair_times(one, other, tolerance_s)
    assert len(set(rows)) == len(set(columns)) == rows.size
    assert rows.size == len(mir_eval.util.match_events(np.sort(one), np.sort(other), tolerance_s))


@given(WHOLE_TIMES, WHOLE_TIMES, st.integers(1, 20))
def test_part_by_part_is_as_good_as_all_at_once(one: list[int], other: list[int], tolerance: int) -> None:
    a, b = np.array(one, float), np.array(other, float)
    rows, columns = pair_times(one, other, tolerance)
    distance = np.abs(a[:, None] - b[None])
    all_rows, all_columns = best_pairs(distance, tolerance)
    assert rows.size == all_rows.size
    assert distance[rows, columns].sum() == distance[all_rows, all_columns].sum()
    assert (distance[rows, columns] <= tolerance).all()
    assert (np.diff(a[rows]) >= 0).all()


def test_rows_to_be_served_first_are_served_before_nearer_ones() -> None:
    distance = np.array([[0.1], [0.9]])
    assert [each.tolist() for each in best_pairs(distance, 1.0)] == [[0], [0]]
    assert [each.tolist() for each in best_pairs(distance, 1.0, first=np.array([False, True]))] == [[1], [0]]


def test_nothing_on_either_side_gives_no_pairs() -> None:
    assert [each.tolist() for each in pair_times([], [1.0], 1.0)] == [[], []]
    assert [each.tolist() for each in best_pairs(np.empty((0, 3)), 1.0)] == [[], []]
