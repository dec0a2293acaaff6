"""The sound around an onset -> what a network that knows everyday sounds takes it for.

YAMNet was trained by others on two million clips of AudioSet (Gemmeke et al. 2017), so it has heard
gunfire and everyday sounds that this project has not. It hears about a second at once: it can tell
what kind of sound there is, not how many. `data/yamnet.md` is the card of its weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from detector.core.stretches import Stretch
from detector.records import Float32, Float64, Int64

# What gunfire may be taken for, or be heard beside, of AudioSet's 521 classes.
CLASSES = (
    *("Gunshot, gunfire", "Machine gun", "Fusillade", "Artillery fire", "Cap gun", "Fireworks", "Firecracker"),
    *("Burst, pop", "Explosion", "Eruption", "Boom", "Thunder", "Thunderstorm", "Bang", "Slam", "Door", "Knock", "Tap"),
    *("Thump, thud", "Whack, thwack", "Slap, smack", "Smash, crash", "Breaking", "Glass", "Wood", "Crack", "Crackle"),
    *("Splash, splatter", "Hammer", "Jackhammer", "Clapping", "Walk, footsteps", "Basketball bounce", "Keys jangling"),
    *("Clicking", "Clickety-clack", "Drum", "Snare drum", "Bass drum", "Drum roll", "Wood block", "Bark", "Speech"),
    *("Music", "Silence"),
)

EMBEDDED = 1024  # outputs of the last but one layer, of which the classes are sums

COLUMNS = tuple(f"yamnet_{name.lower()}" for name in CLASSES)

_AHEAD_S = 0.2  # by which a window begins before its onset
_PEAK = np.float32(0.7)  # of full scale, to which every window is brought

# What YAMNet was trained with: spectra of 25 ms each 10 ms, their lines in 64 bands of the mel scale.
_FRAME_S, _STEP_S, _FRAMES = 0.025, 0.010, 96
_MELS, _MEL_HZ = 64, (125.0, 7500.0)
_LINE_HZ, _RATE_HZ = 31.25, 16000
_OFFSET = np.float32(0.001)

_TOGETHER = 8  # windows that go through the network together


@dataclass(frozen=True, eq=False)
class _Block:
    """A depthwise convolution (3, 3, channels), then one across the channels; `stride` of the first."""

    stride: int
    depthwise: Float32
    depthwise_bias: Float32
    pointwise: Float32
    pointwise_bias: Float32


@dataclass(frozen=True, eq=False)
class _Weights:
    first: Float32
    first_bias: Float32
    blocks: tuple[_Block, ...]
    last: Float32
    last_bias: Float32


def embeddings(stretch: Stretch, hop: Int64) -> Float32:
    """(n, EMBEDDED) what the last but one layer makes of the sound around each of n absolute hops of a stretch.

    None is negative. The window begins 0.2 s before the hop and lasts 0.98 s; what lies beyond the
    stretch is silence. Its level is of no account, and nothing depends on what else is asked for.
    """
    found = np.zeros((len(hop), EMBEDDED), np.float32)
    for start in range(0, len(hop), _TOGETHER):
        windows = [_window(stretch, at) for at in hop[start : start + _TOGETHER].tolist()]
        found[start : start + _TOGETHER] = _embedded([_log_mel(window, stretch.rate_hz) for window in windows])
    return found


def log_odds(embedding: Float32) -> Float32:
    """(n, classes) log-odds that each of `CLASSES` is heard, by embeddings (n, EMBEDDED), each by itself."""
    weights = _weights()
    return np.asarray((embedding[:, None] @ weights.last)[:, 0] + weights.last_bias)


def _window(stretch: Stretch, hop: int) -> Float32:
    """(samples, channels) of a window that belongs to a hop."""
    first = (hop - stretch.first_hop) * stretch.hop - round(_AHEAD_S * stretch.rate_hz)
    start, frame = _frames(stretch.rate_hz)
    length = int(start[-1]) + frame
    window = np.zeros((length, stretch.samples.shape[1]), np.float32)
    a, b = max(first, 0), min(first + length, len(stretch.samples))
    if a < b:
        window[a - first : b - first] = stretch.samples[a:b]
    return window


def _log_mel(window: Float32, rate_hz: int) -> Float32:
    """(96, 64) logarithms of the magnitudes in mel bands, averaged over channels lest opposite phases cancel.

    Taken at the sample rate of the sound itself: the spectra of `_LINE_HZ` are those at 16 kHz.
    """
    peak = np.abs(window).max()
    if peak > 0:
        window = window * (_PEAK / peak)
    start, length = _frames(rate_hz)
    shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    frames = np.stack([window[first : first + length].T for first in start.tolist()], axis=1) * shape
    size = max(length, round(rate_hz / _LINE_HZ))
    bands = _mel_bands(rate_hz, size)
    # Only scaled forward does numpy stay in single precision.
    lines = np.fft.rfft(frames, size, axis=-1, norm="forward")[..., : len(bands)]
    magnitude = np.sqrt(np.square(lines.real) + np.square(lines.imag)) * np.float32(size * _RATE_HZ / rate_hz)
    return np.asarray(np.log((magnitude @ bands).mean(axis=0) + _OFFSET))


@lru_cache(maxsize=4)
def _frames(rate_hz: int) -> tuple[Int64, int]:
    """(96,) the sample of a window with which each frame begins, and the length of them all."""
    start = np.round(np.arange(_FRAMES) * _STEP_S * rate_hz).astype(np.int64)
    return start, max(1, round(_FRAME_S * rate_hz))


@lru_cache(maxsize=4)
def _mel_bands(rate_hz: int, size: int) -> Float32:
    """(lines, 64) triangles on the mel scale (O'Shaughnessy 1987), as many lines as they reach."""
    lowest, highest = _mel(np.array(_MEL_HZ)).tolist()
    edges = np.linspace(lowest, highest, _MELS + 2)
    hz = np.arange(size // 2 + 1) * np.float64(rate_hz / size)
    lines = _mel(hz[hz < _MEL_HZ[1]])[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    bands = np.maximum(0.0, np.minimum((lines - low) / (middle - low), (high - lines) / (high - middle)))
    return np.asarray(bands, np.float32)


def _mel(hz: Float64) -> Float64:
    return np.asarray(1127.0 * np.log1p(hz / 700.0))


def _embedded(log_mels: list[Float32]) -> Float32:
    """(n, EMBEDDED) what the network makes of n windows; their company changes no bit."""
    weights = _weights()
    signal = np.stack([_convolved(log_mel[:, :, None], weights) for log_mel in log_mels])
    for block in weights.blocks:
        signal = _depthwise(signal, block)
        count, time, bands, channels = signal.shape
        # A product for each window: the last bits of a larger one depend on where in it a window stands.
        signal = signal.reshape(count, time * bands, channels) @ block.pointwise
        signal += block.pointwise_bias
        signal = np.maximum(signal, 0, out=signal).reshape(count, time, bands, -1)
    return np.asarray(signal.mean(axis=(1, 2)))


def _convolved(signal: Float32, weights: _Weights) -> Float32:
    """The first convolution, from one channel to 32, stride 2."""
    taps = _taps(signal[None], 2)[0, :, :, 0]
    found = taps.reshape(*taps.shape[:2], -1) @ weights.first
    return np.asarray(np.maximum(found + weights.first_bias, 0))


def _depthwise(signal: Float32, block: _Block) -> Float32:
    total = np.einsum("ntbcij,ijc->ntbc", _taps(signal, block.stride), block.depthwise)
    total += block.depthwise_bias
    return np.asarray(np.maximum(total, 0, out=total))


def _taps(signal: Float32, stride: int) -> Float32:
    """(n, time, bands, channels, 3, 3) windows as the taps of a 3 x 3 kernel see them; the odd zero is added behind."""
    missing = [max(0, (-(-length // stride) - 1) * stride + 3 - length) for length in signal.shape[1:3]]
    around = [(0, 0), *((odd // 2, odd - odd // 2) for odd in missing), (0, 0)]
    seen = sliding_window_view(np.pad(signal, around), (3, 3), axis=(1, 2))
    return np.asarray(seen[:, ::stride, ::stride])


@lru_cache(maxsize=1)
def _weights() -> _Weights:
    data = (files("detector.data") / "yamnet.npz").read_bytes()
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        stride = arrays["strides"].tolist()
        names = arrays["class_names"].tolist()
        chosen = [names.index(name) for name in CLASSES]

        def single(name: str) -> Float32:
            return np.asarray(arrays[name], np.float32)

        blocks = tuple(
            _Block(
                stride[n],
                single(f"dw{n}_kernel"),
                single(f"dw{n}_bias"),
                single(f"pw{n}_kernel"),
                single(f"pw{n}_bias"),
            )
            for n in range(1, len(stride))
        )
        last = single("dense_kernel")[:, chosen]
        return _Weights(single("conv0_kernel"), single("conv0_bias"), blocks, last, single("dense_bias")[chosen])
