"""Tones taken out of the sound leave what is beneath them, shots above all, and no edges of their own."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core import tone_removal
from detector.records import DeviceTone, Float32
from tests.blocks import noise
from tests.soundscape import RATE_HZ, bang, stretch_of, stretches

AT_S, LENGTH_S, PITCH_HZ = 1.0, 0.3, 2100.0
TONE = DeviceTone(AT_S, AT_S + LENGTH_S, PITCH_HZ)


def beep(edge_s: float = 0.0, level: float = 0.2, overtones: int = 1, pitch_hz: float = PITCH_HZ) -> Float32:
    t = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * pitch_hz * k * t + k) / k for k in range(1, overtones + 1))
    fade = np.minimum(1, np.minimum(t, t[::-1]) / edge_s) if edge_s else 1.0
    return np.asarray(level * wave * fade, np.float32)


def placed(*sounds: tuple[float, Float32]) -> Float32:
    total = noise(2.5, -60.0, rate_hz=RATE_HZ, seed=1)
    for at_s, sound in sounds:
        total[round(at_s * RATE_HZ) :][: len(sound)] += sound
    return total


def cleaned(sound: Float32, tone: DeviceTone = TONE) -> Float32:
    return tone_removal.without(stretch_of(sound), [tone]).samples[:, 0]


def power_db(sound: Float32, start_s: float, stop_s: float) -> float:
    part = sound[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)]
    return 10 * float(np.log10(np.mean(part**2)))


@pytest.mark.parametrize(("edge_s", "overtones"), [(0.0, 1), (0.002, 1), (0.01, 1), (0.0, 3)])
def test_of_a_tone_nothing_is_left_but_its_background(edge_s: float, overtones: int) -> None:
    sound = placed((AT_S, beep(edge_s, overtones=overtones)))
    tone = DeviceTone(AT_S + edge_s / 2, AT_S + LENGTH_S - edge_s / 2, PITCH_HZ)
    left = cleaned(sound, tone)
    assert power_db(sound, 1.03, 1.27) > -20
    assert power_db(left, 1.03, 1.27) < -52
    assert power_db(left, 0.98, 1.32) < -43
    np.testing.assert_array_equal(left[: round(0.97 * RATE_HZ)], sound[: round(0.97 * RATE_HZ)])
    np.testing.assert_array_equal(left[round(1.34 * RATE_HZ) :], sound[round(1.34 * RATE_HZ) :])


def test_a_pitch_and_edges_that_are_not_quite_right_will_do() -> None:
    left = cleaned(placed((AT_S, beep(0.004))), DeviceTone(AT_S + 0.003, AT_S + LENGTH_S - 0.001, PITCH_HZ + 1.5))
    assert power_db(left, 1.03, 1.27) < -45


def test_a_shot_beneath_a_tone_stays() -> None:
    shot = np.asarray(0.3 * bang(np.random.default_rng(2), RATE_HZ), np.float32)
    alone, left = placed((1.15, shot)), cleaned(placed((1.15, shot), (AT_S, beep())))
    assert power_db(left - alone, 1.15, 1.2) < power_db(alone, 1.15, 1.2) - 12
    assert power_db(left, 1.13, 1.149) < power_db(left, 1.15, 1.16) - 25, "nothing of it may come before it"


def test_without_tones_the_stretch_is_itself_and_is_never_written_to() -> None:
    sound = placed((AT_S, beep()))
    stretch = stretch_of(sound)
    assert tone_removal.without(stretch, []) is stretch
    before = stretch.samples.copy()
    tone_removal.without(stretch, [TONE])
    np.testing.assert_array_equal(stretch.samples, before)


def test_the_cut_changes_no_bit() -> None:
    sound = placed((AT_S, beep(0.003, overtones=3)))
    whole = cleaned(sound)
    for part in stretches(sound, length_s=0.4):
        clean = tone_removal.without(part, [TONE])
        begin = part.first_hop * part.hop
        np.testing.assert_array_equal(clean.samples[:, 0], whole[begin : begin + len(clean.samples)])


def test_every_channel_loses_its_own() -> None:
    tone = beep()
    both = np.stack([placed((AT_S, tone)), placed((AT_S, -0.3 * tone))], axis=1)
    (stretch,) = stretches(both)
    left = tone_removal.without(stretch, [TONE]).samples
    assert max(power_db(left[:, channel], 1.03, 1.27) for channel in (0, 1)) < -52


@pytest.mark.parametrize("start_s", [-0.2, 2.4])
def test_a_tone_that_the_sound_cuts_off_does_no_harm(start_s: float) -> None:
    sound = placed()
    left = cleaned(sound, DeviceTone(start_s, start_s + LENGTH_S, PITCH_HZ))
    assert power_db(left, 0.0, 2.5) <= power_db(sound, 0.0, 2.5) + 0.1


def test_candidates_near_the_end_of_a_tone_are_told() -> None:
    stretch = stretch_of(placed())
    hop = np.array([1280, 1293, 1300, 1308, 1310])
    assert tone_removal.end_near([TONE], stretch, hop).tolist() == [False, True, True, True, False]
    assert not tone_removal.end_near([], stretch, hop).any()


def in_silence(sound: Float32) -> Float32:
    total = np.zeros(round(2.5 * RATE_HZ), np.float32)
    total[round(AT_S * RATE_HZ) :][: len(sound)] += sound
    return total


@pytest.mark.parametrize(("edge_s", "most_db"), [(0.0, -200.0), (0.002, -55.0), (0.004, -44.0)])
def test_short_fades_are_taken_out_with_the_tone(edge_s: float, most_db: float) -> None:
    sound = in_silence(beep(edge_s, pitch_hz=2000.0))
    left = cleaned(sound, DeviceTone(AT_S + edge_s / 2, AT_S + LENGTH_S - edge_s / 2, 2000.0))
    for start_s, stop_s in ((0.995, 1.01), (1.29, 1.305)):
        assert power_db(sound, start_s, stop_s) > -22
        assert power_db(left + 1e-12, start_s, stop_s) < most_db


def test_a_pitch_that_is_hardly_wrong_leaves_hardly_anything() -> None:
    left = cleaned(in_silence(beep(pitch_hz=2000.0)), DeviceTone(AT_S, AT_S + LENGTH_S, 2001.5))
    assert power_db(left, 1.03, 1.27) < -79
