"""What a comparison says, word for word: these sentences are quoted."""

from __future__ import annotations

import dataclasses

import pytest

from detector.core.comparison import compare
from detector.records import Comparison, Rejected, Report, State, Tally
from tests.builders import make_incident, make_report, make_tally

Stretch = tuple[float, float, State]
MUTED: list[Stretch] = [(0.0, 50.0, "heard"), (50.0, 52.0, "muted"), (52.0, 300.0, "heard")]


def sure(n: int, coverage: list[Stretch] | None = None, **told: object) -> Report:
    report = make_report([40 + 0.4 * row for row in range(n)], probability=1.0, duration_s=300.0, coverage=coverage)
    return dataclasses.replace(report, **told)  # type: ignore[arg-type]  # fields of several types


def compared(report: Report, low: int, **told: object) -> Comparison:
    return compare(report, dataclasses.replace(make_tally(low=low), **told))  # type: ignore[arg-type]  # fields of several types


@pytest.mark.parametrize(
    ("report", "tally", "words"),
    [
        (
            sure(20), make_tally(low=20),
            "The published number is 20 (four officers). The audio holds 20 sounds consistent with gunshots in this"
            " recording (90 % interval, best estimate 20; 20 listed as shots); the two are consistent.",
        ),
        (
            sure(1), make_tally(low=2, window=(30.0, 90.0)),
            "The published number for 0:30.000 to 1:30.000 is 2 (four officers). The audio holds 1 sound consistent"
            " with gunshots there (90 % interval, best estimate 1; 1 listed as shots); the audio hears fewer.",
        ),
        (
            sure(20), make_tally(low=10, high=12, tolerance=2, everyone=False),
            "The published number is 10 to 12 (four officers; others are left out), taken as 8 to 14 with its"
            " tolerance of 2. The audio holds 20 sounds consistent with gunshots in this recording (90 % interval,"
            " best estimate 20; 20 listed as shots); the audio hears more, as expected: this number leaves others"
            " out. Audio alone does not show who fired any shot.",
        ),
        (
            sure(20), make_tally(low=30, of=("a", "b", "c")),
            "The published number is 30 (sum of 'a', 'b' and 'c'; four officers). The audio holds 20 sounds"
            " consistent with gunshots in this recording (90 % interval, best estimate 20; 20 listed as shots); the"
            " audio hears fewer.",
        ),
        (
            sure(20, MUTED), make_tally(low=22),
            "The published number is 22 (four officers). The audio holds 20 sounds consistent with gunshots in this"
            " recording (90 % interval, best estimate 20; 20 listed as shots); the heard part alone has fewer, but"
            " 2.0 s in which nothing could be heard could hold shots, so the audio cannot tell.",
        ),
        (
            sure(20, MUTED), make_tally(low=20),
            "The published number is 20 (four officers). The audio holds 20 sounds consistent with gunshots in this"
            " recording (90 % interval, best estimate 20; 20 listed as shots); the heard part alone would agree, but"
            " 2.0 s in which nothing could be heard could hold shots, so the audio cannot tell.",
        ),
        (
            sure(20, MUTED), make_tally(low=90, everyone=False),
            "The published number is 90 (four officers; others are left out). The audio holds 20 sounds consistent"
            " with gunshots in this recording (90 % interval, best estimate 20; 20 listed as shots); the audio hears"
            " fewer on the part that could be heard, although this number leaves others out. Audio alone does not"
            " show who fired any shot.",
        ),
        (
            sure(0, [(0.0, 300.0, "muted")]), make_tally(low=3),
            "The published number is 3 (four officers). Nothing could be heard there, so the audio cannot tell.",
        ),
    ],
)  # fmt: skip
def test_the_sentence(report: Report, tally: Tally, words: str) -> None:
    assert compare(report, tally).sentence == words


def test_possible_onsets_and_hidden_shots_are_told_beside_the_list() -> None:
    chances = [1.0] * 10 + [0.4, 0.45]
    report = make_report([40 + 0.4 * row for row in range(12)], probability=chances, extra=(0.5, 0.0))
    told = compared(report, 16)
    more = told.count.best - 10 if told.count else 0
    assert more > 1
    assert (
        f"10 listed as shots, 2 as possible: {more} probably hidden in overlaps or among weaker onsets" in told.sentence
    )
    assert "hidden" not in compared(sure(10), 16).sentence


