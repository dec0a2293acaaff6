"""Crack and blast as one shot: which pairs are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from detector.core.cracks import joined
from detector.core.echoes import Echoes
from detector.core.features import Features
from detector.core.hearing import Judged, Onsets
from detector.records import Bool
from detector.settings import CrackSettings

SETTINGS = CrackSettings()
POSSIBLE = 0.3
FALLS = ("after_3_low_db", "after_5_low_db", "after_8_low_db")
DIES, LASTS = -20.0, -4.0
Row = tuple[float, float, float | tuple[float, float, float]]


def onsets_of(rows: Sequence[Row]) -> Onsets:
    """Onsets of (time_s, level_db, fall_db), the fall one for all windows or one for each."""
    n = len(rows)
    return Onsets(
        time_s=np.array([row[0] for row in rows]),
        error_s=np.array([1e-4 * row for row in range(n)]),
        level_db=np.array([row[1] for row in rows]),
        peak_db=np.array([row[1] for row in rows]),
        chance=np.full(n, 0.5),
        odds=np.zeros((n, 2), np.float32),
        impression=np.zeros((n, 1), np.float32),
        opinion=np.zeros((n, 1), np.float32),
        features=Features(FALLS, np.array([np.broadcast_to(row[2], 3) for row in rows], np.float32).reshape(n, 3)),
        pattern=np.zeros((n, 1), np.float32),
        dropped_s=np.zeros(0),
        dropped_reason=np.zeros(0, np.int64),
    )


def run(
    rows: Sequence[Row],
    chance: Sequence[float],
    explained: Sequence[int] = (),
    source: Sequence[int] = (),
) -> tuple[Onsets, Judged, Bool]:
    """Joined onsets; the rows `explained` stand in the tail of something."""
    n = len(rows)
    excess_db = np.where(np.isin(np.arange(n), explained), 1.0, np.nan)
    source_row = np.array(source or [-1] * n, np.int64)
    echoes = Echoes(source_row, excess_db, Features((), np.zeros((n, 0), np.float32)))
    judged = Judged(np.array(chance), np.zeros(n), echoes)
    return joined(onsets_of(rows), judged, POSSIBLE, SETTINGS)


def test_a_shot_has_the_time_of_its_crack_and_the_chance_that_either_is_one() -> None:
    onsets, judged, both = run([(1.0, -10.0, DIES), (1.02, 0.0, LASTS), (3.0, 0.0, LASTS)], [0.1, 0.9, 0.8])
    assert onsets.time_s.tolist() == [1.0, 3.0]
    assert onsets.error_s.tolist() == [0.0, 2e-4]
    assert onsets.level_db.tolist() == [0.0, 0.0]
    assert judged.chance == pytest.approx([0.91, 0.8])
    assert both.tolist() == [True, False]


@pytest.mark.parametrize(
    ("crack", "chance", "explained"),
    [
        ((1.0, -17.0, DIES), 0.1, ()),  # so weak that a codec may have smeared it
        ((1.0, -10.0, LASTS), 0.1, ()),
        ((1.0, -10.0, DIES), 0.3, ()),  # listed itself
        ((1.0, -10.0, DIES), 0.1, (0,)),  # in the tail of an earlier shot
        ((0.974, -10.0, DIES), 0.1, ()),  # too long before
        ((1.018, -10.0, DIES), 0.1, ()),  # too closely before
    ],
)
def test_what_is_no_crack_stays_an_onset(
    crack: tuple[float, float, float], chance: float, explained: tuple[int, ...]
) -> None:
    onsets, judged, both = run([crack, (1.02, 0.0, LASTS)], [chance, 0.9], explained)
    assert onsets.time_s.tolist() == [crack[0], 1.02]
    assert judged.chance.tolist() == [chance, 0.9]
    assert not both.any()


@pytest.mark.parametrize("delay_s", [0.005, 0.045])
def test_a_crack_may_be_as_weak_as_late_and_die_as_little_as_is_allowed(delay_s: float) -> None:
    onsets, _, both = run([(0.0, -16.0, -12.0), (delay_s, 0.0, LASTS)], [0.1, 0.9])
    assert (onsets.time_s.tolist(), both.tolist()) == ([0.0], [True])


@pytest.mark.parametrize(
    ("falls", "over_s"), [((DIES, LASTS, LASTS), 0.005), ((LASTS, DIES, LASTS), 0.008), ((LASTS, LASTS, DIES), 0.012)]
)
def test_how_a_crack_dies_is_told_by_what_is_over_before_its_blast(
    falls: tuple[float, float, float], over_s: float
) -> None:
    for blast_s, found in ((over_s, True), (over_s - 0.0001, False)):
        _, _, both = run([(0.0, -10.0, falls), (blast_s, 0.0, LASTS)], [0.1, 0.9])
        assert both.any() == found


def test_every_shot_of_a_volley_has_its_own_crack() -> None:
    rows = [row for at_s in (1.0, 1.1, 1.2) for row in ((at_s, -10.0, DIES), (at_s + 0.02, 0.0, LASTS))]
    onsets, _, both = run(rows, [0.1, 0.9] * 3)
    assert onsets.time_s.tolist() == [1.0, 1.1, 1.2]
    assert both.all()


@pytest.mark.parametrize(
    ("delay_s", "apart_s", "found"),
    [(0.025, 0.1, True), (0.035, 0.1, False), (0.025, 8.0, True), (0.025, 8.1, False)],
)
def test_one_certain_crack_makes_others_of_about_its_delay_believed(
    delay_s: float, apart_s: float, found: bool
) -> None:
    first, second = [(1.0, -10.0, DIES), (1.02, 0.0, LASTS)], 1.0 + apart_s
    rows = [*first, (second, -23.0, LASTS), (second + delay_s, 0.0, LASTS)]
    onsets, _, both = run(rows, [0.1, 0.9, 0.1, 0.9], explained=[2, 3])
    assert both.sum() == (2 if found else 1)
    assert onsets.time_s[-1] == (second if found else second + delay_s)


def test_the_loudest_before_a_blast_and_behind_the_shot_before_is_looked_at() -> None:
    rows = [(0.999, 0.0, LASTS), (1.01, -15.0, DIES), (1.015, -10.0, DIES), (1.017, -30.0, DIES), (1.03, 0.0, LASTS)]
    onsets, _, both = run(rows, [0.9, 0.1, 0.1, 0.1, 0.9])
    assert onsets.time_s.tolist() == [0.999, 1.01, 1.015, 1.017]
    assert both.tolist() == [False, False, True, False]


def test_what_was_laid_to_a_blast_or_its_crack_is_laid_to_the_shot() -> None:
    rows = [(0.5, 0.0, LASTS), (1.0, -10.0, DIES), (1.02, 0.0, LASTS), (1.2, -30.0, LASTS), (1.3, -30.0, LASTS)]
    _, judged, _ = run(rows, [0.9, 0.1, 0.9, 0.0, 0.0], explained=[3, 4], source=[-1, -1, 0, 1, 2])
    assert judged.echoes.source_row.tolist() == [-1, 0, 1, 1]


def test_without_onsets_or_shots_there_is_nothing_to_join() -> None:
    for rows, chance in (([], []), ([(1.0, -10.0, DIES), (1.02, 0.0, LASTS)], [0.1, 0.1])):
        onsets, judged, both = run(rows, chance)
        assert len(onsets) == len(judged.chance) == len(both) == len(rows)
        assert not both.any()
