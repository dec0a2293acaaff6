"""Everyday sounds for synthesized scenes: like talk, doors, knocks, steps, sirens, wind.

Every function draws from the generator it is given and returns samples with a peak of 1 (`bed`:
an RMS of 1), beginning at the sound itself. They stand in for the kind of sound, no more: nobody
is meant to be fooled by ear.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from detector.core.blasts import convolve
from detector.records import Float64

_VOWELS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (390, 1990, 2550), (570, 840, 2410), (300, 870, 2240))
_FORMANT_WIDTHS_HZ = (80, 110, 160)


def talk(rng: np.random.Generator, rate_hz: int) -> Float64:
    """A phrase of some six syllables: pulse trains through the formants of vowels, hissed beginnings."""
    return _phrase(rng, rate_hz, pitch_hz=rng.uniform(95, 200), syllables=int(rng.integers(4, 9)))


def shout(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Two to four high, long syllables."""
    return _phrase(rng, rate_hz, pitch_hz=rng.uniform(250, 400), syllables=int(rng.integers(2, 5)))


def door(rng: np.random.Generator, rate_hz: int) -> Float64:
    """A car door: a latch, then a thud with body modes and a rattle."""
    thud = _modes(rng, rate_hz, 0.5, low_hz=60, high_hz=350, n=9, decay_s=0.09)
    rattle = _burst(rng, rate_hz, 0.12, rise_s=0.004, decay_s=0.02, slope_db=-3)
    latch = 0.3 * _burst(rng, rate_hz, 0.03, rise_s=0.0005, decay_s=0.004, slope_db=3)
    return _unit(_laid(rate_hz, [(0.0, latch), (rng.uniform(0.03, 0.06), thud), (rng.uniform(0.03, 0.06), rattle)]))


