"""Time stamps, samples and frame numbers, converted into each other. Pure arithmetic, no files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

_FRAME_SLACK = Fraction(1, 10_000)  # a float time just below a frame's start belongs to that frame


def frame_number(time_s: float, video_start_s: float, frame_rate: str) -> int:
    """Number of the picture's frame on screen at a time, counted from 0; negative before the first frame.

    Exact in fractions, for a constant frame rate. A time within 1/10,000 of a frame before a
    frame's start counts as that start, since most frame times are no exact floats.

    Raises
    ------
    ValueError
        When `frame_rate` is not a fraction such as "30000/1001".

    >>> frame_number(1.001, 0.0, "30000/1001")
    30
    """
    return math.floor((Fraction(time_s) - Fraction(video_start_s)) * Fraction(frame_rate) + _FRAME_SLACK)


def sample_number(time_base: Fraction, origin_s: Fraction, rate_hz: int) -> Callable[[int], int]:
    """A function from a time stamp to the nearest whole sample, counted from `origin_s`, in exact integers.

    >>> sample_number(Fraction(1, 1000), Fraction(1, 2), 44100)(523)
    1014
    """
    scale, shift = time_base * rate_hz, Fraction(1, 2) - origin_s * rate_hz
    below = math.lcm(scale.denominator, shift.denominator)
    factor, offset = int(scale * below), int(shift * below)
    return lambda stamp: (stamp * factor + offset) // below


Ahead = Callable[[], Iterable[tuple[int | None, int]]]


class Timeline:
    """Where each decoded frame belongs, in whole samples from presentation time 0.

    Frames stay contiguous while their stamps lie within `seam` samples of the end of the one
    before, so that coarse or jittering stamps neither tear the sound nor pile up a drift. A
    deviation that lasts over the frames ahead (never below half its size) is believed: forwards it
    is a gap, backwards (up to `overlap`) the sound already there is cut off the new frame.
    Deviations that last but exceed `overlap` or `longest_gap` are errors of the stamps: the sound
    is kept contiguous, and all later stamps are moved by as much.

    Attributes
    ----------
    end
        Sample after the last one placed; None before the first frame.
    gaps
        (start, stop) without samples, in order.
    trimmed
        Samples cut off because their stamps lay in sound already there.
    jumps
        Samples at which the stamps were disbelieved.
    """

    def __init__(self, seam: int, overlap: int, longest_gap: int) -> None:
        self.seam, self.overlap, self.longest_gap = seam, overlap, longest_gap
        self.end: int | None = None
        self.gaps: list[tuple[int, int]] = []
        self.trimmed = 0
        self.jumps: list[int] = []
        self._shift = 0

    def follow(self, stamps: Sequence[int | None], lengths: Sequence[int]) -> int | None:
        """Sample number from which frames in a row lie where `place` would put them; None, and nothing done, at a seam.

        Nearly all frames lie at the end of the one before, and are cheaper to place many at a time.
        """
        if self.end is None:
            return None
        expected = self.end - self._shift
        for stamp, length in zip(stamps, lengths, strict=True):
            if stamp is not None and abs(stamp - expected) > self.seam:
                return None
            expected += length
        first, self.end = self.end, expected + self._shift
        return first

    def place(self, stamp: int | None, length: int, ahead: Ahead) -> tuple[int, int]:
        """Sample number of a frame's first kept sample, and how many samples to drop before it.

        Parameters
        ----------
        stamp
            The frame's time stamp as a sample number; None follows the frame before.
        length
            Samples in the frame.
        ahead
            Gives (stamp, length) of the next few frames, which decide whether a deviation lasts.
        """
        if self.end is None:
            self.end = stamp or 0
        skip = 0
        deviation = 0 if stamp is None else stamp + self._shift - self.end
        if abs(deviation) > self.seam and self._lasts(deviation, length, ahead):
            skip = self._seam(deviation, length)
        first = self.end
        self.end += length - skip
        return first, skip

    def _lasts(self, deviation: int, length: int, ahead: Ahead) -> bool:
        assert self.end is not None
        expected = self.end - self._shift + length
        for stamp, ahead_length in ahead():
            later = deviation if stamp is None else stamp - expected
            if abs(later) <= self.seam or 2 * abs(later) < abs(deviation) or (later > 0) != (deviation > 0):
                return False
            expected += ahead_length
        return True

    def _seam(self, deviation: int, length: int) -> int:
        """Move the end to where the stamps say it is; return how many samples of the new frame to drop."""
        assert self.end is not None
        if not -self.overlap <= deviation <= self.longest_gap:
            self._shift -= deviation
            self.jumps.append(self.end)
            return 0
        if deviation < 0:
            skip = min(-deviation, length)
            self.trimmed += skip
            return skip
        self.gaps.append((self.end, self.end + deviation))
        self.end += deviation
        return 0
