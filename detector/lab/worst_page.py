"""A trial -> a page that shows where and why it went wrong: sound, truth, verdicts with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detector.lab import worst
from detector.lab.drawing import FAINT_INK, INK, MISSED, RIGHT, WRONG, new_figure
from detector.lab.worst import Trial, Window
from detector.records import Float32

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN, _MARGIN_IN, _WHOLE_IN, _CLOSE_IN = 15.0, 0.9, (0.35, 0.9), (0.4, 0.8, 0.95)
_WORDS_IN, _PEER_IN = 1.35, 0.13  # below a close-up: for reasons, and for each other method
_CLOSE_UPS = 3
_COLUMNS = 1500  # about one to a dot of the page
_FRAME_S = 0.005  # of the spectrogram
_RANGE_DB = 70.0
_TEXT_PT = 7.0
_LETTER_SHARE = 0.011  # of the width: words closer than this to each other would touch


@dataclass(frozen=True, eq=False)
class Heard:
    """Sound of one channel from time 0 on, and onsets of other methods by name."""

    samples: Float32
    rate_hz: int
    peers: Mapping[str, Sequence[float]]


def page(trial: Trial, heard: Heard) -> Figure:
    """The whole recording in a strip, and up to three close-ups of mistakes (needs matplotlib).

    Of a close-up: true shots above (found, missed, too faint), the sound and its spectrogram, below
    them every verdict with its probability, and in words why a refused onset was refused.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    shown = worst.windows(trial, _CLOSE_UPS)
    heights = [*_WHOLE_IN, *[*_CLOSE_IN, _WORDS_IN + _PEER_IN * len(heard.peers)] * len(shown)]
    figure = new_figure(_WIDTH_IN, _MARGIN_IN + 1.15 * sum(heights), dots_per_inch=90)
    figure.suptitle(worst.line(trial), fontsize=10, fontweight="bold", x=0.01, ha="left", color=INK)
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    whole = (0.0, max(heard.samples.size / heard.rate_hz, 0.001))
    _truth(axes[0], trial, whole, named=False)
    _sound(axes[1], heard, whole)
    for window in shown:
        axes[1].axvspan(*window, color="#ffe9b8", lw=0, zorder=0)
    for row, window in enumerate(shown):
        lanes = axes[2 + 4 * row : 6 + 4 * row]
        _truth(lanes[0], trial, window, named=True)
        _sound(lanes[1], heard, window)
        lanes[1].set_xticklabels([])
        _spectrogram(lanes[2], heard, window)
        _verdicts(lanes[3], trial, heard.peers, window)
    _legend(figure)
    return figure


def _between(times: Iterable[float], window: Window) -> list[float]:
    return [time for time in times if window[0] <= time < window[1]]


def _bare(axes: Axes, window: Window) -> None:
    axes.set_xlim(*window)
    axes.tick_params(labelsize=_TEXT_PT, length=2)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])


def _truth(axes: Axes, trial: Trial, window: Window, named: bool) -> None:
    """True shots as triangles, other sounds that the labels know as crosses with their names."""
    marks = trial.case.marks
    kinds = (
        (marks.audible & trial.found, RIGHT, RIGHT),
        (marks.audible & ~trial.found, MISSED, MISSED),
        (~marks.audible, FAINT_INK, "white"),
    )
    for rows, edge, filling in kinds:
        times = _between(marks.time_s[rows].tolist(), window)
        axes.plot(times, [1.0] * len(times), "v", color=edge, mfc=filling, ms=6 if named else 4)
    others = [(time_s, what) for time_s, what in trial.case.conditions.others if window[0] <= time_s < window[1]]
    axes.plot([time_s for time_s, _ in others], [0.0] * len(others), "x", color=FAINT_INK, ms=4)
    for time_s, what in others if named else ():
        axes.annotate(what, (time_s, 0.0), (4, -2), textcoords="offset points", fontsize=_TEXT_PT, color=FAINT_INK)
    _bare(axes, window)
    axes.set(ylim=(-0.6, 1.5), ylabel="truth")
    axes.yaxis.label.set(size=_TEXT_PT, rotation=0, ha="right", va="center")
    axes.set_xticks([])


def _sound(axes: Axes, heard: Heard, window: Window) -> None:
    """Smallest and largest sample of every column."""
    first = round(window[0] * heard.rate_hz)
    samples = heard.samples[first : round(window[1] * heard.rate_hz)]
    starts = np.unique(np.linspace(0, samples.size, _COLUMNS, endpoint=False).astype(np.int64))[: max(samples.size, 1)]
    if samples.size:
        low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
        axes.fill_between((first + starts) / heard.rate_hz, low, high, step="post", color="#5f7481", lw=0.4)
    _bare(axes, window)
    axes.set_ylim(-1.02, 1.02)


