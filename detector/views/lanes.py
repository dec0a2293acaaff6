"""The picture of an incident: a lane per camera on one clock, the shots that they share joined, the count below.

The lanes have axes of their own; what crosses them (numbers, pins, the lines between) is drawn on one transparent
sheet over all of them, whose unit is the inch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from detector.exports.wording import one_line
from detector.records import Camera, Comparison, Coverage, Incident, IncidentShot, Report, Status
from detector.views import incident_summary, marks, panels
from detector.views.lane_layout import FOOT, GROWTH, LANE, LEFT, LINE, ROW, WIDTH, Lane, Page, label, laid_out
from detector.views.marks import FAINT_INK, INK, NUMBER_PT, TEXT_PT, Window

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LETTERS = 30  # beside a lane
# Okabe and Ito's colours and two more, one a position.
_PLACES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7d5fb2", "#7a6a00", "#56b4e9", "#a3217a")
_MOST_PLACES = 6  # named in the legend
_MANY = 60  # shots from which on lines and pins are thinner
_ABSENT = "#d9d9d9"  # time at which a file does not record

Point = tuple[float, float]


def incident_figure(incident: Incident, comparisons: Sequence[Comparison] = ()) -> Figure:
    """One lane per camera with numbered shots joined from lane to lane, and the count so far (needs matplotlib).

    Every lane is on the incident's clock. Long pauses are cut out. Drawn from the reports' overviews.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    page = laid_out(incident)
    with marks.new_figure() as figure:
        figure.set_size_inches(WIDTH, page.height)
        for lane in page.lanes:
            _draw_lane(_axes(figure, page, lane.bottom, lane.height), lane.camera, page, last=lane is page.lanes[-1])
            _describe(figure, lane, page)
        if page.lanes:
            growth = _axes(figure, page, FOOT + LINE * len(page.notes), GROWTH)
            panels.cumulative(growth, incident, comparisons, page.shown, GROWTH)
            _draw_shots(figure, page)
        _title(figure, incident, page)
        _legend(figure, incident, page)
    return figure


# --- lanes -----------------------------------------------------------------------------------


def _axes(figure: Figure, page: Page, bottom: float, height: float) -> Axes:
    return figure.add_axes((LEFT / WIDTH, bottom / page.height, LANE / WIDTH, height / page.height))


def _draw_lane(axes: Axes, camera: Camera, page: Page, last: bool) -> None:
    """The sound of one camera on the incident's clock, with what it could not hear."""
    report = _on_incident_clock(camera)
    marks.time_axis(axes, page.shown)
    axes.tick_params(labelbottom=last, bottom=last)
    axes.set_yticks([])
    top = max(marks.draw_sound(axes, report.overview, window) for window in page.shown)
    axes.set_ylim(-top, top)
    axes.set_ylabel(f"camera {camera.id}", fontsize=TEXT_PT, fontweight="bold")
    marks.shade_coverage(axes, report, named=True)
    _draw_absence(axes, camera, page.shown)
    panels.cut_pauses(axes, page.shown, named=last)


def _on_incident_clock(camera: Camera) -> Report:
    """The camera's report with overview and coverage where the incident's clock has them."""
    report, overview = camera.report, camera.report.overview
    if overview is not None:
        first_s = camera.incident_s(overview.start_s)
        column_s = camera.incident_s(overview.start_s + overview.column_s) - first_s
        overview = dataclasses.replace(overview, start_s=first_s, column_s=column_s)
    coverage = tuple(
        Coverage(camera.incident_s(c.start_s), camera.incident_s(c.stop_s), c.state) for c in report.coverage
    )
    return dataclasses.replace(report, overview=overview, coverage=coverage)


def _draw_absence(axes: Axes, camera: Camera, shown: Sequence[Window]) -> None:
    """Blot out the time before the file begins and after it ends."""
    begins_s, ends_s = camera.incident_s(0.0), camera.incident_s(camera.report.recording.duration_s)
    for start_s, stop_s in shown:
        for a, b in ((start_s, min(stop_s, begins_s)), (max(start_s, ends_s), stop_s)):
            if a >= b:
                continue
            axes.axvspan(a, b, color=_ABSENT, linewidth=0, zorder=1.6)
            if marks.text_inches("not recording") < marks.inches_between(axes, a, b):
                marks.boxed(axes, (a + b) / 2, 0.5, "not recording")


