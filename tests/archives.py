"""A job whose analyses are made up, for tests of what is kept of it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from detector.archive import job, search
from detector.archive.catalogue import Catalogue
from detector.archive.ledger import Ledger
from detector.archive.tasks import Answer, Task, Work
from detector.archive.verdict_lines import lines
from detector.records import Report
from tests.builders import make_report

VERSIONS = {"gunshot-tally": "0.1.0", "model": "0123abcd", "av": "18.1.0"}
SETTINGS = {"volleys": {"gap_s": 3.0}}


def report_of(content: bytes) -> Report:
    """A report with as many shots as the content has letters s, and its hash."""
    report = make_report([1.0 + shot for shot in range(content.count(b"s"))])
    recording = dataclasses.replace(report.recording, sha256=sha256(content).hexdigest())
    return dataclasses.replace(report, recording=recording)


def answered(task: Task) -> Answer:
    """What a child would answer: a content that begins with "broken" has no report."""
    try:
        facts, content = os.stat(task.path), Path(task.path).read_bytes()
    except OSError as error:
        return Answer(task.path, problem=str(error.strerror))
    report = None if task.work is None or content.startswith(b"broken") else report_of(content).to_json()
    return Answer(
        task.path,
        facts.st_size,
        facts.st_mtime_ns,
        sha256(content).hexdigest(),
        report=report,
        reason="is broken" if content.startswith(b"broken") else None,
        versions=VERSIONS,
    )


@dataclass
class Archive:
    """A folder of recordings with a catalogue beside it; `tasks` collects what is asked for."""

    folder: Path
    answer: Callable[[Task], Answer] = answered
    settings: dict[str, Any] = field(default_factory=lambda: SETTINGS)
    versions: dict[str, Any] = field(default_factory=lambda: VERSIONS)
    tasks: list[Task] = field(default_factory=list)

    @property
    def catalogue(self) -> Path:
        """The catalogue's file."""
        return self.folder.parent / "catalogue.sqlite"

    def write(self, **contents: str) -> None:
        """Write recordings, by their names without the ending."""
        self.folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (self.folder / f"{name}.mp4").write_text(content)

    def run(
        self,
        *,
        sources: Sequence[Path] | None = None,
        reports: Path | None = None,
        rehash: bool = False,
        retry: bool = False,
    ) -> job.Done:
        """Run the job; `tasks` then holds what this run asked for."""
        self.tasks.clear()
        work = Work(self.settings, None if reports is None else str(reports))
        asked = job.Job(work, self._submit, 2, rehash, retry)
        with Ledger(self.catalogue) as ledger:
            return job.run(ledger, search.find(map(str, sources or [self.folder])), asked, self.versions)

    @property
    def analysed(self) -> list[str]:
        """Names of the files that were analysed, not only hashed."""
        return [Path(task.path).stem for task in self.tasks if task.work is not None]

    @property
    def hashed(self) -> list[str]:
        """Names of the files that were hashed only."""
        return [Path(task.path).stem for task in self.tasks if task.work is None]

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """What a SELECT gives."""
        with Catalogue(self.catalogue) as catalogue:
            return [tuple(row) for row in catalogue.select(sql)[1]]

    def lines(self) -> str:
        """All verdicts as they are exported."""
        with Catalogue(self.catalogue) as catalogue:
            return "".join(lines(catalogue))

    def _submit(self, task: Task) -> Future[Answer]:
        self.tasks.append(task)
        promise: Future[Answer] = Future()
        try:
            promise.set_result(self.answer(task))
        except Exception as error:
            promise.set_exception(error)
        return promise
