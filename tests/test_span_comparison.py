"""The span of a tally beside the span heard, word for word."""

from __future__ import annotations

import dataclasses

import pytest

from detector.core.comparison import compare
from detector.records import Report, SpanComparison, State
from tests.builders import make_report, make_tally

Stretch = tuple[float, float, State]


def sure(*times_s: float, coverage: list[Stretch] | None = None, doubt: dict[int, float] | None = None) -> Report:
    chances = [(doubt or {}).get(row, 1.0) for row in range(len(times_s))]
    return make_report(times_s, probability=chances, duration_s=300.0, coverage=coverage)


def span(
    report: Report, span_s: float, *, everyone: bool = True, window: tuple[float, float] | None = None
) -> SpanComparison:
    found = compare(report, make_tally(span_s=span_s, everyone=everyone, window=window)).span
    assert found is not None
    return found


LIE = "4.500 s lie between the first and the last shot heard (0:40.000 to 0:44.500, error 0.003 s): "
TAKEN = "taken as 3 to 5 s (one unit of its last digit); "


def test_the_sentence_of_each_verdict() -> None:
    shots = sure(40.0, 42.0, 44.5)
    assert span(shots, 4.0).sentence == f"The published span is 4 s, {TAKEN}{LIE}the two are consistent."
    assert span(shots, 3.5).sentence == (
        f"The published span is 3.5 s, taken as 3.4 to 3.6 s (one unit of its last digit); {LIE}"
        "the audio hears a longer span."
    )
    assert span(shots, 0.0, everyone=False).sentence == (
        f"The published span is 0 s, taken as 0 to 1 s (one unit of its last digit); {LIE}"
        "the audio hears a longer span, as expected: this number leaves others out."
    )
    assert span(shots, 9.0, everyone=False).sentence.endswith(f"{LIE}the audio hears a shorter span.")
    muted: list[Stretch] = [(0, 50, "heard"), (50, 51, "muted"), (51, 300, "heard")]
    assert span(sure(40.0, 42.0, 44.5, coverage=muted), 14.0).sentence.endswith(
        f"{LIE}shots may lie in the unheard time before or after these, so the audio cannot tell."
    )
    assert span(sure(40.0, 42.0, 44.5, doubt={2: 0.6}), 2.0).sentence.endswith(
        f"{LIE}too much hangs on doubtful onsets at its ends, so the audio cannot tell."
    )
    assert span(sure(), 4.0).sentence == (
        f"The published span is 4 s, {TAKEN}no shot is listed to hold against it, so the audio cannot tell."
    )


def test_figures_are_those_of_the_shots_in_the_window() -> None:
    shots = sure(40.0, 42.0, 44.5)
    inside = span(shots, 2.0, window=(39.0, 44.0))
    assert inside.heard_s == 2.0
    assert inside.error_s == pytest.approx(0.002 * 2**0.5, abs=1e-6)
    assert (inside.p_fewer, inside.p_within, inside.p_more) == (0.0, 1.0, 0.0)
    alone = span(shots, 2.0, window=(41.0, 44.0))
    assert (alone.heard_s, alone.error_s, alone.verdict) == (0.0, 0.0, "audio hears fewer")
    nothing = span(shots, 2.0, window=(50.0, 60.0))
    assert (nothing.heard_s, nothing.error_s, nothing.p_fewer, nothing.p_within, nothing.p_more) == (None,) * 5


def test_chances_of_a_shorter_and_a_longer_span_leave_the_rest() -> None:
    # The last shot is at 50 with 0.2, else at 44 with half of 0.8, else at 42: spans of 10, 4 and 2 s.
    found = span(sure(40.0, 42.0, 44.0, 50.0, doubt={2: 0.5, 3: 0.2}), 4.0)
    assert (found.p_fewer, found.p_within, found.p_more) == pytest.approx((0.4, 0.4, 0.2))


def test_possible_onsets_are_no_ends_of_a_span_with_a_window_and_without() -> None:
    shots = sure(38.0, 40.0, 42.0, 43.0, doubt={0: 0.3, 3: 0.3})
    everywhere, there = span(shots, 2.0), span(shots, 2.0, window=(0.0, shots.recording.duration_s))
    assert there.heard_s == 2.0
    assert everywhere == there


def test_the_error_of_the_ends_opens_the_span_further() -> None:
    report = sure(40.0, 44.0)
    for error_s, verdict in ((0.05, "audio hears fewer"), (0.2, "consistent")):
        shots = tuple(dataclasses.replace(shot, time_error_s=error_s / 2**0.5) for shot in report.shots)
        assert span(dataclasses.replace(report, shots=shots), 4.2).verdict == verdict


@pytest.mark.parametrize(
    ("hole", "verdict"),
    [
        ((30.0, 30.3), "cannot tell"),
        ((50.0, 50.3), "cannot tell"),
        ((30.0, 30.25), "cannot tell"),
        ((30.0, 30.2), "audio hears fewer"),
        ((41.0, 43.0), "audio hears fewer"),
    ],
)
def test_only_unheard_time_outside_the_shots_can_hold_their_ends(hole: tuple[float, float], verdict: str) -> None:
    told: list[Stretch] = [(0, hole[0], "heard"), (*hole, "muted"), (hole[1], 300, "heard")]
    assert span(sure(40.0, 44.0, coverage=told), 40.0).verdict == verdict


@pytest.mark.parametrize(
    ("chance", "verdict"),
    [(0.49, "consistent"), (0.51, "cannot tell"), (0.94, "cannot tell"), (0.96, "audio hears more")],
)
def test_the_interval_decides_which_chance_is_enough(chance: float, verdict: str) -> None:
    assert span(sure(40.0, 42.0, 60.0, doubt={2: chance}), 2.0).verdict == verdict
