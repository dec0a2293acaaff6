"""Figures of fuzzing and of mutation testing as Markdown, each between two marks of docs/ROBUSTNESS.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detector.lab.accuracy.markdown import percent, table
from detector.lab.fuzz_readers import MEDIA
from detector.lab.fuzzing import LIMITS, Outcome, figures
from detector.lab.mutation import Fate


def fuzzed(outcomes: Sequence[Outcome], seed: int) -> str:
    """How many files of each kind were tried, and what became of them."""
    rows = list(figures(outcomes))
    found = sum(row[-1] for row in rows)
    media, text = LIMITS[MEDIA], LIMITS["tally"]
    return "\n\n".join(
        [
            f"{len(outcomes):,} damaged files with seed {seed}, each with {media.time_s:g} s for a recording, "
            f"{text.time_s:g} s for a text, and {media.memory_mb:g} MB: {found or 'no'} finding{'s' * (found != 1)}.",
            table(
                ("kind", "tried", "read", "refused in one line", "findings"),
                ((row[0], *(f"{number:,}" for number in row[1:])) for row in rows),
            ),
        ]
    )


def mutated(fates: Sequence[Fate], drawn: int, seed: int) -> str:
    """How many of the errors drawn were put into each module and noticed, and those that were not."""
    caught = sum(fate.caught for fate in fates)
    counts = {name: [f.caught for f in fates if f.mutant.module == name] for name in sorted(_modules(fates))}
    survivors = [f.mutant for f in fates if not f.caught]
    share = percent(caught / len(fates)) if fates else "-"
    return "\n\n".join(
        [
            f"{len(fates):,} of {drawn:,} errors drawn with seed {seed} were tried, and {caught:,} caught: {share}.",
            table(
                ("module", "errors", "caught"),
                ((Path(name).stem, f"{len(each)}", f"{sum(each)}") for name, each in counts.items()),
            ),
            "Survivors:",
            "\n".join(f"- {Path(each.module).stem}, line {each.line}: {each.what}" for each in survivors) or "none",
        ]
    )


def _modules(fates: Sequence[Fate]) -> set[str]:
    return {fate.mutant.module for fate in fates}
