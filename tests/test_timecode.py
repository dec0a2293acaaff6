"""Frames and time codes: against counting one by one, against another library, and what variable rates become."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.exports.timecode import FrameClock, clock_of, from_text, to_text
from detector.media.clock import frame_number
from detector.records import VideoFacts

NTSC = Fraction(30000, 1001)
TWO_HOURS_S = 7200.0


def video(frame_rate: str, timecode: str | None = None, *, variable: bool = False, start_s: float = 0.0) -> VideoFacts:
    return VideoFacts(frame_rate, variable, start_s, timecode, 1280, 720)


def counted(nominal: int, dropped: int, minutes: int) -> Iterator[str]:
    """Drop-frame time codes one after the other, by the rule as it is stated."""
    for minute in range(minutes):
        for second in range(60):
            first = dropped if second == 0 and minute % 10 else 0
            for frame in range(first, nominal):
                yield f"{minute // 60:02d}:{minute % 60:02d}:{second:02d};{frame:02d}"


@pytest.mark.parametrize(("nominal", "dropped", "minutes"), [(30, 2, 120), (60, 4, 21)])
def test_drop_frame_is_right_to_the_frame_over_two_hours(nominal: int, dropped: int, minutes: int) -> None:
    expected = list(counted(nominal, dropped, minutes))
    assert [to_text(number, nominal, True) for number in range(len(expected))] == expected
    assert len(expected) == 60 * nominal * minutes - dropped * (minutes - -(-minutes // 10))


@given(st.floats(0, TWO_HOURS_S), st.sampled_from(["24000/1001", "25", "30000/1001", "30", "60000/1001"]))
def test_the_time_code_of_any_time_is_that_of_the_frame_on_screen(time_s: float, frame_rate: str) -> None:
    clock = clock_of(video(frame_rate))
    frame = clock.frame(time_s)
    # A float just below a frame's start stands for that start.
    assert frame / clock.rate - Fraction(1, 100_000) <= Fraction(time_s) < (frame + 1) / clock.rate
    at = otio.opentime.RationalTime(frame, float(clock.rate))
    assert clock.timecode(frame) == otio.opentime.to_timecode(at, float(clock.rate), clock.drop)


@given(st.floats(0, TWO_HOURS_S))
def test_drop_frame_stays_with_real_time(time_s: float) -> None:
    clock = clock_of(video("30000/1001"))
    assert clock.drop
    hours, minutes, rest = clock.timecode(clock.frame(time_s)).split(":")
    seconds, frames = rest.split(";")
    shown_s = 3600 * int(hours) + 60 * int(minutes) + int(seconds) + int(frames) / 30
    assert abs(shown_s - time_s) < 3 / 30, "two numbers are left out at once, and a frame is on for a while"


@given(
    st.integers(0, 24 * 3600 * 30 - 1), st.sampled_from([(24, False), (25, False), (30, False), (30, True), (60, True)])
)
def test_reading_undoes_writing(number: int, counting: tuple[int, bool]) -> None:
    nominal, drop = counting
    number %= 24 * (3600 * nominal - (54 * nominal // 15 if drop else 0))
    assert from_text(to_text(number, nominal, drop), nominal, droppable=drop) == (number, drop)


@given(st.floats(0, TWO_HOURS_S), st.sampled_from(["24000/1001", "25", "30000/1001", "30"]), st.floats(0, 2))
def test_the_frame_is_the_one_that_the_report_names(time_s: float, frame_rate: str, start_s: float) -> None:
    clock = clock_of(video(frame_rate, start_s=start_s))
    assert clock.frame(time_s) == max(0, frame_number(time_s, start_s, frame_rate))
    assert clock.notes == ()


def test_after_a_day_the_count_begins_anew() -> None:
    assert to_text(24 * 3600 * 25 + 1, 25, False) == "00:00:00:01"
    assert to_text(24 * (108_000 - 108) - 1, 30, True) == "23:59:59;29"
    assert to_text(24 * (108_000 - 108), 30, True) == "00:00:00;00"


@pytest.mark.parametrize(
    ("frame_rate", "timecode", "first", "drop"),
    [
        ("25", "10:00:00:00", "10:00:00:00", False),
        ("30000/1001", "01:00:00;00", "01:00:00;00", True),
        ("30000/1001", "01:00:00:00", "01:00:00:00", False),
        ("30000/1001", "14:23:10.05", "14:23:10;05", True),
        ("24000/1001", "00:59:59:23", "00:59:59:23", False),
        ("60000/1001", "01:00:00;58", "01:00:00;58", True),
        ("30000/1001", None, "00:00:00;00", True),
        ("24000/1001", None, "00:00:00:00", False),
        ("30", None, "00:00:00:00", False),
    ],
)
def test_an_embedded_time_code_is_honoured(frame_rate: str, timecode: str | None, first: str, drop: bool) -> None:
    clock = clock_of(video(frame_rate, timecode))
    assert (clock.timecode(0), clock.drop, clock.embedded) == (first, drop, timecode is not None)
    assert clock.notes == ()


@pytest.mark.parametrize(
    "timecode", ["25:00:00:00", "01:00:00:25", "01:60:00:00", "noon", "", "01:00:00;00", "1:2:3:4"]
)
def test_a_time_code_that_cannot_be_is_passed_over_and_told(timecode: str) -> None:
    clock = clock_of(video("25", timecode))
    assert (clock.start, clock.embedded) == (0, False)
    assert clock.notes == (
        f"The recording's own time code {timecode!r} cannot be counted at 25 frames a second: it is passed over.",
    )


def test_a_number_that_drop_frame_leaves_out_is_none() -> None:
    assert clock_of(video("30000/1001", "00:01:00;01")).embedded is False
    assert clock_of(video("30000/1001", "00:10:00;01")).embedded is True


@pytest.mark.parametrize(
    ("told", "rate"),
    [("2997/100", NTSC), ("19001/634", NTSC), ("48", Fraction(48)), ("25/1", Fraction(25))],
)
def test_rates_that_containers_round_are_taken_for_what_they_are(told: str, rate: Fraction) -> None:
    clock = clock_of(video(told))
    assert (clock.rate, clock.notes) == (rate, ())


@pytest.mark.parametrize(
    ("told", "variable", "rate", "words"),
    [
        ("2913/100", True, "30000/1001", "a variable frame rate (29.13 on average)"),
        ("24", True, "24", "a variable frame rate (24 on average)"),
        ("15", False, "30", "a frame rate that no timeline has (15)"),
        ("5", False, "25", "a frame rate that no timeline has (5)"),
        ("25/2", False, "25", "a frame rate that no timeline has (12.5)"),
        ("15000/1001", True, "30000/1001", "a variable frame rate (14.985 on average)"),
        ("137/10", False, "24000/1001", "a frame rate that no timeline has (13.7)"),
        ("0", False, "30", "a frame rate that no timeline has:"),
        ("1/0", True, "30", "a variable frame rate:"),
        ("abc", False, "30", "a frame rate that no timeline has:"),
        ("-25", False, "30", "a frame rate that no timeline has:"),
    ],
)
def test_variable_and_odd_rates_go_by_time(told: str, variable: bool, rate: str, words: str) -> None:
    clock = clock_of(video(told, variable=variable))
    assert clock.rate == Fraction(rate)
    assert f"The picture has {words}" in clock.notes[0]
    assert "go by the times in the notes" in clock.notes[0]
    assert clock.frame(100.0) == int(100 * Fraction(rate))


def test_without_a_picture_thirty_frames_a_second_and_a_note() -> None:
    clock = clock_of(None)
    assert (clock.rate, clock.timecode(clock.frame(3600.0))) == (Fraction(30), "01:00:00:00")
    assert "no picture" in clock.notes[0]


def test_before_the_first_picture_stands_its_first_frame() -> None:
    assert FrameClock(Fraction(25), origin_s=1.0).frame(0.5) == 0
