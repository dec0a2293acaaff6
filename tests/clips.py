"""Short clips with clicks at known times, in every container that the encoders at hand can write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from detector.records import Block

Packets = list[Any]
CLICKS_S = (0.6, 1.1, 2.4)
_SCALES = {"flt": ("f4", 1.0), "s16": ("i2", 2.0**15), "s32": ("i4", 2.0**31), "u8": ("u1", 2.0**7), "dbl": ("f8", 1.0)}


@dataclass(frozen=True)
class Kind:
    """A container with its codecs. `late_s` is what its stamps lack: the encoder's start-up that nothing marks."""

    format: str
    audio: str
    video: str | None = "libx264"
    rate_hz: int = 48000
    options: tuple[tuple[str, str], ...] = ()
    bit_rate: int = 64000
    late_s: float = 0.0
    fps: int = 10
    b_frames: int = 0


_FRAGMENTED = (("movflags", "frag_keyframe+empty_moov"),)
KINDS = {
    "clip.mp4": Kind("mp4", "aac"),
    "faststart.mp4": Kind("mp4", "aac", options=(("movflags", "faststart"),)),
    "fragmented.mp4": Kind("mp4", "aac", options=_FRAGMENTED, late_s=1024 / 48000),
    "no_edit_list.mp4": Kind("mp4", "aac", options=(("use_editlist", "0"),), late_s=1024 / 48000),
    "8000.mp4": Kind("mp4", "aac", rate_hz=8000, bit_rate=24000),
    "16000.mp4": Kind("mp4", "aac", rate_hz=16000, bit_rate=32000),
    "44100.mp4": Kind("mp4", "aac", rate_hz=44100),
    "clip.mov": Kind("mov", "aac", rate_hz=44100),
    "pcm.mov": Kind("mov", "pcm_s16le"),
    "clip.mkv": Kind("matroska", "aac", rate_hz=44100),
    "opus.mkv": Kind("matroska", "libopus"),
    "pcm.mkv": Kind("matroska", "pcm_s16le", rate_hz=16000),
    "clip.webm": Kind("webm", "libopus", "libvpx"),
    "mp3.avi": Kind("avi", "libmp3lame", "mpeg4", rate_hz=44100, late_s=1105 / 44100),
    "pcm.avi": Kind("avi", "pcm_s16le", "mpeg4", rate_hz=44100),
    "adpcm.avi": Kind("avi", "adpcm_ima_wav", "mpeg4", rate_hz=16000),
    "clip.ts": Kind("mpegts", "aac"),
    "ac3.mts": Kind("mpegts", "ac3"),
    "clip.3gp": Kind("3gp", "libopencore_amrnb", rate_hz=8000, bit_rate=12200),
    "clip.wmv": Kind("asf", "wmav2", "wmv2", rate_hz=44100),
    "clip.wav": Kind("wav", "pcm_s16le", None, rate_hz=44100),
    "clip.flac": Kind("flac", "flac", None, rate_hz=44100),
    "clip.mp3": Kind("mp3", "libmp3lame", None, rate_hz=44100),
    "clip.m4a": Kind("ipod", "aac", None, rate_hz=44100),
    "clip.ogg": Kind("ogg", "libopus", None),
    "clip.aac": Kind("adts", "aac", None, rate_hz=44100, late_s=1024 / 44100),
}
LOSSLESS = Kind("matroska", "pcm_s16le", None)


def click(rate_hz: int) -> NDArray[np.float64]:
    """A short burst, its middle at the middle sample."""
    t = np.arange(-round(0.003 * rate_hz), round(0.003 * rate_hz) + 1) / rate_hz
    return np.asarray(0.8 * np.exp(-((t / 0.0012) ** 2)) * np.cos(2 * np.pi * 900 * t))


def clicks(times_s: Sequence[float], rate_hz: int, length_s: float) -> NDArray[np.float64]:
    """Faint noise with a click at each time."""
    sound = np.random.default_rng(7).normal(0, 0.001, round(length_s * rate_hz))
    burst = click(rate_hz)
    for time_s in times_s:
        start = round(time_s * rate_hz) - len(burst) // 2
        sound[start : start + len(burst)] += burst
    return sound


