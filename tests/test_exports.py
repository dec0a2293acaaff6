"""Files of a result: their contents, and a folder that is complete or absent."""

from __future__ import annotations

import csv
import dataclasses
import errno
import io
import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import exports
from detector.core.comparison import compare
from detector.errors import DetectorError, OutputError
from detector.records import Comparison, Moment, Rejected, Report
from tests.builders import make_report, make_tally

COMPARISON_SCHEMA = json.loads((files("detector.exports") / "comparison.schema.json").read_text(encoding="utf-8"))
FOLDER = "bodycam-0123abcd.shots"
ECHO = Rejected(20, 5.517, 0.1, "echo", 1, 0.117)


def compared(report: Report) -> list[Comparison]:
    tallies = [
        make_tally(low=5, span_s=7.2),
        make_tally("x", low=90, high=100, tolerance=3, everyone=False, window=(0.0, 300.0), of=("a", "b")),
    ]
    return [compare(report, tally) for tally in tallies]


def rows(report: Report) -> list[dict[str, str]]:
    text = exports.FORMATS["csv"].render(report, ()).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def named(name: str, sha256: str = "0123abcd" + "0" * 56) -> Report:
    report = make_report()
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, name=name, sha256=sha256))


# --- contents ------------------------------------------------------------------------------------


def test_csv_has_every_onset_in_time_order() -> None:
    found = rows(make_report(rejected=[ECHO, Rejected(21, 1.0, 0.03, "speech")]))
    assert [row["id"] for row in found] == ["21", "1", "2", "20", "3", "4", "5"]
    assert found[3] == dict.fromkeys(found[3], "") | {
        "id": "20", "status": "rejected", "time": "0:05.517", "time_s": "5.5170", "probability": "0.100",
        "reason": "echo", "of_shot": "1", "delay_s": "0.1170", "recording": "bodycam.mp4",
    }  # fmt: skip
    assert found[1]["status"] == "shot"
    assert (found[1]["time_error_s"], found[1]["frame"], found[1]["level_db"]) == ("0.0020", "149", "-6.0")
    assert (found[1]["overlap"], found[1]["one_more_hidden"]) == ("false", "0.000")


def test_csv_of_nothing_is_its_header() -> None:
    content = exports.FORMATS["csv"].render(make_report(()), ())
    assert content.startswith(b"id,status,time,time_s,frame,time_error_s,probability,")
    assert content.endswith(b"recording\r\n")
    assert content.count(b"\r\n") == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_csv_runs_no_formula_of_a_stranger(text: str) -> None:
    report = named(text)
    report = dataclasses.replace(report, rejected=(dataclasses.replace(ECHO, reason=text),))
    found = next(row for row in rows(report) if row["status"] == "rejected")
    assert found["recording"] == found["reason"] == f"'{text}"


def test_csv_quotes_what_would_break_it_and_leaves_numbers_alone() -> None:
    report = named('a,"b"\r\nc.mp4')
    assert [row["recording"] for row in rows(report)] == ['a,"b"\r\nc.mp4'] * 5
    assert {row["level_db"] for row in rows(report)} == {"-6.0"}


def test_csv_leaves_an_unmeasured_level_empty() -> None:
    report = make_report((5.0,))
    report = dataclasses.replace(report, shots=(dataclasses.replace(report.shots[0], level_db=float("nan")),))
    assert rows(report)[0]["level_db"] == ""


def test_audacity_labels_are_points_and_regions_in_time_order() -> None:
    report = make_report(
        (5.0, 7.25), probability=[0.98, 0.4],
        coverage=[
            (0.0, 2.0, "no_audio"), (2.0, 49.9, "heard"), (49.9, 49.94, "damaged"), (49.94, 50.0, "heard"),
            (50.0, 60.0, "muted"),
        ],
        moments=[Moment(6.0, "driver\ton the\nground")], rejected=[ECHO],
    )  # fmt: skip
    assert exports.FORMATS["audacity"].render(report, ()).decode() == (
        "0.000000\t2.000000\tno audio\n"
        "5.000000\t5.000000\t1 shot 0.98\n"
        "6.000000\t6.000000\tdriver on the ground\n"
        "7.250000\t7.250000\t2 possible 0.40\n"
        "50.000000\t60.000000\tmuted\n"
    )


