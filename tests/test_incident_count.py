"""What all cameras together could hear, and what the count of an incident rests on."""

from __future__ import annotations

import dataclasses

import pytest

from detector.core.incident_count import basis, coverage, heard_s, residual_s
from detector.records import Camera, Coverage, State
from tests.builders import make_incident

Stretch = tuple[float, float, State]


def cameras(*stretches: list[Stretch], offsets_s: tuple[float, ...] = ()) -> list[Camera]:
    told = {number: each for number, each in enumerate(stretches, start=1)}
    return list(make_incident((), cameras=len(told), offsets_s=offsets_s or (0.0,) * len(told), coverage=told).cameras)


def covered(*stretches: list[Stretch], offsets_s: tuple[float, ...] = ()) -> list[tuple[float, float, str]]:
    return [(c.start_s, c.stop_s, c.state) for c in coverage(cameras(*stretches, offsets_s=offsets_s))]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (("overloaded", "heard"), "heard"),
        (("muted", "overloaded"), "overloaded"),
        (("no_audio", "not_analysed"), "not_analysed"),
        (("not_analysed", "damaged"), "damaged"),
        (("damaged", "muted"), "muted"),
        (("muted", "masked"), "masked"),
    ],
)
def test_of_two_cameras_the_one_that_hears_more_is_told(states: tuple[State, State], told: str) -> None:
    one, other = states
    assert covered([(0, 9, one)], [(0, 9, other)]) == covered([(0, 9, other)], [(0, 9, one)]) == [(0, 9, told)]


def test_one_camera_covers_for_another() -> None:
    assert covered([(0, 10, "heard"), (10, 20, "muted")], [(0, 5, "muted"), (5, 15, "heard"), (15, 20, "muted")]) == [
        (0, 15, "heard"),
        (15, 20, "muted"),
    ]


def test_each_stretch_lies_on_the_clock_of_the_incident() -> None:
    assert covered([(0, 10, "heard")], [(0, 10, "heard")], offsets_s=(0.0, 15.0)) == [
        (0, 10, "heard"),
        (10, 15, "no_audio"),
        (15, 25, "heard"),
    ]


def test_edges_that_differ_by_rounding_are_one() -> None:
    found = covered(
        [(0, 1 / 3, "heard"), (1 / 3, 9, "muted")], [(0, 1 / 3 + 3e-8, "muted"), (1 / 3 + 3e-8, 9, "heard")]
    )
    assert found == [(0, 9, "heard")]


def test_copies_and_those_without_a_clock_cover_nothing() -> None:
    known = cameras([(0, 5, "heard")], [(0, 9, "heard")], [(0, 9, "heard")])
    known[1] = dataclasses.replace(known[1], same_as=1)
    known[2] = dataclasses.replace(known[2], offset_s=None)
    assert coverage(known) == (Coverage(0, 5, "heard"),)
    assert coverage(known[2:]) == ()


def test_heard_is_what_a_camera_could_hear_overloaded_or_not() -> None:
    states: list[Stretch] = [(0, 1, "heard"), (1, 3, "overloaded"), (3, 7, "muted"), (7, 15, "heard")]
    assert heard_s(coverage(cameras(states))) == 11


def test_the_residual_is_over_shots_that_others_heard_too() -> None:
    incident = make_incident((5.0, 6.0, 7.0), cameras=2, places=(1, 2, 3), missed=[(2, 1)])
    delays_s = [a.delay_s for shot in incident.shots for a in shot.arrivals if a.camera == 2 and shot.id != 2]
    assert residual_s(incident.cameras[1], incident.shots) == pytest.approx(sum(delays_s) / 2)
    assert residual_s(incident.cameras[1], incident.shots[1:2]) is None


def test_the_basis_is_that_of_the_cameras_that_count() -> None:
    one, other = cameras([(0, 9, "heard")], [(0, 9, "heard")])
    told = basis([one, other])
    assert told["inside_calibrated_range"] is True
    assert told["calibrated_on"] == "composed scenes"
    assert "cameras" in told["fused_on"]
    assert "fused_on" not in basis([one])
    assert "fused_on" not in basis([one, dataclasses.replace(other, same_as=1)])
    assert "fused_on" not in basis([one, dataclasses.replace(other, offset_s=None)])


def with_basis(camera: Camera, **told: object) -> Camera:
    return dataclasses.replace(camera, report=dataclasses.replace(camera.report, basis=told))


def test_one_camera_outside_the_calibrated_range_takes_the_incident_with_it() -> None:
    one, other = cameras([(0, 9, "heard")], [(0, 9, "heard")])
    outside, silent = with_basis(other, inside_calibrated_range=False), with_basis(other)
    assert basis([one, outside])["inside_calibrated_range"] is False
    assert basis([one, silent])["inside_calibrated_range"] is False
    assert basis([one, dataclasses.replace(outside, same_as=1)])["inside_calibrated_range"] is True


def test_what_was_measured_of_single_recordings_is_not_said_of_several() -> None:
    (one,) = cameras([(0, 9, "heard")])
    assert "measured" not in basis([with_basis(one, measured={"recordings": 49}, inside_calibrated_range=True)])


def test_without_a_camera_on_the_clock_the_basis_is_that_of_the_first() -> None:
    (one,) = cameras([(0, 9, "heard")])
    assert basis([dataclasses.replace(one, offset_s=None)])["calibrated_on"] == "composed scenes"
