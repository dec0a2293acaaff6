"""Measure the detector and its peers on a corpus and write the tables to docs/ACCURACY.md.

python scripts/evaluate.py --corpus DIR [--sets range,scenes] [--limit 5] [--jobs 2] [--cache DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import detector
from detector.errors import DetectorError
from detector.lab.accuracy import page
from detector.lab.corpus import folds, read_corpus
from detector.lab.evaluate import evaluate, select, source_sha256

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
    outcomes = evaluate(chosen, folds(cases), jobs=options.jobs, cache=options.cache)
    versions = {"Python": platform.python_version()}
    versions |= {name: version(name) for name in ("gunshot-tally", "numpy", "scipy", "av", "librosa", "soxr")}
    text = page(outcomes, _command(options), versions, source_sha256(Path(detector.__file__).parent))
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
    parser.add_argument("--out", type=Path, default=Path("docs/ACCURACY.md"), help="page to write")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be 1 or more")
    return number


def _command(options: argparse.Namespace) -> str:
    """The command with what the figures depend on, without the paths of one machine."""
    words = ["python scripts/evaluate.py --corpus CORPUS"]
    words += [f"--{name} {getattr(options, name)}" for name in ("sets", "limit") if getattr(options, name)]
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())
