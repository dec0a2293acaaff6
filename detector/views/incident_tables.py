"""An incident as tables: rows for the terminal, a pandas frame of all shots, and the page that a notebook shows."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING

from detector.exports.incident import column
from detector.exports.wording import one_line
from detector.records import Camera, Incident, IncidentShot
from detector.times import format_time
from detector.views import incident_summary, tables

if TYPE_CHECKING:
    import pandas as pd

CAMERA_COLUMNS = ("camera", "file", "added to its times", "its clock", "shots agree")
_MOST_COLUMNS = 4  # cameras whose times fit side by side on a terminal
_LETTERS = 24  # of a file's name

# Column after id and status -> pandas type: the nullable ones hold <NA> where a column says nothing about a shot.
_TYPES = {
    "time_s": "float64",
    "time_error_s": "float64",
    "probability": "float64",
    "volley": "Int64",
    "overlap": "bool",
    "one_more_hidden": "float64",
    "two_more_hidden": "float64",
    "cameras": "int64",
    "position": "Int64",
    "repeat_of": "Int64",
    "flags": "string",
}


def camera_rows(incident: Incident) -> tuple[tuple[str, ...], ...]:
    """One row per recording under `CAMERA_COLUMNS`: how its clock lies on the incident's."""
    return tuple(_camera_row(camera, incident.clock) for camera in incident.cameras)


def shot_columns(incident: Incident) -> tuple[str, ...]:
    """The columns of `shot_rows`: with more cameras than fit, who heard a shot stands in place of when."""
    cameras = incident.included
    heard = [f"camera {c.id}" for c in cameras] if len(cameras) <= _MOST_COLUMNS else ["heard by"]
    return ("shot", "time", *heard, "chance", "")


def shot_rows(incident: Incident) -> tuple[tuple[str, ...], ...]:
    """One row per shot under `shot_columns`; the times of each camera are those of its own file."""
    return tuple(_shot_row(shot, incident.included) for shot in incident.shots)


def to_dataframe(incident: Incident) -> pd.DataFrame:
    """One row per shot in time order, one column of times per camera on its own clock (needs pandas).

    Without shots the frame has no rows, and the same columns of the same types.

    Raises
    ------
    DetectorError
        When pandas is not installed.
    """
    times = {column(camera): "float64" for camera in incident.included}
    rows = [_cells(shot, incident.included) for shot in incident.shots]
    return tables.frame(rows, ("shot", "possible"), {**_TYPES, **times})


def to_html(incident: Incident) -> str:
    """A small self-contained page for notebooks: what the terminal says, clocks, volleys, shots and the picture.

    Everything from the recordings is escaped and nothing is loaded.
    """
    names = ", ".join(one_line(camera.report.recording.name) for camera in incident.cameras)
    return (
        f'<div style="max-width: 60em"><h3>{escape(names)}</h3>'
        f"{tables.sections_table(incident_summary.sections(incident))}"
        f"{tables.table('Cameras', CAMERA_COLUMNS, camera_rows(incident))}"
        f"{tables.table('Volleys', tables.VOLLEY_COLUMNS, tables.volley_rows(incident))}{_picture(incident)}</div>"
    )


def _camera_row(camera: Camera, clock: int | None) -> tuple[str, ...]:
    name = one_line(camera.report.recording.name)
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS // 2]}...{name[-_LETTERS // 2 + 3 :]}"
    if camera.offset_s is None:
        return (str(camera.id), short, "left out", "", "")
    if camera.id == clock:
        return (str(camera.id), short, "0 s", "the incident's", _residual(camera))
    added = f"{camera.offset_s:+.3f} s" + ("" if camera.error_s is None else f"\n+-{camera.error_s * 1000:.0f} ms")
    return (str(camera.id), short, added, _drift(camera), _residual(camera))


def _drift(camera: Camera) -> str:
    error = "" if camera.drift_error_ppm is None else f" +-{camera.drift_error_ppm:.0f} ppm"
    if camera.drift_ppm is None:
        return f"drift not\ndetermined{',' * bool(error)}{error}"
    way = "fast" if camera.drift_ppm >= 0 else "slow"
    return f"{abs(camera.drift_ppm):.1f} ppm {way}\n{error.strip()}".strip()


def _residual(camera: Camera) -> str:
    if camera.same_as is not None:
        return f"as camera {camera.same_as}"
    return "-" if camera.residual_s is None else f"to {camera.residual_s * 1000:.1f} ms"


def _shot_row(shot: IncidentShot, cameras: tuple[Camera, ...]) -> tuple[str, ...]:
    times = {arrival.camera: format_time(arrival.time_s) for arrival in shot.arrivals}
    if len(cameras) <= _MOST_COLUMNS:
        heard = [times.get(camera.id, "deaf" if camera.id in shot.deaf else "-") for camera in cameras]
    else:
        heard = [" ".join(str(camera.id) if camera.id in times else "-" for camera in cameras)]
    notes: list[str] = [shot.status] if shot.status != "shot" else []
    notes += [] if shot.position is None else [f"position {shot.position}"]
    notes += ["overlap"] if shot.overlap else []
    notes += [] if shot.repeat_of is None else [f"repeat of {shot.repeat_of}"]
    return (str(shot.id), format_time(shot.time_s), *heard, f"{shot.probability:.2f}", ", ".join([*notes, *shot.flags]))


def _cells(shot: IncidentShot, cameras: tuple[Camera, ...]) -> dict[str, object]:
    times_s = {arrival.camera: arrival.time_s for arrival in shot.arrivals}
    return {
        "id": shot.id,
        "status": shot.status,
        "time_s": shot.time_s,
        "time_error_s": shot.time_error_s,
        "probability": shot.probability,
        "volley": shot.volley,
        "overlap": shot.overlap,
        "one_more_hidden": shot.extra[0],
        "two_more_hidden": shot.extra[1],
        "cameras": len(shot.arrivals),
        "position": shot.position,
        "repeat_of": shot.repeat_of,
        "flags": "; ".join(shot.flags),
        **{column(camera): times_s.get(camera.id) for camera in cameras},
    }


def _picture(incident: Incident) -> str:
    if find_spec("matplotlib") is None:
        return ""
    from detector.views.lanes import incident_figure

    return tables.embedded(incident_figure(incident), "one lane per camera, with the shots that they share joined")
