"""Cases -> what the detector and its peers say about each, from the same samples in the same run."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detector.core.probability import Model, from_bytes
from detector.lab.corpus import Case, sound
from detector.lab.peers import run_peers
from detector.media.decode import open_track
from detector.media.samples import SampleTrack
from detector.recording import report_on
from detector.records import Float64, Report
from detector.settings import Settings

DETECTOR = "this detector"
WITH_POSSIBLE = "with possible ones"

DetectCase = Callable[[Case, int], Report]
"""Runs the detector on a case; the fold says which model was trained without it. Must be picklable."""


@dataclass(frozen=True)
class Interval:
    """A count interval as the detector gave it."""

    at_least: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one method said about one case.

    `onset_s` (n,) are the onsets it calls shots. The detector also has an interval (None where it
    could not hear) and, as columns of one length, every onset it gave a probability.
    """

    case: Case
    method: str
    onset_s: Float64
    count: int
    interval: Interval | None
    candidate_s: Float64
    probability: Float64


def select(cases: Sequence[Case], collections: Sequence[str] = (), limit: int | None = None) -> tuple[Case, ...]:
    """The cases of some collections, at most `limit` of each family, spread evenly over the family.

    Raises
    ------
    ValueError
        On a collection that has no cases.
    """
    known = sorted({case.collection for case in cases})
    if unknown := sorted(set(collections) - set(known)):
        raise ValueError(f"no such set: {', '.join(unknown)}; this corpus has {', '.join(known)}")
    families: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        if not collections or case.collection in collections:
            families[case.collection, case.family].append(case)
    chosen = {case.name for family in families.values() for case in _spread(family, limit)}
    return tuple(case for case in cases if case.name in chosen)


def _spread(family: Sequence[Case], limit: int | None) -> list[Case]:
    if limit is None or len(family) <= limit:
        return list(family)
    return [family[row * len(family) // limit] for row in range(limit)]


def detect_case(case: Case, fold: int, models: Path | None = None) -> Report:
    """The detector on one case, padded clips as samples, all others from their file.

    `models` is a folder with `fold-0.npz`, `fold-1.npz`, ...: the model of a fold was fitted
    without the cases of that fold. The published model where it is None.
    """
    model = None if models is None else _model(models / f"fold-{fold}.npz")
    settings = Settings()
    if case.padded:
        return report_on(SampleTrack(*sound(case)), settings, model=model)
    with open_track(case.path, settings.media) as track:
        return report_on(track, settings, model=model)


@lru_cache(maxsize=8)
def _model(path: Path) -> Model:
    return from_bytes(path.read_bytes())


def evaluate(
    cases: Sequence[Case],
    fold_of: Mapping[str, int],
    detect: DetectCase = detect_case,
    jobs: int = 1,
    cache: Path | None = None,
) -> list[Outcome]:
    """What every method says about every case, ordered by case, the detector first.

    Parameters
    ----------
    cases
        What is measured.
    fold_of
        Group -> fold, from all cases of the corpus (`corpus.folds`).
    detect
        The detector under test; given each case's fold it can use the model trained without it.
    jobs
        Processes to share the work; the answer does not depend on it.
    cache
        Folder with the peers' results, so that a second run need not compute them.

    Raises
    ------
    RuntimeError
        When the detector fails on a case: it names the case.
    """
    work = partial(_measure, detect=detect, cache=cache)
    fold = [fold_of[case.group] for case in cases]
    if jobs == 1:
        return [outcome for outcomes in map(work, cases, fold) for outcome in outcomes]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:  # fresh: they read the thread settings
        return [outcome for outcomes in pool.map(work, cases, fold) for outcome in outcomes]


def _measure(case: Case, fold: int, detect: DetectCase, cache: Path | None) -> list[Outcome]:
    try:
        report = detect(case, fold)
    except Exception as error:
        raise RuntimeError(f"the detector failed on {case.name} ({case.path}): {error!r}") from error
    peers = run_peers(*sound(case), cache)
    nothing = np.empty(0)
    return [
        *_detector_outcomes(case, report),
        *(Outcome(case, name, np.array(times), len(times), None, nothing, nothing) for name, times in peers.items()),
    ]


def _detector_outcomes(case: Case, report: Report) -> tuple[Outcome, Outcome]:
    """The detector twice: onsets it calls shots, and those together with what it calls possible."""
    onsets = [(shot.time_s, shot.probability) for shot in report.shots]
    onsets += [(onset.time_s, onset.probability) for onset in report.rejected]
    candidate_s, probability = np.array(sorted(onsets), np.float64).reshape(-1, 2).T
    count = report.count
    interval = Interval(count.at_least, count.low, count.high) if count else None
    best = count.best if count else 0
    sure = np.array([shot.time_s for shot in report.shots if shot.status == "shot"], np.float64)
    listed = np.array([shot.time_s for shot in report.shots], np.float64)
    return (
        Outcome(case, DETECTOR, sure, best, interval, candidate_s, probability),
        Outcome(case, WITH_POSSIBLE, listed, best, interval, candidate_s, probability),
    )


def source_sha256(package: Path) -> str:
    """Hash of everything in a package that a result can depend on: sources and data, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
