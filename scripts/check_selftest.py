"""Compose scenes and see whether the self-test of each predicts how well its own shots are found.

python scripts/check_selftest.py --corpus DIR [--models DIR] [--scenes N] [--write]

The published model knows the pieces of which scenes are composed: `--models` names a folder with
fold-0.npz to fold-4.npz, each fitted without the pieces of its fold (`scripts/fit_model.py`
writes them), and every scene is judged by the model that does not know it. `--write` puts the
tables into docs/SELF_TEST.md and draws docs/selftest.png.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from detector.core.probability import Model, from_bytes, published_model
from detector.errors import DetectorError
from detector.lab import selftest_check, selftest_page
from detector.lab.composer import compose
from detector.lab.corpus import read_corpus
from detector.lab.folds import FOLDS
from detector.lab.marked import fill
from detector.lab.material import read_material
from detector.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIRST_SEED = 400  # behind those of the scenes that models are fitted on


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--models", type=Path, help="folder with fold-N.npz (default: the published model for all)")
    parser.add_argument("--scenes", type=int, default=200, help="how many, dealt to the families (default: 200)")
    parser.add_argument("--write", action="store_true", help="write docs/SELF_TEST.md and docs/selftest.png")
    options = parser.parse_args()
    if not options.corpus:
        print("check_selftest: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    try:
        models = _models(options.models)
        scenes = _checked(Path(options.corpus), models, options.scenes)
    except (DetectorError, OSError) as error:
        print(f"check_selftest: {error}", file=sys.stderr)
        return 2
    text = selftest_page.tables(scenes, left_out=options.models is not None)
    print(text)
    if options.write:
        fill(DOCS / "SELF_TEST.md", {"figures": text})
        (DOCS / "selftest.png").write_bytes(selftest_page.picture(scenes))
    return 0


def _models(folder: Path | None) -> list[Model]:
    if folder is None:
        return [published_model()] * FOLDS
    return [from_bytes((folder / f"fold-{fold}.npz").read_bytes()) for fold in range(FOLDS)]


def _checked(corpus: Path, models: list[Model], number: int) -> list[selftest_check.Checked]:
    material = read_material(corpus, [case for case in read_corpus(corpus) if case.may_teach])
    asked = sum(selftest_check.SCENES.values())
    found = []
    for family, share in selftest_check.SCENES.items():
        for seed in range(FIRST_SEED, FIRST_SEED + max(1, round(share * number / asked))):
            fold = seed % FOLDS
            scene = selftest_check.checked(compose(family, seed, material[fold]), models[fold], Settings())
            if scene is not None:
                found.append(scene)
                print(f"{scene.name}: predicted {scene.shots.mean():.2f}, true {scene.found.mean():.2f}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
