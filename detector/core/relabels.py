"""Labels edited elsewhere -> the changes that a person must have meant, beside what the machine listed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from detector.checks import Action, Correction, Entry, Marks, Standing
from detector.core.concordance import agreement
from detector.core.corrections import MOST_LETTERS, MOST_SHOTS, after
from detector.records import Report, Shot

_ROUNDING_S = 0.0011  # label files are written to milliseconds: nearer than this is not moved
_OVERLAP = re.compile(r"overlap of ([2-9])\b|\b([2-9]) shots\b", re.IGNORECASE)
_ONLY_A_SHOT = frozenset({"", "shot", "shots", "gunshot", "possible", "x", "s"})


def changes(report: Report, marks: Marks, tolerance_s: float) -> tuple[tuple[Correction, ...], tuple[str, ...]]:
    """The changes that make the marks of the report's list, and sentences on how the marks were understood.

    The marks are taken for the whole list: a listed onset without one is rejected. A mark on a
    listed onset accepts it, unless its text is what this program wrote there; on a refused onset it
    takes that back; elsewhere it is added. An onset is moved when its mark lies
    more than a millisecond beside it. A text "overlap of 3" or "3 shots" sets the number, any other
    text becomes a comment. Where the marks were made on a clock that differs, as on an extracted
    WAV that lost a late start, they are moved first.

    Raises
    ------
    ValueError
        When the marks agree with the report no better than those of another recording would.
    """
    kept, notes = _without_moments(report, marks)
    first_s, stop_s = report.extent_s
    found = agreement(report, kept, tolerance_s=tolerance_s)
    if found.foreign and report.shots:
        raise ValueError("the labels fit this recording no better than another; give those made on it")
    best, shots = found.best, {shot.id: shot for shot in report.shots}
    told: list[Correction] = []
    for pair in best.agreed:
        assert pair.one.id is not None
        told += _on_listed(shots[pair.one.id], pair.other)
    told += [_reject(shots[entry.id]) for entry in best.only_one if entry.id is not None]
    free = max([*shots, *(onset.id for onset in report.rejected)], default=0)
    refused = {onset.id: onset.time_s for onset in report.rejected}
    for mark in (*best.only_other, *best.unheard):
        entry = dataclasses.replace(mark, time_s=min(max(mark.time_s, first_s), stop_s))
        if entry.id is None:
            free += 1
            told += _added(free, entry.time_s, entry.text)
        else:
            told += _marked(entry.id, Standing(refused[entry.id], "rejected", 0), entry, decide=True)
    if found.shift is not None:
        notes.append(
            f"Made on another clock: moved later by {found.shift.offset_s:.3f} s and stretched by "
            f"{found.shift.drift_ppm:.0f} ppm before they were compared."
        )
    if best.outside:
        notes.append(f"Outside the recording and left out: {len(best.outside)}.")
    if best.unheard:
        notes.append(f"Added where the machine could not hear: {len(best.unheard)}.")
    notes.append(
        "Listed onsets without a label were taken as rejected, those whose label is as this program wrote it "
        "as not checked."
    )
    return tuple(told), tuple(notes)


def _without_moments(report: Report, marks: Marks) -> tuple[Marks, list[str]]:
    """The marks without the moments that this program writes between the shots."""
    moments = {(round(each.time_s, 3), " ".join(each.text.split())) for each in report.moments}
    kept = tuple(mark for mark in marks.marks if (round(mark.time_s, 3), mark.text) not in moments)
    left = len(marks.marks) - len(kept)
    notes = [*marks.notes, *([f"Moments of the result, no shots: {left}."] if left else [])]
    return dataclasses.replace(marks, marks=kept), notes


def _on_listed(shot: Shot, entry: Entry) -> list[Correction]:
    """What a mark on a listed onset changes: a label as this program wrote it decides nothing."""
    own = re.match(rf"{shot.id} (?:shot|possible)( {shot.probability:.2f}| reviewed| not checked|$)", entry.text)
    text = entry.text[own.end() :].strip(" ,;:") if own else entry.text
    untouched = own is not None and own[1] != " reviewed"
    of_table = entry.text == shot.status  # the column "status" of shots.csv and of the Raven table
    before = Standing(shot.time_s, shot.status, 1)
    return _marked(shot.id, before, dataclasses.replace(entry, text=text), decide=not (untouched or of_table))


def _marked(onset: int, before: Standing, entry: Entry, decide: bool) -> list[Correction]:
    steps: list[tuple[Action, Standing]] = []
    now = before
    moved = abs(entry.time_s - before.time_s) > _ROUNDING_S
    if decide or moved:  # nobody puts right the time of what is no shot
        now = after("accept", now)
        steps.append(("accept", now))
    if moved:
        now = dataclasses.replace(now, time_s=entry.time_s)
        steps.append(("move", now))
    return _chained(onset, before, [*steps, *_said(now, entry.text)])


def _added(onset: int, time_s: float, text: str) -> list[Correction]:
    now = Standing(time_s, "shot", 1)
    return _chained(onset, None, [("add", now), *_said(now, text)])


def _said(now: Standing, text: str) -> list[tuple[Action, Standing]]:
    """The changes that the text of a mark asks for."""
    steps: list[tuple[Action, Standing]] = []
    if several := _OVERLAP.search(text):
        now = dataclasses.replace(now, status="shot", shots=min(int(several[1] or several[2]), MOST_SHOTS))
        steps.append(("overlap", now))
    elif text.casefold() not in _ONLY_A_SHOT:
        steps.append(("comment", dataclasses.replace(now, comment=text[:MOST_LETTERS])))
    return steps


def _reject(shot: Shot) -> Correction:
    before = Standing(shot.time_s, shot.status, 1)
    return Correction("reject", shot.id, before, after("reject", before))


def _chained(onset: int, before: Standing | None, steps: Sequence[tuple[Action, Standing]]) -> list[Correction]:
    told: list[Correction] = []
    for action, now in steps:
        told.append(Correction(action, onset, before, now))
        before = now
    return told
