"""The command `count-shots`: arguments in, one analysis per file, findings in words out.

Everything that can be wrong with the arguments is found before any media is read; one file that
fails does not stop the others. Heavy modules are imported where they are used, so that `--help`
and a slip in the arguments answer at once.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from detector.arguments import Job, UsageError, checked, parser
from detector.errors import DetectorError, OutputError

if TYPE_CHECKING:
    from detector.records import Comparison, Report, Tally

DONE, SOME_FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of `count-shots` run with `arguments` (default: those of the process).

    0 done; 1 at least one file failed; 2 wrong usage, settings or tally; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        _accept_any_text(stream)
    try:
        options = parser().parse_args(arguments)
        job = checked(options)
        failed = [path for path in options.videos if not _process(path, job)]
    except SystemExit:  # of --help and --version
        return DONE
    except (UsageError, DetectorError) as error:
        return _complain(str(error), WRONG_USAGE)
    except KeyboardInterrupt:
        return _complain("interrupted; the results of finished files are kept", INTERRUPTED)
    except BrokenPipeError:
        return _reader_gone()
    return SOME_FAILED if failed else DONE


# --- one file --------------------------------------------------------------------------------


def _process(path: str, job: Job) -> bool:
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


def _detected(path: str, job: Job) -> Report:
    from detector.recording import detect

    with _progress(path) as progress:
        report = detect(path, settings=job.settings, start_s=job.start_s, stop_s=job.stop_s, progress=progress)
    return dataclasses.replace(report, moments=job.moments)


def _comparisons(report: Report, tallies: Sequence[Tally]) -> tuple[Comparison, ...]:
    from detector.core.comparison import compare

    return tuple(compare(report, tally) for tally in tallies)


def _write(report: Report, comparisons: Sequence[Comparison], job: Job) -> None:
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


def _tell(path: str, report: Report, comparisons: Sequence[Comparison], job: Job) -> None:
    from detector.views import summary, terminal

    if job.quiet:
        print(f"{path}: {summary.one_line(report)}", flush=True)
    else:
        print(terminal.findings(path, report, comparisons), flush=True)


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
