"""What a report and an incident have in common: all that counting and comparing need to know of either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from detector.records.report import CountInterval, Rejected, Repeat, Span, Status
from detector.records.sound import Coverage


class Listed(Protocol):
    """A listed sound: a `Shot` of one recording, or an `IncidentShot` of several."""

    @property
    def id(self) -> int:
        """Its number in the result."""

    @property
    def status(self) -> Status:
        """Whether it is listed as a shot or as possible."""

    @property
    def time_s(self) -> float:
        """When it arrived."""

    @property
    def time_error_s(self) -> float:
        """90 % error of that."""

    @property
    def probability(self) -> float:
        """Chance of a shot."""

    @property
    def volley(self) -> int | None:
        """Number of its volley."""

    @property
    def repeat_of(self) -> int | None:
        """The sound of which it is a second showing."""

    @property
    def extra(self) -> tuple[float, float]:
        """Chances that one or two more shots hide in it."""


class Result(Protocol):
    """A `Report`, or an `Incident`."""

    @property
    def count(self) -> CountInterval | None:
        """How many shots were heard; None where nothing could be."""

    @property
    def span(self) -> Span | None:
        """From the first to the last."""

    @property
    def shots(self) -> Sequence[Listed]:
        """Listed sounds in time order."""

    @property
    def rejected(self) -> Sequence[Rejected]:
        """Refused ones, which count with their chances."""

    @property
    def coverage(self) -> Sequence[Coverage]:
        """What could be heard when."""

    @property
    def repeats(self) -> Sequence[Repeat]:
        """What is shown a second time."""

    @property
    def basis(self) -> Mapping[str, Any]:
        """What the interval rests on."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """With which it was reached."""

    @property
    def end_s(self) -> float:
        """Where the sound ends."""

    @property
    def result_sha256(self) -> str:
        """What names it."""
