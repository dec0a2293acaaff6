"""Marks that several lanes of the picture share: colours, shades, moments, time ticks and labels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.errors import DetectorError
from detector.records import HEARD_STATES, Float64, Incident, Overview, Report, State
from detector.times import format_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

Window = tuple[float, float]

# Okabe and Ito's colours, told apart with every kind of colour vision.
INK, FAINT_INK = "#222222", "#8a8a8a"
SOUND, LOUD_SOUND = "#a9b8c2", "#5f7481"
MOMENT, COUNT, TONE = "#b3400b", "#0072b2", "#a3217a"
VOLLEY, OVERLOADED, UNHEARD, HATCH = "#e3f1fa", "#fbe0ab", "#f1f1f1", "#b5b5b5"
TALLIES = ("#009e73", "#cc79a7", "#d55e00", "#7d5fb2", "#7a6a00")

DASHES = (0, (4, 2))
DOTS_PER_INCH = 100
NUMBER_PT, TEXT_PT = 7.5, 9.0
# The mean letter of the default font is narrower: text is rather thought too wide than too narrow.
_EM_PER_LETTER = 0.62
_POINTS_PER_INCH = 72

STATE_WORDS: dict[State, str] = {
    "no_audio": "no sound",
    "muted": "muted",
    "masked": "tone",
    "damaged": "damaged",
    "not_analysed": "not analysed",
}
_TICK_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_TICKS = 14
_PAUSE_WIDTH = 0.05  # share of the time shown that a cut-out pause takes


@contextmanager
def new_figure() -> Iterator[Figure]:
    """An empty figure to be sized and drawn on, in matplotlib's own style whatever the user's is (needs matplotlib).

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    try:
        from matplotlib import style
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DetectorError("no picture without matplotlib: pip install 'gunshot-tally[plot]'") from error
    with style.context("default"):
        figure = Figure(dpi=DOTS_PER_INCH, facecolor="white")
        FigureCanvasAgg(figure)
        yield figure


def probability_colours() -> Colormap:
    """Colours from yellow-green (hardly a shot) to dark violet (surely one), legible on white."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(0.88, 0.0, 128)))


def text_inches(text: str, points: float = TEXT_PT) -> float:
    """Width of a line of text in inches, rather over than under."""
    return len(text) * points * _EM_PER_LETTER / _POINTS_PER_INCH


def drawable(text: str, letters: int) -> str:
    """`text` in at most `letters` letters of the default font, the middle left out where it is longer."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    plain = "".join(letter if ord(letter) in known else "?" for letter in text)
    if len(plain) <= letters:
        return plain
    half = (letters - 3) // 2
    return f"{plain[: letters - 3 - half]}...{plain[len(plain) - half :]}"


