"""The nouns of checking a result: marks of people beside it, a second run against the first, corrections."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from detector.records import CountInterval, Float64, Incident, Rejected, Report, Shot, Status

Action = Literal["accept", "reject", "add", "move", "overlap", "comment"]

MACHINE = "machine"  # what a report is called beside marks


# --- marks of people -------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """One label: where somebody heard a shot, on the clock of whatever they listened to.

    Of a label that is a stretch, `time_s` is its start and `stop_s` its end.
    """

    time_s: float
    text: str = ""
    stop_s: float | None = None


@dataclass(frozen=True)
class Marks:
    """The labels of one file in time order; `notes` say in sentences what in it was not taken as a mark."""

    name: str
    kind: str
    file_sha256: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()

    @property
    def times_s(self) -> Float64:
        """(n,) times of the marks, seconds."""
        return np.array([mark.time_s for mark in self.marks], np.float64)


@dataclass(frozen=True)
class Entry:
    """One onset in the list of one observer, with the text given there.

    `given_s` is the time in the file of marks where `time_s` is that time after a shift. `id` is that
    of the machine's onset; of a mark on an onset that the machine refused, `id` and `refused` name
    that onset and the reason.
    """

    time_s: float
    text: str = ""
    id: int | None = None
    refused: str = ""
    given_s: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two entries taken for one onset; `difference_s` is other minus one."""

    one: Entry
    other: Entry
    difference_s: float


@dataclass(frozen=True)
class Differences:
    """Times of the agreed onsets, other minus one: half of them lie within `spread_s` of the median."""

    median_s: float
    spread_s: float
    largest_s: float


@dataclass(frozen=True)
class Matched:
    """Two lists of onsets matched one to one.

    `unheard` and `outside` are entries of `other` where the machine could not hear anything, and
    beyond the recording: neither agreed nor contradicted. `neither` counts the onsets known to the
    machine that no side takes for a shot; `kappa` is Cohen's, None where it has no value.
    """

    agreed: tuple[Pair, ...]
    only_one: tuple[Entry, ...]
    only_other: tuple[Entry, ...]
    unheard: tuple[Entry, ...]
    outside: tuple[Entry, ...]
    neither: int
    kappa: float | None
    differences: Differences | None


@dataclass(frozen=True)
class Shift:
    """How the clock of `other` runs beside that of `one`.

    Moved later by `offset_s` (at the middle of them) and stretched by `drift_ppm`, the entries fit.
    `extracted` says that this is what sound loses that was extracted from this file and joined end to end.
    """

    offset_s: float
    drift_ppm: float
    extracted: bool


@dataclass(frozen=True)
class Agreement:
    """Two observers of one recording; `one` is None where it is the machine.

    `shift` and `shifted` are None where the clocks agree, or nothing shows how they differ.
    `by_chance` is about how many would agree if one list were moved by an arbitrary time.
    """

    one: Marks | None
    other: Marks
    tolerance_s: float
    as_given: Matched
    by_chance: float
    shift: Shift | None = None
    shifted: Matched | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        return MACHINE if self.one is None else self.one.name, self.other.name

    @property
    def best(self) -> Matched:
        """The matching after the shift where there is one, else as the times were given."""
        return self.shifted or self.as_given

    @property
    def foreign(self) -> bool:
        """Do the lists agree no better than lists of different recordings would?"""
        best = self.best
        agreed = len(best.agreed)
        most = agreed + min(len(best.only_one), len(best.only_other) + len(best.outside) + len(best.unheard))
        return agreed < most / 2 and agreed <= self.by_chance + 2 * self.by_chance**0.5


# --- a second run ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Something that has another value now; None stands for not there."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True)
class VerdictChange:
    """One onset that is judged otherwise now, or listed in one of the runs only."""

    time_s: float
    before: Shot | Rejected | None
    after: Shot | Rejected | None


