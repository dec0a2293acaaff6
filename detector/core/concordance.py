"""Two observers of one recording: what both list, what one lists alone, and how far apart their times are."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from functools import partial

import numpy as np

from detector.checks import Agreement, Differences, Entry, Marks, Matched, Pair
from detector.core import clock_shift
from detector.core.pairing import pair_times
from detector.records import HEARD_STATES, Float64, Rejected, Report, Shot

TOLERANCE_S = 0.05
_CHANCE_LAGS = np.concatenate([np.arange(-25, -4), np.arange(5, 26)])  # in tolerances: near, but clear of a match


def agreement(
    report: Report, marks: Marks, other: Marks | None = None, *, tolerance_s: float = TOLERANCE_S
) -> Agreement:
    """The machine's listed onsets beside `marks`, or `marks` beside the marks of another person.

    Onsets are taken for one when they are at most `tolerance_s` apart, one to one: as many pairs
    as possible, then the smallest sum of differences. Listed are shots and possible shots, second
    showings included.

    Parameters
    ----------
    report
        The machine's result, or one read back.
    marks, other
        Labels of one person, and of another one; with `other` the two people are set beside each other.
    tolerance_s
        Seconds by which two times of one onset may differ; a difference of exactly that still counts.

    Returns
    -------
    Agreement
        Pairs, what one side lists alone, differences and kappa, on the clock as given and, where the
        marks' own differs, put right; `best` is the better reading. Without marks, or without
        onsets, it has no pairs.

    Notes
    -----
    Cohen's kappa needs a universe of onsets on which both sides say yes or no. It is the union of
    all that is known: the onsets that the report lists, those that it refused one by one, and the
    marks. Yes says who lists or marks an onset, no who does not; "both say no" are the refused
    onsets that nobody marked (between two people: all onsets of the report that neither marked).
    Marks in time that could not be heard or beyond the recording are left out beside the machine:
    it says nothing there. Its limits: a report lists refused onsets only near volleys or from a
    chance of 0.02 on, and leaves out thousands that are plainly something else, so kappa is lower
    than over "every moment of the recording", and compares observers of the same report only, not
    recordings. Shots too faint for the machine to see an onset enter only when marked. Between two
    people on a clock that is not the recording's, marks do not meet its onsets: kappa is too high.

    Where the clocks seem to differ, both matchings are given, see `core.clock_shift`.
    """
    if other is None:
        ones = tuple(Entry(s.time_s, f"{s.status} {s.probability:.2f}", s.id) for s in report.shots)
        others, joins = _entries(marks), clock_shift.joins(report.recording.audio)
        match = partial(_beside_machine, report, ones, tolerance_s)
    else:
        ones, others, joins = _entries(marks), _entries(other), None
        match = partial(_beside_person, report, ones, tolerance_s)
    one_s, other_s = _times_s(ones), _times_s(others)
    found = clock_shift.find(one_s, other_s, tolerance_s, joins)
    moved_s = other_s if found is None else found[1]
    return Agreement(
        one=None if other is None else marks,
        other=marks if other is None else other,
        tolerance_s=tolerance_s,
        as_given=match(others),
        by_chance=_by_chance(one_s, moved_s, tolerance_s),
        shift=None if found is None else found[0],
        shifted=None if found is None else match(_moved(others, moved_s)),
    )


def agreements(report: Report, marks: Sequence[Marks], tolerance_s: float = TOLERANCE_S) -> tuple[Agreement, ...]:
    """Each of the marks beside the machine, then each two of them beside each other."""
    alone = [agreement(report, each, tolerance_s=tolerance_s) for each in marks]
    pairs = [agreement(report, a, b, tolerance_s=tolerance_s) for a, b in itertools.combinations(marks, 2)]
    return (*alone, *pairs)


def kappa(both: int, one: int, other: int, neither: int) -> float | None:
    """Cohen's kappa of two observers who say yes or no; None where one answer is all there is.

    >>> kappa(3, 1, 1, 3)
    0.5
    """
    total = both + one + other + neither
    if not total:
        return None
    yes_one, yes_other = both + one, both + other
    expected = (yes_one * yes_other + (total - yes_one) * (total - yes_other)) / total**2
    return None if expected == 1 else ((both + neither) / total - expected) / (1 - expected)


def _entries(marks: Marks) -> tuple[Entry, ...]:
    return tuple(Entry(mark.time_s, mark.text) for mark in marks.marks)


def _times_s(onsets: Sequence[Entry | Shot | Rejected]) -> Float64:
    return np.array([onset.time_s for onset in onsets], np.float64)


def _beside_machine(report: Report, ones: Sequence[Entry], tolerance_s: float, others: Sequence[Entry]) -> Matched:
    """Marks on the report's clock beside what the report lists."""
    pairs, alone, left = _split(ones, others, tolerance_s)
    inside = [mark for mark in left if _inside(report, mark.time_s, tolerance_s)]
    outside = [mark for mark in left if not _inside(report, mark.time_s, tolerance_s)]
    heard = [mark for mark in inside if _heard(report, mark.time_s)]
    refused, marked = pair_times(_times_s(report.rejected), _times_s(heard), tolerance_s)
    for row, mark in zip(refused.tolist(), marked.tolist(), strict=True):
        onset = report.rejected[row]
        heard[mark] = dataclasses.replace(heard[mark], id=onset.id, refused=onset.reason)
    neither = len(report.rejected) - refused.size
    return Matched(
        agreed=pairs,
        only_one=alone,
        only_other=tuple(heard),
        unheard=tuple(mark for mark in inside if not _heard(report, mark.time_s)),
        outside=tuple(outside),
        neither=neither,
        kappa=kappa(len(pairs), len(alone), len(heard), neither),
        differences=_differences(pairs),
    )


