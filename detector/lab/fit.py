"""Labelled cases -> the model that `core.probability` uses, and one for each fold left out.

Training takes the same road as detection: the candidates and columns are those that the detector
itself computes, so what is learned is what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from detector.core import arrivals, hearing, level, yamnet
from detector.core.features import Features, attack_db, patterns
from detector.core.hearing import Onsets
from detector.core.patches import SCALES, patches
from detector.core.probability import MISSING, Gate, Judge, Model, Trees, log_odds, logistic
from detector.core.stretches import Stretch, cut
from detector.lab.corpus import Case, sound
from detector.lab.metrics import Marks
from detector.records import Block, Bool, Float32, Float64, Int64
from detector.settings import ProbabilitySettings, Settings

NEGATIVE_SHARE = 0.25  # of the candidates that are no shots, used for the first ensemble, at four times the weight
MATCH_S = 0.01  # a candidate this close to a true shot is that shot
BESIDE_S = 0.004  # other candidates this close to one are neither right nor wrong
REAL_WEIGHT = 3.0  # of recorded gunfire against composed: there is little of it, and it is what counts
LOST = 0.0005  # share of the true shots it would keep that the first ensemble may let go early

SHAPE: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.06,
    "lambda_l2": 3.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
LOCAL = SHAPE | {"num_trees": 300, "num_leaves": 15, "max_depth": 6, "min_data_in_leaf": 15, "feature_fraction": 0.4}
# Among 200 columns that say much the same, each tree sees a few: what they have in common is what lasts elsewhere.
JOINT = SHAPE | {"num_trees": 400, "num_leaves": 31, "max_depth": 12, "min_data_in_leaf": 40, "feature_fraction": 0.2}
# Among the 50 columns that tell of neighbours alone, of which none knows what a place or a gun sounds like.
LAST = SHAPE | {"num_trees": 150, "num_leaves": 15, "max_depth": 12, "min_data_in_leaf": 40, "feature_fraction": 0.4}
# How many more shots hide in one: few examples of much else than none, so small trees of many.
HIDDEN = SHAPE | {"objective": "poisson", "learning_rate": 0.05, "lambda_l2": 5.0, "num_trees": 120, "num_leaves": 15}
HIDDEN |= {"min_data_in_leaf": 80, "feature_fraction": 0.2}
EARLY_TREES = 40


@dataclass(frozen=True, eq=False)
class Lesson:
    """Sound to learn from: one channel from time 0, with its marks; without them it holds just one shot."""

    samples: Float32
    rate_hz: int
    marks: Marks | None
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Candidates of one lesson: columns of n rows, and labels (n,): 1 shot, 0 other, -1 unknown.

    `hidden` (n,) counts the audible shots without a candidate of their own of which each is the
    nearest shot; it is empty where they are not known.
    """

    features: Features
    label: Int64
    weight: float
    hidden: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class Examples:
    """The candidates of lessons that a gate keeps, in the order of their times, as columns of n rows.

    Attributes
    ----------
    patches
        (n, windows, channels) in dB of each magnification.
    label, weight
        (n,) 1 for a shot, 0 for another sound, -1 where it is not known; of each in the fit.
    lesson
        (n,) number of the lesson, rising.
    time_s, level_db, pattern, gate_odds
        What attention compares (see `attention.Group`).
    embedding
        (n, EMBEDDED) what YAMNet, asked of all, makes of each.
    """

    patches: tuple[NDArray[np.float16], ...]
    label: Int64
    weight: Float32
    lesson: Int64
    time_s: Float64
    level_db: Float64
    pattern: Float32
    gate_odds: Float32
    embedding: NDArray[np.float16]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Every column by its name, the patches of a magnification being one."""
        patches = {f"patch_{scale}": patch for scale, patch in enumerate(self.patches)}
        return patches | {field.name: getattr(self, field.name) for field in fields(self) if field.name != "patches"}

    @staticmethod
    def of(columns: Mapping[str, NDArray[Any]]) -> Examples:
        """What `columns` gave."""
        patches = tuple(columns[f"patch_{scale}"] for scale in range(len(SCALES)))
        return Examples(patches, **{field.name: columns[field.name] for field in fields(Examples)[1:]})


def from_case(case: Case) -> Lesson:
    """A labelled recording as a lesson.

    Raises
    ------
    ValueError
        When it has neither complete marks nor just one shot.
    """
    if not case.labels_complete and not case.count_low == case.count_high == 1:
        raise ValueError(f"{case.name} has neither complete marks nor just one shot: nothing can be learned from it")
    weight = REAL_WEIGHT if case.material == "real" and not case.gun_free else 1.0
    return Lesson(*sound(case), case.marks if case.labels_complete else None, weight)


def _labelled(lesson: Lesson, time_s: Float64, level_db: Float64) -> Int64:
    """(n,) labels from the marks; without marks the loudest is the one shot.

    That it is in all 76 recordings of a single shot whose onset is labelled.
    """
    if lesson.marks is not None:
        return labels(time_s, lesson.marks)
    return labels(time_s, Marks.of(time_s[level_db.argmax()][None] if len(time_s) else []))


def labels(time_s: Float64, marks: Marks) -> Int64:
    """(n,) 1 for the candidate of each audible shot, -1 beside any shot, else 0.

    A shot's candidate is the nearest within 10 ms of its first arrival. Where crack and blast part,
    the blast takes the place of a crack that gave no candidate, and is no second shot otherwise.
    """
    label = np.zeros(len(time_s), np.int64)
    if len(time_s) == 0:
        return label
    for shot_s in marks.time_s[~marks.audible]:
        label[np.abs(time_s - shot_s) <= MATCH_S] = -1
    taken: set[int] = set()
    for arrivals_s in sorted(zip(marks.time_s[marks.audible], marks.also_s[marks.audible], strict=True)):
        for arrival_s in arrivals_s:
            distance = np.abs(time_s - arrival_s)
            free = [row for row in np.argsort(distance)[:6].tolist() if distance[row] <= MATCH_S and row not in taken]
            label[(distance <= BESIDE_S) & (label == 0)] = -1
            if free:
                taken.add(free[0])
                label[free[0]] = 1
                break
    return label


def hidden(time_s: Float64, label: Int64, marks: Marks) -> Int64:
    """(n,) how many audible shots beyond its own have the candidate of a shot for their nearest."""
    more = np.zeros(len(time_s), np.int64)
    found, shots_s = np.flatnonzero(label == 1), marks.time_s[marks.audible]
    if len(found) and len(shots_s):
        nearest = np.abs(time_s[found] - shots_s[:, None]).argmin(axis=1)
        more[found] = np.maximum(np.bincount(nearest, minlength=len(found)) - 1, 0)
    return more


def _stretches(lesson: Lesson, settings: Settings) -> Iterable[Stretch]:
    return cut([Block(0.0, lesson.rate_hz, lesson.samples[:, None])], settings.stretches)


def local_rows(lesson: Lesson, settings: Settings) -> Rows | None:
    """Every candidate of a lesson, seen alone; None without a stretch."""
    times, parts, levels = [], [], []
    for stretch in _stretches(lesson, settings):
        energies = level.measure(stretch)
        found, described = hearing.candidates(stretch, energies, settings)
        levels.append(attack_db(energies, found, settings.onsets))
        times.append(found.hop * stretch.hop_s)
        parts.append(described)
    if not parts:
        return None
    time_s = np.concatenate(times).astype(np.float64)
    table = np.concatenate([part.values for part in parts])
    label = _labelled(lesson, time_s, np.concatenate(levels).astype(np.float64))
    return Rows(Features(parts[0].names, table), label, lesson.weight)


def examples(lesson: Lesson, gate: Gate, settings: Settings) -> Examples | None:
    """The candidates of a lesson that a gate keeps; None without one."""
    parts = [_kept(stretch, gate, settings) for stretch in _stretches(lesson, settings)]
    if not parts or not any(len(part["time_s"]) for part in parts):
        return None
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = hearing.distinct(columns["time_s"], columns["gate_odds"])
    columns = {name: column[rows] for name, column in columns.items()}
    columns["label"] = _labelled(lesson, columns["time_s"], columns["level_db"])
    columns["weight"] = np.full(len(rows), lesson.weight, np.float32)
    columns["lesson"] = np.zeros(len(rows), np.int64)
    return Examples.of(columns)


def _kept(stretch: Stretch, gate: Gate, settings: Settings) -> dict[str, NDArray[Any]]:
    """The columns of `Examples` that the sound gives."""
    energies = level.measure(stretch)
    first = hearing.seen(stretch, energies, gate, settings)
    found = first.candidates.take(first.kept)
    around = patches(energies, found, settings.onsets)
    return {f"patch_{scale}": patch.astype(np.float16) for scale, patch in enumerate(around)} | {
        "time_s": arrivals.refine(stretch, found.hop, settings.arrivals).time_s,
        "level_db": attack_db(energies, found, settings.onsets),
        "pattern": patterns(energies, found, settings.onsets),
        "gate_odds": log_odds(first.chance[first.kept]).astype(np.float32),
        "embedding": yamnet.embeddings(stretch, found.hop).astype(np.float16),
    }


def joined(parts: Sequence[Examples]) -> Examples:
    """All examples together, in their order, their lessons numbered anew."""
    tables = [part.columns() for part in parts]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    ends = np.concatenate([np.diff(table["lesson"], append=-1) != 0 for table in tables])
    columns["lesson"] = np.concatenate([[0], np.cumsum(ends)[:-1]])
    return Examples.of(columns)


def joint_rows(lesson: Lesson, model: Model, settings: Settings) -> tuple[Onsets, Rows] | None:
    """The candidates of a lesson that the gate of `model` keeps, and what it makes of them among their neighbours."""
    onsets = hearing.join([hearing.listen(stretch, model, settings) for stretch in _stretches(lesson, settings)])
    if onsets is None:
        return None
    label = _labelled(lesson, onsets.time_s, onsets.level_db)
    more = np.zeros(len(label), np.int64) if lesson.marks is None else hidden(onsets.time_s, label, lesson.marks)
    return onsets, Rows(hearing.among(onsets, model, settings), label, lesson.weight, more)


def last_rows(onsets: Onsets, rows: Rows, joint: Judge, settings: Settings) -> Rows:
    """What `joint_rows` gave, seen by what `joint` makes of the neighbours."""
    columns, _ = hearing.neighbours(onsets, joint.chance(rows.features), settings.echoes)
    return replace(rows, features=columns)


def fit_gate(rows: Sequence[Rows]) -> Gate:
    """The first ensemble, with the margin below which it lets go early: hardly a shot that all its trees would keep."""
    random = np.random.default_rng(0)
    used = [(r.label == 1) | ((r.label == 0) & (random.random(len(r.label)) < NEGATIVE_SHARE)) for r in rows]
    trees = _boosted(rows, used, LOCAL, lambda label: np.where(label == 1, 1.0, 1 / NEGATIVE_SHARE))
    shots = np.concatenate([r.features.values[r.label == 1] for r in rows])
    kept = logistic(trees.margin(shots)) >= ProbabilitySettings().kept
    early = trees.margin(shots[kept], stop=EARLY_TREES)
    return Gate(trees, EARLY_TREES, float(np.quantile(early, LOST)) if len(early) else -np.inf)


def fit_joint(rows: Sequence[Rows]) -> Trees:
    """The second ensemble, from rows whose neighbours were judged by models that had not seen them."""
    return _boosted(rows, [r.label >= 0 for r in rows], JOINT, lambda label: np.ones(len(label)))


def fit_last(rows: Sequence[Rows]) -> Trees:
    """The third ensemble, from `last_rows` by models that had not seen them."""
    return _boosted(rows, [r.label >= 0 for r in rows], LAST, lambda label: np.ones(len(label)))


def fit_hidden(rows: Sequence[Rows]) -> Trees:
    """An ensemble whose margin is the logarithm of the mean number of shots hidden in one (Poisson).

    Where none of the shots hides another there is nothing to learn but that.
    """
    known = [r for r in rows if len(r.hidden)]
    if not any(r.hidden.any() for r in known):
        return _constant(rows[0].features.names, -np.log(2 + sum(int((r.label == 1).sum()) for r in known)))
    counted = [replace(r, label=r.hidden) for r in known]
    return _boosted(counted, [r.label == 1 for r in known], HIDDEN, lambda label: np.ones(len(label)))


def calibrate(margin: Float64, label: Int64) -> tuple[float, float]:
    """Scale and offset that make log-odds those of calibrated probabilities (Platt 1999), by Newton's method."""
    design = np.stack([margin, np.ones(len(margin))], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (label - chance)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design
        weights = weights + np.linalg.solve(curve + 1e-9 * np.eye(2), slope)
    return float(weights[0]), float(weights[1])


def _boosted(
    rows: Sequence[Rows], used: Sequence[Bool], shape: Mapping[str, Any], weigh: Callable[[Int64], Float64]
) -> Trees:
    table = np.concatenate([r.features.values[u] for r, u in zip(rows, used, strict=True)])
    label = np.concatenate([r.label[u] for r, u in zip(rows, used, strict=True)])
    weight = np.concatenate([np.full(int(u.sum()), r.weight) for r, u in zip(rows, used, strict=True)])
    data = lightgbm.Dataset(_filled(table), label, weight=weight * weigh(label))
    booster = lightgbm.train(dict(shape), data)
    return _arrays(booster.dump_model(), rows[0].features.names)


def _constant(names: tuple[str, ...], value: float) -> Trees:
    """An ensemble of one leaf."""
    leaf = np.zeros(1, np.int32)
    return Trees(names, leaf, np.zeros(1), leaf, leaf, np.array([np.float32(value)], np.float64), leaf, 0)


def _filled(values: Float32) -> Float32:
    return np.where(np.isnan(values), MISSING, values)


def _arrays(dump: Mapping[str, Any], names: tuple[str, ...]) -> Trees:
    """The nodes of all trees of a boosted ensemble in common arrays."""
    nodes: list[tuple[int, float, int, int, float]] = []
    roots = []
    deepest = 0
    for tree in dump["tree_info"]:
        roots.append(len(nodes))
        nodes.append((0, 0.0, 0, 0, 0.0))
        pending = [(tree["tree_structure"], roots[-1], 0)]
        while pending:
            node, place, depth = pending.pop()
            deepest = max(deepest, depth)
            if "leaf_value" in node and "split_feature" not in node:
                nodes[place] = (0, 0.0, place, place, float(node["leaf_value"]))
                continue
            left, right = len(nodes), len(nodes) + 1
            nodes += [(0, 0.0, 0, 0, 0.0)] * 2
            nodes[place] = (int(node["split_feature"]), float(node["threshold"]), left, right, 0.0)
            pending += [(node["left_child"], left, depth + 1), (node["right_child"], right, depth + 1)]
    column, threshold, left_, right_, value = (np.array(part) for part in zip(*nodes, strict=True))
    return Trees(
        names=names,
        column=column.astype(np.int32),
        threshold=threshold.astype(np.float64),
        left=left_.astype(np.int32),
        right=right_.astype(np.int32),
        # Kept in single precision, so that a model just fitted and one read back judge alike.
        value=value.astype(np.float32).astype(np.float64),
        roots=np.array(roots, np.int32),
        depth=deepest,
    )
