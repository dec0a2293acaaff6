"""What stands around the picture of an annotated copy: the running number, flashes, moments, and the wave below.

Nothing is drawn over the picture itself. The words are those of the caption files.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from detector.exports.captions import captions
from detector.exports.wording import one_line
from detector.records import HEARD_STATES, Float32, Float64, Report, Shot
from detector.times import format_time
from detector.views import summary
from detector.views.lettering import Colour, Planes, even, font, levels, paste, planes, words, wrapped

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

COLUMN_S = 0.004  # width of the columns in which the wave is kept
FLASH_S = 0.2  # over which the frame around the picture fades after a shot
WINDOW_S = 8.0  # of sound around the play head
GROUND, INK, FAINT_INK, WAVE, HEAD = (20, 22, 26), (240, 240, 240), (165, 170, 176), (150, 172, 188), (255, 255, 255)
SHOT, POSSIBLE, AGAIN = (255, 176, 0), (86, 180, 233), (150, 150, 150)
UNHEARD, OVERLOADED = (96, 56, 56), (84, 66, 16)
_KEY = (
    (SHOT, "shot"),
    (POSSIBLE, "possible"),
    (AGAIN, "shown again"),
    (UNHEARD, "cannot hear"),
    (OVERLOADED, "overloaded"),
)
_ABOUT = (
    "Annotated copy: {}the sound is that of the recording, packet by packet. "
    f"Waves: {WINDOW_S:g} s around the play head, then the whole recording."
)


@dataclass(frozen=True, eq=False)
class Wave:
    """Largest amplitude in each `COLUMN_S` from `start_s` on, (n,), 0 where there is no sound; full scale is 1."""

    start_s: float
    peak: Float32

    def columns(self, edges_s: Float64) -> Float32:
        """Largest amplitude between each two of the edges, (n,) for n + 1 edges in rising order."""
        at = np.floor((edges_s - self.start_s) / COLUMN_S).astype(np.int64)
        inside = (at[1:] >= 0) & (at[:-1] < len(self.peak))
        if not len(self.peak) or not inside.any():
            return np.zeros(len(inside), np.float32)
        near = np.clip(at, 0, len(self.peak))
        window = np.append(self.peak[near[0] : near[-1] + 1], np.float32(0))  # the last edge may be the end
        found = np.maximum.reduceat(window, near[:-1] - near[0])
        return np.where(inside, found, np.float32(0))


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in pixels, all even; `footer` are the lines below the waves."""

    width: int
    picture: tuple[int, int]
    pixels: int
    margin: int
    header: int
    near: tuple[int, int]
    whole: tuple[int, int]
    footer: tuple[str, ...]
    height: int

    @staticmethod
    def around(width: int, height: int, report: Report) -> Layout:
        """The layout around a picture of a size, letters in proportion to it."""
        pixels = max(13, even(width / 52))
        margin, header = even(pixels * 0.5), even(pixels * 4.2)
        below, tall = header + height + 2 * margin, even(pixels * (5 if height else 14))
        near = (below + margin, tall)
        whole = (near[0] + near[1] + margin, even(pixels * 3))
        lines = [line for text in _footer(report) for line in wrapped(text, pixels, width)]
        stop = whole[0] + whole[1] + margin + even((len(lines) + 1) * pixels * 1.35) + margin
        return Layout(width + 2 * margin, (width, height), pixels, margin, header, near, whole, tuple(lines), stop)


def _footer(report: Report) -> tuple[str, ...]:
    recording = report.recording
    listed = summary.count_sentences(report)[:1]
    return (
        f"{one_line(recording.name)}, SHA-256 {recording.sha256[:16]}...: {summary.one_line(report)}.",
        " ".join([*listed, summary.FAINT, summary.limits(report)]),
        _ABOUT.format("the picture was coded again, " if recording.video else ""),
    )


