"""Features -> calibrated probability of being a shot.

Five judges in turn. A boosted tree ensemble sees a candidate alone and, early on, drops what is
plainly something else; a small convolutional network looks at the sound around what is left;
attention compares it with its neighbours; a second ensemble weighs all that, with what earlier
shots explain; a third, knowing what the second makes of the neighbours, looks at these relations
once more, and at nothing else. All are plain arrays: what trained them is not needed to use them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.core.attention import Attention, Round
from detector.core.features import Features
from detector.core.network import Layer, Network
from detector.records import Float32, Float64

_ROWS = 64  # rows judged together: what a walk needs stays in the cache, however long the recording
MOST_HIDDEN = 1.0  # shots on the mean that an onset may hide
MISSING = np.float32(-200.0)  # stands for NaN in trees, far below every figure that exists


@dataclass(frozen=True, eq=False)
class Trees:
    """A boosted ensemble of binary trees over named columns.

    All nodes of all trees stand in common arrays: node i sends a row to `left[i]` when its value
    of column `column[i]` is at most `threshold[i]`, else to `right[i]`; a leaf sends to itself
    and holds `value[i]`. `roots` are the trees' first nodes, `depth` the longest path.
    """

    names: tuple[str, ...]
    column: NDArray[np.int32]
    threshold: Float64
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: Float64
    roots: NDArray[np.int32]
    depth: int

    def margin(self, values: Float32, first: int = 0, stop: int | None = None) -> Float64:
        """(n,) log-odds added up by the trees from `first` to `stop`.

        Loop twin: for each row and tree, walk from the root to a leaf and add its value.
        """
        # Flat tables and `take` cost a third of what indexing with pairs does; nodes 2 i and 2 i + 1 are i's children.
        column, roots = self.column.astype(np.intp), self.roots[first:stop].astype(np.intp)
        child = np.stack([self.right, self.left], axis=1).astype(np.intp).ravel()
        margin = np.empty(len(values))
        for start in range(0, len(values), _ROWS):
            rows = values[start : start + _ROWS]
            rows = np.where(np.isnan(rows), MISSING, rows).astype(np.float64)
            node = np.broadcast_to(roots, (len(rows), len(roots)))
            at = np.arange(len(rows))[:, None] * rows.shape[1]
            for _ in range(self.depth):
                below = rows.ravel().take(at + column.take(node)) <= self.threshold.take(node)
                node = child.take(2 * node + below)
            margin[start : start + _ROWS] = self.value.take(node).sum(axis=1)
        return margin


@dataclass(frozen=True, eq=False)
class Gate:
    """The first ensemble, of whose trees the first `early_trees` let go what does not exceed `early_margin`."""

    trees: Trees
    early_trees: int
    early_margin: float

    def chance(self, features: Features) -> Float64:
        """(n,) probability of each candidate seen alone; 0 for those let go early."""
        _same_columns(self.trees, features.names)
        margin = self.trees.margin(features.values, stop=self.early_trees)
        chance = np.zeros(len(margin))
        kept = np.flatnonzero(margin > self.early_margin)
        if len(kept):
            chance[kept] = logistic(margin[kept] + self.trees.margin(features.values[kept], first=self.early_trees))
        return chance


@dataclass(frozen=True, eq=False)
class Judge:
    """An ensemble whose log-odds `scale` and `offset` turn into those of a calibrated probability (Platt 1999)."""

    trees: Trees
    scale: float = 1.0
    offset: float = 0.0

    def chance(self, features: Features) -> Float64:
        """(n,) calibrated probability of each row."""
        _same_columns(self.trees, features.names)
        return logistic(self.scale * self.trees.margin(features.values) + self.offset)


@dataclass(frozen=True, eq=False)
class Model:
    """The judges in their order, and `hidden`, which tells what shots hide others.

    `joint` sees all columns of a candidate, `last` those of its neighbours as `joint` judges them
    (see `hearing.judged`). `basis` says, as plain data, what the calibration rests on.
    """

    gate: Gate
    network: Network
    attention: Attention
    joint: Judge
    last: Judge
    hidden: Trees
    version: str
    basis: Mapping[str, Any]

    def more(self, features: Features) -> Float64:
        """(n,) mean number of further shots that hide in each candidate, if it is a shot, by the columns of `joint`."""
        _same_columns(self.hidden, features.names)
        return np.minimum(np.exp(self.hidden.margin(features.values)), MOST_HIDDEN)


def _same_columns(trees: Trees, names: tuple[str, ...]) -> None:
    if trees.names != names:
        raise ValueError("the model was fitted to other columns: fit it again")


def logistic(odds: Float64) -> Float64:
    """Log-odds as probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -700, 700))))


