"""Shots that share their delays share a position; whoever walks has several."""

from __future__ import annotations

import pytest

from detector.core.positions import group
from detector.records import IncidentShot
from detector.settings import FusionSettings
from tests.test_order import shot

HERE, THERE = {1: 0.0, 2: 0.030, 3: 0.012}, {1: 0.020, 2: 0.0, 3: 0.025}


def fired(number: int, delays_s: dict[int, float]) -> IncidentShot:
    return shot(number, {camera: 10.0 + number + delay_s for camera, delay_s in delays_s.items()})


def test_two_places_are_two_positions_whatever_the_order_of_shots() -> None:
    shots, positions = group([fired(n, HERE if n % 3 else THERE) for n in range(1, 10)], FusionSettings())
    assert [position.shots for position in positions] == [(1, 2, 4, 5, 7, 8), (3, 6, 9)]
    assert [one.position for one in shots] == [1, 1, 2, 1, 1, 2, 1, 1, 2]
    assert dict(((a, b), c) for a, b, c in positions[0].delays_s)[1, 2] == pytest.approx(0.030)


def test_a_shot_that_one_camera_missed_still_has_its_place() -> None:
    shots, positions = group([fired(1, HERE), fired(2, {1: 0.0, 3: 0.012}), fired(3, THERE), fired(4, THERE)],
                             FusionSettings())  # fmt: skip
    assert [one.position for one in shots] == [1, 1, 2, 2]
    assert len(positions) == 2


def test_who_walks_makes_several_positions() -> None:
    _, positions = group([fired(n, {1: 0.0, 2: 0.001 * n}) for n in range(1, 9)], FusionSettings())
    assert len(positions) > 1


def test_one_camera_and_single_shots_tell_of_no_place() -> None:
    alone, none = group([fired(1, {1: 0.0}), fired(2, {1: 0.0})], FusionSettings())
    assert none == ()
    assert [one.position for one in alone] == [None, None]
    _, single = group([fired(1, HERE), fired(2, THERE)], FusionSettings())
    assert single == ()


def test_the_delays_of_a_position_are_the_medians_of_its_shots() -> None:
    delays_s = (0.0295, 0.030, 0.0315)
    _, (place,) = group(
        [fired(n, {1: 0.0, 4: delay_s, 7: 0.012}) for n, delay_s in enumerate(delays_s)], FusionSettings()
    )
    assert (place.id, place.shots) == (1, (0, 1, 2))
    assert {(one, other): s for one, other, s in place.delays_s} == pytest.approx(
        {(1, 4): 0.030, (1, 7): 0.012, (4, 7): -0.018}
    )
    assert place.spread_s == pytest.approx(0.0015)  # the largest tenth of the distances from the medians


def test_times_are_told_to_the_microsecond() -> None:
    _, (place,) = group([fired(n, {1: 0.0, 2: 0.0123456789}) for n in (1, 2)], FusionSettings())
    assert place.delays_s == ((1, 2, 0.012346),)
    assert place.spread_s == 0.0
    _, (wider,) = group(
        [fired(n, {1: 0.0, 2: delay_s}) for n, delay_s in ((1, 0.01), (2, 0.0102468))], FusionSettings()
    )
    assert wider.spread_s == 0.000123  # each is 0.1234 ms from the middle


def test_a_shot_joins_where_all_its_delays_are_near_and_the_nearest_place() -> None:
    tolerance_s = FusionSettings().place_s
    near, far = {1: 0.0, 2: 0.9 * tolerance_s}, {1: 0.0, 2: 1.1 * tolerance_s}
    assert len(group([fired(1, {1: 0.0, 2: 0.0}), fired(2, near)], FusionSettings())[1]) == 1
    assert len(group([fired(1, {1: 0.0, 2: 0.0}), fired(2, far)], FusionSettings())[1]) == 0
    shots, _ = group(
        [fired(1, {1: 0.0, 2: 0.0}), fired(2, far), fired(3, near), fired(4, {1: 0.0, 2: 0.0})], FusionSettings()
    )
    assert [each.position for each in shots] == [1, 2, 2, 1]


def test_the_place_of_several_shots_is_their_mean_on_whatever_cameras_heard_them() -> None:
    """The third camera's place in the group comes from a shot that the second missed, moved to fit."""
    step_s = FusionSettings().place_s
    group_of = [
        fired(1, {1: 0.0, 2: 0.0}), fired(2, {1: 0.0, 2: 0.8 * step_s}), fired(3, {1: 0.5, 3: 0.5 + 0.010}),
        fired(4, {1: 0.0, 2: 0.4 * step_s, 3: 0.010}),
    ]  # fmt: skip
    shots, _ = group([*group_of[:2], group_of[3], group_of[2]], FusionSettings())
    assert [each.position for each in shots] == [1, 1, 1, 1]
    late, _ = group([*group_of[:2], group_of[3], fired(5, {1: 0.0, 3: 0.010 + 1.1 * step_s})], FusionSettings())
    assert late[-1].position is None
    # The mean of the first two is 0.4 steps: 1.3 steps are near to it, and were not to the first shot.
    assert group([*group_of[:2], fired(6, {1: 0.0, 2: 1.3 * step_s})], FusionSettings())[0][-1].position == 1
    assert group([*group_of[:2], fired(6, {1: 0.0, 2: 1.5 * step_s})], FusionSettings())[0][-1].position is None


def test_when_a_shot_was_fired_changes_nothing_of_its_place() -> None:
    sounds = [fired(1, HERE), fired(900, HERE), fired(2000, {1: 0.0, 2: 0.031, 3: 0.012}), fired(5000, HERE)]
    _, (place,) = group(sounds, FusionSettings())
    assert place.shots == (1, 900, 2000, 5000)
    assert place.delays_s[0][:2] == (1, 2)
    assert place.delays_s[0][2] == pytest.approx(0.030)


def test_one_place_is_known_by_whichever_cameras_heard_its_shots() -> None:
    heard = [{1: 0.0, 2: 0.3}, {1: 0.0, 2: 0.3, 3: 0.35}, {2: 0.0, 3: 0.05}, {1: 0.0, 3: 0.35}, {1: 0.0, 2: 0.3}]
    shots, (place,) = group([fired(n, delays_s) for n, delays_s in enumerate(heard, start=1)], FusionSettings())
    assert {each.position for each in shots} == {1}
    told = {(one, other): s for one, other, s in place.delays_s}
    assert told == pytest.approx({(1, 2): 0.3, (1, 3): 0.35, (2, 3): 0.05})


def test_delays_that_differ_by_just_the_tolerance_are_of_one_place() -> None:
    sounds = [fired(1, {1: 0.0, 2: 0.0}), fired(2, {1: 0.0, 2: 0.25})]
    assert [each.position for each in group(sounds, FusionSettings(place_s=0.25))[0]] == [1, 1]
    assert [each.position for each in group(sounds, FusionSettings(place_s=0.2499))[0]] == [None, None]


def test_the_spread_is_that_of_the_delays_alone() -> None:
    delays_s = (
        0.030,
        0.031,
        0.033,
    )  # 1, 0 and 2 ms from their median: nine tenths of the way from the least to the most
    _, (place,) = group([fired(n, {1: 0.0, 2: delay_s}) for n, delay_s in enumerate(delays_s)], FusionSettings())
    assert place.spread_s == pytest.approx(0.0018)