class Surround:
    """Paints what stands around each picture; a `Canvas` of `detector.media.canvas`.

    Parameters
    ----------
    report
        What is shown.
    wave
        The wave of its recording.
    layout
        Where.
    """

    def __init__(self, report: Report, wave: Wave, layout: Layout) -> None:
        self.size, self.corner = (layout.width, layout.height), (layout.margin, layout.header + layout.margin)
        self._report, self._wave, self._layout = report, wave, layout
        self._times_s = np.array([shot.time_s for shot in report.shots], np.float64)
        self._captions = captions(report)
        self._starts_s = [caption.start_ms / 1000 for caption in self._captions]
        self._loudest = max(float(wave.peak.max(initial=0.0)), 1e-4)
        self._still = self._drawn()
        self._words = lru_cache(maxsize=64)(words)

    def paint(self, planes: Planes, start_s: float, stop_s: float) -> None:
        """Fill the planes of what is shown in [start_s, stop_s); a shot counts from the picture on screen at it."""
        for plane, still in zip(planes, self._still, strict=True):
            plane[:] = still
        colour = self._flash(start_s, stop_s)
        if colour is not None:
            self._fill(planes, colour, self._frame())
        self._caption(planes, start_s, stop_s)
        self._near(planes, start_s)
        self._head(planes, start_s)

    def _flash(self, start_s: float, stop_s: float) -> Colour | None:
        """The frame's colour: that of the last shot before `stop_s`, fading after it."""
        last = bisect_left(self._times_s, stop_s) - 1
        if last < 0 or self._times_s[last] + FLASH_S <= start_s:
            return None
        strength = 1 - max(0.0, start_s - float(self._times_s[last])) / FLASH_S
        shot, ground = np.array(_colour(self._report.shots[last])), np.array(GROUND)
        red, green, blue = (ground + strength * (shot - ground)).round().astype(int)
        return int(red), int(green), int(blue)

    def _frame(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the picture with the frame around it, which the picture is laid over."""
        layout = self._layout
        return 0, layout.header, layout.width, layout.header + 2 * layout.margin + layout.picture[1]

    def _caption(self, planes: Planes, start_s: float, stop_s: float) -> None:
        layout = self._layout
        large, margin, right = even(layout.pixels * 1.6), layout.margin, layout.width - layout.margin
        clock = self._words(format_time(start_s), layout.pixels, FAINT_INK, GROUND, layout.width)
        paste(planes, clock, right - clock[0].shape[1], margin)
        now = bisect_left(self._starts_s, stop_s) - 1
        if now < 0 or self._captions[now].stop_ms / 1000 <= start_s:
            return
        lines = self._captions[now].lines
        number, others = (lines[0], lines[1:]) if lines[0].startswith("Shots") else ("", lines)
        room = right - margin - clock[0].shape[1] - layout.pixels
        if number:
            paste(planes, self._words(number, large, INK, GROUND, even(room)), margin, margin)
        if others:
            said = self._words("   ".join(others), layout.pixels, SHOT, GROUND, right - margin)
            paste(planes, said, margin, margin + even(large * 1.35))

    def _near(self, planes: Planes, start_s: float) -> None:
        """The wave around the play head."""
        layout, (top, tall) = self._layout, self._layout.near
        edges_s = start_s + WINDOW_S * (np.arange(layout.width + 1) / layout.width - 0.5)
        for first_s, last_s, colour in _shaded(self._report):
            left, right = np.searchsorted(edges_s, (first_s, last_s)) // 2 * 2
            self._fill(planes, colour, (int(left), top, min(int(right), layout.width), top + tall))
        first, last = bisect_left(self._times_s, edges_s[0]), bisect_right(self._times_s, edges_s[-1])
        for shot in self._report.shots[first:last]:
            left = int(np.searchsorted(edges_s, shot.time_s)) // 2 * 2
            self._fill(planes, _colour(shot), (left, top, min(left + 2, layout.width), top + tall))
        height = np.maximum(self._wave.columns(edges_s) / self._loudest * (tall / 2), 0.5)  # a line where it is quiet
        away = np.abs(np.arange(tall) - (tall - 1) / 2)
        np.copyto(planes[0][top : top + tall], np.uint8(levels(WAVE)[0]), where=away[:, None] <= height)
        middle = layout.width // 4 * 2
        self._fill(planes, HEAD, (middle, top, middle + 2, top + tall))

    def _head(self, planes: Planes, start_s: float) -> None:
        """The play head on the wave of the whole recording."""
        (top, tall), left = self._layout.whole, self._across(start_s)
        self._fill(planes, HEAD, (left, top, left + 2, top + tall))

    def _across(self, time_s: float) -> int:
        """Where on the wave of the whole recording a time lies."""
        share = min(max(time_s / max(self._report.recording.duration_s, 1e-3), 0.0), 1.0)
        return int(share * (self._layout.width - 2)) // 2 * 2

    @staticmethod
    def _fill(planes: Planes, colour: Colour, box: tuple[int, int, int, int]) -> None:
        """A flat box: left, top, right, bottom, all even."""
        left, top, right, bottom = box
        for part, plane, level in zip((1, 2, 2), planes, levels(colour), strict=True):
            plane[top // part : bottom // part, left // part : right // part] = round(float(level))

    def _drawn(self) -> Planes:
        """All that does not move."""
        from PIL import Image, ImageDraw

        layout, (top, tall) = self._layout, self._layout.whole
        image = Image.new("RGB", self.size, GROUND)
        draw = ImageDraw.Draw(image)
        for first_s, last_s, colour in _shaded(self._report):
            draw.rectangle((self._across(first_s), top, self._across(last_s), top + tall - 1), colour)
        edges_s = np.linspace(0.0, self._report.recording.duration_s, layout.width + 1)
        middle = top + tall * 5 / 8  # the upper quarter is for ticks
        for left, height in enumerate(self._wave.columns(edges_s) / self._loudest * (tall * 3 / 8)):
            draw.line((left, middle - height, left, middle + height), WAVE)
        for shot in self._report.shots:
            left = self._across(shot.time_s)
            draw.line((left, top, left, top + tall // 4), _colour(shot))
        self._foot(draw)
        return planes(image)

    def _foot(self, draw: ImageDraw) -> None:
        layout = self._layout
        face, step = font(layout.pixels), layout.pixels * 1.35
        left, top = float(layout.margin), float(layout.whole[0] + layout.whole[1] + layout.margin)
        for colour, word in _KEY:
            draw.rectangle((left, top + step * 0.2, left + step * 0.5, top + step * 0.7), colour)
            draw.text((left + step * 0.75, top), word, FAINT_INK, face)
            left += step * 1.5 + face.getlength(word)
        for row, line in enumerate(layout.footer, start=1):
            draw.text((layout.margin, top + row * step), line, FAINT_INK, face)


def _colour(shot: Shot) -> Colour:
    return AGAIN if shot.repeat_of is not None else SHOT if shot.status == "shot" else POSSIBLE


def _shaded(report: Report) -> Iterator[tuple[float, float, Colour]]:
    """Stretches that could not be heard, or were overloaded, with their colours."""
    for stretch in report.coverage:
        if stretch.state != "heard":
            yield stretch.start_s, stretch.stop_s, OVERLOADED if stretch.state in HEARD_STATES else UNHEARD
