"""Columns against plain loops over the hops, and what must not change them."""

from __future__ import annotations

import dataclasses
import itertools
import re

import numpy as np
import pytest

from detector.core.features import (
    AFTER,
    BEFORE,
    GROUPS,
    LOUDEST_AFTER,
    LOUDEST_BEFORE,
    Features,
    attack_db,
    describe,
    patterns,
)
from detector.core.level import BANDS, Level, measure
from detector.core.onsets import Candidates, find, floor
from detector.core.probability import published_model
from detector.records import Float64
from detector.settings import OnsetSettings
from tests.soundscape import rattle, stretch_of

SETTINGS = OnsetSettings()


@pytest.fixture(scope="module")
def level() -> Level:
    return measure(stretch_of(rattle(5.0)))


@pytest.fixture(scope="module")
def found(level: Level) -> Candidates:
    """Rows anywhere, the first and last hops included: columns must be right there too."""
    hop = np.array([0, 1, 7, 300, 399, 1499, 2000, 2500, 4399, 4700, 4990, 4999])
    return Candidates(hop, np.linspace(4, 20, len(hop)).astype(np.float32))


@pytest.fixture(scope="module")
def described(level: Level, found: Candidates) -> Features:
    return describe(level, found, SETTINGS)


def column(described: Features, name: str) -> Float64:
    return described.values[:, described.names.index(name)].astype(np.float64)


def mean(values: Float64, first: int, stop: int) -> float:
    """Mean over [first, stop), hops outside the sound counting as silent."""
    return float(values[max(0, first) : max(0, stop)].sum()) / (stop - first)


def ratio_db(above: float, below: float, ground: float) -> float:
    return float(10 * np.log10((above + ground) / (below + ground)))


def test_columns_have_names_of_their_own_and_the_rise_comes_first(found: Candidates, described: Features) -> None:
    assert len(set(described.names)) == len(described.names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in described.names)
    np.testing.assert_array_equal(column(described, "rise_db"), found.rise_db)
    assert described.values.dtype == np.float32


def test_the_shipped_model_knows_the_first_columns_by_their_names(described: Features) -> None:
    assert described.names == published_model().gate.trees.names


@pytest.mark.parametrize("group", GROUPS)
def test_profile_and_balance_are_their_loop_twins(
    group: str, level: Level, found: Candidates, described: Features
) -> None:
    energy = level.energy[:, GROUPS[group]].astype(np.float64).sum(axis=1)
    total = level.energy.astype(np.float64).sum(axis=1)
    ground = floor(level, SETTINGS).astype(np.float64)
    for number, k in enumerate(found.hop.tolist()):
        attack = mean(energy, k, k + SETTINGS.after_hops)
        everything = mean(total, k, k + SETTINGS.after_hops)
        expected = {f"balance_{group}_db": ratio_db(attack, everything, ground[k])}
        for near, far in itertools.pairwise(BEFORE):
            expected[f"before_{near}_{group}_db"] = ratio_db(mean(energy, k - far, k - near), attack, ground[k])
        for near, far in itertools.pairwise(AFTER):
            expected[f"after_{near}_{group}_db"] = ratio_db(mean(energy, k + near, k + far), attack, ground[k])
        for name, value in expected.items():
            assert column(described, name)[number] == pytest.approx(value, abs=2e-4), (name, k)


