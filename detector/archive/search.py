"""Recordings in folders and lists: every path as it is found, and of every other one the reason."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from detector.archive.rows import File
from detector.errors import ArchiveError

# What a file in a folder must be named like; one that is named itself, or in a list, may be named anyhow.
VIDEO = (
    *(".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".m2t", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"),
    *(".mpg", ".mts", ".mxf", ".ogm", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
)
SOUND = (
    *(".aac", ".ac3", ".aif", ".aiff", ".amr", ".au", ".caf", ".eac3", ".flac", ".m4a", ".mka", ".mp2", ".mp3", ".oga"),
    *(".ogg", ".opus", ".w64", ".wav", ".wma"),
)
LISTS = (".txt", ".lst", ".list")
_RESULTS = ".shots"  # folders of results hold excerpts, which are no recordings
_FORKS = "._"  # what a Mac keeps beside a file on foreign disks


class Trouble(NamedTuple):
    """A path that cannot be looked at, and why."""

    path: str
    problem: str


def find(sources: Iterable[str]) -> Iterator[File | Trouble]:
    """Absolute paths of the recordings in folders (with all folders below), lists and single files.

    Folders are gone through in the order of names; links are followed, and a folder that was seen
    under another name is not entered again.

    Raises
    ------
    ArchiveError
        When a list cannot be read.
    """
    seen: set[tuple[int, int]] = set()
    for source in sources:
        paths = listed(source) if is_list(source) else [source]
        for path in paths:
            yield from _below(os.path.abspath(path), seen)


def is_list(path: str) -> bool:
    """Whether a path is taken for a list of paths."""
    return path.lower().endswith(LISTS) and not os.path.isdir(path)


def listed(path: str) -> list[str]:
    """Paths in a list: a line each, or ended by NUL characters as `find -print0` writes them.

    Raises
    ------
    ArchiveError
        When it cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot read the list ({error.strerror}); check the path") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell writes with `>`
        content = os.fsencode(content.decode("utf-16", "replace"))
    content = content.removeprefix(codecs.BOM_UTF8)
    parts = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [os.fsdecode(part) for part in parts if part.strip()]


def _below(path: str, seen: set[tuple[int, int]]) -> Iterator[File | Trouble]:
    """The file itself, or all below a folder."""
    todo, named = [path], True
    while todo:
        path = todo.pop()
        found = _looked_at(path)
        if isinstance(found, File | Trouble):
            if named or path.lower().endswith((*VIDEO, *SOUND)):
                yield found
        elif found not in seen:
            seen.add(found)
            inside = _inside(path)
            if isinstance(inside, Trouble):
                yield inside
            else:
                todo += reversed(inside)
        named = False


def _looked_at(path: str) -> File | Trouble | tuple[int, int]:
    """The file, why it is none, or by what its folder is known."""
    try:
        facts = os.stat(path)
    except (OSError, ValueError) as error:
        return Trouble(path, f"cannot be looked at ({_reason(error)})")
    if stat.S_ISDIR(facts.st_mode):
        return facts.st_dev, facts.st_ino
    if not stat.S_ISREG(facts.st_mode):
        return Trouble(path, "is a pipe or device, not a file; save the recording to a file first")
    if not facts.st_size:
        return Trouble(path, "is empty (0 bytes); copy it again from its source")
    return File(path, facts.st_size, facts.st_mtime_ns)


def _inside(folder: str) -> list[str] | Trouble:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return Trouble(folder, f"folder cannot be read ({_reason(error)})")
    return [os.path.join(folder, name) for name in names if not (name.endswith(_RESULTS) or name.startswith(_FORKS))]


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
