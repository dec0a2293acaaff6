"""The page of accuracy: what it says of outcomes whose figures are known."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from detector.lab.accuracy import alarms, by_condition, doubts, goals, methods, scores
from detector.lab.accuracy.document import page
from detector.lab.accuracy.markdown import number, percent, share
from detector.lab.accuracy.plots import pictures
from detector.lab.conditions import GAP, SNR, Conditions, gap_bin
from detector.lab.corpus import Case
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Interval, Outcome, volleys_of
from detector.lab.metrics import Marks

PEER, SECOND_PEER = "a peer", "another peer"


def make_case(
    name: str, collection: str, family: str, times_s: Sequence[float] = (), conditions: Conditions | None = None
) -> Case:
    return Case(
        name=f"{collection}/{name}",
        collection=collection,
        family=family,
        path=Path(f"{name}.wav"),
        material="composed" if collection == "scenes" else "real",
        duration_s=36.0,
        marks=Marks.of(times_s),
        labels_complete=True,
        count=len(times_s),
        count_low=len(times_s),
        count_high=len(times_s),
        padded=collection == "not_gunfire",
        conditions=conditions or Conditions(),
    )


def make_outcome(
    case: Case, method: str, onset_s: Sequence[float], interval: tuple[int, int] | None = None, rate_hz: int = 48_000
) -> Outcome:
    """A method that finds these onsets and counts them; the interval of the whole is that of every volley."""
    found, own = np.array(onset_s, np.float64), method in (DETECTOR, WITH_POSSIBLE)
    volleys = volleys_of(case)
    given = Interval(0, *interval) if interval else None
    return Outcome(
        case=case,
        method=method,
        onset_s=found,
        count=found.size,
        interval=given,
        candidate_s=found if own else np.empty(0),
        probability=np.full(found.size if own else 0, 0.75),
        rate_hz=rate_hz,
        volley_count=((found >= volleys.start_s[:, None]) & (found < volleys.stop_s[:, None])).sum(axis=1),
        volley_interval=(given,) * volleys.low.size if own else (),
    )


def judged(case: Case, own: Sequence[float], interval: tuple[int, int], peer: Sequence[float] = ()) -> list[Outcome]:
    """The detector, the same with possible ones, and a peer."""
    return [
        make_outcome(case, DETECTOR, own, interval),
        make_outcome(case, WITH_POSSIBLE, own, interval),
        make_outcome(case, PEER, peer),
    ]


@pytest.fixture
def outcomes() -> list[Outcome]:
    """A range take, a scene of doubles, a street far away, an hour's tenth of traffic, two clips."""
    scene = Conditions(
        guns=2,
        bit_rate_kbps=64,
        snr_db=np.array([20.0, 8.0, 20.0, 20.0]),
        clipped=np.array([True, False, True, True]),
        blast=("physical",) * 4,
        others=((9.0, "door"), (20.0, "door")),
    )
    double = make_case("d1", "scenes", "double", (5.0, 5.03, 8.0, 8.2), scene)
    return [
        *judged(make_case("traffic", "beds", "bed_traffic"), [3.0], (0, 2), [1.0, 2.0]),
        *judged(make_case("clap", "not_gunfire", "hand_clap"), [], (0, 0), [1.0]),
        *judged(make_case("door", "not_gunfire", "door_slam"), [1.2], (0, 1), [1.0]),
        *judged(make_case("p1", "pittsburgh", "clear", (1.0, 1.5)), [1.001, 1.501], (2, 2), [1.0]),
        *judged(make_case("r1", "range", "weak echo", (1.0, 2.0)), [1.002], (1, 1), [1.0, 2.0]),
        *judged(double, [5.0, 8.0, 8.2, 9.01], (4, 6), [5.0, 5.03]),
    ]


def lines_of(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_the_page_says_what_was_measured_and_what_was_not(outcomes: list[Outcome]) -> None:
    provenance = {"command": "`evaluate`", "sources": "SHA-256 `ab12`"}
    text = page(outcomes, provenance, {"a.png": "words"})
    assert "No body-camera recording of gunfire was measured" in text
    assert "- command: `evaluate`\n- sources: SHA-256 `ab12`\n- 6 files, 0.06 h" in text
    assert "![words](a.png)" in text
    assert text == page(outcomes, provenance, {"a.png": "words"})
    assert "![" not in page(outcomes, provenance)


def test_every_table_has_as_many_cells_as_its_head(outcomes: list[Outcome]) -> None:
    blocks = page(outcomes, {}).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("| ")]
    assert len(tables) >= 12
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1, lines[0]


