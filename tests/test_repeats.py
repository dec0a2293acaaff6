from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.repeats import RepeatMeter
from detector.records import Float32, Repeat
from detector.settings import RepeatSettings, StretchSettings
from tests.blocks import RATE_HZ, measured, noise, through_aac, with_blasts

HOP_S = 0.001


def repeats_in(
    sound: Float32, first: int = 0, sizes: tuple[int, ...] = (4096,), grid: StretchSettings | None = None
) -> tuple[Repeat, ...]:
    meter = RepeatMeter(RepeatSettings())
    for frames in measured(sound, first, sizes, grid):
        meter.add(frames)
    return meter.repeats()


def scene(seconds: float, shots_s: tuple[float, ...], seed: int, level_db: float = -45.0) -> Float32:
    """Shots of one gun at one place in a background of its own."""
    return with_blasts(noise(seconds, level_db, seed), shots_s)


VOLLEY_S = (2.0, 2.31, 2.74, 4.4)


def test_a_second_showing_is_found_with_its_lag() -> None:
    first = scene(8.0, VOLLEY_S, 1)
    between = scene(5.3217, (2.5,), 2)
    (repeat,) = repeats_in(np.concatenate([first, between, first]))
    assert repeat.start_s - repeat.of_start_s == pytest.approx(8.0 + 5.3217, abs=HOP_S)
    assert repeat.start_s == pytest.approx(13.3217, abs=0.1)
    assert repeat.stop_s == pytest.approx(21.3217, abs=0.1)
    assert repeat.speed == 1.0


@pytest.mark.parametrize("gain", [0.25, 1.5])
@pytest.mark.parametrize("shift", [0, 3, 61])
def test_a_re_encoded_showing_of_part_of_it_at_another_level_is_found(gain: float, shift: int) -> None:
    first = scene(9.0, VOLLEY_S, 1)
    again = through_aac(first[RATE_HZ : 7 * RATE_HZ], 24000) * np.float32(gain)
    card = np.zeros(2 * RATE_HZ + shift, np.float32)
    (repeat,) = repeats_in(np.concatenate([first, card, again, scene(3.0, (), 3)]))
    lag_s = 10.0 + shift / RATE_HZ
    assert repeat.start_s - repeat.of_start_s == pytest.approx(lag_s, abs=2 * HOP_S)
    assert repeat.start_s == pytest.approx(1.0 + lag_s, abs=0.15)
    assert repeat.stop_s == pytest.approx(7.0 + lag_s, abs=0.15)


def test_a_third_showing_refers_to_the_first() -> None:
    first = scene(6.0, VOLLEY_S, 1)
    found = repeats_in(np.concatenate([first, scene(3.0, (), 2), first, scene(4.0, (), 3), first]))
    assert [round(r.of_start_s, 1) for r in found] == [0.0, 0.0]
    assert [round(r.start_s, 1) for r in found] == [9.0, 19.0]


def test_the_same_volley_over_another_background_is_no_repeat() -> None:
    assert repeats_in(np.concatenate([scene(8.0, VOLLEY_S, 1), scene(8.0, VOLLEY_S, 2)])) == ()


def test_shots_of_one_gun_with_long_tails_at_one_place_are_no_repeat() -> None:
    rough = np.random.default_rng(7).standard_normal(2 * RATE_HZ)
    shot = (0.5 * rough * np.exp(-np.arange(2 * RATE_HZ) / RATE_HZ / 0.5)).astype(np.float32)
    sound = noise(20.0, -60.0)
    for at_s in (2, 7, 13):
        sound[at_s * RATE_HZ : (at_s + 2) * RATE_HZ] += shot
    assert repeats_in(sound) == ()


def test_tones_beats_beeps_silence_and_steady_noise_are_no_repeats() -> None:
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    beep = np.sin(2 * np.pi * 1000 * time_s) * ((time_s % 10 > 4) & (time_s % 10 < 4.3)) * 0.2
    beat = np.sign(np.sin(2 * np.pi * 4 * time_s)) * 0.2
    hum = 0.3 * np.sin(2 * np.pi * 50 * time_s) + 0.1 * np.sin(2 * np.pi * 150 * time_s)
    sounds = [hum, beat, beep, np.zeros(len(time_s)), hum * (1 + beat), beep + hum]
    for sound in sounds:
        assert repeats_in(sound.astype(np.float32)) == ()
    assert repeats_in(noise(20.0) + beep.astype(np.float32)) == ()


def test_a_ringing_phone_in_a_living_background_is_no_repeat() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    ring = 0.05 * np.sin(2 * np.pi * 900 * time_s) * (np.sin(2 * np.pi * 20 * time_s) > 0)
    sound = noise(24.0, -45.0)
    for at_s in (2, 8, 14, 20):
        sound[at_s * RATE_HZ : (at_s + 2) * RATE_HZ] += ring.astype(np.float32)
    assert repeats_in(sound) == ()


def test_a_loop_of_mere_background_is_no_repeat() -> None:
    assert repeats_in(np.tile(noise(6.0, -50.0), 3)) == ()


@settings(deadline=None, max_examples=10)
@given(
    st.integers(-20000, 20000),
    st.lists(st.integers(300, 5000), min_size=1, max_size=3).map(tuple),
    st.floats(0.3, 5.0),
    st.floats(0.05, 1.0),
)
def test_repeats_do_not_depend_on_the_cut(first: int, sizes: tuple[int, ...], length_s: float, margin_s: float) -> None:
    part = scene(5.0, (1.5, 1.9), 1)
    sound = np.concatenate([part, scene(2.0, (), 2), part])
    whole = repeats_in(sound, first)
    assert len(whole) == 1
    assert repeats_in(sound, first, sizes, StretchSettings(length_s=length_s, margin_s=margin_s)) == whole


def test_nothing_in_gives_nothing_out() -> None:
    assert RepeatMeter(RepeatSettings()).repeats() == ()
    assert repeats_in(noise(0.1)) == ()
