"""Blocks of any size -> stretches on the absolute hop grid.

This is the one place where the decoder's cut meets the grid: hop k covers the samples
[k * hop, (k + 1) * hop) counted from presentation time 0, so nothing later depends on how the
sound arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from detector.records import Block, Bool, Float32
from detector.settings import StretchSettings


@dataclass(frozen=True)
class Stretch:
    """Samples around a run of hops, with margins.

    Attributes
    ----------
    first_hop
        Absolute number of the first hop in `samples`.
    hop
        Samples per hop, `round(rate_hz / 1000)`.
    samples
        (hops * hop, channels), zero where nothing was decoded.
    heard
        (hops,), True where every sample of the hop was decoded.
    core
        Hops of this stretch, relative to `first_hop`, that it answers for; the rest is margin.
    """

    first_hop: int
    hop: int
    rate_hz: int
    samples: Float32
    heard: Bool
    core: slice

    @property
    def start_s(self) -> float:
        """Presentation time of the first sample in seconds."""
        return self.first_hop * self.hop / self.rate_hz

    @property
    def hop_s(self) -> float:
        """Length of a hop in seconds."""
        return self.hop / self.rate_hz


def hop_samples(rate_hz: int) -> int:
    """Samples in a hop of about one millisecond, at least 1.

    >>> hop_samples(44100)
    44
    """
    return max(1, round(rate_hz / 1000))


def cut(blocks: Iterable[Block], settings: StretchSettings) -> Iterator[Stretch]:
    """Yield the stretches of a recording in order, skipping those without a single sample.

    Blocks may have any length and may leave gaps; they must come in presentation order and
    share one rate and channel count. Stretches start at whole multiples of their length on the
    absolute grid, so the same sound cut differently into blocks gives equal stretches.
    """
    cutter: _Cutter | None = None
    for block in blocks:
        if len(block.samples) == 0:
            continue
        first = round(block.start_s * block.rate_hz)
        if cutter is None:
            cutter = _Cutter(first, block.rate_hz, block.samples.shape[1], settings)
        yield from cutter.take(first, block.samples)
    if cutter is not None:
        yield from cutter.complete()


class _Cutter:
    """The next stretch while it fills, and where on the grid its sound lies; all in absolute sample numbers."""

    def __init__(self, first: int, rate_hz: int, channels: int, settings: StretchSettings) -> None:
        self._rate_hz = rate_hz
        self._hop = hop_samples(rate_hz)
        hop_s = self._hop / rate_hz
        self._length = max(1, round(settings.length_s / hop_s)) * self._hop
        self._margin = round(settings.margin_s / hop_s) * self._hop
        self._number = self._number_of(first)
        self._shared: Float32 = np.empty((0, channels), np.float32)  # with the stretch before
        self._sound: Float32 | None = None
        self._runs: list[tuple[int, int]] = []  # without gaps

    def take(self, first: int, samples: Float32) -> Iterator[Stretch]:
        """The stretches that samples from `first` on complete; they lie behind those taken before."""
        while len(samples):
            yield from self.complete(first)
            if not self._runs:
                self._number = max(self._number, self._number_of(first))
            start, stop = self._bounds()
            part, samples = samples[: stop - first], samples[stop - first :]
            self._room()[first - start : first - start + len(part)] = part
            begin = self._runs.pop()[0] if self._runs and self._runs[-1][1] == first else first
            first += len(part)
            self._runs.append((begin, first))

    def complete(self, first: int | None = None) -> Iterator[Stretch]:
        """The stretches that sound from `first` on can no longer reach; all that are left without it."""
        while self._runs and (first is None or first >= self._bounds()[1]):
            yield from self._next()

    def _room(self) -> Float32:
        """The next stretch's samples, as far as there are any yet."""
        if self._sound is None:
            start, stop = self._bounds()
            self._sound = np.empty((stop - start, self._shared.shape[1]), np.float32)
            self._sound[: len(self._shared)] = self._shared
        return self._sound

    def _number_of(self, sample: int) -> int:
        """The first stretch whose margins reach `sample`."""
        return (sample - self._margin) // self._length

    def _bounds(self) -> tuple[int, int]:
        """Samples of the next stretch, margins included."""
        return self._number * self._length - self._margin, (self._number + 1) * self._length + self._margin

    def _next(self) -> Iterator[Stretch]:
        """The next stretch, none if its core is empty. Of its sound only what the one after it shares is kept."""
        start, stop = self._bounds()
        core_start, core_stop = start + self._margin, stop - self._margin
        sound, runs = self._room(), self._runs
        self._number += 1
        self._runs = [(a, b) for a, b in runs if b > self._bounds()[0]]
        self._sound, self._shared = None, sound[self._length :].copy()
        if not any(a < core_stop and b > core_start for a, b in runs):
            return
        # The sound may begin and end long after and before the stretch does: cut to the hops it touches.
        begin = max(start, runs[0][0] // self._hop * self._hop)
        end = min(stop, -(-runs[-1][1] // self._hop) * self._hop)
        heard = np.zeros((end - begin) // self._hop, bool)
        filled = begin
        for a, b in runs:
            sound[filled - start : max(a, begin) - start] = 0
            heard[-(-(max(a, begin) - begin) // self._hop) : (b - begin) // self._hop] = True
            filled = b
        sound[filled - start : end - start] = 0
        core = slice(max(0, core_start - begin) // self._hop, max(0, min(core_stop, end) - begin) // self._hop)
        inside = sound[begin - start : end - start]
        yield Stretch(begin // self._hop, self._hop, self._rate_hz, inside, heard, core)
