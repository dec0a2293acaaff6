from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.frames import BANDS, FRAME_HOPS, Frames, measure, with_margins, within
from detector.core.stretches import cut
from detector.records import Block, Float32
from detector.settings import StretchSettings
from tests.blocks import RATE_HZ, blast, measured, noise, with_blasts

HOP = RATE_HZ // 1000


def _columns(parts: list[Frames]) -> dict[str, Float32]:
    """Every column over the whole recording."""
    names = [field.name for field in dataclasses.fields(Frames)]
    names = [name for name in names if name not in ("first", "frame_s", "edges_hz")]
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 99),
    first=st.integers(-3000, 3000),
    length=st.integers(1, 9000),
    sizes=st.lists(st.integers(40, 3000), min_size=1, max_size=4),
    length_s=st.floats(0.1, 0.8),
    margin_s=st.floats(0.05, 0.4),
)
def test_columns_are_the_same_bit_by_bit_however_the_sound_is_cut(
    seed: int, first: int, length: int, sizes: list[int], length_s: float, margin_s: float
) -> None:
    sound = np.clip(with_blasts(noise(1.2, seed=seed), [0.5, 0.9]) * 3, -1, 1)[:length]
    whole = measured(sound, first)
    parts = measured(sound, first, sizes, StretchSettings(length_s=length_s, margin_s=margin_s))
    parts = [part for part in parts if len(part.minimum)]
    numbers = np.concatenate([part.first + np.arange(len(part.minimum)) for part in parts])
    np.testing.assert_array_equal(numbers, whole[0].first + np.arange(len(numbers)))
    expected = _columns(whole)
    for name, column in _columns(parts).items():
        np.testing.assert_array_equal(column, expected[name], err_msg=name)


def test_columns_agree_with_their_definitions() -> None:
    sound = np.stack([noise(1.0, seed=1), noise(1.0, -30.0, seed=2)], axis=1)
    (frames,) = measured(sound)
    hops = sound.reshape(-1, HOP, 2)
    np.testing.assert_allclose(frames.hop_power, (hops**2).mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(frames.maximum, sound.reshape(-1, FRAME_HOPS * HOP * 2).max(axis=1))
    np.testing.assert_array_equal(frames.minimum, sound.reshape(-1, FRAME_HOPS * HOP * 2).min(axis=1))
    assert frames.heard.all()


@pytest.mark.parametrize("frequency_hz", [150.0, 1000.0, 3100.0])
def test_a_sine_has_its_power_in_its_band(frequency_hz: float) -> None:
    sine = (0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    (frames,) = measured(sine)
    band = int(np.searchsorted(frames.edges_hz, frequency_hz, side="right")) - 1
    power = frames.band_power[10]
    assert abs(int(power.argmax()) - band) <= 1
    assert 10 * np.log10(power.sum() / 0.125) == pytest.approx(0.0, abs=0.5)
    assert power[max(0, band - 2) : band + 3].sum() > 0.98 * power.sum()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000, 192000])
def test_bands_are_64_and_ascend_to_12_khz_or_nyquist_at_any_rate(rate_hz: int) -> None:
    (frames,) = measured(noise(0.2, rate_hz=rate_hz), rate_hz=rate_hz)
    assert frames.band_power.shape[1] == BANDS
    assert np.all(np.diff(frames.edges_hz) > 0)
    assert frames.edges_hz[-1] <= min(12000, rate_hz / 2) * 1.02 + frames.edges_hz[0]
    assert np.isfinite(frames.band_power).all()


def test_a_pair_of_frames_has_the_spectrum_of_its_louder_frame() -> None:
    quiet = noise(1.0, -60.0)
    loud = with_blasts(quiet, [0.5])
    (before,), (after,) = measured(quiet), measured(loud)
    pair = round(0.5 / (2 * before.frame_s))
    assert after.band_power[2 * pair].sum() > 1000 * before.band_power[2 * pair].sum()
    np.testing.assert_array_equal(after.band_power[2 * pair], after.band_power[2 * pair + 1])


