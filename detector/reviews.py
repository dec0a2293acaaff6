"""A file of corrections -> Review: a review.json of the review page, or labels edited in another program."""

from __future__ import annotations

from pathlib import Path

from detector import labels, small_files
from detector.checks import Review, Reviewed, Source, Subject, TallySeen
from detector.core import corrections, relabels
from detector.core.concordance import TOLERANCE_S
from detector.errors import ReviewError
from detector.exports import review_json
from detector.records import Incident, Report

_LARGEST_BYTES = 50_000_000
_ANEW = "save the review again from its page"


def read(path: str | Path) -> Review:
    """The review in a review.json.

    Parameters
    ----------
    path
        The file, as the review page saved it.

    Returns
    -------
    Review
        The changes in their order; whether they fit a report is seen by `Report.with_review`.

    Raises
    ------
    ReviewError
        When there is no such file, or it is no review, broken, or of a schema that this version does not know.
    """
    path = Path(path)
    content = _content(path)
    if b"\0" in content[:4096]:
        raise ReviewError(f"{path}: not a review but another kind of file; give a review.json, or labels")
    try:
        return review_json.from_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: not a review: no text in UTF-8 ({error.reason}); {_ANEW}") from error
    except ValueError as error:
        raise ReviewError(f"{path}: not a review: {error}; {_ANEW}") from error


def read_for(path: str | Path, report: Report | Incident, tolerance_s: float = TOLERANCE_S) -> Review:
    """The review in a review.json, or the one that labels edited elsewhere amount to for this report.

    Labels are Audacity label tracks, Raven selection tables and CSV, as `detector.labels` reads them. They are of one
    recording: for an incident there is review.json alone.

    Raises
    ------
    DetectorError
        When the file is neither, or its labels are of another recording.
    """
    path = Path(path)
    if path.suffix.casefold() == ".json" or _content(path).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return read(path)
    if isinstance(report, Incident):
        raise ReviewError(
            f"{path}: labels are of one recording, and this is an incident of {len(report.cameras)}; "
            "give a review.json, as the incident's review page saves it"
        )
    marks = labels.read(path)
    try:
        changes, notes = relabels.changes(report, marks, tolerance_s)
    except ValueError as error:
        raise ReviewError(f"{path}: {error}") from error
    return Review(
        recording=Subject.of(report),
        result_sha256=report.result_sha256,
        reviewer="",
        saved_at=None,
        tally_seen=TallySeen("unknown"),
        changes=changes,
        source=Source(marks.name, marks.kind, marks.file_sha256, notes),
    )


def apply(result: Report | Incident, review: Review, name: str = "review") -> Reviewed:
    """The report, or the incident, with the review beside it; `name` is what errors call the review.

    Raises
    ------
    ReviewError
        When the review belongs to another result, or a change does not fit what stood there.
    """
    if review.result_sha256 != result.result_sha256:
        same = review.recording.sha256 == Subject.of(result).sha256
        file = "incident.json" if isinstance(result, Incident) else "report.json"
        which = "another result of the same recording" if same else f"another recording ({review.recording.name!r})"
        raise ReviewError(
            f"{name}: belongs to {which}: result {review.result_sha256[:8]}, this one is "
            f"{result.result_sha256[:8]}; apply it to the {file} that it was made on"
        )
    try:
        return corrections.reviewed(result, review)
    except ValueError as error:
        raise ReviewError(f"{name}: broken review: {error}; {_ANEW}") from error


def _content(path: Path) -> bytes:
    too_large = "too large for a review (over 50 MB); give a review.json, or labels"
    return small_files.content(path, "the review", _LARGEST_BYTES, too_large, ReviewError)
