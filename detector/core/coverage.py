"""Frames -> what could be heard when: muted, masked and overloaded stretches, and the partition of the recording."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from detector.core.frames import BLOCK_HOPS, FRAME_HOPS, Frames
from detector.records import HEARD_STATES, Bool, Coverage, Int64, State
from detector.settings import CoverageSettings

UInt8 = NDArray[np.uint8]

# Where states overlap, the first one named here is reported.
PRECEDENCE: tuple[State, ...] = (
    "not_analysed",  # nobody looked
    "damaged",  # samples are missing, and we know why
    "no_audio",
    "muted",
    "masked",
    "overloaded",
    "heard",
)
_STEPS_PER_DB = 2  # levels are kept as bytes, in half decibels above the floor
_FLOOR_DB = -120.0
_NO_TONE = 255  # in place of a band's number
_TONE_BANDS = 2  # bands on either side into which a frame's ends spread a tone
_CLEAR_BANDS = 5  # bands on either side beyond which nothing of a tone is left
_SLIVER_S = 0.002  # heard time shorter than this between two other states is rounding to hops


class CoverageMeter:
    """Collects what tells heard from unheard sound, 5 bytes a frame; frames come in order."""

    def __init__(self, settings: CoverageSettings) -> None:
        self._settings = settings
        self._frame_s = 0.0
        self._columns: list[tuple[int, UInt8, UInt8, UInt8, UInt8, Bool]] = []

    def add(self, frames: Frames) -> None:
        """Take the frames of one stretch."""
        if len(frames.minimum) == 0:
            return
        self._frame_s = frames.frame_s
        silent = (frames.hop_power < 10 ** (self._settings.silence_db / 10)) & frames.heard
        silent = silent.reshape(-1, FRAME_HOPS)
        self._columns.append(
            (
                frames.first,
                _leading(silent),
                _leading(silent[:, ::-1]),
                _level(frames.hop_power.reshape(-1, FRAME_HOPS).mean(axis=1)),
                _tone_band(frames.band_power, self._settings),
                np.asarray(frames.clipped.reshape(-1, FRAME_HOPS // BLOCK_HOPS).any(axis=1)),
            )
        )

    def states(self) -> tuple[Coverage, ...]:
        """Stretches that are `muted`, `masked` or `overloaded`, in time order; kinds may overlap.

        Notes
        -----
        Muted: digital silence of at least `mute_s`, unless the sound beside it is itself full of
        silent moments, as coarsely quantized recordings of quiet places are; from
        `mute_long_s` on always. Masked: one frequency holds nearly all energy at a constant level
        for at least `tone_s`. Overloaded: from the first flat top until the level is back where
        it was, or the last flat top where the gain did not duck. Ends of muted stretches are
        good to a hop, the others to a frame.
        """
        if not self._columns:
            return ()
        firsts, *columns = zip(*self._columns, strict=True)
        numbers = _numbers(firsts, [len(head) for head in columns[0]])
        head, tail, level, tone, clipped = (np.concatenate(column) for column in columns)
        found = [
            *self._named("muted", _muted(numbers, head, tail, self._frame_s, self._settings), 1 / FRAME_HOPS),
            *self._named("masked", _masked(numbers, tone, level, self._frame_s, self._settings)),
            *self._named("overloaded", _overloaded(numbers, clipped, level, self._frame_s, self._settings)),
        ]
        return tuple(sorted(found, key=lambda state: state.start_s))

    def _named(self, state: State, runs: Iterable[tuple[int, int]], frames: float = 1.0) -> Iterator[Coverage]:
        for start, stop in runs:
            yield Coverage(start * frames * self._frame_s, stop * frames * self._frame_s, state)


def assemble(
    media_states: Iterable[Coverage],
    acoustic_states: Iterable[Coverage],
    start_s: float | None,
    stop_s: float | None,
    duration_s: float,
) -> tuple[Coverage, ...]:
    """Sorted partition of the recording by what could be heard.

    The recording reaches from 0, or the earliest given state where the sound begins before 0, to
    `duration_s`. Time outside [start_s, stop_s) is `not_analysed`. Where states overlap the first
    in `PRECEDENCE` stands; equal neighbours are merged; time without a state is `heard`, save
    slivers of less than 2 ms beside another state, which go to the state before them (at the
    beginning: after them). An empty recording gives an empty partition.

    >>> [(c.start_s, c.stop_s, c.state) for c in assemble([Coverage(0.0, 2.0, "no_audio")], [], None, None, 5.0)]
    [(0.0, 2.0, 'no_audio'), (2.0, 5.0, 'heard')]
    """
    given = [*media_states, *acoustic_states]
    begin = min([0.0, *(state.start_s for state in given)])
    if start_s is not None:
        given.append(Coverage(begin, start_s, "not_analysed"))
    if stop_s is not None:
        given.append(Coverage(max(begin, stop_s), duration_s, "not_analysed"))
    given = [state for state in given if state.start_s < state.stop_s]
    cuts = {begin, duration_s, *(s.start_s for s in given), *(s.stop_s for s in given)}
    edges = np.array(sorted(time for time in cuts if begin <= time <= duration_s))
    rank = np.full(max(0, len(edges) - 1), PRECEDENCE.index("heard"))
    for state in given:
        inside = slice(*np.searchsorted(edges, (state.start_s, state.stop_s)))
        rank[inside] = np.minimum(rank[inside], PRECEDENCE.index(state.state))
    parts = [Coverage(float(a), float(b), PRECEDENCE[r]) for a, b, r in zip(edges[:-1], edges[1:], rank, strict=True)]
    return _joined(_without_slivers(_joined(parts)))


def heard_s(coverage: Iterable[Coverage]) -> float:
    """Seconds in which sound could be heard, overloaded ones included."""
    return float(sum(c.stop_s - c.start_s for c in coverage if c.state in HEARD_STATES))


assert set(PRECEDENCE) == set(get_args(State))


def _joined(parts: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """Neighbours of equal state made one."""
    joined: list[Coverage] = []
    for part in parts:
        if joined and joined[-1].state == part.state:
            part = Coverage(joined.pop().start_s, part.stop_s, part.state)
        joined.append(part)
    return tuple(joined)


def _without_slivers(parts: tuple[Coverage, ...]) -> Iterator[Coverage]:
    for i, part in enumerate(parts):
        if part.state == "heard" and part.stop_s - part.start_s < _SLIVER_S and len(parts) > 1:
            part = Coverage(part.start_s, part.stop_s, parts[i - 1 if i else 1].state)
        yield part


def _numbers(firsts: Sequence[int], lengths: Sequence[int]) -> Int64:
    """Numbers of rows in runs of the given lengths that begin with the given numbers, written in place."""
    numbers = np.empty(sum(lengths), np.int64)
    ends = itertools.accumulate(lengths)
    for first, length, end in zip(firsts, lengths, ends, strict=True):
        numbers[end - length : end] = np.arange(first, first + length)
    return numbers


def _leading(flags: Bool) -> UInt8:
    """How many flags of each row are set before the first that is not."""
    first = np.where(flags.all(axis=1), flags.shape[1], np.argmin(flags, axis=1))
    return np.asarray(first, np.uint8)


def _level(power: NDArray[np.float32]) -> UInt8:
    level_db = 10 * np.log10(np.maximum(power, 1e-12))
    return np.clip(np.rint((level_db - _FLOOR_DB) * _STEPS_PER_DB), 0, 255).astype(np.uint8)


def _tone_band(band_power: NDArray[np.float32], settings: CoverageSettings) -> UInt8:
    """The strongest band where it and its neighbours hold nearly everything, else 255.

    Under a tone laid over a recording nothing of the place is left; under a beep that the
    microphone heard, its rumble goes on.
    """
    total = band_power.sum(axis=1)
    band = band_power.argmax(axis=1)
    reach = band[:, None] + np.arange(-_TONE_BANDS, _TONE_BANDS + 1)
    # At the ends of the range the neighbourhood is cut short: rumble and hiss are no tones.
    inside = (reach[:, 0] >= 0) & (reach[:, -1] < band_power.shape[1])
    around = np.take_along_axis(band_power, np.clip(reach, 0, band_power.shape[1] - 1), axis=1).sum(axis=1)
    pure = around >= settings.tone_share * total
    loud = total >= 10 ** (settings.tone_db / 10)
    rows = np.flatnonzero(inside & pure & loud)
    below = np.arange(band_power.shape[1]) < band[rows, None] - _CLEAR_BANDS
    rest = (band_power[rows] * below).sum(axis=1)
    rows = rows[rest <= 10 ** (settings.tone_rest_db / 10) * total[rows]]
    tone = np.full(len(band), _NO_TONE, np.uint8)
    tone[rows] = band[rows]
    return tone


def _runs(numbers: Int64, flags: Bool) -> Iterator[tuple[int, int]]:
    """Row ranges [start, stop) of set flags whose frame numbers follow each other."""
    rows = np.flatnonzero(flags)
    if len(rows) == 0:
        return
    breaks = np.flatnonzero(np.diff(numbers[rows]) != 1) + 1
    for part in np.split(rows, breaks):
        yield int(part[0]), int(part[-1]) + 1


def _muted(
    numbers: Int64, head: UInt8, tail: UInt8, frame_s: float, settings: CoverageSettings
) -> Iterator[tuple[int, int]]:
    """Hop ranges of digital silence."""
    hop_s = frame_s / FRAME_HOPS
    whole = [(a, b, *_to_hops(a, b, numbers, head, tail)) for a, b in _runs(numbers, head == FRAME_HOPS)]
    runs = [run for run in whole if (run[3] - run[2]) * hop_s >= settings.mute_s]
    flickers = (head > 0) | (tail > 0)
    for start, stop, _, _ in runs:
        flickers[max(0, start - 1) : stop + 1] = False
    beside = max(1, round(settings.mute_beside_s / frame_s))
    for start, stop, first, last in runs:
        sides = (flickers[max(0, start - beside) : start], flickers[stop : stop + beside])
        natural = any(np.count_nonzero(side) > settings.mute_flicker * beside for side in sides)
        if not natural or (last - first) * hop_s >= settings.mute_long_s:
            yield first, last


def _to_hops(start: int, stop: int, numbers: Int64, head: UInt8, tail: UInt8) -> tuple[int, int]:
    """Hops of the silent rows [start, stop), with what the rows beside them add."""
    first, last = int(numbers[start]) * FRAME_HOPS, int(numbers[stop - 1] + 1) * FRAME_HOPS
    if start > 0 and numbers[start - 1] == numbers[start] - 1:
        first -= int(tail[start - 1])
    if stop < len(numbers) and numbers[stop] == numbers[stop - 1] + 1:
        last += int(head[stop])
    return first, last


def _masked(
    numbers: Int64, tone: UInt8, level: UInt8, frame_s: float, settings: CoverageSettings
) -> Iterator[tuple[int, int]]:
    """Frame ranges of a steady tone."""
    steady = np.zeros(len(tone), bool)
    same = (tone[1:] != _NO_TONE) & (tone[:-1] != _NO_TONE)
    same &= np.abs(tone[1:].astype(np.int16) - tone[:-1]) <= 1
    same &= np.abs(level[1:].astype(np.int16) - level[:-1]) <= settings.tone_steady_db * _STEPS_PER_DB
    steady[1:] |= same
    steady[:-1] |= same
    for start, stop in _runs(numbers, steady):
        # The frames at both ends may hold the tone only in part, and then are not steady themselves.
        constant = (
            np.ptp(tone[start:stop]) <= 1 and np.ptp(level[start:stop]) <= settings.tone_steady_db * _STEPS_PER_DB
        )
        if constant and (stop - start) * frame_s >= settings.tone_s:
            yield int(numbers[start]), int(numbers[stop - 1]) + 1


def _overloaded(
    numbers: Int64, clipped: Bool, level: UInt8, frame_s: float, settings: CoverageSettings
) -> Iterator[tuple[int, int]]:
    """Frame ranges from the first flat top of a group to the recovery of the gain."""
    rows = np.flatnonzero(clipped)
    if len(rows) == 0:
        return
    before, after = max(1, round(settings.duck_before_s / frame_s)), round(settings.duck_after_s / frame_s)
    groups = np.split(rows, np.flatnonzero(np.diff(numbers[rows]) * frame_s > settings.overload_join_s) + 1)
    ends = [int(group[0]) for group in groups[1:]] + [len(numbers)]
    background, previous = np.inf, -before - after
    for group, end in zip(groups, ends, strict=True):
        start, stop = int(group[0]), int(group[-1]) + 1
        if start - previous >= before + after:
            background = np.inf
        # A volley's own tails must not pass for the background that they hide.
        if start >= max(1, before // 2):
            background = min(background, float(np.quantile(level[max(0, start - before) : start], 0.1)))
        low = level[stop : min(end, stop + after)] < background - settings.duck_db * _STEPS_PER_DB
        # A level that stays down is no gain on its way back, but a quieter place.
        if np.isfinite(background) and np.count_nonzero(low) * frame_s >= settings.duck_s and not low[-1]:
            stop += int(np.flatnonzero(low)[-1]) + 1
        previous = stop
        yield int(numbers[start]), int(numbers[stop - 1]) + 1
