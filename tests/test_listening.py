import numpy as np
import pytest

from detector.core.level import Level, measure
from detector.core.listening import BANDS, STEP_S, Envelope, EnvelopeMeter, Listening, listening
from detector.core.stretches import cut
from detector.media.samples import SampleTrack
from detector.settings import StretchSettings
from tests.builders import make_report
from tests.ears import envelope, extent_s
from tests.soundscape import street


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_the_level_of_a_row_is_the_mean_of_the_hops_in_it(rate_hz: int) -> None:
    sound = SampleTrack(street([1.0, 2.5], 4.0, rate_hz), rate_hz, 1.5)
    (stretch,) = cut(sound.blocks(), StretchSettings())
    level = measure(stretch)
    kept = envelope(sound)
    middle_s = (level.first_hop + np.arange(len(level.heard)) + 0.5) * level.hop_s
    for row in (0, 100, 203, 511):
        inside = (np.floor(middle_s / STEP_S) == kept.first + row) & level.heard
        expected = 10 * np.log10(level.energy[inside, BANDS].astype(np.float64).mean(axis=0) + 1e-10)
        assert kept.level_db[row].astype(np.float64) == pytest.approx(expected, abs=0.05)
    start_s, stop_s = extent_s(kept)
    assert start_s == pytest.approx(1.5, abs=STEP_S)
    assert stop_s == pytest.approx(5.5, abs=2 * STEP_S)


def test_how_the_sound_was_cut_makes_no_difference() -> None:
    sound = SampleTrack(street([1.0, 8.0], 20.0), 16_000)
    whole, parts = (envelope(sound, StretchSettings(length_s=length_s)) for length_s in (60.0, 7.0))
    assert np.array_equal(whole.heard, parts.heard)
    assert whole.level_db == pytest.approx(parts.level_db, abs=0.1)


def test_of_no_sound_nothing_is_kept() -> None:
    assert len(EnvelopeMeter().envelope().heard) == 0


def test_unheard_time_is_passed_over_with_its_edges() -> None:
    kept = Envelope(0, np.zeros((2000, 3), np.float16), np.ones(2000, np.bool_))
    told = make_report(
        [1.0, 7.0],
        coverage=((0.0, 4.0, "heard"), (4.0, 6.0, "muted"), (6.0, 8.0, "overloaded"), (8.0, 10.0, "not_analysed")),
        duration_s=10.0,
    )
    heard = listening(kept, told)
    assert heard.heard_s == pytest.approx(10 - 4 - 3 * 0.05, abs=2 * STEP_S)
    assert not heard.envelope.heard[round(3.96 / STEP_S) : round(6.04 / STEP_S)].any()
    assert heard.onset_s.tolist() == [1.0, 7.0]
    assert heard.key == make_report([]).recording.sha256


def part(first: int, rows: int) -> Listening:
    envelope = Envelope(first, np.zeros((rows, 3), np.float16), np.ones(rows, np.bool_))
    return Listening("part", envelope, np.empty(0), np.empty(0))


def test_a_part_holds_what_lies_within_it() -> None:
    whole, within, over_its_end = part(0, 200), part(100, 50), part(180, 50)
    assert whole.holds(within)
    assert not within.holds(whole)
    assert not whole.holds(over_its_end)


def test_unheard_time_before_a_part_does_not_touch_it_and_at_its_beginning_does() -> None:
    told = make_report([], coverage=((0.0, 4.0, "muted"), (4.0, 10.0, "heard")), duration_s=10.0)
    assert listening(part(1000, 100).envelope, told).envelope.heard.all()
    assert not listening(part(0, 100).envelope, told).envelope.heard.any()


def test_a_row_is_heard_from_three_of_its_five_hops_on_in_three_bands() -> None:
    energy = np.tile(np.array([1.0, 1e-2, 1e-3, 1e-4, 1.0], np.float32), (10, 1))
    heard = np.array([1, 1, 1, 0, 0, 1, 1, 0, 0, 0], bool)
    meter = EnvelopeMeter()
    meter.add(Level(0, 0.001, energy * heard[:, None], np.ones(10, np.float32), heard, 5), slice(0, 10))
    kept = meter.envelope()
    assert kept.level_db.tolist() == [[-20.0, -30.0, -40.0]] * 2  # neither the rumble nor what codecs drop
    assert kept.heard.tolist() == [True, False]
