import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.lab.clocks import Clock, drifted


@given(st.floats(0, 60), st.floats(0, 60), st.floats(-200, 200), st.floats(0, 3600))
def test_what_a_file_shows_is_told_back(start_s: float, late_s: float, ppm: float, scene_s: float) -> None:
    clock = Clock(start_s, late_s, ppm)
    assert clock.told(clock.shown(scene_s)) == pytest.approx(scene_s, abs=1e-9)
    assert clock.shown(start_s) == late_s
    assert clock.shown(start_s + 1000) - late_s == pytest.approx(1000 + 1e-3 * ppm, abs=1e-9)


def test_without_drift_the_offset_is_all_there_is() -> None:
    clock = Clock(start_s=2.5, late_s=0.5)
    times = np.array([3.0, 4.0])
    assert (clock.shown(times) + clock.offset_s).tolist() == times.tolist()


@pytest.mark.parametrize("ppm", [-200.0, 0.0, 35.0, 1000.0])
def test_a_fast_clock_stretches_the_sound_and_leaves_its_first_sample(ppm: float) -> None:
    at = np.array([50, 200_000, 470_000])
    sound = np.zeros(480_000, np.float32)
    sound[at] = 1.0
    slow = drifted(sound, ppm)
    assert len(slow) == pytest.approx(480_000 * (1 + 1e-6 * ppm), abs=1)
    for first in at:
        meant = first * (1 + 1e-6 * ppm)
        near = slow[round(meant) - 20 : round(meant) + 21]
        centre = np.sum(np.arange(-20, 21) * near**2) / np.sum(near**2) + round(meant)
        assert centre == pytest.approx(meant, abs=0.05)
