"""Sound on its way in: blocks of samples, what could be heard when, and the facts of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

State = Literal["heard", "overloaded", "no_audio", "muted", "masked", "damaged", "not_analysed"]
HEARD_STATES: frozenset[State] = frozenset({"heard", "overloaded"})


@dataclass(frozen=True)
class Block:
    """Contiguous samples as decoded, in presentation order.

    `start_s` is the presentation time of the first sample, a whole number of samples from 0
    (`round(start_s * rate_hz)` is exact). `samples` has shape (n, channels), full scale is +-1.
    """

    start_s: float
    rate_hz: int
    samples: Float32


@dataclass(frozen=True)
class Coverage:
    """A stretch of time and what could be heard in it."""

    start_s: float
    stop_s: float
    state: State


@dataclass(frozen=True)
class VideoFacts:
    """What the container says about the picture. `frame_rate` is a fraction such as "30000/1001"."""

    frame_rate: str
    variable: bool
    start_s: float
    timecode: str | None
    width: int
    height: int


@dataclass(frozen=True)
class AudioFacts:
    """What the container says about the sound; `gaps` are (start_s, stop_s) without samples."""

    codec: str
    sample_rate_hz: int
    channels: int
    bit_rate: int
    start_s: float
    gaps: tuple[tuple[float, float], ...] = ()
    damaged_packets: int = 0
    track: int = 1
    tracks: int = 1


@dataclass(frozen=True, eq=False)
class PictureIndex:
    """What a container's index tells of its pictures, in decoding order; columns, empty where it has none.

    `time_s` (n,) lies within a few pictures of the time at which each is shown; `key` marks those
    that stand alone; `size_bytes` is their coded size. Some containers list key frames only.
    `picture_s` is how long a picture is usually shown.
    """

    picture_s: float
    time_s: Float64
    key: Bool
    size_bytes: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Layouts:
    """Pictures one after the other, each as the brightness of a few parts: `time_s` (n,), `luma` (n, parts)."""

    time_s: Float64
    luma: NDArray[np.uint8]


@dataclass(frozen=True)
class Recording:
    """One recording as evidence: identity, streams, clock.

    `clock_error_s` is what the container leaves open on absolute time (intervals between shots
    are not touched by it); `clock_notes` say in words why.
    """

    name: str
    sha256: str
    size_bytes: int
    duration_s: float
    container: str
    clock_error_s: float
    video: VideoFacts | None
    audio: AudioFacts | None
    clock_notes: tuple[str, ...] = ()


class Track(Protocol):
    """What the conductor needs from a recording: sound in one forward pass, then the facts."""

    @property
    def rate_hz(self) -> int:
        """Sample rate in Hz; 0 without a sound track."""

    @property
    def channels(self) -> int:
        """Number of channels; 0 without a sound track."""

    @property
    def duration_s(self) -> float:
        """Duration as the container announces it, for progress; 0 when it does not say."""

    def blocks(self) -> Iterator[Block]:
        """Decoded sound in presentation order, each sample where its time stamp puts it."""

    def coverage(self) -> tuple[Coverage, ...]:
        """Stretches without samples (`no_audio`, `damaged`), known after `blocks()` has ended."""

    def recording(self) -> Recording:
        """Identity and stream facts, complete after `blocks()` has ended."""

    def warnings(self) -> tuple[str, ...]:
        """What the reader of the result must know about the file, in sentences."""
