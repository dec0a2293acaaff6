"""Onsets of several cameras on one clock -> which of them are one sound.

A sound reaches one camera earlier than another by up to the distance between them over the speed
of sound, which is more than lies between two shots of a volley: the nearest onset is often the
wrong one. What holds instead is that shots from one place arrive with one set of delays, which
changes no faster than people walk. So every possible match is judged by how many others, at about
that time, have its delays; first camera by camera (`_pair`), then, one camera after the other,
against the sounds that all the others make up (`_rematched`), whose delays among themselves
tell the place. Echoes come from elsewhere at every camera and find few that agree with them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detector.records import Float64, Int64
from detector.settings import FusionSettings

_SWEEPS = 4  # over all cameras; most incidents stand after two
_ROUNDS = 8  # of a pair of cameras, in which matches strengthen each other
_LIKELY = 0.3  # chance of a match from which it joins two onsets at first
_MOST = 1000  # onsets that are matched at a time: what lies further apart has nothing to say
_RATE_S = 0.5  # seconds either side in which onsets are counted for their rate
_AT_ONCE = 256  # sounds whose arrivals are foretold at once, for the memory's sake
_FAINT = 1e-6  # weight below which a known sound foretells nothing
_STRONGEST = 30.0  # largest logarithm that is taken at its word


@dataclass(frozen=True, eq=False)
class Train:
    """Onsets of one camera as columns (n,), in time order: time on the incident's clock, chance of a shot in (0, 1)."""

    time_s: Float64
    probability: Float64

    def __post_init__(self) -> None:
        if self.time_s.shape != self.probability.shape or (np.diff(self.time_s) < 0).any():
            raise ValueError("a train needs times in order, and as many chances")

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, rows: slice) -> Train:
        """The onsets of some rows."""
        return Train(self.time_s[rows], self.probability[rows])


def match(trains: Sequence[Train], settings: FusionSettings) -> Int64:
    """(sounds, cameras) row of each sound's onset at each camera, -1 where it has none.

    Every onset is in exactly one sound, every sound has an onset, and sounds are in the order of their
    first arrivals.
    """
    found = [np.full((0, len(trains)), -1, np.int64)]
    for first, last in _pieces(trains, settings):
        rows = [slice(*np.searchsorted(train.time_s, (first, last))) for train in trains]
        part = _matched([train.take(row) for train, row in zip(trains, rows, strict=True)], settings)
        found.append(np.where(part >= 0, part + np.array([row.start for row in rows]), -1))
    sounds = np.concatenate(found)
    first_s = np.nanmin(arrivals_s(sounds, trains), axis=1) if len(sounds) else np.empty(0)
    return np.asarray(sounds[np.lexsort((*sounds.T, first_s))])


def arrivals_s(sounds: Int64, trains: Sequence[Train]) -> Float64:
    """(sounds, cameras) times of the onsets of each sound, NaN where there is none."""
    return _column(sounds, [train.time_s for train in trains])


def _column(sounds: Int64, columns: Sequence[Float64]) -> Float64:
    values = np.full(sounds.shape, np.nan)
    for camera, column in enumerate(columns):
        heard = sounds[:, camera] >= 0
        values[heard, camera] = column[sounds[heard, camera]]
    return values


def _pieces(trains: Sequence[Train], settings: FusionSettings) -> Iterator[tuple[float, float]]:
    """Times [first, last) of onsets to be matched together, cut at the longest pauses."""
    time_s = np.sort(np.concatenate([train.time_s for train in trains])) if trains else np.empty(0)
    todo = [(0, len(time_s))] if len(time_s) else []
    while todo:
        start, stop = todo.pop()
        gaps = np.diff(time_s[start:stop])
        longest = int(gaps.argmax()) if len(gaps) else 0
        apart = len(gaps) and gaps[longest] > 3 * settings.memory_s + settings.reach_s
        if apart or stop - start > _MOST:
            todo += [(start, start + longest + 1), (start + longest + 1, stop)]
        else:
            yield float(time_s[start]), float(np.nextafter(time_s[stop - 1], np.inf))


