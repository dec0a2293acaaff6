"""Shots in time order -> volleys with their counts, rates and splits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.volleys import group, number, span
from detector.records import Rejected, Shot, Span
from detector.settings import CountSettings, VolleySettings

GAP = VolleySettings(gap_s=3.0)
APART = CountSettings(spread=0.0, slope=1.0, slope_spread=0.0)  # each onset judged for itself


def shots(times_s: list[float], volley: list[int], probability: float = 0.99) -> list[Shot]:
    return [
        Shot(row + 1, "shot", time_s, 0.001, probability, volley[row], False, None, -3.0)
        for row, time_s in enumerate(times_s)
    ]


@given(st.lists(st.integers(0, 200), max_size=40, unique=True))
def test_a_longer_gap_begins_the_next_volley_and_an_equal_one_does_not(times: list[int]) -> None:
    time_s = np.sort(np.array(times, np.float64))
    expected, volley = [], 0
    for row, at_s in enumerate(time_s):
        volley += row == 0 or at_s - time_s[row - 1] > 3.0
        expected.append(volley)
    assert number(time_s, GAP).tolist() == expected


def test_volleys_have_span_rate_and_splits() -> None:
    first, second = group(shots([5.0, 5.5, 6.5, 20.0], [1, 1, 1, 2]), (), CountSettings())
    assert (first.id, first.first_s, first.last_s, first.shots) == (1, 5.0, 6.5, (1, 2, 3))
    assert first.shots_per_s == pytest.approx(2 / 1.5)
    assert first.median_split_s == pytest.approx(0.75)
    assert first.shortest_split_s == pytest.approx(0.5)
    assert first.count.best == 3
    assert (second.id, second.first_s, second.last_s, second.shots) == (2, 20.0, 20.0, (4,))
    assert (second.shots_per_s, second.median_split_s, second.shortest_split_s) == (None, None, None)


def test_refused_onsets_count_in_the_volley_around_them() -> None:
    refused = [Rejected(9, t, 0.5, "echo") for t in (4.9, 5.0, 5.2, 5.4, 6.0, 6.1, 20.5)]
    inside, single = group(shots([5.0, 6.0, 20.0], [1, 1, 2], 1.0), refused, APART)
    assert inside.count.best == 4
    assert single.count.high == 1
    at_its_first = group(shots([5.0, 6.0], [1, 1], 1.0), [Rejected(9, 5.0, 0.99, "echo")], APART)
    assert at_its_first[0].count.best == 3


def test_no_shots_make_no_volley() -> None:
    assert group((), (), CountSettings()) == ()
    assert number(np.zeros(0), GAP).tolist() == []


def test_the_span_has_the_errors_of_both_ends() -> None:
    assert span(shots([5.0, 5.5, 20.25], [1, 1, 2])) == Span(5.0, 20.25, 15.25, round(0.001 * 2**0.5, 6))
    assert span(shots([5.0, 20.2500004], [1, 2])) == Span(5.0, 20.2500004, 15.25, 0.001414)  # to the microsecond
    assert span(()) is None
