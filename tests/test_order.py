"""Which of two sounds left its gun first: the bounds of physics, checked against guns and cameras at known places."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.order import SLOWEST_M_S, order
from detector.records import Arrival, Camera, IncidentShot, Order, Report
from detector.settings import Settings
from tests.builders import make_report

ERROR_S = 0.001
place = st.tuples(st.floats(-40, 40), st.floats(-40, 40))


def camera(number: int, wearer_fired: bool = False) -> Camera:
    return Camera(number, of_file(number), 0.0, 0.0, 0.01, None, None, None, wearer_fired=wearer_fired)


def of_file(number: int) -> Report:
    report = make_report()
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, sha256=f"{number:064x}"))


def shot(number: int, arrived_s: dict[int, float]) -> IncidentShot:
    first_s = min(arrived_s.values())
    arrivals = tuple(
        Arrival(at, number, "shot", time_s, ERROR_S, 0.99, time_s - first_s) for at, time_s in sorted(arrived_s.items())
    )
    return IncidentShot(number, "shot", first_s, ERROR_S, 0.99, 1, False, (0.0, 0.0), arrivals)


def heard(gap_s: float, guns_m: list[tuple[float, float]], cameras_m: list[tuple[float, float]]) -> list[IncidentShot]:
    """Two shots, the second leaving its gun `gap_s` after the first."""
    return [
        shot(
            number,
            {
                row + 1: 10 + number * gap_s + float(np.linalg.norm(np.subtract(gun, at))) / 343
                for row, at in enumerate(cameras_m)
            },
        )
        for number, gun in enumerate(guns_m, start=1)
    ]


def told(shots: list[IncidentShot], cameras: list[Camera], apart_m: float | None) -> Order:
    (one,) = order(shots, cameras, (), apart_m, Settings())
    return one


@given(st.floats(-0.3, 0.3), st.lists(place, min_size=2, max_size=2), st.lists(place, min_size=1, max_size=4))
def test_the_truth_lies_within_what_is_left_open(
    gap_s: float, guns_m: list[tuple[float, float]], cameras_m: list[tuple[float, float]]
) -> None:
    apart_m = float(np.linalg.norm(np.subtract(guns_m[0], guns_m[1])))
    cameras = [camera(row + 1) for row in range(len(cameras_m))]
    found = told(heard(gap_s, guns_m, cameras_m), cameras, apart_m)
    assert found.earliest_s - 1e-6 <= gap_s <= found.latest_s + 1e-6
    if found.decision == "first before second":
        assert gap_s > 0
    if found.decision == "second before first":
        assert gap_s < 0


def test_eighteen_milliseconds_do_not_fix_the_order_of_guns_eight_metres_apart() -> None:
    shots = [shot(1, {1: 5.0}), shot(2, {1: 5.018})]
    found = told(shots, [camera(1)], 8.0)
    assert found.decision == "cannot be told"
    assert found.sentence == (
        "The order of sounds 1 and 2 cannot be told from these recordings, because sound 2 may have left between -8 "
        "and 44 ms after sound 1, for guns at most 8 m apart; with guns less than 5.4 m apart it could be."
    )


def test_a_gap_longer_than_the_guns_are_apart_fixes_it() -> None:
    found = told([shot(1, {1: 5.0}), shot(2, {1: 5.018})], [camera(1)], 4.0)
    assert found.decision == "first before second"
    assert found.sentence == "Sound 1 left its gun before sound 2, for guns at most 4 m apart."
    assert found.earliest_s == pytest.approx(0.018 - ERROR_S * np.sqrt(2) - 4 / SLOWEST_M_S, abs=1e-6)


def test_both_wearers_need_neither_a_clock_nor_a_distance() -> None:
    """Maher's case: 292.9 and 374.2 ms, whose mean is the time between the shots."""
    shots = [shot(1, {1: 5.0, 2: 45.0}), shot(2, {1: 5.3742, 2: 45.2929})]
    found = told(shots, [camera(1, wearer_fired=True), camera(2, wearer_fired=True)], None)
    assert found.rests_on == "both wearers"
    assert (found.earliest_s + found.latest_s) / 2 == pytest.approx(0.33355, abs=1e-6)
    assert "each of the two wearers fired one of them" in found.sentence


