"""Arrays as a recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import MediaError
from detector.media.samples import SampleTrack
from detector.records import Coverage, Track
from tests.clips import laid_out

NOISE = np.random.default_rng(1).normal(0, 0.1, 1000)


def test_one_dimension_is_one_channel() -> None:
    track: Track = SampleTrack(NOISE, 8000)
    first, sound = laid_out(track.blocks())
    assert (first, track.rate_hz, track.channels, track.duration_s) == (0, 8000, 1, 0.125)
    assert np.array_equal(sound[:, 0], NOISE.astype(np.float32))
    assert (track.coverage(), track.warnings()) == ((), ())


def test_channels_stay_apart() -> None:
    track = SampleTrack(np.column_stack([NOISE, -NOISE]), 8000)
    _, sound = laid_out(track.blocks())
    assert np.array_equal(sound[:, 0], -sound[:, 1])
    assert track.channels == 2


@given(cut=st.integers(1, 1200))
def test_the_cut_into_blocks_changes_nothing(cut: int) -> None:
    track = SampleTrack(NOISE, 8000, first_sample_s=0.25, block_samples=cut)
    first, sound = laid_out(track.blocks())
    assert first == 2000
    assert np.array_equal(sound[:, 0], NOISE.astype(np.float32))
    assert track.recording() == SampleTrack(NOISE, 8000, first_sample_s=0.25).recording()


@pytest.mark.parametrize(
    ("dtype", "least", "most"),
    [("u1", 0, 255), ("i1", -128, 127), ("i2", -32768, 32767), ("u2", 0, 65535), ("i4", -(2**31), 2**31 - 1)],
)
def test_integers_are_scaled_to_full_scale(dtype: str, least: int, most: int) -> None:
    middle = (least + most + 1) // 2
    _, sound = laid_out(SampleTrack(np.array([least, middle, most], dtype), 8000).blocks())
    assert sound[:, 0].tolist() == pytest.approx([-1, 0, 1], abs=0.01)
    assert sound[0, 0] == -1
    assert sound[1, 0] == 0


def test_no_numbers_become_silence_and_are_counted() -> None:
    given_samples = np.array([0.5, np.nan, np.inf, -np.inf, 1e300, -0.5])
    track = SampleTrack(given_samples, 8000)
    _, sound = laid_out(track.blocks())
    assert sound[:, 0].tolist() == [0.5, 0, 0, 0, 0, -0.5]
    assert "set to zero: 4" in track.warnings()[0]
    assert np.isnan(given_samples[1])


def test_a_late_first_sample_is_coverage_on_the_grid() -> None:
    track = SampleTrack(NOISE, 8000, first_sample_s=1.00003)
    assert track.coverage() == (Coverage(0.0, 1.0, "no_audio"),)
    audio = track.recording().audio
    assert audio is not None
    assert (audio.start_s, track.duration_s) == (1.0, 1.125)
    early = SampleTrack(NOISE, 8000, first_sample_s=-0.1)
    assert (early.coverage(), early.duration_s) == ((), 0.025)
    assert next(early.blocks()).start_s == -0.1


@pytest.mark.parametrize("empty", [[], np.zeros((0, 2)), np.zeros(0, np.int16)])
def test_an_empty_array_has_no_sound(empty: Any) -> None:
    track = SampleTrack(empty, 8000)
    assert (track.rate_hz, track.channels, track.duration_s, list(track.blocks())) == (0, 0, 0.0, [])
    assert track.recording().audio is None
    assert "not one sample" in track.warnings()[0]
    assert len(track.read([(0.0, 1.0)])[0].samples) == 0


def test_windows_are_cut_from_the_samples() -> None:
    track = SampleTrack(NOISE, 1000, first_sample_s=0.5, block_samples=7)
    inside, before, over, outside = track.read([(0.6, 0.7), (0.0, 0.6), (1.4, 9.0), (3.0, 4.0)])
    sound = NOISE.astype(np.float32)
    assert np.array_equal(inside.samples[:, 0], sound[100:200])
    assert (before.start_s, len(before.samples)) == (0.5, 100)
    assert (over.start_s, len(over.samples)) == (1.4, 100)
    assert len(outside.samples) == 0


@pytest.mark.parametrize("shape", [(2, 48000), (1, 100), (64, 65), (9, 10)])
def test_channels_by_samples_is_refused_with_the_fix(shape: tuple[int, int]) -> None:
    with pytest.raises(MediaError, match=r"looks like \(channels, n\); transpose it: samples\.T"):
        SampleTrack(np.zeros(shape), 48000)


@pytest.mark.parametrize("shape", [(48000, 2), (48000, 64), (5, 6), (1, 1)])
def test_plausible_shapes_are_taken(shape: tuple[int, int]) -> None:
    assert SampleTrack(np.zeros(shape), 48000).channels == shape[1]


@pytest.mark.parametrize("rate_hz", [0, -48000, 44100.5, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate_hz: float) -> None:
    with pytest.raises(MediaError, match="mix: a sample rate of"):
        SampleTrack(NOISE, rate_hz, name="mix")


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 2, 2)), np.zeros((5, 0)), 1.0, np.array(["a"]), np.zeros(3, complex), [[1.0], [1.0, 2.0]], [True]],
)
def test_what_is_no_sound_is_refused(samples: Any) -> None:
    with pytest.raises(MediaError, match=r"shape|no array of numbers"):
        SampleTrack(samples, 48000)


def test_a_start_that_is_no_time_is_refused() -> None:
    with pytest.raises(MediaError, match="first_sample_s is nan"):
        SampleTrack(NOISE, 48000, first_sample_s=float("nan"))


def test_blocks_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="block_samples must be at least 1"):
        SampleTrack(NOISE, 48000, block_samples=0)


def test_the_hash_knows_sound_rate_and_channels() -> None:
    tracks = [
        SampleTrack(NOISE, 8000),
        SampleTrack(NOISE, 8001),
        SampleTrack(NOISE * 1.001, 8000),
        SampleTrack(NOISE.reshape(-1, 2), 8000),
    ]
    assert len({track.recording().sha256 for track in tracks}) == len(tracks)
    same = SampleTrack(NOISE.astype(np.float32)[:, np.newaxis], 8000, name="other")
    assert same.recording().sha256 == tracks[0].recording().sha256