def test_every_row_says_real_or_composed(outcomes: list[Outcome]) -> None:
    for block in page(outcomes, {}).split("\n\n"):
        lines = block.splitlines()
        if "material" in lines[0]:
            assert [line for line in lines[2:] if "real" not in line and "composed" not in line] == []


def test_methods_stand_beside_each_other(outcomes: list[Outcome]) -> None:
    text = methods.gunfire_table([o for o in outcomes if o.case.collection == "range"])
    assert "| **weak echo**, real: 1 files, 2 shots |" in text
    assert f"|  | {DETECTOR} | 0.00 | 0.00 | 0.00 | 50 % | 1.00 | 0.50 | 0.67 | 0.67 | 2.0 | 2.0 | 2.0 |" in text
    assert f"|  | {WITH_POSSIBLE} |  |  |  |  | 1.00 | 0.50 | 0.67 | 0.67 | 2.0 | 2.0 | 2.0 |" in text


def test_every_row_where_a_peer_is_ahead_is_named(outcomes: list[Outcome]) -> None:
    text = methods.behind(outcomes)
    assert f"- range, weak echo: F1 at 50 ms 1.00 by {PEER}, 0.67 by this detector" in text
    assert "- beds" not in text


def test_a_glance_without_peers_has_no_other(outcomes: list[Outcome]) -> None:
    own = [o for o in outcomes if o.method == DETECTOR]
    assert "| range | real | 1 | exact counts | 0 | - |  |" in methods.at_a_glance(own)


def test_volleys_are_counted_one_by_one(outcomes: list[Outcome]) -> None:
    (row,) = lines_of(methods.volley_table(outcomes), "| scenes, double")
    # the scene is one volley of four shots: three found, and the door a second after
    assert row == f"| scenes, double | composed | 1 | 1.00 | 1.00 | 1.00 | 0.0 % | 1.00 +- 0.00 | 2.0 | 0.00 {PEER} |"
    (take,) = lines_of(methods.volley_table(outcomes), "| range, weak echo")
    assert take.startswith("| range, weak echo | real | 1 | 0.00 | 0.00 | 0.00 | 50 % | 0.00 +- 0.00 |")


def test_intervals_and_probabilities_are_judged(outcomes: list[Outcome]) -> None:
    text = doubts.interval_part(outcomes)
    assert "| range, weak echo | real | 1 | 0.00 +- 0.00 | 0.00-0.97 | 0.0 | 0.00 | 0.00 |" in text
    assert "| gunfire, fewer than 10 shots | real | 2 | 0.50 +- 0.35 |" in text
    assert "10 shots or more" not in text
    (row,) = lines_of(doubts.probability_part(outcomes), "| composed gunfire")
    assert row.split(" | ")[1:4] == ["4", "3", f"{(3 * 0.25**2 + 0.75**2) / 4:.3f}"]
    assert "0.75 (4)" in row


def test_shots_are_binned_by_condition(outcomes: list[Outcome]) -> None:
    found = by_condition.shots_by_bin([o for o in outcomes if o.method == DETECTOR])
    assert found[GAP, by_condition.DOUBLE, gap_bin(0.03)].fine.tolist() == [False]
    assert found[GAP, "scenes", gap_bin(0.2)].coarse.tolist() == [True]
    weak = [shots for (name, _, bin_), shots in found.items() if (name, bin_[1]) == (SNR, "6-12 dB")]
    assert [shots.fine.tolist() for shots in weak] == [[False]]
    assert not any(case.startswith("beds") for _, case, _ in found)


def test_a_condition_with_one_bin_only_is_no_row() -> None:
    near, far = (make_case(f"p{d}", "pittsburgh", "clear", (1.0,), Conditions(distance_m=d)) for d in (50, 350))
    text = by_condition.file_part([*judged(near, [1.0], (1, 1)), *judged(far, [], (0, 1), [1.0])])
    assert [line.split(" | ")[0] for line in lines_of(text, "| distance")] == [
        "| distance: below 100 m",
        "| distance: 300-400 m",
    ]
    assert "sample rate" not in text
    assert f"1.00 {PEER} |" in lines_of(text, "| distance: 300")[0]


def test_false_alarms_by_hour_by_clip_and_on_what_they_lie(outcomes: list[Outcome]) -> None:
    hourly = alarms.hourly_part(outcomes)
    assert f"| beds, all | real | 0.01 | {DETECTOR} | 1 | 100 | 474 |" in hourly
    assert lines_of(hourly, "| together | real |")
    classes = alarms.classes_part(outcomes)
    assert "| door slam | 1 | 100 (upper 474) | 100 | 100 |" in classes
    assert "| scenes | composed | door | 2 | 50.0 (upper 237) | 50.0 (upper 237) |" in classes


