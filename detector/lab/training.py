"""Corpus and composed scenes -> the published model and, for honest measuring, one model without each fold.

A scene of a fold is composed of that fold's material alone, so the model without a fold has heard
nothing of it. What the second ensemble sees of its neighbours was judged by models that did not
know them either.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

import numpy as np

from detector.core.attention import Attention
from detector.core.hearing import Onsets
from detector.core.network import Network
from detector.core.patches import SCALES
from detector.core.probability import Gate, Judge, Model, Trees
from detector.lab import fit
from detector.lab.bodycam import coarse, coarseness
from detector.lab.composer import Take, compose
from detector.lab.corpus import Case, read_corpus
from detector.lab.cost import patrol
from detector.lab.fit_network import NETWORK, fit_network
from detector.lab.folds import FOLDS, fold_of
from detector.lab.material import Material, read_material
from detector.lab.metrics import Marks
from detector.lab.scenes import Take as SceneTake
from detector.lab.scenes import render
from detector.records import Float64, Int64
from detector.settings import Settings

_STEPS = 16384  # of full scale in the cache: decoded sound overshoots it
EVERYTHING = FOLDS  # the number of the model that leaves nothing out

# Composed scenes whose truth does not stand where their sound does: the blasts are heard 10 to
# 150 ms before their marks. They are measured like all others, but nothing is learned from them.
MISPLACED = ("auto_501", "auto_502", "auto_505", "auto_506", "mute_501")

PATROLS = 60  # minutes of synthesized everyday sound without a shot, dealt to the folds

# Scenes of each family composed for each fold.
RECIPE = {
    "solo": 40,
    "pair": 40,
    "barrage": 16,
    "walker": 16,
    "auto": 16,
    "range": 40,
    "far": 24,
    "distant": 30,
    "double": 14,
    "cabin": 16,
    "mute": 4,
    "quiet": 45,
    "fireworks": 4,
}

Kind = Literal["recording", "copy in 8 bits", "composed scene", "synthesized minute"]

_HEARING = ("onsets", "arrivals", "echoes", "probability")  # stages whose settings decide what is learned

_Heard = tuple[Onsets, fit.Rows]  # the candidates of a lesson, and what a judge sees of them
_Fitted = TypeVar("_Fitted", Gate, Judge, Model)
_Part = TypeVar("_Part", fit.Rows, Path)


@dataclass(frozen=True, eq=False)
class Source:
    """Where a lesson comes from: a case of the corpus or a scene still to be composed, and what it counts among."""

    name: str
    kind: Kind
    collection: str
    fold: int
    load: Callable[[], fit.Lesson]


@dataclass(frozen=True, eq=False)
class Judged:
    """What a model says of a lesson that it had not heard.

    Calibrated log-odds (n,) and labels (n,) of the candidates: 1 for a shot, 0 for another sound,
    -1 where it is not known. Of the audible `shots` some may be no candidate any more.
    """

    kind: Kind
    collection: str
    odds: Float64
    label: Int64
    shots: int


def sources(corpus: Path, recipe: Mapping[str, int], cache: Path) -> list[Source]:
    """All lessons: the labelled cases of a corpus, then `recipe` scenes a fold of each family."""
    cases = read_corpus(corpus)
    found = [_source(case) for case in cases if _can_teach(case)]
    found += [
        replace(_source(case), name=f"{case.name}, 8 bits", kind="copy in 8 bits", load=partial(_coarse, case))
        for case in cases
        if case.gun_free and case.material == "real" and case.may_teach
    ]
    found += [
        Source(f"patrol/{seed}", "synthesized minute", "patrol", seed % FOLDS, partial(_patrol, seed, cache))
        for seed in range(PATROLS)
    ]
    for material in read_material(corpus, [case for case in cases if case.may_teach]):
        for family, number in recipe.items():
            for seed in range(number):
                load = partial(composed, family, 1000 * material.fold + seed, material, cache)
                name = f"composed/{family}/{material.fold}/{seed}"
                found.append(Source(name, "composed scene", "composed", material.fold, load))
    return found


def _source(case: Case) -> Source:
    kind: Kind = "recording" if case.material == "real" else "composed scene"
    return Source(case.name, kind, case.collection, fold_of(case.group), partial(fit.from_case, case))


def _can_teach(case: Case) -> bool:
    known = case.labels_complete or case.count_low == case.count_high == 1
    return known and case.may_teach and not any(f"/{name}/" in case.name for name in MISPLACED)


def _coarse(case: Case) -> fit.Lesson:
    """Everyday sound in 8 bits: silence between sounds must not tell gunfire from other bangs."""
    lesson = fit.from_case(case)
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    return replace(lesson, samples=coarse(lesson.samples, coarseness(rng)))


def _patrol(seed: int, cache: Path) -> fit.Lesson:
    """A minute of synthesized talk, steps and doors without a shot; the benchmark uses other seeds."""
    return _kept(cache / f"patrol-{seed}.npz", lambda: _of_scene(render(patrol(10_000 + seed))))


def _of_scene(take: SceneTake) -> fit.Lesson:
    return fit.Lesson(take.samples[:, 0] if take.samples.ndim == 2 else take.samples, take.scene.rate_hz, Marks.of([]))


def composed(family: str, seed: int, material: Material, cache: Path) -> fit.Lesson:
    """A composed scene, kept in `cache` so that it is composed once."""
    return _kept(cache / f"{family}-{seed}.npz", lambda: _of_take(compose(family, seed, material)))


def _of_take(take: Take) -> fit.Lesson:
    return fit.Lesson(take.samples, take.rate_hz, take.marks)


def _kept(path: Path, make: Callable[[], fit.Lesson]) -> fit.Lesson:
    """What `make` makes, rounded to 16 bits, from the file at `path` when it was made before."""
    if not path.exists():
        lesson = make()
        marks = lesson.marks or Marks.of([])
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        samples = np.clip(np.rint(lesson.samples * _STEPS), -32768, 32767).astype(np.int16)
        columns = {"time_s": marks.time_s, "also_s": marks.also_s, "audible": marks.audible}
        np.savez(part, allow_pickle=False, samples=samples, rate_hz=np.array(lesson.rate_hz), **columns)
        part.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        samples = (kept["samples"] / np.float32(_STEPS)).astype(np.float32)
        return fit.Lesson(samples, int(kept["rate_hz"]), Marks(kept["time_s"], kept["also_s"], kept["audible"]))


def train(
    found: Sequence[Source], settings: Settings, jobs: int, say: Callable[[str], None]
) -> tuple[list[Model], list[Judged]]:
    """Models without fold 0 to 4, then the one that knows everything; and every lesson judged without its fold."""
    fold = [source.fold for source in found]
    # Fresh processes: one that has threads must not be forked.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool, TemporaryDirectory() as scratch:
        say(f"{len(found)} lessons: candidates seen alone")
        rows = list(pool.map(partial(_local, settings), found, chunksize=4))
        shots = sum(int((r.label == 1).sum()) for r in rows if r)
        say(f"{sum(len(r.label) for r in rows if r)} candidates, {shots} shots")
        gates = list(pool.map(fit.fit_gate, _without_each(rows, fold)))
        say("what surrounds those that are kept")
        seen = list(pool.map(partial(_examples, settings), zip(found, _own(gates, fold), strict=True), chunksize=4))
        kept = _filed(seen, fold, Path(scratch))
        say(f"{sum(len(e.label) for e in seen if e)} examples for the networks")
        networks = list(pool.map(_network, _without_each(kept, range(FOLDS))))
        say("candidates among their neighbours")
        judges = [_unjudged(gate, *network) for gate, network in zip(gates, networks, strict=True)]
        among = list(pool.map(partial(_joint, settings), zip(found, _own(judges, fold), strict=True), chunksize=4))
        heard, audible = [each for each, _ in among], [number for _, number in among]
        rows = [None if each is None else each[1] for each in heard]
        without = list(_without_each(rows, fold))
        hidden = pool.map(fit.fit_hidden, without)
        joint = _calibrated(list(pool.map(fit.fit_joint, without)), rows, fold)
        say("and once more, by what is made of these")
        work = zip(heard, _own(joint, fold), strict=True)
        again = list(pool.map(partial(_last, settings), work, chunksize=16))
        last = _calibrated(list(pool.map(fit.fit_last, _without_each(again, fold))), again, fold)
        fitted = zip(judges, joint, last, hidden, strict=True)
        models = [replace(one, joint=first, last=second, hidden=more) for one, first, second, more in fitted]
    judged = [
        Judged(source.kind, source.collection, *_judgement(judge, rows), number)
        for source, judge, rows, number in zip(found, _own(last, fold), again, audible, strict=True)
    ]
    return models, judged


def _calibrated(trees: Sequence[Trees], rows: Sequence[fit.Rows | None], fold: Sequence[int]) -> list[Judge]:
    """Each ensemble calibrated by the lessons that it knows, as judged by those that do not."""
    raw = [Judge(one) for one in trees]
    judged = [_judgement(judge, one) for judge, one in zip(_own(raw, fold), rows, strict=True)]
    calibrated = []
    for number, judge in enumerate(raw):
        known = [each for each, f in zip(judged, fold, strict=True) if f != number]
        margin, label = (np.concatenate(part) for part in zip(*known, strict=True))
        scale, offset = fit.calibrate(margin[label >= 0], label[label >= 0])
        calibrated.append(replace(judge, scale=scale, offset=offset))
    return calibrated


def _judgement(judge: Judge, rows: fit.Rows | None) -> tuple[Float64, Int64]:
    """Log-odds and labels of a lesson's candidates."""
    if rows is None:
        return np.empty(0), np.empty(0, np.int64)
    return judge.scale * judge.trees.margin(rows.features.values) + judge.offset, rows.label


