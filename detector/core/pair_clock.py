"""Lags of single sounds between two recordings -> lag and drift of their clocks, with honest errors.

A sound that comes from nearer to one camera has another lag than one from nearer to the other:
lags scatter by up to the distance between the cameras over the speed of sound, and gather where
the sources are. Clocks that drift slide all these gatherings alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.records import Float64
from detector.settings import AlignmentSettings

_ENDS = (0.1, 0.9)  # of the lags: what lies beyond may be echoes
_NARROW_S = 0.0005  # by which lags of one source may differ
_STATED = 1.25  # times half their range that the clocks are stated to be off: nine tenths of composed cameras are
_MEASURING_S = 0.001  # error of a lag however sharp
_LEAST = 12  # lags that tell of a drift
_MOST = 80  # lags among which a drift is sought, evenly chosen
_TOP = 0.7  # of the gathering at the best drift: other drifts that gather so much are possible too
_SPEED_M_S = 340.0


@dataclass(frozen=True)
class PairClock:
    """Lag at a time of the first recording, the range of eight tenths of the lags, drift of the second; 90 % errors."""

    lag_s: float
    at_s: float
    earliest_s: float
    latest_s: float
    error_s: float
    drift: float | None
    drift_error: float


def fitted(time_s: Float64, lag_s: Float64, settings: AlignmentSettings) -> PairClock:
    """The clock of a pair from the lags (n,) of sounds at `time_s` of the first recording; at least one.

    Notes
    -----
    The lag is the middle of the range of eight tenths of the lags, not their mean: sources beside either
    camera have lags that are off by as much, one to either side, however many shots each fires.

    The drift is the one by which most pairs of lags come within half a millisecond of each other;
    with several sources each gathers about a lag of its own. It is determined where drifts that gather
    nearly as much, and 0.3 m by which a wearer may have moved meanwhile, leave less than `sure_ppm`
    open. Someone who walks scatters his lags, and his drift stays undetermined.
    """
    at_s = float(np.mean(time_s))
    drift, drift_error = _drift(time_s, lag_s, settings)
    level = lag_s - (drift or 0.0) * (time_s - at_s)
    earliest_s, latest_s = (float(x) for x in np.quantile(level, _ENDS))
    error_s = _STATED * (latest_s - earliest_s) / 2 + _MEASURING_S
    return PairClock((earliest_s + latest_s) / 2, at_s, earliest_s, latest_s, error_s, drift, drift_error)


def _drift(time_s: Float64, lag_s: Float64, settings: AlignmentSettings) -> tuple[float | None, float]:
    """Drift and its 90 % error; None where it is not determined, its error then all that clocks may have."""
    unknown = None, 1e-6 * settings.most_ppm
    span_s = float(np.ptp(time_s)) if time_s.size else 0.0
    moved = settings.moved_m / _SPEED_M_S / max(span_s, 1e-9)
    sure = 1e-6 * settings.sure_ppm
    if time_s.size < _LEAST or moved > sure:
        return unknown
    few = np.unique(np.linspace(0, time_s.size - 1, min(time_s.size, _MOST)).astype(int))
    first, second = np.triu_indices(few.size, 1)
    apart_s, differing_s = time_s[few][second] - time_s[few][first], lag_s[few][second] - lag_s[few][first]
    # Beyond the drifts that are believed, others are tried to see whether the best one stands out.
    reach = 3e-6 * settings.most_ppm
    drifts = np.linspace(-reach, reach, 2 * int(np.ceil(2 * reach * span_s / _NARROW_S)) + 1)
    gathered = np.array([np.exp(-(((differing_s - d * apart_s) / _NARROW_S) ** 2)).sum() for d in drifts])
    best = int(gathered.argmax())
    usual = float(np.median(gathered))
    possible = drifts[gathered >= usual + _TOP * (gathered[best] - usual)]
    beyond = abs(drifts[best]) > 2e-6 * settings.most_ppm
    if beyond or np.ptp(possible) / 2 > sure:
        return unknown
    near = np.abs(differing_s - drifts[best] * apart_s) < 3 * _NARROW_S
    drift = float(np.sum(apart_s[near] * differing_s[near]) / np.sum(apart_s[near] ** 2))
    left_s = differing_s[near] - drift * apart_s[near]
    # Pairs of n lags tell as much as n lags do.
    noise = float(np.std(left_s) / np.std(time_s) / np.sqrt(2 * few.size))
    error = float(np.sqrt((1.64 * noise) ** 2 + moved**2))
    return (drift, error) if error <= sure else unknown
