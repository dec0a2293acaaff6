"""Judges of random weights, for tests of how they judge and how they are kept."""

from __future__ import annotations

import numpy as np

from detector.core.attention import HEADS, RELATIONS, Attention, Round
from detector.core.network import STRIDE, Layer, Network
from detector.core.probability import Gate, Judge, Model, Trees

CHANNELS = 3  # of patches
WIDTH = 8  # of a state of attention
SEEN = 5  # of an impression
CLASSES, EMBEDDED = 3, 6  # what YAMNet says, and rests on
OPINION = 4  # what is made of it


def layer_of(rng: np.random.Generator, *shape: int) -> Layer:
    """A layer of random weights and biases."""
    return Layer(rng.normal(0, 0.4, shape).astype(np.float32), rng.normal(0, 0.3, shape[-1]).astype(np.float32))


def halved(length: int) -> int:
    """Steps that a convolution of stride 2 makes."""
    return (length + 1) // STRIDE


def network_of(seed: int, lengths: tuple[int, ...], width: int = 5) -> Network:
    """A network with two convolutions a tower, for patches of some lengths."""
    rng = np.random.default_rng(seed)
    towers = tuple((layer_of(rng, width, CHANNELS, 4), layer_of(rng, 3, 4, 2)) for _ in lengths)
    flat = sum(2 * halved(halved(length)) for length in lengths)
    return Network(towers, layer_of(rng, flat, SEEN), layer_of(rng, SEEN, 1))


def attention_of(seed: int, rounds: int = 2) -> Attention:
    """Attention over impressions of `SEEN` figures and opinions on `CLASSES` and `EMBEDDED` of YAMNet's."""
    rng = np.random.default_rng(seed)

    def one() -> Round:
        square = {name: layer_of(rng, WIDTH, WIDTH) for name in ("query", "key", "value", "heard", "wide", "narrow")}
        return Round(
            relation=layer_of(rng, RELATIONS, 7),
            relation_score=layer_of(rng, 7, HEADS),
            relation_value=layer_of(rng, 7, WIDTH),
            **square,
        )

    return Attention(
        opinion=layer_of(rng, CLASSES + EMBEDDED, OPINION),
        alone=layer_of(rng, SEEN + OPINION + 3, WIDTH),
        rounds=tuple(one() for _ in range(rounds)),
        added=layer_of(rng, WIDTH, 1),
    )


def model_of(network: Network | None = None, attention: Attention | None = None) -> Model:
    """A model with a tree that decides nothing."""
    nowhere = np.zeros(1, np.int32)
    trees = Trees(("a",), nowhere, np.zeros(1), nowhere, nowhere, np.zeros(1), nowhere, 0)
    return Model(
        gate=Gate(trees, 1, 0.0),
        network=network or network_of(1, (9,)),
        attention=attention or attention_of(1),
        joint=Judge(trees),
        last=Judge(trees),
        hidden=trees,
        version="",
        basis={},
    )
