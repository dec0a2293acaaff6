from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.stretches import Stretch, cut, hop_samples
from detector.records import Block, Bool, Float32
from detector.settings import StretchSettings
from tests.blocks import as_blocks

RATE_HZ = 2000  # hops of two samples
Parts = list[tuple[int, Float32]]


@st.composite
def parts(draw: st.DrawFn) -> Parts:
    """Sounding parts with gaps between them, from any first sample on; every sample has its own value."""
    at = draw(st.integers(-1500, 1500))
    made: Parts = []
    value = 1
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(1, 900))
        values = np.arange(value, value + length, dtype=np.float32)
        made.append((at, np.stack([values, -values], axis=1)))
        value += length
        at += length + draw(st.one_of(st.integers(0, 5), st.integers(0, 4000)))
    return made


sizes = st.lists(st.integers(1, 700), min_size=1, max_size=5)
grids = st.builds(
    StretchSettings,
    length_s=st.floats(0.01, 0.4).map(lambda s: round(s, 3)),
    margin_s=st.floats(0.0, 0.3).map(lambda s: round(s, 3)),
)


def _timeline(made: Parts, start: int, stop: int) -> tuple[Float32, Bool]:
    """Samples and which were decoded, over the sample numbers [start, stop)."""
    sound, decoded = np.zeros((stop - start, 2), np.float32), np.zeros(stop - start, bool)
    for first, samples in made:
        a, b = max(first, start), min(first + len(samples), stop)
        if a < b:
            sound[a - start : b - start] = samples[a - first : b - first]
            decoded[a - start : b - start] = True
    return sound, decoded


def _equal(a: Stretch, b: Stretch) -> bool:
    same_place = (a.first_hop, a.hop, a.rate_hz, a.core) == (b.first_hop, b.hop, b.rate_hz, b.core)
    return same_place and np.array_equal(a.samples, b.samples) and np.array_equal(a.heard, b.heard)


@settings(deadline=None, max_examples=60)
@given(parts(), sizes, sizes, grids)
def test_the_cut_into_blocks_does_not_matter(
    made: Parts, one: list[int], other: list[int], grid: StretchSettings
) -> None:
    first = list(cut(as_blocks(made, one, RATE_HZ), grid))
    second = list(cut(as_blocks(made, other, RATE_HZ), grid))
    assert len(first) == len(second)
    assert all(_equal(a, b) for a, b in zip(first, second, strict=True))


@settings(deadline=None, max_examples=60)
@given(parts(), sizes, grids)
def test_every_sample_stands_where_it_belongs(made: Parts, size: list[int], grid: StretchSettings) -> None:
    for stretch in cut(as_blocks(made, size, RATE_HZ), grid):
        start = stretch.first_hop * stretch.hop
        sound, decoded = _timeline(made, start, start + len(stretch.samples))
        assert len(stretch.samples) == len(stretch.heard) * stretch.hop
        np.testing.assert_array_equal(stretch.samples, sound)
        np.testing.assert_array_equal(stretch.heard, decoded.reshape(-1, stretch.hop).all(axis=1))


@settings(deadline=None, max_examples=60)
@given(parts(), sizes, grids)
def test_cores_hold_every_sample_once_and_in_order(made: Parts, size: list[int], grid: StretchSettings) -> None:
    stretches = list(cut(as_blocks(made, size, RATE_HZ), grid))
    cores = [(s.first_hop + s.core.start, s.first_hop + s.core.stop) for s in stretches]
    assert all(before[1] <= after[0] for before, after in pairwise(cores))
    held = np.concatenate([s.samples[s.core.start * s.hop : s.core.stop * s.hop, 0] for s in stretches])
    np.testing.assert_array_equal(held[held > 0], np.concatenate([samples[:, 0] for _, samples in made]))


@settings(deadline=None, max_examples=60)
@given(parts(), sizes, grids)
def test_margins_hold_all_sound_within_reach(made: Parts, size: list[int], grid: StretchSettings) -> None:
    hop = hop_samples(RATE_HZ)
    length = max(1, round(grid.length_s / (hop / RATE_HZ))) * hop
    margin = round(grid.margin_s / (hop / RATE_HZ)) * hop
    for stretch in cut(as_blocks(made, size, RATE_HZ), grid):
        number = (stretch.first_hop + stretch.core.start) * hop // length
        reach = slice(number * length - margin, (number + 1) * length + margin)
        sound, decoded = _timeline(made, reach.start, reach.stop)
        values = stretch.samples[:, 0]
        assert set(values[values > 0].tolist()) == set(sound[decoded, 0].tolist())


def test_a_late_start_leaves_the_time_before_it_out() -> None:
    sound = np.ones((RATE_HZ, 1), np.float32)
    (stretch,) = cut([Block(29.98, RATE_HZ, sound)], StretchSettings())
    assert stretch.start_s == 29.98
    assert stretch.heard.all()
    assert stretch.core == slice(0, len(stretch.heard))


def test_a_gap_longer_than_several_stretches_gives_no_stretch_inside() -> None:
    sound = np.ones((RATE_HZ, 1), np.float32)
    blocks = [Block(0.0, RATE_HZ, sound), Block(60.0, RATE_HZ, sound)]
    starts = [s.start_s for s in cut(blocks, StretchSettings(length_s=2.0, margin_s=0.5))]
    assert starts == [0.0, 60.0]


def test_hops_cut_by_a_seam_are_unheard() -> None:
    one = np.ones((7, 1), np.float32)
    blocks = [Block(0.0, RATE_HZ, one), Block(11 / RATE_HZ, RATE_HZ, one)]
    (stretch,) = cut(blocks, StretchSettings())
    assert stretch.heard.tolist() == [True, True, True, False, False, False, True, True, True]


def test_empty_blocks_and_no_blocks_give_nothing() -> None:
    assert list(cut([], StretchSettings())) == []
    assert list(cut([Block(0.0, RATE_HZ, np.zeros((0, 1), np.float32))], StretchSettings())) == []
