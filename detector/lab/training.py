"""Corpus and composed scenes -> the published model and, for honest measuring, one model without each fold.

A scene of a fold is composed of that fold's material alone, so the model without a fold has heard
nothing of it. What the second ensemble sees of its neighbours was judged by models that did not
know them either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from detector.core.probability import Model, Trees
from detector.lab import fit
from detector.lab.composer import compose
from detector.lab.corpus import Case, folds, read_corpus
from detector.lab.material import Material, read_material
from detector.lab.metrics import Marks
from detector.settings import Settings

FOLDS = 5
_STEPS = 16384  # of full scale in the cache: decoded sound overshoots it
EVERYTHING = FOLDS  # the number of the model that leaves nothing out

# Composed scenes whose truth does not stand where their sound does: the blasts are heard 10 to
# 150 ms before their marks. They are measured like all others, but nothing is learned from them.
MISPLACED = ("auto_501", "auto_502", "auto_505", "auto_506", "mute_501")

# Scenes of each family composed for each fold.
RECIPE = {
    "solo": 30,
    "pair": 30,
    "barrage": 12,
    "walker": 12,
    "auto": 16,
    "far": 16,
    "double": 12,
    "cabin": 16,
    "mute": 4,
    "quiet": 16,
    "fireworks": 4,
}

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Source:
    """Where a lesson comes from: a case of the corpus or a scene still to be composed."""

    name: str
    fold: int
    load: Callable[[], fit.Lesson]


def sources(corpus: Path, recipe: Mapping[str, int], cache: Path) -> list[Source]:
    """All lessons: the labelled cases of a corpus, then `recipe` scenes a fold of each family."""
    cases = read_corpus(corpus)
    fold_of = folds(cases, FOLDS)
    found = [Source(case.name, fold_of[case.group], partial(fit.from_case, case)) for case in cases if _can_teach(case)]
    for material in read_material(corpus, cases, FOLDS):
        for family, number in recipe.items():
            for seed in range(number):
                load = partial(composed, family, 1000 * material.fold + seed, material, cache)
                found.append(Source(f"composed/{family}/{material.fold}/{seed}", material.fold, load))
    return found


def _can_teach(case: Case) -> bool:
    known = case.labels_complete or case.count_low == case.count_high == 1
    return known and not any(f"/{name}/" in case.name for name in MISPLACED)


def composed(family: str, seed: int, material: Material, cache: Path) -> fit.Lesson:
    """A composed scene, kept in `cache` so that it is composed once."""
    path = cache / f"{family}-{seed}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            samples = (kept["samples"] / np.float32(_STEPS)).astype(np.float32)
            return fit.Lesson(samples, int(kept["rate_hz"]), Marks(kept["time_s"], kept["also_s"], kept["audible"]))
    take = compose(family, seed, material)
    samples = np.clip(np.rint(take.samples * _STEPS), -32768, 32767).astype(np.int16)
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    marks = take.marks
    np.savez(
        part, samples=samples, rate_hz=take.rate_hz, time_s=marks.time_s, also_s=marks.also_s, audible=marks.audible
    )
    part.replace(path)
    return fit.Lesson((samples / np.float32(_STEPS)).astype(np.float32), take.rate_hz, marks)


def train(found: Sequence[Source], settings: Settings, jobs: int, say: Callable[[str], None]) -> list[Model]:
    """Models without fold 0 to 4, then the one that knows everything."""
    with ProcessPoolExecutor(jobs) as pool:
        say(f"{len(found)} lessons: candidates seen alone")
        rows = list(pool.map(partial(_local, settings), found, chunksize=4))
        fold = [source.fold for source in found]
        shots = sum(int((r.label == 1).sum()) for r in rows if r)
        say(f"{sum(len(r.label) for r in rows if r)} candidates, {shots} shots")
        local = list(pool.map(fit.fit_local, _without_each(rows, fold)))
        say("candidates among their neighbours")
        work = [(source, local[source.fold]) for source in found]
        among = list(pool.map(partial(_joint, settings), work, chunksize=4))
        say(f"{sum(len(r.label) for r in among if r)} candidates kept")
        joint = list(pool.map(fit.fit_joint, _without_each(among, fold)))
    return _calibrated(local, joint, among, fold)


def _local(settings: Settings, source: Source) -> fit.Rows | None:
    return fit.local_rows(source.load(), settings)


def _joint(settings: Settings, work: tuple[Source, Model]) -> fit.Rows | None:
    source, model = work
    return fit.joint_rows(source.load(), model, settings)


def _without_each(rows: Sequence[fit.Rows | None], fold: Sequence[int]) -> Iterator[list[fit.Rows]]:
    for left_out in (*range(FOLDS), EVERYTHING):
        yield [r for r, f in zip(rows, fold, strict=True) if r is not None and f != left_out]


def _calibrated(
    local: Sequence[Model], joint: Sequence[Trees], among: Sequence[fit.Rows | None], fold: Sequence[int]
) -> list[Model]:
    """Models with scale and offset from the folds they know, judged by models that did not know them."""
    judged = [(joint[f].margin(r.features.values), r.label, f) for r, f in zip(among, fold, strict=True) if r]
    models = []
    for number, (one, trees) in enumerate(zip(local, joint, strict=True)):
        known = [(m[y >= 0], y[y >= 0]) for m, y, f in judged if f != number]
        scale, offset = fit.calibrate(np.concatenate([m for m, _ in known]), np.concatenate([y for _, y in known]))
        models.append(replace(one, joint=trees, scale=scale, offset=offset))
    return models


def signature(corpus: Path, recipe: Mapping[str, int], versions: Mapping[str, str]) -> str:
    """Twelve hex digits that name a training: what it was trained on and with."""
    names = sorted(str(path.relative_to(corpus)) for path in corpus.rglob("*") if path.is_file())
    told: dict[str, Any] = {"corpus": names, "recipe": dict(recipe), "shape": fit.SHAPE, "versions": dict(versions)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
