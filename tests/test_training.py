"""Training from end to end on a few made-up recordings: same lessons, same bytes; and who judged whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.core.probability import from_bytes, to_bytes
from detector.lab import training
from detector.lab.folds import FOLDS
from detector.settings import ProbabilitySettings, Settings
from tests.pieces import small_corpus

# Few lessons make the first ensemble so sure that none but shots would be left to the second.
KEEP_ALL = replace(Settings(), probability=ProbabilitySettings(kept=0.0))


def trained(root: Path, cache: Path, jobs: int) -> tuple[list[bytes], list[training.Judged]]:
    known = training.sources(root, {}, cache)
    found = [source for source in known if not source.name.startswith("beds/") and "8 bits" not in source.name]
    assert {source.fold for source in found} == set(range(FOLDS))
    models, judged = training.train(found, KEEP_ALL, jobs, lambda text: None)
    assert [(each.kind, each.collection) for each in judged] == [(source.kind, source.collection) for source in found]
    return [to_bytes(model) for model in models], judged


def test_the_same_lessons_give_the_same_models_whoever_shares_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PATROLS", 0)  # a minute of sound each
    root = small_corpus(tmp_path / "corpus")
    first, judged = trained(root, tmp_path / "cache", jobs=1)
    again, same = trained(root, tmp_path / "cache", jobs=2)
    assert first == again
    for one, two in zip(judged, same, strict=True):
        np.testing.assert_array_equal(one.odds, two.odds)
        assert len(one.odds) == len(one.label)
    shots = {name: sum(each.shots for each in judged if each.collection == name) for name in ("phones", "pittsburgh")}
    assert shots == {"phones": 5, "pittsburgh": 10}
    assert all(each.shots == 0 for each in judged if each.collection not in shots)
    assert len(first) == FOLDS + 1
    assert len(set(first)) == len(first)  # what is left out makes a difference
    assert all(from_bytes(model).joint.trees.depth > 0 for model in first)
