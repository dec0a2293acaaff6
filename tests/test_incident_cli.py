"""The command for several recordings: arguments, exit status, what is printed where, and what is kept."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from detector import cli
from detector.errors import MediaError
from detector.records import Incident
from detector.settings import Settings
from tests.builders import make_incident
from tests.commands import Analysis, Terminal

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "incident"
FOLDER = "incident-c0ffee00.shots"


class Detector(Analysis):
    """Gives an incident of recordings named like the files; some cannot even be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.incident: Callable[[list[str]], Incident] = lambda names: make_incident(cameras=len(names), names=names)

    def __call__(self, paths: list[str], **options: Any) -> Incident:
        self.ask(paths[0], {"paths": paths, **options})
        return self.incident([Path(path).name for path in paths])

    def open(self, path: str, _settings: Any) -> Any:
        self.opened.append(path)
        if path.startswith("broken"):
            raise MediaError(f"{path}: not a media file; check that the download is complete")
        return nullcontext()


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Detector:
    monkeypatch.chdir(tmp_path)
    fake = Detector()
    monkeypatch.setitem(sys.modules, "detector.incident", types.SimpleNamespace(detect_incident=fake))
    monkeypatch.setattr("detector.media.decode.open_track", fake.open)
    return fake


def test_an_incident_is_told_in_words_and_written_to_a_folder_of_its_own(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["--incident", "a.mp4", "b.mp4", "c.mp4"]) == 0
    printed = capsys.readouterr()
    for part in (
        "camera 2 (b.mp4)",
        "5 gunshots heard by 3 cameras together (90 %: ",
        "5 of them were heard by two cameras or more; none rests on one.",
        "3 recordings on one clock.",
        "-7.250 s",
        "not on body-camera gunfire",
        f"Results in {FOLDER}/",
    ):
        assert part in printed.out
    assert printed.err == ""
    names = {path.name for path in (tmp_path / FOLDER).iterdir()}
    assert names == {"incident.json", "incident.csv", *(f"labels_{n}_{x}.txt" for n, x in enumerate("abc", start=1))}
    (call,) = detector.calls
    assert call["paths"] == ["a.mp4", "b.mp4", "c.mp4"]
    assert (call["windows"], call["wearer_fired"], call["clocks"], call["pairs"]) == ([None] * 3, [], {}, ())


