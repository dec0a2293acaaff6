"""The lanes of the picture, each a function that draws one part of a report on one matplotlib axes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.records import Comparison, CountInterval, Float64, Incident, Overview, Report, Shot
from detector.times import format_time
from detector.views import marks, summary
from detector.views.marks import FAINT_INK, INK, TEXT_PT, Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Rows of numbers above the envelope, and of names of moments above those.
_FLAG_ROWS, _FLAG_ROW_IN = 7, 0.115
_MOMENT_ROWS, _MOMENT_ROW_IN, _MOMENT_LETTERS = 2, 0.19, 48
_CUMULATIVE_POINTS = 24
_SPECTROGRAM_RANGE_DB = 65.0
_FREQUENCIES_HZ = (100, 300, 1000, 2000, 4000, 8000, 16000)
_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # poles pass behind the texts
_TICK_BANDS = 6  # names of frequencies closer than this would touch
_COARSE_S, _COARSE_COLUMNS = 0.1, 400  # columns so wide and so few show no single shot: say why


def flag_rows(left: Sequence[float], width: Sequence[float], rows: int) -> list[int | None]:
    """Row for each flag from left to right, None where every row is taken.

    A flag is a text to the right of a pole that stands at `left` and reaches down through all
    lower rows. The flags of a burst step downwards from the top row, so that no pole crosses a
    text, until the bottom row is taken; then the pole passes behind the texts below.

    >>> flag_rows([0, 1, 2, 9.5], [9, 9, 9, 9], rows=2)
    [1, 0, None, 1]
    """
    ends = [float("-inf")] * rows
    found: list[int | None] = []
    for start, wide in zip(left, width, strict=True):
        free = [row for row, end in enumerate(ends) if end <= start]
        uncrossed = [row for row, below in zip(free, itertools.count(), strict=False) if row == below]
        chosen = max(uncrossed or free, default=None)
        found.append(chosen)
        if chosen is not None:
            ends[chosen] = start + wide
    return found


@dataclass(frozen=True)
class FlagLayout:
    """Where the numbers of shots and the names of moments stand above an envelope.

    `numbers` are (shot, words, row or None where there is no room) and `names` are (time_s, words,
    left_in, row or None); rows count upwards.
    """

    numbers: tuple[tuple[Shot, str, int | None], ...]
    number_rows: int
    names: tuple[tuple[float, str, float, int | None], ...]
    name_rows: int

    @property
    def height_in(self) -> float:
        """Height in inches that the flags need."""
        return 0.05 + self.number_rows * _FLAG_ROW_IN + self.name_rows * _MOMENT_ROW_IN


def flag_layout(report: Report, window: Window, width_in: float) -> FlagLayout:
    """Numbers in as few rows as hold them all, at most 7, and moments in at most 2."""
    inches_per_s = width_in / (window[1] - window[0])
    shots = _inside(report.shots, window)
    labels = [f"{s.id}+" if s.overlap else str(s.id) for s in shots]
    left = [(s.time_s - window[0]) * inches_per_s for s in shots]
    width = [marks.text_inches(label, marks.NUMBER_PT) + 0.04 for label in labels]
    number_rows = next((n for n in range(_FLAG_ROWS) if None not in flag_rows(left, width, n)), _FLAG_ROWS)
    moments = sorted((m for m in report.moments if window[0] <= m.time_s <= window[1]), key=lambda m: m.time_s)
    names = [marks.short(m.text, _MOMENT_LETTERS) for m in moments]
    wide = [marks.text_inches(name) + 0.1 for name in names]
    starts = [
        max(0.0, min((m.time_s - window[0]) * inches_per_s, width_in - w)) for m, w in zip(moments, wide, strict=True)
    ]
    name_rows = next((n for n in range(_MOMENT_ROWS) if None not in flag_rows(starts, wide, n)), _MOMENT_ROWS)
    return FlagLayout(
        tuple(zip(shots, labels, flag_rows(left, width, number_rows), strict=True)),
        number_rows,
        tuple(zip((m.time_s for m in moments), names, starts, flag_rows(starts, wide, name_rows), strict=True)),
        name_rows,
    )


def flags(axes: Axes, layout: FlagLayout, window: Window, width_in: float) -> None:
    """Numbers of the shots over their onsets, as many as fit, and the names of moments above them."""
    axes.set(xlim=window, ylim=(0, layout.height_in))
    axes.axis("off")
    aside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    shots = [shot for shot, _, _ in layout.numbers]
    tops = [_FLAG_ROW_IN * (0.3 if row is None else row + 0.5) for _, _, row in layout.numbers]
    axes.vlines([s.time_s for s in shots], 0, tops, color=_colours(shots), linewidth=0.9)
    for (shot, label, row), y in zip(layout.numbers, tops, strict=True):
        if row is not None:
            colour = INK if shot.repeat_of is None else FAINT_INK
            axes.annotate(label, (shot.time_s, y), (2, 0), color=colour, fontsize=marks.NUMBER_PT, bbox=_PAPER, **aside)
    for time_s, words, left_in, row in layout.names:
        y = layout.number_rows * _FLAG_ROW_IN + ((row or 0) + 0.5) * _MOMENT_ROW_IN
        axes.plot([time_s] * 2, [0, y], color=marks.MOMENT, linewidth=1.3, linestyle=marks.DASHES)
        if row is not None:
            x, ink = window[0] + left_in * (window[1] - window[0]) / width_in, marks.MOMENT
            words_at: dict[str, Any] = {"xy": (x, y), "xytext": (3, 0), "bbox": _PAPER, "parse_math": False}
            axes.annotate(words, color=ink, fontsize=TEXT_PT, **words_at, **aside)
    left_out = sum(row is None for _, _, row in layout.numbers)
    if left_out:
        words = f"no room for {left_out} number{'s' if left_out > 1 else ''}"
        axes.annotate(words, (1.0, 0.0), (6, 6), xycoords="axes fraction", color=FAINT_INK, fontsize=TEXT_PT, **aside)


def envelope(axes: Axes, report: Report, overview: Overview | None, window: Window) -> None:
    """Minimum, maximum and RMS over time, with shots as pins, refused onsets as ticks below, and what was unheard."""
    marks.time_axis(axes, (window,))
    top = marks.draw_sound(axes, overview, window)
    axes.set_ylim(-top, top)
    marks.name_lane(axes, "sound\n(full scale 1)")
    axes.tick_params(labelbottom=overview is None)
    marks.shade_coverage(axes, report, named=True)
    marks.shade_volleys(axes, report)
    marks.draw_moments(axes, report)
    marks.draw_tones(axes, report)
    shots = _inside(report.shots, window)
    times_s, colours = [s.time_s for s in shots], _colours(shots)
    heights = [min(top * 0.95, marks.peak_at(overview, time_s)) for time_s in times_s]
    axes.vlines(times_s, heights, top, color=colours, linewidth=0.6, alpha=0.7)
    faces = [c if s.status == "shot" else "white" for s, c in zip(shots, colours, strict=True)]
    axes.scatter(times_s, heights, s=20, facecolors=faces, edgecolors=colours, zorder=5)
    refused = [r.time_s for r in report.rejected if window[0] <= r.time_s <= window[1]]
    axes.vlines(refused, -top, -top * 0.88, color=FAINT_INK, linewidth=0.8)


def spectrogram(axes: Axes, report: Report, overview: Overview, window: Window) -> None:
    """Level per band and column, bands of equal height; columns without samples stay white and hatched."""
    marks.time_axis(axes, (window,))
    columns = marks.columns_in(overview, window)
    times_s = overview.start_s + overview.column_s * np.arange(columns.start, columns.stop + 1)
    bands = np.ma.masked_less_equal(overview.bands_db[:, columns].astype(np.float32), -128)
    edges = np.arange(len(overview.edges_hz))
    if bands.count():
        loudest = float(np.percentile(bands.compressed(), 99.7))
        quietest = loudest - _SPECTROGRAM_RANGE_DB
        axes.pcolormesh(times_s, edges, bands, cmap="magma", vmin=quietest, vmax=loudest, rasterized=True)
    axes.set_ylim(0, edges[-1])
    marks.name_lane(axes, "frequency\n(Hz)")
    ticks: list[tuple[float, int]] = []
    for hz in _FREQUENCIES_HZ:
        row = float(np.interp(hz, overview.edges_hz, edges, left=-np.inf, right=-np.inf))
        if row >= (ticks[-1][0] + _TICK_BANDS if ticks else 0.0):
            ticks.append((row, hz))
    axes.set_yticks([row for row, _ in ticks], [f"{hz // 1000}k" if hz >= 1000 else str(hz) for _, hz in ticks])
    marks.shade_coverage(axes, report)
    marks.draw_moments(axes, report)
    if overview.column_s > _COARSE_S and (window[1] - window[0]) / overview.column_s < _COARSE_COLUMNS:
        words = f"drawn from the overview, one value per {summary.seconds(overview.column_s)}"
        marks.boxed(axes, (window[0] + window[1]) / 2, 0.1, words)


def whole(axes: Axes, report: Report, limits: Window, windows: Sequence[Window]) -> None:
    """The whole recording in a narrow strip, with the close-ups framed in it."""
    marks.time_axis(axes, (limits,))
    top = marks.draw_sound(axes, report.overview, limits)
    axes.set_ylim(-top, top)
    axes.set_yticks([])
    marks.name_lane(axes, "whole\nrecording")
    marks.shade_coverage(axes, report, named=True)
    marks.shade_volleys(axes, report)
    marks.draw_moments(axes, report)
    marks.draw_tones(axes, report)
    for start_s, stop_s in windows:
        axes.axvspan(start_s, stop_s, facecolor="none", edgecolor=INK, linewidth=1.2, zorder=6)


def cumulative(
    axes: Axes,
    report: Report | Incident,
    comparisons: Sequence[Comparison],
    windows: Sequence[Window],
    height_in: float,
) -> None:
    """Best estimate and interval of the count up to each moment, beside the ranges of the tallies."""
    from matplotlib.ticker import MaxNLocator

    marks.time_axis(axes, windows)
    limits = (windows[0][0], windows[-1][1])
    times_s, low, best, high = cumulated(report, limits)
    top = 1.15 * max([1.0, float(high.max()), *(float(c.tally.high + c.tally.tolerance) for c in comparisons)])
    axes.set_ylim(0, top)
    marks.shade_coverage(axes, report)
    marks.shade_volleys(axes, report)
    marks.draw_moments(axes, report)
    labels = [
        _tally_band(axes, comparison, limits, marks.TALLIES[row % len(marks.TALLIES)])
        for row, comparison in enumerate(comparisons)
    ]
    axes.fill_between(times_s, low, high, step="post", color=marks.COUNT, alpha=0.22, linewidth=0)
    axes.step(times_s, best, where="post", color=marks.COUNT, linewidth=1.8)
    cut_pauses(axes, windows)
    for volley in report.volleys:
        words = f"volley {volley.id}: {volley.count.best} ({volley.count.low}-{volley.count.high})"
        if marks.text_inches(words) < marks.inches_between(axes, volley.first_s, volley.last_s):
            marks.boxed(axes, (volley.first_s + volley.last_s) / 2, 0.94, words)
    if report.count is not None:
        count = report.count
        labels.append((float(count.best), f"heard: {count.best} ({count.low}-{count.high})", marks.COUNT))
    marks.label_edge(axes, labels, 0.17 * top / height_in)
    marks.name_lane(axes, "gunshots\nso far")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def cumulated(report: Report | Incident, window: Window) -> tuple[Float64, Float64, Float64, Float64]:
    """Times and low, best, high of the count up to each, from the start of the window to its end.

    At most 24 intervals are computed; between them the bounds follow the expected count.
    """
    once = [s for s in report.shots if s.repeat_of is None]
    rows = np.unique(np.linspace(0, len(once) - 1, min(len(once), _CUMULATIVE_POINTS)).astype(int))
    # [start, stop) leaves out a shot at `stop`: ask just after each.
    known = [_or_zero(report.count_between(None, float(np.nextafter(once[row].time_s, np.inf)))) for row in rows]
    if known:
        known[-1] = _or_zero(report.count)
    expected = np.cumsum([0.0, *(s.probability * (1 + s.extra[0] + 2 * s.extra[1]) for s in once)])
    at = expected[np.concatenate([[0], rows + 1])]
    steps = np.append(expected, expected[-1])
    low, best, high = (
        np.round(np.interp(steps, at, [0.0, *bound]))
        for bound in ([c.low for c in known], [c.best for c in known], [c.high for c in known])
    )
    return np.array([window[0], *(s.time_s for s in once), window[1]]), low, best, high


def cut_pauses(axes: Axes, windows: Sequence[Window], named: bool = True) -> None:
    """Blank each pause between two windows, and say how much is left out."""
    for (_, start_s), (stop_s, _) in itertools.pairwise(windows):
        axes.axvspan(start_s, stop_s, facecolor="white", edgecolor=FAINT_INK, linestyle=":", linewidth=1.0, zorder=3.5)
        if not named:
            continue
        middle = (start_s + stop_s) / 2
        at: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "center"}
        axes.text(middle, 0.5, f"{format_time(stop_s - start_s, 0)} left out", fontsize=TEXT_PT, zorder=4, **at)


def _or_zero(count: CountInterval | None) -> CountInterval:
    return CountInterval(0, 0, 0, 0) if count is None else count


def _tally_band(axes: Axes, comparison: Comparison, window: Window, colour: str) -> tuple[float, str, str]:
    tally = comparison.tally
    low, high = max(tally.low - tally.tolerance, 0), tally.high + tally.tolerance
    start_s, stop_s = tally.window or window
    axes.fill_between([start_s, stop_s], low, high, color=colour, alpha=0.18, linewidth=0)
    axes.hlines([low, high] if high > low else [low], start_s, stop_s, color=colour, linewidth=1.2)
    return (low + high) / 2, f"{marks.short(tally.label, 22)}: {low if low == high else f'{low}-{high}'}", colour


def _inside(shots: Sequence[Shot], window: Window) -> list[Shot]:
    return [s for s in shots if window[0] <= s.time_s <= window[1]]


def _colours(shots: Sequence[Shot]) -> list[str]:
    from matplotlib.colors import to_hex

    colours = marks.probability_colours()
    return [FAINT_INK if s.repeat_of is not None else to_hex(colours(s.probability)) for s in shots]
