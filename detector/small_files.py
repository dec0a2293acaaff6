"""Small files that a person names: read whole, refused where they are folders, missing or far too large."""

from __future__ import annotations

from pathlib import Path

from detector.errors import DetectorError


def content(path: Path, what: str, most_bytes: int, too_large: str, error: type[DetectorError]) -> bytes:
    """The bytes of a file, of which no more than `most_bytes` are read.

    `what` names the kind of file in the complaint, `too_large` is all of it where there are more bytes.

    Raises
    ------
    DetectorError
        One of the type `error`: when the file cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            found = file.read(most_bytes + 1)
    except (OSError, ValueError) as failure:
        reason = "it is a folder" if path.is_dir() else getattr(failure, "strerror", None) or failure
        raise error(f"{path}: cannot read {what} ({reason}); check the path") from failure
    if len(found) > most_bytes:
        raise error(f"{path}: {too_large}")
    return found