@pytest.mark.parametrize("rail", [1.0, 0.4])
def test_flat_tops_are_seen_at_any_rail(rail: float) -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    overdriven = np.sin(2 * np.pi * 430 * time_s) * 8 * np.exp(-np.maximum(0, time_s - 0.5) / 0.02) * (time_s > 0.5)
    (frames,) = measured(np.clip(overdriven, -1, 1).astype(np.float32) * np.float32(rail) + noise(1.0, -60.0))
    clipped_s = np.flatnonzero(frames.clipped) * 5 * HOP / RATE_HZ
    assert len(clipped_s) >= 3
    assert clipped_s.min() >= 0.495
    assert clipped_s.max() <= 0.56


def test_sines_noise_rumble_and_blasts_below_the_rail_are_not_flat_topped() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sines = [(0.9 * np.sin(2 * np.pi * f * time_s)).astype(np.float32) for f in (3, 17, 60, 440, 1000)]
    for sound in [*sines, noise(2.0, -15.0), blast(peak=0.9)]:
        (frames,) = measured(sound)
        assert not frames.clipped.any()


def test_opposite_channels_keep_their_power() -> None:
    one = noise(0.5)
    (opposite,), (mono,) = measured(np.stack([one, -one], axis=1)), measured(one)
    np.testing.assert_allclose(opposite.band_power, mono.band_power, rtol=1e-5)
    np.testing.assert_allclose(opposite.hop_power, mono.hop_power, rtol=1e-5)


def test_missing_samples_count_as_zeros_and_unheard() -> None:
    sound = np.ones((100 * HOP, 1), np.float32)
    blocks = [Block(0.0, RATE_HZ, sound), Block(0.2, RATE_HZ, sound)]
    (frames,) = [measure(stretch) for stretch in cut(blocks, StretchSettings())]
    assert frames.heard.tolist() == [True] * 100 + [False] * 100 + [True] * 100 + [False] * 20
    np.testing.assert_array_equal(frames.hop_power > 0, frames.heard)


@settings(deadline=None, max_examples=15)
@given(
    first=st.integers(-3000, 3000),
    length=st.integers(1, 9000),
    length_s=st.floats(0.1, 0.8),
    margin_s=st.floats(0.05, 0.4),
)
def test_of_frames_with_margins_those_within_are_what_is_measured(
    first: int, length: int, length_s: float, margin_s: float
) -> None:
    sound = np.clip(with_blasts(noise(1.2), [0.5, 0.9]) * 3, -1, 1)[:length, None]
    blocks = [Block(first / RATE_HZ, RATE_HZ, sound)]
    for stretch in cut(blocks, StretchSettings(length_s=length_s, margin_s=margin_s)):
        alone, of_all = measure(stretch), within(with_margins(stretch), stretch)
        for field in dataclasses.fields(Frames):
            np.testing.assert_array_equal(getattr(of_all, field.name), getattr(alone, field.name), err_msg=field.name)


def test_bands_widen_from_50_hz_on_as_powers_of_nine_up_to_12_khz() -> None:
    (frames,) = measured(noise(0.2, rate_hz=48_000), rate_hz=48_000)
    # At a half of the bands 9**0.5 = 3: a quarter of the way up; at a quarter and three quarters 1.732 and 5.196.
    assert frames.edges_hz[[0, 16, 32, 48, 64]].tolist() == [50, 1150, 3050, 6300, 12000]


@pytest.mark.parametrize(("tops", "flanks", "flat"), [(24, 8, True), (20, 10, False)])
def test_a_flat_top_has_three_times_as_many_samples_as_its_flanks(tops: int, flanks: int, flat: bool) -> None:
    block = np.repeat([0.5, 0.3, 0.05], [tops, flanks, 40 - tops - flanks]).astype(np.float32)  # 5 ms
    (frames,) = measured(np.tile(block, 40))
    assert frames.clipped.tolist() == [flat] * 40
