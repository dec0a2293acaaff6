"""The network that was trained is the one that judges, it learns what is easy, and the same examples give it again."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np
import pytest

from detector.core.network import UNIT_DB, Layer, Network
from detector.core.patches import CHANNELS, SCALES
from detector.lab import fit_network as fitting
from detector.lab.fit import Examples
from detector.lab.fit_network import fit_network
from detector.records import Int64

ROWS = 400


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    """So many steps that few examples teach enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_BATCH", 32)
        yield


def examples(seed: int, label: Int64) -> Examples:
    """Noise; where the label says so, it rises at the candidate and falls away again."""
    rng = np.random.default_rng(seed)
    patches = []
    for scale in SCALES:
        patch = rng.normal(-40, 6, (len(label), scale.windows, CHANNELS))
        patch[label == 1, scale.before : scale.before + 10] += np.linspace(25, 5, 10)[:, None]
        patches.append(patch.astype(np.float16))
    return Examples(tuple(patches), label, np.ones(len(label), np.float32))


def labels(seed: int, rows: int = ROWS) -> Int64:
    return np.random.default_rng(seed).integers(0, 2, rows)


@pytest.fixture(scope="module")
def taught() -> Network:
    return fit_network(examples(1, labels(1)))


def layers(network: Network) -> list[Layer]:
    return [layer for group in (*network.towers, network.dense) for layer in group]


def test_it_learns_an_easy_task_and_is_rightly_sure(taught: Network) -> None:
    fresh = examples(2, labels(2, 200))
    odds = taught.odds(tuple(patch.astype(np.float32) for patch in fresh.patches))
    right = (odds > 0) == (fresh.label == 1)
    assert right.mean() > 0.97
    assert np.median(np.abs(odds)) > 2


def test_what_judges_is_what_was_trained(taught: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_KEPT_OF_TOWERS", 1.0)
    monkeypatch.setattr(fitting, "_KEPT_OF_HIDDEN", 1.0)
    parameters = {
        name: [(jax.numpy.asarray(layer.weight), jax.numpy.asarray(layer.bias)) for layer in group]
        for name, group in (
            *((f"tower{number}", tower) for number, tower in enumerate(taught.towers)),
            ("dense", taught.dense),
        )
    }
    patches = tuple(patch.astype(np.float32) for patch in examples(3, labels(3, 50)).patches)
    units = [jax.numpy.asarray(patch / np.float32(UNIT_DB)) for patch in patches]
    trained = np.asarray(fitting._odds(parameters, units, jax.random.PRNGKey(0)))
    assert np.ptp(trained) > 4
    assert all(np.any(layer.bias != 0) for layer in layers(taught))
    np.testing.assert_allclose(taught.odds(patches), trained, rtol=1e-4, atol=1e-4)


def test_the_same_examples_give_the_same_network_to_the_last_bit_and_others_another(taught: Network) -> None:
    again, other = fit_network(examples(1, labels(1))), fit_network(examples(5, labels(1)))
    for one, two in zip(layers(taught), layers(again), strict=True):
        np.testing.assert_array_equal(one.weight, two.weight)
        np.testing.assert_array_equal(one.bias, two.bias)
    assert any(np.any(one.weight != two.weight) for one, two in zip(layers(taught), layers(other), strict=True))


def test_what_was_trained_is_what_a_file_keeps(taught: Network) -> None:
    for layer in layers(taught):
        for part in (layer.weight, layer.bias):
            assert part.dtype == np.float32
            np.testing.assert_array_equal(part, part.astype(np.float16))
    assert [len(tower) for tower in taught.towers] == [len(taught.towers[0])] * len(SCALES)


def test_examples_that_weigh_more_decide_where_they_disagree() -> None:
    told = examples(1, labels(1))
    contrary = Examples(told.patches, 1 - told.label, np.full(ROWS, 0.05, np.float32))
    parts = tuple(np.concatenate([patch, patch]) for patch in told.patches)
    both = Examples(parts, np.concatenate([told.label, contrary.label]), np.concatenate([told.weight, contrary.weight]))
    fresh = examples(2, labels(2, 200))
    odds = fit_network(both).odds(tuple(patch.astype(np.float32) for patch in fresh.patches))
    assert ((odds > 0) == (fresh.label == 1)).mean() > 0.95


@pytest.mark.parametrize("label", [[], [0, 0, 0], [1]])
def test_without_shots_and_other_sounds_there_is_nothing_to_tell_apart(label: list[int]) -> None:
    with pytest.raises(ValueError, match="examples of shots and of other sounds"):
        fit_network(examples(1, np.array(label, np.int64)))
