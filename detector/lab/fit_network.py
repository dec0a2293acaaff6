"""Patches with labels -> the convolutional network of `core.network`, trained with JAX.

One thread a process: sums in another order would give another network.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any, cast

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"  # before JAX wakes up

import jax
import jax.numpy as jnp
import numpy as np
import optax

from detector.core.network import STRIDE, UNIT_DB, Layer, Network
from detector.core.patches import CHANNELS, SCALES
from detector.lab.fit import Examples

_WIDTH = 5  # of a convolution
_OUTPUTS = (24, 24, 32)  # of the convolutions of a tower
_HIDDEN = 64
_EPOCHS, _BATCH, _RATE, _DECAY = 10, 256, 1.5e-3, 1e-3
_KEPT_OF_TOWERS, _KEPT_OF_HIDDEN = 0.75, 0.7  # what dropout leaves
_SMOOTHING = 0.01  # of labels: no mark is certain

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
    "hidden": _HIDDEN,
    "training": (_EPOCHS, _BATCH, _RATE, _DECAY),
    "kept": (_KEPT_OF_TOWERS, _KEPT_OF_HIDDEN),
    "smoothing": _SMOOTHING,
    "varied": (_TILT, _NOISE, _NOISE_CHANCE, _SLOPE),
}

Parameters = dict[str, list[tuple[jax.Array, jax.Array]]]


def fit_network(examples: Examples) -> Network:
    """The network that tells shots from others best, by AdamW with a cosine schedule; the same examples give the same.

    Raises
    ------
    ValueError
        Without examples of both kinds.
    """
    count = len(examples.label)
    if len(np.unique(examples.label)) < 2:
        raise ValueError("a network needs examples of shots and of other sounds; add recordings of both")
    order = np.random.default_rng(0)
    keys = jax.random.split(jax.random.PRNGKey(0), 2)
    parameters = _first(keys[0])
    state = _OPTIMIZER.init(cast(Any, parameters))
    units = [np.asarray(patch / np.float16(UNIT_DB)) for patch in examples.patches]
    label, weight = examples.label.astype(np.float32), examples.weight
    steps = -(-count // _BATCH)
    for epoch in range(_EPOCHS):
        rows = np.resize(order.permutation(count), steps * _BATCH)  # the last batch is filled up with the first rows
        for step in range(steps):
            batch = np.sort(rows[step * _BATCH : (step + 1) * _BATCH])
            done = (epoch * steps + step) / (_EPOCHS * steps)
            parameters, state = _step(
                parameters,
                state,
                [patch[batch] for patch in units],
                label[batch],
                weight[batch],
                0.5 * _RATE * (1 + np.cos(np.pi * done)),
                jax.random.fold_in(keys[1], epoch * steps + step),
            )
    return _network(parameters)


_OPTIMIZER = optax.adamw(1.0, weight_decay=_DECAY)  # its steps are scaled by the schedule


def _first(key: jax.Array) -> Parameters:
    """Random weights (He 2015) and no biases."""

    def layer(key: jax.Array, *shape: int) -> tuple[jax.Array, jax.Array]:
        spread = np.sqrt(2 / np.prod(shape[:-1]))
        return jax.random.normal(key, shape) * spread, jnp.zeros(shape[-1])

    inputs = (CHANNELS, *_OUTPUTS[:-1])
    parameters: Parameters = {}
    flat = 0
    for number, scale in enumerate(SCALES):
        shapes = [(_WIDTH, given, found) for given, found in zip(inputs, _OUTPUTS, strict=True)]
        parameters[f"tower{number}"] = [
            layer(jax.random.fold_in(key, 10 * number + n), *shape) for n, shape in enumerate(shapes)
        ]
        steps = scale.windows
        for _ in _OUTPUTS:
            steps = -(-steps // STRIDE)
        flat += steps * _OUTPUTS[-1]
    last = jax.random.split(jax.random.fold_in(key, 1000))
    parameters["dense"] = [layer(last[0], flat, _HIDDEN), layer(last[1], _HIDDEN, 1)]
    return parameters


@jax.jit
def _step(
    parameters: Parameters,
    state: optax.OptState,
    patches: list[jax.Array],
    label: jax.Array,
    weight: jax.Array,
    rate: float,
    key: jax.Array,
) -> tuple[Parameters, optax.OptState]:
    vary, drop = jax.random.split(key)
    slope = jax.grad(partial(_loss, patches=_varied(patches, vary), label=label, weight=weight, key=drop))(parameters)
    change, state = _OPTIMIZER.update(cast(Any, slope), state, cast(Any, parameters))
    change = jax.tree.map(lambda part: part * rate, change)
    return cast(Parameters, optax.apply_updates(cast(Any, parameters), change)), state


def _loss(
    parameters: Parameters, patches: list[jax.Array], label: jax.Array, weight: jax.Array, key: jax.Array
) -> jax.Array:
    odds = _odds(parameters, patches, key)
    wanted = label * (1 - 2 * _SMOOTHING) + _SMOOTHING
    return jnp.sum(weight * optax.sigmoid_binary_cross_entropy(odds, wanted)) / jnp.sum(weight)


def _varied(patches: list[jax.Array], key: jax.Array) -> list[jax.Array]:
    """The same examples with another spectrum and, some of them, over noise."""
    keys = jax.random.split(key, 3)
    shape = (len(patches[0]), 1, 1)
    tilt = jax.random.normal(keys[0], shape) * _TILT * jnp.array(_SLOPE)
    noise = jax.random.uniform(keys[1], shape, minval=_NOISE[0], maxval=_NOISE[1])
    noisy = jax.random.bernoulli(keys[2], _NOISE_CHANCE, shape)
    tilted = [patch.astype(jnp.float32) + tilt for patch in patches]
    return [jnp.where(noisy, jnp.logaddexp(patch * _NATS, noise * _NATS) / _NATS, patch) for patch in tilted]


def _odds(parameters: Parameters, patches: list[jax.Array], key: jax.Array) -> jax.Array:
    """What `Network.odds` gives, for a batch and with dropout."""
    keys = jax.random.split(key, len(patches) + 1)
    found = []
    for number, patch in enumerate(patches):
        signal = patch
        for weight, bias in parameters[f"tower{number}"]:
            signal = jax.lax.conv_general_dilated(
                signal, weight, (STRIDE,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
            )
            signal = jax.nn.relu(signal + bias)
        found.append(_dropped(signal.reshape(len(signal), -1), _KEPT_OF_TOWERS, keys[number]))
    (weight, bias), (last_weight, last_bias) = parameters["dense"]
    hidden = jax.nn.relu(jnp.concatenate(found, axis=1) @ weight + bias)
    return (_dropped(hidden, _KEPT_OF_HIDDEN, keys[-1]) @ last_weight + last_bias)[:, 0]


def _dropped(values: jax.Array, kept: float, key: jax.Array) -> jax.Array:
    return values * jax.random.bernoulli(key, kept, values.shape) / kept


def _network(parameters: Parameters) -> Network:
    """The parameters in half precision, as they are kept in a file."""

    def layers(name: str) -> tuple[Layer, ...]:
        halves = [tuple(np.asarray(part).astype(np.float16).astype(np.float32) for part in p) for p in parameters[name]]
        return tuple(Layer(weight, bias) for weight, bias in halves)

    return Network(tuple(layers(f"tower{number}") for number in range(len(SCALES))), layers("dense"))
