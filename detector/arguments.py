"""The arguments of `count-shots`: read, and checked before any media is read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detector.usage import (
    UsageError,
    chosen_formats,
    moments_of,
    new_parser,
    refuse_beside,
    tallies_in,
    time_of,
    version,
    writable_directory,
)

if TYPE_CHECKING:
    from detector.checks import Marks, Reviewed
    from detector.records import Incident, Moment, Report, Tally
    from detector.settings import Settings

_DESCRIPTION = """\
Count the gunshots that can be heard in video or sound files: how many, how sure that is, when,
in which volleys, and beside an official tally. Files are only read; every result goes into a new
folder. No network connection is opened."""

_EPILOG = """\
examples:
  count-shots bodycam.mp4
  count-shots bodycam.mp4 --tally tally.toml --moment "1:07.4=driver on the ground"
  count-shots camera1.mp4 camera2.mp4 --out results --formats json,csv,audacity
  count-shots bodycam.mp4 --marks expert.txt --marks second_expert.csv
  count-shots --verify bodycam-0123abcd.shots/report.json bodycam.mp4
  count-shots --review bodycam.mp4
  count-shots bodycam.mp4 --annotate copies/bodycam.mp4
  count-shots --review bodycam-0123abcd.shots/report.json [bodycam.mp4]
  count-shots --review --incident officer1.mp4 officer2.mp4
  count-shots --apply-review review.json bodycam-0123abcd.shots
  count-shots --incident officer1.mp4 officer2.mp4 street.mp4@1:05-2:30 --wearer-fired officer1.mp4

Times T are H:MM:SS.mmm, M:SS.mmm or seconds, as a player shows them.
exit status: 0 done, or reproduced; 1 a file failed (the others are done), or was not reproduced;
2 wrong usage, settings, tally, marks or report; 130 interrupted (finished files are kept)"""

# What a second run takes from the report, or would have to repeat from somewhere else.
_NOT_WITH_VERIFY = ("tally", "moment", "marks", "start", "stop", "self_test", "review", "apply_review", "annotate")
# Of a result that is there already nothing is counted.
_NOT_WITH_PAGE = ("moment", "marks", "start", "stop", "self_test", "settings", "set", "annotate")
_NOT_WITH_APPLY = ("tally", "review", *_NOT_WITH_PAGE)
_LARGEST_TOLERANCE_S = 1.0  # farther apart, two marks are not of one shot


@dataclass(frozen=True)
class Job:
    """The arguments, checked: what is to be done with each file.

    With `verify`, that report is run again; with `reviewed`, that is told and written, and no file is opened;
    with `paged`, only its review page is written, with the sound of `videos`, which hold its recordings or nothing.
    """

    settings: Settings
    tallies: tuple[Tally, ...]
    moments: tuple[Moment, ...]
    marks: tuple[Marks, ...]
    tolerance_s: float
    verify: Report | None
    reviewed: Reviewed | None
    paged: Report | Incident | None
    videos: tuple[str, ...]
    formats: tuple[str, ...]
    start_s: float | None
    stop_s: float | None
    self_test: bool
    review: bool
    annotate: Path | None
    directory: Path | None
    overwrite: bool
    quiet: bool
    traceback: bool


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; what it refuses is a `UsageError`."""
    described = new_parser("count-shots", _DESCRIPTION, _EPILOG)
    add = described.add_argument
    add("videos", nargs="+", metavar="VIDEO", help="video or sound file")
    add("--tally", metavar="FILE", help="official tallies (TOML) to set the count beside")
    add("--marks", metavar="FILE", action="append", default=[], help="another's labels beside the shots; repeatable")
    add("--within", metavar="T", default="0.05", help="seconds by which marks may differ (default: %(default)s)")
    add(
        "--verify", metavar="REPORT", help="run a report.json again on VIDEO and say what moved; writes only with --out"
    )
    add("--out", metavar="DIR", help="where the result folders go (default: here)")
    add(
        "--formats",
        metavar="LIST",
        default="json,csv,audacity",
        help="docs/EXPORTS.md lists them (default: %(default)s)",
    )
    add("--start", metavar="T", help="analyse from here on")
    add("--stop", metavar="T", help="analyse up to here")
    add("--moment", metavar="T=TEXT", action="append", default=[], help="count before and after this too; repeatable")
    add("--self-test", action="store_true", help="put known shots into the sound and say how many are found again")
    add("--review", action="store_true", help="write review.html too: see, hear and correct every shot in a browser")
    add(
        "--apply-review",
        metavar="FILE",
        help="a review.json, or labels edited elsewhere, beside a result; VIDEO is then its report.json or folder",
    )
    add("--annotate", metavar="FILE", help="write a video copy with the running count, flashes and the wave: FILE.mp4")
    add("--settings", metavar="FILE", help="settings (TOML)")
    add("--set", metavar="STAGE.FIELD=VALUE", action="append", default=[], help="one setting; repeatable")
    add("--overwrite", action="store_true", help="replace an earlier result of the same file")
    add("--quiet", action="store_true", help="print one line per file: path and count")
    add("--traceback", action="store_true", help="show where in the program an unexpected error arose")
    add("--version", action="version", version=f"count-shots {version()}")
    return described


