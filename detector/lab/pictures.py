"""Frames for synthesized recordings: a drawn street with SYNTHETIC and a running clock across it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# Five columns of seven dots a letter, lowest bit on top.
_LETTERS = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", ":": "0036360000", ",": "0050300000",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2241494936", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941",
    "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01",
    "K": "7F08142241", "L": "7F40404040", "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E",
    "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946", "S": "2649494932", "T": "01017F0101",
    "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip
_WHITE = (245, 245, 245)
_AMBER = (255, 190, 60)


def street_frames(seconds: float, rate: Fraction, lines: Sequence[str], size: tuple[int, int]) -> Iterator[Image]:
    """Frames of `size` (height, width) for so many seconds: houses, a car, SYNTHETIC, the clock, `lines` below.

    The clock shows the presentation time of the frame.
    """
    scenery = _scenery(size)
    for number in range(round(seconds * rate)):
        frame = scenery.copy()
        write(frame, "SYNTHETIC", across=0.9, top=0.12, colour=_AMBER)
        at_s = float(number / rate)
        write(frame, f"{int(at_s // 60)}:{at_s % 60:04.1f}", across=0.3, top=0.45, colour=_WHITE)
        for row, line in enumerate(lines):
            write(frame, line, across=0.75, top=0.8 + 0.09 * row, colour=_WHITE)
        yield frame


def card_frames(seconds: float, rate: Fraction, text: str, size: tuple[int, int]) -> Iterator[Image]:
    """Black frames of `size` (height, width) with SYNTHETIC and a line of text, as a title card."""
    card = np.zeros((*size, 3), np.uint8)
    write(card, "SYNTHETIC", across=0.7, top=0.25, colour=_AMBER)
    write(card, text, across=0.8, top=0.6, colour=_WHITE)
    for _ in range(round(seconds * rate)):
        yield card


def write(frame: Image, text: str, *, across: float, top: float, colour: tuple[int, int, int]) -> None:
    """Draw text into the frame, centred, about `across` of its width wide, its top at that share of the height.

    Capitals, digits and simple punctuation; whatever lies outside the frame is cut off.
    """
    columns = np.array([column for letter in text.upper() for column in bytes.fromhex(_LETTERS[letter] + "00")])
    dots = (columns >> np.arange(7)[:, None]) & 1
    height, width = frame.shape[:2]
    scale = max(1, int(across * width / dots.shape[1]))
    mask = np.kron(dots, np.ones((scale, scale), np.int64)).astype(bool)
    y, x = round(top * height), max(0, (width - mask.shape[1]) // 2)
    patch = frame[y : y + mask.shape[0], x : x + mask.shape[1]]
    patch[mask[: patch.shape[0], : patch.shape[1]]] = colour


def _scenery(size: tuple[int, int]) -> Image:
    height, width = size
    frame = np.empty((height, width, 3), np.uint8)
    frame[:] = np.linspace((40, 50, 75), (70, 75, 90), height).astype(np.uint8)[:, None]
    road, car = (
        round(0.62 * height),
        (slice(round(0.52 * height), round(0.7 * height)), slice(width // 3, 2 * width // 3)),
    )
    for house in range(4):
        left = house * width // 4
        frame[round((0.2 + 0.05 * (house % 2)) * height) : road, left + 2 : left + width // 4 - 2] = (
            60 + 8 * house,
            52,
            50,
        )
    frame[road:] = (45, 45, 48)
    frame[car] = (35, 60, 90)
    return frame
