"""First arrivals to a fraction of a millisecond, with errors that grow where the sound climbs slowly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from detector.core.arrivals import refine
from detector.records import Float32, Float64
from detector.settings import ArrivalSettings
from tests.soundscape import Pieces, rattle, stretch_of, stretches_of

SETTINGS = ArrivalSettings()


def blasts(at_samples: list[int], rate_hz: int, rise_s: float = 0.0, noise: float = 1e-3) -> Float32:
    """Four seconds with noise that begins at each sample, at once or over `rise_s`, and dies away."""
    rng = np.random.default_rng(6)
    sound = rng.normal(0, noise, 4 * rate_hz)
    for at in at_samples:
        t = np.arange(rate_hz // 10) / rate_hz
        climb = np.minimum(1, (t + 1 / rate_hz) / rise_s) if rise_s else np.ones(len(t))
        sound[at : at + len(t)] += 0.3 * rng.standard_normal(len(t)) * climb * np.exp(-t / 0.02)
    return sound.astype(np.float32)


def timed(sound: Float32, at_samples: list[int], rate_hz: int, first: int = 0) -> tuple[Float64, Float64]:
    (stretch,) = stretches_of(Pieces([(first, sound)], rate_hz), 3600.0)
    hop = np.array([(first + at) // stretch.hop for at in at_samples])
    arrivals = refine(stretch, hop, SETTINGS)
    return arrivals.time_s, arrivals.error_s


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000, 192_000])
def test_sharp_onsets_are_timed_within_half_a_millisecond(rate_hz: int) -> None:
    at = [int(t * rate_hz) for t in (0.50021, 1.2001, 2.33333, 3.1)]
    time_s, error_s = timed(blasts(at, rate_hz), at, rate_hz)
    np.testing.assert_allclose(time_s, np.array(at) / rate_hz, atol=5e-4)
    assert np.all(error_s >= SETTINGS.least_error_s)
    assert np.all(error_s < 0.002)


def test_slow_climbs_have_larger_errors_up_to_the_width_that_is_searched() -> None:
    at = [8000, 24_000, 40_000]
    sharp, slow, slower = (timed(blasts(at, 16_000, rise), at, 16_000)[1] for rise in (0.0, 0.003, 0.02))
    assert sharp.mean() < slow.mean()
    assert slow.mean() < slower.mean()
    assert slower.max() <= SETTINGS.most_error_s


def test_the_loudest_channel_is_timed() -> None:
    at = [16_000, 32_000]
    early, late = blasts(at, 16_000), blasts([a + 20 for a in at], 16_000)
    loud_early = np.stack([early, late * np.float32(0.3)], axis=1)
    loud_late = np.stack([early * np.float32(0.3), late], axis=1)
    np.testing.assert_array_equal(timed(loud_early, at, 16_000)[0], timed(early, at, 16_000)[0])
    shift_s = timed(loud_late, at, 16_000)[0] - timed(loud_early, at, 16_000)[0]
    np.testing.assert_allclose(shift_s, 20 / 16_000, atol=1e-12)


@pytest.mark.parametrize("hops", [-5000, 17, 10**6])
def test_a_shift_by_whole_hops_shifts_times_alone(hops: int) -> None:
    at = [8001, 24_017]
    sound = blasts(at, 16_000)
    here, there = timed(sound, at, 16_000), timed(sound, at, 16_000, first=hops * 16)
    np.testing.assert_allclose(there[0] - here[0], hops / 1000, atol=1e-12)
    np.testing.assert_array_equal(there[1], here[1])


@pytest.mark.parametrize("gain", [2.0**-12, 2.0**3])
def test_a_gain_that_is_a_power_of_two_changes_no_time(gain: float) -> None:
    at = [8001, 24_017, 40_000]
    sound = blasts(at, 44_100)
    for one, other in zip(timed(sound, at, 44_100), timed(sound * np.float32(gain), at, 44_100), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("gain", [0.013, 0.3, 1.7])
def test_any_other_gain_moves_no_time_by_a_fiftieth_of_a_millisecond(gain: float) -> None:
    at = [8001, 24_017, 40_000]
    sound = blasts(at, 16_000)
    moved_s = timed(sound * np.float32(gain), at, 16_000)[0] - timed(sound, at, 16_000)[0]
    assert np.abs(moved_s).max() <= 2e-5


def test_every_onset_is_timed_by_itself() -> None:
    stretch = stretch_of(rattle(3.0))
    hop = np.arange(60, 2900, 13)
    together = refine(stretch, hop, SETTINGS)
    alone = [refine(stretch, hop[row : row + 1], SETTINGS) for row in range(len(hop))]
    np.testing.assert_array_equal(together.time_s, np.concatenate([each.time_s for each in alone]))
    np.testing.assert_array_equal(together.error_s, np.concatenate([each.error_s for each in alone]))
    assert np.abs(together.time_s - hop / 1000).max() <= 0.01


def test_silence_has_a_time_too_and_no_onsets_have_none() -> None:
    stretch = stretch_of(np.zeros(16_000, np.float32))
    assert np.isfinite(refine(stretch, np.array([500]), SETTINGS).time_s).all()
    assert len(refine(stretch, np.zeros(0, np.int64), SETTINGS).time_s) == 0


def test_a_later_share_of_the_climb_is_crossed_later() -> None:
    at = [8000, 24_000, 40_000]
    sound = stretch_of(blasts(at, 16_000, rise_s=0.004))
    hop = np.array(at) // 16
    times = [refine(sound, hop, dataclasses.replace(SETTINGS, share=share)).time_s for share in (0.3, 0.5, 0.7, 0.9)]
    assert np.all(np.diff(times, axis=0) >= 0)
    assert np.all(times[-1] > times[0])


@pytest.mark.parametrize(("rate_hz", "at"), [(48_000, 20_011), (192_000, 80_003)])
def test_out_of_silence_an_onset_is_timed_to_the_sample(rate_hz: int, at: int) -> None:
    """Sound of one energy: the mean over `smooth_ms` climbs evenly from the onset on, and is told at its centre."""
    sound = np.zeros(rate_hz, np.float32)
    sound[at:] = 0.5 * (-1.0) ** np.arange(rate_hz - at)
    settings = dataclasses.replace(SETTINGS, foot_share=0.3, share=0.9)
    (stretch,) = stretches_of(Pieces([(0, sound)], rate_hz), 3600.0)
    found = refine(stretch, np.array([at // stretch.hop]), settings)
    width = round(settings.smooth_ms * stretch.hop)
    climbed = int(np.ceil(width * 1e-7**0.1 - 0.25))  # the first difference has a quarter of the others' energy
    assert climbed > 0
    assert found.time_s * rate_hz == pytest.approx([at + climbed - (width - 1) / 2], abs=1e-6)
    assert found.error_s == pytest.approx(settings.least_error_s + settings.error_per_rise * climbed / rate_hz)
