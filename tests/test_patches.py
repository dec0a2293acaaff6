"""Patches and contrasts against plain loops over hops and windows, and what must not matter to them."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core import hearing
from detector.core.level import Level, measure
from detector.core.onsets import Candidates, find, floor
from detector.core.patches import CHANNELS, SCALES, Scale, contrasts, patches
from detector.records import Float32, Float64
from detector.settings import OnsetSettings, Settings
from tests.soundscape import rattle, street, stretch_of, stretches

SETTINGS = OnsetSettings()


@pytest.fixture(scope="module")
def level() -> Level:
    return measure(stretch_of(rattle(5.0)))


@pytest.fixture(scope="module")
def found() -> Candidates:
    """Rows anywhere, the first and last hops included: patches must be right there too."""
    return rows_at([0, 1, 7, 62, 300, 1499, 2000, 2500, 3017, 4400, 4998, 4999])


def rows_at(hops: list[int]) -> Candidates:
    return Candidates(np.array(hops, np.int64), np.ones(len(hops), np.float32))


def channels(level: Level) -> Float64:
    """(hops, 6) energies of the bands, and the square of the peak."""
    return np.column_stack([level.energy, level.peak.astype(np.float64) ** 2]).astype(np.float64)


def mean(values: Float64, first: int, hops: int) -> float:
    """Mean of some hops, those outside the sound counting as silent."""
    return float(values[max(0, first) : max(0, first + hops)].sum()) / hops


def looped(level: Level, hop: int, scale: Scale) -> Float64:
    """Loop twin: one patch of one candidate."""
    energy = channels(level)
    reach = round(SETTINGS.floor_reach_s / level.hop_s)
    nearby = energy[max(0, hop - reach) : hop + reach + 1, -1]
    ground = [float(floor(level, SETTINGS)[hop])] * 5 + [nearby.max() * 10 ** (-SETTINGS.floor_depth_db / 10) + 1e-30]
    bands = sum(mean(energy[:, band], hop, 3) for band in range(5))
    attack = [bands] * 5 + [mean(energy[:, -1], hop, 3)]
    patch = np.empty((scale.windows, CHANNELS))
    for window in range(scale.windows):
        for channel in range(CHANNELS):
            here = mean(energy[:, channel], hop + (window - scale.before) * scale.hops, scale.hops)
            ratio = (here + ground[channel]) / (attack[channel] + ground[channel])
            patch[window, channel] = min(30.0, max(-70.0, 10 * np.log10(ratio)))
    return patch


@pytest.mark.parametrize("number", range(len(SCALES)))
def test_patches_are_their_loop_twin(number: int, level: Level, found: Candidates) -> None:
    patch = patches(level, found, SETTINGS)[number]
    assert patch.dtype == np.float32
    for row, hop in enumerate(found.hop.tolist()):
        np.testing.assert_allclose(patch[row], looped(level, hop, SCALES[number]), atol=3e-4, err_msg=str(hop))


def test_every_scale_reaches_to_both_sides_and_the_next_further() -> None:
    for scale in SCALES:
        assert 0 < scale.before < scale.windows
    reach_hops = [(s.hops * s.before, s.hops * (s.windows - s.before)) for s in SCALES]
    assert reach_hops == sorted(reach_hops)
    assert max(reach_hops[-1]) / 1000 < Settings().stretches.margin_s - 0.5  # or cuts would show


def test_what_lies_beyond_the_sound_is_silence(level: Level, found: Candidates) -> None:
    silence = 3000

    def wider(values: Float32) -> Float32:
        return np.pad(values, [(silence, silence)] + [(0, 0)] * (values.ndim - 1))

    padded = dataclasses.replace(
        level,
        first_hop=level.first_hop - silence,
        energy=wider(level.energy),
        peak=wider(level.peak),
        heard=np.pad(level.heard, silence),
    )
    for patch, other in zip(patches(level, found, SETTINGS), patches(padded, found, SETTINGS), strict=True):
        np.testing.assert_array_equal(patch, other)


def test_rows_count_from_the_hop_where_the_level_begins(level: Level, found: Candidates) -> None:
    later = dataclasses.replace(level, first_hop=level.first_hop + 123_456)
    moved = Candidates(found.hop + 123_456, found.rise_db)
    for patch, other in zip(patches(level, found, SETTINGS), patches(later, moved, SETTINGS), strict=True):
        np.testing.assert_array_equal(patch, other)


@pytest.mark.parametrize("exponent", [-20, -5, 3])
def test_a_gain_that_is_a_power_of_two_changes_no_bit(exponent: int) -> None:
    sound = rattle(4.0, 44_100)
    level, other = (measure(stretch_of(each, 44_100)) for each in (sound, sound * np.float32(2.0**exponent)))
    found = find(level, SETTINGS)
    assert len(found.hop) > 50
    one, two = patches(level, found, SETTINGS), patches(other, found, SETTINGS)
    for patch, gained in zip(one, two, strict=True):
        np.testing.assert_array_equal(patch, gained)
    np.testing.assert_array_equal(contrasts(one).values, contrasts(two).values)


def test_rows_do_not_depend_on_what_is_looked_at_with_them(level: Level) -> None:
    found = find(level, SETTINGS)
    assert len(found.hop) > 70  # more than are handled together
    together = patches(level, found, SETTINGS)
    contrast = contrasts(together).values
    for row in range(len(found.hop)):
        alone = patches(level, found.take(np.array([row])), SETTINGS)
        for patch, own in zip(together, alone, strict=True):
            np.testing.assert_array_equal(patch[row : row + 1], own)
        np.testing.assert_array_equal(contrasts(alone).values, contrast[row : row + 1])


def looked_at(sound: Float32, length_s: float) -> tuple[Float32, ...]:
    """The patches of all candidates, and their contrasts, from stretches of one length."""
    parts = []
    for stretch in stretches(sound, length_s=length_s):
        energies = measure(stretch)
        found, _ = hearing.candidates(stretch, energies, Settings())
        around = patches(energies, found, SETTINGS)
        parts.append((*around, contrasts(around).values))
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))


@settings(max_examples=8)
@given(st.floats(1.0, 14.0), st.integers(0, 3))
def test_stretches_of_any_length_show_the_same_to_the_last_bit(length_s: float, seed: int) -> None:
    sound = rattle(9.0, seed=seed)
    for cut, whole in zip(looked_at(sound, length_s), looked_at(sound, 3600.0), strict=True):
        assert len(whole) > 50
        np.testing.assert_array_equal(cut, whole)


# Where each contrast looks: a scale with the first and last window from the candidate on, window 0 being its own.
FINE, MIDDLE, COARSE = range(3)
OVER_USUAL = {
    "first_32_ms": (MIDDLE, 0, 7),
    "to_100_ms": (MIDDLE, 8, 24),
    "to_300_ms": (MIDDLE, 25, 74),
    "to_600_ms": (COARSE, 6, 17),
}
STEPS = {
    "step_4_ms": ((FINE, 0, 3), (FINE, -8, -2)),
    "step_16_ms": ((FINE, 0, 15), (FINE, -16, -2)),
    "step_64_ms": ((FINE, 0, 63), (MIDDLE, -24, -2)),
}


def contrasted(parts: tuple[Float32, ...], row: int, channel: int) -> dict[str, float]:
    """Loop twin: the contrasts of one candidate in one channel."""

    def heard(scale: int, first: int, last: int) -> list[float]:
        at = SCALES[scale].before
        return [float(parts[scale][row, at + window, channel]) for window in range(first, last + 1)]

    def average(values: list[float]) -> float:
        return sum(values) / len(values)

    before, after = sorted(heard(COARSE, -62, -1)), heard(COARSE, 13, 61)
    onset, later = max(heard(MIDDLE, 0, 3)), sorted(heard(COARSE, 18, 61))
    expected = {name: average(heard(*where)) - before[31] for name, where in OVER_USUAL.items()}
    expected |= {
        "over_usual": onset - before[31],
        "over_often": onset - before[55],
        "over_before": onset - before[61],
        "over_after": onset - max(after),
        "over_later": onset - later[22],
    }
    for name, (here, ahead) in STEPS.items():
        top = max(heard(*here)) if name == "step_4_ms" else average(heard(*here))
        expected[name] = top - average(heard(*ahead))
    return expected


def test_contrasts_are_their_loop_twin_and_bear_the_names_of_their_channels(level: Level, found: Candidates) -> None:
    parts = patches(level, found, SETTINGS)
    before = [part.copy() for part in parts]
    contrast = contrasts(parts)
    expected = [
        [
            (f"{name}_{channel}", value)
            for name, values in _by_name(parts, row).items()
            for channel, value in zip([*(f"band_{band}" for band in range(5)), "peak"], values, strict=True)
        ]
        for row in range(len(found.hop))
    ]
    assert set(contrast.names) == {name for name, _ in expected[0]}
    assert len(set(contrast.names)) == len(contrast.names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in contrast.names)
    for row, told in enumerate(expected):
        for name, value in told:
            column = contrast.names.index(name)
            assert contrast.values[row, column] == pytest.approx(value, abs=2e-4), (name, row)
    for part, untouched in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, untouched)


def _by_name(parts: tuple[Float32, ...], row: int) -> dict[str, list[float]]:
    each = [contrasted(parts, row, channel) for channel in range(CHANNELS)]
    return {name: [one[name] for one in each] for name in each[0]}


def test_a_bang_stands_out_and_what_goes_on_as_before_does_not() -> None:
    level = measure(stretch_of(street([5.0], 7.5)))
    contrast = contrasts(patches(level, rows_at([2500, 5000]), SETTINGS))
    hiss, bang = contrast.values
    for name in ("over_usual", "over_before", "over_after", "over_later", "step_4_ms", "step_16_ms"):
        column = contrast.names.index(f"{name}_band_2")
        assert bang[column] > 20, name
        assert abs(hiss[column]) < 15, name


def test_no_candidates_give_patches_and_contrasts_without_rows(level: Level) -> None:
    empty = patches(level, rows_at([]), SETTINGS)
    assert [patch.shape for patch in empty] == [(0, scale.windows, CHANNELS) for scale in SCALES]
    contrast = contrasts(empty)
    assert contrast.names == contrasts(patches(level, rows_at([9]), SETTINGS)).names
    assert contrast.values.shape == (0, len(contrast.names))


def test_silence_is_looked_at_without_a_complaint() -> None:
    silent = measure(stretch_of(np.zeros(16_000, np.float32)))
    around = patches(silent, rows_at([0, 500]), SETTINGS)
    assert all(np.all(patch == 0) for patch in around)
    assert np.all(contrasts(around).values == 0)


def test_a_bang_begins_32_windows_into_128_and_64_into_160_and_62_into_124() -> None:
    energy, peak = np.zeros((6000, 5), np.float32), np.zeros(6000, np.float32)
    energy[3000:], peak[3000:] = 1.0, 1.0
    level = Level(0, 0.001, energy, peak, np.ones(6000, bool), 5)
    for patch, before, windows in zip(
        patches(level, rows_at([3000]), SETTINGS), (32, 64, 62), (128, 160, 124), strict=True
    ):
        assert patch.shape == (1, windows, CHANNELS)
        assert int((patch[0] > -20).all(axis=1).argmax()) == before
