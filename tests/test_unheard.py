"""What of a tally's window could not be heard, and what of that could hold its shots."""

from __future__ import annotations

import dataclasses

import pytest

from detector.core.unheard import DENSEST_PER_S, Unheard, find, length_s
from detector.records import Coverage, State
from tests.builders import make_report, make_tally

Stretch = tuple[float, float, State]


def found(
    shots_s: list[float],
    coverage: list[Stretch],
    *,
    window: tuple[float, float] | None = None,
    reach_s: float | None = None,
    duration_s: float = 60.0,
) -> Unheard:
    report = make_report(shots_s, coverage=coverage, duration_s=duration_s)
    return find(report, make_tally(window=window), shots_s, reach_s)


def spans(stretches: tuple[Coverage, ...]) -> list[Stretch]:
    return [(c.start_s, c.stop_s, c.state) for c in stretches]


def test_what_no_stretch_speaks_of_was_not_analysed() -> None:
    told: list[Stretch] = [(5, 10, "heard"), (12, 20, "muted"), (20, 50, "heard")]
    assert spans(found([], told).open) == [
        (0, 5, "not_analysed"), (10, 12, "not_analysed"), (12, 20, "muted"), (50, 60, "not_analysed"),
    ]  # fmt: skip
    assert spans(found([], [(0, 60, "heard")]).open) == []


def test_a_window_is_taken_at_its_word() -> None:
    told: list[Stretch] = [(0, 10, "muted"), (10, 60, "heard")]
    assert spans(found([], told, window=(8, 70)).open) == [(8, 10, "muted"), (60, 70, "not_analysed")]
    assert spans(found([], told, window=(10, 60)).open) == []


def test_a_recording_may_begin_before_zero_and_end_after_its_length() -> None:
    assert spans(found([], [(-2, 61, "heard"), (61, 63, "damaged")]).open) == [(61, 63, "damaged")]
    assert spans(found([], [(-2, -1, "muted"), (-1, 60, "heard")]).open) == [(-2, -1, "muted")]


def test_stretches_that_overlap_are_heard_where_one_says_so() -> None:
    assert spans(found([], [(0, 40, "heard"), (10, 20, "heard"), (40, 60, "heard")]).open) == []


@pytest.mark.parametrize(("seconds", "counts"), [(0.25, 0.25), (0.24, 0.0)])
def test_a_blink_is_too_short_to_matter(seconds: float, counts: float) -> None:
    gaps = Unheard((Coverage(0.0, seconds, "muted"),), (), ())
    assert (gaps.seconds, gaps.room) == (counts, int(counts * DENSEST_PER_S))


def test_the_room_is_that_of_the_densest_fire() -> None:
    assert Unheard((Coverage(0.0, 2.0, "muted"), Coverage(9.0, 9.3, "muted")), (), ()).room == 57


# Shots at 20 and 22 s; a tally's span of 8 s lets its shots lie between 14 and 28 s.
SPANNED: list[Stretch] = [
    (0, 5, "muted"), (5, 12, "heard"), (12, 16, "muted"), (16, 26, "heard"), (26, 28, "masked"), (28, 30, "damaged"),
    (30, 60, "heard"),
]  # fmt: skip


def test_the_span_of_the_tally_bounds_where_its_shots_may_lie() -> None:
    gaps = found([20.0, 22.0], SPANNED, reach_s=8.0)
    assert spans(gaps.beyond_span) == [(0, 5, "muted"), (28, 30, "damaged")]
    assert spans(gaps.open) == [(14, 16, "muted"), (26, 28, "masked")]


def test_a_stretch_that_ends_where_the_span_begins_is_beyond_it() -> None:
    told: list[Stretch] = [(10, 14, "muted"), (14, 60, "heard"), (0, 10, "heard")]
    assert spans(found([20.0, 22.0], told, reach_s=8.0).beyond_span) == [(10, 14, "muted")]


@pytest.mark.parametrize("reach_s", [None, 1.9])
def test_a_span_that_the_shots_heard_exceed_bounds_nothing(reach_s: float | None) -> None:
    gaps = found([20.0, 22.0], SPANNED, reach_s=reach_s)
    assert gaps.beyond_span == ()
    assert length_s(gaps.open) == 13


def test_a_span_just_as_long_as_that_heard_leaves_only_what_lies_inside() -> None:
    told: list[Stretch] = [(0, 10, "muted"), (10, 21, "heard"), (21, 21.5, "muted"), (21.5, 60, "heard")]
    assert spans(found([20.0, 22.0], told, reach_s=2.0).open) == [(21, 21.5, "muted")]


@pytest.mark.parametrize(("shot_s", "far"), [(90.0, True), (89.0, False)])
def test_a_quiet_minute_parts_a_stretch_from_the_firing(shot_s: float, far: bool) -> None:
    told: list[Stretch] = [(0, 30, "muted"), (30, 300, "heard")]
    gaps = found([shot_s, shot_s + 1], told, duration_s=300.0)
    assert (spans(gaps.far), spans(gaps.open)) == (([(0, 30, "muted")], []) if far else ([], [(0, 30, "muted")]))


def test_only_heard_time_is_quiet_and_the_nearer_shot_counts() -> None:
    told: list[Stretch] = [(0, 50, "heard"), (50, 100, "muted"), (100, 110, "heard"), (110, 120, "muted"),
                           (120, 300, "heard")]  # fmt: skip
    assert spans(found([45.0], told, duration_s=300.0).open) == [(50, 100, "muted"), (110, 120, "muted")]
    assert spans(found([250.0], told, duration_s=300.0).far) == [(50, 100, "muted"), (110, 120, "muted")]
    assert spans(found([45.0, 250.0], told, duration_s=300.0).far) == []


def test_a_stretch_with_a_shot_inside_is_not_far() -> None:
    told: list[Stretch] = [(0, 100, "heard"), (100, 110, "masked"), (110, 300, "heard")]
    for shot_s in (100.0, 105.0):
        assert spans(found([shot_s], told, duration_s=300.0).open) == [(100, 110, "masked")]


def test_a_window_takes_in_what_is_far_and_without_a_shot_nothing_is_far() -> None:
    told: list[Stretch] = [(0, 30, "muted"), (30, 300, "heard")]
    assert found([200.0], told, duration_s=300.0, window=(0, 300)).far == ()
    assert found([], told, duration_s=300.0) == Unheard((Coverage(0, 30, "muted"),), (), ())


def test_overloaded_time_is_heard() -> None:
    report = dataclasses.replace(make_report([]), coverage=(Coverage(0, 60, "overloaded"),))
    assert find(report, make_tally(), [], None) == Unheard((), (), ())
