"""One stretch of sound -> the onsets worth judging, as columns that outlive the stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.core import (
    arrivals,
    cadence,
    company,
    device_tones,
    echoes,
    features,
    frames,
    level,
    onsets,
    recurrence,
    tonality,
    tone_removal,
    yamnet,
)
from detector.core.attention import Group
from detector.core.echoes import Echoes
from detector.core.features import Features
from detector.core.level import Level
from detector.core.listening import EnvelopeMeter
from detector.core.onsets import Candidates
from detector.core.patches import contrasts, patches
from detector.core.probability import Gate, Model, log_odds, logistic
from detector.core.reasons import REASONS, TONAL, reasons
from detector.core.stretches import Stretch
from detector.records import DeviceTone, Float32, Float64, Int64
from detector.settings import EchoSettings, Settings

UInt8 = NDArray[np.uint8]

# Candidates timed this close are one arrival. Of 1,317 such pairs in left-out scenes 49 were two shots, and the judges,
# which cannot learn which of the two stands for a shot, counted 334 as two.
SAME_S = 0.0035


@dataclass(frozen=True, eq=False)
class Onsets:
    """Candidates that may be shots, and those that were let go.

    Attributes
    ----------
    time_s, error_s
        (n,) first arrivals and their errors.
    level_db
        (n,) energy of the attacks in dB, for comparison among them.
    peak_db
        (n,) highest magnitude in the attack, in dB re full scale.
    chance
        (n,) probability of each without its neighbours.
    odds
        (n, 2) log-odds that it rests on: by the gate, and by the network.
    impression
        (n, outputs) what each looks like (see `Network.impressions`).
    opinion
        (n, outputs) what is made of YAMNet's word on each (see `Attention.opinions`).
    features
        Columns of the same rows.
    pattern
        (n, columns) the place's answer after each (see `features.patterns`).
    dropped_s, dropped_reason
        (m,) times of candidates that were plainly something else, and indices into `REASONS`.
    """

    time_s: Float64
    error_s: Float64
    level_db: Float64
    peak_db: Float64
    chance: Float64
    odds: Float32
    impression: Float32
    opinion: Float32
    features: Features
    pattern: Float32
    dropped_s: Float64
    dropped_reason: UInt8

    def __post_init__(self) -> None:
        if {len(getattr(self, name)) for name in _COLUMNS} != {len(self.features.values)}:
            raise ValueError("onsets need columns of one length")
        if len(self.dropped_s) != len(self.dropped_reason):
            raise ValueError("every onset let go needs a time and a reason")

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, rows: Int64) -> Onsets:
        """The given rows, in the given order; those let go stay."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, features=self.features.take(rows), **columns)


_COLUMNS = ("time_s", "error_s", "level_db", "peak_db", "chance", "odds", "impression", "opinion", "pattern")


@dataclass(frozen=True, eq=False)
class Seen:
    """Candidates with columns and probability of each seen alone, and the rows that are kept or tonal."""

    candidates: Candidates
    features: Features
    chance: Float64
    kept: Int64
    tonal: Int64


def candidates(stretch: Stretch, energies: Level, settings: Settings) -> tuple[Candidates, Features]:
    """All candidates in the core of a stretch with their columns."""
    found = onsets.find(energies, settings.onsets)
    row = found.hop - stretch.first_hop
    found = found.take(np.flatnonzero((row >= stretch.core.start) & (row < stretch.core.stop)))
    return found, features.describe(energies, found, settings.onsets)


def seen(stretch: Stretch, energies: Level, gate: Gate, settings: Settings, tones: Sequence[DeviceTone] = ()) -> Seen:
    """Which candidates of a stretch a gate keeps, but for those that only begin a tone, or end one that is taken out.

    `energies` are those of the sound without `tones`.
    """
    found, described = candidates(stretch, energies, settings)
    chance = gate.chance(described)
    likely = np.flatnonzero(chance >= settings.probability.kept)
    hop = found.hop[likely]
    tonal = tonality.begins_tone(stretch, hop, settings.tones)
    at_end = np.flatnonzero(tone_removal.end_near(tones, stretch, hop))
    tonal[at_end] |= tonality.ends_tone(stretch, hop[at_end], settings.tones)
    return Seen(found, described, chance, likely[~tonal], likely[tonal])


