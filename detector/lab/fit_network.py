"""Examples -> the convolutional network and the attention over neighbours, trained together with JAX.

One thread a process: sums in another order would give another network.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from typing import Any, NamedTuple, cast

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"  # before JAX wakes up

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from detector.core import attention, yamnet
from detector.core.attention import Attention, Round
from detector.core.network import STRIDE, UNIT_DB, Layer, Network
from detector.core.patches import CHANNELS, SCALES
from detector.core.probability import log_odds
from detector.lab.fit import Examples
from detector.records import Float32, Int64
from detector.settings import ProbabilitySettings

_WIDTH = 5  # of a convolution
_OUTPUTS = (24, 24, 32)  # of the convolutions of a tower
_HIDDEN = 64  # of an impression, and of what attention makes of it
_OPINION, _RELATION, _ROUNDS = 32, 24, 2
_TRAITS, _TRAIT_ROWS = 128, 16384  # principal components of embeddings that are told apart, and what they rest on
_EPOCHS, _RATE, _DECAY, _LONGEST_STEP = 10, 1.5e-3, 1e-3, 2.0
_TRAIN, _TRAINS = 64, 5  # candidates heard together, and how many such trains make a batch
_KEPT_OF_TOWERS, _KEPT_OF_HIDDEN, _KEPT_OF_TRAITS, _KEPT_OF_ROUNDS = 0.75, 0.65, 0.75, 0.8  # what dropout leaves
_KEPT_NEIGHBOURS = 0.9
_SMOOTHING = 0.01  # of labels: no mark is certain
_ALONE_SHARE = 0.3  # of the loss: each candidate seen alone
_ASKED = float(log_odds(np.array([ProbabilitySettings().asked]))[0])

_APART_S = 10.0  # between two lessons: beyond what is within reach

# What no recording's kind depends on is varied afresh every time an example is seen, in units of
# the network: the slope of the spectrum, and noise under everything.
_TILT = 0.15
_NOISE = (-3.5, -0.7)
_NOISE_CHANCE = 0.3
_SLOPE = (-2.0, -1.0, 0.0, 1.0, 2.0, 0.0)  # of the channels
_NATS = UNIT_DB / 10 * np.log(10)  # of energy in a unit

# What names a training: another figure gives another network.
NETWORK: dict[str, Any] = {
    "width": _WIDTH,
    "outputs": _OUTPUTS,
    "hidden": (_HIDDEN, _OPINION, _RELATION, _ROUNDS, _TRAITS),
    "training": (_EPOCHS, _RATE, _DECAY, _LONGEST_STEP, _TRAIN, _TRAINS),
    "kept": (_KEPT_OF_TOWERS, _KEPT_OF_HIDDEN, _KEPT_OF_TRAITS, _KEPT_OF_ROUNDS, _KEPT_NEIGHBOURS),
    "loss": (_SMOOTHING, _ALONE_SHARE),
    "apart": _APART_S,
    "varied": (_TILT, _NOISE, _NOISE_CHANCE, _SLOPE),
}

Parameters = dict[str, tuple[jax.Array, jax.Array]]


class _Batch(NamedTuple):
    """Trains of candidates: columns (trains, 64, ...) in the units of the network."""

    patches: tuple[Any, ...]
    time_s: Any
    level_db: Any
    pattern: Any
    gate_odds: Any
    said: Any
    label: Any
    weight: Any


def fit_network(examples: Examples) -> tuple[Network, Attention]:
    """Network and attention that tell shots from others best, by AdamW with a cosine schedule.

    The same examples give the same.

    Raises
    ------
    ValueError
        Without examples of both kinds.
    """
    if not {0, 1} <= set(examples.label.tolist()):
        raise ValueError("a network needs examples of shots and of other sounds; add recordings of both")
    random = np.random.default_rng(0)
    keys = jax.random.split(jax.random.PRNGKey(0), 2)
    traits = _traits(examples.embedding)
    parameters = _first(keys[0], len(traits.bias))
    state = _OPTIMIZER.init(cast(Any, parameters))
    columns = _columns(examples, traits)
    total = _EPOCHS * -(-len(examples.label) // (_TRAIN * _TRAINS))
    step = 0
    for _ in range(_EPOCHS):
        for rows, time_s in _trains(examples, random):
            batch = _Batch(*jax.tree.map(lambda column, rows=rows: column[rows], columns))._replace(time_s=time_s)
            rate = 0.5 * _RATE * (1 + np.cos(np.pi * step / total))
            parameters, state = _step(parameters, state, batch, rate, jax.random.fold_in(keys[1], step))
            step += 1
    return _fitted(parameters, traits)


def _traits(embedding: NDArray[np.float16]) -> Layer:
    """The principal components of embeddings, of mean spread 1: from all outputs it would learn by heart."""
    some = np.sqrt(embedding[:: -(-len(embedding) // _TRAIT_ROWS)].astype(np.float32))
    middle = some.mean(axis=0)
    axes = np.linalg.svd(some - middle, full_matrices=False)[2][:_TRAITS].T
    axes = axes / (((some - middle) @ axes).std(axis=0).mean() + attention.LEAST_SPREAD)
    return Layer(axes, -middle @ axes)


def _columns(examples: Examples, traits: Layer) -> _Batch:
    return _Batch(
        patches=tuple(np.asarray(patch / np.float16(UNIT_DB)) for patch in examples.patches),
        time_s=examples.time_s,
        level_db=examples.level_db.astype(np.float32),
        pattern=examples.pattern,
        gate_odds=examples.gate_odds / attention.ODDS_UNIT,
        said=_said(examples.embedding, traits),
        label=(examples.label == 1).astype(np.float32),
        weight=np.where(examples.label >= 0, examples.weight, 0).astype(np.float32),
    )


def _said(embedding: NDArray[np.float16], traits: Layer) -> Float32:
    """(n, classes + traits) what opinions are made of, by parts: all embeddings in single precision are too much."""
    said = np.empty((len(embedding), len(yamnet.CLASSES) + len(traits.bias)), np.float32)
    for start in range(0, len(said), _TRAIT_ROWS):
        some = embedding[start : start + _TRAIT_ROWS].astype(np.float32)
        units = attention.class_units(yamnet.log_odds(some))
        said[start : start + _TRAIT_ROWS] = np.concatenate([units, np.sqrt(some) @ traits.weight + traits.bias], axis=1)
    return said


def _trains(examples: Examples, random: np.random.Generator) -> Iterator[tuple[Int64, Float32]]:
    """Rows (trains, 64) of each batch of an epoch, and their times: lessons one after the other, in random order."""
    starts = np.flatnonzero(np.diff(examples.lesson, prepend=-1))
    stops = np.append(starts[1:], len(examples.lesson))
    order = random.permutation(len(starts))
    rows = np.concatenate([np.arange(starts[lesson], stops[lesson]) for lesson in order])
    first_s, last_s = examples.time_s[starts[order]], examples.time_s[stops[order] - 1]
    begins_s = np.concatenate([[0.0], np.cumsum(last_s - first_s + _APART_S)[:-1]])
    time_s = examples.time_s[rows] + np.repeat(begins_s - first_s, (stops - starts)[order])
    size = _TRAIN * _TRAINS
    shift = int(random.integers(len(rows)))  # trains begin elsewhere every time, and go on at the beginning
    turn, place = np.divmod(np.arange(-(-len(rows) // size) * size) + shift, len(rows))
    times_s = time_s[place] + turn * (time_s[-1] + _APART_S)
    for part, part_s in zip(place.reshape(-1, _TRAINS, _TRAIN), times_s.reshape(-1, _TRAINS, _TRAIN), strict=True):
        yield rows[part], (part_s - part_s[:, :1]).astype(np.float32)


_OPTIMIZER = optax.chain(optax.clip_by_global_norm(_LONGEST_STEP), optax.adamw(1.0, weight_decay=_DECAY))


def _first(key: jax.Array, traits: int) -> Parameters:
    """Random weights (He 2015) and no biases; what is added to a state begins small."""
    small = 0.3
    shapes: dict[str, tuple[tuple[int, ...], float]] = {}
    flat = 0
    for number, scale in enumerate(SCALES):
        steps = scale.windows
        for n, (given, found) in enumerate(zip((CHANNELS, *_OUTPUTS[:-1]), _OUTPUTS, strict=True)):
            shapes[f"tower{number}_{n}"] = ((_WIDTH, given, found), 1.0)
            steps = -(-steps // STRIDE)
        flat += steps * _OUTPUTS[-1]
    shapes |= {
        "impression": ((flat, _HIDDEN), 1.0),
        "network": ((_HIDDEN, 1), small),
        "opinion": ((len(yamnet.CLASSES) + traits, _OPINION), 1.0),
        "alone": ((_HIDDEN + _OPINION + 3, _HIDDEN), 1.0),
        "added": ((_HIDDEN, 1), small),
    }
    for number in range(_ROUNDS):
        of_round = {
            "query": ((_HIDDEN, _HIDDEN), 0.7),
            "key": ((_HIDDEN, _HIDDEN), 0.7),
            "value": ((_HIDDEN, _HIDDEN), 0.7),
            "relation": ((attention.RELATIONS, _RELATION), 1.0),
            "relation_score": ((_RELATION, attention.HEADS), small),
            "relation_value": ((_RELATION, _HIDDEN), 0.5),
            "heard": ((_HIDDEN, _HIDDEN), small),
            "wide": ((_HIDDEN, _HIDDEN), 1.0),
            "narrow": ((_HIDDEN, _HIDDEN), small),
        }
        shapes |= {f"round{number}_{name}": shape for name, shape in of_round.items()}
    return {
        name: (
            jax.random.normal(jax.random.fold_in(key, number), shape) * np.sqrt(2 / np.prod(shape[:-1])) * size,
            jnp.zeros(shape[-1]),
        )
        for number, (name, (shape, size)) in enumerate(shapes.items())
    }


@jax.jit
def _step(
    parameters: Parameters, state: optax.OptState, batch: _Batch, rate: float, key: jax.Array
) -> tuple[Parameters, optax.OptState]:
    vary, drop = jax.random.split(key)
    batch = batch._replace(patches=_varied(batch.patches, vary))
    slope = jax.grad(partial(_loss, batch=batch, key=drop))(parameters)
    change, state = _OPTIMIZER.update(cast(Any, slope), state, cast(Any, parameters))
    change = jax.tree.map(lambda part: part * rate, change)
    return cast(Parameters, optax.apply_updates(cast(Any, parameters), change)), state


def _loss(parameters: Parameters, batch: _Batch, key: jax.Array) -> jax.Array:
    wanted = batch.label * (1 - 2 * _SMOOTHING) + _SMOOTHING
    alone, among = _odds(parameters, batch, key)
    missed = [jnp.sum(batch.weight * optax.sigmoid_binary_cross_entropy(odds, wanted)) for odds in (among, alone)]
    return (missed[0] + _ALONE_SHARE * missed[1]) / (jnp.sum(batch.weight) + 1e-6)


def _varied(patches: tuple[jax.Array, ...], key: jax.Array) -> tuple[jax.Array, ...]:
    """The same examples with another spectrum and, some of them, over noise."""
    keys = jax.random.split(key, 3)
    shape = (*patches[0].shape[:2], 1, 1)
    tilt = jax.random.normal(keys[0], shape) * _TILT * jnp.array(_SLOPE)
    noise = jax.random.uniform(keys[1], shape, minval=_NOISE[0], maxval=_NOISE[1])
    noisy = jax.random.bernoulli(keys[2], _NOISE_CHANCE, shape)
    tilted = [patch.astype(jnp.float32) + tilt for patch in patches]
    return tuple(jnp.where(noisy, jnp.logaddexp(patch * _NATS, noise * _NATS) / _NATS, patch) for patch in tilted)


def _odds(parameters: Parameters, batch: _Batch, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(trains, 64) what `Network.odds` and `Attention.odds` give, with dropout."""
    keys = iter(jax.random.split(key, 20))
    found = [
        _dropped(_tower(parameters, number, patch), _KEPT_OF_TOWERS, next(keys))
        for number, patch in enumerate(batch.patches)
    ]
    impression = jax.nn.relu(_dense(parameters, "impression", jnp.concatenate(found, axis=-1)))
    impression = _dropped(impression, _KEPT_OF_HIDDEN, next(keys))
    alone = _dense(parameters, "network", impression)
    gate = batch.gate_odds[..., None]
    # As on the road: YAMNet is asked where gate and network together leave it open.
    asked = ((gate * attention.ODDS_UNIT + jax.lax.stop_gradient(alone)) / 2 >= _ASKED).astype(jnp.float32)
    opinion = jax.nn.relu(_dense(parameters, "opinion", _dropped(batch.said, _KEPT_OF_TRAITS, next(keys))))
    own = jnp.concatenate([impression, opinion * asked, asked, gate, alone / attention.ODDS_UNIT], axis=-1)
    state = jax.nn.relu(_dense(parameters, "alone", own))
    relation, near = _relations(batch, next(keys))
    for number in range(_ROUNDS):
        state = _listened(parameters, f"round{number}_", state, relation, near, (next(keys), next(keys)))
    return alone[..., 0], (alone + _dense(parameters, "added", _normal(state)))[..., 0]


