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
