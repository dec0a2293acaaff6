"""shots.csv: one row per onset, listed and refused, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from detector.records import Comparison, Rejected, Report, Shot
from detector.times import format_time

COLUMNS = (
    *("id", "status", "time", "time_s", "frame", "time_error_s", "probability", "volley", "overlap"),
    *("one_more_hidden", "two_more_hidden", "repeat_of", "level_db", "flags"),
    *("reason", "of_shot", "delay_s", "recording"),
)


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """RFC 4180 text in UTF-8, onsets in time order; empty cells where a column does not apply.

    `time` is H:MM:SS.mmm as a player shows it; units are in the column names (`level_db` in dB re
    full scale); `probability` and the `hidden` columns are chances. A text that a spreadsheet would
    run as a formula has an apostrophe in front.
    """
    onsets: list[Shot | Rejected] = sorted(
        [*report.shots, *report.rejected], key=lambda onset: (onset.time_s, onset.id)
    )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for onset in onsets:
        cells = _shot(onset) if isinstance(onset, Shot) else _rejected(onset)
        writer.writerow(cells | {"recording": guarded(report.recording.name)})
    return text.getvalue().encode("utf-8", "replace")


def _shot(shot: Shot) -> dict[str, object]:
    return _common(shot) | {
        "status": shot.status,
        "frame": shot.frame,
        "time_error_s": decimal(shot.time_error_s, 4),
        "volley": shot.volley,
        "overlap": "true" if shot.overlap else "false",
        "one_more_hidden": decimal(shot.extra[0], 3),
        "two_more_hidden": decimal(shot.extra[1], 3),
        "repeat_of": shot.repeat_of,
        "level_db": decimal(shot.level_db, 1),
        "flags": guarded("; ".join(shot.flags)),
    }


def _rejected(onset: Rejected) -> dict[str, object]:
    return _common(onset) | {
        "status": "rejected",
        "reason": guarded(onset.reason),
        "of_shot": onset.of_shot,
        "delay_s": decimal(onset.delay_s, 4),
    }


def _common(onset: Shot | Rejected) -> dict[str, object]:
    return {
        "id": onset.id,
        "time": format_time(onset.time_s),
        "time_s": decimal(onset.time_s, 4),
        "probability": decimal(onset.probability, 3),
    }


def decimal(value: float | None, places: int) -> str:
    """A number with so many decimal places; empty where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.{places}f}"


def guarded(text: str) -> str:
    """A text that no spreadsheet runs as a formula: with an apostrophe in front where it would."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
