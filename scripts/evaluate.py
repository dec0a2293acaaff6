"""Measure the detector and its peers on a corpus and write the tables to docs/ACCURACY.md.

python scripts/evaluate.py --corpus DIR [--models DIR] [--sets range,scenes] [--limit 5] [--jobs 2] [--cache DIR]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import detector
from detector.errors import DetectorError
from detector.lab.accuracy import page
from detector.lab.corpus import folds, read_corpus
from detector.lab.evaluate import detect_case, evaluate, select, source_sha256

_LEFT_OUT = "every file judged by a model fitted without it and without all that shares its gun, place or source"
_PUBLISHED = "the published one, which may have been fitted on this material: no test of its reach"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    if not options.corpus:
        print("evaluate: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    if not options.out.parent.is_dir():
        print(f"evaluate: {options.out.parent}: no such folder; make it, or name another with --out", file=sys.stderr)
        return 2
    try:
        cases = read_corpus(options.corpus)
        chosen = select(cases, options.sets.split(",") if options.sets else (), options.limit)
    except (DetectorError, ValueError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    os.environ.update(dict.fromkeys(_THREADS, "1"))  # the workers already share the cores
    detect = partial(detect_case, models=options.models)
    outcomes = evaluate(chosen, folds(cases), detect, jobs=options.jobs, cache=options.cache)
    text = page(outcomes, _provenance(options))
    options.out.write_text(text, encoding="utf-8")
    print(f"{len(chosen)} files measured: {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the detector and its peers on a labelled corpus.")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--sets", help="comma-separated parts of the corpus (default: all)")
    parser.add_argument("--limit", type=_positive, help="at most so many files of each family (default: all)")
    parser.add_argument("--jobs", type=_positive, default=2, help="processes (default 2)")
    parser.add_argument("--cache", type=Path, help="folder that keeps the peers' results for the next run")
    parser.add_argument("--models", type=Path, help="folder of fold-0.npz, ...: models fitted without a fold")
    parser.add_argument("--out", type=Path, default=Path("docs/ACCURACY.md"), help="page to write")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be 1 or more")
    return number


def _provenance(options: argparse.Namespace) -> dict[str, str]:
    """How the figures came about, without the paths of one machine."""
    words = ["python scripts/evaluate.py --corpus CORPUS"]
    words += [f"--{name} {getattr(options, name)}" for name in ("sets", "limit") if getattr(options, name)]
    words += ["--models MODELS"] * bool(options.models)
    packages = ("gunshot-tally", "numpy", "scipy", "av", "librosa", "soxr")
    return {
        "command": f"`{' '.join(words)}`",
        "sources measured": f"`detector/`, SHA-256 `{source_sha256(Path(detector.__file__).parent)}`",
        "model": _LEFT_OUT if options.models else _PUBLISHED,
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)]
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
