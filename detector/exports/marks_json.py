"""marks.json (schema `gunshot-marks/1`): the marks of people beside the machine's onsets and each other's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from detector.checks import Agreement, Entry, Marks, Matched
from detector.exports.jsontext import dumps, plain
from detector.records import Report

SCHEMA = "gunshot-marks/1"


def render(report: Report, agreements: Sequence[Agreement]) -> bytes:
    """The file marks.json: every file of marks once, and one entry per pair of observers."""
    return dumps(to_dict(report, agreements)).encode("ascii")


def to_dict(report: Report, agreements: Sequence[Agreement]) -> dict[str, Any]:
    """Agreements as plain data; nothing that a file of marks says is left out."""
    files = {marks.file_sha256 + marks.name: marks for each in agreements for marks in (each.one, each.other) if marks}
    return {
        "schema": SCHEMA,
        "recording": {"name": report.recording.name, "sha256": report.recording.sha256},
        "result_sha256": report.result_sha256,
        "marks": [_marks(marks) for marks in files.values()],
        "agreements": [_agreement(each) for each in agreements],
    }


def _marks(marks: Marks) -> dict[str, Any]:
    entry: dict[str, Any] = plain(dataclasses.asdict(marks))
    return entry


def _agreement(agreement: Agreement) -> dict[str, Any]:
    one, other = agreement.names
    return {
        "one": one,
        "other": other,
        "tolerance_s": agreement.tolerance_s,
        "foreign": agreement.foreign,
        "by_chance": round(agreement.by_chance, 3),
        "shift": None if agreement.shift is None else plain(dataclasses.asdict(agreement.shift)),
        "as_given": _matched(agreement.as_given),
        "shifted": None if agreement.shifted is None else _matched(agreement.shifted),
    }


def _matched(matched: Matched) -> dict[str, Any]:
    pairs = [
        {"one": _entry(pair.one), "other": _entry(pair.other), "difference_s": pair.difference_s}
        for pair in matched.agreed
    ]
    alone = {
        name: [_entry(each) for each in getattr(matched, name)]
        for name in ("only_one", "only_other", "unheard", "outside")
    }
    times = matched.differences
    return {
        "agreed": pairs,
        **alone,
        "neither": matched.neither,
        "kappa": matched.kappa,
        "differences": None if times is None else dataclasses.asdict(times),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    """Only what there is to say: marks have no id unless they stand on a refused onset."""
    told: dict[str, Any] = dataclasses.asdict(entry)
    return {name: value for name, value in told.items() if value not in (None, "")}
