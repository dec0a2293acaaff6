"""report.json: nothing lost on the way out and back, nothing believed of a stranger's file."""

from __future__ import annotations

import dataclasses
import json
import math
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.fingerprint import result_sha256
from detector.errors import DetectorError
from detector.records import Coverage, DeviceTone, Moment, Overview, Rejected, RejectedCount, Repeat, Report
from tests.builders import make_overview, make_report
from tests.hostile import put

SCHEMA = json.loads((files("detector.exports") / "report.schema.json").read_text(encoding="utf-8"))
ARRAYS = ("minimum", "maximum", "rms", "bands_db", "edges_hz")


def full_report() -> Report:
    """Every list filled, every optional value given."""
    return make_report(
        extra=(0.05, 0.01),
        coverage=[(0.0, 2.0, "no_audio"), (2.0, 60.0, "heard")],
        rejected=[Rejected(20, 5.517, 0.1, "echo", 1, 0.117), Rejected(21, 7.0, 0.03, "speech")],
        rejected_counts=[RejectedCount(0, "speech", 40)],
        repeats=[Repeat(30.0, 40.0, 5.0, 0.5)],
        device_tones=[DeviceTone(0.412, 0.531, 2100.5)],
        moments=[Moment(7.4, "driver on the ground")],
        warnings=["the sound starts 2.0 s after the picture"],
        overview=True,
    )


def deaf_report() -> Report:
    report = make_report((), coverage=[(0.0, 60.0, "no_audio")])
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=None, video=None))


@pytest.mark.parametrize("report", [full_report(), deaf_report(), make_report(())], ids=["full", "deaf", "none"])
def test_fits_its_schema_and_comes_back(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = report.to_dict()
    jsonschema.validate(data, SCHEMA)
    assert list(data) == SCHEMA["required"], "every key, in the order of the schema"
    assert json.loads(report.to_json()) == data
    back = Report.from_json(report.to_json())
    assert back == report
    assert back.to_json() == report.to_json()
    assert result_sha256(back) == result_sha256(report)


def test_empty_results_keep_every_key() -> None:
    data = deaf_report().to_dict()
    assert (data["count"], data["span"], data["overview"]) == (None, None, None)
    assert (data["shots"], data["rejected"], data["volleys"], data["moments"]) == ([], [], [], [])


def test_the_schema_asks_for_every_key() -> None:
    for name in ("recording", "shots", "volleys", "coverage"):
        broken = full_report().to_dict()
        part = broken[name][0] if isinstance(broken[name], list) else broken[name]
        part.pop(next(iter(part)))
        with pytest.raises(jsonschema.ValidationError, match="required property"):
            jsonschema.validate(broken, SCHEMA)


def test_arrays_come_back_equal() -> None:
    report = full_report()
    before, after = report.overview, Report.from_json(report.to_json()).overview
    assert before is not None
    assert after is not None
    assert (after.start_s, after.column_s) == (before.start_s, before.column_s)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype


def test_an_hour_stays_small() -> None:
    times_s = [float(t) for t in np.linspace(100, 3500, 300)]
    rejected = [Rejected(1000 + n, 100 + n / 2, 0.123456789, "echo", 1, 0.117123456) for n in range(4000)]
    report = make_report(times_s, duration_s=3600.0, rejected=rejected)
    text = dataclasses.replace(report, overview=make_overview(3600.0, columns=4000)).to_json()
    assert 400_000 < len(text) < 1_500_000


def test_one_line_per_record_and_only_ascii() -> None:
    report = make_report(name="Überwachung\u2028.mp4")
    lines = [line for line in report.to_json().splitlines() if '"time_s"' in line]
    assert len(lines) == len(report.shots)
    assert report.to_json().isascii()
    assert Report.from_json(report.to_json()).recording.name == report.recording.name


def test_whole_numbers_in_fields_of_seconds_are_written_like_all_others() -> None:
    report = make_report((5,), duration_s=60)
    assert dataclasses.replace(report, heard_s=60).to_json() == dataclasses.replace(report, heard_s=60.0).to_json()


def test_numpy_values_are_written_as_plain_numbers() -> None:
    report = make_report()
    settings = {"count": {"confidence": np.float64(0.9), "n": np.int64(3), "on": np.bool_(True), "list": (1, 2)}}
    data = dataclasses.replace(report, settings=settings).to_dict()
    assert data["settings"] == {"count": {"confidence": 0.9, "n": 3, "on": True, "list": [1, 2]}}


def test_an_object_without_a_plain_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no plain form"):
        dataclasses.replace(make_report(), basis={"x": {1, 2}}).to_dict()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_becomes_null(value: float) -> None:
    report = make_report((5.0,))
    report = dataclasses.replace(
        report, basis={"x": [value]}, shots=(dataclasses.replace(report.shots[0], level_db=value),)
    )
    data = json.loads(report.to_json())
    jsonschema.validate(data, SCHEMA)
    assert data["basis"] == {"x": [None]}
    assert data["shots"][0]["level_db"] is None
    assert math.isnan(Report.from_json(report.to_json()).shots[0].level_db)


def test_every_nan_is_written_alike() -> None:
    overview = make_overview()
    odd = overview.minimum.copy()
    odd[0] = np.frombuffer(np.uint32(0xFFC12345).tobytes(), np.float32)[0]
    texts = {dataclasses.replace(make_report(), overview=o).to_json() for o in (overview, replaced(overview, odd))}
    assert len(texts) == 1


def replaced(overview: Overview, minimum: np.ndarray[Any, np.dtype[np.float32]]) -> Overview:
    return dataclasses.replace(overview, minimum=minimum)


numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(numbers, st.floats(0, 1), st.floats(0, 0.5)), max_size=6),
    st.lists(st.tuples(numbers, st.text(max_size=8), st.text(max_size=20)), max_size=4),
    st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | numbers | st.text(max_size=5), max_size=3),
)
def test_round_trip_of_any_values(
    onsets: list[tuple[float, float, float]], texts: list[tuple[float, str, str]], facts: dict[str, Any]
) -> None:
    onsets = sorted(onsets)
    report = make_report(
        [t for t, _, _ in onsets],
        probability=[p for _, p, _ in onsets],
        extra=[(a, a / 2) for _, _, a in onsets],
        rejected=[Rejected(100 + n, t, 0.1, reason) for n, (t, reason, _) in enumerate(texts)],
        moments=[Moment(t, text) for t, _, text in texts],
    )
    report = dataclasses.replace(report, basis=facts, software=facts)
    assert Report.from_json(report.to_json()) == report


