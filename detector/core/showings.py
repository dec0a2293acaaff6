"""Onset times -> parts of a recording that show the same shots again, heard elsewhere or slowed down.

Another camera's sound of a volley shares nothing with the first but the rhythm: the splits agree
to a few milliseconds, which no shooter repeats. Sound that itself comes again is found without
onsets, in `repeats`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from detector.records import Float64, Repeat
from detector.settings import RepeatSettings

_SPEEDS = (1.0, 0.5, 0.25)  # of the showing against its original: editors slow down by halves
_APART_S = 3.0  # without an onset between two volleys, at the speed of the original
_EDGE_S = 0.25  # by which a showing reaches over its first and last matched onset
_ECHO_S = 0.12  # matched onsets closer than this are one beat: a shot's echoes follow it in any rhythm


def find(time_s: Float64, settings: RepeatSettings, known: Sequence[Repeat] = ()) -> tuple[Repeat, ...]:
    """Showings of earlier volleys among the onset times (n,) of likely shots, ascending.

    Onsets inside `known` showings are left out, as are new showings that overlap one of them;
    the known ones are not returned.

    Notes
    -----
    A showing has at least `rhythm_onsets` onsets that fall within `rhythm_ms` of the earlier ones
    under one offset and speed, more than chance would give at their density, over at least
    `rhythm_s`. Most onsets of either volley must have a partner within `rhythm_loose_ms`: several
    guns are heard in other intervals by another camera. No other offset may fit nearly as well:
    automatic fire fits itself at every shot. The earlier volley must have ended before.

    Examples
    --------
    >>> volley = np.array([0.0, 0.31, 0.52, 0.98, 1.37, 1.62])
    >>> [repeat.speed for repeat in find(np.concatenate([volley, 10 + 2 * volley]), RepeatSettings())]
    [0.5]
    """
    for shown in known:
        time_s = time_s[(time_s < shown.start_s) | (time_s >= shown.stop_s)]
    found: list[Repeat] = []
    for speed in _SPEEDS:
        for earlier, later in _pairs(time_s, speed, settings.rhythm_onsets):
            repeat = _match(earlier, later, speed, settings)
            if repeat and not any(_overlap(repeat, other) for other in [*found, *known]):
                found.append(repeat)
    return tuple(sorted(found, key=lambda repeat: repeat.start_s))


def _pairs(time_s: Float64, speed: float, least: int) -> Iterator[tuple[Float64, Float64]]:
    """Every volley at its own speed with every later one at `speed`, where both have onsets enough."""
    originals = [v for v in _volleys(time_s, _APART_S) if len(v) >= least]
    showings = [v for v in _volleys(time_s, _APART_S / speed) if len(v) >= least]
    for later in showings:
        for earlier in originals:
            if earlier[-1] < later[0]:
                yield earlier, later


def _volleys(time_s: Float64, apart_s: float) -> list[Float64]:
    return np.split(time_s, np.flatnonzero(np.diff(time_s) > apart_s) + 1)


def _match(earlier: Float64, later: Float64, speed: float, settings: RepeatSettings) -> Repeat | None:
    """The showing of `earlier` in `later`, None unless the rhythm says so beyond doubt."""
    near_s, loose_s = settings.rhythm_ms / 1000 / speed, settings.rhythm_loose_ms / 1000 / speed
    slowed = earlier / speed
    offsets = np.sort((later[:, None] - slowed).ravel())
    counts = np.searchsorted(offsets, offsets + 2 * near_s, side="right") - np.arange(len(offsets))
    best = int(counts.argmax())
    offset = float(np.median(offsets[best : best + counts[best]]))
    partner_s = _nearest_s(later, slowed + offset)
    matched = later[partner_s <= near_s]
    if len(matched) < settings.rhythm_onsets or matched[-1] - matched[0] < settings.rhythm_s / speed:
        return None
    fitting = later[partner_s <= loose_s]
    first_s, last_s = fitting[0] - loose_s, fitting[-1] + loose_s
    shown = slowed[(slowed + offset >= first_s) & (slowed + offset <= last_s)] + offset
    heard = later[(later >= first_s) & (later <= last_s)]
    chance = len(shown) * len(heard) * 2 * near_s / (last_s - first_s)
    elsewhere = counts[np.abs(offsets - offset) > 2 * loose_s].max(initial=0)
    loose = min(np.mean(_nearest_s(heard, shown) <= loose_s), np.mean(_nearest_s(shown, heard) <= loose_s))
    beats = 1 + np.count_nonzero(np.diff(matched) > _ECHO_S / speed)
    if beats < settings.rhythm_onsets + 4 * chance or elsewhere > 0.6 * len(matched):
        return None
    if len(matched) < settings.rhythm_share * max(len(shown), len(heard)) or loose < settings.rhythm_loose_share:
        return None
    start_s, stop_s = float(fitting[0]) - _EDGE_S / speed, float(fitting[-1]) + _EDGE_S / speed
    return Repeat(start_s, stop_s, (start_s - offset) * speed, speed)


def _nearest_s(time_s: Float64, others_s: Float64) -> Float64:
    """Distance of each time to the nearest of the others."""
    return np.asarray(np.abs(time_s[:, None] - others_s).min(axis=1))


def _overlap(a: Repeat, b: Repeat) -> bool:
    return a.start_s < b.stop_s and b.start_s < a.stop_s
