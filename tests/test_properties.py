"""What must hold for the whole road from sound to report, whatever the sound: by a model that needs no training."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.media.samples import SampleTrack
from detector.recording import report_on
from detector.records import Float32, Report, Track
from detector.settings import OnsetSettings, Settings
from tests.soundscape import RATE_HZ, Pieces, rattle, simple_model, street, with_stretches

ONE = with_stretches(3600.0)
LONGEST_S = 8.0 + 2.0 + 0.1  # an echo is explained by shots 8 s away, whose columns see 2 s further
few = settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow])
pytestmark = pytest.mark.filterwarnings("error")


def report(track: Track, chosen: Settings = ONE, window: tuple[float | None, float | None] = (None, None)) -> Report:
    return report_on(track, chosen, window, model=simple_model())


def of_samples(sound: Float32, first_s: float = 0.0, chosen: Settings = ONE) -> Report:
    return report(SampleTrack(sound, RATE_HZ, first_s), chosen)


@cache
def busy(seconds: float = 31.0) -> Float32:
    """Volleys, the first 8 s shown again from 20 s on, and 6 s in which everything rattles."""
    # No two are half a second apart: that is where columns of neighbours begin, and rounding would decide.
    sound = street([1.0, 1.3, 1.7, 2.23, 2.9, 6.0, 6.4, 29.3, 30.0], seconds, seed=5)
    sound[9 * RATE_HZ : 15 * RATE_HZ] += rattle(6.0, seed=4)
    start, length = 20 * RATE_HZ, 8 * RATE_HZ
    sound[start : start + length] = sound[:length]
    return np.clip(sound, -1, 1)


def equal(one: Report, other: Report, leave: Sequence[str] = ()) -> None:
    """Both reports to the last bit, the settings of the stretches apart."""
    kept = [
        f.name for f in dataclasses.fields(Report) if f.name not in (*leave, "overview", "settings", "result_sha256")
    ]
    for name in kept:
        assert getattr(one, name) == getattr(other, name), name
    assert one.overview is not None
    assert other.overview is not None
    for field in dataclasses.fields(one.overview):
        np.testing.assert_array_equal(getattr(one.overview, field.name), getattr(other.overview, field.name))


def test_the_sound_of_these_tests_has_all_that_a_report_can_hold() -> None:
    found = of_samples(busy())
    assert len(found.shots) > 10
    assert len(found.rejected) > 10
    assert len(found.rejected_counts) > 1
    assert len(found.volleys) > 1
    assert len(found.repeats) == 1
    assert any(shot.repeat_of for shot in found.shots)
    assert any(refused.of_shot for refused in found.rejected)


@few
@given(st.integers(1, 50_000))
def test_the_answer_does_not_depend_on_how_the_stream_was_cut(block_samples: int) -> None:
    block_samples = max(block_samples, 37)
    cut = SampleTrack(busy(), RATE_HZ, block_samples=block_samples)
    assert report(cut).to_json() == of_samples(busy()).to_json()


@cache
def beeping() -> Float32:
    """A volley among beeps, some of them behind its shots."""
    sound, t = busy()[: 18 * RATE_HZ].copy(), np.arange(round(0.15 * RATE_HZ)) / RATE_HZ
    tone = 0.4 * np.sin(2 * np.pi * 1900 * t) * np.minimum(1, np.minimum(t, t[::-1]) / 0.002)
    for at_s in (0.3, 1.5, 4.02, 4.2, 7.4, 8.2, 16.1):
        sound[round(at_s * RATE_HZ) :][: len(tone)] += tone.astype(np.float32)
    return sound


@few
@given(st.integers(37, 50_000), st.floats(1.0, 20.0))
def test_tones_do_not_depend_on_the_cut_either(block_samples: int, length_s: float) -> None:
    whole = of_samples(beeping())
    assert len(whole.device_tones) >= 4
    assert any(refused.reason == "tonal" for refused in whole.rejected_counts)
    equal(report(SampleTrack(beeping(), RATE_HZ, block_samples=block_samples), with_stretches(length_s)), whole)


@few
@given(st.integers(-300, 1500))
def test_a_shift_by_whole_frames_shifts_tones(frames: int) -> None:
    here, there = of_samples(beeping()), of_samples(beeping(), first_s=frames * 0.040)
    for a, b in zip(here.device_tones, there.device_tones, strict=True):
        assert b.start_s == pytest.approx(a.start_s + frames * 0.040, abs=2e-6)
        assert b.stop_s == pytest.approx(a.stop_s + frames * 0.040, abs=2e-6)
        assert b.frequency_hz == a.frequency_hz
    assert [s.probability for s in here.shots] == [s.probability for s in there.shots]


@pytest.mark.parametrize("block_samples", [1, 496_000])
def test_nor_on_blocks_of_one_sample_or_of_all(block_samples: int) -> None:
    sound = busy()[: 4 * RATE_HZ]
    assert report(SampleTrack(sound, RATE_HZ, block_samples=block_samples)).to_json() == of_samples(sound).to_json()


@few
@given(st.one_of(st.sampled_from([120.0, 7.0, 1.0, 31.0]), st.floats(1.0, 40.0)))
def test_nor_on_the_length_of_the_stretches(length_s: float) -> None:
    equal(of_samples(busy(), chosen=with_stretches(length_s)), of_samples(busy()))


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 44_100])
def test_nor_at_other_sample_rates(rate_hz: int) -> None:
    sound = rattle(12.0, rate_hz)
    one, cut = (report(SampleTrack(sound, rate_hz), with_stretches(length_s)) for length_s in (3600.0, 3.3))
    assert len(one.rejected) + len(one.shots) > 20
    equal(cut, one)


@few
@given(
    st.lists(st.integers(1, 200_000), min_size=1, max_size=4),
    st.lists(st.integers(1, 200_000), min_size=4),
    st.floats(1, 9),
)
def test_nor_where_there_are_gaps(lengths: list[int], gaps: list[int], length_s: float) -> None:
    pieces, at, used = [], gaps[0], 0
    for length, gap in zip(lengths, gaps, strict=False):
        pieces.append((at, busy()[used : used + length]))
        used, at = used + length, at + length + gap
    pieces = [(first, sound) for first, sound in pieces if len(sound)]
    one = report(Pieces(pieces))
    equal(report(Pieces(pieces, block_samples=999), with_stretches(length_s)), one)
    holes = [c for c in one.coverage if c.state == "no_audio"]
    assert not any(c.start_s <= shot.time_s < c.stop_s for c in holes for shot in one.shots)


def test_the_margins_hold_the_longest_neighbourhood() -> None:
    # The longest floor that the settings let through, in stretches as short as they let through.
    onsets = OnsetSettings(floor_reach_s=2.0)
    shortest = dataclasses.replace(with_stretches(1.0), onsets=onsets)
    shortest = dataclasses.replace(shortest, stretches=dataclasses.replace(shortest.stretches, margin_s=4.0))
    equal(of_samples(busy(), chosen=shortest), of_samples(busy()))


@pytest.mark.parametrize("exponent", [-4, -1, 1])
def test_a_gain_that_is_a_power_of_two_changes_nothing_but_the_level(exponent: int) -> None:
    sound = busy() * np.float32(0.25)
    one, other = of_samples(sound), of_samples(sound * np.float32(2.0**exponent))
    assert [dataclasses.replace(s, level_db=0.0) for s in one.shots] == [
        dataclasses.replace(s, level_db=0.0) for s in other.shots
    ]
    for name in ("count", "span", "rejected", "rejected_counts", "volleys"):
        assert getattr(one, name) == getattr(other, name), name
    shift_db = [b.level_db - a.level_db for a, b in zip(one.shots, other.shots, strict=True)]
    np.testing.assert_allclose(shift_db, 20 * exponent * np.log10(2), atol=0.11)


@pytest.mark.parametrize("gain", [0.037, 0.3, 1.9])
def test_any_other_gain_moves_times_by_a_fiftieth_of_a_millisecond_at_most(gain: float) -> None:
    sound = street([1.0, 1.31, 2.2, 5.0, 9.0], 11.0) * np.float32(0.5)
    one, other = of_samples(sound), of_samples(sound * np.float32(gain))
    assert len(one.shots) >= 5
    assert [(s.id, s.status, s.volley) for s in one.shots] == [(s.id, s.status, s.volley) for s in other.shots]
    np.testing.assert_allclose([s.time_s for s in one.shots], [s.time_s for s in other.shots], atol=2e-5)
    np.testing.assert_allclose([s.probability for s in one.shots], [s.probability for s in other.shots], atol=0.02)
    assert one.count is not None
    assert other.count is not None
    assert abs(one.count.best - other.count.best) <= 1


@few
@given(st.integers(-300, 1500))
def test_a_shift_by_whole_frames_shifts_every_time(frames: int) -> None:
    # Forty hops: two frames of the coverage share a spectrum. Minutes of refused onsets move as well.
    shift_s = frames * 0.040
    here, there = of_samples(busy()), of_samples(busy(), first_s=shift_s)
    assert [s.id for s in here.shots] == [s.id for s in there.shots]
    for a, b in zip(here.shots, there.shots, strict=True):
        assert b.time_s == pytest.approx(a.time_s + shift_s, abs=1.1e-6)
        assert dataclasses.replace(b, time_s=a.time_s) == a
    for c, d in zip(here.rejected, there.rejected, strict=True):
        assert d.time_s == pytest.approx(c.time_s + shift_s, abs=1.1e-6)
        assert d.delay_s == pytest.approx(c.delay_s, abs=2.1e-6)
        assert dataclasses.replace(d, time_s=c.time_s, delay_s=c.delay_s) == c
    assert here.count == there.count
    assert sum(c.n for c in here.rejected_counts) == sum(c.n for c in there.rejected_counts)


@pytest.mark.parametrize("hops", [1, 13, 977])
def test_a_shift_by_whole_hops_shifts_every_shot(hops: int) -> None:
    here, there = of_samples(busy()), of_samples(busy(), first_s=hops * 0.001)
    np.testing.assert_allclose(
        [s.time_s for s in there.shots], [s.time_s + hops * 0.001 for s in here.shots], atol=1.1e-6
    )
    assert [s.probability for s in there.shots] == [s.probability for s in here.shots]


def test_a_start_before_zero_is_heard_like_any_other() -> None:
    here, early = of_samples(busy()), of_samples(busy(), first_s=-10.0)
    assert early.coverage[0].start_s == -10.0
    assert early.shots[0].time_s == pytest.approx(here.shots[0].time_s - 10, abs=1.1e-6)
    assert early.count == here.count
    assert early.heard_s == pytest.approx(here.heard_s)


def test_a_late_start_is_no_audio_until_then() -> None:
    late = of_samples(busy(), first_s=29.98)
    assert (late.coverage[0].start_s, late.coverage[0].stop_s, late.coverage[0].state) == (0.0, 29.98, "no_audio")
    assert late.shots[0].time_s > 29.98
    assert late.count == of_samples(busy()).count


@pytest.mark.parametrize("silence_s", [0.5, 5.0, 130.0])
def test_appended_silence_changes_nothing_earlier_than_the_longest_neighbourhood(silence_s: float) -> None:
    sound = busy(45.0)
    more = np.concatenate([sound, np.zeros(round(silence_s * RATE_HZ), np.float32)])
    before_s = len(sound) / RATE_HZ - LONGEST_S
    one, other = of_samples(sound), of_samples(more)
    early = [s for s in one.shots if s.time_s < before_s]
    assert len(early) > 10
    assert [s for s in other.shots if s.time_s < before_s] == early
    refused = [(r.time_s, r.probability, r.reason, r.of_shot) for r in one.rejected if r.time_s < before_s]
    again = [(r.time_s, r.probability, r.reason, r.of_shot) for r in other.rejected if r.time_s < before_s]
    assert again == refused


def test_mono_equals_duplicated_stereo_and_opposite_phase() -> None:
    sound = busy()
    mono = of_samples(sound)
    for channels in ([sound, sound], [sound, -sound], [sound] * 4):
        other = of_samples(np.stack(channels, axis=1))
        for name in ("count", "span", "shots", "rejected", "rejected_counts", "volleys", "heard_s"):
            assert getattr(other, name) == getattr(mono, name), name


def test_a_silent_second_channel_hides_nothing() -> None:
    sound = street([1.0, 1.31, 2.2, 5.0], 7.0)
    mono, half = of_samples(sound), of_samples(np.stack([np.zeros_like(sound), sound], axis=1))
    np.testing.assert_allclose([s.time_s for s in half.shots], [s.time_s for s in mono.shots], atol=2e-5)


@few
@given(st.floats(0, 31), st.floats(0, 31), st.floats(1.0, 40.0))
def test_a_window_gives_the_shots_inside_it_whatever_the_stretches(a: float, b: float, length_s: float) -> None:
    start_s, stop_s = round(min(a, b), 2), round(max(a, b), 2) + 0.1
    track = SampleTrack(busy(), RATE_HZ)
    windowed = report(track, window=(start_s, stop_s))
    equal(report(track, with_stretches(length_s), (start_s, stop_s)), windowed)
    times_s = [shot.time_s for shot in windowed.shots] + [refused.time_s for refused in windowed.rejected]
    assert all(start_s <= time_s < stop_s for time_s in times_s)
    analysed = [c for c in windowed.coverage if c.state != "not_analysed"]
    assert min(c.start_s for c in analysed) == start_s
    assert max(c.stop_s for c in analysed) == min(stop_s, 31.0)
    assert windowed.heard_s <= stop_s - start_s + 1e-9


def test_a_window_before_or_behind_the_sound_hears_nothing() -> None:
    for window in ((100.0, None), (None, -5.0), (500.0, 600.0)):
        found = report(SampleTrack(busy(), RATE_HZ), window=window)
        assert (found.count, found.shots, found.rejected, found.rejected_counts) == (None, (), (), ())
        assert {c.state for c in found.coverage} == {"not_analysed"}


def test_a_loud_volley_does_not_hide_a_quiet_one() -> None:
    quiet, loud = street([2.0, 2.5, 3.0], 20.0, seed=3) * np.float32(0.05), street([14.0, 14.2], 20.0, seed=3)
    found = of_samples((quiet + loud * (np.arange(len(loud)) > 12 * RATE_HZ)).astype(np.float32))
    for time_s in (2.0, 2.5, 3.0, 14.0, 14.2):
        assert min(abs(s.time_s - time_s) for s in found.shots) < 5e-4
