"""Rises against loops, candidates where the sound rises, and none where it is cut."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.level import BANDS, Level, measure
from detector.core.onsets import Candidates, find, floor, rise
from detector.records import Float32
from detector.settings import OnsetSettings
from tests.soundscape import rattle, street, stretch_of

DEFAULTS = OnsetSettings()


def level_of(energy: Float32, bands: int = BANDS, first_hop: int = 0) -> Level:
    rows = len(energy)
    return Level(first_hop, 0.001, energy, np.sqrt(energy.sum(axis=1)), np.ones(rows, bool), bands)


@st.composite
def levels(draw: st.DrawFn) -> Level:
    rows = draw(st.integers(1, 90))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    energy = 10 ** rng.uniform(-8, 0, (rows, BANDS))
    bands = draw(st.integers(1, BANDS))
    energy[:, bands:] = 0
    return level_of(energy.astype(np.float32), bands)


def test_the_floor_lies_a_fixed_depth_under_the_loudest_within_reach() -> None:
    energy = np.full((100, BANDS), 1e-9, np.float32)
    energy[50] = 1.0
    chosen = dataclasses.replace(DEFAULTS, floor_reach_s=0.02, floor_depth_db=60.0)
    ground = floor(level_of(energy), chosen)
    near = np.abs(np.arange(100) - 50) <= 20
    np.testing.assert_allclose(ground[near], 5e-6, rtol=1e-5)
    np.testing.assert_allclose(ground[~near], 5e-15, rtol=1e-5)


@given(levels(), st.integers(1, 6), st.integers(1, 9))
def test_rise_is_its_loop_twin(level: Level, after: int, before: int) -> None:
    chosen = dataclasses.replace(DEFAULTS, after_hops=after, before_hops=before, floor_reach_s=0.01)
    ground, energy = floor(level, chosen), level.energy.astype(np.float64)
    expected = []
    for k in range(len(energy)):
        total = 0.0
        for band in range(level.bands):
            above = energy[k : k + after, band].sum() / after + ground[k]
            below = energy[max(0, k - before) : k, band].sum() / before + ground[k]
            total += max(0.0, 10 * np.log10(above / below))
        expected.append(total / level.bands)
    np.testing.assert_allclose(rise(level, chosen), expected, rtol=1e-4, atol=1e-4)


@settings(deadline=None)
@given(levels(), st.integers(1, 6), st.integers(1, 15))
def test_find_is_its_loop_twin(level: Level, apart: int, seam: int) -> None:
    chosen = dataclasses.replace(DEFAULTS, apart_hops=apart, seam_hops=seam, floor_reach_s=0.01, steep_db=1e9)
    curve = rise(level, chosen).tolist()
    expected = [
        k
        for k, value in enumerate(curve)
        if value >= chosen.gate_db
        and value >= max(curve[max(0, k - apart) : k + apart + 1])
        and value not in curve[max(0, k - apart) : k]
        and seam <= k < len(curve) - seam
    ]
    found = find(level, chosen)
    assert found.hop.tolist() == expected
    assert found.rise_db.tolist() == [np.float32(curve[k]) for k in expected]


@settings(deadline=None)
@given(levels(), st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_the_second_look_is_its_loop_twin(level: Level, reach: int, apart: int, after: int, before: int) -> None:
    chosen = dataclasses.replace(
        DEFAULTS,
        seam_hops=1,
        floor_reach_s=0.01,
        steep_db=5.0,
        again_hops=reach,
        again_apart_hops=apart,
        again_after_hops=after,
        again_before_hops=before,
    )
    usual = find(level, dataclasses.replace(chosen, steep_db=1e9))
    steep = usual.hop[usual.rise_db >= 5.0].tolist()
    shorter = rise(level, dataclasses.replace(chosen, after_hops=after, before_hops=before)).tolist()
    rows = range(len(shorter))
    looked = [any(0 <= k - s <= reach for s in steep) and all(abs(k - s) > apart for s in steep) for k in rows]
    curve = [value if seen else 0.0 for value, seen in zip(shorter, looked, strict=True)]
    again = {
        k
        for k, value in enumerate(curve)
        if value >= chosen.again_gate_db
        and value >= max(curve[max(0, k - apart) : k + apart + 1])
        and value not in curve[max(0, k - apart) : k]
        and 1 <= k < len(curve) - 1
    }
    assert set(find(level, chosen).hop.tolist()) == again | set(usual.hop.tolist())


def test_a_bang_close_behind_another_is_a_candidate_of_its_own() -> None:
    for gap_s in (0.008, 0.012, 0.03):
        found = find(measure(stretch_of(street([0.7, 0.7 + gap_s], 2.0))), DEFAULTS).hop
        assert np.abs(found - 700).min() <= 1
        assert np.abs(found - 700 - 1000 * gap_s).min() <= 2


def test_bangs_are_candidates_and_steady_noise_has_few() -> None:
    times_s = [0.7, 1.1, 1.13, 2.4]
    found = find(measure(stretch_of(street(times_s, 3.0))), DEFAULTS)
    for time_s in times_s:
        assert np.abs(found.hop - time_s * 1000).min() <= 1
    quiet = find(measure(stretch_of(street([], 3.0))), DEFAULTS)
    assert len(quiet.hop) < 0.1 * 3000


def test_a_loud_bang_does_not_hide_a_quiet_one() -> None:
    rng = np.random.default_rng(4)
    sound = rng.normal(0, 1e-4, 32_000)
    sound[8_000:8_032] += 0.9 * rng.standard_normal(32)
    sound[20_000:20_032] += 0.01 * rng.standard_normal(32)
    found = find(measure(stretch_of(sound.astype(np.float32))), DEFAULTS)
    assert {500, 1250} <= set(found.hop.tolist())


def test_there_are_no_candidates_around_missing_samples_nor_at_the_ends() -> None:
    level = measure(stretch_of(rattle(4.0)))
    complete, seam = find(level, DEFAULTS).hop, DEFAULTS.seam_hops
    hole = int(complete[len(complete) // 2]) + seam
    heard = level.heard.copy()
    heard[hole : hole + 10] = False
    found = find(dataclasses.replace(level, heard=heard), DEFAULTS).hop
    near = (complete >= hole - seam) & (complete < hole + 10 + seam)
    assert near.any()
    np.testing.assert_array_equal(found, complete[~near])
    assert complete.min() >= seam
    assert complete.max() < 4000 - seam


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.1])
def test_sound_shorter_than_its_seams_has_no_candidates(seconds: float) -> None:
    assert len(find(measure(stretch_of(rattle(seconds, per_s=100.0))), DEFAULTS).hop) == 0


def test_silence_and_a_constant_have_no_candidates() -> None:
    for value in (0.0, 0.5):
        assert len(find(measure(stretch_of(np.full(16_000, value, np.float32))), DEFAULTS).hop) == 0


def test_hops_are_counted_on_the_absolute_grid() -> None:
    level = measure(stretch_of(rattle(1.0)))
    later = dataclasses.replace(level, first_hop=12_345)
    assert (find(later, DEFAULTS).hop - find(level, DEFAULTS).hop == 12_345).all()


@pytest.mark.parametrize("exponent", [-20, -6, 4])
def test_a_gain_that_is_a_power_of_two_changes_no_bit(exponent: int) -> None:
    sound = rattle(3.0)
    one, other = (find(measure(stretch_of(sound * np.float32(gain))), DEFAULTS) for gain in (1.0, 2.0**exponent))
    np.testing.assert_array_equal(one.hop, other.hop)
    np.testing.assert_array_equal(one.rise_db, other.rise_db)


@pytest.mark.parametrize(("hop", "rise_db"), [([1, 2], [1.0]), ([2, 1], [1.0, 1.0]), ([1, 1], [1.0, 1.0])])
def test_candidates_need_equal_columns_and_rising_hops(hop: list[int], rise_db: list[float]) -> None:
    with pytest.raises(ValueError, match="strictly rising hops"):
        Candidates(np.array(hop), np.array(rise_db, np.float32))


def test_of_two_rises_as_high_and_close_together_the_first_is_the_candidate() -> None:
    energy = np.repeat([1.0, 16.0, 256.0], [60, 3, 60])[:, None] * np.ones((1, BANDS))
    exact = dataclasses.replace(DEFAULTS, after_hops=1, before_hops=1, floor_depth_db=200.0, steep_db=1e9)
    found = find(level_of(energy.astype(np.float32)), exact)
    assert found.hop.tolist() == [60]
    assert found.rise_db == pytest.approx([10 * np.log10(16)])


@pytest.mark.parametrize(("over_floor", "hops"), [(1.2, [100, 110]), (0.9, [100])])
def test_the_second_look_sees_rises_over_the_floor(over_floor: float, hops: list[int]) -> None:
    """Over nothing but the floor, 2.2 times of it is more than the 3 dB of the second gate, 1.9 times is less."""
    energy = np.zeros((300, BANDS), np.float32)
    energy[100:103] = 1.0
    energy[110:112] = over_floor * BANDS * 1e-6  # the floor lies 60 dB under the loudest, all bands together
    assert find(level_of(energy), DEFAULTS).hop.tolist() == hops
