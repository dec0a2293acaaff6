"""shots.fcp7.xml: the recording on a sequence with markers, in the XML of Final Cut Pro 7, for Premiere and Resolve."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from detector.exports.markers import markers, whole
from detector.exports.timecode import FrameClock, clock_of
from detector.exports.wording import one_line
from detector.exports.xmltext import add, document
from detector.records import Comparison, Report

_CLIP, _FILE = "clip", "file-1"


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """xmeml, version 4: one sequence at the recording's rate and time code, markers with notes on it.

    The report does not know where the recording lies: programs ask for it, by its name.
    """
    clock = clock_of(report.recording.video)
    frames = whole(report, clock)
    root = Element("xmeml", version="4")
    sequence = add(root, "sequence", id="sequence-1")
    add(sequence, "name", f"{report.recording.name} (shots)")
    add(sequence, "duration", frames)
    _add_rate(sequence, clock)
    _add_timecode(sequence, clock)
    for marker in markers(report, clock):
        element = add(sequence, "marker")
        add(element, "name", marker.name)
        add(element, "comment", marker.note)
        add(element, "in", marker.frame)
        add(element, "out", marker.frame + marker.frames if marker.frames > 1 else -1)
    _add_media(sequence, report, clock, frames)
    return document(root, "xmeml")


def _add_media(sequence: Element, report: Report, clock: FrameClock, frames: int) -> None:
    video, audio = report.recording.video, report.recording.audio
    media, kinds = add(sequence, "media"), [kind for kind, has in (("video", video), ("audio", audio)) if has]
    for number, kind in enumerate(kinds):
        side = add(media, kind)
        if kind == "video" and video is not None:
            characteristics = add(add(side, "format"), "samplecharacteristics")
            _add_rate(characteristics, clock)
            _add_size(characteristics, video.width, video.height)
        clip = add(add(side, "track"), "clipitem", id=f"{_CLIP}-{kind}")
        add(clip, "name", report.recording.name)
        add(clip, "duration", frames)
        _add_rate(clip, clock)
        for name, value in (("start", 0), ("end", frames), ("in", 0), ("out", frames)):
            add(clip, name, value)
        file = add(clip, "file", id=_FILE)
        if number == 0:
            _describe(file, report, clock, frames)
        source = add(clip, "sourcetrack")
        add(source, "mediatype", kind)
        add(source, "trackindex", 1)
        for other in kinds if len(kinds) > 1 else ():
            link = add(clip, "link")
            add(link, "linkclipref", f"{_CLIP}-{other}")
            add(link, "mediatype", other)
            add(link, "trackindex", 1)
            add(link, "clipindex", 1)


def _describe(file: Element, report: Report, clock: FrameClock, frames: int) -> None:
    """What stands in the file; later mentions name its id only."""
    video, audio = report.recording.video, report.recording.audio
    add(file, "name", report.recording.name)
    add(file, "pathurl", f"file://localhost/{quote(one_line(report.recording.name))}")
    _add_rate(file, clock)
    add(file, "duration", frames)
    _add_timecode(file, clock)
    media = add(file, "media")
    if video is not None:
        characteristics = add(add(media, "video"), "samplecharacteristics")
        _add_rate(characteristics, clock)
        _add_size(characteristics, video.width, video.height)
    if audio is not None:
        side = add(media, "audio")
        add(add(side, "samplecharacteristics"), "samplerate", audio.sample_rate_hz)
        add(side, "channelcount", audio.channels)


def _add_rate(parent: Element, clock: FrameClock) -> None:
    rate = add(parent, "rate")
    add(rate, "timebase", clock.nominal)
    add(rate, "ntsc", "TRUE" if clock.ntsc else "FALSE")


def _add_timecode(parent: Element, clock: FrameClock) -> None:
    timecode = add(parent, "timecode")
    _add_rate(timecode, clock)
    add(timecode, "string", clock.timecode(0))
    add(timecode, "frame", clock.start)
    add(timecode, "displayformat", "DF" if clock.drop else "NDF")


def _add_size(parent: Element, width: int, height: int) -> None:
    add(parent, "width", width)
    add(parent, "height", height)
