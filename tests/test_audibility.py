"""What it takes to be heard: bands, levels, and a few milliseconds of sound in them."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core.audibility import AUDIBLE_DB, WITHIN_S, band_power, level_db

RATE_HZ = 48000


def tone(hz: float, rate_hz: int = RATE_HZ, length: int = 480) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(length) / rate_hz)


@pytest.mark.parametrize(("hz", "band"), [(300, 0), (700, 0), (900, 1), (2400, 1), (2700, 2), (7900, 2)])
@pytest.mark.parametrize("rate_hz", [24000, RATE_HZ])
def test_a_tone_lies_in_its_band(hz: float, band: int, rate_hz: int) -> None:
    power = band_power(tone(hz, rate_hz, rate_hz // 100), rate_hz)
    assert power[band] > 0.8 * power.sum()


@pytest.mark.parametrize("length", [480, 481])
def test_power_is_that_of_the_changes_between_samples_of_a_sound_of_any_length(length: int) -> None:
    """A step is one change: power 1 at each line of the spectrum, which lie 100 Hz apart."""
    step = np.zeros(length)
    step[length // 2 :] = 1.0
    assert band_power(step, RATE_HZ) == pytest.approx([6, 17, 55])


@pytest.mark.parametrize("hz", [200, 800, 2500])
def test_a_band_holds_its_lower_edge_and_not_its_upper(hz: int) -> None:
    edges = [200, 800, 2500, 8000]
    power = band_power(tone(hz), RATE_HZ)
    assert power.argmax() == edges.index(hz)
    assert power[power.argmax() - 1] < power.max() / 10


def test_beyond_eight_kilohertz_nothing_is_judged() -> None:
    assert band_power(tone(12000), RATE_HZ).sum() < 0.01 * band_power(tone(6000), RATE_HZ).sum()
    assert band_power(tone(100), RATE_HZ).sum() < 0.2 * band_power(tone(300), RATE_HZ).sum()


def test_power_grows_with_the_square_and_not_with_an_offset() -> None:
    sound = tone(500)
    assert band_power(2 * sound, RATE_HZ) == pytest.approx(4 * band_power(sound, RATE_HZ))
    assert band_power(sound + 0.5, RATE_HZ) == pytest.approx(band_power(sound, RATE_HZ))
    assert band_power(np.full(480, 0.5), RATE_HZ) == pytest.approx(np.zeros(3))


@pytest.mark.parametrize(("times", "told_db"), [(0.0, -30.0), (1.0, 0.0), (3.98, 6.0), (100.0, 20.0)])
def test_a_level_is_decibels_over_what_was_there(times: float, told_db: float) -> None:
    there = np.array([2.0, 3.0, 4.0])
    assert level_db(there * [0, times, 0], there) == pytest.approx(told_db, abs=0.02)


def test_a_shot_is_heard_at_twice_the_amplitude_within_three_milliseconds() -> None:
    assert level_db(np.array([4.0, 0, 0]), np.ones(3)) == pytest.approx(AUDIBLE_DB, abs=0.1)
    assert 0.002 <= WITHIN_S < 0.005  # shorter than the echo of the ground at a chest's height, longer than a blast
