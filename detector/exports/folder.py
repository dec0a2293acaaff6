"""A folder of results, which appears complete or not at all."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.errors import OutputError

_STEM_BYTES = 180  # file systems take 255; hash and ending need room


@contextmanager
def new_folder(folder: Path, overwrite: bool, is_own: Callable[[Path], bool]) -> Iterator[Path]:
    """A hidden folder to write into, which becomes `folder` when all went well and is gone otherwise.

    An earlier result goes only when the new one is complete, and only where `is_own` knows each
    of its parts.

    Raises
    ------
    OutputError
        On an existing folder without `overwrite`, one that holds something else, or anything that
        hinders writing, such as a full disk.
    """
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        yield beside
        _refuse_existing(folder, overwrite, is_own)
        _put_in_place(beside, folder)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot write the result ({error.strerror or error}); "
            "free some space, or choose a folder that can be written to"
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def safe_stem(name: str) -> str:
    """The stem of a file's name, as part of a name that is safe on every system; "recording" where nothing is left.

    Only the last part of the name is used, whatever a stranger's report says.
    """
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(letter if letter.isprintable() and letter not in ':*?"<>|' else "_" for letter in last)
    stem = Path(printable).stem.encode("utf-8", "replace")[:_STEM_BYTES].decode("utf-8", "ignore").strip(" .")
    return stem or "recording"


def short_hash(sha256: str) -> str:
    """The first 8 digits of a hash, zeros where it is none."""
    return re.sub("[^0-9a-f]", "", sha256.lower())[:8] or "00000000"


def _refuse_existing(folder: Path, overwrite: bool, is_own: Callable[[Path], bool]) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    if not overwrite:
        raise OutputError(f"{folder}: an earlier result is there; give --overwrite (overwrite=True) to replace it")
    if folder.is_symlink() or not folder.is_dir():
        raise OutputError(f"{folder}: is not a folder of results; move it away, or choose another folder")
    foreign = sorted(each.name for each in folder.iterdir() if not is_own(each))
    if foreign:
        raise OutputError(f"{folder}: {foreign[0]} is not part of a result and would be lost; move it away first")


def _put_in_place(beside: Path, folder: Path) -> None:
    """Rename the complete new folder to its name; the old one goes last, and comes back on failure."""
    if not folder.exists():
        beside.rename(folder)
        return
    old = beside.with_name(f"{beside.name}.old")
    folder.rename(old)
    try:
        beside.rename(folder)
    except OSError:
        with contextlib.suppress(OSError):
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
