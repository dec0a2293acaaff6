"""Frames, sample numbers, and where a timeline puts what the stamps say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.media.clock import Timeline, frame_number, sample_number
from detector.times import format_time, parse_time

Stamped = list[tuple[int | None, int]]


def placed(frames: Stamped, timeline: Timeline) -> list[tuple[int, int]]:
    """(first kept sample, samples dropped) of each frame, with up to eight frames seen ahead."""

    def after(k: int) -> Callable[[], Stamped]:
        return lambda: frames[k + 1 : k + 9]

    return [timeline.place(*frame, after(k)) for k, frame in enumerate(frames)]


def timeline() -> Timeline:
    return Timeline(seam=96, overlap=48_000, longest_gap=480_000)


@pytest.mark.parametrize("rate", ["30000/1001", "30", "25", "24000/1001", "60000/1001", "15/2"])
@given(number=st.integers(0, 10**6), start_ms=st.integers(0, 5000))
def test_the_float_start_of_a_frame_belongs_to_it(rate: str, number: int, start_ms: int) -> None:
    start_s = start_ms / 1000
    time_s = float(number / Fraction(rate)) + start_s
    assert frame_number(time_s, start_s, rate) == number
    assert frame_number(time_s + 0.001, start_s, rate) == number
    assert frame_number(time_s - 0.001, start_s, rate) == number - 1


def test_before_the_picture_frames_are_negative() -> None:
    assert frame_number(0.0, 0.5, "10") == -5


def test_a_frame_rate_that_is_no_fraction_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid literal"):
        frame_number(1.0, 0.0, "30 fps")


def test_times_as_text_can_be_had_from_here_too() -> None:
    assert parse_time(format_time(67.4)) == 67.4


@given(
    stamp=st.integers(-(10**12), 10**12),
    base=st.sampled_from([Fraction(1, 1000), Fraction(1, 90000), Fraction(32, 1225), Fraction(1, 28224000)]),
    origin=st.fractions(-100, 100, max_denominator=90000),
    rate_hz=st.sampled_from([8000, 16000, 44100, 48000, 192000]),
)
def test_a_stamp_goes_to_the_nearest_sample(stamp: int, base: Fraction, origin: Fraction, rate_hz: int) -> None:
    exact = (stamp * base - origin) * rate_hz
    assert abs(sample_number(base, origin, rate_hz)(stamp) - exact) <= Fraction(1, 2)


def test_exact_stamps_are_contiguous() -> None:
    line = timeline()
    assert placed([(k * 1024 + 500, 1024) for k in range(20)], line) == [(k * 1024 + 500, 0) for k in range(20)]
    assert (line.gaps, line.trimmed, line.jumps, line.end) == ([], 0, [], 500 + 20 * 1024)


def test_unstamped_frames_follow_on() -> None:
    assert placed([(7, 10), (None, 10), (None, 10)], timeline()) == [(7, 0), (17, 0), (27, 0)]
    assert placed([(None, 10), (10, 10)], timeline()) == [(0, 0), (10, 0)]


@given(st.lists(st.integers(-95, 95), min_size=2, max_size=40))
def test_jitter_within_the_seam_moves_nothing_and_does_not_add_up(jitter: list[int]) -> None:
    frames: Stamped = [(k * 1024 + (j if k else 0), 1024) for k, j in enumerate(jitter)]
    line = timeline()
    assert placed(frames, line) == [(k * 1024, 0) for k in range(len(frames))]
    assert line.gaps == []


def test_a_single_stray_stamp_moves_nothing() -> None:
    frames: Stamped = [(k * 1024 + (700 if k == 5 else 0), 1024) for k in range(20)]
    assert placed(frames, timeline()) == [(k * 1024, 0) for k in range(20)]


def test_wild_jitter_around_the_truth_tears_nothing() -> None:
    frames: Stamped = [(k * 1024 + (300 if k % 2 else -300) * (k > 0), 1024) for k in range(50)]
    line = timeline()
    assert placed(frames, line)[:-1] == [(k * 1024, 0) for k in range(49)]  # the last one has no witness


def test_a_clock_that_runs_slow_is_followed() -> None:
    frames: Stamped = [(k * 1030, 1024) for k in range(1000)]
    line = timeline()
    places = placed(frames, line)
    assert max(abs(at - k * 1030) for k, (at, _) in enumerate(places)) <= 96 + 6
    assert sum(stop - start for start, stop in line.gaps) == pytest.approx(6 * 999, abs=102)


def test_a_clock_that_runs_fast_is_followed() -> None:
    line = timeline()
    places = placed([(k * 1020, 1024) for k in range(1000)], line)
    assert max(abs(at - k * 1020) for k, (at, _) in enumerate(places)) <= 96 + 4
    assert line.trimmed == pytest.approx(4 * 999, abs=100)


@given(lost=st.sets(st.integers(1, 38)))
def test_lost_frames_leave_gaps_and_shift_nothing(lost: set[int]) -> None:
    kept = [k for k in range(40) if k not in lost]
    line = timeline()
    assert placed([(k * 1024, 1024) for k in kept], line) == [(k * 1024, 0) for k in kept]
    assert sum(stop - start for start, stop in line.gaps) == 1024 * len(lost)
    assert line.gaps == sorted(line.gaps)


def test_a_frame_given_twice_is_dropped_once() -> None:
    frames: Stamped = [(0, 1024), (1024, 1024), (1024, 1024), *((k * 1024, 1024) for k in range(2, 12))]
    line = timeline()
    places = placed(frames, line)
    assert places[2] == (2048, 1024)
    assert places[3:] == [(k * 1024, 0) for k in range(2, 12)]
    assert (line.trimmed, line.gaps, line.jumps) == (1024, [], [])


def test_a_partial_overlap_is_cut_off_the_later_frame() -> None:
    frames: Stamped = [(0, 1024), *((1024 - 500 + k * 1024, 1024) for k in range(10))]
    line = timeline()
    assert placed(frames, line)[:3] == [(0, 0), (1024, 500), (1548, 0)]
    assert line.trimmed == 500


@pytest.mark.parametrize("jump", [-(10**7), 10**7, -48_001, 480_001])
def test_stamps_beyond_belief_keep_the_sound_contiguous(jump: int) -> None:
    frames: Stamped = [(k * 1024 + (jump if k >= 10 else 0), 1024) for k in range(30)]
    line = timeline()
    assert placed(frames, line) == [(k * 1024, 0) for k in range(30)]
    assert (line.jumps, line.gaps, line.trimmed) == ([10 * 1024], [], 0)


def test_a_few_absurd_stamps_do_not_hide_the_gap_behind_them() -> None:
    absurd = [(10**8, 1024), (10**8 + 1024, 1024)]
    frames: Stamped = [*((k * 1024, 1024) for k in range(10)), *absurd, *((k * 1024, 1024) for k in range(40, 60))]
    line = timeline()
    assert placed(frames, line)[-20:] == [(k * 1024, 0) for k in range(40, 60)]
    assert (line.gaps, line.jumps) == ([(12 * 1024, 40 * 1024)], [])


def test_a_gap_after_a_jump_is_still_seen() -> None:
    frames: Stamped = [(k * 1024 - (10**7 if k >= 10 else 0), 1024) for k in range(40) if k not in (20, 21)]
    line = timeline()
    placed(frames, line)
    assert line.gaps == [(20 * 1024, 22 * 1024)]


near = st.none() | st.integers(-120, 120) | st.integers(-(10**6), 10**6)


@given(
    st.lists(st.tuples(near, st.integers(1, 3000)), min_size=1, max_size=30),
    st.lists(st.tuples(near, st.integers(1, 3000)), max_size=8),
)
def test_frames_follow_where_each_would_be_placed_or_nothing_is_done(before: Stamped, after: Stamped) -> None:
    line, other = timeline(), timeline()
    placed(before, line)
    placed(before, other)
    # From the end on, so that many of them do follow.
    assert line.end is not None
    expected, frames = line.end, list[tuple[int | None, int]]()
    for off, length in after:
        frames.append((None if off is None else expected + off, length))
        expected += length
    first = line.follow([stamp for stamp, _ in frames], [length for _, length in frames])
    if first is None:
        assert vars(line) == vars(other)
    else:
        places = placed(frames, other)
        assert vars(line) == vars(other)
        assert [at for at, _ in places] == [first + sum(n for _, n in frames[:k]) for k in range(len(frames))]
        assert not any(skip for _, skip in places)


def test_nothing_follows_before_the_first_frame() -> None:
    line = timeline()
    assert line.follow([0], [1024]) is None
    assert line.end is None


@given(st.lists(st.tuples(st.none() | st.integers(-(10**7), 10**7), st.integers(1, 5000)), max_size=40))
def test_whatever_the_stamps_order_is_kept_and_nothing_overlaps(frames: Stamped) -> None:
    line = timeline()
    end: int | None = None
    for (at, skip), (_, length) in zip(placed(frames, line), frames, strict=True):
        assert 0 <= skip <= length
        assert end is None or at >= end
        end = at + length - skip
    assert line.end == end
