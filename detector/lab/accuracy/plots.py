"""Outcomes -> two pictures: how well onsets are found, and how far counts and their doubts can be trusted.

Everything that is real is drawn filled and in blue, everything composed hollow and in orange.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from detector.core.bounds import binomial_bounds
from detector.lab.accuracy import by_condition, doubts, scores
from detector.lab.accuracy.methods import OWN
from detector.lab.calibration import reliability
from detector.lab.conditions import GAP, SNR, Bin
from detector.lab.drawing import COMPOSED, FAINT_INK, GRID, INK, REAL, SPECIAL, new_figure, png
from detector.lab.evaluate import DETECTOR, Outcome
from detector.records import Bool

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_GOAL = "#e9f4ec"
_MATERIALS = {"real": (REAL, REAL), "composed": (COMPOSED, "white")}  # of a marker: edge and filling
_SOUGHT = 0.9  # of intervals
_FEWEST = 5  # shots in a bin, below which its share says nothing

Series = tuple[str, str, str]
"""Name, colour and filling of a line."""


def pictures(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """PNG files by name: `accuracy_onsets.png` and `accuracy_counts.png` (needs matplotlib).

    The same outcomes and version of matplotlib give the same bytes.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    made = {}
    for name, panels in _PAGES.items():
        figure = new_figure(12.0, 9.0)
        for axes, draw in zip(figure.subplots(2, 2).flat, panels, strict=True):
            draw(axes, outcomes)
        made[name] = png(figure)
    return made


# --- onsets --------------------------------------------------------------------------------------


