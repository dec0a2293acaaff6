"""The catalogue of an archive: one SQLite file with a row for each recording and each of its shots."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from detector.archive.rows import SHOT_COLUMNS, VERDICT_COLUMNS, Run, Verdict, path_text, shot, verdict
from detector.errors import ArchiveError

APPLICATION = 0x6753686F  # "gSho": how the file is known for a catalogue
LAYOUT = 1
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


class Total(NamedTuple):
    """Contents in one state, and their files; `best` adds up the best estimates."""

    state: str
    recordings: int
    files: int
    hours: float
    best: int


class Catalogue:
    """A catalogue, opened for reading only; to be used in a `with` statement.

    Raises
    ------
    ArchiveError
        By every method, when the file is no catalogue or cannot be read.
    """

    mode = "ro"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.mode == "ro" and not self.path.is_file():
            raise ArchiveError(f"{path}: no such catalogue; name one that count-archive run has written")
        with self.told("open"):
            address = f"{self.path.absolute().as_uri()}?mode={self.mode}"
            self.db = sqlite3.connect(address, uri=True, isolation_level=None)
        self.db.text_factory = path_text
        try:
            self.prepare()
        except ArchiveError:
            self.db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def prepare(self) -> None:
        """See that the file is a catalogue of a layout that this version knows."""
        (application,), (layout,) = self.rows("PRAGMA application_id"), self.rows("PRAGMA user_version")
        if application != (APPLICATION,):
            raise ArchiveError(f"{self.path}: a database, but no catalogue; name another file")
        if layout != (LAYOUT,):
            raise ArchiveError(f"{self.path}: a catalogue of layout {layout[0]}, but this version knows {LAYOUT}")

    @contextmanager
    def told(self, verb: str) -> Iterator[None]:
        """Errors of the database in words."""
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError) as error:
            said = " ".join(str(error).split())  # names in a broken file may hold anything
            raise ArchiveError(f"{self.path}: cannot {verb} the catalogue ({said}); {_next_step(error)}") from error

    def rows(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """All rows that a query gives."""
        with self.told("read"):
            return self.db.execute(sql, values).fetchall()

    def runs(self) -> tuple[Run, ...]:
        """All runs, in the order in which they were begun."""
        rows = self.rows("SELECT run, versions, settings, settings_sha256 FROM runs ORDER BY run")
        with self.told("read"):
            return tuple(Run(run, json.loads(known), json.loads(kept), digest) for run, known, kept, digest in rows)

    def verdicts(self, run: int) -> Iterator[Verdict]:
        """What a run says of every content, in the order of the contents' hashes."""
        names, last = ("id", "sha256", "folder", *VERDICT_COLUMNS), ""
        part = f"SELECT {', '.join(names)} FROM recordings WHERE run = ? AND sha256 > ? ORDER BY sha256 LIMIT 500"
        while found := self.rows(part, (run, last)):
            for values in found:
                yield self._verdict(dict(zip(names, values, strict=True)))
            with self.told("read"):
                if not found[-1][1] > last:
                    raise ValueError("database disk image is malformed: its index goes round in a circle")
            last = found[-1][1]

    def _verdict(self, row: dict[str, Any]) -> Verdict:
        paths = self.rows("SELECT path FROM files WHERE sha256 = ? ORDER BY path", (row["sha256"],))
        shots = self.rows(f"SELECT {', '.join(SHOT_COLUMNS)} FROM shots WHERE recording = ? ORDER BY id", (row["id"],))
        with self.told("read"):
            return verdict(row, tuple(path for (path,) in paths), tuple(map(shot, shots)))

    def unreadable_files(self) -> tuple[tuple[str, str], ...]:
        """Paths that could not be read when they were last tried, each with the reason."""
        return tuple(self.rows("SELECT path, problem FROM files WHERE problem IS NOT NULL ORDER BY path"))

    def select(self, sql: str) -> tuple[tuple[str, ...], Iterator[Sequence[Any]]]:
        """Names of the columns, and the rows, of one SELECT; anything else is refused.

        Raises
        ------
        ArchiveError
            When it is no SELECT, or wrong.
        """
        self.db.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)
        try:
            cursor = self.db.execute(sql)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise ArchiveError(
                f"{self.path}: {error}; give one SELECT, on the views that docs/ARCHIVE.md lists"
            ) from error
        if cursor.description is None:
            raise ArchiveError(f"{self.path}: that gives no rows; write a SELECT")
        return tuple(name for name, *_ in cursor.description), self._fetched(cursor)

    def _fetched(self, cursor: sqlite3.Cursor) -> Iterator[Sequence[Any]]:
        with self.told("read"):
            yield from cursor


def _next_step(error: Exception) -> str:
    text = str(error)
    if "full" in text:
        return "free some space and give the same command again: what is in it stays"
    if "not a database" in text or "malformed" in text:
        return "name a file that count-archive run has written"
    if "locked" in text:
        return "another program is writing to it; wait until it has finished"
    return "check the path and that it may be read and written"
