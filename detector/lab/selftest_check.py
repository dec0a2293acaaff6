"""Does a self-test predict how well a scene's own shots are found? Composed scenes with their truth tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detector import selftest
from detector.core.bounds import binomial_bounds
from detector.core.probability import Model
from detector.core.trials import GAPS_S, MATCH_S, isotonic
from detector.lab.composer import Take
from detector.lab.metrics import gap_before_s, recalled
from detector.media.samples import SampleTrack
from detector.recording import self_tested
from detector.records import Bool, Float64, LevelRecall, SelfTest, Situation
from detector.settings import Settings

# Enough for one scene of many: what a single test leaves open averages out.
PLAN = selftest.Plan(per_level=2, same_gun=24, per_gap=3)
SCENES = {
    **{"solo": 38, "pair": 38, "range": 32, "double": 25, "cabin": 20, "auto": 20},
    **{"far": 11, "walker": 8, "barrage": 8},
}
SHARES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)  # between bins of predicted recall
_OPEN_DB = 6.0  # width taken for a bin with an open end


@dataclass(frozen=True, eq=False)
class Checked:
    """A scene beside its self-test: what was predicted of its audible shots, and of its pairs, and what came true.

    `shots` (n,) are chances of being found and `found` (n,) whether they were; `pairs` and `apart`
    (m,) the same of shots of which one follows the other at `gap_s` (m,) with none between.
    """

    name: str
    family: str
    shots: Float64
    found: Bool
    gap_s: Float64
    pairs: Float64
    apart: Bool

    @property
    def error(self) -> float:
        """Predicted less true recall."""
        return float(self.shots.mean() - self.found.mean())


@dataclass(frozen=True)
class Row:
    """What was predicted for some shots on the mean, and how often it came true, with 90 % bounds."""

    name: str
    scenes: int
    trials: int
    predicted: float
    true: float
    low: float
    high: float


def checked(take: Take, model: Model, settings: Settings, plan: selftest.Plan = PLAN) -> Checked | None:
    """A composed scene with its self-test by a model that does not know it; None without an audible shot."""
    report = self_tested(SampleTrack(take.samples, take.rate_hz), settings, model=model, plan=plan)
    test = report.self_test
    if test is None or test.obstacle is not None or not take.marks.audible.any():
        return None
    marks, order = take.marks, np.argsort(take.marks.time_s, kind="stable")
    found = recalled(marks, [shot.time_s for shot in report.shots if shot.repeat_of is None], MATCH_S)
    gap_s = np.minimum(gap_before_s(marks), _gap_after_s(marks.time_s))
    situation = [_situation(test, each, settings.volleys.gap_s) for each in gap_s]
    chance = np.array([expected(test, s, level) for s, level in zip(situation, take.truth.snr_db, strict=True)])
    first, second = order[:-1], order[1:]
    apart_s = marks.time_s[second] - marks.time_s[first]
    close = (
        np.full(len(first), bool(test.gaps))
        & marks.audible[first]
        & marks.audible[second]
        & (apart_s >= GAPS_S[0])
        & (apart_s <= GAPS_S[-1])
    )
    first, second, apart_s = first[close], second[close], apart_s[close]
    return Checked(
        name=take.name,
        family=take.family,
        shots=chance[marks.audible],
        found=found[marks.audible],
        gap_s=apart_s,
        pairs=_told_apart(test, apart_s),
        apart=found[first] & found[second],
    )


def expected(test: SelfTest, situation: Situation, level_db: float) -> float:
    """Chance that a shot of a level is found: a test's shares, made to rise, between the middles of its bins."""
    rows = [row for row in test.recall if row.situation == situation and row.planted]
    shares = isotonic([row.found / row.planted for row in rows], [row.planted for row in rows])
    return float(np.interp(level_db, [_middle_db(row) for row in rows], shares))


