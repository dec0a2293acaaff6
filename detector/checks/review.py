"""Corrections by a person, and what becomes of a result with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from detector.records import Incident, Report, Status

Action = Literal["accept", "reject", "add", "move", "overlap", "comment"]


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