def knock(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Three knuckles on a panel, same panel each time."""
    hit = _modes(rng, rate_hz, 0.15, low_hz=180, high_hz=1200, n=7, decay_s=0.02)
    times = np.cumsum(np.append(0.0, rng.uniform(0.18, 0.3, 2)))
    return _unit(_laid(rate_hz, [(float(t), hit * rng.uniform(0.7, 1.0)) for t in times]))


def steps(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Six running footsteps: a heel and a scuff each."""
    parts: list[tuple[float, Float64]] = []
    for k in range(6):
        at_s = k * 0.36 + rng.uniform(-0.02, 0.02) + 0.02
        heel = _modes(rng, rate_hz, 0.1, low_hz=70, high_hz=500, n=5, decay_s=0.012)
        scuff = 0.4 * _burst(rng, rate_hz, 0.1, rise_s=0.015, decay_s=0.025, slope_db=-1)
        parts += [(at_s, heel * rng.uniform(0.6, 1.0)), (at_s + 0.03, scuff)]
    return _unit(_laid(rate_hz, parts))


def handling(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Cloth and fingers on the camera: slow low swells with crackle on top."""
    swells = [
        (rng.uniform(0, 0.6), _burst(rng, rate_hz, 0.3, rise_s=0.05, decay_s=0.08, slope_db=-9)) for _ in range(4)
    ]
    crackle = [
        (rng.uniform(0, 0.8), 0.3 * _burst(rng, rate_hz, 0.02, rise_s=0.001, decay_s=0.003, slope_db=0))
        for _ in range(12)
    ]
    return _unit(_laid(rate_hz, swells + crackle))


def bump(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Something hits the camera: one short knock of its case."""
    return _unit(_modes(rng, rate_hz, 0.12, low_hz=120, high_hz=2500, n=12, decay_s=0.008))


def siren(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Three seconds of wail: a swept tone with harmonics."""
    t = np.arange(3 * rate_hz) / rate_hz
    pitch_hz = 900 + 450 * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * t + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 0.3)
    return _unit(fade * sum(np.sin(k * phase) / k**1.5 for k in (1, 2, 3, 4)))


def beep(rng: np.random.Generator, rate_hz: int) -> Float64:
    """Two tones, as cameras give when they start recording."""
    t = np.arange(round(0.12 * rate_hz)) / rate_hz
    tone = np.sin(2 * np.pi * rng.uniform(1800, 2800) * t) * np.minimum(1, np.minimum(t, t[::-1]) / 0.004)
    return _unit(_laid(rate_hz, [(0.0, tone), (0.25, tone)]))


SOUNDS: dict[str, Callable[[np.random.Generator, int], Float64]] = {
    "talk": talk,
    "shout": shout,
    "door": door,
    "knock": knock,
    "steps": steps,
    "handling": handling,
    "bump": bump,
    "siren": siren,
    "beep": beep,
}


def bed(rng: np.random.Generator, n: int, rate_hz: int, slope_db: float = -4.5) -> Float64:
    """(n,) noise of RMS 1 that falls by `slope_db` an octave above 60 Hz and breathes slowly, like a street."""
    noise = _coloured(rng, n, rate_hz, slope_db)
    knots = rng.normal(0, 2.0, n // rate_hz + 3)
    swell_db = np.interp(np.arange(n) / rate_hz, np.arange(len(knots)), knots)
    sound = noise * 10 ** (swell_db / 20)
    return np.asarray(sound / max(1e-12, float(np.sqrt(np.mean(sound**2)))))


def wind(rng: np.random.Generator, n: int, rate_hz: int) -> Float64:
    """(n,) low rumble of RMS 1 in gusts."""
    knots = np.exp(rng.normal(0, 1.2, 3 * n // rate_hz + 3))
    gusts = np.interp(3 * np.arange(n) / rate_hz, np.arange(len(knots)), knots)
    sound = _coloured(rng, n, rate_hz, -9.0) * gusts
    return np.asarray(sound / max(1e-12, float(np.sqrt(np.mean(sound**2)))))


def _phrase(rng: np.random.Generator, rate_hz: int, pitch_hz: float, syllables: int) -> Float64:
    parts: list[tuple[float, Float64]] = []
    at_s = 0.0
    for _ in range(syllables):
        length_s = rng.uniform(0.12, 0.28)
        parts.append((at_s, _syllable(rng, rate_hz, pitch_hz * rng.uniform(0.85, 1.15), length_s)))
        if rng.random() < 0.6:
            parts.append((at_s, 0.15 * _burst(rng, rate_hz, 0.08, rise_s=0.02, decay_s=0.03, slope_db=4)))
        at_s += length_s * rng.uniform(0.9, 1.3)
    return _unit(_laid(rate_hz, parts))


def _syllable(rng: np.random.Generator, rate_hz: int, pitch_hz: float, length_s: float) -> Float64:
    n = round(length_s * rate_hz)
    glide = pitch_hz * np.linspace(1.08, 0.92, n) * (1 + 0.01 * rng.standard_normal())
    pulses = np.diff(np.floor(np.cumsum(glide) / rate_hz), prepend=0.0)
    t = np.arange(round(0.04 * rate_hz)) / rate_hz
    vowel = _VOWELS_HZ[int(rng.integers(len(_VOWELS_HZ)))]
    ring = sum(
        np.exp(-np.pi * width * t) * np.sin(2 * np.pi * formant * t) / (k + 1)
        for k, (formant, width) in enumerate(zip(vowel, _FORMANT_WIDTHS_HZ, strict=True))
    )
    return convolve(pulses * np.hanning(n) ** 0.7, np.asarray(ring))


def _modes(
    rng: np.random.Generator, rate_hz: int, length_s: float, *, low_hz: float, high_hz: float, n: int, decay_s: float
) -> Float64:
    """Damped modes of a struck body, the higher the sooner gone, with a soft first millisecond."""
    t = np.arange(round(length_s * rate_hz)) / rate_hz
    pitch_hz = low_hz * (high_hz / low_hz) ** rng.random(n)[:, None]
    damping = t / (decay_s * (low_hz / pitch_hz) ** 0.5)
    body = (np.exp(-damping) * np.sin(2 * np.pi * pitch_hz * t) * rng.uniform(0.3, 1.0, (n, 1))).sum(axis=0)
    return _unit(body * np.minimum(1, t / 1e-3))


def _burst(
    rng: np.random.Generator, rate_hz: int, length_s: float, *, rise_s: float, decay_s: float, slope_db: float
) -> Float64:
    t = np.arange(round(length_s * rate_hz)) / rate_hz
    return _unit(_coloured(rng, len(t), rate_hz, slope_db) * np.minimum(1, t / rise_s) * np.exp(-t / decay_s))


def _coloured(rng: np.random.Generator, n: int, rate_hz: int, slope_db: float) -> Float64:
    spectrum = np.fft.rfft(rng.standard_normal(n))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(n, 1 / rate_hz), 20.0) / 60.0)
    return np.fft.irfft(spectrum * 10 ** (slope_db * np.maximum(octaves, 0.0) / 20), n)


def _laid(rate_hz: int, parts: list[tuple[float, Float64]]) -> Float64:
    starts = [round(at_s * rate_hz) for at_s, _ in parts]
    total = np.zeros(max(start + len(part) for start, (_, part) in zip(starts, parts, strict=True)))
    for start, (_, part) in zip(starts, parts, strict=True):
        total[start : start + len(part)] += part
    return total


def _unit(samples: Float64) -> Float64:
    return np.asarray(samples / max(1e-12, float(np.abs(samples).max())))
