from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from detector.core.features import Features
from detector.core.probability import from_bytes, to_bytes
from detector.lab import fit
from detector.lab.metrics import Marks


def rows(seed: int, n: int = 400, weight: float = 1.0) -> fit.Rows:
    """Candidates whose first column decides, the second is noise and the third is missing half of the time."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 3)).astype(np.float32)
    label = (values[:, 0] > 0.5).astype(np.int64)
    values[rng.random(n) < 0.5, 2] = np.nan
    return fit.Rows(Features(("first", "second", "third"), values), label, weight)


def test_the_nearest_candidate_of_an_audible_shot_is_the_shot_and_its_neighbours_are_left_out() -> None:
    time_s = np.array([1.000, 1.003, 1.030, 2.000, 3.000])
    marks = Marks.of([1.001, 3.002], [True, False])
    assert fit.labels(time_s, marks).tolist() == [1, -1, 0, 0, -1]


def test_two_shots_take_two_candidates() -> None:
    assert fit.labels(np.array([1.000, 1.006]), Marks.of([1.002, 1.004])).tolist() == [1, 1]


def test_no_candidates_have_no_labels() -> None:
    assert fit.labels(np.empty(0), Marks.of([1.0])).tolist() == []


def test_calibration_finds_the_line_that_made_the_labels() -> None:
    rng = np.random.default_rng(3)
    margin = rng.normal(0, 3, 20_000)
    label = (rng.random(20_000) < 1 / (1 + np.exp(-(0.6 * margin - 0.8)))).astype(np.int64)
    scale, offset = fit.calibrate(margin, label)
    assert (scale, offset) == pytest.approx((0.6, -0.8), abs=0.06)


def test_a_fitted_ensemble_tells_what_it_was_taught_also_where_figures_are_missing() -> None:
    trees = fit.fit_joint([rows(1), rows(2)])
    fresh = rows(3)
    right = (trees.margin(fresh.features.values) > 0) == (fresh.label == 1)
    assert right.mean() > 0.97


def test_the_same_lessons_give_the_same_model_and_it_survives_its_file() -> None:
    one, two = (dataclasses.replace(fit.fit_local([rows(1), rows(2)]), version="1") for _ in range(2))
    assert to_bytes(one) == to_bytes(two)
    values = rows(4).features.values
    assert np.array_equal(from_bytes(to_bytes(one)).local.margin(values), one.local.margin(values))


def test_rows_that_weigh_more_decide_where_lessons_disagree() -> None:
    told = rows(1)
    contrary = fit.Rows(told.features, 1 - told.label, 0.1)
    trees = fit.fit_joint([told, contrary])
    assert (((trees.margin(told.features.values) > 0) == (told.label == 1)).mean()) > 0.9
