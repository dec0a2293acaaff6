"""What became of known shots that were put into a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Situation = Literal["alone", "same gun", "other gun"]


@dataclass(frozen=True)
class LevelRecall:
    """How many of the shots planted at one level were found.

    `situation` is "alone" for shots planted away from all volleys, inside volleys "same gun" for
    copies of the recording's own shots about as loud as these and "other gun" for all others. A
    level is that of the first 3 ms over what was there before, in the best of three bands; the bin
    is `from_db <= level < to_db`, None standing for an open end. `low..high` are exact bounds of
    the share found; `listed` counts the recording's own listed shots of this level, under "alone"
    or under "same gun".
    """

    situation: Situation
    from_db: float | None
    to_db: float | None
    planted: int
    found: int
    low: float
    high: float
    listed: int


@dataclass(frozen=True)
class EchoMistakes:
    """How many further shots were listed within 1 s after planted ones that were found: `listed` after `planted`.

    `low..high` are exact bounds of the mean number after one.
    """

    situation: Situation
    planted: int
    listed: int
    low: float
    high: float


@dataclass(frozen=True)
class GapShare:
    """Of `pairs` of shots planted `gap_s` apart, how many were told apart, with exact bounds of the share."""

    gap_s: float
    pairs: int
    apart: int
    low: float
    high: float


@dataclass(frozen=True)
class SelfTest:
    """Known shots put into a recording's own sound and looked for again by the same road.

    Attributes
    ----------
    obstacle
        Why none could be planted; None where some were, and everything below is empty otherwise.
    echoes_of
        Isolated shots from which the place's echoes were taken; 0 where these were made up.
    copied
        The recording's own shots of which copies were planted.
    recall, echo_mistakes, gaps
        What was found; levels and gaps in rising order.
    half_apart_s, most_apart_s
        Shortest gap from which on half, and 90 %, of the pairs are told apart; None where no gap tested will do.
    quiet_s, alone
        Heard time away from every volley of several shots, and how many single shots are listed in it.
    most_alarms_per_hour
        Upper 95 % bound of false alarms there, if all of those are false; None where the time is too short to say.
    confidence
        Of all bounds but the last.
    """

    obstacle: str | None
    echoes_of: int = 0
    copied: int = 0
    recall: tuple[LevelRecall, ...] = ()
    echo_mistakes: tuple[EchoMistakes, ...] = ()
    gaps: tuple[GapShare, ...] = ()
    half_apart_s: float | None = None
    most_apart_s: float | None = None
    quiet_s: float = 0.0
    alone: int = 0
    most_alarms_per_hour: float | None = None
    confidence: float = 0.9
