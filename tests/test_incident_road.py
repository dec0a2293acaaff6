"""Hard incidents through the whole road: files that fail, parts, replays, late and drifting clocks, many cameras."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr

from detector import MediaError, cli, console, detect, detect_incident
from detector.lab.clocks import drifted
from detector.lab.standing import RATE_HZ
from detector.media.decode import open_track
from detector.media.track import MediaTrack
from detector.records import Block, CountInterval, Float32, Recording, Report
from detector.settings import MediaSettings
from tests.ears import cameras

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "incident"
A, B = FIXTURES / "body_a.mp4", FIXTURES / "body_b.mp4"
HZ = 24_000
BETWEEN_S = 2.6  # by which camera A began before B
LONG_S = 7200.0


def sound(path: Path) -> Float32:
    """(n,) the sound of a fixture from 0:00 on."""
    with open_track(path, MediaSettings()) as track:
        blocks = list(track.blocks())
    rate_hz = blocks[0].rate_hz
    whole = np.zeros(round((blocks[-1].start_s + 2) * rate_hz), np.float32)
    for block in blocks:
        first = max(0, round(block.start_s * rate_hz))
        whole[first : first + len(block.samples)] = block.samples.mean(axis=1)
    return np.asarray(soxr.resample(whole, rate_hz, HZ), np.float32)


@pytest.fixture(scope="module")
def sounds() -> tuple[Float32, Float32]:
    return sound(A), sound(B)


@pytest.fixture(scope="module")
def alone() -> Report:
    return detect(A)


def saved(path: Path, samples: Float32, rate_hz: int = HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")
    return path


def saved_late(path: Path, samples: Float32, late_s: float) -> Path:
    """A Matroska file whose sound has time stamps from `late_s` on."""
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=HZ, layout="mono")
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        for first in range(0, len(whole), HZ):
            frame = av.AudioFrame.from_ndarray(whole[None, first : first + HZ], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = HZ, Fraction(1, HZ), first + round(late_s * HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def best(count: CountInterval | None) -> int:
    assert count is not None
    return count.best


# --- files that fail -------------------------------------------------------------------------------


def touching(path: Path) -> Callable[[float, float], None]:
    """A progress that changes a file while it goes by, as a copy still running does."""
    times = iter(range(1, 10_000))

    def progress(_done_s: float, _total_s: float) -> None:
        os.utime(path, (1e9 + next(times),) * 2)

    return progress


def test_a_file_that_fails_half_way_leaves_the_others_and_is_told_of(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(B.read_bytes())
    failed: list[tuple[Path, str]] = []
    progress = touching(bad)
    found = detect_incident([bad, A, bad], windows=[(0, 9), None, (9, None)], progress=progress,
                            on_failure=lambda path, error: failed.append((path, str(error))))  # fmt: skip
    assert [camera.report.recording.name for camera in found.cameras] == ["body_a.mp4"]
    ((path, reason),) = failed
    assert path == bad
    assert reason.startswith(f"{bad}: changed while being read")
    assert found.warnings[0].startswith("bad.mp4 could not be read to its end and is not in this incident: changed")
    assert str(tmp_path) not in found.warnings[0]
    with pytest.raises(MediaError, match="changed while being read"):
        detect_incident([bad], progress=progress)


def test_without_any_recording_that_can_be_read_there_is_no_incident(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="none of the recordings could be read"):
        detect_incident([tmp_path / "nowhere.mp4"], on_failure=lambda *_: None)


def test_a_file_that_cannot_be_read_again_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(B.read_bytes())
    read = MediaTrack.read

    def broken(track: MediaTrack, windows: Sequence[tuple[float, float]]) -> list[Block]:
        if track.recording().name == "bad.mp4":
            raise OSError(5, "Input/output error")
        return read(track, windows)

    monkeypatch.setattr(MediaTrack, "read", broken)
    failed: list[Path] = []
    found = detect_incident([A, bad], on_failure=lambda path, _: failed.append(path))
    assert failed == [bad]
    assert len(found.cameras) == 1
    assert "bad.mp4 could not be read to its end and is not in this incident: [Errno 5]" in found.warnings[0]


def test_the_command_goes_on_without_a_file_that_fails_half_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = MediaTrack.recording

    def broken(track: MediaTrack) -> Recording:
        found = recording(track)
        if found.name == B.name:
            raise MediaError(f"{B}: changed while being read; run again")
        return found

    monkeypatch.setattr(MediaTrack, "recording", broken)
    assert cli.main(["--incident", str(A), str(B), "--quiet", "--out", str(tmp_path)]) == console.SOME_FAILED
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "body_b.mp4: changed while being read; run again" in printed.err
    assert printed.out.startswith("incident of 1 recording: ")
    assert len(list(tmp_path.iterdir())) == 1


# --- parts and replays -------------------------------------------------------------------------------


def test_two_parts_of_one_file_alone_count_together(alone: Report) -> None:
    found = detect_incident([A, A], windows=[(None, 10.0), (10.0, None)])
    assert [camera.offset_s for camera in found.cameras] == [0.0, 0.0]
    assert [camera.same_as for camera in found.cameras] == [None, None]
    assert abs(best(found.count) - best(alone.count)) <= 1
    assert {shot.heard_by for shot in found.shots} == {(1,), (2,)}
    assert found.warnings == (
        "cameras 1 and 2 are parts of one file and stand where they stand in it: no sound that both heard says so",
    )


def test_parts_that_overlap_are_one_and_one_within_another_is_a_copy(alone: Report) -> None:
    found = detect_incident([A, A, A], windows=[(None, 12.0), (8.0, None), (7.5, 11.0)])
    assert [(camera.window, camera.same_as) for camera in found.cameras] == [(None, None), ((7.5, 11.0), 1)]
    assert best(found.count) == best(alone.count)


def test_a_replay_at_half_speed_counts_once_in_one_file_in_parts_and_beside_a_second_camera(
    sounds: tuple[Float32, Float32], alone: Report, tmp_path: Path
) -> None:
    first, second = sounds
    slow = np.asarray(soxr.resample(first, 1, 2), np.float32)
    replay = saved(tmp_path / "replay.wav", np.concatenate([first, slow]))
    other = saved(tmp_path / "other.wav", second)
    cut_s = len(first) / HZ
    assert abs(best(detect_incident([replay, other]).count) - best(alone.count)) <= 2
    parts = detect_incident([replay, replay], windows=[(None, cut_s), (cut_s, None)])
    assert abs(best(parts.count) - best(alone.count)) <= 2
    again = [shot for shot in parts.shots if shot.repeat_of is not None]
    assert len(again) >= 10
    assert all(shot.time_s > cut_s for shot in again)
    assert any("at 0.5 times the speed" in warning for warning in parts.warnings)


def test_a_slow_replay_of_what_another_file_recorded_counts_once(
    sounds: tuple[Float32, Float32], alone: Report, tmp_path: Path
) -> None:
    first, second = sounds
    slow = np.asarray(soxr.resample(first, 1, 2), np.float32)
    compilation = saved(tmp_path / "compilation.wav", np.concatenate([second, slow]))
    found = detect_incident([compilation, A])
    assert abs(best(found.count) - best(alone.count)) <= 2


def test_two_views_in_one_file_are_told_and_counted_once_from_its_parts(
    sounds: tuple[Float32, Float32], alone: Report, tmp_path: Path
) -> None:
    first, second = sounds
    compilation = saved(tmp_path / "compilation.wav", np.concatenate([second, first]))
    cut_s = len(second) / HZ
    whole = detect_incident([compilation, A])
    assert any("fit each other at two places" in warning for warning in whole.warnings)
    parts = detect_incident([compilation, compilation], windows=[(None, cut_s), (cut_s, None)])
    assert abs(best(parts.count) - best(alone.count)) <= 2
    assert abs(parts.cameras[0].incident_s(0.0) - parts.cameras[1].incident_s(cut_s + BETWEEN_S)) < 0.1


# --- clocks ------------------------------------------------------------------------------------------


def lag_s(path: Path) -> float:
    """When a recording that may be camera B's shows what camera A shows at 7 s, where the shots are."""
    found = detect_incident([A, path])
    one, other = found.cameras
    assert len([shot for shot in found.shots if len(shot.heard_by) == 2]) >= 8
    return other.file_s(one.incident_s(8.0)) - 8.0


