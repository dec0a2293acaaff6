"""What a review says in words: the corrected number beside the machine's, and its doubtful rest."""

from __future__ import annotations

from detector.checks import Review, Reviewed
from detector.records import Incident
from detector.times import format_time
from detector.views import incident_summary, summary
from detector.views.summary import Section, counted, left_out

NO_INTERVAL = "The corrected number is a person's judgement: it has no calibrated interval."
_SEEN = {
    "never": "The comparison with published numbers was not seen before the review was saved.",
    "before saving": "The comparison with published numbers was opened {at}before the review was saved.",
    "after saving": "The comparison with published numbers was seen only after the review was first saved{at}.",
    "unknown": "Whether published numbers were known when these labels were made is not recorded.",
}


def sections(reviewed: Reviewed) -> tuple[Section, ...]:
    """The machine's number, the corrected one and what it is made of, and how it was reached."""
    return (
        Section("Machine", (), finding=f"{_headline(reviewed)}."),
        Section("Reviewed", number_sentences(reviewed), finding=f"{finding(reviewed)}."),
        Section("Review", how_sentences(reviewed.review)),
    )


def finding(reviewed: Reviewed) -> str:
    """The corrected number in a line: "101 gunshots after review (1 possible onset undecided)".

    Of a recording that could not be heard no number is given unless the reviewer added to it.
    """
    corrected = reviewed.corrected
    if reviewed.report.count is None and not corrected.count:
        return "cannot hear, and the review adds nothing"
    doubtful = f" ({counted(corrected.doubtful, 'possible onset')} undecided)" if corrected.doubtful else ""
    return f"{counted(corrected.count, 'gunshot')} after review{doubtful}"


def number_sentences(reviewed: Reviewed) -> tuple[str, ...]:
    """What the corrected number is made of, what stays in doubt, and what may not be claimed for it."""
    corrected, unheard = reviewed.corrected, left_out(reviewed.report)
    parts = [
        f"{corrected.confirmed} confirmed" if corrected.confirmed else "",
        f"{corrected.reclaimed} that the machine had refused" if corrected.reclaimed else "",
        f"{corrected.added} added" if corrected.added else "",
        f"{corrected.unchecked} as the machine listed them, not checked" if corrected.unchecked else "",
    ]
    doubts = [
        f"{counted(corrected.doubtful, 'possible onset')} undecided and not in the number" * bool(corrected.doubtful),
        f"{counted(corrected.not_gone_through, 'refused onset')} not gone through" * bool(corrected.not_gone_through),
    ]
    made, doubtful = [each for each in parts if each], [each for each in doubts if each]
    return (
        *([f"Made of {', '.join(made)}."] if made else []),
        *([f"{counted(corrected.rejected, 'listed onset')} rejected."] if corrected.rejected else []),
        *([f"In doubt: {'; '.join(doubtful)}."] if doubtful else []),
        *(
            [f"First {format_time(corrected.first_s)}, last {format_time(corrected.last_s)}."]
            if corrected.first_s is not None and corrected.last_s is not None
            else []
        ),
        *([f"Not in it: {unheard}."] if unheard else []),
        NO_INTERVAL,
    )


def how_sentences(review: Review) -> tuple[str, ...]:
    """Who, when, how many changes, out of which file, and whether the tally had been seen."""
    who = f" by {review.reviewer}" if review.reviewer else ""
    when = f", saved {review.saved_at}" if review.saved_at else ""
    at = review.tally_seen.at
    seen = _SEEN[review.tally_seen.when].format(
        at="" if at is None else f"({at}) " if review.tally_seen.when == "before saving" else f" ({at})"
    )
    source = review.source
    return (
        f"{counted(len(review.changes), 'change')}{who}{when}.",
        *([f"From {source.kind} in {source.name}, SHA-256 {source.file_sha256}."] if source else []),
        *(source.notes if source else ()),
        seen,
        *([f"Note: {review.note}"] if review.note else []),
    )


def _headline(reviewed: Reviewed) -> str:
    result = reviewed.report
    return incident_summary.headline(result) if isinstance(result, Incident) else summary.headline(result)
