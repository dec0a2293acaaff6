"""Outcomes of several recordings -> scores: what every table and picture of the page is made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from detector.lab import calibration, metrics
from detector.lab.bounds import Rate, poisson_rate
from detector.lab.corpus import Case
from detector.lab.evaluate import Interval, Outcome, volleys_of
from detector.records import Bool, Float64

ALL = "all"
FINE_S, COARSE_S = 0.010, 0.050
_TIERS = ("clear", "medium", "faint", "incomplete")  # in this order, before families in that of the alphabet


def methods(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by method, in the order in which the methods come."""
    by_method: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_method[outcome.method].append(outcome)
    return by_method


def collections(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by part of the corpus, in the order of the alphabet."""
    names = sorted({outcome.case.collection for outcome in outcomes})
    return {name: [outcome for outcome in outcomes if outcome.case.collection == name] for name in names}


def families(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by family in order, then all of them where there is more than one family."""
    by_family: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda outcome: _order(outcome.case.family)):
        by_family[outcome.case.family].append(outcome)
    return by_family if len(by_family) < 2 else {**by_family, ALL: list(outcomes)}


def _order(family: str) -> tuple[int, str]:
    return (_TIERS.index(family) if family in _TIERS else len(_TIERS)), family.lower()


def material(outcomes: Sequence[Outcome]) -> str:
    """Words "real", "composed" or both: no row of a table may leave it open."""
    return " and ".join(sorted({outcome.case.material for outcome in outcomes}, reverse=True))


def onsets(outcomes: Sequence[Outcome], tolerance_s: float) -> metrics.OnsetScore:
    """Right, missed and false onsets of the files in which all onsets are labelled."""
    return metrics.pool(
        [metrics.score_onsets(o.case.marks, o.onset_s, tolerance_s) for o in outcomes if o.case.labels_complete]
    )


def counts(outcomes: Sequence[Outcome]) -> metrics.CountScore:
    """Counts of whole files against [audible, all in heard time]."""
    cases = [o.case for o in outcomes]
    return metrics.score_counts(
        [o.count for o in outcomes],
        [case.count for case in cases],
        [case.count_low for case in cases],
        [case.count_high for case in cases],
    )


def volley_counts(outcomes: Sequence[Outcome]) -> metrics.CountScore:
    """Counts of single volleys against [audible, all]; the right one is that of the audible shots."""
    truth = [volleys_of(o.case) for o in outcomes]
    low = np.concatenate([np.empty(0, np.int64), *(volleys.low for volleys in truth)])
    high = np.concatenate([np.empty(0, np.int64), *(volleys.high for volleys in truth)])
    return metrics.score_counts(np.concatenate([np.empty(0), *(o.volley_count for o in outcomes)]), low, low, high)


def intervals(outcomes: Sequence[Outcome]) -> calibration.IntervalScore:
    """Count intervals of whole files, where one was given."""
    return _score([(o.interval, o.case.count_low, o.case.count_high) for o in outcomes])


def volley_intervals(outcomes: Sequence[Outcome]) -> calibration.IntervalScore:
    """Count intervals of single volleys, where one was given."""
    rows: list[tuple[Interval | None, int, int]] = []
    for outcome in outcomes:
        truth = volleys_of(outcome.case)
        rows += zip(outcome.volley_interval, truth.low.tolist(), truth.high.tolist(), strict=True)
    return _score(rows)


def _score(rows: Sequence[tuple[Interval | None, int, int]]) -> calibration.IntervalScore:
    given = [(interval.low, interval.high, low, high) for interval, low, high in rows if interval]
    columns = np.array(given, np.int64).reshape(-1, 4).T
    return calibration.score_intervals(columns[0], columns[1], columns[2], columns[3])


def probabilities(outcomes: Sequence[Outcome]) -> tuple[Float64, Float64]:
    """Probabilities of onsets, and 1 where the onset was an audible shot, else 0, as columns of one length.

    Of files in which all onsets are labelled; onsets on shots too faint to hear are left out.
    """
    said, true = [np.empty(0)], [np.empty(0)]
    for outcome in (o for o in outcomes if o.case.labels_complete):
        pairs = metrics.match_onsets(outcome.case.marks, outcome.candidate_s, FINE_S)
        right = np.zeros(outcome.candidate_s.size)
        right[pairs.found] = 1.0
        neutral = np.zeros(outcome.candidate_s.size, np.bool_)
        neutral[pairs.found] = ~outcome.case.marks.audible[pairs.truth]
        said.append(outcome.probability[~neutral])
        true.append(right[~neutral])
    return np.concatenate(said), np.concatenate(true)


def false_alarms(outcomes: Sequence[Outcome]) -> int:
    """Onsets called shots in files without one."""
    return sum(o.onset_s.size for o in outcomes)


def hours(outcomes: Sequence[Outcome]) -> float:
    """Hours of sound in the files of one method."""
    return sum(o.case.heard_s for o in outcomes) / 3600


def hourly(outcomes: Sequence[Outcome]) -> Rate:
    """False alarms an hour of one method."""
    return poisson_rate(false_alarms(outcomes), hours(outcomes))


def per_hundred(outcomes: Sequence[Outcome]) -> Rate:
    """False alarms per hundred files of one method."""
    return poisson_rate(false_alarms(outcomes), len(outcomes) / 100)


def found(outcome: Outcome, tolerance_s: float) -> Bool:
    """(n,) which marks of the case were found."""
    return metrics.recalled(outcome.case.marks, outcome.onset_s, tolerance_s)


def gunfire(case: Case) -> bool:
    """Whether shots were fired."""
    return not case.gun_free
