"""Two results of the same content: what counts as the same, and what is named as changed."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from detector.checks import Change
from detector.core.changes import (
    analysed_window,
    changed_onsets,
    changed_parts,
    changed_settings,
    changed_software,
    changed_verdicts,
    differing,
)
from detector.records import CountInterval, Coverage, Rejected, Report, Shot, State
from tests.builders import make_report

REPORT = make_report(rejected=[Rejected(6, 7.0, 0.2, "echo")])


@pytest.mark.parametrize(
    ("states", "window"),
    [
        ((), (None, None)),
        (("heard",), (None, None)),
        (("not_analysed",), (1.0, None)),
        (("heard", "not_analysed"), (None, 1.0)),
        (("not_analysed", "heard"), (1.0, None)),
        (("not_analysed", "muted", "heard", "not_analysed"), (1.0, 3.0)),
        (("heard", "not_analysed", "heard"), (None, None)),
    ],
)
def test_the_window_is_what_lies_between_the_ends(
    states: tuple[State, ...], window: tuple[float | None, float | None]
) -> None:
    assert analysed_window([Coverage(row, row + 1.0, state) for row, state in enumerate(states)]) == window


def shot(**told: Any) -> Shot:
    return dataclasses.replace(REPORT.shots[0], **told)


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ({"time_s": 5.0001}, True),
        ({"time_s": 5.0002}, False),
        ({"time_s": 4.9998}, False),
        ({"probability": 0.981}, True),
        ({"probability": 0.982}, False),
        ({"probability": 0.978}, False),
        ({"extra": (0.001, 0.001)}, True),
        ({"extra": (0.0, 0.002)}, False),
        ({"status": "possible"}, False),
        ({"overlap": True}, False),
        ({"repeat_of": 3}, False),
        ({"flags": ("clipped",)}, False),
        ({"id": 9, "volley": 7, "level_db": -3.0, "frame": 1, "time_error_s": 0.1}, True),
    ],
)
def test_what_is_decided_of_a_shot(told: dict[str, Any], same: bool) -> None:
    assert (changed_onsets([shot()], [shot(**told)]) == ()) is same
    assert (changed_onsets([shot(**told)], [shot()]) == ()) is same


def test_a_shot_refused_or_refused_for_another_reason_has_changed() -> None:
    refused = Rejected(1, 5.0, 0.98, "echo")
    assert changed_onsets([refused], [dataclasses.replace(refused, id=4)]) == ()
    for other in (dataclasses.replace(refused, reason="other sound"), shot()):
        (found,) = changed_onsets([refused], [other])
        assert (found.time_s, found.before, found.after) == (5.0, refused, other)


def test_onsets_farther_apart_than_ten_milliseconds_come_and_go() -> None:
    (moved,) = changed_onsets([shot()], [shot(time_s=5.009)])
    assert moved.before is not None
    assert moved.after is not None
    gone, new = changed_onsets([shot(time_s=5.011)], [shot()])[::-1]
    assert (gone.time_s, gone.after) == (5.011, None)
    assert (new.time_s, new.before) == (5.0, None)


def test_verdicts_are_those_of_listed_and_refused_onsets_in_time_order() -> None:
    other = dataclasses.replace(
        REPORT, shots=REPORT.shots[1:], rejected=(dataclasses.replace(REPORT.rejected[0], reason="other sound"),)
    )
    assert changed_verdicts(REPORT, REPORT) == ()
    assert [each.time_s for each in changed_verdicts(REPORT, other)] == [5.0, 7.0]


def test_settings_and_versions_by_name() -> None:
    other = dataclasses.replace(
        REPORT,
        settings={"volleys": {"gap_s": 9.0}, "new": {"x": 1}},
        software={"numpy": "3", "libs": {"avcodec": "62"}},
    )
    before = dataclasses.replace(REPORT, settings={"volleys": {"gap_s": 3.0, "old": 2}}, software={"numpy": "2"})
    assert changed_settings(before, other) == (
        (Change("volleys.gap_s", 3.0, 9.0),),
        (Change("setting volleys.old", 2, None), Change("setting new.x", None, 1)),
    )
    assert changed_software(before, other) == (Change("numpy", "2", "3"), Change("libs.avcodec", None, "62"))
    assert differing({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1}}}) == ()


def parts(**told: Any) -> tuple[list[str], list[str]]:
    decided, noted = changed_parts(REPORT, dataclasses.replace(REPORT, **told))
    return [each.what for each in decided], [each.what for each in noted]


VOLLEYS = REPORT.volleys
DECIDED: list[dict[str, Any]] = [
    {"count": None},
    {"count": CountInterval(5, 5, 5, 6, 0.9)},
    {"span": None},
    {"heard_s": 59.0},
    {"coverage": (Coverage(0.0, 60.0, "overloaded"),)},
    {"coverage": (Coverage(0.0, 59.9, "heard"),)},
    {"coverage": (*REPORT.coverage, Coverage(60.0, 61.0, "muted"))},
    {"volleys": VOLLEYS[:1]},
    {"volleys": (dataclasses.replace(VOLLEYS[0], last_s=6.0), VOLLEYS[1])},
]


@pytest.mark.parametrize("told", DECIDED)
def test_parts_that_were_decided(told: dict[str, Any]) -> None:
    assert parts(**told) == (list(told), [])


def test_parts_that_were_noted() -> None:
    recording = dataclasses.replace(REPORT.recording, size_bytes=1)
    assert parts(warnings=("something",)) == ([], ["warnings"])
    assert parts(basis={**REPORT.basis, "more": 1}) == ([], ["basis"])
    assert parts(basis={name: value for name, value in REPORT.basis.items() if name != "real_body_camera"})[1] == [
        "basis"
    ]
    assert parts(recording=recording) == ([], ["recording"])
    nested = dataclasses.replace(REPORT, basis={"calibrated_on": {"scenes": 3}})
    assert [each.what for each in changed_parts(nested, REPORT)[1]] == ["basis"]
    assert [each.what for each in changed_parts(REPORT, nested)[1]] == ["basis"]
    plain = dataclasses.replace(REPORT, basis={"calibrated_on": 3})
    for one, other in ((nested, plain), (plain, nested)):
        assert [each.what for each in changed_parts(one, other)[1]] == ["basis"]


def test_last_bits_names_and_what_has_its_own_place_are_no_change() -> None:
    near: Report = dataclasses.replace(
        REPORT,
        recording=dataclasses.replace(REPORT.recording, name="moved.mp4", duration_s=60.00005),
        span=dataclasses.replace(REPORT.span, first_s=5.00009) if REPORT.span else None,
        volleys=(dataclasses.replace(VOLLEYS[0], shots=(9, 9, 9), median_split_s=1.0), VOLLEYS[1]),
        heard_s=60,
        settings={},
        software={},
        shots=(),
        result_sha256="",
    )
    assert changed_parts(REPORT, near) == ((), ())


def test_no_number_is_like_no_number() -> None:
    nan, also, one = ({"level": level} for level in (math.nan, -math.nan, 1.0))
    silent, again, loud = (dataclasses.replace(REPORT, basis=each) for each in (nan, also, one))
    assert changed_parts(silent, again) == ((), ())
    assert changed_parts(silent, loud)[1] != () != changed_parts(loud, silent)[1]
