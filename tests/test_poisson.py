"""The tail of a Poisson number beside the sum of its terms."""

from __future__ import annotations

import math

import pytest

from detector.core.poisson import log_tail


def summed(at_least: int, expected: float) -> float:
    """Every term from `at_least` on, as far as they count."""
    terms = range(at_least, at_least + 400)
    return math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in terms)


@pytest.mark.parametrize("expected", [0.003, 0.4, 1.0, 6.5, 30.0])
@pytest.mark.parametrize("more", [1, 2, 7, 40])
def test_the_tail_is_that_of_all_terms_or_a_little_more(expected: float, more: int) -> None:
    at_least = math.ceil(expected) + more
    exact = math.log(summed(at_least, expected))
    assert exact - 1e-9 <= log_tail(at_least, expected) <= min(0.0, exact + 1.0)


@pytest.mark.parametrize(("at_least", "expected"), [(0, 0.0), (0, 2.0), (3, 3.0), (3, 8.0)])
def test_as_many_as_expected_are_no_surprise(at_least: int, expected: float) -> None:
    assert log_tail(at_least, expected) == 0.0


def test_one_where_none_is_expected_is_a_great_one() -> None:
    assert log_tail(2, 0.0) < 2 * log_tail(1, 1e-6) < -25
