"""The detector beside other methods: at a glance, row by row, and wherever another one is ahead."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from detector.lab import metrics
from detector.lab.accuracy import scores
from detector.lab.accuracy.markdown import coverage, number, percent, share, table
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Outcome

OWN = (DETECTOR, WITH_POSSIBLE)


def at_a_glance(outcomes: Sequence[Outcome]) -> str:
    """The detector beside the best other method, figure by figure, one row a collection."""
    rows: list[list[str]] = []
    for collection, members in scores.collections(outcomes).items():
        for gun_free in (False, True):
            own = scores.methods([o for o in members if o.case.gun_free == gun_free])
            if own:
                rows += [[collection, *cells] for cells in _glance_rows(own, gun_free)]
    head = ["set", "material", "files", "figure", DETECTOR, "best other", "which"]
    return f"## At a glance\n\n{table(head, rows)}"


def _glance_rows(by_method: Mapping[str, Sequence[Outcome]], gun_free: bool) -> list[list[str]]:
    own, figures = by_method[DETECTOR], _peer_figures(by_method, gun_free)
    rows = []
    for figure, value in _figures(own, gun_free).items():
        name = _best(figures, figure)
        other = _figure(figures[name][figure]) if name else "-"
        rows.append([scores.material(own), str(len(own)), figure, _figure(value), other, name])
    return rows


def behind(outcomes: Sequence[Outcome]) -> str:
    """Every row in which another method does better, with the figures of the best."""
    lines: list[str] = []
    for collection, members in scores.collections(outcomes).items():
        for gun_free in (False, True):
            chosen = [o for o in members if o.case.gun_free == gun_free]
            for family, own in scores.families(chosen).items():
                lines += [f"- {collection}, {family}: {what}" for what in _better_peers(scores.methods(own), gun_free)]
    text = "\n".join(lines) if lines else "In no row is another method ahead of this detector."
    return f"## Rows in which another method is ahead\n\n{text}"


def _better_peers(by_method: Mapping[str, Sequence[Outcome]], gun_free: bool) -> list[str]:
    mine, figures = _figures(by_method[DETECTOR], gun_free), _peer_figures(by_method, gun_free)
    best = {figure: name for figure in mine if (name := _best(figures, figure))}
    return [
        f"{figure} {_figure(figures[name][figure])} by {name}, {_figure(mine[figure])} by this detector"
        for figure, name in best.items()
        if figures[name][figure] > mine[figure]
    ]


def _figures(outcomes: Sequence[Outcome], gun_free: bool) -> dict[str, float]:
    """What methods are compared by: higher is better, so false alarms are negative."""
    if gun_free:
        return {"false shots": -float(scores.false_alarms(outcomes))}
    fine, coarse = scores.onsets(outcomes, scores.FINE_S).f1, scores.onsets(outcomes, scores.COARSE_S).f1
    return {"exact counts": scores.counts(outcomes).exact, "F1 at 10 ms": fine, "F1 at 50 ms": coarse}


def _figure(value: float) -> str:
    return f"{-value:,.0f}" if value < 0 else share(value) if value else "0"


def _peer_figures(by_method: Mapping[str, Sequence[Outcome]], gun_free: bool) -> dict[str, dict[str, float]]:
    return {name: _figures(own, gun_free) for name, own in by_method.items() if name not in OWN}


def _best(figures: Mapping[str, Mapping[str, float]], figure: str) -> str:
    """The peer with the highest figure, one without a figure last; empty without peers."""
    return max(figures, key=lambda name: float(np.nan_to_num(figures[name][figure], nan=-math.inf)), default="")


def gunfire_table(outcomes: Sequence[Outcome]) -> str:
    """Counts and onsets of every method, family by family."""
    head = ["family", "method", "exact", "in range", "within 5 %", "count error", "prec.", "recall"]
    head += ["F1 10 ms", "F1 50 ms", "error", "worst tenth", "bias"]
    rows: list[list[str]] = []
    for family, members in scores.families(outcomes).items():
        by_method = scores.methods(members)
        rows.append([_about(family, by_method[DETECTOR]), *[""] * (len(head) - 1)])
        rows += [["", name, *_gunfire_row(name, own)] for name, own in by_method.items()]
    return table(head, rows)


def _about(family: str, outcomes: Sequence[Outcome]) -> str:
    shots = sum(o.case.count for o in outcomes)
    return f"**{family}**, {scores.material(outcomes)}: {len(outcomes)} files, {shots} shots"


def _gunfire_row(method: str, outcomes: Sequence[Outcome]) -> list[str]:
    fine, coarse = scores.onsets(outcomes, scores.FINE_S), scores.onsets(outcomes, scores.COARSE_S)
    error = metrics.time_error(coarse.error_s)
    times = [number(error.median_ms), number(error.worst_tenth_ms), number(error.bias_ms)]
    found = map(share, [coarse.precision, coarse.recall, fine.f1, coarse.f1])
    return [*([""] * 4 if method == WITH_POSSIBLE else count_cells(scores.counts(outcomes))), *found, *times]


def count_cells(score: metrics.CountScore) -> list[str]:
    """Exact, in range, within 5 %, relative error."""
    return [share(score.exact), share(score.within), share(score.near), percent(score.relative_error)]


def volley_table(outcomes: Sequence[Outcome]) -> str:
    """Counts of single volleys: the detector with its interval, and the best other method's share in range."""
    head = ["set, family", "material", "volleys", "exact", "in range", "within 5 %", "count error"]
    head += ["interval held", "median width", "best other in range"]
    rows = [
        [f"{collection}, {family}", *_volley_row(members)]
        for collection, chosen in scores.collections([o for o in outcomes if scores.gunfire(o.case)]).items()
        for family, members in scores.families(chosen).items()
        if sum(o.volley_count.size for o in members)
    ]
    return f"## Single volleys\n\n{table(head, rows)}" if rows else ""


def _volley_row(outcomes: Sequence[Outcome]) -> list[str]:
    by_method = scores.methods(outcomes)
    own = by_method[DETECTOR]
    score, interval = scores.volley_counts(own), scores.volley_intervals(own)
    others = [(scores.volley_counts(each).within, name) for name, each in by_method.items() if name not in OWN]
    best = max(others, default=(math.nan, ""))
    cells = [*count_cells(score), coverage(interval), number(interval.median_width)]
    return [scores.material(own), str(score.files), *cells, f"{share(best[0])} {best[1]}".strip()]