def time_axis(axes: Axes, shown: Sequence[Window]) -> None:
    """Time from the first window to the last, the pauses between them cut out, with ticks written M:SS."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    length_s = sum(stop - start for start, stop in shown)
    if len(shown) > 1:
        known, drawn = without_pauses(shown)
        axes.set_xscale(
            "function", functions=(lambda time_s: np.interp(time_s, known, drawn), lambda x: np.interp(x, drawn, known))
        )
    axes.set_xlim(shown[0][0], shown[-1][1])
    wanted_s = length_s / _MOST_TICKS
    step_s = next((step for step in _TICK_STEPS_S if step >= wanted_s), _TICK_STEPS_S[-1])
    decimals = 0 if step_s >= 1 else 1 if step_s >= 0.1 else 2
    ticks = [step_s * n for start, stop in shown for n in range(-int(-start // step_s), int(stop // step_s) + 1)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: format_time(time_s, decimals)))
    axes.tick_params(labelsize=TEXT_PT - 1)


def without_pauses(shown: Sequence[Window]) -> tuple[Float64, Float64]:
    """Ends of the windows as times, and where they lie when each pause between two takes a twentieth of the rest."""
    length_s = sum(stop - start for start, stop in shown)
    known = np.array([time_s for window in shown for time_s in window])
    steps_s = np.diff(known)
    steps_s[1::2] = _PAUSE_WIDTH * length_s
    return known, np.concatenate([[0.0], np.cumsum(steps_s)])


def name_lane(axes: Axes, words: str) -> None:
    """The name of a lane to its left, at the same distance in all lanes."""
    axes.set_ylabel(words, fontsize=TEXT_PT)
    axes.yaxis.set_label_coords(-0.042, 0.5)


def inches_between(axes: Axes, start_s: float, stop_s: float) -> float:
    """Width of a stretch of time on the page."""
    left, right = axes.transData.transform([(start_s, 0.0), (stop_s, 0.0)])[:, 0]
    return float(right - left) / DOTS_PER_INCH


def draw_sound(axes: Axes, overview: Overview | None, window: Window) -> float:
    """Draw minimum, maximum and RMS; returns the amplitude that the axes should reach."""
    if overview is None:
        return 1.0
    columns = columns_in(overview, window)
    if columns.start == columns.stop:  # of another camera's time
        return 1e-4
    edges_s = overview.start_s + overview.column_s * np.arange(columns.start, columns.stop + 1)
    low, high, rms = (values[columns] for values in (overview.minimum, overview.maximum, overview.rms))
    for below, above, colour in ((low, high, SOUND), (-rms, rms, LOUD_SOUND)):
        axes.stairs(above, edges_s, baseline=below, fill=True, color=colour)
    peaks = np.abs(np.concatenate([low, high]))
    return max(float(np.max(peaks, initial=0.0, where=np.isfinite(peaks))) * 1.15, 1e-4)


def columns_in(overview: Overview, window: Window) -> slice:
    """The columns of an overview that touch a window."""
    first = int(np.floor((window[0] - overview.start_s) / overview.column_s))
    last = int(np.ceil((window[1] - overview.start_s) / overview.column_s))
    count = len(overview.maximum)
    return slice(min(max(first, 0), count), min(max(last, 0), count))


def peak_at(overview: Overview | None, time_s: float) -> float:
    """Largest amplitude in the column of a time and the next one; 0 where there is no sound."""
    if overview is None:
        return 0.0
    column = int((time_s - overview.start_s) // overview.column_s)
    peaks = overview.maximum[max(column, 0) : max(column + 2, 0)]
    return float(np.max(peaks, initial=0.0, where=np.isfinite(peaks)))


def shade_coverage(axes: Axes, report: Report | Incident, named: bool = False) -> None:
    """Hatch unheard time, named where the words fit, and tint overloaded time, within the limits of the axes."""
    window = axes.get_xlim()
    for stretch in report.coverage:
        start_s, stop_s = max(stretch.start_s, window[0]), min(stretch.stop_s, window[1])
        if start_s >= stop_s or stretch.state == "heard":
            continue
        if stretch.state in HEARD_STATES:
            axes.axvspan(start_s, stop_s, color=OVERLOADED, linewidth=0, zorder=0.5)
            continue
        axes.axvspan(start_s, stop_s, facecolor=UNHEARD, edgecolor=HATCH, hatch="////", linewidth=0, zorder=1.5)
        words = STATE_WORDS[stretch.state]
        if named and text_inches(words) < inches_between(axes, start_s, stop_s):
            boxed(axes, (start_s + stop_s) / 2, 0.5, words)


def boxed(axes: Axes, time_s: float, height: float, words: str) -> None:
    """Words on white, centred on a time, at a height between 0 and 1 of the axes."""
    at: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "center"}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0}
    axes.text(time_s, height, words, fontsize=TEXT_PT, color=INK, bbox=box, zorder=4, **at)


def shade_volleys(axes: Axes, report: Report | Incident) -> None:
    """Shade each volley from its first to its last shot."""
    for volley in report.volleys:
        axes.axvspan(volley.first_s, volley.last_s, color=VOLLEY, linewidth=0, zorder=0.4)


def draw_moments(axes: Axes, report: Report | Incident) -> None:
    """A dashed line at each moment that the user named."""
    for moment in report.moments:
        axes.axvline(moment.time_s, color=MOMENT, linewidth=1.3, linestyle=DASHES, zorder=3)


def draw_tones(axes: Axes, report: Report) -> None:
    """A small triangle at the bottom for each tone that a device made."""
    window = axes.get_xlim()
    times_s = [tone.start_s for tone in report.device_tones if window[0] <= tone.start_s <= window[1]]
    at: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "zorder": 4, "linewidths": 0}
    axes.scatter(times_s, [0.045] * len(times_s), s=26, marker="^", color=TONE, **at)


def short(words: str, letters: int) -> str:
    """The first words of a text, as many as fit into `letters`."""
    return drawable(textwrap.shorten(words, letters, placeholder=" ..."), letters)


def keep_apart(wanted: Sequence[float], distance: float) -> list[float]:
    """Positions near the wanted ones, in the same order of height, at least `distance` apart.

    >>> keep_apart([1.0, 1.0, 9.0], 2.0)
    [0.0, 2.0, 9.0]
    """
    order = np.argsort(wanted, kind="stable")
    steps = distance * np.arange(len(order))
    slack = np.asarray(wanted, float)[order] - steps
    # Pushed up in one pass and down in another; both keep the distance, and so does their mean.
    up, down = np.maximum.accumulate(slack), np.minimum.accumulate(slack[::-1])[::-1]
    placed = np.empty(len(order))
    placed[order] = (up + down) / 2 + steps
    return [float(y) for y in placed]


def label_edge(axes: Axes, labels: Iterable[tuple[float, str, str]], distance: float) -> None:
    """Texts (height, words, colour) to the right of the axes, at least `distance` apart in data units."""
    named = list(labels)
    for (wanted, words, colour), y in zip(named, keep_apart([at for at, _, _ in named], distance), strict=True):
        axes.annotate(
            words,
            xy=(1.0, wanted),
            xytext=(1.012, y),
            xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(),
            fontsize=TEXT_PT,
            color=colour,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
            parse_math=False,
        )