def _tower(parameters: Parameters, number: int, patch: jax.Array) -> jax.Array:
    signal = patch.reshape(-1, *patch.shape[2:])
    for n in range(len(_OUTPUTS)):
        weight, bias = parameters[f"tower{number}_{n}"]
        layout = ("NWC", "WIO", "NWC")
        signal = jax.nn.relu(
            jax.lax.conv_general_dilated(signal, weight, (STRIDE,), "SAME", dimension_numbers=layout) + bias
        )
    return signal.reshape(*patch.shape[:2], -1)


def _relations(batch: _Batch, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What `attention.relations` gives for all pairs of a train, and which may hear each other."""
    delay_s = batch.time_s[:, None, :] - batch.time_s[:, :, None]
    side = jnp.sign(delay_s)
    place = side * jnp.log1p(jnp.abs(delay_s) / attention.DELAY_S)
    near = jnp.exp(-0.5 * (place[..., None] - attention.DELAY_CENTRES) ** 2)
    level_db = batch.level_db[:, None, :] - batch.level_db[:, :, None]
    louder = jnp.clip(level_db, -attention.MOST_DB, attention.MOST_DB) / attention.LEVEL_UNIT_DB
    alike = jnp.einsum("tip,tjp->tij", batch.pattern, batch.pattern)
    relation = jnp.concatenate([near, jnp.stack([louder, louder * side, alike, alike * side], axis=-1)], axis=-1)
    row = jnp.arange(batch.time_s.shape[1])
    beside = jnp.abs(row[:, None] - row)
    heard = (beside > 0) & (beside <= attention.NEIGHBOURS) & (jnp.abs(delay_s) < attention.REACH_S)
    return relation, heard & jax.random.bernoulli(key, _KEPT_NEIGHBOURS, (len(heard), 1, len(row)))


def _listened(
    parameters: Parameters,
    name: str,
    state: jax.Array,
    relation: jax.Array,
    near: jax.Array,
    keys: tuple[jax.Array, jax.Array],
) -> jax.Array:
    """What a round of `attention.Attention` makes of a state."""
    trains, rows, width = state.shape
    told = _normal(state)
    query, key, value = (
        _dense(parameters, name + part, told).reshape(trains, rows, attention.HEADS, -1)
        for part in ("query", "key", "value")
    )
    hidden = jax.nn.relu(_dense(parameters, name + "relation", relation))
    score = jnp.einsum("tihd,tjhd->tijh", query, key) / np.sqrt(query.shape[-1])
    score = score + _dense(parameters, name + "relation_score", hidden)
    score = jnp.where(near[..., None], score, -1e9)
    silent = jnp.zeros((trains, rows, 1, attention.HEADS))
    share = jax.nn.softmax(jnp.concatenate([score, silent], axis=2), axis=2)[:, :, :-1]
    weight, bias = parameters[name + "relation_value"]
    between = jnp.einsum("tijh,tije->tihe", share, hidden)
    between = jnp.einsum("tihe,ehd->tihd", between, weight.reshape(-1, attention.HEADS, width // attention.HEADS))
    heard = (jnp.einsum("tijh,tjhd->tihd", share, value) + between).reshape(trains, rows, -1) + bias
    state = state + _dropped(_dense(parameters, name + "heard", heard), _KEPT_OF_ROUNDS, keys[0])
    thought = _dense(parameters, name + "narrow", jax.nn.relu(_dense(parameters, name + "wide", _normal(state))))
    return state + _dropped(thought, _KEPT_OF_ROUNDS, keys[1])


def _dense(parameters: Parameters, name: str, inputs: jax.Array) -> jax.Array:
    weight, bias = parameters[name]
    return inputs @ weight + bias


def _normal(state: jax.Array) -> jax.Array:
    centred = state - state.mean(axis=-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(axis=-1, keepdims=True) + attention.LEAST_SPREAD)


def _dropped(values: jax.Array, kept: float, key: jax.Array) -> jax.Array:
    return values * jax.random.bernoulli(key, kept, values.shape) / kept


def _fitted(parameters: Parameters, traits: Layer) -> tuple[Network, Attention]:
    """The parameters in half precision, as they are kept in a file; what leads to traits is put into the opinion."""
    weight, bias = (np.asarray(part) for part in parameters["opinion"])
    own, of_traits = weight[: len(yamnet.CLASSES)], weight[len(yamnet.CLASSES) :]
    opinion = np.concatenate([own, traits.weight @ of_traits]), bias + traits.bias @ of_traits
    found = {
        name: Layer(*(np.asarray(part).astype(np.float16).astype(np.float32) for part in parts))
        for name, parts in (dict(parameters) | {"opinion": opinion}).items()
    }
    towers = tuple(tuple(found[f"tower{t}_{n}"] for n in range(len(_OUTPUTS))) for t in range(len(SCALES)))
    rounds = tuple(
        Round(**{field.name: found[f"round{number}_{field.name}"] for field in fields(Round)})
        for number in range(_ROUNDS)
    )
    return (
        Network(towers, found["impression"], found["network"]),
        Attention(found["opinion"], found["alone"], rounds, found["added"]),
    )
