"""Known shots in the user's own sound: same figures again, nothing else moved, clear words where there is no room."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from detector.cli import main
from detector.core import hearing
from detector.core.rehearing import heard, listed_s, stretch_around
from detector.core.stretches import cut
from detector.media.samples import SampleTrack
from detector.recording import report_on, self_tested
from detector.records import Report
from detector.selftest import Plan, run
from detector.settings import Settings
from tests.builders import make_report
from tests.soundscape import RATE_HZ, rattle, simple_model, street
from tests.test_report_json import SCHEMA

SHOTS_S = (6.0, 6.9, 7.7, 8.8)
FEW = Plan(per_level=2, same_gun=6, per_gap=1, places=4, most_copied=4, learned=2)


def reported(samples: np.ndarray, plan: Plan = FEW) -> Report:
    return self_tested(SampleTrack(samples, RATE_HZ), Settings(), model=simple_model(), plan=plan)


@pytest.fixture(scope="module")
def report() -> Report:
    return reported(street(SHOTS_S, 20.0))


def test_nothing_found_depends_on_it(report: Report) -> None:
    without = report_on(SampleTrack(street(SHOTS_S, 20.0), RATE_HZ), Settings(), model=simple_model())
    assert dataclasses.replace(report, self_test=None) == without
    assert report.result_sha256 == without.result_sha256


def test_the_same_sound_gives_the_same_bytes(report: Report) -> None:
    assert reported(street(SHOTS_S, 20.0)).to_json() == report.to_json()


def test_the_sound_itself_is_not_changed() -> None:
    samples = street(SHOTS_S, 12.0)
    before = samples.copy()
    reported(samples, dataclasses.replace(FEW, per_level=1))
    np.testing.assert_array_equal(samples, before)


def test_it_comes_back_from_json_and_fits_the_schema(report: Report) -> None:
    assert report.self_test is not None
    jsonschema.validate(report.to_dict(), SCHEMA)
    assert Report.from_json(report.to_json()).self_test == report.self_test


def test_all_that_was_planned_is_planted(report: Report) -> None:
    test = report.self_test
    assert test is not None
    planted = {situation: 0 for situation in ("alone", "same gun", "other gun")}
    for row in test.recall:
        planted[row.situation] += row.planted
        assert 0 <= row.low <= row.high <= 1
        assert row.found <= row.planted
    # Eight bins of level; pairs count by their second shot from 20 ms on.
    assert planted == {"alone": 16, "other gun": 16, "same gun": 6 + 4}
    assert test.copied == len(SHOTS_S)
    assert sum(row.listed for row in test.recall) == len(report.shots)


def test_what_towers_over_the_background_is_found_and_what_drowns_in_it_is_not(report: Report) -> None:
    assert report.self_test is not None
    alone = [row for row in report.self_test.recall if row.situation == "alone"]
    assert (alone[0].from_db, alone[0].found) == (None, 0)
    assert alone[-1].found == alone[-1].planted > 0


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(20 * RATE_HZ, np.float32), "nothing in this file could be heard"),
        (street((), 1.5), "nowhere are 2.1 s heard in one piece"),
        (np.zeros(0, np.float32), "no sound track"),
        (np.zeros((0, 2), np.float32), "no sound track"),
    ],
    ids=["silence", "too short", "no sound", "no stereo sound"],
)
def test_without_room_it_says_why(samples: np.ndarray, why: str) -> None:
    test = reported(samples).self_test
    assert test is not None
    assert test.obstacle is not None
    assert test.obstacle.startswith("no room to plant shots: ")
    assert why in test.obstacle
    assert (test.recall, test.gaps, test.echo_mistakes) == ((), (), ())


def test_a_window_that_was_not_analysed_is_left_alone() -> None:
    track = SampleTrack(street(SHOTS_S, 30.0), RATE_HZ)
    report = self_tested(track, Settings(), (4.0, 12.0), model=simple_model(), plan=FEW)
    assert report.self_test is not None
    assert report.self_test.quiet_s <= 8.0


def test_hostile_sound_is_survived() -> None:
    rng = np.random.default_rng(5)
    stereo = np.stack([rattle(5.0), np.zeros(5 * RATE_HZ, np.float32)], axis=1)
    clipped = np.clip(40 * street(SHOTS_S, 12.0), -0.5, 0.5)
    noise = rng.normal(0, 0.3, 6 * RATE_HZ).astype(np.float32)
    for samples in (stereo, clipped, noise, np.full(6 * RATE_HZ, np.nan, np.float32)):
        test = reported(samples, dataclasses.replace(FEW, per_level=1, same_gun=2)).self_test
        assert test is not None
        assert (test.obstacle is None) == bool(test.recall)


def test_a_low_rate_is_no_obstacle() -> None:
    test = self_tested(
        SampleTrack(street((4.0, 5.0), 10.0, 8000), 8000), Settings(), model=simple_model(), plan=FEW
    ).self_test
    assert test is not None
    assert test.recall


def test_sound_that_was_not_changed_is_heard_as_before() -> None:
    samples, settings, model = rattle(14.0), Settings(), simple_model()
    track = SampleTrack(samples, RATE_HZ)
    report = report_on(track, settings, model=model)
    onsets = hearing.join([hearing.listen(s, model, settings) for s in cut(track.blocks(), settings.stretches)])
    assert onsets is not None
    known = heard(onsets, report.coverage, model, settings)
    assert known.listed.sum() > 10
    for at_s in (0.5, 6.3, 13.2):
        core_s = (at_s - 0.4, at_s + 1.0)
        begin = max(0, round((core_s[0] - settings.stretches.margin_s) * RATE_HZ))
        part = samples[begin : round((core_s[1] + settings.stretches.margin_s) * RATE_HZ), None]
        before_s, after_s = listed_s(known, stretch_around(part, begin, RATE_HZ, core_s, ()))
        np.testing.assert_array_equal(after_s, before_s)


def test_the_command_asks_for_it_only_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def detect(path: str, *, self_test: bool, **_: object) -> Report:
        asked.append(self_test)
        return make_report()

    monkeypatch.setattr("detector.recording.detect", detect)
    for number, flags in enumerate(((), ("--self-test",))):
        assert main(["x.mp4", "--quiet", "--out", str(tmp_path / str(number)), *flags]) == 0
    assert asked == [False, True]


def test_it_does_not_go_with_a_verification(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x.mp4", "--verify", str(tmp_path), "--self-test"]) == 2
    assert "--self-test does not go with --verify" in capsys.readouterr().err


def test_nothing_is_planted_without_onsets_at_all() -> None:
    report = report_on(SampleTrack(np.zeros(0, np.float32), RATE_HZ), Settings(), model=simple_model())
    track = SampleTrack(np.zeros(0, np.float32), RATE_HZ)
    assert run(track, report, None, simple_model(), Settings()).obstacle is not None
