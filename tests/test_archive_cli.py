"""The command `count-archive`, as people use it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import unquote

import pytest

from detector.archive import job
from detector.archive_cli import main
from detector.console import DONE, INTERRUPTED, SOME_FAILED, WRONG_USAGE

ROOT = Path(__file__).resolve().parent.parent
CLIPS = ROOT / "fixtures" / "clips"
PAGE = (ROOT / "docs" / "ARCHIVE.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs over a shot or two, a copy with a dangerous name, a picture without sound and no recording at all."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "in").mkdir()
    for source, name in [
        ("clips/aac.mp4", "a.mp4"),
        ("clips/aac.mp4", "<script>alert('copy')<!--.mp4"),
        ("hostile/no_audio.mp4", "mute.mp4"),
        ("hostile/text.mp4", "broken.mp4"),
    ]:
        shutil.copy(CLIPS.parent / source, folder / "in" / name)
    asked = ["run", str(folder / "in"), "--catalogue", str(folder / "c.sqlite"), "--workers", "1"]
    assert main([*asked, "--out", str(folder / "out"), "--quiet"]) == SOME_FAILED
    assert main([*asked, "--set", "volleys.gap_s=0.5", "--set", "probability.shot=0.9999", "--quiet"]) == SOME_FAILED
    return folder


def _told(archive: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main([*arguments, "--catalogue", str(archive / "c.sqlite")])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_a_run_ends_with_totals_and_failures(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = _told(archive, capsys, "run", str(archive / "in"))
    assert status == SOME_FAILED
    assert out.splitlines()[0] == "Run 1: nothing was left to do."
    assert re.search(r"counted +1 +2 +0\.00 +5\n", out)
    assert re.search(r"cannot hear +1 +1 ", out)
    assert (
        err == f"count-archive: {archive}/in/broken.mp4: is not a video or sound file, or its beginning is damaged; "
        "check that it plays, or copy it again\n"
    )


def test_an_interrupted_run_says_how_to_go_on(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "run", interrupted)
    status, _, err = _told(archive, capsys, "run", str(archive / "in"))
    assert status == INTERRUPTED
    assert err == "count-archive: interrupted; what is recorded stays, the same command goes on from there\n"


def test_a_folder_without_recordings_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["run", str(tmp_path / "empty"), "--catalogue", str(tmp_path / "c.sqlite")]) == DONE
    assert capsys.readouterr().out == "Run 1: no recordings were found; check the folder.\n"


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["run", str(CLIPS / "aac.mp4"), "--catalogue", str(tmp_path / "c.sqlite"), "--out", str(tmp_path / "out")]
    assert main(asked) == DONE
    (index,) = tmp_path.glob("out/*/index.html")
    index.unlink()
    index.mkdir()
    capsys.readouterr()
    assert main(asked) == SOME_FAILED
    told = capsys.readouterr()
    assert "nothing was left to do" in told.out
    assert re.fullmatch(r"count-archive: .*: cannot write the index \(.*\); free .*\n", told.err)


def test_on_a_terminal_a_bar_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    asked = ["run", *map(str, CLIPS.glob("aac.*")), "--catalogue", str(tmp_path / "c.sqlite"), "--workers", "1"]
    assert main(asked) == SOME_FAILED  # those of the truth are no recordings
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert re.search(r"\d of \d+ files counted, 0\.0 h, \d+ x real time", shown), shown


def test_the_index_links_every_report_and_escapes_every_name(archive: Path) -> None:
    (index,) = archive.glob("out/run-*/index.html")
    text = index.read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', text)
    assert sorted(Path(link).name for link in links) == ["report.json"] * 2 + ["shots.csv"] * 2
    assert all((index.parent / unquote(link)).exists() for link in links)
    assert "<script" not in text
    assert "&lt;script&gt;alert(&#39;copy&#39;)" in text
    assert "is not a video or sound file" in text
    assert "cannot hear" in text


def test_rows_are_told_as_a_table_and_as_csv(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    select = "SELECT state, best, path FROM results WHERE run = 1 ORDER BY path"
    status, out, _ = _told(archive, capsys, "sql", select)
    assert (status, out.splitlines()[0].split()) == (DONE, ["state", "best", "path"])
    _, out, _ = _told(archive, capsys, "sql", select, "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert [row[:2] for row in rows] == [
        ["state", "best"],
        ["counted", "5"],
        ["counted", "5"],
        ["failed", ""],
        ["cannot hear", ""],
    ]


def test_every_view_that_the_page_names_gives_rows(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views = re.findall(r"(?m)^\| `(\w+)` \|", PAGE.split("## Views")[1].split("\n## ")[0])
    assert sorted(views) == ["duplicates", "failures", "result_shots", "results", "totals"]
    for view in views:
        status, out, _ = _told(archive, capsys, "sql", f"SELECT * FROM {view}", "--csv")
        assert status == DONE
        assert len(out.splitlines()) > 1


def test_what_two_runs_say_otherwise_is_told_shot_by_shot(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = _told(archive, capsys, "diff", "1", "2")
    assert status == SOME_FAILED
    assert out.splitlines()[:2] == ["probability.shot: 0.5 -> 0.9999", "volleys.gap_s: 3.0 -> 0.5"]
    assert re.search(r"0:01\.\d{3} +shot 0\.99\d .*possible 0\.99\d", out)
    assert out.endswith("1 recording differs\n")
    assert _told(archive, capsys, "diff", "1", "1") == (DONE, "\n0 recordings differ\n", "")


def test_verdicts_are_exported_as_lines_of_json(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _told(archive, capsys, "export")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["state"] for line in lines].count("counted") == 2
    counted = next(line for line in lines if line["state"] == "counted")
    assert (len(counted["shots"]), len(counted["paths"]), counted["count"]["best"]) == (5, 2, 5)
    assert {"folder", "took_s", "worker", "peak_mb"} & set(counted) == set()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("run nowhere --catalogue c.sqlite", "nowhere: no such file or folder"),
        ("run . --catalogue c.sqlite --set volleys.gap=1", "did you mean 'gap_s'"),
        ("run . --catalogue c.sqlite --formats aligned", "aligned holds sound"),
        ("run . --catalogue c.sqlite --formats jason", "did you mean 'json'"),
        ("run . --catalogue c.sqlite --review", "say where with --out"),
        ("run . --catalogue c.sqlite --cluster 4", "write local:N"),
        ("run . --catalogue c.sqlite --cluster local:0", "at least 1"),
        ("run . --catalogue c.sqlite --workers 0", "give 1 or more"),
        ("run . --catalogue c.sqlite --workers abc", "abc is not a number of workers; give 1 or more"),
        ("run . --catalogue c.sqlite --time-limit -1", "give a number above 0"),
        ("run . --catalogue c.sqlite --time-limit soon", "soon: give a number above 0"),
        ("run . --catalogue c.sqlite --workers 2 --cluster local:2", "not allowed with"),
        ("run .", "the following arguments are required: --catalogue; see count-archive run --help"),
        ("diff 1 two --catalogue c.sqlite", "invalid int value"),
        ("walk", "invalid choice"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == WRONG_USAGE
    told = capsys.readouterr()
    assert complaint in told.err
    assert told.err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["diff 1 2", "sql SELECT", "export"])
def test_a_catalogue_that_is_not_there_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--catalogue", "/nowhere/c.sqlite"]) == SOME_FAILED
    assert "no such catalogue" in capsys.readouterr().err


def test_without_dask_a_cluster_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    asked = ["run", str(tmp_path), "--catalogue", str(tmp_path / "c.sqlite"), "--cluster", "local:1"]
    assert main(asked) == SOME_FAILED
    assert "pip install 'gunshot-tally[cluster]'" in capsys.readouterr().err


def test_a_cluster_gives_the_same_verdicts(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    script = [sys.executable, str(ROOT / "scripts" / "count_archive.py")]
    asked = ["run", str(archive / "in"), "--catalogue", str(tmp_path / "c.sqlite"), "--cluster", "local:1"]
    done = subprocess.run([*script, *asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (SOME_FAILED, 1), done.stderr
    _, here, _ = _told(archive, capsys, "export")
    _, there, _ = _told(tmp_path, capsys, "export")
    assert set(there.splitlines()) <= set(here.splitlines())
    assert there.count("\n") == 3


def test_the_command_is_installed_and_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = entry_points(group="console_scripts", name="count-archive")
    assert command.load() is main
    assert main(["run", "--help"]) == DONE
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    usage = PAGE.split("## Use")[1].split("\n## ")[0]
    assert flags <= set(re.findall(r"--[a-z-]+", usage))
    assert callable(runpy.run_path(str(ROOT / "scripts" / "count_archive.py"))["main"])
