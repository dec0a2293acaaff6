"""The command `count-shots`: arguments in, one analysis per file, findings in words out.

Everything that can be wrong with the arguments is found before any media is read; one file that
fails does not stop the others. Heavy modules are imported where they are used, so that `--help`
and a slip in the arguments answer at once.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detector import incident_arguments
from detector.arguments import Job, checked, parser
from detector.console import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    WRONG_USAGE,
    accept_any_text,
    attempted,
    complain,
    progress_of,
    reader_gone,
)
from detector.errors import DetectorError, OutputError
from detector.usage import UsageError

if TYPE_CHECKING:
    from detector.checks import Agreement, Reviewed
    from detector.records import Comparison, Incident, Report, Track


class _Result(NamedTuple):
    """What was found in one file, and how it stands beside what others say."""

    report: Report
    comparisons: tuple[Comparison, ...] = ()
    agreements: tuple[Agreement, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of `count-shots` run with `arguments` (default: those of the process).

    0 done, or reproduced; 1 at least one file failed, or was not reproduced; 2 wrong usage, settings,
    tally, marks or report; 130 interrupted.
    """
    accept_any_text()
    try:
        described = parser()
        incident_arguments.add_to(described)
        options = described.parse_args(arguments)
        if options.incident:
            return _several(incident_arguments.checked(options))
        incident_arguments.refuse_alone(options)
        job = checked(options)
        if job.annotate is not None:
            _check_copy(options.videos[0], job.annotate, job.overwrite)
        return DONE if _carried_out(job) else SOME_FAILED
    except SystemExit:  # of --help and --version
        return DONE
    except (UsageError, DetectorError) as error:
        return complain(str(error), WRONG_USAGE)
    except KeyboardInterrupt:
        return complain("interrupted; the results of finished files are kept", INTERRUPTED)
    except BrokenPipeError:
        return reader_gone()


def _carried_out(job: Job) -> bool:
    """Whether all that was asked for is done."""
    reviewed, paged = job.reviewed, job.paged
    if reviewed is not None:
        return attempted(str(job.directory), lambda: _applied(reviewed, job), job.traceback)
    if paged is not None:
        return attempted(str(job.directory), lambda: _paged(paged, job), job.traceback)
    return all([_process(path, job) for path in job.videos])


# --- one file --------------------------------------------------------------------------------


def _process(path: str, job: Job) -> bool:
    """Count or verify one file; False, after one line on stderr, when it failed, or when it was not reproduced."""
    if job.verify is not None:
        report = job.verify
        return attempted(path, lambda: _verified(path, report, job), job.traceback)
    return attempted(path, lambda: _counted(path, job), job.traceback)


def _counted(path: str, job: Job) -> bool:
    """Analyse, tell and write one file; True when all of it is done."""
    if job.annotate is not None:
        from detector.media.annotate import check_sound

        check_sound(Path(path), job.annotate)
    result = _result(path, job)
    try:
        _tell(path, result, job)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot print the findings ({error.strerror}); they are in the result") from error
    finally:
        # Kept even when nobody reads the findings any more: the analysis may have taken an hour.
        _write(path, result, job)
    if job.annotate is not None:
        _draw_copy(path, result.report, job.annotate, job)
    return True


def _several(job: incident_arguments.IncidentJob) -> int:
    """Exit status of several recordings taken as one incident."""
    from detector import incident_cli

    return DONE if incident_cli.run(job) else SOME_FAILED


def _check_copy(path: str, target: Path, overwrite: bool) -> None:
    """Refuse where no annotated copy may be written, or could be, before the recording is opened."""
    from detector.media.annotate import check_target
    from detector.views.lettering import font

    check_target(Path(path), target, overwrite)
    font(1)


def _draw_copy(path: str, report: Report, target: Path, job: Job) -> None:
    from detector.media.annotate import redraw
    from detector.media.decode import open_track
    from detector.views.annotated import Annotated, listen

    with open_track(path, job.settings.media) as sound:
        annotated = Annotated(report, listen(report, sound))
    with progress_of(str(target)) as progress:
        redraw(Path(path), target, annotated, progress)
    if not job.quiet:
        print(f"Annotated copy in {target}\n", flush=True)


def _verified(path: str, report: Report, job: Job) -> bool:
    """Run a report again, and tell whether it was reproduced."""
    from detector.verification import verify
    from detector.views import terminal, verification_words

    with progress_of(path) as progress:
        verification = verify(report, path, settings=job.settings, progress=progress)
    if job.quiet:
        print(f"{path}: {verification_words.finding(verification)}", flush=True)
    else:
        print(terminal.verification(path, verification), flush=True)
    if verification.after is not None and job.directory is not None:
        _write(path, _Result(verification.after), job)
    return verification.reproduced


