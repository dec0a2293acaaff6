"""The picture of a result: sound, numbered shots, and the count growing beside the tallies.

Everything is drawn on a `Figure` object, never through pyplot, so that no global state is touched
and no display is needed. The lanes are in `panels.py`, what several of them share in `marks.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from detector.records import Comparison, Report, Track
from detector.views import marks, panels, selftest_panel, summary
from detector.views.closeup import close_ups
from detector.views.marks import TEXT_PT, Window

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches. 16 wide at 100 dots is a screen; shrunk to a landscape page the smallest text is still 5 pt.
_WIDTH, _LEFT, _LANE = 16.0, 1.0, 12.6
_HEAD, _FOOT = 0.8, 0.65
_GROWTH = 2.3  # height of the cumulative count
_TEST = 2.0  # height of the self-test
_AIR_SHARE, _AIR_LEAST_S = 0.04, 1.0  # time shown on either side of the shots: share of their span, and seconds
_PAUSE_SHARE, _PAUSE_LEAST_S = 0.3, 10.0  # a pause is cut out from this share of what is shown, and this long, on
_CLOSE_UP_BELOW = 0.7  # close-ups that would show more of the recording than this are not worth it
_MOST_WINDOWS = 4


@dataclass(frozen=True)
class _Lane:
    """One lane of the page: the air above it and its height in inches, and what draws it."""

    above: float
    height: float
    draw: Callable[[Axes], None]


def overview_figure(report: Report, sound: Track | None = None, comparisons: Sequence[Comparison] = ()) -> Figure:
    """Envelope, spectrogram, numbered shots and the cumulative count beside the tallies (needs matplotlib).

    A file in which the shots fill only a small part gets a strip of the whole on top and close-ups
    below. Without `sound` everything is drawn from `report.overview`; with it, stretches of up to
    two minutes are drawn from the sound itself, read once from the beginning.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    with marks.new_figure() as figure:
        lanes = _lanes(report, sound, comparisons)
        height = _HEAD + _FOOT + sum(lane.above + lane.height for lane in lanes)
        figure.set_size_inches(_WIDTH, height)
        top = height - _HEAD
        for lane in lanes:
            top -= lane.above + lane.height
            lane.draw(figure.add_axes((_LEFT / _WIDTH, top / height, _LANE / _WIDTH, lane.height / height)))
        _title(figure, report)
        _legend(figure, report)
    return figure


def windows(report: Report) -> tuple[Window, ...]:
    """The stretches worth a close-up, in time order: the whole recording when shots fill much of it.

    Starting from all volleys together, the longest pause is cut out for as long as it is a good
    part of what would be shown.
    """
    return windows_around([(v.first_s, v.last_s) for v in report.volleys], report.recording.duration_s)


def windows_around(spans: Sequence[Window], duration_s: float) -> tuple[Window, ...]:
    """The stretches of a recording worth a close-up around spans in time order, chosen as in `windows`."""
    whole = (0.0, max(duration_s, 0.001))
    if not spans:
        return (whole,)
    pauses = {later[0] - earlier[1]: later[0] for earlier, later in itertools.pairwise(spans)}
    shown_s, cuts = spans[-1][1] - spans[0][0], []
    for pause_s in sorted(pauses, reverse=True)[: _MOST_WINDOWS - 1]:
        if pause_s >= max(_PAUSE_LEAST_S, _PAUSE_SHARE * shown_s):
            shown_s -= pause_s
            cuts.append(pauses[pause_s])
    air_s = max(_AIR_SHARE * shown_s, _AIR_LEAST_S)
    starts = [spans[0][0], *sorted(cuts)]
    stops = [max(stop for start, stop in spans if start < end) for end in [*starts[1:], float("inf")]]
    found = [(max(0.0, a - air_s), min(b + air_s, whole[1])) for a, b in zip(starts, stops, strict=True)]
    return tuple(found) if sum(b - a for a, b in found) < _CLOSE_UP_BELOW * whole[1] else (whole,)


