"""shots.fcpxml: the recording with markers, for Final Cut Pro X and Resolve."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from detector.exports.markers import markers, whole
from detector.exports.timecode import FrameClock, clock_of
from detector.exports.wording import one_line
from detector.exports.xmltext import add, document
from detector.records import Comparison, Report

_VERSION = "1.8"  # the last in which an asset names its file itself: older programs read it, newer ones still do


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """FCPXML: one project with the recording as its only clip, markers with notes on the clip.

    All times are whole frames, as fractions of a second. The report does not know where the
    recording lies: programs ask for it, by its name.
    """
    recording, clock = report.recording, clock_of(report.recording.video)
    root = Element("fcpxml", version=_VERSION)
    length = _time(whole(report, clock), clock)
    start = _time(clock.start, clock)
    counting = "DF" if clock.drop else "NDF"
    _add_resources(root, report, clock, start, length)
    event = add(add(root, "library"), "event", name=recording.name)
    project = add(event, "project", name=f"{recording.name} (shots)")
    timeline = {"tcStart": start, "tcFormat": counting, "duration": length}
    sequence = add(project, "sequence", format="r1", **timeline)
    placed = {"offset": start, "start": start, "duration": length, "tcFormat": counting}
    clip = add(add(sequence, "spine"), "asset-clip", ref="r2", name=recording.name, format="r1", **placed)
    for marker in markers(report, clock):
        at = {"start": _time(clock.start + marker.frame, clock), "duration": _time(marker.frames, clock)}
        add(clip, "marker", **at, value=marker.name, note=marker.note)
    return document(root, "fcpxml")


def _add_resources(root: Element, report: Report, clock: FrameClock, start: str, length: str) -> None:
    recording = report.recording
    video, audio = recording.video, recording.audio
    resources = add(root, "resources")
    size = {} if video is None else {"width": video.width, "height": video.height}
    add(resources, "format", id="r1", frameDuration=_time(1, clock), **size)
    asset = add(resources, "asset", id="r2", name=recording.name, start=start, duration=length, format="r1")
    asset.set("src", f"file:///{quote(one_line(recording.name))}")
    if video is not None:
        asset.set("hasVideo", "1")
    if audio is not None:
        facts = {"hasAudio": 1, "audioSources": 1, "audioChannels": audio.channels, "audioRate": audio.sample_rate_hz}
        for name, value in facts.items():
            asset.set(name, str(value))


def _time(frames: int, clock: FrameClock) -> str:
    """Frames as a fraction of a second, the frame rate's numerator below: "5005/30000s"."""
    return f"{frames * clock.rate.denominator}/{clock.rate.numerator}s"
