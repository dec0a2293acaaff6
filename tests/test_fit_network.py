"""The network that was trained is the one that judges, it learns what is easy, and the same examples give it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import jax
import numpy as np
import pytest

from detector.core import yamnet
from detector.core.attention import REACH_S, Attention, Group
from detector.core.network import Layer, Network
from detector.core.patches import CHANNELS, SCALES
from detector.core.probability import _named
from detector.core.yamnet import EMBEDDED
from detector.lab import fit_network as fitting
from detector.lab.fit import Examples, joined
from detector.lab.fit_network import fit_network
from detector.records import Float64, Int64
from detector.settings import ProbabilitySettings

ROWS = 400
PATTERN = 8
Judges = tuple[Network, Attention]


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    """So many steps that few examples teach enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_TRAIN", 16)
        patch.setattr(fitting, "_TRAINS", 2)
        yield


def examples(seed: int, label: Int64, telling: bool = True) -> Examples:
    """Noise; where the label says so and it is `telling`, it rises at the candidate and falls away again."""
    rng = np.random.default_rng(seed)
    rows = len(label)
    patches = []
    for scale in SCALES:
        patch = rng.normal(-40, 6, (rows, scale.windows, CHANNELS))
        if telling:
            patch[label == 1, scale.before : scale.before + 10] += np.linspace(25, 5, 10)[:, None]
        patches.append(patch.astype(np.float16))
    return Examples(
        patches=tuple(patches),
        label=label,
        weight=np.ones(rows, np.float32),
        lesson=np.arange(rows) // 40,
        time_s=np.arange(rows) * np.float64(0.8),
        level_db=rng.normal(-30, 5, rows),
        pattern=rng.normal(0, 0.3, (rows, PATTERN)).astype(np.float32),
        gate_odds=rng.normal(0, 1, rows).astype(np.float32),
        embedding=np.maximum(rng.normal(0, 0.3, (rows, EMBEDDED)), 0).astype(np.float16),
    )


def labels(seed: int, rows: int = ROWS) -> Int64:
    return np.random.default_rng(seed).integers(0, 2, rows)


@pytest.fixture(scope="module")
def taught() -> Judges:
    return fit_network(examples(1, labels(1)))


def layers(judges: Judges) -> list[Layer]:
    return [layer for _, layer in _named(*judges)]


def odds(judges: Judges, given: Examples) -> tuple[Float64, Float64]:
    """Log-odds of each candidate alone, and among its neighbours, as on the road."""
    network, attention = judges
    impression = network.impressions(tuple(patch.astype(np.float32) for patch in given.patches))
    alone = network.odds(impression)
    first = np.stack([given.gate_odds, alone.astype(np.float32)], axis=1)
    asked = 1 / (1 + np.exp(-first.mean(axis=1))) >= ProbabilitySettings().asked
    embedding = given.embedding.astype(np.float32)
    opinion = attention.opinions(yamnet.log_odds(embedding), embedding) * asked[:, None]
    group = Group(given.time_s, given.level_db, given.pattern, impression, first, opinion, asked)
    return alone, attention.odds(group)


def test_they_learn_an_easy_task_and_are_rightly_sure(taught: Judges) -> None:
    fresh = examples(2, labels(2, 200))
    for said in odds(taught, fresh):
        assert ((said > 0) == (fresh.label == 1)).mean() > 0.97
        assert np.median(np.abs(said)) > 1.5


