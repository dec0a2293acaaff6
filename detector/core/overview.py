"""Frames -> at most 4,000 columns from which a picture of the whole recording can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.core.frames import BANDS, FRAME_HOPS, Frames
from detector.records import Float32, Int64, Overview

COLUMNS = 4000
# Powers are summed as whole numbers, which add up to the same whatever the order; -108 dB is 1.
_UNIT = 2.0**36
_MOST_POWER = 2.0**10  # 30 dB above full scale, where damaged floats end: sums of them stay whole numbers


@dataclass(frozen=True)
class _Columns:
    """Neighbouring columns from absolute number `first` on; empty ones have `heard` 0."""

    first: int
    minimum: Float32
    maximum: Float32
    power: Int64
    heard: Int64
    loudest: Int64
    bands: Float32

    @property
    def stop(self) -> int:
        return self.first + len(self.heard)

    def between(self, first: int, stop: int) -> _Columns:
        """The same columns in a wider range, empty columns around them."""
        before, after = self.first - first, stop - self.stop
        return _Columns(
            first,
            np.pad(self.minimum, (before, after), constant_values=np.inf),
            np.pad(self.maximum, (before, after), constant_values=-np.inf),
            np.pad(self.power, (before, after)),
            np.pad(self.heard, (before, after)),
            np.pad(self.loudest, (before, after), constant_values=-1),
            np.pad(self.bands, ((before, after), (0, 0))),
        )

    def grouped(self, size: int) -> _Columns:
        """Columns `size` times as wide, on the absolute grid; the loudest part (the earlier of two) gives the bands."""
        wide = (self.first + np.arange(len(self.heard))) // size
        starts = np.flatnonzero(np.diff(wide, prepend=wide[0] - 1))
        loudest = np.maximum.reduceat(self.loudest, starts)
        rows = np.flatnonzero(self.loudest == loudest[wide - wide[0]])
        pick = rows[np.unique(wide[rows], return_index=True)[1]]
        return _Columns(
            int(wide[0]),
            np.minimum.reduceat(self.minimum, starts),
            np.maximum.reduceat(self.maximum, starts),
            np.add.reduceat(self.power, starts),
            np.add.reduceat(self.heard, starts),
            loudest,
            self.bands[pick],
        )

    def merged(self, other: _Columns) -> _Columns:
        """Both together; `other` comes later, columns may be shared."""
        first, stop = min(self.first, other.first), max(self.stop, other.stop)
        a, b = self.between(first, stop), other.between(first, stop)
        return _Columns(
            first,
            np.minimum(a.minimum, b.minimum),
            np.maximum(a.maximum, b.maximum),
            a.power + b.power,
            a.heard + b.heard,
            np.maximum(a.loudest, b.loudest),
            np.where((b.loudest > a.loudest)[:, None], b.bands, a.bands),
        )


class OverviewMeter:
    """Collects the overview in at most 4,000 columns, doubling their width whenever they get too many."""

    def __init__(self) -> None:
        self._frames_a_column = 1
        self._columns: _Columns | None = None
        self._frame_s = 0.0
        self._edges_hz = np.zeros(BANDS + 1, np.float32)

    def add(self, frames: Frames) -> None:
        """Take the frames of one stretch; stretches come in order."""
        if len(frames.minimum) == 0:
            return
        self._frame_s, self._edges_hz = frames.frame_s, frames.edges_hz
        new = _columns_of(frames)
        first = self._columns.first * self._frames_a_column if self._columns else new.first
        while (new.stop - 1) // self._frames_a_column - first // self._frames_a_column >= COLUMNS:
            self._frames_a_column *= 2
            self._columns = self._columns.grouped(2) if self._columns else None
        new = new.grouped(self._frames_a_column)
        self._columns = self._columns.merged(new) if self._columns else new

    def result(self) -> Overview | None:
        """The overview, None without a single sample.

        Column widths are 20 ms times a power of two, on the grid of presentation time 0. The RMS
        is taken over the heard milliseconds of a column; its bands are those of its loudest 20 ms,
        so that a blast shows however long the recording is.
        """
        c = self._columns
        if c is None:
            return None
        empty = c.heard == 0
        rms = np.sqrt(c.power / _UNIT / np.maximum(c.heard, 1))
        bands_db = np.rint(10 * np.log10(np.maximum(c.bands.T, 1e-20)))
        bands_db = np.clip(bands_db, -127, 127)
        bands_db[:, empty] = -128
        return Overview(
            start_s=c.first * self._frames_a_column * self._frame_s,
            column_s=self._frames_a_column * self._frame_s,
            minimum=np.where(empty, np.nan, c.minimum).astype(np.float32),
            maximum=np.where(empty, np.nan, c.maximum).astype(np.float32),
            rms=np.where(empty, np.nan, rms).astype(np.float32),
            bands_db=bands_db.astype(np.int8),
            edges_hz=self._edges_hz,
        )


def _columns_of(frames: Frames) -> _Columns:
    """One column a frame."""
    hop_power = np.minimum(frames.hop_power, _MOST_POWER).reshape(-1, FRAME_HOPS)
    power = np.rint(hop_power.sum(axis=1, dtype=np.float64) * _UNIT).astype(np.int64)
    heard = frames.heard.reshape(-1, FRAME_HOPS).sum(axis=1)
    return _Columns(frames.first, frames.minimum, frames.maximum, power, heard, power, frames.band_power)
