"""The sentences about a result, which are what an investigator quotes."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.records import (
    Comparison,
    CountInterval,
    EchoMistakes,
    GapShare,
    LevelRecall,
    Moment,
    Rejected,
    RejectedCount,
    Repeat,
    Report,
    SelfTest,
    SpanComparison,
    State,
)
from detector.views import basis_words, review, selftest_words, summary, terminal
from tests.builders import make_report, make_tally

UNHEARD: tuple[State, ...] = ("no_audio", "muted", "masked", "damaged", "not_analysed")


def with_count(report: Report, *bounds: int) -> Report:
    return dataclasses.replace(report, count=CountInterval(*bounds))


def said(report: Report) -> str:
    return " ".join(s for section in summary.sections(report) for s in (section.finding, *section.sentences))


def test_the_headline_has_count_interval_and_floor() -> None:
    report = with_count(make_report(), 93, 98, 104, 111)
    assert summary.headline(report) == "104 gunshots heard (90 %: 98-111), at least 93"
    assert summary.headline(with_count(report, 1, 1, 1, 1)).startswith("1 gunshot heard")


def test_nothing_found_is_said_of_heard_sound_only() -> None:
    report = make_report((), coverage=[(0.0, 30.0, "muted"), (30.0, 60.0, "heard")])
    assert summary.headline(report) == "no gunshots found in 30.0 s of heard sound (90 %: 0-0)"
    assert summary.one_line(report).endswith("; 30.0 s unheard")
    assert "30.0 s of this file is digital silence (0:00.000-0:30.000)" in said(report)
    assert "These are sounds consistent with gunshots" not in said(report)
    assert "Sound alone does not show whose gun" in said(report)
    assert review.claim(report).startswith("No sound consistent with gunshots in this file, interval 0-0 at 90 %")


def test_a_single_sound_is_one_sound() -> None:
    assert review.claim(with_count(make_report((5.0,)), 1, 1, 1, 1)).startswith("1 sound consistent with gunshots")


@given(st.lists(st.sampled_from((*UNHEARD, "heard", "overloaded")), min_size=1, max_size=6))
def test_no_shots_is_never_said_of_any_recording(states: list[State]) -> None:
    stretches = [(10.0 * row, 10.0 * row + 10.0, state) for row, state in enumerate(states)]
    report = make_report((), duration_s=10.0 * len(states), coverage=stretches)
    assert "no shots" not in said(report).lower()
    assert ("cannot hear" in summary.headline(report)) == (report.heard_s == 0)


@pytest.mark.parametrize("state", UNHEARD)
def test_each_kind_of_unheard_time_is_told_with_its_place(state: State) -> None:
    report = make_report(coverage=[(0.0, 2.5, state), (2.5, 60.0, "heard")])
    (sentence,) = (s for s in summary.coverage_sentences(report) if "0:00.000-0:02.500" in s)
    assert sentence.startswith("2.5 s of this file ")


def test_overloaded_time_is_heard_but_may_hide_shots() -> None:
    report = make_report(coverage=[(0.0, 5.0, "heard"), (5.0, 6.0, "overloaded"), (6.0, 60.0, "heard")])
    assert "1.0 s is overloaded (0:05.000-0:06.000): heard, but shots may hide there" in said(report)
    assert "unheard" not in summary.one_line(report)


def test_many_stretches_are_named_by_the_longest() -> None:
    stretches: list[tuple[float, float, State]] = [(float(t), 1.02 * t + 0.1, "damaged") for t in range(0, 10, 2)]
    sentences = summary.coverage_sentences(make_report(coverage=stretches, duration_s=60.0))
    assert "and 1 shorter stretch)" in sentences[0]
    assert "0:00.000" not in sentences[0]


def test_sound_outside_the_window_is_not_called_unheard() -> None:
    report = make_report(coverage=[(0.0, 4.0, "not_analysed"), (4.0, 60.0, "heard")])
    assert summary.one_line(report).endswith("; 4.0 s not analysed")


def test_listed_shots_and_best_estimate_are_reconciled() -> None:
    report = make_report([float(t) for t in range(10)], extra=(0.2, 0.0))
    assert "10 listed; best estimate 12: 2 probably hidden in overlaps." in said(with_count(report, 9, 10, 12, 14))
    assert "10 listed; best estimate 8: 2 of the listed probably not gunshots." in said(with_count(report, 7, 7, 8, 10))
    assert "10 listed." in said(with_count(report, 7, 9, 10, 11))


def test_what_is_more_likely_refused_than_hidden_is_not_put_down_to_overlaps() -> None:
    refused = [Rejected(50 + row, 20.0 + row, 0.3, "speech") for row in range(5)]
    report = with_count(make_report(rejected=refused), 5, 5, 6, 8)
    assert "5 listed; best estimate 6: 1 probably among the sounds refused." in said(report)


def test_possible_and_repeated_shots_are_told_apart() -> None:
    report = make_report((5.0, 5.4, 45.0), probability=[0.98, 0.4, 0.98], repeats=[Repeat(44.0, 48.0, 4.0)])
    again = dataclasses.replace(report.shots[2], repeat_of=1)
    report = dataclasses.replace(report, shots=(*report.shots[:2], again))
    text = said(with_count(report, 1, 1, 2, 2))
    assert "2 listed, 1 of them only possible." in text
    assert "0:44.000-0:48.000 shows the sound from 0:04.000 on again." in text
    assert "1 listed shot heard a second time there, and counted once." in text


def test_the_span_has_seconds_and_frames_and_its_error() -> None:
    assert summary.span_sentences(make_report())[0] == (
        "from 0:05.000 (5.000 s, frame 149) to 0:12.200 (12.200 s, frame 365): 7.200 s, +-3 ms."
    )
    assert summary.span_sentences(make_report((5.0,)))[0] == "one shot, at 0:05.000 (5.000 s, frame 149)."
    assert summary.span_sentences(make_report(())) == ()


def test_what_the_container_leaves_open_is_said_once() -> None:
    report = make_report()
    recording = dataclasses.replace(report.recording, clock_error_s=0.05, clock_notes=("no edit list.",))
    sentences = summary.span_sentences(dataclasses.replace(report, recording=recording))
    assert "+-50 ms, all by the same amount" in sentences[1]
    assert sentences[2] == "no edit list."


def test_the_basis_says_it_was_not_body_camera_gunfire() -> None:
    report = make_report()
    assert "Calibrated on composed scenes, not on body-camera gunfire." in said(report)
    outside = {
        "inside_calibrated_range": False,
        "nearest_condition": {"name": "phone, street", "missed": 0.12, "scenes": [3, 4], "measured": True},
        "none_known": None,
    }
    sentences = basis_words.sentences(dataclasses.replace(report, basis=outside))
    assert sentences[0].startswith("This recording lies outside the calibrated range")
    assert sentences[1:] == ("Nearest condition: name phone, street, missed 0.12, scenes 3, 4, measured yes.",)


def test_refused_sounds_are_counted_by_reason_listed_or_not() -> None:
    report = make_report(
        rejected=[Rejected(9, 5.2, 0.1, "echo")],
        rejected_counts=[RejectedCount(0, "speech", 3), RejectedCount(1, "echo", 1)],
    )
    assert summary.refused_sentences(report) == ("5 other sudden sounds not counted: 3 speech, 2 echo.",)


def test_moments_part_the_count() -> None:
    report = make_report(
        moments=[Moment(20.0, "silence"), Moment(10.0, "driver on the ground")],
        coverage=[(0.0, 50.0, "heard"), (50.0, 60.0, "muted")],
    )
    before, between, after = summary.moment_sentences(report)[:3]
    assert before.startswith("before 0:10.000 (driver on the ground): 3 (90 %: ")
    assert between.startswith("from 0:10.000 (driver on the ground) to 0:20.000 (silence): 2 (90 %: ")
    assert after.startswith("after 0:20.000 (silence): 0 (")
    assert after.endswith("10.0 s of that time unheard.")


def test_a_part_without_sound_cannot_hear() -> None:
    report = make_report(coverage=[(0.0, 30.0, "heard"), (30.0, 60.0, "muted")], moments=[Moment(30.0, "muted here")])
    assert "after 0:30.000 (muted here): cannot hear: nothing in that time could be heard" in said(report)


def test_a_comparison_is_told_with_verdict_and_what_it_would_take() -> None:
    span = SpanComparison("consistent", 41.0, 41.4, 0.003, 0.1, 0.8, 0.1, "The span agrees.")
    comparison = Comparison(
        make_tally("officers", 96), "5e", "consistent", None, 0.1, 0.8, 0.1, span, ("A reason.",), "It takes 3.", "S."
    )
    section = summary.sections(make_report(), [comparison])[-1]
    assert section.finding == "officers: consistent."
    text = " ".join(section.sentences)
    for part in ("S.", "A reason.", "It takes 3.", "The span agrees."):
        assert part in text


@pytest.mark.parametrize(
    ("value_s", "text"),
    [(0.0, "0.0 s"), (0.012, "12 ms"), (41.4, "41.4 s"), (3600.0, "3,600.0 s (1:00:00)")],
)
def test_lengths_of_time(value_s: float, text: str) -> None:
    assert summary.seconds(value_s) == text


def test_the_recording_is_described_in_one_line() -> None:
    assert summary.recording_sentence(make_report()) == (
        "1:00.000 long, mov, aac 48 kHz, 1 channel, 1280x720, 29.97 frames/s"
    )


@pytest.mark.parametrize("rate", ["abc", "0/0", "30/0", ""])
def test_a_frame_rate_that_is_none_is_unknown(rate: str) -> None:
    report = make_report()
    video = dataclasses.replace(report.recording.video, frame_rate=rate) if report.recording.video else None
    told = summary.recording_sentence(
        dataclasses.replace(report, recording=dataclasses.replace(report.recording, video=video))
    )
    assert told.endswith("1280x720, unknown frames/s")


def test_a_strangers_codec_says_nothing_to_the_terminal_itself() -> None:
    report = make_report()
    recording = dataclasses.replace(report.recording, container="\x1b[2Jmp4", sha256="\x1b]0;")
    told = terminal.findings("a\x1b.mp4", dataclasses.replace(report, recording=recording), ())
    assert "\x1b" not in told
    assert "\ufffd[2Jmp4" in told


def test_a_rounding_of_time_stamps_is_no_unheard_time() -> None:
    report = make_report(coverage=[(0.0, 0.02, "no_audio"), (0.02, 30.0, "heard"), (30.0, 60.0, "muted")])
    told = " ".join(summary.coverage_sentences(report))
    assert "has no sound" not in told
    assert "is digital silence" in told


def test_a_table_says_nothing_to_the_terminal_itself() -> None:
    told = terminal.table("", ("a", "b"), [("one\x1b[2Jtwo", "first\nsecond")])
    assert "\x1b" not in told
    assert "one\ufffd[2Jtwo" in told
    assert [line.split()[-1] for line in told.rstrip().splitlines()[-2:]] == ["first", "second"]


def self_tested_report() -> Report:
    rows = (
        LevelRecall("alone", None, 0.0, 10, 0, 0.0, 0.26, 0),
        LevelRecall("alone", 30.0, 40.0, 10, 8, 0.49, 0.96, 0),
        LevelRecall("same gun", 12.0, 18.0, 10, 4, 0.15, 0.7, 2),
        LevelRecall("same gun", 18.0, 24.0, 30, 27, 0.76, 0.97, 3),
    )
    test = SelfTest(
        obstacle=None,
        echoes_of=1,
        copied=3,
        recall=rows,
        echo_mistakes=(EchoMistakes("alone", 8, 0, 0.0, 0.4), EchoMistakes("same gun", 32, 4, 0.04, 0.3)),
        gaps=(GapShare(0.003, 12, 1, 0.0, 0.3), GapShare(0.08, 12, 8, 0.4, 0.9)),
        half_apart_s=0.08,
        most_apart_s=None,
        quiet_s=812.0,
        alone=2,
        most_alarms_per_hour=27.9,
    )
    return dataclasses.replace(make_report(), self_test=test)


def test_a_self_test_is_told_with_what_it_cannot_say() -> None:
    (section,) = (s for s in summary.sections(self_tested_report()) if s.title == "Self-test")
    assert section.finding == (
        "Of 40 copies of this recording's own shots, inside its volleys, that stand out by 6 dB or more, "
        "78% were found again."
    )
    told = " ".join(section.sentences)
    assert "31 of 40 that stand out as much were found, half or more from 18 dB on." in told
    assert (
        "Single shots away from all volleys: 8 of 10 that stand out as much were found, half or more from 30 dB on."
        in told
    )
    assert (
        "in half of the pairs from 80 ms on, in nine of ten at no gap (8 of 12 at 80 ms, the longest tested)." in told
    )
    assert "4 more sounds were listed" in told
    assert "2 single sounds are listed: even if none of them is a shot, fewer than 28 false alarms an hour" in told
    assert "passed neither the recorder's gain control nor its codec" in told


@pytest.mark.parametrize(
    ("half_s", "most_s", "words"),
    [
        (None, None, "At no gap that was tested are half of the pairs told apart (8 of 12 at 80 ms"),
        (0.012, 0.03, "in half of the pairs from 12 ms on, in nine of ten from 30 ms on."),
    ],
)
def test_gaps_at_which_shots_are_told_apart(half_s: float | None, most_s: float | None, words: str) -> None:
    report = self_tested_report()
    assert report.self_test is not None
    test = dataclasses.replace(report.self_test, half_apart_s=half_s, most_apart_s=most_s)
    assert words in " ".join(selftest_words.sentences(test))


def test_what_a_self_test_cannot_say_is_said() -> None:
    report = self_tested_report()
    assert report.self_test is not None
    test = report.self_test
    quiet = " ".join(selftest_words.sentences(dataclasses.replace(test, most_alarms_per_hour=None)))
    assert "Only 812 s were heard away from volleys: too little to say how often something else is listed." in quiet
    crowded = dataclasses.replace(test, recall=tuple(row for row in test.recall if row.situation != "alone"))
    assert "Away from volleys there is no room to plant anything" in " ".join(selftest_words.sentences(crowded))
    clean = dataclasses.replace(test, alone=0, echo_mistakes=(EchoMistakes("alone", 8, 0, 0.0, 0.4),), gaps=())
    told = " ".join(selftest_words.sentences(clean))
    assert "In the second after the 8 that were found, nothing else was listed for them." in told
    assert "no sound is listed: even if none of them" in told
    assert "pairs" not in told
    faint = tuple(dataclasses.replace(row, found=0) for row in test.recall)
    assert "less than half at every level" in " ".join(
        selftest_words.sentences(dataclasses.replace(test, recall=faint))
    )
    assert selftest_words.finding(dataclasses.replace(test, recall=())) == (
        "No shot could be planted so that it stands out by 6 dB or more."
    )


def test_a_self_test_without_room_says_only_that() -> None:
    report = dataclasses.replace(make_report(()), self_test=SelfTest(obstacle="no room to plant shots: too short"))
    (section,) = (s for s in summary.sections(report) if s.title == "Self-test")
    assert (section.finding, section.sentences) == ("Not possible: no room to plant shots: too short.", ())
    assert "Self-test" not in [s.title for s in summary.sections(make_report())]


def test_levels_of_a_self_test_as_a_table() -> None:
    test = self_tested_report().self_test
    assert test is not None
    assert selftest_words.level_rows(test) == (
        ("below 0 dB", "", "", "0 of 10 (0%-26%)", ""),
        ("12-18 dB", "4 of 10 (15%-70%)", "", "", "2"),
        ("18-24 dB", "27 of 30 (76%-97%)", "", "", "3"),
        ("30-40 dB", "", "", "8 of 10 (49%-96%)", ""),
    )
