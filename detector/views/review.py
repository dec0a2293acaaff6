"""The review page: one HTML file on which a person sees, hears and corrects every onset of a result.

It needs nothing beside it and forbids itself the network; the script that it carries holds the
changes to the same rules as `detector.core.corrections`.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from detector.checks import Subject
from detector.exports import report_json
from detector.records import Comparison, Incident, Report
from detector.times import format_time
from detector.views import clips, summary, tables

FILE_NAME = "review.html"
_FAINT = "Shots too faint for this microphone are not in it."
_SCRIPTS = (
    *("corrections.js", "drawing.js", "sound.js", "lanes.js", "page.js", "keeping.js", "list.js", "detail.js"),
    *("playing.js", "printing.js", "input.js"),  # in this order: the last one starts
)
HELP = (
    ("← →", "previous, next onset of the list"),
    ("Space", "play 0.3 s before to 1.0 s after, or stop"),
    ("H", "half speed, full speed"),
    ("A", "accept as a shot"),
    ("R", "reject"),
    ("2 … 9", "an overlap of so many shots (1: just one)"),
    ("C", "comment; Enter keeps it, Escape does not"),
    ("T", "next undecided onset"),
    ("[ ] or , .", "cursor 1 ms earlier, later; with Shift 10 ms"),
    ("M", "move the onset to the cursor"),
    ("N", "add a shot at the cursor"),
    ("U", "undo (also Ctrl+Z)"),
    ("Y", "redo (also Ctrl+Shift+Z)"),
    ("+ - 0", "less time, more time, all of it"),
    ("V", "the volley"),
    ("S", "save the review"),
)
# Of the list of onsets: what it is sorted by, its heading.
_COLUMNS = (("id", "No."), ("time_s", "Time"), ("probability", "Chance"), ("machine", "Machine"), ("verdict", "You"))


@dataclass(frozen=True)
class Heard:
    """The sound of a recording on a page: excerpts, and where it lies relative to the page, percent-encoded, if known.

    Without excerpts the page is one of a result whose recording is not at hand.
    """

    excerpts: Sequence[clips.Clip] = ()
    video: str | None = None


def page(
    report: Report,
    comparisons: Sequence[Comparison] = (),
    excerpts: Sequence[clips.Clip] = (),
    video: str | None = None,
) -> str:
    """The HTML text of the page of a report.

    Parameters
    ----------
    comparisons
        Hidden on the page until the review is saved or the reviewer asks for them.
    excerpts
        Sound to embed, as `clips.cut` makes it; none of a report without its recording.
    video
        Address of the recording relative to the page, percent-encoded; None where it is not known.
    """
    words = {
        "title": report.recording.name,
        "facts": [summary.recording_sentence(report)],
        "headline": summary.headline(report),
        "sections": summary.sections(report),
        "coverage_words": " ".join(summary.coverage_sentences(report)) or "Nothing is known of what could be heard.",
        "claim": claim(report),
    }
    data = {
        "repeats_s": [[each.start_s, each.stop_s] for each in report.repeats],
        "lanes": [lane(report, Heard(excerpts, video))],
    }
    return rendered(report, [report], comparisons, words, data)


def rendered(
    result: Report | Incident,
    reports: Sequence[Report],
    comparisons: Sequence[Comparison],
    words: dict[str, Any],
    data: dict[str, Any],
) -> str:
    """The HTML text of a page: what pages of all results share, and the words and data of this one.

    Parameters
    ----------
    reports
        Those of the recordings, in their order.

    Notes
    -----
    Every text is escaped, or stands in a block of JSON in which no character can end it. The policy
    in the page's head lets run only the script, and apply only the style, of which it holds the hash.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    style = _part("review.css")
    script = '(() => {\n"use strict";\n' + "\n".join(_part(name) for name in _SCRIPTS) + "})();\n"
    return environment.from_string(_part("review.html.j2")).render(
        **_words(result, reports, comparisons) | words,
        lanes=data["lanes"],
        several=len(data["lanes"]) > 1,
        style=Markup(style),
        script=Markup(script),
        style_hash=_digest(style),
        script_hash=_digest(script),
        data=Markup(_embedded(_data(result, str(words["headline"])) | data)),
    )


