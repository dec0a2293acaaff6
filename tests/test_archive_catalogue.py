"""The catalogue: what was put in comes out, whatever names hold; what is none, or not to be changed, is refused."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.archive import differences
from detector.archive.catalogue import Catalogue
from detector.archive.ledger import Ledger
from detector.archive.rows import File, Trace, path_bytes, path_text
from detector.errors import ArchiveError
from detector.records import Report
from tests.archives import SETTINGS, VERSIONS
from tests.builders import make_report

NASTY = [
    "new\nline.mp4",
    "quo'te\".mp4",
    "bad\udcff\udcfe.mp4",
    "ünï.mp4",
    "-dash; DROP TABLE files.mp4",
    "a\u202eb.mp4",
]


def _put(path: Path, *reports: Report | str, settings: dict[str, object] | None = None) -> int:
    """Record results, the first for content 00.., the second for 01.. and so on."""
    with Ledger(path) as ledger:
        return _record(ledger, *reports, settings=settings)


def _record(ledger: Ledger, *reports: Report | str, settings: dict[str, object] | None = None) -> int:
    run = ledger.run(settings or SETTINGS, VERSIONS)
    for number, report in enumerate(reports):
        ledger.record(run, File(f"/a/{number}.mp4", 1, 2, f"{number:02x}" * 32), report, Trace())
    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite"


def test_a_report_comes_out_as_it_was_put_in(path: Path) -> None:
    report = make_report([5.0, 5.4], probability=[0.9, 0.4], extra=(0.2, 0.01), warnings=["Starts late."])
    odd = dataclasses.replace(report.shots[0], flags=("perhaps an echo",), overlap=True, repeat_of=7, level_db=math.nan)
    report = dataclasses.replace(report, shots=(odd, report.shots[1]))
    _put(path, report)
    with Catalogue(path) as catalogue:
        (verdict,) = catalogue.verdicts(1)
    assert (verdict.count, verdict.span, verdict.heard_s) == (report.count, report.span, report.heard_s)
    assert (verdict.warnings, verdict.result_sha256) == (report.warnings, report.result_sha256)
    assert verdict.shots[1] == report.shots[1]
    assert math.isnan(verdict.shots[0].level_db)
    assert dataclasses.replace(verdict.shots[0], level_db=0.0) == dataclasses.replace(odd, level_db=0.0)


def test_what_cannot_be_heard_says_so(path: Path) -> None:
    _put(path, make_report([], coverage=[(0.0, 60.0, "muted")]))
    with Catalogue(path) as catalogue:
        (verdict,) = catalogue.verdicts(1)
        assert list(catalogue.select("SELECT state, best, heard_s FROM results")[1]) == [("cannot hear", None, 0.0)]
    assert (verdict.state, verdict.count, verdict.span) == ("cannot hear", None, None)


def test_a_result_takes_the_place_of_an_earlier_one(path: Path) -> None:
    _put(path, make_report([1.0, 2.0]))
    _put(path, make_report([1.0]))
    _put(path, "is broken")
    with Catalogue(path) as catalogue:
        (verdict,) = catalogue.verdicts(1)
        assert list(catalogue.select("SELECT COUNT(*) FROM shots")[1]) == [(0,)]
    assert (verdict.state, verdict.reason, verdict.shots) == ("failed", "is broken", ())


@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_kept(path: Path, name: str) -> None:
    seen = File(f"/archive/{name}", 10, 20)
    with Ledger(path) as ledger:
        ledger.found([seen])
        run = ledger.run(SETTINGS, VERSIONS)
        assert ledger.pending(run, reports=None, retry=False) == (1, 10)
        assert list(ledger.pending_files()) == [File(*seen[:3], None)]
        ledger.record(run, File(*seen[:3], "ab" * 32), f"{seen.path} is broken", Trace(folder=f"/out/{name}"))
        assert ledger.failures(run) == [(seen.path, f"{seen.path} is broken")]
    with Catalogue(path) as catalogue:
        (verdict,) = catalogue.verdicts(run)
        assert (verdict.paths, verdict.folder) == ((seen.path,), f"/out/{name}")
    with Ledger(path) as ledger:
        ledger.unreadable(seen.path, "is gone")
        assert ledger.unreadable_files() == ((seen.path, "is gone"),)


@given(st.binary())
def test_every_file_name_survives_the_way_into_the_catalogue_and_back(name: bytes) -> None:
    assert path_bytes(path_text(name)) == name


def test_a_full_disk_leaves_whole_rows_only(path: Path) -> None:
    reports = [make_report([0.5 * shot for shot in range(100)]) for _ in range(40)]
    with Ledger(path) as ledger:
        run = ledger.run(SETTINGS, VERSIONS)
        ((pages,),) = ledger.rows("PRAGMA page_count")
        ledger.rows(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(ArchiveError, match=r"full.*free some space"):
            _record(ledger, *reports)
        ((recordings,),) = ledger.rows("SELECT COUNT(*) FROM recordings")
        assert 0 < recordings < len(reports)
        assert ledger.rows("SELECT COUNT(*) FROM shots") == [(100 * recordings,)]
        assert ledger.rows("SELECT COUNT(*) FROM files") == [(recordings,)]
    _put(path, *reports)
    with Catalogue(path) as catalogue:
        assert len(list(catalogue.verdicts(run))) == len(reports)


def test_one_writes_and_others_read_meanwhile(path: Path) -> None:
    with Ledger(path) as ledger:
        run = ledger.run(SETTINGS, VERSIONS)
        ledger.record(run, File("/a/1.mp4", 1, 2, "ab" * 32), make_report(), Trace())
        with pytest.raises(ArchiveError, match="another count-archive is writing"):
            Ledger(path)
        with Catalogue(path) as catalogue:
            assert len(list(catalogue.verdicts(run))) == 1
    Ledger(path).__exit__()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM runs",
        "ATTACH 'other.sqlite' AS other",
        "PRAGMA query_only = OFF",
        "SELECT 1; DELETE FROM runs",
        "SELECT load_extension('x')",
        "SELEKT",
        "SELECT * FROM nothing",
        "",
        "SELECT '\0'",
    ],
)
def test_only_a_select_is_answered(path: Path, statement: str) -> None:
    _put(path, make_report())
    with Catalogue(path) as catalogue, pytest.raises(ArchiveError, match="SELECT"):
        list(catalogue.select(statement)[1])
    assert list(path.parent.glob("other*")) == []


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such catalogue"):
        Catalogue(tmp_path / "none.sqlite")
    text = tmp_path / "text.sqlite"
    text.write_text("not a database " * 100)
    with pytest.raises(ArchiveError, match=r"not a database.*count-archive run has written"):
        Ledger(text)
    assert not text.with_name(f"{text.name}.lock").exists()
    for kind in (Catalogue, Ledger):
        with pytest.raises(ArchiveError, match=r"not a database.*count-archive run has written"):
            kind(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    before = other.read_bytes()
    with pytest.raises(ArchiveError, match="a database, but no catalogue"):
        Ledger(other)
    assert other.read_bytes() == before
    with pytest.raises(ArchiveError, match=r"cannot write the catalogue \(No such file"):
        Ledger(tmp_path / "nowhere" / "catalogue.sqlite")


def test_a_catalogue_of_another_layout_is_refused(path: Path) -> None:
    _put(path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(ArchiveError, match="a catalogue of layout 2, but this version knows 1"):
        Catalogue(path)


def test_two_runs_differ_in_what_is_told(path: Path) -> None:
    same, moved = make_report([1.0, 2.0]), make_report([3.0, 4.0])
    _put(path, same, moved, "is broken", make_report([1.0]))
    less = dataclasses.replace(moved, shots=moved.shots[:1])
    other = _put(path, same, less, make_report([1.0]), settings={"volleys": {"gap_s": 2.0}})
    with Catalogue(path) as catalogue:
        one, two = differences.chosen(catalogue, 1), differences.chosen(catalogue, other)
        found = list(differences.between(catalogue, 1, 2))
        backwards = list(differences.between(catalogue, 2, 1))
        with pytest.raises(ArchiveError, match="no run 3; known are 1, 2"):
            differences.chosen(catalogue, 3)
    assert [each.verdict.paths for each in found] == [("/a/1.mp4",), ("/a/2.mp4",), ("/a/3.mp4",)]
    (gone,) = found[0].onsets
    assert (gone.before, gone.after) == (moved.shots[1], None)
    assert found[1].before is not None
    assert found[1].before.state == "failed"
    assert found[2].after is None
    assert [(each.after, each.before) for each in backwards] == [(each.before, each.after) for each in found]
    (change,) = differences.changed_circumstances(one, two)
    assert (change.what, change.before, change.after) == ("volleys.gap_s", 3.0, 2.0)
