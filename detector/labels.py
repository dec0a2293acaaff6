"""Labels made elsewhere -> Marks: Audacity label tracks, Raven selection tables, CSV with a column of times.

Read tolerantly, as they come from many programs: what is not taken as a mark is named in the notes,
and only a file in which most lines are no marks is refused.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from detector import small_files
from detector.checks import Mark, Marks
from detector.errors import MarksError
from detector.records import State
from detector.times import parse_time

_LARGEST_FILE_BYTES = 5_000_000
_MOST_MARKS = 10_000
_LONGEST_S = 1e7  # seconds, about four months: beyond lies no recording but a slip of the key
_HOW = "give an Audacity label track, a Raven selection table, or a CSV with a column of times named time"

# Headings without what stands in brackets, in small letters; the unit may follow after a blank or underscore.
_TIMES = (
    *("begin time", "time", "onset", "onset time", "start", "start time", "begin", "shot time", "arrival"),
    *("t", "timestamp", "seconds", "sec", "s", "ms", "milliseconds", "zeit", "tmin", "from"),
)
_STOPS = ("end time", "stop", "stop time", "end", "offset time", "tmax", "to", "out")
_TEXTS = ("annotation", "label", "text", "name", "note", "notes", "comment", "kind", "type", "class", "description")
_UNITS_S = {"s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "ms": 1e-3, "milliseconds": 1e-3, "msec": 1e-3}
# Whole texts that say that a label is no shot; what the program itself writes for unheard stretches among them.
_UNHEARD: tuple[State, ...] = ("no_audio", "muted", "masked", "damaged", "not_analysed")
_NO_SHOT = frozenset(
    {"echo", "echoes", "reflection", "no shot", "not a shot", "rejected", "refused", "no", "false"}
    | {state.replace("_", " ") for state in _UNHEARD}
)
_FRAMES = re.compile(r"\d+:\d+:\d+[:;]\d+")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")  # whole lines of it are times, not starts and ends
_NOTHING = r"(?!)"  # a pattern that never matches
_MOST_COLUMNS = 1000
_NAMED = 3  # lines that a note names one by one


class _Row(NamedTuple):
    """One line of a table: its number in the file, from 1, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class _Layout:
    """Where in a row the time, the end, the text and the verdict stand; `scale_s` is the unit of a plain number."""

    kind: str
    time: int
    stop: int | None = None
    text: int | None = None
    status: int | None = None
    selection: int | None = None
    scale_s: float = 1.0


def read(path: str | Path) -> Marks:
    """The labels of one file in time order.

    Audacity: start, end and text with tabs between; the lines of spectral selections are passed
    over. Raven: `Begin Time (s)`; a selection that is listed once a view counts once. CSV: comma,
    semicolon or tab, a heading such as time, time_s, onset, start or "Time (ms)", or no headings and
    the times first. Times are seconds or H:MM:SS.mmm, with a decimal comma where the separator is
    none. Labels whose whole text says that they are no shot (echo, rejected, muted, ...) are left out.

    Parameters
    ----------
    path
        The file of labels.

    Returns
    -------
    Marks
        Times in seconds as they stand in the file, whatever clock that is, and in `notes` what was
        not taken as a mark.

    Raises
    ------
    MarksError
        When the file cannot be read, is empty, or holds no marks.
    """
    path = Path(path)
    content = _content(path)
    text = _text(path, content)
    layout, body = _layout(path, _rows(path, text), tabbed="\t" in text)
    found = [(row, _mark(row, layout)) for row in _each_selection(body, layout)]
    unread = [row for row, mark in found if mark is None]
    marks = [mark for _, mark in found if mark is not None]
    if len(unread) > len(marks):
        raise MarksError(f"{path}: not marks: {_why_unread(unread[0], layout)}; {_HOW}")
    shots = [mark for mark in marks if mark.text.strip().casefold() not in _NO_SHOT]
    if not shots:
        raise MarksError(f"{path}: holds no marks of shots{' but other labels' if marks else ''}; {_HOW}")
    if len(shots) > _MOST_MARKS:
        raise MarksError(f"{path}: {len(shots):,} marks are too many; give at most {_MOST_MARKS:,}, of this recording")
    return Marks(
        name=path.name,
        kind=layout.kind,
        file_sha256=hashlib.sha256(content).hexdigest(),
        marks=tuple(sorted(shots, key=lambda mark: mark.time_s)),
        notes=(*_about_unread(unread), *_about_others(marks), *_about_views(body, found)),
    )


