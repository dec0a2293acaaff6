"""Pairs of recordings -> which of them belong together, and one clock for those.

Pairs are trusted in the order of how little they can be an accident. What a pair says must then
agree with what the trusted ones say of its two recordings by way of others: around every loop the
lags add up to nothing. A pair that does not is dropped; the strongest never gives way to a weaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.records import AlignedPair, Float64

_LEAST_ERROR_S = 0.0005  # that every pair is taken to have at least, so that none outweighs all others


@dataclass(frozen=True, eq=False)
class Clocks:
    """Offsets at anchors, drifts (NaN where not determined) and 90 % errors, (n,) each, against one recording's clock.

    All NaN for recordings that no pair joins to it.
    """

    offset_s: Float64
    anchor_s: Float64
    error_s: Float64
    drift_ppm: Float64
    drift_error_ppm: Float64


def together(
    count: int, pairs: Sequence[AlignedPair], spread_s: float
) -> tuple[list[list[int]], list[tuple[AlignedPair, float]]]:
    """Groups of recordings that belong together, the largest first, and the pairs that contradict, with by how many s.

    `spread_s` is by how much a loop may fail to close. Of groups of one size the one with the stronger
    pair comes first. A recording without a pair is a group of one.
    """
    group = list(range(count))
    at_s = [0.0] * count  # what to add to a recording's time for that of its group
    wrong: list[tuple[AlignedPair, float]] = []
    strongest = [1.0] * count
    for pair in sorted(pairs, key=_trust):
        mine, theirs = group[pair.one], group[pair.other]
        apart_s = at_s[pair.one] - at_s[pair.other] - (pair.lag_s or 0.0)
        if mine != theirs:
            for row in [row for row in range(count) if group[row] == theirs]:
                group[row], at_s[row] = mine, at_s[row] + apart_s
            strongest[mine] = min(strongest[mine], strongest[theirs], pair.chance)
        elif abs(apart_s) > spread_s:
            wrong.append((pair, apart_s))
    members = {number: [row for row in range(count) if group[row] == number] for number in set(group)}
    order = sorted(members, key=lambda number: (-len(members[number]), strongest[number], members[number][0]))
    return [members[number] for number in order], wrong


def solve(count: int, pairs: Sequence[AlignedPair], reference: int, most_ppm: float) -> Clocks:
    """The clocks that fit the pairs best, each weighed by its error: first the drifts, then with those the offsets.

    A recording's errors are those of its pair with the reference, or of its best pair where there is none: pairs of one
    recording share its sound and its places, so that more of them prove little more.
    """
    reached = _reached(reference, pairs)
    pairs = [pair for pair in pairs if pair.one in reached]
    drift, drift_error = _drifts(count, pairs, reference, reached, most_ppm)
    anchor_s, offset_s, error_s = (np.full(count, np.nan) for _ in range(3))
    for row in reached:
        own = [pair for pair in pairs if row in (pair.one, pair.other)]
        anchor_s[row] = np.mean([_at(pair, row) for pair in own]) if own else 0.0
        direct = [pair.error_s for pair in own if reference in (pair.one, pair.other)]
        error_s[row] = min(direct or [pair.error_s for pair in own]) if row != reference else 0.0
    # No column for recordings that are not reached: even empty ones would change the last bits of the others.
    column = {row: k for k, row in enumerate(reached)}
    matrix, right = np.zeros((len(pairs) + 1, len(reached))), np.zeros(len(pairs) + 1)
    for k, pair in enumerate(pairs):
        weight = 1 / max(pair.error_s, _LEAST_ERROR_S)
        matrix[k, column[pair.one]], matrix[k, column[pair.other]] = weight, -weight
        # Both clocks must tell one time of the incident at the moment of the pair.
        one, other = (
            1e-6 * np.nan_to_num(drift[row]) * (_at(pair, row) - anchor_s[row]) for row in (pair.one, pair.other)
        )
        right[k] = weight * ((pair.lag_s or 0.0) + one - other)
    matrix[-1, column[reference]] = 1 / _LEAST_ERROR_S
    solution = np.linalg.lstsq(matrix, right, rcond=None)[0]
    offset_s[reached] = solution - solution[column[reference]]
    return Clocks(offset_s, anchor_s, error_s, drift, drift_error)


def _trust(pair: AlignedPair) -> tuple[float, int, int]:
    return pair.chance, pair.one, pair.other


def _at(pair: AlignedPair, row: int) -> float:
    """The moment of the pair on the clock of one of its recordings."""
    return pair.at_s if row == pair.one else pair.at_s + (pair.lag_s or 0.0)


def _reached(reference: int, pairs: Sequence[AlignedPair]) -> list[int]:
    reached = {reference}
    while (
        more := {row for pair in pairs for row in (pair.one, pair.other) if {pair.one, pair.other} & reached} - reached
    ):
        reached |= more
    return sorted(reached)


def _drifts(
    count: int, pairs: Sequence[AlignedPair], reference: int, reached: Sequence[int], most_ppm: float
) -> tuple[Float64, Float64]:
    """Drifts against the reference in ppm and their 90 % errors; NaN where no pairs that tell of drift lead there."""
    drift, error = np.full(count, np.nan), np.full(count, np.nan)
    error[reached] = most_ppm
    drift[reference] = error[reference] = 0.0
    telling = [pair for pair in pairs if pair.drift_ppm is not None]
    others = [row for row in _reached(reference, telling) if row != reference]
    telling = [pair for pair in telling if {pair.one, pair.other} & set(others)]
    if not others:
        return drift, error
    matrix, right = np.zeros((len(telling), count)), np.zeros(len(telling))
    for k, pair in enumerate(telling):
        weight = 1 / max(pair.drift_error_ppm or 0.0, 1e-3)
        matrix[k, pair.other], matrix[k, pair.one] = weight, -weight
        right[k] = weight * (pair.drift_ppm or 0.0)
    drift[others] = np.linalg.lstsq(matrix[:, others], right, rcond=None)[0]
    for row in others:
        error[row] = min(pair.drift_error_ppm or 0.0 for pair in telling if row in (pair.one, pair.other))
    return drift, error
