"""What a small recorder makes of a pressure: overload, low cut, gain, gain control, rails.

Body cameras and telephones are built for speech: a shot a metre away is 25-40 dB above what their
microphones can follow (Maher 2009; NIJ 2018), and gain control ducks whatever comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.core.blasts import high_pass, pascal
from detector.records import Float32, Float64


@dataclass(frozen=True)
class Limiter:
    """Gain control that ducks after loud sound; `ceiling` is in full scale."""

    ceiling: float = 0.6
    attack_s: float = 0.003
    hold_s: float = 0.02
    release_s: float = 0.5
    most_db: float = 20.0


@dataclass(frozen=True)
class Recorder:
    """A small microphone with its amplifier: overload point, low cut, gain, gain control."""

    overload_db_spl: float = 124.0
    overload: Literal["hard", "soft"] = "hard"
    high_pass_hz: float = 120.0
    gain_db: float = 12.0
    limiter: Limiter | None = Limiter()


def overloaded(pressure_pa: Float64, recorder: Recorder) -> Float64:
    """Pressure as the capsule gives it: flat (hard) or bent (tanh) at its overload point."""
    limit_pa = pascal(recorder.overload_db_spl)
    if recorder.overload == "hard":
        return np.clip(pressure_pa, -limit_pa, limit_pa)
    return np.asarray(limit_pa * np.tanh(pressure_pa / limit_pa))


def limiter_gain(samples: Float64, limiter: Limiter, rate_hz: int) -> Float64:
    """Gain per sample, 1 or less, that the limiter sets after having heard the sound up to there.

    Worked out in steps of half a millisecond; the gain follows the peak down with the attack time
    constant, waits, and comes back in dB with the release time constant.
    """
    step = max(1, rate_hz // 2000)
    peaks = np.abs(np.pad(samples, (0, -len(samples) % step))).reshape(-1, step).max(axis=1)
    wanted_db = np.clip(20 * np.log10(limiter.ceiling / np.maximum(peaks, 1e-9)), -limiter.most_db, 0.0)
    down, back = (1 - np.exp(-step / rate_hz / t) for t in (limiter.attack_s, limiter.release_s))
    held, gain_db, waiting = np.zeros(len(peaks) + 1), 0.0, 0.0
    for i, wanted in enumerate(wanted_db.tolist()):
        if wanted < gain_db:
            gain_db, waiting = gain_db + down * (wanted - gain_db), limiter.hold_s
        elif waiting > 0:
            waiting -= step / rate_hz
        else:
            gain_db += back * (wanted - gain_db)
        held[i + 1] = gain_db
    return np.asarray(10 ** (np.interp(np.arange(len(samples)), np.arange(len(held)) * step, held) / 20))


def recorded(pressure_pa: Float64, recorder: Recorder, rate_hz: int) -> Float32:
    """Samples within +-1 that a recorder writes of a pressure: overload, low cut, gain, limiter, rails."""
    flat = overloaded(pressure_pa, recorder) / pascal(recorder.overload_db_spl)
    sound = high_pass(flat, recorder.high_pass_hz, rate_hz) * 10 ** (recorder.gain_db / 20)
    if recorder.limiter is not None:
        sound = sound * limiter_gain(sound, recorder.limiter, rate_hz)
    return np.clip(sound, -1.0, 1.0).astype(np.float32)