@given(st.lists(st.text(max_size=12), max_size=4), st.lists(st.text(max_size=12), max_size=3))
def test_any_text_keeps_lines_and_columns(texts: list[str], reasons: list[str]) -> None:
    report = make_report(
        (5.0, 7.0),
        moments=[Moment(float(n), text) for n, text in enumerate(texts)],
        rejected=[Rejected(50 + n, 1.0 + n, 0.1, reason) for n, reason in enumerate(reasons)],
    )
    labels = exports.FORMATS["audacity"].render(report, ()).decode()
    assert [line.count("\t") for line in labels.split("\n")[:-1]] == [2] * (2 + len(texts))
    found = [row["reason"].removeprefix("'") for row in rows(report) if row["status"] == "rejected"]
    assert found == [reason.removeprefix("'") for reason in reasons]


@pytest.mark.parametrize("report", [make_report(), make_report((), coverage=[(0.0, 60.0, "no_audio")])])
def test_comparison_json_fits_its_schema(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(COMPARISON_SCHEMA)
    comparisons = compared(report)
    data = json.loads(exports.COMPARISON.render(report, comparisons))
    jsonschema.validate(data, COMPARISON_SCHEMA)
    assert [entry["label"] for entry in data["comparisons"]] == ["officers", "x"]
    first = data["comparisons"][0]
    assert first["tally"] == dict(comparisons[0].tally.verbatim)
    assert first["tally_file_sha256"] == "ab" * 32
    assert first["result_sha256"] == report.result_sha256
    assert first["verdict"] == comparisons[0].verdict
    assert first["span"]["verdict"] == ("consistent" if report.shots else "cannot tell")
    assert data["comparisons"][1]["taken_as"] == {
        "low": 90, "high": 100, "tolerance": 3, "includes": "four officers", "window": [0.0, 300.0], "of": ["a", "b"],
    }  # fmt: skip


# --- the folder ----------------------------------------------------------------------------------


def test_writes_the_chosen_files_into_a_new_folder(tmp_path: Path) -> None:
    report = make_report()
    folder = report.save(tmp_path / "new" / "results")
    assert folder == tmp_path / "new" / "results" / FOLDER
    assert sorted(each.name for each in folder.iterdir()) == ["labels.txt", "report.json", "shots.csv"]
    assert Report.from_json((folder / "report.json").read_text(encoding="utf-8")) == report
    assert [each.name for each in folder.parent.iterdir()] == [FOLDER], "nothing is left beside it"


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    report = make_report(overview=True)
    first, second = (report.save(tmp_path / name, comparisons=compared(report)) for name in "ab")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_comparison_json_is_written_whenever_there_is_a_comparison(tmp_path: Path) -> None:
    report = make_report()
    folder = exports.write(report, compared(report), tmp_path, ["csv"])
    assert sorted(each.name for each in folder.iterdir()) == ["comparison.json", "shots.csv"]


def test_an_earlier_result_stays_without_overwrite(tmp_path: Path) -> None:
    folder = make_report().save(tmp_path)
    before = (folder / "report.json").read_bytes()
    with pytest.raises(OutputError, match=rf"{FOLDER}: an earlier result is there; give --overwrite"):
        make_report((1.0,)).save(tmp_path)
    assert (folder / "report.json").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [FOLDER]


def test_overwrite_replaces_the_whole_folder(tmp_path: Path) -> None:
    report = make_report()
    report.save(tmp_path, comparisons=compared(report))
    folder = make_report((1.0,)).save(tmp_path, formats=["json"], overwrite=True)
    assert [each.name for each in folder.iterdir()] == ["report.json"]
    assert len(Report.from_json((folder / "report.json").read_text(encoding="utf-8")).shots) == 1
    assert [each.name for each in tmp_path.iterdir()] == [FOLDER]


def test_overwrite_takes_nothing_that_is_not_a_result(tmp_path: Path) -> None:
    folder = make_report().save(tmp_path)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"notes\.txt is not part of a result and would be lost"):
        make_report().save(tmp_path, overwrite=True)
    assert (folder / "notes.txt").exists()
    assert (folder / "report.json").exists()


