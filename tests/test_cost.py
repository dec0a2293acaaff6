"""What the figures of cost rest on: composed recordings, honest readings of a process, the page."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.lab import cost, cost_page
from detector.lab.cost import Usage
from detector.lab.scenes import Scene, Take
from detector.media.decode import open_track
from detector.records import Float32
from detector.settings import MediaSettings

CLIP = Path(__file__).parents[1] / "fixtures" / "clips" / "aac.mp4"


def test_a_composed_recording_has_its_length_its_barrage_and_no_minute_twice(tmp_path: Path) -> None:
    path = cost.compose(tmp_path / "short.mp4", minutes=2)
    assert [left.name for left in tmp_path.iterdir()] == ["short.mp4"]
    track = open_track(path, MediaSettings())
    sound = np.concatenate([block.samples[:, 0] for block in track.blocks()])
    assert track.rate_hz == cost.RATE_HZ
    assert len(sound) == pytest.approx(120 * cost.RATE_HZ, abs=2048)
    loudest = np.abs(sound[: 120 * cost.RATE_HZ]).reshape(120, -1).max(axis=1)
    assert loudest[40:85].max() > 0.5 > loudest[:25].max()
    first, last = sound[: 25 * cost.RATE_HZ], sound[95 * cost.RATE_HZ : 120 * cost.RATE_HZ]
    assert abs(np.corrcoef(first, last)[0, 1]) < 0.1


def test_the_same_sound_is_handed_over_decoded(tmp_path: Path) -> None:
    samples, rate_hz = soundfile.read(cost.extract(CLIP, tmp_path / "clip.wav"), dtype="float32")
    with open_track(CLIP, MediaSettings()) as track:
        sound = np.concatenate([block.samples[:, 0] for block in track.blocks()])
    assert rate_hz == cost.RATE_HZ
    assert samples == pytest.approx(np.clip(sound, -1, 1), abs=1e-4)
    assert np.abs(samples).max() > 0.1


def test_the_radio_speaks_now_and_then_and_not_during_the_barrage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mute(scene: Scene) -> Take:
        return Take(scene, 0.0, np.zeros((round(scene.duration_s * scene.rate_hz), 1), np.float32), (), ())

    written: list[Float32] = []
    monkeypatch.setattr(cost, "render", mute)
    monkeypatch.setattr(cost, "write_media", lambda path, sound, picture: written.append(sound.samples[:, 0].copy()))
    cost.compose(tmp_path / "short.mp4", minutes=4)
    loud = np.abs(written[0].reshape(240, -1)).max(axis=1)
    assert 0.03 < loud.max() < 0.3
    assert 10 < np.count_nonzero(loud) < 120
    assert not loud[80:160].any()


def test_usage_is_that_of_the_process_and_not_of_whoever_starts_it() -> None:
    ballast = np.ones(30_000_000)  # 240 MB here must not be seen there
    small = cost.usage([sys.executable, "-I", "-c", "pass"])
    large = cost.usage([sys.executable, "-I", "-c", "x = bytearray(b'1') * 200_000_000"])
    assert len(ballast) > 0
    assert small.peak_mb < 100
    assert 195 < large.peak_mb - small.peak_mb < 220


def test_a_failing_process_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="exit status 3"):
        cost.usage([sys.executable, "-I", "-c", "raise SystemExit(3)"])


def test_the_least_is_taken_of_runs_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([Usage(1, 10), Usage(5, 50), Usage(3, 30), Usage(9, 90), Usage(2, 20), Usage(4, 40)])
    asked: list[str] = []

    def reading(command: list[str]) -> Usage:
        asked.append(command[0])
        return next(readings)

    monkeypatch.setattr(cost, "usage", reading)
    assert cost.alternately({"a": ["a"], "b": ["b"]}, runs=3) == {"a": Usage(1, 10), "b": Usage(4, 40)}
    assert asked == ["a", "b"] * 3


def test_every_stage_has_its_share_of_a_run() -> None:
    shares = cost.shares(CLIP)
    assert min(shares.values()) > 0
    assert list(shares)[-1] == "the rest"


@pytest.mark.parametrize(("cpu_s", "peak_mb", "said"), [(4.0, 200.0, "met"), (4.2, 201.0, "missed")])
def test_the_page_says_whether_the_aims_are_met(cpu_s: float, peak_mb: float, said: str) -> None:
    measured = {
        10: {"decode": Usage(0.4, 40.0), "count": Usage(0.7, 190.0)},
        60: {"decode": Usage(2.0, 40.0), "count": Usage(cpu_s, peak_mb), "librosa": Usage(16.0, 4860.4)},
    }
    text = cost_page.page(measured, Usage(0.3, 50.0), {"machine": "two cores"})
    assert f"- 60 minutes, CPU to decoding alone: {cpu_s / 2:.3g}, at most 2 ({said})" in text
    assert f"- 60 minutes, MB: {peak_mb:.3g}, at most 200 ({said})" in text
    assert "- start-up, s: 0.3, at most 0.7 (met)" in text
    assert "- machine: two cores" in text
    assert f"| 60 | `count-shots` | {cpu_s:.2f} | {cpu_s / 2:.1f} | {cpu_s / 16:.2f} | {peak_mb:.0f} |" in text
    assert "| 60 | librosa's onset detector, sound already decoded | 16.00 | 8.0 | 1.00 | 4,860 |" in text
    assert "| 10 | `count-shots` | 0.70 | 1.7 | - | 190 |" in text
    assert f"start-up apart: 2.4 s (10 minutes), {cpu_s - 0.3:.1f} s (60 minutes)" in text


def test_the_page_tells_hashing_of_a_large_file_and_stages_apart() -> None:
    measured = {60: {"decode": Usage(2.0, 40.0), "count": Usage(6.0, 150.0)}}
    large = {"decode": Usage(2.5, 50.0), "count": Usage(7.0, 150.0), "hash": Usage(2.0, 20.0)}
    text = cost_page.page(measured, Usage(0.3, 50.0), {}, stages={"decoding": 3.0, "the rest": 1.0}, large=(2.2, large))
    assert "| 60, 2.2 GB | SHA-256 alone | 2.00 | 0.8 | - | 20 |" in text
    assert "its SHA-256 takes about 2.0 s; without it the run takes 2.0 times" in text
    assert "| decoding | 3.00 | 75% |" in text
