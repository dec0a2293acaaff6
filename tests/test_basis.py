"""What a count rests on: the class of recordings that were measured, and only for the model that was."""

from __future__ import annotations

import dataclasses
import json

import pytest

from detector.core.basis import CLASSES, basis, counted_class, measured
from detector.lab.accuracy.measured import measured as written
from detector.lab.evaluate import DETECTOR
from detector.records import CountInterval
from detector.views import basis_words
from tests.builders import make_recording, make_report
from tests.test_accuracy import PEER, make_case, make_outcome

CALIBRATED = {"calibrated_on": "scenes", "real_body_camera": False, "sample_rates_hz": [12000, 48000]}


@pytest.mark.parametrize(
    ("best", "name"), [(0, "0"), (1, "1"), (2, "2 to 9"), (9, "2 to 9"), (10, "10 or more"), (500, "10 or more")]
)
def test_every_count_has_its_class(best: int, name: str) -> None:
    assert counted_class(best) == name


def test_what_ships_was_measured_for_every_class() -> None:
    names = {counted_class(lowest) for lowest, _ in CLASSES}
    assert set(measured()) == names
    for figures in measured().values():
        assert 0 <= figures["held"] <= 1
        assert figures["recordings"] >= figures["real"] > 0


@pytest.mark.parametrize("confidence", [0.5, 0.99])
def test_of_other_intervals_it_is_not_known_how_often_they_hold(confidence: float) -> None:
    assert "measured" not in basis(make_recording(), CountInterval(3, 4, 5, 6, confidence), CALIBRATED, published=True)


def test_only_the_published_model_is_known_to_count_so_well() -> None:
    count = CountInterval(3, 4, 5, 6, 0.9)
    known = basis(make_recording(), count, CALIBRATED, published=True)
    assert known["measured"] == measured()["2 to 9"]
    assert known["inside_calibrated_range"] is True
    assert known["calibrated_range"] == "sample rates from 12 to 48 kHz"
    assert "measured" not in basis(make_recording(), count, CALIBRATED, published=False)
    assert "measured" not in basis(make_recording(), None, CALIBRATED, published=True)


@pytest.mark.parametrize(
    ("rate_hz", "inside"), [(11999, False), (12000, True), (48000, True), (48001, False), (None, False)]
)
def test_the_calibrated_range_holds_both_its_ends_and_sound_that_is_there(rate_hz: int | None, inside: bool) -> None:
    recording = make_recording()
    assert recording.audio is not None
    audio = None if rate_hz is None else dataclasses.replace(recording.audio, sample_rate_hz=rate_hz)
    known = basis(dataclasses.replace(recording, audio=audio), None, CALIBRATED, published=False)
    assert known["inside_calibrated_range"] is inside


def test_figures_are_those_of_the_recordings_in_which_as_many_were_counted() -> None:
    few, many = (
        make_case("a", "scenes", "solo", [1.0, 2.0]),
        make_case("b", "phones", "x", [1 + k / 2 for k in range(20)]),
    )
    outcomes = [
        make_outcome(few, DETECTOR, [1.0, 2.0], (1, 3)),
        make_outcome(few, DETECTOR, [1.0, 2.0, 3.0], (3, 4)),
        make_outcome(few, PEER, [1.0] * 5),
        make_outcome(many, DETECTOR, [float(k) for k in range(25)], (21, 30)),
    ]
    data = json.loads(written(outcomes))["counted"]
    assert list(data) == ["2 to 9", "10 or more"]
    assert data["2 to 9"] == {
        "recordings": 2,
        "real": 0,
        "held": 0.5,
        "right": 0.5,
        "off_median": 0.5,
        "off_worst_tenth": 1.0,
        "off_is_share": False,
    }
    assert data["10 or more"]["off_median"] == pytest.approx(0.2)
    assert data["10 or more"]["off_is_share"] is True


def test_a_reader_is_told_how_such_recordings_were_counted() -> None:
    figures = {"recordings": 40, "real": 12, "held": 0.8, "right": 0.5, "off_median": 0.06, "off_worst_tenth": 0.3}
    worst = "the worst tenth were off by 30% of it or more."
    for changed, words in (
        ({"off_is_share": True}, f"in 80%; half were off by up to 6% of the number counted, {worst}"),
        ({"off_is_share": True, "off_median": 0.0}, f"in 80%; half were counted exactly, {worst}"),
        ({"off_is_share": False}, "held the true count in 80% and the count was right in 50%."),
    ):
        report = dataclasses.replace(make_report(), basis={"measured": figures | changed})
        (sentence,) = basis_words.sentences(report)
        assert sentence.startswith("In 40 labelled recordings left out of the fit (12 real), where about as many")
        assert sentence.endswith(words)
