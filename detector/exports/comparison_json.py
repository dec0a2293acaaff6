"""comparison.json (schema `gunshot-comparison/1`): every tally verbatim beside what was heard."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from detector.exports.jsontext import dumps, plain
from detector.records import Comparison, Incident, Recording, Report

SCHEMA = "gunshot-comparison/1"


def render(result: Report | Incident, comparisons: Sequence[Comparison]) -> bytes:
    """The file comparison.json: one entry per tally, in the order given."""
    return dumps(to_dict(result, comparisons)).encode("ascii")


def to_dict(result: Report | Incident, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Comparisons as plain data; `tally` is the entry as it stands in the file with that hash.

    `recording` is what was compared, or `recordings` are, where that was an incident.
    """
    if isinstance(result, Incident):
        compared: dict[str, Any] = {"recordings": [_named(camera.report.recording) for camera in result.cameras]}
    else:
        compared = {"recording": _named(result.recording)}
    return {"schema": SCHEMA} | compared | {"comparisons": [_entry(comparison) for comparison in comparisons]}


def _named(recording: Recording) -> dict[str, str]:
    return {"name": recording.name, "sha256": recording.sha256}


def _entry(comparison: Comparison) -> dict[str, Any]:
    tally = comparison.tally
    taken = {name: getattr(tally, name) for name in ("low", "high", "tolerance", "includes", "window", "of")}
    entry: dict[str, Any] = plain(
        {
            "label": tally.label,
            "tally": tally.verbatim,
            "tally_file_sha256": tally.file_sha256,
            "taken_as": taken,
            "result_sha256": comparison.result_sha256,
            "verdict": comparison.verdict,
            "count": None if comparison.count is None else dataclasses.asdict(comparison.count),
            "p_fewer": comparison.p_fewer,
            "p_within": comparison.p_within,
            "p_more": comparison.p_more,
            "span": None if comparison.span is None else dataclasses.asdict(comparison.span),
            "reasons": comparison.reasons,
            "what_it_would_take": comparison.what_it_would_take,
            "sentence": comparison.sentence,
        }
    )
    return entry
