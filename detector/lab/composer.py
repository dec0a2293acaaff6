"""Training scenes, composed in seconds from recorded and physical material, with their truth.

A scene is a function of its family, its seed and the material alone. What is composed here is
heard as arrays and not kept; `scenes` renders demonstrations into files.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detector.lab.backdrop import Planted, Source, backdrop, far_fire
from detector.lab.bodycam import written
from detector.lab.gunfire import Shot, Truth, add, judged, judged_far, shots, stems
from detector.lab.material import RATE_HZ, Material
from detector.lab.metrics import Marks
from detector.lab.staging import Stage, stage
from detector.records import Float32, Float64

More = Callable[[Stage, Sequence[Shot]], Iterable[Source]]


@dataclass(frozen=True, eq=False)
class Take:
    """What a camera's file gives, and what is true of it.

    `samples` (n,) stand from time 0 on. `truth` holds the shots in unmuted time, `planted` the
    times and kinds of sounds that are no shots, `stage` all that was drawn.
    """

    name: str
    family: str
    samples: Float32
    rate_hz: int
    truth: Truth
    planted: tuple[Planted, ...]
    stage: Stage

    @property
    def marks(self) -> Marks:
        """The shots as the measure wants them."""
        return self.truth.marks


def compose(family: str, seed: int, material: Material, more: More | None = None) -> Take:
    """A scene of a family (`families.FAMILIES`) from one fold's pieces; the same seed gives the same samples.

    `more` may give further sounds at the microphone, from what happens; nothing else changes with them.

    Raises
    ------
    KeyError
        On a family that does not exist.
    ValueError
        On far fire from a fold without far recordings.
    """
    rng = random(family, seed, material.fold)
    setting, fire, onset_s = opened(family, rng, material)
    fired = shots(setting, rng)
    pressure, planted = backdrop(setting, rng, material, fired)
    for source in more(setting, fired) if more else ():
        add(pressure, round(source.at_s * RATE_HZ), source.pressure)
    for start, part in ((0, fire), *stems(fired)):
        add(pressure, start, part)
    truth = judged_far(pressure, onset_s) if setting.strings else judged(setting, pressure, fired)
    samples = written(pressure, setting.body, RATE_HZ)
    samples[: round(setting.muted_s * setting.body.rate_hz)] = 0
    return Take(
        name=f"{family}/{material.fold}/{seed}",
        family=family,
        samples=samples,
        rate_hz=setting.body.rate_hz,
        truth=truth.take(truth.marks.time_s >= setting.muted_s),
        planted=tuple(planted),
        stage=setting,
    )


def random(family: str, seed: int, *stream: int) -> np.random.Generator:
    """The random numbers of a scene, or of one part of it."""
    return np.random.Generator(np.random.PCG64([zlib.crc32(family.encode()), seed, *stream]))


def opened(family: str, rng: np.random.Generator, material: Material) -> tuple[Stage, Float32, Float64]:
    """What happens in a scene, and its far fire with the onsets: none but in the far family.

    Raises
    ------
    KeyError
        On a family that does not exist.
    ValueError
        On far fire from a fold without far recordings.
    """
    setting = stage(family, rng, material)
    fire, onset_s = far_fire(setting.strings, rng)
    if family == "far":
        if not len(fire):
            raise ValueError(f"fold {material.fold} has no far recordings; choose another family")
        setting = dataclasses.replace(setting, duration_s=len(fire) / RATE_HZ)
    return setting, fire, onset_s
