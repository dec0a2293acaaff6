"""Energies per hop against plain sums, and sliding windows against loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.core.level import (
    BAND_LINES,
    BANDS,
    doublings,
    max_around,
    max_from,
    mean_after,
    mean_before,
    measure,
    over_bands,
    sum_from,
)
from detector.core.stretches import Stretch
from detector.records import Bool, Float32
from tests.soundscape import Pieces, rattle, stretch_of, stretches, stretches_of

# Whole numbers add up exactly in any order, so that loops and kernels may be compared bit for bit.
whole = st.lists(st.integers(-50, 50), min_size=1, max_size=60).map(lambda v: np.array(v, np.float32))
hops = st.integers(1, 20)


def one_stretch(samples: Float32, hop: int, heard: Bool | None = None) -> Stretch:
    sound = samples.reshape(len(samples), -1)
    rows = len(samples) // hop
    return Stretch(0, hop, hop * 1000, sound, np.ones(rows, bool) if heard is None else heard, slice(0, rows))


def band_energy(change: NDArray[Any], hop: int) -> NDArray[np.float64]:
    """One hop's energy per band, line by line from the definition of the transform."""
    energy = np.zeros(BANDS)
    for band in range(BANDS):
        for line in range(BAND_LINES[band], min(BAND_LINES[band + 1], hop // 2 + 1)):
            turn = np.exp(-2j * np.pi * line * np.arange(hop) / hop)
            energy[band] += abs(np.dot(change, turn)) ** 2 / hop**2
    return energy


@pytest.mark.parametrize("hop", [48, 44, 16, 11, 8, 4, 1])
@pytest.mark.parametrize("channels", [1, 3])
def test_energy_is_that_of_the_differenced_sound_line_by_line(hop: int, channels: int) -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, (30 * hop, channels)).astype(np.float32)
    level = measure(one_stretch(samples, hop))
    change = np.diff(samples.astype(np.float64), axis=0, prepend=samples[:1])
    expected = [
        np.mean([band_energy(change[k * hop : (k + 1) * hop, c], hop) for c in range(channels)], axis=0)
        for k in range(30)
    ]
    np.testing.assert_allclose(level.energy, expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(level.peak, np.abs(samples).reshape(30, -1).max(axis=1))


@pytest.mark.parametrize(("rate_hz", "bands"), [(48000, 5), (16000, 5), (8000, 4), (6000, 3), (4000, 3), (1000, 1)])
def test_the_sample_rate_decides_how_many_bands_there_are(rate_hz: int, bands: int) -> None:
    level = measure(stretch_of(rattle(0.5, rate_hz), rate_hz))
    assert level.bands == bands
    assert np.all(level.energy[:, bands:] == 0)
    assert np.all(level.energy[100:, :bands].sum(axis=0) > 0)


def test_a_constant_has_no_energy_however_large() -> None:
    level = measure(one_stretch(np.full(480, 0.9, np.float32), 48))
    assert not level.energy.any()
    assert np.all(level.peak == np.float32(0.9))


def test_opposite_phase_sounds_like_one_channel_twice() -> None:
    sound = rattle(1.0)
    one, both, opposite = (
        measure(stretch_of(np.stack(channels, axis=1))) for channels in ([sound], [sound, sound], [sound, -sound])
    )
    for other in (both, opposite):
        np.testing.assert_array_equal(other.energy, one.energy)
        np.testing.assert_array_equal(other.peak, one.peak)


def test_hops_with_missing_samples_are_silent_and_the_sound_behind_them_begins_unchanged() -> None:
    heard = np.array([True, True, False, True, True])
    samples = np.random.default_rng(1).uniform(0.4, 0.5, 5 * 8).astype(np.float32)
    level = measure(one_stretch(samples, 8, heard))
    assert level.energy[2].sum() == 0
    assert level.peak[2] == 0
    begun = measure(one_stretch(samples[24:], 8))
    np.testing.assert_array_equal(level.energy[3:], begun.energy)


@pytest.mark.parametrize("length_s", [1.0, 3.7, 7.0])
def test_the_same_sound_has_the_same_energies_in_stretches_of_any_length(length_s: float) -> None:
    sound = rattle(11.3, 8000)
    whole_level = measure(stretch_of(sound, 8000))
    for stretch in stretches(sound, 8000, length_s=length_s):
        part = measure(stretch)
        core = slice(stretch.first_hop + stretch.core.start, stretch.first_hop + stretch.core.stop)
        np.testing.assert_array_equal(part.energy[stretch.core], whole_level.energy[core])
        np.testing.assert_array_equal(part.peak[stretch.core], whole_level.peak[core])


@pytest.mark.parametrize("rows", [1, 1023, 1024, 1025, 2049])
def test_how_many_hops_are_transformed_together_does_not_matter(rows: int) -> None:
    sound = rattle(2.2)
    all_of_it = measure(stretch_of(sound))
    np.testing.assert_array_equal(measure(stretch_of(sound[: rows * 16])).energy, all_of_it.energy[:rows])


@given(whole, hops)
def test_mean_after_is_a_loop_over_the_hops_from_k_on(values: Float32, width: int) -> None:
    padded = [*values.tolist(), *[0.0] * width]
    expected = [sum(padded[k : k + width]) / width for k in range(len(values))]
    np.testing.assert_allclose(mean_after(values, width), expected, rtol=1e-6)


@given(whole, hops)
def test_mean_before_is_a_loop_over_the_hops_before_k(values: Float32, width: int) -> None:
    expected = [sum(values[max(0, k - width) : k].tolist()) / width for k in range(len(values))]
    np.testing.assert_allclose(mean_before(values, width), expected, rtol=1e-6)


def test_means_run_along_the_first_axis() -> None:
    table = np.arange(24, dtype=np.float32).reshape(8, 3)
    for mean in (mean_after, mean_before):
        np.testing.assert_array_equal(mean(table, 3), np.stack([mean(column, 3) for column in table.T], axis=1))


@given(whole, st.integers(0, 30), st.integers(0, 30))
def test_max_around_is_a_loop_with_both_ends_included(values: Float32, before: int, after: int) -> None:
    padded = np.concatenate([np.zeros(before), values, np.zeros(after)])
    expected = [padded[k : k + before + after + 1].max() for k in range(len(values))]
    np.testing.assert_array_equal(max_around(values, before, after), expected)


@given(st.lists(st.integers(-50, 50), min_size=30, max_size=60), st.integers(1, 25), st.data())
def test_windows_from_doubled_tables_are_loops(values: list[int], width: int, data: st.DataObject) -> None:
    array = np.array(values, np.float32)
    last = len(values) - width
    start = np.array(data.draw(st.lists(st.integers(0, last), max_size=8)), np.int64)
    parts = [array[k : k + width] for k in start]
    np.testing.assert_array_equal(sum_from(doublings(array, 25, np.add), start, width), [p.sum() for p in parts])
    np.testing.assert_array_equal(max_from(doublings(array, 25, np.maximum), start, width), [p.max() for p in parts])


def test_what_is_quiet_behind_something_loud_is_summed_as_if_alone() -> None:
    values = np.full(300, 1e-9, np.float32)
    values[10] = 1e6
    far = sum_from(doublings(values, 200, np.add), np.array([50]), 200)
    assert far == pytest.approx(200e-9, rel=1e-5)


def test_a_gap_looks_the_same_inside_a_stretch_and_at_its_edge() -> None:
    sound = rattle(9.0)
    pieces = [(0, sound[:40_003]), (40_003 + 16_000 * 9, sound[40_003:])]
    (one,) = stretches_of(Pieces(pieces), 3600.0)
    expected = measure(one)
    seen = 0
    for stretch in stretches_of(Pieces(pieces), 4.0):
        part = measure(stretch)
        core = slice(
            stretch.first_hop - one.first_hop + stretch.core.start,
            stretch.first_hop - one.first_hop + stretch.core.stop,
        )
        np.testing.assert_array_equal(part.energy[stretch.core], expected.energy[core])
        seen += core.stop - core.start
    assert seen >= 9000


def test_all_bands_are_summed_unless_some_are_named() -> None:
    energy = np.array([[1, 2, 4, 8, 16], [0, 1, 0, 1, 0]], np.float32)
    assert over_bands(energy).tolist() == [31, 2]
    assert over_bands(energy, slice(2, BANDS)).tolist() == [28, 1]
