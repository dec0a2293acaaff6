"""Numbers that somebody published, and a result beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from detector.records.report import CountInterval

Verdict = Literal["consistent", "audio hears more", "audio hears fewer", "cannot tell"]


@dataclass(frozen=True)
class Tally:
    """A number somebody published: between `low` and `high` shots, tolerance not yet applied.

    `of` names the parts of a total; `verbatim` is the entry as it stands in the file, whose
    hash is `file_sha256`; `window` is (start_s, stop_s).
    """

    label: str
    low: int
    high: int
    tolerance: int
    span_s: float | None
    includes: str
    everyone: bool
    method: str
    citation: str
    window: tuple[float, float] | None
    of: tuple[str, ...]
    verbatim: Mapping[str, Any]
    file_sha256: str


@dataclass(frozen=True)
class SpanComparison:
    """The tally's span beside the heard span."""

    verdict: Verdict
    tally_s: float
    heard_s: float | None
    error_s: float | None
    p_fewer: float | None
    p_within: float | None
    p_more: float | None
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """One tally beside one result.

    `p_fewer`, `p_within`, `p_more` are the chances that the count in heard time lies below, in
    or above the tally's range (tolerance included), never the chance that the tally is true.
    They are None where nothing was heard.
    """

    tally: Tally
    result_sha256: str
    verdict: Verdict
    count: CountInterval | None
    p_fewer: float | None
    p_within: float | None
    p_more: float | None
    span: SpanComparison | None
    reasons: tuple[str, ...]
    what_it_would_take: str
    sentence: str
