"""The committed fixtures against their truth, and the script that makes them against the committed files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import MediaError, TallyError
from detector.lab import fixtures
from detector.media.decode import open_track
from detector.records import Float32
from detector.settings import MediaSettings
from detector.tallies import read as read_tallies

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
TRUTHS = sorted(FIXTURES.glob("*/*truth.json"))
SLOW_RISE_MS = {"amr.3gp": 2.0}  # a speech codec spreads a blast over 2 ms


def _truth(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _sound(path: Path) -> tuple[Float32, int]:
    """The loudest channel from presentation time 0 on, zero where nothing was decoded, and its rate."""
    track = open_track(path, MediaSettings())
    blocks = [(round(block.start_s * block.rate_hz), block.samples) for block in track.blocks()]
    samples = np.zeros((max(first + len(part) for first, part in blocks), track.channels), np.float32)
    for first, part in blocks:
        samples[max(first, 0) : first + len(part)] = part[max(-first, 0) :]
    loudest = int(np.argmax(np.abs(samples).max(axis=0)))
    return samples[:, loudest], track.rate_hz


def _onset_s(samples: Float32, rate_hz: int, near_s: float) -> float:
    """Time at which the sound around `near_s` first reaches a fifth of its peak."""
    first = max(0, round((near_s - 0.06) * rate_hz))
    piece = np.abs(samples[first : first + round(0.064 * rate_hz)])
    return (first + int(np.argmax(piece > 0.2 * piece.max()))) / rate_hz


def _isolated(truth: dict[str, Any]) -> list[float]:
    """Arrivals of audible shots that have 0.25 s before them to themselves."""
    shots = truth["cameras"][0]["shots"]
    return [
        shot["arrival_s"]
        for shot in shots
        if shot["audible"] and (shot["gap_to_previous_ms"] is None or shot["gap_to_previous_ms"] > 250)
    ]


def test_fixtures_are_small_and_each_clip_has_its_truth() -> None:
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()) < 15e6
    assert (FIXTURES / "demo" / "alder_street.mp4").stat().st_size < 2e6
    described = {_truth(path)["file"] for path in TRUTHS}
    media = {path.name for path in (FIXTURES / "clips").iterdir() if path.suffix != ".json"}
    assert media <= described
    assert {clip.name for clip in fixtures.CLIPS} <= media


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.name.removesuffix(".truth.json"))
def test_truths_are_whole_and_in_order(path: Path) -> None:
    truth = _truth(path)
    assert truth["synthetic"] is True
    shots = truth["cameras"][0]["shots"]
    arrivals = [shot["arrival_s"] for shot in shots]
    assert arrivals == sorted(arrivals)
    assert len(shots) == truth["total_shots"] == sum(truth["shots_per_gun"].values())
    assert sum(shot["audible"] for shot in shots) == truth["audible_shots"] > 0
    assert all((shot["why_not"] is None) == shot["audible"] for shot in shots)
    for shot in shots:
        unheard = any(span["start_s"] <= shot["arrival_s"] < span["stop_s"] for span in truth["unheard"])
        assert not (unheard and shot["audible"])


@pytest.mark.parametrize(
    "path",
    [path for path in TRUTHS if path.parent.name == "clips" and not path.name.startswith("compilation")],
    ids=lambda path: path.name.removesuffix(".truth.json"),
)
def test_isolated_shots_decode_where_the_truth_says(path: Path) -> None:
    truth = _truth(path)
    samples, rate_hz = _sound(path.parent / truth["file"])
    # A constant shift within what the stamps leave open is not ours to judge; intervals are.
    wanted_s = np.array(_isolated(truth))
    tolerance_ms = max(truth["clock_tolerance_ms"], SLOW_RISE_MS.get(truth["file"], 0.0))
    if tolerance_ms > 1:
        shift_s = np.median([_onset_s(samples, rate_hz, t) - t for t in wanted_s])
        assert abs(shift_s) <= tolerance_ms / 1e3
        wanted_s = wanted_s + shift_s
    error_ms = 1e3 * np.array([_onset_s(samples, rate_hz, t) - t for t in wanted_s])
    assert np.abs(error_ms).max() <= max(1.0, SLOW_RISE_MS.get(truth["file"], 0.0))
    assert np.median(np.abs(error_ms)) < 0.5  # stamps in whole milliseconds leave that much; elsewhere it is 0.02


def test_the_demonstration_incident_decodes_to_its_truth() -> None:
    truth = _truth(FIXTURES / "demo" / "truth.json")
    samples, rate_hz = _sound(FIXTURES / "demo" / truth["file"])
    assert truth["total_shots"] == 107
    assert 40.7 < truth["span_s"] < 41.3
    assert np.abs(samples[: round(29.9 * rate_hz)]).max() == 0  # the silent pre-event picture
    assert np.abs(samples[round(30.1 * rate_hz) : round(31 * rate_hz)]).max() > 0
    last_three = [shot["arrival_s"] for shot in truth["cameras"][0]["shots"]][-3:]
    error_ms = [1e3 * (_onset_s(samples, rate_hz, t) - t) for t in last_three]
    assert np.abs(error_ms).max() < 1.0
    peak = np.abs(samples).max()
    near = [shot for shot in truth["cameras"][0]["shots"] if shot["clipped"]]
    assert len(near) > 60
    assert peak > 0.95


def test_the_compilation_shows_the_same_sound_twice() -> None:
    truth = _truth(FIXTURES / "clips" / "compilation.mp4.truth.json")
    samples, rate_hz = _sound(FIXTURES / "clips" / truth["file"])
    (again,) = truth["repeats"]
    first, second = (
        samples[round((start_s + 0.1) * rate_hz) : round((start_s + 14.9) * rate_hz)]
        for start_s in (again["of_start_s"], again["start_s"])
    )
    assert np.corrcoef(first, second)[0, 1] > 0.95
    for card in truth["unheard"]:
        assert (
            np.abs(samples[round((card["start_s"] + 0.05) * rate_hz) : round((card["stop_s"] - 0.05) * rate_hz)]).max()
            < 1e-4
        )


def test_opposite_phases_cancel_when_mixed() -> None:
    track = open_track(FIXTURES / "clips" / "opposite_phase.mp4", MediaSettings())
    samples = np.concatenate([block.samples for block in track.blocks()])
    assert np.abs(samples.mean(axis=1)).max() < 0.1 * np.abs(samples).max()


def test_the_recordings_of_the_incident_are_of_one_event_on_clocks_of_their_own() -> None:
    truths = [_truth(FIXTURES / "incident" / f"{name}.mp4.truth.json") for name in ("body_a", "body_b", "house")]
    assert sum((FIXTURES / "incident" / truth["file"]).stat().st_size for truth in truths) < 1.5e6
    assert len({truth["clock_offset_ms"] for truth in truths}) == 3
    fired = [
        sorted(
            (shot["emission_s"] - truth["clock_offset_ms"] / 1e3, shot["gun"]) for shot in truth["cameras"][0]["shots"]
        )
        for truth in truths
    ]
    assert len(fired[0]) == 13
    for other in fired[1:]:
        assert [gun for _, gun in other] == [gun for _, gun in fired[0]]
        np.testing.assert_allclose([time_s for time_s, _ in other], [time_s for time_s, _ in fired[0]], atol=2e-5)
    for truth in truths:
        samples, rate_hz = _sound(FIXTURES / "incident" / truth["file"])
        first_s = truth["cameras"][0]["shots"][0]["arrival_s"]
        assert abs(_onset_s(samples, rate_hz, first_s) - first_s) < 1e-3


@pytest.mark.parametrize("name", ["zero.mp4", "text.mp4", "cut_before_index.mp4"])
def test_hostile_files_that_are_no_recording_are_refused(name: str) -> None:
    with pytest.raises(MediaError, match=name):
        open_track(FIXTURES / "hostile" / name, MediaSettings())


def test_hostile_files_that_are_recordings_hold_what_their_names_say() -> None:
    hostile = FIXTURES / "hostile"
    assert open_track(hostile / "no_audio.mp4", MediaSettings()).rate_hz == 0
    assert np.abs(_sound(hostile / "all_silence.mp4")[0]).max() == 0
    noise, _ = _sound(hostile / "full_scale_noise.wav")
    assert np.abs(noise).max() > 0.999
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1 / np.sqrt(3), abs=0.01)
    short, rate_hz = _sound(hostile / "tenth_second.wav")
    assert len(short) / rate_hz == pytest.approx(0.1)
    cut, rate_hz = _sound(hostile / "cut_after_index.mp4")
    assert 0.1 < len(cut) / rate_hz < 3


@pytest.mark.parametrize("path", sorted((FIXTURES / "hostile" / "tallies").iterdir()), ids=lambda path: path.stem)
def test_broken_tallies_are_refused(path: Path) -> None:
    with pytest.raises(TallyError):
        read_tallies(path)


def test_tallies_have_the_published_numbers() -> None:
    for path in (FIXTURES / "tallies" / "dexter_reed.toml", FIXTURES / "demo" / "tally.toml"):
        officers, driver, total = read_tallies(path)
        assert (officers.low, driver.low, total.low) == (96, 11, 107)
        assert (officers.everyone, driver.everyone, total.everyone) == (False, False, True)
        assert officers.span_s == 41.0
        assert all(tally.citation for tally in (officers, driver, total))


def test_the_demonstration_tally_speaks_of_the_stretch_with_the_shots() -> None:
    truth = _truth(FIXTURES / "demo" / "truth.json")
    arrivals = [shot["arrival_s"] for shot in truth["cameras"][0]["shots"]]
    for tally in read_tallies(FIXTURES / "demo" / "tally.toml"):
        assert tally.window is not None
        assert tally.window[0] < arrivals[0]
        assert arrivals[-1] < tally.window[1] < truth["duration_s"]


@pytest.mark.parametrize("name", ["rate_8k.mp4", "pcm.wav"])
def test_the_script_makes_the_committed_samples_and_truth_again(tmp_path: Path, name: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_fixtures.py"), "--only", name, "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made, rate_hz = _sound(tmp_path / "clips" / name)
    committed, committed_rate_hz = _sound(FIXTURES / "clips" / name)
    assert rate_hz == committed_rate_hz
    assert len(made) == len(committed)
    assert np.abs(made - committed).max() < 1e-3  # another FFmpeg or numpy may round differently
    for key in ("cameras", "note", "clock_offset_ms"):
        assert (
            _truth(tmp_path / "clips" / f"{name}.truth.json")[key]
            == _truth(FIXTURES / "clips" / f"{name}.truth.json")[key]
        )


def test_another_seed_is_never_written_over_the_committed_incident() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_fixtures.py"), "--seed", "5"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs --out" in done.stderr
