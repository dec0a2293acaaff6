"""Candidates -> what is known about each, as named columns.

Everything is relative: levels against the attack itself, against what came before and against the
other onsets nearby. Gain, and the distance of the gun, drop out; what is left survives clipping,
limiters and low-rate coding.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from detector.core.level import BANDS, Level, doublings, max_around, max_from, mean_after, over_bands, sum_from
from detector.core.onsets import Candidates, floor
from detector.records import Float32, Float64, Int64
from detector.settings import OnsetSettings

# Edges in hops of the windows in which energies are compared, seen from the candidate outwards:
# about logarithmic, since both blasts and rooms decay that way.
AFTER = (0, 1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 130, 200, 300)
BEFORE = (0, 1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 130, 200, 400)
# Windows in which the loudest attack before or after is looked up.
LOUDEST_BEFORE = (1, 6, 15, 40, 100, 250, 600, 1500)
LOUDEST_AFTER = (4, 15, 40, 100, 250, 600)
# Groups of bands: below 1.5 kHz, 1.5-3.5 kHz, above.
GROUPS = {"low": slice(0, 2), "mid": slice(2, 3), "high": slice(3, BANDS)}

# Hops after the candidate in which the place's answer is compared: a quarter of a second tells places apart.
PATTERN_HOPS = 240

_BACK, _AHEAD = BEFORE[-1], AFTER[-1]


@dataclass(frozen=True, eq=False)
class Features:
    """Named columns: `values` (n, len(names)) float32, NaN where a figure does not exist."""

    names: tuple[str, ...]
    values: Float32

    def __post_init__(self) -> None:
        if self.values.shape[1] != len(self.names):
            raise ValueError("features need one name a column")

    def take(self, rows: Int64) -> Features:
        """The given rows, in the given order."""
        return Features(self.names, self.values[rows])

    def beside(self, *others: Features) -> Features:
        """These columns, then those of other tables of the same rows."""
        tables = (self, *others)
        return Features(
            tuple(name for table in tables for name in table.names),
            np.concatenate([table.values for table in tables], axis=1),
        )


def attack_db(level: Level, candidates: Candidates, settings: OnsetSettings) -> Float64:
    """(n,) energy of each candidate's attack in dB, all bands of the differenced sound."""
    row = candidates.hop - level.first_hop
    attack = mean_after(over_bands(level.energy), settings.after_hops)[row] + floor(level, settings)[row]
    return np.asarray(10 * np.log10(attack.astype(np.float64)))


def describe(level: Level, candidates: Candidates, settings: OnsetSettings) -> Features:
    """Columns for each candidate of this level.

    Windows that reach beyond the sound see the floor energy. The longest neighbourhood is that of the floor,
    2 s on either side.
    """
    row = candidates.hop - level.first_hop
    ground = floor(level, settings)[row]
    columns: dict[str, Float32] = {"rise_db": candidates.rise_db}
    groups = np.stack([over_bands(level.energy, band) for band in GROUPS.values()], axis=1)
    if level.bands <= GROUPS["high"].start:
        groups[:, 2] = np.nan
    attack = mean_after(groups, settings.after_hops)[row]
    total = mean_after(over_bands(level.energy), settings.after_hops)[row]
    balance_db = _ratio_db(attack, total[:, None], ground[:, None])
    for number, name in enumerate(GROUPS):
        columns[f"balance_{name}_db"] = balance_db[:, number]
    columns |= _profile(groups, ground, row, attack)
    columns |= _loudest(level, ground, row, settings)
    columns |= _peaks(level, row)
    return Features(tuple(columns), np.stack(list(columns.values()), axis=1).astype(np.float32))


