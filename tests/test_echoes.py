"""What earlier shots explain: tails, repeated delays, neighbours, against loops and made-up places."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from detector.core.echoes import GAPS_S, Echoes, explain
from detector.core.features import AFTER, GROUPS, Features
from detector.records import Float32, Float64
from detector.settings import EchoSettings

SETTINGS = EchoSettings()
FALL_DB = (0, -2, -4, -6, -10, -14, -18, -22, -26, -30, -34, -38, -42)  # low band, window by window


def features_of(n: int, seed: int = 1) -> Features:
    """Balance and decay columns alike for all rows but for a little noise."""
    names = [f"balance_{group}_db" for group in GROUPS]
    names += [f"after_{edge}_{group}_db" for group in GROUPS for edge in AFTER[:-1]]
    base = np.concatenate([[-3.0, -6.0, -9.0], np.tile(FALL_DB, len(GROUPS))])
    noise = np.random.default_rng(seed).normal(0, 0.01, (n, len(base)))
    return Features(tuple(names), (base + noise).astype(np.float32))


def patterns_of(n: int, seed: int = 2) -> Float32:
    made = np.random.default_rng(seed).standard_normal((n, 20))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def explained(time_s: list[float] | Float64, level_db: list[float] | Float64, chance: list[float] | Float64) -> Echoes:
    time, level, likely = (np.asarray(each, np.float64) for each in (time_s, level_db, chance))
    return explain(time, level, features_of(len(time)), patterns_of(len(time)), likely, SETTINGS)


def column(echoes: Echoes, name: str) -> Float64:
    return echoes.neighbours.values[:, echoes.neighbours.names.index(name)].astype(np.float64)


def test_a_reflection_is_laid_to_the_shot_before_it() -> None:
    echoes = explained([1.0, 1.12], [0.0, -34.0], [0.99, 0.1])
    assert echoes.source_row.tolist() == [-1, 0]
    assert np.isnan(echoes.excess_db[0])
    assert abs(echoes.excess_db[1]) < 3
    assert column(echoes, "tail_excess_db")[1] == pytest.approx(echoes.excess_db[1], abs=1e-3)


def test_a_second_shot_stands_out_of_the_tail_of_the_first_however_soon_it_comes() -> None:
    for delay_s in (0.005, 0.02, 0.1, 0.4):
        echoes = explained([1.0, 1.0 + delay_s], [0.0, 0.0], [0.99, 0.99])
        assert echoes.source_row[1] == 0
        assert echoes.excess_db[1] > 3


def test_only_likely_shots_have_tails() -> None:
    echoes = explained([1.0, 1.12, 1.2], [0.0, -34.0, -40.0], [0.29, 0.2, 0.1])
    assert echoes.source_row.tolist() == [-1, -1, -1]
    assert np.isnan(echoes.excess_db).all()
    assert np.isnan(column(echoes, "repeats")).all()


def test_tails_end_and_do_not_begin_before_the_blast_is_over() -> None:
    inside, too_soon, too_late = (
        explained([1.0, 1.0 + delay_s], [0.0, -60.0], [0.99, 0.1]).source_row[1]
        for delay_s in (SETTINGS.nearest_s + 1e-4, SETTINGS.nearest_s - 1e-4, SETTINGS.tail_s + 1e-4)
    )
    assert (inside, too_soon, too_late) == (0, -1, -1)


def test_the_loudest_tail_is_the_source_and_all_tails_add_up() -> None:
    both = explained([1.0, 1.3, 1.4], [0.0, -30.0, -45.0], [0.99, 0.99, 0.1])
    assert both.source_row[2] == 0
    only = explained([1.0, 1.3, 1.4], [0.0, -30.0, -45.0], [0.99, 0.01, 0.1])
    assert both.excess_db[2] < only.excess_db[2]


def test_tails_go_on_falling_behind_the_last_window() -> None:
    last_s = (AFTER[-1] + AFTER[-2]) / 2000
    early, late = (
        explained([1.0, 1.0 + last_s + more_s], [0.0, -50.0], [0.99, 0.1]).excess_db[1] for more_s in (0.0, 0.5)
    )
    assert early == pytest.approx(-50 - FALL_DB[-1], abs=0.1)  # in the middle of the last window
    assert late - early == pytest.approx(0.5 * SETTINGS.late_fall_db_s, abs=0.5)


def test_a_delay_that_returns_after_other_shots_is_a_repetition() -> None:
    shots_s, level_db = [1.0, 2.1, 3.3, 4.2], [0.0, -3.0, 2.0, -1.0]
    onsets = sorted(
        [(t, level, 0.99) for t, level in zip(shots_s, level_db, strict=True)]
        + [(t + 0.15, level - 20, 0.1) for t, level in zip(shots_s, level_db, strict=True)]
    )
    time_s, level, chance = (list(each) for each in zip(*onsets, strict=True))
    echo = np.array(chance) < 0.5
    repeated = column(explained(time_s, level, chance), "repeats")
    assert np.all(repeated[echo] == np.float32(3 / 4))
    lonely = explained([*time_s[:3], 7.0], [*level[:3], 0.0], [*chance[:3], 0.99])
    assert column(lonely, "repeats")[1] == 0


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_their_loop_twins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    time_s = np.cumsum(rng.exponential(0.12, n)) + rng.uniform(-3, 3)
    chance = np.where(rng.random(n) < 0.4, rng.uniform(0.31, 1, n), rng.uniform(0, 0.3, n))
    level_db = rng.normal(0, 10, n)
    echoes = explained(time_s, level_db, chance)
    anchors = np.flatnonzero(chance > SETTINGS.anchor_chance)
    for row in range(n):
        gap = time_s - time_s[row]
        for near, far in itertools.pairwise(GAPS_S):
            before = chance[(-gap > near) & (-gap <= far)].sum()
            after = chance[(gap > near) & (gap <= far)].sum()
            assert column(echoes, f"shots_before_{far:g}_s")[row] == pytest.approx(before, abs=1e-5)
            assert column(echoes, f"shots_after_{far:g}_s")[row] == pytest.approx(after, abs=1e-5)
        around = chance[(gap >= -10) & (gap < 10)].sum()
        assert column(echoes, "shots_around_10_s")[row] == pytest.approx(around, abs=1e-4)
        for side, others in (("last", anchors[anchors < row][-1:]), ("next", anchors[anchors > row][:1])):
            expected_s = abs(gap[others[0]]) if len(others) else 9.0
            assert column(echoes, f"{side}_gap_s")[row] == pytest.approx(expected_s, abs=1e-5)
            over_db = column(echoes, f"{side}_over_db")[row]
            if len(others):
                assert over_db == pytest.approx(level_db[row] - level_db[others[0]], abs=1e-4)
            else:
                assert np.isnan(over_db)


@pytest.mark.parametrize("seed", range(4))
def test_likeness_is_looked_for_among_the_other_anchors_within_reach(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    time_s, chance = np.cumsum(rng.exponential(0.7, n)), rng.random(n)
    pattern, described = patterns_of(n, seed), features_of(n, seed)
    echoes = explain(time_s, np.zeros(n), described, pattern, chance, SETTINGS)
    for row in range(n):
        near = [
            k
            for k in range(n)
            if k != row and chance[k] > SETTINGS.anchor_chance and abs(time_s[k] - time_s[row]) < SETTINGS.reach_s
        ]
        if not near:
            assert np.isnan(column(echoes, "alike_most")[row])
            continue
        alike = [float(np.dot(pattern[k], pattern[row])) for k in near]
        unlike = [float(np.abs(described.values[k] - described.values[row]).mean()) for k in near]
        assert column(echoes, "alike_most")[row] == pytest.approx(max(alike), abs=1e-5)
        assert column(echoes, "alike_median")[row] == pytest.approx(np.median(alike), abs=1e-5)
        assert column(echoes, "unlike_least_db")[row] == pytest.approx(min(unlike), abs=1e-4)
        assert column(echoes, "unlike_median_db")[row] == pytest.approx(np.median(unlike), abs=1e-4)


def test_what_lies_out_of_reach_explains_nothing_and_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    time_s, level_db, chance = np.cumsum(rng.exponential(0.2, 30)), rng.normal(0, 8, 30), rng.random(30)
    alone = explained(time_s, level_db, chance)
    far_s = time_s[-1] + max(SETTINGS.reach_s, 10.0) + 1
    described = features_of(30)
    more = explain(
        np.append(time_s, far_s),
        np.append(level_db, 0.0),
        Features(described.names, np.concatenate([described.values, features_of(1).values])),
        np.concatenate([patterns_of(30), patterns_of(1)]),
        np.append(chance, 0.99),
        SETTINGS,
    )
    np.testing.assert_array_equal(more.source_row[:30], alone.source_row)
    np.testing.assert_array_equal(more.excess_db[:30], alone.excess_db)
    # The next shot after the last one may lie any time away: its columns are the only ones to see it.
    following = [name.startswith("next_") for name in alone.neighbours.names]
    np.testing.assert_array_equal(
        more.neighbours.values[:30][:, ~np.array(following)], alone.neighbours.values[:, ~np.array(following)]
    )


def test_a_common_level_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    time_s, level_db, chance = np.cumsum(rng.exponential(0.2, 30)), rng.normal(0, 8, 30), rng.random(30)
    one, other = explained(time_s, level_db, chance), explained(time_s, level_db - 40.0, chance)
    np.testing.assert_array_equal(one.source_row, other.source_row)
    np.testing.assert_allclose(one.neighbours.values, other.neighbours.values, atol=1e-4)


@pytest.mark.parametrize("n", [0, 1])
def test_none_and_one_have_all_columns(n: int) -> None:
    names = explained([1.0, 2.0], [0.0, 0.0], [0.9, 0.9]).neighbours.names
    echoes = explained([1.0] * n, [0.0] * n, [0.9] * n)
    assert echoes.neighbours.names == names
    assert echoes.neighbours.values.shape == (n, len(names))
    assert echoes.source_row.tolist() == [-1] * n


def test_sources_set_how_many_shots_may_have_echoed() -> None:
    shots_s = [1.0, 1.1, 1.2, 1.3]
    onsets_s = sorted([*shots_s, 1.55, 2.5, 3.05])  # 1.55 and 3.05 lie 0.55 behind the first and behind 2.5
    chance = [0.1 if t in (1.55, 3.05) else 0.99 for t in onsets_s]
    level_db = [-20.0 if t in (1.55, 3.05) else 0.0 for t in onsets_s]
    row = onsets_s.index(1.55)
    repeated = []
    for sources in (3, 4):
        echoes = explain(
            np.array(onsets_s),
            np.array(level_db),
            features_of(7),
            patterns_of(7),
            np.array(chance),
            dataclasses.replace(SETTINGS, sources=sources),
        )
        repeated.append(column(echoes, "repeats")[row])
    assert repeated[0] < repeated[1]


def test_odds_by_itself_stand_beside_those_among_neighbours() -> None:
    chance = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    told = column(explained(np.arange(5.0), np.zeros(5), chance), "local_odds")
    assert told == pytest.approx([-13.8155, -2.1972, 0.0, 2.1972, 13.8155], abs=1e-3)


def test_neighbours_are_counted_in_ranges_that_the_shipped_model_knows() -> None:
    names = explained([1.0], [0.0], [0.9]).neighbours.names
    ranges = [name for name in names if name.startswith("shots_before")]
    assert ranges == [f"shots_before_{far}_s" for far in ("0.005", "0.015", "0.05", "0.15", "0.5", "2")]
    near = column(explained([1.0, 1.002], [0.0, 0.0], [0.9, 0.8]), "shots_before_0.005_s")
    assert near == pytest.approx([0.0, 0.9])


@pytest.mark.parametrize(
    ("one_db", "other_db", "apart_db"), [(-60, -75, 0.0), (-59, -75, 1.0), (30, 45, 0.0), (29, 45, 1.0)]
)
def test_attacks_differ_only_between_60_db_below_and_30_above(one_db: float, other_db: float, apart_db: float) -> None:
    described = features_of(2)
    values = np.repeat(described.values[:1], 2, axis=0)
    values[:, 5] = one_db, other_db
    echoes = explain(
        np.array([1.0, 1.5]), np.zeros(2), Features(described.names, values), patterns_of(2), np.full(2, 0.9), SETTINGS
    )
    unlike_db = column(echoes, "last_unlike_db")[1]
    assert unlike_db * len(described.names) == pytest.approx(apart_db, abs=1e-4)  # the mean of all columns


def test_a_delay_returns_though_something_else_comes_just_before_it() -> None:
    shots_s, level_db = (1.0, 2.1, 3.3, 4.2), (0.0, -3.0, 2.0, -1.0)
    onsets = sorted(
        [(t, level, 0.99) for t, level in zip(shots_s, level_db, strict=True)]
        + [(t + 0.15, level - 20, 0.1) for t, level in zip(shots_s, level_db, strict=True)]
        + [(t + 0.1495, level - 40, 0.1) for t, level in list(zip(shots_s, level_db, strict=True))[1:]]
    )
    time_s, level, chance = (list(each) for each in zip(*onsets, strict=True))
    assert column(explained(time_s, level, chance), "repeats")[1] == 3 / 4
