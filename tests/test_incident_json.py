"""incident.json: nothing lost on the way out and back, nothing believed of a stranger's file."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import DetectorError
from detector.records import Incident, Moment, Order, Rejected
from tests.builders import make_incident
from tests.hostile import put

SCHEMAS = files("detector.exports")
SCHEMA = json.loads((SCHEMAS / "incident.schema.json").read_text(encoding="utf-8"))
REPORT_SCHEMA = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))


def full_incident() -> Incident:
    """Every list filled, every optional value given."""
    order = Order(1, 2, 0.31, 0.49, 30.0, "first before second", "common clock", "sound 1 left its gun before sound 2")
    incident = make_incident(
        cameras=5,
        extra=(0.05, 0.01),
        missed=[(1, 3), (2, 2), (2, 3)],
        places=(1, 1, 2, None, 2),
        left_out={4: "nothing in it fits"},
        copies={5: 1},
        order=[order],
        moments=[Moment(7.4, "driver on the ground")],
        warnings=["camera 2 starts late"],
        overview=True,
    )
    second = dataclasses.replace(
        incident.cameras[1],
        drift_ppm=14.2,
        drift_error_ppm=3.0,
        wearer_fired=True,
        window=(4.0, None),
        time_of_day="2024-03-21T17:05:12-05:00",
    )
    shots = (dataclasses.replace(incident.shots[0], deaf=(3,), silent=(), repeat_of=None), *incident.shots[1:])
    cameras = (incident.cameras[0], second, *incident.cameras[2:])
    rejected = (Rejected(9, 5.517, 0.1, "echo", 1, 0.117),)
    return dataclasses.replace(incident, cameras=cameras, shots=shots, rejected=rejected)


def deaf_incident() -> Incident:
    """Nothing that could be heard, and no clock."""
    incident = make_incident((), cameras=1, left_out={1: "there is too little sound in it to compare"})
    return dataclasses.replace(incident, clock=None, count=None, span=None, heard_s=0.0, coverage=())


@pytest.mark.parametrize(
    "incident", [full_incident(), deaf_incident(), make_incident(())], ids=["full", "deaf", "none"]
)
def test_fits_its_schema_and_comes_back(incident: Incident) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = incident.to_dict()
    jsonschema.validate(data, SCHEMA)
    for camera in data["cameras"]:
        jsonschema.validate(camera["report"], REPORT_SCHEMA)
    assert list(data) == SCHEMA["required"], "every key, in the order of the schema"
    assert json.loads(incident.to_json()) == data
    back = Incident.from_json(incident.to_json())
    assert back == incident
    assert back.to_json() == incident.to_json()


def test_cameras_hold_what_report_json_holds() -> None:
    incident = full_incident()
    assert [camera["report"] for camera in incident.to_dict()["cameras"]] == [
        camera.report.to_dict() for camera in incident.cameras
    ]


def test_who_heard_a_shot_is_told_beside_its_arrivals() -> None:
    shots = full_incident().to_dict()["shots"]
    assert [shot["heard_by"] for shot in shots] == [[1, 2], [1], [1, 2, 3], [1, 2, 3], [1, 2, 3]]
    assert [[arrival["camera"] for arrival in shot["arrivals"]] for shot in shots] == [s["heard_by"] for s in shots]


def test_the_schema_asks_for_every_key() -> None:
    for name in ("cameras", "shots", "volleys", "positions", "order", "coverage", "moments", "rejected"):
        broken = full_incident().to_dict()
        broken[name][0].pop(next(iter(broken[name][0])))
        with pytest.raises(jsonschema.ValidationError, match="required property"):
            jsonschema.validate(broken, SCHEMA)


def test_one_line_per_camera_and_per_shot_and_only_ascii() -> None:
    text = make_incident(names=("Überwachung\u2028.mp4", "b.mp4", "c.mp4")).to_json()
    assert sum(line.startswith('    {"id": ') and '"heard_by"' in line for line in text.splitlines()) == 5
    assert sum('"offset_s"' in line for line in text.splitlines()) == 3
    assert text.isascii()


def test_passes_over_keys_of_later_versions() -> None:
    data = full_incident().to_dict()
    data["later"] = data["shots"][0]["later"] = data["cameras"][0]["later"] = {"x": 1}
    assert Incident.from_json(json.dumps(data)) == full_incident()


# To the microsecond: shots 1e-300 s apart would come at a rate that no reader takes for finite.
numbers = st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 6))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.floats(0, 1), st.floats(0, 0.5)), max_size=5),
    st.lists(numbers, min_size=3, max_size=3),
)
def test_round_trip_of_any_values(onsets: list[tuple[float, float, float]], offsets_s: list[float]) -> None:
    onsets = sorted(onsets)
    incident = make_incident(
        [t for t, _, _ in onsets],
        offsets_s=offsets_s,
        probability=[p for _, p, _ in onsets],
        extra=[(a, a / 2) for _, _, a in onsets],
    )
    assert Incident.from_json(incident.to_json()) == incident


# --- texts of strangers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "not an incident: no JSON text"),
        ("[]", "not an incident of schema 'gunshot-incident/1' but 'None'; give an incident.json"),
        ('{"schema": "gunshot-report/1"}', "but 'gunshot-report/1'"),
        ('{"schema": "gunshot-incident/1"}', "broken incident: incident.cameras is missing; write it again"),
        (" " * 64_000_001, "far too long; give the incident.json"),
    ],
    ids=lambda value: value[:12],
)
def test_refuses_what_is_no_incident(text: str, match: str) -> None:
    with pytest.raises(DetectorError, match=match):
        Incident.from_json(text)


HOSTILE = {
    "text for seconds": (put("heard_s", value="60"), "incident.heard_s is '60'"),
    "broken report": (
        put("cameras", 1, "report", "shots", 0, "status", value="rejected"),
        r"cameras\[1\].report: a rej",
    ),
    "report of words": (put("cameras", 1, "report", value="x"), r"cameras\[1\].report is 'x', not an object"),
    "unknown decision": (put("order", 0, "decision", value="officer first"), "decision is 'officer first'"),
    "two delays": (put("positions", 0, "delays_s", 0, value=[1, 2]), r"delays_s\[0\] has 2 items, not 3"),
    "rejected shot": (put("shots", 0, "status", value="rejected"), r"shots\[0\].status is 'rejected'"),
    "id of a camera twice": (put("cameras", 3, "id", value=1), "two cameras have one id"),
    "no anchor": (put("cameras", 1, "anchor_s", value=None), "camera 2 has a clock and none"),
    "left out, with a clock": (put("cameras", 1, "excluded", value="no"), "camera 2 has a clock and none"),
    "left out without reason": (put("cameras", 3, "excluded", value=""), "camera 4 has a clock and none"),
    "a clock that stands": (put("cameras", 1, "drift_ppm", value=-1e6), "camera 2 drifts by -1e\\+06 ppm"),
    "copy of itself": (put("cameras", 4, "same_as", value=5), "camera 5 is a copy of camera 5"),
    "copy of nobody": (put("cameras", 4, "same_as", value=77), "camera 5 is a copy of camera 77"),
    "clock of one left out": (put("clock", value=4), "camera 4, whose clock is the incident's"),
    "chance above 1": (put("shots", 0, "probability", value=1.5), "shot 1 has a probability outside"),
    "chance at a camera": (put("shots", 0, "arrivals", 0, "probability", value=-1), "shot 1 has a probability outside"),
    "hidden above 1": (put("shots", 0, "extra", value=[0.9, 0.9]), "shot 1 has chances of hidden shots"),
    "heard at one left out": (
        put("shots", 0, "arrivals", 0, "camera", value=4),
        "shot 1 names a camera that is not on",
    ),
    "heard and silent": (put("shots", 1, "silent", value=[1]), "shot 2 names a camera twice"),
    "id of a shot twice": (put("shots", 0, "id", value=2), "two shots have one id"),
    "out of order": (put("shots", 0, "time_s", value=50.0), "not in time order"),
    "volley of strangers": (put("volleys", 0, "shots", value=[77]), "names a shot that is not listed"),
    "order of strangers": (put("order", 0, "first", value=77), "names a shot that is not listed"),
    "position of strangers": (put("shots", 0, "position", value=77), "a position that is not listed"),
    "refused above 1": (put("rejected", 0, "probability", value=2), "a refused onset has a probability outside"),
    "backwards coverage": (put("coverage", 0, "stop_s", value=-5.0), "ends before it starts"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses_hostile_values(name: str) -> None:
    change, match = HOSTILE[name]
    data = full_incident().to_dict()
    change(data)
    with pytest.raises(DetectorError, match=f"broken incident: .*{match}"):
        Incident.from_json(json.dumps(data))
