"""Rows of incident trials -> the tables of docs/INCIDENTS.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.lab.incident_trials import CountRow, MatchRow, PlaceRow, TestRow, error


def matches(rows: Sequence[MatchRow], sure: Sequence[MatchRow]) -> str:
    """Precision and recall of the matches of each two cameras, by family of scenes; at last those of `sure` onsets."""
    lines = [
        "| incidents | number | cameras | matches | precision | without reflections | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    kinds = {kind: [row for row in rows if row.kind == kind] for kind in sorted({row.kind for row in rows})}
    for kind, own in (kinds | {"all": rows, "all, of onsets that both call shots": sure}).items():
        right, direct, made, found, true = (
            sum(getattr(row, name) for row in own) for name in ("right", "direct", "made", "found", "true")
        )
        least, most = min(row.cameras for row in own), max(row.cameras for row in own)
        shares = (right / max(1, made), direct / max(1, made), found / max(1, true))
        cells = f"{made} | " + " | ".join(f"{share:.3f}" for share in shares)
        lines.append(f"| {kind} | {len(own)} | {least}-{most} | {cells} |")
    return "\n".join(lines)


def counts(rows: Sequence[CountRow]) -> str:
    """Errors, coverage and width of the incident's count, and of cameras for themselves."""
    lines = [
        "| counted by | incidents | mean error | mean share of the shots | interval holds the truth | mean width |",
        "|---|---|---|---|---|---|",
    ]
    several = [row for row in rows if row.cameras > 1]
    for camera in sorted({row.camera for row in several}):
        own = [row for row in several if row.camera == camera]
        if camera > 2:
            continue
        name = "all cameras together" if camera == 0 else f"camera {camera} by itself"
        off = [error(row.count.best, row.low, row.high) for row in own]
        share = np.mean([each / max(1, row.low) for each, row in zip(off, own, strict=True)])
        inside = np.mean([row.count.low <= row.high and row.count.high >= row.low for row in own])
        width = np.mean([row.count.high - row.count.low for row in own])
        lines.append(f"| {name} | {len(own)} | {np.mean(off):.2f} | {100 * share:.0f} % | {inside:.2f} | {width:.1f} |")
    alone = [row for row in several if row.camera]
    inside = np.mean([row.count.low <= row.own_high and row.count.high >= row.own_low for row in alone])
    width = np.mean([row.count.high - row.count.low for row in alone])
    lines.append(f"| any camera, of what it could hear | {len(alone)} | - | - | {inside:.2f} | {width:.1f} |")
    return "\n".join(lines)


def weights(all_of_them: Mapping[str, float], without: Mapping[str, Mapping[str, float]]) -> str:
    """What was fitted without each group, and to all of them."""
    names = list(all_of_them)
    lines = ["| fitted without | " + " | ".join(f"`{name}`" for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    for group, values in [*without.items(), ("nothing", all_of_them)]:
        lines.append(f"| {group} | " + " | ".join(f"{values[name]:g}" for name in names) + " |")
    return "\n".join(lines)


def places(rows: Sequence[PlaceRow]) -> str:
    """How often two shots of one position were of one gun."""
    together, same = sum(row.together for row in rows), sum(row.same_gun for row in rows)
    positions, guns = np.mean([row.positions for row in rows]), np.mean([row.guns for row in rows])
    return (
        f"Of {together} pairs of shots in one position {100 * same / max(1, together):.1f} % were fired by one gun. "
        f"There were {guns:.1f} guns and {positions:.1f} positions an incident: people walk."
    )


def street(rows: Sequence[TestRow]) -> str:
    """Shares of the Pittsburgh tests that are counted exactly."""
    lines = ["| rounds | tests | known clocks | scrambled clocks | one sensor |", "|---|---|---|---|---|"]
    for rounds in [*sorted({row.rounds for row in rows}), None]:
        own = [row for row in rows if rounds in (None, row.rounds)]
        shares = [
            float(np.mean([row.known == row.rounds for row in own])),
            float(np.mean([row.scrambled == row.rounds for row in own])),
            float(np.mean([count == row.rounds for row in own for count in row.sensors])),
        ]
        cells = " | ".join(f"{share:.3f}" for share in shares)
        lines.append(f"| {'all' if rounds is None else rounds} | {len(own)} | {cells} |")
    return "\n".join(lines)