def _own(models: Sequence[_Fitted], fold: Sequence[int]) -> Iterator[_Fitted]:
    """For each lesson the model that has not heard its fold."""
    return (models[f] for f in fold)


def _local(settings: Settings, source: Source) -> fit.Rows | None:
    return fit.local_rows(source.load(), settings)


def _examples(settings: Settings, work: tuple[Source, Gate]) -> fit.Examples | None:
    source, gate = work
    return fit.examples(source.load(), gate, settings)


def _filed(seen: Sequence[fit.Examples | None], fold: Sequence[int], folder: Path) -> list[Path]:
    """Files with the examples of each fold: too much to hand from process to process."""
    paths = [folder / f"fold-{number}.npz" for number in range(FOLDS)]
    for number, path in enumerate(paths):
        mine = [part for part, f in zip(seen, fold, strict=True) if part is not None and f == number]
        if mine:
            np.savez(path, allow_pickle=False, **fit.joined(mine).columns())
    return paths


def _network(paths: Sequence[Path]) -> tuple[Network, Attention]:
    parts = []
    for path in paths:
        if path.exists():
            with np.load(path, allow_pickle=False) as kept:
                parts.append(fit.Examples.of(kept))
    return fit_network(fit.joined(parts))


def _unjudged(gate: Gate, network: Network, attention: Attention) -> Model:
    """A model that cannot yet judge among neighbours."""
    nothing = Judge(gate.trees)
    return Model(gate, network, attention, nothing, nothing, gate.trees, version="", basis={})


