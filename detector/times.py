"""Times as people write them, `H:MM:SS.mmm` with hours when needed, to and from seconds."""

from __future__ import annotations

import math
import re

_TIME = re.compile(r"(?:(?:(?P<hours>[0-9]+):)?(?P<minutes>[0-9]+):)?(?P<seconds>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def parse_time(text: str) -> float:
    """Seconds on the presentation clock, from `H:MM:SS.mmm`, `MM:SS.mmm` or plain seconds.

    Only the leading part may reach 60 or more: `90:00` is an hour and a half, `1:75` a slip.

    Raises
    ------
    ValueError
        When the text is no such time; the message says how to write one.

    Examples
    --------
    >>> parse_time("1:07.4"), parse_time("1:00:00"), parse_time("41.5")
    (67.4, 3600.0, 41.5)
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time: write H:MM:SS.mmm, for example 0:41.2, or plain seconds")
    hours, minutes, seconds = match["hours"], match["minutes"], match["seconds"]
    if minutes is not None and float(seconds) >= 60:
        raise ValueError(f"{text!r} is not a time: {seconds} seconds behind a colon; write less than 60 there")
    if hours is not None and int(minutes) >= 60:
        raise ValueError(f"{text!r} is not a time: {minutes} minutes behind a colon; write less than 60 there")
    time_s = 3600.0 * float(hours or 0) + 60.0 * float(minutes or 0) + float(seconds)
    if not math.isfinite(time_s):
        raise ValueError(f"{text[:20]!r}... is not a time: the number is too long")
    return time_s


def format_time(time_s: float, decimals: int = 3) -> str:
    """`M:SS.mmm`, or `H:MM:SS.mmm` from an hour on, rounded to `decimals` places with the carry done.

    Raises
    ------
    ValueError
        When the time is NaN or infinite.

    Examples
    --------
    >>> format_time(67.4), format_time(3599.9996), format_time(41.2, 1)
    ('1:07.400', '1:00:00.000', '0:41.2')
    """
    if not math.isfinite(time_s):
        raise ValueError(f"{time_s!r} is not a time")
    # As `:.3f` rounds, so that the seconds printed beside it are the same ones.
    whole, _, fraction = f"{abs(time_s):.{decimals}f}".partition(".")
    minutes, seconds = divmod(int(whole), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if time_s < 0 and int(whole + fraction) else ""
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{sign}{clock}:{seconds:02d}" + (f".{fraction}" if decimals else "")
