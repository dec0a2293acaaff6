"""One stretch of sound -> the onsets worth judging, as columns that outlive the stretch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.core import arrivals, features, level, onsets
from detector.core.features import Features
from detector.core.level import Level
from detector.core.onsets import Candidates
from detector.core.probability import REASONS, Model, reasons
from detector.core.stretches import Stretch
from detector.records import Float32, Float64, Int64
from detector.settings import Settings

SAME_S = 0.0015  # two candidates timed this close are one arrival: the hop grid cannot part them


@dataclass(frozen=True, eq=False)
class Onsets:
    """Candidates that may be shots, in time order, and how many were let go.

    Attributes
    ----------
    time_s, error_s
        (n,) first arrivals, strictly rising, and their errors.
    level_db
        (n,) energy of the attacks in dB, for comparison among them.
    peak_db
        (n,) highest magnitude in the attack, in dB re full scale.
    chance
        (n,) probability of each seen alone.
    features
        Columns of the same rows.
    pattern
        (n, columns) the place's answer after each (see `features.patterns`).
    dropped
        (minute, reason) -> number of candidates that were plainly something else.
    """

    time_s: Float64
    error_s: Float64
    level_db: Float64
    peak_db: Float64
    chance: Float64
    features: Features
    pattern: Float32
    dropped: Counter[tuple[int, str]]

    def __post_init__(self) -> None:
        columns = (
            *(self.time_s, self.error_s, self.level_db, self.peak_db, self.chance),
            *(self.features.values, self.pattern),
        )
        if len({len(column) for column in columns}) > 1 or np.any(np.diff(self.time_s) <= 0):
            raise ValueError("onsets need columns of one length and strictly rising times")

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, rows: Int64) -> Onsets:
        """The given rows, in the given order."""
        return Onsets(
            self.time_s[rows],
            self.error_s[rows],
            self.level_db[rows],
            self.peak_db[rows],
            self.chance[rows],
            self.features.take(rows),
            self.pattern[rows],
            self.dropped,
        )


def candidates(stretch: Stretch, energies: Level, settings: Settings) -> tuple[Candidates, Features]:
    """All candidates in the core of a stretch with their columns."""
    found = onsets.find(energies, settings.onsets)
    row = found.hop - stretch.first_hop
    found = found.take(np.flatnonzero((row >= stretch.core.start) & (row < stretch.core.stop)))
    return found, features.describe(energies, found, settings.onsets)


def listen(stretch: Stretch, model: Model, settings: Settings) -> Onsets:
    """Onsets in the core of a stretch."""
    energies = level.measure(stretch)
    found, described = candidates(stretch, energies, settings)
    chance = model.first(described)
    kept = chance >= settings.probability.kept
    dropped = _dropped(found.hop[~kept] * np.float64(stretch.hop_s), described.take(np.flatnonzero(~kept)), settings)
    found = found.take(np.flatnonzero(kept))
    arrived = arrivals.refine(stretch, found.hop, settings.arrivals)
    rows = _distinct(arrived.time_s, chance[kept])
    found = found.take(np.sort(rows))  # candidates stay in the order of their hops
    peak = level.max_around(energies.peak, 0, 5)[found.hop - stretch.first_hop]
    return Onsets(
        time_s=arrived.time_s[rows],
        error_s=arrived.error_s[rows],
        level_db=features.attack_db(energies, found, settings.onsets).astype(np.float64),
        peak_db=20 * np.log10(peak.astype(np.float64) + 1e-10),
        chance=chance[kept][rows],
        features=described.take(np.flatnonzero(kept)[rows]),
        pattern=features.patterns(energies, found, settings.onsets),
        dropped=dropped,
    )


def join(parts: Sequence[Onsets]) -> Onsets | None:
    """The onsets of all stretches in time order, None without a stretch."""
    if not parts:
        return None
    rows = _distinct(np.concatenate([p.time_s for p in parts]), np.concatenate([p.chance for p in parts]))
    return Onsets(
        time_s=np.concatenate([p.time_s for p in parts])[rows],
        error_s=np.concatenate([p.error_s for p in parts])[rows],
        level_db=np.concatenate([p.level_db for p in parts])[rows],
        peak_db=np.concatenate([p.peak_db for p in parts])[rows],
        chance=np.concatenate([p.chance for p in parts])[rows],
        features=Features(parts[0].features.names, np.concatenate([p.features.values for p in parts])[rows]),
        pattern=np.concatenate([p.pattern for p in parts])[rows],
        dropped=sum((p.dropped for p in parts), Counter()),
    )


def _distinct(time_s: Float64, chance: Float64) -> Int64:
    """Rows in time order without those that time the same arrival as a likelier one."""
    order = np.argsort(time_s, kind="stable")
    kept: list[int] = []
    for row in order:
        if kept and time_s[row] - time_s[kept[-1]] < SAME_S:
            if chance[row] > chance[kept[-1]]:
                kept[-1] = int(row)
        else:
            kept.append(int(row))
    return np.array(kept, np.int64)


def _dropped(time_s: Float64, described: Features, settings: Settings) -> Counter[tuple[int, str]]:
    reason = reasons(described, np.full(len(time_s), np.nan), settings.echoes)
    return Counter(zip((time_s // 60).astype(int).tolist(), (REASONS[r] for r in reason), strict=True))
