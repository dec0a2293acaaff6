"""Verdicts: a table of cases, what unheard time may change, and properties of the chances."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.comparison import compare
from detector.core.span_comparison import span_tolerance_s
from detector.records import Comparison, Rejected, Report, State, Tally, Verdict
from tests.builders import make_report, make_tally

SURE = 1.0
PRE_EVENT: list[tuple[float, float, State]] = [(0.0, 29.98, "no_audio"), (29.98, 300.0, "heard")]


def burst(n: int, start_s: float = 40.0, split_s: float = 0.4) -> list[float]:
    return [start_s + split_s * row for row in range(n)]


def sure(n: int, coverage: Sequence[tuple[float, float, State]] | None = None, start_s: float = 40.0) -> Report:
    """Exactly n shots, each beyond doubt."""
    return make_report(burst(n, start_s), probability=SURE, duration_s=300.0, coverage=coverage)


def doubtful(n: int, probability: float = 0.9) -> Report:
    """n onsets of a volley that is gunfire: its first is a shot beyond doubt."""
    chances = [SURE, *[probability] * (n - 1)]
    return make_report(burst(n), probability=chances, extra=(0.05, 0.0), duration_s=300.0)


def muted(start_s: float, stop_s: float) -> list[tuple[float, float, State]]:
    return [(0.0, start_s, "heard"), (start_s, stop_s, "muted"), (stop_s, 300.0, "heard")]


CASES: dict[str, tuple[Report, Tally, Verdict]] = {
    "equal": (sure(20), make_tally(low=20), "consistent"),
    "one more": (sure(20), make_tally(low=19), "audio hears more"),
    "one fewer": (sure(20), make_tally(low=21), "audio hears fewer"),
    "tolerance reaches down": (sure(20), make_tally(low=25, tolerance=5), "consistent"),
    "tolerance does not reach": (sure(20), make_tally(low=26, tolerance=5), "audio hears fewer"),
    "inside a range": (sure(20), make_tally(low=15, high=25), "consistent"),
    "none heard, none claimed": (sure(0), make_tally(low=0), "consistent"),
    "none heard, some claimed": (sure(0), make_tally(low=3), "audio hears fewer"),
    "interval holds it": (doubtful(100), make_tally(low=96), "consistent"),
    "interval below it": (doubtful(100), make_tally(low=130), "audio hears fewer"),
    "interval above it": (doubtful(100), make_tally(low=60), "audio hears more"),
    "too wide": (doubtful(30, 0.3), make_tally(low=14), "cannot tell"),
    "its upper end twice as much": (doubtful(14, 0.7), make_tally(low=9), "cannot tell"),  # 7 to 18
    "its upper end less than twice as much": (doubtful(14, 0.7), make_tally(low=10), "consistent"),
    "wide but likely": (doubtful(30, 0.3), make_tally(low=2, high=16), "consistent"),
    "window around all": (sure(20), make_tally(low=20, window=(39.0, 60.0)), "consistent"),
    "window around some": (sure(20), make_tally(low=20, window=(39.0, 42.1)), "audio hears fewer"),
    "window stop is not in it": (sure(2), make_tally(low=1, window=(40.0, 40.4)), "consistent"),
    "window outside the recording": (sure(20), make_tally(low=20, window=(400.0, 430.0)), "cannot tell"),
    "window past the end": (sure(20), make_tally(low=20, window=(30.0, 330.0)), "cannot tell"),
    "nothing heard": (sure(0, [(0.0, 300.0, "no_audio")]), make_tally(low=3), "cannot tell"),
    "silent start, fewer": (sure(20, PRE_EVENT), make_tally(low=25), "cannot tell"),
    "silent start, equal": (sure(20, PRE_EVENT), make_tally(low=20), "cannot tell"),
    "silent start, more": (sure(20, PRE_EVENT), make_tally(low=15), "audio hears more"),
    "silent start before the window": (sure(20, PRE_EVENT), make_tally(low=25, window=(35, 90)), "audio hears fewer"),
    "silent start beyond the span": (sure(20, PRE_EVENT), make_tally(low=20, span_s=8.0), "consistent"),
    "silent start within the span": (sure(20, PRE_EVENT), make_tally(low=20, span_s=30.0), "cannot tell"),
    "a span of some sets no limit": (
        sure(20, PRE_EVENT), make_tally(low=20, span_s=8.0, everyone=False), "cannot tell",
    ),
    "silent start behind a quiet minute": (sure(20, PRE_EVENT, start_s=100.0), make_tally(low=25), "audio hears fewer"),
    "less than a quiet minute": (sure(20, PRE_EVENT, start_s=80.0), make_tally(low=25), "cannot tell"),
    "mute amid the fire": (sure(20, muted(42.1, 43.0)), make_tally(low=25), "cannot tell"),
    "mute too short for the rest": (sure(20, muted(42.1, 42.5)), make_tally(low=40), "audio hears fewer"),
    "mute too short to matter": (sure(20, muted(42.1, 42.3)), make_tally(low=20), "consistent"),
    "window takes the far mute in": (sure(20, muted(200.0, 230.0)), make_tally(low=25, window=(0, 300)), "cannot tell"),
    "far mute, no window": (sure(20, muted(200.0, 230.0)), make_tally(low=25), "audio hears fewer"),
    "nothing heard beside a mute": (sure(0, muted(10.0, 20.0)), make_tally(low=0), "cannot tell"),
    "overloaded is heard": (sure(20, [(0.0, 300.0, "overloaded")]), make_tally(low=20), "consistent"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("everyone", [True, False])
def test_verdict(name: str, everyone: bool) -> None:
    report, tally, verdict = CASES[name]
    tally = dataclasses.replace(tally, everyone=everyone and tally.everyone)
    if tally.span_s is not None and not tally.everyone:
        verdict = "cannot tell"
    comparison = compare(report, tally)
    assert comparison.verdict == verdict
    assert comparison.tally is tally
    assert comparison.result_sha256 == report.result_sha256


@pytest.mark.parametrize("state", ["no_audio", "muted", "masked", "damaged", "not_analysed"])
def test_every_unheard_state_can_hold_shots(state: State) -> None:
    report = sure(20, [(0.0, 30.0, state), (30.0, 300.0, "heard")])
    assert compare(report, make_tally(low=25)).verdict == "cannot tell"


def test_time_that_no_coverage_speaks_of_was_not_analysed() -> None:
    report = sure(20, [(30.0, 300.0, "heard")])
    comparison = compare(report, make_tally(low=25))
    assert comparison.verdict == "cannot tell"
    assert "30.0 s not analysed" in comparison.reasons[0]


def test_a_sound_shown_twice_is_compared_once() -> None:
    report = sure(4)
    shots = (*report.shots[:2], *(dataclasses.replace(s, repeat_of=1) for s in report.shots[2:]))
    assert compare(dataclasses.replace(report, shots=shots), make_tally(low=2)).verdict == "consistent"


# --- words ---------------------------------------------------------------------------------------


def everything_said(comparison: Comparison) -> str:
    span = comparison.span.sentence if comparison.span else ""
    return " ".join([comparison.sentence, *comparison.reasons, comparison.what_it_would_take, span])


@pytest.mark.parametrize("name", CASES)
def test_no_sentence_claims_what_audio_cannot_show(name: str) -> None:
    report, tally, _ = CASES[name]
    for everyone in (True, False):
        words = everything_said(compare(report, dataclasses.replace(tally, everyone=everyone, span_s=7.6))).lower()
        for claim in ("proves", "false", "incorrect", "lie ", "lied", "confirms", "no shots were", "shooter"):
            assert claim not in words.replace("s lie between", "")
        assert words.count("wrong") == words.count("does not show that either number is wrong")


def test_more_is_expected_where_others_are_left_out() -> None:
    comparison = compare(sure(20), make_tally(low=15, everyone=False))
    assert "the audio hears more, as expected: this number leaves others out" in comparison.sentence
    assert "If the published number holds, 5 of the shots heard are not among those it counts." in comparison.reasons
    assert "does not show who fired" in comparison.sentence


def test_fewer_is_meaningful_where_others_are_left_out() -> None:
    comparison = compare(sure(20), make_tally(low=25, everyone=False))
    assert "the audio hears fewer, although this number leaves others out" in comparison.sentence
    assert any("too faint" in reason for reason in comparison.reasons)


def test_nothing_is_expected_of_a_number_that_has_everyone() -> None:
    assert "expected" not in everything_said(compare(sure(20), make_tally(low=15)))


def test_the_weakest_onsets_are_named() -> None:
    report = make_report((5.0, 5.4, 70.25, 80.0), probability=[0.99, 0.95, 0.99, 0.99], duration_s=90.0)
    comparison = compare(report, make_tally(low=2))
    assert comparison.verdict == "audio hears more"
    assert comparison.what_it_would_take == (
        "For 2 to hold, the 2 weakest listed onsets would have to be echoes or other sounds: "
        "2 at 0:05.400 (0.95), 1 at 0:05.000 (0.99)."
    )


def test_hidden_shots_are_weighed_for_a_tally_above_the_list() -> None:
    report = make_report(burst(40), probability=SURE, extra=(0.1, 0.0), duration_s=300.0, rejected=[
        Rejected(99, 41.1, 0.01, "echo", 1, 0.1), Rejected(98, 200.0, 0.01, "echo", 1, 0.1),
    ])  # fmt: skip
    words = compare(report, make_tally(low=60, window=(30.0, 90.0))).what_it_would_take
    assert words == (
        "For 60 to hold, 20 more than the 40 listed as shots would have to hide in overlaps "
        "(expected: 1 to 7), be among the refused onsets (1), or be too faint to hear."
    )


def test_a_tally_between_the_list_and_the_interval_allows_few_overlaps() -> None:
    report = make_report(burst(40), probability=SURE, extra=(0.4, 0.1), duration_s=300.0)
    comparison = compare(report, make_tally(low=42))
    assert comparison.verdict == "audio hears more"
    assert (
        "at most 2 may hide in overlaps or among weaker onsets; expected in overlaps: " in comparison.what_it_would_take
    )


def test_many_doubtful_onsets_do_not_add_up() -> None:
    report = make_report(burst(100), probability=[SURE, *[0.5] * 99], duration_s=300.0)
    comparison = compare(report, make_tally(low=95))
    assert comparison.verdict == "audio hears fewer"
    assert (
        "more of the doubtful onsets would have to be shots than their chances add up to"
        in comparison.what_it_would_take
    )


def test_what_unheard_time_would_have_to_hold() -> None:
    comparison = compare(sure(20, PRE_EVENT), make_tally(low=25))
    assert "5 or more shots in the 30.0 s unheard would do" in comparison.what_it_would_take
    assert "a window in the tally file says which part it speaks of" in comparison.what_it_would_take
    comparison = compare(sure(20, PRE_EVENT), make_tally(low=20, window=(0.0, 90.0)))
    assert "1 or more shots in the 30.0 s unheard would put the audio above it" in comparison.what_it_would_take
    assert "a window" not in comparison.what_it_would_take


def test_listed_and_best_stand_side_by_side() -> None:
    report = make_report(burst(40), probability=SURE, extra=(0.2, 0.0), duration_s=300.0)
    best = report.count.best if report.count else 0
    sentence = compare(report, make_tally(low=best)).sentence
    assert f"best estimate {best}; 40 listed as shots: {best - 40} probably hidden" in sentence


def test_total_names_its_parts_and_tolerance_is_printed() -> None:
    sentence = compare(sure(20), make_tally(low=20, tolerance=2, of=("officers", "driver"))).sentence
    assert "20 (sum of 'officers' and 'driver'; four officers), taken as 18 to 22 with its tolerance of 2" in sentence


def test_overload_repeats_and_a_foreign_recording_are_said() -> None:
    report = sure(20, [(0.0, 50.0, "heard"), (50.0, 58.0, "overloaded"), (58.0, 300.0, "heard")])
    report = dataclasses.replace(report, basis={"inside_calibrated_range": False})
    reasons = compare(report, make_tally(low=20)).reasons
    assert any(reason.startswith("8.0 s are overloaded") for reason in reasons)
    assert any("outside the conditions" in reason for reason in reasons)
    assert not any("overloaded" in r for r in compare(report, make_tally(low=5, window=(0.0, 45.0))).reasons)


# --- span ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span_s", "tolerance_s"), [(41.0, 1.0), (40.0, 1.0), (6.5, 0.1), (0.85, 0.01), (7.125, 0.001), (0.0, 1.0)]
)
def test_a_published_span_is_open_by_one_unit_of_its_last_digit(span_s: float, tolerance_s: float) -> None:
    assert span_tolerance_s(span_s) == pytest.approx(tolerance_s)


SPANS: dict[str, tuple[Report, Tally, Verdict]] = {
    "equal": (sure(20), make_tally(span_s=7.6), "consistent"),
    "rounded": (sure(20), make_tally(span_s=8.0), "consistent"),
    "shorter": (sure(20), make_tally(span_s=12.0), "audio hears fewer"),
    "longer": (sure(20), make_tally(span_s=3.0), "audio hears more"),
    "shorter beside silence": (sure(20, PRE_EVENT), make_tally(span_s=30.0), "cannot tell"),
    "shorter, but silence lies too far": (sure(20, PRE_EVENT), make_tally(span_s=12.0), "audio hears fewer"),
    "longer beside silence": (sure(20, PRE_EVENT), make_tally(span_s=3.0), "audio hears more"),
    "none": (sure(0), make_tally(span_s=3.0), "cannot tell"),
    "one": (sure(1), make_tally(span_s=0.0), "consistent"),
    "in the window": (sure(20), make_tally(span_s=2.0, window=(39.0, 42.1)), "consistent"),
    "window without shots": (sure(20), make_tally(span_s=2.0, window=(1.0, 2.0)), "cannot tell"),
    "doubtful end": (
        make_report([*burst(20), 60.0], probability=[SURE] * 20 + [0.6]), make_tally(span_s=7.6), "cannot tell",
    ),
    "unlikely end": (
        make_report([*burst(20), 60.0], probability=[SURE] * 20 + [0.3]), make_tally(span_s=7.6), "consistent",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPANS)
def test_span_verdict(name: str) -> None:
    report, tally, verdict = SPANS[name]
    span = compare(report, tally).span
    assert span is not None
    assert span.verdict == verdict
    assert f"The published span is {tally.span_s:g} s, taken as" in span.sentence


def test_a_tally_without_a_span_gets_none() -> None:
    assert compare(sure(20), make_tally(low=20)).span is None


def test_a_longer_span_is_expected_where_others_are_left_out() -> None:
    span = compare(sure(20), make_tally(span_s=3.0, everyone=False)).span
    assert span is not None
    assert "longer span, as expected" in span.sentence


def span_chances_by_enumeration(report: Report, low_s: float, high_s: float) -> list[float]:
    """Every subset of the listed onsets, weighed."""
    totals = [0.0, 0.0, 0.0]
    for subset in range(1, 2 ** len(report.shots)):
        chosen = [s for row, s in enumerate(report.shots) if subset >> row & 1]
        weight = 1.0
        for row, shot in enumerate(report.shots):
            weight *= shot.probability if subset >> row & 1 else 1.0 - shot.probability
        span_s = chosen[-1].time_s - chosen[0].time_s
        totals[0 if span_s < low_s else 2 if span_s > high_s else 1] += weight
    return [total / sum(totals) for total in totals]


@given(
    st.lists(st.tuples(st.floats(0, 20), st.floats(0.01, 0.99)), min_size=1, max_size=7), st.integers(0, 20)
)  # fmt: skip
def test_span_chances_equal_brute_force(onsets: list[tuple[float, float]], span_s: int) -> None:
    onsets = sorted(onsets)
    report = make_report([t for t, _ in onsets], probability=[p for _, p in onsets])
    span = compare(report, make_tally(span_s=float(span_s))).span
    assert span is not None
    if span.error_s is None:
        assert all(shot.status == "possible" for shot in report.shots)
        assert span.p_within is None
        return
    open_s = 1.0 + span.error_s
    expected = span_chances_by_enumeration(report, span_s - open_s, span_s + open_s)
    assert [span.p_fewer, span.p_within, span.p_more] == pytest.approx(expected, abs=1e-9)


# --- properties ----------------------------------------------------------------------------------

reports = st.builds(
    lambda n, probability, extra, silent_s: make_report(
        burst(n), probability=probability, extra=(extra, 0.0), duration_s=120.0,
        coverage=[(0.0, silent_s, "no_audio"), (silent_s, 120.0, "heard")],
    ),
    st.integers(0, 25), st.floats(0.05, 1.0), st.floats(0.0, 0.4), st.sampled_from([0.0, 0.1, 0.3, 30.0]),
)  # fmt: skip


@settings(max_examples=40)
@given(reports, st.integers(0, 60), st.integers(0, 10), st.integers(0, 5))
def test_chances_sum_to_one(report: Report, low: int, width: int, tolerance: int) -> None:
    comparison = compare(report, make_tally(low=low, high=low + width, tolerance=tolerance))
    chances = [comparison.p_fewer, comparison.p_within, comparison.p_more]
    assert all(chance is not None and 0.0 <= chance <= 1.0 for chance in chances)
    assert sum(chance or 0.0 for chance in chances) == pytest.approx(1.0)


@settings(max_examples=40)
@given(reports, st.integers(0, 5))
def test_a_rising_tally_moves_the_verdict_one_way(report: Report, tolerance: int) -> None:
    order = {"audio hears more": 0, "consistent": 1, "cannot tell": 1, "audio hears fewer": 2}
    verdicts = [order[compare(report, make_tally(low=low, tolerance=tolerance)).verdict] for low in range(0, 80, 3)]
    assert verdicts == sorted(verdicts)


@settings(max_examples=40)
@given(reports, st.integers(0, 60))
def test_unheard_time_never_makes_a_verdict_only_withholds_it(report: Report, low: int) -> None:
    heard = dataclasses.replace(report, coverage=(dataclasses.replace(report.coverage[-1], start_s=0.0),))
    withheld, plain = compare(report, make_tally(low=low)).verdict, compare(heard, make_tally(low=low)).verdict
    assert withheld in (plain, "cannot tell")
    if plain == "audio hears more":
        assert withheld == plain
