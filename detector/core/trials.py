"""Shots that were planted and looked for -> shares found, with exact bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.core.audibility import AUDIBLE_DB
from detector.core.bounds import binomial_bounds, poisson_bounds
from detector.records import Bool, EchoMistakes, Float64, GapShare, LevelRecall, Situation

EDGES_DB = (0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 40.0)  # between bins of level; the first and the last bin are open
GAPS_S = (0.003, 0.005, 0.008, 0.012, 0.02, 0.03, 0.05, 0.08)  # between two planted shots
CONFIDENCE = 0.9
_APART_S = 0.02  # between two shots, from which on the level of the second decides whether it is found
MATCH_S = 0.010  # by which a listed time may differ from a planted one
AFTER_S = 1.0  # seconds after a planted shot in which what else is listed is a mistake

SITUATIONS: tuple[Situation, ...] = ("alone", "same gun", "other gun")


@dataclass(frozen=True)
class Trial:
    """One planting, of a shot or of two `gap_s` apart: which were listed, and how much else that was not before.

    The level of the second is that over the first.
    """

    situation: Situation
    levels_db: tuple[float, ...]
    gap_s: float | None
    found: tuple[bool, ...]
    extra: int


def outcome(planted_s: Float64, before_s: Float64, after_s: Float64) -> tuple[tuple[bool, ...], int]:
    """Which planted times were found, and how much else is listed in the second after the first of them.

    `before_s` was listed without the planted shots, `after_s` with them. Each listed time answers
    for one sound: first for those that were there before, the nearest ones first, then for the
    planted; what is left over is extra.

    >>> outcome(np.array([1.0]), np.array([0.5]), np.array([0.5, 1.002, 1.2]))
    ((True,), 1)
    """
    left = after_s[~_taken(after_s, before_s, MATCH_S)]
    match_s = MATCH_S
    if len(planted_s) > 1:
        # Half a gap: one listed time between the two would else be either.
        match_s = min(MATCH_S, max(0.002, float(np.diff(planted_s).min()) / 2))
    extra = left[~_taken(left, planted_s, match_s)]
    found = tuple(_taken(planted_s, left, match_s).tolist())
    first_s = planted_s[0] - MATCH_S
    return found, int(np.sum((extra >= first_s) & (extra <= planted_s[0] + AFTER_S)))


def _taken(times_s: Float64, others_s: Float64, within_s: float) -> Bool:
    """(n,) which of the times one of `others_s` takes, each taking one, nearest pairs first."""
    distance = np.abs(times_s[:, None] - others_s)
    taken = np.zeros(len(times_s), bool)
    while distance.size and distance.min() <= within_s:
        row, column = np.unravel_index(int(distance.argmin()), distance.shape)
        taken[row] = True
        distance[row], distance[:, column] = np.inf, np.inf
    return taken


def recall(trials: Sequence[Trial], listed_db: Mapping[Situation, Sequence[float]]) -> Iterator[LevelRecall]:
    """Rows for each situation and bin of level in which something was planted or listed.

    Of pairs the second counts, if it comes late enough to be a matter of its level alone.
    """
    for situation in SITUATIONS:
        last = [t for t in trials if t.situation == situation and (t.gap_s is None or t.gap_s >= _APART_S)]
        bins = np.digitize([t.levels_db[-1] for t in last], EDGES_DB)
        listed = np.digitize(listed_db.get(situation, ()), EDGES_DB)
        for number in range(len(EDGES_DB) + 1):
            rows = np.flatnonzero(bins == number)
            found = sum(last[row].found[-1] for row in rows)
            own = int(np.sum(listed == number))
            if len(rows) or own:
                low, high = binomial_bounds(found, len(rows), CONFIDENCE)
                from_db = EDGES_DB[number - 1] if number else None
                to_db = EDGES_DB[number] if number < len(EDGES_DB) else None
                yield LevelRecall(situation, from_db, to_db, len(rows), found, low, high, own)


def echo_mistakes(trials: Sequence[Trial]) -> Iterator[EchoMistakes]:
    """What was listed in the second after planted shots that were found, for each situation."""
    for situation in SITUATIONS:
        rows = [t for t in trials if t.situation == situation and t.gap_s is None and t.found[0]]
        if rows:
            extra = sum(t.extra for t in rows)
            low, high = poisson_bounds(extra, CONFIDENCE)
            yield EchoMistakes(situation, len(rows), extra, low / len(rows), high / len(rows))


def gaps(trials: Sequence[Trial]) -> tuple[GapShare, ...]:
    """How many of the pairs were told apart, for each gap; both shots of a pair stand out enough to be heard."""
    found = []
    for gap_s in GAPS_S:
        rows = [t for t in trials if t.gap_s == gap_s and min(t.levels_db) >= AUDIBLE_DB]
        if rows:
            apart = sum(all(t.found) for t in rows)
            found.append(GapShare(gap_s, len(rows), apart, *binomial_bounds(apart, len(rows), CONFIDENCE)))
    return tuple(found)


def apart_from_s(shares: Sequence[GapShare], share: float) -> float | None:
    """Shortest gap from which on at least such a share of the pairs is told apart; None where none is.

    Shares are made to rise with the gap first, neighbours against the order being pooled.
    """
    rising = isotonic([row.apart / row.pairs for row in shares], [row.pairs for row in shares])
    return next((row.gap_s for row, value in zip(shares, rising, strict=True) if value >= share), None)


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising values nearest to the given ones (pool adjacent violators; Ayer et al. 1955).

    >>> isotonic([0.0, 0.5, 0.25, 1.0], [1, 1, 1, 1])
    [0.0, 0.375, 0.375, 1.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, k), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, k + j)]
    return [value for value, _, count in pools for _ in range(count)]
