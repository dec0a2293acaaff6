"""What the figures of archives rest on: a composed archive, jobs timed and killed, the words."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from detector.archive_cli import main
from detector.lab import archive_page, archive_trials
from detector.lab.archive_trials import Kept, Killed, Timings, Took
from detector.media.decode import open_track
from detector.settings import MediaSettings

CLIPS = Path(__file__).resolve().parent.parent / "fixtures" / "clips"
JOBS = {
    **{"plain 1": Took(100.0, 90.0), "plain 2": Took(50.0, 91.0)},
    **{"archive 1": Took(112.0, 93.5), "archive 1 idle": Took(2.0, 0.5)},
    **{"archive 2": Took(57.0, 90.5), "archive 2 idle": Took(2.0, 0.5)},
    **{"cluster 2": Took(66.0, 101.0), "cluster 2 idle": Took(6.0, 2.0)},
}
TOLD = Kept({"a": 150.0, "b": 151.0}, {"a": 152.0, "b": 160.0}, 40, 500_000)


def test_recordings_differ_in_bytes_and_size_and_repeat_a_few_sounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = np.random.default_rng(0).uniform(-0.1, 0.1, (12_000, 1)).astype(np.float32)
    monkeypatch.setattr(archive_trials, "MINUTES", 2)
    monkeypatch.setattr(archive_trials, "_SEQUENCES", 2)
    monkeypatch.setattr(archive_trials, "render", lambda scene: SimpleNamespace(samples=np.roll(sound, scene.seed, 0)))
    paths = archive_trials.compose(tmp_path / "archive", 3)
    assert len({path.read_bytes() for path in paths}) == 3
    decoded = []
    for path in (paths[0], paths[1], paths[2]):
        with open_track(path, MediaSettings()) as track:
            decoded.append(np.concatenate([block.samples for block in track.blocks()]))
    assert np.array_equal(decoded[0], decoded[2])
    assert not np.array_equal(decoded[0], decoded[1])


def test_a_job_that_is_killed_says_the_same(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    folder, whole = tmp_path / "archive", tmp_path / "whole.sqlite"
    folder.mkdir()
    for name in ("aac.mp4", "flac.flac"):
        shutil.copy(CLIPS / name, folder)
    assert main([*archive_trials.job(folder, whole, "--workers", "1")[len(archive_trials.COMMAND) :]]) == 0
    assert main(["export", "--catalogue", str(whole)]) == 0
    expected = capsysbinary.readouterr().out
    assert expected.count(b'"state":"counted"') == 2
    told = archive_trials.kept(whole)
    assert told.recordings == 2
    assert all(30 < told.first_mb[worker] <= told.last_mb[worker] for worker in told.last_mb)
    end = archive_trials.killed(folder, expected, tmp_path, kills=1, job_s=5.0)
    assert (end.drivers + end.children, end.same) == (1, True)


def test_the_page_tells_shares_and_not_only_seconds() -> None:
    text = archive_page.figures(Timings(JOBS, 2.5), TOLD, Killed(8, 12, 2, same=True))
    assert "from one worker to two 2.00, of two plain processes in the same run 2.00: 1.00 of it" in text
    assert "cost +10 % of time and +3 % of CPU. Dask on this machine costs +9 % of time and +10 % of CPU" in text
    assert "160 MB, +9 MB from its first file to its last" in text
    assert "20 random `kill -9` (8 of the driver, 12 of a child) in 2 jobs: the exported verdicts are the same" in text
    assert "10,389 core hours" in text
    assert "NOT the same bytes" in archive_page.figures(Timings(JOBS, 2.5), TOLD, Killed(1, 0, 1, same=False))
