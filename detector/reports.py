"""A report.json, an incident.json, or the result folder it lies in -> Report, Incident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from detector import small_files
from detector.errors import DetectorError
from detector.exports import incident_json, report_json
from detector.records import Incident, Report

_LARGEST_BYTES = 64_000_000  # an hour gives under 2 MB; a video given by mistake is not read
_ANOTHER_KIND = "not a report but another kind of file; name the report.json first, then VIDEO"
_HEAD = 200  # letters in which a file names its schema

_Found = TypeVar("_Found")


def read(path: str | Path) -> Report:
    """The report in a file, or in the report.json of a result folder.

    Parameters
    ----------
    path
        A report.json, or the folder of a result.

    Returns
    -------
    Report
        Equal to the one that was written.

    Raises
    ------
    DetectorError
        When there is no such file, it is no report, broken, or of a schema that this version does not know.
    """
    path = _within(path, "report.json")
    return _parsed(path, _text(path), report_json.from_json)


def read_either(path: str | Path) -> Report | Incident:
    """The report, or the incident, in a file or in the folder of its result.

    Raises
    ------
    DetectorError
        When there is no such file, it is neither, broken, or of a schema that this version does not know.
    """
    path = Path(path)
    if path.is_dir():
        path = next((path / name for name in ("report.json", "incident.json") if (path / name).exists()), path)
    path = _within(path, "report.json")
    text = _text(path)
    if incident_json.SCHEMA in text[:_HEAD]:
        return _parsed(path, text, incident_json.from_json)
    return _parsed(path, text, report_json.from_json)


def _parsed(path: Path, text: str, parse: Callable[[str], _Found]) -> _Found:
    try:
        return parse(text)
    except DetectorError as error:
        raise DetectorError(f"{path}: {error}") from error


def _within(path: str | Path, name: str) -> Path:
    path = Path(path)
    return path / name if path.is_dir() else path


def _text(path: Path) -> str:
    content = small_files.content(path, "the report", _LARGEST_BYTES, _ANOTHER_KIND, DetectorError)
    if b"\0" in content[:4096]:
        raise DetectorError(f"{path}: {_ANOTHER_KIND}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DetectorError(
            f"{path}: not a report: no text in UTF-8 ({error.reason}); name a report.json as count-shots wrote it"
        ) from error
