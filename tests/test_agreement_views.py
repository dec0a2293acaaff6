"""What is said, written and drawn about marks."""

from __future__ import annotations

import dataclasses
import json
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from detector.checks import Agreement
from detector.core.concordance import agreements
from detector.errors import DetectorError
from detector.exports import marks_json, marks_png
from detector.records import AudioFacts, Rejected, Report
from detector.views import agreement_plot, agreement_words, terminal
from tests.builders import make_marks, make_report

SCHEMA = json.loads((files("detector.exports") / "marks.schema.json").read_text(encoding="utf-8"))
ECHO = Rejected(20, 5.6, 0.1, "echo", 1, 0.117)
REPORT = make_report(
    rejected=[ECHO], coverage=[(0.0, 3.0, "muted"), (3.0, 60.0, "heard")], overview=True, probability=[0.4] + [0.98] * 4
)
EXPERT = make_marks([1.0, 5.402, 5.6, 5.904, 12.001, 12.2, 40.0, 99.0], notes=["Passed over: line 7."])
SECOND = make_marks([5.4, 5.9, 12.0], "second.csv")


def late(report: Report) -> Report:
    audio = AudioFacts("aac", 48000, 1, 64000, 3.5, ((20.0, 20.5),))
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=audio))


def said(report: Report, told: Agreement) -> str:
    return " ".join((agreement_words.finding(told), *agreement_words.sentences(report, told)))


def test_the_numbers_are_told_in_words() -> None:
    (told,) = agreements(REPORT, [EXPERT])
    words = said(REPORT, told)
    for part in (
        "4 of 5 listed by the machine and 4 of 8 marked in expert.txt agree within 50 ms",
        "Only machine: 1 (1 of them only possible), at 0:05.000.",
        "Only expert.txt: 2 (refused there by the machine: 1 echo), at 0:05.600, 0:40.000.",
        "1 mark lies where nothing could be heard, at 0:01.000: neither agreed nor contradicted",
        "1 mark lies outside this recording, which ends at 1:00.000: 1:39.000.",
        "expert.txt lies 1.5 ms later (median); half lie within 1.0 ms of that, the largest difference is 4.0 ms.",
        "over 7 onsets: all that the report lists or refuses one by one, and all marks; neither side takes 0",
        "Passed over: line 7.",
    ):
        assert part in words


def test_many_times_are_named_in_part() -> None:
    (told,) = agreements(make_report(()), [make_marks(range(1, 10))])
    assert "Only expert.txt: 9, at 0:01.000, 0:02.000, 0:03.000, 0:04.000, 0:05.000, 0:06.000 and 3 more." in said(
        REPORT, told
    )


def test_marks_of_extracted_sound_are_told_with_both_readings() -> None:
    report = late(make_report())
    (told,) = agreements(report, [make_marks([1.5, 1.9, 2.4, 8.5, 8.7])])
    words = said(report, told)
    assert "All marks of expert.txt lie 3.500 s early: perhaps made on an extracted WAV" in words
    assert "(the file's sound starts at 0:03.500 and has 1 gap)" in words
    assert "As given 0 agree, moved 5" in words
    as_given, moved = agreement_words.agreement_rows([told])
    assert as_given[:2] == ("machine\nexpert.txt\n(as given)", "0")
    assert moved[:2] == ("machine\nexpert.txt\n(moved +3.500 s)", "5")


def test_a_drifting_clock_is_called_slow_or_fast() -> None:
    rng = np.random.default_rng(2)
    report = make_report(np.sort(rng.uniform(0, 1800, 60)).tolist(), duration_s=1800.0)
    marks = make_marks([1.0005 * shot.time_s for shot in report.shots])
    (told,) = agreements(report, [marks])
    assert "s late on average, and their clock runs 500 millionths fast. As given" in said(report, told)


