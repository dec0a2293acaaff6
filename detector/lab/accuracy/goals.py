"""What the detector is to reach, figure by figure, beside what it and the best other method reach."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.lab import metrics
from detector.lab.accuracy import doubts, scores
from detector.lab.accuracy.alarms import CLIPS
from detector.lab.accuracy.markdown import number, percent, share, table
from detector.lab.accuracy.methods import OWN
from detector.lab.bounds import standard_error
from detector.lab.evaluate import DETECTOR, Outcome

# Kinds of sounds in the collection of clips that go on, rise slowly or are explosions themselves.
_SUSTAINED = {"chainsaw", "cough", "helicopter", "horn", "music", "office_scene", "rain", "shout_scream", "siren"}
_SUSTAINED |= {"fire_crackle", "vehicle_engine", "vehicle_interior", "wind"}
_EXPLOSIONS = {"explosion", "fireworks", "firecracker_like"}
_CONFIDENCE = 0.9  # at which intervals are given
_GOOD_RATE_HZ = 44_100


@dataclass(frozen=True)
class Figure:
    """A measured value, NaN where there was nothing to measure, and words that belong to it.

    `error` is how far chance alone may put it below the goal.
    """

    value: float
    note: str = ""
    error: float = 0.0


@dataclass(frozen=True)
class Goal:
    """One row: which outcomes are measured, how, and the range `low..high` that the figure is to reach.

    `show` writes values; `others` says whether methods without probabilities have such a figure.
    """

    measure: str
    part: Callable[[Outcome], bool]
    figure: Callable[[Sequence[Outcome]], Figure]
    low: float = -math.inf
    high: float = math.inf
    show: Callable[[float], str] = share
    others: bool = True

    def miss(self, figure: Figure) -> float:
        """How far a value lies outside the range: 0 inside, infinite for NaN."""
        below, above = self.low - figure.error - figure.value, figure.value - self.high
        return math.inf if math.isnan(figure.value) else max(below, above, 0.0)


def goals_part(outcomes: Sequence[Outcome]) -> str:
    """One compact table: measure, best other tool, this detector, goal, reached or not."""
    rows = [row for goal in GOALS if (row := _row(goal, [o for o in outcomes if goal.part(o)]))]
    text = (
        "*best other tool*: of the methods measured beside this one on the same files, the one nearest to the goal, "
        "chosen for each row anew."
    )
    head = ["measure", "material", "files", "best other tool", DETECTOR, "goal", "reached"]
    return f"## Goals\n\n{text}\n\n{table(head, rows)}" if rows else ""


def _row(goal: Goal, outcomes: Sequence[Outcome]) -> list[str]:
    by_method = scores.methods(outcomes)
    own = by_method.get(DETECTOR, [])
    if not own:
        return []
    mine = goal.figure(own)
    cells = [goal.measure, scores.material(own), str(len(own)), _best_other(goal, by_method), _told(goal, mine)]
    return [*cells, _range(goal), "yes" if goal.miss(mine) == 0 else "no"]


def _best_other(goal: Goal, by_method: Mapping[str, Sequence[Outcome]]) -> str:
    figures = {name: goal.figure(each) for name, each in by_method.items() if name not in OWN and goal.others}
    if not figures:
        return "none has one"
    best = min(figures, key=lambda name: goal.miss(figures[name]))
    return f"{goal.show(figures[best].value)}, {best}"


def _told(goal: Goal, figure: Figure) -> str:
    return goal.show(figure.value) + (f" ({figure.note})" if figure.note else "")


def _range(goal: Goal) -> str:
    if math.isinf(goal.high):
        return f">= {goal.show(goal.low)}"
    return f"<= {goal.show(goal.high)}" if math.isinf(goal.low) else f"{goal.show(goal.low)}-{goal.show(goal.high)}"


# --- which cases ---------------------------------------------------------------------------------


def _set(collection: str, family: str = "") -> Callable[[Outcome], bool]:
    return lambda o: o.case.collection == collection and _gunfire(o) and (not family or o.case.family == family)


def _gunfire(outcome: Outcome) -> bool:
    return not outcome.case.gun_free


def _few(outcome: Outcome) -> bool:
    return _gunfire(outcome) and outcome.case.count_low < doubts.MANY


def _many(outcome: Outcome) -> bool:
    return _gunfire(outcome) and outcome.case.count_low >= doubts.MANY


def _labelled(outcome: Outcome) -> bool:
    return outcome.case.collection == "pittsburgh" and outcome.case.labels_complete


def _quiet(outcome: Outcome) -> bool:
    return outcome.case.gun_free and outcome.case.collection != CLIPS


def _impulsive(outcome: Outcome) -> bool:
    return outcome.case.collection == CLIPS and outcome.case.family not in _SUSTAINED | _EXPLOSIONS


def _timed(material: str) -> Callable[[Outcome], bool]:
    return lambda o: (
        _gunfire(o) and o.case.labels_complete and o.case.material == material and o.rate_hz >= _GOOD_RATE_HZ
    )


# --- how -----------------------------------------------------------------------------------------


def _exact(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.counts(outcomes).exact)


def _within(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.counts(outcomes).within)


def _near(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.counts(outcomes).near)


def _count_error(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.counts(outcomes).relative_error)


def _f1_fine(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.onsets(outcomes, scores.FINE_S).f1)


def _f1_coarse(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.onsets(outcomes, scores.COARSE_S).f1)


def _recall(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.onsets(outcomes, scores.COARSE_S).recall)


def _detections(outcomes: Sequence[Outcome]) -> Figure:
    shots = sum(o.case.marks.time_s.size for o in outcomes)
    return Figure(sum(o.onset_s.size for o in outcomes) / shots if shots else math.nan)


def _recall_at_gap(low_ms: float, high_ms: float) -> Callable[[Sequence[Outcome]], Figure]:
    def figure(outcomes: Sequence[Outcome]) -> Figure:
        right = [np.empty(0, np.bool_)]
        for outcome in outcomes:
            marks, gap_ms = outcome.case.marks, 1e3 * metrics.gap_before_s(outcome.case.marks)
            chosen = marks.audible & (gap_ms >= low_ms) & (gap_ms < high_ms)
            right.append(scores.found(outcome, scores.FINE_S)[chosen])
        shots = np.concatenate(right)
        return Figure(float(shots.mean()) if shots.size else math.nan, f"{shots.size} shots")

    return figure


def _hourly(outcomes: Sequence[Outcome]) -> Figure:
    rate = scores.hourly(outcomes)
    return Figure(rate.upper, f"{rate.events} in {rate.exposure:.2f} h")


def _per_hundred(outcomes: Sequence[Outcome]) -> Figure:
    rate = scores.per_hundred(outcomes)
    return Figure(rate.per_unit, f"{rate.events} in {len(outcomes)}, upper bound {number(rate.upper)}")


def _short_families(outcomes: Sequence[Outcome]) -> Figure:
    """How many families' intervals hold less often than they say, by more than two standard errors."""
    groups = [
        (family, scores.intervals(each))
        for chosen in scores.collections(outcomes).values()
        for family, each in scores.families(chosen).items()
        if family != scores.ALL
    ]
    short = [
        f"{family} {share(score.coverage)}"
        for family, score in groups
        if score.coverage < _CONFIDENCE - 2 * standard_error(_CONFIDENCE, score.files)
    ]
    return Figure(float(len(short)), ", ".join([f"of {len(groups)}", *short]))