@pytest.mark.parametrize(("group", "bands"), [("all", slice(0, 5)), ("upper", slice(2, 5))])
def test_loudest_attacks_nearby_are_their_loop_twin(
    group: str, bands: slice, level: Level, found: Candidates, described: Features
) -> None:
    energy = level.energy[:, bands].astype(np.float64).sum(axis=1)
    ground = floor(level, SETTINGS).astype(np.float64)
    attack = [mean(energy, k, k + SETTINGS.after_hops) for k in range(len(energy))]
    for number, k in enumerate(found.hop.tolist()):
        ranges = {
            **{f"over_before_{a}_{group}_db": (k - b + 1, k - a + 1) for a, b in itertools.pairwise(LOUDEST_BEFORE)},
            **{f"over_after_{a}_{group}_db": (k + a, k + b) for a, b in itertools.pairwise(LOUDEST_AFTER)},
        }
        for name, (first, stop) in ranges.items():
            loudest = max(attack[max(0, first) : max(0, stop)], default=0.0)
            assert column(described, name)[number] == pytest.approx(
                ratio_db(attack[k], loudest, ground[k]), abs=2e-4
            ), (name, k)


def test_peaks_are_their_loop_twin(level: Level, found: Candidates, described: Features) -> None:
    padded = np.concatenate([np.zeros(2000), level.peak.astype(np.float64), np.zeros(2000)])
    for number, k in enumerate((found.hop + 2000).tolist()):
        rail = padded[k - 2000 : k + 2001].max()
        here, before = padded[k : k + 6].max(), padded[k - 12 : k - 2].max()
        expected = {
            "peak_re_rail_db": 20 * np.log10(here / rail + 1e-6),
            "peak_step_db": 20 * np.log10((here + rail * 1e-6) / (before + rail * 1e-6)),
            "flat_10": np.mean(padded[k : k + 10] > 0.85 * rail),
            "flat_40": np.mean(padded[k : k + 40] > 0.85 * rail),
            "flat_before": np.mean(padded[k - 20 : k] > 0.85 * rail),
        }
        for name, value in expected.items():
            assert column(described, name)[number] == pytest.approx(value, abs=2e-3), (name, k)


def test_the_attack_is_the_energy_of_its_hops(level: Level, found: Candidates) -> None:
    total = level.energy.astype(np.float64).sum(axis=1)
    ground = floor(level, SETTINGS)
    expected = [10 * np.log10(mean(total, k, k + 3) + ground[k]) for k in found.hop.tolist()]
    np.testing.assert_allclose(attack_db(level, found, SETTINGS), expected, atol=1e-4)


def test_upper_bands_that_a_rate_does_not_reach_are_missing_not_silent() -> None:
    for rate_hz, missing in ((6000, True), (8000, False)):
        level = measure(stretch_of(rattle(3.0, rate_hz), rate_hz))
        described = describe(level, find(level, SETTINGS), SETTINGS)
        assert len(described.values) > 10
        high = [name.endswith("_high_db") for name in described.names]
        assert np.isnan(described.values[:, high]).all() == missing
        assert not np.isnan(described.values[:, ~np.array(high)]).any()


def test_patterns_are_directions_without_level_or_slope(level: Level) -> None:
    found = find(level, SETTINGS)
    pattern = patterns(level, found, SETTINGS)
    np.testing.assert_allclose((pattern**2).sum(axis=1), 1, rtol=1e-4)
    halves = np.split(pattern.astype(np.float64), 2, axis=1)
    time = np.linspace(-1, 1, halves[0].shape[1])
    for half in halves:
        np.testing.assert_allclose(half.mean(axis=1), 0, atol=1e-5)
        np.testing.assert_allclose(half @ time, 0, atol=1e-4)


def test_the_pattern_of_a_place_is_the_same_for_every_shot_there() -> None:
    rng = np.random.default_rng(8)
    answers = [rng.standard_normal(6000) * np.exp(-np.arange(6000) / 1500) for _ in range(2)]
    for answer in answers:
        for echo in rng.integers(300, 4000, 5):
            answer[echo : echo + 60] += 2 * rng.standard_normal(60)
    sound = rng.normal(0, 1e-3, 80_000)
    for number, start in enumerate((8_000, 24_000, 40_000, 56_000)):
        sound[start : start + 6000] += (0.5, 0.3, 0.1, 0.4)[number] * answers[number % 2]
    level = measure(stretch_of((sound / 4).astype(np.float32)))
    found = Candidates(np.array([500, 1500, 2500, 3500]), np.ones(4, np.float32))
    alike = patterns(level, found, SETTINGS) @ patterns(level, found, SETTINGS).T
    assert min(alike[0, 2], alike[1, 3]) > 0.8
    assert max(alike[0, 1], alike[0, 3], alike[1, 2], alike[2, 3]) < 0.5


