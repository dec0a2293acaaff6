"""An incident into files, in a folder of its own: one table for all cameras, labels for each on its own clock."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from detector.errors import OutputError
from detector.exports import check_names, comparison_json, incident_json
from detector.exports.folder import new_folder, safe_stem, short_hash
from detector.exports.shots_csv import decimal, guarded
from detector.exports.wording import one_line, state_text, unheard
from detector.records import Camera, Comparison, Incident, IncidentShot
from detector.times import format_time

COLUMNS = (
    *("id", "status", "time", "time_s", "time_error_s", "probability", "volley", "overlap"),
    *("one_more_hidden", "two_more_hidden", "heard_by", "silent", "deaf", "position", "repeat_of", "flags"),
)
_OWN_FILES = re.compile(
    r"incident\.json|incident\.csv|lanes\.png|comparison\.json|review\.html|labels_[0-9]+_.*\.txt", re.DOTALL
)


def write(
    incident: Incident,
    comparisons: Sequence[Comparison],
    directory: str | Path,
    formats: Sequence[str],
    overwrite: bool = False,
) -> Path:
    """The new folder `incident-<first 8 of the result's hash>.shots` below `directory`, complete or not there.

    comparison.json is written whenever there are comparisons.

    Raises
    ------
    OutputError
        On an unknown format, an existing folder without `overwrite`, or anything that hinders writing.
    """
    folder = Path(directory) / folder_name(incident)
    if not formats and not comparisons:
        raise OutputError(f"{folder}: no format to write; name at least one of {', '.join(FORMATS)}")
    check_names(formats, NAMES)
    contents: dict[str, bytes] = {}
    for name in dict.fromkeys(formats):
        contents |= FORMATS[name](incident, comparisons)
    if comparisons:
        contents["comparison.json"] = comparison_json.render(incident, comparisons)
    with new_folder(folder, overwrite, lambda path: _OWN_FILES.fullmatch(path.name) is not None) as beside:
        for name, content in contents.items():
            (beside / name).write_bytes(content)
    return folder


def folder_name(incident: Incident) -> str:
    """`incident-<first 8 of the result's hash>.shots`."""
    return f"incident-{short_hash(incident.result_sha256)}.shots"


def table(incident: Incident, comparisons: Sequence[Comparison]) -> bytes:
    """incident.csv: RFC 4180 text in UTF-8, one row per shot in time order, one column of times per camera.

    `time` and `time_s` are of the incident's clock, each camera's column holds seconds on its own, empty where that
    camera has no onset of the shot. `heard_by`, `silent` and `deaf` are numbers of cameras. A text that a spreadsheet
    would run as a formula has an apostrophe in front.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow([*COLUMNS, *(column(camera) for camera in incident.included)])
    for shot in incident.shots:
        times_s = {arrival.camera: arrival.time_s for arrival in shot.arrivals}
        rows.writerow([*_cells(shot), *(decimal(times_s.get(camera.id), 4) for camera in incident.included)])
    return text.getvalue().encode("utf-8", "replace")


def column(camera: Camera) -> str:
    """Name of a camera's column of times."""
    return f"time_s at camera {camera.id} ({one_line(camera.report.recording.name)})"


def labels(incident: Incident, camera: Camera) -> bytes:
    """An Audacity label track of the incident's shots on one camera's own clock.

    Shots are points, with the incident's number; those that this camera could have heard, and has no onset of, are
    points in brackets where its clock has them. Stretches in which it could not hear are regions.
    """
    report = camera.report
    derived = [(camera.file_s(moment.time_s), moment.text) for moment in incident.moments]
    found = [(part.start_s, part.stop_s, state_text(part)) for part in unheard(report)]
    for shot in incident.shots:
        words = f"{shot.id} {shot.status} {shot.probability:.2f}"
        here_s = next((arrival.time_s for arrival in shot.arrivals if arrival.camera == camera.id), None)
        if here_s is not None:
            found.append((here_s, here_s, words))
        elif camera.id in shot.silent or camera.same_as is not None:
            others = ", ".join(map(str, shot.heard_by))
            derived.append((camera.file_s(shot.time_s), f"({words}, heard at camera {others})"))
    found += [(time_s, time_s, text) for time_s, text in derived if 0 <= time_s <= report.recording.duration_s]
    lines = (f"{start_s:.6f}\t{stop_s:.6f}\t{one_line(text)}\n" for start_s, stop_s, text in sorted(found))
    return "".join(lines).encode("utf-8", "replace")


def _cells(shot: IncidentShot) -> list[object]:
    return [
        *(shot.id, shot.status, format_time(shot.time_s), decimal(shot.time_s, 4), decimal(shot.time_error_s, 4)),
        *(decimal(shot.probability, 3), shot.volley, "true" if shot.overlap else "false"),
        *(decimal(chance, 3) for chance in shot.extra),
        *(" ".join(map(str, cameras)) for cameras in (shot.heard_by, shot.silent, shot.deaf)),
        *(shot.position, shot.repeat_of, guarded("; ".join(shot.flags))),
    ]


def _json(incident: Incident, comparisons: Sequence[Comparison]) -> Mapping[str, bytes]:
    return {"incident.json": incident_json.to_json(incident).encode("ascii")}


def _csv(incident: Incident, comparisons: Sequence[Comparison]) -> Mapping[str, bytes]:
    return {"incident.csv": table(incident, comparisons)}


def _audacity(incident: Incident, comparisons: Sequence[Comparison]) -> Mapping[str, bytes]:
    return {
        f"labels_{camera.id}_{safe_stem(camera.report.recording.name)}.txt": labels(incident, camera)
        for camera in incident.cameras
        if camera.offset_s is not None
    }


def _png(incident: Incident, comparisons: Sequence[Comparison]) -> Mapping[str, bytes]:
    file = io.BytesIO()
    figure = incident.plot(comparisons)
    figure.savefig(file, format="png", metadata={"Software": None})  # the version of matplotlib is no result
    return {"lanes.png": file.getvalue()}


FORMATS: dict[str, Callable[[Incident, Sequence[Comparison]], Mapping[str, bytes]]] = {
    "json": _json,
    "csv": _csv,
    "audacity": _audacity,
    "png": _png,
}
NAMES = tuple(FORMATS)
