"""Fit the model that ships with the package, and one without each fold for honest measuring."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from detector.core.probability import to_bytes
from detector.lab import training
from detector.settings import Settings

DATA = Path(__file__).parent.parent / "detector" / "data"
CARD = """# Card of `model.npz`

Two boosted tree ensembles that turn the columns of an onset into the probability that it is a
gunshot (see docs/METHOD.md). Arrays only; nothing in the file is executed.

- Version: {name}
- SHA-256: {sha256}
- Fitted by: `python scripts/fit_model.py` with {versions}
- Learned from: {cases} labelled recordings (Pittsburgh live-fire tests, CC BY 4.0, ShotSpotter, Inc.; range takes of
  the SESA data set; single shots of the Cadre data set; sounds and beds that are not gunfire, each under its own
  licence) and {scenes} scenes composed by this project from such material and from physical blasts. None of the
  recordings is part of the project; the model holds thresholds and weights, no sound.
- Not learned from: any body-camera recording of gunfire. None was available.
- Licence of the coefficients: MIT, like the project.
- Measured on what was left out: docs/ACCURACY.md.
"""


def main() -> None:
    """Fit, and write `detector/data/model.npz` with its card and `fold-0.npz` to `fold-4.npz`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of labelled recordings")
    parser.add_argument("--models", type=Path, required=True, help="folder for the models without each fold")
    parser.add_argument("--cache", type=Path, required=True, help="folder for composed scenes")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    chosen = parser.parse_args()
    settings = Settings()
    found = training.sources(chosen.corpus, training.RECIPE, chosen.cache)
    versions = {name: version(name) for name in ("lightgbm", "numpy", "av")}
    name = training.signature(chosen.corpus, training.RECIPE, versions)
    basis = {
        "calibrated_on": "composed scenes and on range, street and phone recordings",
        "real_body_camera": False,
        "sample_rates_hz": [12000, 48000],
    }
    models = [replace(m, version=name, basis=basis) for m in training.train(found, settings, chosen.jobs, _say)]
    chosen.models.mkdir(parents=True, exist_ok=True)
    for fold, model in enumerate(models[: training.FOLDS]):
        (chosen.models / f"fold-{fold}.npz").write_bytes(to_bytes(model))
    data = to_bytes(models[training.EVERYTHING])
    (DATA / "model.npz").write_bytes(data)
    (DATA / "model.md").write_text(_card(name, data, versions, [source.name for source in found]), encoding="utf-8")


def _card(name: str, data: bytes, versions: dict[str, str], names: Sequence[str]) -> str:
    scenes = sum(one.startswith("composed/") for one in names)
    return CARD.format(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        versions=", ".join(f"{package} {number}" for package, number in versions.items()),
        cases=len(names) - scenes,
        scenes=scenes,
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
