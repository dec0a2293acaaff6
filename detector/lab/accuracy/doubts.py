"""Whether the detector's own doubts hold: count intervals, and probabilities of onsets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from detector.lab import calibration
from detector.lab.accuracy import scores
from detector.lab.accuracy.markdown import coverage, number, share, table
from detector.lab.evaluate import DETECTOR, Outcome
from detector.records import Float64

MANY = 10  # shots from which on an interval is judged by its width relative to the count


def interval_part(outcomes: Sequence[Outcome]) -> str:
    """Coverage and width of the count intervals, by family and by number of shots."""
    own = [o for o in outcomes if o.method == DETECTOR and o.interval]
    rows: list[list[str]] = []
    for collection, chosen in scores.collections(own).items():
        with_guns = any(scores.gunfire(o.case) for o in chosen)
        shown = scores.families(chosen) if with_guns else {scores.ALL: chosen}
        rows += [[f"{collection}, {family}", *_interval_row(members)] for family, members in shown.items()]
    for name, members in by_size(own).items():
        rows += [[f"gunfire, {name}", *_interval_row(each)] for each in _by_material(members)]
    head = ["set, family", "material", "files", "held", "95 %", "median width", "width/shots", "at least > true"]
    text = (
        "The interval is given at 90 %. *held*: share of files whose interval reaches the true range, with its "
        "binomial standard error; *95 %*: exact bounds of that share. Widths are medians, in shots and relative to "
        "the audible shots."
    )
    return f"## Count intervals of this detector\n\n{text}\n\n{table(head, rows)}" if rows else ""


def by_size(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes on gunfire with few and with many audible shots."""
    shots = [o for o in outcomes if scores.gunfire(o.case)]
    return {
        f"fewer than {MANY} shots": [o for o in shots if o.case.count_low < MANY],
        f"{MANY} shots or more": [o for o in shots if o.case.count_low >= MANY],
    }


def _by_material(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    parts = [[o for o in outcomes if o.case.material == material] for material in ("real", "composed")]
    return [part for part in parts if part]


def _interval_row(outcomes: Sequence[Outcome]) -> list[str]:
    score = scores.intervals(outcomes)
    above = [o.interval.at_least > o.case.count_high for o in outcomes if o.interval]
    return [
        scores.material(outcomes),
        str(score.files),
        coverage(score),
        f"{share(score.coverage_low)}-{share(score.coverage_high)}",
        number(score.median_width),
        share(score.relative_width),
        share(float(np.mean(above)) if above else math.nan),
    ]


def probability_parts(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """The detector's outcomes as probabilities are judged: real gunfire, composed gunfire, no gunfire."""
    own = [o for o in outcomes if o.method == DETECTOR]
    return {
        "real gunfire": [o for o in own if scores.gunfire(o.case) and o.case.material == "real"],
        "composed gunfire": [o for o in own if scores.gunfire(o.case) and o.case.material == "composed"],
        "no gunfire": [o for o in own if o.case.gun_free],
    }


def probability_part(outcomes: Sequence[Outcome]) -> str:
    """Brier scores, and what came true of probabilities, in tenths."""
    judged = {name: scores.probabilities(part) for name, part in probability_parts(outcomes).items()}
    judged = {name: columns for name, columns in judged.items() if columns[0].size}
    if not judged:
        return ""
    head = ["onsets of", "onsets", "shots", "Brier", *(f"{tenth / 10:.1f}-" for tenth in range(10))]
    rows = [
        [name, f"{said.size:,}", f"{int(true.sum()):,}", f"{calibration.brier(said, true):.3f}", *_tenths(said, true)]
        for name, (said, true) in judged.items()
    ]
    text = (
        "Of every onset with a probability, refused ones included, in files with all onsets labelled: the Brier "
        "score (0 is perfect), and, by tenths of the probability, the share that were shots (number of onsets). What "
        "is surely no shot is not listed one by one and therefore not in it."
    )
    return f"## Probabilities of this detector\n\n{text}\n\n{table(head, rows)}"


def _tenths(said: Float64, true: Float64) -> list[str]:
    curve = calibration.reliability(said, true)
    return [f"{share(part)} ({n:,})" if n else "-" for part, n in zip(curve.true, curve.n, strict=True)]
