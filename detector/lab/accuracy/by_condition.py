"""Where the detector does well and where not: tables by what is known of files, and of single shots."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.core.bounds import binomial_bounds
from detector.lab import metrics
from detector.lab.accuracy import scores
from detector.lab.accuracy.markdown import coverage, number, percent, share, table
from detector.lab.accuracy.methods import OWN
from detector.lab.conditions import GAP, Bin, file_bins, shot_bins
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Outcome
from detector.records import Bool, Float64

DOUBLE = "scenes, double"


@dataclass(frozen=True, eq=False)
class ShotColumns:
    """The audible shots of one bin as columns (n,): found within 10 ms, found within 50 ms."""

    fine: Bool
    coarse: Bool


def file_part(outcomes: Sequence[Outcome]) -> str:
    """Counts, onsets and intervals by what is known of whole recordings with gunfire."""
    head = ["condition", "set", "material", "files", "shots", "exact", "in range", "count error"]
    head += ["F1 10 ms", "F1 50 ms", "interval held", "best other F1 10 ms"]
    rows = []
    for (name, collection, bin_), members in sorted(_files(outcomes).items()):
        rows.append([f"{name}: {bin_[1]}", collection, *_file_row(members)])
    text = "What the labels of a part of the corpus do not say is not in the table; a set with one bin only neither."
    return f"## By condition of the recording\n\n{text}\n\n{table(head, rows)}" if rows else ""


def _files(outcomes: Sequence[Outcome]) -> dict[tuple[str, str, Bin], list[Outcome]]:
    """Outcomes on gunfire by condition, collection and bin, where a collection has more than one bin."""
    found: dict[tuple[str, str, Bin], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if scores.gunfire(outcome.case):
            for name, bin_ in file_bins(outcome.case.conditions, outcome.rate_hz).items():
                found[name, outcome.case.collection, bin_].append(outcome)
    bins: dict[tuple[str, str], int] = defaultdict(int)
    for name, collection, _ in found:
        bins[name, collection] += 1
    return {key: members for key, members in found.items() if bins[key[0], key[1]] > 1}


def _file_row(outcomes: Sequence[Outcome]) -> list[str]:
    by_method = scores.methods(outcomes)
    own = by_method[DETECTOR]
    count = scores.counts(own)
    fine = {name: scores.onsets(each, scores.FINE_S).f1 for name, each in by_method.items() if name != WITH_POSSIBLE}
    others = [(value, name) for name, value in fine.items() if name not in OWN and not math.isnan(value)]
    best = max(others, default=(math.nan, ""))
    return [
        scores.material(own),
        str(len(own)),
        str(sum(o.case.count for o in own)),
        share(count.exact),
        share(count.within),
        percent(count.relative_error),
        share(fine[DETECTOR]),
        share(scores.onsets(own, scores.COARSE_S).f1),
        coverage(scores.intervals(own)),
        f"{share(best[0])} {best[1]}".strip(),
    ]


def shot_part(outcomes: Sequence[Outcome]) -> str:
    """Recall by what is known of single shots; false onsets belong to no shot and are not in it."""
    sure, listed = (shots_by_bin([o for o in outcomes if o.method == method]) for method in (DETECTOR, WITH_POSSIBLE))
    materials = {o.case.collection: scores.material([o]) for o in outcomes}
    rows = []
    for key in sorted(sure):
        name, collection, bin_ = key
        own = sure[key].fine
        low, high = binomial_bounds(int(own.sum()), own.size)
        cells = [str(own.size), share(float(own.mean())), f"{share(low)}-{share(high)}"]
        cells += [share(float(each.mean())) for each in (sure[key].coarse, listed[key].fine, listed[key].coarse)]
        rows.append([f"{name}: {bin_[1]}", collection, materials[collection.split(",")[0]], *cells])
    head = ["condition", "set", "material", "audible shots", "recall 10 ms", "95 %", "50 ms"]
    head += ["with possible, 10 ms", "50 ms"]
    text = "Share of the audible shots that were found. *gap*: to the shot before, audible or not."
    return f"## By condition of the shot\n\n{text}\n\n{table(head, rows)}" if rows else ""


def shots_by_bin(outcomes: Sequence[Outcome]) -> dict[tuple[str, str, Bin], ShotColumns]:
    """Audible shots by condition, set and bin, for the outcomes of one method.

    By gap, the scenes of the family `double` appear twice: they were made to measure how close shots may be.
    """
    found: dict[tuple[str, str, Bin], list[tuple[bool, bool]]] = defaultdict(list)
    for outcome in (o for o in outcomes if o.case.marks.audible.any()):
        case = outcome.case
        pairs = list(zip(scores.found(outcome, scores.FINE_S), scores.found(outcome, scores.COARSE_S), strict=True))
        for name, bins in shot_bins(case.conditions, case.marks).items():
            sets = [case.collection, *([DOUBLE] if case.family == "double" and name == GAP else [])]
            for bin_, pair, audible in zip(bins, pairs, case.marks.audible, strict=True):
                for each in sets if audible else ():
                    found[name, each, bin_].append(pair)
    columns = {key: np.array(pairs, np.bool_).T for key, pairs in found.items()}
    return {key: ShotColumns(fine=both[0], coarse=both[1]) for key, both in columns.items()}


def error_s(outcomes: Sequence[Outcome]) -> Float64:
    """Onset errors of found audible shots, in seconds, of the files with all onsets labelled."""
    return scores.onsets(outcomes, scores.COARSE_S).error_s


def timing_part(outcomes: Sequence[Outcome]) -> str:
    """Onset errors by set and sample rate of the file."""
    rows = []
    own = [o for o in outcomes if o.method == DETECTOR and o.case.labels_complete and scores.gunfire(o.case)]
    for collection, members in scores.collections(own).items():
        bins = {o.case.name: file_bins(o.case.conditions, o.rate_hz).get("sample rate") for o in members}
        for bin_ in sorted({each for each in bins.values() if each}):
            chosen = [o for o in members if bins[o.case.name] == bin_]
            error = metrics.time_error(error_s(chosen))
            cells = [number(error.median_ms), number(error.worst_tenth_ms), number(error.bias_ms)]
            rows.append([f"{collection}, {bin_[1]}", scores.material(chosen), str(error_s(chosen).size), *cells])
    head = ["set, sample rate", "material", "shots found", "median, ms", "worst tenth, ms", "bias, ms"]
    return f"## Onset error of this detector\n\n{table(head, rows)}" if rows else ""
