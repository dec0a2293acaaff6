"""How far shares and rates of few events can be trusted: exact bounds, summed term by term, without scipy."""

from __future__ import annotations

import math
from collections.abc import Callable

_HALVINGS = 60  # of an interval: more than the digits of a float


def binomial_bounds(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided bounds of a share (Clopper and Pearson 1934); (0, 1) without trials.

    Examples
    --------
    >>> low, high = binomial_bounds(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.555, 0.997)
    """
    tail = (1 - confidence) / 2
    low = _root(lambda share: _at_most(successes - 1, trials, share), 1 - tail) if successes else 0.0
    high = _root(lambda share: _at_most(successes, trials, share), tail) if successes < trials else 1.0
    return low, high


def poisson_bounds(events: int, confidence: float = 0.9) -> tuple[float, float]:
    """Exact two-sided bounds of the mean number of events (Garwood 1936).

    Each side leaves out half of what the confidence leaves: the upper bound of 0.9 is that of 95 %
    one-sided, 3.0 for no event.

    Examples
    --------
    >>> low, high = poisson_bounds(0)
    >>> low, round(high, 2)
    (0.0, 3.0)
    """
    tail = (1 - confidence) / 2
    most = 10.0 + 3 * events  # far above the bounds for any confidence in use
    low = most * _root(lambda share: _so_few(events - 1, share * most), 1 - tail) if events else 0.0
    return low, most * _root(lambda share: _so_few(events, share * most), tail)


def _so_few(events: int, mean: float) -> float:
    """Chance of at most so many events."""
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1))


def _at_most(successes: int, trials: int, share: float) -> float:
    """Chance of at most so many successes, for a share between 0 and 1."""
    choose = math.lgamma(trials + 1)
    logs = (
        choose
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(share)
        + (trials - k) * math.log1p(-share)
        for k in range(successes + 1)
    )
    return math.fsum(math.exp(log) for log in logs)


def _root(falling: Callable[[float], float], value: float) -> float:
    """Where a falling function on 0..1 passes a value."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > value else (low, middle)
    return (low + high) / 2
