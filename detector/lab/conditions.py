"""How recordings and shots came about, as far as their labels know, and the bins that tables put that in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detector.lab.metrics import Marks, gap_before_s
from detector.records import Bool, Float64

Bin = tuple[float, str]
"""A place in the order of a table, and the words that stand there."""

GAP, SNR = "gap to the shot before", "direct path over background"
_GAP_MS = (0.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 1000.0)
_SNR_DB = (6.0, 12.0, 18.0, 24.0, 30.0, 40.0, 50.0)
_DISTANCE_M = (0.0, 100.0, 200.0, 300.0, 400.0, 600.0)
_KBPS = (0.0, 48.0, 96.0)
_RATE_KHZ = (0.0, 16.0, 24.0, 44.0)
_GUNS = (1.0, 2.0, 3.0)


@dataclass(frozen=True, eq=False)
class Conditions:
    """What the labels of one recording know besides its shots; None and empty where they do not say.

    Of the file: `guns` that fired, `distance_m` to the gun, `echo` in the words of whoever marked it,
    `overloaded` for clipping anywhere, `place`, `bit_rate_kbps`, `coded_twice`. Of its marks, as columns
    of their length or empty: `snr_db` in the first milliseconds of the direct path, `clipped`, and
    `blast`, where the sound of the shot came from. `others` are sounds that are no shots, (time_s, what).
    """

    guns: int | None = None
    distance_m: float | None = None
    echo: str = ""
    overloaded: bool | None = None
    place: str = ""
    bit_rate_kbps: float | None = None
    coded_twice: bool | None = None
    snr_db: Float64 = field(default_factory=lambda: np.empty(0))
    clipped: Bool = field(default_factory=lambda: np.empty(0, np.bool_))
    blast: tuple[str, ...] = ()
    others: tuple[tuple[float, str], ...] = ()


def file_bins(conditions: Conditions, rate_hz: int) -> dict[str, Bin]:
    """The bin of a recording for every condition that its labels know; `rate_hz` is of the file itself."""
    known = {"sample rate": _binned(rate_hz / 1000, _RATE_KHZ, "kHz")} if rate_hz else {}
    if conditions.distance_m is not None:
        known["distance"] = _binned(conditions.distance_m, _DISTANCE_M, "m")
    if conditions.guns:
        known["guns"] = _binned(conditions.guns, _GUNS, "guns", whole=True)
    if conditions.bit_rate_kbps is not None:
        known["bit rate"] = _binned(conditions.bit_rate_kbps, _KBPS, "kb/s")
    for name, flag in (("overload", conditions.overloaded), ("coded twice", conditions.coded_twice)):
        if flag is not None:
            known[name] = (float(flag), "yes" if flag else "no")
    for name, words in (("echo", conditions.echo), ("place", conditions.place)):
        if words:
            known[name] = (0.0, words)
    return known


def shot_bins(conditions: Conditions, marks: Marks) -> dict[str, list[Bin]]:
    """The bin of every mark for every condition that is known of the single shots."""
    known: dict[str, list[Bin]] = {GAP: [gap_bin(gap) for gap in gap_before_s(marks)]}
    if conditions.snr_db.size:
        known[SNR] = [_binned(snr, _SNR_DB, "dB") for snr in conditions.snr_db]
    if conditions.clipped.size:
        known["clipped"] = [(float(flag), "yes" if flag else "no") for flag in conditions.clipped]
    if conditions.blast:
        known["blast"] = [(0.0, words) for words in conditions.blast]
    return known


def gap_bin(gap_s: float) -> Bin:
    """The bin of a gap between shots: "10-20 ms" holds its lower end; above a second all are alike."""
    return _binned(1e3 * gap_s, _GAP_MS, "ms")


def _binned(value: float, edges: Sequence[float], unit: str, whole: bool = False) -> Bin:
    """The bin of edges[i] <= value < edges[i + 1]; below the first and from the last on bins are open."""
    row = bisect_right(edges, value)
    if row == 0:
        return (-np.inf, f"below {_plain(edges[0])} {unit}")
    low = edges[row - 1]
    if whole:
        return (low, _plain(low) if row < len(edges) else f"{_plain(low)} or more")
    if row == len(edges):
        return (low, f"{_plain(low)} {unit} and more")
    return (low, f"below {_plain(edges[1])} {unit}" if low == 0 else f"{_plain(low)}-{_plain(edges[row])} {unit}")


def _plain(value: float) -> str:
    return f"{value:,.0f}"
