"""Shots with their arrivals -> groups that are consistent with one place each.

The delays between cameras tell where a sound came from, to a curve or a point that is not known
without the cameras' own places; but two shots from one place have the same. Whoever walks makes
several groups, and two people at one place make one: groups are places, never guns or people.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from detector.records import Float64, IncidentShot, Position
from detector.settings import FusionSettings

_LEAST_SHOTS = 2  # of a position: one alone is consistent with any
_LEAST_CAMERAS = 2  # that two shots must share: one camera has no delays


def group(
    shots: Sequence[IncidentShot], settings: FusionSettings
) -> tuple[tuple[IncidentShot, ...], tuple[Position, ...]]:
    """The shots with the number of their position, and the positions in the order of their first shots.

    A shot joins the position whose delays are nearest, if all of them are within `place_s`; else it
    begins one. Shots heard by one camera, and single ones, have none. Two positions differ by more than the
    tolerance between at least two cameras, at the moment when they were told apart.
    """
    cameras = sorted({camera for shot in shots for camera in shot.heard_by})
    arrived_s = np.full((len(shots), len(cameras)), np.nan)
    for row, shot in enumerate(shots):
        for arrival in shot.arrivals:
            arrived_s[row, cameras.index(arrival.camera)] = arrival.delay_s
    members = [rows for rows in _groups(arrived_s, settings.place_s) if len(rows) >= _LEAST_SHOTS]
    number_of = {row: number for number, rows in enumerate(members, start=1) for row in rows}
    positions = tuple(
        _position(number, [shots[row].id for row in rows], cameras, arrived_s[rows])
        for number, rows in enumerate(members, start=1)
    )
    return tuple(dataclasses.replace(shot, position=number_of.get(row)) for row, shot in enumerate(shots)), positions


def _groups(arrived_s: Float64, tolerance_s: float) -> list[list[int]]:
    """Rows that go together, each group with the mean of its delays as it grows."""
    groups: list[list[int]] = []
    means: list[Float64] = []
    for row, one_s in enumerate(arrived_s):
        if np.isfinite(one_s).sum() < _LEAST_CAMERAS:
            continue
        apart_s = [_apart_s(one_s, mean_s) for mean_s in means]
        best = int(np.argmin(apart_s)) if apart_s else -1
        if best >= 0 and apart_s[best] <= tolerance_s:
            groups[best].append(row)
            means[best] = _mean_s(arrived_s[groups[best]])
        else:
            groups.append([row])
            means.append(one_s)
    return groups


def _apart_s(one_s: Float64, other_s: Float64) -> float:
    """By how much the delays of two sounds differ; infinite with fewer than two cameras in common."""
    since_s = (one_s - other_s)[np.isfinite(one_s) & np.isfinite(other_s)]
    return float(np.ptp(since_s)) if len(since_s) >= _LEAST_CAMERAS else np.inf


def _mean_s(arrived_s: Float64) -> Float64:
    """(cameras,) arrivals of several sounds, each moved in time to fit the first on the cameras both have."""
    total, count = np.nan_to_num(arrived_s[0]), np.isfinite(arrived_s[0]).astype(np.float64)
    for one_s in arrived_s[1:]:
        both = (count > 0) & np.isfinite(one_s)
        moved_s = one_s - np.mean(one_s[both] - total[both] / count[both])
        total, count = total + np.nan_to_num(moved_s), count + np.isfinite(one_s)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _position(number: int, ids: Sequence[int], cameras: Sequence[int], arrived_s: Float64) -> Position:
    delays, rests = [], list[Float64]()
    for one, other in itertools.combinations(range(len(cameras)), 2):
        between_s = arrived_s[:, other] - arrived_s[:, one]
        between_s = between_s[np.isfinite(between_s)]
        if len(between_s):
            median_s = float(np.median(between_s))
            delays.append((cameras[one], cameras[other], round(median_s, 6)))
            rests.append(np.abs(between_s - median_s))
    spread_s = float(np.quantile(np.concatenate(rests), 0.9))
    return Position(number, tuple(ids), tuple(delays), round(spread_s, 6))
