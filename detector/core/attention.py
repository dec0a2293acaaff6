"""Candidates -> log-odds of being a shot, each heard among its neighbours.

What a candidate sounds like, what YAMNet takes it for and what a first judgement says of it are
compared with those of the candidates around it, by delay, level and likeness of what follows them:
attention (Vaswani et al. 2017) over the nearest neighbours, in rounds. That is how hammering is told
from a string of shots, and a reflection from a shot. What trained it is not needed to use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.network import Layer
from detector.records import Bool, Float32, Float64, Int64

NEIGHBOURS = 16  # to either side
REACH_S = 3.0
HEADS = 4
# Where delays stand on their scale, of the sign of a delay and the logarithm of its size.
DELAY_S, DELAY_CENTRES = 0.002, np.linspace(-7.5, 7.5, 16, dtype=np.float32)
RELATIONS = len(DELAY_CENTRES) + 4
MOST_DB, LEVEL_UNIT_DB = 40.0, 20.0
ODDS_UNIT = np.float32(4.0)
CLASSES_UNIT, CLASSES_MIDDLE, CLASSES_MOST = np.float32(8.0), np.float32(-5.6), np.float32(2.0)
LEAST_SPREAD = np.float32(1e-3)  # under a variance
_ROWS = 64  # candidates handled together: what they need stays in the cache


@dataclass(frozen=True, eq=False)
class Group:
    """Candidates in the order of their times, as columns.

    Attributes
    ----------
    time_s, level_db
        (n,), see `hearing.Onsets`.
    pattern
        (n, columns) the place's answer after each, of length 1.
    impression
        (n, outputs) what each looks like (see `Network.impressions`).
    odds
        (n, 2) log-odds of each alone: by the gate, and by the network.
    opinion, asked
        (n, outputs) what is made of what YAMNet says of each (see `Attention.opinions`), 0 where it was not asked; (n,)
        whether it was.
    """

    time_s: Float64
    level_db: Float64
    pattern: Float32
    impression: Float32
    odds: Float32
    opinion: Float32
    asked: Bool


@dataclass(frozen=True, eq=False)
class Round:
    """One round of listening to the neighbours, then of thinking it over."""

    query: Layer
    key: Layer
    value: Layer
    relation: Layer
    relation_score: Layer
    relation_value: Layer
    heard: Layer
    wide: Layer
    narrow: Layer


@dataclass(frozen=True, eq=False)
class Attention:
    """What a candidate is by itself, rounds of attention, and what they add to its odds."""

    opinion: Layer
    alone: Layer
    rounds: tuple[Round, ...]
    added: Layer

    def opinions(self, classes: Float32, embedding: Float32) -> Float32:
        """(n, outputs) what is made of YAMNet's classes (n, classes) and embeddings (n, EMBEDDED), each by itself."""
        return np.maximum(self.opinion.of(np.concatenate([class_units(classes), np.sqrt(embedding)], axis=1)), 0)

    def odds(self, group: Group) -> Float64:
        """(n,) log-odds of candidates; those of one depend on its neighbours alone, to the last bit."""
        state = self._alone(group)
        if len(state) == 0:
            return np.zeros(0)
        row, near = neighbours(group.time_s)
        for one in self.rounds:
            state = _listened(one, state, group, row, near)
        return (group.odds[:, 1] + self.added.of(normal(state))[:, 0]).astype(np.float64)

    def _alone(self, group: Group) -> Float32:
        odds = group.odds / ODDS_UNIT
        own = [group.impression, group.opinion, group.asked[:, None], odds]
        return np.maximum(self.alone.of(np.concatenate(own, axis=1, dtype=np.float32)), 0)


def class_units(classes: Float32) -> Float32:
    """Log-odds of classes in the units of the layers."""
    return np.asarray(np.clip((classes - CLASSES_MIDDLE) / CLASSES_UNIT, -CLASSES_MOST, CLASSES_MOST), np.float32)


def neighbours(time_s: Float64) -> tuple[Int64, Bool]:
    """(n, 32) rows of the 16 candidates on either side of each, and whether they are there and within reach."""
    n = len(time_s)
    beside = np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    row = np.arange(n)[:, None] + beside[beside != 0]
    there = (row >= 0) & (row < n)
    row = np.clip(row, 0, n - 1)
    return row, there & (np.abs(time_s[row] - time_s[:, None]) < REACH_S)


def relations(group: Group, own: slice, row: Int64) -> Float32:
    """(rows, 32, relations) how each neighbour stands to a candidate: delay, level and likeness of what follows."""
    delay_s = group.time_s[row] - group.time_s[own, None]
    side = np.sign(delay_s).astype(np.float32)
    place = side * np.log1p(np.abs(delay_s) / DELAY_S).astype(np.float32)
    near = np.exp(-0.5 * (place[..., None] - DELAY_CENTRES) ** 2)
    level_db = (group.level_db[row] - group.level_db[own, None]).astype(np.float32)
    louder = np.clip(level_db, -MOST_DB, MOST_DB) / np.float32(LEVEL_UNIT_DB)
    alike = (group.pattern[row] * group.pattern[own, None]).sum(axis=2)
    return np.concatenate([near, np.stack([louder, louder * side, alike, alike * side], axis=2)], axis=2)


def normal(state: Float32) -> Float32:
    """Each row with mean 0 and variance 1 (Ba et al. 2016)."""
    centred = state - state.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + LEAST_SPREAD))


def _listened(one: Round, state: Float32, group: Group, row: Int64, near: Bool) -> Float32:
    """(n, width) the state after a round."""
    n = len(state)
    told = normal(state)
    query, key, value = (layer.of(told).reshape(n, HEADS, -1) for layer in (one.query, one.key, one.value))
    heard = np.empty((n, value.shape[1] * value.shape[2]), np.float32)
    for start in range(0, n, _ROWS):
        own = slice(start, start + _ROWS)
        relation = np.maximum(relations(group, own, row[own]) @ one.relation.weight + one.relation.bias, 0)
        score = (query[own, None] * key[row[own]]).sum(axis=3) / np.float32(np.sqrt(query.shape[2]))
        score = score + relation @ one.relation_score.weight + one.relation_score.bias
        share = _shares(score, near[own])
        # What a relation adds to what is heard is linear, so that it can be added up before.
        between = (share[..., None] * relation[:, :, None]).sum(axis=1)
        weight = one.relation_value.weight.reshape(relation.shape[2], HEADS, -1).transpose(1, 0, 2)
        total = (share[..., None] * value[row[own]]).sum(axis=1) + (between[:, :, None] @ weight)[:, :, 0]
        heard[own] = total.reshape(len(total), -1) + one.relation_value.bias
    state = state + one.heard.of(heard)
    return state + one.narrow.of(np.maximum(one.wide.of(normal(state)), 0))


def _shares(score: Float32, near: Bool) -> Float32:
    """(rows, 32, heads) shares of attention (softmax), beside one for nobody, with score 0: they need not sum to 1."""
    score = np.where(near[..., None], score, -np.inf)
    most = np.maximum(score.max(axis=1, keepdims=True), 0)
    share = np.exp(score - most)
    return np.asarray(share / (share.sum(axis=1, keepdims=True) + np.exp(-most)))
