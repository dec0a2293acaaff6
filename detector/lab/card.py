"""What a model was learned from and how it does on what was left out: the text of the card beside it."""

from __future__ import annotations

import csv
import math
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from detector.lab.training import Judged, Kind, Source

PACKAGES = ("numpy", "scipy", "av", "soxr", "lightgbm", "jax", "jaxlib", "optax")

_RIGHTS = {
    "pittsburgh": "live-fire tests in Pittsburgh: CC BY 4.0, ShotSpotter, Inc.",
    "range": "range takes of the SESA data set, from freesound: CC BY 4.0 according to its publication, not verified",
    "phones": "single shots of the Cadre data set, funded by the NIJ: for research",
    "scenes": "made of recordings of the other collections",
    "composed": "made by this project of recordings of the other collections and of physical blasts",
    "patrol": "synthesized by this project: no recording in it",
}
_BY_FILE = "each file under its own, counted below"
_LISTS = {"Sounds and beds": "not_gunfire.csv", "Impulse responses": "impulse_responses/index.csv"}

_TEXT = """# Card of `model.npz`

Ensembles of boosted trees and, behind the first, a convolutional network and attention over neighbours: what
describes an onset becomes the probability that it is a gunshot (docs/METHOD.md, sections 6 to 8). Arrays only;
nothing in the file is executed. One of its sources is YAMNet, which others trained: `yamnet.md`.

- Version: {name}, the first digits of a hash over material, recipe, shapes, settings and versions
- Date: {day}
- SHA-256 of the file: {sha256}
- SHA-256 of the material, names and contents of all files of the labelled corpus: {material}
- SHA-256 of the sources, names and contents of `detector/` without `data/`: {sources}
- Fitted by: `python scripts/fit_model.py`, {jobs} processes of one thread each, with {versions}
- Not learned from: any body-camera recording of gunfire. None was available.
- Licence of the coefficients: MIT, like the project. The model holds thresholds and weights, no sound; no recording is
  part of the project.

## Learned from
{learned}

A copy in 8 bits is a recording of the same collection again, more coarsely; it counts as no recording. A synthesized
minute is talk, steps and doors without a shot.

## Rights
{rights}

## On what was left out
Each lesson was judged by the model that was fitted without its fold: what is known to share a gun, a place or a
source is in one fold (`lab/folds.json`). Log loss (nats) and Brier score are those of onsets that the gate keeps.
Those with a probability of at least {shot} are called shots, rightly within 10 ms of an audible one; a shot that gave
no onset is missed. No echo is explained away afterwards and nothing is counted: docs/ACCURACY.md measures the whole
road.

{scores}
"""


@dataclass(frozen=True)
class Score:
    """How well chances fit what is known of some lessons.

    `onsets` of known kind were judged; `log_loss` and `brier` are their means, NaN without any.
    Of `shots` audible ones `right` were called, and `wrong` calls are of something else.
    """

    onsets: int
    shots: int
    right: int
    wrong: int
    log_loss: float
    brier: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 right / (called + shots); NaN without a shot."""
        return 2 * self.right / (self.right + self.wrong + self.shots) if self.shots else math.nan


def score(judged: Sequence[Judged], shot: float) -> Score:
    """The score of some lessons, onsets with a probability of at least `shot` being called shots."""
    label = np.concatenate([each.label for each in judged])
    odds = np.concatenate([each.odds for each in judged])[label >= 0]
    is_shot = label[label >= 0] == 1
    # From log-odds, so that no chance is rounded to 0 or 1.
    surprise = np.logaddexp(0, np.where(is_shot, -odds, odds))
    chance = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    called = chance >= shot
    return Score(
        onsets=len(odds),
        shots=sum(each.shots for each in judged),
        right=int((called & is_shot).sum()),
        wrong=int((called & ~is_shot).sum()),
        log_loss=float(surprise.mean()) if len(odds) else math.nan,
        brier=float(((chance - is_shot) ** 2).mean()) if len(odds) else math.nan,
    )


def versions() -> dict[str, str]:
    """Version of Python and of every package that a fitted model depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


@dataclass(frozen=True)
class Training:
    """What a card tells of a training besides its lessons: hashes, versions, processes, the day."""

    name: str
    material_sha256: str
    sources_sha256: str
    versions: Mapping[str, str]
    jobs: int
    day: date


def text(
    training: Training, model_sha256: str, corpus: Path, found: Sequence[Source], judged: Sequence[Judged], shot: float
) -> str:
    """The card, in Markdown; the same training gives the same text."""
    return _TEXT.format(
        name=training.name,
        day=training.day.isoformat(),
        sha256=model_sha256,
        material=training.material_sha256,
        sources=training.sources_sha256,
        jobs=training.jobs,
        versions=", ".join(f"{package} {number}" for package, number in training.versions.items()),
        learned=_learned(found),
        rights=_rights({source.collection for source in found}, corpus),
        shot=shot,
        scores=_scores(judged, shot),
    )


def _learned(found: Sequence[Source]) -> str:
    counts = Counter((source.kind, source.collection) for source in found)
    return _table(
        ["collection", "lessons", "what they are"],
        [[collection, str(number), kind] for (kind, collection), number in counts.items()],
    )


def _rights(collections: set[str], corpus: Path) -> str:
    told = [[name, _RIGHTS.get(name, _BY_FILE)] for name in sorted(collections)]
    by_file = [f"{title}: {licences}." for title, list_ in _LISTS.items() if (licences := _licences(corpus / list_))]
    return "\n\n".join([_table(["collection", "rights"], told), *by_file])


def _licences(path: Path) -> str:
    """How many files of a list stand under which licence, as the list words it, most first."""
    if not path.exists():
        return ""
    with path.open(newline="", encoding="utf-8") as file:
        counts = Counter(row.get("licence") or "not stated" for row in csv.DictReader(file))
    return "; ".join(f"{number} {licence}" for licence, number in counts.most_common())


def _scores(judged: Sequence[Judged], shot: float) -> str:
    groups: dict[tuple[Kind, str], list[Judged]] = {}
    for each in judged:
        groups.setdefault((each.kind, each.collection), []).append(each)
    rows = []
    for (kind, collection), lessons in groups.items():
        found = score(lessons, shot)
        counts = [str(number) for number in (len(lessons), found.onsets, found.shots, found.right, found.wrong)]
        rows.append([f"{collection}, {kind}", *counts, *map(_figure, (found.f1, found.log_loss, found.brier))])
    heads = ["set", "lessons", "onsets kept", "audible shots", "called rightly", "called wrongly"]
    return _table([*heads, "F1 at 10 ms", "log loss", "Brier"], rows)


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
