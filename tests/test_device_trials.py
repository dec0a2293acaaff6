"""Beeps and other doings of devices in composed scenes, and what is said to have gone wrong because of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from detector.lab import device_trials
from detector.lab.beeps import beep
from detector.lab.composer import compose
from detector.lab.device_page import page
from detector.lab.device_trials import TRIALS, Tally, Trial, judged
from detector.lab.material import RATE_HZ, Material
from detector.lab.metrics import Marks
from detector.records import Report
from tests.builders import make_report
from tests.scripts import refusal

BARE = Material(0, (), (), {}, (), (), (), ())
SPAN = (10.0, 11.0)
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "measure_device.py"


def trial(before: list[float], after: list[float], true: list[float], *, inside: bool = False) -> Trial:
    return Trial("x", make_report(before), make_report(after), Marks.of(true), (SPAN,), inside, 1)


@pytest.mark.parametrize(
    ("before", "after", "true", "inside", "expected"),
    [
        ([], [10.005], [], False, Tally(events=1, counted=1)),  # at an edge
        ([], [10.5], [], False, Tally(events=1)),  # between the edges
        ([], [10.5], [], True, Tally(events=1, counted=1)),
        ([10.004], [10.004], [], False, Tally(events=1)),  # was there before
        ([], [10.005], [10.003], False, Tally(events=1, found=1)),  # a shot
        ([11.05], [], [11.05], False, Tally(events=1, near=1, lost=1)),
        ([11.05], [11.052], [11.05], False, Tally(events=1, near=1)),
        ([20.0, 30.0], [20.0], [20.0, 30.0], False, Tally(events=1, aside=2, aside_lost=1)),
        ([11.5], [], [11.5], False, Tally(events=1)),  # neither near nor far
    ],
)
def test_what_is_laid_at_the_door_of_a_disturbance(
    before: list[float], after: list[float], true: list[float], inside: bool, expected: Tally
) -> None:
    assert judged(trial(before, after, true, inside=inside)) == expected


def test_possible_shots_are_counted_apart_and_told() -> None:
    doubtful = make_report([10.009], probability=0.4)
    found = judged(dataclasses.replace(trial([], [], []), disturbed=doubtful))
    assert (found.counted, found.doubted) == (0, 1)
    assert found.wrong == ("x at 10.009 s, 0.40",)
    assert (found + found).doubted == 2
    assert len((found + found).wrong) == 2


def test_inaudible_shots_are_no_loss() -> None:
    marks = Marks.of([10.5], [False])
    assert judged(dataclasses.replace(trial([10.5], [], []), marks=marks)).lost == 0


def test_beeps_are_what_they_say() -> None:
    rng = np.random.default_rng(1)
    drawn = [beep(rng, 2.0) for _ in range(60)]
    assert {len(each.pitch_hz) for each in drawn} == {1, 2, 4}
    assert all(800 <= pitch <= 4000 for each in drawn for pitch in each.pitch_hz)
    assert all(0.05 <= each.length_s <= 1.0 for each in drawn)
    assert {each.edge_s == 0 for each in drawn} == {True, False}
    one = next(each for each in drawn if len(each.pitch_hz) == 2)
    source = one.source()
    assert (source.at_s, source.kind) == (2.0, "beep")
    assert np.abs(source.pressure).max() == pytest.approx(2e-5 * 10 ** (one.peak_db_spl / 20), rel=1e-5)
    for (start_s, stop_s), pitch_hz in zip(one.spans, one.pitch_hz, strict=True):
        first, last = (round((at_s - 2.0) * RATE_HZ) for at_s in (start_s, stop_s))
        part = source.pressure[first:last]
        strongest = np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18))) * RATE_HZ / (1 << 18)
        assert strongest == pytest.approx(pitch_hz, rel=0.01)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the detector was given, which is spared the listening."""
    given: list[object] = []

    def told(what: object, *_: object) -> Report:
        given.append(what)
        return make_report(())

    monkeypatch.setattr(device_trials, "_heard", told)
    monkeypatch.setattr(device_trials, "detect", told)
    return given


@pytest.mark.parametrize("kind", TRIALS)
def test_every_trial_hears_a_scene_without_and_with_its_disturbance(kind: str, noted: list[object]) -> None:
    done = TRIALS[kind]("solo", 2, BARE)
    take = compose("solo", 2, BARE)
    duration_s = len(take.samples) / take.rate_hz
    assert len(noted) == 2
    assert done.events >= 1
    assert len(done.spans) >= done.events
    assert all(0 <= start_s < stop_s for start_s, stop_s in done.spans)
    assert all(start_s < duration_s for start_s, _ in done.spans)
    assert np.array_equal(done.marks.time_s, take.marks.time_s)
    assert judged(done).events == done.events


@pytest.mark.parametrize("kind", ["mutes", "redaction tones"])
def test_shots_under_what_is_laid_over_the_sound_need_not_be_found(kind: str, noted: list[object]) -> None:
    done = TRIALS[kind]("solo", 5, BARE)
    under = np.array([any(a <= t <= b for a, b in done.spans) for t in done.marks.time_s])
    assert not done.marks.audible[under].any()


def test_beeps_of_a_scene_are_not_counted() -> None:
    done = TRIALS["beeps"]("solo", 1, BARE)
    found = judged(done)
    assert found.events >= 3
    assert (found.counted, found.doubted) == (0, 0)
    assert found.near > 0
    assert len(done.disturbed.device_tones) > 0


def test_the_page_has_a_row_for_each_kind_and_family_and_names_what_went_wrong() -> None:
    tallies = {
        ("beeps", "quiet"): Tally(events=28, counted=1, wrong=("quiet/0/1 at 3.000 s, 0.70",)),
        ("beeps", "far"): Tally(events=1_030, near=40, lost=18, aside=12),
        ("wind", "quiet"): Tally(events=25),
    }
    text = page(tallies, {"command": "x"})
    assert "| beeps of the camera: far | 1,030 | 0 | 0 | 40 | 18 | 0 | 12 | 0 | 0 |" in text
    assert "| **beeps of the camera, all** | 1,058 | 1 |" in text
    assert text.count("dB: quiet | 25 |") == 1
    assert "- quiet/0/1 at 3.000 s, 0.70" in text
    assert "- command: x" in text


def test_the_script_asks_for_a_corpus(tmp_path: Path) -> None:
    assert "--corpus DIR" in refusal(SCRIPT, [], tmp_path)
