"""What all cameras together heard: how many shots, and what none could hear."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detector.core.counting import count_onsets, doubts
from detector.records import (
    HEARD_STATES,
    Camera,
    CountInterval,
    Coverage,
    IncidentShot,
    Rejected,
    State,
)
from detector.settings import Settings

# What is said of time that no camera heard: of the states there, the first one named here.
_UNHEARD: tuple[State, ...] = ("masked", "muted", "damaged", "not_analysed", "no_audio")


def count(shots: Sequence[IncidentShot], rejected: Sequence[Rejected], settings: Settings) -> CountInterval:
    """How many shots were heard by any camera, from the fused chances, as in a report."""
    return count_onsets(shots, rejected, settings.count, doubts(shots, settings.count))


def coverage(cameras: Sequence[Camera]) -> tuple[Coverage, ...]:
    """What at least one camera on the incident's clock could hear, from the first recording to the last."""
    parts = [
        Coverage(camera.incident_s(part.start_s), camera.incident_s(part.stop_s), part.state)
        for camera in cameras
        if camera.included
        for part in camera.report.coverage
    ]
    edges = sorted({round(edge_s, 6) for part in parts for edge_s in (part.start_s, part.stop_s)})
    found: list[Coverage] = []
    for start_s, stop_s in itertools.pairwise(edges):
        state = _state({part.state for part in parts if part.start_s <= (start_s + stop_s) / 2 < part.stop_s})
        if found and found[-1].state == state:
            found[-1] = Coverage(found[-1].start_s, stop_s, state)
        else:
            found.append(Coverage(start_s, stop_s, state))
    return tuple(found)


def _state(states: set[State]) -> State:
    if "heard" in states:
        return "heard"
    if "overloaded" in states:
        return "overloaded"
    return next((state for state in _UNHEARD if state in states), "no_audio")


def heard_s(covered: Sequence[Coverage]) -> float:
    """Seconds in which at least one camera could hear."""
    return round(sum((part.stop_s - part.start_s for part in covered if part.state in HEARD_STATES), 0.0), 6)


def residual_s(camera: Camera, shots: Sequence[IncidentShot]) -> float | None:
    """Median delay of its arrivals behind the first ones of shots that others heard too; None without one."""
    delays = [
        arrival.delay_s
        for shot in shots
        if not shot.rests_on_one
        for arrival in shot.arrivals
        if arrival.camera == camera.id
    ]
    return round(float(np.median(delays)), 6) if delays else None


def basis(cameras: Sequence[Camera]) -> Mapping[str, Any]:
    """What the interval rests on: what the cameras' own do, calibrated together on composed incidents."""
    own = [camera.report.basis for camera in cameras if camera.included]
    told = dict((own or [camera.report.basis for camera in cameras])[0])
    told.pop("measured", None)
    inside = all(each.get("inside_calibrated_range", False) for each in own)
    fused = {"fused_on": "composed incidents of 2 to 8 cameras (synthetic)"} if len(own) > 1 else {}
    return told | {"inside_calibrated_range": inside} | fused
