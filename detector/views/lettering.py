"""Words and flat colours as planes of luma and chroma, to be pasted into pictures of a video."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.errors import DetectorError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Planes = Sequence[NDArray[np.uint8]]
Colour = tuple[int, int, int]

# Rows give Y, U and V of red, green and blue (ITU-R BT.601, luma from 16 to 235).
_FROM_RGB = np.array([[0.257, 0.504, 0.098], [-0.148, -0.291, 0.439], [0.439, -0.368, -0.071]], np.float32)
_OFFSETS = np.array([16, 128, 128], np.float32)


@lru_cache
def font(pixels: int) -> FreeTypeFont:
    """The font of matplotlib, which knows most alphabets and has figures of equal width.

    Raises
    ------
    DetectorError
        When matplotlib or Pillow is not installed.
    """
    try:
        from matplotlib.font_manager import findfont
        from PIL import ImageFont
    except ImportError as error:
        raise DetectorError("no annotated copy without matplotlib: pip install 'gunshot-tally[plot]'") from error
    return ImageFont.truetype(findfont("DejaVu Sans"), pixels)


def wrapped(text: str, pixels: int, width: int) -> list[str]:
    """The text in lines that are at most `width` wide, a word that is wider in pieces."""
    face, lines = font(pixels), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        while face.getlength(lines[-1] or word) > width:
            whole = lines[-1] or word
            fits = max(1, next(n for n in range(len(whole), -1, -1) if face.getlength(whole[:n]) <= width))
            lines[-1:] = [whole[:fits], whole[fits:]]
        lines[-1] = lines[-1] or word
    return [line for line in lines if line]


def words(text: str, pixels: int, ink: Colour, ground: Colour, most: int) -> Planes:
    """One line of text on a flat ground, its end cut off beyond `most` in width."""
    from PIL import Image, ImageDraw

    face = font(pixels)
    size = (min(even(face.getlength(text) + 2), most), even(pixels * 1.4))
    image = Image.new("RGB", size, ground)
    ImageDraw.Draw(image).text((0, 0), text, ink, face)
    return planes(image)


def planes(image: Image) -> Planes:
    """Luma (height, width) and two planes of chroma, half of both, of a picture of even size."""
    pixels = np.asarray(image, np.float32)
    halves = pixels.reshape(image.height // 2, 2, image.width // 2, 2, 3).mean(axis=(1, 3))
    levels = [
        part @ row + offset for part, row, offset in zip((pixels, halves, halves), _FROM_RGB, _OFFSETS, strict=True)
    ]
    return [np.rint(level).astype(np.uint8) for level in levels]


def levels(colour: Colour) -> NDArray[np.float32]:
    """Luma and chroma (3,) of a colour."""
    return np.asarray(_FROM_RGB @ np.array(colour, np.float32) + _OFFSETS, np.float32)


def paste(onto: Planes, block: Planes, left: int, top: int) -> None:
    """Lay a block over larger planes, its upper left corner at an even place."""
    for part, under, over in zip((1, 2, 2), onto, block, strict=True):
        rows, columns = over.shape
        under[top // part : top // part + rows, left // part : left // part + columns] = over


def even(length: float) -> int:
    """The even number nearest to a length.

    >>> even(4.9), even(5.1), even(6.0)
    (4, 6, 6)
    """
    return 2 * round(length / 2)
