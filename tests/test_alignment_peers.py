"""Other tools on the same pairs: which pairs are drawn, how a tool's answer is read and scored, what the page shows."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from detector.lab import alignment_peers as peers
from detector.lab.alignment_trials import standing_incidents
from detector.lab.marked import filled
from tests.scripts import refusal

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "benchmark_alignment.py"
PAGE = ROOT / "docs" / "ALIGNMENT.md"
SAYS = "import json, sys; print('noise'); print(json.dumps(%s))"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[peers.Sounds]:
    """Two related pairs and one of strangers."""
    folder = tmp_path_factory.mktemp("pairs")
    incidents = list(standing_incidents(2, 40.0))
    drawn = [*peers.related(incidents, {"standing": 2}, folder, 1), *peers.unrelated(incidents, 1, folder, 1)]
    assert drawn[:2] == list(peers.related(incidents, {"standing": 2}, folder, 1))
    return drawn


@pytest.fixture
def envs(tmp_path: Path) -> Path:
    """This Python in the place of a tool's own."""
    folder = tmp_path / "tool" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    return tmp_path


def test_pairs_share_shots_lie_in_files_and_have_a_lag(pairs: list[peers.Sounds]) -> None:
    assert [pair.kind for pair in pairs] == ["standing", "standing", "unrelated"]
    for pair in pairs:
        assert all(soundfile.info(file).duration > 20 for file in pair.files)
    assert all(pair.lag_s is not None and pair.allowed_s > peers.ALLOWED_S for pair in pairs[:2])
    assert pairs[2].lag_s is None


def test_ours_is_right_or_silent(pairs: list[peers.Sounds]) -> None:
    rows = [peers.run_ours(pair) for pair in pairs]
    assert all(row.right or row.answer.lag_s is None for row in rows)
    assert any(row.right for row in rows)
    assert rows[2].answer == peers.Answer(None)


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        (SAYS % "[1.5, 12.0]", peers.Answer(1.5, 12.0)),
        (SAYS % "None", peers.Answer(None)),
        ("raise SystemExit(3)", peers.Answer(None, failed=True)),
    ],
)
def test_a_tool_answers_refuses_or_ends_with_an_error(
    says: str, answer: peers.Answer, pairs: list[peers.Sounds], envs: Path
) -> None:
    assert peers.run(peers.Tool("tool", "tool", says), pairs[0], envs).answer == answer


def test_without_ffmpeg_a_tool_is_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert "needs the binaries ffmpeg and ffprobe" in peers.installed(peers.TOOLS[0], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_table_tells_right_wrong_and_unrelated_and_what_a_score_would_refuse() -> None:
    related, strangers = (
        peers.Sounds(kind, (Path("a"), Path("b")), lag_s, 0.05)
        for kind, lag_s in (("standing", 2.0), ("unrelated", None))
    )
    told = ((related, 2.04, 12.0), (related, 2.04, 8.0), (related, 9.0, 11.0), (strangers, 1.0, 10.5))
    rows = [peers.PeerRow("audio-offset-finder", pair, peers.Answer(lag, score), 3.0) for pair, lag, score in told]
    rows.append(peers.PeerRow("audio-offset-finder", strangers, peers.Answer(None, failed=True), 3.0))
    written = peers.table(rows)
    assert "| tool | standing: right, wrong | unrelated: offsets stated | CPU-s a pair |" in written
    assert "| audio-offset-finder (1 ended with an error) | 2, 1 of 3 | 1 of 2 | 3.0 |" in written
    assert "| audio-offset-finder, scores above 10 only (1 ended with an error) | 1, 1 of 3 | 1 of 2 | 3.0 |" in written
    assert "made anew" in filled(PAGE.read_text(encoding="utf-8"), {"peers": "made anew"})


def test_without_a_corpus_nothing_is_run(tmp_path: Path) -> None:
    told = refusal(SCRIPT, ["--corpus", str(tmp_path), "--envs", "x"], tmp_path)
    assert "name the corpus folder with --corpus DIR" in told
