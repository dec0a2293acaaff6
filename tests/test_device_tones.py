"""Short steady tones with sharp ends are found to the millisecond, however the sound was cut; nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core import device_tones, frames
from detector.core.stretches import cut
from detector.lab import sounds
from detector.records import Coverage, DeviceTone, Float32
from detector.settings import StretchSettings, ToneSettings
from tests.blocks import as_blocks, blast, noise, through_aac

RATE_HZ = 16_000
HEARD = (Coverage(-1e6, 1e6, "heard"),)


def beep(length_s: float = 0.12, pitch_hz: float = 2100.0, level: float = 0.1, edge_s: float = 0.004) -> Float32:
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1, np.minimum(t, t[::-1]) / edge_s) if edge_s else 1.0
    return np.asarray(level * np.sin(2 * np.pi * pitch_hz * t) * fade, np.float32)


def street(*parts: tuple[float, Float32], seconds: float = 4.0, floor_db: float = -50.0) -> Float32:
    total = noise(seconds, floor_db, rate_hz=RATE_HZ, seed=1)
    for at_s, sound in parts:
        first = round(at_s * RATE_HZ)
        total[first : first + len(sound)] += sound
    return total


def tones(
    sound: Float32,
    first: int = 0,
    sizes: Sequence[int] = (4096,),
    grid: StretchSettings | None = None,
    covered: Sequence[Coverage] = HEARD,
) -> tuple[DeviceTone, ...]:
    blocks = as_blocks([(first, sound.reshape(len(sound), -1))], sizes, RATE_HZ)
    found: list[DeviceTone] = []
    for stretch in cut(blocks, grid or StretchSettings()):
        near = device_tones.find(stretch, frames.with_margins(stretch), ToneSettings())
        found.extend(device_tones.begun_in(near, stretch))
    return device_tones.heard_only(found, covered)


@pytest.mark.parametrize("pitch_hz", [850.0, 1333.0, 2100.0, 3900.0])
@pytest.mark.parametrize("length_s", [0.055, 0.12, 0.4, 1.0])
def test_a_beep_is_found_with_its_pitch_and_both_ends(pitch_hz: float, length_s: float) -> None:
    for at_s in (1.0, 1.0137, 1.0291):
        (tone,) = tones(street((at_s, beep(length_s, pitch_hz))))
        assert tone.start_s == pytest.approx(at_s + 0.002, abs=0.002)
        assert tone.stop_s == pytest.approx(at_s + length_s - 0.002, abs=0.002)
        assert tone.frequency_hz == pytest.approx(pitch_hz, abs=4.0)


@pytest.mark.parametrize("edge_s", [0.0, 0.001, 0.015])
def test_hard_and_soft_ends_are_where_the_amplitude_is_half(edge_s: float) -> None:
    (tone,) = tones(street((1.0, beep(0.2, edge_s=edge_s))))
    assert tone.start_s == pytest.approx(1.0 + edge_s / 2, abs=0.001)
    assert tone.stop_s == pytest.approx(1.2 - edge_s / 2, abs=0.001)
    assert tone.stop_s - tone.start_s == pytest.approx(0.2 - edge_s, abs=0.0007)


def test_a_beep_survives_aac() -> None:
    (tone,) = tones(through_aac(street((1.5, beep(0.15))), 32_000, RATE_HZ))
    assert tone.start_s == pytest.approx(1.502, abs=0.004)
    assert tone.frequency_hz == pytest.approx(2100, abs=5)


def test_two_tones_in_a_row_are_two() -> None:
    low_high = street((1.0, beep(0.2, 1000.0)), (1.2, beep(0.2, 1500.0)), (2.0, beep(0.1)), (2.2, beep(0.1)))
    found = tones(low_high)
    assert [round(t.start_s, 1) for t in found] == [1.0, 1.2, 2.0, 2.2]
    assert [round(t.frequency_hz, -2) for t in found] == [1000, 1500, 2100, 2100]


def test_a_shot_during_a_tone_does_not_end_it() -> None:
    (tone,) = tones(street((1.0, beep(0.6, level=0.05)), (1.3, blast(0.8, 0.02, rate_hz=RATE_HZ))))
    assert tone.stop_s - tone.start_s == pytest.approx(0.6, abs=0.005)


@pytest.mark.parametrize(("hidden_s", "found"), [(0.3, True), (0.5, False)])
def test_a_tone_goes_on_behind_what_hides_it_for_less_than_400_milliseconds(hidden_s: float, found: bool) -> None:
    louder = noise(hidden_s, -20.0, rate_hz=RATE_HZ, seed=4)
    told = tones(street((1.0, beep(0.9, level=0.05)), (1.2, louder)))
    assert [round(tone.stop_s - tone.start_s, 2) for tone in told] == ([0.9] if found else [])


@pytest.mark.parametrize("pitch_hz", [2100.0, 4850.0])
@pytest.mark.parametrize(("floor_db", "found"), [(-30.0, True), (-21.5, False)])
def test_a_beep_has_seven_tenths_of_the_energy_up_to_the_highest_pitch(
    pitch_hz: float, floor_db: float, found: bool
) -> None:
    """Its power is 0.005; noise of -21.5 dB has 0.0071, 57 % of it from 400 to 5,000 Hz: a share of 55 % is left."""
    assert len(tones(street((1.0, beep(0.4, pitch_hz)), floor_db=floor_db))) == found


def test_what_is_no_beep_is_not_listed() -> None:
    rng = np.random.default_rng(5)
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    swept = 0.1 * np.sin(2 * np.pi * np.cumsum(900 + 400 * np.sin(2 * np.pi * 0.8 * t)) / RATE_HZ)
    ring = beep(0.5, edge_s=0.001) * np.exp(-np.arange(RATE_HZ // 2) / RATE_HZ / 0.08).astype(np.float32)
    swell = beep(0.8, edge_s=0.4)
    for sound in (
        street(),
        street(seconds=6.0) + np.resize(0.2 * sounds.talk(rng, RATE_HZ), 6 * RATE_HZ).astype(np.float32),
        street((0.0, swept.astype(np.float32))),
        street((1.0, ring)),
        street((1.0, swell)),
        street((1.0, beep(2.0))),  # an alarm
        street((1.0, beep(0.3, 300.0))),  # a voice or an engine
        street((1.0, beep(0.02))),
        street((1.0, blast(0.5, rate_hz=RATE_HZ))),
        np.zeros(4 * RATE_HZ, np.float32),
    ):
        assert tones(sound) == ()


def test_tones_in_unheard_time_are_not_listed() -> None:
    sound = street((1.0, beep()), (3.0, beep()))
    covered = (Coverage(0.0, 2.0, "heard"), Coverage(2.0, 3.5, "masked"), Coverage(3.5, 4.0, "heard"))
    assert [round(t.start_s, 1) for t in tones(sound, covered=covered)] == [1.0]
    partly = (Coverage(0.0, 1.05, "heard"), Coverage(1.05, 2.0, "overloaded"), Coverage(2.0, 4.0, "masked"))
    assert [round(t.start_s, 1) for t in tones(sound, covered=partly)] == [1.0]


def test_the_loudest_channel_is_heard() -> None:
    sound = street((1.0, beep()))
    (mono,) = tones(sound)
    for pair in ([sound, -sound], [np.zeros_like(sound), sound]):
        (both,) = tones(np.stack(pair, axis=1))
        assert both.start_s == pytest.approx(mono.start_s, abs=1e-4)


def test_a_rate_too_low_for_its_pitches_gives_none() -> None:
    (stretch,) = cut(as_blocks([(0, noise(2.0, rate_hz=1000)[:, None])], rate_hz=1000), StretchSettings())
    assert device_tones.find(stretch, frames.with_margins(stretch), ToneSettings()) == ()


def prompts() -> Float32:
    """Beeps of every length, some behind and under shots, over a street."""
    rng = np.random.default_rng(8)
    parts = [(at, beep(float(rng.uniform(0.05, 0.9)), float(rng.uniform(800, 4000)))) for at in np.arange(0.3, 18, 1.1)]
    shots = [(at, blast(0.5, 0.03, seed=3, rate_hz=RATE_HZ)) for at in (2.6, 4.8, 9.2, 9.35)]
    return street(*parts, *shots, seconds=20.0)


@settings(deadline=None, max_examples=25)
@given(
    first=st.integers(-3, 40).map(lambda pairs: pairs * 640),
    sizes=st.lists(st.integers(200, 30_000), min_size=1, max_size=3),
    length_s=st.floats(0.3, 9.0),
    margin_s=st.floats(1.8, 4.0),
)
def test_the_cut_changes_nothing_and_a_shift_shifts_every_time(
    first: int, sizes: list[int], length_s: float, margin_s: float
) -> None:
    whole = tones(prompts())
    assert len(whole) > 12
    found = tones(prompts(), first, sizes, StretchSettings(length_s=length_s, margin_s=margin_s))
    assert found == tones(prompts(), first)
    for a, b in zip(whole, found, strict=True):
        assert (b.start_s, b.stop_s) == pytest.approx(
            (a.start_s + first / RATE_HZ, a.stop_s + first / RATE_HZ), abs=2e-6
        )
        assert b.frequency_hz == a.frequency_hz


@pytest.mark.parametrize("exponent", [-6, 3])
def test_a_gain_that_is_a_power_of_two_changes_nothing(exponent: int) -> None:
    assert tones(prompts() * np.float32(2.0**exponent)) == tones(prompts())
