"""False alarms: an hour, and per hundred sounds of one kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.lab.accuracy import scores
from detector.lab.accuracy.markdown import number, rate, table
from detector.lab.bounds import Rate, poisson_rate
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Outcome

CLIPS = "not_gunfire"  # the collection that holds one sound a file
_NEAR_S = 0.05  # a false shot this close to a planted sound is taken for it


def hourly_part(outcomes: Sequence[Outcome]) -> str:
    """False shots an hour of every method on sound without gunfire, short clips apart."""
    quiet = [o for o in outcomes if o.case.gun_free and o.case.collection != CLIPS]
    rows: list[list[str]] = []
    for collection, chosen in scores.collections(quiet).items():
        with_families = any(o.case.material == "composed" for o in chosen)
        shown = scores.families(chosen) if with_families else {scores.ALL: chosen}
        for family, members in shown.items():
            rows += [[f"{collection}, {family}", *cells] for cells in _hourly_rows(members)]
    if quiet:
        rows += [["together", *cells] for cells in _hourly_rows(quiet)]
    head = ["sound without gunfire", "material", "hours", "method", "false shots", "per hour", "upper"]
    return f"## False alarms an hour\n\n{table(head, rows)}" if rows else ""


def _hourly_rows(outcomes: Sequence[Outcome]) -> list[list[str]]:
    return [
        [scores.material(own), f"{scores.hours(own):.2f}", method, *rate(scores.hourly(own))]
        for method, own in scores.methods(outcomes).items()
    ]


def classes_part(outcomes: Sequence[Outcome]) -> str:
    """False shots per hundred clips of every kind of sound, and per hundred sounds planted in scenes."""
    parts = [_clips_part(outcomes), _planted_part(outcomes)]
    return "\n\n".join(part for part in parts if part)


def _clips_part(outcomes: Sequence[Outcome]) -> str:
    clips = [o for o in outcomes if o.case.collection == CLIPS]
    if not clips:
        return ""
    names = list(scores.methods(clips))
    rows = []
    for family, members in scores.families(clips).items():
        by_method = scores.methods(members)
        rates = [scores.per_hundred(by_method[name]) for name in names]
        cells = [with_upper(rates[0]), *(number(each.per_unit) for each in rates[1:])]
        rows.append([family.replace("_", " "), str(len(by_method[DETECTOR])), *cells])
    text = "False shots per hundred real clips of one kind, each heard between a second of quiet noise."
    return f"## False alarms by kind of sound\n\n{text}\n\n{table(['sound', 'clips', *names], rows)}"


def with_upper(value: Rate) -> str:
    """A rate with its upper bound behind it."""
    return f"{number(value.per_unit)} (upper {number(value.upper)})"


def _planted_part(outcomes: Sequence[Outcome]) -> str:
    """What false shots of the detector lie on, among the sounds that the truth of a file names."""
    rows = []
    for collection, members in scores.collections([o for o in outcomes if o.case.conditions.others]).items():
        by_method = scores.methods(members)
        kinds = sorted({what for o in members for _, what in o.case.conditions.others})
        rows += [[collection, scores.material(members), *_planted_row(kind, by_method)] for kind in kinds]
    head = ["set", "material", "sound", "n", DETECTOR, WITH_POSSIBLE]
    text = (
        "Of sounds planted in composed scenes, and of echoes and mechanical sounds marked in range takes (not all "
        f"are marked), so many in a hundred have a false shot within {1000 * _NEAR_S:.0f} ms."
    )
    return f"### Known other sounds beside gunfire\n\n{text}\n\n{table(head, rows)}" if rows else ""


def _planted_row(kind: str, by_method: dict[str, list[Outcome]]) -> list[str]:
    n = sum(what == kind for o in by_method[DETECTOR] for _, what in o.case.conditions.others)
    hits = [sum(_mistaken(o, kind) for o in by_method[name]) for name in (DETECTOR, WITH_POSSIBLE)]
    return [kind, str(n), *(with_upper(poisson_rate(hit, n / 100)) for hit in hits)]


def _mistaken(outcome: Outcome, kind: str) -> int:
    """How many other sounds of one kind have an onset near that is near no shot."""
    times = np.array([time_s for time_s, what in outcome.case.conditions.others if what == kind])
    marks, onsets = outcome.case.marks, outcome.onset_s
    shots = np.concatenate([marks.time_s, marks.also_s])
    false = onsets[~(np.abs(onsets[:, None] - shots[None]) <= scores.FINE_S).any(axis=1)]
    return int((np.abs(times[:, None] - false[None]) <= _NEAR_S).any(axis=1).sum())
