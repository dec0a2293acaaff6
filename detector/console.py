"""How the commands run: exit statuses, one line on stderr for what fails, and progress on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.errors import DetectorError

DONE, SOME_FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def accept_any_text() -> None:
    """Let what a terminal cannot show, such as the name of a file, come out escaped instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def complain(text: str, status: int, command: str = "count-shots") -> int:
    """Print one line on stderr and hand back the exit status."""
    print(f"{command}: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return status


def reader_gone() -> int:
    """Whoever read our output (`| head`) has left: stop without a traceback at shutdown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return SOME_FAILED


def attempted(name: str, work: Callable[[], bool], traceback: bool) -> bool:
    """What `work` hands back; False, after one line on stderr that begins with the name, when it failed."""
    try:
        return work()
    except DetectorError as error:
        complain(str(error) if name in str(error) else f"{name}: {error}", SOME_FAILED)
    except BrokenPipeError:
        raise
    except Exception as error:
        if traceback:
            from traceback import print_exc

            print_exc()
        what = " ".join(f"{type(error).__name__}: {error}".split())
        complain(f"{name}: unexpected error ({what}); please report it with the output of --traceback", SOME_FAILED)
    return False


@contextmanager
def progress_of(path: str) -> Iterator[Callable[[float, float], None] | None]:
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
