"""The archive's job: what is analysed, what is not analysed again, and what an end at any moment leaves."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from detector.archive.tasks import Answer, Task
from detector.errors import ArchiveError
from tests.archives import VERSIONS, Archive, answered

STATES = "SELECT path, state, best FROM results ORDER BY run, path"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "archive")
    archive.write(one="s", two="ss", copy_of_two="ss", broken="broken file")
    return archive


def test_every_recording_has_a_row_and_every_shot(archive: Archive) -> None:
    done = archive.run()
    assert (done.run, done.analysed, done.failed, done.troubles) == (1, 3, 1, ())
    assert [(Path(path).stem, state, best) for path, state, best in archive.rows(STATES)] == [
        ("broken", "failed", None),
        ("copy_of_two", "counted", 2),
        ("one", "counted", 1),
        ("two", "counted", 2),
    ]
    assert archive.rows("SELECT COUNT(*) FROM shots") == [(3,)]
    assert [(each.state, each.recordings, each.files) for each in done.totals] == [("counted", 2, 3), ("failed", 1, 1)]


def test_copies_are_analysed_once_and_all_their_paths_kept(archive: Archive) -> None:
    archive.run()
    assert sorted(archive.hashed) == ["copy_of_two", "two"]
    assert sorted(archive.analysed) == ["broken", "copy_of_two", "one"]
    assert [Path(path).stem for _, path in archive.rows("SELECT * FROM duplicates")] == ["copy_of_two", "two"]


def test_a_second_run_does_nothing(archive: Archive) -> None:
    archive.run()
    before = archive.catalogue.read_bytes()
    done = archive.run()
    assert archive.tasks == []
    assert (done.run, done.analysed) == (1, 0)
    assert archive.catalogue.read_bytes() == before


def test_a_later_copy_is_hashed_and_not_analysed(archive: Archive) -> None:
    archive.run()
    archive.write(later="s")
    archive.run()
    assert (archive.hashed, archive.analysed) == (["later"], [])
    assert ("later", 1) in [(Path(path).stem, best) for path, _, best in archive.rows(STATES)]


def test_a_file_with_another_time_is_hashed_and_not_analysed(archive: Archive) -> None:
    archive.run()
    os.utime(archive.folder / "one.mp4", ns=(1, 1))
    archive.run()
    assert (archive.hashed, archive.analysed) == (["one"], [])
    archive.run()
    assert archive.tasks == []


def test_another_content_of_the_same_size_and_time_is_seen_with_rehash(archive: Archive) -> None:
    archive.run()
    path = archive.folder / "one.mp4"
    facts = path.stat()
    path.write_text("x")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    archive.run()
    assert archive.tasks == []
    archive.run(rehash=True)
    assert (sorted(archive.hashed), archive.analysed) == (["broken", "copy_of_two", "one", "two"], ["one"])
    assert (str(path), "counted", 0) in archive.rows(STATES)


def test_other_settings_and_other_versions_make_runs_of_their_own(archive: Archive) -> None:
    archive.run()
    archive.settings = {"volleys": {"gap_s": 2.0}}
    assert archive.run().run == 2
    archive.versions = {**VERSIONS, "av": "18.2.0"}
    archive.answer = lambda task: dataclasses.replace(answered(task), versions=archive.versions)
    assert archive.run().run == 3
    assert archive.hashed == []
    assert sorted(archive.analysed) == ["broken", "copy_of_two", "one"]
    archive.settings, archive.versions, archive.answer = {"volleys": {"gap_s": 3.0}}, VERSIONS, answered
    assert archive.run().run == 1
    assert archive.tasks == []
    assert archive.rows("SELECT run, COUNT(*) FROM results GROUP BY run") == [(1, 4), (2, 4), (3, 4)]


def test_a_failure_is_tried_again_only_when_that_is_asked_for(archive: Archive) -> None:
    archive.run()
    archive.run(retry=True)
    assert archive.analysed == ["broken"]


def test_a_file_that_vanishes_is_a_row_and_counted_when_it_is_back(archive: Archive) -> None:
    archive.answer = lambda task: (
        Answer(task.path, problem="no such file", versions=VERSIONS)
        if task.path.endswith("one.mp4")
        else answered(task)
    )
    done = archive.run()
    assert done.failed == 2
    assert archive.rows("SELECT state, reason FROM failures WHERE path LIKE '%one.mp4'") == [
        ("unreadable", "no such file")
    ]
    archive.answer = answered
    assert archive.run().failed == 0
    assert archive.analysed == ["one"]
    assert archive.rows("SELECT state FROM results WHERE path LIKE '%one.mp4'") == [("counted",)]


def test_an_archive_that_was_out_of_reach_is_not_analysed_again(archive: Archive) -> None:
    archive.run()
    expected, away = archive.lines(), archive.folder.with_name("away")
    names = archive.folder.parent / "list.txt"
    names.write_text("".join(f"{path}\n" for path in archive.folder.iterdir()))
    archive.folder.rename(away)
    assert len(archive.run(sources=[names]).troubles) == 4
    assert archive.rows("SELECT COUNT(*) FROM failures WHERE state = 'unreadable'") == [(4,)]
    away.rename(archive.folder)
    assert archive.run(sources=[names]).troubles == ()
    assert (archive.tasks, archive.lines()) == ([], expected)


def test_what_cannot_be_looked_at_is_a_row(archive: Archive) -> None:
    os.mkfifo(archive.folder / "pipe.mp4")
    done = archive.run()
    assert [Path(each.path).stem for each in done.troubles] == ["pipe"]
    ((state, reason),) = archive.rows("SELECT state, reason FROM failures WHERE path LIKE '%pipe.mp4'")
    assert (state, reason.split(",")[0]) == ("unreadable", "is a pipe or device")


def test_reports_that_are_not_there_are_written_again(archive: Archive, tmp_path: Path) -> None:
    reports = tmp_path / "reports"

    def writing(task: Task) -> Answer:
        answer = answered(task)
        if answer.report is None:
            return answer
        assert task.work is not None
        folder = Path(str(task.work.reports)) / f"{Path(task.path).stem}.shots"
        folder.mkdir(parents=True)
        return dataclasses.replace(answer, folder=str(folder))

    archive.run()
    archive.answer = writing
    done = archive.run(reports=reports)
    assert sorted(archive.analysed) == ["copy_of_two", "one"]
    archive.run(reports=reports)
    assert archive.tasks == []
    assert done.reports is not None
    half = done.reports / ".one-0123abcd.shots.89abcdef"
    half.mkdir()
    (done.reports / "one.shots").rmdir()
    archive.run(reports=reports)
    assert archive.analysed == ["one"]
    assert not half.exists()


def test_a_worker_of_other_versions_is_refused(archive: Archive) -> None:
    other = {**VERSIONS, "av": "17.0.0"}
    archive.answer = lambda task: dataclasses.replace(answered(task), versions=other, worker="host2:12")
    with pytest.raises(ArchiveError, match=r"host2:12: runs other versions \(av 17.0.0 instead of 18.1.0\)"):
        archive.run()
    assert archive.rows("SELECT * FROM recordings") == []


def test_a_full_disk_at_a_worker_ends_the_job_and_fails_no_file(archive: Archive) -> None:
    archive.answer = lambda task: (
        Answer(task.path, obstacle="reports: cannot write (disk full)", versions=VERSIONS)
        if task.path.endswith("one.mp4") and task.work
        else answered(task)
    )
    with pytest.raises(ArchiveError, match="disk full"):
        archive.run()
    archive.answer = answered
    assert archive.run().run == 1
    assert "one" in archive.analysed
    assert archive.rows("SELECT COUNT(*) FROM recordings") == [(3,)]


def test_an_answer_that_is_no_report_is_a_failure_of_its_file(archive: Archive) -> None:
    archive.answer = lambda task: dataclasses.replace(answered(task), report='{"schema": "gunshot-report/1"}')
    archive.run()
    reasons = {reason for _, _, _, reason in archive.rows("SELECT * FROM failures WHERE path LIKE '%one%'")}
    assert all(reason.startswith("its analysis gave no report") for reason in reasons)
    assert len(reasons) == 1


@pytest.mark.parametrize("answers", range(6))
def test_a_job_that_ends_after_any_answer_goes_on_to_the_same_verdicts(tmp_path: Path, answers: int) -> None:
    whole, broken_off = Archive(tmp_path / "archive"), Archive(tmp_path / "archive")
    whole.write(one="s", two="ss", copy_of_two="ss", broken="broken file", four="ssss", three="sss")
    whole.run()
    expected = whole.lines()
    whole.catalogue.unlink()

    def ending(task: Task) -> Answer:
        if len(broken_off.tasks) > answers:
            raise KeyboardInterrupt
        return answered(task)

    broken_off.answer = ending
    with pytest.raises(KeyboardInterrupt):
        broken_off.run()
    broken_off.answer = answered
    broken_off.run()
    assert broken_off.lines() == expected
    assert expected.count("\n") == 5
