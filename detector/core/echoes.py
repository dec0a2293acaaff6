"""Which candidates the sound of earlier shots explains, and how each stands among its neighbours.

A place answers every shot from one spot with the same pattern. Two things follow. The tail: shots
of the same stretch show how far below the blast the sound has fallen after a given delay, and a
candidate that does not rise above this needs no shot of its own. And the repetition: a reflection
comes at the same delay after other shots too; a new shot does not.

No dead time is involved: a candidate a few milliseconds after a shot can be a shot.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from detector.core.features import AFTER, Features
from detector.records import Float32, Float64, Int64
from detector.settings import EchoSettings

# Gaps in seconds that divide the neighbours of a candidate, before and after it.
GAPS_S = (0.0, 0.005, 0.015, 0.05, 0.15, 0.5, 2.0)
EDGE_S = 1e-7  # samples lie on a grid: what is just as far apart as may be is so on any clock
# Middles of the windows in which the fall after an onset is known.
_MIDDLE_S = (np.asarray(AFTER[:-1]) / 1000 + np.asarray(AFTER[1:]) / 1000) / 2
_LOG_MIDDLE = np.log(_MIDDLE_S)


@dataclass(frozen=True, eq=False)
class Echoes:
    """What earlier shots explain, one row a candidate.

    Attributes
    ----------
    source_row
        (n,), row of the earlier candidate whose tail is strongest here; -1 without one.
    excess_db
        (n,), attack above the tail predicted from all earlier shots; NaN without one.
    neighbours
        Columns that describe the candidate among its neighbours, for the joint decision.
    """

    source_row: Int64
    excess_db: Float64
    neighbours: Features

    def take(self, rows: Int64, place: Int64) -> Echoes:
        """The given rows; `place` (n,) says in which row of these each row is now."""
        source = self.source_row[rows]
        source = np.where(source >= 0, place[source], -1)
        return Echoes(source, self.excess_db[rows], self.neighbours.take(rows))


def explain(
    time_s: Float64, level_db: Float64, features: Features, pattern: Float32, chance: Float64, settings: EchoSettings
) -> Echoes:
    """Explain candidates by those before them.

    Parameters
    ----------
    time_s
        (n,) strictly rising times.
    level_db
        (n,) energy of the attacks (see `features.attack_db`).
    features
        Columns of the same rows (see `features.describe`).
    pattern
        (n, columns) the place's answer after each (see `features.patterns`).
    chance
        (n,) first, local probability of each being a shot; those above `anchor_chance` are taken
        as shots whose tails and echoes are looked for.
    """
    n = len(time_s)
    shape = _shape(features)
    decay = _decay(features)
    anchors = np.flatnonzero(chance > settings.anchor_chance)
    first, stop = np.searchsorted(time_s[anchors], [time_s - settings.reach_s, time_s + settings.reach_s])
    source = np.full(n, -1)
    excess, repeats, likeness, nearest, alike, alike_most = (np.full(n, np.nan) for _ in range(6))
    for row in np.flatnonzero(stop > first).tolist():
        near = anchors[first[row] : stop[row]]
        near = near[near != row]
        if len(near) == 0:
            continue
        unlike = np.add.reduce(np.abs(shape[near] - shape[row]), axis=1) / np.float32(shape.shape[1])
        likeness[row], nearest[row] = _median(unlike), unlike.min()
        correlation = pattern[near] @ pattern[row]
        alike[row], alike_most[row] = _median(correlation), correlation.max()
        gap = time_s[row] - time_s[near]
        earlier = near[(gap > settings.nearest_s) & (gap < settings.tail_s)]
        if len(earlier) == 0:
            continue
        tail = level_db[earlier] + _fall(time_s[row] - time_s[earlier], _median(decay[near]), settings)
        source[row] = earlier[int(tail.argmax())]
        excess[row] = level_db[row] - 10 * np.log10((10 ** (tail / 10)).sum())
        repeats[row] = _repeated(time_s, level_db, row, earlier[-settings.sources :], near, settings)
    neighbours = _crowd(time_s, chance) | _adjacent(time_s, level_db, shape, anchors)
    neighbours |= {
        "unlike_median_db": likeness,
        "unlike_least_db": nearest,
        "alike_median": alike,
        "alike_most": alike_most,
        "tail_excess_db": excess,
        "repeats": repeats,
    }
    table = np.stack(list(neighbours.values()), axis=1).astype(np.float32)
    return Echoes(source, excess, Features(tuple(neighbours), table))


def _median(values: Float32) -> Float32:
    """Median along the first axis: what `np.median` gives, at a tenth of its cost for a few values."""
    ranked = np.sort(values, axis=0)
    return np.asarray((ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2)


def _shape(features: Features) -> Float32:
    """(n, columns) of the attack's balance and decay, cut to a range in which differences mean something."""
    chosen = [i for i, name in enumerate(features.names) if name.startswith(("after_", "balance_"))]
    return np.clip(np.nan_to_num(features.values[:, chosen], nan=-60.0), -60, 30)


