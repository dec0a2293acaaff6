"""Attention against plain loops, in company and without, and through its file."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core import attention
from detector.core.attention import HEADS, NEIGHBOURS, REACH_S, Attention, Group, Round
from detector.core.network import Layer
from detector.core.probability import from_bytes, to_bytes
from detector.records import Float64
from tests.judges import CLASSES, EMBEDDED, OPINION, SEEN, WIDTH, attention_of, model_of

PATTERN = 6


def group_of(seed: int, rows: int, most_s: float = 12.0) -> Group:
    """Candidates at random times, some of which YAMNet was not asked about."""
    rng = np.random.default_rng(seed)
    pattern = rng.normal(size=(rows, PATTERN)).astype(np.float32)
    asked = rng.random(rows) >= 0.3
    return Group(
        time_s=np.sort(rng.uniform(0, most_s, rows)),
        level_db=rng.normal(-20, 15, rows),
        pattern=pattern / np.linalg.norm(pattern, axis=1, keepdims=True),
        impression=np.maximum(rng.normal(size=(rows, SEEN)), 0).astype(np.float32),
        odds=rng.normal(0, 3, (rows, 2)).astype(np.float32),
        opinion=(np.maximum(rng.normal(size=(rows, OPINION)), 0) * asked[:, None]).astype(np.float32),
        asked=asked,
    )


def part(group: Group, rows: np.ndarray | slice) -> Group:
    return Group(**{field.name: getattr(group, field.name)[rows] for field in dataclasses.fields(Group)})


def dense(layer: Layer, inputs: Float64) -> Float64:
    return np.asarray(inputs @ layer.weight.astype(np.float64) + layer.bias)


def normal(state: Float64) -> Float64:
    return np.asarray((state - state.mean()) / np.sqrt(state.var() + float(attention.LEAST_SPREAD)))


def related(group: Group, row: int, other: int) -> Float64:
    delay_s = group.time_s[other] - group.time_s[row]
    place = np.sign(delay_s) * np.log(1 + abs(delay_s) / attention.DELAY_S)
    near = [np.exp(-((place - centre) ** 2) / 2) for centre in attention.DELAY_CENTRES]
    louder = np.clip(group.level_db[other] - group.level_db[row], -40, 40) / attention.LEVEL_UNIT_DB
    alike = float(group.pattern[row].astype(np.float64) @ group.pattern[other])
    return np.array([*near, louder, louder * np.sign(delay_s), alike, alike * np.sign(delay_s)])


def looped(judge: Attention, group: Group) -> list[float]:
    """Loop twin: candidate by candidate, neighbour by neighbour, head by head."""
    rows = range(len(group.time_s))
    states = []
    for row in rows:
        own = np.concatenate(
            [group.impression[row], group.opinion[row], [float(group.asked[row])], group.odds[row] / 4.0]
        )
        states.append(np.maximum(dense(judge.alone, own), 0))
    for one in judge.rounds:
        told = [normal(state) for state in states]
        states = [listened(one, group, states, told, row) for row in rows]
    return [float(group.odds[row, 1] + dense(judge.added, normal(states[row]))[0]) for row in rows]


def listened(one: Round, group: Group, states: list[Float64], told: list[Float64], row: int) -> Float64:
    others = [
        other
        for other in range(len(states))
        if 0 < abs(other - row) <= NEIGHBOURS and abs(group.time_s[other] - group.time_s[row]) < REACH_S
    ]
    size = WIDTH // HEADS
    heard = np.zeros(WIDTH)
    for head in range(HEADS):
        mine = slice(head * size, (head + 1) * size)
        query = dense(one.query, told[row])[mine]
        scores, values = [0.0], [np.zeros(size)]  # the silent place
        for other in others:
            relation = np.maximum(dense(one.relation, related(group, row, other)), 0)
            score = query @ dense(one.key, told[other])[mine] / np.sqrt(size)
            scores.append(float(score + dense(one.relation_score, relation)[head]))
            values.append(dense(one.value, told[other])[mine] + relation @ one.relation_value.weight[:, mine])
        share = np.exp(scores) / np.sum(np.exp(scores))
        heard[mine] = share @ np.array(values)
    state = states[row] + dense(one.heard, heard + one.relation_value.bias)
    return np.asarray(state + dense(one.narrow, np.maximum(dense(one.wide, normal(state)), 0)))


@given(st.integers(0, 50), st.integers(1, 9), st.integers(0, 2))
def test_odds_are_their_loop_twin(seed: int, rows: int, rounds: int) -> None:
    judge, group = attention_of(seed, rounds), group_of(seed, rows)
    np.testing.assert_allclose(judge.odds(group), looped(judge, group), rtol=1e-3, atol=1e-3)


def test_more_neighbours_than_are_listened_to_are_left_out() -> None:
    judge, group = attention_of(3, 1), group_of(4, 2 * NEIGHBOURS + 9, most_s=1.0)
    np.testing.assert_allclose(judge.odds(group), looped(judge, group), rtol=1e-3, atol=1e-3)


def test_sixteen_on_either_side_are_listened_to() -> None:
    """As many as judges were trained with: another number would make them say something else."""
    judge, group = attention_of(3, 1), group_of(4, 40, most_s=1.0)
    for row in (0, 39):
        heard = []
        for away in (16, 17):
            odds = group.odds.copy()
            odds[abs(row - away)] += 3
            other = dataclasses.replace(group, odds=odds)
            heard.append(judge.odds(other)[row] != judge.odds(group)[row])
        assert heard == [True, False]


def test_odds_depend_on_what_is_within_reach_and_on_nothing_else_to_the_last_bit() -> None:
    judge, group = attention_of(5), group_of(6, 300, most_s=200.0)
    together = judge.odds(group)
    assert together.dtype == np.float64
    assert len(set(together.tolist())) > 290
    middle = 150
    reach = len(judge.rounds) * REACH_S  # a neighbour has heard its own neighbours
    near = np.flatnonzero(np.abs(group.time_s - group.time_s[middle]) < reach + 1e-9)
    assert 1 < len(near) < 100
    alone = judge.odds(part(group, near))
    assert alone[near.tolist().index(middle)] == together[middle]


def test_what_is_too_far_away_is_not_heard() -> None:
    judge, group = attention_of(7), group_of(8, 2)
    apart = dataclasses.replace(group, time_s=np.array([0.0, REACH_S]))
    beside = dataclasses.replace(group, time_s=np.array([0.0, REACH_S - 0.01]))
    single = [judge.odds(part(group, slice(row, row + 1)))[0] for row in range(2)]
    assert judge.odds(apart).tolist() == single
    assert judge.odds(beside).tolist() != single


def test_opinions_are_their_loop_twin_each_by_itself() -> None:
    judge, rng = attention_of(11), np.random.default_rng(12)
    classes = rng.normal(-6, 12, (5, CLASSES)).astype(np.float32)
    embedding = np.maximum(rng.normal(size=(5, EMBEDDED)), 0).astype(np.float32)
    found = judge.opinions(classes, embedding)
    assert found.shape == (5, OPINION)
    for row in range(5):
        heard = [*np.clip((classes[row] + 5.6) / 8, -2, 2), *np.sqrt(embedding[row])]
        np.testing.assert_allclose(found[row], np.maximum(dense(judge.opinion, np.array(heard)), 0), atol=1e-5)
        np.testing.assert_array_equal(judge.opinions(classes[row : row + 1], embedding[row : row + 1])[0], found[row])


def test_no_candidates_have_no_odds() -> None:
    assert attention_of(1).odds(group_of(1, 0)).shape == (0,)


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_a_file_keeps_attention_in_half_precision_and_nothing_else_changes(rounds: int) -> None:
    judge, group = attention_of(9, rounds), group_of(10, 20)
    data = to_bytes(model_of(attention=judge))
    kept = from_bytes(data).attention
    assert len(kept.rounds) == rounds
    np.testing.assert_allclose(kept.odds(group), judge.odds(group), rtol=0.02, atol=0.05)
    assert to_bytes(model_of(attention=kept)) == data
