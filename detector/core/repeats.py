"""Frames -> stretches of the recording that are a second showing of sound already in it.

The sound is reduced to one bit a hop, whether its power rises there, and to a few landmarks a
second, each with a word that describes the half second around it. Landmarks with similar words
propose how far apart two showings lie; the bits decide. Two shots of one gun at one place have
similar landmarks, but the background between them does not rise and fall alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detector.core.frames import FRAME_HOPS, Frames
from detector.core.level import max_around
from detector.records import Bool, Float32, Int64, Repeat
from detector.settings import RepeatSettings

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

_BEFORE, _AFTER = 10, 24  # frames that a landmark and its word look back and ahead, rounded up
_SMOOTH, _LEAP = 3, 3  # hops summed and hops leapt for a bit: survives half a hop of misalignment
_RISE, _NEIGHBOURS = 10, 100  # hops compared for a landmark, hops on either side that it must top
_WORD_BITS, _WORD_STEP, _WORD_BACK = 32, 12, 8  # steps of 12 hops, 8 of them before the landmark
_WORD_ERRORS = 4  # bits that words of one landmark may differ by; re-encoding changes 1-3
_FLOOR = np.float32(1e-10)  # power added before comparing: -100 dB, so that silence is flat
_FAMILIAR = 24  # words met more often than this belong to some steady sound, and tell nothing
_SEED_HOPS = 1000  # hops compared around two landmarks
_SHIFTS, _NEAR = 62, 7  # hops by which other lags differ, and how near they may fit as well
_STEP_HOPS, _STRIDE_STEPS = 500, 8  # hops by which a found stretch grows, and steps looked at together
_LAG_GROUP = 8  # hops by which lags of one showing may differ between landmarks


@dataclass(frozen=True)
class Match:
    """Hops [start, stop) that sound like those `lag` hops earlier."""

    start: int
    stop: int
    lag: int


class RepeatMeter:
    """Collects the fingerprint of a recording, about 200 bytes a second; frames come in order."""

    def __init__(self, settings: RepeatSettings) -> None:
        self._settings = settings
        self._hop_s = 0.0
        self._first = 0  # frame from which fingerprints are kept
        self._next = 0  # first frame without a fingerprint
        self._power: Float32 = np.zeros(0, np.float32)  # from _BEFORE frames before `_next` on
        self._bits: list[UInt8] = []
        self._landmarks: list[Int64] = []
        self._words: list[UInt32] = []
        self._rises: list[Float32] = []

    def add(self, frames: Frames) -> None:
        """Take the frames of one stretch."""
        if len(frames.minimum) == 0:
            return
        if not self._hop_s:
            self._hop_s = frames.frame_s / FRAME_HOPS
            self._first = self._next = frames.first
            self._power = np.zeros(_BEFORE * FRAME_HOPS, np.float32)
        hole = frames.first * FRAME_HOPS - self._end
        self._power = np.concatenate([self._power, np.zeros(hole, np.float32), frames.hop_power])
        self._settle(self._end // FRAME_HOPS - _AFTER)

    def repeats(self) -> tuple[Repeat, ...]:
        """Second showings in time order, without overlaps, each against its earliest showing.

        Notes
        -----
        A showing counts from `shortest_s` on, if fewer than `mismatch` of its bits differ (chance
        gives a half, re-encoding 0.05 to 0.3), and if other lags fit worse by `distinct`: a steady
        tone, a hum or a beat fits at many. Digital silence never fits. Something must happen in both
        showings, a rise of `event_db`, and the background `lead_s` before it must fit as well: the
        tails of two shots of one gun at one place fit for seconds, what was before them does not,
        and a loop of mere background changes no count. Times are good to about 50 ms at the ends,
        lags to a hop.
        """
        self._power = np.pad(self._power, (0, _AFTER * FRAME_HOPS))
        self._settle(self._end // FRAME_HOPS - _AFTER)
        if not self._landmarks:
            return ()
        prints = _Prints(self._first, np.concatenate(self._bits))
        hops, words = np.concatenate(self._landmarks), np.concatenate(self._words)
        lead = round(self._settings.lead_s / self._hop_s)
        events = hops[np.concatenate(self._rises) >= 10 ** (self._settings.event_db / 10)]
        found: list[Match] = []
        match: Match | None = None
        for hop, lag in _proposals(hops, words, round(self._settings.apart_s / self._hop_s)):
            if match and match.start <= hop < match.stop and abs(match.lag - lag) <= _LAG_GROUP:
                continue
            match = _grown(prints, hop, lag, self._settings)
            if match and (match.stop - match.start) * self._hop_s >= self._settings.shortest_s:
                found.extend([match] if _shared_event(match, events, lead) else [])
        return tuple(
            Repeat(m.start * self._hop_s, m.stop * self._hop_s, (m.start - m.lag) * self._hop_s)
            for m in _disjoint(found, round(self._settings.shortest_s / self._hop_s))
        )

    @property
    def _end(self) -> int:
        """The hop after the last one known."""
        return (self._next - _BEFORE) * FRAME_HOPS + len(self._power)

    def _settle(self, stop: int) -> None:
        """Fingerprint the frames up to `stop`, whose neighbourhood is known; forget what lies too far back."""
        frames = stop - self._next
        if frames <= 0:
            return
        known = self._power[: (_BEFORE + frames + _AFTER) * FRAME_HOPS]
        own = slice(_BEFORE * FRAME_HOPS, (_BEFORE + frames) * FRAME_HOPS)
        rows = np.zeros((frames, FRAME_HOPS + 1), bool)
        rows[:, :FRAME_HOPS] = _rising(known)[own].reshape(frames, FRAME_HOPS)
        rows[:, FRAME_HOPS] = known[own].reshape(frames, FRAME_HOPS).mean(axis=1) > _FLOOR
        self._bits.append(np.packbits(rows, axis=1))
        landmarks, rises = _landmarks(known)
        inside = (landmarks >= own.start) & (landmarks < own.stop)
        landmarks, rises = landmarks[inside], rises[inside]
        self._rises.append(rises)
        self._landmarks.append(landmarks + (self._next - _BEFORE) * FRAME_HOPS)
        self._words.append(_words(known, landmarks))
        self._power = self._power[frames * FRAME_HOPS :].copy()
        self._next = stop


class _Prints:
    """What fingerprints say of every hop: 1 where the power rises, -1 where it does not, 0 in a silent frame."""

    def __init__(self, first_frame: int, rows: UInt8) -> None:
        self._first_frame = first_frame
        self._rows = rows  # three bytes a frame; as signs, half a day would take seven times as much

    def signs(self, start: int, stop: int) -> Float32:
        """(stop - start,) signs of the hops from `start` on, 0 outside the recording."""
        first, last = start // FRAME_HOPS - self._first_frame, -(-stop // FRAME_HOPS) - self._first_frame
        inside = self._rows[min(max(first, 0), len(self._rows)) : max(last, 0)]
        flags = np.unpackbits(inside, axis=1, count=FRAME_HOPS + 1).view(np.int8)
        signs = np.zeros((last - first, FRAME_HOPS), np.float32)
        np.multiply(2 * flags[:, :FRAME_HOPS] - 1, flags[:, FRAME_HOPS:], out=signs[max(0, -first) :][: len(inside)])
        return signs.ravel()[start % FRAME_HOPS :][: stop - start]

    def mismatch(self, start: int, stop: int, lag: int) -> Float32:
        """(stop - start,), 1 where a hop differs from the one `lag` earlier, 0.5 where either is silent."""
        return 0.5 - 0.5 * self.signs(start, stop) * self.signs(start - lag, stop - lag)

    def mismatch_around(self, start: int, stop: int, lag: int, shifts: int) -> Float32:
        """Mean mismatch at the lags `lag - shifts` to `lag + shifts`, (2 * shifts + 1,)."""
        earlier = self.signs(start - lag - shifts, stop - lag + shifts)
        likeness = sliding_window_view(earlier, stop - start) @ self.signs(start, stop)
        return (0.5 - 0.5 / (stop - start) * likeness)[::-1]


def _sums(power: Float32, length: int) -> Float32:
    """Sum over [h, h + length) for each h, the last ones incomplete."""
    padded = np.pad(power, (0, length))
    total = padded[: len(power)].copy()
    for step in range(1, length):
        total += padded[step : step + len(power)]
    return total


def _rising(power: Float32) -> Bool:
    """Whether the smoothed power a little after a hop is above that a little before."""
    smooth = _sums(power, _SMOOTH)
    rising = np.zeros(len(power), bool)
    rising[_LEAP:-_LEAP] = smooth[2 * _LEAP :] > smooth[: -2 * _LEAP]
    return rising


def _landmarks(power: Float32) -> tuple[Int64, Float32]:
    """Hops of the steepest rise within 0.1 s on either side, of at least 1 dB."""
    energy = _sums(power, _RISE) + _FLOOR
    rise = np.ones(len(power), np.float32)
    rise[_RISE:] = energy[_RISE:] / energy[:-_RISE]
    highest = max_around(rise, _NEIGHBOURS, _NEIGHBOURS)
    inside = slice(_NEIGHBOURS, len(rise) - _NEIGHBOURS)
    found = _NEIGHBOURS + np.flatnonzero((rise >= highest)[inside] & (rise > np.float32(1.26))[inside])
    return found, rise[found]


def _words(power: Float32, landmarks: Int64) -> UInt32:
    """A word per landmark: where the level around it bulges, which no steady decay does."""
    energy = _sums(power, _WORD_STEP) + _FLOOR
    steps = (np.arange(_WORD_BITS + 2) - _WORD_BACK) * _WORD_STEP
    profile = energy[landmarks[:, None] + steps]
    bulges = profile[:, 1:-1] ** 2 > profile[:, :-2] * profile[:, 2:]
    return np.packbits(bulges, axis=1).view(np.uint32).ravel()


def _proposals(hops: Int64, words: UInt32, apart: int) -> Iterator[tuple[int, int]]:
    """(hop, lag) of landmarks whose words share a half and differ in few bits of the other, by lag, then time."""
    pairs = [np.zeros((0, 2), np.int64)]
    for half in (words & 0xFFFF, words >> 16):
        order = np.argsort(half, kind="stable")
        key = half[order]
        alone = np.searchsorted(key, key, side="right") - np.searchsorted(key, key, side="left") <= _FAMILIAR
        for step in range(1, _FAMILIAR):
            same = np.flatnonzero((key[step:] == key[:-step]) & alone[step:])
            earlier, later = order[same], order[same + step]
            differing = np.unpackbits((words[earlier] ^ words[later]).view(np.uint8).reshape(-1, 4), axis=1).sum(axis=1)
            keep = (differing <= _WORD_ERRORS) & (hops[later] - hops[earlier] >= apart)
            pairs.append(np.stack([hops[later], hops[later] - hops[earlier]], axis=1)[keep])
    found = np.unique(np.concatenate(pairs), axis=0)
    for hop, lag in found[np.lexsort((found[:, 0], found[:, 1] // _LAG_GROUP))]:
        yield int(hop), int(lag)


def _grown(prints: _Prints, hop: int, lag: int, settings: RepeatSettings) -> Match | None:
    """The stretch around `hop` that sounds like the one `lag` earlier, None unless alike there and at no other lag."""
    start, stop = hop - _SEED_HOPS // 2, hop + _SEED_HOPS // 2
    if np.dot(prints.signs(start, stop), prints.signs(start - lag, stop - lag)) <= 0.1 * _SEED_HOPS:
        return None  # as most proposals: 0.45 of the bits differ, or more
    errors = prints.mismatch_around(start, stop, lag, _SHIFTS)
    best = _SHIFTS - 2 + int(errors[_SHIFTS - 2 : _SHIFTS + 3].argmin())
    others = np.concatenate([errors[: best - _NEAR], errors[best + _NEAR + 1 :]])
    if errors[best] >= settings.mismatch or others.min() < errors[best] + settings.distinct:
        return None
    lag += best - _SHIFTS
    return Match(_end(prints, hop, lag, -1, settings), _end(prints, hop, lag, 1, settings), lag)


def _end(prints: _Prints, hop: int, lag: int, direction: int, settings: RepeatSettings) -> int:
    """Where the likeness ends that holds at `hop`, looking in one direction."""
    reach = 0
    while True:
        a, b = sorted((hop + direction * reach, hop + direction * (reach + _STRIDE_STEPS * _STEP_HOPS)))
        errors = prints.mismatch(a, b, lag).reshape(_STRIDE_STEPS, _STEP_HOPS).mean(axis=1)[::direction]
        unlike = np.flatnonzero(errors >= settings.mismatch)
        reach += (int(unlike[0]) if len(unlike) else _STRIDE_STEPS) * _STEP_HOPS
        if len(unlike):
            break
    # The end lies within a step of here: where matching hops stop outweighing differing ones.
    back = min(reach, _STEP_HOPS)
    a, b = sorted((hop + direction * (reach - back), hop + direction * (reach + _STEP_HOPS)))
    gain = np.cumsum(0.4 - prints.mismatch(a, b, lag)[::direction])
    return hop + direction * (reach - back + (int(gain.argmax()) + 1 if gain.max() > 0 else 0))


def _shared_event(match: Match, events: Int64, lead: int) -> bool:
    """Whether a steep rise stands in both showings, with some of the sound before it."""
    later = events[(events >= match.start + lead) & (events < match.stop)]
    nearest = np.searchsorted(events, later - match.lag - 3)
    nearest = nearest[nearest < len(events)]
    return bool(np.any(np.abs(events[nearest] - (later[: len(nearest)] - match.lag)) <= 3))


def _disjoint(found: list[Match], shortest: int) -> list[Match]:
    """Matches in time order that do not overlap; of two for one stretch, the one with the earlier original."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (m.start - m.lag, m.start)):
        start, stop = match.start, match.stop
        for other in kept:
            if other.start <= start < other.stop:
                start = other.stop
            elif start < other.start < stop:
                stop = other.start
        if stop - start >= shortest:
            kept.append(Match(start, stop, match.lag))
    return sorted(kept, key=lambda m: m.start)
