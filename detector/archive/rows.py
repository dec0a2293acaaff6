"""What is told of a result in rows of the catalogue, and results out of rows again."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from detector.records import CountInterval, Report, Shot, Span

# Names that are no text keep their own bytes, so that every path can be opened again.
_BROKEN_NAMES = sys.getfilesystemencodeerrors()

SHOT_COLUMNS = (
    *("recording", "id", "status", "time_s", "time_error_s", "probability", "volley", "overlap", "repeat_of"),
    *("level_db", "flags", "one_more", "two_more", "frame"),
)
VERDICT_COLUMNS = (
    *("state", "reason", "at_least", "low", "best", "high", "confidence", "first_s", "last_s", "span_error_s"),
    *("duration_s", "heard_s", "listed", "possible", "warnings", "result_sha256"),
)


class File(NamedTuple):
    """A path as it was seen; `sha256` is None where its content is not known yet."""

    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str | None = None


@dataclass(frozen=True)
class Trace:
    """How a result came about; nothing that was decided depends on it."""

    folder: str | None = None
    took_s: float = 0.0
    peak_mb: float = 0.0
    worker: str = ""


@dataclass(frozen=True)
class Run:
    """Everything that was counted with the same settings and versions."""

    number: int
    versions: Mapping[str, Any]
    settings: Mapping[str, Any]
    settings_sha256: str


@dataclass(frozen=True)
class Verdict:
    """What one run says of one content; `paths` are all files that hold it."""

    sha256: str
    paths: tuple[str, ...]
    state: str
    reason: str | None
    count: CountInterval | None
    span: Span | None
    duration_s: float | None
    heard_s: float | None
    warnings: tuple[str, ...]
    result_sha256: str | None
    folder: str | None
    shots: tuple[Shot, ...]

    @property
    def name(self) -> str:
        """The first path; the hash of a content whose files are gone or hold something else now."""
        return self.paths[0] if self.paths else f"content {self.sha256}"


def path_bytes(path: str | None) -> bytes | None:
    """A path, or a sentence with one in it, as it stands in the catalogue."""
    return None if path is None else path.encode("utf-8", _BROKEN_NAMES)


def path_text(raw: bytes) -> str:
    """A text of the catalogue; a path opens the file that it is of."""
    return raw.decode("utf-8", _BROKEN_NAMES)


def verdict_row(result: Report | str) -> dict[str, Any]:
    """Columns of a report, or of the reason why there is none."""
    if isinstance(result, str):
        return dict.fromkeys(VERDICT_COLUMNS) | {"state": "failed", "reason": path_bytes(result)}
    count, span = result.count, result.span
    values = (
        *("cannot hear" if count is None else "counted", None),
        *((None,) * 5 if count is None else (count.at_least, count.low, count.best, count.high, count.confidence)),
        *((None,) * 3 if span is None else (span.first_s, span.last_s, span.error_s)),
        *(result.recording.duration_s, result.heard_s),
        *(sum(shot.status == status for shot in result.shots) for status in ("shot", "possible")),
        *(json.dumps(result.warnings), result.result_sha256),
    )
    return dict(zip(VERDICT_COLUMNS, values, strict=True))


def verdict(row: Mapping[str, Any], paths: tuple[str, ...], shots: tuple[Shot, ...]) -> Verdict:
    """The verdict that columns tell, those of `verdict_row` with `sha256` and `folder`."""
    interval = [row[name] for name in ("at_least", "low", "best", "high", "confidence")]
    first_s, last_s = row["first_s"], row["last_s"]
    return Verdict(
        sha256=row["sha256"],
        paths=paths,
        state=row["state"],
        reason=row["reason"],
        count=None if row["best"] is None else CountInterval(*interval),
        span=None if first_s is None else Span(first_s, last_s, last_s - first_s, row["span_error_s"]),
        duration_s=row["duration_s"],
        heard_s=row["heard_s"],
        warnings=tuple(json.loads(row["warnings"] or "[]")),
        result_sha256=row["result_sha256"],
        folder=row["folder"],
        shots=shots,
    )


def shot_row(recording: int, shot: Shot) -> tuple[Any, ...]:
    """A shot under `SHOT_COLUMNS`."""
    return (
        *(recording, shot.id, shot.status, shot.time_s, shot.time_error_s, shot.probability, shot.volley),
        *(shot.overlap, shot.repeat_of, shot.level_db if math.isfinite(shot.level_db) else None),
        *(json.dumps(shot.flags), *shot.extra, shot.frame),
    )


def shot(row: tuple[Any, ...]) -> Shot:
    """The shot in a row of `SHOT_COLUMNS`."""
    values = dict(zip(SHOT_COLUMNS, row, strict=True))
    del values["recording"]
    level_db, extra = values.pop("level_db"), (values.pop("one_more"), values.pop("two_more"))
    values["overlap"] = bool(values["overlap"])
    values["flags"] = tuple(json.loads(values["flags"]))
    return Shot(**values, level_db=math.nan if level_db is None else level_db, extra=extra)
