"""Arrays of any number format, channel count or rate -> float32 at one rate; windows cut out of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from detector.records import Block, Float32

_ABSURD = 1e6  # times full scale; squares of anything louder could overflow float32


def full_scale(samples: NDArray[Any]) -> Float32:
    """The same samples as float32 with full scale at +-1; integers of any width are scaled.

    Raises
    ------
    TypeError
        When the samples are neither integers nor real floats.

    >>> full_scale(np.array([0, 128, 255], np.uint8)).tolist()
    [-1.0, 0.0, 0.9921875]
    """
    kind, bits = samples.dtype.kind, 8 * samples.dtype.itemsize
    if kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):  # inf and NaN are reported as unusable
            return samples.astype(np.float32, copy=False)
    if kind not in "iu":
        raise TypeError(f"samples of type {samples.dtype} are no sound")
    half = 2.0 ** (bits - 1)
    scaled: Float32 = np.multiply(samples, np.float32(1 / half), dtype=np.float32)
    return scaled - np.float32(1) if kind == "u" else scaled


def usable(samples: Float32) -> tuple[Float32, int]:
    """The samples with NaN, infinite and absurdly large ones set to zero, and how many those were.

    The input is returned itself when nothing is wrong, and never written to.
    """
    flat = samples.ravel(order="K")
    with np.errstate(over="ignore", invalid="ignore"):
        energy = np.dot(flat, flat)  # one quick pass; not a number, or infinite, if any sample is
    if energy < _ABSURD**2:
        return samples, 0
    good = np.abs(samples) < _ABSURD  # NaN compares false
    return np.where(good, samples, np.float32(0)), int(samples.size - np.count_nonzero(good))


def about_unusable(count: int) -> str:
    """A sentence on what `usable` did."""
    return f"samples that no sound can have (NaN, infinite, absurdly large), set to zero: {count}"


def with_channels(samples: NDArray[Any], channels: int) -> NDArray[Any]:
    """(count, n) -> (channels, n): surplus channels dropped, missing ones repeat the last.

    >>> with_channels(np.array([[1.0, 2.0]]), 2).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    return samples[np.minimum(np.arange(channels), len(samples) - 1)]


class Resampler:
    """One contiguous run of sound brought to another rate, chunk by chunk, without seams between chunks."""

    def __init__(self, from_hz: int, to_hz: int, channels: int) -> None:
        self._stream = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32")

    def feed(self, samples: Float32, last: bool = False) -> Float32:
        """(channels, n) in, (channels, m) out; the output lags until `last` flushes it."""
        out: Float32 = self._stream.resample_chunk(np.ascontiguousarray(samples.T), last=last)
        return out.reshape(-1, len(samples)).T


def cut_windows(
    blocks: Iterable[Block], windows: Sequence[tuple[float, float]], rate_hz: int, channels: int
) -> list[Block]:
    """The sound of each window (start_s, stop_s), in the order asked.

    Samples of [round(start_s * rate_hz), round(stop_s * rate_hz)); a block is shorter than its
    window where that reaches beyond the first or last decoded sample, empty where it lies wholly
    outside, and zero in gaps. Reads no further than the last window.
    """
    bounds = [(round(start_s * rate_hz), round(stop_s * rate_hz)) for start_s, stop_s in windows]
    sounds = [np.zeros((0, channels), np.float32)] * len(bounds)
    last = max((stop for _, stop in bounds), default=0)
    to_come = sorted(range(len(bounds)), key=lambda k: bounds[k][0], reverse=True)
    current: list[int] = []
    begin: int | None = None
    end = 0
    for block in blocks:
        first, end = round(block.start_s * rate_hz), round(block.start_s * rate_hz) + len(block.samples)
        begin = first if begin is None else begin
        while to_come and bounds[to_come[-1]][0] < end:
            k = to_come.pop()
            sounds[k] = np.zeros((max(0, bounds[k][1] - bounds[k][0]), channels), np.float32)
            current.append(k)
        current = [k for k in current if bounds[k][1] > first]
        for k in current:
            start, stop = bounds[k]
            a, b = max(first, start), min(end, stop)
            sounds[k][a - start : b - start] = block.samples[a - first : b - first]
        if end >= last:
            break
    kept = []
    for (start, stop), sound in zip(bounds, sounds, strict=True):
        a = start if begin is None else max(start, begin)
        kept.append(Block(a / max(rate_hz, 1), rate_hz, sound[a - start : max(a, min(stop, end)) - start]))
    return kept
