"""Cases -> what the detector and its peers say about each, from the same samples in the same run."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from detector.core.probability import Model, from_bytes
from detector.lab.corpus import Case, sound
from detector.lab.metrics import Marks, TrueVolleys, true_volleys
from detector.lab.peers import run_peers
from detector.media.decode import open_track
from detector.media.samples import SampleTrack
from detector.recording import report_on
from detector.records import CountInterval, Float64, Int64, Report
from detector.settings import Settings

T = TypeVar("T")

DETECTOR = "this detector"
_NO_VERDICT = ("__pycache__", "measured.json", "archive", "exports", "lab", "views")
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

    `onset_s` (n,) are the onsets it calls shots; `volley_count` (v,) how many shots it counts in each
    of `volleys_of(case)`. The detector also has intervals (None where it could not hear), one of the
    whole and one a volley, and, as columns of one length, every onset it gave a probability.
    `rate_hz` is the sample rate of the sound.
    """

    case: Case
    method: str
    onset_s: Float64
    count: int
    interval: Interval | None
    candidate_s: Float64
    probability: Float64
    rate_hz: int
    volley_count: Int64
    volley_interval: tuple[Interval | None, ...] = ()


def volleys_of(case: Case) -> TrueVolleys:
    """The true volleys of a case, none where the truth of single volleys is not known.

    That is so where onsets are not all labelled, and where shots are shown again: each is to be
    counted once, and either showing may be the one that counts.
    """
    shown_again = case.count_high < case.marks.time_s.size
    return true_volleys(Marks.of([]) if shown_again else case.marks, Settings().volleys.gap_s)


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
    measured = for_each(partial(_measure, detect=detect, cache=cache), cases, fold_of, jobs)
    return [outcome for outcomes in measured for outcome in outcomes]


def for_each(work: Callable[[Case, int], T], cases: Sequence[Case], fold_of: Mapping[str, int], jobs: int) -> list[T]:
    """What `work` makes of every case and its fold, in the order of the cases, by `jobs` processes."""
    fold = [fold_of[case.group] for case in cases]
    if jobs == 1:
        return list(map(work, cases, fold))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:  # fresh: they read the thread settings
        return list(pool.map(work, cases, fold))


def _measure(case: Case, fold: int, detect: DetectCase, cache: Path | None) -> list[Outcome]:
    try:
        report = detect(case, fold)
    except Exception as error:
        raise RuntimeError(f"the detector failed on {case.name} ({case.path}): {error!r}") from error
    samples, rate_hz = sound(case)
    peers = run_peers(samples, rate_hz, cache)
    return [
        *_detector_outcomes(case, report, rate_hz),
        *(_peer_outcome(case, name, np.array(times, np.float64), rate_hz) for name, times in peers.items()),
    ]


def _peer_outcome(case: Case, name: str, onset_s: Float64, rate_hz: int) -> Outcome:
    volleys, nothing = volleys_of(case), np.empty(0)
    inside = (onset_s >= volleys.start_s[:, None]) & (onset_s < volleys.stop_s[:, None])
    return Outcome(case, name, onset_s, onset_s.size, None, nothing, nothing, rate_hz, inside.sum(axis=1))


def _detector_outcomes(case: Case, report: Report, rate_hz: int) -> tuple[Outcome, Outcome]:
    """The detector twice: onsets it calls shots, and those together with what it calls possible."""
    onsets = [(shot.time_s, shot.probability) for shot in report.shots]
    onsets += [(onset.time_s, onset.probability) for onset in report.rejected]
    candidate_s, probability = np.array(sorted(onsets), np.float64).reshape(-1, 2).T
    volleys = volleys_of(case)
    counts = [report.count_between(start, stop) for start, stop in zip(volleys.start_s, volleys.stop_s, strict=True)]
    listed = Outcome(
        case=case,
        method=WITH_POSSIBLE,
        onset_s=np.array([shot.time_s for shot in report.shots], np.float64),
        count=report.count.best if report.count else 0,
        interval=_interval(report.count),
        candidate_s=candidate_s,
        probability=probability,
        rate_hz=rate_hz,
        volley_count=np.array([count.best if count else 0 for count in counts], np.int64),
        volley_interval=tuple(_interval(count) for count in counts),
    )
    sure = np.array([shot.time_s for shot in report.shots if shot.status == "shot"], np.float64)
    return replace(listed, method=DETECTOR, onset_s=sure), listed


def _interval(count: CountInterval | None) -> Interval | None:
    return Interval(count.at_least, count.low, count.high) if count else None


def source_sha256(folder: Path, without: Collection[str] = ("__pycache__", "measured.json")) -> str:
    """Hash of everything in a folder, by name and content, but what bears some names."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {*without} & {*path.relative_to(folder).parts}:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def detector_sha256() -> str:
    """Hash of the sources on which a verdict or its time can depend: all but what tells of it, and what measures it."""
    return source_sha256(Path(__file__).resolve().parent.parent, _NO_VERDICT)
