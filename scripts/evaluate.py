"""Measure the detector and its peers on a corpus: tables in docs/ACCURACY.md, pictures beside it.

python scripts/evaluate.py --corpus DIR [--models DIR] [--sets range,scenes] [--folds 0,1] [--limit 5] [--jobs 2]
                           [--cache DIR] [--out PAGE] [--measured detector/data/measured.json]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from detector.errors import DetectorError
from detector.lab import threads
from detector.lab.accuracy.document import page
from detector.lab.accuracy.measured import measured
from detector.lab.accuracy.plots import pictures
from detector.lab.corpus import Case, read_corpus
from detector.lab.evaluate import Outcome, detect_case, detector_sha256, evaluate, select
from detector.lab.folds import FOLDS, fold_of_groups
from detector.lab.peers import PEERS, missing

_LEFT_OUT = "every file judged by a model fitted without it and without all that shares its gun, place or source"
_PUBLISHED = "the published one, which may have been fitted on this material: no test of its reach"
_PACKAGES = ("gunshot-tally", "numpy", "scipy", "av", "librosa", "soxr", "obspy")
_TOLD = {
    "accuracy_onsets.png": "Onsets: F1 by family, errors, shots found by gap and by strength",
    "accuracy_counts.png": "Counts: file by file, intervals, probabilities, everyday sounds taken for shots",
}


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    try:
        cases = _cases(options)
    except (DetectorError, ValueError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    for peer, package in missing().items():
        print(f"evaluate: {peer} is left out: {package} is not installed", file=sys.stderr)
    threads.one_each()
    detect = partial(detect_case, models=options.models)
    outcomes = evaluate(cases, fold_of_groups(cases), detect, jobs=options.jobs, cache=options.cache)
    drawn = _draw(outcomes, options.out.parent)
    options.out.write_text(page(outcomes, _provenance(options, cases), drawn), encoding="utf-8")
    if options.measured:
        options.measured.write_text(measured(outcomes), encoding="utf-8")
    print(f"{len(cases)} files measured: {options.out}")
    return 0


def _cases(options: argparse.Namespace) -> tuple[Case, ...]:
    """The cases asked for; everything wrong with the options is told before any sound is read."""
    if not options.corpus:
        raise ValueError("name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS")
    if not options.out.parent.is_dir():
        raise ValueError(f"{options.out.parent}: no such folder; make it, or name another with --out")
    if options.models and not options.models.is_dir():
        raise ValueError(f"{options.models}: no such folder; make its models with scripts/fit_model.py --models")
    cases = read_corpus(options.corpus)
    fold = fold_of_groups(cases)
    chosen = [case for case in cases if fold[case.group] in options.folds]
    if not chosen:
        raise ValueError(f"no file of this corpus is in fold {', '.join(map(str, options.folds))}")
    return select(chosen, options.sets.split(",") if options.sets else (), options.limit)


def _draw(outcomes: Sequence[Outcome], folder: Path) -> dict[str, str]:
    """Writes the pictures; their file names and what they show."""
    try:
        drawn = pictures(outcomes)
    except DetectorError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return {}
    for name, picture in drawn.items():
        (folder / name).write_bytes(picture)
    return {name: _TOLD[name] for name in drawn}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the detector and its peers on a labelled corpus.")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--sets", help="comma-separated parts of the corpus (default: all)")
    parser.add_argument("--folds", type=_folds, default=tuple(range(FOLDS)), help="folds to measure (default: all)")
    parser.add_argument("--limit", type=_positive, help="at most so many files of each family (default: all)")
    parser.add_argument("--jobs", type=_positive, default=2, help="processes (default 2)")
    parser.add_argument("--cache", type=Path, help="folder that keeps the peers' results for the next run")
    parser.add_argument("--models", type=Path, help="folder of fold-0.npz, ...: models fitted without a fold")
    parser.add_argument("--out", type=Path, default=Path("docs/ACCURACY.md"), help="page to write, pictures beside it")
    parser.add_argument("--measured", type=Path, help="file for what reports say of recordings like theirs")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be 1 or more")
    return number


def _folds(text: str) -> tuple[int, ...]:
    numbers = tuple(sorted({int(part) for part in text.split(",")}))
    if not 0 <= numbers[0] <= numbers[-1] < FOLDS:
        raise argparse.ArgumentTypeError(f"{text}: folds are numbered from 0 to {FOLDS - 1}")
    return numbers


def _provenance(options: argparse.Namespace, cases: Sequence[Case]) -> dict[str, str]:
    """How the figures came about, without the paths of one machine."""
    words = ["python scripts/evaluate.py --corpus CORPUS"]
    words += [f"--{name} {getattr(options, name)}" for name in ("sets", "limit") if getattr(options, name)]
    if len(options.folds) < FOLDS:
        words.append(f"--folds {','.join(map(str, options.folds))}")
    words += ["--models MODELS"] * bool(options.models)
    sizes = Counter(case.collection for case in cases)
    return {
        "command": f"`{' '.join(words)}`",
        "sources measured": f"`detector/`, SHA-256 `{detector_sha256()}`",
        "model": f"{_LEFT_OUT}; {_hashes(options)}" if options.models else _PUBLISHED,
        "files": ", ".join(f"{collection} {n:,}" for collection, n in sorted(sizes.items())),
        "labels": f"SHA-256 `{_labels_sha256(Path(options.corpus))[:16]}` of all tables and truth files",
        "versions": ", ".join([f"Python {platform.python_version()}", *filter(None, map(_version, _PACKAGES))]),
        "other methods": "; ".join(name for name in PEERS if name not in missing()),
    }


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _hashes(options: argparse.Namespace) -> str:
    """Which models: the first digits of their hashes, for the folds that were measured."""
    models = [options.models / f"fold-{fold}.npz" for fold in options.folds]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in models if path.is_file()]
    return f"SHA-256 {', '.join(f'`{digest}`' for digest in digests)}"


def _labels_sha256(corpus: Path) -> str:
    """Hash of what is taken for true: every table and truth file, by name and content."""
    digest = hashlib.sha256()
    for path in sorted([*corpus.glob("*.csv"), *corpus.glob("*/*.csv"), *corpus.glob("scenes/*/truth.json")]):
        digest.update(path.relative_to(corpus).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