def recall_by_gap(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """Recall within 10 ms against the gap to the shot before."""
    lines = {
        "range": ("range takes, real", REAL, REAL),
        "scenes": ("scenes, composed", COMPOSED, "white"),
        by_condition.DOUBLE: ("scenes of doubles, composed", SPECIAL, "white"),
    }
    axes.set(title="Shots found, by the gap to the shot before", xlabel="gap")
    _recalls(axes, outcomes, GAP, lines)


def recall_by_snr(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """Recall within 10 ms against the strength of the direct path."""
    axes.set(title="Shots found, by strength", xlabel="direct path over what was there before, first 3 ms")
    _recalls(axes, outcomes, SNR, {"scenes": ("scenes, composed", COMPOSED, "white")})


def _recalls(axes: Axes, outcomes: Sequence[Outcome], condition: str, lines: dict[str, Series]) -> None:
    found = by_condition.shots_by_bin([o for o in outcomes if o.method == DETECTOR])
    shots = {
        (each, bin_): shot.fine
        for (name, each, bin_), shot in found.items()
        if name == condition and each in lines and shot.fine.size >= _FEWEST
    }
    bins = sorted({bin_ for _, bin_ in shots})
    for row, (name, line) in enumerate(lines.items()):
        shift = 0.12 * (row - (len(lines) - 1) / 2)
        _share_line(axes, [(bins.index(b) + shift, shots[name, b]) for b in bins if (name, b) in shots], line)
    axes.set_xticks(range(len(bins)), [_short(bin_) for bin_ in bins], fontsize=8.5)
    axes.set(ylim=(-0.03, 1.08), ylabel="recall within 10 ms (bars: 95 %; numbers: shots)")
    _finish(axes)


def _short(bin_: Bin) -> str:
    low, high = bin_[1].startswith("below "), bin_[1].endswith(" and more")
    value, unit = bin_[1].removeprefix("below ").removesuffix(" and more").split(" ")
    return f"{'< ' * low}{value}{'+' * high}\n{unit}"


def _share_line(axes: Axes, points: Sequence[tuple[float, Bool]], line: Series) -> None:
    if not points:
        return
    name, colour, filling = line
    x = np.array([each for each, _ in points])
    share = np.array([right.mean() for _, right in points])
    bounds = np.array([binomial_bounds(int(right.sum()), right.size) for _, right in points])
    reach = np.abs(bounds.T - share)
    axes.errorbar(x, share, reach, fmt="o-", color=colour, mfc=filling, capsize=2, lw=1.4, elinewidth=0.8, label=name)
    for place, top, (_, right) in zip(x, bounds[:, 1], points, strict=True):
        _small(axes, str(right.size), (place, top), (0, 2), colour)


def f1_by_family(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """F1 within 10 ms of the detector and of the others, family by family, real ones on top."""
    rows = _family_rows([o for o in outcomes if o.case.labels_complete])
    for place, (material, _, members) in enumerate(rows):
        f1 = {name: scores.onsets(own, scores.FINE_S).f1 for name, own in scores.methods(members).items()}
        others = [value for name, value in f1.items() if name not in OWN and not math.isnan(value)]
        edge, filling = _MATERIALS[material]
        label = None if place else "other methods"
        axes.plot(others, [place] * len(others), "|", color=FAINT_INK, ms=9, mew=1.6, label=label)
        axes.plot(np.nan_to_num(f1[DETECTOR]), place, "o", color=edge, mfc=filling, ms=7, mew=1.6)
    axes.set_yticks(range(len(rows)), [name for _, name, _ in rows], fontsize=8)
    axes.set(xlabel="F1 within 10 ms", xlim=(-0.02, 1.02), ylim=(max(len(rows), 1) - 0.5, -0.5))
    axes.set_title("Onsets found and not invented, by family", pad=22)
    _finish(axes, _keys(axes))


def onset_errors(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """Distribution of onset errors of the shots that were found."""
    lines = {"phones": ("-", 1.0), "range": ("--", 1.0), "pittsburgh": (":", 1.0), "scenes": ("-", 1.0)}
    for collection, own in scores.collections([o for o in outcomes if o.method == DETECTOR]).items():
        size_ms = np.sort(1e3 * np.abs(by_condition.error_s(own)))
        if collection in lines and size_ms.size:
            colour = _MATERIALS[own[0].case.material][0]
            label = f"{collection}, {own[0].case.material}: {size_ms.size:,} shots"
            shares = np.arange(1, size_ms.size + 1) / size_ms.size
            axes.step(np.maximum(size_ms, 0.01), shares, lines[collection][0], color=colour, where="post", label=label)
    axes.axhline(0.5, color=FAINT_INK, lw=0.6)
    axes.axhline(0.9, color=FAINT_INK, lw=0.6)
    axes.set(title="Error of the onset of found shots", xlabel="error, ms", ylabel="share of shots with no more")
    axes.set(xscale="log", xlim=(0.01, 50), ylim=(0, 1.02))
    axes.set_xticks([0.01, 0.1, 1, 10, 50], ["0.01", "0.1", "1", "10", "50"])
    _finish(axes)


# --- counts and doubts ---------------------------------------------------------------------------


def count_errors(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """Best estimate of every file with gunfire against what is true."""
    own = [o for o in outcomes if o.method == DETECTOR and scores.gunfire(o.case)]
    rng = np.random.default_rng(0)  # files with the same counts must not hide each other
    most = max((max(o.case.count_high, o.count) for o in own), default=1)
    axes.plot([0.5, 2 * most], [0.5, 2 * most], color=INK, lw=0.8)
    for material, (edge, filling) in _MATERIALS.items():
        files = [o for o in own if o.case.material == material]
        true = np.array([o.case.count_low for o in files]) * np.exp(rng.normal(0, 0.03, len(files)))
        said = np.maximum([o.count for o in files], 0.5) * np.exp(rng.normal(0, 0.03, len(files)))
        label = f"{material}: {len(files)} files"
        axes.plot(true, said, "o", ms=4, color=edge, mfc=filling, alpha=0.7, label=label)
    axes.set(title="Counts, file by file", xlabel="audible shots", ylabel="best estimate (0 drawn at 0.5)")
    axes.set(xscale="log", yscale="log", xlim=(0.7, 1.3 * most), ylim=(0.4, 1.3 * most))
    ticks = [each for each in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500) if each <= most]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [str(each) for each in ticks])
        axis.set_ticks([], minor=True)
    _finish(axes)


def reliability_curve(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """What came true of the probabilities of onsets."""
    axes.plot([0, 1], [0, 1], color=INK, lw=0.8)
    parts = doubts.probability_parts(outcomes)
    lines = {"real gunfire": (REAL, REAL, 1), "composed gunfire": (COMPOSED, "white", -1)}
    for name, (colour, filling, side) in lines.items():
        curve = reliability(*scores.probabilities(parts[name]))
        held = curve.n > 0
        said_, true_ = curve.said[held], curve.true[held]
        reach = np.abs(np.stack([curve.low, curve.high]) - curve.true)[:, held]
        label = f"{name}: {curve.n.sum():,} onsets"
        axes.errorbar(said_, true_, reach, fmt="o-", color=colour, mfc=filling, capsize=2, elinewidth=0.8, label=label)
        for said, true, n in zip(said_, true_, curve.n[held], strict=True):
            _small(axes, f"{n:,}", (said, true), (-13 * side, 4 * side - 2), colour)
    axes.set(title="Probabilities, and what came true of them", xlabel="probability said")
    axes.set(ylabel="share that were shots (bars: 95 %; numbers: onsets)")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.06))
    _finish(axes)


def coverage_and_width(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """Share of count intervals that hold, and their width, family by family, real ones on top."""
    own = [o for o in outcomes if o.method == DETECTOR and o.interval and scores.gunfire(o.case)]
    rows = _family_rows(own)
    axes.axvspan(_SOUGHT, 1.0, color=_GOAL, lw=0)
    for place, (material, _, members) in enumerate(rows):
        score = scores.intervals(members)
        edge, filling = _MATERIALS[material]
        axes.plot([score.coverage_low, score.coverage_high], [place, place], color=edge, lw=0.8)
        axes.plot(score.coverage, place, "o", color=edge, mfc=filling, ms=6, mew=1.6)
        width = f"{score.median_width:.0f}, {100 * score.relative_width:.0f} %"
        axes.annotate(width, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5, color=edge)
    labels = [f"{name} ({len(members)})" for _, name, members in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=7.5)
    axes.annotate("width", (1.02, 1.01), xycoords="axes fraction", fontsize=7.5)
    axes.set(
        xlabel="share of 90 % intervals that held (bars: 95 %)",
        xlim=(-0.02, 1.02),
        ylim=(max(len(rows), 1) - 0.5, -0.5),
    )
    axes.set_title("Intervals of counts: held, and median width", pad=22)
    _finish(axes, _keys(axes))


def _family_rows(outcomes: Sequence[Outcome]) -> list[tuple[str, str, list[Outcome]]]:
    """Material, name and outcomes of every family with gunfire, real ones first."""
    rows = [
        (members[0].case.material, f"{collection}, {family}", members)
        for collection, chosen in scores.collections([o for o in outcomes if scores.gunfire(o.case)]).items()
        for family, members in scores.families(chosen).items()
        if family != scores.ALL
    ]
    return sorted(rows, key=lambda row: row[0] != "real")


def false_alarms(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    """False shots per hundred clips of every kind of sound with at least one, with upper bounds."""
    own = [o for o in outcomes if o.method == DETECTOR and o.case.gun_free and o.case.padded]
    kinds = {kind: scores.per_hundred(each) for kind, each in scores.families(own).items() if kind != scores.ALL}
    shown = sorted((rate.per_unit, kind) for kind, rate in kinds.items() if rate.events)
    for place, (value, kind) in enumerate(shown):
        axes.plot([value, kinds[kind].upper], [place, place], color=REAL, lw=0.8)
        axes.plot(value, place, "o", color=REAL, ms=5)
    labels = [f"{kind.replace('_', ' ')} ({kinds[kind].exposure * 100:.0f})" for _, kind in shown]
    axes.set_yticks(range(len(shown)), labels, fontsize=7.5)
    axes.set(xscale="log", xlabel="false shots per hundred clips (bars: up to the 95 % bound)")
    none = sum(rate.exposure for rate in kinds.values() if not rate.events) * 100
    axes.set(title=f"Everyday sounds taken for shots, real clips\n(not shown: {none:.0f} clips of kinds without any)")
    _finish(axes)


# --- what panels share ---------------------------------------------------------------------------


def _small(axes: Axes, words: str, at: tuple[float, float], shift: tuple[float, float], colour: str) -> None:
    axes.annotate(words, at, shift, textcoords="offset points", ha="center", fontsize=6.5, color=colour)


def _keys(axes: Axes) -> list[Artist]:
    from matplotlib.lines import Line2D

    keys: list[Artist] = [
        Line2D([], [], marker="o", ls="", color=edge, mfc=filling, label=f"this detector, {material}")
        for material, (edge, filling) in _MATERIALS.items()
    ]
    others = axes.get_legend_handles_labels()[0]
    return [*keys, *others]


def _finish(axes: Axes, handles: Sequence[Artist] = ()) -> None:
    axes.title.set_fontweight("bold")
    axes.title.set_fontsize(11)
    axes.grid(color=GRID, lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if handles:  # lists of families fill their panel: what marks mean stands above it
        axes.legend(handles=handles, fontsize=8, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    elif axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False)


_PAGES = {
    "accuracy_onsets.png": (f1_by_family, onset_errors, recall_by_gap, recall_by_snr),
    "accuracy_counts.png": (count_errors, coverage_and_width, reliability_curve, false_alarms),
}
