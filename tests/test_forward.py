"""One forward pass: frames in runs of any length are placed as they would be one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.media.clock import Timeline
from detector.media.forward import ForwardPass, Frames
from detector.records import Float32

RATE_HZ, OTHER_HZ, SEAM = 8000, 16000, 16
OVERLAP, LONGEST_GAP = 4000, 40_000


@dataclass(frozen=True)
class Decoded:
    """One frame of a made-up decoder: how far its stamp is off, and what else is unlike the frame before."""

    off: int | None
    length: int
    lost: int
    channels: int
    rate_hz: int


mostly_in_order = st.one_of(
    st.just(0), st.just(0), st.integers(-SEAM, SEAM), st.integers(-9000, 50_000), st.just(10**7), st.none()
)
decoded = st.builds(
    Decoded,
    off=mostly_in_order,
    length=st.integers(1, 300),
    lost=st.sampled_from([0, 0, 0, 2]),
    channels=st.sampled_from([2, 2, 2, 1]),
    rate_hz=st.sampled_from([RATE_HZ] * 6 + [OTHER_HZ]),
)


def frames(recording: Sequence[Decoded]) -> list[Frames]:
    """Single frames; an offset moves all stamps after it, since a lone stray stamp is not believed."""
    made, stamp, value = [], 500, 1
    for one in recording:
        stamp += one.off or 0
        values = np.arange(value, value + one.length, dtype=np.float32) / 1e5
        samples = np.stack([values, -values][: one.channels])
        made.append(Frames([None if one.off is None else stamp], [one.length], samples, one.rate_hz, one.lost))
        stamp += one.length * RATE_HZ // one.rate_hz
        value += one.length
    return made


def in_runs(singles: Sequence[Frames], sizes: Sequence[int]) -> Iterator[Frames]:
    """The frames joined, some at a time, wherever nothing was lost and nothing changes between them."""
    run: list[Frames] = []
    size = cycle(sizes)
    most = 0
    for frame in singles:
        alike = run and (frame.rate_hz, len(frame.samples)) == (run[0].rate_hz, len(run[0].samples))
        if not alike or frame.lost or len(run) == most:
            if run:
                yield joined(run)
            run, most = [], next(size)
        run.append(frame)
    if run:
        yield joined(run)


def joined(run: Sequence[Frames]) -> Frames:
    samples = np.concatenate([frame.samples for frame in run], axis=1)
    stamps, lengths = [frame.stamps[0] for frame in run], [frame.lengths[0] for frame in run]
    return Frames(stamps, lengths, samples, run[0].rate_hz, run[0].lost)


def passed(runs: Iterator[Frames]) -> tuple[ForwardPass, list[tuple[int, Float32]]]:
    """A pass to its end, and its sound as contiguous parts with their first sample."""
    one = ForwardPass(RATE_HZ, 2, Timeline(SEAM, OVERLAP, LONGEST_GAP))
    parts: list[tuple[int, list[Float32]]] = []
    end: int | None = None
    for block in one.blocks(runs):
        first = round(block.start_s * RATE_HZ)
        if first != end:
            parts.append((first, []))
        parts[-1][1].append(block.samples)
        end = first + len(block.samples)
    return one, [(first, np.concatenate(samples)) for first, samples in parts]


def learned(one: ForwardPass) -> tuple[object, ...]:
    line = one.timeline
    of_line = (line.end, line.gaps, line.trimmed, line.jumps)
    return (*of_line, one.first, one.lost_at_start, one.damaged_gaps, one.other_rates, one.other_channels, one.complete)


@given(st.lists(decoded, max_size=40), st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_frames_in_runs_are_placed_as_one_by_one(recording: list[Decoded], sizes: list[int]) -> None:
    singles = frames(recording)
    (one, alone), (other, together) = passed(iter(singles)), passed(in_runs(singles, sizes))
    assert learned(one) == learned(other)
    assert [first for first, _ in alone] == [first for first, _ in together]
    for (_, a), (_, b) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_gap_inside_a_run_is_where_its_stamps_say() -> None:
    plain = Decoded(0, 100, 0, 2, RATE_HZ)
    singles = frames([*[plain] * 5, Decoded(3000, 100, 0, 2, RATE_HZ), *[plain] * 9])
    one, parts = passed(in_runs(singles, [15]))
    assert one.timeline.gaps == [(1000, 4000)]
    assert [(first, len(samples)) for first, samples in parts] == [(500, 500), (4000, 1000)]


def test_what_was_lost_before_a_run_counts_for_its_first_frame_only() -> None:
    run = joined(frames([Decoded(0, 100, 3, 2, RATE_HZ), Decoded(0, 100, 0, 2, RATE_HZ)]))
    assert [(f.stamps, f.lengths, f.lost) for f in run.one_by_one()] == [([500], [100], 3), ([600], [100], 0)]
    np.testing.assert_array_equal(np.concatenate([f.samples for f in run.one_by_one()], axis=1), run.samples)
