from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.frames import FRAME_HOPS, Frames
from detector.core.overview import COLUMNS, OverviewMeter
from detector.records import Overview
from detector.settings import StretchSettings
from tests.blocks import RATE_HZ, measured, noise, with_blasts


def overview_of(parts: list[Frames]) -> Overview:
    meter = OverviewMeter()
    for frames in parts:
        meter.add(frames)
    result = meter.result()
    assert result is not None
    return result


def made_up(count: int, first: int = 0, seed: int = 0) -> Frames:
    """Frames without sound behind them, so that hours cost nothing."""
    rng = np.random.default_rng(seed)
    power = rng.uniform(0, 1e-3, count * FRAME_HOPS).astype(np.float32)
    return Frames(
        first=first,
        frame_s=0.02,
        minimum=-rng.uniform(0, 1, count).astype(np.float32),
        maximum=rng.uniform(0, 1, count).astype(np.float32),
        hop_power=power,
        heard=np.ones(count * FRAME_HOPS, bool),
        band_power=rng.uniform(0, 1e-3, (count, 64)).astype(np.float32),
        edges_hz=np.linspace(0, 12000, 65, dtype=np.float32),
        clipped=np.zeros(count * 4, bool),
    )


def rows(frames: Frames, wanted: slice) -> Frames:
    hops = slice(wanted.start * FRAME_HOPS, wanted.stop * FRAME_HOPS)
    return Frames(
        first=frames.first + wanted.start,
        frame_s=frames.frame_s,
        minimum=frames.minimum[wanted],
        maximum=frames.maximum[wanted],
        hop_power=frames.hop_power[hops],
        heard=frames.heard[hops],
        band_power=frames.band_power[wanted],
        edges_hz=frames.edges_hz,
        clipped=frames.clipped[wanted.start * 4 : wanted.stop * 4],
    )


def assert_equal(a: Overview, b: Overview) -> None:
    assert (a.start_s, a.column_s) == (b.start_s, b.column_s)
    for name in ("minimum", "maximum", "rms", "bands_db", "edges_hz"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@settings(deadline=None, max_examples=25)
@given(
    count=st.integers(1, 20000),
    first=st.integers(-9000, 9000),
    cuts=st.lists(st.integers(0, 20000), max_size=6),
    gap=st.integers(0, 30000),
)
def test_columns_do_not_depend_on_how_the_frames_came(count: int, first: int, cuts: list[int], gap: int) -> None:
    whole = made_up(count, first)
    later = made_up(500, first + count + gap, seed=1)
    edges = [0, *sorted(min(cut, count) for cut in cuts), count]
    parts = [rows(whole, slice(a, b)) for a, b in pairwise(edges)]
    assert_equal(overview_of([whole, later]), overview_of([*parts, later]))


@settings(deadline=None, max_examples=10)
@given(st.integers(-9000, 9000), st.lists(st.integers(200, 3000), min_size=1, max_size=3), st.floats(0.2, 2.0))
def test_the_overview_of_a_sound_does_not_depend_on_its_cut(first: int, sizes: list[int], length_s: float) -> None:
    sound = with_blasts(noise(3.0), [1.0, 1.4])
    grid = StretchSettings(length_s=length_s, margin_s=0.1)
    assert_equal(overview_of(measured(sound, first)), overview_of(measured(sound, first, sizes, grid)))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40000), st.integers(-5000, 5000))
def test_columns_stay_within_the_limit_on_the_absolute_grid(count: int, first: int) -> None:
    result = overview_of([made_up(count, first)])
    assert len(result.rms) <= COLUMNS
    width = round(result.column_s / 0.02)
    assert width & (width - 1) == 0
    assert round(result.start_s / 0.02) == first // width * width
    assert width == 1 or len(result.rms) >= COLUMNS // 2