def _describe(figure: Figure, lane: Lane, page: Page) -> None:
    """File, clock and count of a camera, to the right of its lane."""
    camera = lane.camera
    words = [marks.drawable(one_line(camera.report.recording.name), _LETTERS)]
    error = "" if camera.error_s is None else f" +-{camera.error_s * 1000:.0f} ms"
    words.append(f"add {camera.offset_s:+.3f} s{error}" if camera.offset_s else "the incident's clock")
    count = camera.report.count
    alone = "cannot hear" if count is None else f"alone: {count.best} ({count.low}-{count.high})"
    words.append(alone if camera.same_as is None else f"same recording as camera {camera.same_as}")
    for row, text in enumerate(words):
        y = lane.top - 0.1 - LINE * row
        where = ((LEFT + LANE + 0.1) / WIDTH, y / page.height)
        figure.text(*where, text, fontsize=TEXT_PT, color=INK, va="center", parse_math=False)


# --- shots -----------------------------------------------------------------------------------


def _draw_shots(figure: Figure, page: Page) -> None:
    """Numbers above the lanes, a pin in each lane that has the shot, and lines that join them."""
    from matplotlib.collections import LineCollection

    sheet = figure.add_axes((LEFT / WIDTH, 0.0, LANE / WIDTH, 1.0), zorder=10)
    sheet.set(xlim=(0, LANE), ylim=(0, page.height))
    sheet.axis("off")
    base = page.lanes[0].top
    lines: list[tuple[Sequence[Point], tuple[str, float]]] = []
    for shot, x, row in page.numbers:
        at = (x, base + 0.06 + ROW * ((row or 0) + 0.5))
        lines += [(points, (_colour(shot), alpha)) for points, alpha in _lines(at, page.pins(shot), page)]
        if row is not None:
            _number(sheet, shot, at)
    width = 0.7 if len(page.numbers) > _MANY else 1.0
    sheet.add_collection(
        LineCollection([points for points, _ in lines], colors=[c for _, c in lines], linewidths=width)
    )
    _draw_pins(sheet, page)
    left_out = sum(row is None for _, _, row in page.numbers)
    if left_out:
        words = f"no room for {left_out} number{'s' * (left_out > 1)}"
        sheet.text(LANE + 0.1, base + 0.1, words, color=FAINT_INK, fontsize=TEXT_PT, clip_on=False)


def _lines(start: Point, pins: Sequence[tuple[float, int, Status]], page: Page) -> list[tuple[list[Point], float]]:
    """From the number through every lane that has the shot, upright in each; faint across those that have it not."""
    (x, row, _), *others = pins
    found = [([start, (x, page.lanes[row].middle)], 0.75 if row == 0 else 0.25)]
    for lower, below, _ in others:
        joint = [(x, page.lanes[row].middle), (x, page.lanes[row].bottom)]
        joint += [(lower, page.lanes[below].top), (lower, page.lanes[below].middle)]
        found.append((joint, 0.75 if below == row + 1 else 0.25))
        x, row = lower, below
    return found


def _number(sheet: Axes, shot: IncidentShot, where: Point) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    weight = "bold" if shot.rests_on_one else "normal"
    aside: dict[str, Any] = {"textcoords": "offset points", "va": "center", "bbox": box, "fontweight": weight}
    sheet.annotate(label(shot), where, (2, 0), color=_colour(shot), fontsize=NUMBER_PT, **aside)


def _draw_pins(sheet: Axes, page: Page) -> None:
    """A pin at each arrival: its shape tells on how many the shot rests, its fill what it was taken for there."""
    size = 0.6 if len(page.numbers) > _MANY else 1.0
    found = [(shot, x, row, status) for shot, _, _ in page.numbers for x, row, status in page.pins(shot)]
    for marker, area, wanted in (("x", 26, "refused"), ("D", 34, "alone"), ("o", 20, "shared")):
        pins = [pin for pin in found if _kind(pin[0], pin[3]) == wanted]
        colours = [_colour(shot) for shot, *_ in pins]
        at = [x for _, x, _, _ in pins], [page.lanes[row].middle for _, _, row, _ in pins]
        if marker == "x":
            sheet.scatter(*at, s=area * size, marker=marker, c=colours, linewidths=1.2, zorder=3)
            continue
        faces = [c if pin[3] == "shot" else "white" for pin, c in zip(pins, colours, strict=True)]
        sheet.scatter(*at, s=area * size, marker=marker, facecolors=faces, edgecolors=colours, linewidths=1.0, zorder=3)


