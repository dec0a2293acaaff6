"""Outcomes -> docs/ACCURACY.md: tables that say in every row whether the sound is real or composed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from detector.lab import metrics
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Outcome
from detector.lab.metrics import OnsetScore

_ALL = "all"
_COLLECTIONS = {
    "pittsburgh": "Pittsburgh: police test fire heard by street sensors 45-1,368 m away",
    "range": "Range: singles to automatic fire at shooting ranges",
    "phones": "Phones: one shot a clip, hand-held recorders",
    "scenes": "Scenes: composed body-camera footage",
}
_TIERS = ("clear", "medium", "faint", "incomplete")  # in this order, before families in that of the alphabet
_FINE_S, _COARSE_S = 0.010, 0.050

INTRODUCTION = """\
What this detector and other methods make of labelled recordings, measured on the same samples in the same
run. **No body-camera recording of gunfire was measured: none with known truth was at hand.** Rows marked
*real* are recordings of real sounds made by other devices; rows marked *composed* are videos put together from
recorded and physical blasts, places, voices and noises. Not measured either: real overlapping shooters, real
fire inside a car, Tasers. This page is written by `scripts/evaluate.py`; do not edit it.
"""

DEFINITIONS = """\
## How to read the tables

- **Methods.** *this detector*: onsets of status `shot`; *with possible ones*: `possible` listed too (the count
  is the same). *librosa, defaults*: `librosa.onset.onset_detect` at the file's own rate. *librosa, tuned*: 4 ms
  hop, 21 ms window, delta 0.2, backtracked. *peaks*: what editors do, the largest magnitude per millisecond,
  peaks within 10 (6) dB of the file's loudest, 50 (200) ms apart.
- **Exact**: share of files whose count (`count.best`; for a peer the number of its onsets) is the right one:
  rounds fired (Pittsburgh, phones), shots marked by hand (range), audible shots, each once (scenes).
  **In range**: between the audible shots and all shots in heard time (range: the annotators' bounds).
- **Precision, recall, F1** over all shots of a row, onsets paired one to one with the best pairing there is, at most
  50 ms apart (precision, recall) or as stated. An onset on a shot that is too faint to hear is neither right nor
  wrong. Where crack and blast are told apart, either is a find, and only one of them. Files whose onsets are
  not all labelled enter the counts only: Pittsburgh's *incomplete* ones hold rounds that the sensor may not have
  heard.
- **Error**: median and worst tenth (90th percentile) of the distance to the first arrival, in ms, of onsets
  paired within 50 ms; **bias** is the signed median (late is +). Range marks carry 1-2 ms, Pittsburgh's 5 ms.
- **Upper** bounds are 95 % (Poisson for rates, exact binomial for shares).
- Shots that a compilation shows again are onsets like others, and one discharge in the count.
"""


def page(outcomes: Sequence[Outcome], provenance: Mapping[str, str]) -> str:
    """The whole page as Markdown text; the same outcomes give the same text.

    `provenance` says, line by line, how the figures came about: command, versions, hashes.
    """
    cases = {outcome.case.name: outcome.case for outcome in outcomes}
    hours = sum(case.duration_s for case in cases.values()) / 3600
    facts = [f"- {name}: {text}" for name, text in provenance.items()] + [f"- {len(cases)} files, {hours:.2f} h"]
    parts = ["# Accuracy", INTRODUCTION, "\n".join(facts), _glance(outcomes), _behind(outcomes)]
    for collection, title in _COLLECTIONS.items():
        rows = [o for o in outcomes if o.case.collection == collection and not o.case.gun_free]
        if rows:
            parts += [f"## {title}", _gunfire_table(rows)]
    parts += [_interval_part(outcomes), _hours_part(outcomes), _classes_part(outcomes), DEFINITIONS]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:z.1f}" if abs(value) < 100 else f"{value:,.0f}"


def _families(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by family in order, then all of them where there is more than one family."""
    families: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda outcome: _order(outcome.case.family)):
        families[outcome.case.family].append(outcome)
    return families if len(families) < 2 else {**families, _ALL: list(outcomes)}


def _order(family: str) -> tuple[int, str]:
    return (_TIERS.index(family) if family in _TIERS else len(_TIERS)), family.lower()


