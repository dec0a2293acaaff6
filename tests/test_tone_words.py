"""What is said of the tones that devices made: no more than is so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from detector.records import DeviceTone
from detector.views import summary, tone_words
from tests.builders import make_report


def tones(times_s: Sequence[float], pitch_hz: float = 2100.0, count: int = 1) -> list[DeviceTone]:
    return [DeviceTone(t + 0.25 * k, t + 0.25 * k + 0.12, pitch_hz) for t in times_s for k in range(count)]


def said(found: Sequence[DeviceTone]) -> str:
    return " ".join(tone_words.sentences(sorted(found, key=lambda tone: tone.start_s)))


def test_without_tones_nothing_is_said() -> None:
    assert tone_words.sentences(()) == ()
    assert "Tones" not in [section.title for section in summary.sections(make_report())]


def test_one_tone_is_told_with_pitch_and_time() -> None:
    told = said(tones([7.4]))
    assert told == "1 short steady tone, as cameras and other devices make them, none counted: 1 at 2.1 kHz (0:07.400)."


def test_beeps_every_two_minutes_check_the_clock() -> None:
    told = said(tones([0.412 + 120.003 * k for k in range(5)], count=2))
    assert "10 short steady tones" in told
    assert "5 prompts of 2 tones at 2.1 kHz, every 120.003 s from 0:00.412 on, to within 1 ms" in told
    assert "(0:00.412, 2:00.415, 4:00.418, 6:00.421 and 1 more)" in told
    assert "the clock of this sound is right within 33 millionths" in told


def test_another_interval_is_told_without_a_word_on_the_clock() -> None:
    told = said(tones([3.0, 33.5, 64.0, 94.5]))
    assert "every 30.500 s from 0:03.000 on" in told
    assert "clock" not in told


def test_missing_beats_and_prompts_between_do_not_hide_a_rhythm() -> None:
    told = said(tones([0.4, 120.4, 131.0, 240.4, 480.4, 490.0]))
    assert "6 at 2.1 kHz, 4 of them every 120.000 s from 0:00.400 on" in told


@pytest.mark.parametrize("times_s", [[1.0, 121.0], [1.0, 90.0, 200.0, 260.0], [1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 5.0]])
def test_what_keeps_no_slow_rhythm_is_not_said_to(times_s: list[float]) -> None:
    assert "every" not in said(tones(times_s))


def test_a_slow_wandering_timer_is_still_a_rhythm_but_its_spread_is_told() -> None:
    told = said(tones([10.0, 130.02, 250.01, 370.03, 490.02]))
    assert "5 at 2.1 kHz, every 120.005 s from 0:10.000 on, to within 9 ms" in told
    assert "right within 79 millionths" in told


def test_pitches_are_told_apart_the_commonest_first_and_at_most_three() -> None:
    found = [*tones([1.0], 900.0), *tones([10.0, 20.5], 2000.0), *tones([40.0], 3000.0), *tones([50.0, 60.0], 4000.0)]
    told = said(found)
    assert told.index("2 at 2 kHz") < told.index("2 at 4 kHz") < told.index("1 at 0.9 kHz")
    assert told.endswith("; 1 at other pitches.")


def test_the_summary_names_them_behind_what_was_refused() -> None:
    report = make_report(device_tones=tones([1.0]))
    titles = [section.title for section in summary.sections(report)]
    assert titles[titles.index("Tones") - 1] in ("Refused", "Heard", "Repeats")