def test_a_range_so_wide_that_twice_would_fit_is_said() -> None:
    report = make_report([40 + 0.4 * row for row in range(30)], probability=[1.0] + [0.3] * 29, duration_s=300.0)
    told = compared(report, 14)
    assert "half or twice the published number would fit as well, so the audio cannot tell" in told.sentence
    assert told.what_it_would_take.endswith("A clearer or a second recording would narrow the interval.")
    assert "clearer" not in compared(sure(20), 20).what_it_would_take


def test_every_stretch_that_nothing_was_heard_in_is_named_with_what_hangs_on_it() -> None:
    assert compared(sure(20, MUTED), 20).reasons[0] == (
        "2.0 s muted (0:50.000 to 0:52.000): shots there are in no count, which speaks of heard time only."
    )
    short: list[Stretch] = [(0, 50, "heard"), (50, 50.1, "damaged"), (50.1, 50.2, "muted"), (50.2, 300, "heard")]
    assert compared(sure(20, short), 20).reasons[0] == (
        "0.10 s damaged and 0.10 s muted (0:50.000 to 0:50.100, 0:50.100 to 0:50.200): below 0.25 s in all,"
        " so no verdict hangs on it."
    )
    far: list[Stretch] = [(0, 200, "heard"), (200, 230, "masked"), (230, 300, "heard")]
    assert compared(sure(20, far), 20).reasons[0] == (
        "30.0 s masked by a tone (3:20.000 to 3:50.000): at least 60 s of heard quiet part this from every shot, so"
        " no verdict hangs on it; a window in the tally file that takes it in would change that."
    )
    assert compared(sure(20, far), 20, span_s=8.0).reasons[0] == (
        "30.0 s masked by a tone (3:20.000 to 3:50.000): the published span leaves no room for shots there, so no"
        " verdict hangs on it."
    )
    assert "unheard" not in " ".join(compared(sure(20), 20).reasons)


def test_more_than_a_dozen_are_counted_rather_than_named() -> None:
    holes = [(50.0 + row, 50.5 + row, "muted") for row in range(13)]
    heard = [(50.5 + row, 51.0 + row, "heard") for row in range(13)]
    told = compared(sure(20, sorted([(0.0, 50.0, "heard"), *holes, *heard, (63.0, 300.0, "heard")])), 20)  # type: ignore[list-item]
    assert "1:01.000 to 1:01.500 and 1 more)" in told.reasons[0]
    twelve = compared(sure(20), 8).what_it_would_take
    assert "more" not in twelve
    assert twelve.count(" at 0:") == 12
    assert compared(sure(20), 7).what_it_would_take.endswith(" and 1 more.")


def test_chances_are_told_of_each_side_and_never_as_certain() -> None:
    words = "(not chances that the published number is true)."
    assert compared(sure(20), 20).reasons == (
        "Chances that the count in heard time is below 20: under 1 %, equal to 20: over 99 %, above 20: under 1 % "
        f"{words}",
    )
    assert compared(sure(20), 0, high=30).reasons == (
        f"Chances that the count in heard time is in 0 to 30: over 99 %, above 30: under 1 % {words}",
    )
    even = make_report([40.0, 40.4], probability=[1.0, 0.5])
    assert "below 2: 41 %, equal to 2: 59 %" in compared(even, 2).reasons[0]


def test_what_is_left_for_those_whom_the_number_leaves_out() -> None:
    assert (
        "If the published number holds, 8 to 10 of the shots heard are not among those it counts."
        in compared(sure(20), 10, high=12, everyone=False).reasons
    )
    assert "0 to 1 of the shots" in " ".join(compared(sure(20), 19, high=22, everyone=False).reasons)
    assert "0 of the shots" in " ".join(compared(sure(20), 20, everyone=False).reasons)
    assert "not among those" not in " ".join(compared(sure(20), 21, everyone=False).reasons)
    assert "not among those" not in " ".join(compared(sure(20), 10).reasons)


def test_doubts_follow_the_verdict() -> None:
    faint, wrong = (
        "Shots too faint to stand out at this microphone are not in its count.",
        "The difference does not show that either number is wrong.",
    )
    assert compared(sure(20), 21).reasons[1:] == (faint, wrong)
    assert compared(sure(20), 19).reasons[1:] == (wrong,)
    assert len(compared(sure(20), 20).reasons) == 1


def test_conditions_that_no_interval_was_calibrated_in_are_told() -> None:
    told = "What was heard lies outside the conditions on which the interval was calibrated."
    for inside in (True, False):
        report = dataclasses.replace(sure(20), basis={"inside_calibrated_range": inside})
        assert (told in compared(report, 20).reasons) is not inside


