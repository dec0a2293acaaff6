"""What is done with one path, in a child process, and what is done when that child is lost."""

from __future__ import annotations

import dataclasses
import os
import platform
import queue
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.archive.children import Child, ChildLostError, Limits, Progress, serve
from detector.errors import DetectorError, MediaError, OutputError
from detector.media.evidence import Evidence

if TYPE_CHECKING:
    from detector.records import Report
    from detector.settings import Settings

COMMAND = (sys.executable, "-m", "detector.archive.tasks")
LIMITS = Limits(time_s=600.0, memory_mb=2000.0)
_TRIES = 2  # a child that is lost with a file gets it once more
_TRIES_OUTSIDE = 4  # ended from outside, as by an operator or a system short of memory: no word on the file
_NOT_VERSIONS = ("python", "platform")  # other ones give the same verdicts


@dataclass(frozen=True)
class Work:
    """How the files of a job are analysed; `reports` is the folder for their reports, None for none."""

    settings: Mapping[str, Any]
    reports: str | None = None
    formats: tuple[str, ...] = ("json", "csv")
    review: bool = False
    limits: Limits = LIMITS


@dataclass(frozen=True)
class Task:
    """A path to be analysed, or with `work` None to be hashed only."""

    path: str
    work: Work | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a task.

    Attributes
    ----------
    sha256
        Of the content, with size and time of the file as it was read; None where it could not be read.
    report
        report.json without its overview, which only files of reports need.
    reason
        Why there is none of this content.
    problem
        Why the path cannot be read.
    obstacle
        Why no other file would fare better, such as a full disk: the job must stop.
    versions
        Those of the child, which must be those of the run.
    """

    path: str
    size_bytes: int = 0
    mtime_ns: int = 0
    sha256: str | None = None
    report: str | None = None
    reason: str | None = None
    problem: str | None = None
    obstacle: str | None = None
    versions: Mapping[str, Any] | None = None
    folder: str | None = None
    took_s: float = 0.0
    peak_mb: float = 0.0
    worker: str = ""


class Staff:
    """Children for as many tasks as are asked for at a time; `answer` may be called by many threads."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()
        self._all: list[Child] = []

    def answer(self, task: Task) -> Answer:
        """What became of a task; a child that is lost with it costs this task only."""
        try:
            child = self._idle.get_nowait()
        except queue.Empty:
            child = Child(self._command)
            self._all.append(child)
        try:
            return _supervised(child, task)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End all children; tasks under way raise `ClosedError`."""
        for child in self._all:
            child.close()


def _supervised(child: Child, task: Task) -> Answer:
    tries = {False: _TRIES, True: _TRIES_OUTSIDE}
    while True:
        try:
            return _asked(child, task)
        except ChildLostError as lost:
            tries[lost.outside] -= 1
            if not tries[lost.outside]:
                return _given_up(child, task, str(lost))


def _asked(child: Child, task: Task) -> Answer:
    limits = task.work.limits if task.work else Limits(_hash_s(task.path), float("inf"))
    return Answer(**child.ask(dataclasses.asdict(task), limits))


def _given_up(child: Child, task: Task, why: str) -> Answer:
    """A lost file by its content, where that can be read at all."""
    reason = f"the process that analysed it {why}, at each of several tries"
    if task.work is None:
        return Answer(task.path, problem=f"the process that read it {why}, at each of several tries")
    known = _supervised(child, Task(task.path))
    return known if known.sha256 is None else dataclasses.replace(known, reason=reason)


def _hash_s(path: str) -> float:
    """Seconds that reading may take: a slow network gives a megabyte a second."""
    try:
        return 120.0 + os.stat(path).st_size / 1e6
    except OSError:
        return 120.0


# --- in the child ----------------------------------------------------------------------------


def done(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The answer to a task, both as plain data."""
    began_s, path = time.monotonic(), task["path"]
    found = _hashed(path) if task["work"] is None else _analysed(path, task["work"], progress)
    told = Answer(
        path=path,
        versions=versions(),
        took_s=round(time.monotonic() - began_s, 3),
        peak_mb=round(_peak_mb(), 1),
        worker=f"{platform.node()}:{os.getpid()}",
        **found,
    )
    return dataclasses.asdict(told)


@cache
def versions() -> dict[str, Any]:
    """Versions on which verdicts depend: of the package, its model, and the libraries that touch the sound."""
    from detector.core.probability import published_model
    from detector.provenance import software

    known = software(published_model().version)
    return {name: value for name, value in known.items() if name not in _NOT_VERSIONS}


def _hashed(path: str) -> dict[str, Any]:
    """What a path holds, or why that cannot be told."""
    try:
        facts = os.stat(path)
        return _as_read(facts, Evidence(Path(path)).sha256())
    except (MediaError, OSError, ValueError) as error:
        return {"problem": _without(path, error)}


def _analysed(path: str, work: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What is heard in a file, its reports written, or why that cannot be told."""
    from detector.recording import detect
    from detector.settings import Settings

    settings = Settings.from_dict(work["settings"])
    try:
        before = os.stat(path)
    except (OSError, ValueError) as error:
        return {"problem": _without(path, error)}
    try:
        report = detect(path, settings=settings, progress=progress)
        folder = None if work["reports"] is None else _written(path, report, work, settings)
    except OutputError as error:
        return {"obstacle": str(error)}
    except MemoryError:
        raise  # says nothing about the file: a fresh process tries again
    except Exception as error:
        return _unanalysed(path, before, error)
    plain = dataclasses.replace(report, overview=None).to_json()
    return {**_as_read(before, report.recording.sha256), "report": plain, "folder": folder}


def _unanalysed(path: str, before: os.stat_result, error: Exception) -> dict[str, Any]:
    """Why a content cannot be analysed; of a file that cannot be read, or changes meanwhile, why that."""
    said = _without(path, error)
    reason = said if isinstance(error, DetectorError) else f"unexpected error ({type(error).__name__}: {said})"
    known = _hashed(path)
    if "problem" in known:
        return known
    if (known["size_bytes"], known["mtime_ns"]) != (before.st_size, before.st_mtime_ns):
        return {"problem": reason}
    return {**known, "reason": reason}


def _written(path: str, report: Report, work: Mapping[str, Any], settings: Settings) -> str:
    """The folder into which the reports of a recording were written, in place of earlier ones."""
    from detector import exports

    pages = {}
    if work["review"]:
        from detector.media.decode import open_track
        from detector.views import clips, review

        with open_track(path, settings.media) as sound:
            video = review.address(path, Path(work["reports"]) / exports.folder_name(report))
            pages[review.FILE_NAME] = review.page(report, (), clips.cut(report, sound), video)
    return str(exports.write(report, (), work["reports"], work["formats"], overwrite=True, pages=pages))


def _as_read(facts: os.stat_result, sha256: str) -> dict[str, Any]:
    return {"size_bytes": facts.st_size, "mtime_ns": facts.st_mtime_ns, "sha256": sha256}


def _without(path: str, error: Exception) -> str:
    """What an error says beside the path, in a line."""
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return " ".join(said.removeprefix(f"{path}: ").split())


def _peak_mb() -> float:
    """The most memory that this process had; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    serve(done)