def _matched(trains: Sequence[Train], settings: FusionSettings) -> Int64:
    sounds = _joined(trains, settings)
    for _ in range(_SWEEPS):
        before = set(map(tuple, sounds.tolist()))
        for camera in range(len(trains)):
            sounds = _rematched(sounds, trains, camera, settings)
        if set(map(tuple, sounds.tolist())) == before:
            break
    return sounds


# --- two cameras -----------------------------------------------------------------------------------


def _joined(trains: Sequence[Train], settings: FusionSettings) -> Int64:
    """Sounds from the likeliest matches of each two cameras, the likeliest first."""
    edges = [
        (-chance, one, row, other, column)
        for one, other in itertools.combinations(range(len(trains)), 2)
        for row, column, chance in _pair(trains[one], trains[other], settings)
    ]
    sound_of: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {
        (camera, row): ((camera, row),) for camera, train in enumerate(trains) for row in range(len(train))
    }
    for _, one, row, other, column in sorted(edges):
        mine, theirs = sound_of[one, row], sound_of[other, column]
        if not {camera for camera, _ in mine} & {camera for camera, _ in theirs}:
            sound_of.update(dict.fromkeys(mine + theirs, mine + theirs))
    sounds = np.full((len(set(sound_of.values())), len(trains)), -1, np.int64)
    for number, members in enumerate(sorted(set(sound_of.values()))):
        for camera, row in members:
            sounds[number, camera] = row
    return sounds


def _pair(one: Train, other: Train, settings: FusionSettings) -> list[tuple[int, int, float]]:
    """(row, row, chance) of the likely matches of two cameras."""
    mine, theirs = _within(one.time_s - settings.reach_s, one.time_s + settings.reach_s, other.time_s)
    if not len(mine):
        return []
    at_s, delay_s = (one.time_s[mine] + other.time_s[theirs]) / 2, other.time_s[theirs] - one.time_s[mine]
    a, b = _alike(at_s, delay_s, settings)
    apart = (mine[a] != mine[b]) & (theirs[a] != theirs[b])
    a, b = a[apart], b[apart]
    since_s = np.abs(at_s[a] - at_s[b])
    spread_s = np.hypot(2 * settings.timing_s, settings.wander * since_s)
    likeness = np.exp(-since_s / settings.memory_s) * _normal((delay_s[a] - delay_s[b]) / spread_s) / spread_s
    near = np.exp(-np.abs(one.time_s[:, None] - one.time_s) / settings.memory_s)
    base = _heard_odds(one.probability[mine], settings) - _other_odds(other, theirs, settings)
    anywhere = 1 / (2 * settings.reach_s)
    density = np.full(len(mine), anywhere)
    for _ in range(_ROUNDS):
        chance = _shared(base + np.log(density), (mine, theirs), (len(one), len(other)))
        agreeing = np.bincount(a, likeness * chance[b], len(mine)) + np.bincount(b, likeness * chance[a], len(mine))
        matched = np.bincount(mine, chance, len(one))
        weight = (near @ matched)[mine] - matched[mine]
        density = (agreeing + settings.new * anywhere) / (weight + settings.new)
    chance = _shared(base + np.log(density), (mine, theirs), (len(one), len(other)))
    likely = chance > _LIKELY
    return list(zip(mine[likely].tolist(), theirs[likely].tolist(), chance[likely].tolist(), strict=True))


def _within(low: Float64, high: Float64, times: Float64) -> tuple[Int64, Int64]:
    """Every row with every one of the rising `times` that lies in its low..high."""
    start = np.searchsorted(times, low)
    count = np.maximum(np.searchsorted(times, high, side="right") - start, 0)
    rows = np.repeat(np.arange(len(low)), count)
    columns = np.arange(len(rows)) + np.repeat(start - np.cumsum(count) + count, count)
    return rows.astype(np.int64), columns.astype(np.int64)


