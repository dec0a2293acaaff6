"""Listed shots -> their span, and volleys with count, rate and splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.core.counting import count_onsets, doubts
from detector.records import Float64, Int64, Listed, Rejected, Span, Volley
from detector.settings import CountSettings, VolleySettings


def number(time_s: Float64, settings: VolleySettings) -> Int64:
    """(n,) number of the volley of each of the rising times, from 1: a gap above `gap_s` starts the next."""
    if len(time_s) == 0:
        return np.zeros(0, np.int64)
    return np.concatenate([[1], 1 + np.cumsum(np.diff(time_s) > settings.gap_s)]).astype(np.int64)


def group(shots: Sequence[Listed], rejected: Sequence[Rejected], settings: CountSettings) -> tuple[Volley, ...]:
    """Volleys of numbered shots, in time order.

    Onsets refused between a volley's first and last shot count with the chance that they were
    refused wrongly. Rates and splits are None for a single shot.
    """
    volleys, doubt = [], doubts(shots, settings)
    for volley in sorted({shot.volley for shot in shots if shot.volley is not None}):
        members = [shot for shot in shots if shot.volley == volley]
        first_s, last_s = members[0].time_s, members[-1].time_s
        within = [r for r in rejected if first_s <= r.time_s <= last_s]
        splits = np.diff([shot.time_s for shot in members])
        volleys.append(
            Volley(
                id=volley,
                first_s=first_s,
                last_s=last_s,
                count=count_onsets(members, within, settings, doubt),
                shots=tuple(shot.id for shot in members),
                shots_per_s=len(splits) / (last_s - first_s) if last_s > first_s else None,
                median_split_s=float(np.median(splits)) if len(splits) else None,
                shortest_split_s=float(splits.min()) if len(splits) else None,
            )
        )
    return tuple(volleys)


def span(shots: Sequence[Listed]) -> Span | None:
    """From the first of the shots, which stand in time order, to the last; None without any."""
    if not shots:
        return None
    first, last = shots[0], shots[-1]
    error_s = 0.0 if first is last else float(np.hypot(first.time_error_s, last.time_error_s))
    return Span(
        first_s=first.time_s,
        last_s=last.time_s,
        duration_s=round(last.time_s - first.time_s, 6),
        error_s=round(error_s, 6),
    )
