"""The lane of the picture that shows a self-test: what was found by level, and what was told apart by gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from detector.records import LevelRecall, SelfTest, Situation
from detector.views import marks
from detector.views.selftest_words import SITUATIONS, level_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: dict[Situation, str] = {"same gun": "#0072b2", "other gun": "#d55e00", "alone": "#009e73"}
_SHAPES: dict[Situation, str] = {"same gun": "o", "other gun": "s", "alone": "^"}
_ASIDE = 0.12  # bins by which the situations stand beside each other
_LEFT, _RIGHT, _KEY = (0.0, 0.12, 0.47, 0.88), (0.54, 0.12, 0.25, 0.88), (0.8, 1.0)


def draw(axes: Axes, test: SelfTest) -> None:
    """Shares found and told apart with their bounds, side by side in one lane."""
    axes.axis("off")
    levels = axes.inset_axes(_LEFT)
    _levels(levels, test.recall)
    axes.legend(
        *levels.get_legend_handles_labels(),
        fontsize=marks.TEXT_PT - 1,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=_KEY,
    )
    if test.gaps:
        _gaps(axes.inset_axes(_RIGHT), test)


def _levels(axes: Axes, recall: Sequence[LevelRecall]) -> None:
    bins = {(row.from_db is not None, row.from_db or 0.0): level_words(row) for row in recall}
    place = {key: number for number, key in enumerate(sorted(bins))}
    for number, situation in enumerate(SITUATIONS):
        rows = [row for row in recall if row.situation == situation and row.planted]
        if not rows:
            continue
        x = [place[row.from_db is not None, row.from_db or 0.0] + (number - 1) * _ASIDE for row in rows]
        _shares(axes, x, [(row.found / row.planted, row.low, row.high) for row in rows], situation)
    axes.set_xticks(range(len(bins)), [bins[key].replace(" and more", "+").replace(" dB", "") for key in sorted(bins)])
    _framed(axes, "self-test: share of planted\nshots found", "dB over what was there before")


def _gaps(axes: Axes, test: SelfTest) -> None:
    rows = test.gaps
    shares = [(row.apart / row.pairs, row.low, row.high) for row in rows]
    _shares(axes, list(range(len(rows))), shares, "same gun")
    axes.set_xticks(range(len(rows)), [f"{row.gap_s * 1000:g}" for row in rows])
    _framed(axes, "share of pairs\ntold apart", "ms between two shots")


def _shares(axes: Axes, x: list[float], shares: list[tuple[float, float, float]], situation: Situation) -> None:
    values = [share for share, _, _ in shares]
    down = [share - low for share, low, _ in shares]
    up = [high - share for share, _, high in shares]
    look: dict[str, Any] = {
        "color": _COLOURS[situation],
        "marker": _SHAPES[situation],
        "markersize": 5,
        "linewidth": 1.3,
    }
    axes.errorbar(x, values, yerr=[down, up], label=SITUATIONS[situation], elinewidth=0.9, capsize=2, **look)


def _framed(axes: Axes, name: str, below: str) -> None:
    axes.set_ylim(-0.04, 1.04)
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_ylabel(name, fontsize=marks.TEXT_PT)
    axes.set_xlabel(below, fontsize=marks.TEXT_PT)
    axes.tick_params(labelsize=marks.TEXT_PT - 1)
    axes.grid(axis="y", linewidth=0.5, color=marks.HATCH)
