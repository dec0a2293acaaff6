"""Captions and labels, read back by programs other than ours: WebVTT, SubRip, Raven, Praat, ELAN."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import re
from pathlib import Path

import pysubs2
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from praatio import textgrid
from praatio.utilities.constants import Interval, Point
from pympi.Elan import Eaf
from pympi.Praat import TextGrid

from detector import exports, read_marks
from detector.records import Moment, Report, State
from tests.builders import make_report

HOSTILE = 'a "b" <c> & {d}\t|e\r\n--> f\x00\x1b 😀 \udcff=ü.mp4'
TIMES_S = (5.0, 5.4, 5.9, 12.0, 12.2)
LABELS = ["vtt", "srt", "raven", "praat", "elan"]
SILENT: tuple[tuple[float, float, State], ...] = ((0.0, 60.0, "no_audio"),)


def rendered(report: Report, name: str) -> str:
    return exports.FORMATS[name].render(report, ()).decode("utf-8")


def written(report: Report, name: str, folder: Path) -> str:
    path = folder / exports.FORMATS[name].file_name
    path.write_bytes(exports.FORMATS[name].render(report, ()))
    return str(path)


def late(report: Report) -> Report:
    """The same with sound that begins late and has a gap."""
    assert report.recording.audio is not None
    audio = dataclasses.replace(report.recording.audio, start_s=2.5, gaps=((20.0, 21.5),))
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=audio))


def full(name: str = "bodycam.mp4") -> Report:
    """Shots of all kinds, moments, and stretches that could not be heard."""
    report = make_report(
        TIMES_S,
        probability=[0.98, 0.4, 0.99, 0.99, 0.97],
        coverage=[(0.0, 2.0, "no_audio"), (2.0, 2.02, "damaged"), (2.02, 50.0, "heard"), (50.0, 60.0, "muted")],
        moments=[Moment(6.0, HOSTILE), Moment(30.0, "=1+1")],
        name=name,
    )
    again = dataclasses.replace(report.shots[-1], repeat_of=1)
    return dataclasses.replace(report, shots=(*report.shots[:-1], again))


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("report", [make_report(()), make_report((), coverage=SILENT), full(HOSTILE)])
def test_the_same_result_gives_the_same_bytes(name: str, report: Report) -> None:
    assert exports.FORMATS[name].render(report, ()) == exports.FORMATS[name].render(report, ())


@pytest.mark.parametrize("name", ["vtt", "praat", "elan"])
def test_labels_say_which_sound_they_fit(name: str) -> None:
    report = make_report()
    assert "0123abcd" in rendered(report, name)
    assert "aligned.flac" in rendered(report, name)
    assert "fits too: it starts at 0:00 and has no gaps" in rendered(report, name)
    lacking = "does not fit: it lacks the 2.500 s before the first sample and 1.500 s in 1 gap"
    assert lacking in rendered(late(report), name)
    silent = dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=None))
    assert "The recording has no sound." in rendered(silent, name)
    open_clock = dataclasses.replace(report.recording, clock_error_s=0.05)
    assert "open to +-50 ms" in rendered(dataclasses.replace(report, recording=open_clock), name)


def ms(time: str) -> int:
    hours, minutes, seconds, thousandths = (int(part) for part in re.split("[:.]", time))
    return 1000 * (3600 * hours + 60 * minutes + seconds) + thousandths


# --- captions ------------------------------------------------------------------------------------

EXPECTED_CAPTIONS = [
    (0, 2000, "(no audio: shots here cannot be heard)"),
    (5000, 5400, "Shots: 1"),
    (5400, 5900, "Shots: 2 (possible)"),
    (5900, 6000, "Shots: 3"),
    (6000, 9000, "Shots: 3\n"),
    (9000, 12000, "Shots: 3"),
    (12000, 12200, "Shots: 4"),
    (12200, 30000, "Shots: 4 (shown again)"),
    (30000, 33000, "Shots: 4 (shown again)\n=1+1"),
    (33000, 50000, "Shots: 4 (shown again)"),
    (50000, 60000, "Shots: 4 (shown again)\n(muted: shots here cannot be heard)"),
]


def test_webvtt_counts_on(tmp_path: Path) -> None:
    cues = webvtt.read(written(full(HOSTILE), "vtt", tmp_path)).captions
    found = [(ms(cue.start), ms(cue.end)) for cue in cues]
    assert found == [(start, stop) for start, stop, _ in EXPECTED_CAPTIONS]
    for cue, (_, _, text) in zip(cues, EXPECTED_CAPTIONS, strict=True):
        assert cue.text.startswith(text) if text.endswith("\n") else cue.text == text
    assert cues[4].text.split("\n")[1] == 'a "b" &lt;c&gt; &amp; {d} |e --&gt; f\ufffd\ufffd 😀 \ufffd=ü.mp4'


def test_subrip_counts_on(tmp_path: Path) -> None:
    report = full(HOSTILE)
    subtitles = pysubs2.load(written(report, "srt", tmp_path), encoding="utf-8")
    assert [(line.start, line.end) for line in subtitles] == [(a, b) for a, b, _ in EXPECTED_CAPTIONS]
    for line, (_, _, text) in zip(subtitles, EXPECTED_CAPTIONS, strict=True):
        assert line.plaintext.startswith(text) if text.endswith("\n") else line.plaintext == text
    assert subtitles[4].plaintext.split("\n")[1] == 'a "b" [c] & (d) |e --] f\ufffd\ufffd 😀 \ufffd=ü.mp4'


def test_both_captions_tell_the_same_times() -> None:
    vtt, srt = rendered(full(), "vtt"), rendered(full(), "srt")
    assert re.findall(r".* --> .*", vtt) == [line.replace(",", ".") for line in re.findall(r".* --> .*", srt)]


def test_hours_are_written_out() -> None:
    report = make_report((3723.4567,), duration_s=360_000.0)
    assert "01:02:03.457 --> 100:00:00.000" in rendered(report, "vtt")
    assert "01:02:03,457 --> 100:00:00,000" in rendered(report, "srt")


def test_time_that_was_left_out_is_not_called_unheard() -> None:
    report = make_report((5.0,), coverage=[(0.0, 30.0, "heard"), (30.0, 60.0, "not_analysed")])
    assert "(not analysed: shots here are not in the count)" in rendered(report, "vtt")


@given(
    st.lists(st.floats(-1, 100), max_size=8),
    st.lists(st.tuples(st.floats(-1, 100), st.text(max_size=20)), max_size=4),
)
def test_captions_never_overlap_and_count_every_shot(times_s: list[float], moments: list[tuple[float, str]]) -> None:
    report = make_report(times_s, moments=[Moment(*each) for each in moments])
    cues = pysubs2.SSAFile.from_string(rendered(report, "srt"), format_="srt")
    assert all(cue.start < cue.end for cue in cues)
    assert all(one.end <= other.start for one, other in itertools.pairwise(cues))
    if times_s:
        assert cues[-1].plaintext.split("\n")[0] == f"Shots: {len(times_s)}"
    assert len(webvtt.from_string(rendered(report, "vtt")).captions) == len(cues)


# --- Raven ---------------------------------------------------------------------------------------


def test_raven_selections_begin_at_the_shots() -> None:
    """Read with csv: a selection table is text with tabs, and the packages that read it bring many others along."""
    report = full(HOSTILE)
    rows = list(
        csv.DictReader(io.StringIO(rendered(report, "raven"), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    )
    assert [float(row["Begin Time (s)"]) for row in rows] == list(TIMES_S)
    assert all(float(row["End Time (s)"]) > float(row["Begin Time (s)"]) for row in rows)
    assert {(row["View"], row["Channel"], row["High Freq (Hz)"]) for row in rows} == {("Spectrogram 1", "1", "24000.0")}
    assert {row["Begin File"] for row in rows} == {"aligned.flac"}
    assert [row["Status"] for row in rows] == ["shot", "possible", "shot", "shot", "shot"]
    assert rows[-1]["Annotation"].startswith("5 shot 0.97, at 0:12.200 (12.2000 s), volley 2, shows shot 1 again")


def test_our_own_marks_reader_takes_the_raven_table(tmp_path: Path) -> None:
    report = full()
    marks = read_marks(written(report, "raven", tmp_path))
    assert [mark.time_s for mark in marks.marks] == list(TIMES_S)


@given(st.text(max_size=20))
def test_raven_keeps_its_columns_whatever_a_flag_says(flag: str) -> None:
    report = make_report((5.0,))
    report = dataclasses.replace(report, shots=(dataclasses.replace(report.shots[0], flags=(flag,)),))
    lines = rendered(report, "raven").split("\n")
    assert [line.count("\t") for line in lines[:-1]] == [11, 11]


# --- Praat ---------------------------------------------------------------------------------------


def test_praat_reads_points_and_intervals(tmp_path: Path) -> None:
    report = full(HOSTILE)
    grid = textgrid.openTextgrid(written(report, "praat", tmp_path), includeEmptyIntervals=False)
    assert grid.tierNames == ("shots", "moments", "volleys", "unheard", "about")
    assert (grid.minTimestamp, grid.maxTimestamp) == (0, 60)
    shots, moments = grid.getTier("shots").entries, grid.getTier("moments").entries
    assert [point.time for point in shots] == list(TIMES_S)
    assert shots[1].label.startswith("2 possible 0.40")
    # In a TextGrid a quotation mark is doubled; this reader leaves it so, the next one does not.
    assert moments[0] == Point(6.0, 'a ""b"" <c> & {d} |e --> f\ufffd\ufffd 😀 \ufffd=ü.mp4')
    other = TextGrid(written(report, "praat", tmp_path), codec="utf-8")
    said = list(other.get_tier("moments").get_all_intervals())
    assert said == [(6.0, 'a "b" <c> & {d} |e --> f\ufffd\ufffd 😀 \ufffd=ü.mp4'), (30.0, "=1+1")]
    volleys = grid.getTier("volleys").entries
    assert [(each.start, each.end) for each in volleys] == [(5.0, 5.9), (12.0, 12.2)]
    assert grid.getTier("unheard").entries == (Interval(0, 2, "no audio"), Interval(50, 60, "muted"))
    assert "SHA-256 0123abcd" in grid.getTier("about").entries[0].label


@given(st.lists(st.sampled_from([-0.5, 0.0, 1.0, 1.0000004, 1.1, 2.0, 59.9999999, 60.0, 61.0]), max_size=6))
def test_praat_tiers_are_always_whole(times_s: list[float]) -> None:
    report = make_report(times_s)
    text = rendered(report, "praat")
    assert len(re.findall(r"^ +class = ", text, re.MULTILINE)) == 5
    points = [float(each) for each in re.findall(r"number = (\S+)", text)]
    assert points == sorted(set(points)), "Praat has one point at a time"
    assert points[:1] >= [0.0][: len(points)]
    for tier in text.split("    item [")[3:]:
        bounds = [tuple(map(float, each)) for each in re.findall(r"xmin = (\S+)\s+xmax = (\S+)", tier)]
        (start, stop), *cells = bounds
        assert (cells[0][0], cells[-1][1]) == (start, stop), "from end to end"
        assert all(one[1] == other[0] for one, other in itertools.pairwise(cells))
        assert all(a < b for a, b in cells)
        assert max(points, default=0.0) <= stop


def test_a_volley_of_one_shot_is_an_interval(tmp_path: Path) -> None:
    grid = textgrid.openTextgrid(written(make_report((60.0,)), "praat", tmp_path), includeEmptyIntervals=False)
    assert grid.getTier("volleys").entries[0][:2] == (60.0, 60.000001)
    assert grid.maxTimestamp == 60.000001


# --- ELAN ----------------------------------------------------------------------------------------


def test_elan_is_told_the_same_kind_of_file_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    report = full("clip.MP4")
    monkeypatch.setattr("mimetypes.guess_type", lambda *_: ("video/of-this-machine", None))
    assert 'MIME_TYPE="video/mp4"' in rendered(report, "elan")
    assert 'MIME_TYPE="video/*"' in rendered(full("clip.unheard_of"), "elan")


def test_elan_reads_tiers(tmp_path: Path) -> None:
    report = full(HOSTILE)
    eaf = Eaf(written(report, "elan", tmp_path))
    assert set(eaf.get_tier_names()) == {"shots", "volleys", "unheard", "moments"}
    shots = sorted(eaf.get_annotation_data_for_tier("shots"))
    assert [(start, stop) for start, stop, *_ in shots] == [
        (5000, 5100), (5400, 5500), (5900, 6000), (12000, 12100), (12200, 12300),
    ]  # fmt: skip
    assert shots[0][2].startswith("1 shot 0.98, at 0:05.000")
    assert eaf.get_annotation_data_for_tier("moments")[0][2] == 'a "b" <c> & {d} |e --> f\ufffd\ufffd 😀 \ufffd=ü.mp4'
    assert [each[:2] for each in sorted(eaf.get_annotation_data_for_tier("unheard"))] == [(0, 2000), (50000, 60000)]
    (media,) = eaf.get_linked_files()
    assert media["MIME_TYPE"] == "video/mp4"
    assert media["RELATIVE_MEDIA_URL"].startswith("./a%20%22b%22%20%3Cc%3E")
    assert dict(eaf.properties)["lastUsedAnnotationId"] == "11"


@given(st.lists(st.sampled_from([-0.5, 0.0, 0.0004, 1.0, 1.0001, 1.0002, 1.05, 60.0]), max_size=6))
def test_elan_annotations_never_touch_each_other(times_s: list[float]) -> None:
    text = rendered(make_report(times_s), "elan")
    slots = dict(re.findall(r'TIME_SLOT_ID="(ts\d+)" TIME_VALUE="(\d+)"', text))
    shots = text.split('TIER_ID="shots"')[1].split("TIER_ID")[0]
    cells = [(int(slots[a]), int(slots[b])) for a, b in re.findall(r'REF1="(ts\d+)" TIME_SLOT_REF2="(ts\d+)"', shots)]
    assert len(cells) == len(times_s)
    assert all(start < stop for start, stop in cells)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(cells))
    expected = [max(0, round(1000 * time_s)) for time_s in sorted(times_s)]
    assert all(0 <= start - wanted < len(times_s) for (start, _), wanted in zip(cells, expected, strict=True))
