"""What editing programs get as markers: at most one a frame, with the exact times in words."""

from __future__ import annotations

from typing import Literal, NamedTuple

from detector.exports.timecode import FrameClock
from detector.exports.wording import (
    one_line,
    shot_label,
    shot_note,
    state_text,
    unheard,
    unheard_so,
    which_sound,
)
from detector.records import Report
from detector.times import format_time

Kind = Literal["about", "shot", "possible", "moment", "unheard"]


class Marker(NamedTuple):
    """A name and a note from `frame` on, counted from the recording's first, for `frames` frames."""

    frame: int
    frames: int
    kind: Kind
    name: str
    note: str


def markers(report: Report, clock: FrameClock, advice: str = "") -> tuple[Marker, ...]:
    """Listed shots, moments and unheard stretches on a timeline, in order of frames, no two on one frame.

    What falls on the same frame shares a marker, of the first kind there in the order shot, possible,
    moment, unheard. A marker at the first frame says which sound the times fit, with the notes of the clock and
    `advice`.
    """
    found = [
        *(
            _marker(clock, shot.time_s, _kind(shot.status), f"#{shot_label(shot)}", shot_note(shot))
            for shot in report.shots
        ),
        *(
            _marker(clock, m.time_s, "moment", m.text, f"at {format_time(m.time_s)} ({m.time_s:.4f} s)")
            for m in report.moments
        ),
    ]
    for each in unheard(report):
        note = f"from {format_time(each.start_s)} to {format_time(each.stop_s)}: {unheard_so(each)}"
        marker = _marker(clock, each.start_s, "unheard", state_text(each), note)
        found.append(marker._replace(frames=max(1, clock.frame(each.stop_s) - marker.frame)))
    about = " ".join(each for each in (which_sound(report), *clock.notes, advice) if each)
    found.append(Marker(0, 1, "about", "about these markers", one_line(about)))
    by_frame: dict[int, list[Marker]] = {}
    for marker in found:
        by_frame.setdefault(marker.frame, []).append(marker)
    return tuple(_joined(by_frame[frame]) for frame in sorted(by_frame))


def whole(report: Report, clock: FrameClock) -> int:
    """Frames of the recording on the timeline, every marker's included."""
    last = max((each.frame + each.frames for each in markers(report, clock)), default=1)
    return max(last, clock.frame(report.recording.duration_s))


def _kind(status: str) -> Kind:
    return "shot" if status == "shot" else "possible"


def _marker(clock: FrameClock, time_s: float, kind: Kind, name: str, note: str) -> Marker:
    return Marker(clock.frame(time_s), 1, kind, one_line(name), one_line(note))


def _joined(same: list[Marker]) -> Marker:
    first = same[0]
    if len(same) == 1:
        return first
    rank: tuple[Kind, ...] = ("shot", "possible", "moment", "unheard", "about")
    kind = min((each.kind for each in same), key=rank.index)
    note = "; ".join(f"{each.name}: {each.note}" for each in same)
    return Marker(first.frame, max(m.frames for m in same), kind, " + ".join(m.name for m in same), note)
