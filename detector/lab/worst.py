"""Cases and their reports -> which went worst, what went wrong in each, in words, and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.lab.corpus import Case
from detector.lab.metrics import gap_before_s, match_onsets
from detector.records import Bool, Float64, Report

TOLERANCE_S = 0.01
_PACE_S, _WIDTH_RANGE_S = 0.15, (0.3, 3.0)
Window = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Trial:
    """A case with what the detector made of it.

    `count_error` is the signed distance of the count to the range that is right, 0 inside. `found`
    (marks,) says which true shots are among the listed ones of status `shot`; `false_s` are times of
    such shots that are none, those on shots too faint to hear not counted.
    """

    case: Case
    report: Report
    count_error: int
    found: Bool
    false_s: Float64

    @property
    def missed_s(self) -> Float64:
        """Times of audible shots that were not found."""
        marks = self.case.marks
        missed: Float64 = marks.time_s[marks.audible & ~self.found]
        return missed

    @property
    def mistakes_s(self) -> Float64:
        """Times of missed shots and of false ones, rising."""
        return np.sort(np.concatenate([self.missed_s, self.false_s]))


def judge(case: Case, report: Report) -> Trial:
    """The report of a case beside its truth; without labelled onsets the count alone is judged."""
    count = report.count.best if report.count else 0
    listed = np.array([shot.time_s for shot in report.shots if shot.status == "shot"], np.float64)
    pairs = match_onsets(case.marks, listed, TOLERANCE_S)
    found = np.zeros(case.marks.time_s.size, np.bool_)
    found[pairs.truth] = True
    false = np.delete(listed, pairs.found) if case.labels_complete else np.empty(0)
    return Trial(case, report, max(count - case.count_high, 0) - max(case.count_low - count, 0), found, false)


def worst(trials: Sequence[Trial], number: int) -> list[Trial]:
    """The `number` worst trials: by the size of the count error, then by false and missed shots, then by name."""
    return sorted(trials, key=lambda t: (-abs(t.count_error), -t.mistakes_s.size, t.case.name))[:number]


def line(trial: Trial) -> str:
    """What went wrong, in one line: counts, false and missed shots, and what the missed were taken for."""
    case, count = trial.case, trial.report.count
    said = f"counts {count.best} ({count.low}-{count.high})" if count else "cannot hear"
    true = f"{case.count_low}" if case.count_low == case.count_high else f"{case.count_low}-{case.count_high}"
    if not case.labels_complete:
        return f"{case.name} ({case.family}, {case.material}): {said}, true {true}; onsets not labelled"
    taken = Counter(taken_for(trial, time_s) for time_s in trial.missed_s)
    words = ", ".join(f"{n} {reason}" for reason, n in taken.most_common())
    missed = f"{trial.missed_s.size} missed" + (f" ({words})" if words else "")
    return f"{case.name} ({case.family}, {case.material}): {said}, true {true}; {trial.false_s.size} false, {missed}"


def taken_for(trial: Trial, time_s: float) -> str:
    """What the detector says of the onset nearest to a missed shot: its reason, "possible", or that there is none."""
    said = [(shot.time_s, "possible") for shot in trial.report.shots if shot.status == "possible"]
    said += [(onset.time_s, onset.reason) for onset in trial.report.rejected]
    near = [(abs(onset_s - time_s), words) for onset_s, words in said if abs(onset_s - time_s) <= TOLERANCE_S]
    return min(near, default=(0.0, "no onset listed"))[1]


def windows(trial: Trial, number: int) -> tuple[Window, ...]:
    """At most `number` equally long stretches that hold most mistakes, in time order.

    They are so long that some eight shots fit in at the pace at which shots were missed. Without
    mistakes, they hold most of what is true, listed or refused.
    """
    gap_s = gap_before_s(trial.case.marks)[trial.case.marks.audible & ~trial.found]
    pace_s = float(np.median(gap_s[np.isfinite(gap_s)])) if np.isfinite(gap_s).any() else _PACE_S
    width_s = float(np.clip(8 * pace_s, *_WIDTH_RANGE_S))
    times = trial.mistakes_s
    if not times.size:
        listed = [shot.time_s for shot in trial.report.shots]
        refused = [onset.time_s for onset in trial.report.rejected]
        times = np.sort(np.concatenate([trial.case.marks.time_s, listed, refused]))
    found: list[Window] = []
    while times.size and len(found) < number:
        last = np.searchsorted(times, times + 0.8 * width_s, side="right")
        row = int(np.argmax(last - np.arange(times.size)))
        inside = times[row : last[row]]
        start = max(0.0, float(inside[0] + inside[-1]) / 2 - width_s / 2)
        found.append((start, start + width_s))
        times = np.delete(times, slice(row, last[row]))
    return tuple(sorted(found))
