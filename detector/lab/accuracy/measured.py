"""How well left-out recordings were counted, by how many shots were counted in them: `data/measured.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from detector.core.basis import counted_class
from detector.lab.evaluate import DETECTOR, Outcome


def measured(outcomes: Sequence[Outcome]) -> str:
    """JSON that `core.basis` reads: for each class how many recordings, how often held, and how far off.

    `off` are shots, the best estimate against the nearest count that is right: median, and worst
    tenth; relative to it where it is ten or more.
    """
    own = [o for o in outcomes if o.method == DETECTOR and o.interval]
    classes: dict[str, list[Outcome]] = {}
    for outcome in sorted(own, key=lambda o: o.count):
        classes.setdefault(counted_class(outcome.count), []).append(outcome)
    counted = {name: _figures(members) for name, members in classes.items()}
    return json.dumps({"schema": "gunshot-measured/1", "counted": counted}, indent=1) + "\n"


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    low, high = (np.array([getattr(o.case, name) for o in outcomes]) for name in ("count_low", "count_high"))
    best = np.array([o.count for o in outcomes])
    off = np.maximum(np.maximum(low - best, best - high), 0)
    relative = bool(best.min() >= 10)
    share = off / best if relative else off  # of what was counted: the truth may be none
    held = [
        o.interval is not None and o.interval.low <= o.case.count_high and o.interval.high >= o.case.count_low
        for o in outcomes
    ]
    return {
        "recordings": len(outcomes),
        "real": sum(o.case.material == "real" for o in outcomes),
        "held": round(float(np.mean(held)), 3),
        "right": round(float(np.mean(off == 0)), 3),
        "off_median": round(float(np.median(share)), 3),
        "off_worst_tenth": round(float(np.quantile(share, 0.9, method="higher")), 3),
        "off_is_share": relative,
    }