def _alike(at_s: Float64, delay_s: Float64, settings: FusionSettings) -> tuple[Int64, Int64]:
    """Each two matches, once, that lie near each other in time and in delay."""
    far_s = 3 * settings.memory_s
    order = np.argsort(delay_s, kind="stable")
    rows, columns = _within(
        delay_s[order], delay_s[order] + 4 * np.hypot(settings.timing_s, settings.wander * far_s), delay_s[order]
    )
    a, b = order[rows[columns > rows]], order[columns[columns > rows]]
    near = np.abs(at_s[a] - at_s[b]) <= far_s
    return a[near].astype(np.int64), b[near].astype(np.int64)


def _shared(log_odds: Float64, places: tuple[Int64, Int64], sizes: tuple[int, int]) -> Float64:
    """Chances of matches, each onset taking part in one at most (Sinkhorn's scaling, with nothing as a choice)."""
    odds = np.exp(np.clip(log_odds, -_STRONGEST, _STRONGEST))
    (mine, theirs), columns = places, np.ones(sizes[1])
    for _ in range(10):
        rows = 1 / (1 + np.bincount(mine, odds * columns[theirs], sizes[0]))
        columns = 1 / (1 + np.bincount(theirs, odds * rows[mine], sizes[1]))
    return np.asarray(odds * rows[mine] * columns[theirs])


# --- one camera against all others -----------------------------------------------------------------


def _rematched(sounds: Int64, trains: Sequence[Train], camera: int, settings: FusionSettings) -> Int64:
    """The sounds with the onsets of one camera given out anew, by what all the others say."""
    from scipy.optimize import linear_sum_assignment

    train = trains[camera]
    others = sounds.copy()
    others[:, camera] = -1
    told = np.flatnonzero((others >= 0).any(axis=1))
    at_s = arrivals_s(others, trains)
    low_s, high_s = np.nanmax(at_s[told], axis=1) - settings.reach_s, np.nanmin(at_s[told], axis=1) + settings.reach_s
    row, onset = _within(low_s, high_s, train.time_s)
    known = told[sounds[told, camera] >= 0]
    density = _density(at_s, (told, known), train.time_s[sounds[known, camera]], (row, train.time_s[onset]), settings)
    chance = together(_column(others[told], [each.probability for each in trains]))
    gain = np.log(density) + _heard_odds(chance[row], settings) - _other_odds(train, onset, settings)
    worth = np.zeros((len(told), len(train)))
    worth[row, onset] = np.maximum(gain, 0.0)
    rows, onsets = linear_sum_assignment(worth, maximize=True)
    taken = worth[rows, onsets] > 0
    others[told[rows[taken]], camera] = onsets[taken]
    alone = np.setdiff1d(np.arange(len(train)), onsets[taken])
    lone = np.full((len(alone), len(trains)), -1, np.int64)
    lone[:, camera] = alone
    return np.concatenate([others[(others >= 0).any(axis=1)], lone])


def _density(
    at_s: Float64,
    rows: tuple[Int64, Int64],
    known_s: Float64,
    asked: tuple[Int64, Float64],
    settings: FusionSettings,
) -> Float64:
    """Chance a second that a sound arrives at a time, for each (row of `told`, time) that is asked.

    `at_s` (sounds, cameras) are arrivals at the other cameras, `rows` the sounds that are asked about and
    those whose arrival `known_s` at this camera is known.
    """
    sound, time_s = asked
    anywhere = 1 / (2 * settings.reach_s)
    if not len(known_s):
        return np.full(len(sound), anywhere)
    weight, mean_s, error_s = _foretold(at_s, rows, known_s, settings)
    there = weight[sound] * _normal((time_s[:, None] - mean_s[sound]) / error_s[sound]) / error_s[sound]
    return np.asarray((there.sum(axis=1) + settings.new * anywhere) / (weight.sum(axis=1)[sound] + settings.new))


