"""Files written and read back: where the samples stand, what is left out, and that nothing is half-written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.errors import OutputError
from detector.media import encode
from detector.media.encode import FORMATS, PictureTrack, SoundTrack, write_media
from detector.records import Float32

RATE_HZ = 48_000
CODECS = {
    ".mp3": "libmp3lame",
    ".avi": "libmp3lame",
    ".ogg": "libopus",
    ".opus": "libopus",
    ".flac": "flac",
    ".wav": "pcm_s16le",
    ".mts": "ac3",
}


def _clicks(times_s: tuple[float, ...] = (0.5, 1.2), rate_hz: int = RATE_HZ, seconds: float = 2.0) -> Float32:
    samples = 1e-3 * np.random.default_rng(0).standard_normal((round(seconds * rate_hz), 1))
    for time_s in times_s:
        first = round(time_s * rate_hz)
        t = np.arange(round(0.01 * rate_hz)) / rate_hz
        samples[first : first + len(t), 0] += 0.6 * np.exp(-t / 0.002) * np.sin(2 * np.pi * 1500 * t + 1)
    return samples.astype(np.float32)


def _frames(n: int = 20) -> Iterator[NDArray[np.uint8]]:
    return (np.full((64, 96, 3), 10 * k % 256, np.uint8) for k in range(n))


def _picture(n: int = 20) -> PictureTrack:
    return PictureTrack(_frames(n), Fraction(10))


def _read(path: Path) -> tuple[Float32, int]:
    """The first channel of the sound at its time stamps, zero where there is none, and its rate."""
    pieces: list[tuple[float, NDArray[Any]]] = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate_hz = int(stream.codec_context.sample_rate)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                continue
            for frame in frames:
                assert frame.pts is not None
                assert frame.time_base is not None
                values: NDArray[Any] = frame.to_ndarray()
                scale = 2 ** (8 * values.dtype.itemsize - 1) - 1 if values.dtype.kind == "i" else 1
                channels = len(frame.layout.channels)
                first = values[0] if frame.format.is_planar else values.reshape(-1, channels)[:, 0]
                pieces.append((float(frame.pts * frame.time_base), first / scale))
    samples = np.zeros(max(round(t * rate_hz) + len(piece) for t, piece in pieces), np.float32)
    for t, piece in pieces:
        samples[round(t * rate_hz) : round(t * rate_hz) + len(piece)] = piece
    return samples, rate_hz


def _found_s(samples: Float32, rate_hz: int, near_s: float) -> float:
    first = round((near_s - 0.1) * rate_hz)
    piece = np.abs(samples[first : first + round(0.2 * rate_hz)])
    return (first + int(np.argmax(piece > 0.3 * piece.max()))) / rate_hz


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "aac"), ("a.mov", "aac"), ("p.mov", "pcm_s16le"), ("a.mkv", "aac"), ("o.mkv", "libopus"),
     ("p.avi", "pcm_s16le"), ("a.m4a", "aac"), ("o.ogg", "libopus"), ("f.flac", "flac"), ("f.wav", "pcm_f32le")],
)  # fmt: skip
def test_sound_stands_where_it_was_put(tmp_path: Path, name: str, codec: str) -> None:
    picture = None if name.endswith((".m4a", ".ogg", ".flac", ".wav")) else _picture()
    samples = _clicks()
    path = write_media(tmp_path / name, SoundTrack(samples, RATE_HZ, codec), picture)
    back, rate_hz = _read(path)
    for time_s in (0.5, 1.2):
        wanted_s = _found_s(samples[:, 0], RATE_HZ, time_s)
        assert _found_s(back, rate_hz, time_s) == pytest.approx(wanted_s, abs=0.7e-3)


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s not in (".3gp", ".wmv", ".wma", ".webm")])
def test_every_kind_of_file_opens_again(tmp_path: Path, suffix: str) -> None:
    path = write_media(tmp_path / f"x{suffix}", SoundTrack(_clicks(), RATE_HZ, CODECS.get(suffix, "aac")))
    back, _ = _read(path)
    assert float(np.abs(back).max()) > 0.3


def test_lossless_codecs_give_every_sample_back(tmp_path: Path) -> None:
    samples = _clicks()
    for name, codec, step in (("x.wav", "pcm_f32le", 0.0), ("x.flac", "flac", 1 / 32767)):
        back, _ = _read(write_media(tmp_path / name, SoundTrack(samples, RATE_HZ, codec, 0)))
        assert len(back) == len(samples)
        assert np.abs(back - samples[:, 0]).max() <= step


def test_full_scale_does_not_wrap_around(tmp_path: Path) -> None:
    samples = np.tile(np.array([[2.0], [1.0], [-1.0], [-2.0]], np.float32), (600, 1))
    back, _ = _read(write_media(tmp_path / "x.wav", SoundTrack(samples, RATE_HZ, "pcm_s16le", 0)))
    assert back[:4] == pytest.approx([1.0, 1.0, -1.0, -1.0], abs=1e-4)


def test_channels_stay_apart(tmp_path: Path) -> None:
    mono = _clicks()
    stereo = np.concatenate([mono, -mono], axis=1)
    path = write_media(tmp_path / "x.flac", SoundTrack(stereo, RATE_HZ, "flac", 0))
    with av.open(str(path)) as container:
        values = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)])
    assert np.array_equal(values[:, 0], -values[:, 1])


def test_late_sound_keeps_its_time_beside_the_picture(tmp_path: Path) -> None:
    samples = _clicks()
    sound = SoundTrack(samples, RATE_HZ, start_s=3.21)
    back, rate_hz = _read(write_media(tmp_path / "x.mp4", sound, _picture(60)))
    assert _found_s(back, rate_hz, 3.21 + 0.5) == pytest.approx(
        3.21 + _found_s(samples[:, 0], RATE_HZ, 0.5), abs=0.1e-3
    )


def test_a_gap_is_left_out_and_later_sound_keeps_its_time(tmp_path: Path) -> None:
    samples = _clicks((0.5, 1.8), seconds=2.5)
    whole, _ = _read(write_media(tmp_path / "whole.mp4", SoundTrack(samples, RATE_HZ), _picture(25)))
    holed, rate_hz = _read(
        write_media(tmp_path / "gap.mp4", SoundTrack(samples, RATE_HZ, gaps=((0.8, 1.5),)), _picture(25))
    )
    assert np.abs(holed[round(0.9 * rate_hz) : round(1.4 * rate_hz)]).max() == 0
    assert np.abs(whole[round(0.9 * rate_hz) : round(1.4 * rate_hz)]).max() > 0
    assert _found_s(holed, rate_hz, 1.8) == pytest.approx(_found_s(whole, rate_hz, 1.8), abs=0.1e-3)


def test_damaged_packets_do_not_decode_to_what_was_there(tmp_path: Path) -> None:
    samples = _clicks((0.5, 1.0, 1.8), seconds=2.5)
    path = write_media(tmp_path / "x.mkv", SoundTrack(samples, RATE_HZ, damaged=((0.9, 1.2),)))
    back, rate_hz = _read(path)
    assert not np.any(np.abs(back[round(0.99 * rate_hz) : round(1.1 * rate_hz)] - 0.0) > 0.3)
    assert _found_s(back, rate_hz, 1.8) == pytest.approx(1.8, abs=1e-3)


def test_pictures_come_back_in_order_and_rate(tmp_path: Path) -> None:
    path = write_media(tmp_path / "x.mp4", None, _picture(20))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        grey = [int(frame.to_ndarray(format="rgb24").mean()) for frame in container.decode(stream)]
        assert stream.average_rate == 10
    assert len(grey) == 20
    assert np.abs(np.diff(grey) - 10).max() <= 2


@pytest.mark.parametrize(("layout", "index_first"), [("plain", False), ("faststart", True), ("fragmented", True)])
def test_layouts_put_the_index_where_they_say(tmp_path: Path, layout: encode.Layout, index_first: bool) -> None:
    content = write_media(tmp_path / "x.mp4", SoundTrack(_clicks(), RATE_HZ), _picture(), layout=layout).read_bytes()
    assert (content.index(b"moov") < content.index(b"mdat")) == index_first
    assert (b"moof" in content) == (layout == "fragmented")


def test_no_edit_list_means_none(tmp_path: Path) -> None:
    sound = SoundTrack(_clicks(), RATE_HZ)
    assert b"elst" in write_media(tmp_path / "a.mp4", sound).read_bytes()
    assert b"elst" not in write_media(tmp_path / "b.mp4", sound, layout="no_edit_list").read_bytes()


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = (write_media(tmp_path / name, SoundTrack(_clicks(), RATE_HZ)).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert a == b


def test_an_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"evidence")
    sound = SoundTrack(_clicks(), RATE_HZ, "pcm_s16le")
    with pytest.raises(OutputError, match=r"x\.wav: already exists"):
        write_media(path, sound)
    assert path.read_bytes() == b"evidence"
    write_media(path, sound, overwrite=True)
    assert path.read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("name", "sound", "complaint"),
    [
        ("x.xyz", SoundTrack(_clicks(), RATE_HZ), "unknown kind of media file"),
        ("x.mp4", SoundTrack(_clicks(), RATE_HZ, "no_such_codec"), "choose another codec"),
        ("x.mkv", SoundTrack(_clicks(), 44_100, "libopus"), "cannot be written"),
        ("x.wav", SoundTrack(np.zeros((100, 3), np.float32), RATE_HZ, "pcm_s16le"), "3 channels"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line_and_leaves_nothing(
    tmp_path: Path, name: str, sound: SoundTrack, complaint: str
) -> None:
    with pytest.raises(OutputError, match=complaint) as caught:
        write_media(tmp_path / name, sound)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_media(tmp_path / "nowhere" / "x.wav", SoundTrack(_clicks(), RATE_HZ, "pcm_s16le"))


def test_a_failing_picture_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[NDArray[np.uint8]]:
        yield from _frames(5)
        raise RuntimeError("the camera fell")

    with pytest.raises(RuntimeError, match="the camera fell"):
        write_media(tmp_path / "x.mp4", None, PictureTrack(failing(), Fraction(10)))
    assert list(tmp_path.iterdir()) == []


def test_tracks_are_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a sound track"):
        write_media(tmp_path / "x.mp4")
    with pytest.raises(OutputError, match="no frames"):
        write_media(tmp_path / "x.mp4", None, PictureTrack(iter(()), Fraction(10)))