def test_an_onset_on_a_shot_is_no_false_alarm_beside_it() -> None:
    case = make_case("s", "scenes", "solo", (1.0,), Conditions(others=((1.02, "door"),)))
    assert "| door | 1 | 0.0 (upper 300) |" in alarms.classes_part(judged(case, [1.0], (1, 1)))


def test_goals_are_measured_and_judged(outcomes: list[Outcome]) -> None:
    rows = {line.split(" | ")[0][2:]: line.split(" | ")[1:] for line in lines_of(goals.goals_part(outcomes), "| ")}
    clear = rows["Pittsburgh, tier clear: exact count"]
    assert clear == ["real", "1", f"0.00, {PEER}", "1.00", ">= 0.95", "yes |"]
    assert rows["Pittsburgh: detections per true shot"][3:] == ["1.00", "0.98-1.03", "yes |"]
    assert rows["double: recall at 10 ms, gaps 20-50 ms"][2:] == [f"1.00, {PEER}", "0.00 (1 shots)", ">= 0.90", "no |"]
    assert rows["impulsive sounds: false shots per 100"][3] == "50.0 (1 in 2, upper bound 237)"
    assert rows["interval: families held too seldom"][2:4] == ["none has one", "1 (of 3, weak echo 0.00)"]
    assert "barrage: mean count error" not in rows


def test_every_goal_can_be_measured_and_none_is_left_out() -> None:
    places = [("pittsburgh", "clear"), ("pittsburgh", "medium"), ("range", "automatic"), ("phones", "iPhone")]
    places += [("scenes", family) for family in ("double", "barrage", "walker")]
    times = [0.0, 0.015, *np.arange(1.0, 12.0)]
    cases = [make_case(family, collection, family, times) for collection, family in places]
    cases += [make_case("few", "scenes", "solo", (1.0,)), make_case("q", "scenes", "quiet")]
    cases += [make_case("door", "not_gunfire", "door_slam"), make_case("bang", "not_gunfire", "fireworks")]
    found = [o for case in cases for o in judged(case, case.marks.time_s.tolist(), (case.count, case.count))]
    text = goals.goals_part(found)
    assert len(lines_of(text, "| ")) == len(goals.GOALS) + 2
    # a perfect detector misses what too few hours and intervals that always hold leave open
    missed = [line.split(" | ")[0][2:] for line in lines_of(text, "| ") if line.endswith("| no |")]
    assert missed == [
        "double: recall at 10 ms, gaps 20-50 ms",  # there is none: nothing measured is not a goal reached
        "no gunfire: false shots an hour, upper bound",
        "interval, 10 shots or more: held",
    ]


def test_the_best_other_tool_is_the_nearest_to_the_goal() -> None:
    case = make_case("p", "pittsburgh", "clear", (1.0, 2.0, 3.0))
    found = [*judged(case, [1.0], (1, 1), [1.0, 2.0]), make_outcome(case, SECOND_PEER, np.arange(7.0).tolist())]
    (row,) = lines_of(goals.goals_part(found), "| Pittsburgh: detections")
    assert f"| 0.67, {PEER} | 0.33 |" in row


def test_labels_without_onsets_enter_counts_only() -> None:
    case = make_case("p", "phones", "iPhone", ())
    outcome = make_outcome(case, DETECTOR, [1.0], (1, 1))
    assert scores.onsets([outcome], 0.05).judged == 1
    unlabelled = Case(**{**vars(case), "labels_complete": False, "count": 1, "count_low": 1, "count_high": 1})
    outcome = make_outcome(unlabelled, DETECTOR, [1.0], (1, 1))
    assert scores.onsets([outcome], 0.05).judged == 0
    assert scores.counts([outcome]).exact == 1.0
    assert scores.probabilities([outcome])[0].size == 0


def test_numbers_as_tables_write_them() -> None:
    nan = float("nan")
    assert [share(0.125), share(nan), number(99.94), number(-0.01), number(1234.5)] == [
        "0.12",
        "-",
        "99.9",
        "0.0",
        "1,234",
    ]
    assert [percent(0.034), percent(2.114), percent(nan)] == ["3.4 %", "211 %", "-"]


def test_pictures_are_small_and_the_same_again(outcomes: list[Outcome]) -> None:
    drawn = pictures(outcomes)
    assert list(drawn) == ["accuracy_onsets.png", "accuracy_counts.png"]
    for file in drawn.values():
        width, height = struct.unpack(">II", file[16:24])
        assert width > height > 800
        assert len(file) < 150_000
    assert pictures(outcomes) == drawn


def test_pictures_of_what_is_not_there_are_empty_and_no_error(outcomes: list[Outcome]) -> None:
    assert len(pictures([o for o in outcomes if o.case.gun_free])) == 2
    assert len(pictures([])) == 2
