"""Aligned recordings -> the moments of the incident whose sound tells most of their clocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.core.listening import STEP_S, Listening
from detector.records import Alignment, Float64
from detector.settings import AlignmentSettings

_LIVELY_SHARE = 0.5  # of the moments: where most happens; the others are spread evenly, for the drift
_LEAST_HEARD = 0.9  # of a window


def moments(alignment: Alignment, recordings: Sequence[tuple[int, Listening]], settings: AlignmentSettings) -> Float64:
    """(n,) times of the incident, rising, at which windows of sound begin that at least two recordings heard.

    Half of them where most happens (rises of level in the second liveliest recording: two must hear
    it), the others the liveliest of equal parts of the shared time. Empty for fewer than two recordings.
    """
    if len(recordings) < 2 or not settings.windows:
        return np.empty(0)
    slots = [_lively(alignment, row, listening, settings) for row, listening in recordings]
    first, stop = min(at for at, _ in slots), max(at + len(values) for at, values in slots)
    table = np.zeros((len(slots), stop - first))
    for line, (at, values) in zip(table, slots, strict=True):
        line[at - first : at - first + len(values)] = values
    shared = np.sort(table, axis=0)[-2]
    there = np.flatnonzero(shared > 0)
    liveliest = there[np.argsort(-shared[there], kind="stable")][: round(_LIVELY_SHARE * settings.windows)]
    parts = np.array_split(there, max(1, settings.windows - liveliest.size)) if there.size else []
    spread = [int(part[shared[part].argmax()]) for part in parts if part.size]
    chosen = np.unique(np.concatenate([liveliest, np.array(spread, np.int64)]))
    return np.asarray((first + chosen) * settings.window_s, np.float64)


def _lively(alignment: Alignment, row: int, listening: Listening, settings: AlignmentSettings) -> tuple[int, Float64]:
    """First slot and (slots,) sum of the rises of level in each slot, 0 where not all of it was heard."""
    envelope = listening.envelope
    time_s = alignment.incident_s(row, (envelope.first + np.arange(len(envelope.heard)) + 0.5) * np.float64(STEP_S))
    slot = np.floor(time_s / settings.window_s).astype(np.int64)
    if not slot.size:
        return 0, np.zeros(0)
    level_db = envelope.level_db.astype(np.float32).mean(axis=1)
    rise = np.maximum(np.diff(level_db, prepend=level_db[:1]), 0) * envelope.heard
    lively = np.bincount(slot - slot[0], weights=rise)
    heard = np.bincount(slot - slot[0], weights=envelope.heard) >= _LEAST_HEARD * settings.window_s / STEP_S
    return int(slot[0]), np.where(heard, lively, 0.0)
