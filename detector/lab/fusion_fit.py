"""Sounds of incidents with known shots -> what it is worth that other cameras hear a sound, and that they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.core.fusion import WEIGHED, evidence
from detector.records import Bool, Camera, Float64, Rejected, Shot
from detector.settings import Settings

_STEPS = 50  # of Newton's method; it stands after ten
_RIDGE = 1e-3  # keeps weights finite where all sounds are of one kind


@dataclass(frozen=True, eq=False)
class Sounds:
    """Sounds of one incident, with what their chances rest on (`fusion.Evidence`) and whether each is a shot.

    `group` names what must be left out together: a folder of scenes, or a place.
    """

    group: str
    likeliest: Float64
    terms: Float64
    shot: Bool


def sounds(group: str, cameras: Sequence[Camera], arrival_s: Float64, within_s: float, settings: Settings) -> Sounds:
    """The sounds of an incident, judged by the arrivals (shots, cameras) of its shots on each file's clock.

    A sound may be a shot if one of its onsets is within `within_s` of that shot's arrival; each shot is one sound, that
    with the most such onsets.
    """
    found = evidence(cameras, settings)
    fits = sorted(
        (-count, row, shot)
        for row, onsets in enumerate(found.onsets)
        for shot, count in _fits(onsets, arrival_s, within_s).items()
    )
    sound_of: dict[int, int] = {}
    for _, row, shot in fits:
        if shot not in sound_of and row not in sound_of.values():
            sound_of[shot] = row
    shots = np.isin(np.arange(len(found.onsets)), list(sound_of.values()))
    return Sounds(group, found.likeliest, found.terms, shots)


def _fits(onsets: Mapping[int, Shot | Rejected], arrival_s: Float64, within_s: float) -> dict[int, int]:
    """Shot -> at how many cameras an onset is nearest to its arrival, and near it."""
    counts: dict[int, int] = {}
    for camera, onset in onsets.items():
        off_s = np.abs(arrival_s[:, camera - 1] - onset.time_s)
        if np.isfinite(off_s).any() and np.nanmin(off_s) < within_s:
            shot = int(np.nanargmin(off_s))
            counts[shot] = counts.get(shot, 0) + 1
    return counts


def fitted(known: Sequence[Sounds]) -> dict[str, float]:
    """Setting -> its likeliest value (logistic regression; the likeliest onset's log-odds stand as they are)."""
    terms = np.concatenate([each.terms for each in known])
    fixed = np.concatenate([each.likeliest for each in known])
    shot = np.concatenate([each.shot for each in known]).astype(np.float64)
    weights = np.zeros(len(WEIGHED))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(fixed + terms @ weights, -30, 30)))
        slope = terms.T @ (shot - chance) - _RIDGE * weights
        curve = (terms * (chance * (1 - chance))[:, None]).T @ terms + _RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return {name: round(float(weight), 2) for name, weight in zip(WEIGHED, weights, strict=True)}


def left_out(known: Sequence[Sounds]) -> dict[str, dict[str, float]]:
    """Group -> the settings fitted to all others."""
    groups = sorted({each.group for each in known})
    return {group: fitted([each for each in known if each.group != group]) for group in groups}
