"""A report.json, an incident.json, or the result folder it lies in -> Report, Incident."""

from __future__ import annotations

from pathlib import Path

from detector.errors import DetectorError
from detector.exports import incident_json, report_json
from detector.records import Incident, Report

_LARGEST_BYTES = 64_000_000  # an hour gives under 2 MB; a video given by mistake is not read
_HEAD = 200  # letters in which a file names its schema


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
    text = _text(path)
    try:
        return report_json.from_json(text)
    except DetectorError as error:
        raise DetectorError(f"{path}: {error}") from error


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
    if path.is_dir() or incident_json.SCHEMA not in (text := _text(path))[:_HEAD]:
        return read(path)
    try:
        return incident_json.from_json(text)
    except DetectorError as error:
        raise DetectorError(f"{path}: {error}") from error


def _within(path: str | Path, name: str) -> Path:
    path = Path(path)
    return path / name if path.is_dir() else path


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DetectorError(
            f"{path}: cannot read the report ({reason}); name the report.json of a result, or its folder"
        ) from error
    if len(content) > _LARGEST_BYTES or b"\0" in content[:4096]:
        raise DetectorError(f"{path}: not a report but another kind of file; name the report.json first, then VIDEO")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DetectorError(
            f"{path}: not a report: no text in UTF-8 ({error.reason}); name a report.json as count-shots wrote it"
        ) from error
