"""The review page of an incident: one lane per camera on one clock, the shots that they share joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import OutputError
from detector.exports import wording
from detector.media.decode import open_track
from detector.media.evidence import Evidence
from detector.records import Camera, Comparison, Incident, Rejected, Shot
from detector.settings import MediaSettings
from detector.views import clips, incident_summary, incident_tables, review, summary
from detector.views.review import Heard

_LETTERS = 28  # of a file's name beside its lane
_OVERVIEW_BYTES = 310_000  # of one more camera's picture, before it becomes text
_LEAST_BYTES = 1_500_000  # of all sound, however many the cameras
_SAME_S = 0.001  # by which a camera's refused onset may lie beside the incident's that was made of it
_COLUMNS = (
    *(("id", "No."), ("time_s", "Time"), ("probability", "Chance"), ("heard", "Heard by"), ("position", "Position")),
    *(("machine", "Machine"), ("verdict", "You")),
)
_HELP = (("K L", "hear the camera above, below"),)


def page(incident: Incident, comparisons: Sequence[Comparison] = (), heard: Mapping[int, Heard] | None = None) -> str:
    """The HTML text of the page of an incident.

    Parameters
    ----------
    comparisons
        Hidden on the page until the review is saved or the reviewer asks for them.
    heard
        The sound of cameras by their ids; a camera that is missing is seen, and not heard.
    """
    heard, number = heard or {}, len(incident.cameras)
    headline = incident_summary.headline(incident)
    words = {
        "title": f"Incident of {number} recording{'s' * (number != 1)}",
        "facts": [
            f"{incident_summary.name(camera)}: {summary.recording_sentence(camera.report)}"
            for camera in incident.cameras
        ],
        "headline": headline,
        "sections": incident_summary.sections(incident),
        "coverage_words": " ".join(incident_summary.coverage_sentences(incident)) or f"{headline}.",
        "claim": review.claim(incident, "these recordings, each counted once", incident_summary.faint(incident)),
        "camera_columns": incident_tables.CAMERA_COLUMNS,
        "cameras": [[" ".join(each.split()) for each in row] for row in incident_tables.camera_rows(incident)],
        "columns": _COLUMNS,
        "help": (*_HELP, *review.HELP),
    }
    lanes = [_lane(camera, incident, heard.get(camera.id, Heard())) for camera in incident.included]
    data = {"lanes": lanes or [_nothing()], "told": _told(incident)}
    return review.rendered(incident, [camera.report for camera in incident.cameras], comparisons, words, data)


def heard(incident: Incident, paths: Sequence[str | Path], folder: Path, settings: MediaSettings) -> dict[int, Heard]:
    """The sound of the cameras whose recordings are among the files, whatever they are called, for a page in `folder`.

    Raises
    ------
    DetectorError
        When a file cannot be read, or is none of the incident's recordings.
    """
    found: dict[int, Heard] = {}
    for path in dict.fromkeys(map(Path, paths)):
        sha256 = Evidence(path).sha256()
        if all(camera.report.recording.sha256 != sha256 for camera in incident.cameras):
            raise OutputError(
                f"{path}: none of the {len(incident.cameras)} recordings of this incident (its SHA-256 begins with "
                f"{sha256[:8]}); give those that were analysed"
            )
        for camera in incident.included:
            if camera.report.recording.sha256 == sha256:
                with open_track(path, settings) as sound:
                    excerpts = clips.cut(camera.report, sound, wanted(incident, camera))
                found[camera.id] = Heard(excerpts, review.address(path, folder))
    return found


def wanted(incident: Incident, camera: Camera) -> clips.Wanted:
    """What is to be heard of one camera: every shot of the incident, by its file's clock, where it heard it or not."""
    arrivals = {shot.id: each.time_s for shot in incident.shots for each in shot.arrivals if each.camera == camera.id}
    refused = sorted(incident.rejected, key=lambda onset: -onset.probability)
    cameras = len(incident.included)
    room = max(_LEAST_BYTES, clips.MOST_BYTES - (cameras - 1) * _OVERVIEW_BYTES)
    return clips.Wanted(
        shots_s=_within(camera, [arrivals.get(shot.id, camera.file_s(shot.time_s)) for shot in incident.shots]),
        refused_s=_within(camera, [camera.file_s(onset.time_s) for onset in refused]),
        most_bytes=room // cameras,
    )


def _within(camera: Camera, times_s: Sequence[float]) -> tuple[float, ...]:
    """Those of the times at which the file has something."""
    first_s, stop_s = camera.report.extent_s
    return tuple(time_s for time_s in times_s if first_s <= time_s <= stop_s)


def _lane(camera: Camera, incident: Incident, heard: Heard) -> dict[str, Any]:
    """What the script knows of one camera."""
    report, rate = camera.report, 1 + 1e-6 * (camera.drift_ppm or 0.0)
    name = wording.one_line(report.recording.name)
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS // 2]}…{name[-_LETTERS // 2 + 1 :]}"
    mine = {each.onset for shot in incident.shots for each in shot.arrivals if each.camera == camera.id}
    named_s = np.array([camera.file_s(onset.time_s) for onset in incident.rejected])
    own: list[Shot | Rejected] = [*report.shots, *report.rejected]
    beside = [each for each in own if each.id not in mine and not np.any(np.abs(named_s - each.time_s) < _SAME_S)]
    return review.lane(report, heard) | {
        "id": camera.id,
        "label": f"camera {camera.id} · {short}",
        "clock": {"anchor_s": camera.anchor_s, "offset_s": camera.offset_s, "rate": rate},
        "others": [
            [each.time_s, each.probability, each.status if isinstance(each, Shot) else each.reason] for each in beside
        ],
    }


def _nothing() -> dict[str, Any]:
    """The lane of an incident of which no recording is on its clock."""
    return {
        **{"id": 0, "name": "", "label": "", "size_bytes": 0, "extent_s": [0.0, 0.0], "video": None, "choose": ""},
        **{"overview": None, "coverage": [], "others": [], "clips": []},
        "silent": "none of the recordings could be heard",
        "clock": {"anchor_s": 0.0, "offset_s": 0.0, "rate": 1.0},
    }


def _told(incident: Incident) -> list[dict[str, Any]]:
    """Sentences on some of the shots: in what order they were fired, where physics fixes it."""
    return [{"shots": [each.first, each.second], "sentence": each.sentence} for each in incident.order]