def _joint(settings: Settings, work: tuple[Source, Model]) -> tuple[_Heard | None, int]:
    """The candidates of a lesson among their neighbours, and how many shots are to be heard in it."""
    source, model = work
    lesson = source.load()
    shots = 1 if lesson.marks is None else int(lesson.marks.audible.sum())
    return fit.joint_rows(lesson, model, settings), shots


def _last(settings: Settings, work: tuple[_Heard | None, Judge]) -> fit.Rows | None:
    """The candidates of a lesson by what is made of their neighbours."""
    heard, joint = work
    return None if heard is None else fit.last_rows(*heard, joint, settings)


def _without_each(parts: Sequence[_Part | None], fold: Sequence[int]) -> Iterator[list[_Part]]:
    for left_out in (*range(FOLDS), EVERYTHING):
        yield [part for part, f in zip(parts, fold, strict=True) if part is not None and f != left_out]


def signature(material: str, recipe: Mapping[str, int], settings: Settings, versions: Mapping[str, str]) -> str:
    """Twelve hex digits that name a training: what it was trained on, a hash of it, and with."""
    told: dict[str, Any] = {
        "material": material,
        "recipe": dict(recipe),
        "patrols": PATROLS,
        "misplaced": MISPLACED,
        "trees": {"gate": fit.LOCAL, "early": fit.EARLY_TREES, "joint": fit.JOINT, "last": fit.LAST}
        | {"hidden": fit.HIDDEN},
        "network": NETWORK | {"scales": [asdict(scale) for scale in SCALES]},
        "settings": {stage: figures for stage, figures in settings.to_dict().items() if stage in _HEARING},
        "versions": dict(versions),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
