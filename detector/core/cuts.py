"""Index and layouts of a recording's pictures -> where the picture cuts from one scene to another.

Encoders spend many bytes where the picture changes: they set a key frame before its time, or code
one picture far larger than its neighbours. Such places are suspects, found without decoding
anything. Whether they are cuts is seen in the pictures around them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detector.records import Bool, Float32, Float64, Int64, Layouts, PictureIndex
from detector.settings import CutSettings

_FEWEST = 4  # pictures on either side: fewer tell no motion
_LEAD = 4  # pictures by which index and presentation may disagree: they are coded in another order
_USUAL = 0.05  # share of the distances between key frames that the usual one has at least
_CHUNK, _LARGE = 32, 28  # the fourth largest of so many pictures is how large they get
_PAUSE = 2.5  # times the usual distance between pictures from which some are missing
_LEAST_LEVELS = 4.0  # of 255: below it noise would pass for contrast
_STILL_LEVELS = 0.2  # of 255, on average, by which pictures differ that show the same; still life has 0.3-0.6
_STILL = 3  # such steps in a row that are a standstill


@dataclass(frozen=True)
class Suspects:
    """Windows (start_s, stop_s) to look at, ascending and apart; how many places they hold, and were left out."""

    windows: tuple[tuple[float, float], ...]
    left_out: int


def suspects(
    index: PictureIndex, settings: CutSettings, start_s: float | None = None, stop_s: float | None = None
) -> Suspects:
    """Where to look for cuts between `start_s` and `stop_s`, None standing for an end.

    Notes
    -----
    A key frame is a suspect when it comes before `early` of the usual distance, the longest one
    that is not rare; every one but the first where none is usual. Any other picture is one when
    it is `spike` times as large as its neighbours get, the fourth largest of 32 here and just
    before, and `spike_of_key` of the key frame before it. Of suspects within `around_s` of each
    other the likeliest stands for all: key frames before others, earlier ones before later ones,
    larger pictures before smaller ones. They are taken in that order while they are no more than
    `places`, and what must be decoded for them is no more than `pictures`.
    """
    early, large = _early(index, settings), _large(index, settings)
    rows = np.flatnonzero((early > 0) | (large > 0))
    time_s = index.time_s[rows]
    chance = np.where(early[rows] > 0, 1 + early[rows], 1 - 1 / large[rows].clip(1))  # an order, nothing more
    inside = (time_s >= (-np.inf if start_s is None else start_s)) & (time_s <= (np.inf if stop_s is None else stop_s))
    time_s, chance = _apart(time_s[inside], chance[inside], settings.around_s)
    reach_s = max(settings.around_s, _FEWEST * index.picture_s) + _LEAD * index.picture_s
    order = np.argsort(-chance, kind="stable")
    cost = np.cumsum(_pictures(index, time_s[order] - reach_s, time_s[order] + reach_s))
    taken = np.sort(time_s[order[: settings.places][cost[: settings.places] <= settings.pictures]])
    return Suspects(_joined((float(at) - reach_s, float(at) + reach_s) for at in taken), len(time_s) - len(taken))


def find(shown: Iterable[Layouts], settings: CutSettings) -> tuple[float, ...]:
    """Times of the first pictures after hard cuts, ascending.

    Notes
    -----
    The pictures within `around_s` on one side must differ in `changed` of their parts from all on
    the other side, which a flash, a jolt, a passer-by or a change of exposure does not bring
    about; and by `calmer` more than any picture from its neighbour on either side, which a camera
    swung about does not. Nothing is said where pictures are missing in between, or the last ones
    before stand still and those after move, as when a recorder stalls; with fewer than four on a
    side; nor where a side shows nothing: a lamp goes out and a hand covers the lens as fast as an
    editor cuts to black.

    Examples
    --------
    >>> scenes = np.random.default_rng(1).integers(0, 255, (2, 144)).astype(np.uint8)
    >>> find([Layouts(np.arange(20) / 10, np.repeat(scenes, [12, 8], axis=0))], CutSettings())
    (1.2,)
    """
    return tuple(sorted({at_s for layouts in shown for at_s in _cuts(layouts, settings)}))


def _early(index: PictureIndex, settings: CutSettings) -> Float64:
    """How early each key frame comes, 0 for those on time, for the first and for other pictures; 1 where none is."""
    early, keys = np.zeros(len(index.key)), np.flatnonzero(index.key)
    every = len(keys) < len(index.key)
    apart = np.diff(keys) if every else np.rint(np.diff(index.time_s[keys]) / index.picture_s).astype(np.int64)
    usual = _usual(apart)
    share = apart / usual if usual else np.zeros(len(apart))
    early[keys[1:]] = np.where(share < settings.early, 1 - share, 0.0)
    return early


def _usual(apart: Int64) -> int:
    """The longest distance that is not rare; 0 if all are."""
    values, counts = np.unique(apart, return_counts=True)
    often = values[(counts >= 2) & (counts >= _USUAL * len(apart))]
    return int(often[-1]) if len(often) else 0


def _large(index: PictureIndex, settings: CutSettings) -> Float64:
    """How many times larger than its neighbours each picture is coded, 0 for those that are not, and for key frames."""
    large, rows = np.zeros(len(index.key)), np.flatnonzero(~index.key)
    if len(rows) < _CHUNK or not index.key[0]:
        return large
    size = index.size_bytes[rows].astype(np.float64)
    chunks = np.pad(size, (0, -len(size) % _CHUNK), mode="edge").reshape(-1, _CHUNK)
    here = np.partition(chunks, _LARGE, axis=1)[:, _LARGE]
    usual = np.repeat(np.maximum(here, np.append(here[:1], here[:-1])), _CHUNK)[: len(size)]
    keys = np.flatnonzero(index.key)
    of_key = size / index.size_bytes[keys[np.searchsorted(keys, rows) - 1]].clip(1)
    times = size / usual.clip(1)
    large[rows] = np.where((times >= settings.spike) & (of_key >= settings.spike_of_key), times, 0.0)
    return large


def _apart(time_s: Float64, chance: Float64, apart_s: float) -> tuple[Float64, Float64]:
    """Of suspects with less than `apart_s` between neighbours, the likeliest one."""
    order = np.argsort(time_s, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(time_s[order]) > apart_s) + 1)
    best = np.array([group[chance[group].argmax()] for group in groups if len(group)], np.int64)
    return time_s[best], chance[best]


def _pictures(index: PictureIndex, start_s: Float64, stop_s: Float64) -> Float64:
    """How many pictures must be decoded for each window: from the key frame before it on."""
    keys_s = index.time_s[index.key]
    before = np.searchsorted(keys_s, start_s, side="right") - 1
    from_s = np.where(before >= 0, keys_s[before.clip(0)], index.time_s[0]) if len(keys_s) else start_s
    return np.asarray((stop_s - from_s) / index.picture_s)


def _joined(windows: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Ascending windows, those that overlap made one."""
    joined: list[tuple[float, float]] = []
    for start_s, stop_s in windows:
        if joined and start_s <= joined[-1][1]:
            start_s = joined.pop()[0]
        joined.append((start_s, stop_s))
    return tuple(joined)


