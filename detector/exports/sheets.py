"""A result as named tables of plain cells, for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from detector.exports.wording import state_text, which_sound
from detector.records import HEARD_STATES, Comparison, Coverage, Report, Shot, Volley
from detector.times import format_time

Cell = str | float | bool | None


class Sheet(NamedTuple):
    """A table: its name, names of columns with their units, and rows as long as those."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


_SHOTS = (
    *("id", "status", "time", "time_s", "frame", "time_error_s", "probability", "volley", "overlap"),
    *("one_more_hidden", "two_more_hidden", "repeat_of", "level_db", "flags"),
)
_VOLLEYS = (
    *("id", "first", "first_s", "last_s", "duration_s", "listed", "at_least", "low", "best", "high", "confidence"),
    *("shots_per_s", "median_split_s", "shortest_split_s"),
)
_COVERAGE = ("start", "start_s", "stop_s", "duration_s", "state", "heard")
_COMPARISON = (
    *("label", "verdict", "tally_low", "tally_high", "tolerance", "includes", "everyone", "method", "citation"),
    *("heard_low", "heard_best", "heard_high", "p_fewer", "p_within", "p_more"),
    *("span_verdict", "span_tally_s", "span_heard_s"),
    *("sentence", "reasons", "what_it_would_take", "tally_file_sha256"),
)


def sheets(report: Report, comparisons: Sequence[Comparison]) -> tuple[Sheet, ...]:
    """Count, shots, volleys, coverage and comparison; a sheet without rows keeps its columns."""
    return (
        Sheet("count", ("what", "value"), _count(report)),
        Sheet("shots", _SHOTS, tuple(_shot(each) for each in report.shots)),
        Sheet("volleys", _VOLLEYS, tuple(_volley(each) for each in report.volleys)),
        Sheet("coverage", _COVERAGE, tuple(_coverage(each) for each in report.coverage)),
        Sheet("comparison", _COMPARISON, tuple(_comparison(each) for each in comparisons)),
    )


def _count(report: Report) -> tuple[tuple[Cell, ...], ...]:
    recording, count, span = report.recording, report.count, report.span
    rows: list[tuple[Cell, ...]] = [("recording", recording.name), ("SHA-256", recording.sha256)]
    rows += [("size_bytes", recording.size_bytes), ("duration_s", recording.duration_s), ("heard_s", report.heard_s)]
    if count is None:
        rows.append(("count", "nothing could be heard"))
    else:
        rows += [(name, getattr(count, name)) for name in ("at_least", "low", "best", "high", "confidence")]
    rows.append(("listed", len(report.shots)))
    if span is not None:
        rows += [(f"span_{name}", getattr(span, name)) for name in ("first_s", "last_s", "duration_s", "error_s")]
    rows += [("which sound the times fit", which_sound(report)), ("result_sha256", report.result_sha256)]
    return (*rows, *(("warning", warning) for warning in report.warnings))


def _shot(shot: Shot) -> tuple[Cell, ...]:
    return (
        *(shot.id, shot.status, format_time(shot.time_s), shot.time_s, shot.frame, shot.time_error_s),
        *(shot.probability, shot.volley, shot.overlap, *shot.extra, shot.repeat_of, shot.level_db),
        "; ".join(shot.flags),
    )


def _volley(volley: Volley) -> tuple[Cell, ...]:
    count = volley.count
    return (
        *(volley.id, format_time(volley.first_s), volley.first_s, volley.last_s, volley.last_s - volley.first_s),
        *(len(volley.shots), count.at_least, count.low, count.best, count.high, count.confidence),
        *(volley.shots_per_s, volley.median_split_s, volley.shortest_split_s),
    )


def _coverage(stretch: Coverage) -> tuple[Cell, ...]:
    length_s, heard = stretch.stop_s - stretch.start_s, stretch.state in HEARD_STATES
    return format_time(stretch.start_s), stretch.start_s, stretch.stop_s, length_s, state_text(stretch), heard


def _comparison(comparison: Comparison) -> tuple[Cell, ...]:
    tally, count, span = comparison.tally, comparison.count, comparison.span
    heard = (None, None, None) if count is None else (count.low, count.best, count.high)
    spans = (None, None, None) if span is None else (span.verdict, span.tally_s, span.heard_s)
    return (
        *(tally.label, comparison.verdict, tally.low, tally.high, tally.tolerance),
        *(tally.includes, tally.everyone, tally.method, tally.citation),
        *(*heard, comparison.p_fewer, comparison.p_within, comparison.p_more, *spans),
        *(comparison.sentence, " ".join(comparison.reasons), comparison.what_it_would_take, tally.file_sha256),
    )
