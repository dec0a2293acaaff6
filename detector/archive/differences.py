"""Two runs of one catalogue side by side: every verdict that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.archive.catalogue import Catalogue
from detector.archive.rows import Run, Verdict
from detector.checks import Change, VerdictChange
from detector.core.changes import changed_onsets, differing
from detector.errors import ArchiveError


@dataclass(frozen=True)
class Difference:
    """One content that two runs judge otherwise; a verdict is None where the run has none."""

    before: Verdict | None
    after: Verdict | None
    onsets: tuple[VerdictChange, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """That of either run."""
        either = self.after or self.before
        assert either is not None
        return either


def chosen(catalogue: Catalogue, number: int) -> Run:
    """The run of that number.

    Raises
    ------
    ArchiveError
        When there is none.
    """
    runs = {run.number: run for run in catalogue.runs()}
    if number not in runs:
        known = ", ".join(map(str, runs)) or "none"
        raise ArchiveError(f"{catalogue.path}: no run {number}; known are {known}")
    return runs[number]


def changed_circumstances(one: Run, other: Run) -> tuple[Change, ...]:
    """Settings and versions that differ between two runs, by name."""
    return *differing(one.settings, other.settings), *differing(one.versions, other.versions)


def between(catalogue: Catalogue, one: int, other: int) -> Iterator[Difference]:
    """Contents of another state, count, interval, reason or list of shots, or in one run only, by their hashes.

    Shots up to 10 ms apart are taken for one; times within 0.1 ms and chances within 0.001 are the same.
    """
    ones, others = catalogue.verdicts(one), catalogue.verdicts(other)
    before, after = next(ones, None), next(others, None)
    while before or after:
        if after is None or (before is not None and before.sha256 < after.sha256):
            yield Difference(before, None)
            before = next(ones, None)
        elif before is None or after.sha256 < before.sha256:
            yield Difference(None, after)
            after = next(others, None)
        else:
            onsets = changed_onsets(before.shots, after.shots)
            if onsets or _said(before) != _said(after):
                yield Difference(before, after, onsets)
            before, after = next(ones, None), next(others, None)


def _said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.state, verdict.reason, verdict.count
