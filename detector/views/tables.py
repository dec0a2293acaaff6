"""A result as tables: rows for the terminal, a pandas frame of all onsets, and the page that a notebook shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING

from detector.errors import DetectorError
from detector.records import Incident, Rejected, Report, Shot, Volley
from detector.times import format_time
from detector.views import player, summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

VOLLEY_COLUMNS = (
    "",
    "first shot",
    "last shot",
    "lasts",
    "shots\n(range)",
    "shots\nper s",
    "median,\nshortest\nsplit",
)
SHOT_COLUMNS = ("shot", "time", "frame", "chance", "")
_MOST_ROWS = 30  # more would bury the count that stands above the table

# Column after id and status -> pandas type: the nullable ones hold <NA> where a column says nothing about an onset.
_TYPES = {
    "time_s": "float64",
    "frame": "Int64",
    "time_error_s": "float64",
    "probability": "float64",
    "volley": "Int64",
    "overlap": "boolean",
    "one_more_hidden": "float64",
    "two_more_hidden": "float64",
    "repeat_of": "Int64",
    "level_db": "float64",
    "flags": "string",
    "reason": "string",
    "of_shot": "Int64",
    "delay_s": "float64",
}
_NOTEBOOK_DOTS_PER_INCH = 60


def volley_rows(result: Report | Incident) -> tuple[tuple[str, ...], ...]:
    """One row per volley under `VOLLEY_COLUMNS`; a line break inside a cell parts time from seconds and frame.

    Beyond 30 volleys the last row says how many more there are.
    """
    shots = result.shots if isinstance(result, Report) else ()  # those of an incident are on no one's picture
    rows = tuple(_volley_row(volley, shots) for volley in result.volleys[:_MOST_ROWS])
    more = len(result.volleys) - len(rows)
    return (*rows, ("", f"and {more} more", *[""] * (len(VOLLEY_COLUMNS) - 2))) if more else rows


def shot_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """One row per listed shot under `SHOT_COLUMNS`."""
    return tuple(_shot_row(shot) for shot in report.shots)


def to_dataframe(report: Report) -> pd.DataFrame:
    """One row per listed onset, shots and rejected together, in time order; columns as in shots.csv (needs pandas).

    Without onsets the frame has no rows, and the same columns of the same types.

    Raises
    ------
    DetectorError
        When pandas is not installed.
    """
    onsets: list[Shot | Rejected] = sorted(
        [*report.shots, *report.rejected], key=lambda onset: (onset.time_s, onset.id)
    )
    rows = [_shot_cells(onset) if isinstance(onset, Shot) else _rejected_cells(onset) for onset in onsets]
    return frame(rows, ("shot", "possible", "rejected"), _TYPES)


def frame(rows: Sequence[Mapping[str, object]], statuses: Sequence[str], types: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame: id, status, and a column for each of the pandas types (needs pandas).

    Raises
    ------
    DetectorError
        When pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise DetectorError("no data frame without pandas: pip install 'gunshot-tally[pandas]'") from error
    status = pd.CategoricalDtype(list(statuses))
    return pd.DataFrame(rows, columns=["id", "status", *types]).astype({"id": "int64", "status": status, **types})


def to_html(report: Report) -> str:
    """A small self-contained page for notebooks: what the terminal says, the volleys, and the picture.

    Everything from the recording is escaped and nothing is loaded. The picture is there when
    matplotlib is installed and the report has an overview; players of the volleys are there when
    the recording lies in the working folder under its own name, unchanged.
    """
    return (
        '<div style="max-width: 60em">'
        f"<h3>{escape(report.recording.name)}</h3><p>{escape(summary.recording_sentence(report))}</p>"
        f"{sections_table(summary.sections(report))}"
        f"{table('Volleys', VOLLEY_COLUMNS, volley_rows(report))}{player.at_hand(report)}{_picture(report)}</div>"
    )


def _volley_row(volley: Volley, shots: Sequence[Shot]) -> tuple[str, ...]:
    def cell(time_s: float) -> str:
        frame = summary.frame_at(shots, time_s)
        return f"{format_time(time_s)}\n{time_s:.3f} s" + ("" if frame is None else f"\nframe {frame}")

    split = "-"
    if volley.median_split_s is not None and volley.shortest_split_s is not None:
        split = f"{volley.median_split_s:.3f} s\n{volley.shortest_split_s:.3f} s"
    return (
        str(volley.id),
        cell(volley.first_s),
        cell(volley.last_s),
        f"{volley.last_s - volley.first_s:.3f} s",
        f"{volley.count.best}\n({volley.count.low}-{volley.count.high})",
        "-" if volley.shots_per_s is None else f"{volley.shots_per_s:.1f}",
        split,
    )


def _shot_row(shot: Shot) -> tuple[str, ...]:
    notes: list[str] = [shot.status] if shot.status != "shot" else []
    notes += ["overlap"] if shot.overlap else []
    notes += [f"repeat of {shot.repeat_of}"] if shot.repeat_of is not None else []
    time = f"{format_time(shot.time_s)} ({shot.time_s:.3f} s)"
    frame = "" if shot.frame is None else str(shot.frame)
    return str(shot.id), time, frame, f"{shot.probability:.2f}", ", ".join([*notes, *shot.flags])


def _shot_cells(shot: Shot) -> dict[str, object]:
    return {
        "id": shot.id,
        "status": shot.status,
        "time_s": shot.time_s,
        "frame": shot.frame,
        "time_error_s": shot.time_error_s,
        "probability": shot.probability,
        "volley": shot.volley,
        "overlap": shot.overlap,
        "one_more_hidden": shot.extra[0],
        "two_more_hidden": shot.extra[1],
        "repeat_of": shot.repeat_of,
        "level_db": shot.level_db,
        "flags": "; ".join(shot.flags),
    }


def _rejected_cells(onset: Rejected) -> dict[str, object]:
    return {
        "id": onset.id,
        "status": "rejected",
        "time_s": onset.time_s,
        "probability": onset.probability,
        "reason": onset.reason,
        "of_shot": onset.of_shot,
        "delay_s": onset.delay_s,
    }


def sections_table(sections: Sequence[summary.Section]) -> str:
    """Headings and sentences as a table of HTML, everything escaped."""
    lines = "".join(
        f"<tr>{_cell('th', escape(section.title))}{_cell('td', _said(section))}</tr>" for section in sections
    )
    return f"<table>{lines}</table>"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their columns as a table of HTML, everything escaped; empty without rows."""
    if not rows:
        return ""
    head = _row("th", columns)
    return f"<h4>{escape(title)}</h4><table>{head}{''.join(_row('td', cells) for cells in rows)}</table>"


def _said(section: summary.Section) -> str:
    finding = [f"<b>{escape(section.finding)}</b>"] if section.finding else []
    return "<br>".join([*finding, *map(escape, section.sentences)])


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(_cell(tag, escape(cell).replace(chr(10), '<br>')) for cell in cells)}</tr>"


def _cell(tag: str, content: str) -> str:
    return f'<{tag} style="text-align: left; vertical-align: top">{content}</{tag}>'


def _picture(report: Report) -> str:
    if report.overview is None or find_spec("matplotlib") is None:
        return ""
    from detector.views.plots import overview_figure

    return embedded(overview_figure(report), "the sound, with the shots numbered")


def embedded(figure: Figure, words: str) -> str:
    """A figure as an image of HTML that loads nothing; `words` say what it shows."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_NOTEBOOK_DOTS_PER_INCH)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">'
