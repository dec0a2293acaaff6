"""A result and a person's review of it into a folder of their own, beside the machine's files."""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detector.checks import Corrected, Reviewed, ReviewedOnset, Subject
from detector.errors import OutputError
from detector.exports import review_json
from detector.exports.jsontext import dumps
from detector.exports.report_json import written
from detector.exports.shots_csv import guarded
from detector.exports.wording import count_text, one_line
from detector.records import CountInterval, Incident, Report
from detector.times import format_time

SCHEMA = "gunshot-reviewed/1"
COLUMNS = (
    *("id", "status_machine", "status_reviewed", "shots_reviewed", "decided", "time", "time_s", "time_s_machine"),
    *("second_showing", "comment", "count_machine", "count_reviewed", "recording"),
)


def write(reviewed: Reviewed, directory: str | Path, overwrite: bool = False) -> Path:
    """The new folder `review-<8 digits>` below `directory`: the review, and what follows from it in three formats.

    Nothing that is there already is touched; the same review goes into the same folder.

    Raises
    ------
    OutputError
        When the folder exists and `overwrite` is not given, or it cannot be written.
    """
    contents = _contents(reviewed)
    folder = Path(directory) / f"review-{hashlib.sha256(contents['review.json']).hexdigest()[:8]}"
    if folder.exists() or folder.is_symlink():
        if not overwrite:
            raise OutputError(f"{folder}: this review was applied already; give --overwrite to write it again")
        if folder.is_symlink() or not folder.is_dir():
            raise OutputError(f"{folder}: is no folder of a review; move it away")
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(parents=True)
        for name, content in contents.items():
            (beside / name).write_bytes(content)
        folder.mkdir(exist_ok=True)
        for name in contents:
            (beside / name).replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot write the reviewed result ({error.strerror or error}); check folder and disk"
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def to_dict(reviewed: Reviewed) -> dict[str, Any]:
    """Both numbers, every onset as the machine left it and as it stands now, and who changed it."""
    report, review = reviewed.report, reviewed.review
    return {
        "schema": SCHEMA,
        "recording": written(Subject, Subject.of(report)),
        "result_sha256": report.result_sha256,
        "machine": {"count": written(CountInterval, report.count), "listed": len(report.shots)},
        "reviewed": written(Corrected, reviewed.corrected) | {"interval": None},
        "reviewer": review.reviewer,
        "saved_at": review.saved_at,
        "tally_seen": written(type(review.tally_seen), review.tally_seen),
        "changes": len(review.changes),
        "note": review.note,
        "onsets": [written(ReviewedOnset, each) for each in reviewed.onsets],
    }


def machine_number(report: Report | Incident) -> str:
    """The machine's count with its interval, or that it could not hear."""
    return "cannot hear" if report.count is None else count_text(report.count)


def _contents(reviewed: Reviewed) -> Mapping[str, bytes]:
    machine = "cannot_hear" if reviewed.report.count is None else str(reviewed.report.count.best)
    return {
        "review.json": review_json.to_json(reviewed.review).encode("ascii"),
        "reviewed.json": dumps(to_dict(reviewed)).encode("ascii"),
        "reviewed.csv": _table(reviewed),
        # Audacity shows the name of the file above the labels: both numbers stand there.
        f"labels_reviewed_{reviewed.corrected.count}_machine_{machine}.txt": _labels(reviewed),
    }


def _table(reviewed: Reviewed) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    numbers = (machine_number(reviewed.report), reviewed.corrected.count)
    name = guarded(one_line(Subject.of(reviewed.report).name))
    for each in reviewed.onsets:
        rows.writerow((*_cells(each), *numbers, name))
    return text.getvalue().encode("utf-8", "replace")


def _cells(onset: ReviewedOnset) -> tuple[object, ...]:
    machine, now = onset.machine, onset.now
    return (
        onset.id,
        "added" if machine is None else machine.status,
        now.status,
        now.shots,
        "true" if onset.decided else "false",
        format_time(now.time_s),
        f"{now.time_s:.4f}",
        "" if machine is None else f"{machine.time_s:.4f}",
        "true" if onset.again else "false",
        guarded(one_line(now.comment)),
    )


def _labels(reviewed: Reviewed) -> bytes:
    lines = (
        f"{each.now.time_s:.6f}\t{each.now.time_s:.6f}\t{_label(each)}\n"
        for each in reviewed.onsets
        if each.now.status != "rejected"
    )
    return "".join(lines).encode("utf-8", "replace")


def _label(onset: ReviewedOnset) -> str:
    several = f", overlap of {onset.now.shots}" if onset.now.shots > 1 else ""
    checked = "reviewed" if onset.decided else "not checked"
    comment = f", {one_line(onset.now.comment)}" if onset.now.comment else ""
    return f"{onset.id} {onset.now.status} {checked}{several}{comment}"