def test_recordings_that_start_within_the_incident_or_hours_late_come_onto_one_clock(
    sounds: tuple[Float32, Float32], tmp_path: Path
) -> None:
    second = sounds[1]
    usual_s = lag_s(B)
    assert usual_s == pytest.approx(-BETWEEN_S, abs=0.05)
    middle = saved(tmp_path / "middle.wav", second[round(5.2 * HZ) :])  # shots fall from 4.4 s on
    late = saved_late(tmp_path / "late.mka", second, LONG_S)
    assert lag_s(middle) == pytest.approx(usual_s - 5.2, abs=0.03)
    assert lag_s(late) == pytest.approx(usual_s + LONG_S, abs=0.03)


def test_a_fast_clock_and_a_silent_buffer_before_the_event_change_little(
    sounds: tuple[Float32, Float32], alone: Report, tmp_path: Path
) -> None:
    second = drifted(sounds[1], 100.0)
    second[: 3 * HZ] = 0
    path = saved(tmp_path / "fast.wav", second)
    assert lag_s(path) == pytest.approx(-BETWEEN_S, abs=0.05)
    found = detect_incident([A, path])
    assert abs(best(found.count) - best(alone.count)) <= 2
    assert any(part.state == "muted" for part in found.cameras[1].report.coverage)


def test_eight_cameras_come_onto_one_clock(tmp_path: Path) -> None:
    paths = [
        saved(tmp_path / f"cam{number}.wav", camera.samples, RATE_HZ)
        for number, camera in enumerate(cameras(count=8, length_s=40.0, shots=12), start=1)
    ]
    found = detect_incident(paths)
    assert len(found.included) >= 7
    assert max(len(shot.heard_by) for shot in found.shots) >= 6
