"""What changes by a person make of a result; the table of cases is the one that the review page is held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.checks import Action, Correction, ReviewedOnset, Standing
from detector.core import corrections
from detector.records import Repeat

TABLE = json.loads((Path(__file__).parent / "review_cases.json").read_text(encoding="utf-8"))


def machine() -> tuple[ReviewedOnset, ...]:
    onsets = []
    for each in TABLE["onsets"]:
        standing = Standing(each["time_s"], each["status"], int(each["status"] != "rejected"))
        onsets.append(ReviewedOnset(each["id"], standing, standing, again=each["again"]))
    return tuple(onsets)


def changes(case: dict[str, Any]) -> list[Correction]:
    return [
        Correction(
            each["action"],
            each["onset"],
            None if each["before"] is None else Standing(*each["before"]),
            Standing(*each["after"]),
        )
        for each in case["changes"]
    ]


def window() -> tuple[float, float]:
    start_s, stop_s = TABLE["window_s"]
    return start_s, stop_s


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["name"]))
def test_table_of_cases(case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(ValueError, match=case["refused"]):
            corrections.applied(machine(), changes(case), window())
        return
    repeats = [Repeat(start_s, stop_s, 0.0) for start_s, stop_s in TABLE["repeats_s"]]
    onsets = corrections.in_showings(corrections.applied(machine(), changes(case), window()), repeats)
    found = corrections.corrected(onsets)
    assert {name: getattr(found, name) for name in case["corrected"]} == case["corrected"]


@pytest.mark.parametrize(("number", "fits"), [(0, False), (1, True), (2**53 - 1, True), (2**53, False)])
def test_what_is_added_has_a_number_that_browsers_can_count_to(number: int, fits: bool) -> None:
    added = [Correction("add", number, None, Standing(5.0, "shot", 1))]
    if fits:
        assert [each.id for each in corrections.applied((), added, (5.0, 5.0))] == [number]
    else:
        with pytest.raises(ValueError, match="a number above 0"):
            corrections.applied((), added, (0.0, 60.0))


STEPS = st.tuples(
    st.sampled_from(["accept", "reject", "move", "overlap", "comment"]),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(0, 100),
)


@given(st.lists(STEPS, max_size=12))
def test_the_parts_make_the_whole_whatever_is_changed(steps: list[tuple[Action, int, int, int]]) -> None:
    onsets = machine()
    for action, onset, shots, tenths in steps:
        before = next(each.now for each in onsets if each.id == onset)
        wanted = {
            "accept": corrections.after("accept", before),
            "reject": corrections.after("reject", before),
            "move": Standing(tenths / 10, before.status, before.shots, before.comment),
            "overlap": Standing(before.time_s, "shot", shots, before.comment),
            "comment": Standing(before.time_s, before.status, before.shots, str(tenths)),
        }[action]
        onsets = corrections.applied(onsets, [Correction(action, onset, before, wanted)], window())
    found = corrections.corrected(onsets)
    assert found.count == found.confirmed + found.reclaimed + found.added + found.unchecked
    assert [each.now.time_s for each in onsets] == sorted(each.now.time_s for each in onsets)
    assert {each.id: each.machine for each in onsets} == {each.id: each.machine for each in machine()}
    doubted = sum(each.now.status == "possible" for each in onsets if not each.again)
    assert found.doubtful == doubted