def listen(
    stretch: Stretch,
    model: Model,
    settings: Settings,
    tones: Sequence[DeviceTone] | None = None,
    envelope: EnvelopeMeter | None = None,
) -> Onsets:
    """Onsets in the core of a stretch, in the order of their hops: `join` puts them in that of their times.

    `tones` are those that devices made in the stretch and its margins; they are found if not given.
    An `envelope` is told the levels that are measured on the way.
    """
    if tones is None:
        tones = device_tones.find(stretch, frames.with_margins(stretch), settings.tones)
    whole, stretch = stretch, tone_removal.without(stretch, tones)
    energies = level.measure(stretch)
    if envelope is not None:
        envelope.add(energies, stretch.core)
    first = seen(whole, energies, model.gate, settings, tones)
    found = first.candidates.take(first.kept)
    around = patches(energies, found, settings.onsets)
    impression = model.network.impressions(around)
    odds = np.stack([log_odds(first.chance[first.kept]), model.network.odds(impression)], axis=1)
    chance = logistic(odds.mean(axis=1))
    contrast = contrasts(around)
    described = first.features.take(first.kept)
    said, opinion = _second_opinion(stretch, found, chance, model, settings)
    arrived = arrivals.refine(stretch, found.hop, settings.arrivals)
    peak = level.max_around(energies.peak, 0, 5)[found.hop - stretch.first_hop]
    let_go = np.setdiff1d(np.arange(len(first.chance)), first.kept)
    why = reasons(first.features.take(let_go), np.full(len(let_go), np.nan), settings.echoes)
    return Onsets(
        time_s=arrived.time_s,
        error_s=arrived.error_s,
        level_db=features.attack_db(energies, found, settings.onsets),
        peak_db=20 * np.log10(peak.astype(np.float64) + 1e-10),
        chance=chance,
        odds=odds.astype(np.float32),
        impression=impression,
        opinion=opinion,
        features=described.beside(contrast, said),
        pattern=features.patterns(energies, found, settings.onsets),
        dropped_s=first.candidates.hop[let_go] * np.float64(stretch.hop_s),
        # One byte each: nearly all that an hour of talk gives is let go.
        dropped_reason=np.where(np.isin(let_go, first.tonal), REASONS.index(TONAL), why).astype(np.uint8),
    )


def _second_opinion(
    stretch: Stretch, found: Candidates, chance: Float64, model: Model, settings: Settings
) -> tuple[Features, Float32]:
    """What YAMNet says of the candidates that may be shots, and what is made of it.

    NaN and 0 for the others, of which it is not asked.
    """
    said = np.full((len(chance), len(yamnet.CLASSES)), np.nan, np.float32)
    opinion = np.zeros((len(chance), len(model.attention.opinion.bias)), np.float32)
    asked = np.flatnonzero(chance >= settings.probability.asked)
    embedding = yamnet.embeddings(stretch, found.hop[asked])
    said[asked] = yamnet.log_odds(embedding)
    opinion[asked] = model.attention.opinions(said[asked], embedding)
    return Features(yamnet.COLUMNS, said), opinion


def join(parts: Sequence[Onsets]) -> Onsets | None:
    """The onsets of all stretches with strictly rising times, one for each arrival; None without a stretch."""
    if not parts:
        return None
    # Only here, with all stretches together: what is one arrival may not depend on where the sound was cut.
    rows = distinct(np.concatenate([p.time_s for p in parts]), np.concatenate([p.chance for p in parts]))
    columns = {name: np.concatenate([getattr(part, name) for part in parts])[rows] for name in _COLUMNS}
    return Onsets(
        **columns,
        features=Features(parts[0].features.names, np.concatenate([p.features.values for p in parts])[rows]),
        dropped_s=np.concatenate([p.dropped_s for p in parts]),
        dropped_reason=np.concatenate([p.dropped_reason for p in parts]),
    )


@dataclass(frozen=True, eq=False)
class Judged:
    """Verdicts on n onsets: calibrated chances (n,), mean numbers of shots hidden in each (n,), and why."""

    chance: Float64
    more: Float64
    echoes: Echoes


def judged(onsets: Onsets, model: Model, settings: Settings) -> Judged:
    """Onsets judged among their neighbours, then once more by what the first judgement makes of these."""
    columns = among(onsets, model, settings)
    last, explained = neighbours(onsets, model.joint.chance(columns), settings.echoes)
    return Judged(model.last.chance(last), model.more(columns), explained)


def among(onsets: Onsets, model: Model, settings: Settings) -> Features:
    """All columns of onsets, among neighbours as attention judges them: those of `Model.joint`."""
    odds = model.attention.odds(group(onsets))
    chance = logistic((log_odds(onsets.chance) + odds) / 2)
    said = np.stack([onsets.odds[:, 1], odds.astype(np.float32)], axis=1)
    beside = neighbours(onsets, chance, settings.echoes)[0]
    return onsets.features.beside(beside, Features(("network_odds", "attention_odds"), said))


def neighbours(onsets: Onsets, chance: Float64, settings: EchoSettings) -> tuple[Features, Echoes]:
    """Columns of onsets among neighbours that are shots with `chance` (n,), and what earlier shots explain."""
    at = onsets.time_s, onsets.level_db
    explained = echoes.explain(*at, onsets.features, onsets.pattern, chance, settings)
    columns = explained.neighbours.beside(
        recurrence.describe(*at, chance, settings),
        company.describe(*at, chance, onsets.features, onsets.pattern),
        cadence.describe(*at, chance),
    )
    return columns, explained


def group(onsets: Onsets) -> Group:
    """Onsets as attention wants them."""
    said = onsets.features.values[:, onsets.features.names.index(yamnet.COLUMNS[0])]
    return Group(
        onsets.time_s,
        onsets.level_db,
        onsets.pattern,
        onsets.impression,
        onsets.odds,
        onsets.opinion,
        ~np.isnan(said),
    )


def distinct(time_s: Float64, chance: Float64) -> Int64:
    """Rows in time order without those that time the same arrival as a likelier one."""
    kept: list[int] = []
    for row in np.argsort(time_s, kind="stable").tolist():
        if kept and time_s[row] - time_s[kept[-1]] < SAME_S:
            if chance[row] > chance[kept[-1]]:
                kept[-1] = row
        else:
            kept.append(row)
    return np.array(kept, np.int64)