def test_wearers_whose_shots_are_too_close_are_told_without_a_distance() -> None:
    shots = [shot(1, {1: 5.0, 2: 45.010}), shot(2, {1: 5.012, 2: 45.0})]
    cameras = [camera(1, wearer_fired=True), camera(2, wearer_fired=True)]
    found = told(shots, cameras, None)
    error_s = ERROR_S + Settings().order.arm_m / SLOWEST_M_S  # two gaps of two onsets each, halved
    assert (found.earliest_s, found.latest_s) == pytest.approx((0.001 - error_s, 0.001 + error_s), abs=2e-6)
    assert found.sentence == (
        "The order of sounds 1 and 2 cannot be told from these recordings, because sound 2 may have left between"
        f" {1e3 * found.earliest_s:.0f} and {1e3 * found.latest_s:.0f} ms after sound 1, if each of the two wearers"
        " fired one of them."
    )


def test_a_clock_whose_drift_is_not_known_is_taken_as_right() -> None:
    found = told([shot(1, {1: 5.0}), shot(2, {1: 1005.0})], [camera(1)], 0.0)
    assert (found.earliest_s + found.latest_s) / 2 == pytest.approx(1000.0, abs=1e-6)


def test_parts_of_one_file_are_one_wearer() -> None:
    cameras = [camera(number, wearer_fired=True) for number in (1, 2, 3)]
    part = dataclasses.replace(cameras[2], report=cameras[1].report)
    shots = [shot(1, {1: 5.0, 3: 45.0}), shot(2, {1: 5.3742, 3: 45.2929})]
    assert told(shots, [*cameras[:2], part], None).rests_on == "both wearers"
    assert told(shots, cameras, None).rests_on == "one file"
    # Two parts of one wearer's file, and no other wearer.
    both = [shot(1, {2: 5.0, 3: 45.0}), shot(2, {2: 5.3742, 3: 45.2929})]
    assert told(both, [cameras[1], part], None).rests_on == "one file"


def test_across_clocks_the_surest_cameras_are_taken_whatever_their_numbers() -> None:
    names = {1: 0.05, 2: 0.02, 3: 0.03}
    swapped = {4: 0.05, 2: 0.02, 3: 0.03}
    found = []
    for errors_s in (names, swapped):
        cameras = [dataclasses.replace(camera(number), error_s=error_s) for number, error_s in errors_s.items()]
        far, near, other = errors_s
        found.append(told([shot(1, {far: 5.0, near: 5.01}), shot(2, {other: 5.5})], cameras, 10.0))
    open_s = np.sqrt(2 * ERROR_S**2 + 0.02**2 + 0.03**2) + Settings().fusion.reach_s + 10 / SLOWEST_M_S
    assert (found[0].earliest_s, found[0].latest_s) == pytest.approx((0.49 - open_s, 0.49 + open_s), abs=2e-6)
    assert found[0] == found[1]


@pytest.mark.parametrize("changed", [{"same_as": 1}, {"wearer_fired": False}])
def test_one_wearer_or_a_copy_of_him_is_not_both(changed: dict[str, int | bool]) -> None:
    shots = [shot(1, {1: 5.0, 2: 45.0}), shot(2, {1: 5.3, 2: 45.3})]
    other = dataclasses.replace(camera(2, wearer_fired=True), **changed)  # type: ignore[arg-type]  # fields of several types
    assert told(shots, [camera(1, wearer_fired=True), other], None).rests_on == "one file"
    third = told(
        shots, [camera(1, wearer_fired=True), camera(2, wearer_fired=True), camera(3, wearer_fired=True)], None
    )
    assert third.rests_on == "one file"


