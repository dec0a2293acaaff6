"""What the arguments of the commands share: how one is read, and how a wrong one is refused."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from detector.errors import OutputError

if TYPE_CHECKING:
    from detector.records import Moment, Tally


class UsageError(Exception):
    """A wrong argument; its text is the one line to print."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the page of usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong, with the flag that was probably meant."""
        unknown = re.match(r"unrecognized arguments: (--[\w-]+)", message)
        known = re.findall(r"--[\w-]+", self.format_usage())
        near = difflib.get_close_matches(unknown[1], known, n=1) if unknown else []
        meant = f"did you mean {near[0]}? See" if near else "see"
        raise UsageError(f"{message}; {meant} {self.prog} --help")


def new_parser(prog: str, description: str, epilog: str) -> Parser:
    """A parser without arguments yet: its words are shown as they are laid out, and no flag may be shortened."""
    return Parser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def version() -> str:
    """The version of this package."""
    from importlib import metadata

    try:
        return metadata.version("gunshot-tally")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def refuse_beside(flag: str, options: argparse.Namespace, names: Sequence[str], why: str) -> None:
    """Refuse the first of the named arguments that is given beside a flag, and say why."""
    for name in names:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} does not go with --{flag}, {why}; leave it out")


def time_of(flag: str, text: str | None) -> float | None:
    """Seconds that the text behind a flag says."""
    from detector.times import parse_time

    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def moments_of(texts: Sequence[str]) -> tuple[Moment, ...]:
    """The moments that texts like "1:07.4=driver on the ground" name, in time order."""
    return tuple(sorted((_moment(text) for text in texts), key=lambda moment: moment.time_s))


def _moment(text: str) -> Moment:
    from detector.records import Moment

    time, equals, words = text.partition("=")
    if not (equals and words.strip()):
        raise UsageError(f'--moment {text!r}: write T=text, for example "1:07.4=driver on the ground"')
    time_s = time_of("--moment", time)
    assert time_s is not None
    return Moment(time_s, words.strip())


def tallies_in(path: str | None) -> tuple[Tally, ...]:
    """The tallies and totals of a file."""
    if path is None:
        return ()
    from detector import tallies

    return tallies.read(path)


def chosen_formats(text: str, known: Sequence[str] | None = None) -> tuple[str, ...]:
    """The formats that a comma-separated list names, out of the known ones: those of a recording's result, if None."""
    from detector import exports

    known = exports.NAMES if known is None else known
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--formats: name at least one of {', '.join(known)}")
    try:
        exports.check_names(names, known)
    except OutputError as error:
        raise UsageError(f"--formats: {error}") from error
    return names


def writable_directory(text: str) -> Path:
    """The folder for results, refused now if nothing could be written there after a long analysis."""
    directory = Path(text)
    existing = directory.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise UsageError(f"--out {text}: {existing} is a file, not a folder; name a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"{existing}: no results can be written here; name another folder with --out DIR")
    return directory