def _foretold(
    at_s: Float64, rows: tuple[Int64, Int64], known_s: Float64, settings: FusionSettings
) -> tuple[Float64, Float64, Float64]:
    """Weights, times and errors (told, known) that known sounds foretell for others, as if both came from one place.

    The weight is the larger the nearer their delays are among the other cameras; a place not heard before has the
    weight `new`.
    """
    told, known = rows
    foretold = (known_s[:, None] - at_s[known])[None] + at_s[told][:, None]
    shared = np.isfinite(foretold)
    common = np.maximum(shared.sum(axis=2), 1)
    mean_s = np.where(shared, foretold, 0.0).sum(axis=2) / common
    scatter = (np.where(shared, foretold - mean_s[..., None], 0.0) ** 2).sum(axis=2)
    since_s = np.abs(np.nanmean(at_s[told], axis=1)[:, None] - np.nanmean(at_s[known], axis=1))
    variance = 2 * settings.timing_s**2 + (settings.wander * since_s) ** 2
    anywhere = 1 / (2 * settings.reach_s)
    one_place = -(common - 1) * 0.5 * np.log(2 * np.pi * variance * anywhere**2) - scatter / (2 * variance)
    weight = np.exp(np.minimum(one_place - 0.5 * np.log(common) - since_s / settings.memory_s, _STRONGEST))
    weight[~shared.any(axis=2) | (told[:, None] == known)] = 0.0
    return weight, mean_s, np.sqrt(variance * (1 + 1 / common) / 2)


def expected_s(sounds: Int64, trains: Sequence[Train], settings: FusionSettings) -> Float64:
    """(sounds, cameras) when each sound arrived, and where it has no onset when it should have.

    As the sound does that is likeliest to have come from the same place; the mean of the other
    arrivals where there is none.
    """
    arrived_s = arrivals_s(sounds, trains)
    found_s = arrived_s.copy()
    for camera in range(len(trains)):
        missing = np.flatnonzero(sounds[:, camera] < 0)
        known = np.flatnonzero((sounds[:, camera] >= 0) & ((sounds >= 0).sum(axis=1) > 1))
        for told in np.array_split(missing, 1 + len(missing) // _AT_ONCE):
            found_s[told, camera] = _expected(arrived_s, (told, known), camera, settings)
    return found_s


def _expected(at_s: Float64, rows: tuple[Int64, Int64], camera: int, settings: FusionSettings) -> Float64:
    told, known = rows
    if not len(told):
        return np.empty(0)
    mean_s = np.nanmean(at_s[told], axis=1)
    if not len(known):
        return np.asarray(mean_s)
    weight, foretold_s, _ = _foretold(np.delete(at_s, camera, axis=1), rows, at_s[known, camera], settings)
    best = weight.argmax(axis=1)
    each = np.arange(len(told))
    return np.asarray(np.where(weight[each, best] > _FAINT, foretold_s[each, best], mean_s))


# --- chances ---------------------------------------------------------------------------------------


def together(probability: Float64) -> Float64:
    """(sounds,) rough chance that a sound is a shot, from what each camera (sounds, cameras) says; NaN is silence."""
    odds = np.log(probability) - np.log1p(-probability)
    return np.asarray(np.clip(1 / (1 + np.exp(1.5 - np.nansum(odds + 1.5, axis=1))), 0.02, 0.98))


def _heard_odds(chance: Float64, settings: FusionSettings) -> Float64:
    """Log-odds that a sound, a shot by some chance, has an onset at another camera."""
    heard = settings.heard * chance
    return np.asarray(np.log(heard) - np.log1p(-heard))


def _other_odds(train: Train, onsets: Int64, settings: FusionSettings) -> Float64:
    """Logarithm of the rate a second of onsets like these that no sound of other cameras explains."""
    reach_s = max(_RATE_S, settings.reach_s)
    shots = np.concatenate([[0.0], np.cumsum(train.probability)])
    time_s, chance = train.time_s[onsets], train.probability[onsets]
    before, after = (np.searchsorted(train.time_s, time_s + sign * reach_s) for sign in (-1, 1))
    rate = np.maximum((shots[after] - shots[before]) / (2 * reach_s), 1 / (2 * reach_s))
    return np.asarray(np.log(rate) + np.log(settings.unmatched + (1 - chance) / chance))


def _normal(x: Float64) -> Float64:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
