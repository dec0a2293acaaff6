"""Training from end to end on a few made-up recordings: the same lessons give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from detector.core.probability import from_bytes, to_bytes
from detector.lab import training
from detector.lab.folds import FOLDS
from detector.settings import ProbabilitySettings, Settings
from tests.pieces import small_corpus

# Few lessons make the first ensemble so sure that none but shots would be left to the second.
KEEP_ALL = replace(Settings(), probability=ProbabilitySettings(kept=0.0))


def trained(root: Path, cache: Path, jobs: int) -> list[bytes]:
    known = training.sources(root, {}, cache)
    found = [source for source in known if not source.name.startswith("beds/") and "8 bits" not in source.name]
    assert {source.fold for source in found} == set(range(FOLDS))
    return [to_bytes(model) for model in training.train(found, KEEP_ALL, jobs, lambda text: None)]


def test_the_same_lessons_give_the_same_models_whoever_shares_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PATROLS", 0)  # a minute of sound each
    root = small_corpus(tmp_path / "corpus")
    first = trained(root, tmp_path / "cache", jobs=1)
    assert first == trained(root, tmp_path / "cache", jobs=2)
    assert len(first) == FOLDS + 1
    assert len(set(first)) == len(first)  # what is left out makes a difference
    assert all(from_bytes(model).joint.depth > 0 for model in first)
