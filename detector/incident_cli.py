"""`count-shots --incident`: several recordings of one event, told and written as one result."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from detector.console import DONE, attempted, complain, progress_of
from detector.errors import OutputError
from detector.incident_arguments import IncidentJob, Source

if TYPE_CHECKING:
    from detector.records import Comparison, Incident


def run(job: IncidentJob) -> bool:
    """Whether every recording could be read, and the incident of those that could be told and written.

    A recording that fails is one line on stderr; the incident is made of the others.
    """
    sources = [each for each in job.sources if attempted(each.path, partial(_opens, each, job), job.traceback)]
    failed: set[str] = set()
    done = bool(sources) and attempted(_title(len(sources)), partial(_told, sources, job, failed), job.traceback)
    return done and not failed and len(sources) == len(job.sources)


def _opens(source: Source, job: IncidentJob) -> bool:
    """Whether a recording can be opened: what cannot is known before the others are analysed."""
    from detector.media.decode import open_track

    with open_track(source.path, job.settings.media):
        return True


def _told(sources: Sequence[Source], job: IncidentJob, failed: set[str]) -> bool:
    """Analyse, tell and write the incident; the paths of recordings that turn out to be unreadable join `failed`."""
    from detector.core.comparison import compare

    incident = dataclasses.replace(_incident(sources, job, failed), moments=job.moments)
    comparisons = tuple(compare(incident, tally) for tally in job.tallies)
    for pair in job.pairs:
        if unknown := set(pair) - {shot.id for shot in incident.shots}:
            complain(
                f"--order {pair[0]},{pair[1]}: no shot {min(unknown)} is listed; the table of shots has them", DONE
            )
    try:
        _tell(incident, comparisons, _title(len(incident.cameras)) if job.quiet else None)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot print the findings ({error.strerror}); they are in the result") from error
    finally:
        # Kept even when nobody reads the findings any more: the analysis may have taken an hour.
        folder = incident.save(job.directory, job.formats, comparisons, job.overwrite)
    if job.review:
        _page(incident, comparisons, [each.path for each in sources if str(Path(each.path)) not in failed], folder, job)
    if not job.quiet:
        print(f"Results in {folder}{os.sep}\n", flush=True)
    return True


def _page(
    incident: Incident, comparisons: Sequence[Comparison], paths: Sequence[str], folder: Path, job: IncidentJob
) -> None:
    """Write the review page into the result's folder, with the sound of the recordings."""
    from detector import exports
    from detector.views import review, review_incident

    heard = review_incident.heard(incident, paths, folder, job.settings.media)
    exports.write_beside({review.FILE_NAME: review_incident.page(incident, comparisons, heard)}, folder)


def _incident(sources: Sequence[Source], job: IncidentJob, failed: set[str]) -> Incident:
    from detector.incident import detect_incident

    def left_out(path: Path, error: Exception) -> None:
        failed.add(str(path))
        attempted(str(path), partial(_raised, error), job.traceback)

    with progress_of(_title(len(sources))) as progress:
        return detect_incident(
            [source.path for source in sources],
            settings=job.settings,
            progress=progress,
            windows=[source.window for source in sources],
            wearer_fired=[source.path for source in sources if source.wearer_fired],
            clocks={source.path: source.time_of_day for source in sources if source.time_of_day is not None},
            guns_apart_m=job.guns_apart_m,
            pairs=job.pairs,
            on_failure=left_out,
        )


def _raised(error: Exception) -> bool:
    raise error


def _tell(incident: Incident, comparisons: Sequence[Comparison], name: str | None) -> None:
    """Print all that is said, or one line under a name."""
    from detector.views import incident_summary, terminal

    if name is None:
        print(terminal.incident(incident, comparisons), flush=True)
    else:
        print(f"{name}: {incident_summary.one_line(incident)}", flush=True)


def _title(count: int) -> str:
    return f"incident of {count} recording{'s' * (count != 1)}"