def test_attention_learns_what_only_neighbours_tell() -> None:
    def crowd(seed: int) -> Examples:
        """Lessons of one kind each, told apart by how closely their candidates follow each other."""
        label = np.repeat(labels(seed, 40), 20)
        gap_s = np.where(label == 1, 0.3, 0.05)
        time_s = np.cumsum(gap_s.reshape(40, 20), axis=1).ravel()
        return replace(examples(seed, label, telling=False), time_s=time_s, lesson=np.arange(800) // 20)

    fresh = crowd(2)
    apart = replace(fresh, time_s=fresh.time_s + fresh.lesson * 100.0)
    alone, among = odds(fit_network(crowd(1)), apart)
    right = [((said > 0) == (fresh.label == 1)).mean() for said in (alone, among)]
    assert right[0] < 0.7
    assert right[1] > 0.8  # 0.88 to 0.99: few lessons, and the last bits differ between processors


def test_what_judges_is_what_was_trained(taught: Judges, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOWERS", "HIDDEN", "TRAITS", "ROUNDS"):
        monkeypatch.setattr(fitting, f"_KEPT_OF_{name}", 1.0)
    monkeypatch.setattr(fitting, "_KEPT_NEIGHBOURS", 1.0)
    parameters = {
        name: (jax.numpy.asarray(layer.weight), jax.numpy.asarray(layer.bias)) for name, layer in _named(*taught)
    }
    given = replace(examples(3, labels(3, 48)), time_s=np.cumsum(np.random.default_rng(4).uniform(0.01, 0.7, 48)))
    # What is kept takes all of an embedding; the traits are put into it.
    everything = Layer(np.eye(EMBEDDED, dtype=np.float32), np.zeros(EMBEDDED, np.float32))
    batch = jax.tree.map(lambda column: column[None], fitting._columns(given, everything))
    batch = batch._replace(
        time_s=batch.time_s.astype(np.float32), patches=tuple(patch.astype(np.float32) for patch in batch.patches)
    )
    alone, among = fitting._odds(parameters, batch, jax.random.PRNGKey(0))
    assert np.ptp(np.asarray(among)) > 4
    assert all(np.any(layer.bias != 0) for name, layer in _named(*taught) if not name.endswith("_key"))
    for trained, judged in zip((alone, among), odds(taught, given), strict=True):
        np.testing.assert_allclose(judged, np.asarray(trained)[0], rtol=2e-3, atol=2e-3)


def test_an_epoch_shows_every_candidate_and_keeps_lessons_in_their_order() -> None:
    given = examples(1, labels(1))
    rows = []
    for row, time_s in fitting._trains(given, np.random.default_rng(1)):
        assert row.shape == time_s.shape == (2, 16)
        same = given.lesson[row][:, 1:] == given.lesson[row][:, :-1]
        passed_s = np.diff(time_s.astype(np.float64), axis=1)
        np.testing.assert_allclose(passed_s[same], np.diff(given.time_s[row], axis=1)[same], atol=1e-3)
        assert np.all(passed_s[~same] > REACH_S)
        rows += row.ravel().tolist()
    assert set(rows) == set(range(ROWS))


def test_the_same_examples_give_the_same_judges_to_the_last_bit_and_others_others(taught: Judges) -> None:
    again, other = fit_network(examples(1, labels(1))), fit_network(examples(5, labels(1)))
    for one, two in zip(layers(taught), layers(again), strict=True):
        np.testing.assert_array_equal(one.weight, two.weight)
        np.testing.assert_array_equal(one.bias, two.bias)
    assert any(np.any(one.weight != two.weight) for one, two in zip(layers(taught), layers(other), strict=True))


def test_what_was_trained_is_what_a_file_keeps(taught: Judges) -> None:
    for layer in layers(taught):
        for part in (layer.weight, layer.bias):
            assert part.dtype == np.float32
            np.testing.assert_array_equal(part, part.astype(np.float16))
    network, attention = taught
    assert [len(tower) for tower in network.towers] == [len(network.towers[0])] * len(SCALES)
    assert attention.rounds


def test_examples_that_weigh_more_decide_where_they_disagree() -> None:
    told = examples(1, labels(1))
    contrary = replace(told, label=1 - told.label, weight=np.full(ROWS, 0.05, np.float32))
    fresh = examples(2, labels(2, 200))
    _, among = odds(fit_network(joined([told, contrary])), fresh)
    assert ((among > 0) == (fresh.label == 1)).mean() > 0.8  # 0.88 to 1.0, as above


@pytest.mark.parametrize("label", [[], [0, 0, 0], [1], [-1, 1]])
def test_without_shots_and_other_sounds_there_is_nothing_to_tell_apart(label: list[int]) -> None:
    with pytest.raises(ValueError, match="examples of shots and of other sounds"):
        fit_network(examples(1, np.array(label, np.int64)))


def test_columns_of_examples_come_back_as_they_were() -> None:
    given = examples(1, labels(1, 30))
    again = Examples.of(given.columns())
    for field in fields(Examples)[1:]:
        np.testing.assert_array_equal(getattr(again, field.name), getattr(given, field.name))
    for one, other in zip(again.patches, given.patches, strict=True):
        np.testing.assert_array_equal(one, other)
