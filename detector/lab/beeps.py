"""Beeps as cameras make them: levels, pitches, lengths, edges and overtones drawn at random, none two alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.blasts import pascal
from detector.lab.backdrop import Source
from detector.lab.material import RATE_HZ
from detector.lab.scene_numbers import Range
from detector.records import Float32

# Makers' manuals tell two tones at start and stop and every two minutes, and four quick beeps for a low battery; no
# levels and no pitches, so these are assumed, and wide.
_TONES = ((1, 0.4), (2, 0.4), (4, 0.2))
_PITCH_HZ: Range = (800.0, 4000.0)
_LENGTH_S: Range = (0.05, 1.0)
_QUICK_S: Range = (0.05, 0.15)  # four in a row
_GAP_S: Range = (0.04, 0.3)
_HARD_SHARE = 0.25  # switched on and off at any moment of the wave; the others fade
_EDGE_S: Range = (0.0002, 0.02)
_OTHER_PITCH_SHARE = 0.4  # of second tones
_OTHER_PITCH: Range = (0.7, 1.5)
_RICH_SHARE = 0.5  # with overtones
_OVERTONES = 3
_OVERTONE: Range = (0.0, 0.5)
_PEAK_DB_SPL: Range = (70.0, 100.0)  # at the microphone


@dataclass(frozen=True)
class Beep:
    """One prompt of a camera: tones of one length at several pitches, one after the other.

    `edge_s` is how long each fades in and out, `overtones` are amplitudes re the tone itself.
    """

    at_s: float
    pitch_hz: tuple[float, ...]
    length_s: float
    gap_s: float
    edge_s: float
    overtones: tuple[float, ...]
    peak_db_spl: float

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """When each tone begins and ends."""
        starts = [self.at_s + row * (self.length_s + self.gap_s) for row in range(len(self.pitch_hz))]
        return tuple((start_s, start_s + self.length_s) for start_s in starts)

    @property
    def stop_s(self) -> float:
        """The end of the last tone."""
        return self.spans[-1][1]

    def source(self) -> Source:
        """The beep as pressure at the microphone."""
        total = np.zeros(round((self.stop_s - self.at_s) * RATE_HZ) + 1, np.float32)
        for (start_s, _), pitch_hz in zip(self.spans, self.pitch_hz, strict=True):
            tone, first = self._tone(pitch_hz), round((start_s - self.at_s) * RATE_HZ)
            total[first : first + len(tone)] += tone[: len(total) - first]
        return Source(self.at_s, "beep", total * np.float32(pascal(self.peak_db_spl)), echoed=False)

    def _tone(self, pitch_hz: float) -> Float32:
        t = np.arange(round(self.length_s * RATE_HZ)) / RATE_HZ
        wave = sum(
            share * np.cos(2 * np.pi * pitch_hz * (number + 1) * t)
            for number, share in enumerate((1.0, *self.overtones))
            if pitch_hz * (number + 1) < RATE_HZ / 2
        )
        if self.edge_s:
            wave = wave * np.minimum(1, np.minimum(t, t[::-1]) / self.edge_s)
        return np.asarray(wave / np.abs(wave).max(), np.float32)


def beep(rng: np.random.Generator, at_s: float) -> Beep:
    """A beep that begins at `at_s`."""
    counts, chances = zip(*_TONES, strict=True)
    tones = int(rng.choice(counts, p=chances))
    first_hz = _between(rng, _PITCH_HZ)
    second_hz = first_hz * (rng.uniform(*_OTHER_PITCH) if rng.random() < _OTHER_PITCH_SHARE else 1.0)
    return Beep(
        at_s=at_s,
        pitch_hz=tuple(float(np.clip(first_hz if row % 2 == 0 else second_hz, *_PITCH_HZ)) for row in range(tones)),
        length_s=_between(rng, _QUICK_S if tones == 4 else _LENGTH_S),
        gap_s=float(rng.uniform(*_GAP_S)),
        edge_s=0.0 if rng.random() < _HARD_SHARE else _between(rng, _EDGE_S),
        overtones=tuple(rng.uniform(*_OVERTONE, _OVERTONES).tolist()) if rng.random() < _RICH_SHARE else (),
        peak_db_spl=float(rng.uniform(*_PEAK_DB_SPL)),
    )


def _between(rng: np.random.Generator, span: Range) -> float:
    return float(np.exp(rng.uniform(*np.log(span))))