def log_odds(chance: Float64) -> Float64:
    """Probabilities as log-odds, none beyond 9.2: a judge who is surer than that is not believed."""
    clipped = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)))


@lru_cache(maxsize=1)
def published_model() -> Model:
    """The model that ships with the package; `data/model.md` is its card."""
    return from_bytes((files("detector.data") / "model.npz").read_bytes())


def to_bytes(model: Model) -> bytes:
    """A model as the bytes of an uncompressed archive of arrays; the same model gives the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {
        "numbers": np.array(
            [
                *(model.gate.early_trees, model.gate.early_margin),
                *(model.joint.scale, model.joint.offset, model.last.scale, model.last.offset),
            ]
        ),
        "version": np.array(model.version),
        "basis": np.array(json.dumps(dict(model.basis), sort_keys=True)),
    }
    for name, layer in _named(model.network, model.attention):
        arrays |= {f"{name}_weight": layer.weight.astype(np.float16), f"{name}_bias": layer.bias.astype(np.float16)}
    ensembles = {"gate": model.gate.trees, "joint": model.joint.trees, "last": model.last.trees, "hidden": model.hidden}
    for name, trees in ensembles.items():
        arrays |= {
            f"{name}_names": np.array(trees.names),
            f"{name}_column": trees.column.astype(np.int16),
            f"{name}_threshold": trees.threshold,
            f"{name}_left": trees.left,
            f"{name}_right": trees.right,
            f"{name}_value": trees.value.astype(np.float32),
            f"{name}_roots": trees.roots,
            f"{name}_depth": np.array(trees.depth),
        }
    stream = BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def from_bytes(data: bytes) -> Model:
    """Read back what `to_bytes` wrote; nothing in it is executed."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        early_trees, early_margin, *calibrated = arrays["numbers"].tolist()
        network, attention = _layers(arrays)
        return Model(
            gate=Gate(_trees(arrays, "gate"), int(early_trees), early_margin),
            network=network,
            attention=attention,
            joint=Judge(_trees(arrays, "joint"), *calibrated[:2]),
            last=Judge(_trees(arrays, "last"), *calibrated[2:]),
            hidden=_trees(arrays, "hidden"),
            version=str(arrays["version"]),
            basis=json.loads(str(arrays["basis"])),
        )


def _trees(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Trees:
    return Trees(
        names=tuple(str(column) for column in arrays[f"{name}_names"]),
        column=arrays[f"{name}_column"].astype(np.int32),
        threshold=arrays[f"{name}_threshold"].astype(np.float64),
        left=arrays[f"{name}_left"].astype(np.int32),
        right=arrays[f"{name}_right"].astype(np.int32),
        value=arrays[f"{name}_value"].astype(np.float64),
        roots=arrays[f"{name}_roots"].astype(np.int32),
        depth=int(arrays[f"{name}_depth"].astype(np.int64)),
    )


def _named(network: Network, attention: Attention) -> list[tuple[str, Layer]]:
    """All layers by the names that they bear in a file."""
    named = [(f"tower{t}_{n}", layer) for t, tower in enumerate(network.towers) for n, layer in enumerate(tower)]
    named += [("impression", network.impression), ("network", network.alone)]
    named += [("opinion", attention.opinion), ("alone", attention.alone), ("added", attention.added)]
    return named + [
        (f"round{number}_{field.name}", getattr(one, field.name))
        for number, one in enumerate(attention.rounds)
        for field in fields(Round)
    ]


def _layers(arrays: Mapping[str, NDArray[np.generic]]) -> tuple[Network, Attention]:
    """The layers of `_named` where they belong."""

    def layer(name: str) -> Layer:
        return Layer(arrays[f"{name}_weight"].astype(np.float32), arrays[f"{name}_bias"].astype(np.float32))

    def known(name: str) -> bool:
        return f"{name}_weight" in arrays

    towers: list[tuple[Layer, ...]] = []
    while known(f"tower{len(towers)}_0"):
        numbers = itertools.takewhile(lambda n: known(f"tower{len(towers)}_{n}"), itertools.count())
        towers.append(tuple(layer(f"tower{len(towers)}_{n}") for n in numbers))
    rounds = itertools.takewhile(lambda n: known(f"round{n}_query"), itertools.count())
    return Network(tuple(towers), layer("impression"), layer("network")), Attention(
        layer("opinion"),
        layer("alone"),
        tuple(Round(**{field.name: layer(f"round{n}_{field.name}") for field in fields(Round)}) for n in rounds),
        layer("added"),
    )
