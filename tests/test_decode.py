"""Clicks at known times, in every container, come out where the time stamps put them."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from detector.errors import MediaError
from detector.media.decode import open_track
from detector.media.track import MediaTrack
from detector.records import Coverage, Float64
from detector.settings import MediaSettings
from tests.clips import CLICKS_S, KINDS, LOSSLESS, clicks, found_s, laid_out, write_clip

EXACT_S = 0.002
WITH_PICTURE = [name for name, kind in KINDS.items() if kind.video]
STAMPED = [name for name in WITH_PICTURE if not name.endswith(".avi")]
# Muxers that turn missing packets of PCM into packets that follow on, so that no gap is in the file.
GAPS_KEPT = [name for name in STAMPED if not name.startswith("pcm.mov")]


def opened(path: Path) -> MediaTrack:
    return open_track(path, MediaSettings())


def errors_s(track: MediaTrack, times_s: tuple[float, ...]) -> Float64:
    errors: Float64 = found_s(track.blocks(), track.rate_hz, times_s) - np.array(times_s)
    return errors


@pytest.mark.parametrize("name", KINDS)
def test_clicks_stand_on_the_presentation_clock(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    track = opened(write_clip(tmp_path / name, kind))
    errors = errors_s(track, CLICKS_S)
    assert errors == pytest.approx(kind.late_s, abs=EXACT_S)
    recording = track.recording()
    assert (track.rate_hz, track.channels) == (kind.rate_hz, 1)
    assert np.abs(errors).max() <= max(EXACT_S, recording.clock_error_s)
    if kind.late_s:
        assert recording.clock_notes[0] in track.warnings()
    assert [c for c in track.coverage() if c.stop_s - c.start_s > 0.11] == []
    assert recording.duration_s == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("name", STAMPED)
@pytest.mark.parametrize("late_s", [0.5, 29.98])
def test_late_sound_keeps_its_times(name: str, late_s: float, tmp_path: Path) -> None:
    kind = dataclasses.replace(KINDS[name], fps=10 if late_s < 1 else 2)
    track = opened(write_clip(tmp_path / name, kind, sound_at_s=late_s))
    assert errors_s(track, tuple(t + late_s for t in CLICKS_S)) == pytest.approx(0.0, abs=EXACT_S)
    silent = sum(c.stop_s - c.start_s for c in track.coverage() if c.state == "no_audio" and c.start_s < 1)
    # At 8 kHz the start-up of an AAC encoder, which does have samples, lasts 128 ms.
    assert silent == pytest.approx(late_s, abs=0.14)
    assert any("holds no sound from 0:00" in warning for warning in track.warnings()) == (silent > 0.5)


@pytest.mark.parametrize("name", GAPS_KEPT)
def test_a_gap_in_the_packets_shifts_nothing(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    track = opened(write_clip(tmp_path / name, kind, lose_s=(0.75, 2.25)))
    times_s = (CLICKS_S[0], CLICKS_S[2])
    assert errors_s(track, times_s) == pytest.approx(kind.late_s, abs=EXACT_S)
    (gap,) = [c for c in track.coverage() if c.start_s > 0.5]
    assert gap.state == "no_audio"
    assert (gap.start_s, gap.stop_s) == pytest.approx((0.75, 2.25), abs=0.15)
    audio = track.recording().audio
    assert audio is not None
    assert audio.gaps[-1] == (gap.start_s, gap.stop_s)
    assert any("holds no sound from" in warning for warning in track.warnings())


def test_an_avi_with_less_sound_than_picture_says_that_times_are_open(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "late.avi", KINDS["pcm.avi"], sound_at_s=0.7))
    errors = errors_s(track, CLICKS_S) - 0.7
    assert np.abs(errors).max() <= track.recording().clock_error_s + EXACT_S
    assert any("AVI does not say where it is missing" in warning for warning in track.warnings())


@pytest.mark.parametrize("all_at_s", [1.4, 95000.0])
def test_transport_streams_count_from_their_picture(all_at_s: float, tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.ts", KINDS["clip.ts"], all_at_s=all_at_s))
    assert errors_s(track, CLICKS_S) == pytest.approx(0.0, abs=EXACT_S)
    assert track.coverage() == ()


@pytest.mark.parametrize("name", ["clip.mp4", "no_edit_list.mp4", "fragmented.mp4", "clip.ts", "clip.mkv"])
def test_sound_keeps_step_with_a_picture_whose_frames_are_reordered(name: str, tmp_path: Path) -> None:
    # Without an edit list such a picture starts two frames late, and so does the whole presentation.
    kind = dataclasses.replace(KINDS[name], b_frames=2, fps=30)
    track = opened(write_clip(tmp_path / name, kind))
    video = track.recording().video
    assert video is not None
    assert errors_s(track, CLICKS_S) - video.start_s == pytest.approx(0.0, abs=EXACT_S)
    assert video.frame_rate == "30"


def test_a_stream_whose_clock_wraps_goes_on(tmp_path: Path) -> None:
    wrap_s = 2**33 / 90000  # in whole frames of the picture, or the helper would shift its two streams apart
    track = opened(write_clip(tmp_path / "a.ts", KINDS["clip.ts"], all_at_s=round(wrap_s - 1.5, 1)))
    assert errors_s(track, CLICKS_S) == pytest.approx(0.0, abs=EXACT_S)
    assert track.coverage() == ()
    assert track.recording().clock_error_s == 0.05


def test_millisecond_stamps_neither_tear_the_sound_nor_pile_up(tmp_path: Path) -> None:
    times_s = tuple(np.arange(1, 30) + 0.3)
    kind = dataclasses.replace(KINDS["clip.mkv"], video=None)
    track = opened(write_clip(tmp_path / "a.mkv", kind, [clicks(times_s, kind.rate_hz, 30.5)]))
    blocks = list(track.blocks())
    for before, after in itertools.pairwise(blocks):
        assert after.start_s * kind.rate_hz == pytest.approx(before.start_s * kind.rate_hz + len(before.samples))
    assert found_s(blocks, kind.rate_hz, times_s) == pytest.approx(times_s, abs=0.0006)


def test_blocks_lie_on_the_sample_grid_and_repeat_exactly(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.mkv", KINDS["clip.mkv"], sound_at_s=0.5, lose_s=(1.0, 1.5)))
    first, second = list(track.blocks()), list(track.blocks())
    for one, two in zip(first, second, strict=True):
        assert one.start_s == round(one.start_s * one.rate_hz) / one.rate_hz == two.start_s
        assert one.samples.dtype == np.float32
        assert one.samples.tobytes() == two.samples.tobytes()


def test_lossless_sound_comes_out_as_it_went_in_with_channels_apart(tmp_path: Path) -> None:
    left = clicks(CLICKS_S, 48000, 3.0)
    path = write_clip(tmp_path / "a.mkv", LOSSLESS, [np.column_stack([left, -left])])
    first, sound = laid_out(opened(path).blocks())
    assert first == 0
    assert sound[:, 0] == pytest.approx(left, abs=2**-15)
    assert np.array_equal(sound[:, 0], -sound[:, 1]) or np.abs(sound.sum(axis=1)).max() <= 2**-15


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_every_number_format_has_full_scale_at_one(codec: str, tmp_path: Path) -> None:
    kind = dataclasses.replace(KINDS["clip.wav"], audio=codec)
    ramp = np.linspace(-1, 0.99, 4000)
    _, sound = laid_out(opened(write_clip(tmp_path / "a.wav", kind, [ramp])).blocks())
    assert sound[:, 0] == pytest.approx(ramp, abs=0.008 if codec == "pcm_u8" else 2**-14)


def test_reading_windows_agrees_with_the_pass(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"], sound_at_s=0.5, lose_s=(1.3, 1.9)))
    first, sound = laid_out(track.blocks())
    stop_s = (first + len(sound)) / 48000
    windows = [(2.0, 2.5), (0.0, 1.0), (1.25, 2.0), (stop_s - 0.1, stop_s + 1), (1.5, 1.6), (90.0, 91.0), (2.2, 2.1)]
    blocks = track.read(windows)
    for (start_s, until_s), block in zip(windows, blocks, strict=True):
        a, b = max(first, round(start_s * 48000)), min(first + len(sound), round(until_s * 48000))
        assert len(block.samples) == max(0, b - a)
        assert np.array_equal(block.samples, sound[a - first : max(a, b) - first])
        if len(block.samples):
            assert round(block.start_s * 48000) == a


def test_reading_changes_nothing_about_the_pass_before(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"], lose_s=(1.0, 1.5)))
    list(track.blocks())
    before = track.coverage(), track.recording(), track.warnings()
    track.read([(0.0, 0.5)])
    assert (track.coverage(), track.recording(), track.warnings()) == before


def test_a_pass_broken_off_says_nothing_about_what_it_did_not_see(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"], sound_at_s=0.5))
    blocks = track.blocks()
    assert isinstance(blocks, Generator)
    next(blocks)
    blocks.close()
    assert [c.start_s for c in track.coverage()] == [0.0]
    assert opened(tmp_path / "a.mp4").coverage() == ()


def test_sound_that_ends_before_the_picture_is_coverage(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mov", KINDS["pcm.mov"], [np.zeros(48000) + 0.1, np.zeros(144000)])
    track = opened(path)
    list(track.blocks())
    assert track.coverage() == (Coverage(1.0, 3.0, "no_audio"),)
    assert any("ends at 0:01.000 although the file announces 0:03.000" in warning for warning in track.warnings())


def test_the_first_of_several_tracks_is_read_and_another_can_be_chosen(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", LOSSLESS, [np.full(4800, 0.25), np.full(4800, 0.5)])
    levels = []
    for number in (1, 2):
        track = open_track(path, MediaSettings(track=number))
        levels.append(float(next(iter(track.blocks())).samples[100, 0]))
        audio = track.recording().audio
        assert audio is not None
        assert (audio.track, audio.tracks) == (number, 2)
        assert f"the file has 2 sound tracks; track {number} was read" in track.warnings()[0]
    assert levels == [0.25, 0.5]


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_track_that_is_not_there_is_refused_with_their_number(number: int, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", LOSSLESS, [np.zeros(480), np.zeros(480)])
    with pytest.raises(MediaError, match=f"there is no track {number}: the file has 2 sound tracks"):
        open_track(path, MediaSettings(track=number))


def test_a_video_without_sound_is_no_error(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "mute.mp4", KINDS["clip.mp4"], []))
    assert (track.rate_hz, track.channels, list(track.blocks())) == (0, 0, [])
    assert track.coverage() == (Coverage(0.0, 3.0, "no_audio"),)
    recording = track.recording()
    assert recording.audio is None
    assert recording.video is not None
    assert recording.duration_s == pytest.approx(3.0)
    assert "no sound track" in track.warnings()[0]
    assert [len(block.samples) for block in track.read([(0.0, 1.0)])] == [0]


def test_the_facts_of_a_recording_are_complete(tmp_path: Path) -> None:
    kind = dataclasses.replace(KINDS["clip.mp4"], fps=30)
    path = write_clip(tmp_path / "facts.mp4", kind, metadata={"timecode": "01:02:03:04"})
    track = opened(path)
    list(track.blocks())
    recording = track.recording()
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (recording.name, recording.size_bytes) == ("facts.mp4", path.stat().st_size)
    assert recording.container.startswith("QuickTime / MOV (mov,mp4")
    assert recording.video is not None
    assert recording.audio is not None
    video = recording.video
    assert (video.frame_rate, video.variable, video.start_s) == ("30", False, 0.0)
    assert (video.width, video.height, video.timecode) == (64, 48, "01:02:03:04")
    audio = recording.audio
    assert (audio.codec, audio.sample_rate_hz, audio.channels, audio.start_s) == ("aac", 48000, 1, 0.0)
    assert audio.bit_rate > 0
    assert (audio.gaps, audio.damaged_packets) == ((), 0)
    assert (recording.clock_error_s, recording.clock_notes, track.warnings()) == (0.0, (), ())


def test_a_late_picture_start_alone_does_not_make_the_rate_variable(tmp_path: Path) -> None:
    video = opened(write_clip(tmp_path / "a.mp4", KINDS["no_edit_list.mp4"])).recording().video
    assert video is not None
    assert (video.frame_rate, video.variable) == ("10", False)


def test_facts_can_be_had_without_decoding(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.wav", KINDS["clip.wav"])
    with opened(path) as track:
        recording = track.recording()
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.duration_s == pytest.approx(3.0)
    assert recording.video is None


def test_blocks_stay_about_a_second_long_however_long_the_file(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.wav", KINDS["clip.wav"], [np.zeros(44100 * 20)])
    lengths = [len(block.samples) for block in opened(path).blocks()]
    assert max(lengths) <= 44100 + 4096
    assert sum(lengths) == 44100 * 20