def address(recording: str | Path, folder: Path) -> str | None:
    """Where a recording lies, for a page in `folder`: relative and percent-encoded; None across drives."""
    try:
        relative = os.path.relpath(recording, folder)
    except ValueError:
        return None
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def claim(result: Report | Incident, where: str = "this file", faint: str = _FAINT) -> str:
    """What the result may be taken to say, in one sentence, and that what is too faint is not in it."""
    if result.count is None:
        return f"Nothing could be heard in {where}: it says nothing about shots, neither that there were any nor none."
    count, span, learned = result.count, result.span, result.basis.get("calibrated_on", "what is named above")
    when = f" between {format_time(span.first_s)} and {format_time(span.last_s)}" if span else ""
    error = f"; intervals between onsets within {span.error_s * 1000:.0f} ms" if span and len(result.shots) > 1 else ""
    number = summary.counted(count.best, "sound") if count.best else "No sound"
    return (
        f"{number} consistent with gunshots{when} in {where}, interval {count.low}-{count.high} at "
        f"{count.confidence * 100:g} %, calibrated on {learned}, not on "
        f"body-camera gunfire{error}. {faint}"
    )


def lane(report: Report, heard: Heard) -> dict[str, Any]:
    """What the script knows of one recording; its clock is the page's."""
    recording = report.recording
    return {
        "id": 0,
        "name": recording.name,
        "label": "",
        "clock": {"anchor_s": 0.0, "offset_s": 0.0, "rate": 1.0},
        "size_bytes": recording.size_bytes,
        "extent_s": report.extent_s,
        "coverage": [dataclasses.asdict(each) for each in report.coverage],
        "overview": None if report.overview is None else report_json.overview_written(report.overview),
        "others": [],
        "clips": [
            {"start_s": each.start_s, "samples": each.samples, "ogg": base64.b64encode(each.ogg).decode("ascii")}
            for each in heard.excerpts
        ],
        "video": heard.video,
        "silent": "this page was made without the recording's sound"
        if recording.audio is not None
        else "the file has no sound track",
        "choose": "Choose the recording with “Video…” to hear it." if recording.audio is not None else "",
    }


def _words(result: Report | Incident, reports: Sequence[Report], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """What stands on the page as text, of whatever result."""
    return {
        "result": result,
        "recordings": [report.recording for report in reports],
        "machine_number": "cannot hear" if result.count is None else str(result.count.best),
        "listed": summary.interval_words(result.count).partition(" ")[2] if result.count is not None else "",
        "tallies": summary.tally_sections(comparisons),
        "cameras": (),
        "camera_columns": (),
        "volley_columns": [" ".join(each.split()) for each in tables.VOLLEY_COLUMNS],
        "volleys": [[_cell(each) for each in row] for row in tables.volley_rows(result)],
        "software": [(name, _listed(value)) for name, value in result.software.items()],
        "settings": [(stage, _listed(values)) for stage, values in result.settings.items()],
        "help": HELP,
        "columns": _COLUMNS,
    }


def _data(result: Report | Incident, headline: str) -> dict[str, Any]:
    """What the script works on, of whatever result."""
    plain = result.to_dict()
    return {
        "recording": dataclasses.asdict(Subject.of(result)),
        "result_sha256": result.result_sha256,
        "shots": plain["shots"],
        "rejected": plain["rejected"],
        "coverage": plain["coverage"],
        "window_s": result.extent_s,
        "repeats_s": [],
        "volleys": [[each.first_s, each.last_s] for each in result.volleys],
        "told": [],
        "heard": result.count is not None,
        "left_out": summary.left_out(result),
        "nothing": "No onset is listed." if result.count is not None else f"{headline}.",
    }


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that no HTML parser takes for anything but text."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _cell(text: object) -> str:
    """A cell of a table for the terminal, in one line."""
    return " · ".join(str(text).splitlines()).replace("· (", "(")


def _listed(values: object) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{name} {value}" for name, value in values.items())
    return str(values)


def _part(name: str) -> str:
    return (files("detector.views.page") / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
