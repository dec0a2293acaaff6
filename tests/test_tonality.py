"""What only begins a steady tone is told from shots, whatever the gain and the cut."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core.stretches import Stretch
from detector.core.tonality import begins_tone, ends_tone
from detector.records import Bool, Float32
from detector.settings import ToneSettings
from tests.blocks import noise
from tests.soundscape import RATE_HZ, Pieces, bang, stretch_of, stretches, stretches_of

AT_S = 1.0
HOP = 1000


def beep(
    length_s: float = 0.12, pitch_hz: float = 2100.0, level: float = 0.2, edge_s: float = 0.0, overtones: int = 1
) -> Float32:
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    wave = sum(np.cos(2 * np.pi * pitch_hz * k * t) / k for k in range(1, overtones + 1))
    fade = np.minimum(1, np.minimum(t, t[::-1]) / edge_s) if edge_s else 1.0
    return np.asarray(level * wave * fade, np.float32)


def street(*sounds: tuple[float, Float32], floor_db: float = -60.0) -> Float32:
    total = noise(2.0, floor_db, rate_hz=RATE_HZ, seed=1)
    for at_s, sound in sounds:
        first = round(at_s * RATE_HZ)
        total[first : first + len(sound)] += sound
    return total


def blast(level: float = 0.5) -> Float32:
    return np.asarray(level * bang(np.random.default_rng(4), RATE_HZ), np.float32)


def tonal(sound: Float32, hop: int = HOP, settings: ToneSettings | None = None) -> bool:
    return bool(in_stretch(stretch_of(sound), hop, settings)[0])


def in_stretch(stretch: Stretch, hop: int = HOP, settings: ToneSettings | None = None) -> Bool:
    return begins_tone(stretch, np.array([hop]), settings or ToneSettings())


@pytest.mark.parametrize("pitch_hz", [800.0, 1470.0, 2100.0, 4000.0])
@pytest.mark.parametrize("overtones", [1, 3])
def test_a_beep_switched_on_begins_a_tone(pitch_hz: float, overtones: int) -> None:
    for edge_s in (0.0, 0.001, 0.005):
        assert tonal(street((AT_S, beep(pitch_hz=pitch_hz, edge_s=edge_s, overtones=overtones))))


def test_a_beep_kept_in_eight_bits_begins_one_too() -> None:
    coarse = np.rint(street((AT_S, beep(level=0.03))) * 128) / 128
    assert tonal(coarse.astype(np.float32))


def test_a_second_tone_right_behind_the_first_begins_one() -> None:
    assert tonal(street((AT_S - 0.2, beep(0.2, 1500.0)), (AT_S, beep(0.2, 2000.0))))


def test_a_beep_over_a_louder_hum_begins_one_and_a_shot_over_it_does_not() -> None:
    hum = (0.0, beep(2.0, 930.0, level=0.3))
    assert tonal(street(hum, (AT_S, beep(level=0.1))))
    assert tonal(street(hum, (AT_S, beep(level=0.1, overtones=3))))
    assert not tonal(street(hum, (AT_S, blast())))
    assert not tonal(street(hum, (AT_S, blast()), (AT_S, beep(level=0.1))))
    assert not tonal(street(hum))


def test_shots_noise_and_what_goes_on_begin_none() -> None:
    for sound in (
        street((AT_S, blast())),
        street(),
        street((AT_S - 0.3, beep(0.8))),  # a tone that was there before
        street((AT_S - 0.1, beep(0.1))),  # one that ends
        street((AT_S, noise(0.2, -20.0, rate_hz=RATE_HZ, seed=3))),
        np.zeros(2 * RATE_HZ, np.float32),
    ):
        assert not tonal(sound)


@pytest.mark.parametrize("late_s", [-0.05, 0.0, 0.004])
def test_a_shot_with_which_a_tone_begins_is_no_mere_tone(late_s: float) -> None:
    assert not tonal(street((AT_S, blast()), (AT_S + late_s, beep(0.3))))


def test_struck_metal_that_dies_away_begins_none() -> None:
    ring = beep(0.3) * np.exp(-np.arange(round(0.3 * RATE_HZ)) / RATE_HZ / 0.015).astype(np.float32)
    assert not tonal(street((AT_S, ring)))


@pytest.mark.parametrize("exponent", [-5, 2])
def test_a_gain_that_is_a_power_of_two_changes_nothing(exponent: int) -> None:
    sounds = [street((AT_S, beep(level=level)), floor_db=-34.0) for level in np.geomspace(0.005, 0.3, 24)]
    found = [tonal(sound) for sound in sounds]
    assert 4 < sum(found) < 24
    assert [tonal(sound * np.float32(2.0**exponent)) for sound in sounds] == found


@pytest.mark.parametrize("hop", [990, 1000, 1001, 1010])
def test_the_cut_changes_nothing(hop: int) -> None:
    sound = street((hop / 1000, beep()))
    whole = in_stretch(stretch_of(sound), hop)
    assert whole.all()
    cut = [s for s in stretches(sound, length_s=0.5) if s.core.start <= hop - s.first_hop < s.core.stop]
    assert len(cut) == 1
    assert in_stretch(cut[0], hop).all()


def test_at_the_ends_of_the_sound_there_is_silence_beyond() -> None:
    sound = street((0.0, beep(0.2)))
    (gap,) = stretches_of(Pieces([(16_000 * 9, sound)]), 3600.0)
    assert in_stretch(gap, gap.first_hop).all()
    assert not in_stretch(gap, gap.first_hop + 2000 - 2).any()


def test_channels_of_opposite_phase_do_not_cancel() -> None:
    sound = street((AT_S, beep()))
    (both,) = stretches(np.stack([sound, -sound], axis=1))
    assert in_stretch(both).all()


def test_nothing_asked_nothing_told() -> None:
    assert begins_tone(stretch_of(street()), np.empty(0, np.int64), ToneSettings()).shape == (0,)


def test_a_tone_is_the_strongest_that_stays() -> None:
    several = sum(beep(pitch_hz=1500.0 * k, level=0.05 if k > 1 else 0.055) for k in range(1, 6))
    later = beep(0.09, 2200.0, level=0.06)  # above each line of the tone, but not there as it begins
    assert tonal(street((AT_S, np.asarray(several)), (AT_S + 0.023, later)))


def test_a_tone_at_half_the_sample_rate_has_no_line_above_it_and_does_no_harm() -> None:
    sound = noise(2.0, -60.0, rate_hz=8000, seed=1)
    sound[8000:] += np.resize(np.array([0.2, -0.2], np.float32), 8000)
    assert in_stretch(stretch_of(sound, 8000)).shape == (1,)


# --- ends -------------------------------------------------------------------------------------------


def ending(sound: Float32, hop: int = HOP) -> bool:
    return bool(ends_tone(stretch_of(sound), np.array([hop]), ToneSettings())[0])


@pytest.mark.parametrize("edge_s", [0.0, 0.001, 0.004])
def test_a_beep_switched_off_ends_a_tone(edge_s: float) -> None:
    assert ending(street((AT_S - 0.12, beep(edge_s=edge_s))))
    assert not ending(street((AT_S, beep(edge_s=edge_s))))
    assert not ending(street((AT_S - 0.1, beep(0.3, edge_s=edge_s))))


@pytest.mark.parametrize("level", [0.02, 0.1, 0.6])
def test_a_shot_with_which_a_tone_ends_is_no_mere_end(level: float) -> None:
    assert not ending(street((AT_S - 0.2, beep(0.2)), (AT_S, blast(level))))


def test_noise_that_stops_ends_none() -> None:
    assert not ending(street((AT_S - 0.2, noise(0.2, -20.0, rate_hz=RATE_HZ, seed=3))))
    assert not ending(street())
