"""Measure how well several recordings of one incident are fused, and write the tables of docs/INCIDENTS.md.

python scripts/check_incidents.py --corpus DIR --models DIR [--scenes DIR=FOLD ...] [--jobs 2] [--page FILE]

`--scenes` are folders that scripts/make_scenes.py wrote, each with the fold of its material: they are judged by the
model that was fitted without that fold (`--models`, as for scripts/evaluate.py), as are the scenes and the tests of the
corpus. What it is worth that other cameras hear a sound, or do not, is fitted anew without each folder of scenes and
without each place in Pittsburgh, and what is left out is judged by that.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

from detector.core.probability import Model, from_bytes
from detector.lab import fusion_fit, incident_page, threads
from detector.lab import incident_trials as trials
from detector.lab.alignment_trials import Incident as Recorded
from detector.lab.evaluate import detector_sha256
from detector.lab.folds import fold_of
from detector.lab.marked import fill
from detector.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "INCIDENTS.md"
Found = tuple[str, Recorded, trials.Truth, trials.Kept]
Test = tuple[str, Recorded, int, trials.Kept]


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    if not options.corpus:
        print("check_incidents: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    threads.one_each()
    corpus = Path(options.corpus)
    composed = [("corpus", scene, fold_of(f"scenes/{Path(scene[0].name).name}")) for scene in trials.scenes(corpus)]
    for number, (folder, fold) in enumerate(options.scenes, start=1):
        composed += [(f"folder {number}", scene, fold) for scene in trials.scenes(folder)]
    street = [(each[0].name.partition("/")[0], each) for each in trials.tests(corpus)]
    jobs = [(scene[0], fold) for _, scene, fold in composed]
    jobs += [(each[0], fold_of(f"pittsburgh/{place}")) for place, each in street]
    hear = partial(_heard, models=options.models)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        kept = list(pool.map(hear, jobs))
    found = [(group, *scene, each) for (group, scene, _), each in zip(composed, kept, strict=False)]
    tests = [(place, *each, heard) for (place, each), heard in zip(street, kept[len(composed) :], strict=True)]
    fill(options.page, _tables(found, tests))
    print(f"{len(found)} incidents and {len(tests)} tests measured: {options.page}")
    return 0


def _tables(found: Sequence[Found], tests: Sequence[Test]) -> dict[str, str]:
    known = [trials.sounds(*each) for each in found]
    known += [trials.street_sounds(place, recorded, kept) for place, recorded, _, kept in tests]
    without = fusion_fit.left_out(known)
    rows = [
        (recorded, trials.fused(recorded, *kept, _settings(without[group])), truth)
        for group, recorded, truth, kept in found
    ]
    sources = detector_sha256()[:16]
    return {
        "sources": f"{len(rows)} composed incidents, {len(tests)} Pittsburgh tests, each judged by a model fitted "
        f"without its material; `detector/` with SHA-256 `{sources}`.",
        "matches": incident_page.matches(
            *([trials.match_row(*row, sure=sure) for row in rows] for sure in (False, True))
        ),
        "counts": incident_page.counts([each for row in rows for each in trials.count_rows(*row)]),
        "places": incident_page.places([trials.place_row(*row) for row in rows]),
        "street": incident_page.street(
            [
                trials.test_row(recorded, rounds, kept, _settings(without[place]))
                for place, recorded, rounds, kept in tests
            ]
        ),
        "weights": incident_page.weights(fusion_fit.fitted(known), without),
    }


def _settings(weights: Mapping[str, float]) -> Settings:
    return replace(Settings(), fusion=replace(Settings().fusion, **weights))


def _heard(job: tuple[Recorded, int], models: Path) -> trials.Kept:
    recorded, fold = job
    return trials.heard(recorded, _model(models / f"fold-{fold}.npz"))


@lru_cache(maxsize=8)
def _model(path: Path) -> Model:
    return from_bytes(path.read_bytes())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how well several recordings of one incident are fused.")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--models", type=Path, required=True, help="folder of fold-0.npz, ...: fitted without a fold")
    parser.add_argument("--scenes", type=_folder, nargs="*", default=(), help="DIR=FOLD of make_scenes.py")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose tables are written")
    return parser


def _folder(text: str) -> tuple[Path, int]:
    folder, _, fold = text.rpartition("=")
    if not folder or not fold.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: write DIR=FOLD, with the fold of the scenes' material")
    return Path(folder), int(fold)


if __name__ == "__main__":
    sys.exit(main())
