"""A camera's own clock: when it begins, how late its sound is in its file, how fast it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import soxr

from detector.records import Float32, Float64

_Time = TypeVar("_Time", float, Float64)


@dataclass(frozen=True)
class Clock:
    """How a file tells the time of a scene.

    The first sample, of the moment `start_s` of the scene, stands at `late_s` of the file; from
    there on the file counts `ppm` millionths more seconds than pass.
    """

    start_s: float = 0.0
    late_s: float = 0.0
    ppm: float = 0.0

    @property
    def offset_s(self) -> float:
        """What must be added to a time of the file, drift aside, to have that of the scene."""
        return self.start_s - self.late_s

    def shown(self, scene_s: _Time) -> _Time:
        """Times of the scene as the file tells them.

        >>> round(Clock(start_s=2.0, late_s=0.5, ppm=1000.0).shown(12.0), 6)
        10.51
        """
        return self.late_s + (scene_s - self.start_s) * (1 + 1e-6 * self.ppm)

    def told(self, file_s: _Time) -> _Time:
        """Times of the file as those of the scene."""
        return self.start_s + (file_s - self.late_s) / (1 + 1e-6 * self.ppm)


def drifted(sound: Float32, ppm: float) -> Float32:
    """The sound as a converter takes it whose clock is `ppm` millionths fast: so much longer, sample 0 in place."""
    return np.asarray(soxr.resample(sound, 1.0, 1.0 + 1e-6 * ppm), np.float32)
