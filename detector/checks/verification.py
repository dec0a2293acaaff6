"""A second run against the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.records import CountInterval, Rejected, Report, Shot


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
