"""Files that are broken, misnamed, cut or strange: one clear line, or sound with its damage told."""

from __future__ import annotations

import dataclasses
import random
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detector.errors import MediaError
from detector.media.decode import open_track
from detector.media.track import MediaTrack
from detector.settings import MediaSettings
from tests.clips import CLICKS_S, KINDS, LOSSLESS, clicks, found_s, laid_out, write_clip

TS = KINDS["clip.ts"]


def opened(path: Path) -> MediaTrack:
    return open_track(path, MediaSettings())


def damaged(data: bytes, start: float, stop: float, places: int = 25) -> bytes:
    broken, chance = bytearray(data), random.Random(3)
    for _ in range(places):
        at = int(len(data) * chance.uniform(start, stop))
        broken[at : at + 8] = chance.randbytes(8)
    return bytes(broken)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("nothing.mp4", b"", "is empty"),
        ("text.mp4", b"This is no video.\n" * 40, "is not a video or sound file"),
        ("one.mp4", b"x", "is not a video or sound file"),
        ("noise.mp4", random.Random(1).randbytes(20_000), "is not a video or sound file"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\na.ts\n#EXT-X-ENDLIST\n", "is a playlist"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile a.ts\n", "is a playlist"),
        ("words.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhi\n\n", "holds neither sound nor picture"),
        ("image.mp4", b"\x89PNG\r\n\x1a\n" + bytes(300), "is a playlist or a still picture|is not a video"),
    ],
)
def test_what_is_no_recording_is_one_clear_line(name: str, content: bytes, complaint: str, tmp_path: Path) -> None:
    write_clip(tmp_path / "a.ts", TS)
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=complaint) as caught:
        opened(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_no_address_is_ever_opened() -> None:
    with pytest.raises(MediaError, match="no such file"):
        open_track("http://127.0.0.1:9/a.mp4", MediaSettings())


@pytest.mark.parametrize(("name", "share"), [("clip.mp4", 0.6), ("clip.mp4", 0.01), ("faststart.mp4", 0.03)])
def test_an_mp4_cut_before_the_end_of_its_index_is_refused(name: str, share: float, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, KINDS[name])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(MediaError, match="cut off before the end of its index"):
        opened(path)


def test_lengths_of_an_mp4_that_take_64_bits_or_reach_to_the_end_are_followed_to_its_index(tmp_path: Path) -> None:
    data = write_clip(tmp_path / "clip.mp4", KINDS["clip.mp4"]).read_bytes()
    at = data.index(b"mdat") - 4
    short = int.from_bytes(data[at : at + 4])
    long = data[:at] + (1).to_bytes(4) + b"mdat" + (short + 8).to_bytes(8) + data[at + 8 :]
    for name, changed, cut in (("long.mp4", long, True), ("open.mp4", data[:at] + bytes(4) + data[at + 4 :], False)):
        path = tmp_path / name
        path.write_bytes(changed[:-100] if cut else changed)
        with pytest.raises(MediaError, match="cut off before the end of its index"):
            opened(path)


@pytest.mark.parametrize(
    "name", ["faststart.mp4", "fragmented.mp4", "clip.mkv", "clip.webm", "clip.ts", "mp3.avi", "clip.wmv", "clip.flac"]
)
def test_a_file_cut_later_is_heard_up_to_the_cut(name: str, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, KINDS[name])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    track = opened(path)
    blocks = list(track.blocks())
    assert found_s(blocks, track.rate_hz, CLICKS_S[:2]) == pytest.approx(
        np.array(CLICKS_S[:2]) + KINDS[name].late_s, abs=0.002
    )
    end_s = blocks[-1].start_s + len(blocks[-1].samples) / track.rate_hz
    assert 1.3 < end_s < 2.3
    announced = [c for c in track.coverage() if c.start_s > 1]
    if announced:  # where the container announced more, the rest is unheard
        assert announced[-1].start_s == pytest.approx(end_s)
        assert any("although the file announces" in warning for warning in track.warnings()) == (
            announced[-1].stop_s - end_s > 0.5
        )


@pytest.mark.parametrize("name", ["clip.mp4", "faststart.mp4", "clip.ts", "clip.3gp"])
def test_damaged_packets_are_unheard_and_shift_nothing(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    times_s = (0.3, 0.6, 2.6, 2.8)
    path = write_clip(tmp_path / name, kind, [clicks(times_s, kind.rate_hz, 3.0)])
    path.write_bytes(damaged(path.read_bytes(), 0.4, 0.6))
    track = opened(path)
    assert found_s(track.blocks(), track.rate_hz, times_s) == pytest.approx(times_s, abs=0.002)
    audio = track.recording().audio
    assert audio is not None
    assert audio.damaged_packets > 0
    stretches = [c for c in track.coverage() if c.state == "damaged"]
    assert stretches
    assert all(0.9 < c.start_s < c.stop_s < 2.4 for c in stretches)
    assert any(
        w == f"damaged packets of the sound that could not be decoded: {audio.damaged_packets}"
        for w in track.warnings()
    )


def test_damage_where_samples_are_only_counted_says_that_times_are_open(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp3", KINDS["clip.mp3"])
    path.write_bytes(damaged(path.read_bytes(), 0.4, 0.7))
    track = opened(path)
    list(track.blocks())
    assert any("times after each may be off" in warning for warning in track.warnings())


def test_a_track_without_one_sound_packet_is_damaged_throughout(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", KINDS["faststart.mp4"])
    data = path.read_bytes()
    body = data.index(b"mdat") + 4
    path.write_bytes(data[:body] + b"\xff" * (len(data) - body))
    track = opened(path)
    assert list(track.blocks()) == []
    assert [(c.start_s, c.state) for c in track.coverage()] == [(0.0, "damaged")]
    assert any("no sound could be decoded" in warning for warning in track.warnings())


def test_reading_that_fails_midway_keeps_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"])
    track = opened(path)
    real = av.open

    class Failing:
        def __init__(self, container: Any) -> None:
            self._container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self._container, name)

        def __enter__(self) -> Failing:
            return self

        def __exit__(self, *_: object) -> None:
            self._container.close()

        def demux(self, stream: Any) -> Any:
            for number, packet in enumerate(self._container.demux(stream)):
                if number == 70:
                    raise OSError(5, "Input/output error")
                yield packet

    monkeypatch.setattr(av, "open", lambda *args, **more: Failing(real(*args, **more)))
    blocks = list(track.blocks())
    assert blocks[-1].start_s + len(blocks[-1].samples) / 48000 == pytest.approx(69 * 1024 / 48000)
    assert any("reading stopped before the end" in warning for warning in track.warnings())
    assert track.coverage()[-1].stop_s == 3.0


@pytest.mark.parametrize("second_at_s", [0.0, 90_000.0])
def test_joined_streams_whose_stamps_start_again_go_on_contiguously(second_at_s: float, tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.ts", TS).read_bytes()
    second = write_clip(tmp_path / "b.ts", TS, all_at_s=second_at_s).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(first + second)
    track = opened(path)
    blocks = list(track.blocks())
    # The second part brings its own start-up samples, 21 ms, and begins where the first one's sound ends.
    later = np.array(CLICKS_S) + 3.008 + 0.0213
    assert found_s(blocks, 48000, tuple(later)) == pytest.approx(later, abs=0.002)
    assert any("jump beyond belief" in warning for warning in track.warnings())
    assert track.coverage() == ()
    assert track.recording().duration_s == pytest.approx(6.03, abs=0.05)


@pytest.mark.parametrize("other_hz", [44100, 32000])
def test_a_change_of_rate_is_resampled_in_place(other_hz: int, tmp_path: Path) -> None:
    parts = [(48000, 0.0), (other_hz, 4.0), (48000, 8.0)]
    joined = b""
    for rate_hz, at_s in parts:
        kind = dataclasses.replace(TS, rate_hz=rate_hz)
        joined += write_clip(tmp_path / "part.ts", kind, all_at_s=at_s).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(joined)
    track = opened(path)
    blocks = list(track.blocks())
    assert {block.rate_hz for block in blocks} == {48000}
    # Each later part was stamped with its sound's start-up samples at 4 and 8 s, as no picture stands before it.
    times_s = [t + at_s for at_s in (0.0, 4.0, 8.0) for t in CLICKS_S]
    assert found_s(blocks, 48000, times_s) == pytest.approx(times_s, abs=1024 / other_hz + 0.002)
    _, sound = laid_out(blocks)
    assert np.abs(sound).max() == pytest.approx(0.8, abs=0.1)
    assert any(f"changes from 48000 to {other_hz} Hz" in warning for warning in track.warnings())


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_a_change_of_channels_keeps_the_first_count(first: int, second: int, tmp_path: Path) -> None:
    kind = KINDS["clip.aac"]
    joined = b""
    for channels in (first, second):
        sound = np.column_stack([clicks(CLICKS_S, 44100, 3.0)] * channels)
        joined += write_clip(tmp_path / "part.aac", kind, [sound]).read_bytes()
    path = tmp_path / "joined.aac"
    path.write_bytes(joined)
    track = opened(path)
    _, read = laid_out(track.blocks())
    assert read.shape[1] == track.channels == first
    assert np.abs(read[140_000:]).max(axis=0) == pytest.approx(0.8, abs=0.1)
    assert any(f"channels changes from {first} to {second}" in warning for warning in track.warnings())


def test_samples_that_are_no_numbers_become_silence_and_are_counted(tmp_path: Path) -> None:
    sound = np.full(4800, 0.5)
    sound[[10, 20, 30]] = np.nan, np.inf, 1e30
    kind = dataclasses.replace(LOSSLESS, audio="pcm_f32le", format="wav")
    track = opened(write_clip(tmp_path / "a.wav", kind, [sound]))
    _, read = laid_out(track.blocks())
    assert np.flatnonzero(read[:, 0] != 0.5).tolist() == [10, 20, 30]
    assert not read[[10, 20, 30]].any()
    assert any(warning.endswith("set to zero: 3") for warning in track.warnings())


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (192_000, 1), (48000, 6)])
def test_unusual_rates_and_channel_counts_are_taken_as_they_are(rate_hz: int, channels: int, tmp_path: Path) -> None:
    sound = np.random.default_rng(2).uniform(-1, 1, (rate_hz // 2, channels))
    kind = dataclasses.replace(KINDS["clip.wav"], rate_hz=rate_hz)
    track = opened(write_clip(tmp_path / "a.wav", kind, [sound]))
    _, read = laid_out(track.blocks())
    assert (track.rate_hz, track.channels) == (rate_hz, channels)
    assert read == pytest.approx(sound, abs=2**-14)


def test_a_tenth_of_a_second_is_enough(tmp_path: Path) -> None:
    track = opened(write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"], [np.full(4800, 0.1)]))
    _, sound = laid_out(track.blocks())
    assert len(sound) >= 4800


@pytest.mark.parametrize("name", ["ünï cöde.mp4", "50%d of:it.mp4", "-.mp4", "#EXTM3U"])
def test_names_are_only_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert sum(len(block.samples) for block in open_track(name, MediaSettings()).blocks()) == 144_384
    assert open_track(name, MediaSettings()).recording().name == name


def test_a_file_replaced_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"])
    track = opened(path)
    write_clip(path, KINDS["clip.mp4"], [])
    with pytest.raises(MediaError, match="changed while being read"):
        list(track.blocks())
    with pytest.raises(MediaError, match="changed while being read"):
        track.recording()


def test_closing_ends_the_hashing_thread(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"])
    with opened(path) as track:
        next(iter(track.blocks()))
    assert all(thread.name != "sha256" for thread in threading.enumerate())