# --- texts of strangers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no JSON text"),
        ("{", "no JSON text"),
        ('{"schema": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nests too deeply"),
        ("9" * 5000, "no JSON text"),
        ("[]", "of schema 'gunshot-report/1' but 'None'"),
        ("null", "but 'None'"),
        ('{"schema": "gunshot-report/2"}', "read it with the version of gunshot-tally that wrote it"),
        ('{"schema": "gunshot-report/1"}', r"broken report: report.recording is missing; write it again"),
        (" " * 64_000_001, "far too long"),
    ],
    ids=lambda value: value[:12],
)
def test_refuses_what_is_no_report(text: str, match: str) -> None:
    with pytest.raises(DetectorError, match=match):
        Report.from_json(text)


HOSTILE = {
    "text for seconds": (put("heard_s", value="60"), "report.heard_s is '60', not a finite number"),
    "truth for seconds": (put("heard_s", value=True), "report.heard_s is True"),
    "null for seconds": (put("shots", 0, "time_s", value=None), r"report.shots\[0\].time_s is None"),
    "endless seconds": (put("shots", 0, "time_s", value=10**400), "not a finite number"),
    "truth for an id": (put("shots", 0, "id", value=True), r"shots\[0\].id is True"),
    "fraction for an id": (put("shots", 0, "id", value=1.5), r"shots\[0\].id is 1.5"),
    "id beyond bounds": (put("shots", 0, "id", value=2**70), r"shots\[0\].id is"),
    "unknown status": (put("shots", 0, "status", value="certain"), "status is 'certain'"),
    "status as a list": (put("shots", 0, "status", value=[]), r"status is \[\]"),
    "unknown state": (put("coverage", 0, "state", value="quiet"), "state is 'quiet'"),
    "number for a name": (put("recording", "name", value=5), "recording.name is 5"),
    "list for an object": (put("recording", value=[]), r"report.recording is \[\], not an object"),
    "object for a list": (put("shots", value={}), "report.shots is {}, not a list"),
    "three chances": (put("shots", 0, "extra", value=[0, 0, 0]), "extra has 3 items, not 2"),
    "list for settings": (put("settings", value=[]), r"report.settings is \[\]"),
    "crossed interval": (put("count", "low", value=99), "report.count: a count interval needs"),
    "chance above 1": (put("shots", 0, "probability", value=1.5), "a probability lies outside"),
    "negative chance": (put("rejected", 0, "probability", value=-0.5), "a probability lies outside"),
    "hidden above 1": (put("shots", 0, "extra", value=[0.9, 0.9]), "chances of hidden shots"),
    "negative hidden": (put("shots", 0, "extra", value=[-0.1, 0.1]), "chances of hidden shots"),
    "rejected shot": (put("shots", 0, "status", value="rejected"), "a rejected onset stands among the shots"),
    "id twice": (put("rejected", 0, "id", value=1), "two onsets have one id"),
    "out of order": (put("shots", 0, "time_s", value=50.0), "not in time order"),
    "volley of strangers": (put("volleys", 0, "shots", value=[77]), "a volley names a shot"),
    "backwards coverage": (put("coverage", 0, "stop_s", value=-5.0), "ends before it starts"),
    "no overview": (put("overview", value=[]), "overview is .*, not an object"),
    "another dtype": (put("overview", "rms", "dtype", value="|O"), "overview.rms is not base64 of '<f4'"),
    "array as a list": (put("overview", "rms", value=[0.0]), "overview.rms is not base64"),
    "no base64": (put("overview", "rms", "base64", value="????"), "overview.rms cannot be decoded"),
    "bytes missing": (put("overview", "rms", "base64", value="AAAA"), "overview.rms cannot be decoded"),
    "wrong shape": (put("overview", "rms", "shape", value=[7]), "overview.rms cannot be decoded"),
    "shape to be guessed": (put("overview", "rms", "shape", value=[2, -1]), "overview.rms has the shape"),
    "shape of words": (put("overview", "rms", "shape", value="x"), "overview.rms cannot be decoded"),
    "columns of no length": (put("overview", "column_s", value=0), "40 columns of 0.0 s"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses_hostile_values(name: str) -> None:
    change, match = HOSTILE[name]
    data = full_report().to_dict()
    change(data)
    with pytest.raises(DetectorError, match=f"broken report: .*{match}"):
        Report.from_json(json.dumps(data))


def test_refuses_an_overview_beyond_bounds() -> None:
    report = dataclasses.replace(make_report(), overview=make_overview(60.0, columns=4001))
    with pytest.raises(DetectorError, match="4001 columns"):
        Report.from_json(report.to_json())


def test_passes_over_keys_of_later_versions() -> None:
    data = full_report().to_dict()
    data["later"] = data["shots"][0]["later"] = {"x": 1}
    assert Report.from_json(json.dumps(data)) == full_report()


# --- the hash of a result ------------------------------------------------------------------------


def test_the_hash_covers_what_was_decided() -> None:
    report = full_report()
    shot = report.shots[0]
    decided = [
        dataclasses.replace(report, shots=(dataclasses.replace(shot, time_s=shot.time_s + 2e-4), *report.shots[1:])),
        dataclasses.replace(report, shots=(dataclasses.replace(shot, probability=0.9), *report.shots[1:])),
        dataclasses.replace(report, shots=(dataclasses.replace(shot, extra=(0.06, 0.01)), *report.shots[1:])),
        dataclasses.replace(report, rejected=report.rejected[:1]),
        dataclasses.replace(report, coverage=(Coverage(0.0, 60.0, "heard"),)),
        dataclasses.replace(report, repeats=()),
        dataclasses.replace(report, count=None),
        dataclasses.replace(report, settings={**report.settings, "volleys": {"gap_s": 2.0}}),
        dataclasses.replace(report, recording=dataclasses.replace(report.recording, sha256="0" * 64)),
    ]
    hashes = {result_sha256(each) for each in (report, *decided)}
    assert len(hashes) == 1 + len(decided)
    assert all(len(each) == 64 for each in hashes)


def test_the_hash_leaves_out_names_versions_notes_and_the_last_bits() -> None:
    report = full_report()
    shot = report.shots[0]
    alike = [
        dataclasses.replace(report, recording=dataclasses.replace(report.recording, name="copy of bodycam.mp4")),
        dataclasses.replace(report, software={"numpy": "9.9"}, warnings=("a note",), moments=(), result_sha256=""),
        dataclasses.replace(report, shots=(dataclasses.replace(shot, time_s=shot.time_s + 1e-6), *report.shots[1:])),
        dataclasses.replace(report, shots=(dataclasses.replace(shot, level_db=math.nan), *report.shots[1:])),
        dataclasses.replace(report, overview=None),
    ]
    assert {result_sha256(each) for each in alike} == {result_sha256(report)}
