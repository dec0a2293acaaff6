"""How the clock of one list of onsets runs beside that of another: extracted sound, a constant shift, a drift.

A label track is often made on a WAV that was extracted from the video: it has lost a late start
and every gap, and all marks lie early. Or a player ran a little fast. What is looked for here is the
simplest of such clocks under which clearly more onsets agree than as the times were given.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detector.checks import Shift
from detector.core import poisson
from detector.core.pairing import pair_times
from detector.records import AudioFacts, Bool, Float64

_SURE = 0.001  # chance of as good a fit between unrelated lists, over everything tried, below which one is believed
_SURE_OF_ONE = 0.01  # the same where the file itself says what the shift would be, and only that is tried
_CLEAR = 2.5  # standard deviations by which a shift must let more agree than any other shift does
_MOST_DRIFT_PPM = 1500.0  # sound cards differ by 100, film and video speeds (29.97 against 30) by 1,000
_MOST_MARKS = 120  # of one list, evenly chosen, from which a shift is sought; all are matched in the end
_MOST_DIFFERENCES = 20_000_000  # over all drifts tried: about two seconds
_MOST_DRIFTS = 2000  # enough for days of marks; marks that lie further apart are slips
_NARROW = 0.2  # share of the tolerance within which marks made on a waveform fit
_FITTED_PAIRS, _FITTED_SPAN_S = 6, 5.0  # fewer, or closer together, tell nothing about a drift
_LEAST_DRIFT_S = 0.005  # change over all pairs below which a drift is not worth saying


class Joins(NamedTuple):
    """Where sound that is joined end to end leaves something out: from `at_s` on its clock, `added_s` are missing."""

    at_s: Float64
    added_s: Float64


def joins(audio: AudioFacts | None) -> Joins | None:
    """What sound loses that is extracted from a recording; None where it loses nothing."""
    if audio is None:
        return None
    missing = [(start_s, stop_s - start_s) for start_s, stop_s in sorted(audio.gaps)]
    added_s = np.cumsum([audio.start_s, *(length_s for _, length_s in missing)])
    at_s = np.array([start_s for start_s, _ in missing]) - added_s[:-1]
    return Joins(np.concatenate([[-np.inf], at_s]), added_s) if np.abs(added_s).max() > 1e-3 else None


def near(one_s: Float64, other_s: Float64, tolerance_s: float) -> int:
    """How many of `other_s` have one of `one_s` at most `tolerance_s` away."""
    return int(_near(np.sort(one_s), other_s, tolerance_s).sum())


def find(
    one_s: Float64, other_s: Float64, tolerance_s: float, lost: Joins | None = None
) -> tuple[Shift, Float64] | None:
    """The shift under which `other_s` fits `one_s`, and `other_s` on the clock of `one_s`; None where none is sure.

    Notes
    -----
    A shift is believed when, one to one, it lets at least half of the shorter list agree and more
    of it than as given (or the same with half the spread), and when so many differences would lie
    so close together by chance less than once in 1,000 such searches. Chance is taken as Poisson,
    with the density of all other differences: in a rhythm, where many shifts fit, none is sure.
    A clock of extracted sound comes first where the file says what such sound loses.
    """
    if not one_s.size or not other_s.size:
        return None
    if lost is not None:
        moved_s = other_s + lost.added_s[np.searchsorted(lost.at_s, other_s, side="right") - 1]
        if _sure_of_extracted(one_s, other_s, moved_s, tolerance_s) and _better(one_s, other_s, moved_s, tolerance_s):
            return Shift(float(np.median(moved_s - other_s)), 0.0, extracted=True), moved_s
    found = _sought(one_s, other_s, tolerance_s)
    if found is None or not _better(one_s, other_s, found[1], tolerance_s):
        return None
    return found


def _near(ordered_s: Float64, other_s: Float64, tolerance_s: float) -> Bool:
    after = np.searchsorted(ordered_s, other_s - tolerance_s, side="left")
    return np.asarray(after < np.searchsorted(ordered_s, other_s + tolerance_s, side="right"))


def _better(one_s: Float64, other_s: Float64, moved_s: Float64, tolerance_s: float) -> bool:
    """Do enough agree after the move, and clearly more than before or clearly closer?"""
    before, after = (_paired(one_s, each, tolerance_s) for each in (other_s, moved_s))
    fewer = min(one_s.size, other_s.size)
    more = after.size - before.size >= max(1, 0.05 * fewer)
    closer = after.size >= max(before.size, _FITTED_PAIRS) and _spread(after) < _spread(before) / 2
    moved = float(np.abs(moved_s - other_s).max()) > _LEAST_DRIFT_S
    return moved and after.size >= fewer / 2 and (more or closer)


def _paired(one_s: Float64, other_s: Float64, tolerance_s: float) -> Float64:
    """Differences of the pairs, other minus one."""
    rows, columns = pair_times(one_s, other_s, tolerance_s)
    return np.asarray(other_s[columns] - one_s[rows])


def _spread(differences_s: Float64) -> float:
    return float(np.median(np.abs(differences_s - np.median(differences_s)))) if differences_s.size else math.inf


def _sure_of_extracted(one_s: Float64, other_s: Float64, moved_s: Float64, tolerance_s: float) -> bool:
    """One clock is tried, not many: a single mark in the right place may do."""
    span_s = max(float(np.ptp(np.concatenate([one_s, other_s, moved_s]))), 1.0)
    density = min(1.0, 2 * tolerance_s * one_s.size / span_s)
    return poisson.log_tail(near(one_s, moved_s, tolerance_s), density * moved_s.size) < math.log(_SURE_OF_ONE)


def _sought(one_s: Float64, other_s: Float64, tolerance_s: float) -> tuple[Shift, Float64] | None:
    """The shift and drift that bring the most differences together, if they are surely no chance."""
    few_s = other_s[np.unique(np.linspace(0, other_s.size - 1, min(other_s.size, _MOST_MARKS)).astype(int))]
    middle_s = float(np.median(other_s))
    drifts = _drifts(np.ptp(few_s), tolerance_s, one_s.size * few_s.size)
    tried = [
        (*_peak(one_s, few_s + drift * (few_s - middle_s), width_s), drift)
        for drift in drifts
        for width_s in (2 * tolerance_s, 2 * _NARROW * tolerance_s)
    ]
    log_chance, offset_s, drift = min(tried)
    if log_chance + math.log(len(tried)) > math.log(_SURE):
        return None
    return _fitted(one_s, other_s, (offset_s, drift), middle_s, tolerance_s)


def _drifts(span_s: float, tolerance_s: float, differences: int) -> list[float]:
    """Drifts to try, 0 among them, so close that between two no onset moves by more than the tolerance."""
    steps = math.ceil(_MOST_DRIFT_PPM * 1e-6 * span_s / 2 / tolerance_s)
    steps = min(steps, _MOST_DRIFTS, _MOST_DIFFERENCES // max(1, 2 * differences))
    return [float(drift) for drift in np.linspace(-1, 1, 2 * steps + 1) * _MOST_DRIFT_PPM * 1e-6] if steps else [0.0]


def _peak(one_s: Float64, other_s: Float64, width_s: float) -> tuple[float, float]:
    """Logarithm of the chance of the densest window of differences, one minus other, and their median."""
    differences_s = np.sort((one_s[:, None] - other_s[None]).ravel())
    counts = np.searchsorted(differences_s, differences_s + width_s, side="right") - np.arange(differences_s.size)
    best = int(np.argmax(counts))
    apart = np.abs(differences_s - differences_s[best]) > width_s
    range_s = max(float(differences_s[-1] - differences_s[0]), width_s)
    usual, second = (float(np.mean(counts[apart] - 1)), int(counts[apart].max())) if apart.any() else (0.0, 0)
    expected = max(usual, differences_s.size * width_s / range_s)
    trials = min(differences_s.size, range_s / width_s + 1)
    offset_s = float(np.median(differences_s[best : best + counts[best]]))
    if counts[best] - second < _CLEAR * math.sqrt(second):
        return 0.0, offset_s
    return poisson.log_tail(int(counts[best]) - 1, expected) + math.log(trials), offset_s


def _fitted(
    one_s: Float64, other_s: Float64, start: tuple[float, float], middle_s: float, tolerance_s: float
) -> tuple[Shift, Float64]:
    """Offset and drift by least squares over the pairs they give, three times over."""
    offset_s, drift = start
    moved_s = other_s + offset_s + drift * (other_s - middle_s)
    for _ in range(3):
        rows, columns = pair_times(one_s, moved_s, tolerance_s)
        if not rows.size:
            break
        offset_s, drift = _line(other_s[columns] - middle_s, one_s[rows] - other_s[columns])
        moved_s = other_s + offset_s + drift * (other_s - middle_s)
    return Shift(offset_s, drift * 1e6, extracted=False), moved_s


def _line(time_s: Float64, moved_s: Float64) -> tuple[float, float]:
    """Offset at time 0 and slope; the slope is 0 where it is not sure, the offset then the median."""
    flat = float(np.median(moved_s)), 0.0
    span_s = float(np.ptp(time_s))
    if time_s.size < _FITTED_PAIRS or span_s < _FITTED_SPAN_S:
        return flat
    slope, offset_s = np.polyfit(time_s, moved_s, 1)
    rest_s = moved_s - offset_s - slope * time_s
    error = float(np.std(rest_s) / (np.std(time_s) * math.sqrt(time_s.size)))
    surely = abs(slope) > 4 * error and abs(slope) * span_s > _LEAST_DRIFT_S
    return (float(offset_s), float(slope)) if surely else flat
