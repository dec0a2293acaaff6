"""What is said of an archive: rows of its summary, of its failures, and of what changed between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.checks import Change
from detector.records import CountInterval
from detector.times import format_time
from detector.views.verification_words import verdict_row

if TYPE_CHECKING:
    from detector.archive.differences import Difference
    from detector.archive.job import Done
    from detector.archive.rows import Verdict

TOTAL_COLUMNS = ("", "recordings", "files", "hours", "shots, best")
DIFFERENCE_COLUMNS = ("time", "before", "after")
CLAIM = (
    "Counts are of sounds consistent with gunshots, with an interval each; they are calibrated on composed scenes and "
    "on recordings of street sensors and telephones, not on body-camera gunfire. A recording that cannot be heard says "
    "nothing about shots."
)


def total_rows(done: Done) -> tuple[tuple[str, ...], ...]:
    """One row for each state of recordings under `TOTAL_COLUMNS`, with paths that could not even be looked at."""
    rows = [
        (each.state, f"{each.recordings:,}", f"{each.files:,}", f"{each.hours:,.2f}", f"{each.best:,}")
        for each in done.totals
    ]
    if done.troubles:
        rows.append(("unreadable", "", f"{len(done.troubles):,}", "", ""))
    return tuple(rows)


def finished(done: Done, took_s: float) -> str:
    """What a job did, in a sentence."""
    if not done.analysed:
        what = (
            "nothing was left to do" if done.totals or done.troubles else "no recordings were found; check the folder"
        )
        return f"Run {done.run}: {what}."
    rate = f", {done.hours / (took_s / 3600):,.0f} times as fast as they play" if done.hours and took_s else ""
    return (
        f"Run {done.run}: {done.analysed:,} recording{'' if done.analysed == 1 else 's'} of {done.hours:,.2f} h "
        f"analysed in {format_time(took_s, 0)}{rate}."
    )


def shown(path: str) -> str:
    """A path in one line of text, whatever its name holds."""
    readable = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in readable)


def count_words(count: CountInterval | None) -> str:
    """A count with its interval, short."""
    return "none" if count is None else f"{count.best} ({count.low}-{count.high})"


def verdict_words(verdict: Verdict | None) -> str:
    """A verdict in a few words."""
    if verdict is None:
        return "not in this run"
    return count_words(verdict.count) if verdict.count is not None else verdict.reason or verdict.state


def difference_heading(difference: Difference) -> str:
    """The recording, and what was said of it as a whole before and after."""
    before, after = verdict_words(difference.before), verdict_words(difference.after)
    same = before == after
    return f"{shown(difference.verdict.name)}: {before if same else f'{before} -> {after}'}"


def difference_rows(difference: Difference) -> tuple[tuple[str, str, str], ...]:
    """A row for each changed shot under `DIFFERENCE_COLUMNS`."""
    return tuple(map(verdict_row, difference.onsets))


def circumstances(changes: Sequence[Change]) -> tuple[str, ...]:
    """Settings and versions that two runs do not share, a line each."""
    return tuple(f"{change.what}: {change.before} -> {change.after}" for change in changes)
