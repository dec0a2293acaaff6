"""The file as evidence: looked at before anything heavy, hashed in one pass, seen to be unchanged."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

from detector.errors import MediaError

_READ_BYTES = 1 << 20  # hashlib releases the interpreter for reads of this size, so decoding goes on beside it


class Evidence:
    """A regular, readable, non-empty file, and its SHA-256 from one sequential pass in a thread.

    Parameters
    ----------
    path
        The file; it is only ever opened for reading.

    Raises
    ------
    MediaError
        When it is missing, a folder, a pipe or device, empty or unreadable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = _looked_at(path)
        self._digest: str | None = None
        self._failure: OSError | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def size_bytes(self) -> int:
        """Size when the file was first looked at."""
        return self._before.st_size

    def start(self) -> None:
        """Begin hashing in the background; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._hash, name="sha256", daemon=True)
            self._thread.start()

    def sha256(self) -> str:
        """The hash in hexadecimal, started now if it was not, waited for.

        Raises
        ------
        MediaError
            When the file can no longer be read, or its size or modification time changed since it
            was first looked at.
        """
        self.start()
        assert self._thread is not None
        self._thread.join()
        if self._failure is not None:
            raise MediaError(_unreadable(self.path, self._failure)) from self._failure
        if self._digest is None:
            raise MediaError(f"{self.path}: closed before its hash was complete; open it again")
        self._check_unchanged()
        return self._digest

    def stop(self) -> None:
        """Give up hashing, if it is still going on."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _hash(self) -> None:
        digest, buffer = hashlib.sha256(), bytearray(_READ_BYTES)
        view = memoryview(buffer)
        try:
            with open(self.path, "rb", buffering=0) as file:
                while count := file.readinto(buffer):
                    if self._stopped.is_set():
                        return
                    digest.update(view[:count])
        except OSError as error:
            self._failure = error
            return
        self._digest = digest.hexdigest()

    def _check_unchanged(self) -> None:
        try:
            after = os.stat(self.path)
        except OSError as error:
            raise MediaError(_unreadable(self.path, error)) from error
        before = self._before
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise MediaError(
                f"{self.path}: changed while being read (size {before.st_size} -> {after.st_size} bytes, or a new"
                " modification time); wait until nothing writes to it, then run again"
            )


def _looked_at(path: Path) -> os.stat_result:
    try:
        facts = os.stat(path)
    except (OSError, ValueError) as error:
        raise MediaError(_unreadable(path, error)) from error
    if stat.S_ISDIR(facts.st_mode):
        raise MediaError(f"{path}: is a folder, not a recording; name the video files in it")
    if not stat.S_ISREG(facts.st_mode):
        raise MediaError(f"{path}: is a pipe or device, not a file; save the recording to a file first")
    if facts.st_size == 0:
        raise MediaError(f"{path}: is empty (0 bytes); copy it again from its source")
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise MediaError(_unreadable(path, error)) from error
    return facts


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return f"{path}: no such file; check the path"
    if isinstance(error, PermissionError):
        return f"{path}: may not be read (permission denied); ask its owner for read access"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{path}: cannot be read ({reason}); check the disk, or copy the file elsewhere"
