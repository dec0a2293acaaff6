"""Frames and time codes of editing programs, from seconds on the presentation clock; exact arithmetic only."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from detector.records import VideoFacts

_SLACK = Fraction(1, 10_000)  # a float time just below a frame's start belongs to that frame
_SAME_RATE = Fraction(1, 100_000)  # containers round their rates by less: 0.2 frames in two hours
# Rates for which editing programs have a timeline; a recording of another rate is laid on one of the first eight.
_USUAL = tuple(Fraction(n) for n in (24, 25, 30, 50, 60)) + tuple(Fraction(n * 1000, 1001) for n in (24, 30, 60))
_KNOWN = (*_USUAL, Fraction(48), Fraction(48_000, 1001), Fraction(100), Fraction(120), Fraction(120_000, 1001))
_SOUND_ONLY = Fraction(30)  # the finest rate that every program has and that counts whole seconds
_DAY_H = 24
_TEXT = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})([:;.,])([0-9]{2,3})")


@dataclass(frozen=True)
class FrameClock:
    """The timeline on which a recording is laid: its rate, and the time code of its first frame.

    Attributes
    ----------
    rate
        Frames a second, exact.
    drop
        Whether time codes leave out numbers to stay with real time (drop-frame).
    start
        Number of frames that the time code of the recording's first frame stands for.
    embedded
        Whether the recording itself carries that time code.
    origin_s
        Presentation time of the first frame.
    notes
        What a person must know to lay the recording on this timeline, in sentences.
    """

    rate: Fraction
    drop: bool = False
    start: int = 0
    embedded: bool = False
    origin_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def nominal(self) -> int:
        """Frames that one second of time code counts: 30 at 29.97."""
        return math.ceil(self.rate)

    @property
    def ntsc(self) -> bool:
        """Whether the rate is a whole one slowed down by 1000/1001."""
        return self.rate.denominator != 1

    def frame(self, time_s: float) -> int:
        """Frame on screen at a time, counted from the recording's first; 0 before it.

        A time within 1/10,000 of a frame before a frame's start counts as that start, since most
        frame times are no exact floats.
        """
        return max(0, math.floor((Fraction(time_s) - Fraction(self.origin_s)) * self.rate + _SLACK))

    def timecode(self, frame: int) -> str:
        """Time code of a frame counted from the recording's first."""
        return to_text(self.start + frame, self.nominal, self.drop)


def clock_of(video: VideoFacts | None) -> FrameClock:
    """The timeline for a recording: its own rate where timelines have it, else a multiple or the nearest usual one.

    A constant rate and a readable embedded time code are taken as they are; at 29.97 and 59.94
    frames a second, time codes are drop-frame unless the embedded one is not. With a variable or
    unusual rate, and without a picture, positions follow from time alone, and `notes` say so.
    """
    if video is None:
        return FrameClock(_SOUND_ONLY, notes=(_about_sound_only(),))
    told = told_rate(video.frame_rate)
    own = None if video.variable or told is None else _timeline_rate(told)
    rate = own or _instead(told or _SOUND_ONLY)
    notes = [] if own else [_about_rate(video, told, rate)]
    nominal, drop, start = math.ceil(rate), _droppable(rate), 0
    read = None if video.timecode is None else from_text(video.timecode, nominal, droppable=drop)
    if read is not None:
        start, drop = read
    elif video.timecode is not None:
        notes.append(
            f"The recording's own time code {video.timecode!r} cannot be counted at {rate_text(rate)} "
            "frames a second: it is passed over."
        )
    return FrameClock(rate, drop, start, read is not None, video.start_s, tuple(notes))


def to_text(number: int, nominal: int, drop: bool) -> str:
    """`HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame, of a frame number counted from midnight.

    Drop-frame leaves out the first two numbers (four at 59.94) of every minute but each tenth. A
    day later the count begins anew.

    >>> to_text(1799, 30, True), to_text(1800, 30, True), to_text(17982, 30, True)
    ('00:00:59;29', '00:01:00;02', '00:10:00;00')
    """
    number %= _whole_day(nominal, drop)
    if drop:
        dropped = nominal // 15
        in_minute = 60 * nominal - dropped
        tens, rest = divmod(number, 10 * in_minute + dropped)
        number += dropped * (9 * tens + max(0, (rest - dropped) // in_minute))
    seconds, frames = divmod(number, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drop else ':'}{frames:02d}"


def from_text(text: str, nominal: int, *, droppable: bool) -> tuple[int, bool] | None:
    """Frame number from midnight and whether it is drop-frame; None when no such time code exists at this rate.

    >>> from_text("01:00:00;00", 30, droppable=True), from_text("00:01:00;00", 30, droppable=True)
    ((107892, True), None)
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    drop = match[4] != ":"
    if hours >= _DAY_H or minutes >= 60 or seconds >= 60 or frames >= nominal or (drop and not droppable):
        return None
    number = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if drop:
        dropped, passed = nominal // 15, hours * 60 + minutes
        if seconds == 0 and frames < dropped and minutes % 10:
            return None
        number -= dropped * (passed - passed // 10)
    return number, drop


def rate_text(rate: Fraction) -> str:
    """A rate as people write it: "29.97", "23.976", "25"."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _whole_day(nominal: int, drop: bool) -> int:
    return _DAY_H * (3600 * nominal - (54 * (nominal // 15) if drop else 0))


def told_rate(frame_rate: str) -> Fraction | None:
    """The rate that the container tells; None when it is none, as in a report that a stranger wrote."""
    try:
        told = Fraction(frame_rate)
    except (ValueError, ZeroDivisionError):
        return None
    return told if told > 0 else None


def _timeline_rate(told: Fraction) -> Fraction | None:
    return next((rate for rate in _KNOWN if abs(told / rate - 1) < _SAME_RATE), None)


def _instead(told: Fraction) -> Fraction:
    """The nearest usual rate; rather one in which every frame of the recording lasts a whole number of frames."""
    return min(_USUAL, key=lambda usual: ((usual / told).denominator != 1, abs(usual - told)))


def _droppable(rate: Fraction) -> bool:
    return rate.denominator != 1 and math.ceil(rate) % 30 == 0


def _about_sound_only() -> str:
    return (
        f"The recording has no picture: it is laid on a timeline of {_SOUND_ONLY} frames a second, "
        f"where marks are right to 1/{_SOUND_ONLY} s; the exact times are in their notes."
    )


def _about_rate(video: VideoFacts, told: Fraction | None, rate: Fraction) -> str:
    mean = "" if told is None else f" ({rate_text(told)} on average)" if video.variable else f" ({rate_text(told)})"
    what = "a variable frame rate" if video.variable else "a frame rate that no timeline has"
    return (
        f"The picture has {what}{mean}: marks stand at their time on a timeline of {rate_text(rate)} frames "
        "a second, not at a frame of the file; let the program conform the file to that rate, and go by the "
        "times in the notes."
    )
