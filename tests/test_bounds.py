import math

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from detector.core.bounds import binomial_bounds, poisson_bounds
from detector.lab.bounds import poisson_rate, standard_error


@given(st.integers(0, 40), st.integers(1, 40))
def test_binomial_bounds_are_those_of_scipy(successes: int, others: int) -> None:
    expected = scipy.stats.binomtest(successes, successes + others).proportion_ci(0.95, method="exact")
    assert binomial_bounds(successes, successes + others) == pytest.approx((expected.low, expected.high))


@given(st.integers(0, 60), st.sampled_from([0.5, 0.9, 0.99]))
def test_poisson_bounds_are_those_of_the_chi_square(events: int, confidence: float) -> None:
    low, high = poisson_bounds(events, confidence)
    assert high == pytest.approx(scipy.stats.chi2.ppf((1 + confidence) / 2, 2 * events + 2) / 2)
    assert low == pytest.approx(scipy.stats.chi2.ppf((1 - confidence) / 2, 2 * events) / 2 if events else 0.0)


def test_binomial_bounds_at_the_ends() -> None:
    assert binomial_bounds(0, 0) == (0.0, 1.0)
    assert binomial_bounds(10, 10)[1] == 1.0
    for trials in (1, 10_000):
        for successes in (0, 1, trials - 1, trials):
            expected = scipy.stats.binomtest(successes, trials).proportion_ci(0.9999, method="exact")
            assert binomial_bounds(successes, trials, 0.9999) == pytest.approx((expected.low, expected.high))


@given(st.integers(0, 200), st.floats(0.1, 50))
def test_poisson_upper_bound_leaves_a_twentieth(events: int, exposure: float) -> None:
    rate = poisson_rate(events, exposure)
    assert rate.per_unit == pytest.approx(events / exposure)
    assert scipy.stats.poisson.cdf(events, rate.upper * exposure) == pytest.approx(0.05, rel=1e-6)


def test_no_exposure_bounds_nothing() -> None:
    rate = poisson_rate(0, 0.0)
    assert math.isnan(rate.per_unit)
    assert rate.upper == math.inf


@given(st.integers(0, 30), st.integers(1, 30))
def test_the_standard_error_is_that_of_the_binomial(successes: int, others: int) -> None:
    trials = successes + others
    expected = scipy.stats.binom.std(trials, successes / trials) / trials
    assert standard_error(successes / trials, trials) == pytest.approx(expected)


def test_without_trials_there_is_no_standard_error() -> None:
    assert math.isnan(standard_error(0.5, 0))
