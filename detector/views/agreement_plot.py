"""The picture of marks: for each two observers two rows of ticks, joined where they agree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from detector.checks import Agreement
from detector.records import Report
from detector.views import agreement_words, marks, panels
from detector.views.marks import FAINT_INK, INK, TEXT_PT, Window
from detector.views.plots import windows_around

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches, as wide as the overview so that the two can be laid one above the other.
_WIDTH, _LEFT, _LANE = 16.0, 2.0, 13.6
_HEAD, _FOOT, _SOUND, _ROWS, _ABOVE = 0.2, 0.75, 1.2, 1.0, 0.45
_AGREED, _ALONE, _UNHEARD, _RULE = "#0072b2", "#d55e00", FAINT_INK, "#dddddd"
_NAME_LETTERS = 26


def agreement_figure(report: Report, agreements: Sequence[Agreement]) -> Figure:
    """The sound, and below it a lane for each two observers, with what one lists alone above and below what both do.

    Agreed onsets are drawn from the time of the first to that of the second in blue, those of one
    side alone in orange, marks where nothing could be heard in grey. Marks whose clock was found to
    differ are drawn after the move, those outside the recording not at all.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    shown = _windows(report, agreements)
    draws = [(_SOUND, partial(_sound, report=report, shown=shown))]
    draws += [(_ROWS, partial(_rows, report=report, agreement=each, shown=shown)) for each in agreements]
    with marks.new_figure() as figure:
        height = _HEAD + _FOOT + sum(lane + _ABOVE for lane, _ in draws)
        figure.set_size_inches(_WIDTH, height)
        top = height - _HEAD
        for lane, draw in draws:
            top -= _ABOVE + lane
            draw(figure.add_axes((_LEFT / _WIDTH, top / height, _LANE / _WIDTH, lane / height)))
        title = f"{report.recording.name}: marks beside the machine's shots"
        words: dict[str, Any] = {"fontsize": TEXT_PT + 5, "fontweight": "bold", "color": INK, "parse_math": False}
        figure.text(_LEFT / _WIDTH, 1 - 0.35 / height, marks.drawable(title, 110), va="center", **words)
        _legend(figure)
    return figure


def _windows(report: Report, agreements: Sequence[Agreement]) -> tuple[Window, ...]:
    """The stretches around everything that anybody marked or listed."""
    times_s = {shot.time_s for shot in report.shots}
    for best in (agreement.best for agreement in agreements):
        times_s |= {entry.time_s for pair in best.agreed for entry in (pair.one, pair.other)}
        times_s |= {entry.time_s for entry in (*best.only_one, *best.only_other, *best.unheard)}
    duration_s = report.recording.duration_s
    return windows_around([(t, t) for t in sorted(times_s) if 0 <= t <= duration_s], duration_s)


def _sound(axes: Axes, report: Report, shown: Sequence[Window]) -> None:
    marks.time_axis(axes, shown)
    top = marks.draw_sound(axes, report.overview, (shown[0][0], shown[-1][1]))
    axes.set_ylim(-top, top)
    axes.set_yticks([])
    axes.set_ylabel("sound", fontsize=TEXT_PT, rotation=0, ha="right", va="center")
    marks.shade_coverage(axes, report, named=len(shown) == 1)  # across a cut-out pause there is no room for a name
    marks.shade_volleys(axes, report)
    panels.cut_pauses(axes, shown)


def _rows(axes: Axes, report: Report, agreement: Agreement, shown: Sequence[Window]) -> None:
    """What the first lists alone on top, what both list in the middle, what the second lists alone below."""
    marks.time_axis(axes, shown)
    axes.set_ylim(0, 1)
    best = agreement.best
    one, other = (marks.drawable(f"only {name}", _NAME_LETTERS) for name in agreement.names)
    axes.set_yticks([0.86, 0.5, 0.14], [one, "both", other], fontsize=TEXT_PT, parse_math=False)
    axes.tick_params(axis="y", length=0)
    marks.shade_coverage(axes, report)
    for pair in best.agreed:
        axes.plot([pair.one.time_s] * 2 + [pair.other.time_s] * 2, [0.7, 0.56, 0.44, 0.3], color=_AGREED, linewidth=1)
    for entries, colour, low, high in (
        (best.only_one, _ALONE, 0.76, 0.98),
        (best.only_other, _ALONE, 0.02, 0.24),
        (best.unheard, _UNHEARD, 0.02, 0.24),
    ):
        inside = [entry.time_s for entry in entries if shown[0][0] <= entry.time_s <= shown[-1][1]]
        axes.vlines(inside, low, high, color=colour, linewidth=1.5, zorder=4)
    axes.hlines([0.27, 0.73], *axes.get_xlim(), color=_RULE, linewidth=0.8, zorder=2)
    panels.cut_pauses(axes, shown)
    axes.set_title(_told(agreement), fontsize=TEXT_PT, loc="left", pad=3, color=INK, parse_math=False)


def _told(agreement: Agreement) -> str:
    moved = "" if agreement.shift is None else f"; marks moved by {agreement.shift.offset_s:+.3f} s"
    outside = len(agreement.best.outside)
    beyond = f"; {outside} outside the recording, not drawn" if outside else ""
    foreign = "; no more than chance would give" if agreement.foreign else ""
    return marks.drawable(f"{agreement_words.in_short(agreement)}{moved}{foreign}{beyond}", 170)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    keys = ((_AGREED, "both"), (_ALONE, "one side alone"), (_UNHEARD, "marked where nothing could be heard"))
    figure.legend(
        handles=[Line2D([], [], color=colour, linewidth=1.8, label=words) for colour, words in keys],
        loc="lower left",
        bbox_to_anchor=(_LEFT / width, 0.05 / height),
        ncols=len(keys),
        fontsize=TEXT_PT,
        frameon=False,
        borderaxespad=0.0,
    )
