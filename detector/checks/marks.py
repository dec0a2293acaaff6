"""Marks of people beside a result: who agrees with whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.records import Float64

_MACHINE = "machine"  # what a report is called beside marks


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
        return _MACHINE if self.one is None else self.one.name, self.other.name

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