def checked(options: argparse.Namespace) -> Job:
    """The job that the arguments describe, every file but the recordings read and checked.

    Raises
    ------
    DetectorError
        When anything in them, or in a file that they name, is wrong.
    """
    again = _result_named(options)
    _refuse_contradictions(options, again)
    report = _report(options.verify)
    start_s, stop_s = time_of("--start", options.start), time_of("--stop", options.stop)
    if start_s is not None and stop_s is not None and start_s >= stop_s:
        raise UsageError(f"--start {options.start} is not before --stop {options.stop}; exchange them")
    return Job(
        settings=_settings(options, report),
        moments=moments_of(options.moment),
        tallies=tallies_in(options.tally),
        marks=_marks(options.marks),
        tolerance_s=_tolerance(options.within),
        verify=report,
        reviewed=_reviewed(options),
        paged=_paged(again, len(options.videos) - 1),
        videos=tuple(options.videos[1 if again else 0 :]),
        formats=chosen_formats(options.formats),
        start_s=start_s,
        stop_s=stop_s,
        self_test=options.self_test,
        review=options.review,
        annotate=None if options.annotate is None else Path(options.annotate),
        directory=None if report is not None and options.out is None else writable_directory(_folder(options, again)),
        overwrite=options.overwrite,
        quiet=options.quiet,
        traceback=options.traceback,
    )


def _result_named(options: argparse.Namespace) -> str | None:
    """The result of which nothing but the review page is wanted, where one is named in place of a VIDEO."""
    first = Path(options.videos[0])
    if not options.review or not (first.is_dir() or first.suffix.casefold() == ".json"):
        return None
    return str(first)


def _paged(result: str | None, recordings: int) -> Report | Incident | None:
    if result is None:
        return None
    from detector import reports
    from detector.records import Report

    paged = reports.read_either(result)
    if isinstance(paged, Report) and recordings > 1:
        raise UsageError(f"--review of {result} is with the one recording that it is of; {recordings} are named")
    return paged


def _refuse_contradictions(options: argparse.Namespace, again: str | None) -> None:
    if again is not None:
        refuse_beside("review of a result", options, _NOT_WITH_PAGE, "which counts nothing")
    if options.marks and len(options.videos) > 1:
        raise UsageError(f"--marks are of one recording, but {len(options.videos)} are named; give one VIDEO")
    if options.annotate is not None and len(options.videos) > 1:
        raise UsageError(f"--annotate is for one recording, but {len(options.videos)} are named; give one VIDEO")
    if options.apply_review is not None and options.verify is None:
        refuse_beside("apply-review", options, _NOT_WITH_APPLY, "which counts nothing")
    if options.verify is None:
        return
    if len(options.videos) > 1:
        raise UsageError(f"--verify is for one recording, but {len(options.videos)} are named; give the one it is of")
    refuse_beside("verify", options, _NOT_WITH_VERIFY, "which repeats what the report did")


def _reviewed(options: argparse.Namespace) -> Reviewed | None:
    """The result named as VIDEO with the review beside it."""
    if options.apply_review is None:
        return None
    from detector import reports, reviews

    if len(options.videos) > 1:
        raise UsageError(f"--apply-review is for one result, but {len(options.videos)} are named; give one report.json")
    result = reports.read_either(options.videos[0])
    review = reviews.read_for(options.apply_review, result, _tolerance(options.within))
    return reviews.apply(result, review, options.apply_review)


def _folder(options: argparse.Namespace, again: str | None) -> str:
    """Where results go: of a review, and its page, into the folder of the result that it is of."""
    if options.out is not None or (options.apply_review is None and again is None):
        return options.out or "."
    result = Path(options.videos[0])
    return str(result if result.is_dir() else result.parent)


def _report(path: str | None) -> Report | None:
    if path is None:
        return None
    from detector import reports

    return reports.read(path)


def _settings(options: argparse.Namespace, report: Report | None) -> Settings:
    """The settings asked for, over those of the report that is verified."""
    from detector.settings import Settings

    if report is None:
        return Settings.read(options.settings, options.set)
    from detector.verification import settings_of

    return Settings.read(options.settings, options.set, base=settings_of(report))


def _marks(paths: Sequence[str]) -> tuple[Marks, ...]:
    if not paths:
        return ()
    from detector import labels

    return labels.read_all(paths)


def _tolerance(text: str) -> float:
    tolerance_s = time_of("--within", text)
    assert tolerance_s is not None
    if not 0 < tolerance_s <= _LARGEST_TOLERANCE_S:
        raise UsageError(f"--within {text}: give seconds above 0, at most {_LARGEST_TOLERANCE_S:g}; 0.05 are 50 ms")
    return tolerance_s
