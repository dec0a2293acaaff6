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
        yield from cutter.complete(first)
        cutter.add(first, block.samples)
    if cutter is not None:
        yield from cutter.complete()


class _Cutter:
    """The sound that stretches to come still need, and where on the grid they lie; all in absolute sample numbers."""

    def __init__(self, first: int, rate_hz: int, channels: int, settings: StretchSettings) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self._hop = hop_samples(rate_hz)
        hop_s = self._hop / rate_hz
        self._length = max(1, round(settings.length_s / hop_s)) * self._hop
        self._margin = round(settings.margin_s / hop_s) * self._hop
        self._number = self._number_of(first)
        self._pending: list[tuple[int, Float32]] = []

    def add(self, first: int, samples: Float32) -> None:
        """Take the samples from `first` on, which lie behind those taken before."""
        if not self._pending:
            self._number = max(self._number, self._number_of(first))
        self._pending.append((first, samples))

    def complete(self, first: int | None = None) -> Iterator[Stretch]:
        """The stretches that sound from `first` on can no longer reach; all that are left without it."""
        while self._pending and (first is None or first >= self._bounds()[1]):
            yield from self._next()

    def _number_of(self, sample: int) -> int:
        """The first stretch whose margins reach `sample`."""
        return (sample - self._margin) // self._length

    def _bounds(self) -> tuple[int, int]:
        """Samples of the next stretch, margins included."""
        return self._number * self._length - self._margin, (self._number + 1) * self._length + self._margin

    def _next(self) -> Iterator[Stretch]:
        """The next stretch, none if its core is empty. What no other needs is let go before it is handed on."""
        start, stop = self._bounds()
        core_start, core_stop = start + self._margin, stop - self._margin
        pending = self._pending
        self._number += 1
        self._pending = [(first, s) for first, s in pending if first + len(s) > self._bounds()[0]]
        if not any(first < core_stop and first + len(s) > core_start for first, s in pending):
            return
        # The sound may end long before the stretch does: cut to the last hop it touches.
        start = max(start, pending[0][0] // self._hop * self._hop)
        stop = min(stop, -(-(pending[-1][0] + len(pending[-1][1])) // self._hop) * self._hop)
        sound = np.empty((stop - start, self._channels), np.float32)
        missing = np.zeros((stop - start) // self._hop, bool)
        filled = start
        for first, samples in pending:
            a, b = max(first, start), min(first + len(samples), stop)
            if a < b:
                sound[a - start : b - start] = samples[a - first : b - first]
                if a > filled:
                    sound[filled - start : a - start] = 0
                    missing[(filled - start) // self._hop : -(-(a - start) // self._hop)] = True
                filled = b
        sound[filled - start :] = 0
        missing[(filled - start) // self._hop :] = filled < stop
        core = slice(max(0, core_start - start) // self._hop, max(0, min(core_stop, stop) - start) // self._hop)
        del pending
        yield Stretch(start // self._hop, self._hop, self._rate_hz, sound, ~missing, core)
