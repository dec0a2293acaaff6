"""Times as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.times import format_time, parse_time


@pytest.mark.parametrize(
    ("text", "time_s"),
    [
        ("0:41", 41.0),
        ("1:07.4", 67.4),
        ("01:07.400", 67.4),
        ("1:02:03.5", 3723.5),
        ("90:00", 5400.0),
        ("100:00:00", 360000.0),
        ("41", 41.0),
        ("41.", 41.0),
        (".5", 0.5),
        ("75", 75.0),
        ("  0:05 ", 5.0),
    ],
)
def test_reads_times_as_people_write_them(text: str, time_s: float) -> None:
    assert parse_time(text) == pytest.approx(time_s, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ":",
        "1:",
        ":30",
        "1:75",
        "1:60:00",
        "-1",
        "+1",
        "1:2:3:4",
        "0:41,5",
        "abc",
        "nan",
        "inf",
        "1e3",
        "٣",
        "1:0x",
        "1 :05",
    ],
)
def test_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(text)


def test_refuses_a_number_beyond_all_bounds() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_time("9" * 400)


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0.0, "0:00.000"),
        (59.9996, "1:00.000"),
        (3599.9994, "59:59.999"),
        (3599.9996, "1:00:00.000"),
        (36061.25, "10:01:01.250"),
        (-0.02, "-0:00.020"),
        (-0.0001, "0:00.000"),
    ],
)
def test_writes_times_with_the_carry_done(time_s: float, text: str) -> None:
    assert format_time(time_s) == text


def test_decimals_can_be_chosen() -> None:
    assert [format_time(61.25, decimals) for decimals in (0, 1, 3)] == ["1:01", "1:01.2", "1:01.250"]


@given(st.floats(0, 59.999))
def test_the_clock_and_the_seconds_printed_beside_it_agree(time_s: float) -> None:
    assert format_time(time_s).removeprefix("0:") == f"{time_s:06.3f}"


@pytest.mark.parametrize("time_s", [math.nan, math.inf, -math.inf])
def test_does_not_write_what_is_no_number(time_s: float) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        format_time(time_s)


@given(st.integers(0, 10**9))
def test_whole_milliseconds_survive_the_round_trip(milliseconds: int) -> None:
    assert round(parse_time(format_time(milliseconds / 1000)) * 1000) == milliseconds
