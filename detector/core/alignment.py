"""Several recordings -> one clock for those of one incident, and why the others are left out.

Three steps, so that the core never reads sound itself: `find` lags from what was kept of one
forward pass; name the `windows` of sound whose delays are worth measuring; and `refine` the clocks
by those. The answer of `find` is complete in itself, only coarser.

Everything is reckoned in the order of the recordings' contents, so that the order in which they are
given changes no bit of it, and each pair by itself, so that one recording more changes nothing
between the others.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from detector.core import delays as sound_delays
from detector.core import lags as found_lags
from detector.core.common_clock import Clocks, solve, together
from detector.core.delays import Spectra
from detector.core.lags import Lag, Shape
from detector.core.listening import Listening
from detector.core.moments import moments
from detector.core.pair_clock import fitted
from detector.core.refusals import contradiction, doubt, refusal
from detector.records import AlignedPair, Alignment, Block, Float64
from detector.settings import AlignmentSettings

_COARSE_S = 0.02  # 90 % error of a lag of envelopes, against another of the same pair
_LEAST_WINDOWS = 6  # with a clear delay, below which a pair keeps the lag of its envelopes
_ONE_PLACE_S = 0.0005  # by which delays may differ between copies; cameras a metre apart: 3 ms either way
_ELSEWHERE_S = 2.0  # by which drift moves no lag within a recording
_NO_LAG = Lag(-math.inf, 0.0, 0.0, 0)
_SURE = 0.9  # chance from which an onset speaks for its recording
_LOG_MATE = -3.0  # logarithm of the chance of a lag of another stretch that is taken to tell of drift


def find(listenings: Sequence[Listening], settings: AlignmentSettings) -> Alignment:
    """The recordings on one clock, from envelopes and onsets alone: lags to about 20 ms.

    A pair is believed when two unrelated recordings like them would agree as well with a chance of at
    most `settings.accident`; a recording is included when believed pairs that do not contradict each
    other join it to the largest group. Copies of one recording are known by equal content here, those
    that were coded anew by their sound in `refine`.

    Raises
    ------
    ValueError
        Without a single recording.
    """
    if not listenings:
        raise ValueError("an alignment needs recordings")
    order = _order(listenings)
    shapes = [found_lags.shape(listenings[row], settings) for row in order]
    pairs = [_found(shapes, one, other, settings) for one, other in itertools.combinations(range(len(order)), 2)]
    return _solved(pairs, order, listenings, settings)


def windows(
    alignment: Alignment, listenings: Sequence[Listening], settings: AlignmentSettings
) -> list[list[tuple[float, float]]]:
    """For each recording the windows (start_s, stop_s) of its own clock whose sound `refine` wants.

    The same moments of the incident for all, on each one's clock; none for copies and for recordings left out.
    """
    included = [row for row in _order(listenings) if row in alignment.included and alignment.same_as[row] is None]
    at_s = moments(alignment, [(row, listenings[row]) for row in included], settings)
    wanted: list[list[tuple[float, float]]] = [[] for _ in listenings]
    for row in included:
        wanted[row] = [(start_s, start_s + settings.window_s) for start_s in alignment.file_s(row, at_s).tolist()]
    return wanted


def refine(
    alignment: Alignment,
    listenings: Sequence[Listening],
    sounds: Sequence[Sequence[Block]],
    settings: AlignmentSettings,
) -> Alignment:
    """The same recordings on a clock from the delays of single sounds, with drift where they tell it.

    `sounds` are those of `windows`, recording by recording. Two files whose windows all have the same delay
    and most of their phases in common are one recording: no two microphones hear so alike.
    """
    order = _order(listenings)
    starts_s = [np.array([start_s for start_s, _ in own]) for own in windows(alignment, listenings, settings)]
    heard = {
        number: (sound_delays.spectra(sounds[row], starts_s[row], settings), starts_s[row])
        for number, row in enumerate(order)
        if len(starts_s[row])
    }
    number_of = {row: number for number, row in enumerate(order)}
    pairs = []
    for told in alignment.pairs:
        one, other = number_of[told.one], number_of[told.other]
        pair = dataclasses.replace(told, one=one, other=other)
        both = one in heard and other in heard and pair.error_s != 0  # copies and parts of a file are exact
        pairs.append(_measured(pair, heard[one], heard[other], settings) if both else pair)
    return _solved(pairs, order, listenings, settings)


def _order(listenings: Sequence[Listening]) -> list[int]:
    return sorted(range(len(listenings)), key=lambda row: (listenings[row].key, row))


# --- one pair, its recordings numbered by content ----------------------------------------------


def _found(shapes: Sequence[Shape], one: int, other: int, settings: AlignmentSettings) -> AlignedPair:
    mine, theirs = shapes[one], shapes[other]
    if mine.listening.key == theirs.listening.key:
        return dataclasses.replace(_pair(one, other, _NO_LAG, 0.0, True), same=True)
    tried = found_lags.lags(mine, theirs, settings)
    of_one_file = mine.listening.file == theirs.listening.file and mine.listening.heard_s and theirs.listening.heard_s
    if of_one_file and not _two_views(tried, settings):
        return _parts(one, other, (mine.listening, theirs.listening), settings)
    if not tried:
        return AlignedPair(one, other, None, 0.0, math.nan, math.nan, math.nan, None, None, 1.0, 0, 0, False)
    believed = tried[0].log_chance <= math.log10(settings.accident)
    pair = _pair(one, other, tried[0], settings.spread_s, believed)
    pair = dataclasses.replace(pair, also_s=_second(tried, settings))
    return _with_coarse_drift(pair, tried, settings) if believed else pair


def _second(tried: Sequence[Lag], settings: AlignmentSettings) -> float | None:
    """Another lag that would be believed too, far from the best one: one of the two shows the same moments twice."""
    return next(
        (
            lag.lag_s
            for lag in tried[1:]
            if lag.log_chance <= math.log10(settings.accident) and abs(lag.lag_s - tried[0].lag_s) > _ELSEWHERE_S
        ),
        None,
    )


def _two_views(tried: Sequence[Lag], settings: AlignmentSettings) -> bool:
    """Whether two parts of one file show the same moments, as compilations do."""
    return any(
        lag.log_chance <= math.log10(settings.accident) and abs(lag.lag_s) > settings.spread_s for lag in tried[:1]
    )


def _parts(one: int, other: int, heard: tuple[Listening, Listening], settings: AlignmentSettings) -> AlignedPair:
    """Two parts of one file where they stand in it: any pair that is believed outdoes it."""
    pair = _pair(one, other, _NO_LAG, 0.0, True)
    if heard[0].holds(heard[1]) or heard[1].holds(heard[0]):
        return dataclasses.replace(pair, same=True)
    return dataclasses.replace(pair, drift_ppm=0.0, drift_error_ppm=0.0, chance=settings.accident)


def _pair(one: int, other: int, lag: Lag, spread_s: float, used: bool) -> AlignedPair:
    half_s = spread_s / 2
    return AlignedPair(
        one=one,
        other=other,
        lag_s=lag.lag_s,
        at_s=lag.at_s,
        earliest_s=lag.lag_s - half_s,
        latest_s=lag.lag_s + half_s,
        error_s=half_s + (0.0 if lag.log_chance == -math.inf else _COARSE_S),
        drift_ppm=None,
        drift_error_ppm=None,
        chance=10.0**lag.log_chance if lag.log_chance > -300 else 0.0,
        onsets=lag.onsets,
        windows=0,
        used=used,
    )


def _with_coarse_drift(pair: AlignedPair, tried: Sequence[Lag], settings: AlignmentSettings) -> AlignedPair:
    """The pair with the drift that lags of other stretches, minutes away, show: for recordings of an hour."""
    most = 2e-6 * settings.most_ppm
    best = tried[0]
    mates = [
        lag
        for lag in tried
        if lag.log_chance <= _LOG_MATE
        and abs(lag.lag_s - best.lag_s) <= settings.spread_s + most * abs(lag.at_s - best.at_s)
    ]
    at_s, lag_s = np.array([mate.at_s for mate in mates]), np.array([mate.lag_s for mate in mates])
    error_ppm = 1e6 * _COARSE_S / max(float(np.ptp(at_s)), 1e-3)
    if error_ppm > settings.sure_ppm:
        return pair
    drift = float(np.polyfit(at_s - best.at_s, lag_s, 1)[0])
    return dataclasses.replace(pair, drift_ppm=1e6 * drift, drift_error_ppm=error_ppm) if abs(drift) <= most else pair


def _measured(
    pair: AlignedPair, one: tuple[Spectra, Float64], other: tuple[Spectra, Float64], settings: AlignmentSettings
) -> AlignedPair:
    """The pair by the delays of its windows; as it was where too few are clear."""
    found = sound_delays.delays(one[0], other[0], settings)
    clear = found.clear >= settings.clear
    if np.sum(clear) < _LEAST_WINDOWS:
        return pair
    start_s = one[1][found.window]
    lag_s = other[1][found.window] - start_s + found.delay_s
    clock = fitted(start_s[clear], lag_s[clear], settings)
    alike = float(np.median(found.coherence)) >= settings.same
    return dataclasses.replace(
        pair,
        lag_s=clock.lag_s,
        at_s=clock.at_s,
        earliest_s=clock.earliest_s,
        latest_s=clock.latest_s,
        error_s=clock.error_s,
        drift_ppm=None if clock.drift is None else 1e6 * clock.drift,
        drift_error_ppm=None if clock.drift is None else 1e6 * clock.drift_error,
        windows=int(np.sum(clear)),
        same=alike and clock.latest_s - clock.earliest_s <= _ONE_PLACE_S,
    )


# --- all together ------------------------------------------------------------------------------


def _solved(
    pairs: Sequence[AlignedPair], order: Sequence[int], listenings: Sequence[Listening], settings: AlignmentSettings
) -> Alignment:
    """One clock from pairs numbered by content, told in the order in which the recordings were given."""
    heard = [listenings[row] for row in order]
    copy_of = _copies(pairs, heard)
    told = [pair for pair in pairs if pair.lag_s is not None and not {pair.one, pair.other} & set(copy_of)]
    believed = [pair for pair in told if pair.chance <= settings.accident]
    groups, wrong = together(len(order), believed, 2 * settings.spread_s)
    groups = [[row for row in group if row not in copy_of] for group in groups]
    main = max(groups, key=lambda group: _weight([heard[row] for row in group]))
    contradicting = {(pair.one, pair.other): apart_s for pair, apart_s in wrong}
    resting = [
        pair
        for pair in told
        if pair.one in main and pair.other in main and (pair.one, pair.other) not in contradicting
        if pair in believed or pair.windows
    ]
    reference = min(main, key=lambda row: (_weakness(row, resting), -heard[row].heard_s, row))
    clocks = solve(len(order), resting, reference, settings.most_ppm)
    for copy, original in sorted(copy_of.items()):
        _attach(clocks, copy, original, pairs)
    used = {(pair.one, pair.other) for pair in resting} | {(min(pair), max(pair)) for pair in copy_of.items()}
    members = {row: [order[member] for member in group] for group in groups for row in group}
    stated = tuple(
        dataclasses.replace(
            pair,
            one=order[pair.one],
            other=order[pair.other],
            used=(pair.one, pair.other) in used,
            reason=_reason(pair, (pair.one, pair.other) in used, contradicting, settings),
        )
        for pair in pairs
    )
    place = np.argsort(order)
    same_as = [copy_of.get(int(number)) for number in place]
    return Alignment(
        reference=order[reference],
        offset_s=clocks.offset_s[place],
        drift_ppm=clocks.drift_ppm[place],
        anchor_s=clocks.anchor_s[place],
        error_s=clocks.error_s[place],
        drift_error_ppm=clocks.drift_error_ppm[place],
        same_as=tuple(None if original is None else order[original] for original in same_as),
        excluded=tuple(
            (row, refusal(row, stated, members.get(int(place[row]), [row]), listenings[row], settings))
            for row in range(len(order))
            if np.isnan(clocks.offset_s[place[row]])
        ),
        pairs=stated,
    )


def _copies(pairs: Sequence[AlignedPair], heard: Sequence[Listening]) -> dict[int, int]:
    """Each copy, or part, of a longer recording with that recording."""
    same = {frozenset((pair.one, pair.other)) for pair in pairs if pair.same}
    originals: list[int] = []
    copy_of: dict[int, int] = {}
    for row in sorted(range(len(heard)), key=lambda row: (-heard[row].heard_s, row)):
        found = next((original for original in originals if frozenset((row, original)) in same), None)
        if found is None:
            originals.append(row)
        else:
            copy_of[row] = found
    return copy_of


def _weight(group: Sequence[Listening]) -> tuple[int, int]:
    """By how many recordings a group counts and, among as many, by their sure onsets less their doubtful ones."""
    clear = sum(int(np.sum(np.where(each.onset_chance >= _SURE, 1, -1))) for each in group)
    return len({each.file for each in group}), clear


def _weakness(row: int, pairs: Sequence[AlignedPair]) -> float:
    """Sum of the logarithms of the chances that a recording's pairs are accidents."""
    return sum(math.log10(max(pair.chance, 1e-300)) for pair in pairs if row in (pair.one, pair.other))


def _attach(clocks: Clocks, copy: int, original: int, pairs: Sequence[AlignedPair]) -> None:
    """Give a copy the clock of its original, shifted by what lies between them."""
    pair = next(pair for pair in pairs if {pair.one, pair.other} == {copy, original})
    lag_s = (pair.lag_s or 0.0) * (1 if pair.one == original else -1)
    clocks.offset_s[copy] = clocks.offset_s[original] - lag_s
    clocks.anchor_s[copy] = clocks.anchor_s[original] + lag_s
    clocks.error_s[copy] = clocks.error_s[original] + pair.error_s
    clocks.drift_ppm[copy] = clocks.drift_ppm[original]
    clocks.drift_error_ppm[copy] = clocks.drift_error_ppm[original]


def _reason(
    pair: AlignedPair, used: bool, contradicting: Mapping[tuple[int, int], float], settings: AlignmentSettings
) -> str:
    if used:
        return ""
    if (pair.one, pair.other) in contradicting:
        return contradiction(contradicting[pair.one, pair.other])
    if pair.chance <= settings.accident:
        return "one of them is a copy of another recording, or both belong to another incident"
    return doubt(pair, settings)
