from __future__ import annotations

from detector.core.edits import about_cuts, between, warnings
from detector.records import Coverage, Repeat


def test_silence_between_sounds_is_named_with_its_times() -> None:
    coverage = [Coverage(0.0, 75.0, "heard"), Coverage(75.0, 77.5, "muted"), Coverage(77.5, 90.0, "overloaded")]
    (sentence,) = warnings(coverage, [])
    assert "1:15" in sentence
    assert "1:17.5" in sentence


def test_silence_at_the_ends_short_silence_and_late_sound_are_no_cards() -> None:
    coverage = [
        Coverage(0.0, 4.0, "muted"),
        Coverage(4.0, 10.0, "heard"),
        Coverage(10.0, 10.3, "muted"),
        Coverage(10.3, 20.0, "heard"),
        Coverage(20.0, 22.0, "no_audio"),
        Coverage(22.0, 30.0, "heard"),
        Coverage(30.0, 33.0, "muted"),
    ]
    assert warnings(coverage, []) == ()


def test_a_file_that_cannot_be_heard_has_no_cards() -> None:
    assert warnings([Coverage(0.0, 9.0, "muted")], []) == ()


def test_showings_are_named_in_time_order_with_their_speed() -> None:
    coverage = [Coverage(0.0, 20.0, "heard"), Coverage(20.0, 22.0, "muted"), Coverage(22.0, 60.0, "heard")]
    showings = [Repeat(25.0, 35.0, 5.0), Repeat(40.0, 60.0, 5.0, 0.5)]
    card, again, slowed = warnings(coverage, showings)
    assert "0:20" in card
    assert "0:25" in again
    assert "speed" not in again
    assert "0.5 times the speed" in slowed


def test_cuts_are_named_up_to_five_then_counted() -> None:
    assert about_cuts([]) == ()
    assert "at 0:41.200: this" in about_cuts([41.2])[0]
    assert "at 0:41.200, 1:12.030 and 2:00.000: this" in about_cuts([41.2, 72.03, 120.0])[0]
    (many,) = about_cuts([float(time_s) for time_s in range(1, 13)])
    assert "0:04.000, 0:05.000 and 7 more: this" in many
    assert "0:06" not in many


def test_places_that_were_not_looked_at_are_told_beside_cuts_only() -> None:
    assert "Another 31 places" in about_cuts([41.2], left_out=31)[0]
    assert "not looked at" not in about_cuts([41.2])[0]
    assert about_cuts([], left_out=31) == ()


def silent(start_s: float, stop_s: float) -> list[Coverage]:
    return [Coverage(0, start_s, "heard"), Coverage(start_s, stop_s, "muted"), Coverage(stop_s, 90, "heard")]


def test_silence_of_half_a_second_is_a_card_and_a_shorter_one_a_dropout() -> None:
    assert warnings(silent(10.0, 10.5), []) == (
        "Digital silence from 0:10.000 to 0:10.500 between two sounding parts: a mute, or a title card of a"
        " compilation, whose parts may show one event several times.",
    )
    assert warnings(silent(10.0, 10.49), []) == ()


def test_sound_far_behind_a_card_is_sound() -> None:
    assert len(warnings([*silent(10.0, 20.0), Coverage(90, 95, "muted"), Coverage(95, 99, "damaged")], [])) == 1


def test_five_cuts_are_named_and_of_six_one_is_counted() -> None:
    assert "at 0:01.000, 0:02.000, 0:03.000, 0:04.000 and 0:05.000: this" in about_cuts([1.0, 2.0, 3.0, 4.0, 5.0])[0]
    assert "0:05.000 and 1 more: this" in about_cuts([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])[0]


def test_a_showing_is_told_with_where_it_was_shown_first() -> None:
    (again,) = warnings([], [Repeat(25.0, 35.0, 5.0)])
    assert again == (
        "From 0:25.000 to 0:35.000 the file shows again what it showed from 0:05.000 on: this file was edited, and"
        " shots shown twice are counted once."
    )


def test_between_recordings_the_speed_is_told_where_it_is_another() -> None:
    same, slow = between([Repeat(25.0, 35.0, 5.0), Repeat(40.0, 60.0, 5.0, 0.5)])
    assert same.startswith(
        "From 0:25.000 to 0:35.000 of the incident's clock the recordings have the rhythm of what they had from"
        " 0:05.000 on: it is taken for a second showing"
    )
    assert "have the rhythm, at 0.5 times the speed, of what they had from 0:05.000 on" in slow


def test_every_card_between_sounds_is_named() -> None:
    parts = [Coverage(10.0 * row, 10.0 * row + 10, "muted" if row % 2 else "heard") for row in range(5)]
    assert [sentence[21:30] for sentence in warnings(parts, [])] == ["0:10.000 ", "0:30.000 "]