def by_prediction(scenes: Sequence[Checked]) -> Iterator[Row]:
    """Scenes of about the same predicted recall together: does it come true?"""
    predicted = np.array([scene.shots.mean() for scene in scenes])
    number = np.clip(np.digitize(predicted, SHARES[1:-1]), 0, len(SHARES) - 2)
    for k, (low, high) in enumerate(pairwise(SHARES)):
        some = [scene for scene, n in zip(scenes, number, strict=True) if n == k]
        if some:
            yield _row(f"{low:.0%} to {high:.0%}", some)


def by_family(scenes: Sequence[Checked]) -> Iterator[Row]:
    """Each family of scenes, then all."""
    for family in sorted({scene.family for scene in scenes}):
        yield _row(family, [scene for scene in scenes if scene.family == family])
    yield _row("all", scenes)


def by_gap(scenes: Sequence[Checked]) -> Iterator[Row]:
    """Pairs of about the same gap together, all scenes."""
    gap_s, predicted = (np.concatenate([getattr(s, name) for s in scenes]) for name in ("gap_s", "pairs"))
    apart = np.concatenate([scene.apart for scene in scenes])
    edges = np.sqrt(np.array(GAPS_S[1:]) * np.array(GAPS_S[:-1]))
    for k, middle_s in enumerate(GAPS_S):
        rows = np.digitize(gap_s, edges) == k
        if rows.any():
            n, true = int(rows.sum()), int(apart[rows].sum())
            low, high = binomial_bounds(true, n, 0.9)
            yield Row(f"{middle_s * 1000:g}", len(scenes), n, float(predicted[rows].mean()), true / n, low, high)


def chance_error(scenes: Sequence[Checked]) -> float:
    """Mean size of the errors that would be left if every prediction were right: shots are few, so shares scatter."""
    rng = np.random.default_rng(1)
    sizes = [np.abs((rng.random((200, len(s.shots))) < s.shots).mean(axis=1) - s.shots.mean()).mean() for s in scenes]
    return float(np.mean(sizes))


def half_gap_s(rows: Sequence[Row], name: str) -> float | None:
    """Shortest gap in seconds from which on half of the pairs are told apart, as `predicted` or `true`."""
    shares = isotonic([getattr(row, name) for row in rows], [row.trials for row in rows])
    return next((float(row.name) / 1000 for row, share in zip(rows, shares, strict=True) if share >= 0.5), None)


def _row(name: str, scenes: Sequence[Checked]) -> Row:
    predicted = np.concatenate([scene.shots for scene in scenes])
    found = np.concatenate([scene.found for scene in scenes])
    low, high = binomial_bounds(int(found.sum()), len(found), 0.9)
    return Row(name, len(scenes), len(found), float(predicted.mean()), float(found.mean()), low, high)


def _situation(test: SelfTest, nearest_s: float, volley_s: float) -> Situation:
    """How a shot stands to the others of its scene, as far as the test has an answer."""
    tested = {row.situation for row in test.recall if row.planted}
    wanted: tuple[Situation, ...] = ("same gun", "other gun", "alone")
    if nearest_s > volley_s:
        wanted = ("alone", "same gun", "other gun")
    return next(each for each in wanted if each in tested)


def _middle_db(row: LevelRecall) -> float:
    if row.from_db is None:
        return (row.to_db or 0.0) - _OPEN_DB / 2
    return row.from_db + _OPEN_DB / 2 if row.to_db is None else (row.from_db + row.to_db) / 2


def _gap_after_s(time_s: Float64) -> Float64:
    """(n,) seconds to the next shot; infinite for the last."""
    order = np.argsort(time_s, kind="stable")
    gap = np.full(len(time_s), np.inf)
    gap[order[:-1]] = np.diff(time_s[order])
    return gap


def _told_apart(test: SelfTest, gap_s: Float64) -> Float64:
    if not len(gap_s):
        return np.zeros(0)
    rows = [row for row in test.gaps if row.pairs]
    shares = isotonic([row.apart / row.pairs for row in rows], [row.pairs for row in rows])
    return np.asarray(np.interp(np.log(gap_s), np.log([row.gap_s for row in rows]), shares))
