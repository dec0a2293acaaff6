"""The writing end of the catalogue: what is still to be done, and what became of it.

Only one process writes, one transaction for each recording, and each is on the disk before the
next begins: whatever is killed when, a recording is in the catalogue whole or not at all.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from detector.archive.catalogue import APPLICATION, LAYOUT, Catalogue, Total
from detector.archive.rows import File, Trace, path_bytes, shot_row, verdict_row
from detector.errors import ArchiveError
from detector.records import Report

_SQLITE = b"SQLite format 3\0"  # with which every database begins
_NAMES = {"reason", "folder", "path", "problem"}  # hold paths, which may be no text: given as bytes


class Ledger(Catalogue):
    """A catalogue opened for writing, and made where there is none; a second writer is refused.

    Raises
    ------
    ArchiveError
        By every method, when the file is no catalogue or cannot be written.
    """

    mode = "rwc"

    def __init__(self, path: str | Path) -> None:
        _refuse_other_files(Path(path))
        self._lock = _locked(Path(path))  # before the file: two may not make its tables
        try:
            super().__init__(path)
        except ArchiveError:
            os.close(self._lock)
            raise

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        os.close(self._lock)

    def prepare(self) -> None:
        """Make the tables of a new catalogue; see that an old one is known."""
        if self.rows("SELECT COUNT(*) FROM sqlite_schema") == [(0,)]:
            with self._writing() as db:
                for statement in (files("detector.data") / "catalogue.sql").read_text("utf-8").split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION}")
                db.execute(f"PRAGMA user_version = {LAYOUT}")
        super().prepare()
        self.rows("PRAGMA journal_mode = WAL")
        self.rows("PRAGMA synchronous = FULL")
        self.rows("PRAGMA foreign_keys = ON")
        self.db.create_function("lies_in", 2, _lies_in)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self.told("write"):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled it back already
                    self.db.execute("ROLLBACK")
                raise

    # --- what is to be done ------------------------------------------------------------------

    def run(self, settings: Mapping[str, Any], versions: Mapping[str, Any]) -> int:
        """The number of the run with these settings and versions; a new one where there is none."""
        kept, known = canonical(settings), canonical(versions)
        digest = sha256(kept.encode("ascii")).hexdigest()
        with self._writing() as db:
            db.execute(
                "INSERT INTO runs (software, model, versions, settings_sha256, settings) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (versions["gunshot-tally"], versions["model"], known, digest, kept),
            )
            chosen = db.execute("SELECT run FROM runs WHERE settings_sha256 = ? AND versions = ?", (digest, known))
            return int(chosen.fetchone()[0])

    def found(self, seen: Iterable[File]) -> None:
        """Take the files that a job is about; a path that is given twice is one."""
        with self.told("write"):
            self.db.execute("CREATE TEMP TABLE found (path TEXT PRIMARY KEY, size_bytes INTEGER, mtime_ns INTEGER)")
            self.db.execute("BEGIN")
            self.db.executemany(
                "INSERT OR REPLACE INTO found VALUES (CAST(? AS TEXT), ?, ?)",
                ((path_bytes(each.path), each.size_bytes, each.mtime_ns) for each in seen),
            )
            self.db.execute("COMMIT")
            self.db.execute("CREATE INDEX temp.found_by_size ON found (size_bytes)")
            self.db.execute(
                "CREATE TEMP VIEW known AS SELECT * FROM files JOIN found USING (path, size_bytes, mtime_ns)"
                " WHERE sha256 IS NOT NULL"
            )
        with self._writing() as db:
            db.execute("UPDATE files SET problem = NULL WHERE problem IS NOT NULL AND path IN (SELECT path FROM known)")

    def unidentified(self, rehash: bool) -> list[File]:
        """Found files whose content must be hashed before it is known whether it is new.

        Those are files of the size of another one; with `rehash` all that seem to be known as well. The
        hash of any other file comes out of its analysis.
        """
        sql = """SELECT path, size_bytes, mtime_ns FROM found WHERE CASE
            WHEN path IN (SELECT path FROM known) THEN :rehash
            ELSE size_bytes IN (SELECT size_bytes FROM files WHERE sha256 IS NOT NULL)
                OR size_bytes IN (SELECT size_bytes FROM found GROUP BY size_bytes HAVING COUNT(*) > 1)
            END ORDER BY path"""
        return [File(*row) for row in self.rows(sql, {"rehash": rehash})]

    def pending(self, run: int, *, reports: Path | None, retry: bool) -> tuple[int, int]:
        """How many contents a run has yet to analyse, and their bytes; `pending_files` then gives them.

        With `reports`, contents whose reports do not lie in that folder are among them; with `retry`, those
        that failed.
        """
        with self.told("write"):
            self.db.execute(
                """CREATE TEMP TABLE pending AS
                SELECT MIN(f.path) AS path, f.size_bytes, f.mtime_ns, k.sha256
                FROM found AS f LEFT JOIN known AS k USING (path)
                LEFT JOIN recordings AS r ON r.run = :run AND r.sha256 = k.sha256
                WHERE r.id IS NULL OR (:retry AND r.state = 'failed')
                    OR (:reports IS NOT NULL AND r.state <> 'failed' AND NOT lies_in(r.folder, CAST(:reports AS TEXT)))
                GROUP BY COALESCE(k.sha256, CAST(f.path AS BLOB)) ORDER BY f.size_bytes DESC, path""",
                {"run": run, "reports": None if reports is None else path_bytes(str(reports)), "retry": retry},
            )
        ((number, size_bytes),) = self.rows("SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM temp.pending")
        return number, size_bytes

    def pending_files(self) -> Iterator[File]:
        """The contents to be analysed, each with its first path, the largest first."""
        last = 0
        while rows := self.rows("SELECT rowid, * FROM temp.pending WHERE rowid > ? LIMIT 500", (last,)):
            last = rows[-1][0]
            yield from (File(*row[1:]) for row in rows)

    def totals(self, run: int) -> tuple[Total, ...]:
        """The found files by what the run says of them; those that are not done are left out."""
        sql = """SELECT state, COUNT(*), SUM(paths), COALESCE(SUM(duration_s) / 3600, 0.0), COALESCE(SUM(best), 0)
            FROM (SELECT CASE WHEN problem IS NULL THEN r.state ELSE 'unreadable' END AS state, COUNT(*) AS paths,
                    duration_s, best
                FROM found JOIN files USING (path) LEFT JOIN recordings AS r ON r.run = ? AND r.sha256 = files.sha256
                GROUP BY COALESCE(files.sha256, CAST(path AS BLOB)))
            WHERE state IS NOT NULL GROUP BY state ORDER BY state"""
        return tuple(Total(*row) for row in self.rows(sql, (run,)))

    def failures(self, run: int) -> list[tuple[str, str]]:
        """Found paths without a verdict, each with the reason."""
        return self.rows(
            """SELECT path, COALESCE(problem, reason) FROM found JOIN files USING (path)
            LEFT JOIN recordings AS r ON r.run = ? AND r.sha256 = files.sha256
            WHERE problem IS NOT NULL OR state = 'failed' ORDER BY path""",
            (run,),
        )

    # --- what is recorded --------------------------------------------------------------------

    def unreadable(self, path: str, problem: str) -> None:
        """Record that a path cannot be read, and why; what it held is kept for the day when it is back."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO files VALUES (CAST(:path AS TEXT), 0, 0, NULL, CAST(:problem AS TEXT)) ON CONFLICT (path)"
                " DO UPDATE SET problem = excluded.problem WHERE problem IS NOT excluded.problem",
                {"path": path_bytes(path), "problem": path_bytes(problem)},
            )

    def identified(self, file: File) -> None:
        """Record what a path holds."""
        with self._writing() as db:
            _put_file(db, file)

    def record(self, run: int, file: File, result: Report | str, trace: Trace) -> None:
        """Record the report on a file's content, or the reason why there is none, in place of any earlier one."""
        row = {"run": run, "sha256": file.sha256, **verdict_row(result), **asdict(trace)}
        row["folder"] = path_bytes(trace.folder)
        row["recorded_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        values = ", ".join(f"CAST(:{name} AS TEXT)" if name in _NAMES else f":{name}" for name in row)
        changed = ", ".join(f"{name} = excluded.{name}" for name in row)
        shots = () if isinstance(result, str) else result.shots
        with self._writing() as db:
            _put_file(db, file)
            upsert = (
                f"INSERT INTO recordings ({', '.join(row)}) VALUES ({values})"
                f" ON CONFLICT (run, sha256) DO UPDATE SET {changed} RETURNING id"
            )
            ((number,),) = db.execute(upsert, row).fetchall()
            db.execute("DELETE FROM shots WHERE recording = ?", (number,))
            for shot in shots:
                columns = shot_row(number, shot)
                db.execute(f"INSERT INTO shots VALUES ({', '.join('?' * len(columns))})", columns)


def canonical(data: Mapping[str, Any]) -> str:
    """Plain data as JSON: equal data give equal text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _lies_in(folder: str | None, parent: str) -> bool:
    return folder is not None and os.path.dirname(folder) == parent and os.path.isdir(folder)


def _put_file(db: sqlite3.Connection, file: File) -> None:
    db.execute(
        "INSERT INTO files VALUES (CAST(? AS TEXT), ?, ?, ?, NULL) ON CONFLICT (path) DO UPDATE SET"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, sha256 = excluded.sha256, problem = NULL",
        (path_bytes(file.path), *file[1:]),
    )


def _refuse_other_files(path: Path) -> None:
    """No lock is laid beside a recording that was named by mistake: nothing is written where evidence lies."""
    head = b""
    with suppress(OSError):  # told when it is opened
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(len(_SQLITE))
    if head and head != _SQLITE:
        raise ArchiveError(
            f"{path}: not a database; name a catalogue that count-archive run has written, or a new file"
        )


def _locked(path: Path) -> int:
    """A lock beside the catalogue that goes with this process, however it ends; systems without one have none."""
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise ArchiveError(
            f"{path}: cannot write the catalogue ({error.strerror}); name a file in a folder that can be written to"
        ) from error
    with suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise ArchiveError(
                f"{path}: another count-archive is writing this catalogue; wait for it, or name another file"
            ) from error
    return lock