def test_marks_of_another_recording_are_called_so_and_given_no_figures() -> None:
    (told,) = agreements(REPORT, [make_marks([20.0, 21.3, 33.1, 41.0, 99.0])])
    words = said(REPORT, told)
    assert "no more than unrelated lists would share by chance (about none)" in words
    assert "probably of another recording" in words
    assert "1 mark lies outside this recording" in words
    assert "kappa" not in words
    assert "Only" not in words


def test_the_terminal_shows_a_table_and_every_pair() -> None:
    text = terminal.agreements(REPORT, agreements(REPORT, [EXPERT, SECOND]))
    assert max(map(len, text.splitlines())) <= 80
    for words in ("agreed", "kappa", "4 of 5 listed by the machine", "3 of 8 marked in expert.txt and 3 of 3 marked"):
        assert words in " ".join(text.split())


@pytest.mark.parametrize("report", [REPORT, late(REPORT), make_report(())])
def test_marks_json_keeps_its_schema_and_every_mark(report: Report) -> None:
    told = agreements(report, [EXPERT, SECOND])
    data = json.loads(marks_json.render(report, told))
    jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert [marks["name"] for marks in data["marks"]] == ["expert.txt", "second.csv"]
    assert [mark["time_s"] for mark in data["marks"][0]["marks"]] == [mark.time_s for mark in EXPERT.marks]
    assert data["marks"][0]["notes"] == ["Passed over: line 7."]
    assert [(each["one"], each["other"]) for each in data["agreements"]] == [each.names for each in told]
    assert data["agreements"][0]["as_given"]["neither"] == told[0].as_given.neither


def test_the_folder_holds_the_marks_and_may_be_overwritten(tmp_path: Path) -> None:
    told = agreements(REPORT, [EXPERT])
    for _ in range(2):
        folder = REPORT.save(tmp_path, ["json"], overwrite=True, agreements=told)
        assert {path.name for path in folder.iterdir()} == {"report.json", "marks.json", "marks.png"}


def test_without_matplotlib_the_folder_holds_the_marks_without_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.exports.find_spec", lambda name: None)
    folder = REPORT.save(tmp_path, ["json"], agreements=agreements(REPORT, [EXPERT]))
    assert {path.name for path in folder.iterdir()} == {"report.json", "marks.json"}
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DetectorError, match=r"no picture without matplotlib: pip install 'gunshot-tally\[plot\]'"):
        REPORT.plot_marks(agreements(REPORT, [EXPERT]))


def test_the_picture_has_a_lane_for_every_two_and_the_same_bytes_again() -> None:
    told = agreements(REPORT, [EXPERT, SECOND])
    figure = agreement_plot.agreement_figure(REPORT, told)
    sound, *lanes = figure.axes
    assert sound.get_ylabel() == "sound"
    assert [lane.get_title(loc="left").split(",")[0] for lane in lanes] == ["4 agreed", "3 agreed", "3 agreed"]
    assert [label.get_text() for label in lanes[2].get_yticklabels()] == ["only expert.txt", "both", "only second.csv"]
    assert "1 outside the recording, not drawn" in lanes[0].get_title(loc="left")
    assert marks_png.render(REPORT, told) == marks_png.render(REPORT, told)


def test_a_picture_of_a_long_recording_shows_what_anybody_marked() -> None:
    report = make_report(duration_s=3600.0, overview=True)
    told = agreements(report, [make_marks([5.0, 5.4, 1800.0], "odd $names$.txt")])
    figure = agreement_plot.agreement_figure(report, told)
    start_s, stop_s = figure.axes[1].get_xlim()
    assert start_s <= 5.0
    assert 1800.0 <= stop_s < 1900.0
    assert any("left out" in text.get_text() for text in figure.axes[1].texts)


def test_marks_beyond_an_empty_report_can_be_drawn() -> None:
    told = agreements(make_report(()), [make_marks([500.0])])
    figure = agreement_plot.agreement_figure(make_report(()), told)
    assert figure.axes[1].get_xlim() == (0.0, 60.0)
