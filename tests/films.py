"""Small moving pictures: drawn places seen by a camera that walks, shakes, flashes or is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from detector.media.encode import Layout, PictureTrack, SoundTrack, write_media

Image = NDArray[np.uint8]
RATE = Fraction(25)
SIZE = (96, 160)
_ROOM = (60, 100)  # by which a place is larger than the picture


def place(seed: int) -> NDArray[np.float64]:
    """A place with large and small things in it, larger than the picture; 0 to 255."""
    rng = np.random.default_rng(seed)
    rows, columns = SIZE[0] + _ROOM[0], SIZE[1] + _ROOM[1]
    shades = np.zeros((rows, columns))
    for grain, weight in ((48, 1.0), (20, 0.6), (6, 0.3)):
        coarse = rng.uniform(-1, 1, (rows // grain + 2, columns // grain + 2))
        shades += weight * np.kron(coarse, np.ones((grain, grain)))[:rows, :columns]
    return np.asarray(128 + 110 * shades / np.abs(shades).max())


def seen(seed: int, pictures: int, *, step: float = 0.3, jolt: float = 0.0) -> Iterator[Image]:
    """A place as a wearer sees it who moves by about `step` a picture and is shaken by about `jolt`, in dots."""
    rng, shades = np.random.default_rng([seed, 1]), place(seed)
    at, speed = np.array(_ROOM) / 2, np.zeros(2)
    for _ in range(pictures):
        speed = 0.9 * speed + rng.normal(0, step, 2)
        at = at + speed
        speed = np.where((at < 8) & (speed < 0) | (at > np.array(_ROOM) - 8) & (speed > 0), -speed, speed)
        y, x = np.clip(at + rng.normal(0, jolt, 2), 0, _ROOM).astype(int)
        noisy = shades[y : y + SIZE[0], x : x + SIZE[1]] + rng.normal(0, 2, SIZE)
        yield picture(noisy)


def picture(shades: NDArray[np.float64]) -> Image:
    """The picture in grey."""
    return np.repeat(np.clip(shades, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def cut_together(lengths: Sequence[int], step: float = 0.3) -> Iterator[Image]:
    """So many pictures of one place after the other."""
    for seed, pictures in enumerate(lengths):
        yield from seen(seed, pictures, step=step)


def flashing(pictures: int) -> Iterator[Image]:
    """A place lit up for a picture or two now and then."""
    for number, image in enumerate(seen(3, pictures)):
        flash = number % 40 in (20, 21)
        yield (image // 8 + 220).astype(np.uint8) if flash else image


def faded(pictures: int, over: int) -> Iterator[Image]:
    """One place that turns into another over some pictures in the middle."""
    for number, (one, other) in enumerate(zip(seen(4, pictures), seen(5, pictures), strict=True)):
        share = np.clip((number - (pictures - over) / 2) / over, 0, 1)
        yield ((1 - share) * one + share * other).astype(np.uint8)


def film(
    path: Path,
    frames: Iterator[Image],
    *,
    codec: str = "libx264",
    bit_rate: int = 0,
    layout: Layout = "plain",
    options: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """The pictures in a file, without sound; options are the encoder's."""
    return write_media(path, None, PictureTrack(frames, RATE, codec, bit_rate, options), layout=layout)


def with_sound(path: Path, frames: Iterator[Image], seconds: float) -> Path:
    """The pictures beside faint noise."""
    noise = np.random.default_rng(0).normal(0, 0.003, (round(16000 * seconds), 1)).astype(np.float32)
    return write_media(path, SoundTrack(noise, 16000, bit_rate=32_000), PictureTrack(frames, RATE))
