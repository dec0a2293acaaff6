"""The nouns of checking a result: marks of people beside it, a second run against the first, corrections."""

from detector.checks.marks import (
    Agreement,
    Differences,
    Entry,
    Mark,
    Marks,
    Matched,
    Pair,
    Shift,
)
from detector.checks.review import (
    Action,
    Corrected,
    Correction,
    Review,
    Reviewed,
    ReviewedOnset,
    Source,
    Standing,
    Subject,
    TallySeen,
)
from detector.checks.verification import (
    Change,
    VerdictChange,
    Verification,
)

__all__ = [
    "Action",
    "Agreement",
    "Change",
    "Corrected",
    "Correction",
    "Differences",
    "Entry",
    "Mark",
    "Marks",
    "Matched",
    "Pair",
    "Review",
    "Reviewed",
    "ReviewedOnset",
    "Shift",
    "Source",
    "Standing",
    "Subject",
    "TallySeen",
    "VerdictChange",
    "Verification",
]
