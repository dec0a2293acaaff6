"""One forward pass: decoded frames -> blocks where their time stamps put them, and what was wrong with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.media.clock import Timeline
from detector.media.sound import Resampler, full_scale, usable, with_channels
from detector.records import Block

_FRAMES_AHEAD = 8  # a deviation of the stamps is believed when it lasts over this many frames
_SAME_RUN_S = 0.050  # frames of another rate within this of the ones before are resampled together


class Frame(NamedTuple):
    """What a decoder puts out at a time.

    `stamp` is the sample number its time stamp stands for, at the track's rate; `samples` has
    shape (channels, n) in the decoder's own number format; `lost` packets just before gave no sound.
    """

    stamp: int | None
    samples: NDArray[Any]
    rate_hz: int
    lost: int = 0


@dataclass
class Damage:
    """What went wrong while packets were read, filled as they are.

    `packets` could not be decoded, `at_end` of them after the last sound; `stopped` is the reason
    why reading ended before the file did.
    """

    packets: int = 0
    at_end: int = 0
    stopped: str | None = None


@dataclass
class ForwardPass:
    """Blocks from frames, once; the other attributes are complete when the blocks have ended.

    Attributes
    ----------
    first
        Sample number of the first sample; None before it, or without any.
    lost_at_start
        Packets that could not be decoded before the first sample.
    damaged_gaps
        Those of `timeline.gaps` in which packets could not be decoded.
    unusable
        Samples that were NaN, infinite or absurd, and are zero now.
    other_rates, other_channels
        Rates and channel counts unlike the track's -> the sample number at which each was first met.
    complete
        Whether the frames were read to their end.
    """

    rate_hz: int
    channels: int
    timeline: Timeline
    damage: Damage = field(default_factory=Damage)
    first: int | None = None
    lost_at_start: int = 0
    damaged_gaps: set[tuple[int, int]] = field(default_factory=set)
    unusable: int = 0
    other_rates: dict[int, int] = field(default_factory=dict)
    other_channels: dict[int, int] = field(default_factory=dict)
    complete: bool = False

    def blocks(self, frames: Iterator[Frame]) -> Iterator[Block]:
        """About a second of sound at a time, cut where the sound is."""
        parts: list[NDArray[Any]] = []
        first = stop = 0
        for at, samples in self._placed(frames):
            if parts and (at != stop or stop - first >= self.rate_hz or samples.dtype != parts[0].dtype):
                yield self._block(first, parts)
                parts = []
            if not parts:
                first = at
            parts.append(samples)
            stop = at + samples.shape[1]
        if parts:
            yield self._block(first, parts)
        self.complete = True

    def _block(self, first: int, parts: list[NDArray[Any]]) -> Block:
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        samples, unusable = usable(full_scale(joined))
        self.unusable += unusable
        return Block(first / self.rate_hz, self.rate_hz, samples.T)

    def _placed(self, frames: Iterator[Frame]) -> Iterator[tuple[int, NDArray[Any]]]:
        """Sample numbers and samples of the frames in order; the few frames ahead are only fetched at a seam."""
        timeline, waiting, rate_hz = self.timeline, deque[Frame](), self.rate_hz

        def ahead() -> Iterator[tuple[int | None, int]]:
            waiting.extend(islice(frames, _FRAMES_AHEAD - len(waiting)))
            return ((frame.stamp, frame.samples.shape[1]) for frame in waiting)

        while (frame := waiting.popleft() if waiting else next(frames, None)) is not None:
            stamp, samples, frame_rate_hz, lost = frame
            if frame_rate_hz != rate_hz:
                frames = self._at_one_rate(chain([frame], waiting, frames))
                waiting = deque()
                continue
            gaps = len(timeline.gaps)
            at, skip = timeline.place(stamp, samples.shape[1], ahead)
            if self.first is None:
                self.first, self.lost_at_start = at, lost
            if lost and len(timeline.gaps) > gaps:
                self.damaged_gaps.add(timeline.gaps[-1])
            if len(samples) != self.channels:
                self.other_channels.setdefault(len(samples), at)
                samples = with_channels(samples, self.channels)
            if skip < samples.shape[1]:
                yield at, samples[:, skip:] if skip else samples

    def _at_one_rate(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        run: _Run | None = None
        for frame in frames:
            if run is not None and not run.continues(frame):
                yield run.feed(None)
                run = None
            if frame.rate_hz == self.rate_hz:
                yield frame
                continue
            if run is None:
                run = _Run(frame, self.rate_hz)
                self.other_rates.setdefault(frame.rate_hz, self.timeline.end or 0)
            yield run.feed(frame)
        if run is not None:
            yield run.feed(None)


class _Run:
    """Frames of another rate than the track's, resampled as one stream from the first one's stamp on."""

    def __init__(self, first: Frame, rate_hz: int) -> None:
        self._start, self._from_hz, self._channels = first.stamp, first.rate_hz, len(first.samples)
        self._rate_hz = rate_hz
        self._fed = self._made = 0
        self._resampler = Resampler(first.rate_hz, rate_hz, self._channels)

    def continues(self, frame: Frame) -> bool:
        if (frame.rate_hz, len(frame.samples)) != (self._from_hz, self._channels):
            return False
        if frame.stamp is None or self._start is None:
            return True
        expected = self._start + self._fed * self._rate_hz // self._from_hz
        return abs(frame.stamp - expected) <= _SAME_RUN_S * self._rate_hz

    def feed(self, frame: Frame | None) -> Frame:
        """The sound that is ready by now; None asks for all the rest. Either may be empty."""
        samples = np.zeros((self._channels, 0), np.float32) if frame is None else usable(full_scale(frame.samples))[0]
        made = self._resampler.feed(samples, last=frame is None)
        stamp = None if self._start is None else self._start + self._made
        self._fed += samples.shape[1]
        self._made += made.shape[1]
        return Frame(stamp, made, self._rate_hz, 0 if frame is None else frame.lost)
