"""What a child does with one path."""

from __future__ import annotations

import dataclasses
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from detector.archive import tasks
from detector.archive.tasks import Task, Work
from detector.records import Report
from detector.settings import Settings

CLIPS = Path(__file__).resolve().parent.parent / "fixtures" / "clips"
HOSTILE = CLIPS.parent / "hostile"


def _done(path: str | Path, *, hashing: bool = False, **work: Any) -> dict[str, Any]:
    asked = None if hashing else Work(Settings().to_dict(), **work)
    return tasks.done(dataclasses.asdict(Task(str(path), asked)), lambda done_s, total_s: None)


def test_a_recording_becomes_a_report_without_its_overview(tmp_path: Path) -> None:
    clip = CLIPS / "aac.mp4"
    answer = _done(clip, reports=str(tmp_path), formats=("json",), review=True)
    report = Report.from_json(answer["report"])
    assert (answer["sha256"], answer["size_bytes"]) == (sha256(clip.read_bytes()).hexdigest(), clip.stat().st_size)
    assert (len(report.shots), report.overview, answer["versions"]) == (5, None, tasks.versions())
    folder = Path(answer["folder"])
    assert folder.parent == tmp_path
    assert sorted(os.listdir(folder)) == ["report.json", "review.html"]
    assert Report.from_json((folder / "report.json").read_text()).overview is not None


def test_versions_leave_out_what_no_verdict_depends_on() -> None:
    assert {"gunshot-tally", "model", "numpy", "av"} <= set(tasks.versions())
    assert {"python", "platform"} & set(tasks.versions()) == set()


def test_a_recording_without_sound_has_a_report() -> None:
    report = Report.from_json(_done(HOSTILE / "no_audio.mp4")["report"])
    assert report.count is None


def test_a_broken_recording_is_known_by_its_content_and_its_reason() -> None:
    answer = _done(HOSTILE / "text.mp4")
    assert answer["sha256"] == sha256((HOSTILE / "text.mp4").read_bytes()).hexdigest()
    assert answer["report"] is None
    assert answer["reason"].startswith("is not a video or sound file")


@pytest.mark.parametrize("hashing", [True, False])
def test_a_path_that_cannot_be_read_has_a_problem(tmp_path: Path, hashing: bool) -> None:
    answer = _done(tmp_path / "none.mp4", hashing=hashing)
    assert (answer["sha256"], answer["reason"]) == (None, None)
    assert answer["problem"].lower().startswith("no such file")


def test_an_unexpected_error_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.recording.detect", _raising(ZeroDivisionError("two\nlines")))
    assert _done(CLIPS / "aac.mp4")["reason"] == "unexpected error (ZeroDivisionError: two lines)"


def test_too_little_memory_is_no_word_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.recording.detect", _raising(MemoryError()))
    with pytest.raises(MemoryError):
        _done(CLIPS / "aac.mp4")


def test_a_file_that_grows_meanwhile_is_no_failure_of_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing.mp4"
    path.write_text("begun")

    def growing(*_: object, **__: object) -> None:
        path.write_text("begun, and more")
        raise ValueError("its end moved")

    monkeypatch.setattr("detector.recording.detect", growing)
    answer = _done(path)
    assert (answer["sha256"], answer["reason"]) == (None, None)
    assert answer["problem"] == "unexpected error (ValueError: its end moved)"


def test_reports_that_cannot_be_written_are_no_failure_of_the_recording(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    answer = _done(CLIPS / "aac.mp4", reports=str(taken))
    assert "cannot write the result" in answer["obstacle"]
    assert (answer["sha256"], answer["reason"], answer["problem"]) == (None, None, None)


def _raising(error: BaseException) -> Any:
    def detect(*_: object, **__: object) -> None:
        raise error

    return detect
