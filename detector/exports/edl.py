"""shots.edl: a CMX 3600 edit list of one-frame events that DaVinci Resolve imports as timeline markers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from detector.exports.markers import Kind, markers
from detector.exports.timecode import FrameClock, clock_of
from detector.exports.wording import one_line
from detector.records import Comparison, Report

_COLOURS: dict[Kind, str] = {
    "shot": "Red",
    "possible": "Yellow",
    "moment": "Green",
    "unheard": "Purple",
    "about": "Blue",
}
_RESOLVE_STARTS_H = 1  # its timelines begin at 01:00:00:00 unless told otherwise


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """One event a marker, as Resolve itself writes them: an event line, then `note |C:colour |M:name |D:frames`.

    Time codes begin with the recording's own, or at one hour without one, where timelines of
    Resolve begin. A marker at the first frame says so, and which sound the times fit.
    """
    clock = clock_of(report.recording.video)
    if not clock.embedded:
        clock = dataclasses.replace(clock, start=_RESOLVE_STARTS_H * _hour(clock))
    advice = f"The recording lies whole at the start of a timeline that begins at {clock.timecode(0)}."
    lines = [
        f"TITLE: {_safe(report.recording.name)}",
        f"FCM: {'DROP FRAME' if clock.drop else 'NON-DROP FRAME'}",
    ]
    for number, marker in enumerate(markers(report, clock, advice), start=1):
        from_to = f"{clock.timecode(marker.frame)} {clock.timecode(marker.frame + 1)}"
        # The note stands first and begins with a letter: a digit would make the line an event, a star part of the note.
        tags = f"|C:ResolveColor{_COLOURS[marker.kind]} |M:{_safe(marker.name)} |D:{marker.frames}"
        lines += [
            "",
            f"{number:03d}  001      V     C        {from_to} {from_to}",
            f"Note: {_safe(marker.note)} {tags}",
        ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _safe(text: str) -> str:
    return one_line(text).replace("|", "/")


def _hour(clock: FrameClock) -> int:
    """Frames in an hour of time code."""
    return clock.nominal * 3600 - (54 * (clock.nominal // 15) if clock.drop else 0)