def _spectrogram(axes: Axes, heard: Heard, window: Window) -> None:
    """Power in dB below the loudest of what is shown, up to half the sample rate."""
    size = round(_FRAME_S * heard.rate_hz)
    first, last = round(window[0] * heard.rate_hz), round(window[1] * heard.rate_hz)
    samples = np.pad(heard.samples[first:last], (size // 2, max(size, last - heard.samples.size)))
    starts = np.linspace(0, last - first, _COLUMNS // 2, endpoint=False).astype(np.int64)
    frames = samples[np.minimum(starts[:, None] + np.arange(size)[None], samples.size - 1)] * np.hanning(size)
    level = 20 * np.log10(np.abs(np.fft.rfft(frames, 2 * size, axis=1)).T + 1e-9)
    top = heard.rate_hz / 2000
    axes.imshow(
        level,
        aspect="auto",
        origin="lower",
        extent=(*window, 0.0, top),
        cmap="magma",
        vmin=float(level.max()) - _RANGE_DB,
        vmax=float(level.max()),
    )
    _bare(axes, window)
    axes.set_yticks([0, top / 2, top], ["0", f"{top / 2:.0f}", f"{top:.0f} kHz"])


def _verdicts(axes: Axes, trial: Trial, peers: Mapping[str, Sequence[float]], window: Window) -> None:
    """Listed shots, possible ones and refused onsets, mistakes named first; rows of other methods below."""
    told: list[tuple[bool, float, str, str]] = []
    for shot in trial.report.shots:
        wrong = bool(np.any(np.abs(trial.false_s - shot.time_s) < 1e-9)) or shot.status == "possible"
        colour = WRONG if wrong and shot.status == "shot" else INK
        if window[0] <= shot.time_s < window[1]:
            filling = colour if shot.status == "shot" else "white"
            axes.plot(shot.time_s, 0.0, "o", color=colour, mfc=filling, ms=5, zorder=3)
            told.append((wrong, shot.time_s, f"{shot.probability:.2f} {shot.status}", colour))
    for onset in trial.report.rejected:
        if window[0] <= onset.time_s < window[1]:
            missed = bool(np.any(np.abs(trial.missed_s - onset.time_s) <= worst.TOLERANCE_S))
            colour = MISSED if missed else FAINT_INK
            axes.plot(onset.time_s, 0.0, "|", color=colour, ms=8)
            told.append((missed, onset.time_s, f"{onset.probability:.2f} {onset.reason}", colour))
    for place, words, colour in _apart(told, window):
        axes.text(place, -0.08, words, rotation=-60, fontsize=_TEXT_PT, color=colour, va="top", clip_on=True)
    for row, (name, times) in enumerate(peers.items()):
        inside, height = _between(times, window), _PEER_IN * (0.5 + row) - _WORDS_IN - _PEER_IN * (len(peers) - 1)
        axes.plot(inside, [height] * len(inside), "|", color=INK, ms=5)
        axes.text(window[0], height, f"{name} ", fontsize=6, color=FAINT_INK, va="center", ha="right")
    _bare(axes, window)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.set_ylim(-_WORDS_IN - _PEER_IN * (len(peers) - 1), _PEER_IN)  # in inches


def _apart(told: Sequence[tuple[bool, float, str, str]], window: Window) -> list[tuple[float, str, str]]:
    """Words at their times as far as there is room: mistakes before others, likelier before less likely."""
    room = _LETTER_SHARE * (window[1] - window[0])
    kept: list[tuple[float, str, str]] = []
    for _, time_s, words, colour in sorted(told, key=lambda each: (not each[0], each[2][:4] == "0.00", each[1])):
        if all(abs(time_s - other) >= room for other, _, _ in kept):
            kept.append((time_s, words, colour))
    return kept


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    kinds = (
        ("v", RIGHT, RIGHT, "true shot, found"),
        ("v", MISSED, MISSED, "true shot, missed"),
        ("v", FAINT_INK, "white", "true shot, too faint to hear"),
        ("x", FAINT_INK, FAINT_INK, "other sound that the labels know"),
        ("o", INK, INK, "called a shot"),
        ("o", WRONG, WRONG, "called a shot, and none"),
        ("o", INK, "white", "called possible"),
        ("|", FAINT_INK, FAINT_INK, "refused"),
    )
    keys = [
        Line2D([], [], marker=marker, ls="", color=edge, mfc=filling, label=words)
        for marker, edge, filling, words in kinds
    ]
    figure.legend(handles=keys, loc="outside lower left", ncols=len(keys), fontsize=8, frameon=False)
