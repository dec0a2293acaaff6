import math

import numpy as np
import pytest

from detector.core.bounds import binomial_bounds
from detector.lab.calibration import brier, reliability, score_intervals


def test_an_interval_holds_when_it_reaches_the_range() -> None:
    score = score_intervals([4, 8, 0], [6, 9, 0], lows=[6, 5, 0], highs=[6, 7, 0])
    assert score.coverage == pytest.approx(2 / 3)
    assert (score.coverage_low, score.coverage_high) == binomial_bounds(2, 3)
    assert score.error == pytest.approx(math.sqrt(2 / 27))
    assert score.median_width == 1.0
    assert score.relative_width == pytest.approx(0.2)
    assert math.isnan(score_intervals([], [], [], []).coverage)


def test_brier() -> None:
    assert brier([1.0, 0.0, 0.5], [1, 0, 1]) == pytest.approx(0.25 / 3)
    assert math.isnan(brier([], []))


def test_reliability_of_probabilities_that_mean_what_they_say() -> None:
    rng = np.random.default_rng(5)
    said = rng.uniform(size=20_000)
    curve = reliability(said, rng.uniform(size=said.size) < said)
    assert curve.n.sum() == said.size
    assert curve.said == pytest.approx(np.linspace(0.05, 0.95, 10), abs=0.005)
    assert curve.true == pytest.approx(curve.said, abs=0.03)
    assert ((curve.low < curve.true) & (curve.true < curve.high)).all()


def test_certainty_is_in_the_last_bin_and_an_empty_bin_says_nothing() -> None:
    curve = reliability([0.0, 0.5, 1.0], [0, 0, 1], bins=4)
    assert curve.n.tolist() == [1, 0, 1, 1]
    assert curve.true.tolist()[2:] == [0.0, 1.0]
    assert math.isnan(curve.true[1])
    assert (curve.low[1], curve.high[1]) == (0.0, 1.0)
    assert reliability([], []).n.tolist() == [0] * 10
