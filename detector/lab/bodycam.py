"""What a body camera writes of the pressure at its microphone: overload, bounce, gain, coding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from scipy.signal import lfilter

from detector.core.blasts import Point, pascal
from detector.lab import scene_numbers as numbers
from detector.lab.recorders import Limiter, Recorder, limiter_gain
from detector.media.encode import coded
from detector.records import Float32

_BOUNCE_APART_S = 0.03  # an overload that lasts kicks the diaphragm once
_BOUNCE_LASTS = 6.0  # decay times
_FLAT = 0.95  # of the overload point
_STANDING = ("far", "distant", "quiet", "fireworks", "double", "range")  # families whose wearer stays where he is


@dataclass(frozen=True)
class Bounce:
    """The swing of a diaphragm after an overload: a damped sine, `share` of the overload point high."""

    frequency_hz: float
    decay_s: float
    share: float


@dataclass(frozen=True)
class Coarse:
    """Sound kept in steps of 8 bits, beside its zero by an offset, with noise of its own; both in steps."""

    offset: float
    noise: float
    seed: int


@dataclass(frozen=True)
class Body:
    """A body camera: its electronics, what its codec keeps, how its wearer walks.

    `coded_first` are rate and bit rate of an earlier coding; `coarse` is None for a file that was
    never kept in 8 bits.
    """

    recorder: Recorder
    bounce: Bounce | None
    rate_hz: int
    bit_rate: int
    coded_first: tuple[int, int] | None
    velocity_m_s: Point
    coarse: Coarse | None = None


def body(rng: np.random.Generator, family: str, *, phone: bool) -> Body:
    """A camera that suits a family; one that does not overload again what a `phone` has overloaded."""
    rates, shares = zip(*numbers.RATES_HZ, strict=True)
    rate_hz = int(rng.choice(rates, p=shares))
    twice = rng.random() < numbers.TWICE_SHARE
    first = (rate_hz, int(rng.choice(numbers.BIT_RATES[rate_hz])))
    last = (numbers.PUBLISHED_HZ, int(rng.choice(numbers.BIT_RATES[numbers.PUBLISHED_HZ]))) if twice else first
    walk = np.zeros(2) if family in _STANDING else rng.normal(0, numbers.WALK_M_S, 2)
    bounce = Bounce(
        float(rng.uniform(*numbers.BOUNCE_HZ)),
        float(rng.uniform(*numbers.BOUNCE_DECAY_S)),
        float(rng.uniform(*numbers.BOUNCE_SHARE_OF_LIMIT)),
    )
    return Body(
        recorder=_recorder(rng, family, phone),
        bounce=bounce if rng.random() < numbers.BOUNCE_SHARE else None,
        rate_hz=last[0],
        bit_rate=last[1],
        coded_first=first if twice else None,
        velocity_m_s=(float(walk[0]), float(walk[1]), 0.0),
        coarse=_coarseness(rng, numbers.COARSE_SHARE.get(family, numbers.COARSE_ELSEWHERE)),
    )


def _coarseness(rng: np.random.Generator, share: float) -> Coarse | None:
    return coarseness(rng) if rng.random() < share else None


def coarseness(rng: np.random.Generator) -> Coarse:
    """8 bits as some recorder or editor made them."""
    return Coarse(float(rng.uniform(-0.5, 0.5)), float(rng.uniform(*numbers.COARSE_NOISE)), int(rng.integers(2**31)))


def _recorder(rng: np.random.Generator, family: str, phone: bool) -> Recorder:
    studio = family == "range"
    limiter_share = numbers.STUDIO_LIMITER_SHARE if studio else numbers.LIMITER_SHARE
    limited = not phone and rng.random() < limiter_share
    gain_db = float(rng.uniform(*(numbers.GAIN_LIMITED_DB if limited else numbers.GAIN_PLAIN_DB)))
    overload_db = float(np.clip(rng.normal(*numbers.OVERLOAD_DB_SPL), *numbers.OVERLOAD_LIMITS))
    if studio:
        overload_db = float(rng.uniform(*numbers.STUDIO_OVERLOAD_DB_SPL))
    limiter = Limiter(
        ceiling=float(rng.uniform(*numbers.LIMITER_CEILING)),
        attack_s=float(rng.uniform(*numbers.LIMITER_ATTACK_S)),
        hold_s=float(rng.uniform(*numbers.LIMITER_HOLD_S)),
        release_s=float(rng.uniform(*numbers.LIMITER_RELEASE_S)),
        most_db=float(rng.uniform(*numbers.LIMITER_DB)),
    )
    return Recorder(
        overload_db_spl=overload_db + numbers.PHONE_HEADROOM_DB * phone,
        overload="hard" if rng.random() < numbers.HARD_SHARE else "soft",
        high_pass_hz=float(rng.uniform(*numbers.HIGH_PASS_HZ)),
        gain_db=gain_db + numbers.FAR_GAIN_DB * (family in ("far", "distant")),
        limiter=limiter if limited else None,
    )


def rail_gain_db(recorder: Recorder) -> float:
    """How far below the capsule's overload point full scale lies, where no limiter keeps the sound under it."""
    return max(0.0, recorder.gain_db) if recorder.limiter is None else 0.0


