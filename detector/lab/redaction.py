"""What publishers do to the sound of a file before they show it: silence and tones over parts of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.lab import scene_numbers as numbers
from detector.lab.footage import View
from detector.media.encode import coded
from detector.records import Float32


@dataclass(frozen=True)
class Redaction:
    """A span of a file that is silent, or under a tone of a `level` re full scale."""

    start_s: float
    stop_s: float
    level: float | None


def redactions(view: View, rng: np.random.Generator) -> tuple[Redaction, ...]:
    """A few spans of a file, in time order and apart; the first that was drawn lies over one of its shots."""
    fewest, most = numbers.REDACTIONS
    heard_s = [shot.first_s for shot in view.shots if not shot.muted]
    found: list[Redaction] = []
    for number in range(int(rng.integers(fewest, most + 1))):
        level = float(rng.uniform(*numbers.TONE_LEVEL)) if rng.random() < numbers.REDACTED_TONE_SHARE else None
        length_s = float(rng.uniform(*(numbers.SILENCE_S if level is None else numbers.TONE_S)))
        start_s = float(rng.uniform(view.late_s, max(view.late_s, view.duration_s - length_s)))
        if not number and heard_s:
            start_s = heard_s[int(rng.integers(len(heard_s)))] - float(rng.uniform(0, length_s))
        # Whole samples and the digits of a truth file, so that it says where they are exactly.
        span = Redaction(round(max(view.late_s, start_s), 2), round(min(view.duration_s, start_s + length_s), 2), level)
        if all(span.stop_s < other.start_s or span.start_s > other.stop_s for other in found):
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.start_s))


def redacted(view: View, spans: Sequence[Redaction]) -> View:
    """The view under redactions, which are made in a file that was coded before; the shots in them are muted."""
    samples = coded(view.samples, view.rate_hz, view.bit_rate)
    for span in spans:
        first, last = (round((at_s - view.late_s) * view.rate_hz) for at_s in (span.start_s, span.stop_s))
        part = samples[first:last]
        part[:] = 0 if span.level is None else _tone(len(part), view.rate_hz, span.level)
    unheard = tuple((span.start_s, span.stop_s) for span in spans)
    return dataclasses.replace(
        view,
        samples=samples,
        coded_first=(view.rate_hz, view.bit_rate),
        shots=tuple(shot.without(unheard) for shot in view.shots),
        unheard=tuple(sorted((*view.unheard, *unheard))),
        tones=tuple((span.start_s, span.stop_s) for span in spans if span.level is not None),
    )


def _tone(n: int, rate_hz: int, level: float) -> Float32:
    return (level * np.sin(2 * np.pi * numbers.TONE_HZ * np.arange(n) / rate_hz)).astype(np.float32)
