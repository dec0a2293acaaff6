"""Two recordings -> the lags at which they may be of one incident, each with the chance that this is an accident.

Where a recording is louder or quieter than just before and after, in three bands, is compared with
the other at every lag, and the onsets that both list are counted that lie so far apart. How well
unrelated sound would fit is taken from the same two recordings at all other lags.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.core import poisson
from detector.core.listening import STEP_S, Listening
from detector.records import Float32, Float64
from detector.settings import AlignmentSettings

Complex64 = NDArray[np.complex64]

_LEAST_PEAKS = 20  # of the likeness over all lags, without which nothing is known of accidents
_TAIL_SHARE = 0.2  # of the peaks, the highest, that tell how fast accidents get rarer
_WITHIN_S = 0.1  # around a lag in which the onsets may agree: sources lie in several directions
_CLEAR_S = 0.3  # around a lag that says nothing about accidents
_AROUND_S = 3.0  # either side in which onsets tell how many agree by accident
_WIDTHS_S = (0.003, 0.01, 0.03)  # over which the lags of onsets may be spread: one gun, several, walking wearers
_CROWDED = 0.3  # onsets of the shorter list a second, each, that agree by accident at least: hails of shots do
_SECOND = round(1 / STEP_S)  # rows
_MOST_AN_EVENT = 1.5  # decades: one place answers two shots of one gun alike, so that one event proves little
_WORTH = 1.0  # decades that a gathering must count for
_TELLING = 3  # onsets that agree, from which they tell the lag
_BY_LIKENESS, _BY_ONSETS = 6, 3  # lags looked into


@dataclass(frozen=True, eq=False)
class Shape:
    """A listening made ready for comparison: `change` (bands, rows) is its level in dB over that around it."""

    listening: Listening
    change: Float32
    blurred: Float32

    @property
    def first(self) -> int:
        """Row of the shared grid at which it begins."""
        return self.listening.envelope.first

    @cached_property
    def heard(self) -> Float32:
        """(1, rows), 1 where heard."""
        return self.listening.envelope.heard[None].astype(np.float32)


@dataclass(frozen=True, order=True)
class Lag:
    """How much later, by its clock, `other` shows what `one` shows at `at_s`.

    `log_chance` is the decimal logarithm of the chance that two unrelated recordings like these
    agree as well at any lag; `onsets` how many listed onsets agree.
    """

    log_chance: float
    lag_s: float
    at_s: float
    onsets: int


def shape(listening: Listening, settings: AlignmentSettings) -> Shape:
    """The level less its mean within `around_s` on either side, limited to `limit_db` so that no bang outweighs all."""
    heard = listening.envelope.heard
    reach = max(1, round(settings.around_s / STEP_S))
    level_db = np.where(heard, listening.envelope.level_db.T.astype(np.float32), np.float32(0))
    known = np.maximum(_sums(heard.astype(np.float64), reach), 1)
    change = np.where(heard, level_db - _sums(level_db, reach) / known, 0).astype(np.float32)
    change = np.clip(change, -np.float32(settings.limit_db), np.float32(settings.limit_db))
    blur = max(1, round(settings.blur_s / STEP_S / 2))
    return Shape(listening, change, (_sums(change, blur) / (2 * blur + 1)).astype(np.float32))


def lags(one: Shape, other: Shape, settings: AlignmentSettings) -> list[Lag]:
    """The lags worth believing or doubting, the least accidental first; none where too little was heard.

    Notes
    -----
    For each of the busiest stretches of `one` the likeness at a lag is

    `sum(a * b) / sqrt(sum(a**2 * b**2))`

    over bands and rows, `a` of the stretch and `b` of `other` (blurred). The root is what the sum would
    be worth by accident: it keeps one loud event in each from looking like agreement, since one
    product alone gives 1. Peaks of the likeness at all other lags are accidents; above their
    upper fifth they get rarer exponentially (peaks over threshold, Pickands 1975), which gives the
    chance of one so high. The number of onsets that agree within a few milliseconds is set against
    a Poisson number with the mean found within 3 s of the lag. The chance is the product of both and of the
    number of lags and stretches tried. They are not independent, so it is a score with the
    scale of a chance: what it lets pass is measured, see docs/ALIGNMENT.md.
    """
    if other.change.shape[1] < one.change.shape[1]:  # of the shorter one less is passed over
        back = lags(other, one, settings)
        return [Lag(lag.log_chance, -lag.lag_s, lag.at_s + lag.lag_s, lag.onsets) for lag in back]
    stretches = _busiest(one, settings)
    size = _fast_length(max((rows.stop - rows.start for rows in stretches), default=0) + other.change.shape[1])
    theirs = _transformed(other.blurred, other.heard, size)
    found = [lag for rows in stretches for lag in _of_stretch(one, rows, other, theirs, settings)]
    tried = math.log10(max(1, len(stretches)))
    return sorted(Lag(min(0.0, lag.log_chance + tried), lag.lag_s, lag.at_s, lag.onsets) for lag in found)


def _sums(values: Float32 | Float64, reach: int) -> Float64:
    """Sum of the rows k - reach to k + reach, along the last axis; what lies beyond the ends counts as zero."""
    # In double precision, over values of a few dB: running sums lose nothing here.
    edges = [(0, 0)] * (values.ndim - 1) + [(reach + 1, reach)]
    running = np.cumsum(np.pad(values, edges), axis=-1, dtype=np.float64)
    return np.asarray(running[..., 2 * reach + 1 :] - running[..., : -2 * reach - 1])


def _busiest(shape: Shape, settings: AlignmentSettings) -> list[slice]:
    """The stretches in which most happens, shots before all else, in time order."""
    length, rows = round(settings.stretch_s / STEP_S), shape.change.shape[1]
    count = max(1, round(rows / length))
    edges = np.linspace(0, rows, count + 1).astype(int)
    at = shape.listening.onset_s / STEP_S - shape.first
    onsets = np.histogram(at, edges, weights=shape.listening.onset_chance)[0]
    power = np.add.reduceat((shape.change**2).sum(axis=0), edges[:-1]) if rows else np.zeros(1)
    order = sorted(range(count), key=lambda k: (-round(float(onsets[k]), 6), -round(float(power[k]), 3), k))
    return [slice(int(edges[k]), int(edges[k + 1])) for k in sorted(order[: settings.stretches]) if power[k] > 0]


def _of_stretch(
    one: Shape, rows: slice, other: Shape, theirs: _Transformed, settings: AlignmentSettings
) -> Iterator[Lag]:
    mine = _transformed(one.change[:, rows], one.heard[:, rows], theirs.size)
    before = rows.stop - rows.start - 1
    likeness = _likeness(mine, theirs, settings.overlap_s / STEP_S)
    likeness = np.concatenate([likeness[theirs.size - before :], likeness[: other.change.shape[1]]])
    first = other.first - (one.first + rows.start) - before
    peaks = np.flatnonzero((likeness[1:-1] > likeness[:-2]) & (likeness[1:-1] >= likeness[2:])) + 1
    peaks = peaks[likeness[peaks] > 0]
    if peaks.size < _LEAST_PEAKS:
        return
    lag_s, height = (first + peaks) * np.float64(STEP_S), likeness[peaks].astype(np.float64)
    start_s, stop_s = ((one.first + row) * STEP_S for row in (rows.start, rows.stop))
    mine_s, theirs_s = one.listening.onset_s, other.listening.onset_s
    mine_s = mine_s[(mine_s >= start_s) & (mine_s < stop_s)]
    middle_s = float(np.median(mine_s)) if mine_s.size else (start_s + stop_s) / 2
    for row in _worth(lag_s, height, mine_s, theirs_s):
        far = np.abs(lag_s - lag_s[row]) > _CLEAR_S
        by_onsets, onsets, sharper_s = _onset_chance(mine_s, theirs_s, float(lag_s[row]))
        by_level = _peak_chance(height[far], float(height[row]))
        most = -_MOST_AN_EVENT * _events(one, rows, other, int(first + peaks[row]))
        chance = math.log10(peaks.size) + max(by_level, most) + by_onsets
        yield Lag(chance, sharper_s, middle_s, onsets)


def _events(one: Shape, rows: slice, other: Shape, lag: int) -> float:
    """How many seconds of sound, taken as equal, the likeness at a lag of so many rows rests on.

    Loop twin, with `c` the products of each second: `max(0, sum(c)) ** 2 / sum(c**2)`.
    """
    shift = lag + one.first - other.first
    start, stop = max(rows.start, -shift), min(rows.stop, other.change.shape[1] - shift)
    products = (one.change[:, start:stop] * other.blurred[:, start + shift : stop + shift]).sum(axis=0)
    seconds = np.add.reduceat(products, np.arange(0, products.size, _SECOND), dtype=np.float64)
    return float(max(0.0, seconds.sum()) ** 2 / max(np.sum(seconds**2), 1e-9))


@dataclass(frozen=True, eq=False)
class _Transformed:
    """Spectra of changes of level, of their squares and of what was heard, over `size` rows."""

    size: int
    changes: Complex64
    squares: Complex64
    heard: Complex64


def _transformed(changes: Float32, heard: Float32, size: int) -> _Transformed:
    # Only scaled forward does numpy stay in single precision.
    spectra = (np.fft.rfft(values, size, norm="forward") for values in (changes, changes**2, heard))
    return _Transformed(size, *(np.asarray(spectrum, np.complex64) for spectrum in spectra))


def _likeness(one: _Transformed, other: _Transformed, least_rows: float) -> Float32:
    """(size,) likeness at every lag in rows, negative ones at the end; 0 where both heard less than `least_rows`."""
    agreed = _correlation(one.changes, other.changes, one.size)
    by_accident = _correlation(one.squares, other.squares, one.size)
    enough = _correlation(one.heard, other.heard, one.size) >= least_rows
    least = max(1e-6, 1e-6 * float(by_accident.max(initial=0)))
    return np.where(enough, agreed / np.sqrt(np.maximum(by_accident, least)), 0).astype(np.float32)


def _correlation(a: Complex64, b: Complex64, size: int) -> Float32:
    """(size,) sum over bands and rows of a[k] * b[k + lag], negative lags at the end."""
    return np.asarray(np.fft.irfft((a.conj() * b).sum(axis=0), size, norm="forward") * size, np.float32)


def _fast_length(least: int) -> int:
    """The next length whose transform is quick: 2, 3 or 5 times a power of two."""
    exponent = max(0, (least - 1).bit_length() - 3)
    return min(n << exponent for n in (5, 6, 8, 10, 12, 16) if n << exponent >= least)


def _worth(lag_s: Float64, height: Float64, mine_s: Float64, theirs_s: Float64) -> list[int]:
    """Peaks to look into: the highest, and those at which most onsets agree."""
    chosen: list[int] = []
    for row in np.argsort(-height, kind="stable").tolist():
        if all(abs(lag_s[row] - lag_s[other]) > _WITHIN_S for other in chosen):
            chosen.append(row)
        if len(chosen) == _BY_LIKENESS:
            break
    for at_s in _common(mine_s, theirs_s):
        near = np.flatnonzero(np.abs(lag_s - at_s) < _WITHIN_S)
        if near.size:
            chosen.append(int(near[height[near].argmax()]))
    return sorted(set(chosen))


def _common(mine_s: Float64, theirs_s: Float64) -> list[float]:
    """The lags at which most onsets lie."""
    apart_s = np.sort((theirs_s[None] - mine_s[:, None]).ravel())
    width_s = _WIDTHS_S[1]
    count = np.searchsorted(apart_s, apart_s + width_s, side="right") - np.arange(apart_s.size)
    found: list[float] = []
    while len(found) < _BY_ONSETS and count.max(initial=0) > 1:
        best = int(count.argmax())
        found.append(float(apart_s[best]) + width_s / 2)
        count[np.abs(apart_s - apart_s[best]) <= _WITHIN_S] = 0
    return found


def _peak_chance(others: Float64, height: float) -> float:
    """Decimal logarithm of the chance that an accidental peak is so high."""
    if others.size < _LEAST_PEAKS / 2:
        return 0.0
    usual = float(np.quantile(others, 1 - _TAIL_SHARE))
    if height <= usual:
        return math.log10((1 + float(np.sum(others >= height))) / (1 + others.size))
    scale = max(float(np.mean(others[others > usual] - usual)), 1e-6) if np.any(others > usual) else 1e-6
    return math.log10(_TAIL_SHARE) - (height - usual) / scale / math.log(10)


def _onset_chance(mine_s: Float64, theirs_s: Float64, lag_s: float) -> tuple[float, int, float]:
    """Decimal logarithm of the chance that so many onsets agree near a lag, how many do, and at which lag.

    Sources in several directions make several gatherings, each of onsets that no other has. The lag is that of the
    first; fewer than three onsets, or such as are spread over more than 10 ms, tell none better than the level does.
    """
    apart_s = theirs_s[None] - mine_s[:, None] - lag_s
    around = int(np.sum((np.abs(apart_s) > 1.5 * _WITHIN_S) & (np.abs(apart_s) < _AROUND_S)))
    near = np.where(np.abs(apart_s) <= _WITHIN_S, apart_s, np.nan)
    fewer = min(apart_s.shape)
    log_chance, onsets, sharper_s = 0.0, 0, lag_s
    while (found := _gathering(near, around, fewer)) is not None and found.log_chance <= -_WORTH:
        mine, theirs = np.nonzero((near >= found.first_s) & (near <= found.last_s))
        if not onsets and found.onsets >= _TELLING and found.last_s - found.first_s <= _WIDTHS_S[1]:
            sharper_s = lag_s + float(np.median(near[mine, theirs]))
        log_chance, onsets = log_chance + found.log_chance, onsets + found.onsets
        near[mine], near[:, theirs] = np.nan, np.nan
    return log_chance, onsets or min(1, int(np.isfinite(near).sum())), sharper_s


@dataclass(frozen=True, order=True)
class _Gathering:
    """Differences of onsets from `first_s` to `last_s`: so many onsets, by accident with this chance."""

    log_chance: float
    onsets: int
    first_s: float
    last_s: float


def _gathering(near: Float64, around: int, fewer: int) -> _Gathering | None:
    """The least accidental gathering of the differences `near` (mine, theirs), NaN where there is none."""
    ordered = np.sort(near[np.isfinite(near)])
    best: _Gathering | None = None
    for width_s in _WIDTHS_S:
        count = np.searchsorted(ordered, ordered + width_s, side="right") - np.arange(ordered.size)
        agreed = min(int(count.max(initial=0)), fewer)
        if agreed < 2:
            continue
        expected = max(around * width_s / (2 * (_AROUND_S - 1.5 * _WITHIN_S)), _CROWDED * width_s * fewer)
        trials = len(_WIDTHS_S) * 2 * _WITHIN_S / width_s
        chance = poisson.log_tail(agreed, expected) / math.log(10) + math.log10(trials)
        first = int(count.argmax())
        found = _Gathering(chance, agreed, float(ordered[first]), float(ordered[first + count[first] - 1]))
        best = found if best is None else min(best, found)
    return best
