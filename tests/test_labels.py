"""Marks out of the files of other programs, as they really look, and of files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector import exports
from detector.errors import DetectorError, MarksError
from detector.labels import read, read_all
from detector.records import Moment, Rejected
from tests.builders import make_report


def kept(tmp_path: Path, content: str | bytes, name: str = "marks.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def times(path: Path) -> list[float]:
    return [mark.time_s for mark in read(path).marks]


AUDACITY = '41.500000\t41.500000\tshot\n\\\t120.000000\t2000.000000\n12.25\t12.5\ttwo "shots"\n13.0\t13.0\t\n'
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
    "1\tWaveform 1\t1\t12.25\t12.35\t0\t8000\tgun\n"
    "1\tSpectrogram 1\t1\t12.25\t12.35\t0\t8000\tgun\n"
    "2\tSpectrogram 1\t1\t12.25\t12.30\t0\t8000\tgun\n"
)


def test_audacity_labels_with_spectral_selections(tmp_path: Path) -> None:
    marks = read(kept(tmp_path, AUDACITY))
    assert marks.kind == "Audacity labels"
    assert [(mark.time_s, mark.stop_s, mark.text) for mark in marks.marks] == [
        (12.25, 12.5, 'two "shots"'),
        (13.0, None, ""),
        (41.5, None, "shot"),
    ]
    assert marks.notes == ()
    assert len(marks.file_sha256) == 64


def test_raven_selections_count_once_for_all_their_views(tmp_path: Path) -> None:
    marks = read(kept(tmp_path, RAVEN))
    assert marks.kind == "Raven selection table"
    assert [(mark.time_s, mark.stop_s, mark.text) for mark in marks.marks] == [
        (12.25, 12.35, "gun"),
        (12.25, 12.3, "gun"),
    ]
    assert marks.notes == ("1 row is another view of the same selection and counts once.",)


@pytest.mark.parametrize(
    "content",
    [
        "time\n12.25\n41.5\n",
        "time_s,label\n12.25,shot\n41.5,shot\n",
        "Label;Time\nshot;0:12,25\nshot;0:41,5\n",
        "shot;onset (s)\n1;12,25\n2;41,5\n",
        "Start Time\tEnd Time\n0:00:12.250\t0:00:12.3\n0:00:41.500\t\n",
        "# a comment\n\nOnset [ms], who\n12250, me\n41500, me\n",
        "12.25\n41.5\n",
        "12,25\n41,5\n",
        "0:12.25, shot\n0:41.5, shot\n",
        "12.25 shot\n41.5 shot\n",
        "Zeit;Text\r\n12,25;Schuss\r\n41,5;Schuss\r\n",
    ],
)
def test_tables_of_many_kinds_hold_the_same_times(tmp_path: Path, content: str) -> None:
    assert times(kept(tmp_path, content, "marks.csv")) == [12.25, 41.5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_texts_of_other_systems_are_read(tmp_path: Path, encoding: str) -> None:
    (mark,) = read(kept(tmp_path, "1.5\t1.5\tcoup de feu à gauche\n".encode(encoding))).marks
    assert (mark.time_s, mark.text) == (1.5, "coup de feu à gauche")


def test_a_time_before_the_start_is_kept_with_its_sign(tmp_path: Path) -> None:
    assert times(kept(tmp_path, "-0.5\t-0.5\ta\n1\t1\tb\n")) == [-0.5, 1.0]


def test_lines_that_are_no_marks_are_named_and_the_others_kept(tmp_path: Path) -> None:
    marks = read(kept(tmp_path, "time,label\n1.0,a\nsoon,b\n2.0,c\n,d\n3.0,e\n"))
    assert marks.times_s.tolist() == [1.0, 2.0, 3.0]
    assert marks.notes == ("Without a time and passed over: line 3 ('soon b'), 5 ('d').",)


def test_labels_that_say_they_are_no_shots_are_left_out_and_named(tmp_path: Path) -> None:
    marks = read(kept(tmp_path, "1\t1\tshot\n2\t2\tEcho\n3\t3\techo of 1?\n4\t4\tEcho\n"))
    assert marks.times_s.tolist() == [1.0, 3.0]
    assert marks.notes == ("Left out, as their text says that they are no shots: 2 'Echo'.",)


def test_the_programs_own_files_come_back_as_its_listed_shots(tmp_path: Path) -> None:
    report = make_report(
        rejected=[Rejected(20, 5.5, 0.1, "echo", 1, 0.1)],
        coverage=[(0.0, 2.0, "no_audio"), (2.0, 50.0, "heard"), (50.0, 60.0, "muted")],
        moments=[Moment(30.0, "door opens")],
    )
    listed = [shot.time_s for shot in report.shots]
    table = kept(tmp_path, exports.FORMATS["csv"].render(report, ()), "shots.csv")
    assert times(table) == listed
    assert "1 'rejected'" in read(table).notes[0]
    labels = kept(tmp_path, exports.FORMATS["audacity"].render(report, ()), "labels.txt")
    assert times(labels) == [*listed, 30.0]


def test_letters_that_act_on_a_terminal_do_not_get_through(tmp_path: Path) -> None:
    (mark,) = read(kept(tmp_path, "1\t1\ta\x1b[31mb\x07\n")).marks
    assert mark.text == "a [31mb"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty, no labels in it"),
        (b" \n\n", "is empty, no labels in it"),
        (b"# only a comment\n", "no labels in it"),
        (b"time,label\n", "holds no marks of shots"),
        (b"1\t1\techo\n", "holds no marks of shots but other labels"),
        (b"\x00\x00\x00\x18ftypmp42", "not a text file; give an Audacity label track"),
        (b'{"schema": "gunshot-report/1"}', "no column of times under the headings"),
        (b"who,what\nme,shot\n", "no column of times under the headings 'who, what'"),
        (b"time\nsoon\nlater\n1.0\n", "line 2 has 'soon' where a time should stand"),
        (b"00:00:12:05\n", "counts frames; write times as H:MM:SS.mmm"),
        (b"1\n" * 10_001, "10,001 marks are too many"),
        (b"1" * 5_000_001, "too large for marks"),
    ],
)
def test_what_is_no_marks_is_refused_with_what_to_give(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = kept(tmp_path, content)
    with pytest.raises(MarksError) as told:
        read(path)
    assert str(told.value).startswith(f"{path}: ")
    assert complaint in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(MarksError, match=r"none\.txt: cannot read the marks \(No such file"):
        read(tmp_path / "none.txt")
    with pytest.raises(MarksError, match=r"it is a folder"):
        read(tmp_path)


def test_files_of_one_name_are_told_apart_and_one_file_counts_once(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        kept(tmp_path / folder, "1\t1\tshot\n")
    both = [tmp_path / "a" / "marks.txt", tmp_path / "b" / "marks.txt"]
    assert [marks.name for marks in read_all(both)] == [str(path) for path in both]
    assert [marks.name for marks in read_all(both[:1])] == ["marks.txt"]
    with pytest.raises(MarksError, match="named twice"):
        read_all([both[0], both[0]])


@given(st.one_of(st.binary(max_size=200), st.text('0123456789.,;:\t\n"\\-tims ', max_size=120).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_marks_or_a_line_that_says_why_not(tmp_path: Path, content: bytes) -> None:
    path = kept(tmp_path, content)
    found, complaint = [1.0], f"{path}: "
    try:
        found = times(path)
    except DetectorError as error:
        complaint = str(error)
    assert found == sorted(found) != []
    assert complaint.startswith(f"{path}: ")