def test_a_file_or_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not a folder of results"):
        make_report().save(tmp_path, overwrite=True)
    (tmp_path / FOLDER).unlink()
    (tmp_path / FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="an earlier result is there"):
        make_report().save(tmp_path)


def full_disk(monkeypatch: pytest.MonkeyPatch, file_name: str) -> None:
    def write_bytes(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        if path.name == file_name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full_disk(monkeypatch, "shots.csv")
    with pytest.raises(OutputError, match=rf"{FOLDER}: cannot write the result \(No space left on device\); free some"):
        make_report().save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_earlier_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_report().save(tmp_path)
    before = (folder / "report.json").read_bytes()
    full_disk(monkeypatch, "shots.csv")
    with pytest.raises(OutputError, match="No space left"):
        make_report((1.0,)).save(tmp_path, overwrite=True)
    assert (folder / "report.json").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [FOLDER]


def test_the_earlier_result_comes_back_when_the_new_one_cannot_be_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_report().save(tmp_path)
    rename = Path.rename

    def refuse_new(path: Path, target: Path) -> Path:
        if not path.name.endswith(".old") and target == folder:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises(OutputError, match="Input/output error"):
        make_report((1.0,)).save(tmp_path, overwrite=True)
    assert len(Report.from_json((folder / "report.json").read_text(encoding="utf-8")).shots) == 5
    assert [each.name for each in tmp_path.iterdir()] == [FOLDER]


def test_an_interruption_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_report().save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_go(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write the result"):
        make_report().save(tmp_path / "out")


@pytest.mark.parametrize(
    ("formats", "match"),
    [
        (["jsn"], "unknown format 'jsn': did you mean 'json'"),
        (["mp4"], "unknown format 'mp4': known are json, csv, audacity, png"),
        ([], "no format to write; name at least one of json"),
    ],
)
def test_unknown_and_missing_formats(formats: Sequence[str], match: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=match):
        make_report().save(tmp_path, formats=formats)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("bodycam.mp4", FOLDER),
        ("my video (1).final.MOV", "my video (1).final-0123abcd.shots"),
        ("../../etc/passwd", "passwd-0123abcd.shots"),
        ("C:\\evidence\\cam.mp4", "cam-0123abcd.shots"),
        ("..", "recording-0123abcd.shots"),
        ("", "recording-0123abcd.shots"),
        (".mp4", "mp4-0123abcd.shots"),
        ("a\x00b\n:c?.mp4", "a_b__c_-0123abcd.shots"),
        ("Überwachung.mp4", "Überwachung-0123abcd.shots"),
        ("broken\udcff.mp4", "broken_-0123abcd.shots"),
        ("x" * 300 + ".mp4", "x" * 180 + "-0123abcd.shots"),
        ("ü" * 300 + ".mp4", "ü" * 90 + "-0123abcd.shots"),
    ],
)
def test_the_folder_is_named_after_the_file_but_stays_inside(name: str, folder: str, tmp_path: Path) -> None:
    assert exports.folder_name(named(name)) == folder
    assert named(name).save(tmp_path).parent == tmp_path


@pytest.mark.parametrize(("sha256", "ending"), [("../../..", "-00000000.shots"), ("ABCDEF0123", "-abcdef01.shots")])
def test_a_strange_hash_does_not_lead_out_of_the_folder(sha256: str, ending: str) -> None:
    assert exports.folder_name(named("a.mp4", sha256)) == f"a{ending}"


def test_the_picture_is_written_on_request(tmp_path: Path) -> None:
    report = make_report(overview=True)
    first, second = (exports.write(report, compared(report), tmp_path / name, ["png"]) for name in "ab")
    assert (first / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert (first / "overview.png").read_bytes() == (second / "overview.png").read_bytes()


def test_a_picture_without_matplotlib_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DetectorError, match=r"gunshot-tally\[plot\]"):
        make_report().save(tmp_path, formats=["json", "png"])
    assert list(tmp_path.iterdir()) == []
