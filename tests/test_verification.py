"""A report run again: reproduced, or exactly what moved."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import Settings, detect, detect_samples, read_report, verify
from detector.checks import Verification
from detector.core.changes import changed_parts, changed_settings, changed_software, changed_verdicts
from detector.core.fingerprint import result_sha256
from detector.errors import DetectorError, MediaError, SettingsError
from detector.records import Coverage, Rejected, Report, Shot
from detector.verification import settings_of
from detector.views import terminal, verification_words
from detector.views.summary import interval_words
from tests.builders import make_report

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CLIP = FIXTURES / "clips" / "late_start.mp4"


def again(path: Path, start_s: float | None = None, stop_s: float | None = None) -> Verification:
    return verify(Report.from_json(detect(path, start_s=start_s, stop_s=stop_s).to_json()), path)


def moved(report: Report, number: int, **values: Any) -> Report:
    """The report with one of its shots otherwise."""
    shots = [dataclasses.replace(s, **values) if s.id == number else s for s in report.shots]
    return dataclasses.replace(report, shots=tuple(shots))


def compared(before: Report, after: Report) -> Verification:
    """What a second run with the result `after` would say."""
    before = dataclasses.replace(before, result_sha256=result_sha256(before))
    settings, unknown = changed_settings(before, after)
    decided, beside = changed_parts(before, after)
    return Verification(
        before=before,
        after=after,
        content_sha256=after.recording.sha256,
        intact=True,
        window=(None, None),
        settings=settings,
        software=changed_software(before, after),
        verdicts=changed_verdicts(before, after),
        decided=decided,
        beside=(*unknown, *beside),
    )


def told(verification: Verification) -> str:
    """All that the terminal says, on one line."""
    return " ".join(terminal.verification("a.mp4", verification).split())


# --- through the whole road ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["clips/late_start.mp4", "clips/gap.mkv", "clips/damaged.ts", "hostile/no_audio.mp4", "hostile/nan.wav"]
)
def test_a_report_is_reproduced_from_its_file(name: str) -> None:
    verification = again(FIXTURES / name)
    assert verification.reproduced
    assert verification_words.finding(verification) == "reproduced"
    assert (verification.software, verification.beside) == ((), ())


@pytest.mark.parametrize("window", [{"start_s": 32.0}, {"stop_s": 33.0}, {"start_s": 31.0, "stop_s": 34.25}])
def test_the_window_of_a_report_is_found_in_it(window: dict[str, float]) -> None:
    verification = again(CLIP, **window)
    assert verification.window == (window.get("start_s"), window.get("stop_s"))
    assert verification.reproduced
    assert "as the report's stretches that were not analysed tell" in told(verification)


def test_a_moved_and_renamed_file_is_the_same_recording(tmp_path: Path) -> None:
    copy = Path(shutil.copy(CLIP, tmp_path / "evidence 7.mp4"))
    verification = verify(detect(CLIP), copy)
    assert verification.reproduced
    assert "The file is named 'evidence 7.mp4' now; its content is the same." in told(verification)


def test_of_another_file_nothing_is_compared() -> None:
    verification = verify(make_report(), CLIP)
    assert not verification.reproduced
    assert verification.after is None
    words = told(verification)
    assert "not reproduced: this is another file than the report speaks of" in words
    assert verification.content_sha256 in words
    assert make_report().recording.sha256 in words
    assert "Count" not in words


def test_a_changed_setting_is_named_with_what_it_changes() -> None:
    report = detect(CLIP)
    settings = Settings.read(None, ["probability.shot=0.99999", "volleys.gap_s=2"], base=settings_of(report))
    verification = verify(report, CLIP, settings=settings)
    assert [(each.what, each.before, each.after) for each in verification.settings] == [
        ("probability.shot", 0.5, 0.99999),
        ("volleys.gap_s", 3.0, 2.0),
    ]
    assert not verification.reproduced
    assert "not reproduced: 2 settings changed" in told(verification)
    assert {type(each.before) for each in verification.verdicts} <= {Shot}


def test_a_report_of_other_settings_is_run_with_those() -> None:
    report = detect(CLIP, settings=Settings.from_dict({"volleys": {"gap_s": 1.0}}))
    assert verify(report, CLIP).reproduced


def test_a_report_that_was_altered_is_called_so() -> None:
    report = detect(CLIP)
    forged = dataclasses.replace(report, shots=report.shots[1:], volleys=())
    verification = verify(forged, CLIP)
    assert not verification.intact
    words = told(verification)
    assert "not reproduced: the report was altered after it was written, 1 onset judged otherwise" in words
    assert "The hash in the report does not fit what the report says" in words


def test_a_missing_file_and_a_report_of_samples_are_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4: no such file; check the path"):
        verify(make_report(), tmp_path / "gone.mp4")
    report = detect_samples(np.zeros(8000, np.float32), 8000)
    with pytest.raises(DetectorError, match="samples in memory, not of a file"):
        verify(report, CLIP)


# --- what moved ----------------------------------------------------------------------------------


def test_last_bits_and_names_move_nothing() -> None:
    report = make_report()
    bits = moved(moved(report, 1, time_s=5.00009, probability=0.9805), 2, id=77, level_db=-3.0)
    renamed = dataclasses.replace(bits, recording=dataclasses.replace(bits.recording, name="b.mp4"), moments=())
    verification = compared(report, renamed)
    assert verification.reproduced
    assert "times within 0.1 ms, chances within 0.001" in told(verification)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "possible", "probability": 0.48}, "shot 0.980 (clipped) possible 0.480 (clipped)"),
        ({"probability": 0.97}, "shot 0.980 (clipped) shot 0.970 (clipped)"),
        ({"time_s": 5.4002}, "shot 0.980 (at 5.4000 s, shot 0.980 (at 5.4002 s, clipped) clipped)"),
        ({"repeat_of": 1}, "shot 0.980 (a repeat, clipped)"),
        ({"overlap": True}, "shot 0.980 (may hide another, clipped)"),
        ({"flags": ()}, "shot 0.980 (clipped) shot 0.980"),
        ({"extra": (0.2, 0.0)}, "1 shot with another time, chance or note"),
    ],
)
def test_whatever_is_decided_otherwise_about_a_shot_is_listed(values: dict[str, object], words: str) -> None:
    report = make_report()
    verification = compared(report, moved(report, 2, **values))
    assert not verification.reproduced
    (change,) = verification.verdicts
    assert change.time_s == 5.4
    assert words in told(verification)


def test_a_shot_that_is_refused_now_and_onsets_that_come_and_go() -> None:
    report = make_report(rejected=[Rejected(20, 30.0, 0.1, "a door")])
    after = dataclasses.replace(
        report,
        shots=tuple(shot for shot in report.shots if shot.id not in (2, 3)),
        rejected=(Rejected(2, 5.4, 0.2, "echo"), Rejected(9, 40.0, 0.1, "speech")),
    )
    words = told(compared(report, after))
    assert "1 not listed -> refused, 1 refused -> not listed, 1 shot -> not listed, 1 shot -> refused." in words
    assert "0:05.400 shot 0.980 (clipped) refused 0.200 (echo)" in words
    assert "0:05.900 shot 0.980 not listed" in words
    assert "4 onsets judged otherwise, 2 of them listed as shots" in words


def test_many_changes_are_listed_in_part_those_of_shots_first() -> None:
    report = make_report(rejected=[Rejected(100 + n, 20.0 + n / 2, 0.1, "echo") for n in range(60)])
    after = moved(dataclasses.replace(report, rejected=()), 5, status="possible")
    rows = verification_words.verdict_rows(compared(report, after))
    assert len(rows) == 41
    assert rows[0][0] == "0:12.200"
    assert rows[-1] == ("", "and 21 more", "")


def test_the_count_before_and_now_is_told() -> None:
    before, after = make_report(), make_report(probability=[0.98] * 4 + [0.1])
    words = told(compared(before, after))
    assert "the count changed" in words
    assert f"{interval_words(before.count)} -> {interval_words(after.count)}." in words


def test_parts_beside_the_onsets_are_named() -> None:
    report = make_report()
    covered = (Coverage(0.0, 2.0, "muted"), Coverage(2.0, 60.0, "heard"))
    after = dataclasses.replace(report, coverage=covered, heard_s=58.0)
    verification = compared(report, after)
    assert verification_words.finding(verification) == "not reproduced: seconds heard, coverage changed"
    assert "heard_s: 60.0 -> 58.0." in told(verification)
    assert "coverage changed; see report.json of both." in told(verification)


def test_versions_are_named_and_do_not_undo_the_same_verdicts() -> None:
    report = make_report()
    software = {**report.software, "numpy": "2.5.1", "ffmpeg": {"libavcodec": "62.1"}}
    verification = compared(report, dataclasses.replace(report, software=software, warnings=("new",)))
    assert verification.reproduced
    words = told(verification)
    assert "reproduced." in words
    assert "numpy: 2.4.0 -> 2.5.1" in words
    assert "ffmpeg.libavcodec: not there -> 62.1" in words
    assert "warnings changed" in words


def test_settings_that_one_version_does_not_know_are_named_apart() -> None:
    report = make_report()
    older = {**report.settings, "volleys": {"gap_s": 3.0, "old": 1}, "gone": {"x": 2}}
    before = dataclasses.replace(report, settings=older)
    verification = compared(before, report)
    assert verification.settings == ()
    assert verification.reproduced
    assert "setting volleys.old: 1 -> not there." in told(verification)
    assert settings_of(before) == Settings()


def test_settings_out_of_range_are_told() -> None:
    report = dataclasses.replace(make_report(), settings={"volleys": {"gap_s": -1.0}})
    with pytest.raises(SettingsError, match="the report's settings: volleys"):
        settings_of(report)


# --- the file of a report ------------------------------------------------------------------------


def test_a_report_is_read_from_its_file_or_its_folder(tmp_path: Path) -> None:
    folder = make_report().save(tmp_path, ["json"])
    assert read_report(folder) == read_report(folder / "report.json") == make_report()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not a report: no JSON text"),
        (b'{"schema": "gunshot-report/1", ', "not a report: no JSON text"),
        (b'{"schema": "gunshot-report/2"}', "read it with the version of gunshot-tally that wrote it"),
        (b'{"schema": "gunshot-comparison/1"}', "not a report of schema 'gunshot-report/1'"),
        (b'{"schema": "gunshot-report/1"}', "broken report"),
        (b"caf\xe9", "no text in UTF-8"),
        (b"\x00\x00\x00\x18ftypmp42", "another kind of file; name the report.json first, then VIDEO"),
    ],
)
def test_what_is_no_report_is_one_line_with_what_to_do(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(DetectorError) as found:
        read_report(path)
    assert str(found.value).startswith(f"{path}: ")
    assert complaint in str(found.value)
    assert "\n" not in str(found.value)


def test_a_missing_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"report\.json: cannot read the report"):
        read_report(tmp_path)