def _lanes(report: Report, sound: Track | None, comparisons: Sequence[Comparison]) -> list[_Lane]:
    limits, shown = (0.0, max(report.recording.duration_s, 0.001)), windows(report)
    finer = close_ups(sound, shown) if sound is not None else [None] * len(shown)
    closer = shown != (limits,)
    lanes = [_Lane(0.0, 0.75, partial(panels.whole, report=report, limits=limits, windows=shown))] if closer else []
    for window, close_up in zip(shown, finer, strict=True):
        overview = close_up or report.overview
        layout = panels.flag_layout(report, window, _LANE)
        named = partial(panels.flags, layout=layout, window=window, width_in=_LANE)
        lanes.append(_Lane(0.45 if closer else 0.0, layout.height_in, named))
        lanes.append(_Lane(0.0, 1.75, partial(panels.envelope, report=report, overview=overview, window=window)))
        if overview is not None:
            draw = partial(panels.spectrogram, report=report, overview=overview, window=window)
            lanes.append(_Lane(0.06, 1.35, draw))
    if report.shots or comparisons:
        growing = partial(panels.cumulative, report=report, comparisons=comparisons, windows=shown)
        lanes.append(_Lane(0.4, _GROWTH, partial(growing, height_in=_GROWTH)))
    if report.self_test is not None and report.self_test.recall:
        lanes.append(_Lane(0.5, _TEST, partial(selftest_panel.draw, test=report.self_test)))
    return lanes


def _title(figure: Figure, report: Report) -> None:
    width, height = figure.get_size_inches()
    told = f"{summary.one_line(report)}.{'' if report.count is None else f' {summary.FAINT}'}"
    texts = (
        (marks.drawable(report.recording.name, 110), 0.28, TEXT_PT + 5, "bold"),
        (marks.drawable(told, 180), 0.55, TEXT_PT + 2.5, "normal"),
    )
    for words, down, points, weight in texts:
        where = (_LEFT / width, 1 - down / height)
        figure.text(*where, words, fontsize=points, fontweight=weight, color=marks.INK, va="center", parse_math=False)


def _legend(figure: Figure, report: Report) -> None:
    """What the marks mean, only those that occur; and the colours of the probability."""
    from matplotlib.cm import ScalarMappable

    width, height = figure.get_size_inches()
    handles = _keys(report)
    if handles:
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(_LEFT / width, 0.02 / height),
            ncols=len(handles),
            fontsize=TEXT_PT,
            frameon=False,
            borderaxespad=0.0,
            handletextpad=0.5,
            columnspacing=1.6,
        )
    if report.shots:
        box = ((_LEFT + _LANE + 0.2) / width, 0.42 / height, 1.6 / width, 0.1 / height)
        bar = figure.colorbar(
            ScalarMappable(cmap=marks.probability_colours()), cax=figure.add_axes(box), orientation="horizontal"
        )
        bar.set_ticks([0, 0.5, 1])
        bar.ax.tick_params(labelsize=TEXT_PT - 1)
        bar.ax.set_title("chance that it is a shot", fontsize=TEXT_PT, pad=3)


def _keys(report: Report) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def pin(fill: str, edge: str, words: str) -> Line2D:
        return Line2D([], [], marker="o", linestyle="", markerfacecolor=fill, markeredgecolor=edge, label=words)

    states = {c.state for c in report.coverage}
    dark = "#443983"
    keys: list[tuple[bool, Artist]] = [
        (any(s.status == "shot" for s in report.shots), pin(dark, dark, "shot")),
        (any(s.status == "possible" for s in report.shots), pin("white", dark, "possible shot")),
        (any(s.overlap for s in report.shots), Line2D([], [], linestyle="", marker="$7+$", color=marks.INK,
            markersize=11, label="may hide another")),
        (any(s.repeat_of for s in report.shots), pin(marks.FAINT_INK, marks.FAINT_INK, "heard before (repeat)")),
        (bool(report.rejected), Line2D([], [], linestyle="", marker="|", color=marks.FAINT_INK, label="refused")),
        (bool(report.device_tones), Line2D([], [], linestyle="", marker="^", color=marks.TONE, label="device tone")),
        (bool(report.volleys), Patch(color=marks.VOLLEY, linewidth=0, label="volley")),
        (bool(states & set(marks.STATE_WORDS)), Patch(facecolor=marks.UNHEARD, edgecolor=marks.HATCH, hatch="////",
            linewidth=0, label="could not be heard")),
        ("overloaded" in states, Patch(color=marks.OVERLOADED, linewidth=0, label="overloaded")),
    ]  # fmt: skip
    return [artist for occurs, artist in keys if occurs]
