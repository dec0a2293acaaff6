"""How far shares and rates of few events can be trusted: standard errors, and bounds of rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import gammaincinv


@dataclass(frozen=True)
class Rate:
    """Events per unit of exposure, with the upper 95 % bound of a Poisson rate."""

    events: int
    exposure: float
    per_unit: float
    upper: float


def standard_error(share: float, trials: int) -> float:
    """Binomial standard error of a share of `trials`; NaN without trials.

    Examples
    --------
    >>> standard_error(0.5, 25)
    0.1
    """
    return math.sqrt(share * (1 - share) / trials) if trials else math.nan


def poisson_rate(events: int, exposure: float, confidence: float = 0.95) -> Rate:
    """Events per unit of exposure with their upper bound; NaN and infinity without exposure.

    The bound is the rate at which seeing `events` or fewer has a chance of 1 - `confidence`:
    for none it is 3.0 / exposure.

    Examples
    --------
    >>> round(poisson_rate(0, 1.0).upper, 2)
    3.0
    """
    if exposure <= 0:
        return Rate(events, exposure, math.nan, math.inf)
    return Rate(events, exposure, events / exposure, float(gammaincinv(events + 1, confidence)) / exposure)
