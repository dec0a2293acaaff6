"""Probabilities and hidden overlaps -> distribution and interval of the count.

Each onset i holds 0 discharges with chance 1 - p, else 1, 2 or 3: two and three with the chances
in `extra`. Onsets of one recording are not judged independently of each other: a place or a
microphone unlike those the model learned from moves all probabilities together, and recordings
differ in how well shots and other sounds part. A shift and a slope of all log-odds, drawn once for
a recording, stand for that (see `_moved`); they are what makes the interval honest for a whole
recording. And what a recording or a volley holds is gunfire or is not: several doubtful sounds are
hammering far more often than their chances, multiplied, would have it (see `Together` and `doubts`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from detector.records import HEARD_STATES, CountInterval, Float64, Listed, Rejected, Result
from detector.settings import CountSettings

_SUREST = 0.98  # chance of an onset, where its volley is gunfire, that is not exceeded because of that
_DIRECT = 16  # counts up to which adding is done term by term; further on a transform is quicker
# Nodes in standard deviations: over the shared shift evenly spaced, since the count of many onsets is narrower than
# the gaps between Gauss and Hermite's nodes; over the shared slope those.
_SHIFTS = np.linspace(-2.7, 2.7, 25)
_SLOPES, _SLOPE_WEIGHTS = np.polynomial.hermite_e.hermegauss(3)
_WEIGHTS = np.outer(_SLOPE_WEIGHTS, np.exp(-0.5 * _SHIFTS**2)).ravel()
_WEIGHTS /= _WEIGHTS.sum()


@dataclass(frozen=True)
class Together:
    """Onsets, as rows, that may all be something else, and the chance of that; some of them, in parts, once more.

    The chance of each to be a shot is higher where that is not so: p / (1 - nothing).
    """

    rows: tuple[int, ...]
    nothing: float
    parts: tuple[Together, ...] = ()


@dataclass(frozen=True)
class Doubts:
    """Chances that a recording holds no shot at all, and that each of its volleys, by number, holds none."""

    recording: float
    volleys: Mapping[int | None, float]


NO_DOUBTS = Doubts(0.0, {})


def distribution(
    probability: ArrayLike,
    extra: ArrayLike,
    shared: CountSettings | None = None,
    together: Sequence[Together] = (),
) -> Float64:
    """Chance of every count from 0 to 3n.

    Parameters
    ----------
    probability
        (n,) chance that each onset is a shot.
    extra
        (n, 2) chances that one or two more shots hide in it, given that it is one.
    shared
        How the chances of one recording move together; they do not, without it.
    together
        Groups of onsets, none in two of them; the rest are judged apart.

    Returns
    -------
    Float64
        (3n + 1,), sums to 1; n = 0 gives [1.0].

    Examples
    --------
    >>> distribution([0.5, 0.5], [[0, 0], [0, 0]]).round(3).tolist()[:3]
    [0.25, 0.5, 0.25]
    """
    p = np.clip(np.asarray(probability, np.float64).reshape(-1), 0.0, 1.0)  # a copy, changed below
    hidden = np.asarray(extra, np.float64).reshape(-1, 2)
    for group in together:
        _given(p, group)
    if shared is None:
        return np.asarray(_mixed(p[None], hidden[None], range(len(p)), together)[0])
    return np.asarray(_WEIGHTS @ _mixed(*_moved(p, hidden, shared), range(len(p)), together))


def _moved(p: Float64, extra: Float64, shared: CountSettings) -> tuple[Float64, Float64]:
    """Chances (cases, n) and `extra` (cases, n, 2) at every node of the quadrature.

    Of log-odds l they are those of pivot + slope (l - pivot) + shift: a recording in which shots are
    easily told has a steep slope. The logarithm of the slope, and the shift, are normal.
    """
    slope = shared.slope * np.exp(shared.slope_spread * _SLOPES[:, None, None])
    shift = shared.spread * _SHIFTS[:, None]
    with np.errstate(divide="ignore"):
        odds = np.log(p) - np.log1p(-p)
    moved = (slope * (odds - shared.pivot) + shared.pivot + shift).reshape(_WEIGHTS.size, len(p))
    more = np.clip(extra * np.exp(np.tile(shift, (len(_SLOPES), 1)))[..., None], 0.0, 0.5)
    return 1.0 / (1.0 + np.exp(-np.clip(moved, -700, 700))), more


def _given(p: Float64, group: Together) -> None:
    """Raise the chances of a group's onsets to what they are where it is not nothing."""
    rows = list(group.rows)
    p[rows] = np.minimum(p[rows] / max(1 - group.nothing, 1e-9), np.maximum(p[rows], _SUREST))
    for part in group.parts:
        _given(p, part)


