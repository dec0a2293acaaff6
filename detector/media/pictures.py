"""The picture of a file as far as cuts need it: what the container's index tells of every picture, and coarse layouts.

Reading the index decodes nothing. Layouts are decoded only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from detector.records import Layouts, PictureIndex

LAYOUT = (9, 16)  # rows and columns of a layout
_INDEXED = frozenset({"mov", "avi", "matroska"})  # containers that say of each key frame where it is
_ENTRY = np.dtype([("stamp", np.int64), ("size", np.int32), ("key", np.bool_)])
_USUAL_RATE = Fraction(25)  # pictures a second where the file does not say


class Pictures:
    """The picture track of a file.

    Parameters
    ----------
    container
        Open, and not read from afterwards: it may be moved.
    stream
        The picture track in it.
    origin_s
        The time stamp at which a player shows 0:00.
    opened
        Opens the file anew, for decoding.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        origin_s: Fraction,
        opened: Callable[[], InputContainer],
    ) -> None:
        self._origin_s, self._opened, self._number = origin_s, opened, stream.index
        self.index = _index(container, stream, origin_s)

    def layouts(self, windows: Sequence[tuple[float, float]], most: int) -> list[Layouts]:
        """The pictures shown in each window (start_s, stop_s), windows ascending and apart.

        At most so many pictures are decoded, those included from which the decoder must set out;
        what lies behind the last of them, or cannot be decoded, is left out.
        """
        found: list[Layouts] = []
        position_s, left = -np.inf, most
        with self._opened() as container:
            stream = container.streams[self._number]
            assert isinstance(stream, VideoStream)
            for other in container.streams:
                other.discard = Discard.default if other.index == stream.index else Discard.all
            stream.codec_context.thread_count = 1  # no waiting threads beside others' work
            for start_s, stop_s in windows:
                if self._key_before(start_s) > position_s:
                    self._seek(container, stream, start_s)
                shown: list[tuple[float, NDArray[np.uint8]]] = []
                for frame in _decoded(container, stream):
                    position_s, left = self._time_s(frame), left - 1
                    if start_s <= position_s <= stop_s:
                        shown.append((position_s, _layout(frame)))
                    if position_s > stop_s or left <= 0:
                        break
                found.append(_columns(shown))
                if left <= 0:
                    break
        return found + [_columns([])] * (len(windows) - len(found))

    def _key_before(self, time_s: float) -> float:
        keys_s = self.index.time_s[self.index.key]
        before = int(np.searchsorted(keys_s, time_s, side="right")) - 1
        return float(keys_s[before]) if before >= 0 else -np.inf

    def _seek(self, container: InputContainer, stream: VideoStream, time_s: float) -> None:
        assert stream.time_base is not None
        stamp = int((Fraction(time_s) + self._origin_s) / stream.time_base)
        try:
            container.seek(stamp, stream=stream, backward=True)
        except (av.FFmpegError, OSError):
            return  # then it is decoded on from here

    def _time_s(self, frame: VideoFrame) -> float:
        assert frame.pts is not None
        assert frame.time_base is not None
        return float(frame.pts * frame.time_base - self._origin_s)


def _index(container: InputContainer, stream: VideoStream, origin_s: Fraction) -> PictureIndex:
    family = container.format.name.split(",")[0]
    if family not in _INDEXED or stream.time_base is None or stream.codec_context is None:
        entries = np.empty(0, _ENTRY)
    else:
        if family == "matroska":
            _read_cues(container, stream)
        listed = stream.index_entries
        entries = np.fromiter(((e.timestamp, e.size, e.is_keyframe) for e in listed), _ENTRY, count=len(listed))
    time_s = entries["stamp"] * float(stream.time_base or 0) - float(origin_s)
    picture_s = float(1 / (stream.average_rate or stream.guessed_rate or _USUAL_RATE))
    if len(entries) > 1 and not entries["key"].all():  # then every picture is listed
        picture_s = float(time_s[-1] - time_s[0]) / (len(time_s) - 1) or picture_s
    return PictureIndex(picture_s, time_s, entries["key"].copy(), entries["size"].copy())


def _read_cues(container: InputContainer, stream: VideoStream) -> None:
    """Matroska's index stands at the end of the file and is read with the first seek."""
    try:
        container.seek(0, stream=stream)
    except (av.FFmpegError, OSError):
        return


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Pictures with a time from where the container stands; damaged ones are left out."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = [] if packet is None else stream.decode(packet)
        except av.EOFError:
            return
        except (av.FFmpegError, OSError):
            continue
        if packet is None:
            return
        yield from (frame for frame in frames if frame.pts is not None and not frame.is_corrupt)


def _layout(frame: VideoFrame) -> NDArray[np.uint8]:
    rows, columns = LAYOUT
    return np.asarray(frame.reformat(columns, rows, "gray", interpolation="AREA").to_ndarray().ravel(), np.uint8)


def _columns(shown: Sequence[tuple[float, NDArray[np.uint8]]]) -> Layouts:
    """In order of their times."""
    shown = sorted(shown, key=lambda each: each[0])
    luma = [layout for _, layout in shown]
    return Layouts(
        np.array([time_s for time_s, _ in shown], np.float64),
        np.array(luma, np.uint8).reshape(len(luma), LAYOUT[0] * LAYOUT[1]),
    )
