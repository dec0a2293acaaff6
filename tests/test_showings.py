from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.showings import find
from detector.records import Float64, Repeat
from detector.settings import RepeatSettings

SETTINGS = RepeatSettings()


def volley(shots: int, seed: int, spread: float = 0.35) -> Float64:
    """One shooter's times from 0 on, splits around 0.3 s."""
    splits = np.random.default_rng(seed).lognormal(np.log(0.3), spread, shots - 1)
    return np.concatenate([[0.0], np.cumsum(splits)])


def heard_elsewhere(times_s: Float64, seed: int) -> Float64:
    return times_s + np.random.default_rng(seed).normal(0, 0.0007, len(times_s))


@settings(deadline=None, max_examples=60)
@given(st.integers(14, 40), st.integers(0, 10**6), st.sampled_from([1.0, 0.5, 0.25]))
def test_another_view_is_found_at_its_place_and_speed(shots: int, seed: int, speed: float) -> None:
    original = 5.0 + volley(shots, seed)
    offset_s = original[-1] + 20.0
    (repeat,) = find(np.concatenate([original, heard_elsewhere(offset_s + original / speed, seed)]), SETTINGS)
    assert repeat.speed == speed
    assert repeat.start_s < offset_s + original[0] / speed
    assert repeat.stop_s > offset_s + original[-1] / speed
    for shot_s in original:
        shown_s = offset_s + shot_s / speed
        assert repeat.of_start_s + (shown_s - repeat.start_s) * speed == pytest.approx(shot_s, abs=0.003)


def test_missed_shots_and_echoes_do_not_hide_a_view() -> None:
    original = 5.0 + volley(14, 3)
    first = np.sort(np.concatenate([np.delete(original, [4]), original[[1, 6]] + 0.117]))
    second = np.sort(np.concatenate([np.delete(original, [2, 9]), original[[3]] + 0.06])) + 30.0
    assert len(find(np.concatenate([first, heard_elsewhere(second, 1)]), SETTINGS)) == 1


def test_a_second_gun_heard_later_by_the_other_camera_belongs_to_the_view() -> None:
    one, other = 5.0 + volley(12, 3), 5.1 + volley(7, 4)
    first = np.sort(np.concatenate([one, other]))
    second = np.sort(np.concatenate([one, other + 0.012])) + 30.0
    (repeat,) = find(np.concatenate([first, second]), SETTINGS)
    assert repeat.start_s < second[0]
    assert repeat.stop_s > second[-1]


def test_a_third_view_is_found_as_well() -> None:
    original = 5.0 + volley(10, 5)
    found = find(np.concatenate([original, original + 20, 40 + 2 * original]), SETTINGS)
    assert [r.speed for r in found] == [1.0, 0.5]


@settings(deadline=None, max_examples=100)
@given(st.integers(5, 25), st.integers(5, 25), st.integers(0, 10**6))
def test_two_volleys_of_one_shooter_are_no_view(one: int, other: int, seed: int) -> None:
    first, second = volley(one, 2 * seed), volley(other, 2 * seed + 1)
    assert find(np.concatenate([first, first[-1] + 8.0 + second]), SETTINGS) == ()


@pytest.mark.parametrize("rate_s", [0.05, 0.0667, 0.1])
def test_bursts_of_one_automatic_are_no_view(rate_s: float) -> None:
    burst = np.arange(30) * rate_s
    jitter = np.random.default_rng(0).normal(0, 0.0005, 60)
    assert find(np.concatenate([burst, 10 + burst]) + jitter, SETTINGS) == ()


def test_single_shots_with_the_same_echoes_are_no_view() -> None:
    echoes = np.array([0.0, 0.058, 0.117, 0.16, 0.34, 0.61, 0.7])
    assert find(np.concatenate([at_s + echoes for at_s in (3.0, 9.0, 16.0)]), SETTINGS) == ()


def test_known_showings_are_not_found_again() -> None:
    original = 5.0 + volley(10, 5)
    times_s = np.concatenate([original, original + 20, original + 40])
    known = Repeat(float(original[0]) + 19, float(original[-1]) + 21, float(original[0]) - 1)
    (other,) = find(times_s, SETTINGS, [known])
    assert other.start_s > 40


def test_few_onsets_prove_nothing() -> None:
    few = np.array([1.0, 1.3, 1.9, 3.1])
    assert find(np.concatenate([few, few + 10]), SETTINGS) == ()
    assert find(np.zeros(0), SETTINGS) == ()


@pytest.mark.parametrize("speed", [1.0, 0.5, 0.25])
@pytest.mark.parametrize(("length_s", "showings"), [(1.2, 0), (1.56, 1)])
def test_the_original_of_a_showing_lasts_a_second_and_a_half(speed: float, length_s: float, showings: int) -> None:
    rhythm = np.array([0.0, 0.13, 0.3, 0.55, 0.7, 0.93, 1.2]) * (length_s / 1.2)
    assert len(find(np.concatenate([rhythm, 20 + rhythm / speed]), SETTINGS)) == showings


def test_a_few_shots_out_of_a_long_volley_are_found() -> None:
    original = 5.0 + volley(20, 6)
    excerpt = original[6:13] + 30.0
    (repeat,) = find(np.concatenate([original, excerpt]), SETTINGS)
    assert repeat.start_s - repeat.of_start_s == pytest.approx(30.0, abs=0.001)
    assert (repeat.start_s, repeat.stop_s) == pytest.approx((excerpt[0] - 0.25, excerpt[-1] + 0.25))


def agreeing(exact: int, length_s: float) -> Float64:
    """Two volleys of 20 irregular shots: `exact` of the second just as in the first, the others 10 to 25 ms off."""
    rng = np.random.default_rng(8)
    first = (np.arange(20) + rng.uniform(-0.3, 0.3, 20)) * length_s / 20
    off_s = rng.uniform(0.010, 0.025, 20) * rng.choice([-1, 1], 20)
    off_s[np.linspace(0, 19, exact).round().astype(int)] = 0.0
    return np.concatenate([first, length_s + 10 + np.sort(first + off_s)])


def test_two_shots_in_five_must_agree_to_milliseconds() -> None:
    assert len(find(agreeing(8, 10.0), SETTINGS)) == 1
    assert find(agreeing(7, 10.0), SETTINGS) == ()


def test_in_denser_fire_as_many_shots_that_agree_prove_less() -> None:
    # Four times what chance brings is asked for on top: 20 * 20 * 8 ms / length within 4 ms: 0.8 in 4 s.
    assert find(agreeing(8, 4.0), SETTINGS) == ()


@pytest.mark.parametrize(("shared", "showings"), [(7, 1), (6, 0)])
def test_seven_shots_in_ten_must_have_a_partner(shared: int, showings: int) -> None:
    first = np.array([0.0, 0.31, 0.52, 0.98, 1.37, 1.62, 2.15, 2.41, 2.93, 3.3])
    second = first.copy()
    second[1 : 1 + 10 - shared] += 0.1
    assert len(find(np.concatenate([first, 20 + second]), SETTINGS)) == showings