def write_clip(
    path: Path,
    kind: Kind,
    sounds: Sequence[NDArray[np.float64]] | None = None,
    *,
    sound_at_s: float = 0.0,
    all_at_s: float = 0.0,
    lose_s: tuple[float, float] = (0.0, 0.0),
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write one sound track for each of `sounds`, (n,) or (n, channels); by default clicks at CLICKS_S.

    `sound_at_s` delays the sound against the picture, `all_at_s` delays both, and packets with
    stamps inside `lose_s` are left out.
    """
    sounds = [clicks(CLICKS_S, kind.rate_hz, 3.0)] if sounds is None else sounds
    length_s = sound_at_s + max((len(sound) / kind.rate_hz for sound in sounds), default=3.0)
    with av.open(str(path), "w", format=kind.format, options=dict(kind.options)) as container:
        container.metadata.update(metadata or {})
        picture = _picture(container, kind) if kind.video else None
        tracks = [_track(container, kind, sound) for sound in sounds]
        packets = _encode_picture(picture, kind.fps, length_s) if picture is not None else []
        for track, sound in zip(tracks, sounds, strict=True):
            kept = _encode_sound(track, sound, round(sound_at_s * kind.rate_hz))
            packets += [p for p in kept if not lose_s[0] <= float(p.pts * p.time_base) < lose_s[1]]
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            shift = round(all_at_s / packet.time_base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            container.mux(packet)
    return path


def _picture(container: Any, kind: Kind) -> Any:
    stream = container.add_stream(kind.video, rate=kind.fps)
    stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 64, 48, "yuv420p", 20000
    if kind.video == "libx264":
        stream.options = {"preset": "ultrafast", "bf": str(kind.b_frames)}
    return stream


def _track(container: Any, kind: Kind, sound: NDArray[np.float64]) -> Any:
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    stream = container.add_stream(kind.audio, rate=kind.rate_hz, layout=layout)
    if not kind.audio.startswith(("pcm", "adpcm", "flac")):
        stream.bit_rate = kind.bit_rate
    stream.codec_context.open()
    return stream


def _encode_picture(stream: Any, fps: int, length_s: float) -> Packets:
    packets: Packets = []
    for number in range(round(length_s * fps)):
        frame = av.VideoFrame.from_ndarray(np.full((72, 64), number * 5 % 200, np.uint8), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return packets


def _encode_sound(stream: Any, sound: NDArray[np.float64], first: int) -> Packets:
    context = stream.codec_context
    packets: Packets = []
    name, length = context.format.name, context.frame_size or 1024
    dtype, scale = _SCALES[name.rstrip("p")]
    limit = (scale - 1) / scale if scale > 1 else np.inf
    columns = sound.reshape(len(sound), -1)
    for start in range(0, len(columns), length):
        part = columns[start : start + length]
        scaled = np.clip(part, -1, limit) * scale + (scale if dtype == "u1" else 0)
        with np.errstate(invalid="ignore"):
            data = scaled.astype(dtype)
        array = data.T if name.endswith("p") else data.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(array), format=name, layout=context.layout.name)
        frame.sample_rate, frame.time_base, frame.pts = (
            context.sample_rate,
            Fraction(1, context.sample_rate),
            first + start,
        )
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return packets


def laid_out(blocks: Iterable[Block]) -> tuple[int, NDArray[np.float32]]:
    """Number of the first sample, and all samples on one grid, zero in gaps."""
    placed = [(round(block.start_s * block.rate_hz), block.samples) for block in blocks]
    first, stop = placed[0][0], placed[-1][0] + len(placed[-1][1])
    sound = np.zeros((stop - first, placed[0][1].shape[1]), np.float32)
    for at, samples in placed:
        sound[at - first : at - first + len(samples)] = samples
    return first, sound


def found_s(blocks: Iterable[Block], rate_hz: int, times_s: Sequence[float]) -> NDArray[np.float64]:
    """Where the click nearest to each time is, within 0.1 s."""
    first, sound = laid_out(blocks)
    burst = click(rate_hz)
    likeness = np.convolve(sound[:, 0], burst[::-1], "same") ** 2
    smooth = np.convolve(likeness, np.hanning(round(0.0012 * rate_hz) + 2), "same")
    reach, found = round(0.1 * rate_hz), []
    for time_s in times_s:
        start = max(0, round(time_s * rate_hz) - first - reach)
        found.append((first + start + int(np.argmax(smooth[start : start + 2 * reach]))) / rate_hz)
    return np.array(found)
