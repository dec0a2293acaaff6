"""The command `count-shots`: arguments in, one analysis per file, findings in words out.

Everything that can be wrong with the arguments is found before any media is read; one file that
fails does not stop the others. Heavy modules are imported where they are used, so that `--help`
and a slip in the arguments answer at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from detector.errors import DetectorError, OutputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from detector.records import Comparison, Moment, Report, Tally
    from detector.settings import Settings
    from detector.views.summary import Section

DONE, SOME_FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

_SHOT_ROWS = 20  # with more shots than this, volleys are what one can read; the rest is in the result's files

_DESCRIPTION = """\
Count the gunshots that can be heard in video or sound files: how many, how sure that is, when,
in which volleys, and beside an official tally. Files are only read; every result goes into a new
folder. No network connection is opened."""

_EPILOG = """\
examples:
  count-shots bodycam.mp4
  count-shots bodycam.mp4 --tally tally.toml --moment "1:07.4=driver on the ground"
  count-shots camera1.mp4 camera2.mp4 --out results --formats json,csv,audacity

Times T are H:MM:SS.mmm, M:SS.mmm or seconds, as a player shows them.
exit status: 0 done; 1 a file failed (the others are done); 2 wrong usage, settings or tally;
130 interrupted (finished files are kept)"""


class _UsageError(Exception):
    """A wrong argument; its text is the one line to print."""


@dataclass(frozen=True)
class _Job:
    """The arguments, checked: what is to be done with each file."""

    settings: Settings
    tallies: tuple[Tally, ...]
    moments: tuple[Moment, ...]
    formats: tuple[str, ...]
    start_s: float | None
    stop_s: float | None
    directory: Path
    overwrite: bool
    quiet: bool
    traceback: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of `count-shots` run with `arguments` (default: those of the process).

    0 done; 1 at least one file failed; 2 wrong usage, settings or tally; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        _accept_any_text(stream)
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return WRONG_USAGE if stop.code else DONE
    try:
        job = _checked(options)
        failed = [path for path in options.videos if not _process(path, job)]
    except (_UsageError, DetectorError) as error:
        return _complain(str(error), WRONG_USAGE)
    except KeyboardInterrupt:
        return _complain("interrupted; the results of finished files are kept", INTERRUPTED)
    except BrokenPipeError:
        return _reader_gone()
    return SOME_FAILED if failed else DONE


# --- arguments -------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the page of usage in front of it."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_complain(f"{message}; see count-shots --help", WRONG_USAGE))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="count-shots",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("videos", nargs="+", metavar="VIDEO", help="video or sound file")
    add("--tally", metavar="FILE", help="official tallies (TOML) to set the count beside")
    add("--out", metavar="DIR", default=".", help="where the result folders go (default: here)")
    add("--formats", metavar="LIST", default="json,csv,audacity", help="files to write (default: %(default)s)")
    add("--start", metavar="T", help="analyse from here on")
    add("--stop", metavar="T", help="analyse up to here")
    add("--moment", metavar="T=TEXT", action="append", default=[], help="count before and after this too; repeatable")
    add("--settings", metavar="FILE", help="settings (TOML)")
    add("--set", metavar="STAGE.FIELD=VALUE", action="append", default=[], help="one setting; repeatable")
    add("--overwrite", action="store_true", help="replace an earlier result of the same file")
    add("--quiet", action="store_true", help="print one line per file: path and count")
    add("--traceback", action="store_true", help="show where in the program an unexpected error arose")
    add("--version", action="version", version=f"count-shots {_version()}")
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gunshot-tally")
    except PackageNotFoundError:
        return "(not installed)"


def _checked(options: argparse.Namespace) -> _Job:
    """The job that the arguments describe, every file but the recordings read and checked."""
    from detector.settings import Settings

    start_s, stop_s = _time("--start", options.start), _time("--stop", options.stop)
    if start_s is not None and stop_s is not None and start_s >= stop_s:
        raise _UsageError(f"--start {options.start} is not before --stop {options.stop}; exchange them")
    return _Job(
        settings=Settings.read(options.settings, options.set),
        moments=tuple(sorted((_moment(text) for text in options.moment), key=lambda moment: moment.time_s)),
        tallies=_tallies(options.tally),
        formats=_formats(options.formats),
        start_s=start_s,
        stop_s=stop_s,
        directory=_directory(options.out),
        overwrite=options.overwrite,
        quiet=options.quiet,
        traceback=options.traceback,
    )


def _time(flag: str, text: str | None) -> float | None:
    from detector.times import parse_time

    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise _UsageError(f"{flag}: {error}") from error


def _moment(text: str) -> Moment:
    from detector.records import Moment

    time, equals, words = text.partition("=")
    if not (equals and words.strip()):
        raise _UsageError(f'--moment {text!r}: write T=text, for example "1:07.4=driver on the ground"')
    time_s = _time("--moment", time)
    assert time_s is not None
    return Moment(time_s, words.strip())


def _tallies(path: str | None) -> tuple[Tally, ...]:
    if path is None:
        return ()
    from detector import tallies

    return tallies.read(path)


def _formats(text: str) -> tuple[str, ...]:
    from detector.exports import FORMATS

    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise _UsageError(f"--formats: name at least one of {', '.join(FORMATS)}")
    for name in names:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(FORMATS)}"
            raise _UsageError(f"--formats: unknown format {name!r}: {hint}")
    return names


def _directory(text: str) -> Path:
    """The folder for results, refused now if nothing could be written there after a long analysis."""
    directory = Path(text)
    existing = directory.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise _UsageError(f"--out {text}: {existing} is a file, not a folder; name a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise _UsageError(f"{existing}: no results can be written here; name another folder with --out DIR")
    return directory


# --- one file --------------------------------------------------------------------------------


def _process(path: str, job: _Job) -> bool:
    """Analyse, tell and write one file; False, after one line on stderr, when it failed."""
    try:
        report = _detected(path, job)
        comparisons = _comparisons(report, job.tallies)
        try:
            _tell(path, report, comparisons, job)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"{path}: cannot print the findings ({error.strerror}); they are in the result"
            ) from error
        finally:
            # Kept even when nobody reads the findings any more: the analysis may have taken an hour.
            _write(report, comparisons, job)
    except DetectorError as error:
        _complain(str(error) if path in str(error) else f"{path}: {error}", SOME_FAILED)
        return False
    except BrokenPipeError:
        raise
    except Exception as error:
        if job.traceback:
            import traceback

            traceback.print_exc()
        what = " ".join(f"{type(error).__name__}: {error}".split())
        _complain(f"{path}: unexpected error ({what}); please report it with the output of --traceback", SOME_FAILED)
        return False
    return True


def _detected(path: str, job: _Job) -> Report:
    from detector.recording import detect

    with _progress(path) as progress:
        report = detect(path, settings=job.settings, start_s=job.start_s, stop_s=job.stop_s, progress=progress)
    return dataclasses.replace(report, moments=job.moments)


def _comparisons(report: Report, tallies: Sequence[Tally]) -> tuple[Comparison, ...]:
    from detector.core.comparison import compare

    return tuple(compare(report, tally) for tally in tallies)


def _write(report: Report, comparisons: Sequence[Comparison], job: _Job) -> None:
    from detector import exports

    folder = exports.write(report, comparisons, job.directory, job.formats, overwrite=job.overwrite)
    if not job.quiet:
        # Never folded: a path that is broken over two lines cannot be copied.
        print(f"Results in {folder}{os.sep}\n", flush=True)


@contextmanager
def _progress(path: str) -> Iterator[Callable[[float, float], None] | None]:
    """A callable that shows how far the analysis is and what time is left; None away from a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Path(path).name, total=None)
        yield lambda done_s, total_s: bar.update(task, completed=done_s, total=total_s or None)


