"""A person's review of an incident: the same form and rules as of one recording, on the incident's clock."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pytest

from detector import cli
from detector.checks import Correction, Review, Standing, Subject, TallySeen
from detector.errors import DetectorError, ReviewError
from detector.exports import review_json
from detector.records import Incident, Rejected
from detector.reports import read_either
from detector.reviews import read_for
from tests.builders import make_incident, make_report

REFUSED = Rejected(9, 7.0, 0.1, "not heard by others")


def an_incident() -> Incident:
    return dataclasses.replace(make_incident(probability=[0.98, 0.98, 0.3, 0.98, 0.98]), rejected=(REFUSED,))


def a_review(incident: Incident, *changes: Correction) -> Review:
    seen = TallySeen("never")
    return Review(Subject.of(incident), incident.result_sha256, "N. N.", "2024-03-21T10:00:00Z", seen, changes)


def some_changes() -> tuple[Correction, ...]:
    first, refused = Standing(5.0, "shot", 1), Standing(7.0, "rejected", 0)
    return (
        Correction("overlap", 1, first, Standing(5.0, "shot", 2)),
        Correction("accept", 9, refused, Standing(7.0, "shot", 1)),
        Correction("add", 10, None, Standing(-3.0, "shot", 1)),
    )


def test_both_numbers_stand_side_by_side(tmp_path: Path) -> None:
    incident = dataclasses.replace(an_incident(), coverage=make_report(coverage=[(-7.25, 60.0, "heard")]).coverage)
    reviewed = incident.with_review(a_review(incident, *some_changes()))
    assert reviewed.report is incident
    assert (reviewed.corrected.count, reviewed.corrected.doubtful) == (2 + 1 + 1 + 3, 1)
    folder = reviewed.save(tmp_path)
    written = json.loads((folder / "reviewed.json").read_text(encoding="ascii"))
    assert written["recording"]["name"] == "camera_1.mp4, camera_2.mp4, camera_3.mp4"
    assert written["machine"] == {"count": json.loads(incident.to_json())["count"], "listed": 5}
    assert written["reviewed"]["count"] == 7
    rows = list(csv.DictReader(io.StringIO((folder / "reviewed.csv").read_text(encoding="utf-8"))))
    assert [row["id"] for row in rows] == ["10", "1", "2", "3", "9", "4", "5"]


def test_the_command_applies_it_to_the_folder_or_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incident = an_incident()
    folder = incident.save(tmp_path)
    path = tmp_path / "review.json"
    path.write_text(review_json.to_json(a_review(incident, *some_changes()[:2])), encoding="ascii")
    assert cli.main(["--apply-review", str(path), str(folder)]) == 0
    told = capsys.readouterr().out
    assert "gunshots heard by 3 cameras together" in told
    assert "6 gunshots after review (1 possible onset undecided)" in told
    (made,) = folder.glob("review-*/reviewed.json")
    renamed = tmp_path / "renamed.json"
    renamed.write_bytes((folder / "incident.json").read_bytes())
    assert cli.main(["--apply-review", str(path), str(renamed), "--out", str(tmp_path / "other")]) == 0
    (again,) = (tmp_path / "other").glob("review-*/reviewed.json")
    assert again.read_bytes() == made.read_bytes()


def test_the_review_of_another_result_and_labels_are_refused(tmp_path: Path) -> None:
    incident = an_incident()
    other = dataclasses.replace(incident, result_sha256="ab" * 32)
    with pytest.raises(ReviewError, match=r"another result of the same recording: .* apply it to the incident\.json"):
        other.with_review(a_review(incident))
    with pytest.raises(ReviewError, match="another recording"):
        make_incident(cameras=2).with_review(dataclasses.replace(a_review(incident), result_sha256="ab" * 32))
    labels = tmp_path / "labels.txt"
    labels.write_text("5.0\t5.0\tshot\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=r"labels are of one recording, and this is an incident of 3; give a review"):
        read_for(labels, incident)


def test_a_time_outside_all_recordings_is_refused() -> None:
    incident = an_incident()
    with pytest.raises(ReviewError, match="its time lies outside the recording"):
        incident.with_review(a_review(incident, Correction("add", 10, None, Standing(1e4, "shot", 1))))


def test_what_is_read_is_told_apart_by_its_schema(tmp_path: Path) -> None:
    report, incident = make_report(), an_incident()
    assert read_either(report.save(tmp_path)) == report
    assert read_either(incident.save(tmp_path)).result_sha256 == incident.result_sha256
    with pytest.raises(DetectorError, match="cannot read the report"):
        read_either(tmp_path)
    broken = tmp_path / "incident.json"
    broken.write_text('{"schema": "gunshot-incident/1"}', encoding="ascii")
    with pytest.raises(DetectorError, match=r"incident\.json: "):
        read_either(broken)


def test_the_recordings_are_named_by_what_they_hold_in_whatever_order() -> None:
    incident = make_incident()
    turned = dataclasses.replace(incident, cameras=incident.cameras[::-1])
    assert Subject.of(turned).sha256 == Subject.of(incident).sha256
    assert Subject.of(turned).name == "camera_3.mp4, camera_2.mp4, camera_1.mp4"
