"""Where shots may be planted: away from all others, among others, and where it is quiet."""

from __future__ import annotations

import pytest

from detector.core.rooms import Span, between, common, inside, length_s, quiet, without
from detector.records import Repeat
from tests.builders import make_report


def near(spans: list[Span]) -> list[object]:
    return [pytest.approx(span) for span in spans]


def test_between_shots_a_planted_one_has_its_time_to_itself() -> None:
    assert near(between(make_report([20.0, 30.0]))) == [(0.6, 18.5), (22.0, 28.5), (32.0, 58.5)]


def test_shots_close_together_leave_no_room_between() -> None:
    assert near(between(make_report([20.0, 23.0]))) == [(0.6, 18.5), (25.0, 58.5)]


def test_what_is_unheard_or_shown_again_gives_no_room() -> None:
    report = make_report(
        [], coverage=[(0, 10, "heard"), (10, 12, "muted"), (12, 14, "heard"), (14, 15, "damaged"), (15, 40, "heard")],
        repeats=[Repeat(20.0, 24.0, 2.0)],
    )  # fmt: skip
    assert near(between(report)) == [(0.6, 8.5), (15.6, 20.0), (24.0, 38.5)]


def test_a_stretch_as_long_as_a_shot_needs_is_no_room_and_a_longer_one_is() -> None:
    for stop_s, room in ((2.1, 0.0), (2.6, 0.5)):
        report = make_report([], coverage=[(0, stop_s, "heard"), (stop_s, 60, "muted")])
        assert length_s(between(report)) == pytest.approx(room)


def test_overloaded_time_is_heard_and_joins_its_neighbours() -> None:
    report = make_report([], coverage=[(0, 10, "heard"), (10, 20, "overloaded"), (20, 30, "heard")])
    assert near(between(report)) == [(0.6, 28.5)]
    assert quiet(report) == [(0, 30)]


def test_among_others_is_in_volleys_of_several() -> None:
    assert near(inside(make_report([10.0, 10.5, 11.0, 30.0, 50.0, 51.0]))) == [(10.0, 11.0), (50.0, 51.0)]


def test_behind_a_single_shot_where_there_is_no_volley() -> None:
    assert near(inside(make_report([10.0, 30.0]))) == [(10.0, 11.0), (30.0, 31.0)]
    assert inside(make_report([])) == []


def test_it_is_quiet_five_seconds_from_every_volley() -> None:
    assert near(quiet(make_report([20.0, 21.0, 40.0]))) == [(0.0, 15.0), (26.0, 60.0)]


def test_what_is_taken_whole_leaves_nothing() -> None:
    assert without([(0.0, 1.0), (2.0, 3.0)], [(0.0, 1.0)]) == [(2.0, 3.0)]
    assert without([(5.0, 9.0)], [(6.0, 7.0)]) == [(5.0, 6.0), (7.0, 9.0)]
    assert common([(0.0, 4.0), (6.0, 9.0)], [(3.0, 7.0)]) == [(3.0, 4.0), (6.0, 7.0)]
