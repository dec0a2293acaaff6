"""The physics of a shot and a place against closed forms, and the sound of a place as its fingerprint."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.blasts import (
    Blast,
    Bullet,
    Cabin,
    Crack,
    Facade,
    Paths,
    Place,
    Point,
    air_absorption,
    cabin_response,
    convolve,
    crack_at,
    directivity,
    friedlander,
    high_pass,
    in_bands,
    low_pass,
    n_wave,
    pascal,
    paths,
    response,
    sampled,
    speed_of_sound_m_s,
)
from detector.records import Float64

RATE_HZ = 48_000
GROUND = Facade((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.8)
MICROPHONE: Point = (0.0, 0.0, 1.3)
STREET = Place(
    facades=(GROUND, Facade((-9.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.7), Facade((11.0, 0.0, 0.0), (-1.0, 0.0, 0.0), 0.7)),
    order=3,
    seed=3,
)
BARE = Place(facades=(), order=0, tail_db=-200.0, temperature_c=20.0)


def _crossing_s(samples: Float64, rate_hz: int = RATE_HZ, share: float = 0.5) -> float:
    """Time at which the sound first reaches a share of its peak, interpolated."""
    level = share * float(samples.max())
    k = int(np.argmax(samples >= level))
    return float((k - (samples[k] - level) / (samples[k] - samples[k - 1])) / rate_hz)


def _blast_wave(offset_s: float, rate_hz: int = RATE_HZ) -> Float64:
    return sampled(lambda time_s: friedlander(time_s, Blast()), rate_hz, offset_s)


def _shot(place: Place, source: Point) -> Float64:
    """300 ms of a shot from its arrival on."""
    sound = convolve(_blast_wave(0.001), response(paths(place, source, MICROPHONE, (0.0, 1.0, 0.0)), RATE_HZ))
    first = int((float(paths(place, source, MICROPHONE).delay_s[0]) + 0.001) * RATE_HZ) - 24
    return sound[first : first + round(0.3 * RATE_HZ)]


def _likeness(a: Float64, b: Float64) -> float:
    size = 2 * len(a)
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return float(cross.max() / (np.linalg.norm(a) * np.linalg.norm(b)))


def test_a_blast_rises_to_its_peak_falls_through_zero_after_the_positive_phase_and_comes_back() -> None:
    blast = Blast(peak_pa=1000.0, positive_phase_s=0.5e-3, decay=1.2, rise_s=20e-6)
    time_s = np.array([-1e-3, 0.0, 10e-6, 20e-6, 20e-6 + 0.5e-3, 20e-6 + 0.75e-3, 20e-3])
    pressure = friedlander(time_s, blast)
    assert pressure[:4] == pytest.approx([0.0, 0.0, 500.0, 1000.0])
    assert pressure[4] == pytest.approx(0.0, abs=1e-9)
    assert pressure[5] == pytest.approx(-500.0 * np.exp(-1.8))
    assert abs(pressure[6]) < 1e-9


def test_with_unit_decay_the_negative_phase_undoes_the_positive_one() -> None:
    time_s = np.arange(0, 0.02, 1e-7)
    blast = Blast(decay=1.0, rise_s=1e-6)
    impulse = np.trapezoid(friedlander(time_s, blast), time_s)
    assert abs(impulse) < 2e-3 * blast.peak_pa * blast.positive_phase_s


def test_an_n_wave_is_odd_about_its_middle_and_over_at_its_end() -> None:
    crack = Crack(0.0, 200.0, 300e-6)
    time_s = np.array([-1e-6, 0.0, 5e-6, 150e-6, 295e-6, 300e-6, 400e-6])
    pressure = n_wave(time_s, crack)
    assert pressure[[0, 1, 5, 6]] == pytest.approx(0.0)
    assert pressure[3] == pytest.approx(0.0, abs=1e-9)
    assert pressure[2] == pytest.approx(-pressure[4])
    assert pressure[2] == pytest.approx(200.0 * (1 - 10 / 300))


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000])
def test_arrival_times_between_samples_are_kept_within_20_microseconds(rate_hz: int) -> None:
    offsets_s = 2e-3 + np.arange(10) / 10 / rate_hz
    crossings = np.array([_crossing_s(_blast_wave(float(offset_s), rate_hz), rate_hz) for offset_s in offsets_s])
    late = crossings - offsets_s
    assert np.ptp(late) < max(20e-6, 0.25 / rate_hz)  # reading it off between samples is no better at 8 kHz


def test_the_direct_path_comes_at_the_speed_of_sound_and_weakens_with_distance() -> None:
    near, far = (paths(BARE, (x, 0.0, 1.3), MICROPHONE).direct() for x in (10.0, 20.0))
    assert near.delay_s[0] == pytest.approx(10 / speed_of_sound_m_s(20.0))
    assert near.gain[0, 0] / far.gain[0, 0] == pytest.approx(2.0, rel=2e-3)
    assert far.gain[2, 0] < far.gain[0, 0]  # air takes the short waves first


@given(x=st.floats(0.5, 40.0), fraction=st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_a_rendered_shot_arrives_when_its_path_says(x: float, fraction: float) -> None:
    ways = paths(BARE, (x, 0.0, 1.3), MICROPHONE).direct()
    offset_s = 2e-3 + fraction / RATE_HZ
    wave = _blast_wave(offset_s)
    heard = convolve(wave, response(ways, RATE_HZ))
    assert _crossing_s(heard) - float(ways.delay_s[0]) == pytest.approx(_crossing_s(wave), abs=20e-6)


def test_facades_answer_after_the_detour_to_their_mirror_images() -> None:
    place = Place(facades=(Facade((-9.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.7),), order=1, tail_db=-200.0)
    ways = paths(place, (2.0, 0.0, 1.3), (0.0, 0.0, 1.3))
    speed = speed_of_sound_m_s(place.temperature_c)
    assert ways.delay_s[:2] == pytest.approx([2 / speed, 20 / speed])
    assert ways.gain[0, 1] == pytest.approx(0.7 / 20, rel=5e-3)


def test_a_place_of_which_nothing_is_said_has_its_ground() -> None:
    ways = paths(Place(tail_db=-200.0), (8.0, 0.0, 3.0), (0.0, 0.0, 3.0))
    assert ways.delay_s[:2] == pytest.approx(np.array([8.0, 10.0]) / speed_of_sound_m_s(15.0))


def test_corners_reached_in_either_order_sound_once() -> None:
    corner = Place(facades=(GROUND, Facade((-3.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.5)), order=2, tail_db=-200.0)
    speed = speed_of_sound_m_s(corner.temperature_c)
    ways = paths(corner, (1.0, 0.0, 1.0), (0.0, 0.0, 1.0))
    by_both = np.hypot(7.0, 2.0) / speed
    assert np.sum(np.isclose(ways.delay_s[:4], by_both)) == 1


def test_one_gun_at_one_place_always_sounds_the_same_and_other_positions_differ() -> None:
    here, sway, elsewhere = (
        _shot(STREET, (9.0, 1.0, 1.4)),
        _shot(STREET, (9.02, 1.01, 1.4)),
        _shot(STREET, (3.0, -7.0, 1.4)),
    )
    assert np.array_equal(here, _shot(STREET, (9.0, 1.0, 1.4)))
    assert _likeness(here, sway) > 0.85
    # Without the direct sound and the ground, which look alike anywhere:
    tail = slice(round(0.012 * RATE_HZ), None)
    assert _likeness(here[tail], elsewhere[tail]) < 0.45


def test_the_tail_falls_at_the_rate_the_place_gives() -> None:
    fall_db = []
    for seed in range(6):
        place = Place(facades=(), order=0, rt60_s=(0.8, 0.8, 0.8), tail_db=-30.0, nearest_m=0.5, seed=seed)
        sound = low_pass(response(paths(place, (1.0, 0.0, 1.3), MICROPHONE), RATE_HZ), 300.0, RATE_HZ)
        early, late = (sound[round(t * RATE_HZ) : round((t + 0.1) * RATE_HZ)] for t in (0.1, 0.3))
        fall_db.append(10 * np.log10(np.sum(early**2) / np.sum(late**2)))
    assert np.mean(fall_db) == pytest.approx(0.2 / 0.8 * 60, abs=1.0)


def test_nothing_sounds_before_the_direct_path() -> None:
    source: Point = (6.0, 2.0, 1.4)
    sound = response(paths(STREET, source, MICROPHONE), RATE_HZ)
    direct = int(float(paths(STREET, source, MICROPHONE).delay_s[0]) * RATE_HZ)
    assert np.abs(sound[: direct - 25]).max() < 1e-6 * np.abs(sound).max()


def test_bands_put_together_again_are_the_whole() -> None:
    flat = response(Paths(np.array([0.002]), np.ones((3, 1))), RATE_HZ)
    spectrum = np.abs(np.fft.rfft(flat, 4096))
    f = np.fft.rfftfreq(4096, 1 / RATE_HZ)
    assert spectrum[(f > 50) & (f < 18_000)] == pytest.approx(1.0, abs=0.02)


def test_bands_are_as_loud_as_each_other_at_their_edges_and_add_up_to_the_sound() -> None:
    impulse = np.zeros(RATE_HZ // 4)
    impulse[RATE_HZ // 8] = 1.0
    parts = in_bands(impulse, RATE_HZ)
    assert parts.sum(axis=0) == pytest.approx(impulse, abs=1e-9)
    below, middle, above = np.fft.rfft(parts)[:, [700 // 4, 3000 // 4]]
    assert abs(below[0]) == pytest.approx(abs(middle[0] + above[0]), rel=1e-3)
    assert abs(middle[1]) == pytest.approx(abs(above[1]), rel=1e-3)


def test_guns_are_louder_ahead_than_behind_and_most_so_in_short_waves() -> None:
    level_db = 20 * np.log10(directivity(np.array([1.0, 0.0, -1.0])))
    assert level_db[:, 1] == pytest.approx(0.0)
    front_to_back = level_db[:, 0] - level_db[:, 2]
    assert np.all((front_to_back > 5) & (front_to_back < 20))
    assert np.all(np.diff(front_to_back) > 0)


def test_air_takes_about_what_iso_9613_tabulates_at_20_degrees() -> None:
    taken_db = -20 * np.log10(air_absorption(np.array([1000.0])))[:, 0]
    assert 6 < taken_db[1] < 12  # about 8 dB/km at 1.5 kHz
    assert 50 < taken_db[2] < 80  # about 65 dB/km at 6 kHz


@pytest.mark.parametrize(
    ("velocity_m_s", "microphone", "hears"),
    [(300.0, (20.0, 1.0, 0.0), False), (900.0, (20.0, 1.0, 0.0), True), (900.0, (-2.0, 1.0, 0.0), False),
     (900.0, (0.2, 5.0, 0.0), False), (900.0, (200.0, 1.0, 0.0), False)],
)  # fmt: skip
def test_a_crack_is_heard_only_ahead_of_a_fast_bullet(velocity_m_s: float, microphone: Point, hears: bool) -> None:
    crack = crack_at(Bullet(velocity_m_s), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), microphone, 343.0)
    assert (crack is not None) == hears


def test_a_crack_takes_the_quickest_way_along_the_bullet_and_through_the_air() -> None:
    bullet, microphone = Bullet(900.0, 0.0057, 0.02), (50.0, 5.0, 0.0)
    crack = crack_at(bullet, (0.0, 0.0, 0.0), (2.0, 0.0, 0.0), microphone, 343.0)
    assert crack is not None
    left_m = np.arange(0, 50, 0.001)
    assert crack.delay_s == pytest.approx((left_m / 900 + np.hypot(50 - left_m, 5) / 343).min(), abs=1e-7)
    assert 100e-6 < crack.duration_s < 400e-6
    assert 130 < 20 * np.log10(crack.peak_pa / 20e-6) < 160


def test_a_closed_car_dulls_and_quietens() -> None:
    cabin = cabin_response(Cabin(low_pass_hz=1500.0, level_db=-15.0), RATE_HZ)
    spectrum, f = np.abs(np.fft.rfft(cabin, 8192)), np.fft.rfftfreq(8192, 1 / RATE_HZ)
    low, high = (float(np.sqrt(np.mean(spectrum[(f > a) & (f < b)] ** 2))) for a, b in ((100, 700), (6000, 12_000)))
    assert 20 * np.log10(high / low) < -20
    assert 20 * np.log10(low) == pytest.approx(-15, abs=5)


def test_filters_are_3_db_down_a_pole_at_their_corner() -> None:
    impulse = np.zeros(RATE_HZ)
    impulse[0] = 1.0
    for filtered, poles in ((high_pass(impulse, 1000.0, RATE_HZ), 1), (low_pass(impulse, 1000.0, RATE_HZ), 2)):
        assert 20 * np.log10(abs(np.fft.rfft(filtered)[1000])) == pytest.approx(-3.01 * poles, abs=0.1)


def test_levels_are_re_20_micropascal() -> None:
    assert pascal(94.0) == pytest.approx(1.0, rel=3e-3)
