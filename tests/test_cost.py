"""What the figures of cost rest on: composed recordings, honest readings of a process, the page."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from detector.lab import cost
from detector.lab.cost import Usage
from detector.media.decode import open_track
from detector.settings import MediaSettings


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


def test_medians_are_taken_over_runs_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([Usage(1, 10), Usage(5, 50), Usage(3, 30), Usage(9, 90), Usage(2, 20), Usage(4, 40)])
    asked: list[str] = []

    def reading(command: list[str]) -> Usage:
        asked.append(command[0])
        return next(readings)

    monkeypatch.setattr(cost, "usage", reading)
    assert cost.alternately({"a": ["a"], "b": ["b"]}, runs=3) == {"a": Usage(2, 20), "b": Usage(5, 50)}
    assert asked == ["a", "b"] * 3


@pytest.mark.parametrize(("cpu_s", "peak_mb", "said"), [(6.0, 299.0, "met: 3.0"), (6.2, 300.0, "missed: 3.1")])
def test_the_page_says_whether_the_bounds_are_met(cpu_s: float, peak_mb: float, said: str) -> None:
    text = cost.page({60: {"decode": Usage(2.0, 40.0), "count": Usage(cpu_s, peak_mb)}}, {"machine": "two cores"})
    assert said in text
    assert f"{said.split(':')[0]}: {peak_mb:.0f} MB" in text
    assert "- machine: two cores" in text
