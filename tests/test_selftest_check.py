"""Whether self-tests predict: what is read off them, what is set beside it, what the page says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from detector.lab import selftest_check, selftest_page
from detector.lab.composer import Take, compose
from detector.lab.material import Material
from detector.lab.selftest_check import Checked, by_family, by_gap, by_prediction, chance_error, checked, expected
from detector.records import LevelRecall, SelfTest
from detector.selftest import Plan
from detector.settings import Settings
from tests.scripts import refusal
from tests.soundscape import simple_model

BARE = Material(0, (), (), {}, (), (), (), ())
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "check_selftest.py"


def scene(predicted: float, found: int, shots: int = 10, gap_s: float = 0.02, family: str = "pair") -> Checked:
    hits = np.arange(shots) < found
    pairs = np.full(2, predicted)
    return Checked(f"{family}/0", family, np.full(shots, predicted), hits, np.full(2, gap_s), pairs, hits[:2])


def test_a_share_is_read_between_the_middles_of_bins_and_rises() -> None:
    rows = [(None, 0.0, 4, 0), (0.0, 6.0, 4, 2), (6.0, 12.0, 4, 1), (12.0, None, 4, 4)]
    test = SelfTest(None, recall=tuple(LevelRecall("alone", a, b, n, k, 0.0, 1.0, 0) for a, b, n, k in rows))
    assert expected(test, "alone", -20.0) == 0.0
    assert expected(test, "alone", 3.0) == expected(test, "alone", 9.0) == 0.375
    assert expected(test, "alone", 12.0) == pytest.approx((0.375 + 1) / 2)
    assert expected(test, "alone", 99.0) == 1.0


def test_scenes_of_like_prediction_stand_together() -> None:
    rows = list(by_prediction([scene(0.85, 9), scene(0.82, 7), scene(0.3, 3), scene(1.0, 10)]))
    assert [(row.name, row.scenes, row.trials) for row in rows] == [
        ("0% to 50%", 1, 10),
        ("80% to 90%", 2, 20),
        ("95% to 100%", 1, 10),
    ]
    assert rows[1].predicted == pytest.approx(0.835)
    assert rows[1].true == 0.8
    assert all(row.low <= row.true <= row.high for row in rows)


def test_families_and_gaps_have_rows() -> None:
    scenes = [scene(0.9, 9), scene(0.5, 4, gap_s=0.004, family="solo")]
    assert [(row.name, row.trials) for row in by_family(scenes)] == [("pair", 10), ("solo", 10), ("all", 20)]
    assert [(row.name, row.trials, row.true) for row in by_gap(scenes)] == [("5", 2, 1.0), ("20", 2, 1.0)]
    assert selftest_check.half_gap_s(list(by_gap(scenes)), "predicted") == 0.005


def test_few_shots_leave_an_error_that_no_prediction_can_help() -> None:
    assert chance_error([scene(1.0, 10)]) == 0.0
    assert chance_error([scene(0.5, 5, shots=4)]) > chance_error([scene(0.5, 50, shots=100)]) > 0.02


def test_a_composed_scene_is_checked() -> None:
    take = compose("solo", 2, BARE)
    plan = Plan(per_level=1, same_gun=4, per_gap=1, places=3, most_copied=4, learned=2)
    found = checked(take, simple_model(), Settings(), plan)
    assert found is not None
    assert found.shots.shape == found.found.shape == (int(take.marks.audible.sum()),)
    assert ((found.shots >= 0) & (found.shots <= 1)).all()
    assert found.gap_s.shape == found.pairs.shape == found.apart.shape
    assert -1 <= found.error <= 1


def test_a_scene_without_an_audible_shot_says_nothing() -> None:
    take: Take = compose("quiet", 1, BARE)
    short = dataclasses.replace(take, samples=take.samples[: 8 * take.rate_hz])
    assert checked(short, simple_model(), Settings(), Plan(per_level=1, per_gap=1)) is None


def test_tables_tell_how_far_predictions_were_off() -> None:
    text = selftest_page.tables([scene(0.9, 9), scene(0.5, 4, gap_s=0.004)], left_out=True)
    assert "2 composed scenes with 20 audible shots, judged by models that do not know their pieces" in text
    assert "Mean error of predicted recall, predicted less true: +5.0 points a scene" in text


def test_the_picture_is_a_png() -> None:
    assert selftest_page.picture([scene(0.9, 9), scene(0.5, 4, gap_s=0.004)]).startswith(b"\x89PNG")


def test_the_script_asks_for_a_corpus(tmp_path: Path) -> None:
    assert "name the corpus folder with --corpus DIR" in refusal(SCRIPT, [], tmp_path)
