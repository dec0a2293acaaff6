"""The workbook, read back by openpyxl."""

from __future__ import annotations

import dataclasses
import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from detector import cli, console, exports
from detector.core.comparison import compare
from detector.errors import DetectorError
from detector.records import Comparison, Report
from tests.builders import make_report, make_tally

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", '=HYPERLINK("http://x")']


def rendered(report: Report, comparisons: Sequence[Comparison] = ()) -> bytes:
    return exports.FORMATS["xlsx"].render(report, comparisons)


def opened(report: Report, comparisons: Sequence[Comparison] = ()) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rendered(report, comparisons)))


def table(book: Any, name: str) -> list[dict[str, Any]]:
    columns, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_every_sheet_holds_what_it_names() -> None:
    report = make_report(
        extra=(0.2, 0.1), coverage=[(0.0, 2.0, "no_audio"), (2.0, 60.0, "heard")], warnings=["one", "two"]
    )
    comparison = compare(report, make_tally(low=5, span_s=7.2))
    book = opened(report, [comparison])
    assert book.sheetnames == ["count", "shots", "volleys", "coverage", "comparison"]
    facts = [(row["what"], row["value"]) for row in table(book, "count")]
    assert report.count is not None
    assert ("best", report.count.best) in facts
    assert ("SHA-256", report.recording.sha256) in facts
    assert [value for what, value in facts if what == "warning"] == ["one", "two"]
    assert "aligned.flac" in dict(facts)["which sound the times fit"]
    shots = table(book, "shots")
    assert [(row["id"], row["time"], row["time_s"], row["frame"]) for row in shots] == [
        (s.id, f"0:{s.time_s:06.3f}", s.time_s, s.frame) for s in report.shots
    ]
    assert (shots[1]["overlap"], shots[1]["flags"], shots[1]["one_more_hidden"]) == (True, "clipped", 0.2)
    assert (shots[0]["flags"], shots[0]["repeat_of"]) == (None, None)
    volleys = table(book, "volleys")
    assert [(row["first_s"], row["last_s"], row["listed"], row["best"]) for row in volleys] == [
        (v.first_s, v.last_s, len(v.shots), v.count.best) for v in report.volleys
    ]
    assert [(row["start_s"], row["stop_s"], row["state"], row["heard"]) for row in table(book, "coverage")] == [
        (0, 2, "no audio", False), (2, 60, "heard", True),
    ]  # fmt: skip
    (told,) = table(book, "comparison")
    assert (told["label"], told["verdict"], told["tally_low"]) == ("officers", comparison.verdict, 5)
    assert comparison.count is not None
    assert (told["heard_best"], told["p_within"]) == (comparison.count.best, pytest.approx(comparison.p_within))
    assert (told["sentence"], told["span_tally_s"]) == (comparison.sentence, 7.2)


def test_nothing_found_keeps_the_columns() -> None:
    book = opened(make_report((), coverage=[(0.0, 60.0, "no_audio")]))
    assert [sheet.max_row for sheet in book] == [book["count"].max_row, 1, 1, 2, 1]
    assert ("count", "nothing could be heard") in list(book["count"].iter_rows(values_only=True))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_of_a_stranger_is_computed(text: str) -> None:
    report = make_report((5.0,), name=text, warnings=[text])
    shot = dataclasses.replace(report.shots[0], flags=(text,))
    report = dataclasses.replace(report, shots=(shot,))
    tally = dataclasses.replace(make_tally(text), includes=text, citation=text, method=text)
    book = opened(report, [compare(report, tally)])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    said = [cell for cell in cells if cell.value == text.strip()]
    assert len(said) == 7
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in said)
    assert [cell.coordinate for cell in cells if cell.hyperlink] == []


def test_numbers_stay_numbers() -> None:
    cells = list(opened(make_report((5.0,)))["shots"].iter_rows())[1]
    levels = [cell for cell in cells if cell.value == -6]
    assert [(cell.data_type, cell.quotePrefix) for cell in levels] == [("n", False)]


def test_any_name_can_be_written() -> None:
    report = make_report((), name='a "b"\n<c>\x00\x1b 😀 \udcff\ufffe_x0041_.mp4' + "x" * 40_000)
    (row,) = [row for row in table(opened(report), "count") if row["what"] == "recording"]
    assert row["value"].startswith('a "b" <c>\ufffd\ufffd 😀 \ufffd\ufffd')
    assert len(row["value"]) == 32_000


def test_an_unmeasured_level_is_an_empty_cell() -> None:
    report = make_report((5.0,))
    shot = dataclasses.replace(report.shots[0], level_db=float("nan"))
    (row,) = table(opened(dataclasses.replace(report, shots=(shot,))), "shots")
    assert row["level_db"] is None


def test_the_same_result_gives_the_same_bytes() -> None:
    report = make_report(warnings=["=x"])
    first, second = (rendered(report, [compare(report, make_tally())]) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(io.BytesIO(first)).properties
    assert properties.created == properties.modified
    assert properties.created.year == 1980


def test_the_command_says_so_before_it_reads_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert cli.main(["nothing.mp4", "--formats", "json,xlsx"]) == console.WRONG_USAGE
    assert "no format 'xlsx' without xlsxwriter: pip install 'gunshot-tally[xlsx]'" in capsys.readouterr().err


def test_without_its_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(DetectorError, match=r"gunshot-tally\[xlsx\]"):
        make_report().save(tmp_path, formats=["json", "xlsx"])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DetectorError, match=r"no workbook without XlsxWriter: pip install 'gunshot-tally\[xlsx\]'"):
        rendered(make_report())