def _mixed(p: Float64, extra: Float64, rows: Sequence[int], together: Sequence[Together]) -> Float64:
    """(cases, 3 n + 1) distributions of the sum of onsets, as rows, of which some may all be nothing."""
    apart = sorted(set(rows).difference(*(group.rows for group in together)))
    total = _independent(p[:, apart], extra[:, apart])
    for group in together:
        part = (1 - group.nothing) * _mixed(p, extra, group.rows, group.parts)
        part[:, 0] += group.nothing
        total = np.maximum(_added(total, part), 0.0)
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def _independent(p: Float64, extra: Float64) -> Float64:
    """(cases, 3 n + 1) distributions of the sum of onsets that are judged apart, for each case p (cases, n).

    Added two by two, all pairs at once: one by one an hour of onsets would take minutes.
    """
    one, two = extra[..., 0], extra[..., 1]
    counts = np.stack([1 - p, p * (1 - one - two), p * one, p * two], axis=-1)
    while counts.shape[1] != 1:
        if counts.shape[1] % 2 or counts.shape[1] == 0:
            none = np.broadcast_to(np.eye(1, counts.shape[2]), (len(p), 1, counts.shape[2]))
            counts = np.concatenate([counts, none], axis=1)
        else:
            counts = _added(counts[:, ::2], counts[:, 1::2])
    total = np.maximum(counts[:, 0, : 3 * p.shape[1] + 1], 0.0)
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def _added(one: Float64, other: Float64) -> Float64:
    """(..., j + k - 1) distributions of the sums of two counts from theirs, (..., j) and (..., k)."""
    if one.shape[-1] > other.shape[-1]:
        one, other = other, one
    length = one.shape[-1] + other.shape[-1] - 1
    if one.shape[-1] > _DIRECT:
        size = 2 * other.shape[-1]
        return np.asarray(np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)[..., :length])
    total = np.zeros((*one.shape[:-1], length))
    for count in range(one.shape[-1]):
        total[..., count : count + other.shape[-1]] += one[..., count, None] * other
    return total


def extras(more: Float64) -> Float64:
    """(n, 2) chances that just one and that two more shots hide in each shot, of whose number (n,) `more` is the mean.

    Their number is taken as Poisson; more than two are counted as two.
    """
    none, one = np.exp(-more), more * np.exp(-more)
    return np.stack([one, np.maximum(1 - none - one, 0.0)], axis=1)


def quantile(counts: Float64, chance: float) -> int:
    """The smallest count whose cumulated chance reaches `chance`."""
    return int(np.searchsorted(np.cumsum(counts), chance - 1e-12))


def interval(counts: Float64, at_least: int, confidence: float) -> CountInterval:
    """Median and central interval of a distribution of counts, `at_least` cut to the median."""
    tail = (1.0 - confidence) / 2.0
    best = quantile(counts, 0.5)
    return CountInterval(
        at_least=min(at_least, best),
        low=quantile(counts, tail),
        best=best,
        high=quantile(counts, 1.0 - tail),
        confidence=confidence,
    )