def _beside_person(report: Report, ones: Sequence[Entry], tolerance_s: float, others: Sequence[Entry]) -> Matched:
    """Marks of two people, those of the second on the clock of the first."""
    pairs, alone, left = _split(ones, others, tolerance_s)
    marked_s = _times_s((*ones, *left))
    onsets_s = _times_s((*report.shots, *report.rejected))
    neither = onsets_s.size - pair_times(onsets_s, marked_s, tolerance_s)[0].size
    return Matched(
        agreed=pairs,
        only_one=alone,
        only_other=left,
        unheard=(),
        outside=(),
        neither=neither,
        kappa=kappa(len(pairs), len(alone), len(left), neither),
        differences=_differences(pairs),
    )


def _split(
    ones: Sequence[Entry], others: Sequence[Entry], tolerance_s: float
) -> tuple[tuple[Pair, ...], tuple[Entry, ...], tuple[Entry, ...]]:
    """Pairs, and the entries on either side without one."""
    rows, columns = (each.tolist() for each in pair_times(_times_s(ones), _times_s(others), tolerance_s))
    pairs = tuple(
        Pair(ones[a], others[b], others[b].time_s - ones[a].time_s) for a, b in zip(rows, columns, strict=True)
    )
    return pairs, _without(ones, rows), _without(others, columns)


def _without(entries: Sequence[Entry], rows: Sequence[int]) -> tuple[Entry, ...]:
    left = set(range(len(entries))).difference(rows)
    return tuple(entries[row] for row in sorted(left))


def _moved(entries: Sequence[Entry], time_s: Float64) -> tuple[Entry, ...]:
    return tuple(
        dataclasses.replace(entry, time_s=at_s, given_s=entry.time_s)
        for entry, at_s in zip(entries, time_s.tolist(), strict=True)
    )


def _inside(report: Report, time_s: float, tolerance_s: float) -> bool:
    first_s, stop_s = report.extent_s
    return first_s - tolerance_s <= time_s <= stop_s + tolerance_s


def _heard(report: Report, time_s: float) -> bool:
    return all(c.state in HEARD_STATES for c in report.coverage if c.start_s <= time_s < c.stop_s)


def _differences(pairs: Sequence[Pair]) -> Differences | None:
    """Median, median distance from it, and the one that is farthest from zero; None without pairs."""
    if not pairs:
        return None
    differences_s = np.array([pair.difference_s for pair in pairs])
    median_s = float(np.median(differences_s))
    return Differences(
        median_s=median_s,
        spread_s=float(np.median(np.abs(differences_s - median_s))),
        largest_s=float(differences_s[np.argmax(np.abs(differences_s))]),
    )


def _by_chance(one_s: Float64, moved_s: Float64, tolerance_s: float) -> float:
    """Mean number of marks with an onset near them when the marks are moved by 5 to 25 tolerances either way."""
    if not one_s.size or not moved_s.size:
        return 0.0
    near = [clock_shift.near(one_s, moved_s + lag * tolerance_s, tolerance_s) for lag in _CHANCE_LAGS]
    return min(float(np.mean(near)), float(one_s.size))
