"""The physics of a shot and a place: pressure at a microphone.

Everything is a pure function of its arguments. Pressures are in pascal, positions in metres
(x, y along the ground, z up), times in seconds from the moment the shot leaves the muzzle.
Responses are split into three bands (edges `BAND_EDGES_HZ`) by one-pole filters, which are causal
and add up to one, so nothing sounds before its direct path.

References
----------
Friedlander, F. G. (1946), The diffraction of sound pulses. Whitham, G. B. (1952), The flow
pattern of a supersonic projectile. Allen, J. B. and Berkley, D. A. (1979), Image method for
efficiently simulating small-room acoustics. Maher, R. C. (2006, 2007), Modeling and signal
processing of acoustic gunshot recordings; Acoustical characterization of gunshots.
ISO 9613-1 (1993), Absorption of sound by the atmosphere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detector.records import Float64

Point = tuple[float, float, float]

BAND_EDGES_HZ = (700.0, 3000.0)
_BAND_CENTRES_HZ = np.array([350.0, 1500.0, 6000.0])
_FRONT_DB = np.array([2.0, 3.0, 4.0])  # along the barrel, re the side: 10-20 dB front to back (Beck 2011)
_REAR_DB = np.array([-5.0, -8.0, -13.0])  # behind the shooter, who shadows short waves most
_ROUGHNESS_DB = np.array([0.0, -0.5, -2.5])  # each reflection loses short waves first
_SCATTERERS_PER_S = 4000  # dense enough for a tail that sounds like noise
_ATMOSPHERE_PA = 101_325.0
_KERNEL_HALF = 24  # samples on either side of a band-limited tap
_OVERSAMPLE = 16  # grid on which a pulse is drawn before it is band-limited


@dataclass(frozen=True)
class Blast:
    """A muzzle blast at 1 m to the side of the gun; `decay` is Friedlander's b."""

    peak_pa: float = 2000.0
    positive_phase_s: float = 0.5e-3
    decay: float = 1.2
    rise_s: float = 20e-6


@dataclass(frozen=True)
class Bullet:
    """A projectile that flies straight for `reach_m`."""

    velocity_m_s: float
    diameter_m: float = 0.009
    length_m: float = 0.015
    reach_m: float = 50.0


@dataclass(frozen=True)
class Crack:
    """A shock wave at a microphone: when it arrives, how strong, how long."""

    delay_s: float
    peak_pa: float
    duration_s: float


@dataclass(frozen=True)
class Facade:
    """A flat reflecting surface, the ground included; `reflection` is an amplitude, 0 to 1."""

    point_m: Point
    normal: Point
    reflection: float = 0.8


