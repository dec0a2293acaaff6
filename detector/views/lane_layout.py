"""Where everything stands in the picture of an incident: stretches of time, lanes, pins, rows of numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.records import Camera, Incident, IncidentShot, Status
from detector.views import incident_summary, marks, panels
from detector.views.marks import NUMBER_PT, Window
from detector.views.plots import windows_around

# Inches; as wide as the picture of one recording.
WIDTH, LEFT, LANE = 16.0, 1.0, 12.4
HEAD, FOOT, GROWTH = 0.8, 0.75, 2.0
ROWS, ROW = 7, 0.115  # of numbers above the lanes
LINE = 0.17  # of text
_BETWEEN = 0.2  # from lane to lane, where the lines of a shot lean by its delay


@dataclass(frozen=True)
class Lane:
    """A camera's lane: its lower edge and its height, in inches from the bottom of the page."""

    camera: Camera
    bottom: float
    height: float

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height

    @property
    def middle(self) -> float:
        """Where the pins stand."""
        return self.bottom + 0.5 * self.height


@dataclass(frozen=True)
class Page:
    """What is drawn where: the stretches of time shown, the lanes from above, rows of numbers, lines of text below."""

    shown: tuple[Window, ...]
    lanes: tuple[Lane, ...]
    numbers: tuple[tuple[IncidentShot, float, int | None], ...]
    notes: tuple[str, ...]
    height: float

    def across(self, time_s: float) -> float:
        """Inches from the left edge of the lanes at which a time stands."""
        known, drawn = marks.without_pauses(self.shown)
        return float(np.interp(time_s, known, drawn) / drawn[-1] * LANE)

    def pins(self, shot: IncidentShot) -> list[tuple[float, int, Status]]:
        """Where a shot stands in each lane that has it, from above: inches from the left, lane, status there."""
        arrivals = {arrival.camera: arrival for arrival in shot.arrivals}
        return [
            (self.across(lane.camera.incident_s(arrivals[lane.camera.id].time_s)), row, arrivals[lane.camera.id].status)
            for row, lane in enumerate(self.lanes)
            if lane.camera.id in arrivals
        ]

    def shows(self, time_s: float) -> bool:
        """Whether a time lies in one of the stretches shown."""
        return any(start <= time_s <= stop for start, stop in self.shown)


def laid_out(incident: Incident) -> Page:
    """The page of an incident; without lanes where no recording is on its clock."""
    cameras = [camera for camera in incident.cameras if camera.offset_s is not None]
    shown = _windows(incident, cameras)
    notes = tuple(
        f"left out: {incident_summary.name(camera)}: {camera.excluded}"
        for camera in incident.cameras
        if camera.offset_s is None
    )
    bottom = FOOT + LINE * len(notes) + (GROWTH + 0.6) * bool(cameras)
    height = 1.15 if len(cameras) <= 3 else 0.9 if len(cameras) <= 6 else 0.7
    lanes = []
    for camera in reversed(cameras):
        lanes.append(Lane(camera, bottom, height))
        bottom += height + _BETWEEN
    page = Page(shown, tuple(reversed(lanes)), (), notes, bottom)
    rows = _number_rows(incident, page)
    used = 1 + max((row for _, _, row in rows if row is not None), default=0)
    return dataclasses.replace(page, numbers=rows, height=bottom + ROW * used + HEAD)


def _windows(incident: Incident, cameras: Sequence[Camera]) -> tuple[Window, ...]:
    """The stretches worth showing, on the incident's clock; the whole of it when shots fill much of it."""
    if not cameras:
        return ((0.0, 1.0),)
    start_s = min(camera.incident_s(0.0) for camera in cameras)
    stop_s = max(camera.incident_s(camera.report.recording.duration_s) for camera in cameras)
    spans = [(volley.first_s - start_s, volley.last_s - start_s) for volley in incident.volleys]
    return tuple((a + start_s, b + start_s) for a, b in windows_around(spans, stop_s - start_s))


def _number_rows(incident: Incident, page: Page) -> tuple[tuple[IncidentShot, float, int | None], ...]:
    """Each shot with where it stands in the highest lane that has it, and the row of its number, from left to right."""
    placed = sorted(
        ((page.pins(shot)[0][0], shot) for shot in incident.shots if page.shows(shot.time_s)),
        key=lambda one: (one[0], one[1].id),
    )
    left = [x for x, _ in placed]
    width = [marks.text_inches(label(shot), NUMBER_PT) + 0.04 for _, shot in placed]
    tried = (panels.flag_rows(left, width, rows) for rows in range(1, ROWS + 1))
    found = next((rows for rows in tried if None not in rows), panels.flag_rows(left, width, ROWS))
    return tuple((shot, x, row) for (x, shot), row in zip(placed, found, strict=True))


def label(shot: IncidentShot) -> str:
    """The number of a shot, with a cross where more may hide in it."""
    return f"{shot.id}+" if shot.overlap else str(shot.id)
