"""Checked self-tests -> the tables and the picture of docs/SELF_TEST.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from detector.lab import selftest_check
from detector.lab.accuracy.markdown import percent, table
from detector.lab.drawing import COMPOSED, FAINT_INK, GRID, INK, new_figure, png
from detector.lab.selftest_check import Checked, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEAD = ("scenes", "of them", "shots", "predicted", "true", "90 % bounds", "off by")


def tables(scenes: Sequence[Checked], left_out: bool) -> str:
    """Errors in words, then recall by prediction and by family, and pairs by gap."""
    gaps = list(selftest_check.by_gap(scenes))
    model = "models that do not know their pieces" if left_out else "the published model, which knows their pieces"
    shots = sum(len(scene.shots) for scene in scenes)
    parts = [
        f"{len(scenes)} composed scenes with {shots:,} audible shots, judged by {model}.",
        _in_words(scenes, gaps),
        "Scenes by predicted recall:",
        table(_HEAD, map(_cells, selftest_check.by_prediction(scenes))),
        "By family:",
        table(_HEAD, map(_cells, selftest_check.by_family(scenes))),
        "Pairs of audible shots, one after the other, by the gap between them in ms:",
        table(("gap", *_HEAD[1:2], "pairs", *_HEAD[3:]), map(_cells, gaps)),
    ]
    return "\n\n".join(parts)


def picture(scenes: Sequence[Checked]) -> bytes:
    """A PNG: each scene and scenes together, predicted against true recall; pairs told apart by gap."""
    figure = new_figure(11.0, 4.6)
    left, right = figure.subplots(1, 2)
    _draw_recall(left, scenes)
    _draw_gaps(right, list(selftest_check.by_gap(scenes)))
    return png(figure)


def _in_words(scenes: Sequence[Checked], gaps: Sequence[Row]) -> str:
    errors = np.array([scene.error for scene in scenes])
    pooled = list(selftest_check.by_prediction(scenes))
    weights = [row.trials for row in pooled]
    apart = float(np.average([abs(row.predicted - row.true) for row in pooled], weights=weights))
    half = [selftest_check.half_gap_s(gaps, name) for name in ("predicted", "true")]
    told = ["no gap" if each is None else f"{each * 1000:g} ms" for each in half]
    return (
        f"Mean error of predicted recall, predicted less true: {100 * errors.mean():+.1f} points a scene "
        f"(sd {100 * errors.std():.1f}); scenes of like prediction together are off by {100 * apart:.1f} points on the "
        f"mean. The mean size of the error of a single scene is {100 * np.abs(errors).mean():.1f} points; "
        f"{100 * selftest_check.chance_error(scenes):.1f} would be left if every prediction were right, since a scene "
        f"has few shots. Half of the pairs are told apart from {told[0]} on as predicted, from {told[1]} on in truth."
    )


def _cells(row: Row) -> tuple[str, ...]:
    bounds = f"{percent(row.low)} - {percent(row.high)}"
    off = f"{100 * (row.predicted - row.true):+.1f}"
    shares = percent(row.predicted), percent(row.true)
    return row.name, f"{row.scenes}", f"{row.trials:,}", *shares, bounds, off


def _draw_recall(axes: Axes, scenes: Sequence[Checked]) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT_INK, linewidth=1)
    sizes = [2 * np.sqrt(len(scene.shots)) + 3 for scene in scenes]
    predicted, true = [s.shots.mean() for s in scenes], [s.found.mean() for s in scenes]
    axes.scatter(predicted, true, s=[size**2 / 4 for size in sizes], color=FAINT_INK, alpha=0.45, linewidth=0)
    _points(axes, list(selftest_check.by_prediction(scenes)), [])
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="recall predicted by the self-test", ylabel="true recall")
    axes.set_title("each dot a scene, larger with more shots; orange: scenes together", fontsize=9)


def _draw_gaps(axes: Axes, rows: Sequence[Row]) -> None:
    gaps_ms = [float(row.name) for row in rows]
    _points(axes, rows, gaps_ms)
    axes.plot(gaps_ms, [row.predicted for row in rows], color=INK, marker="s", markersize=4, label="predicted")
    axes.set_xscale("log")
    axes.set_xticks(gaps_ms, [f"{gap:g}" for gap in gaps_ms])
    axes.minorticks_off()
    axes.set(ylim=(-0.02, 1.02), xlabel="ms between two audible shots", ylabel="share told apart")
    axes.legend(frameon=False, fontsize=9)


def _points(axes: Axes, rows: Sequence[Row], x: Sequence[float]) -> None:
    """True shares with their bounds, at `x` or else where they were predicted."""
    true = [row.true for row in rows]
    bars = [[row.true - row.low for row in rows], [row.high - row.true for row in rows]]
    at = list(x) or [row.predicted for row in rows]
    axes.errorbar(at, true, yerr=bars, color=COMPOSED, marker="o", linestyle="", capsize=3, label="true")
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
