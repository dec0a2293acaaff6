"""Draw the cases of a set that went worst, with truth, verdicts and reasons: one picture and one line each.

python scripts/worst.py SET --corpus DIR [--models DIR] [--number 10] [--peers] [--jobs 2] [--out DIR]

SET is a part of the corpus such as `range`, or one family of it such as `scenes/double`.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from detector.errors import DetectorError
from detector.lab.corpus import Case, read_corpus, sound
from detector.lab.drawing import png
from detector.lab.evaluate import detect_case, for_each, select
from detector.lab.folds import fold_of_groups
from detector.lab.peers import run_peers
from detector.lab.worst import Trial, judge, line, worst
from detector.lab.worst_page import Heard, page


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    try:
        cases = _cases(options)
    except (DetectorError, ValueError) as error:
        print(f"worst: {error}", file=sys.stderr)
        return 2
    reports = for_each(partial(detect_case, models=options.models), cases, fold_of_groups(cases), options.jobs)
    trials = [judge(case, report) for case, report in zip(cases, reports, strict=True)]
    options.out.mkdir(parents=True, exist_ok=True)
    for row, trial in enumerate(worst(trials, options.number), start=1):
        path = options.out / f"{row:02}-{trial.case.name.replace('/', '_')}.png"
        path.write_bytes(_picture(trial, options))
        print(f"{path.name}: {line(trial)}")
    return 0


def _cases(options: argparse.Namespace) -> tuple[Case, ...]:
    """The cases of a set or of one family of it."""
    if not options.corpus:
        raise ValueError("name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS")
    collection, _, family = options.set.partition("/")
    cases = select(read_corpus(options.corpus), (collection,))
    chosen = tuple(case for case in cases if not family or case.family == family)
    if not chosen:
        known = ", ".join(sorted({case.family for case in cases}))
        raise ValueError(f"no such family: {family}; {collection} has {known}")
    return chosen


def _picture(trial: Trial, options: argparse.Namespace) -> bytes:
    samples, rate_hz = sound(trial.case)
    peers = run_peers(samples, rate_hz, options.cache) if options.peers else {}
    return png(page(trial, Heard(samples, rate_hz, peers)), colours=None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Draw the cases of a set that went worst.")
    parser.add_argument("set", metavar="SET", help="part of the corpus, or one family of it: range, scenes/double")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--models", type=Path, help="folder of fold-0.npz, ...: models fitted without a fold")
    parser.add_argument("--number", type=int, default=10, help="cases to draw (default 10)")
    parser.add_argument("--peers", action="store_true", help="mark what other methods find, too")
    parser.add_argument("--cache", type=Path, help="folder that keeps the peers' results for the next run")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--out", type=Path, default=Path("worst"), help="folder for the pictures (default: worst)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
