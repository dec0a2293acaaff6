"""Labels, what is learned from, and ensembles that learn what they are taught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.core import hearing
from detector.core.arrivals import refine
from detector.core.features import Features
from detector.core.level import measure
from detector.core.patches import patches
from detector.core.probability import Gate, Model, Trees, from_bytes, logistic, to_bytes
from detector.lab import fit
from detector.lab.metrics import Marks
from detector.records import Float32
from detector.settings import ProbabilitySettings, Settings
from tests.judges import model_of
from tests.soundscape import RATE_HZ, street, stretch_of

SETTINGS = Settings()


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


def test_the_blast_of_a_shot_whose_crack_was_found_is_no_second_shot() -> None:
    shot = Marks.of([1.0], also_s=[1.02])
    assert fit.labels(np.array([0.5, 1.001, 1.0205]), shot).tolist() == [0, 1, 0]
    assert fit.labels(np.array([0.5, 1.0205]), shot).tolist() == [0, 1]


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
    one, two = (fit.fit_gate([rows(1), rows(2)]) for _ in range(2))
    data = to_bytes(_model(one))
    assert data == to_bytes(_model(two))
    features = rows(4).features
    np.testing.assert_array_equal(from_bytes(data).gate.chance(features), one.chance(features))


def _model(gate: Gate) -> Model:
    return replace(model_of(), gate=gate)


def test_the_early_gate_lets_go_most_others_and_hardly_a_shot_that_would_be_kept() -> None:
    taught = [rows(seed) for seed in range(1, 25)]
    gate = fit.fit_gate(taught)
    label = np.concatenate([each.label for each in taught])
    chance = np.concatenate([gate.chance(each.features) for each in taught])
    odds = np.concatenate([gate.trees.margin(each.features.values) for each in taught])
    shots = (label == 1) & (logistic(odds) >= ProbabilitySettings().kept)
    assert (chance[shots] == 0).sum() <= 1 + fit.LOST * shots.sum()
    assert (chance[label == 0] == 0).mean() > 0.5


def test_shots_without_a_candidate_are_hidden_in_the_nearest_shot() -> None:
    time_s, label = np.array([1.0, 1.5, 2.0, 3.0]), np.array([1, 0, 1, 1])
    marks = Marks.of([1.001, 1.52, 2.0, 2.01, 2.02, 3.0, 4.0], [True] * 6 + [False])
    assert fit.hidden(time_s, label, marks).tolist() == [0, 0, 3, 0]
    assert fit.hidden(time_s, np.zeros(4, np.int64), marks).tolist() == [0] * 4
    assert fit.hidden(time_s, label, Marks.of([])).tolist() == [0] * 4


def test_hidden_shots_are_told_by_their_mean() -> None:
    rng = np.random.default_rng(5)

    def crowd(n: int = 3000) -> fit.Rows:
        values = rng.standard_normal((n, 2)).astype(np.float32)
        more = rng.poisson(np.where(values[:, 0] > 0, 0.5, 0.05))
        return fit.Rows(Features(("first", "second"), values), np.ones(n, np.int64), 1.0, more.astype(np.int64))

    unknown = fit.Rows(crowd().features, np.ones(3000, np.int64), 1.0)
    trees = fit.fit_hidden([crowd(), unknown, crowd()])
    mean = np.exp(trees.margin(np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32)))
    assert 0.35 < mean[0] < 0.6
    assert 0.03 < mean[1] < 0.1


def test_rows_that_weigh_more_decide_where_lessons_disagree() -> None:
    told = rows(1)
    contrary = fit.Rows(told.features, 1 - told.label, 0.1)
    trees = fit.fit_joint([told, contrary])
    assert (((trees.margin(told.features.values) > 0) == (told.label == 1)).mean()) > 0.9


def gate_of(value: float) -> Gate:
    """Gives every candidate the same log-odds."""
    sound = stretch_of(street([0.5], 1.0))
    _, described = hearing.candidates(sound, measure(sound), SETTINGS)
    nowhere = np.zeros(1, np.int32)
    return Gate(
        Trees(described.names, nowhere, np.zeros(1), nowhere, nowhere, np.array([value]), nowhere, 0),
        early_trees=1,
        early_margin=-50.0,
    )


SHOTS_S = [0.5, 1.2]


@pytest.fixture(scope="module")
def sound() -> Float32:
    return street(SHOTS_S, 2.0)


def test_examples_are_the_patches_that_the_detector_sees_with_their_labels(sound: Float32) -> None:
    lesson = fit.Lesson(sound, RATE_HZ, Marks.of(SHOTS_S), weight=3.0)
    given = fit.examples(lesson, gate_of(0.0), SETTINGS)
    assert given is not None
    stretch = stretch_of(sound)
    found, _ = hearing.candidates(stretch, measure(stretch), SETTINGS)
    time_s = refine(stretch, found.hop, SETTINGS.arrivals).time_s
    rows = hearing.distinct(time_s, np.zeros(len(time_s)))
    np.testing.assert_array_equal(given.time_s, time_s[rows])
    assert given.label.tolist() == fit.labels(time_s[rows], Marks.of(SHOTS_S)).tolist()
    assert given.label.sum() == len(SHOTS_S)
    assert len(given.label) > len(SHOTS_S)
    for patch, expected in zip(given.patches, patches(measure(stretch), found, SETTINGS.onsets), strict=True):
        np.testing.assert_array_equal(patch, expected[rows].astype(np.float16))
    assert given.weight.tolist() == [3.0] * len(given.label)


def test_of_a_sound_that_holds_just_one_shot_its_loudest_candidate_is_that_shot(sound: Float32) -> None:
    alone = fit.examples(fit.Lesson(sound[:RATE_HZ], RATE_HZ, None), gate_of(0.0), SETTINGS)
    assert alone is not None
    assert set(alone.label.tolist()) >= {0, 1}
    (row,) = np.flatnonzero(alone.label == 1)
    fine = alone.patches[0][row].astype(np.float64)
    assert fine[32:36].mean() - fine[:24].mean() > 10  # it is the bang that was taken


def test_what_a_gate_lets_go_is_no_example_and_no_sound_has_none(sound: Float32) -> None:
    lesson = fit.Lesson(sound, RATE_HZ, Marks.of(SHOTS_S))
    assert fit.examples(lesson, gate_of(-20.0), SETTINGS) is None
    silent = fit.Lesson(sound[:0], RATE_HZ, Marks.of([]))
    assert fit.examples(silent, gate_of(0.0), SETTINGS) is None
    assert fit.local_rows(silent, SETTINGS) is None


def test_examples_are_joined_in_their_order(sound: Float32) -> None:
    parts = [
        fit.examples(fit.Lesson(sound, RATE_HZ, Marks.of(shots), weight), gate_of(0.0), SETTINGS)
        for shots, weight in ((SHOTS_S, 1.0), ([], 2.0))
    ]
    one, other = (part for part in parts if part is not None)
    together = fit.joined([one, other])
    assert together.label.tolist() == [*one.label.tolist(), *other.label.tolist()]
    assert together.lesson.tolist() == [0] * len(one.label) + [1] * len(other.label)
    assert together.weight.tolist() == [*one.weight.tolist(), *other.weight.tolist()]
    for patch, first, second in zip(together.patches, one.patches, other.patches, strict=True):
        np.testing.assert_array_equal(patch, np.concatenate([first, second]))