def read_all(paths: Sequence[str | Path]) -> tuple[Marks, ...]:
    """The marks of several files; those of equal names are named by their whole paths.

    Raises
    ------
    MarksError
        Where `read` does, and when a file is named twice.
    """
    found = [read(path) for path in paths]
    names = Counter(marks.name for marks in found)
    for first, second in ((a, b) for a in range(len(paths)) for b in range(a)):
        if Path(paths[first]).absolute() == Path(paths[second]).absolute():
            raise MarksError(f"{paths[first]}: named twice; give each file of marks once")
    return tuple(
        marks if names[marks.name] == 1 else replace(marks, name=str(path))
        for marks, path in zip(found, paths, strict=True)
    )


def _content(path: Path) -> bytes:
    too_large = f"too large for marks (over 5 MB); it looks like the recording itself; {_HOW}"
    content = small_files.content(path, "the marks", _LARGEST_FILE_BYTES, too_large, MarksError)
    if not content.strip():
        raise MarksError(f"{path}: is empty, no labels in it; export them again")
    return content


def _text(path: Path, content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark in front, or the Windows code page."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise MarksError(f"{path}: not a text file; {_HOW}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows(path: Path, text: str) -> list[_Row]:
    """The cells of every line that holds something; comments and spectral selections are passed over."""
    lines = text.splitlines()
    told = [line for line in lines if line.strip() and not line.startswith(("#", "\\"))]
    if not told:
        raise MarksError(f"{path}: no labels in it; export them again")
    separator = _separator(told)
    if separator in ",;":
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        cells: Iterator[tuple[int, list[str]]] = ((reader.line_num, row) for row in reader)
    else:  # here a quotation mark is a letter like any other
        cells = ((number, re.split(separator, line, maxsplit=_MOST_COLUMNS)) for number, line in enumerate(lines, 1))
    try:
        rows = [_Row(number, tuple(_printable(cell) for cell in row)) for number, row in cells]
    except csv.Error as error:
        raise MarksError(f"{path}: not a table ({error}); {_HOW}") from error
    kept = [row for row in rows if any(row.cells) and not row.cells[0].startswith(("#", "\\"))]
    if not kept:
        raise MarksError(f"{path}: no labels in it; {_HOW}")
    return kept


def _separator(lines: Sequence[str]) -> str:
    """What stands between the cells, judged by the first line: a letter, or a pattern for blanks or none at all."""
    if all(_DECIMAL_COMMA.fullmatch(line.strip()) for line in lines):
        return _NOTHING
    found = next((mark for mark in "\t;," if mark in lines[0]), None)
    blanks = found is None and _seconds(lines[0].split()[0], 1.0) is not None
    return found or (r"\s+" if blanks else _NOTHING)


def _printable(cell: str) -> str:
    """A cell without letters that would act on a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in cell).strip()


def _layout(path: Path, rows: Sequence[_Row], tabbed: bool) -> tuple[_Layout, Sequence[_Row]]:
    """How the rows are laid out, and those that are no heading."""
    first = rows[0].cells
    if _seconds(first[0], 1.0) is not None:
        regions = len(first) > 1 and _seconds(first[1], 1.0) is not None
        kind = "Audacity labels" if regions and tabbed else "times"
        return _Layout(kind, 0, 1 if regions else None, (2 if regions else 1)), rows
    names = [_heading(cell) for cell in first]
    time = _place(names, _TIMES)
    if time is None:
        if _FRAMES.fullmatch(first[0]):
            raise MarksError(f"{path}: {first[0]!r} counts frames; write times as H:MM:SS.mmm or in seconds")
        shown = ", ".join(cell[:20] for cell in first[:6])
        raise MarksError(f"{path}: not marks: no column of times under the headings {shown!r}; {_HOW}")
    return _Layout(
        kind="Raven selection table" if names[time][0] == "begin time" else "table",
        time=time,
        stop=_place(names, _STOPS),
        text=_place(names, _TEXTS),
        status=_place(names, ("status",)),
        selection=_place(names, ("selection",)),
        scale_s=names[time][1],
    ), rows[1:]


def _heading(cell: str) -> tuple[str, float]:
    """A heading in small letters without its unit, and that unit in seconds: "Time (ms)" is ("time", 0.001).

    >>> _heading("Begin Time (s)"), _heading("onset_ms"), _heading("ms")
    (('begin time', 1.0), ('onset', 0.001), ('ms', 0.001))
    """
    words = re.sub(r"[\s_()\[\]/.]+", " ", cell.strip().strip('"').casefold()).strip().split(" ")
    scale_s = _UNITS_S.get(words[-1], 1.0)
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _UNITS_S else words), scale_s


def _place(names: Sequence[tuple[str, float]], wanted: Sequence[str]) -> int | None:
    """The column with the first of the wanted headings that occurs; of equal ones the last, which has the unit."""
    known = {name: column for column, (name, _) in enumerate(names)}
    return next((known[name] for name in wanted if name in known), None)


def _each_selection(rows: Sequence[_Row], layout: _Layout) -> list[_Row]:
    """Raven lists a selection once for every view of it."""
    if layout.selection is None:
        return list(rows)
    seen = {(_cell(row, layout.selection), _cell(row, layout.time)): row for row in reversed(rows)}
    return sorted(seen.values())


def _mark(row: _Row, layout: _Layout) -> Mark | None:
    time_s = _seconds(_cell(row, layout.time), layout.scale_s)
    if time_s is None:
        return None
    stop_s = _seconds(_cell(row, layout.stop), layout.scale_s)
    # Of a table with verdicts, such as shots.csv, the verdict is what counts.
    text = _cell(row, layout.text) if layout.status is None else _cell(row, layout.status)
    return Mark(time_s, " ".join(text.split()), stop_s if stop_s is not None and stop_s > time_s else None)


def _cell(row: _Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _seconds(text: str, scale_s: float) -> float | None:
    """Seconds of a cell, with a sign and a decimal comma or point; None where it is no time of a recording."""
    sign, plain = (-1.0, text[1:]) if text.startswith(("-", "\u2212")) else (1.0, text)
    try:
        time_s = parse_time(plain.replace(",", "."))
    except ValueError:
        return None
    time_s *= sign * (1.0 if ":" in plain else scale_s)
    return time_s if abs(time_s) <= _LONGEST_S else None


def _why_unread(row: _Row, layout: _Layout) -> str:
    return f"line {row.number} has {_cell(row, layout.time)[:40]!r} where a time should stand"


def _about_unread(rows: Sequence[_Row]) -> tuple[str, ...]:
    if not rows:
        return ()
    named = ", ".join(f"{row.number} ({' '.join(row.cells).strip()[:30]!r})" for row in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return (f"Without a time and passed over: line {named}{more}.",)


def _about_others(marks: Sequence[Mark]) -> tuple[str, ...]:
    others = Counter(mark.text for mark in marks if mark.text.strip().casefold() in _NO_SHOT)
    if not others:
        return ()
    named = ", ".join(f"{n} {text!r}" for text, n in others.most_common())
    return (f"Left out, as their text says that they are no shots: {named}.",)


def _about_views(rows: Sequence[_Row], found: Sequence[object]) -> tuple[str, ...]:
    again = len(rows) - len(found)
    if not again:
        return ()
    rows_are = "row is another view" if again == 1 else "rows are other views"
    return (f"{again} {rows_are} of the same selection{' and counts' if again == 1 else 's and count'} once.",)
