"""What a verification says: reproduced, or exactly what moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from detector.checks import Change, VerdictChange, Verification
from detector.records import Rejected, Shot, Span
from detector.times import format_time
from detector.views.summary import Section, interval_words

VERDICT_COLUMNS = ("time", "in the report", "now")
_MOST_ROWS = 40  # more would bury what stands above them; the first ones are those that concern shots
_PARTS = {
    "heard_s": "seconds heard",
    "volleys": "volleys",
    "rejected_counts": "numbers of refused onsets that are only counted",
    "coverage": "coverage",
    "repeats": "repeats",
    "recording": "facts of the container",
    "basis": "what the interval rests on",
    "warnings": "warnings",
}


def finding(verification: Verification) -> str:
    """The verdict in a line, without a full stop: "reproduced", or what kinds of things moved."""
    if not verification.same_content:
        return "not reproduced: this is another file than the report speaks of"
    if verification.reproduced:
        return "reproduced"
    changed, listed = len(verification.verdicts), sum(map(_listed, verification.verdicts))
    kinds = [
        ("" if verification.intact else "the report was altered after it was written"),
        _counted(len(verification.settings), "setting", " changed"),
        "the count changed" if any(each.what == "count" for each in verification.decided) else "",
        _counted(changed, "onset", f" judged otherwise, {listed} of them listed as shots") if changed else "",
    ]
    named = [kind for kind in kinds if kind]
    return f"not reproduced: {', '.join(named or [_named(verification.decided)])}"


def sections(verification: Verification) -> tuple[Section, ...]:
    """All that is said about a verification beside the table of verdicts, in reading order, empty sections left out."""
    if not verification.same_content:
        return (Section("Verified", _other_file(verification), finding=f"{finding(verification)}."),)
    everything = (
        Section("Verified", _how(verification), finding=f"{finding(verification)}."),
        Section("Settings", tuple(_moved(each) for each in verification.settings)),
        Section("Versions", tuple(_moved(each) for each in verification.software)),
        Section("Count", _count(verification)),
        Section("Verdicts", _verdicts(verification.verdicts)),
        Section("Also", _also((*verification.decided, *verification.beside))),
    )
    return tuple(section for section in everything if section.finding or section.sentences)


def verdict_rows(verification: Verification) -> tuple[tuple[str, str, str], ...]:
    """One row per changed verdict under `VERDICT_COLUMNS`, at most 40: those of listed shots before the others."""
    shown = sorted(verification.verdicts, key=lambda change: not _listed(change))[:_MOST_ROWS]
    ordered = sorted(shown, key=lambda change: change.time_s)
    rows = tuple(map(verdict_row, ordered))
    more = len(verification.verdicts) - len(rows)
    return (*rows, ("", f"and {more} more", "")) if more else rows


def verdict_row(change: VerdictChange) -> tuple[str, str, str]:
    """One changed verdict under `VERDICT_COLUMNS`."""
    return format_time(change.time_s), *_both(change.before, change.after)


def _other_file(verification: Verification) -> tuple[str, ...]:
    recording = verification.before.recording
    return (
        f"The report speaks of {recording.name!r} with SHA-256 {recording.sha256}; "
        f"this file has {verification.content_sha256}.",
        "Nothing else was compared. Give the very file: a copy that was converted, cut or saved anew is another one.",
        *([] if verification.intact else [_ALTERED]),
    )


_ALTERED = (
    "The hash in the report does not fit what the report says: it was altered after it was written. "
    "Compare it with the result as it was first handed over."
)


def _how(verification: Verification) -> tuple[str, ...]:
    start_s, stop_s = verification.window
    after = verification.after
    assert after is not None
    said = [] if verification.intact else [_ALTERED]
    if verification.reproduced:
        same = after.result_sha256 == verification.before.result_sha256
        hashed = f"same result hash {after.result_sha256}" if same else "times within 0.1 ms, chances within 0.001"
        said.append(f"Same content, same settings, same verdicts: {hashed}.")
    if verification.names:
        said.append(f"The file is named {verification.names['after']!r} now; its content is the same.")
    if (start_s, stop_s) != (None, None):
        window = f"{format_time(start_s or 0.0)} to {'the end' if stop_s is None else format_time(stop_s)}"
        said.append(f"Analysed again: {window}, as the report's stretches that were not analysed tell.")
    return tuple(said)


def _count(verification: Verification) -> tuple[str, ...]:
    before, after = verification.counts
    if before == after:
        return () if verification.reproduced else (f"The same: {interval_words(before)}.",)
    return (f"{interval_words(before)} -> {interval_words(after)}.",)


def _verdicts(changes: Sequence[VerdictChange]) -> tuple[str, ...]:
    if not changes:
        return ()
    kinds = Counter(_kind(change) for change in changes)
    return (
        ", ".join(f"{n:,} {kind}" for kind, n in sorted(kinds.items(), key=lambda each: (-each[1], each[0]))) + ".",
    )


def _kind(change: VerdictChange) -> str:
    before, after = _status(change.before), _status(change.after)
    return f"{before} -> {after}" if before != after else f"{before} with another time, chance or note"


def _status(onset: Shot | Rejected | None) -> str:
    return "not listed" if onset is None else onset.status if isinstance(onset, Shot) else "refused"


def _both(before: Shot | Rejected | None, after: Shot | Rejected | None) -> tuple[str, str]:
    """Both sides of a change, with times where they differ in what is shown."""
    times = [onset.time_s for onset in (before, after) if onset is not None]
    timed = len(times) == 2 and abs(times[0] - times[1]) > 1e-4
    return _side(before, timed), _side(after, timed)


def _side(onset: Shot | Rejected | None, timed: bool) -> str:
    if onset is None:
        return "not listed"
    notes = [f"at {onset.time_s:.4f} s"] if timed else []
    if isinstance(onset, Shot):
        notes += ["may hide another"] if onset.overlap else []
        notes += ["a repeat"] if onset.repeat_of is not None else []
        notes += onset.flags
    else:
        notes.append(onset.reason)
    return f"{_status(onset)} {onset.probability:.3f}" + (f" ({', '.join(notes)})" if notes else "")


def _listed(change: VerdictChange) -> bool:
    return isinstance(change.before, Shot) or isinstance(change.after, Shot)


def _moved(change: Change) -> str:
    return f"{change.what}: {_value(change.before)} -> {_value(change.after)}"


def _also(changes: Sequence[Change]) -> tuple[str, ...]:
    shown = [change for change in changes if change.what != "count"]
    return tuple(
        f"{_moved(change)}."
        if _short(change)
        else f"{_PARTS.get(change.what, change.what)} changed; see report.json of both."
        for change in shown
    )


def _short(change: Change) -> bool:
    return all(value is None or isinstance(value, str | int | float | Span) for value in (change.before, change.after))


def _value(value: Any) -> str:
    if value is None:
        return "not there"
    if isinstance(value, Span):
        return f"{value.first_s:.4f} to {value.last_s:.4f} s"
    return str(value)


def _named(changes: Sequence[Change]) -> str:
    return f"{', '.join(_PARTS.get(change.what, change.what) for change in changes)} changed"


def _counted(n: int, noun: str, so: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}{so}" if n else ""