@dataclass(frozen=True)
class Verification:
    """A report beside a second run with its own settings and window.

    Of another file (`same_content` false) nothing is compared and `after` is None. `intact` says
    that the report's own hash fits what it holds. `decided` are changes of anything that was
    decided, `beside` of what was only noted: facts of the container, basis, warnings.
    """

    before: Report
    after: Report | None
    content_sha256: str
    intact: bool
    window: tuple[float | None, float | None]
    settings: tuple[Change, ...] = ()
    software: tuple[Change, ...] = ()
    verdicts: tuple[VerdictChange, ...] = ()
    decided: tuple[Change, ...] = ()
    beside: tuple[Change, ...] = ()

    @property
    def same_content(self) -> bool:
        """Is it the file that the report speaks of, whatever its name?"""
        return self.content_sha256 == self.before.recording.sha256

    @property
    def reproduced(self) -> bool:
        """Were the same settings on the same content decided in the same way, by whatever versions?"""
        moved = self.settings or self.verdicts or self.decided
        return self.after is not None and self.same_content and self.intact and not moved

    @property
    def counts(self) -> tuple[CountInterval | None, CountInterval | None]:
        """The count before and now."""
        return self.before.count, None if self.after is None else self.after.count

    @property
    def names(self) -> Mapping[str, str]:
        """The file's name in the report and now, where they differ."""
        if self.after is None or self.after.recording.name == self.before.recording.name:
            return {}
        return {"before": self.before.recording.name, "after": self.after.recording.name}


# --- corrections by a person -----------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How an onset stands at one moment: when it is, what it is taken for, and for how many discharges.

    `shots` is 0 where it is rejected, else 1, and more where a person says that so many overlap in it.
    """

    time_s: float
    status: Status
    shots: int
    comment: str = ""


@dataclass(frozen=True)
class Correction:
    """One change by a person, before and after; `before` is None for an onset that was added.

    `at` is when it was made, as ISO 8601 text; None where nobody noted it.
    """

    action: Action
    onset: int
    before: Standing | None
    after: Standing
    at: str | None = None


@dataclass(frozen=True)
class TallySeen:
    """Whether the reviewer had seen the comparison with published numbers, and when first.

    "before saving" means before the review was first saved; changes made after `at` were not blind.
    """

    when: Literal["never", "before saving", "after saving", "unknown"]
    at: str | None = None


@dataclass(frozen=True)
class Subject:
    """The recording that a review speaks of, or the recordings of an incident."""

    name: str
    sha256: str

    @staticmethod
    def of(result: Report | Incident) -> Subject:
        """What a result is of.

        For an incident the names stand in the order of the cameras, and the hash is that of the recordings' hashes,
        sorted, each as a line of text.
        """
        if isinstance(result, Report):
            return Subject(result.recording.name, result.recording.sha256)
        recordings = [camera.report.recording for camera in result.cameras]
        hashes = "".join(f"{each.sha256}\n" for each in sorted(recordings, key=lambda each: each.sha256))
        return Subject(", ".join(each.name for each in recordings), hashlib.sha256(hashes.encode()).hexdigest())


@dataclass(frozen=True)
class Source:
    """The file of labels that was turned into changes; `notes` say in sentences how it was understood."""

    name: str
    kind: str
    file_sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """What a person changed in one result, in the order in which it was changed."""

    recording: Subject
    result_sha256: str
    reviewer: str
    saved_at: str | None
    tally_seen: TallySeen
    changes: tuple[Correction, ...]
    note: str = ""
    source: Source | None = None


@dataclass(frozen=True)
class ReviewedOnset:
    """An onset as the machine left it (None for one that was added) and as it stands now.

    `decided` says that the reviewer said whether it is a shot; `again` that it lies in a second
    showing, which is not counted.
    """

    id: int
    machine: Standing | None
    now: Standing
    decided: bool = False
    again: bool = False


@dataclass(frozen=True)
class Corrected:
    """The number after a review, and what it is made of; no interval belongs to it.

    `count` is `confirmed + reclaimed + added + unchecked`: discharges in onsets that the machine
    listed and the reviewer accepted, in those that the machine had refused, in those that were
    added, and in those of status "shot" that nobody decided. Not in it are `doubtful`, possible
    onsets that nobody decided, and `rejected`, listed onsets that the reviewer rejected.
    `not_gone_through` counts refused onsets that nobody decided.
    """

    count: int
    confirmed: int
    reclaimed: int
    added: int
    unchecked: int
    doubtful: int
    rejected: int
    not_gone_through: int
    first_s: float | None
    last_s: float | None


@dataclass(frozen=True)
class Reviewed:
    """A result and a review side by side: `report` is the machine's, of a recording or an incident, untouched."""

    report: Report | Incident
    review: Review
    onsets: tuple[ReviewedOnset, ...]
    corrected: Corrected

    def save(self, directory: str | Path, overwrite: bool = False) -> Path:
        """Write both into a new folder `review-<hash>` below `directory`, a result folder, and return it."""
        from detector.exports.reviewed import write

        return write(self, directory, overwrite)
