"""What is said of the cameras' own clocks: beside the sound, and nothing more."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from detector import detect_incident
from detector.media.decode import open_track
from detector.records import Incident
from detector.settings import MediaSettings
from detector.views import incident_summary
from tests.builders import make_incident


def clocks(
    *times: str | None, source: Literal["given", "file"] = "given", left_out: dict[int, str] | None = None
) -> Incident:
    """Camera n + 1 began 7.25 s before camera n."""
    incident = make_incident(cameras=len(times), left_out=left_out or {})
    cameras = []
    for camera, time in zip(incident.cameras, times, strict=True):
        recording = dataclasses.replace(camera.report.recording, sha256=f"{camera.id:064x}")
        report = dataclasses.replace(camera.report, recording=recording)
        known = None if time is None else source
        cameras.append(dataclasses.replace(camera, report=report, time_of_day=time, time_of_day_from=known))
    return dataclasses.replace(incident, cameras=tuple(cameras))


def said(incident: Incident) -> str:
    return " ".join(
        " ".join(section.sentences) for section in incident_summary.sections(incident) if section.title == "Wall clocks"
    )


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (
            ("2024-03-21T17:05:12", "2024-03-21T17:05:08"),
            "By their own clocks camera 2 (camera_2.mp4) began 4.0 s before camera 1 (camera_1.mp4); by the sound, "
            "7.2 s before it. The sound decides",
        ),
        (
            ("2024-03-21T17:05:12", "2024-03-21T17:05:20"),
            "began 8.0 s after camera 1 (camera_1.mp4); by the sound, 7.2",
        ),
        (("2024-03-21T17:05:12", "2024-03-21T17:05:05"), "by the sound too, to 0.5 s."),
        (("2024-03-21T17:05:12-05:00", "2024-03-21T22:05:05+00:00"), "by the sound too, to 0.5 s."),
        (("2024-03-21T17:05:12-05:00", "2024-03-21T22:05:05"), "cannot be compared: one of them names no time zone"),
        ((None, "2024-03-21T17:05:12"), "camera 2 (camera_2.mp4) began at 2024-03-21T17:05:12; no other recording"),
    ],
)
def test_what_the_clocks_say_stands_beside_what_the_sound_says(times: tuple[str | None, ...], sentence: str) -> None:
    assert sentence in said(clocks(*times))


def test_a_recording_that_is_left_out_is_placed_by_its_clock_alone_and_it_is_said_so() -> None:
    told = said(clocks("2024-03-21T17:05:12", "2024-03-21T17:05:05", "2024-03-21T17:07:12", left_out={3: "x"}))
    assert "camera 3 (camera_3.mp4) began 120.0 s (2:00) after camera 1 (camera_1.mp4); it is left out, and" in told


def test_what_a_time_stored_in_a_file_may_be_is_said() -> None:
    assert "often that at which a recording was ended or copied" in said(clocks("2024-03-21", None, source="file"))
    assert "often that" not in said(clocks("2024-03-21", None))


def test_without_wall_clocks_nothing_is_said_of_them() -> None:
    assert said(clocks(None, None)) == ""


def stored(path: Path, form: str, created: str | None) -> Path:
    """A second of noise in a container that says when it was made."""
    with av.open(str(path), "w", format=form) as container:
        if created is not None:
            container.metadata["creation_time"] = created
        stream = container.add_stream("aac" if form == "mp4" else "pcm_s16le", rate=16_000, layout="mono")
        noise = np.random.default_rng(1).integers(-999, 999, (1, 16_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("form", "created", "expected"),
    [
        ("mp4", "2024-03-21T17:05:12.000000Z", "2024-03-21T17:05:12+00:00"),
        ("matroska", "2024-03-21T17:05:12.000000Z", "2024-03-21T17:05:12+00:00"),
        ("mp4", "1970-01-01T00:00:00.000000Z", None),
        ("mp4", None, None),
        ("wav", None, None),
    ],
)
def test_the_creation_time_is_read_from_the_container(
    form: str, created: str | None, expected: str | None, tmp_path: Path
) -> None:
    with open_track(stored(tmp_path / "a", form, created), MediaSettings()) as track:
        assert track.created == expected


def test_a_given_clock_goes_before_that_of_the_file(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.mp4", "mp4", "2024-03-21T17:05:12Z")
    (camera,) = detect_incident([path]).cameras
    assert (camera.time_of_day, camera.time_of_day_from) == ("2024-03-21T17:05:12+00:00", "file")
    (camera,) = detect_incident([path], clocks={path: "2024-03-21T18:00:00"}).cameras
    assert (camera.time_of_day, camera.time_of_day_from) == ("2024-03-21T18:00:00", "given")