def test_every_file_that_holds_both_narrows_what_is_open() -> None:
    shots = [shot(1, {1: 5.0, 2: 45.0}), shot(2, {1: 5.030, 2: 45.029})]
    found = told(shots, [camera(1), camera(2)], 0.0)
    error_s = ERROR_S * np.sqrt(2)
    assert (found.earliest_s, found.latest_s) == pytest.approx((0.030 - error_s, 0.029 + error_s), abs=2e-6)
    apart = told([shots[0], shot(2, {1: 5.040, 2: 45.020})], [camera(1), camera(2)], 0.0)
    assert (apart.earliest_s, apart.latest_s) == pytest.approx((0.020 + error_s, 0.040 - error_s), abs=2e-6)


def test_a_clock_that_is_fast_makes_gaps_shorter() -> None:
    fast = dataclasses.replace(camera(1), drift_ppm=100.0)
    found = told([shot(1, {1: 5.0}), shot(2, {1: 1005.0})], [fast], 0.0)
    assert (found.earliest_s + found.latest_s) / 2 == pytest.approx(1000 / 1.0001, abs=1e-6)


def test_across_clocks_their_errors_and_the_cameras_distance_are_left_open() -> None:
    one = camera(1)
    other = dataclasses.replace(camera(2), offset_s=-40.0, error_s=0.02)
    found = told([shot(1, {1: 5.0}), shot(2, {2: 45.5})], [one, other], 10.0)
    open_s = np.sqrt(2 * ERROR_S**2 + 0.01**2 + 0.02**2) + Settings().fusion.reach_s + 10 / SLOWEST_M_S
    assert (found.earliest_s, found.latest_s) == pytest.approx((0.5 - open_s, 0.5 + open_s), abs=2e-6)


@pytest.mark.parametrize(
    ("gap_s", "words"),
    [
        (0.0405, "; with guns less than 12 m apart it could be."),
        (-0.0405, "; with guns less than 12 m apart it could be."),
        (0.0259, "; with guns less than 8.1 m apart it could be."),
        (0.001, " apart (no distance was given)."),
    ],
)
def test_how_near_the_guns_would_have_to_be_is_rounded_down(gap_s: float, words: str) -> None:
    found = told([shot(1, {1: 5.0}), shot(2, {1: 5.0 + gap_s})], [camera(1)], None)
    assert found.decision == "cannot be told"
    assert found.sentence.endswith(words)


def test_the_second_may_be_first() -> None:
    found = told([shot(1, {1: 5.1}), shot(2, {1: 5.0})], [camera(1)], 4.0)
    assert found.decision == "second before first"
    assert found.sentence == "Sound 2 left its gun before sound 1, for guns at most 4 m apart."


def test_without_a_file_that_holds_both_the_clock_and_the_cameras_distance_come_on_top() -> None:
    shots = [shot(1, {1: 5.0}), shot(2, {2: 5.1})]
    found = told(shots, [camera(1), camera(2)], 1.0)
    assert (found.rests_on, found.decision) == ("common clock", "cannot be told")


def test_pairs_that_are_asked_for_follow_the_first_two_and_come_once() -> None:
    shots = [shot(number, {1: 5.0 + number}) for number in (1, 2, 3)]
    found = order(shots, [camera(1)], [(3, 2), (1, 2), (1, 9), (2, 2)], None, Settings())
    assert [(each.first, each.second) for each in found] == [(1, 2), (2, 3)]


@pytest.mark.parametrize(
    ("possible", "apart_m", "ends"),
    [
        ((), 10.0, "for guns at most 10 m apart."),
        ((2,), 10.0, "10 m apart. Sound 2 is only a possible shot: this holds if it is one."),
        ((1, 2), 10.0, "10 m apart. Sounds 1 and 2 are only possible shots: this holds if both are."),
        ((1,), 1000.0, "m apart it could be. Sound 1 is only a possible shot."),
    ],
)
def test_a_sound_that_is_only_possible_is_called_so(possible: tuple[int, ...], apart_m: float, ends: str) -> None:
    sounds = [
        dataclasses.replace(each, status="possible" if each.id in possible else "shot")
        for each in heard(0.5, [(0.0, 0.0), (5.0, 0.0)], [(2.0, 9.0)])
    ]
    assert told(sounds, [camera(1)], apart_m).sentence.endswith(ends)


def test_one_sound_has_no_order() -> None:
    assert order([shot(1, {1: 5.0})], [camera(1)], (), None, Settings()) == ()