def _kind(shot: IncidentShot, status: Status) -> str:
    return "refused" if status == "rejected" else "alone" if shot.rests_on_one else "shared"


def _colour(shot: IncidentShot) -> str:
    if shot.repeat_of is not None:
        return FAINT_INK
    return INK if shot.position is None else _PLACES[(shot.position - 1) % len(_PLACES)]


# --- words -----------------------------------------------------------------------------------


def _title(figure: Figure, incident: Incident, page: Page) -> None:
    told = f"{incident_summary.headline(incident)}. {incident_summary.faint(incident)}"
    names = ", ".join(one_line(camera.report.recording.name) for camera in incident.cameras)
    lines = (
        (marks.drawable(names, 110), 0.28, TEXT_PT + 5, "bold"),
        (marks.drawable(told, 180), 0.55, TEXT_PT + 2.5, "normal"),
    )
    for words, down, points, weight in lines:
        where = (LEFT / WIDTH, 1 - down / page.height)
        figure.text(*where, words, fontsize=points, fontweight=weight, color=INK, va="center", parse_math=False)
    for row, note in enumerate(page.notes):
        where = (LEFT / WIDTH, (FOOT - 0.32 + LINE * row) / page.height)
        figure.text(*where, marks.drawable(note, 190), fontsize=TEXT_PT, color=INK, va="center", parse_math=False)


def _legend(figure: Figure, incident: Incident, page: Page) -> None:
    """What the marks mean, only those that occur."""
    handles = _keys(incident, page)
    if not handles:
        return
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(LEFT / WIDTH, 0.02 / page.height),
        ncols=len(handles),
        fontsize=TEXT_PT,
        frameon=False,
        borderaxespad=0.0,
        handletextpad=0.5,
        columnspacing=1.4,
    )


def _keys(incident: Incident, page: Page) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def pin(marker: str, fill: str, words: str) -> Line2D:
        return Line2D([], [], marker=marker, linestyle="", markerfacecolor=fill, markeredgecolor=INK, label=words)

    shots = [shot for shot, _, _ in page.numbers]
    arrivals = {arrival.status for shot in shots for arrival in shot.arrivals}
    states = {
        part.state
        for lane in page.lanes
        for part in _on_incident_clock(lane.camera).coverage
        if any(part.start_s < stop_s and part.stop_s > start_s for start_s, stop_s in page.shown)
    }
    several = any(not shot.rests_on_one for shot in shots)
    keys: list[tuple[bool, Artist]] = [
        (several, Line2D([], [], marker="o", color=INK, markersize=4, label="one shot at several cameras")),
        (any(shot.rests_on_one for shot in shots), pin("D", INK, "rests on one camera")),
        ("possible" in arrivals, pin("o", "white", "possible there")),
        ("rejected" in arrivals, pin("x", INK, "refused there")),
        *((True, Patch(color=_PLACES[(each.id - 1) % len(_PLACES)], linewidth=0, label=f"position {each.id}"))
          for each in incident.positions[:_MOST_PLACES]),
        (bool(states & set(marks.STATE_WORDS)), Patch(facecolor=marks.UNHEARD, edgecolor=marks.HATCH, hatch="////",
            linewidth=0, label="could not be heard")),
        ("overloaded" in states, Patch(color=marks.OVERLOADED, linewidth=0, label="overloaded")),
        (_anyone_absent(page), Patch(color=_ABSENT, linewidth=0, label="not recording")),
    ]  # fmt: skip
    return [artist for occurs, artist in keys if occurs]


def _anyone_absent(page: Page) -> bool:
    begin_s, end_s = page.shown[0][0], page.shown[-1][1]
    cameras = [lane.camera for lane in page.lanes]
    return any(c.incident_s(0.0) > begin_s or c.incident_s(c.report.recording.duration_s) < end_s for c in cameras)