def bent(pressure_pa: Float32, recorder: Recorder, gain_db: float = 0.0) -> Float32:
    """Pressure after the overload, flat or bent, of a point `gain_db` below the capsule's; 1 is that point."""
    share = pressure_pa / np.float32(pascal(recorder.overload_db_spl - gain_db))
    return np.asarray(np.clip(share, -1, 1) if recorder.overload == "hard" else np.tanh(share), np.float32)


def written(pressure_pa: Float32, camera: Body, rate_hz: int) -> Float32:
    """(n,) samples at the camera's rate of a pressure (m,) at `rate_hz`, as they are read from its file.

    Sample 0 stands at time 0 after every coding.
    """
    sound = coded(captured(pressure_pa, camera, rate_hz), camera.rate_hz, camera.bit_rate)
    return sound if camera.coarse is None else coarse(sound, camera.coarse)


def captured(pressure_pa: Float32, camera: Body, rate_hz: int) -> Float32:
    """(n,) samples at the camera's rate of a pressure (m,) at `rate_hz`, before they are coded for the last time."""
    recorder = camera.recorder
    sound = bent(pressure_pa, recorder)
    if camera.bounce is not None:
        sound = sound + _swings(sound, camera.bounce, rate_hz)
    sound = _high_passed(sound, recorder.high_pass_hz, rate_hz) * np.float32(10 ** (recorder.gain_db / 20))
    if recorder.limiter is not None:
        sound = sound * limiter_gain(sound.astype(np.float64), recorder.limiter, rate_hz).astype(np.float32)
    if camera.coded_first is not None:
        first_hz, bit_rate = camera.coded_first
        sound, rate_hz = coded(_resampled(sound, rate_hz, first_hz), first_hz, bit_rate), first_hz
    return _resampled(sound, rate_hz, camera.rate_hz)


def _resampled(sound: Float32, rate_hz: int, to_hz: int) -> Float32:
    return np.asarray(np.clip(soxr.resample(np.clip(sound, -1, 1), rate_hz, to_hz), -1, 1), np.float32)


def coarse(sound: Float32, kept: Coarse) -> Float32:
    """The sound in steps of 8 bits: what is quiet falls silent or chatters."""
    noise = np.random.default_rng(kept.seed).standard_normal(len(sound), np.float32) * np.float32(kept.noise)
    steps = np.rint(sound * np.float32(128) + noise + np.float32(kept.offset))
    return np.asarray(np.clip(steps, -128, 127) / 128, np.float32)


def _high_passed(sound: Float32, corner_hz: float, rate_hz: int) -> Float32:
    """The sound through a one-pole high-pass: causal, 6 dB an octave."""
    pole = np.float32(np.exp(-2 * np.pi * corner_hz / rate_hz))
    ahead = (1 + pole) / 2 * np.array([1, -1], np.float32)
    return np.asarray(lfilter(ahead, np.array([1, -pole], np.float32), sound), np.float32)


def _swings(sound: Float32, bounce: Bounce, rate_hz: int) -> Float32:
    """What overloads leave behind: a damped swing against the side that was hit."""
    beyond = np.flatnonzero(np.abs(sound) > _FLAT)
    hits = beyond[np.diff(beyond, prepend=-len(sound)) > _BOUNCE_APART_S * rate_hz]
    t = np.arange(round(_BOUNCE_LASTS * bounce.decay_s * rate_hz)) / rate_hz
    swing = bounce.share * np.exp(-t / bounce.decay_s) * np.sin(2 * np.pi * bounce.frequency_hz * t)
    total = np.zeros(len(sound) + len(t), np.float32)
    for hit in hits:
        total[hit : hit + len(t)] -= (np.sign(sound[hit]) * swing).astype(np.float32)
    return total[: len(sound)]
