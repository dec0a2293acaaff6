"""Cameras that stand still and share minutes of talk, doors and shots: what tells how well drifts are measured.

Made of synthetic sounds alone, in the open, without codecs: here the clocks are what matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.lab import sounds
from detector.lab.clocks import Clock, drifted
from detector.records import Float32, Float64

RATE_HZ = 16_000
SOUND_M_S = 343.0
_KINDS = (sounds.talk, sounds.talk, sounds.shout, sounds.door, sounds.knock)
_PLACES, _GUNS = 6, 2
_WITHIN_M = 12.0
_NEAREST_M = 1.0
_EVERY_S = 2.5  # seconds from one sound to the next
_NOISE = 0.003  # RMS at each microphone, re a sound 1 m away
_SHOT = 6.0  # peak, re such a sound
_START_S = 15.0  # cameras begin so much later at most
_LATE_S = 30.0  # and their sound stands so much later in the file at most


@dataclass(frozen=True, eq=False)
class Standing:
    """One camera: its sound (n,) from `clock.late_s` of its file on, its clock, where it stands."""

    samples: Float32
    clock: Clock
    position_m: Float64
    arrivals_s: Float64


def standing(seed: int, cameras: int, length_s: float, shots: int, ppm: float = 40.0) -> tuple[Standing, ...]:
    """Cameras (at least one) around sounds at fixed places; clocks are fast or slow by `ppm` (standard deviation)."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-_WITHIN_M, _WITHIN_M, (_PLACES + _GUNS, 2))
    stands = rng.uniform(-_WITHIN_M, _WITHIN_M, (cameras, 2))
    count = round(length_s / _EVERY_S)
    heard: list[tuple[float, int, Float64]] = []
    for at_s in np.sort(rng.uniform(0, length_s, count)):
        kind = _KINDS[int(rng.integers(len(_KINDS)))]
        heard.append((float(at_s), int(rng.integers(_PLACES)), kind(rng, RATE_HZ)))
    fired_s = np.sort(rng.uniform(_START_S + 2, length_s - 2, shots))
    guns = _PLACES + rng.integers(_GUNS, size=shots)
    heard += [(float(at_s), int(gun), _blast(rng)) for at_s, gun in zip(fired_s, guns, strict=True)]
    made = []
    for stand in stands:
        away_m = np.maximum(np.hypot(*(places - stand).T), _NEAREST_M)
        sound = (_NOISE * rng.standard_normal(round(length_s * RATE_HZ))).astype(np.float32)
        for at_s, place, part in heard:
            first = round((at_s + away_m[place] / SOUND_M_S) * RATE_HZ)
            end = min(first + len(part), len(sound))
            sound[first:end] += (part[: max(0, end - first)] / away_m[place]).astype(np.float32)
        start = round(rng.uniform(0, _START_S) * RATE_HZ)
        late_s = round(rng.uniform(0, _LATE_S) * RATE_HZ) / RATE_HZ
        clock = Clock(start / RATE_HZ, late_s, float(rng.normal(0, ppm)))
        arrivals_s = fired_s + away_m[guns] / SOUND_M_S
        samples = np.tanh(drifted(sound[start:], clock.ppm)).astype(np.float32)
        made.append(Standing(samples, clock, stand, np.asarray(arrivals_s)))
    return tuple(made)


def _blast(rng: np.random.Generator) -> Float64:
    """A sharp pulse with a tail of decaying noise."""
    time_s = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    pulse = (1 - time_s / 0.0012) * np.exp(-time_s / 0.0012)
    return np.asarray(_SHOT * (pulse + 0.2 * rng.standard_normal(time_s.size) * np.exp(-time_s / 0.08)))
