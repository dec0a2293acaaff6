"""The review page: one HTML file on which a person sees, hears and corrects every onset of a report.

It needs nothing beside it and forbids itself the network; the script that it carries holds the
changes to the same rules as `detector.core.corrections`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from detector.exports.report_json import to_dict
from detector.records import Comparison, Report
from detector.times import format_time
from detector.views import clips, summary, tables
from detector.views.summary import Section

FILE_NAME = "review.html"
_SCRIPTS = (
    *("corrections.js", "drawing.js", "sound.js", "page.js", "keeping.js", "list.js", "detail.js", "playing.js"),
    *("printing.js", "input.js"),  # in this order: the last one starts
)
_HELP = (
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


def page(
    report: Report,
    comparisons: Sequence[Comparison] = (),
    excerpts: Sequence[clips.Clip] = (),
    video: str | None = None,
) -> str:
    """The HTML text of the page.

    Parameters
    ----------
    comparisons
        Hidden on the page until the review is saved or the reviewer asks for them.
    excerpts
        Sound to embed, as `clips.cut` makes it; none of a report without its recording.
    video
        Address of the recording relative to the page, percent-encoded; None where it is not known.

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
        **_words(report, comparisons),
        style=Markup(style),
        script=Markup(script),
        style_hash=_digest(style),
        script_hash=_digest(script),
        data=Markup(_embedded(_data(report, excerpts, video))),
    )


def address(recording: str | Path, folder: Path) -> str | None:
    """Where a recording lies, for a page in `folder`: relative and percent-encoded; None across drives."""
    try:
        relative = os.path.relpath(recording, folder)
    except ValueError:
        return None
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def _words(report: Report, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """What stands on the page as text."""
    sections = summary.sections(report)
    return {
        "report": report,
        "headline": summary.headline(report),
        "facts": summary.recording_sentence(report),
        "machine_number": "cannot hear" if report.count is None else str(report.count.best),
        "listed": summary.interval_words(report.count).partition(" ")[2] if report.count is not None else "",
        "sections": sections,
        "tallies": tuple(
            Section("Tally", summary.comparison_sentences(each), finding=f"{each.tally.label}: {each.verdict}.")
            for each in comparisons
        ),
        "coverage_words": " ".join(summary.coverage_sentences(report)) or "Nothing is known of what could be heard.",
        "volley_columns": [" ".join(each.split()) for each in tables.VOLLEY_COLUMNS],
        "volleys": [
            [" · ".join(str(cell).splitlines()).replace("· (", "(") for cell in row]
            for row in tables.volley_rows(report)
        ],
        "claim": claim(report),
        "software": [(name, _listed(value)) for name, value in report.software.items()],
        "settings": [(stage, _listed(values)) for stage, values in report.settings.items()],
        "help": _HELP,
    }


def claim(report: Report) -> str:
    """What the result may be taken to say, in one sentence."""
    if report.count is None:
        return "Nothing could be heard in this file: it says nothing about shots, neither that there were any nor none."
    count, span, learned = report.count, report.span, report.basis.get("calibrated_on", "what is named above")
    where = f" between {format_time(span.first_s)} and {format_time(span.last_s)}" if span else ""
    error = f"; intervals between onsets within {span.error_s * 1000:.0f} ms" if span and len(report.shots) > 1 else ""
    return (
        f"{count.best} sounds consistent with gunshots{where} in this file, interval {count.low}-{count.high} at "
        f"{count.confidence * 100:g} %, calibrated on {learned}, not on "
        f"body-camera gunfire{error}. Shots too faint for this microphone are not in it."
    )


def _data(report: Report, excerpts: Sequence[clips.Clip], video: str | None) -> dict[str, Any]:
    """What the script works on."""
    plain = to_dict(report)
    end_s = max([report.recording.duration_s, *(c.stop_s for c in report.coverage)])
    return {
        "recording": {"name": report.recording.name, "sha256": report.recording.sha256},
        "size_bytes": report.recording.size_bytes,
        "result_sha256": report.result_sha256,
        "shots": plain["shots"],
        "rejected": plain["rejected"],
        "coverage": plain["coverage"],
        "overview": plain["overview"],
        "window_s": [min([0.0, *(c.start_s for c in report.coverage)]), end_s],
        "repeats_s": [[each.start_s, each.stop_s] for each in report.repeats],
        "volleys": [[each.first_s, each.last_s] for each in report.volleys],
        "clips": [
            {"start_s": each.start_s, "samples": each.samples, "ogg": base64.b64encode(each.ogg).decode("ascii")}
            for each in excerpts
        ],
        "video": video,
        "heard": report.count is not None,
        "left_out": summary.left_out(report),
        "nothing": "No onset is listed." if report.count is not None else f"{summary.headline(report)}.",
        "silent": "this page was made without the recording's sound"
        if report.recording.audio is not None
        else "the file has no sound track",
        "choose": "Choose the recording with “Video…” to hear it." if report.recording.audio is not None else "",
    }


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that no HTML parser takes for anything but text."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _listed(values: object) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{name} {value}" for name, value in values.items())
    return str(values)


def _part(name: str) -> str:
    return (files("detector.views.page") / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
