"""What alignment needs to know of a recording: its level every few milliseconds, and its onsets.

A recording goes by once; this is what is kept of it, about 1.5 kB a second. All that is later
compared between recordings stands here, so that the order in which they are given cannot matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.core.level import Level
from detector.records import HEARD_STATES, Bool, Float32, Float64, Report

STEP_S = 0.005  # of envelopes, on a grid from presentation time 0 that all recordings share
BANDS = slice(1, 4)  # of `level`: 0.5-7.5 kHz; rumble below, what codecs drop above
_FLOOR = 1e-10  # energy below which nothing differs: -100 dB
_HOPS = 3  # of the five in a row that must be heard
_SEAM_S = 0.05  # around unheard time: an edge of silence is no event that anyone shares


@dataclass(frozen=True, eq=False)
class Envelope:
    """Level on the shared grid: row k is the time from `(first + k) * STEP_S` on.

    `level_db` (rows, bands) is that of the differenced sound, `heard` (rows,) where all of it was decoded.
    """

    first: int
    level_db: NDArray[np.float16]
    heard: Bool


class EnvelopeMeter:
    """Collects the envelope of a recording; the levels of its stretches come in order."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, Float32, NDArray[np.uint8]]] = []

    def add(self, level: Level, core: slice) -> None:
        """Take the hops that a stretch answers for; a hop belongs to the row in which its middle lies."""
        heard = level.heard[core]
        hops = level.first_hop + core.start + np.flatnonzero(heard)
        if not hops.size:
            return
        row = np.floor((hops + 0.5) * level.hop_s / STEP_S).astype(np.int64)
        first = int(row[0])
        energy = level.energy[core][heard][:, BANDS]
        sums = np.stack([np.bincount(row - first, weights=band) for band in energy.T], axis=1)
        self._parts.append((first, sums.astype(np.float32), np.bincount(row - first).astype(np.uint8)))

    def envelope(self) -> Envelope:
        """The envelope so far; without a row where there was no sound."""
        bands = BANDS.stop - BANDS.start
        first = self._parts[0][0] if self._parts else 0
        stop = max((at + len(sums) for at, sums, _ in self._parts), default=first)
        energy, hops = np.zeros((stop - first, bands), np.float32), np.zeros(stop - first, np.uint8)
        for at, sums, count in self._parts:
            energy[at - first : at - first + len(sums)] += sums
            hops[at - first : at - first + len(sums)] += count
        level_db = 10 * np.log10(energy / np.maximum(hops, 1)[:, None] + np.float32(_FLOOR))
        return Envelope(first, level_db.astype(np.float16), hops >= _HOPS)


@dataclass(frozen=True, eq=False)
class Listening:
    """One recording as alignment hears it.

    Attributes
    ----------
    key
        What names its content, whatever the file is called: its SHA-256. Equal keys are one recording.
    envelope
        Its level; `heard` is False in unheard time, edges included.
    onset_s, onset_chance
        (n,) listed onsets in time order, second showings left out: time and probability of a shot.
    part_of
        Key of the whole file, where this is a part of one; empty otherwise.
    """

    key: str
    envelope: Envelope
    onset_s: Float64
    onset_chance: Float64
    part_of: str = ""

    def __post_init__(self) -> None:
        if len(self.onset_s) != len(self.onset_chance):
            raise ValueError("a listening needs onsets in columns of one length")

    @property
    def heard_s(self) -> float:
        """Seconds heard."""
        return float(self.envelope.heard.sum() * STEP_S)

    @property
    def file(self) -> str:
        """Key of the file that it is, or is a part of."""
        return self.part_of or self.key

    def holds(self, other: Listening) -> bool:
        """Whether all that is heard in another part of the same file is heard in this one."""
        own, others = (each.first + np.flatnonzero(each.heard) for each in (self.envelope, other.envelope))
        return bool(np.isin(others, own).all())


def listening(envelope: Envelope, report: Report) -> Listening:
    """What alignment needs of a recording whose envelope was collected while it was reported on."""
    heard = envelope.heard.copy()
    for span in report.coverage:
        if span.state not in HEARD_STATES:
            start, stop = (span.start_s - _SEAM_S) / STEP_S, (span.stop_s + _SEAM_S) / STEP_S
            heard[max(0, int(np.floor(start)) - envelope.first) : max(0, int(np.ceil(stop)) - envelope.first)] = False
    shots = [shot for shot in report.shots if shot.repeat_of is None]
    return Listening(
        key=report.recording.sha256,
        envelope=Envelope(envelope.first, envelope.level_db, heard),
        onset_s=np.array([shot.time_s for shot in shots], np.float64),
        onset_chance=np.array([shot.probability for shot in shots], np.float64),
    )
