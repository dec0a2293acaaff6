"""One forward pass: decoded frames -> blocks where their time stamps put them, and what was wrong with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.media.clock import Ahead, Timeline
from detector.media.sound import Resampler, full_scale, usable, with_channels
from detector.records import Block

_FRAMES_AHEAD = 8  # a deviation of the stamps is believed when it lasts over this many frames
_SAME_RUN_S = 0.050  # frames of another rate within this of the ones before are resampled together


class Frames(NamedTuple):
    """Frames in a row from a decoder, alike in rate, channels and number format.

    `stamps` are the sample numbers their time stamps stand for, at the track's rate, and `lengths`
    their samples; `samples` has shape (channels, n) in the decoder's own number format; `lost`
    packets just before the first gave no sound.
    """

    stamps: Sequence[int | None]
    lengths: Sequence[int]
    samples: NDArray[Any]
    rate_hz: int
    lost: int = 0

    def one_by_one(self) -> Iterator[Frames]:
        """Each frame alone."""
        stop, lost = 0, self.lost
        for stamp, length in zip(self.stamps, self.lengths, strict=True):
            start, stop = stop, stop + length
            yield Frames([stamp], [length], self.samples[:, start:stop], self.rate_hz, lost)
            lost = 0


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

    def blocks(self, frames: Iterator[Frames]) -> Iterator[Block]:
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

    def _placed(self, frames: Iterator[Frames]) -> Iterator[tuple[int, NDArray[Any]]]:
        """Sample numbers and samples of the frames in order; the few frames ahead are only fetched at a seam."""
        timeline, waiting, rate_hz = self.timeline, deque[Frames](), self.rate_hz

        def ahead() -> Iterator[tuple[int | None, int]]:
            while sum(len(some.lengths) for some in waiting) < _FRAMES_AHEAD and (more := next(frames, None)):
                waiting.append(more)
            coming = (zip(some.stamps, some.lengths, strict=True) for some in waiting)
            return islice(chain.from_iterable(coming), _FRAMES_AHEAD)

        while (some := waiting.popleft() if waiting else next(frames, None)) is not None:
            if some.rate_hz != rate_hz:
                frames = self._at_one_rate(chain([some], waiting, frames))
                waiting = deque()
                continue
            at, skip = timeline.follow(some.stamps, some.lengths), 0
            if at is None and len(some.lengths) > 1:
                waiting.extendleft(reversed(list(some.one_by_one())))
                continue
            if at is None:
                at, skip = self._place(some, ahead)
            samples = some.samples
            if len(samples) != self.channels:
                self.other_channels.setdefault(len(samples), at)
                samples = with_channels(samples, self.channels)
            if skip < samples.shape[1]:
                yield at, samples[:, skip:] if skip else samples

    def _place(self, frame: Frames, ahead: Ahead) -> tuple[int, int]:
        """Where one frame at a seam, or the first of all, begins, and how many samples to drop before it."""
        gaps = len(self.timeline.gaps)
        at, skip = self.timeline.place(frame.stamps[0], frame.lengths[0], ahead)
        if self.first is None:
            self.first, self.lost_at_start = at, frame.lost
        if frame.lost and len(self.timeline.gaps) > gaps:
            self.damaged_gaps.add(self.timeline.gaps[-1])
        return at, skip

    def _at_one_rate(self, frames: Iterator[Frames]) -> Iterator[Frames]:
        run: _Run | None = None
        for frame in chain.from_iterable(some.one_by_one() for some in frames):
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
    """Single frames of another rate than the track's, resampled as one stream from the first one's stamp on."""

    def __init__(self, first: Frames, rate_hz: int) -> None:
        self._start, self._from_hz, self._channels = first.stamps[0], first.rate_hz, len(first.samples)
        self._rate_hz = rate_hz
        self._fed = self._made = 0
        self._resampler = Resampler(first.rate_hz, rate_hz, self._channels)

    def continues(self, frame: Frames) -> bool:
        if (frame.rate_hz, len(frame.samples)) != (self._from_hz, self._channels):
            return False
        (stamp,) = frame.stamps
        if stamp is None or self._start is None:
            return True
        expected = self._start + self._fed * self._rate_hz // self._from_hz
        return abs(stamp - expected) <= _SAME_RUN_S * self._rate_hz

    def feed(self, frame: Frames | None) -> Frames:
        """The sound that is ready by now; None asks for all the rest. Either may be empty."""
        samples = np.zeros((self._channels, 0), np.float32) if frame is None else usable(full_scale(frame.samples))[0]
        made = self._resampler.feed(samples, last=frame is None)
        stamp = None if self._start is None else self._start + self._made
        self._fed += samples.shape[1]
        self._made += made.shape[1]
        return Frames([stamp], [made.shape[1]], made, self._rate_hz, 0 if frame is None else frame.lost)
