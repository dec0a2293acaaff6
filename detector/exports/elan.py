"""shots.eaf: tiers for ELAN, with the recording as the linked video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element

from detector.exports import tiers
from detector.exports.wording import one_line, which_sound
from detector.exports.xmltext import add, document
from detector.records import Comparison, Report

_PER_S = 1000  # ELAN counts milliseconds
_POINT_MS = 100  # how long shots and moments are drawn: ELAN has no points
_MIME_TYPES = {  # not the system's table: the same result gives the same bytes everywhere
    ".avi": "video/x-msvideo",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".wav": "audio/x-wav",
    ".webm": "video/webm",
}
_UNDATED = "1970-01-01T00:00:00+00:00"  # the same result gives the same bytes
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """EAF 3.0 with the tiers shots, volleys, unheard and moments, to the millisecond.

    A shot's annotation begins with it and lasts 100 ms, or until the next. A property in the head
    says which sound the times fit. The recording is linked by its name: ELAN asks where it lies.
    """
    cells = {
        "shots": tiers.apart(tiers.shots(report), _PER_S, _POINT_MS),
        "volleys": tiers.apart(tiers.volleys(report), _PER_S, _POINT_MS),
        "unheard": tiers.apart(tiers.not_heard(report), _PER_S),
        "moments": tiers.apart(tiers.moments(report), _PER_S, _POINT_MS),
    }
    times = sorted({time for each in cells.values() for cell in each for time in (cell.start, cell.stop)})
    slots = {time: f"ts{number}" for number, time in enumerate(times, start=1)}
    root = Element("ANNOTATION_DOCUMENT", {"AUTHOR": "", "DATE": _UNDATED, "FORMAT": "3.0", "VERSION": "3.0"})
    root.set("xmlns:xsi", _XSI)
    root.set("xsi:noNamespaceSchemaLocation", _SCHEMA)
    _add_header(root, report, last=sum(len(each) for each in cells.values()))
    order = add(root, "TIME_ORDER")
    for time, slot in slots.items():
        add(order, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=time)
    number = 0
    for name, each in cells.items():
        tier = add(root, "TIER", LINGUISTIC_TYPE_REF="default-lt", TIER_ID=name)
        for cell in each:
            number += 1
            at = {"TIME_SLOT_REF1": slots[cell.start], "TIME_SLOT_REF2": slots[cell.stop]}
            annotation = add(add(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", ANNOTATION_ID=f"a{number}", **at)
            add(annotation, "ANNOTATION_VALUE", cell.text)
    add(root, "LINGUISTIC_TYPE", GRAPHIC_REFERENCES="false", LINGUISTIC_TYPE_ID="default-lt", TIME_ALIGNABLE="true")
    return document(root)


def _add_header(root: Element, report: Report, last: int) -> None:
    header = add(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    name = one_line(report.recording.name)
    kind = _MIME_TYPES.get(Path(name).suffix.lower()) or ("audio/*" if report.recording.video is None else "video/*")
    url = {"MEDIA_URL": f"file:///{quote(name)}", "RELATIVE_MEDIA_URL": f"./{quote(name)}"}
    add(header, "MEDIA_DESCRIPTOR", MIME_TYPE=kind, **url)
    add(header, "PROPERTY", which_sound(report), NAME="which sound the times fit")
    add(header, "PROPERTY", last, NAME="lastUsedAnnotationId")
