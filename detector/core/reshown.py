"""Sounds of an incident -> the same with second showings counted once: a replay in one file of what another recorded.

Second showings within one file are known from its report. Between files, and between parts of one
file, the rhythm of all sounds on the incident's clock shows them, slowed replays included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from detector.core import showings, volleys
from detector.core.fusion import Fused
from detector.core.verdicts import SHOWN_BEFORE
from detector.records import IncidentShot, Rejected, Repeat
from detector.settings import Settings


def once(fused: Fused, settings: Settings) -> tuple[Fused, tuple[Repeat, ...]]:
    """The sounds with `repeat_of` where they are a second showing, and these showings on the incident's clock.

    As in a report, a sound of a second showing whose first was not listed is refused.
    """
    time_s = np.array([shot.time_s for shot in fused.shots], np.float64)
    found = showings.find(time_s, settings.repeats)
    if not found:
        return fused, ()
    fresh = [shot for shot in fused.shots if _shown_first_s(shot, found) is None]
    first = {shot.id: _original(shot, fresh, found, settings) for shot in fused.shots}
    kept = [shot for shot in fused.shots if shot in fresh or first[shot.id] is not None]
    number = {shot.id: place for place, shot in enumerate(kept, start=1)}
    volley = volleys.number(np.array([shot.time_s for shot in kept], np.float64), settings.volleys)
    shots = tuple(
        dataclasses.replace(
            shot,
            id=number[shot.id],
            volley=int(of),
            repeat_of=None if (original := first[shot.id]) is None else number[original.id],
        )
        for shot, of in zip(kept, volley, strict=True)
    )
    refused = [Rejected(0, shot.time_s, 0.0, SHOWN_BEFORE) for shot in fused.shots if shot.id not in number]
    rejected = sorted([*fused.rejected, *refused], key=lambda onset: (onset.time_s, onset.id))
    numbered = [dataclasses.replace(onset, id=len(shots) + place) for place, onset in enumerate(rejected, start=1)]
    return Fused(shots, tuple(numbered)), found


def _shown_first_s(shot: IncidentShot, found: Sequence[Repeat]) -> float | None:
    for repeat in found:
        if repeat.start_s <= shot.time_s < repeat.stop_s:
            return repeat.of_start_s + (shot.time_s - repeat.start_s) * repeat.speed
    return None


def _original(
    shot: IncidentShot, fresh: Sequence[IncidentShot], found: Sequence[Repeat], settings: Settings
) -> IncidentShot | None:
    """The sound that is shown again; None for a fresh one, and where the first showing was not listed."""
    first_s = _shown_first_s(shot, found)
    if first_s is None or not fresh:
        return None
    nearest = min(fresh, key=lambda other: abs(other.time_s - first_s))
    return nearest if abs(nearest.time_s - first_s) <= settings.repeats.rhythm_loose_ms / 1000 else None