# --- what is printed -------------------------------------------------------------------------


def _tell(path: str, report: Report, comparisons: Sequence[Comparison], job: _Job) -> None:
    from detector.views import summary

    if job.quiet:
        print(f"{path}: {summary.one_line(report)}", flush=True)
        return
    console = _console()
    with console.capture() as told:
        console.print(path, style="bold", soft_wrap=True)
        console.print(summary.recording_sentence(report))
        console.print(f"SHA-256 {report.recording.sha256}\n", soft_wrap=True)
        console.print(_findings(report, comparisons))
    # Without the blanks that fill a table's cells: people paste this into letters.
    print("\n".join(line.rstrip() for line in told.get().splitlines()), flush=True)


def _console() -> Console:
    from rich.console import Console

    # Words and paths of the evidence are not markup, and numbers in them need no colours.
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _findings(report: Report, comparisons: Sequence[Comparison]) -> Table:
    from rich.padding import Padding
    from rich.table import Table

    from detector.views import summary, tables

    parts: list[tuple[str, RenderableType]] = []
    for section in summary.sections(report, comparisons):
        parts.append((section.title, _said(section)))
        if section.title == "Span":
            parts.append(("Volleys", _rows(tables.VOLLEY_COLUMNS, tables.volley_rows(report))))
            if len(report.shots) <= _SHOT_ROWS:
                parts.append(("Shots", _rows(tables.SHOT_COLUMNS, tables.shot_rows(report))))
    page = Table.grid(padding=(0, 2, 0, 0))
    page.add_column(style="bold", no_wrap=True)
    for title, part in parts:
        page.add_row(title, Padding(part, (0, 0, 1, 0)))
    return page


def _said(section: Section) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    dash = ["-"] if section.finding or len(section.sentences) > 1 else []
    listed = Table.grid(padding=(0, 1, 0, 0))
    for sentence in section.sentences:
        listed.add_row(*dash, Text(sentence))
    return Group(*([Text(section.finding, "bold")] if section.finding else []), *([listed] if listed.rows else []))


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


# --- streams ---------------------------------------------------------------------------------


def _complain(text: str, status: int) -> int:
    """Print one line on stderr and hand back the exit status."""
    print(f"count-shots: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return status


def _accept_any_text(stream: TextIO) -> None:
    """Let a file name that the terminal cannot show come out escaped instead of ending the run."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _reader_gone() -> int:
    """Whoever read our output (`| head`) has left: stop without a traceback at shutdown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return SOME_FAILED
