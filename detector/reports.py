"""A report.json, or the result folder it lies in -> Report."""

from __future__ import annotations

from pathlib import Path

from detector.errors import DetectorError
from detector.exports.report_json import from_json
from detector.records import Report

_LARGEST_BYTES = 64_000_000  # an hour gives under 2 MB; a video given by mistake is not read


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
    path = Path(path)
    if path.is_dir():
        path = path / "report.json"
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
        return from_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DetectorError(
            f"{path}: not a report: no text in UTF-8 ({error.reason}); name a report.json as count-shots wrote it"
        ) from error
    except DetectorError as error:
        raise DetectorError(f"{path}: {error}") from error
