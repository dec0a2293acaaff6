"""Several files of one event to one incident, whatever they are called and in whatever order they come."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import detector
from detector import SettingsError, detect, detect_incident, read_tallies
from detector.lab.standing import RATE_HZ
from detector.records import Incident
from tests.ears import cameras

LENGTH_S = 25.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Three cameras that stand around eight shots, each with its own clock."""
    folder = tmp_path_factory.mktemp("incident")
    paths = []
    for number, camera in enumerate(cameras(length_s=LENGTH_S), start=1):
        paths.append(folder / f"cam{number}.wav")
        soundfile.write(paths[-1], camera.samples, RATE_HZ, subtype="FLOAT")
    return tuple(paths)


@pytest.fixture(scope="module")
def incident(files: tuple[Path, ...]) -> Incident:
    return detect_incident(files)


def decided(found: Incident) -> list[tuple[float, float, tuple[int, ...]]]:
    return [(shot.time_s, shot.probability, shot.heard_by) for shot in found.shots]


def test_all_cameras_are_on_one_clock_and_shots_are_listed_once(incident: Incident) -> None:
    assert len(incident.included) == 3
    assert incident.shots
    assert max(len(shot.heard_by) for shot in incident.shots) == 3
    most = max(len(camera.report.shots) for camera in incident.cameras)
    assert len(incident.shots) <= most + 2
    assert incident.count is not None
    assert incident.span is not None


def test_neither_the_order_nor_the_names_of_files_matter(
    files: tuple[Path, ...], incident: Incident, tmp_path: Path
) -> None:
    assert detect_incident(files[::-1]) == incident
    renamed = [
        shutil.copy(path, tmp_path / name) for path, name in zip(files, ("z.wav", "y.wav", "x.wav"), strict=True)
    ]
    other = detect_incident(renamed)
    assert [camera.report.recording.name for camera in other.cameras] == ["x.wav", "y.wav", "z.wav"]
    assert other.result_sha256 == incident.result_sha256


def test_a_camera_given_twice_is_known_as_a_copy(files: tuple[Path, ...], incident: Incident, tmp_path: Path) -> None:
    twin = Path(shutil.copy(files[0], tmp_path / "cam1 (copy).wav"))
    found = detect_incident([*files, twin])
    assert sum(camera.same_as is not None for camera in found.cameras) == 1
    assert found.count == incident.count
    assert len(found.shots) == len(incident.shots)


def test_a_silent_camera_and_another_event_are_left_out_with_the_reason(
    files: tuple[Path, ...], incident: Incident, tmp_path: Path
) -> None:
    silent, other = tmp_path / "silent.wav", tmp_path / "zoo.wav"
    soundfile.write(silent, np.zeros(int(LENGTH_S * RATE_HZ), np.float32), RATE_HZ)
    soundfile.write(other, cameras(seed=99, length_s=LENGTH_S)[0].samples, RATE_HZ, subtype="FLOAT")
    found = detect_incident([*files, silent, other])
    assert [bool(camera.excluded) for camera in found.cameras] == [False, False, False, True, True]
    assert decided(found) == decided(incident)
    assert found.count == incident.count


def test_one_recording_is_an_incident_of_one_camera(files: tuple[Path, ...]) -> None:
    found, report = detect_incident(files[:1]), detect(files[0])
    assert found.count == report.count
    assert [shot.probability for shot in found.shots] == [shot.probability for shot in report.shots]
    assert found.warnings == ("only one recording was given: nothing was compared, and the count is its own",)


def test_without_any_sound_nothing_is_counted(tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(4 * RATE_HZ, np.float32), RATE_HZ)
    found = detect_incident([silent])
    assert (found.count, found.span, found.shots, found.heard_s, found.clock) == (None, None, (), 0.0, None)


def test_a_file_in_two_parts_is_counted_as_one(files: tuple[Path, ...], incident: Incident) -> None:
    middle_s = LENGTH_S / 2
    found = detect_incident([files[0], files[0], *files[1:]], windows=[(None, middle_s), (middle_s, None), None, None])
    assert [camera.window for camera in found.cameras] == [(None, middle_s), (middle_s, None), None, None]
    assert incident.count is not None
    assert found.count is not None
    assert abs(found.count.best - incident.count.best) <= 1


def test_an_incident_is_held_against_a_tally_like_a_report(incident: Incident, tmp_path: Path) -> None:
    path = tmp_path / "tally.toml"
    path.write_text('[[tally]]\nlabel = "all"\ncount = 300\nincludes = "everyone"\neveryone = true\nmethod = "video"\n'
                    'citation = "nobody"\nwindow = ["0:00", "0:10"]\n')  # fmt: skip
    (tally,) = read_tallies(path)
    comparison = detector.compare(incident, tally)
    assert comparison.result_sha256 == incident.result_sha256
    assert comparison.verdict in ("audio hears fewer", "cannot tell")


def test_what_the_user_says_is_kept(files: tuple[Path, ...]) -> None:
    found = detect_incident(files, wearer_fired=[files[1]], clocks={files[2]: "2024-04-09T18:00:00"})
    assert [camera.wearer_fired for camera in found.cameras] == [False, True, False]
    assert [camera.time_of_day for camera in found.cameras] == [None, None, "2024-04-09T18:00:00"]


def test_nonsense_is_refused_before_any_file_is_read() -> None:
    with pytest.raises(SettingsError, match="an incident needs recordings"):
        detect_incident([])
    with pytest.raises(SettingsError, match="swap them"):
        detect_incident(["nowhere.mp4"], windows=[(5.0, 2.0)])


def test_incident_json_keeps_all(incident: Incident) -> None:
    again = Incident.from_json(incident.to_json())
    assert dataclasses.replace(again, cameras=()) == dataclasses.replace(incident, cameras=())
