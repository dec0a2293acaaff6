"""review.json (schema `gunshot-review/1`): what a person changed in a result, as plain data and back."""

from __future__ import annotations

from typing import Any

from detector.checks import Review
from detector.exports.jsontext import dumps, loads
from detector.exports.report_json import record_of, written

SCHEMA = "gunshot-review/1"
_MOST_CHANGES = 100_000


def to_json(review: Review) -> str:
    """A review as JSON text, as the review page writes it too; the same review gives the same characters."""
    return dumps({"schema": SCHEMA} | written(Review, review))


def from_json(text: str) -> Review:
    """The review that `to_json`, or the review page, wrote; keys that this version does not know are passed over.

    Raises
    ------
    ValueError
        When the text is no JSON, not of this schema, or holds a value that no review can hold.
    """
    try:
        data: Any = loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON text ({error})") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise ValueError(f"not of schema {SCHEMA!r} but {str(schema)[:40]!r}")
    review: Review = record_of(Review, data, "review")
    if len(review.changes) > _MOST_CHANGES:
        raise ValueError(f"{len(review.changes):,} changes are more than anybody makes")
    return review
