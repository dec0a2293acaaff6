"""The command: arguments, exit status, what is printed where, and what is kept when something fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector import cli
from detector.checks import Verification
from detector.errors import OutputError
from detector.records import Report
from detector.settings import Settings
from tests.builders import make_report
from tests.commands import Analysis, Terminal

ROOT = Path(__file__).resolve().parent.parent
TALLY = """
[[tally]]
label = "officers"
count = 5
includes = "two officers"
everyone = false
"""


class Detector(Analysis):
    """Gives a report named like the file."""

    def __init__(self) -> None:
        super().__init__()
        self.report: Callable[[str], Report] = lambda name: make_report(name=name)

    def __call__(self, path: str, **options: Any) -> Report:
        self.ask(path, {"path": path, **options})
        return self.report(Path(path).name)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Detector:
    monkeypatch.chdir(tmp_path)
    fake = Detector()
    monkeypatch.setitem(sys.modules, "detector.recording", types.SimpleNamespace(detect=fake))
    return fake


def test_a_file_is_told_in_words_and_written_to_a_folder_of_its_own(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["bodycam.mp4"]) == 0
    printed = capsys.readouterr()
    for part in (
        "5 gunshots heard (90 %: ",
        "Shots too faint to hear are not in it.",
        "from 0:05.000 (5.000 s, frame 149)",
        "not on body-camera gunfire",
        "Results in bodycam-0123abcd.shots/",
    ):
        assert part in printed.out
    assert printed.err == ""
    names = {path.name for path in (tmp_path / "bodycam-0123abcd.shots").iterdir()}
    assert names == {"report.json", "shots.csv", "labels.txt"}


def test_what_is_piped_has_no_colours_and_fits_eighty_columns(
    detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    times_s = [5400.0, 5400.25, 7000.5, 7001.25]
    detector.report = lambda name: make_report(times_s, duration_s=7200.0, name=name)
    cli.main(["bodycam.mp4", "--moment", "8=" + "a moment with many words " * 6])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "…" not in printed
    assert re.search("1:30:00.000 +1:30:00.250 +0.250 s", printed)
    lines = printed.splitlines()
    assert not [line for line in lines if line != line.rstrip()]
    assert max(len(line) for line in lines if not line.startswith(("SHA-256", "Results"))) <= 80


def test_settings_window_and_overwrite_reach_the_analysis(detector: Detector, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[volleys]\ngap_s = 2.0\n", encoding="utf-8")
    arguments = [
        "a.mp4",
        "--settings",
        "s.toml",
        "--set",
        "stretches.length_s=60",
        "--start",
        "0:05",
        "--stop",
        "1:00.5",
    ]
    assert cli.main(arguments) == 0
    (call,) = detector.calls
    assert call["settings"] == Settings.from_dict({"volleys": {"gap_s": 2.0}, "stretches": {"length_s": 60.0}})
    assert (call["start_s"], call["stop_s"]) == (5.0, 60.5)
    assert cli.main(["a.mp4"]) == 1
    assert cli.main(["a.mp4", "--overwrite"]) == 0


def test_moments_are_counted_and_kept_in_the_result(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["a.mp4", "--moment", "0:11=second", "--moment", "0:06.5=driver = down", "--out", "deep/er"]) == 0
    printed = capsys.readouterr().out
    assert "before 0:06.500 (driver = down): 3 (90 %: " in printed
    report = json.loads((tmp_path / "deep/er/a-0123abcd.shots/report.json").read_text(encoding="utf-8"))
    assert [m["text"] for m in report["moments"]] == ["driver = down", "second"]


def test_tallies_are_compared_in_words_and_written(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "tally.toml").write_text(TALLY, encoding="utf-8")
    assert cli.main(["a.mp4", "--tally", "tally.toml"]) == 0
    assert "officers: consistent." in capsys.readouterr().out
    assert (tmp_path / "a-0123abcd.shots/comparison.json").exists()


def test_the_analysis_never_sees_the_tally(detector: Detector, tmp_path: Path) -> None:
    (tmp_path / "tally.toml").write_text(TALLY, encoding="utf-8")
    cli.main(["a.mp4"])
    cli.main(["a.mp4", "--tally", "tally.toml", "--overwrite"])
    without, with_tally = ({k: v for k, v in call.items() if k != "progress"} for call in detector.calls)
    assert without == with_tally


def test_marks_are_set_beside_the_shots_in_words_and_files(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("5.01\t5.01\tshot\n12.0\t12.0\tshot\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("time\n0:05.2\n", encoding="utf-8")
    arguments = ["a.mp4", "--marks", "a.txt", "--marks", "b.csv", "--within", "0.2"]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "2 of 5 listed by the machine and 2 of 2 marked in a.txt agree" in " ".join(printed.split())
    assert max(len(line) for line in printed.splitlines()) <= 80
    marks = json.loads((tmp_path / "a-0123abcd.shots/marks.json").read_text(encoding="utf-8"))
    assert [(each["one"], each["other"]) for each in marks["agreements"]] == [
        ("machine", "a.txt"),
        ("machine", "b.csv"),
        ("a.txt", "b.csv"),
    ]
    assert {each["tolerance_s"] for each in marks["agreements"]} == {0.2}
    assert (tmp_path / "a-0123abcd.shots/marks.png").exists()


@pytest.fixture
def verified(detector: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """A report in r.json, and calls of a verification that finds nothing else in a.mp4, and another file in b.mp4."""
    calls: list[dict[str, Any]] = []

    def verify(report: Report, path: str, **options: Any) -> Verification:
        calls.append({"path": path, **options})
        if path == "a.mp4":
            return Verification(report, report, report.recording.sha256, True, (None, None))
        return Verification(report, None, "00" * 32, True, (None, None))

    monkeypatch.setattr("detector.verification.verify", verify)
    (tmp_path / "r.json").write_text(make_report(name="a.mp4").to_json(), encoding="utf-8")
    return calls


def test_a_report_is_verified_and_nothing_written(
    verified: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    assert cli.main(["--verify", "r.json", "a.mp4"]) == 0
    assert "Verified  reproduced." in capsys.readouterr().out
    assert cli.main(["--verify", "r.json", "b.mp4"]) == 1
    assert "not reproduced: this is another file" in capsys.readouterr().out
    assert cli.main(["--verify", "r.json", "a.mp4", "--quiet"]) == 0
    assert capsys.readouterr().out == "a.mp4: reproduced\n"
    assert set(tmp_path.iterdir()) == before
    assert {call["settings"] for call in verified} == {Settings()}


def test_a_second_result_is_written_where_it_is_asked_for(
    verified: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["--verify", "r.json", "a.mp4", "--out", "second", "--set", "volleys.gap_s=2"]) == 0
    assert (tmp_path / "second/a-0123abcd.shots/report.json").exists()
    assert "Results in second" in capsys.readouterr().out
    assert verified[0]["settings"] == Settings.from_dict({"volleys": {"gap_s": 2.0}})
    assert cli.main(["--verify", "r.json", "b.mp4", "--out", "third"]) == 1
    assert not (tmp_path / "third").exists()


def test_quiet_prints_one_line_per_file(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    detector.report = lambda name: make_report((), name=name, coverage=[(0.0, 20.0, "muted"), (20.0, 60.0, "heard")])
    assert cli.main(["a.mp4", "b.mp4", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{name}.mp4: no gunshots found in 40.0 s of heard sound (90 %: 0-0); 20.0 s unheard" for name in "ab"
    ]


def test_a_failing_file_does_not_stop_the_others(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["broken.mp4", "good.mp4", "bug.mp4", "better.mp4", "--quiet"]) == 1
    printed = capsys.readouterr()
    assert [line.split(":")[0] for line in printed.out.splitlines()] == ["good.mp4", "better.mp4"]
    first, second = printed.err.splitlines()
    assert first == "count-shots: broken.mp4: not a media file; check that the download is complete"
    assert second.startswith(
        "count-shots: bug.mp4: unexpected error (ZeroDivisionError: float division); please report"
    )
    assert len(list(tmp_path.glob("*.shots"))) == 2


def test_the_traceback_is_shown_on_request_only(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bug.mp4"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert cli.main(["bug.mp4", "--traceback"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_keeps_finished_files(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["good.mp4", "stop.mp4", "never.mp4"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert [call["path"] for call in detector.calls] == ["good.mp4", "stop.mp4"]
    assert (tmp_path / "good-0123abcd.shots/report.json").exists()


def test_a_result_that_cannot_be_written_has_been_printed(
    detector: Detector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Path:
        raise OutputError("x.shots: cannot write the result (No space left on device); free some space")

    monkeypatch.setattr("detector.exports.write", full)
    assert cli.main(["a.mp4"]) == 1
    printed = capsys.readouterr()
    assert "5 gunshots heard" in printed.out
    assert printed.err == (
        "count-shots: a.mp4: x.shots: cannot write the result (No space left on device); free some space\n"
    )


@pytest.mark.parametrize(("error", "status"), [(BrokenPipeError(), 1), (OSError(28, "No space left on device"), 1)])
def test_a_result_is_kept_when_its_findings_cannot_be_printed(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError, status: int
) -> None:
    def gone(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "_tell", gone)
    monkeypatch.setattr(cli, "reader_gone", lambda: 1)
    assert cli.main(["a.mp4"]) == status
    assert (tmp_path / "a-0123abcd.shots/report.json").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: VIDEO"),
        (
            ["a.mp4", "--formts", "json"],
            "--formts json; did you mean --formats? See count-shots --help",
        ),
        (["a.mp4", "--formats", "jason"], "did you mean 'json'?"),
        (["a.mp4", "--formats", "zzz"], "known are json, csv, audacity"),
        (["a.mp4", "--formats", ","], "name at least one of"),
        (["a.mp4", "--start", "1:75"], "--start: '1:75' is not a time"),
        (["a.mp4", "--start", "10", "--stop", "5"], "--start 10 is not before --stop 5"),
        (["a.mp4", "--moment", "1:07.4"], "write T=text"),
        (["a.mp4", "--moment", "1:07.4="], "write T=text"),
        (["a.mp4", "--moment", "soon=x"], "--moment: 'soon' is not a time"),
        (["a.mp4", "--set", "volley.gap_s=2"], "did you mean 'volleys'?"),
        (["a.mp4", "--set", "gap"], "write stage.field=value"),
        (["a.mp4", "--settings", "none.toml"], "none.toml: cannot read the settings file"),
        (["a.mp4", "--tally", "none.toml"], "none.toml"),
        (["a.mp4", "--tally", "bad.toml"], "bad.toml"),
        (["a.mp4", "--marks", "none.txt"], "none.txt: cannot read the marks"),
        (["a.mp4", "--marks", "bad.toml"], "bad.toml: not marks"),
        (["a.mp4", "b.mp4", "--marks", "m.txt"], "--marks are of one recording, but 2 are named"),
        (["a.mp4", "--within", "2"], "--within 2: give seconds above 0, at most 1"),
        (["a.mp4", "--within", "0"], "--within 0: give seconds above 0"),
        (["a.mp4", "--within", "near"], "--within: 'near' is not a time"),
        (["a.mp4", "--verify", "none.json"], "none.json: cannot read the report"),
        (["a.mp4", "--verify", "bad.toml"], "bad.toml: not a report: no JSON text"),
        (["a.mp4", "b.mp4", "--verify", "r.json"], "--verify is for one recording, but 2 are named"),
        (["a.mp4", "--verify", "r.json", "--start", "3"], "--start does not go with --verify"),
        (["a.mp4", "--verify", "r.json", "--tally", "t.toml"], "--tally does not go with --verify"),
        (["a.mp4", "--verify", "r.json", "--moment", "1=x"], "--moment does not go with --verify"),
        (["a.mp4", "--out", "bad.toml"], "is a file, not a folder"),
        (["a.mp4", "--out", "bad.toml/deeper"], "is a file, not a folder"),
    ],
)
def test_wrong_arguments_are_one_line_before_any_media_is_read(
    detector: Detector, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "bad.toml").write_text('[[tally]]\nlabel = "x"\n', encoding="utf-8")
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert complaint in printed.err
    assert printed.err.startswith("count-shots: ")
    assert printed.err.count("\n") == 1
    assert detector.calls == []


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_analysis(
    detector: Detector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert cli.main(["a.mp4"]) == 2
    assert "name another folder with --out DIR" in capsys.readouterr().err
    assert detector.calls == []


def test_many_shots_are_told_by_volleys_few_one_by_one(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["few.mp4"])
    assert re.search(r"^Shots +shot +time", capsys.readouterr().out, re.MULTILINE)
    detector.report = lambda name: make_report([0.5 * row for row in range(60)], name=name)
    cli.main(["many.mp4"])
    assert not re.search(r"^Shots", capsys.readouterr().out, re.MULTILINE)


def test_markup_in_names_is_printed_as_it_is(detector: Detector, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["[bold]x[/] :smile:.mp4", "--moment", "8=[red]stop[/red]"]) == 0
    printed = capsys.readouterr().out
    assert "[bold]x[/] :smile:.mp4" in printed
    assert "([red]stop[/red])" in printed


def test_progress_is_shown_on_a_terminal_only_and_not_in_the_findings(
    detector: Detector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.main(["a.mp4"])
    assert detector.calls[0]["progress"] is None
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    cli.main(["b.mp4"])
    assert detector.calls[1]["progress"] is not None
    assert "b.mp4" in terminal.getvalue()
    assert "\x1b" not in capsys.readouterr().out


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    setting = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=setting, capture_output=True, check=False)


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom detector.cli import main\nmain(['--help'])\n"
        "heavy = {'scipy', 'rich', 'librosa', 'matplotlib', 'pandas', 'sklearn'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"exit status: 0 done" in done.stdout


@pytest.mark.parametrize("way", [("-m", "detector"), (str(ROOT / "scripts" / "count_shots.py"),)])
def test_all_ways_to_call_it_answer_alike(way: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*way, "--start", "x", "a.mp4", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"count-shots: --start: 'x' is not a time")


def test_a_terminal_of_plain_letters_gets_the_name_escaped(tmp_path: Path) -> None:
    done = run(
        "-m", "detector", "caf\u00e9.mp4", "--start", "\u753b", cwd=tmp_path, PYTHONIOENCODING="ascii:strict"
    )  # fmt: skip
    assert done.returncode == 2
    assert b"\\u753b" in done.stderr
    assert b"Traceback" not in done.stderr