@pytest.mark.parametrize("exponent", [-20, -5, 3])
def test_a_gain_that_is_a_power_of_two_changes_no_bit(exponent: int) -> None:
    sound = rattle(4.0, 44_100)
    gained = sound * np.float32(2.0**exponent)
    level, other = (measure(stretch_of(each, 44_100)) for each in (sound, gained))
    found = find(level, SETTINGS)
    np.testing.assert_array_equal(describe(level, found, SETTINGS).values, describe(other, found, SETTINGS).values)
    np.testing.assert_array_equal(patterns(level, found, SETTINGS), patterns(other, found, SETTINGS))
    shift_db = attack_db(other, found, SETTINGS) - attack_db(level, found, SETTINGS)
    np.testing.assert_allclose(shift_db, 20 * exponent * np.log10(2), atol=1e-9)


def test_rows_do_not_depend_on_what_is_described_with_them(level: Level, found: Candidates) -> None:
    together = describe(level, found, SETTINGS).values
    for row in range(len(found.hop)):
        alone = found.take(np.array([row]))
        np.testing.assert_array_equal(describe(level, alone, SETTINGS).values, together[row : row + 1])
        np.testing.assert_array_equal(patterns(level, alone, SETTINGS), patterns(level, found, SETTINGS)[row : row + 1])


def test_no_candidates_give_all_columns_without_rows(level: Level, described: Features) -> None:
    none = Candidates(np.zeros(0, np.int64), np.zeros(0, np.float32))
    empty = describe(level, none, SETTINGS)
    assert empty.names == described.names
    assert empty.values.shape == (0, len(empty.names))
    assert len(patterns(level, none, SETTINGS)) == 0
    assert attack_db(level, none, SETTINGS).shape == (0,)


def test_silence_is_described_without_a_complaint() -> None:
    silent = measure(stretch_of(np.zeros(16_000, np.float32)))
    found = Candidates(np.array([500]), np.zeros(1, np.float32))
    assert np.isfinite(describe(silent, found, SETTINGS).values).all()
    assert np.isfinite(patterns(silent, found, SETTINGS)).all()


def test_a_table_needs_one_name_a_column_and_gives_rows_in_any_order(described: Features) -> None:
    with pytest.raises(ValueError, match="one name a column"):
        dataclasses.replace(described, names=described.names[1:])
    rows = np.array([3, 0])
    np.testing.assert_array_equal(described.take(rows).values, described.values[rows])


def test_every_band_is_in_one_group() -> None:
    assert [band for group in GROUPS.values() for band in range(BANDS)[group]] == list(range(BANDS))


def test_how_long_the_sound_stands_at_the_rail_is_told_in_shares_of_10_and_40_hops() -> None:
    peak = np.full(6000, 0.1, np.float32)
    peak[3000:3008] = 1.0
    peak[[3000 - 2001, 3000 + 2001]] = 2.0  # out of reach: the rail is the highest within two seconds
    level = Level(0, 0.001, np.ones((6000, BANDS), np.float32), peak, np.ones(6000, bool), BANDS)
    described = describe(level, Candidates(np.array([3000]), np.ones(1, np.float32)), SETTINGS)
    told = {name: column(described, name)[0] for name in ("flat_10", "flat_40", "flat_before", "peak_re_rail_db")}
    assert told == pytest.approx({"flat_10": 0.8, "flat_40": 0.2, "flat_before": 0.0, "peak_re_rail_db": 0.0}, abs=1e-4)