@dataclass(frozen=True)
class Place:
    """What reflects: flat surfaces and scattered objects that stay where they are.

    Attributes
    ----------
    order
        Most reflections in a row between facades.
    rt60_s
        Time in which the tail falls by 60 dB, for each band.
    tail_db
        Energy of one millisecond of tail, extrapolated to the moment of the shot, re the direct
        path at 1 m.
    nearest_m
        Distance of the nearest scattering object from the middle of the scene.
    """

    facades: tuple[Facade, ...] = (Facade((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),)
    order: int = 2
    rt60_s: tuple[float, float, float] = (1.2, 1.0, 0.6)
    tail_db: float = -45.0
    nearest_m: float = 3.0
    temperature_c: float = 15.0
    seed: int = 0


@dataclass(frozen=True)
class Cabin:
    """A closed car around the gun, heard from outside: dull, quieter, with a short ring of its own."""

    low_pass_hz: float = 1500.0
    level_db: float = -15.0
    rt60_s: float = 0.08
    seed: int = 0


@dataclass(frozen=True)
class Paths:
    """Ways from the muzzle to the microphone; row 0 is the direct one. `gain` is (3 bands, n)."""

    delay_s: Float64
    gain: Float64

    def direct(self) -> Paths:
        """The direct path alone."""
        return Paths(self.delay_s[:1], self.gain[:, :1])


def pascal(level_db_spl: float) -> float:
    """Pressure in Pa of a sound pressure level in dB re 20 micropascal.

    >>> round(pascal(160.0))
    2000
    """
    return float(20e-6 * 10 ** (level_db_spl / 20))


def speed_of_sound_m_s(temperature_c: float) -> float:
    """Speed of sound in air in m/s.

    >>> round(speed_of_sound_m_s(20.0), 1)
    343.2
    """
    return float(331.3 * np.sqrt(1 + temperature_c / 273.15))


def friedlander(time_s: Float64, blast: Blast) -> Float64:
    """Pressure in Pa of a blast that arrives at time 0: a linear rise, then (1 - x) exp(-b x).

    x is the time since the peak over the positive phase; b > 1 makes the negative phase the
    lighter one (Friedlander 1946).
    """
    x = (time_s - blast.rise_s) / blast.positive_phase_s
    after = (1 - x) * np.exp(-blast.decay * np.maximum(x, 0.0))
    rising = np.clip(time_s / blast.rise_s, 0.0, 1.0)
    return blast.peak_pa * np.where(x < 0, rising, after)


def n_wave(time_s: Float64, crack: Crack, rise_s: float = 5e-6) -> Float64:
    """Pressure in Pa of a shock wave that arrives at time 0: up, straight down through 0, up again."""
    line = 1 - 2 * time_s / crack.duration_s
    ends = np.clip(time_s / rise_s, 0.0, 1.0) * np.clip((crack.duration_s - time_s) / rise_s, 0.0, 1.0)
    return crack.peak_pa * line * ends


def crack_at(bullet: Bullet, muzzle_m: Point, aim: Point, microphone_m: Point, sound_m_s: float) -> Crack | None:
    """The shock wave that a microphone hears, None for slow bullets or outside its region.

    The wave leaves the trajectory at the angle whose cosine is 1 / Mach; strength and length follow
    Whitham (1952) with the bullet's calibre and length. A microphone nearer than 10 cm to the
    trajectory counts as 10 cm away.
    """
    mach = bullet.velocity_m_s / sound_m_s
    if mach <= 1:
        return None
    forward = np.asarray(aim) / np.linalg.norm(aim)
    ray = np.subtract(microphone_m, muzzle_m)
    along = float(ray @ forward)
    miss_m = max(0.1, float(np.linalg.norm(ray - along * forward)))
    left_at_m = along - miss_m / np.sqrt(mach**2 - 1)
    if not 0 < left_at_m < bullet.reach_m:
        return None
    delay_s = left_at_m / bullet.velocity_m_s + miss_m * mach / np.sqrt(mach**2 - 1) / sound_m_s
    slender = bullet.diameter_m / bullet.length_m**0.25
    peak_pa = 0.53 * _ATMOSPHERE_PA * (mach**2 - 1) ** 0.125 * slender / miss_m**0.75
    duration_s = 1.82 * mach * miss_m**0.25 * slender / (sound_m_s * (mach**2 - 1) ** 0.375)
    return Crack(delay_s, peak_pa, duration_s)


def sampled(pulse: Callable[[Float64], Float64], rate_hz: int, offset_s: float, length_s: float = 0.02) -> Float64:
    """Band-limited samples of a pulse that begins `offset_s` after sample 0.

    The pulse, a function of the time since its arrival, is drawn on a grid 16 times finer and
    cut off smoothly below half the rate, so that arrival times between samples are kept.
    """
    n = round(length_s * rate_hz)
    fine = pulse(np.arange(n * _OVERSAMPLE) / (rate_hz * _OVERSAMPLE) - offset_s)
    spectrum = np.fft.rfft(fine)[: n // 2 + 1] / _OVERSAMPLE
    share = np.arange(len(spectrum)) / n  # of the sampling rate
    keep = np.cos(np.pi / 2 * np.clip((share - 0.42) / 0.07, 0, 1)) ** 2
    return np.fft.irfft(spectrum * keep, n)


def directivity(cosine: Float64) -> Float64:
    """Amplitude, (3 bands, n), of the blast at angles from the barrel, re the side of the gun.

    `cosine` is 1 ahead of the gun, 0 beside it, -1 behind the shooter; in dB the pattern follows
    |cosine|^1.3 (after Beck, Nakasone and Marr 2011).
    """
    shape = np.abs(cosine) ** 1.3
    level_db = np.where(cosine > 0, _FRONT_DB[:, None], _REAR_DB[:, None]) * shape
    return 10 ** (level_db / 20)


def air_absorption(distance_m: Float64) -> Float64:
    """Amplitude, (3 bands, n), left after a way through air: about 4.7 dB/km at 1 kHz, rising with f^1.5."""
    db_per_m = 4.7e-3 * (_BAND_CENTRES_HZ / 1000) ** 1.5
    return np.asarray(10 ** (-db_per_m[:, None] * distance_m / 20))


def paths(place: Place, source_m: Point, microphone_m: Point, aim: Point | None = None) -> Paths:
    """All ways from a source to a microphone: direct, mirrored by the facades, scattered.

    `aim` is where the barrel points; None is a source that sounds the same all around. The same
    place and positions always give the same paths; a few decimetres away they differ.
    """
    images, image_gain = _images(place, np.asarray(microphone_m))
    objects, object_gain = _scatterers(place)
    source = np.asarray(source_m)
    to_image, to_object = images - source, objects - source
    straight_m = np.linalg.norm(to_image, axis=1)
    bent_m = np.linalg.norm(to_object, axis=1) + np.linalg.norm(objects - microphone_m, axis=1)
    distance_m = np.concatenate([straight_m, bent_m])
    delay_s = distance_m / speed_of_sound_m_s(place.temperature_c)
    fall = 10 ** (-3 * delay_s[len(images) :] / np.asarray(place.rt60_s)[:, None])
    spread = image_gain / np.maximum(straight_m, 0.1)
    gain = np.concatenate([spread, object_gain * fall], axis=1) * air_absorption(distance_m)
    if aim is not None:
        departure = np.concatenate([to_image, to_object])
        cosine = departure @ np.asarray(aim) / (np.linalg.norm(departure, axis=1) * np.linalg.norm(aim) + 1e-9)
        gain *= directivity(np.clip(cosine, -1, 1))
    return Paths(delay_s, gain)


def response(ways: Paths, rate_hz: int) -> Float64:
    """Impulse response of the paths; sample 0 is the moment of the shot.

    Each tap stands at its time between samples (windowed sinc); the three bands are put together
    with causal one-pole filters.
    """
    n = round(float(ways.delay_s.max()) * rate_hz) + 2 * _KERNEL_HALF
    size = _fast_size(2 * n)
    nearest = np.round(ways.delay_s * rate_hz).astype(np.int64)
    steps = np.arange(-_KERNEL_HALF, _KERNEL_HALF + 1)
    away = steps - (ways.delay_s * rate_hz - nearest)[:, None]
    kernel = 0.9 * np.sinc(0.9 * away) * np.cos(np.pi / 2 * np.clip(away / (_KERNEL_HALF + 1), -1, 1)) ** 2
    slots = (nearest[:, None] + steps + _KERNEL_HALF).ravel()
    spectrum = np.zeros(size // 2 + 1, np.complex128)
    for band, mask in zip(ways.gain, _band_masks(size, rate_hz), strict=True):
        taps = np.bincount(slots, (kernel * band[:, None]).ravel(), minlength=size)
        spectrum += np.fft.rfft(taps) * mask
    return np.fft.irfft(spectrum, size)[_KERNEL_HALF : _KERNEL_HALF + n]


def cabin_response(cabin: Cabin, rate_hz: int) -> Float64:
    """Impulse response from a gun inside a closed car to just outside it."""
    n = round(cabin.rt60_s * rate_hz)
    noise = np.random.default_rng(cabin.seed).standard_normal(n)
    ring = noise * 10 ** (-3 * np.arange(n) / n) * 0.6 / np.sqrt(rate_hz * 2e-3)
    ring[0] += 1.0
    return low_pass(np.pad(ring, (0, n)), cabin.low_pass_hz, rate_hz) * 10 ** (cabin.level_db / 20)


def convolve(samples: Float64, response: Float64) -> Float64:
    """Full convolution, len(samples) + len(response) - 1 long."""
    n = len(samples) + len(response) - 1
    size = _fast_size(n)
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[:n]


def low_pass(samples: Float64, corner_hz: float, rate_hz: int) -> Float64:
    """Two one-pole low-passes in a row: causal, 12 dB an octave; same length."""
    return _filtered(samples, rate_hz, lambda f: (1 / (1 + 1j * f / corner_hz)) ** 2)


def high_pass(samples: Float64, corner_hz: float, rate_hz: int) -> Float64:
    """One-pole high-pass: causal, 6 dB an octave; same length."""
    return _filtered(samples, rate_hz, lambda f: 1j * f / (corner_hz + 1j * f))


def in_bands(samples: Float64, rate_hz: int) -> Float64:
    """(3, n) the samples split at `BAND_EDGES_HZ` by causal one-pole filters; the bands add up to the samples."""
    size = _fast_size(len(samples) + rate_hz // 4)
    spectrum = np.fft.rfft(samples, size)
    return np.stack([np.fft.irfft(spectrum * mask, size)[: len(samples)] for mask in _band_masks(size, rate_hz)])


def _filtered(samples: Float64, rate_hz: int, gain: Callable[[Float64], np.ndarray]) -> Float64:
    size = _fast_size(len(samples) + rate_hz // 4)  # room for the filter to ring out, or it wraps around
    frequencies = np.asarray(np.fft.rfftfreq(size, 1 / rate_hz), np.float64)
    return np.fft.irfft(np.fft.rfft(samples, size) * gain(frequencies), size)[: len(samples)]


def _fast_size(n: int) -> int:
    return 1 << (n - 1).bit_length()


def _band_masks(size: int, rate_hz: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    f = np.fft.rfftfreq(size, 1 / rate_hz)
    below, middle = (1 / (1 + 1j * f / edge) for edge in BAND_EDGES_HZ)
    return below, (1 - below) * middle, (1 - below) * (1 - middle)


def _images(place: Place, microphone: Float64) -> tuple[Float64, Float64]:
    """Mirror images of the microphone, itself first, and their gain (3 bands, n) without spreading."""
    found = {_key(microphone): (microphone, np.ones(3))}
    last = list(found.values())
    for _ in range(place.order):
        mirrored = []
        for image, gain in last:
            for facade in place.facades:
                normal = np.asarray(facade.normal) / np.linalg.norm(facade.normal)
                other = image - 2 * ((image - facade.point_m) @ normal) * normal
                # Perpendicular walls reach the same image in either order: it sounds once.
                if _key(other) not in found:
                    found[_key(other)] = (other, gain * facade.reflection * 10 ** (_ROUGHNESS_DB / 20))
                    mirrored.append(found[_key(other)])
        last = mirrored
    return np.array([image for image, _ in found.values()]), np.array([gain for _, gain in found.values()]).T


def _key(point: Float64) -> tuple[int, ...]:
    return tuple(round(x * 1000) for x in point)


def _scatterers(place: Place) -> tuple[Float64, Float64]:
    """Objects around the scene (n, 3) and their gain (n,), drawn from the place's seed alone."""
    rng = np.random.default_rng(place.seed)
    reach_m = 0.5 * speed_of_sound_m_s(place.temperature_c) * 0.8 * max(place.rt60_s)
    n = max(1, round(_SCATTERERS_PER_S * 0.8 * max(place.rt60_s)))
    radius_m = place.nearest_m + (reach_m - min(reach_m, place.nearest_m)) * rng.random(n)
    angle = rng.uniform(0, 2 * np.pi, n)
    height_m = rng.uniform(0, 6, n)
    # A few strong objects stand out of many weak ones, as parked cars and doorways do.
    gain = rng.standard_normal(n) * rng.lognormal(-0.16, 0.4, n)
    gain *= 10 ** (place.tail_db / 20) / np.sqrt(_SCATTERERS_PER_S / 1000)
    return np.stack([radius_m * np.cos(angle), radius_m * np.sin(angle), height_m], axis=1), gain
