"""Two observers of one recording: who lists what, on which clock, and how well they agree."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.checks import Agreement
from detector.core.clock_shift import find, joins
from detector.core.concordance import agreement, agreements, kappa
from detector.records import AudioFacts, Float64, Rejected, Report
from tests.builders import make_marks, make_report

ECHO, DOOR = Rejected(20, 5.6, 0.1, "echo", 1, 0.117), Rejected(21, 30.0, 0.05, "a door")
HEARD = make_report(rejected=[ECHO, DOOR])  # shots at 5.0, 5.4, 5.9, 12.0, 12.2


def volleys(rng: np.random.Generator, size: int, span_s: float) -> Float64:
    """Times of shots in volleys of a few, as irregular as people are."""
    starts = rng.uniform(0, span_s, size // 4 + 1)
    return np.sort((starts[:, None] + np.cumsum(rng.exponential(0.3, (starts.size, 4)), axis=1)).ravel()[:size])


def counts(told: Agreement) -> tuple[int, ...]:
    best = told.best
    sides = (best.agreed, best.only_one, best.only_other, best.unheard, best.outside)
    return (*map(len, sides), best.neither)


# --- who lists what ------------------------------------------------------------------------------


def test_marks_beside_the_machine_fall_into_every_kind() -> None:
    report = make_report(rejected=[ECHO, DOOR], coverage=[(0.0, 3.0, "muted"), (3.0, 60.0, "heard")])
    told = agreement(report, make_marks([1.0, 5.01, 5.41, 5.61, 12.0, 12.2, 40.0, 99.0]))
    assert counts(told) == (4, 1, 2, 1, 1, 1)
    best = told.best
    assert [(pair.one.id, pair.other.time_s) for pair in best.agreed] == [(1, 5.01), (2, 5.41), (4, 12.0), (5, 12.2)]
    assert [entry.id for entry in best.only_one] == [3]
    assert [(mark.time_s, mark.id, mark.refused) for mark in best.only_other] == [(5.61, 20, "echo"), (40.0, None, "")]
    assert [mark.time_s for mark in best.unheard] == [1.0]
    assert [mark.time_s for mark in best.outside] == [99.0]
    assert best.kappa == kappa(4, 1, 2, 1)
    assert not told.foreign


def test_one_shot_answers_for_one_mark_only() -> None:
    told = agreement(make_report([5.0]), make_marks([4.99, 5.01, 5.02]))
    assert counts(told) == (1, 0, 2, 0, 0, 0)
    (pair,) = told.best.agreed
    assert abs(pair.difference_s) == pytest.approx(0.01)


def test_the_tolerance_is_what_was_asked_for_and_is_still_agreement() -> None:
    marks = make_marks([5.25])
    assert counts(agreement(make_report([5.0]), marks, tolerance_s=0.25))[0] == 1
    assert counts(agreement(make_report([5.0]), marks, tolerance_s=0.24))[0] == 0


@pytest.mark.parametrize(("edge_s", "beyond_s"), [(-0.25, -0.26), (60.25, 60.26)])
def test_a_mark_as_far_outside_as_the_tolerance_may_belong_to_the_recording(edge_s: float, beyond_s: float) -> None:
    best = agreement(HEARD, make_marks([edge_s, beyond_s]), tolerance_s=0.25).best
    assert [mark.time_s for mark in best.only_other] == [edge_s]
    assert [mark.time_s for mark in best.outside] == [beyond_s]


def test_times_are_told_by_median_spread_and_the_largest() -> None:
    told = agreement(HEARD, make_marks([5.001, 5.402, 5.903, 12.004, 12.17]))
    times = told.best.differences
    assert times is not None
    assert (times.median_s, times.spread_s, times.largest_s) == pytest.approx((0.002, 0.001, -0.03))


def test_two_people_agree_about_the_machines_other_onsets_too() -> None:
    told = agreement(HEARD, make_marks([5.0, 5.4, 20.0], "a.txt"), make_marks([5.0, 5.6], "b.txt"))
    assert told.names == ("a.txt", "b.txt")
    # Neither: 5.9, 12.0, 12.2 and the door at 30.0; the echo is what b alone took for a shot.
    assert counts(told) == (1, 2, 1, 0, 0, 4)


def test_every_two_of_three_are_set_beside_each_other() -> None:
    people = [make_marks([5.0], "a.txt"), make_marks([5.4], "b.txt")]
    assert [told.names for told in agreements(HEARD, people)] == [
        ("machine", "a.txt"),
        ("machine", "b.txt"),
        ("a.txt", "b.txt"),
    ]


@given(st.lists(st.floats(0, 60), max_size=12), st.lists(st.floats(-5, 70), min_size=1, max_size=12))
def test_nothing_is_lost_and_nothing_counts_twice(shots: list[float], given_s: list[float]) -> None:
    told = agreement(make_report(shots), make_marks(given_s))
    for matched in (told.as_given, told.best):
        listed = [pair.one.id for pair in matched.agreed] + [entry.id for entry in matched.only_one]
        assert sorted(each for each in listed if each) == list(range(1, len(shots) + 1))
        rest = (*matched.only_other, *matched.unheard, *matched.outside)
        marks = [pair.other for pair in matched.agreed] + list(rest)
        assert sorted(mark.time_s if mark.given_s is None else mark.given_s for mark in marks) == sorted(given_s)


@pytest.mark.parametrize(
    ("table", "expected"), [((20, 5, 10, 15), 0.4), ((5, 0, 0, 5), 1.0), ((0, 5, 5, 0), -1.0), ((4, 4, 4, 4), 0.0)]
)
def test_kappa_of_known_tables(table: tuple[int, int, int, int], expected: float) -> None:
    assert kappa(*table) == pytest.approx(expected)


def test_kappa_has_no_value_where_everybody_always_says_yes() -> None:
    assert kappa(0, 0, 0, 0) is None
    assert kappa(7, 0, 0, 0) is None
    assert agreement(make_report([5.0]), make_marks([5.0])).best.kappa is None


# --- on which clock ------------------------------------------------------------------------------


def late(report: Report, start_s: float, gaps: tuple[tuple[float, float], ...] = ()) -> Report:
    audio = AudioFacts("aac", 48000, 1, 64000, start_s, gaps)
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=audio))


def test_marks_made_on_extracted_sound_are_known_by_what_it_loses() -> None:
    told = agreement(late(HEARD, 3.5), make_marks([1.5, 1.902, 2.4, 8.5, 8.7]))
    assert told.shift is not None
    assert told.shift.extracted
    assert (told.shift.offset_s, told.shift.drift_ppm) == (3.5, 0.0)
    assert len(told.as_given.agreed) == 0
    assert len(told.best.agreed) == 5
    assert told.best.agreed[1].other.given_s == 1.902


def test_every_gap_before_a_mark_is_lost_too() -> None:
    report = late(HEARD, 0.0, ((1.0, 1.5), (8.0, 10.0)))
    told = agreement(report, make_marks([4.5, 4.9, 5.4, 9.5, 9.7]))
    assert told.shift is not None
    assert told.shift.extracted
    assert [pair.difference_s for pair in told.best.agreed] == pytest.approx([0.0] * 5)


def test_one_mark_that_fits_extracted_sound_is_enough_to_know_it() -> None:
    told = agreement(late(make_report([40.0]), 29.96), make_marks([10.04]))
    assert told.shift is not None
    assert told.shift.extracted


def test_marks_on_the_players_clock_are_not_moved() -> None:
    assert agreement(late(HEARD, 3.5), make_marks([5.0, 5.4, 5.9, 12.0, 12.2])).shift is None
    assert joins(None) is None
    assert joins(AudioFacts("aac", 48000, 1, 64000, 0.0)) is None


def test_a_constant_shift_is_found_and_both_readings_kept() -> None:
    told = agreement(HEARD, make_marks([t - 0.62 for t in (5.0, 5.4, 5.9, 12.0, 12.2)]))
    assert told.shift is not None
    assert not told.shift.extracted
    assert told.shift.offset_s == pytest.approx(0.62)
    assert (len(told.as_given.agreed), len(told.best.agreed)) == (0, 5)


@pytest.mark.parametrize(("offset_s", "drift_ppm", "span_s"), [(-7.3, 0, 40), (0.0, 900, 3600), (21.0, -300, 1800)])
@pytest.mark.parametrize("error_s", [0.001, 0.012])
def test_shift_and_drift_are_found_among_missed_and_false_marks(
    offset_s: float, drift_ppm: float, span_s: float, error_s: float
) -> None:
    rng = np.random.default_rng(5)
    one = volleys(rng, 60, span_s)
    heard = one[rng.uniform(size=one.size) < 0.85]
    right = np.concatenate([heard + rng.normal(0, error_s, heard.size), rng.uniform(0, span_s, 6)])
    found = find(one, right * (1 + drift_ppm * 1e-6) + offset_s, 0.05)
    assert found is not None
    assert np.median(np.abs(found[1] - right)) < 0.4 * error_s + 0.0005
    assert found[0].drift_ppm == pytest.approx(-drift_ppm, abs=300 if span_s < 100 else 30)


def test_a_small_drift_within_the_tolerance_is_found_too() -> None:
    rng = np.random.default_rng(1)
    one = volleys(rng, 40, 600.0)
    found = find(one, one * (1 + 60e-6) + rng.normal(0, 0.001, one.size), 0.05)
    assert found is not None
    assert found[0].drift_ppm == pytest.approx(-60, abs=5)


@pytest.mark.parametrize("sizes", [(3, 3), (20, 20), (100, 5), (60, 100)])
def test_unrelated_lists_have_no_common_clock_and_are_called_foreign(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        one, other = (volleys(rng, size, 50.0) for size in sizes)
        assert find(one, other, 0.05) is None
    report = make_report([1.0, 3.1, 7.7, 20.2])
    assert agreement(report, make_marks([2.0, 4.4, 9.1, 30.3])).foreign


def test_in_an_even_rhythm_no_shift_is_sure() -> None:
    beat = np.arange(0.0, 10.0, 0.5)
    assert find(beat, beat + 0.25, 0.05) is None
    assert find(beat, beat[:-4] + 1.25, 0.05) is None


def test_marks_that_agree_are_not_moved_for_one_more() -> None:
    rng = np.random.default_rng(3)
    one = volleys(rng, 60, 40.0)
    assert find(one, one + rng.normal(0, 0.01, one.size), 0.05) is None


def test_no_marks_or_no_shots_have_no_clock() -> None:
    assert find(np.empty(0), np.array([1.0]), 0.05) is None
    told = agreement(make_report(()), make_marks([5.0, 6.0]))
    assert counts(told) == (0, 0, 2, 0, 0, 0)
    assert not told.foreign
    assert math.isclose(told.by_chance, 0.0)
