"""How an onset stands in the steady step of automatic fire: rounds come at one interval, reflections among them do not.

A weak prior, for the judges to weigh: what follows in the step of its neighbours is likelier to be a round, and what
lies between two that are in step is likelier to be an answer of the place.
"""

from __future__ import annotations

import numpy as np

from detector.core.echoes import EDGE_S
from detector.core.features import Features
from detector.records import Float64

_STEP_S = (0.035, 0.17)  # 350 to 1,700 rounds a minute: what weapons do, and a margin
_STEPS = 4  # looked at on either side
_JITTER_S = 0.0025  # by which the next round may come early or late; half as much more for each one further
_LEVEL_DB = 6.0  # standard deviation of the levels of one gun's rounds
_LIKELY = 0.05  # chance from which a neighbour may tell the step
_BROKEN = 0.15  # what stands in place of a round below which the chain ends
_NEIGHBOURS = 12  # likeliest ones that may tell it
_BESIDE_S = 0.08  # within which another onset may be in step in this one's stead
_NAMES = ("in_step", "step_s", "in_step_after", "in_step_before", "in_step_over")


def describe(time_s: Float64, level_db: Float64, chance: Float64) -> Features:
    """Columns that tell how many likely shots lie before and after each onset at one interval.

    `in_step` adds up the chances, less the further their levels are from this one's, of the unbroken chain for which
    most speaks; `in_step_after` and `in_step_before` are its parts, and `step_s` is its interval, NaN without a likely
    neighbour. `in_step_over` is how much more it is than that of any other within 80 ms.

    Parameters
    ----------
    time_s, level_db
        (n,) strictly rising times, and energies of the attacks.
    chance
        (n,) probability of each being a shot.
    """
    table = np.zeros((len(time_s), len(_NAMES)))
    table[:, 1] = np.nan
    reach_s = _STEPS * _STEP_S[1] + _JITTER_S * _STEPS
    first, stop = np.searchsorted(time_s, [time_s - reach_s, time_s + reach_s])
    likely = np.flatnonzero(chance > _LIKELY)
    edges_s = [time_s - _STEP_S[1] - EDGE_S, time_s + _STEP_S[1] + EDGE_S]
    near = np.diff(np.searchsorted(time_s[likely], edges_s), axis=0)[0]
    for row in np.flatnonzero(near > (chance > _LIKELY)).tolist():
        around = np.arange(first[row], stop[row])
        around = around[around != row]
        weight = chance[around] * np.exp(-0.5 * ((level_db[around] - level_db[row]) / _LEVEL_DB) ** 2)
        table[row, :4] = _longest(time_s[around] - time_s[row], chance[around], weight)
    table[:, 4] = table[:, 0] - _most_beside(time_s, table[:, 0])
    return Features(_NAMES, table.astype(np.float32))


def _longest(gap_s: Float64, chance: Float64, weight: Float64) -> tuple[float, float, float, float]:
    """The first four columns of one onset from those around it."""
    distance_s = np.abs(gap_s)
    told = np.flatnonzero(
        (distance_s >= _STEP_S[0] - EDGE_S) & (distance_s <= _STEP_S[1] + EDGE_S) & (chance > _LIKELY)
    )
    if len(told) == 0:
        return 0.0, np.nan, 0.0, 0.0
    step_s = distance_s[told[np.argsort(-chance[told], kind="stable")[:_NEIGHBOURS]]]
    steps = np.rint(gap_s[:, None] / step_s).astype(np.int64)
    off_s = np.abs(gap_s[:, None] - steps * step_s)
    fits = (np.abs(steps) <= _STEPS) & (off_s <= _JITTER_S * (1 + 0.5 * (np.abs(steps) - 1)) + EDGE_S) & (steps != 0)
    other, which = np.nonzero(fits)
    in_place = np.zeros((2 * _STEPS + 1, len(step_s)))
    np.maximum.at(in_place, (_STEPS + steps[other, which], which), weight[other])
    after, before = _unbroken(in_place[_STEPS + 1 :]), _unbroken(in_place[:_STEPS][::-1])
    best = int(np.argmax(after + before))
    return float(after[best] + before[best]), float(step_s[best]), float(after[best]), float(before[best])


def _unbroken(in_place: Float64) -> Float64:
    """(intervals,) sums of what stands in place of the next rounds (steps, intervals), up to the first missing one."""
    return np.asarray((in_place * np.cumprod(in_place >= _BROKEN, axis=0)).sum(axis=0))


def _most_beside(time_s: Float64, figure: Float64) -> Float64:
    """(n,) the largest figure (at least 0) of any other onset within reach."""
    most = np.zeros(len(time_s))
    for apart in range(1, len(time_s)):
        close = np.flatnonzero(time_s[apart:] - time_s[:-apart] <= _BESIDE_S + EDGE_S)
        if len(close) == 0:
            break
        most[close] = np.maximum(most[close], figure[close + apart])
        most[close + apart] = np.maximum(most[close + apart], figure[close])
    return most
