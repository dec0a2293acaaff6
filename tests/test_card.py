"""The card of a model: scores as plain arithmetic, and everything told that made it."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import runpy
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from detector.core.patches import SCALES
from detector.core.probability import Model, from_bytes, published_model
from detector.lab import card, fit, training
from detector.lab.fit_network import NETWORK
from detector.lab.training import Judged, Kind
from detector.settings import Settings
from tests.pieces import small_corpus

ROOT = Path(__file__).resolve().parent.parent


def judged(
    chance: Sequence[float], label: Sequence[int], shots: int, kind: Kind = "recording", collection: str = "phones"
) -> Judged:
    given = np.array(chance, np.float64)
    return Judged(kind, collection, np.log(given / (1 - given)), np.array(label, np.int64), shots)


def test_scores_are_those_of_the_onsets_whose_kind_is_known() -> None:
    lessons = [judged([0.9, 0.2, 0.99], [1, 0, -1], 1), judged([0.4, 0.7], [1, 0], 2), judged([], [], 1)]
    found = card.score(lessons, 0.5)
    assert (found.onsets, found.shots, found.right, found.wrong) == (4, 4, 1, 1)
    assert found.f1 == pytest.approx(2 * 1 / (2 + 4))  # two calls, four shots to be heard
    assert found.log_loss == pytest.approx(-math.log(0.9 * 0.8 * 0.4 * 0.3) / 4)
    assert found.brier == pytest.approx((0.1**2 + 0.2**2 + 0.6**2 + 0.7**2) / 4)
    assert card.score(lessons, 0.95).right == 0
    assert card.score(lessons, 0.3).right == 2


def test_a_sure_mistake_costs_what_it_should_and_nothing_overflows() -> None:
    sure = Judged("recording", "range", np.array([-2000.0, 2000.0]), np.array([1, 1]), 2)
    assert card.score([sure], 0.5).log_loss == 1000
    assert card.score([sure], 0.5).brier == 0.5


def test_without_shots_or_onsets_there_is_no_figure() -> None:
    nothing = card.score([judged([], [], 0)], 0.5)
    assert math.isnan(nothing.f1)
    assert math.isnan(nothing.log_loss)
    assert math.isnan(nothing.brier)
    assert card.score([judged([0.9], [0], 0)], 0.5).wrong == 1


def changed(
    material: str = "1f",
    recipe: Mapping[str, int] = MappingProxyType({"solo": 3}),
    settings: Settings | None = None,
    versions: Mapping[str, str] = MappingProxyType({"numpy": "2"}),
) -> str:
    return training.signature(material, recipe, settings or Settings(), versions)


def test_a_training_is_named_after_all_that_decides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [changed(), changed(material="2f"), changed(recipe={"solo": 4}), changed(versions={"numpy": "3"})]
    names.append(
        changed(settings=dataclasses.replace(Settings(), onsets=dataclasses.replace(Settings().onsets, gate_db=4.0)))
    )
    for name, value in (
        ("training.PATROLS", 1),
        ("training.MISPLACED", ()),
        ("training.NETWORK", NETWORK | {"hidden": 65}),
        ("training.SCALES", SCALES[:2]),
        ("fit.LOCAL", fit.LOCAL | {"num_trees": 1}),
        ("fit.JOINT", fit.JOINT | {"num_trees": 1}),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"detector.lab.{name}", value)
            names.append(changed())
    assert len(set(names)) == len(names)
    assert changed() == names[0]
    elsewhere = dataclasses.replace(Settings(), volleys=dataclasses.replace(Settings().volleys, gap_s=9.0))
    assert changed(settings=elsewhere) == names[0]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model, its card and the models without each fold, as the script writes what it is given."""
    corpus = small_corpus(tmp_path / "corpus")
    responses = corpus / "impulse_responses" / "index.csv"
    responses.write_text("file,licence\na.flac,CC0\nb.flac,MIT\nc.flac,CC0\n", encoding="utf-8")

    def train(found: list[training.Source], *_: object) -> tuple[list[Model], list[Judged]]:
        lessons = [
            judged([0.9, 0.1], [1, 0], 1, source.kind, source.collection)
            if source.collection == "phones"
            else judged([0.2], [0], 0, source.kind, source.collection)
            for source in found
        ]
        return [published_model()] * 6, lessons

    out = tmp_path / "out"
    out.mkdir()
    arguments = ["--corpus", str(corpus), "--models", str(out / "models"), "--cache", str(tmp_path / "cache")]
    monkeypatch.setattr(sys, "argv", ["fit_model", *arguments, "--jobs", "7", "--date", "2031-02-03"])
    monkeypatch.setattr(training, "train", train)
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(threads, "1")  # so that what the script sets is undone
    main = runpy.run_path(str(ROOT / "scripts" / "fit_model.py"))["main"]
    monkeypatch.setitem(main.__globals__, "DATA", out)
    main()
    first = (out / "model.md").read_bytes(), (out / "model.npz").read_bytes()
    main()
    assert first == ((out / "model.md").read_bytes(), (out / "model.npz").read_bytes())
    return out


def test_the_card_tells_what_was_learned_from_and_with(written: Path) -> None:
    text = (written / "model.md").read_text(encoding="utf-8")
    model = from_bytes((written / "model.npz").read_bytes())
    assert f"- Version: {model.version}," in text
    assert "- Date: 2031-02-03\n" in text
    assert "7 processes of one thread each" in text
    for name, version in card.versions().items():
        assert f"{name} {version}" in text
    for row in (
        "| phones | 5 | recording |",
        "| pittsburgh | 5 | recording |",
        "| not_gunfire | 5 | recording |",
        "| beds | 5 | copy in 8 bits |",
        f"| patrol | {training.PATROLS} | synthesized minute |",
        f"| composed | {5 * sum(training.RECIPE.values())} | composed scene |",
        "| phones, recording | 5 | 10 | 5 | 5 | 0 | 1.000 | 0.105 | 0.010 |",
        "| beds, copy in 8 bits | 5 | 5 | 0 | 0 | 0 | - | 0.223 | 0.040 |",
    ):
        assert row in text, row
    assert "Impulse responses: 2 CC0; 1 MIT." in text
    assert "Sounds and beds: 15 not stated." in text
    assert sorted(path.name for path in (written / "models").iterdir()) == [f"fold-{fold}.npz" for fold in range(5)]


def test_every_collection_of_gunfire_has_its_rights_and_no_figure_is_left_open(written: Path) -> None:
    text = (written / "model.md").read_text(encoding="utf-8")
    assert "CC BY 4.0, ShotSpotter, Inc." in text
    assert "nan" not in text
    assert "{" not in text


def test_a_card_without_a_day_is_of_today() -> None:
    parser = runpy.run_path(str(ROOT / "scripts" / "fit_model.py"))["_parser"]()
    told = parser.parse_args(["--corpus", "a", "--models", "b", "--cache", "c"])
    assert (date.today() - told.date).days in (0, 1)
    with pytest.raises(SystemExit):
        parser.parse_args(["--corpus", "a", "--models", "b", "--cache", "c", "--date", "yesterday"])


def test_the_card_that_ships_is_of_the_model_that_ships() -> None:
    data = ROOT / "detector" / "data"
    text = (data / "model.md").read_text(encoding="utf-8")
    assert f"- Version: {published_model().version}" in text
    assert hashlib.sha256((data / "model.npz").read_bytes()).hexdigest() in text
