"""A stretch of changed sound, judged among the onsets of the recording from which it was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core import hearing, verdicts
from detector.core.hearing import Onsets
from detector.core.probability import Model
from detector.core.stretches import Stretch, hop_samples
from detector.records import Bool, Coverage, Float32, Float64
from detector.settings import Settings

_AMONG_S = 12.0  # on either side, of the onsets that have a say in the judgement of one (see `echoes`, `attention`)


@dataclass(frozen=True, eq=False)
class Heard:
    """All onsets of a recording in heard time, which of them are listed, and what they were heard by."""

    onsets: Onsets
    listed: Bool
    covered: tuple[Coverage, ...]
    model: Model
    settings: Settings


def heard(onsets: Onsets, covered: tuple[Coverage, ...], model: Model, settings: Settings) -> Heard:
    """The onsets of a recording, judged."""
    onsets = verdicts.heard_only(onsets, covered, settings.coverage)
    return Heard(onsets, _listed(onsets, model, settings), covered, model, settings)


def listed_s(known: Heard, stretch: Stretch) -> tuple[Float64, Float64]:
    """Times in the core of a stretch that are listed in the recording, and with the sound of the stretch in its place.

    What lies outside the core is taken as it was heard before.
    """
    start_s = stretch.start_s + stretch.core.start * stretch.hop_s
    stop_s = stretch.start_s + stretch.core.stop * stretch.hop_s
    time_s = known.onsets.time_s
    near = np.flatnonzero((time_s >= start_s - _AMONG_S) & (time_s < stop_s + _AMONG_S))
    within = (time_s[near] >= start_s) & (time_s[near] < stop_s)
    again = hearing.listen(stretch, known.model, known.settings)
    again = verdicts.heard_only(again, known.covered, known.settings.coverage)
    together = hearing.join([known.onsets.take(near[~within]), again])
    assert together is not None
    times_s = together.time_s[_listed(together, known.model, known.settings)]
    before_s = time_s[near[within & known.listed[near]]]
    return before_s, times_s[(times_s >= start_s) & (times_s < stop_s)]


def stretch_around(
    samples: Float32, first: int, rate_hz: int, core_s: tuple[float, float], unheard: tuple[tuple[float, float], ...]
) -> Stretch:
    """Samples (n, channels) from absolute sample `first` on as a stretch with a core; in `unheard` there are none."""
    hop = hop_samples(rate_hz)
    begin = -(-first // hop)
    hops = (first + len(samples)) // hop - begin
    inside = samples[begin * hop - first : (begin + hops) * hop - first]
    present = np.ones(hops, bool)
    for start_s, stop_s in unheard:
        a, b = (round(t * rate_hz / hop) - begin for t in (start_s, stop_s))
        present[max(0, a) : max(0, b)] = False
    core = slice(*(min(hops, max(0, round(t * rate_hz / hop) - begin)) for t in core_s))
    return Stretch(begin, hop, rate_hz, inside, present, core)


def _listed(onsets: Onsets, model: Model, settings: Settings) -> Bool:
    return np.asarray(hearing.judged(onsets, model, settings).chance >= settings.probability.possible)
