"""How unlikely it is that so many agree by accident."""

from __future__ import annotations

import math


def log_tail(at_least: int, expected: float) -> float:
    """Natural logarithm of the chance that a Poisson number of mean `expected` is at least so large.

    By its first term and a bound on what follows, never too small:

    >>> round(math.exp(log_tail(3, 1.0)), 4)  # 0.0803
    0.0818
    """
    if at_least <= max(expected, 0.0):
        return 0.0
    # No difference of nearly equal numbers: those are lost in rounding.
    log_first = at_least * math.log(max(expected, 1e-12)) - expected - math.lgamma(at_least + 1)
    return min(0.0, log_first - math.log1p(-expected / (at_least + 1)))