def test_several_recordings_are_called_so() -> None:
    assert "consistent with gunshots in this recording (" in compare(sure(20), make_tally(low=20)).sentence
    assert "consistent with gunshots in these recordings (" in compare(make_incident(), make_tally(low=5)).sentence


def test_overloaded_seconds_are_those_in_the_window() -> None:
    report = sure(20, [(0, 41, "heard"), (41, 44, "overloaded"), (44, 300, "heard")])
    words = "s are overloaded: shots may hide there."
    assert f"3.0 {words}" in compared(report, 20).reasons
    assert f"1.0 {words}" in compared(report, 20, window=(43.0, 90.0)).reasons
    assert "overloaded" not in " ".join(compared(report, 20, window=(44.0, 90.0)).reasons)


@pytest.mark.parametrize(
    ("report", "tally", "words"),
    [
        (sure(20), make_tally(low=20), "For 20 to hold, nothing more is needed: 20 are listed as shots."),
        (
            sure(3), make_tally(low=2),
            "For 2 to hold, the weakest listed onset would have to be an echo or another sound: 1 at 0:40.000 (1.00).",
        ),
        (
            sure(20), make_tally(low=25),
            "For 25 to hold, 5 more than the 20 listed as shots would have to hide in overlaps (expected:"
            " 0), or be too faint to hear.",
        ),
        (
            sure(0, [(0.0, 300.0, "muted")]), make_tally(low=3),
            "For 3 to be seen in audio, another recording of this time is needed.",
        ),
        (
            sure(20, MUTED), make_tally(low=22),
            "For 22 to hold, 2 more than the 20 listed as shots would have to hide in overlaps (expected:"
            " 0), or be too faint to hear. 2 or more shots in the 2.0 s unheard would do (50 fit at the densest fire"
            " on record, 25 a second); a window in the tally file says which part it speaks of.",
        ),
        (
            sure(20, MUTED), make_tally(low=20, window=(30.0, 90.0)),
            "For 20 to hold, nothing more is needed: 20 are listed as shots. 1 or more shots in the 2.0 s unheard would"
            " put the audio above it (50 fit at the densest fire on record, 25 a second).",
        ),
    ],
)  # fmt: skip
def test_what_it_would_take(report: Report, tally: Tally, words: str) -> None:
    assert compare(report, tally).what_it_would_take == words


def test_listed_shots_that_do_not_add_up_and_one_that_is_hidden() -> None:
    doubtful = make_report([40 + 0.4 * row for row in range(100)], probability=[1.0] + [0.5] * 99, duration_s=300.0)
    told = compared(doubtful, 95)
    assert told.count is not None
    assert f"For 95 to hold, {95 - told.count.best} more of the doubtful onsets" in told.what_it_would_take
    one = make_report([40 + 0.4 * row for row in range(10)], probability=1.0, extra=(0.1, 0.0))
    assert "10 listed as shots: 1 probably hidden" in compared(one, 16).sentence


def test_possible_and_refused_onsets_are_places_where_shots_may_be() -> None:
    refused = tuple(Rejected(50 + row, 60.0 + row, 0.1, "echo") for row in range(3))
    report = make_report([40.0, 40.4, 40.8], probability=[1.0, 1.0, 0.3], rejected=refused, duration_s=300.0)
    assert (
        "be among the possible onsets (1), be among the refused onsets (3), or be too"
        in compared(report, 9).what_it_would_take
    )
    assert "refused onsets (2)" in compared(report, 9, window=(40.0, 62.0)).what_it_would_take
    assert "refused" not in compared(report, 9, window=(0.0, 60.0)).what_it_would_take


def test_the_weakest_go_even_if_nothing_else_comes_in() -> None:
    report = make_report(
        [40.0, 40.4, 40.8, 41.2], probability=[0.99, 0.97, 0.98, 0.3],
        extra=[(0.0, 0.0), (0.0, 0.0), (0.9, 0.0), (0, 0)],
        duration_s=300.0,
    )  # fmt: skip
    told = compared(report, 1).what_it_would_take
    assert "the 2 weakest listed onsets would have to be echoes or other sounds, even if no shot hides" in told
    assert "and none of the 1 possible onsets is a shot: 2 at 0:40.400 (0.97), 3 at 0:40.800 (0.98)." in told
