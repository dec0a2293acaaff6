"""A report beside a second run on the same content: what was decided otherwise, and what else moved."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detector.checks import Change, VerdictChange
from detector.core.pairing import pair_times
from detector.records import Coverage, Rejected, Report, Shot

# Platforms differ in the last bits: the same result has its times within 0.1 ms and its chances within 0.001.
_SAME_S, _SAME_CHANCE = 1.001e-4, 1.001e-3
_SAME_ONSET_S = 0.01  # other versions may time an onset otherwise; farther apart it is another one
# Not a matter of this comparison: named elsewhere, or made only when asked for.
_LEFT_OUT = ("software", "settings", "shots", "rejected", "result_sha256", "overview", "moments", "self_test")
_DECIDED = ("count", "span", "heard_s", "volleys", "rejected_counts", "coverage", "repeats")

Onset = Shot | Rejected


def analysed_window(coverage: Sequence[Coverage]) -> tuple[float | None, float | None]:
    """The start and stop that a report was made with; None for an end of the recording.

    A report keeps its window only as the stretches that were `not_analysed`, at its two ends.
    """
    if not coverage:
        return None, None
    first, last = coverage[0], coverage[-1]
    start_s = first.stop_s if first.state == "not_analysed" else None
    stop_s = last.start_s if last.state == "not_analysed" and len(coverage) > 1 else None
    return start_s, stop_s


def changed_settings(before: Report, after: Report) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Settings of another value, and settings that only one of the two versions knows."""
    found = differing(before.settings, after.settings)
    alone = [change for change in found if change.before is None or change.after is None]
    both = tuple(change for change in found if change not in alone)
    return both, tuple(dataclasses.replace(change, what=f"setting {change.what}") for change in alone)


def changed_software(before: Report, after: Report) -> tuple[Change, ...]:
    """Versions and platform that differ, by name; those of FFmpeg's libraries one by one."""
    return differing(before.software, after.software)


def changed_verdicts(before: Report, after: Report) -> tuple[VerdictChange, ...]:
    """Onsets judged otherwise, timed or weighed otherwise, or listed in one report only, in time order.

    Onsets up to 10 ms apart are taken for one; ids are not compared, as every one moves with the first.
    """
    return changed_onsets(_onsets(before), _onsets(after))


def changed_onsets(ones: Sequence[Onset], others: Sequence[Onset]) -> tuple[VerdictChange, ...]:
    """What `changed_verdicts` says of two lists of onsets, each in time order."""
    rows, columns = pair_times([o.time_s for o in ones], [o.time_s for o in others], _SAME_ONSET_S)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    found = [VerdictChange(ones[a].time_s, ones[a], others[b]) for a, b in pairs if not _alike(ones[a], others[b])]
    gone = np.setdiff1d(np.arange(len(ones)), rows).tolist()
    new = np.setdiff1d(np.arange(len(others)), columns).tolist()
    found += [VerdictChange(ones[row].time_s, ones[row], None) for row in gone]
    found += [VerdictChange(others[row].time_s, None, others[row]) for row in new]
    return tuple(sorted(found, key=lambda change: change.time_s))


def changed_parts(before: Report, after: Report) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Parts of the report beside its onsets that differ: those that were decided, and those that were noted."""
    names = [field.name for field in dataclasses.fields(Report) if field.name not in _LEFT_OUT]
    changes = [Change(name, _part(before, name), _part(after, name)) for name in names]
    changes = [change for change in changes if not _near(change.before, change.after)]
    decided = tuple(change for change in changes if change.what in _DECIDED)
    return decided, tuple(change for change in changes if change.what not in _DECIDED)


def _part(report: Report, name: str) -> Any:
    """A part as it is compared: names of files and ids of onsets say nothing about the result."""
    if name == "recording":
        return dataclasses.replace(report.recording, name="")
    if name == "volleys":
        return tuple((volley.first_s, volley.last_s, volley.count) for volley in report.volleys)
    return getattr(report, name)


def _onsets(report: Report) -> list[Onset]:
    return sorted([*report.shots, *report.rejected], key=lambda onset: onset.time_s)


def _alike(one: Onset, other: Onset) -> bool:
    chances = [(one.probability, other.probability)]
    if isinstance(one, Shot) and isinstance(other, Shot):
        chances += list(zip(one.extra, other.extra, strict=True))
        same = _said(one) == _said(other)
    else:
        same = isinstance(one, Rejected) and isinstance(other, Rejected) and one.reason == other.reason
    near = all(abs(a - b) <= _SAME_CHANCE for a, b in chances)
    return same and near and abs(one.time_s - other.time_s) <= _SAME_S


def _said(shot: Shot) -> tuple[Any, ...]:
    return shot.status, shot.overlap, shot.repeat_of is None, shot.flags


def _near(one: Any, other: Any) -> bool:
    """Are two plain or recorded values the same, floats within 0.1 ms?"""
    if isinstance(one, float) and isinstance(other, float | int):
        return abs(one - other) <= _SAME_S or (math.isnan(one) and math.isnan(other))
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        return all(_near(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_near(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one)
    return bool(one == other)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Change, ...]:
    """Values that differ between two mappings of mappings, by names such as `volleys.gap_s`."""
    before, after = _flat(one), _flat(other)
    names = dict.fromkeys([*before, *after])
    return tuple(
        Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """`{"a": {"b": 1}}` as `{"a.b": 1}`."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return found
