"""Rows of alignment trials -> docs/ALIGNMENT.md: how clocks are found, and how well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.lab.alignment_trials import ClockRow, Cost, PairRow
from detector.lab.marked import filled

FEW, SOME, MANY = "1-2", "3-4", "5 and more"


def page(text: str, clocks: Sequence[ClockRow], pairs: Sequence[PairRow], costs: Sequence[Cost], sources: str) -> str:
    """The page with its tables measured anew, each between its two marks; `sources` says what was measured.

    Raises
    ------
    ValueError
        When the page has no place for one of them.
    """
    tables = {
        "sources": sources,
        "clocks": _clocks(clocks),
        "drifts": _drifts(clocks),
        "pairs": _pairs(pairs),
        "unrelated": _unrelated(pairs),
        "cost": _costs(costs),
    }
    return filled(text, tables)


def _clocks(rows: Sequence[ClockRow]) -> str:
    lines = [
        "| recordings | on the clock | error, median | worst tenth | beyond propagation, median | worst tenth"
        " | within the stated error |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in sorted({row.kind for row in rows}):
        own = [row for row in rows if row.kind == kind]
        error, beyond = ([1e3 * getattr(row, name) for row in own] for name in ("error_s", "beyond_s"))
        inside = np.mean([row.error_s <= row.stated_s for row in own])
        cells = [f"{value:.1f} ms" for values in (error, beyond) for value in np.quantile(values, (0.5, 0.9))]
        lines.append(f"| {kind} | {len(own)} | {' | '.join(cells)} | {inside:.2f} |")
    return "\n".join(lines)


def _drifts(rows: Sequence[ClockRow]) -> str:
    lines = [
        "| recordings | on the clock | drift determined | error, median | worst tenth | within the stated error |",
        "|---|---|---|---|---|---|",
    ]
    for kind in sorted({row.kind for row in rows}):
        own = [row for row in rows if row.kind == kind]
        told = [row for row in own if np.isfinite(row.drift_error_ppm)]
        cells = ["-"] * 3
        if told:
            cells = [f"{value:.1f} ppm" for value in np.quantile([row.drift_error_ppm for row in told], (0.5, 0.9))]
            cells.append(f"{np.mean([row.drift_error_ppm <= row.stated_ppm for row in told]):.2f}")
        lines.append(f"| {kind} | {len(own)} | {len(told)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _pairs(rows: Sequence[PairRow]) -> str:
    lines = [
        "| recordings | audible shots in common | pairs | believed by themselves | of those at a wrong lag"
        " | on one clock in the end |",
        "|---|---|---|---|---|---|",
    ]
    for kind in sorted({row.kind for row in rows} - {"unrelated"}):
        for label, least, most in ((FEW, 0, 2), (SOME, 3, 4), (MANY, 5, 10**6)):
            own = [row for row in rows if row.kind == kind and least <= row.shots <= most]
            if own:
                believed = [row for row in own if row.believed]
                joined = np.mean([row.joined for row in own])
                wrong = sum(not row.right for row in believed)
                lines.append(
                    f"| {kind} | {label} | {len(own)} | {len(believed) / len(own):.3f} | {wrong} | {joined:.3f} |"
                )
    return "\n".join(lines)


def _unrelated(rows: Sequence[PairRow]) -> str:
    own = [row for row in rows if row.kind == "unrelated"]
    believed = sum(row.believed for row in own)
    levels = ", ".join(
        f"{sum(row.chance <= level for row in own)} at {level:.0e}" for level in (1e-3, 1e-4, 1e-5, 1e-6)
    )
    most = 1 - 0.05 ** (1 / max(1, len(own)))
    bound = f" (at most {100 * most:.2f} % with 95 % confidence)" if not believed else ""
    return f"Of {len(own)} unrelated pairs {believed} were believed{bound}. Their stated chance: {levels}."


def _costs(costs: Sequence[Cost]) -> str:
    lines = ["| incident | reports one by one | alignment on top | together |", "|---|---|---|---|"]
    for cost in costs:
        share = (cost.reports_s + cost.alignment_s) / cost.reports_s
        cells = f"{cost.reports_s:.1f} CPU-s | {cost.alignment_s:.1f} CPU-s | {share:.2f} times the reports"
        lines.append(f"| {cost.what} | {cells} |")
    return "\n".join(lines)