def _cuts(layouts: Layouts, settings: CutSettings) -> Iterable[float]:
    time_s, n = layouts.time_s, len(layouts.time_s)
    if n < 2 * _FEWEST:
        return
    luma = layouts.luma.astype(np.float32)
    spread = luma.std(axis=1)
    seen = _Seen(luma, spread.clip(_LEAST_LEVELS), settings.contrast)
    steps = seen.changed(slice(0, n - 1), slice(1, n))
    still = np.abs(np.diff(luma, axis=0)).mean(axis=1) <= _STILL_LEVELS
    pauses = np.diff(time_s) > _PAUSE * np.median(np.diff(time_s))
    plain = spread < settings.plain_levels
    for row in range(_FEWEST, n - _FEWEST + 1):
        if steps[row - 1] < settings.changed or pauses[row - 1]:
            continue
        first = min(row - _FEWEST, int(np.searchsorted(time_s, time_s[row] - settings.around_s)))
        stop = max(row + _FEWEST, int(np.searchsorted(time_s, time_s[row] + settings.around_s)))
        if _mostly(plain[first:row]) or _mostly(plain[row:stop]):
            continue
        if still[row - 1 - _STILL : row - 1].all() and not _mostly(still[row : stop - 1]):
            continue
        inside = max(steps[first : row - 1].max(), steps[row : stop - 1].max())
        across = min(seen.changed(before, slice(row, stop)).min() for before in range(first, row))
        if across >= max(settings.changed, inside + settings.calmer):
            yield float(time_s[row])


class _Seen:
    """Layouts (n, parts) and what differs between two of them.

    A part has changed when it differs both as it is and against the mean and spread of its
    picture: exposure changes only the one, a large thing that comes into view, elsewhere, only the other.
    """

    def __init__(self, luma: Float32, spread: Float32, contrast: float) -> None:
        self._luma, self._spread, self._contrast = luma, spread, contrast
        self._scaled = (luma - luma.mean(axis=1, keepdims=True)) / spread[:, None]

    def changed(self, before: slice | int, after: slice) -> Float64:
        """The share of parts that have changed, for pairs of equal number or one with all the others."""
        scaled = np.abs(self._scaled[after] - self._scaled[before]) > self._contrast
        least = self._contrast * np.minimum(self._spread[after], self._spread[before])
        as_is = np.abs(self._luma[after] - self._luma[before]) > least[:, None]
        return np.asarray((scaled & as_is).mean(axis=1))


def _mostly(flags: Bool) -> bool:
    return 2 * int(np.count_nonzero(flags)) > len(flags)
