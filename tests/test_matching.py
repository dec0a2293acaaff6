"""Onsets of several cameras: which are one sound, however far the cameras stand apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.matching import Train, arrivals_s, expected_s, match
from detector.records import Float64, Int64
from detector.settings import FusionSettings

SETTINGS = FusionSettings()
CAMERAS_M = np.array([[0.0, 0.0], [18.0, 2.0], [6.0, 15.0]])
GUNS_M = np.array([[2.0, -8.0], [25.0, 10.0], [-9.0, 6.0]])


def fire(seed: int, shots: int = 12, guns: int = 3) -> tuple[list[Train], Int64]:
    """Trains of three cameras, and (shots, cameras) rows of the onsets of each shot, a tenth of them missing."""
    rng = np.random.default_rng(seed)
    emitted_s = np.concatenate([10 + np.cumsum(rng.uniform(0.2, 0.4, shots)) for _ in range(guns)])
    gun = np.repeat(np.arange(guns), shots)
    way_s = np.linalg.norm(GUNS_M[:, None] - CAMERAS_M, axis=2) / 343
    arrived_s = emitted_s[:, None] + way_s[gun] + rng.normal(0, 0.0004, (len(gun), len(CAMERAS_M)))
    arrived_s[rng.random(arrived_s.shape) < 0.1] = np.nan
    truth = np.full(arrived_s.shape, -1)
    trains = []
    for camera in range(len(CAMERAS_M)):
        heard = np.flatnonzero(np.isfinite(arrived_s[:, camera]))
        order = heard[np.argsort(arrived_s[heard, camera])]
        truth[order, camera] = np.arange(len(order))
        trains.append(Train(arrived_s[order, camera], np.full(len(order), 0.97)))
    return trains, truth


def pairs(sounds: Int64) -> set[tuple[int, int, int, int]]:
    found = set()
    for one in range(sounds.shape[1]):
        for other in range(one + 1, sounds.shape[1]):
            both = (sounds[:, one] >= 0) & (sounds[:, other] >= 0)
            found |= {(one, int(a), other, int(b)) for a, b in sounds[both][:, [one, other]]}
    return found


def test_shots_of_three_guns_are_matched_though_nearest_onsets_are_others() -> None:
    right = made = true = nearest_right = nearest = 0
    for seed in range(5):
        trains, truth = fire(seed)
        found, meant = pairs(match(trains, SETTINGS)), pairs(truth)
        right, made, true = right + len(found & meant), made + len(found), true + len(meant)
        closest = np.abs(trains[0].time_s[:, None] - trains[1].time_s).argmin(axis=1)
        naive = {(0, row, 1, int(column)) for row, column in enumerate(closest)}
        nearest_right, nearest = nearest_right + len(naive & meant), nearest + len(naive)
    assert right / made >= 0.97
    assert right / true >= 0.97
    assert nearest_right / nearest < 0.8


@given(st.integers(0, 2**16), st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_every_onset_is_in_exactly_one_sound(seed: int, shots: int) -> None:
    trains, _ = fire(seed, shots)
    sounds = match(trains, SETTINGS)
    for camera, train in enumerate(trains):
        used = sounds[:, camera][sounds[:, camera] >= 0]
        assert sorted(used.tolist()) == list(range(len(train)))
    assert (sounds >= 0).any(axis=1).all()
    first_s = np.nanmin(arrivals_s(sounds, trains), axis=1)
    assert (np.diff(first_s) >= 0).all()


def test_a_silent_camera_changes_no_match_of_the_others() -> None:
    trains, _ = fire(3)
    nothing = Train(np.empty(0), np.empty(0))
    sounds = match([*trains, nothing], SETTINGS)
    assert (sounds[:, 3] == -1).all()
    assert pairs(sounds[:, :3]) == pairs(match(trains, SETTINGS))


def test_the_whole_incident_may_stand_anywhere_on_the_clock() -> None:
    trains, _ = fire(4)
    later = [Train(train.time_s + 4096.0, train.probability) for train in trains]
    assert pairs(match(later, SETTINGS)) == pairs(match(trains, SETTINGS))


def test_onsets_farther_apart_than_sound_can_explain_are_two_sounds() -> None:
    trains = [Train(np.array([5.0]), np.array([0.9])), Train(np.array([5.3]), np.array([0.9]))]
    assert len(match(trains, SETTINGS)) == 2


def test_nothing_in_gives_nothing_out() -> None:
    nothing = Train(np.empty(0), np.empty(0))
    assert match([nothing, nothing], SETTINGS).shape == (0, 2)


def test_a_missing_arrival_is_expected_where_the_place_says() -> None:
    delay_s = np.array([0.0, 0.04])
    shots_s = 5 + 0.3 * np.arange(6, dtype=np.float64)
    chance = np.full(6, 0.95)
    trains = [Train(shots_s, chance), Train(np.delete(shots_s, 3) + delay_s[1], np.delete(chance, 3))]
    sounds = match(trains, SETTINGS)
    missing = int(np.flatnonzero(sounds[:, 1] < 0)[0])
    assert expected_s(sounds, trains, SETTINGS)[missing, 1] == pytest.approx(shots_s[3] + 0.04, abs=1e-6)


@pytest.mark.parametrize("times_s", [[2.0, 1.0], [1.0, 2.0, 3.0]])
def test_a_train_is_in_order_and_whole(times_s: Sequence[float]) -> None:
    chance: Float64 = np.full(2, 0.5)
    with pytest.raises(ValueError, match="a train needs times in order, and as many chances"):
        Train(np.array(times_s), chance)


def test_the_first_onset_of_each_camera_tells_of_a_place_too() -> None:
    trains = [Train(np.array([5.0, 6.0]), np.full(2, 0.95)), Train(np.array([5.04]), np.array([0.95]))]
    sounds = np.array([[0, 0], [1, -1]])
    assert expected_s(sounds, trains, SETTINGS)[1, 1] == pytest.approx(6.04, abs=1e-9)


def test_onsets_that_match_nothing_are_sounds_of_one_camera() -> None:
    alone = [Train(np.array([at_s]), np.array([0.9])) for at_s in (5.0, 8.0)]
    assert sorted(match(alone, SETTINGS).tolist()) == [[-1, 0], [0, -1]]


def test_doubtful_onsets_are_matched_as_well() -> None:
    trains, truth = fire(3, guns=1)
    doubtful = [Train(train.time_s, np.full(len(train), 0.3)) for train in trains]
    assert pairs(match(doubtful, SETTINGS)) == pairs(truth)


def heard_at(*times_s: Sequence[float | None]) -> tuple[list[Train], Int64]:
    """Trains of some cameras, and the sounds, in the order told: times at each camera, None where it has no onset."""
    columns = list(zip(*times_s, strict=True))
    known = [sorted(at_s for at_s in column if at_s is not None) for column in columns]
    trains = [Train(np.array(each_s), np.full(len(each_s), 0.95)) for each_s in known]
    rows = [
        [-1 if at_s is None else each_s.index(at_s) for at_s, each_s in zip(sound, known, strict=True)]
        for sound in times_s
    ]
    return trains, np.array(rows)


def test_a_sound_just_before_tells_more_of_a_place_than_one_long_before_though_an_onset_is_a_millisecond_off() -> None:
    trains, sounds = heard_at((8.9, 8.91, 8.96), (9.9, 9.911, 9.93), (10.0, 10.01, None))
    # 30 ms after the first camera, 19 after the second: 10.030 and 10.029.
    assert expected_s(sounds, trains, SETTINGS)[2, 2] == pytest.approx(10.0295, abs=1e-9)


@pytest.mark.parametrize(("apart_s", "there_s"), [(0.005, 10.0275), (0.0065, 10.06)])
def test_a_sound_of_which_hardly_anything_is_known_tells_more_than_one_from_elsewhere(
    apart_s: float, there_s: float
) -> None:
    """The likelier to be elsewhere the more its delay between two cameras differs: 6.5 ms is more than chance."""
    trains, sounds = heard_at((9.8, None, 9.86), (9.9, 9.91 + apart_s, 9.93), (10.0, 10.01, None))
    assert expected_s(sounds, trains, SETTINGS)[2, 2] == pytest.approx(there_s, abs=1e-9)


def test_sounds_of_one_camera_each_tell_nothing_of_each_other() -> None:
    trains, sounds = heard_at((5.0, None), (None, 8.0))
    assert expected_s(sounds, trains, SETTINGS).tolist() == [[5.0, 5.0], [8.0, 8.0]]


@pytest.mark.parametrize(("chance", "sounds"), [(0.5, 1), (0.3, 2)])
def test_two_onsets_by_themselves_are_one_sound_where_they_are_likely_enough_to_be_a_shot(
    chance: float, sounds: int
) -> None:
    """At 0.5: odds of 2:3 to be heard at both, 10:3 that it arrives just then, against 7:5 of an onset by itself."""
    trains = [Train(np.array([at_s]), np.array([chance])) for at_s in (5.0, 5.05)]
    assert len(match(trains, SETTINGS)) == sounds
