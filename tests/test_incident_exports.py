"""Files of an incident: their contents, and a folder that is complete or absent."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from detector import exports
from detector.errors import OutputError
from detector.exports import comparison_json, incident
from detector.records import Comparison, Coverage, Incident, Moment
from tests.builders import make_incident, make_tally

FOLDER = "incident-c0ffee00.shots"
COMPARISON = Comparison(make_tally(), "c0" * 32, "consistent", None, 0.1, 0.8, 0.1, None, (), "", "")


def rows(found: Incident) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(incident.table(found, ()).decode(), newline="")))


def labels(found: Incident, number: int) -> list[tuple[float, float, str]]:
    camera = next(camera for camera in found.cameras if camera.id == number)
    lines = [line.split("\t") for line in incident.labels(found, camera).decode().splitlines()]
    return [(float(start), float(stop), text) for start, stop, text in lines]


# --- contents ------------------------------------------------------------------------------------


def test_the_table_has_a_row_per_shot_and_a_column_of_times_per_camera() -> None:
    found = rows(make_incident(missed=[(2, 2)], places=(1, 1, None, None, None), copies={3: 1}, extra=(0.05, 0.01)))
    assert len(found) == 5
    assert found[1] == {
        "id": "2", "status": "shot", "time": "0:05.400", "time_s": "5.4000", "time_error_s": "0.0030",
        "probability": "0.980", "volley": "1", "overlap": "true",
        "one_more_hidden": "0.050", "two_more_hidden": "0.010",
        "heard_by": "1", "silent": "2", "deaf": "", "position": "1", "repeat_of": "", "flags": "clipped",
        "time_s at camera 1 (camera_1.mp4)": "5.4400", "time_s at camera 2 (camera_2.mp4)": "",
    }  # fmt: skip
    assert found[0]["time_s at camera 2 (camera_2.mp4)"] == "12.2500"


def test_nothing_in_the_table_is_run_as_a_formula() -> None:
    found = make_incident(names=("=cmd|' /C calc'!A0.mp4", "+b.mp4", "@c\r\n.mp4"))
    flags = dataclasses.replace(found.shots[0], flags=("=1+1",))
    found = dataclasses.replace(found, shots=(flags, *found.shots[1:]))
    table = rows(found)
    cells = [*table[0], *(cell for row in table for cell in row.values())]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r")) or "\n" in cell]
    assert table[0]["flags"] == "'=1+1"


def test_labels_are_on_each_cameras_own_clock() -> None:
    found = make_incident(cameras=2, missed=[(2, 2)], moments=[Moment(8.0, "driver\ton the ground")])
    assert labels(found, 1)[0] == (5.04, 5.04, "1 shot 0.98")
    second = labels(found, 2)
    assert second[0] == (12.25, 12.25, "1 shot 0.98")
    assert second[1] == (12.65, 12.65, "(2 shot 0.98, heard at camera 1)"), "where its clock has what it did not hear"
    assert (15.25, 15.25, "driver on the ground") in second


def test_what_a_camera_could_not_hear_is_a_region_of_its_labels_and_hides_no_shot() -> None:
    found = make_incident(
        cameras=2,
        coverage={2: [(0.0, 13.0, "muted"), (13.0, 59.98, "heard"), (59.98, 60.0, "damaged")]},
        missed=[(1, 2)],
    )
    first = dataclasses.replace(found.shots[0], deaf=(2,), silent=())
    found = dataclasses.replace(found, shots=(first, *found.shots[1:]))
    assert labels(found, 2)[:2] == [(0.0, 13.0, "muted"), (12.65, 12.65, "2 shot 0.98")]
    assert "damaged" not in [text for _, _, text in labels(found, 2)], "20 ms are rounding of time stamps"


def test_moments_outside_a_file_are_not_among_its_labels() -> None:
    found = make_incident(cameras=2, offsets_s=(0.0, 4.0), moments=[Moment(2.0, "early"), Moment(8.0, "later")])
    assert [text for _, _, text in labels(found, 2) if text in ("early", "later")] == ["later"]
    assert [text for _, _, text in labels(found, 1) if text in ("early", "later")] == ["early", "later"]


def test_a_copy_has_labels_too_and_one_left_out_has_none(tmp_path: Path) -> None:
    found = make_incident(
        cameras=4, copies={3: 1}, left_out={4: "nothing fits"}, names=("a.mp4", "x:y.mp4", "c.mov", "d.mp4")
    )
    folder = found.save(tmp_path, ["audacity"])
    assert sorted(path.name for path in folder.iterdir()) == ["labels_1_a.txt", "labels_2_x_y.txt", "labels_3_c.txt"]
    assert labels(found, 3)[0][2] == "(1 shot 0.98, heard at camera 1, 2)"


def test_comparisons_name_all_recordings() -> None:
    schema = json.loads((files("detector.exports") / "comparison.schema.json").read_text(encoding="utf-8"))
    data = comparison_json.to_dict(make_incident(), [COMPARISON])
    jsonschema.validate(data, schema)
    assert [each["name"] for each in data["recordings"]] == ["camera_1.mp4", "camera_2.mp4", "camera_3.mp4"]
    with pytest.raises(jsonschema.ValidationError, match="is valid under each of"):
        jsonschema.validate(data | {"recording": data["recordings"][0]}, schema)


# --- the folder ----------------------------------------------------------------------------------


def test_a_folder_of_its_own_is_complete_and_the_same_each_time(tmp_path: Path) -> None:
    found = make_incident(cameras=2)
    folder = found.save(tmp_path, comparisons=[COMPARISON])
    assert folder == tmp_path / FOLDER
    names = {"incident.json", "incident.csv", "labels_1_camera_1.txt", "labels_2_camera_2.txt", "comparison.json"}
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == names
    assert Incident.from_json(before["incident.json"].decode()) == found
    found.save(tmp_path, comparisons=[COMPARISON], overwrite=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


def test_an_earlier_result_stays_without_overwrite(tmp_path: Path) -> None:
    make_incident().save(tmp_path, ["csv"])
    with pytest.raises(OutputError, match="an earlier result is there"):
        make_incident().save(tmp_path, ["json"])
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["incident.csv"]
    (tmp_path / FOLDER / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"notes\.txt is not part of a result"):
        make_incident().save(tmp_path, ["json"], overwrite=True)
    assert (tmp_path / FOLDER / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        if path.name == "incident.csv":
            raise OSError(28, "No space left on device")
        with path.open("wb") as file:
            return file.write(content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        make_incident().save(tmp_path, ["json", "csv"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("formats", "match"),
    [
        (["cvs"], "unknown format 'cvs': did you mean 'csv'"),
        (["raven"], "known are json, csv, audacity, png"),
        ([], "no format to write; name at least one of json, csv, audacity, png"),
    ],
)
def test_formats_that_there_are_not_are_refused(formats: list[str], match: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=match):
        make_incident().save(tmp_path, formats)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sha256", ["", "../..", "/etc"])
def test_a_strangers_hash_does_not_lead_out_of_the_folder(sha256: str, tmp_path: Path) -> None:
    folder = dataclasses.replace(make_incident(), result_sha256=sha256).save(tmp_path, ["csv"])
    assert folder.parent == tmp_path
    assert folder.name.startswith("incident-")


def test_stems_of_cameras_are_safe_in_every_file_system() -> None:
    found = make_incident(cameras=2, names=("../" + "ü" * 300 + ".mp4", "a/b\\c?.mp4"))
    names = incident.FORMATS["audacity"](found, ())
    assert all(len(name.encode()) < 220 and not set(name) & set('/\\?*:"<>|') for name in names)


def test_times_before_a_file_begins_are_no_labels_of_shots_it_did_not_hear() -> None:
    found = make_incident((2.0, 9.0), cameras=2, offsets_s=(0.0, 4.0), missed=[(1, 2)])
    assert [text for _, _, text in labels(found, 2)] == ["2 shot 0.98"]


def test_unheard_stretches_of_the_incident_do_not_stand_in_labels_of_a_camera_that_heard() -> None:
    found = dataclasses.replace(make_incident(cameras=1), coverage=(Coverage(0.0, 60.0, "muted"),))
    assert all(start == stop for start, stop, _ in labels(found, 1))


def test_formats_of_incidents_are_checked_like_those_of_reports() -> None:
    with pytest.raises(OutputError, match="unknown format 'jsn': did you mean 'json'"):
        exports.check_names(["jsn"], incident.NAMES)
