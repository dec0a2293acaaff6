"""Sound and picture into media files: excerpts, annotated video, synthesized scenes.

A file appears under its name only when it is complete, and never over an existing one unless
told.
"""

from __future__ import annotations

import heapq
import io
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from detector.errors import OutputError
from detector.records import Float32

Layout = Literal["plain", "faststart", "fragmented", "no_edit_list"]

FORMATS = {
    ".mp4": "mp4",
    ".m4a": "ipod",
    ".mov": "mov",
    ".3gp": "3gp",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".ts": "mpegts",
    ".mts": "mpegts",
    ".wmv": "asf",
    ".wma": "asf",
    ".mp3": "mp3",
    ".ogg": "ogg",
    ".opus": "opus",
    ".flac": "flac",
    ".wav": "wav",
    ".aac": "adts",
}
_LAYOUT_OPTIONS: dict[Layout, dict[str, str]] = {
    "plain": {},
    "faststart": {"movflags": "faststart"},
    "fragmented": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "no_edit_list": {"use_editlist": "0"},
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
OPUS_HZ = 48_000
_FRAME = 1024  # samples a frame where the codec does not care


@dataclass(frozen=True)
class SoundTrack:
    """Sound to be written.

    Attributes
    ----------
    samples
        (n, channels), full scale +-1; mono, stereo or six channels.
    codec, bit_rate
        FFmpeg's encoder name; bits a second, 0 for the encoder's own choice.
    start_s
        Presentation time of the first sample.
    gaps
        Stretches (start_s, stop_s) whose packets are left out, as a recorder that stalls does.
    damaged
        Stretches whose packets hold noise instead of sound, as on a failing card.
    """

    samples: Float32
    rate_hz: int
    codec: str = "aac"
    bit_rate: int = 64_000
    start_s: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    damaged: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class PictureTrack:
    """Picture to be written: frames (height, width, 3) uint8 RGB of even size, shown at `rate` a second."""

    frames: Iterable[NDArray[np.uint8]]
    rate: Fraction
    codec: str = "libx264"
    bit_rate: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


def write_media(
    path: str | Path,
    sound: SoundTrack | None = None,
    picture: PictureTrack | None = None,
    *,
    layout: Layout = "plain",
    overwrite: bool = False,
) -> Path:
    """Write sound, picture or both into one new file and return its path.

    The container follows from the name's ending (`FORMATS`); `layout` says how an MP4 or MOV is
    built. Frames are taken from the iterator one at a time. Nothing is resampled: a rate that the
    codec does not take is refused.

    Raises
    ------
    OutputError
        When the file exists, its kind is unknown, the codec refuses the track, or writing fails;
        nothing is left behind then.
    ValueError
        Without any track.
    """
    if sound is None and picture is None:
        raise ValueError("write_media needs a sound track, a picture track or both")
    path = Path(path)
    container = FORMATS.get(path.suffix.lower())
    if container is None:
        raise OutputError(f"{path}: unknown kind of media file; use one of {', '.join(FORMATS)}")
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: already exists; choose another name")
    options = {"fflags": "+bitexact", **_LAYOUT_OPTIONS[layout]}
    if path.suffix.lower() == ".mts":
        options["mpegts_m2ts_mode"] = "1"
    if sound is not None and container in ("mp4", "mov", "ipod"):
        options["movie_timescale"] = str(sound.rate_hz)  # the default rounds a late start to whole milliseconds
    with unfinished(path) as part, av.open(str(part), "w", format=container, options=options) as out:
        _mux(out, sound, picture)
    return path


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A name beside `path` to write under, which becomes `path` when the block ends well, and is gone when it fails.

    Raises
    ------
    OutputError
        With the path in front, when writing fails.
    """
    # A name of its own for each writer, in the same folder, so that the rename is atomic.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except OutputError as error:
        raise OutputError(f"{path}: {error}") from error
    except (av.FFmpegError, OSError) as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}); check codec, rate and disk"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def coded(sound: Float32, rate_hz: int, bit_rate: int) -> Float32:
    """(n,) samples after AAC coding in memory, one channel; each stands where it stood before.

    Raises
    ------
    OutputError
        When the codec does not take the rate or the bit rate.
    """
    coder, decoder = av.CodecContext.create("aac", "w"), av.CodecContext.create("aac", "r")
    try:
        coder.sample_rate, coder.layout, coder.format, coder.bit_rate = rate_hz, "mono", "fltp", bit_rate
        coder.time_base = Fraction(1, rate_hz)
        coder.open()
        packets = [packet for frame in _frames(sound, rate_hz) for packet in coder.encode(frame)]
        packets += coder.encode(None)
        decoder.extradata, decoder.sample_rate, decoder.layout = coder.extradata, rate_hz, "mono"
        decoder.open()
        frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    except (av.FFmpegError, ValueError) as error:
        raise OutputError(f"{rate_hz} Hz at {bit_rate} bits a second: AAC refuses it ({error}); use another") from error
    priming = -(packets[0].pts or 0)  # samples that the coder puts before the first
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])[priming : priming + len(sound)]


def _frames(sound: Float32, rate_hz: int) -> Iterator[Any]:
    for start in range(0, len(sound), _FRAME):
        frame = _frame(sound[start : start + _FRAME, None], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        yield frame


def _mux(out: Any, sound: SoundTrack | None, picture: PictureTrack | None) -> None:
    # Both streams must stand in the container before the first packet of either is written.
    tracks = []
    if picture is not None:
        tracks.append(_picture_packets(out, picture))
    if sound is not None:
        tracks.append(_sound_packets(out, sound))
    for packet in heapq.merge(*tracks, key=_decoding_time_s):
        out.mux(packet)


def _decoding_time_s(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


def _picture_packets(out: Any, picture: PictureTrack) -> Iterator[Any]:
    frames = iter(picture.frames)
    first = next(frames, None)
    if first is None:
        raise OutputError("no frames in the picture track; give at least one")
    stream = _stream(out, picture.codec, picture.rate, dict(picture.options))
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1  # several threads cut the picture differently: bytes would vary
    stream.codec_context.time_base = 1 / picture.rate
    if picture.bit_rate:
        stream.bit_rate = picture.bit_rate

    def packets() -> Iterator[Any]:
        for number, pixels in enumerate(itertools.chain([first], frames)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, 1 / picture.rate
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return packets()


def _sound_packets(out: Any, sound: SoundTrack) -> Iterator[Any]:
    layout = _LAYOUTS.get(sound.samples.shape[1])
    if layout is None:
        raise OutputError(f"{sound.samples.shape[1]} channels; samples are (n, channels) with 1, 2 or 6 channels")
    stream = _stream(out, sound.codec, sound.rate_hz, {})
    context = stream.codec_context
    context.layout = layout
    sample_format = _sample_format(context.codec)
    context.format = sample_format
    if sound.bit_rate:
        stream.bit_rate = sound.bit_rate
    context.time_base = Fraction(1, sound.rate_hz)
    context.open()
    length = context.frame_size or _FRAME
    first = round(sound.start_s * sound.rate_hz)

    def packets() -> Iterator[Any]:
        for start in range(0, len(sound.samples), length):
            frame = _frame(sound.samples[start : start + length], sample_format, layout)
            frame.sample_rate, frame.time_base = sound.rate_hz, Fraction(1, sound.rate_hz)
            frame.pts = first + start
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return (_spoilt(packet, sound.damaged) for packet in packets() if not _within(packet, sound.gaps))


def _spoilt(packet: Any, damaged: tuple[tuple[float, float], ...]) -> Any:
    if not _within(packet, damaged):
        return packet
    noise = av.Packet(np.random.default_rng(packet.pts % 2**32).bytes(packet.size))
    noise.stream, noise.time_base, noise.pts, noise.dts = packet.stream, packet.time_base, packet.pts, packet.dts
    noise.duration, noise.is_keyframe = packet.duration, packet.is_keyframe
    return noise


def _stream(out: Any, codec: str, rate: int | Fraction, options: dict[str, str]) -> Any:
    try:
        return out.add_stream(codec, rate=rate, options=options)
    except ValueError as error:  # av's way of saying that it does not know the codec, or not in this container
        raise OutputError(f"{error}; choose another codec or container") from error


def _within(packet: Any, stretches: tuple[tuple[float, float], ...]) -> bool:
    at_s = float(packet.pts * packet.time_base)
    return any(start_s <= at_s < stop_s for start_s, stop_s in stretches)


def _sample_format(codec: Any) -> str:
    offered = [sample_format.name for sample_format in codec.audio_formats or ()]
    return next((name for name in ("fltp", "flt", "s16p", "s16", "s32") if name in offered), "s16")


def _frame(samples: Float32, sample_format: str, layout: str) -> Any:
    values: NDArray[Any] = samples
    if sample_format.startswith("s"):
        bits = 32 if sample_format.startswith("s32") else 16
        # In float64: the largest int32 has no float32 and would wrap around.
        scaled = np.rint(np.clip(samples.astype(np.float64), -1, 1) * (2 ** (bits - 1) - 1))
        values = scaled.astype(np.int32 if bits == 32 else np.int16)
    planar = sample_format.endswith("p")
    shaped = values.T if planar else values.reshape(1, -1)
    return av.AudioFrame.from_ndarray(np.ascontiguousarray(shaped), format=sample_format, layout=layout)


def opus(samples: Float32, rate_hz: int, bit_rate: int) -> bytes:
    """An Ogg file with (n,) samples of one channel in Opus, which browsers decode to n samples at `OPUS_HZ`.

    The same samples give the same bytes. Opus knows five rates: sound of another one is given to it
    resampled to `OPUS_HZ`.
    """
    if rate_hz != OPUS_HZ:
        samples, rate_hz = np.asarray(soxr.resample(samples, rate_hz, OPUS_HZ), np.float32), OPUS_HZ
    track = SoundTrack(np.clip(samples, -1, 1)[:, None], rate_hz, "libopus", bit_rate)
    file = io.BytesIO()
    with av.open(file, "w", format="ogg", options={"fflags": "+bitexact", "serial_offset": "0"}) as out:
        _mux(out, track, None)
    return file.getvalue()
