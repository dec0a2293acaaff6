"""Trees walked one by one, models there and back, probabilities."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.features import Features, describe
from detector.core.hearing import join, judged, listen
from detector.core.level import measure
from detector.core.onsets import find
from detector.core.probability import (
    MISSING,
    Gate,
    Judge,
    Trees,
    from_bytes,
    log_odds,
    logistic,
    published_model,
    to_bytes,
)
from detector.records import Float32
from detector.settings import ProbabilitySettings, Settings
from tests.soundscape import rattle, simple_model, stretch_of

NAMES = ("a", "b", "c")
EVERYTHING = Settings(probability=ProbabilitySettings(kept=0.0))


def grown(seed: int, trees: int = 7, depth: int = 4) -> Trees:
    """Random trees of uneven depth over three columns, thresholds at values that rows have."""
    rng = np.random.default_rng(seed)
    column: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []

    def grow(level: int) -> int:
        node = len(column)
        column.append(int(rng.integers(3)))
        threshold.append(float(rng.integers(-3, 4)))
        left.append(node)
        right.append(node)
        value.append(float(rng.normal()))
        if level < depth and rng.random() < 0.75:
            left[node], right[node] = grow(level + 1), grow(level + 1)
        return node

    roots = [grow(0) for _ in range(trees)]
    whole = [np.array(each, np.int32) for each in (column, left, right, roots)]
    return Trees(NAMES, whole[0], np.array(threshold), whole[1], whole[2], np.array(value), whole[3], depth)


def walked(trees: Trees, row: Float32, first: int = 0, stop: int | None = None) -> float:
    """Loop twin: from each root to a leaf, adding up what the leaves hold."""
    total = 0.0
    for root in trees.roots[first:stop]:
        node = int(root)
        while trees.left[node] != node:
            value = row[trees.column[node]]
            value = MISSING if np.isnan(value) else value
            node = int(trees.left[node] if value <= trees.threshold[node] else trees.right[node])
        total += float(trees.value[node])
    return total


rows = st.lists(
    st.lists(st.one_of(st.integers(-4, 4).map(float), st.just(float("nan"))), min_size=3, max_size=3), max_size=12
).map(lambda table: np.array(table, np.float32).reshape(-1, 3))


@given(st.integers(0, 50), rows, st.integers(0, 7), st.integers(0, 7))
def test_margin_is_a_walk_through_every_tree(seed: int, table: Float32, first: int, stop: int) -> None:
    trees = grown(seed)
    expected = [walked(trees, row, first, stop) for row in table]
    np.testing.assert_allclose(trees.margin(table, first, stop), expected, atol=1e-12)
    parts = trees.margin(table, stop=3) + trees.margin(table, first=3)
    np.testing.assert_allclose(trees.margin(table), parts, atol=1e-12)


@pytest.mark.parametrize("trees", [1, 300])
def test_the_margin_of_a_row_does_not_depend_on_the_others(trees: int) -> None:
    ensemble = grown(3, trees=trees)
    table = np.random.default_rng(1).integers(-4, 4, (500, 3)).astype(np.float32)
    alone = np.concatenate([ensemble.margin(row[None]) for row in table])
    np.testing.assert_array_equal(ensemble.margin(table), alone)
    np.testing.assert_array_equal(ensemble.margin(table[100:300]), alone[100:300])


def test_columns_in_another_order_or_of_another_fit_are_refused() -> None:
    other = Features(("b", "a", "c"), np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="fitted to other columns"):
        Gate(grown(1), 2, 0.0).chance(other)
    with pytest.raises(ValueError, match="fitted to other columns"):
        Judge(grown(1)).chance(other)
    with pytest.raises(ValueError, match="fitted to other columns"):
        dataclasses.replace(simple_model(), hidden=grown(1)).more(other)


def test_what_is_missing_lies_below_every_threshold() -> None:
    node = np.arange(3, dtype=np.int32)
    left, right = np.array([1, 1, 2], np.int32), np.array([2, 1, 2], np.int32)
    one = Trees(("a",), 0 * node, np.array([-150.0, 0, 0]), left, right, np.array([0.0, 1.0, -1.0]), node[:1], 1)
    assert one.margin(np.array([[np.nan], [-160.0], [-140.0], [150.0]], np.float32)).tolist() == [1, 1, -1, -1]


@pytest.mark.parametrize("early_margin", [-100.0, 0.0, 100.0])
def test_candidates_below_the_early_margin_have_no_chance_and_others_that_of_all_trees(early_margin: float) -> None:
    gate = Gate(grown(5), early_trees=2, early_margin=early_margin)
    table = np.random.default_rng(2).integers(-4, 4, (200, 3)).astype(np.float32)
    chance = gate.chance(Features(NAMES, table))
    early = np.array([walked(gate.trees, row, 0, 2) for row in table])
    odds = np.array([walked(gate.trees, row) for row in table])
    np.testing.assert_allclose(chance, np.where(early > early_margin, 1 / (1 + np.exp(-odds)), 0.0), atol=1e-12)


def test_judgement_is_the_calibrated_margin() -> None:
    for judge in (published_model().joint, published_model().last):
        names = judge.trees.names
        table = np.random.default_rng(3).normal(-5, 10, (40, len(names))).astype(np.float32)
        chance = judge.chance(Features(names, table))
        odds = judge.scale * np.array([walked(judge.trees, row) for row in table]) + judge.offset
        np.testing.assert_allclose(chance, 1 / (1 + np.exp(-odds)), atol=1e-9)


def test_a_model_comes_back_from_its_bytes_and_gives_the_same_bytes() -> None:
    for model in (simple_model(), published_model()):
        data = to_bytes(model)
        back = from_bytes(data)
        assert to_bytes(back) == data
        for read, written in (
            (back, model),
            (back.gate, model.gate),
            (back.joint, model.joint),
            (back.last, model.last),
        ):
            assert _plain(read) == _plain(written)
    trees = published_model().joint.trees
    table = np.random.default_rng(3).normal(-5, 10, (40, len(trees.names))).astype(np.float32)
    np.testing.assert_array_equal(back.joint.trees.margin(table), trees.margin(table))


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_nothing_in_a_model_is_executed(tmp_path: Path) -> None:
    stream = BytesIO()
    np.savez(stream, numbers=np.array([_Trap(tmp_path / "executed")], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        from_bytes(stream.getvalue())
    assert list(tmp_path.iterdir()) == []


def _plain(one: object) -> dict[str, object]:
    """The fields of a dataclass that compare by value."""
    assert dataclasses.is_dataclass(one)
    values = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    return {name: value for name, value in values.items() if not dataclasses.is_dataclass(value)}


def test_the_published_model_knows_the_columns_of_this_version() -> None:
    stretch = stretch_of(rattle(3.0))
    level = measure(stretch)
    described = describe(level, find(level, Settings().onsets), Settings().onsets)
    chance = published_model().gate.chance(described)
    assert len(chance) == len(described.values)
    assert np.all((chance >= 0) & (chance <= 1))
    onsets = join([listen(stretch, published_model(), EVERYTHING)])
    assert onsets is not None
    chance = judged(onsets, published_model(), EVERYTHING).chance
    assert len(chance) == len(onsets) > 20
    assert np.all((chance > 0) & (chance < 1))


@given(st.lists(st.floats(1e-4, 1 - 1e-4), max_size=5))
def test_log_odds_are_those_of_the_chance(chance: list[float]) -> None:
    np.testing.assert_allclose(logistic(log_odds(np.array(chance))), chance, rtol=1e-9)


def test_no_judge_is_believed_to_be_sure() -> None:
    assert log_odds(np.array([0.0, 1e-4, 0.5, 1 - 1e-4, 1.0])) == pytest.approx(
        [-9.21024, -9.21024, 0, 9.21024, 9.21024]
    )
    assert logistic(np.array([-1e6, 0.0, 1e6])).tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_the_published_model_says_what_it_rests_on() -> None:
    basis = published_model().basis
    assert basis["real_body_camera"] is False
    lowest, highest = basis["sample_rates_hz"]
    assert 0 < lowest < highest
