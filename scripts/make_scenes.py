"""Write composed scenes as files with their truth, of one fold's material, to be measured like any other set."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from detector.errors import DetectorError
from detector.lab import threads
from detector.lab.corpus import read_corpus
from detector.lab.folds import FOLDS
from detector.lab.material import read_material
from detector.lab.scene_files import FILE_FAMILIES, orders, prepare, write_scene


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    if not options.corpus:
        print("make_scenes: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    corpus = Path(options.corpus)
    try:
        wanted = orders(options.recipe, options.hours_quiet, options.seed, options.cameras)
        material = read_material(corpus, read_corpus(corpus))[options.fold]
        if "far" in options.recipe and not material.strings:
            raise ValueError(f"fold {options.fold} has no far recordings; leave far out, or choose another fold")
        folder = prepare(options.out, corpus, _command(options), options.fold)
    except (DetectorError, ValueError) as error:
        print(f"make_scenes: {error}", file=sys.stderr)
        return 2
    threads.one_each()
    began, files, sound_s = time.monotonic(), 0, 0.0
    with ProcessPoolExecutor(options.jobs) as pool:
        write = partial(write_scene, folder=folder, material=material)
        for number, made in enumerate(pool.map(write, wanted), start=1):
            files, sound_s = files + made.files, sound_s + made.duration_s
            left_s = (time.monotonic() - began) * (len(wanted) / number - 1)
            print(f"{number}/{len(wanted)} {made.name}, {left_s:.0f} s left", file=sys.stderr)
    took_s = time.monotonic() - began
    print(f"{len(wanted)} scenes, {files} files, {sound_s / 3600:.2f} h of sound in {took_s:.0f} s: {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--out", type=Path, required=True, help="new folder for the scenes")
    parser.add_argument(
        "--recipe",
        type=_recipe,
        default={"barrage": 30, "walker": 30},
        help=f"FAMILY=SCENES,... (default barrage=30,walker=30); families: {', '.join(FILE_FAMILIES)}",
    )
    parser.add_argument("--hours-quiet", type=float, default=10.0, help="hours in which nobody fires (default 10)")
    parser.add_argument("--fold", type=int, choices=range(FOLDS), default=0, help="whose material (default 0)")
    parser.add_argument("--cameras", type=_counts, help="cameras of a scene, in turn: 2,3,8 (default: as suits it)")
    parser.add_argument("--seed", type=int, default=1, help="other seeds give other scenes (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    return parser


def _recipe(text: str) -> Mapping[str, int]:
    """`barrage=30,walker=30` as numbers; empty for nothing but quiet."""
    try:
        return {family: int(count) for family, _, count in (part.partition("=") for part in text.split(",") if part)}
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: write FAMILY=SCENES,..., as in barrage=30,walker=30") from error


def _counts(text: str) -> tuple[int, ...]:
    counts = tuple(int(part) for part in text.split(","))
    if min(counts) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a scene has 1 camera or more")
    return counts


def _command(options: argparse.Namespace) -> str:
    recipe = ",".join(f"{family}={count}" for family, count in options.recipe.items())
    words = f"python scripts/make_scenes.py --corpus CORPUS --out DIR --recipe '{recipe}'"
    if options.cameras:
        words += f" --cameras {','.join(map(str, options.cameras))}"
    return f"{words} --hours-quiet {options.hours_quiet:g} --fold {options.fold} --seed {options.seed}"


if __name__ == "__main__":
    sys.exit(main())