def _coverage(outcomes: Sequence[Outcome]) -> Figure:
    score = scores.intervals(outcomes)
    error = 2 * standard_error(_CONFIDENCE, score.files)
    return Figure(score.coverage, f"{share(error)} below is chance", error)


def _relative_width(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.intervals(outcomes).relative_width)


def _width(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(scores.intervals(outcomes).median_width)


def _time_error(outcomes: Sequence[Outcome]) -> metrics.TimeError:
    return metrics.time_error(scores.onsets(outcomes, scores.COARSE_S).error_s)


def _median_error(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(_time_error(outcomes).median_ms)


def _worst_error(outcomes: Sequence[Outcome]) -> Figure:
    return Figure(_time_error(outcomes).worst_tenth_ms)


def _whole(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0f}"


def _ms(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f} ms"


_SCENES = _set("scenes")
GOALS = (
    Goal("Pittsburgh, tier clear: exact count", _set("pittsburgh", "clear"), _exact, low=0.95),
    Goal("Pittsburgh, tier medium: exact count", _set("pittsburgh", "medium"), _exact, low=0.85),
    Goal("Pittsburgh, all fully labelled: exact count", _labelled, _exact, low=0.90),
    Goal("Pittsburgh: detections per true shot", _labelled, _detections, low=0.98, high=1.03),
    Goal("Pittsburgh: recall at 50 ms", _labelled, _recall, low=0.95),
    Goal("range: F1 at 10 ms", _set("range"), _f1_fine, low=0.97),
    Goal("range: total count error", _set("range"), _count_error, high=0.02, show=percent),
    Goal("phones: exactly one shot", _set("phones"), _exact, low=0.97),
    Goal("scenes with gunfire: F1 at 50 ms", _SCENES, _f1_coarse, low=0.95),
    Goal("scenes with gunfire: F1 at 10 ms", _SCENES, _f1_fine, low=0.92),
    Goal("scenes with gunfire: count in [audible, all]", _SCENES, _within, low=0.75),
    Goal("scenes with gunfire: count within 5 % of it", _SCENES, _near, low=0.90),
    Goal("double: recall at 10 ms, gaps 10-20 ms", _set("scenes", "double"), _recall_at_gap(10, 20), low=0.75),
    Goal("double: recall at 10 ms, gaps 20-50 ms", _set("scenes", "double"), _recall_at_gap(20, 50), low=0.90),
    Goal("barrage: mean count error", _set("scenes", "barrage"), _count_error, high=0.03, show=percent),
    Goal("walker: mean count error", _set("scenes", "walker"), _count_error, high=0.08, show=percent),
    Goal("no gunfire: false shots an hour, upper bound", _quiet, _hourly, high=0.5, show=number),
    Goal("impulsive sounds: false shots per 100", _impulsive, _per_hundred, high=2.0, show=number),
    Goal("interval: families held too seldom", _gunfire, _short_families, high=0.0, show=_whole, others=False),
    Goal("interval, 10 shots or more: held", _many, _coverage, low=_CONFIDENCE, high=0.97, others=False),
    Goal("interval, 10 shots or more: width/shots", _many, _relative_width, high=0.10, show=percent, others=False),
    Goal("interval, below 10 shots: width in shots", _few, _width, high=1.0, show=number, others=False),
    Goal("onset error at 44.1-48 kHz: median", _timed("real"), _median_error, high=0.5, show=_ms),
    Goal("onset error at 44.1-48 kHz: worst tenth", _timed("real"), _worst_error, high=2.0, show=_ms),
    Goal("onset error at 44.1-48 kHz: median", _timed("composed"), _median_error, high=0.5, show=_ms),
    Goal("onset error at 44.1-48 kHz: worst tenth", _timed("composed"), _worst_error, high=2.0, show=_ms),
)
