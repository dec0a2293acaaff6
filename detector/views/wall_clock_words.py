"""What the cameras' own wall clocks say of one another, beside what the sound says; nothing rests on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from detector.records import Camera, Incident
from detector.views.summary import seconds

_NOTABLE_S = 0.5  # a wall clock that is set to whole seconds is right to that
_CREATION = (
    "The time stored in a file is often that at which a recording was ended or copied, or in another time zone: it is "
    "compared as if it were that of 0:00."
)
_SOURCES = {"given": "the clock that was given for it", "file": "the creation time in its file"}

Name = Callable[[Camera], str]


def sentences(incident: Incident, name: Name) -> tuple[str, ...]:
    """By how much the recordings began after one another by their clocks and by the sound; `name` names a camera."""
    told: dict[str, Camera] = {}
    for camera in incident.cameras:
        if camera.time_of_day is not None and camera.same_as is None:
            told.setdefault(camera.report.recording.sha256, camera)
    first = next((camera for camera in told.values() if camera.offset_s is not None), None)
    if first is None:
        return ()
    others = [camera for camera in told.values() if camera is not first]
    caveat = (_CREATION,) * any(camera.time_of_day_from == "file" for camera in told.values())
    if not others:
        source = _SOURCES[first.time_of_day_from or "given"]
        return (f"By {source} {name(first)} began at {first.time_of_day}; no other recording tells a time.", *caveat)
    found = [_compared(first, other, name) for other in others]
    return (*found, *caveat, "The sound decides how the recordings lie; wall clocks are only told of.")


def _compared(first: Camera, other: Camera, name: Name) -> str:
    by_clock_s = _began_after_s(first, other)
    if by_clock_s is None:
        return f"The clocks of {name(first)} and {name(other)} cannot be compared: one of them names no time zone."
    began = f"By their own clocks {name(other)} began {_after(by_clock_s)} {name(first)}"
    if other.offset_s is None:
        return f"{began}; it is left out, and no sound confirms that."
    by_sound_s = other.incident_s(0.0) - first.incident_s(0.0)
    if abs(by_clock_s - by_sound_s) < _NOTABLE_S:
        return f"{began}; by the sound too, to {_NOTABLE_S:g} s."
    return f"{began}; by the sound, {_after(by_sound_s)} it."


def _after(time_s: float) -> str:
    return f"{seconds(abs(time_s))} {'after' if time_s >= 0 else 'before'}"


def _began_after_s(first: Camera, other: Camera) -> float | None:
    """None where only one of the two clocks names its zone."""
    one, two = (datetime.fromisoformat(camera.time_of_day or "") for camera in (first, other))
    if (one.tzinfo is None) != (two.tzinfo is None):
        return None
    return (two - one).total_seconds()
