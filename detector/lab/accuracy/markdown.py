"""Tables and numbers as Markdown text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from detector.lab.bounds import Rate
from detector.lab.calibration import IntervalScore


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the first column left, the others right."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def share(value: float) -> str:
    """Two digits; "-" for NaN."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def percent(value: float) -> str:
    """A share in per cent, a digit behind the point below ten; "-" for NaN."""
    return "-" if math.isnan(value) else f"{100 * value:.{0 if abs(value) >= 0.1 else 1}f} %"


def number(value: float) -> str:
    """One digit behind the point, none from 100 on; "-" for NaN."""
    return "-" if math.isnan(value) else f"{value:z.1f}" if abs(value) < 100 else f"{value:,.0f}"


def rate(value: Rate) -> list[str]:
    """Events, events per unit, upper bound."""
    return [f"{value.events:,}", number(value.per_unit), number(value.upper)]


def coverage(score: IntervalScore) -> str:
    """Share of intervals that held, with its standard error; "-" without files."""
    return "-" if not score.files else f"{score.coverage:.2f} +- {score.error:.2f}"
