"""Many recordings -> rows of a catalogue: the conductor of an archive."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from detector.archive.catalogue import Total
from detector.archive.ledger import Ledger, canonical
from detector.archive.rows import File, Trace
from detector.archive.search import Trouble
from detector.archive.tasks import Answer, Task, Work
from detector.errors import ArchiveError, DetectorError
from detector.records import Report

Submit = Callable[[Task], "Future[Answer]"]


@dataclass(frozen=True)
class Standing:
    """How far a job is: contents analysed and their bytes, of those there are to do; hours of sound; failures."""

    files: int
    of_files: int
    size_bytes: int
    of_bytes: int
    hours: float = 0.0
    failed: int = 0
    hashed: bool = True  # False while files are only read, to know which are copies


@dataclass(frozen=True)
class Job:
    """What is asked for.

    Attributes
    ----------
    submit
        Has a task done somewhere and gives a promise of its answer, as an executor does.
    ahead
        Tasks that are given out at a time.
    rehash
        Read every known file again, to see that it still holds what it held.
    retry
        Try again what failed.
    """

    work: Work
    submit: Submit
    ahead: int
    rehash: bool = False
    retry: bool = False
    progress: Callable[[Standing], None] = field(default=lambda standing: None)


@dataclass(frozen=True)
class Done:
    """What a job came to: how many contents it analysed, and what the catalogue says of all files that were named."""

    run: int
    analysed: int
    hours: float
    failed: int
    troubles: tuple[Trouble, ...]
    totals: tuple[Total, ...]
    reports: Path | None


def run(ledger: Ledger, seen: Iterable[File | Trouble], job: Job, versions: dict[str, Any]) -> Done:
    """Analyse what the catalogue does not know yet, row by row.

    A content is known by its hash, the settings and the versions. A file of the path, size and time
    that it had is taken to hold what it held.

    Raises
    ------
    ArchiveError
        When nothing can go on: a full disk, or workers of other versions. All rows so far stay.
    """
    troubles = _taken(ledger, seen)
    number = ledger.run(job.work.settings, versions)
    reports = _reports(job.work, versions)
    work = replace(job.work, reports=None if reports is None else str(reports))
    _identify(ledger, job, versions)
    of_files, of_bytes = ledger.pending(number, reports=reports, retry=job.retry)
    standing = Standing(0, of_files, 0, of_bytes)
    job.progress(standing)
    tasks = (Task(file.path, work) for file in ledger.pending_files())
    for answer in _answers(tasks, job, versions):
        result = _recorded(ledger, number, answer)
        standing = _after(standing, answer, result)
        job.progress(standing)
    return Done(number, standing.files, standing.hours, standing.failed, troubles, ledger.totals(number), reports)


def _taken(ledger: Ledger, seen: Iterable[File | Trouble]) -> tuple[Trouble, ...]:
    """Put what was found into the ledger; what could not be looked at is given back, too."""
    troubles: list[Trouble] = []

    def files() -> Iterator[File]:
        for each in seen:
            if isinstance(each, File):
                yield each
            else:
                troubles.append(each)

    ledger.found(files())
    for each in troubles:
        ledger.unreadable(each.path, each.problem)
    return tuple(troubles)


def _reports(work: Work, versions: dict[str, Any]) -> Path | None:
    """The folder of a run's reports, cleared of what was left half written; other settings or versions have another."""
    if work.reports is None:
        return None
    digest = sha256(f"{canonical(work.settings)}\n{canonical(versions)}".encode("ascii")).hexdigest()
    folder = Path(work.reports).absolute() / f"run-{digest[:8]}"
    for left in folder.glob(".*.shots.*"):  # by a child that was killed while it wrote
        shutil.rmtree(left, ignore_errors=True)
    return folder


def _identify(ledger: Ledger, job: Job, versions: dict[str, Any]) -> None:
    """Hash what may be a copy of something known, so that it is not analysed again."""
    files = ledger.unidentified(job.rehash)
    of_bytes = sum(file.size_bytes for file in files)
    standing = Standing(0, len(files), 0, of_bytes, hashed=False)
    for answer in _answers((Task(file.path) for file in files), job, versions):
        if answer.sha256 is None:
            ledger.unreadable(answer.path, str(answer.problem))
        else:
            ledger.identified(File(answer.path, answer.size_bytes, answer.mtime_ns, answer.sha256))
        standing = _after(standing, answer, None)
        job.progress(standing)


def _answers(tasks: Iterable[Task], job: Job, versions: dict[str, Any]) -> Iterator[Answer]:
    """Answers as they come, with no more tasks given out at a time than the job says."""
    todo, waiting = iter(tasks), set[Future[Answer]]()
    while True:
        waiting |= {job.submit(task) for task in islice(todo, job.ahead - len(waiting))}
        if not waiting:
            return
        ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ready:
            answer = future.result()
            if answer.obstacle is not None:
                raise ArchiveError(answer.obstacle)
            if answer.versions is not None and answer.versions != versions:
                raise ArchiveError(_other_versions(answer, versions))
            yield answer


def _recorded(ledger: Ledger, number: int, answer: Answer) -> Report | None:
    """The report that was recorded; None where there is only a reason."""
    if answer.sha256 is None:
        ledger.unreadable(answer.path, str(answer.problem))
        return None
    result = _result(answer)
    trace = Trace(answer.folder, answer.took_s, answer.peak_mb, answer.worker)
    ledger.record(number, File(answer.path, answer.size_bytes, answer.mtime_ns, answer.sha256), result, trace)
    return result if isinstance(result, Report) else None


def _result(answer: Answer) -> Report | str:
    if answer.report is None:
        return str(answer.reason)
    try:
        return Report.from_json(answer.report)
    except DetectorError as error:
        return f"its analysis gave no report ({error})"


def _after(standing: Standing, answer: Answer, report: Report | None) -> Standing:
    unread = answer.sha256 is None
    return replace(
        standing,
        files=standing.files + 1,
        size_bytes=standing.size_bytes + answer.size_bytes,
        hours=standing.hours + (report.recording.duration_s / 3600 if report else 0.0),
        failed=standing.failed + (unread or (report is None and standing.hashed)),
    )


def _other_versions(answer: Answer, versions: dict[str, Any]) -> str:
    assert answer.versions is not None
    names = dict.fromkeys([*versions, *answer.versions])
    other = [
        f"{name} {answer.versions.get(name)} instead of {versions.get(name)}"
        for name in names
        if answer.versions.get(name) != versions.get(name)
    ]
    return f"{answer.worker}: runs other versions ({', '.join(other)}); install there what is installed here"
