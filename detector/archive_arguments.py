"""The arguments of `count-archive`: read, and checked before any recording is looked at."""

from __future__ import annotations

import argparse
import os

from detector.archive.children import Limits
from detector.archive.search import is_list
from detector.archive.tasks import LIMITS, Work
from detector.exports import SOUND_FORMATS
from detector.settings import Settings
from detector.usage import UsageError, chosen_formats, new_parser, version, writable_directory

_DESCRIPTION = """\
Count the gunshots in a whole archive of recordings and keep the results in one file, the catalogue.
Files are only read. What is done is not done again: give the same command after an interruption,
or when recordings were added."""

_EPILOG = """\
examples:
  count-archive run /archive --catalogue archive.sqlite --out reports
  count-archive run list.txt --catalogue archive.sqlite --scheduler tcp://10.0.0.1:8786
  count-archive diff 1 2 --catalogue archive.sqlite
  count-archive sql "SELECT path, best, low, high FROM results WHERE best > 0" --catalogue archive.sqlite
  count-archive export --catalogue archive.sqlite > verdicts.jsonl

exit status: 0 done; 1 some files have no verdict (the others are done), or two runs differ, or the job had to
stop; 2 wrong usage; 130 interrupted (what is recorded stays)"""


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; what it refuses is a `UsageError`."""
    described = new_parser("count-archive", _DESCRIPTION, _EPILOG)
    described.add_argument("--version", action="version", version=f"count-archive {version()}")
    commands = described.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="count what the catalogue does not know yet", allow_abbrev=False))
    diff = commands.add_parser("diff", help="every verdict that changed between two runs", allow_abbrev=False)
    diff.add_argument("before", type=int, metavar="RUN1", help="number of a run: SELECT run, software FROM runs")
    diff.add_argument("after", type=int, metavar="RUN2")
    sql = commands.add_parser("sql", help="rows of one SELECT, as a table or as CSV", allow_abbrev=False)
    sql.add_argument("statement", metavar="SELECT", help="on the views results, result_shots, failures, ...")
    sql.add_argument("--csv", action="store_true", help="print CSV instead of a table")
    export = commands.add_parser("export", help="all verdicts as lines of JSON: equal verdicts, equal bytes")
    for command in (diff, sql, export):
        command.add_argument("--catalogue", metavar="FILE", required=True, help="the catalogue")
    return described


def _add_run(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("sources", nargs="+", metavar="SOURCE", help="a folder, a list of paths (.txt, .lst, .list) or a recording")
    add("--catalogue", metavar="FILE", required=True, help="the catalogue; made where there is none")
    add("--out", metavar="DIR", help="write a folder of reports for each recording, and index.html, below DIR")
    add("--formats", metavar="LIST", default="json,csv", help="of the reports (default: %(default)s)")
    add("--review", action="store_true", help="write a review page, with sound, beside each report")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", type=_number, help="processes at a time (default: one a core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="hand the work to this Dask scheduler")
    where.add_argument("--cluster", metavar="local:N", help="hand the work to a Dask cluster of N workers made here")
    add("--settings", metavar="FILE", help="settings (TOML)")
    add("--set", metavar="STAGE.FIELD=VALUE", action="append", default=[], help="one setting; repeatable")
    add("--rehash", action="store_true", help="read every known file again instead of trusting its size and time")
    add("--retry-failed", action="store_true", help="try again what failed")
    add(
        "--time-limit",
        metavar="S",
        type=_positive,
        default=LIMITS.time_s,
        help="for each hour of sound (default: %(default)g)",
    )
    add(
        "--memory-limit",
        metavar="MB",
        type=_positive,
        default=LIMITS.memory_mb,
        help="for one recording (default: %(default)g)",
    )
    add("--quiet", action="store_true", help="print nothing but failures")


def work(options: argparse.Namespace) -> Work:
    """How recordings are to be analysed, every argument of `run` checked.

    Raises
    ------
    DetectorError, UsageError
        When anything in them is wrong.
    """
    formats = chosen_formats(options.formats)
    for name in formats:
        if name in SOUND_FORMATS:
            raise UsageError(
                f"--formats: {name} holds sound; write it with count-shots for the recordings that need it"
            )
    if options.review and options.out is None:
        raise UsageError("--review writes pages beside reports; say where with --out DIR")
    for source in options.sources:
        if not os.path.lexists(source):
            raise UsageError(f"{source}: no such file or folder; check the path")
        if is_list(source) and not os.access(source, os.R_OK):
            raise UsageError(f"{source}: the list cannot be read; ask its owner for read access")
    return Work(
        settings=Settings.read(options.settings, options.set).to_dict(),
        reports=None if options.out is None else str(writable_directory(options.out).absolute()),
        formats=formats,
        review=options.review,
        limits=Limits(options.time_limit, options.memory_limit),
    )


def workers(options: argparse.Namespace) -> int:
    """Processes at a time, on this machine or in the cluster that is made here."""
    if options.cluster is not None:
        where, colon, number = options.cluster.partition(":")
        if where != "local" or not colon:
            raise UsageError(f"--cluster {options.cluster}: write local:N, or name a scheduler with --scheduler")
        try:
            return _number(number)
        except (ValueError, argparse.ArgumentTypeError) as error:
            raise UsageError(f"--cluster {options.cluster}: N is a number of workers, at least 1") from error
    return int(options.workers or _cores())


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _number(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of workers; give 1 or more")
    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0")
    return value
