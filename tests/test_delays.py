import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.delays import delays, spectra
from detector.lab.clocks import drifted
from detector.records import Block, Float32
from tests.ears import SETTINGS

RATE_HZ = 48_000


def hiss(seconds: float = 3.0, seed: int = 0) -> Float32:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


def window(sound: Float32, start_s: float, rate_hz: int = RATE_HZ, channels: int = 1) -> Block:
    first = round(start_s * rate_hz)
    part = sound[first : first + round(SETTINGS.window_s * rate_hz)]
    return Block(first / rate_hz, rate_hz, np.repeat(part[:, None], channels, axis=1))


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.1, 0.1), st.floats(0.4, 1.6))
def test_a_delay_is_found_below_the_sample(delay_s: float, start_s: float) -> None:
    sound = hiss()
    # The second recording shows everything `delay_s` later: its window, read so much earlier, holds the same.
    one = spectra([window(sound, start_s)], np.array([start_s]), SETTINGS)
    block = window(sound, start_s - delay_s)
    later = Block(block.start_s + delay_s, RATE_HZ, block.samples)
    other = spectra([later], np.array([start_s]), SETTINGS)
    found = delays(one, other, SETTINGS)
    assert found.window.tolist() == [0]
    assert found.delay_s[0] == pytest.approx(delay_s, abs=1e-5)
    assert found.clear[0] > SETTINGS.clear
    assert found.coherence[0] > 0.6


@pytest.mark.parametrize("rate_hz", [6_000, 8_000, 16_000, 44_100])
def test_recordings_of_any_rates_are_compared(rate_hz: int) -> None:
    sound = hiss()
    slower = drifted(sound, 1e6 * (rate_hz / RATE_HZ - 1))
    one = spectra([window(sound, 1.0)], np.array([1.0]), SETTINGS)
    other = spectra([window(slower, 1.02, rate_hz)], np.array([1.02]), SETTINGS)
    found = delays(one, other, SETTINGS)
    assert found.delay_s == pytest.approx([-0.02], abs=3e-5)


def test_gain_sign_and_channels_make_no_difference() -> None:
    sound = hiss()
    one = spectra([window(sound, 1.0)], np.array([1.0]), SETTINGS)
    other = spectra([window(0.01 * sound, 1.003, channels=2)], np.array([1.003]), SETTINGS)
    assert delays(one, other, SETTINGS).delay_s == pytest.approx([-0.003], abs=1e-5)


def test_unrelated_sound_silence_and_short_windows_have_no_delay() -> None:
    sound, start_s = hiss(), np.array([0.5, 1.0, 1.5])
    one = spectra([window(sound, at_s) for at_s in start_s], start_s, SETTINGS)
    silence = Block(1.0, RATE_HZ, np.zeros((RATE_HZ // 2, 1), np.float32))
    other = spectra([window(hiss(seed=1), 0.5), silence, window(sound, 2.9)], start_s, SETTINGS)
    assert other.there.tolist() == [True, False, False]
    found = delays(one, other, SETTINGS)
    assert found.window.tolist() == [0]
    assert found.clear[0] < SETTINGS.clear
    assert found.coherence[0] < 0.2
    empty = spectra([], np.empty(0), SETTINGS)
    assert delays(empty, empty, SETTINGS).delay_s.size == 0


@pytest.mark.parametrize("window_s", [0.2, 0.5, 1.25])
def test_a_copy_agrees_in_all_its_phases_in_windows_of_any_length(window_s: float) -> None:
    asked = dataclasses.replace(SETTINGS, window_s=window_s)
    part = hiss()[:, None][RATE_HZ : RATE_HZ + round(window_s * RATE_HZ)]
    one = spectra([Block(1.0, RATE_HZ, part)], np.array([1.0]), asked)
    lines = 2 * window_s * (asked.highest_hz - asked.lowest_hz) + 1
    assert one.phases.shape == (1, round(lines))
    assert np.abs(one.phases) == pytest.approx(1.0, abs=1e-5)
    found = delays(one, one, asked)
    assert (found.delay_s[0], found.coherence[0]) == pytest.approx((0.0, 1.0), abs=1e-4)


@pytest.mark.parametrize("hz", [290.0, 4010.0])
def test_what_lies_beside_the_band_has_no_say(hz: float) -> None:
    hum = 100 * np.sin(2 * np.pi * hz * np.arange(3 * RATE_HZ) / RATE_HZ).astype(np.float32)
    one = spectra([window(hiss(), 1.0)], np.array([1.0]), SETTINGS)
    other = spectra([window(hiss() + hum, 1.0)], np.array([1.0]), SETTINGS)
    assert delays(one, other, SETTINGS).delay_s == pytest.approx([0.0], abs=1e-4)


@pytest.mark.parametrize("sign", [-1, 1])
def test_delays_are_searched_as_far_as_sources_may_lie_apart_and_no_farther(sign: int) -> None:
    sound, start_s = hiss(), np.array([1.0])
    one = spectra([window(sound, 1.0)], start_s, SETTINGS)
    for delay_s, found in ((SETTINGS.spread_s - 0.001, True), (SETTINGS.spread_s + 0.002, False)):
        block = window(sound, 1.0 - sign * delay_s)
        other = spectra([Block(1.0, RATE_HZ, block.samples)], start_s, SETTINGS)
        told = delays(one, other, SETTINGS)
        assert bool(abs(told.delay_s[0] - sign * delay_s) < 1e-4) is found
        assert abs(told.delay_s[0]) <= SETTINGS.spread_s
