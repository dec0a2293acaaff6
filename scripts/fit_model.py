"""Fit the model that ships with the package, and one without each fold for honest measuring."""

from __future__ import annotations

import argparse
import hashlib
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # see the card

import detector
from detector.core.probability import to_bytes
from detector.lab import card, training
from detector.lab.evaluate import source_sha256
from detector.lab.folds import FOLDS
from detector.settings import Settings

DATA = Path(__file__).parent.parent / "detector" / "data"
BASIS = {
    "calibrated_on": "composed scenes and on recordings of street sensors and phones",
    "real_body_camera": False,
    "sample_rates_hz": [12000, 48000],
}


def main() -> None:
    """Fit, and write `detector/data/model.npz` with its card and `fold-0.npz` to `fold-4.npz`."""
    chosen = _parser().parse_args()
    settings = Settings()
    found = training.sources(chosen.corpus, training.RECIPE, chosen.cache)
    told = _told(chosen, settings)
    trained, judged = training.train(found, settings, chosen.jobs, _say)
    models = [to_bytes(replace(model, version=told.name, basis=BASIS)) for model in trained]
    chosen.models.mkdir(parents=True, exist_ok=True)
    for fold in range(FOLDS):
        (chosen.models / f"fold-{fold}.npz").write_bytes(models[fold])
    data = models[training.EVERYTHING]
    (DATA / "model.npz").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    text = card.text(told, sha256, chosen.corpus, found, judged, settings.probability.shot)
    (DATA / "model.md").write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of labelled recordings")
    parser.add_argument("--models", type=Path, required=True, help="folder for the models without each fold")
    parser.add_argument("--cache", type=Path, required=True, help="folder for composed scenes")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2); they change nothing but the time")
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="YYYY-MM-DD on the card")
    return parser


def _told(chosen: argparse.Namespace, settings: Settings) -> card.Training:
    versions = card.versions()
    material = source_sha256(chosen.corpus)
    return card.Training(
        name=training.signature(material, training.RECIPE, settings, versions),
        material_sha256=material,
        sources_sha256=source_sha256(Path(detector.__file__).parent, ("__pycache__", "data")),
        versions=versions,
        jobs=chosen.jobs,
        day=chosen.date,
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