def _applied(reviewed: Reviewed, job: Job) -> bool:
    """Tell and write a result with a review beside it; True when that is done."""
    from detector.checks import Subject
    from detector.exports.wording import one_line
    from detector.views import review_words, terminal

    assert job.directory is not None
    name = one_line(Subject.of(reviewed.report).name)
    if job.quiet:
        print(f"{name}: {review_words.finding(reviewed)}", flush=True)
    else:
        print(terminal.reviewed(name, reviewed), flush=True)
    folder = reviewed.save(job.directory, overwrite=job.overwrite)
    if not job.quiet:
        print(f"Reviewed result in {folder}{os.sep}\n", flush=True)
    return True


def _paged(result: Report | Incident, job: Job) -> bool:
    """Write the review page of a result, with sound where its recordings are given too; True when that is done."""
    from detector import exports
    from detector.core.comparison import compare
    from detector.records import Report
    from detector.views import review, review_incident

    assert job.directory is not None
    comparisons = tuple(compare(result, tally) for tally in job.tallies)
    if isinstance(result, Report):
        path = next(iter(job.videos), None)
        with nullcontext() if path is None else _sound(path, job) as sound:
            pages = _pages(path, _Result(result, comparisons), job, sound, job.directory)
    else:
        heard = review_incident.heard(result, job.videos, job.directory, job.settings.media)
        pages = {review.FILE_NAME: review_incident.page(result, comparisons, heard)}
    (page,) = exports.write_beside(pages, job.directory, overwrite=job.overwrite)
    if not job.quiet:
        print(f"Review page in {page}\n", flush=True)
    return True


def _result(path: str, job: Job) -> _Result:
    from detector.core.comparison import compare
    from detector.recording import detect

    with progress_of(path) as progress:
        report = detect(
            path,
            settings=job.settings,
            start_s=job.start_s,
            stop_s=job.stop_s,
            progress=progress,
            self_test=job.self_test,
        )
    comparisons = tuple(compare(report, tally) for tally in job.tallies)
    return _Result(dataclasses.replace(report, moments=job.moments), comparisons, _agreements(report, job))


def _agreements(report: Report, job: Job) -> tuple[Agreement, ...]:
    if not job.marks:
        return ()
    from detector.core.concordance import agreements

    return agreements(report, job.marks, job.tolerance_s)


def _write(path: str, result: _Result, job: Job) -> None:
    from detector import exports

    assert job.directory is not None
    target = job.directory / exports.folder_name(result.report)
    with _sound(path, job) as sound:
        folder = exports.write(
            result.report,
            result.comparisons,
            job.directory,
            job.formats,
            overwrite=job.overwrite,
            agreements=result.agreements,
            sound=sound,
            pages=_pages(path, result, job, sound, target),
        )
    if not job.quiet:
        # Never folded: a path that is broken over two lines cannot be copied.
        print(f"Results in {folder}{os.sep}\n", flush=True)


def _sound(path: str, job: Job) -> AbstractContextManager[Track | None]:
    """The recording opened again where a format, or the review page, wants its sound, read-only."""
    from detector import exports
    from detector.media.decode import open_track

    wanted = job.review or any(name in exports.SOUND_FORMATS for name in job.formats)
    return open_track(path, job.settings.media) if wanted else nullcontext()


def _pages(path: str | None, result: _Result, job: Job, sound: Track | None, folder: Path) -> dict[str, str]:
    """The review page for `folder` where it is wanted, with the sound of the recording and a link to where it lies."""
    if not job.review:
        return {}
    from detector.views import clips, review

    excerpts = clips.cut(result.report, sound) if sound is not None else ()
    video = None if path is None else review.address(path, folder)
    return {review.FILE_NAME: review.page(result.report, result.comparisons, excerpts, video)}


# --- what is printed -------------------------------------------------------------------------


def _tell(path: str, result: _Result, job: Job) -> None:
    from detector.views import archive_words, summary, terminal

    if job.quiet:
        print(f"{archive_words.shown(path)}: {summary.one_line(result.report)}", flush=True)
    else:
        print(terminal.findings(path, result.report, result.comparisons), flush=True)
        if result.agreements:
            print(terminal.agreements(result.report, result.agreements), flush=True)