def patterns(level: Level, candidates: Candidates, settings: OnsetSettings) -> Float32:
    """(n, columns) how the sound after each candidate comes and goes, scaled so that products are correlations.

    The envelope of two groups of bands in dB, two hops a step, without its mean and slope: what a
    place adds to a blast, whatever the gun's level and the length of the tail.
    """
    row = candidates.hop - level.first_hop
    ground = floor(level, settings)[row]
    steps = PATTERN_HOPS // 2
    time = np.linspace(-1, 1, steps, dtype=np.float32)
    time /= np.sqrt((time**2).sum())
    parts = []
    for band in (GROUPS["low"], slice(2, BANDS)):
        energy = np.pad(over_bands(level.energy, band), (0, PATTERN_HOPS))
        around = energy[row[:, None] + np.arange(PATTERN_HOPS)].reshape(len(row), steps, 2).mean(axis=2)
        envelope = np.asarray(10 * np.log10(around / ground[:, None] + 1))
        envelope = envelope - envelope.mean(axis=1, keepdims=True)
        parts.append(envelope - (envelope * time).sum(axis=1, keepdims=True) * time)
    together = np.concatenate(parts, axis=1)
    length = np.sqrt((together**2).sum(axis=1, keepdims=True)) + np.float32(1e-6)
    return np.asarray(together / length)


def _ratio_db(above: Float32, below: Float32, ground: Float32) -> Float32:
    """10 log10 of the ratio of two energies, both over the floor.

    The ratio comes before the logarithm: a gain that is a power of two then changes no bit.
    """
    return np.asarray(10 * np.log10((above + ground) / (below + ground)), dtype=np.float32)


def _profile(groups: Float32, ground: Float32, row: Int64, attack: Float32) -> dict[str, Float32]:
    """Energy in windows before and after, per group of bands, in dB re the attack."""
    tables = doublings(np.pad(groups, ((_BACK, _AHEAD), (0, 0))), BEFORE[-1] - BEFORE[-2], np.add)
    at = row + _BACK
    columns: dict[str, Float32] = {}
    for side, edges in (("before", BEFORE), ("after", AFTER)):
        relative_db = {}
        for near, far in itertools.pairwise(edges):
            mean = sum_from(tables, at - far if side == "before" else at + near, far - near) / np.float32(far - near)
            relative_db[near] = _ratio_db(mean, attack, ground[:, None])
        for number, name in enumerate(GROUPS):
            columns |= {f"{side}_{near}_{name}_db": values[:, number] for near, values in relative_db.items()}
    return columns


def _loudest(level: Level, ground: Float32, row: Int64, settings: OnsetSettings) -> dict[str, Float32]:
    """Attack against the loudest three hops in ranges before and after, all bands and the upper ones."""
    back, ahead = LOUDEST_BEFORE[-1], LOUDEST_AFTER[-1]
    columns = {}
    for name, band in (("all", slice(0, BANDS)), ("upper", slice(2, BANDS))):
        attack = mean_after(over_bands(level.energy, band), settings.after_hops)
        tables = doublings(np.pad(attack, (back, ahead)), back - LOUDEST_BEFORE[-2], np.maximum)
        for side, edges in (("before", LOUDEST_BEFORE), ("after", LOUDEST_AFTER)):
            for near, far in itertools.pairwise(edges):
                # Ranges reach from `near` to before `far`, seen from the candidate outwards.
                start = row + back + (1 - far if side == "before" else near)
                loudest = max_from(tables, start, far - near)
                columns[f"over_{side}_{near}_{name}_db"] = _ratio_db(attack[row], loudest, ground)
    return columns


def _peaks(level: Level, row: Int64) -> dict[str, Float32]:
    """How high the sound stands against the rail, and how flat it stays there."""
    rail = max_around(level.peak, 2000, 2000)[row] + np.float32(1e-30)
    padded = np.pad(level.peak, (20, 40))
    around = padded[row[:, None] + np.arange(60)]
    columns = {
        "peak_re_rail_db": 20 * np.log10(around[:, 20:26].max(axis=1) / rail + np.float32(1e-6)),
        "peak_step_db": 20
        * np.log10((around[:, 20:26].max(axis=1) + rail * 1e-6) / (around[:, 8:18].max(axis=1) + rail * 1e-6)),
        "flat_10": (around[:, 20:30] > 0.85 * rail[:, None]).mean(axis=1),
        "flat_40": (around[:, 20:60] > 0.85 * rail[:, None]).mean(axis=1),
        "flat_before": (around[:, :20] > 0.85 * rail[:, None]).mean(axis=1),
    }
    return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}