def test_columns_hold_extremes_rms_and_the_loudest_spectrum() -> None:
    frames = made_up(2 * COLUMNS)
    result = overview_of([frames])
    np.testing.assert_array_equal(result.minimum, frames.minimum.reshape(-1, 2).min(axis=1))
    np.testing.assert_array_equal(result.maximum, frames.maximum.reshape(-1, 2).max(axis=1))
    rms = np.sqrt(frames.hop_power.reshape(COLUMNS, -1).mean(axis=1, dtype=float))
    np.testing.assert_allclose(result.rms, rms, rtol=1e-5)
    louder = frames.hop_power.reshape(-1, FRAME_HOPS).sum(axis=1, dtype=float).reshape(-1, 2).argmax(axis=1)
    spectrum = frames.band_power.reshape(COLUMNS, 2, 64)[np.arange(COLUMNS), louder]
    np.testing.assert_array_equal(result.bands_db, np.rint(10 * np.log10(spectrum)).T)


def test_a_blast_shows_in_hours_of_quiet() -> None:
    meter = OverviewMeter()
    (loud,) = measured(with_blasts(noise(20.0, -70.0), [7.3]))
    (quiet,) = measured(noise(20.0, -70.0))
    for turn in range(540):
        frames = loud if turn == 200 else quiet
        meter.add(rows(Frames(**{**vars(frames), "first": turn * 1000}), slice(0, 1000)))
    result = meter.result()
    assert result is not None
    column = int((200 * 20 + 7.3) // result.column_s)
    assert result.maximum.argmax() == column
    assert result.bands_db[:, column].min() > result.bands_db[:, column - 1].max()


def test_full_scale_sine_is_minus_3_db_and_silence_the_floor() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    result = overview_of(measured(np.sin(2 * np.pi * 1000 * time_s).astype(np.float32)))
    assert -5 <= result.bands_db.max() <= -3
    silent = overview_of(measured(np.zeros(RATE_HZ, np.float32)))
    assert silent.bands_db.max() == -127
    np.testing.assert_array_equal(silent.rms, 0)


def test_columns_without_samples_are_empty() -> None:
    result = overview_of([made_up(100), made_up(100, 150)])
    gap = slice(100, 150)
    assert np.isnan(result.rms[gap]).all()
    assert np.isnan(result.minimum[gap]).all()
    assert np.isnan(result.maximum[gap]).all()
    assert (result.bands_db[:, gap] == -128).all()
    assert np.isfinite(result.rms[:100]).all()
    assert np.isfinite(result.rms[150:]).all()


def test_nothing_in_gives_nothing_out() -> None:
    assert OverviewMeter().result() is None


def test_one_frame_more_than_columns_doubles_their_width() -> None:
    kept, doubled = (overview_of([made_up(count)]) for count in (COLUMNS, COLUMNS + 1))
    assert (len(kept.rms), len(doubled.rms)) == (COLUMNS, COLUMNS // 2 + 1)


def test_a_column_shared_by_two_stretches_has_the_spectrum_of_the_earlier_of_two_as_loud() -> None:
    frames = made_up(2 * COLUMNS)
    alike = dataclasses.replace(frames, hop_power=np.full_like(frames.hop_power, 1e-3))
    result = overview_of([rows(alike, slice(0, COLUMNS + 1)), rows(alike, slice(COLUMNS + 1, 2 * COLUMNS))])
    np.testing.assert_array_equal(result.bands_db, np.rint(10 * np.log10(frames.band_power[::2])).T)


@pytest.mark.parametrize(("power", "rms"), [(900.0, 30.0), (1024.0, 32.0), (1e30, 32.0)])
def test_damaged_sound_is_told_up_to_30_db_above_full_scale(power: float, rms: float) -> None:
    frames = made_up(3)
    result = overview_of([dataclasses.replace(frames, hop_power=np.full_like(frames.hop_power, power))])
    np.testing.assert_allclose(result.rms, rms, rtol=1e-6)
