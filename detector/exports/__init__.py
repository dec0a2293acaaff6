"""A result into files: one module per format, each `render(report, comparisons) -> bytes`.

Formats that hold sound are `pieces(report)` instead: which stretches become files; all of them are
written from one more pass over the sound.
"""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from detector.checks import Agreement
from detector.errors import OutputError
from detector.exports import (
    aligned,
    audacity,
    comparison_json,
    edl,
    elan,
    excerpts,
    fcp7,
    fcpxml,
    marks_json,
    marks_png,
    overview_png,
    praat,
    raven,
    report_json,
    shots_csv,
    subrip,
    webvtt,
    workbook,
)
from detector.exports.folder import new_folder, safe_stem, short_hash
from detector.exports.pieces import Piece, write_pieces
from detector.records import Comparison, Report, Track


class Format(NamedTuple):
    """A file of a result: its name and what makes its contents."""

    file_name: str
    render: Callable[[Report, Sequence[Comparison]], bytes]


FORMATS = {
    "json": Format("report.json", report_json.render),
    "csv": Format("shots.csv", shots_csv.render),
    "audacity": Format("labels.txt", audacity.render),
    "png": Format("overview.png", overview_png.render),
    "xlsx": Format("shots.xlsx", workbook.render),
    "vtt": Format("shots.vtt", webvtt.render),
    "srt": Format("shots.srt", subrip.render),
    "raven": Format("shots.selections.txt", raven.render),
    "praat": Format("shots.TextGrid", praat.render),
    "elan": Format("shots.eaf", elan.render),
    "fcp7": Format("shots.fcp7.xml", fcp7.render),
    "fcpxml": Format("shots.fcpxml", fcpxml.render),
    "edl": Format("shots.edl", edl.render),
}
SOUND_FORMATS: dict[str, Callable[[Report], Sequence[Piece]]] = {"aligned": aligned.pieces, "excerpts": excerpts.pieces}
NAMES = (*FORMATS, *SOUND_FORMATS)
_EXTRAS = {"png": ("matplotlib", "plot"), "xlsx": ("xlsxwriter", "xlsx")}  # format -> package, and what installs it
COMPARISON = Format("comparison.json", comparison_json.render)

_OWN_FILES = {
    *(COMPARISON.file_name, "marks.json", "marks.png", aligned.FILE_NAME, "review.html"),
    *(each.file_name for each in FORMATS.values()),
}


def write(
    report: Report,
    comparisons: Sequence[Comparison],
    directory: str | Path,
    formats: Sequence[str],
    overwrite: bool = False,
    agreements: Sequence[Agreement] = (),
    sound: Track | None = None,
    pages: Mapping[str, str] | None = None,
) -> Path:
    """The new folder below `directory` that holds the result in the given formats.

    comparison.json is written whenever there are comparisons, marks.json whenever there are
    agreements, and marks.png then too where matplotlib is installed. The formats that hold sound
    (`SOUND_FORMATS`) take it from `sound`, the recording of the report opened again; of one without
    a sound track they write nothing. `pages` are texts that a view made, by file name. The folder
    appears complete or not at all, and an earlier result goes only when the new one is complete.

    Raises
    ------
    OutputError
        On an unknown format, a format that holds sound without `sound` or with another
        recording's, an existing folder without `overwrite`, or anything that hinders writing, such
        as a full disk; nothing half-written stays.
    """
    folder = Path(directory) / folder_name(report)
    if not formats and not comparisons:
        raise OutputError(f"{folder}: no format to write; name at least one of {', '.join(NAMES)}")
    check_names(formats)
    contents = _contents(report, comparisons, formats, agreements)
    contents |= {name: text.encode("utf-8", "replace") for name, text in (pages or {}).items()}
    pieces = _pieces(report, formats)
    if pieces and sound is None:
        raise OutputError(f"{folder}: {', '.join(SOUND_FORMATS)} hold sound; give the recording, opened, as sound")
    with new_folder(folder, overwrite, _is_own) as beside:
        for name, content in contents.items():
            (beside / name).write_bytes(content)
        if sound is not None and pieces:
            write_pieces(beside, pieces, sound, report)
    return folder


def write_beside(pages: Mapping[str, str], directory: str | Path, overwrite: bool = False) -> tuple[Path, ...]:
    """The paths of texts that a view made, by file name, written into a folder that may hold a result.

    Raises
    ------
    OutputError
        When one is there already and `overwrite` is not given, or it cannot be written.
    """
    paths = tuple(Path(directory) / name for name in pages)
    for path in paths:
        if (path.exists() or path.is_symlink()) and not overwrite:
            raise OutputError(f"{path}: is there already; give --overwrite to write it again")
    for path, text in zip(paths, pages.values(), strict=True):
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(text.encode("utf-8", "replace"))
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise OutputError(
                f"{path}: cannot write the page ({error.strerror or error}); check folder and disk"
            ) from error
    return paths


def folder_name(report: Report) -> str:
    """`<stem>-<first 8 of the SHA-256>.shots`, safe as a file name on every system."""
    return f"{safe_stem(report.recording.name)}-{short_hash(report.recording.sha256)}.shots"


def check_names(formats: Sequence[str], known: Sequence[str] = NAMES) -> None:
    """See that all formats are known and can be written here.

    Raises
    ------
    OutputError
        At the first that is not: the known name that it may be a slip of, or what to install.
    """
    for name in formats:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise OutputError(f"unknown format {name!r}: {hint}")
        package, extra = _EXTRAS.get(name, ("", ""))
        if package and find_spec(package) is None:
            raise OutputError(f"no format {name!r} without {package}: pip install 'gunshot-tally[{extra}]'")


def _contents(
    report: Report, comparisons: Sequence[Comparison], formats: Sequence[str], agreements: Sequence[Agreement]
) -> dict[str, bytes]:
    """File names -> contents of everything that needs no sound."""
    chosen = [FORMATS[name] for name in dict.fromkeys(formats) if name in FORMATS] + [COMPARISON] * bool(comparisons)
    contents = {each.file_name: each.render(report, comparisons) for each in chosen}
    if agreements:
        contents["marks.json"] = marks_json.render(report, agreements)
        if find_spec("matplotlib") is not None:
            contents["marks.png"] = marks_png.render(report, agreements)
    return contents


def _pieces(report: Report, formats: Sequence[str]) -> list[Piece]:
    """The files that hold sound; none of a recording without any."""
    if report.recording.audio is None:
        return []
    names = [name for name in dict.fromkeys(formats) if name in SOUND_FORMATS]
    return [piece for name in names for piece in SOUND_FORMATS[name](report)]


def _is_own(path: Path) -> bool:
    """Whether a part of a result has this name, and holds nothing else."""
    if path.name == excerpts.FOLDER and path.is_dir() and not path.is_symlink():
        return all(excerpts.FILE_NAMES.fullmatch(each.name) for each in path.iterdir())
    return path.name in _OWN_FILES