def _methods(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    methods: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        methods[outcome.method].append(outcome)
    return methods


def _onsets(outcomes: Sequence[Outcome], tolerance_s: float) -> OnsetScore:
    return metrics.pool(
        [metrics.score_onsets(o.case.marks, o.onset_s, tolerance_s) for o in outcomes if o.case.labels_complete]
    )


def _counts(outcomes: Sequence[Outcome]) -> metrics.CountScore:
    cases = [o.case for o in outcomes]
    return metrics.score_counts(
        [o.count for o in outcomes],
        [case.count for case in cases],
        [case.count_low for case in cases],
        [case.count_high for case in cases],
    )


def _gunfire_table(outcomes: Sequence[Outcome]) -> str:
    head = ["family", "method", "exact", "in range", "prec.", "recall", "F1 10 ms", "F1 50 ms"]
    head += ["error", "worst tenth", "bias"]
    rows: list[list[str]] = []
    for family, members in _families(outcomes).items():
        methods = _methods(members)
        rows.append([_about(family, methods[DETECTOR]), *[""] * (len(head) - 1)])
        rows += [["", *_gunfire_row(name, own)] for name, own in methods.items()]
    return _table(head, rows)


def _about(family: str, outcomes: Sequence[Outcome]) -> str:
    material = " and ".join(sorted({o.case.material for o in outcomes}))
    shots = sum(o.case.count for o in outcomes)
    return f"**{family}**, {material}: {len(outcomes)} files, {shots} shots"


def _gunfire_row(method: str, outcomes: Sequence[Outcome]) -> list[str]:
    count, fine, coarse = _counts(outcomes), _onsets(outcomes, _FINE_S), _onsets(outcomes, _COARSE_S)
    error = metrics.time_error(coarse.error_s)
    shares = [coarse.precision, coarse.recall, fine.f1, coarse.f1]
    counts = ["", ""] if method == WITH_POSSIBLE else [_share(count.exact), _share(count.within)]
    times = [_number(error.median_ms), _number(error.worst_tenth_ms), _number(error.bias_ms)]
    return [method, *counts, *map(_share, shares), *times]


def _interval_part(outcomes: Sequence[Outcome]) -> str:
    """Coverage and width of the detector's count intervals, and how good its probabilities are."""
    own = [o for o in outcomes if o.method == DETECTOR and o.interval]
    head = ["set, family", "material", "files", "held", "95 %", "mean width", "median width/shots", "at least > true"]
    rows = [
        [f"{collection}, {family}", *_interval_row(members)]
        for collection in sorted({o.case.collection for o in own})
        for family, members in _shown(collection, [o for o in own if o.case.collection == collection]).items()
    ]
    text = (
        "The interval is given at 90 %. *held*: share of files whose interval reaches the true range. "
        f"Brier score of all listed onsets in fully labelled files: {_share(_brier(own))} (0 is perfect)."
    )
    return f"## Count intervals and probabilities of this detector\n\n{text}\n\n{_table(head, rows)}" if rows else ""


def _shown(collection: str, outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """By family where the collection has gunfire; the many kinds of other sounds together."""
    return _families(outcomes) if collection in _COLLECTIONS else {_ALL: list(outcomes)}


def _interval_row(outcomes: Sequence[Outcome]) -> list[str]:
    given = [(o.case, o.interval) for o in outcomes if o.interval]
    score = metrics.score_intervals(
        [interval.low for _, interval in given],
        [interval.high for _, interval in given],
        [case.count_low for case, _ in given],
        [case.count_high for case, _ in given],
    )
    above = np.mean([interval.at_least > case.count_high for case, interval in given]) if given else math.nan
    return [
        " and ".join(sorted({case.material for case, _ in given})),
        str(score.files),
        _share(score.coverage),
        f"{_share(score.coverage_low)}-{_share(score.coverage_high)}",
        _number(score.mean_width),
        _share(score.relative_width),
        _share(float(above)),
    ]


def _brier(outcomes: Sequence[Outcome]) -> float:
    said, true = [np.empty(0)], [np.empty(0)]
    for outcome in (o for o in outcomes if o.case.labels_complete):
        pairs = metrics.match_onsets(outcome.case.marks, outcome.candidate_s, _FINE_S)
        right = np.zeros(outcome.candidate_s.size)
        right[pairs.found] = 1.0
        neutral = np.zeros(outcome.candidate_s.size, np.bool_)
        neutral[pairs.found] = ~outcome.case.marks.audible[pairs.truth]
        said.append(outcome.probability[~neutral])
        true.append(right[~neutral])
    return metrics.brier(np.concatenate(said), np.concatenate(true))


def _false_alarms(outcomes: Sequence[Outcome]) -> int:
    return sum(o.onset_s.size for o in outcomes)


def _hourly(outcomes: Sequence[Outcome]) -> metrics.Rate:
    return metrics.poisson_rate(_false_alarms(outcomes), sum(o.case.heard_s for o in outcomes) / 3600)


def _per_hundred(outcomes: Sequence[Outcome]) -> metrics.Rate:
    return metrics.poisson_rate(_false_alarms(outcomes), len(outcomes) / 100)


def _hours_part(outcomes: Sequence[Outcome]) -> str:
    quiet = [o for o in outcomes if o.case.gun_free and o.case.collection != "not_gunfire"]
    rows: list[list[str]] = []
    for collection in sorted({o.case.collection for o in quiet}):
        for family, members in _shown(collection, [o for o in quiet if o.case.collection == collection]).items():
            own = _methods(members)
            hours = sum(o.case.heard_s for o in own[DETECTOR]) / 3600
            rows += [
                [f"{collection}, {family}", members[0].case.material, f"{hours:.2f}", method, *_rate_cells(_hourly(o))]
                for method, o in own.items()
            ]
    head = ["sound without gunfire", "material", "hours", "method", "false shots", "per hour", "upper"]
    return f"## False alarms an hour\n\n{_table(head, rows)}" if rows else ""


def _rate_cells(rate: metrics.Rate) -> list[str]:
    return [f"{rate.events:,}", _number(rate.per_unit), _number(rate.upper)]


def _classes_part(outcomes: Sequence[Outcome]) -> str:
    clips = [o for o in outcomes if o.case.collection == "not_gunfire"]
    if not clips:
        return ""
    names = list(_methods(clips))
    rows = []
    for family, members in _families(clips).items():
        methods = _methods(members)
        rates = [_per_hundred(methods[name]) for name in names]
        cells = [_number(rate.per_unit) for rate in rates]
        cells[0] = f"{cells[0]} (upper {_number(rates[0].upper)})"
        rows.append([family.replace("_", " "), str(len(methods[DETECTOR])), *cells])
    text = "False shots per hundred real clips of one kind, each heard between a second of quiet noise."
    return f"## False alarms by kind of sound\n\n{text}\n\n{_table(['sound', 'clips', *names], rows)}"


def _glance(outcomes: Sequence[Outcome]) -> str:
    """The detector beside the best other method, figure by figure, one row a collection."""
    rows: list[list[str]] = []
    for collection, gun_free in sorted({(o.case.collection, o.case.gun_free) for o in outcomes}):
        members = [o for o in outcomes if (o.case.collection, o.case.gun_free) == (collection, gun_free)]
        methods = _methods(members)
        mine, figures = _figures(methods[DETECTOR], gun_free), _peer_figures(methods, gun_free)
        material = " and ".join(sorted({o.case.material for o in members}))
        for figure, value in mine.items():
            name = _best(figures, figure)
            other = _figure(figures[name][figure])
            rows.append([collection, material, str(len(methods[DETECTOR])), figure, _figure(value), other, name])
    head = ["set", "material", "files", "figure", DETECTOR, "best other", "which"]
    return f"## At a glance\n\n{_table(head, rows)}"


def _figures(outcomes: Sequence[Outcome], gun_free: bool) -> dict[str, float]:
    """What methods are compared by: higher is better, so false alarms are negative."""
    if gun_free:
        return {"false shots": -float(_false_alarms(outcomes))}
    fine, coarse = _onsets(outcomes, _FINE_S).f1, _onsets(outcomes, _COARSE_S).f1
    return {"exact counts": _counts(outcomes).exact, "F1 at 10 ms": fine, "F1 at 50 ms": coarse}


def _figure(value: float) -> str:
    return f"{-value:,.0f}" if value < 0 else _share(value) if value else "0"


def _behind(outcomes: Sequence[Outcome]) -> str:
    """Every row in which another method does better, with the figures of the best."""
    lines: list[str] = []
    for collection in sorted({o.case.collection for o in outcomes}):
        members = [o for o in outcomes if o.case.collection == collection]
        for gun_free in (False, True):
            for family, own in _families([o for o in members if o.case.gun_free == gun_free]).items():
                better = _better_peers(_methods(own), gun_free)
                lines += [f"- {collection}, {family}: {what}" for what in better]
    text = "\n".join(lines) if lines else "In no row is another method ahead of this detector."
    return f"## Rows in which another method is ahead\n\n{text}"


def _better_peers(methods: Mapping[str, Sequence[Outcome]], gun_free: bool) -> list[str]:
    mine, figures = _figures(methods[DETECTOR], gun_free), _peer_figures(methods, gun_free)
    best = {figure: _best(figures, figure) for figure in mine}
    return [
        f"{figure} {_figure(figures[name][figure])} by {name}, {_figure(mine[figure])} by this detector"
        for figure, name in best.items()
        if figures[name][figure] > mine[figure]
    ]


def _peer_figures(methods: Mapping[str, Sequence[Outcome]], gun_free: bool) -> dict[str, dict[str, float]]:
    return {name: _figures(own, gun_free) for name, own in methods.items() if name not in (DETECTOR, WITH_POSSIBLE)}


def _best(figures: Mapping[str, Mapping[str, float]], figure: str) -> str:
    """The peer with the highest figure, one without a figure last."""
    return max(figures, key=lambda name: float(np.nan_to_num(figures[name][figure], nan=-math.inf)))
