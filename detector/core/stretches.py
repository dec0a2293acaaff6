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
    pending: list[tuple[int, Float32]] = []
    grid: _Grid | None = None
    number = 0
    for block in blocks:
        if len(block.samples) == 0:
            continue
        if grid is None:
            grid = _Grid(block.rate_hz, block.samples.shape[1], settings)
            number = grid.number_of(round(block.start_s * block.rate_hz))
        first = round(block.start_s * block.rate_hz)
        while pending and first >= grid.bounds(number)[1]:
            yield from grid.render(number, pending)
            number += 1
            pending = grid.drop_before(number, pending)
        if not pending:
            number = max(number, grid.number_of(first))
        pending.append((first, block.samples))
    while grid is not None and pending:
        yield from grid.render(number, pending)
        number += 1
        pending = grid.drop_before(number, pending)


class _Grid:
    """Arithmetic of one recording's grid; bounds are absolute sample numbers, margins included."""

    def __init__(self, rate_hz: int, channels: int, settings: StretchSettings) -> None:
        self.rate_hz, self.channels = rate_hz, channels
        self.hop = hop_samples(rate_hz)
        hop_s = self.hop / rate_hz
        self.length = max(1, round(settings.length_s / hop_s)) * self.hop
        self.margin = round(settings.margin_s / hop_s) * self.hop

    def number_of(self, sample: int) -> int:
        """The first stretch whose margins reach `sample`."""
        return (sample - self.margin) // self.length

    def bounds(self, number: int) -> tuple[int, int]:
        return number * self.length - self.margin, (number + 1) * self.length + self.margin

    def drop_before(self, number: int, pending: list[tuple[int, Float32]]) -> list[tuple[int, Float32]]:
        start = self.bounds(number)[0]
        return [(first, samples) for first, samples in pending if first + len(samples) > start]

    def render(self, number: int, pending: list[tuple[int, Float32]]) -> Iterator[Stretch]:
        start, stop = self.bounds(number)
        core_start, core_stop = number * self.length, (number + 1) * self.length
        if not any(first < core_stop and first + len(s) > core_start for first, s in pending):
            return
        # The sound may end long before the stretch does: cut to the last hop it touches.
        start = max(start, min(first for first, _ in pending) // self.hop * self.hop)
        last = max(first + len(samples) for first, samples in pending)
        stop = min(stop, -(-last // self.hop) * self.hop)
        sound = np.zeros((stop - start, self.channels), np.float32)
        missing = np.zeros((stop - start) // self.hop, bool)
        filled = start
        for first, samples in pending:
            a, b = max(first, start), min(first + len(samples), stop)
            if a < b:
                sound[a - start : b - start] = samples[a - first : b - first]
                if a > filled:
                    missing[(filled - start) // self.hop : -(-(a - start) // self.hop)] = True
                filled = b
        missing[(filled - start) // self.hop :] = filled < stop
        yield Stretch(
            first_hop=start // self.hop,
            hop=self.hop,
            rate_hz=self.rate_hz,
            samples=sound,
            heard=~missing,
            core=slice(max(0, (core_start - start) // self.hop), max(0, (min(core_stop, stop) - start) // self.hop)),
        )