def _decay(features: Features) -> Float32:
    """(n, windows) of the fall of the low band after each candidate, in dB re its attack."""
    chosen = [features.names.index(f"after_{edge}_low_db") for edge in AFTER[:-1]]
    return features.values[:, chosen]


def _fall(delay_s: Float64, decay_db: Float32, settings: EchoSettings) -> Float64:
    """Tail in dB re the attack at each delay, read off the windows, going on at a steady rate behind them."""
    beyond = np.maximum(0.0, delay_s - _MIDDLE_S[-1])
    return np.asarray(np.interp(np.log(delay_s), _LOG_MIDDLE, decay_db) - settings.late_fall_db_s * beyond)


def _repeated(
    time_s: Float64, level_db: Float64, row: int, sources: Int64, near: Int64, settings: EchoSettings
) -> float:
    """Share of the other anchors that show a candidate as strong, relatively, at the delay of `row` after a source.

    That of the source for which most do.
    """
    expected_s = time_s[near] + time_s[row] - time_s[sources][:, None]
    first = np.searchsorted(time_s, expected_s - settings.match_s - EDGE_S)
    stop = np.searchsorted(time_s, expected_s + settings.match_s + EDGE_S)
    stop[near == sources[:, None]] = 0
    drop = level_db[row] - level_db[sources][:, None]
    hit = np.zeros(expected_s.shape, bool)
    for step in range(int((stop - first).max())):
        one = np.minimum(first + step, len(time_s) - 1)
        hit |= (first + step < stop) & (np.abs(level_db[one] - level_db[near] - drop) < settings.match_db)
    return float(hit.sum(axis=1).max() / len(near))


def _crowd(time_s: Float64, chance: Float64) -> dict[str, Float64]:
    """Expected number of shots in ranges of time before and after each row, the row itself left out."""
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    total = np.concatenate([[0.0], np.cumsum(chance)])
    columns = {"local_odds": np.log(clipped / (1 - clipped))}
    row = np.arange(len(time_s))
    for near, far in itertools.pairwise(GAPS_S):
        first = np.searchsorted(time_s, time_s - far, "left")
        stop = np.minimum(np.searchsorted(time_s, time_s - near, "left"), row)
        columns[f"shots_before_{far:g}_s"] = total[stop] - total[np.minimum(first, stop)]
        first = np.maximum(np.searchsorted(time_s, time_s + near, "right"), row + 1)
        stop = np.searchsorted(time_s, time_s + far, "right")
        columns[f"shots_after_{far:g}_s"] = total[np.maximum(stop, first)] - total[first]
    around = np.searchsorted(time_s, time_s + 10.0), np.searchsorted(time_s, time_s - 10.0)
    columns["shots_around_10_s"] = total[around[0]] - total[around[1]]
    return columns


def _adjacent(time_s: Float64, level_db: Float64, shape: Float32, anchors: Int64) -> dict[str, Float64]:
    """Gap, level difference and unlikeness to the last anchor before and the first after each row."""
    columns = {}
    rows = np.arange(len(time_s))
    for side, place in (
        ("last", np.searchsorted(anchors, rows, "left") - 1),
        ("next", np.searchsorted(anchors, rows, "right")),
    ):
        known = (place >= 0) & (place < len(anchors))
        other = anchors[np.clip(place, 0, max(0, len(anchors) - 1))] if len(anchors) else np.zeros(len(rows), int)
        columns[f"{side}_gap_s"] = np.where(known, np.abs(time_s - time_s[other]), 9.0)
        columns[f"{side}_over_db"] = np.where(known, level_db - level_db[other], np.nan)
        columns[f"{side}_unlike_db"] = np.where(known, np.abs(shape - shape[other]).mean(axis=1), np.nan)
    return columns
