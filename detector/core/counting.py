"""Probabilities and hidden overlaps -> distribution and interval of the count.

Each onset i holds 0 discharges with chance 1 - p, else 1, 2 or 3: two and three with the chances
in `extra`. Onsets of one recording are not judged independently of each other: a place or a
microphone unlike those the model learned from moves all probabilities together. A shared shift of
all log-odds, normal with standard deviation `spread`, stands for that; it is what makes the
interval honest for a whole recording.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from detector.records import HEARD_STATES, CountInterval, Float64, Rejected, Report, Shot
from detector.settings import CountSettings

_DIRECT = 16  # counts up to which adding is done term by term; further on a transform is quicker
# Nodes and weights of 9-point Gauss-Hermite quadrature: integrates the shared shift exactly for
# polynomials to degree 17, far below the error of `spread` itself.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def distribution(probability: ArrayLike, extra: ArrayLike, spread: float = 0.0) -> Float64:
    """Chance of every count from 0 to 3n.

    Parameters
    ----------
    probability
        (n,) chance that each onset is a shot.
    extra
        (n, 2) chances that one or two more shots hide in it, given that it is one.
    spread
        Standard deviation of the shift that all log-odds share.

    Returns
    -------
    Float64
        (3n + 1,), sums to 1; n = 0 gives [1.0].

    Examples
    --------
    >>> distribution([0.5, 0.5], [[0, 0], [0, 0]]).round(3).tolist()[:3]
    [0.25, 0.5, 0.25]
    """
    p = np.clip(np.asarray(probability, np.float64).reshape(-1), 0.0, 1.0)
    hidden = np.asarray(extra, np.float64).reshape(-1, 2)
    if spread <= 0:
        return np.asarray(_independent(p[None], hidden[None])[0])
    with np.errstate(divide="ignore"):
        odds = np.log(p) - np.log1p(-p)
    shifted = 1.0 / (1.0 + np.exp(-np.clip(odds + spread * _NODES[:, None], -700, 700)))
    more = np.clip(hidden * np.exp(spread * _NODES[:, None, None]), 0.0, 0.5)
    return np.asarray(_WEIGHTS @ _independent(shifted, more))


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
    """(..., 2 k - 1) distributions of the sums of two counts from theirs (..., k)."""
    length = one.shape[-1]
    if length > _DIRECT:
        spectrum = np.fft.rfft(one, 2 * length) * np.fft.rfft(other, 2 * length)
        return np.asarray(np.fft.irfft(spectrum, 2 * length)[..., :-1])
    total = np.zeros((*one.shape[:-1], 2 * length - 1))
    for count in range(length):
        total[..., count : count + length] += one[..., count, None] * other
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


def count_onsets(shots: Sequence[Shot], rejected: Sequence[Rejected], settings: CountSettings) -> CountInterval:
    """Count interval of some listed and refused onsets; shots shown a second time are left out."""
    certain = sum(shot.probability >= settings.certain for shot in shots if shot.repeat_of is None)
    return interval(_onset_distribution(shots, rejected, settings), certain, settings.confidence)


def _onset_distribution(shots: Sequence[Shot], rejected: Sequence[Rejected], settings: CountSettings) -> Float64:
    once = [shot for shot in shots if shot.repeat_of is None]
    probability = [shot.probability for shot in once] + [onset.probability for onset in rejected]
    extra = [shot.extra for shot in once] + [(0.0, 0.0)] * len(rejected)
    return distribution(probability, extra, settings.spread)


def report_distribution(report: Report, start_s: float | None, stop_s: float | None) -> Float64 | None:
    """Distribution of the count in [start_s, stop_s) of a report; None when nothing there was heard.

    Shots that the file shows a second time are left out; refused onsets count with the chance
    that they were refused wrongly.
    """
    if not _heard(report, start_s, stop_s):
        return None
    return _onset_distribution(*_onsets(report, start_s, stop_s), _settings(report))


def count_report_between(report: Report, start_s: float | None, stop_s: float | None) -> CountInterval | None:
    """`CountInterval` for [start_s, stop_s) of a report; None stands for an end of the recording."""
    if not _heard(report, start_s, stop_s):
        return None
    return count_onsets(*_onsets(report, start_s, stop_s), _settings(report))


def _onsets(report: Report, start_s: float | None, stop_s: float | None) -> tuple[list[Shot], list[Rejected]]:
    return (
        [shot for shot in report.shots if _inside(shot.time_s, start_s, stop_s)],
        [onset for onset in report.rejected if _inside(onset.time_s, start_s, stop_s)],
    )


def _settings(report: Report) -> CountSettings:
    return CountSettings(**report.settings["count"])


def _inside(time_s: float, start_s: float | None, stop_s: float | None) -> bool:
    return (start_s is None or time_s >= start_s) and (stop_s is None or time_s < stop_s)


def _heard(report: Report, start_s: float | None, stop_s: float | None) -> bool:
    return any(
        c.state in HEARD_STATES and (start_s is None or c.stop_s > start_s) and (stop_s is None or c.start_s < stop_s)
        for c in report.coverage
    )
