"""The arguments of `count-shots --incident`: several recordings of one event, checked before any of them is read."""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from detector.usage import (
    UsageError,
    chosen_formats,
    moments_of,
    refuse_beside,
    tallies_in,
    time_of,
    writable_directory,
)

if TYPE_CHECKING:
    from detector.records import Moment, Tally
    from detector.settings import Settings

# What is of one recording, not of several.
_NOT_WITH_INCIDENT = ("verify", "apply_review", "annotate", "marks", "self_test", "start", "stop")
_FLAGS = ("wearer_fired", "guns_apart", "order", "clock")
_FARTHEST_M = 10_000.0  # beyond it, no shot of the one gun is heard beside the other

Window = tuple[float | None, float | None]


@dataclass(frozen=True)
class Source:
    """One recording, or a part of it: `window` on its own clock, None for all of it; `time_of_day` of its 0:00."""

    path: str
    window: Window | None = None
    wearer_fired: bool = False
    time_of_day: str | None = None


@dataclass(frozen=True)
class IncidentJob:
    """The arguments, checked: `pairs` are numbers of shots whose order is asked for, at most `guns_apart_m` apart."""

    sources: tuple[Source, ...]
    settings: Settings
    tallies: tuple[Tally, ...]
    moments: tuple[Moment, ...]
    pairs: tuple[tuple[int, int], ...]
    guns_apart_m: float | None
    formats: tuple[str, ...]
    review: bool
    directory: Path
    overwrite: bool
    quiet: bool
    traceback: bool


def add_to(parser: argparse.ArgumentParser) -> None:
    """Put the arguments that go with --incident into the parser of the command."""
    group = parser.add_argument_group("several recordings of one incident")
    add = group.add_argument
    add("--incident", action="store_true", help="all VIDEOs are of one event: one clock, each shot once")
    add(
        "--wearer-fired",
        metavar="VIDEO",
        action="append",
        default=[],
        help="its wearer fired a gun; repeatable",
    )
    add("--guns-apart", metavar="M", help="the guns were at most so many metres apart")
    add(
        "--order",
        metavar="N,N",
        action="append",
        default=[],
        help="which of two shots left its gun first; repeatable",
    )
    add(
        "--clock",
        metavar="VIDEO=T",
        action="append",
        default=[],
        help="its own clock at 0:00, with date; repeatable",
    )


def refuse_alone(options: argparse.Namespace) -> None:
    """Refuse what goes with --incident where that is not given.

    Raises
    ------
    UsageError
        At the first such argument.
    """
    for name in _FLAGS:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with --incident; add that, or leave it out")


def checked(options: argparse.Namespace) -> IncidentJob:
    """The job that the arguments describe, every file but the recordings read and checked.

    Raises
    ------
    DetectorError
        When anything in them, or in a file that they name, is wrong.
    """
    from detector.exports import incident
    from detector.settings import Settings

    refuse_beside("incident", options, _NOT_WITH_INCIDENT, "which is of several recordings (a part: VIDEO@START-STOP)")
    return IncidentJob(
        sources=_sources(options),
        settings=Settings.read(options.settings, options.set),
        tallies=tallies_in(options.tally),
        moments=moments_of(options.moment),
        pairs=tuple(_pair(text) for text in options.order),
        guns_apart_m=_metres(options.guns_apart),
        formats=chosen_formats(options.formats, incident.NAMES),
        review=options.review,
        directory=writable_directory(options.out or "."),
        overwrite=options.overwrite,
        quiet=options.quiet,
        traceback=options.traceback,
    )


def _sources(options: argparse.Namespace) -> tuple[Source, ...]:
    parts = [_part(text) for text in options.videos]
    paths = [path for path, _ in parts]
    fired = {_named(text, "--wearer-fired", paths) for text in options.wearer_fired}
    clocks = _clocks(options.clock, paths)
    return tuple(Source(path, window, path in fired, clocks.get(path)) for path, window in parts)


def _part(text: str) -> tuple[str, Window | None]:
    """Path and window of VIDEO or VIDEO@START-STOP; a file that has an @ in its name is taken for what it is."""
    path, at, part = text.rpartition("@")
    if not at or Path(text).exists():
        return text, None
    start, dash, stop = part.partition("-")
    if not dash or not (start or stop):
        if not Path(path).exists():
            return text, None
        raise UsageError(f"{text}: write VIDEO@START-STOP, for example {path}@1:05-2:30, or {path}@1:05- to its end")
    window = time_of(text, start or None), time_of(text, stop or None)
    if window[0] is not None and window[1] is not None and window[0] >= window[1]:
        raise UsageError(f"{text}: {start} is not before {stop}; exchange them")
    return path, window


def _named(text: str, flag: str, paths: Sequence[str]) -> str:
    """The recording that is meant, by its path or by its name alone."""
    found = [path for path in dict.fromkeys(paths) if text in (path, Path(path).name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{flag} {text}: {len(found)} recordings have this name; give the whole path")
    near = difflib.get_close_matches(text, [*paths, *(Path(path).name for path in paths)], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"given are {', '.join(dict.fromkeys(paths))}"
    raise UsageError(f"{flag} {text}: none of the recordings; {hint}")


def _clocks(texts: Sequence[str], paths: Sequence[str]) -> Mapping[str, str]:
    """Recording -> date and time of day at its 0:00, ISO 8601."""
    found = {}
    for text in texts:
        name, equals, time = text.rpartition("=")
        try:
            moment = datetime.fromisoformat(time.strip())
        except ValueError:
            moment = None
        if not equals or moment is None or not {"T", " "} & set(time.strip()):
            raise UsageError(f'--clock {text!r}: write VIDEO=T, for example "a.mp4=2024-03-21T17:05:12"')
        found[_named(name, "--clock", paths)] = moment.isoformat()
    return found


def _pair(text: str) -> tuple[int, int]:
    numbers = [part.strip() for part in text.split(",")]
    if len(numbers) != 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise UsageError(f'--order {text!r}: write the numbers of two shots, for example "3,4"')
    first, second = (int(number) for number in numbers)
    if first == second:
        raise UsageError(f"--order {text}: name two shots; {first} is one")
    return first, second


def _metres(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        metres = float(text)
    except ValueError:
        metres = math.nan
    if not 0 <= metres <= _FARTHEST_M:
        raise UsageError(f"--guns-apart {text}: give metres from 0 to {_FARTHEST_M:g}, for example 30")
    return metres