def doubts(shots: Sequence[Listed], settings: CountSettings) -> Doubts:
    """What all the listed shots of a recording leave of doubt that there was any.

    It depends on the likeliest of several alone: in recordings left out of the fit, that tells
    nearly all, whether there are two or twenty.
    """
    chances = defaultdict[int | None, list[float]](list)
    for shot in shots:
        if shot.repeat_of is None:
            chances[shot.volley].append(shot.probability)
    everything = [chance for volley in chances.values() for chance in volley]
    return Doubts(
        _nothing(everything, settings),
        {number: _nothing(volley, settings) for number, volley in chances.items() if len(volley) > 1},
    )


def _nothing(chances: Sequence[float], settings: CountSettings) -> float:
    """The chance that none of several is a shot."""
    if len(chances) < 2:
        return 0.0
    likeliest = np.clip(max(chances), 1e-4, 1 - 1e-4)
    return float(1 / (1 + np.exp(settings.nothing_slope * np.log(likeliest / (1 - likeliest)) - settings.nothing)))


def count_onsets(
    shots: Sequence[Listed], rejected: Sequence[Rejected], settings: CountSettings, doubt: Doubts
) -> CountInterval:
    """Count interval of some listed and refused onsets; shots shown a second time are left out.

    `doubt` is that about their whole recording (see `doubts`).
    """
    certain = sum(
        shot.probability >= settings.certain and doubt.volleys.get(shot.volley, 0.0) <= 1 - settings.certain
        for shot in shots
        if shot.repeat_of is None
    )
    return interval(_onset_distribution(shots, rejected, settings, doubt), certain, settings.confidence)


def _onset_distribution(
    shots: Sequence[Listed], rejected: Sequence[Rejected], settings: CountSettings, doubt: Doubts
) -> Float64:
    once = [shot for shot in shots if shot.repeat_of is None]
    probability = [shot.probability for shot in once] + [onset.probability for onset in rejected]
    extra = [shot.extra for shot in once] + [(0.0, 0.0)] * len(rejected)
    rows = defaultdict(list)
    for row, shot in enumerate(once):
        rows[shot.volley].append(row)
    nothing = doubt.recording
    volleys = [
        Together(tuple(rows[number]), max(0.0, chance - nothing) / (1 - nothing))
        for number, chance in doubt.volleys.items()
        if number in rows
    ]
    together = (Together(tuple(range(len(probability))), nothing, tuple(volleys)),)
    return distribution(probability, extra, settings, together)


def report_distribution(report: Result, start_s: float | None, stop_s: float | None) -> Float64 | None:
    """Distribution of the count in [start_s, stop_s) of a report; None when nothing there was heard.

    Shots that the file shows a second time are left out; refused onsets count with the chance
    that they were refused wrongly.
    """
    if not _heard(report, start_s, stop_s):
        return None
    settings = _settings(report)
    return _onset_distribution(*_onsets(report, start_s, stop_s), settings, doubts(report.shots, settings))


def count_report_between(report: Result, start_s: float | None, stop_s: float | None) -> CountInterval | None:
    """`CountInterval` for [start_s, stop_s) of a report; None stands for an end of the recording."""
    if not _heard(report, start_s, stop_s):
        return None
    settings = _settings(report)
    return count_onsets(*_onsets(report, start_s, stop_s), settings, doubts(report.shots, settings))


def _onsets(report: Result, start_s: float | None, stop_s: float | None) -> tuple[list[Listed], list[Rejected]]:
    return (
        [shot for shot in report.shots if _inside(shot.time_s, start_s, stop_s)],
        [onset for onset in report.rejected if _inside(onset.time_s, start_s, stop_s)],
    )


def _settings(report: Result) -> CountSettings:
    return CountSettings(**report.settings["count"])


def _inside(time_s: float, start_s: float | None, stop_s: float | None) -> bool:
    return (start_s is None or time_s >= start_s) and (stop_s is None or time_s < stop_s)


def _heard(report: Result, start_s: float | None, stop_s: float | None) -> bool:
    return any(
        c.state in HEARD_STATES and (start_s is None or c.stop_s > start_s) and (stop_s is None or c.start_s < stop_s)
        for c in report.coverage
    )
