"""incident.json (schema `gunshot-incident/1`): an Incident as plain data and back, without loss.

The names are those of the records; each camera holds its whole report, as in a report.json. Read as strictly
as that one.
"""

from __future__ import annotations

from typing import Any

from detector.exports import report_json
from detector.exports.jsontext import dumps
from detector.exports.report_json import record_of, strictly, written
from detector.records import Camera, Incident, IncidentShot

SCHEMA = "gunshot-incident/1"

_MOST_DRIFT_PPM = 1e5  # beyond this, no clock's


def to_json(incident: Incident) -> str:
    """`to_dict` as text: the same incident gives the same characters."""
    return dumps(to_dict(incident))


def to_dict(incident: Incident) -> dict[str, Any]:
    """An incident as dicts, lists, text and numbers, every key present, `None` where nothing is known."""
    data: dict[str, Any] = written(Incident, incident)
    for camera, each in zip(data["cameras"], incident.cameras, strict=True):
        camera["report"] = report_json.to_dict(each.report)
    for shot, one in zip(data["shots"], incident.shots, strict=True):
        shot["heard_by"] = list(one.heard_by)
    return {"schema": SCHEMA} | data


def from_json(text: str) -> Incident:
    """The incident that `to_json` wrote; keys that this version does not know are passed over.

    Raises
    ------
    DetectorError
        When the text is no JSON, not of this schema, or holds a value that no incident can hold.
    """
    incident: Incident = strictly(text, SCHEMA, "an incident", _read)
    return incident


def _read(data: Any) -> Incident:
    incident: Incident = record_of(Incident, data, "incident")
    for camera in incident.cameras:
        _check_camera(camera, {each.id for each in incident.cameras} - {camera.id})
    on_clock = {camera.id for camera in incident.cameras if camera.offset_s is not None}
    for shot in incident.shots:
        _check_shot(shot, on_clock)
    _check_whole(incident, on_clock)
    return incident


def _check_camera(camera: Camera, others: set[int]) -> None:
    """Hold together what types cannot of one camera."""
    where = f"incident.cameras: camera {camera.id}"
    if (camera.offset_s is None) != (camera.anchor_s is None) or (camera.offset_s is None) != bool(camera.excluded):
        raise ValueError(f"{where} has a clock and none")
    if abs(camera.drift_ppm or 0.0) > _MOST_DRIFT_PPM:
        raise ValueError(f"{where} drifts by {camera.drift_ppm:g} ppm")
    if camera.same_as is not None and camera.same_as not in others:
        raise ValueError(f"{where} is a copy of camera {camera.same_as}")


def _check_shot(shot: IncidentShot, on_clock: set[int]) -> None:
    where = f"incident.shots: shot {shot.id}"
    if not all(0 <= chance <= 1 for chance in (shot.probability, *(arrival.probability for arrival in shot.arrivals))):
        raise ValueError(f"{where} has a probability outside 0 to 1")
    if min(shot.extra) < 0 or sum(shot.extra) > 1:
        raise ValueError(f"{where} has chances of hidden shots outside 0 to 1")
    named = [*shot.heard_by, *shot.deaf, *shot.silent]
    if len(set(named)) < len(named):
        raise ValueError(f"{where} names a camera twice")
    if not set(named) <= on_clock:
        raise ValueError(f"{where} names a camera that is not on the incident's clock")


def _check_whole(incident: Incident, on_clock: set[int]) -> None:
    ids = {shot.id for shot in incident.shots}
    if len({camera.id for camera in incident.cameras}) < len(incident.cameras):
        raise ValueError("two cameras have one id")
    if incident.clock is not None and incident.clock not in on_clock:
        raise ValueError(f"camera {incident.clock}, whose clock is the incident's, is not on it")
    if len(ids) < len(incident.shots):
        raise ValueError("two shots have one id")
    times_s = [shot.time_s for shot in incident.shots]
    if times_s != sorted(times_s):
        raise ValueError("the shots are not in time order")
    named = [shot for volley in incident.volleys for shot in volley.shots]
    named += [shot for position in incident.positions for shot in position.shots]
    named += [shot for order in incident.order for shot in (order.first, order.second)]
    named += [shot.repeat_of for shot in incident.shots if shot.repeat_of is not None]
    if not set(named) <= ids:
        raise ValueError("a volley, a position, an order or a repeat names a shot that is not listed")
    if not {shot.position for shot in incident.shots} <= {None, *(each.id for each in incident.positions)}:
        raise ValueError("a shot has a position that is not listed")
    if not all(0 <= onset.probability <= 1 for onset in incident.rejected):
        raise ValueError("a refused onset has a probability outside 0 to 1")
    if any(stretch.stop_s < stretch.start_s for stretch in incident.coverage):
        raise ValueError("a stretch of coverage ends before it starts")