def test_what_is_piped_fits_eighty_columns(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    detector.incident = lambda names: make_incident([5400.0, 5400.25], cameras=7, duration_s=7200.0, names=names)
    cli.main(["--incident", *(f"a_camera_with_a_rather_long_name_{n}.mp4" for n in range(7))])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "…" not in printed
    lines = [line for line in printed.splitlines() if not line.startswith(("SHA-256", "Results"))]
    assert not [line for line in lines if line != line.rstrip()]
    assert max(map(len, lines)) <= 80


def test_parts_wearers_clocks_and_pairs_reach_the_analysis(detector: Detector, tmp_path: Path) -> None:
    (tmp_path / "odd@name.mp4").write_bytes(b"")
    flags = ["--wearer-fired", "b.mp4", "--guns-apart", "30", "--order", "3,4", "--order", "1, 2"]
    flags += ["--clock", "x/a.mp4=2024-03-21T17:05:12", "--clock", "b.mp4=2024-03-21 17:05:13-05:00"]
    flags += ["--set", "volleys.gap_s=2", "--moment", "0:07=driver down"]
    assert cli.main(["--incident", "x/a.mp4@0:10-1:05.5", "x/a.mp4@2:00-", "b.mp4@-30", "odd@name.mp4", *flags]) == 0
    (call,) = detector.calls
    assert call["paths"] == ["x/a.mp4", "x/a.mp4", "b.mp4", "odd@name.mp4"]
    assert call["windows"] == [(10.0, 65.5), (120.0, None), (None, 30.0), None]
    assert call["wearer_fired"] == ["b.mp4"]
    assert call["clocks"] == {"x/a.mp4": "2024-03-21T17:05:12", "b.mp4": "2024-03-21T17:05:13-05:00"}
    assert (call["guns_apart_m"], call["pairs"]) == (30.0, ((3, 4), (1, 2)))
    assert call["settings"] == Settings.from_dict({"volleys": {"gap_s": 2.0}})
    written = json.loads((tmp_path / FOLDER / "incident.json").read_text(encoding="utf-8"))
    assert written["moments"] == [{"time_s": 7.0, "text": "driver down"}]


def test_a_recording_that_fails_is_one_line_and_the_others_go_on(
    detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--incident", "a.mp4", "broken.mp4", "c.mp4", "--quiet"]) == 1
    printed = capsys.readouterr()
    assert printed.err == "count-shots: broken.mp4: not a media file; check that the download is complete\n"
    assert printed.out.startswith("incident of 2 recordings: 5 gunshots heard by 2 cameras together")
    assert len(printed.out.splitlines()) == 1
    assert detector.calls[0]["paths"] == ["a.mp4", "c.mp4"]


def test_without_any_recording_that_opens_nothing_is_analysed(detector: Detector, tmp_path: Path) -> None:
    assert cli.main(["--incident", "broken_a.mp4", "broken_b.mp4"]) == 1
    assert detector.calls == []
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_one_line_and_interrupting_ends_the_run(
    detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--incident", "bug.mp4", "b.mp4"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(
        "count-shots: incident of 2 recordings: unexpected error (ZeroDivisionError: float division)"
    )
    assert cli.main(["--incident", "stop.mp4", "b.mp4"]) == 130


def test_an_earlier_result_stays_without_overwrite(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--incident", "a.mp4", "b.mp4"]) == 0
    assert cli.main(["--incident", "a.mp4", "b.mp4"]) == 1
    assert "an earlier result is there; give --overwrite" in capsys.readouterr().err
    assert cli.main(["--incident", "a.mp4", "b.mp4", "--overwrite"]) == 0


def test_a_pair_of_which_one_is_not_listed_is_told(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--incident", "a.mp4", "b.mp4", "--order", "2,77", "--quiet"]) == 0
    assert capsys.readouterr().err == "count-shots: --order 2,77: no shot 77 is listed; the table of shots has them\n"


def test_progress_is_shown_on_a_terminal(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert cli.main(["--incident", "a.mp4", "b.mp4"]) == 0
    assert detector.calls[0]["progress"] is not None


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--wearer-fired", "a.mp4"], "--wearer-fired goes with --incident; add that"),
        (["--guns-apart", "3"], "--guns-apart goes with --incident"),
        (["--order", "1,2"], "--order goes with --incident"),
        (["--clock", "a.mp4=2024-03-21T17:05"], "--clock goes with --incident"),
        (["--incident", "--start", "3"], "--start does not go with --incident, which is of several recordings"),
        (["--incident", "--verify", "r.json"], "--verify does not go with --incident"),
        (["--incident", "--annotate", "x.mp4"], "--annotate does not go with --incident"),
        (["--incident", "--self-test"], "--self-test does not go with --incident"),
        (
            ["--incident", "--wearer-fired", "a.mp"],
            "a.mp: none of the recordings; did you mean 'a.mp4'?",
        ),
        (["--incident", "--wearer-fired", "zzz"], "none of the recordings; given are a.mp4, x/b.mp4, y/b.mp4"),
        (
            ["--incident", "--wearer-fired", "b.mp4"],
            "2 recordings have this name; give the whole path",
        ),
        (["--incident", "--guns-apart", "far"], "--guns-apart far: give metres from 0 to 10000"),
        (["--incident", "--guns-apart", "-1"], "--guns-apart -1: give metres"),
        (["--incident", "--guns-apart", "nan"], "--guns-apart nan: give metres"),
        (["--incident", "--order", "3"], "--order '3': write the numbers of two shots"),
        (["--incident", "--order", "3,x"], "--order '3,x': write the numbers of two shots"),
        (["--incident", "--order", "3,3"], "--order 3,3: name two shots; 3 is one"),
        (["--incident", "--clock", "a.mp4"], "--clock 'a.mp4': write VIDEO=T"),
        (["--incident", "--clock", "a.mp4=noon"], "--clock 'a.mp4=noon': write VIDEO=T"),
        (["--incident", "--clock", "a.mp4=2024-03-21"], "write VIDEO=T"),
        (["--incident", "--clock", "b=2024-03-21T17:05"], "--clock b: none of the recordings"),
        (["--incident", "there.mp4@1:00"], "there.mp4@1:00: write VIDEO@START-STOP"),
        (["--incident", "there.mp4@-"], "there.mp4@-: write VIDEO@START-STOP"),
        (["--incident", "c.mp4@1:75-2:00"], "c.mp4@1:75-2:00: '1:75' is not a time"),
        (["--incident", "c.mp4@2:00-1:00"], "c.mp4@2:00-1:00: 2:00 is not before 1:00; exchange them"),
        (["--incident", "--formats", "cvs"], "--formats: unknown format 'cvs': did you mean 'csv'?"),
        (["--incident", "--formats", "raven"], "known are json, csv, audacity, png"),
        (["--incident", "--moment", "x"], "--moment 'x': write T=text"),
        (["--incidnt"], "unrecognized arguments: --incidnt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_told_before_anything_is_opened(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], match: str
) -> None:
    (tmp_path / "there.mp4").write_bytes(b"")
    assert cli.main([*arguments, "a.mp4", "x/b.mp4", "y/b.mp4"]) == 2
    assert match in capsys.readouterr().err
    assert (detector.opened, detector.calls) == ([], [])


def test_the_invented_incident_is_counted_on_one_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recordings = [str(FIXTURES / f"{name}.mp4") for name in ("house", "body_b", "body_a")]
    assert cli.main(["--incident", *recordings, "--out", str(tmp_path), "--formats", "json,audacity"]) == 0
    (folder,) = tmp_path.iterdir()
    incident = Incident.from_json((folder / "incident.json").read_text(encoding="utf-8"))
    assert [camera.report.recording.name for camera in incident.cameras] == ["body_a.mp4", "body_b.mp4", "house.mp4"]
    assert incident.count is not None
    assert incident.count.low <= 13 <= incident.count.high
    truths = [
        json.loads((FIXTURES / f"{name}.mp4.truth.json").read_text("utf-8")) for name in ("body_a", "body_b", "house")
    ]
    starts_s = [-truth["clock_offset_ms"] / 1e3 for truth in truths]
    for camera, starts in zip(incident.cameras[1:], starts_s[1:], strict=True):
        apart_s = camera.incident_s(0.0) - incident.cameras[0].incident_s(0.0)
        assert abs(apart_s - (starts - starts_s[0])) < 0.1, "cameras up to 25 m apart, which is 73 ms"
    assert "3 recordings on one clock." in capsys.readouterr().out
    assert len(list(folder.glob("labels_*.txt"))) == 3
