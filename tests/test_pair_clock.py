import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.pair_clock import fitted
from detector.records import Float64
from tests.ears import SETTINGS


def sources(
    ppm: float, span_s: float = 300.0, n: int = 80, noise_s: float = 1e-4, seed: int = 0
) -> tuple[Float64, Float64]:
    """Times and lags of sounds from four places, 10 ms apart at most either way."""
    rng = np.random.default_rng(seed)
    time_s = np.sort(rng.uniform(0, span_s, n))
    place_s = rng.choice([-0.010, -0.004, 0.003, 0.010], n)
    return time_s, 5.0 + place_s + 1e-6 * ppm * (time_s - time_s.mean()) + rng.normal(0, noise_s, n)


@settings(max_examples=25, deadline=None)
@given(st.floats(-180, 180), st.integers(0, 1000))
def test_the_drift_is_found_below_the_scatter_of_places(ppm: float, seed: int) -> None:
    clock = fitted(*sources(ppm, seed=seed), SETTINGS)
    assert clock.drift is not None
    assert 1e6 * clock.drift == pytest.approx(ppm, abs=2.0)
    assert abs(1e6 * clock.drift - ppm) <= 1e6 * clock.drift_error <= SETTINGS.sure_ppm


def test_the_lag_is_the_middle_whoever_fires_more() -> None:
    time_s = np.linspace(0, 20, 40)
    lag_s = np.where(np.arange(40) % 5 == 0, 1.02, 0.98)
    clock = fitted(time_s, lag_s, SETTINGS)
    assert clock.lag_s == pytest.approx(1.0, abs=1e-6)
    assert (clock.earliest_s, clock.latest_s) == pytest.approx((0.98, 1.02))
    assert clock.error_s >= 0.02


def test_echoes_and_slips_far_off_move_little() -> None:
    time_s, lag_s = sources(0.0)
    lag_s[::16] += 0.1
    assert fitted(time_s, lag_s, SETTINGS).lag_s == pytest.approx(5.0, abs=0.002)


def test_short_or_few_or_walking_sound_tells_no_drift() -> None:
    assert fitted(*sources(40.0, span_s=20.0), SETTINGS).drift is None
    assert fitted(*sources(40.0, n=8), SETTINGS).drift is None
    time_s, lag_s = sources(40.0)
    walk_s = np.cumsum(np.random.default_rng(1).normal(0, 0.003, time_s.size))
    assert fitted(time_s, lag_s + walk_s, SETTINGS).drift is None
    clock = fitted(time_s, lag_s + 1e-3 * time_s, SETTINGS)
    assert clock.drift is None
    assert clock.drift_error == pytest.approx(1e-6 * SETTINGS.most_ppm)


def test_one_sound_gives_its_lag() -> None:
    clock = fitted(np.array([3.0]), np.array([0.25]), SETTINGS)
    assert (clock.lag_s, clock.at_s, clock.drift) == (0.25, 3.0, None)


def test_the_lag_is_that_at_the_middle_time_however_clocks_drift() -> None:
    clock = fitted(*sources(100.0), SETTINGS)
    assert (clock.earliest_s, clock.lag_s, clock.latest_s) == pytest.approx((4.99, 5.0, 5.01), abs=1e-3)
