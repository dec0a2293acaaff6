"""A report and its recording -> Verification: the run repeated, and what came out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from detector.checks import Verification
from detector.core import changes
from detector.core.fingerprint import result_sha256
from detector.errors import DetectorError
from detector.media.evidence import Evidence
from detector.media.samples import IN_MEMORY
from detector.recording import detect
from detector.records import Report
from detector.settings import Settings


def verify(
    report: Report,
    path: str | Path,
    *,
    settings: Settings | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> Verification:
    """What a second run on `path` finds, beside the report, with its own settings and its own window.

    Parameters
    ----------
    report
        As `detect` gave it, or read back by `read_report`.
    path
        The recording, wherever it lies now and whatever its name: its content is what counts. Of
        another content nothing is compared.
    settings
        Instead of the report's own, to see what they change.
    progress
        As for `detect`.

    Returns
    -------
    Verification
        Whether the result was `reproduced`, and what differs in content, settings, versions and verdicts.

    Raises
    ------
    MediaError
        When the recording cannot be read.
    SettingsError
        When a setting of the report is out of the range that this version allows.
    DetectorError
        When the report is of samples in memory and not of a file.

    Notes
    -----
    The window is taken from the stretches that the report calls `not_analysed`. Self-tests and
    moments of the report are not repeated.
    """
    if report.recording.container == IN_MEMORY:
        raise DetectorError(f"{path}: the report is of samples in memory, not of a file; run detect_samples again")
    window = changes.analysed_window(report.coverage)
    settings = settings or settings_of(report)
    digest = Evidence(Path(path)).sha256()
    intact = result_sha256(report) == report.result_sha256
    if digest != report.recording.sha256:
        return Verification(report, None, digest, intact, window)
    after = detect(path, settings=settings, start_s=window[0], stop_s=window[1], progress=progress)
    other_settings, unknown = changes.changed_settings(report, after)
    decided, beside = changes.changed_parts(report, after)
    return Verification(
        before=report,
        after=after,
        content_sha256=digest,
        intact=intact,
        window=window,
        settings=other_settings,
        software=changes.changed_software(report, after),
        verdicts=changes.changed_verdicts(report, after),
        decided=decided,
        beside=(*unknown, *beside),
    )


def settings_of(report: Report) -> Settings:
    """The settings that a report was made with, as far as this version knows them; defaults for the others.

    Raises
    ------
    SettingsError
        When a value has another type, or lies outside the range that this version allows.
    """
    known = Settings().to_dict()
    stages = {name: fields for name, fields in report.settings.items() if isinstance(fields, Mapping)}
    return Settings.from_dict(
        {
            stage: {name: value for name, value in fields.items() if name in known[stage]}
            for stage, fields in stages.items()
            if stage in known
        },
        source="the report's settings",
    )
