"""What is painted around pictures, and the pictures coded again with it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

USUAL_RATE = Fraction(25)  # pictures a second where there are none, or the file does not say
_SOUND_ONLY_WIDTH = 1280
_LEAST_WIDTH = 640  # smaller pictures are enlarged, so that the words around them can be read
_QUALITY = {"libx264": {"preset": "veryfast", "crf": "20", "bf": "0", "g": "60"}, "mpeg4": {"g": "60"}}
_MPEG4_TIME_BASE = Fraction(1, 60_000)  # that codec counts in 16 bits
_MPEG4_BITS = 4  # a second and pixel
_LIMITED_RANGE, _FULL_RANGE = 1, 2  # FFmpeg's numbers for luma from 16 to 235, and from 0 to 255

Planes = Sequence[NDArray[np.uint8]]


class Canvas(Protocol):
    """What stands around a picture: `size` (width, height), `corner` (left, top) of the picture in it, all even."""

    size: tuple[int, int]
    corner: tuple[int, int]

    def paint(self, planes: Planes, start_s: float, stop_s: float) -> None:
        """Fill luma (height, width) and two planes of chroma (half of both) with what is shown in [start_s, stop_s)."""


class Annotation(Protocol):
    """What goes into an annotated copy."""

    @property
    def duration_s(self) -> float:
        """How long a recording without picture is shown."""

    @property
    def track(self) -> int:
        """The sound track that was analysed."""

    @property
    def comment(self) -> str:
        """What the file says of itself."""

    def canvas(self, width: int, height: int) -> Canvas:
        """The canvas around a picture of this size; height 0 is for a recording without picture."""


class Coder:
    """Pictures painted and coded, each once it is known when the next one is shown."""

    def __init__(
        self, out: OutputContainer, like: VideoStream | None, first: VideoFrame | None, annotation: Annotation
    ) -> None:
        self._turns = 0 if first is None else round(first.rotation / 90) % 4
        self._size = (_SOUND_ONLY_WIDTH, 0) if first is None else _enlarged(first)
        shown = self._size[::-1] if self._turns % 2 else self._size
        self._canvas = annotation.canvas(*shown)
        self._window = (self._canvas.corner, shown)
        rate = (like.average_rate or like.guessed_rate if like is not None else None) or USUAL_RATE
        exact = like.time_base if like is not None and like.time_base is not None else 1 / USUAL_RATE
        self._stream, self._time_base = _stream(out, self._canvas.size, rate, exact)
        if like is not None:
            _share_colours(self._stream.codec_context, like.codec_context)
        self._usual = max(1, round(1 / rate / self._time_base))
        self._waiting: tuple[VideoFrame | None, int] | None = None

    def add(self, frame: VideoFrame | None, at_s: Fraction) -> list[Packet[Any]]:
        """What is ready for the file when a picture comes that is shown from `at_s` on."""
        stamp, waiting = round(at_s / self._time_base), self._waiting
        if waiting is not None and stamp <= waiting[1]:
            return []
        self._waiting = (frame, stamp)
        return [] if waiting is None else self._coded(*waiting, stamp)

    def finish(self) -> list[Packet[Any]]:
        """All that is left, the last picture shown as long as its like."""
        assert self._waiting is not None
        return [*self._coded(*self._waiting, self._waiting[1] + self._usual), *self._stream.encode(None)]

    def _coded(self, frame: VideoFrame | None, stamp: int, stop: int) -> list[Packet[Any]]:
        painted = VideoFrame(*self._canvas.size, "yuv420p")
        planes = _planes(painted)
        self._canvas.paint(planes, float(stamp * self._time_base), float(stop * self._time_base))
        if frame is not None:
            self._lay(planes, frame)
        painted.pts, painted.time_base, painted.duration = stamp, self._time_base, stop - stamp
        return list(self._stream.encode(painted))

    def _lay(self, planes: Planes, frame: VideoFrame) -> None:
        full = {"dst_color_range": _LIMITED_RANGE} if frame.color_range == _FULL_RANGE else {}
        picture = frame.reformat(*self._size, format="yuv420p", **full)
        (left, top), (width, height) = self._window
        for part, plane, seen in zip((1, 2, 2), planes, _planes(picture), strict=True):
            rows, columns = slice(top // part, (top + height) // part), slice(left // part, (left + width) // part)
            plane[rows, columns] = np.rot90(seen, self._turns)


def _stream(
    out: OutputContainer, size: tuple[int, int], rate: Fraction, time_base: Fraction
) -> tuple[VideoStream, Fraction]:
    """The stream, not yet open, and its time base: the one asked for where the codec can count in it."""
    codec = next(name for name in _QUALITY if name in av.codecs_available)
    stream = out.add_stream(codec, rate=rate, options=_QUALITY[codec])
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    if codec == "mpeg4":
        stream.codec_context.bit_rate, time_base = size[0] * size[1] * _MPEG4_BITS, _MPEG4_TIME_BASE
    stream.codec_context.time_base = time_base
    return stream, time_base


def _share_colours(copy: VideoCodecContext, original: VideoCodecContext) -> None:
    copy.color_range, copy.colorspace = _LIMITED_RANGE, original.colorspace
    copy.color_primaries, copy.color_trc = original.color_primaries, original.color_trc


def _enlarged(frame: VideoFrame) -> tuple[int, int]:
    """Even width and height, in which words can be read beside the picture."""
    times = -(-_LEAST_WIDTH // min(max(frame.width, 1), _LEAST_WIDTH))
    return frame.width * times // 2 * 2, frame.height * times // 2 * 2


def _planes(frame: VideoFrame) -> Planes:
    """The samples of a frame's planes, (height, width) each, to be written to if it is a new one."""
    planes: Sequence[Any] = frame.planes  # buffers, which their stub does not say
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] for plane in planes
    ]
