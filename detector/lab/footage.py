"""What cameras' files hold, sample by sample, and what is true of it: data, before it is coded and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from detector.core.audibility import WITHIN_S
from detector.lab.backdrop import Planted
from detector.lab.cameras import Camera
from detector.lab.staging import Shooter, Stage
from detector.records import Float32

Span = tuple[float, float]


def sounds_from(shooter: Shooter) -> str:
    """What a gun sounds from: physics, a recorder's clean blast, or a telephone's."""
    if shooter.recorded is None:
        return "synth"
    return "phone" if shooter.recorded.overloaded else "zoom"


@dataclass(frozen=True)
class Heard:
    """One shot at one camera: times on the clock of its file, `emission_s` on that of the scene.

    `crack_s` is None where the blast is first. A shot in unheard time is `muted`. In compilations
    `segment` says where it is shown, and `repeat` that it was shown before.
    """

    gun: str
    material: str
    emission_s: float | None
    blast_s: float
    crack_s: float | None
    snr_db: float
    audible: bool
    clipped: bool
    muted: bool = False
    repeat: bool = False
    segment: int | None = None

    @property
    def first_s(self) -> float:
        """The first arrival."""
        return self.blast_s if self.crack_s is None else self.crack_s

    def later(self, start_s: float, speed: float = 1.0) -> Heard:
        """The same shot where its time 0 is shown at `start_s`, at a speed."""
        crack_s = None if self.crack_s is None else start_s + self.crack_s / speed
        return dataclasses.replace(self, blast_s=start_s + self.blast_s / speed, crack_s=crack_s)

    def without(self, unheard: Sequence[Span]) -> Heard:
        """The same shot, muted where it falls into an unheard span."""
        if not any(start_s - WITHIN_S < self.first_s < stop_s for start_s, stop_s in unheard):
            return self
        return dataclasses.replace(self, audible=False, muted=True)


@dataclass(frozen=True)
class Segment:
    """A part of a compilation: a card, a view or a replay, `source_start_s` after the beginning of its view."""

    start_s: float
    stop_s: float
    kind: str
    view: int | None = None
    speed: float = 1.0
    source_start_s: float = 0.0


@dataclass(frozen=True, eq=False)
class View:
    """What one camera's file is to hold: samples (n,) from `late_s` on, before their last coding, and the truth.

    `coded_first` are rate and bit rate of an earlier coding. `unheard` are spans without sound or
    under a tone, `tones` those of them that are under a tone.
    """

    camera: Camera
    samples: Float32
    rate_hz: int
    bit_rate: int
    coded_first: tuple[int, int] | None
    late_s: float
    shots: tuple[Heard, ...]
    planted: tuple[Planted, ...]
    unheard: tuple[Span, ...] = ()
    tones: tuple[Span, ...] = ()
    segments: tuple[Segment, ...] = ()

    @property
    def duration_s(self) -> float:
        """From time 0 to the last sample."""
        return self.late_s + len(self.samples) / self.rate_hz


@dataclass(frozen=True, eq=False)
class Event:
    """A scene with all its views, in the order of their cameras."""

    name: str
    family: str
    seed: int
    fold: int
    stage: Stage
    views: tuple[View, ...]
