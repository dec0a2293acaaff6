"""The command `count-archive`: many recordings into a catalogue, and what that holds out again."""

from __future__ import annotations

import csv
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from detector import archive_arguments
from detector.console import DONE, INTERRUPTED, SOME_FAILED, WRONG_USAGE, accept_any_text, complain, reader_gone
from detector.errors import ArchiveError, DetectorError
from detector.usage import UsageError

if TYPE_CHECKING:
    from detector.archive.job import Done, Standing, Submit
    from detector.archive.ledger import Ledger

_COMMAND = "count-archive"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of `count-archive` run with `arguments` (default: those of the process).

    0 done; 1 some files have no verdict, two runs differ, or the job had to stop; 2 wrong usage or
    settings; 130 interrupted.
    """
    accept_any_text()
    try:
        options = archive_arguments.parser().parse_args(arguments)
        return {"run": _run, "diff": _diff, "sql": _sql, "export": _export}[options.command](options)
    except SystemExit:  # of --help and --version
        return DONE
    except ArchiveError as error:
        return complain(str(error), SOME_FAILED, _COMMAND)
    except (UsageError, DetectorError) as error:
        return complain(str(error), WRONG_USAGE, _COMMAND)
    except KeyboardInterrupt:
        said = "interrupted; what is recorded stays, the same command goes on from there"
        return complain(said, INTERRUPTED, _COMMAND)
    except BrokenPipeError:
        return reader_gone()


# --- run -------------------------------------------------------------------------------------


def _run(options: Namespace) -> int:
    from detector.archive import job, search, tasks
    from detector.archive.ledger import Ledger

    work, number, began_s = archive_arguments.work(options), archive_arguments.workers(options), time.monotonic()
    with Ledger(options.catalogue) as ledger:
        with _workers(options, number) as (submit, workers), _progress() as progress:
            asked = job.Job(work, submit, 2 * workers, options.rehash, options.retry_failed, progress)
            done = job.run(ledger, search.find(options.sources), asked, tasks.versions())
        status = _told(ledger, done, time.monotonic() - began_s, quiet=options.quiet)
        if done.reports is not None:
            _write_index(ledger, done)
        return status


@contextmanager
def _workers(options: Namespace, number: int) -> Iterator[tuple[Submit, int]]:
    """What has tasks done, here or in a cluster, and how many of them at a time."""
    if options.scheduler is not None or options.cluster is not None:
        from detector.archive.cluster import dask

        with dask(options.scheduler, number) as cluster:
            yield cluster
        return
    from detector.archive.tasks import Staff

    staff, threads = Staff(), ThreadPoolExecutor(number)
    try:
        yield lambda task: threads.submit(staff.answer, task), number
    finally:
        staff.close()  # first: a thread waits for its child
        threads.shutdown(cancel_futures=True)


def _told(ledger: Ledger, done: Done, took_s: float, *, quiet: bool) -> int:
    """Print what a job came to; the exit status."""
    from detector.views import archive_words, terminal

    failures = [*done.troubles, *ledger.failures(done.run)]
    if not quiet:
        rows = archive_words.total_rows(done)
        columns = archive_words.TOTAL_COLUMNS if rows else ()
        print(terminal.table(archive_words.finished(done, took_s), columns, rows), flush=True)
    for path, reason in failures:
        print(f"{_COMMAND}: {archive_words.shown(path)}: {reason}", file=sys.stderr, flush=True)
    if done.reports is not None and not quiet:
        print(f"\nReports in {done.reports}{os.sep}; open index.html", flush=True)
    return SOME_FAILED if failures else DONE


def _write_index(ledger: Ledger, done: Done) -> None:
    from detector.archive.differences import chosen
    from detector.views import archive_index

    assert done.reports is not None
    text = archive_index.page(
        chosen(ledger, done.run), ledger.verdicts(done.run), ledger.unreadable_files(), done.reports
    )
    beside = done.reports / f".{archive_index.FILE_NAME}.{os.getpid()}"
    try:
        done.reports.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="replace")
        beside.replace(done.reports / archive_index.FILE_NAME)
    except OSError as error:
        raise ArchiveError(
            f"{done.reports}: cannot write the index ({error.strerror}); free some space and run it again"
        ) from error


@contextmanager
def _progress() -> Iterator[Callable[[Standing], None]]:
    """A callable that shows how far the job is on a terminal; one that does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda standing: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, began_s = bar.add_task("looking", total=None), time.monotonic()

        def show(standing: Standing) -> None:
            rate = standing.hours / max(time.monotonic() - began_s, 1e-9) * 3600
            verb = "files counted" if standing.hashed else "files read"
            hours = f", {standing.hours:.1f} h, {rate:.0f} x real time" if standing.hashed else ""
            failed = f", {standing.failed} failed" if standing.failed else ""
            said = f"{standing.files:,} of {standing.of_files:,} {verb}{hours}{failed}"
            bar.update(task, description=said, completed=standing.size_bytes, total=standing.of_bytes)

        yield show


# --- what a catalogue holds ------------------------------------------------------------------


def _diff(options: Namespace) -> int:
    from detector.archive import differences
    from detector.archive.catalogue import Catalogue
    from detector.views import archive_words, terminal

    differing = 0
    with Catalogue(options.catalogue) as catalogue:
        runs = [differences.chosen(catalogue, number) for number in (options.before, options.after)]
        for line in archive_words.circumstances(differences.changed_circumstances(*runs)):
            print(line)
        for each in differences.between(catalogue, options.before, options.after):
            differing += 1
            heading, rows = archive_words.difference_heading(each), archive_words.difference_rows(each)
            print(terminal.table(f"\n{heading}", archive_words.DIFFERENCE_COLUMNS if rows else (), rows), flush=True)
    print(f"\n{differing:,} recording{' differs' if differing == 1 else 's differ'}", flush=True)
    return SOME_FAILED if differing else DONE


def _sql(options: Namespace) -> int:
    from detector.archive.catalogue import Catalogue
    from detector.views import archive_words, terminal

    with Catalogue(options.catalogue) as catalogue:
        columns, rows = catalogue.select(options.statement)
        if options.csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        else:
            shown = [["" if cell is None else archive_words.shown(str(cell)) for cell in row] for row in rows]
            print(terminal.table("", columns, shown))
    sys.stdout.flush()
    return DONE


def _export(options: Namespace) -> int:
    from detector.archive import verdict_lines
    from detector.archive.catalogue import Catalogue

    with Catalogue(options.catalogue) as catalogue:
        sys.stdout.writelines(verdict_lines.lines(catalogue))
    sys.stdout.flush()
    return DONE


if __name__ == "__main__":
    sys.exit(main())
