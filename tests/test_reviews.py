"""Reviews out of files, beside their reports, and into a folder that touches nothing of the machine's."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from detector import cli, read_report, read_review, reviews
from detector.checks import Correction, Review, Standing, Subject, TallySeen
from detector.errors import DetectorError, OutputError, ReviewError
from detector.exports import review_json, reviewed
from detector.records import Moment, Rejected, Report
from detector.views import review_words
from tests.builders import make_report

SCHEMA, REVIEWED_SCHEMA = (
    json.loads((Path(review_json.__file__).parent / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("review", "reviewed")
)


def report() -> Report:
    return make_report(
        probability=[0.98, 0.4, 0.9, 0.3, 0.99],
        rejected=[Rejected(9, 7.0, 0.1, "echo", 1, 0.1), Rejected(11, 20.0, 0.05, "speech")],
        moments=[Moment(10.0, "driver on the ground")],
    )


def a_review(of: Report, *changes: Correction, **others: Any) -> Review:
    return dataclasses.replace(
        Review(
            recording=Subject(of.recording.name, of.recording.sha256),
            result_sha256=of.result_sha256,
            reviewer="N. N.",
            saved_at="2026-01-02T03:04:05Z",
            tally_seen=TallySeen("never"),
            changes=changes,
        ),
        **others,
    )


ACCEPTED = Correction(
    "accept", 2, Standing(5.4, "possible", 1), Standing(5.4, "shot", 1), at="2026-01-02T03:00:00.000Z"
)


def test_both_numbers_stand_side_by_side() -> None:
    machine = report()
    reviewed = machine.with_review(a_review(machine, ACCEPTED))
    assert reviewed.report is machine
    assert reviewed.corrected.count == 4
    assert (reviewed.corrected.confirmed, reviewed.corrected.unchecked, reviewed.corrected.doubtful) == (1, 3, 1)
    words = [section.finding for section in review_words.sections(reviewed)]
    assert words[0].startswith("4 gunshots heard (90 %: ")
    assert words[1] == "4 gunshots after review (1 possible onset undecided)."
    assert review_words.NO_INTERVAL in review_words.number_sentences(reviewed)


def test_a_review_is_read_back_exactly_and_fits_the_schema(tmp_path: Path) -> None:
    review = a_review(report(), ACCEPTED, note='</script><b>"\ud800', tally_seen=TallySeen("before saving", "now"))
    text = review_json.to_json(review)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    path = tmp_path / "review.json"
    path.write_text(text, encoding="ascii")
    assert read_review(path) == review
    assert review_json.to_json(read_review(path)) == text


def test_a_review_of_another_result_is_refused() -> None:
    machine = report()
    anew = a_review(machine, result_sha256="ab" * 32)
    with pytest.raises(ReviewError, match=r"belongs to another result of the same recording: result abababab"):
        machine.with_review(anew)
    foreign = dataclasses.replace(anew, recording=Subject("else.mp4", "cd" * 32))
    with pytest.raises(ReviewError, match=r"belongs to another recording \('else.mp4'\)"):
        machine.with_review(foreign)


def test_a_change_that_does_not_fit_is_refused() -> None:
    machine = report()
    wrong = dataclasses.replace(ACCEPTED, before=Standing(5.5, "possible", 1))
    with pytest.raises(ReviewError, match=r"broken review: change 2 \(accept of onset 2\): it stood otherwise"):
        machine.with_review(a_review(machine, dataclasses.replace(ACCEPTED), wrong))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("[]", "not of schema 'gunshot-review/1' but 'None'"),
        ('{"schema": "gunshot-report/1"}', "not of schema 'gunshot-review/1' but 'gunshot-report/1'"),
        ('{"schema": "gunshot-review/1"}', "review.recording is missing"),
        ("\0\0", "another kind of file"),
        ('{"schema": "gunshot-review/1"', "no JSON"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "review.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReviewError) as caught:
        read_review(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("changes", 0, "action"), "shoot"),
        (("changes", 0, "onset"), "2"),
        (("changes", 0, "after"), None),
        (("changes", 0, "after", "shots"), True),
        (("tally_seen", "when"), "maybe"),
        (("reviewer",), 7),
        (("changes",), {}),
        (("changes", 0, "onset"), 2.5),
        (("changes", 0, "before", "time_s"), "5.4"),
        (("recording", "name"), None),
    ],
)
def test_a_value_that_no_review_can_hold_is_refused(tmp_path: Path, place: tuple[Any, ...], value: Any) -> None:
    data: Any = json.loads(review_json.to_json(a_review(report(), ACCEPTED)))
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path = tmp_path / "review.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ReviewError, match=f"not a review: review.{place[0]}"):
        read_review(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"time_s": NaN', "NaN is not JSON"),
        ('"time_s": 1e999', "1e999 is not JSON"),
        ('"time_s": -5.4', "its time lies outside the recording"),
        ('"time_s": 1e30', "its time lies outside the recording"),
        ('"time_s": ' + "9" * 5000, "no JSON text"),
        ('"time_s": ' + "[" * 100_000, "it nests too deeply"),
    ],
)
def test_a_time_that_no_recording_holds_is_refused(tmp_path: Path, text: str, words: str) -> None:
    machine = report()
    moved = Correction("move", 2, ACCEPTED.before, Standing(7.25, "possible", 1))
    path = tmp_path / "review.json"
    whole = review_json.to_json(a_review(machine, moved))
    path.write_text(whole.replace('"time_s": 7.25', text), encoding="ascii")
    with pytest.raises(ReviewError) as caught:
        machine.with_review(read_review(path))
    assert words in str(caught.value)


@pytest.mark.parametrize("onset", [-1, 0, 3, 9, 2**53, 10**30])
def test_an_added_onset_needs_a_number_that_is_free_and_that_a_page_can_hold(onset: int) -> None:
    machine = report()
    with pytest.raises(ReviewError, match=r"change 1 \(add of onset"):
        machine.with_review(a_review(machine, Correction("add", onset, None, Standing(8.0, "shot", 1))))


def test_a_review_cannot_speak_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = report()
    loud = "\x1b[2J\x9b31mgone\r\n\a"
    review = a_review(machine, ACCEPTED, reviewer=loud, saved_at=loud, note=loud, tally_seen=TallySeen("never", loud))
    path = tmp_path / "review.json"
    path.write_text(review_json.to_json(review), encoding="ascii")
    assert cli.main(["--apply-review", str(path), str(machine.save(tmp_path))]) == 0
    printed = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\a", "\r"} & set(printed)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match=r"none\.json: cannot read the review \(No such file"):
        read_review(tmp_path / "none.json")


LABELS = (
    "5.0\t5.0\t1 shot 0.98\n"  # as the program wrote it
    "5.4\t5.4\t2 possible 0.40\n"  # likewise
    "5.91\t5.91\toverlap of 2\n"  # moved, and several
    "7.0\t7.0\tgun\n"  # on a refused onset
    "10.0\t10.0\tdriver on the ground\n"  # a moment
    "12.2\t12.2\tx\n"
    "30\t30\tnew one\n"
)


def test_labels_edited_elsewhere_become_the_same_changes(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(LABELS, encoding="utf-8")
    machine = report()
    review = reviews.read_for(path, machine)
    assert [(each.action, each.onset) for each in review.changes] == [
        *[("accept", 3), ("move", 3), ("overlap", 3), ("accept", 5), ("reject", 4)],
        *[("accept", 9), ("comment", 9), ("add", 12), ("comment", 12)],
    ]
    assert review.tally_seen == TallySeen("unknown")
    assert review.source is not None
    assert review.source.kind == "Audacity labels"
    assert "Moments of the result, no shots: 1." in review.source.notes
    found = machine.with_review(review).corrected
    # 1 not checked, 3 twice, 5, 9 taken back, 12 added; 2 undecided, 4 rejected
    assert (found.count, found.unchecked, found.confirmed, found.reclaimed, found.added) == (6, 1, 3, 1, 1)
    assert (found.doubtful, found.rejected, found.last_s) == (1, 1, 30.0)


def test_shots_may_be_told_by_a_number_and_added_where_nothing_was_listed(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("8.0\t8.0\t3 shots\n40.0\t40.0\t\n", encoding="utf-8")
    machine = make_report([], coverage=[(0.0, 30.0, "heard"), (30.0, 60.0, "muted")])
    review = reviews.read_for(path, machine)
    assert [(each.action, each.onset, each.after.shots) for each in review.changes] == [
        *[("add", 1, 1), ("overlap", 1, 3), ("add", 2, 1)],
    ]
    assert review.source is not None
    assert "Added where the machine could not hear: 1." in review.source.notes


@pytest.mark.parametrize(
    ("marked_s", "added_s"), [("-2.0", -2.0), ("-3.02", -3.0), ("-0.5", -0.5), ("59.99", 59.99), ("60.03", 60.0)]
)
def test_marks_stand_where_the_recording_has_sound_or_at_its_edge(
    marked_s: str, added_s: float, tmp_path: Path
) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(f"{marked_s}\t{marked_s}\t\n", encoding="utf-8")
    machine = make_report([], coverage=[(-3.0, 60.0, "heard")], duration_s=60.0)
    (change,) = reviews.read_for(path, machine).changes
    assert (change.action, change.after.time_s) == ("add", added_s)


def test_a_label_that_was_moved_is_no_longer_unchecked(tmp_path: Path) -> None:
    machine = make_report([5.0, 6.0], probability=0.98)
    (path,) = machine.save(tmp_path, ["audacity"]).glob("*.txt")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("5.000000", "5.008000"), encoding="utf-8")
    review = reviews.read_for(path, machine)
    assert [(each.action, each.onset) for each in review.changes] == [("accept", 1), ("move", 1)]
    found = machine.with_review(review).corrected
    assert (found.count, found.confirmed, found.unchecked) == (2, 1, 1)


def test_marks_far_outside_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("30\t30\t\n200\t200\t\n", encoding="utf-8")
    review = reviews.read_for(path, make_report([], duration_s=60.0))
    assert [each.after.time_s for each in review.changes] == [30.0]
    assert review.source is not None
    assert "Outside the recording and left out: 1." in review.source.notes


def test_a_refused_onset_is_not_moved_over_the_end(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("60.03\t60.03\t\n", encoding="utf-8")
    machine = make_report([], coverage=[(0.0, 60.0, "heard")], duration_s=60.0)
    machine = dataclasses.replace(machine, rejected=(Rejected(1, 59.995, 0.1, "like a door"),))
    changes = reviews.read_for(path, machine).changes
    assert [(each.action, each.onset, each.after.time_s) for each in changes] == [
        ("accept", 1, 59.995),
        ("move", 1, 60.0),
    ]


@pytest.mark.parametrize("told", ["10.000490", "10.000"])  # as this program writes it, and as others shorten it
def test_a_moment_is_known_by_its_time_to_a_millisecond(tmp_path: Path, told: str) -> None:
    machine = dataclasses.replace(report(), moments=(Moment(10.00049, "driver on the ground"),))
    (labels,) = machine.save(tmp_path, ["audacity"]).iterdir()
    text = labels.read_text(encoding="utf-8")
    assert text.count("10.000490") == 2
    labels.write_text(text.replace("10.000490", told), encoding="utf-8")
    assert reviews.read_for(labels, machine).changes == ()


@pytest.mark.parametrize(("format_name", "of_time"), [("csv", "5.9000"), ("raven", "5.900000")])
def test_tables_edited_elsewhere_become_the_same_changes(tmp_path: Path, format_name: str, of_time: str) -> None:
    machine = report()
    (path,) = machine.save(tmp_path, [format_name]).iterdir()
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    kept = [line for line in lines if not any(f"{split}4{split}" in f"{split}{line}" for split in ",\t")]
    assert len(kept) == len(lines) - 1
    edited = [line.replace(of_time, of_time.replace("5.90", "5.93")) for line in kept]
    path.write_text("\n".join(edited) + "\n", encoding="utf-8")
    review = reviews.read_for(path, machine)
    assert {(each.action, each.onset) for each in review.changes} >= {("move", 3), ("reject", 4)}
    assert {each.onset for each in review.changes} == {3, 4}


@pytest.mark.parametrize("format_name", ["audacity", "csv", "raven"])
def test_own_exports_unedited_change_nothing(tmp_path: Path, format_name: str) -> None:
    machine = report()
    folder = machine.save(tmp_path, [format_name])
    (path,) = folder.iterdir()
    assert reviews.read_for(path, machine).changes == ()


def test_labels_of_another_recording_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("".join(f"{t}\t{t}\tshot\n" for t in (31.0, 33.3, 38.1, 44.2, 51.7)), encoding="utf-8")
    with pytest.raises(ReviewError, match="fit this recording no better than another"):
        reviews.read_for(path, report())


def test_a_review_goes_beside_the_machines_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = report()
    folder = machine.save(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    path = tmp_path / "review.json"
    path.write_text(review_json.to_json(a_review(machine, ACCEPTED)), encoding="ascii")
    assert cli.main(["--apply-review", str(path), str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "4 gunshots heard (90 %: " in printed
    assert "4 gunshots after review (1 possible onset undecided)." in printed
    assert {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()} == before
    (inner,) = (each for each in folder.iterdir() if each.is_dir())
    assert {each.name for each in inner.iterdir()} == {
        *("review.json", "reviewed.json", "reviewed.csv", "labels_reviewed_4_machine_4.txt")
    }
    data = json.loads((inner / "reviewed.json").read_text(encoding="ascii"))
    jsonschema.Draft202012Validator(REVIEWED_SCHEMA).validate(data)
    assert (data["machine"]["count"]["best"], data["reviewed"]["count"], data["reviewed"]["interval"]) == (4, 4, None)
    rows = list(csv.DictReader(io.StringIO((inner / "reviewed.csv").read_text(encoding="utf-8"))))
    assert {(row["count_machine"][:1], row["count_reviewed"]) for row in rows} == {("4", "4")}
    assert read_review(inner / "review.json") == read_review(path)
    # what it wrote can be edited and applied in turn
    again = reviews.read_for(inner / "labels_reviewed_4_machine_4.txt", read_report(folder))
    assert [(each.action, each.onset) for each in again.changes] == [("accept", 2)]
    assert cli.main(["--apply-review", str(path), str(folder)]) == 1
    assert "was applied already; give --overwrite" in capsys.readouterr().err
    assert cli.main(["--apply-review", str(path), str(folder / "report.json"), "--overwrite", "--quiet"]) == 0
    assert capsys.readouterr().out == "bodycam.mp4: 4 gunshots after review (1 possible onset undecided)\n"


def test_a_result_that_holds_a_review_is_not_replaced(tmp_path: Path) -> None:
    machine = report()
    folder = machine.save(tmp_path)
    machine.with_review(a_review(machine, ACCEPTED)).save(folder)
    with pytest.raises(OutputError, match=r"review-[0-9a-f]{8} is not part of a result and would be lost"):
        machine.save(tmp_path, overwrite=True)


@pytest.mark.parametrize("flag", [["--start", "1"], ["--tally", "t.toml"], ["--self-test"], ["--review"]])
def test_applying_a_review_counts_nothing(flag: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--apply-review", "review.json", "report.json", *flag]) == 2
    assert f"{flag[0]} does not go with --apply-review" in capsys.readouterr().err


def test_a_video_in_place_of_a_report_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(b"\0\0\0 ftyp")
    assert cli.main(["--apply-review", str(tmp_path / "review.json"), str(video)]) == 2
    assert "not a report but another kind of file" in capsys.readouterr().err


def test_a_report_that_could_not_hear_keeps_saying_so(tmp_path: Path) -> None:
    deaf = make_report([], coverage=[(0.0, 60.0, "no_audio")])
    reviewed = deaf.with_review(a_review(deaf))
    assert review_words.sections(reviewed)[0].finding.startswith("cannot hear")
    assert review_words.finding(reviewed) == "cannot hear, and the review adds nothing"
    assert "Not in it: 60.0 s unheard." in review_words.number_sentences(reviewed)
    folder = reviewed.save(tmp_path)
    assert (folder / "labels_reviewed_0_machine_cannot_hear.txt").exists()
    data = json.loads((folder / "reviewed.json").read_text(encoding="ascii"))
    jsonschema.Draft202012Validator(REVIEWED_SCHEMA).validate(data)
    assert data["machine"] == {"count": None, "listed": 0}


@pytest.mark.parametrize("key", sorted(REVIEWED_SCHEMA["required"]))
def test_the_schema_asks_for_every_key(key: str) -> None:
    machine = report()
    data = reviewed.to_dict(machine.with_review(a_review(machine, ACCEPTED)))
    assert sorted(data) == sorted(REVIEWED_SCHEMA["required"])
    del data[key]
    with pytest.raises(jsonschema.ValidationError, match="required property"):
        jsonschema.validate(data, REVIEWED_SCHEMA)


def test_errors_are_of_the_family() -> None:
    assert issubclass(ReviewError, DetectorError)
