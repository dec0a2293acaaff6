"""Sounds that are planted: where they begin, how loud they are, what the place and the recorder make of them."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core import planting
from detector.core.planting import BEFORE_S, LEAD_S, TAIL_S

RATE_HZ = 48_000


def onset(sound: np.ndarray, rate_hz: int) -> float:
    """Seconds from the start to where the sound first reaches a quarter of its peak."""
    return float(np.argmax(np.abs(sound) > 0.25 * np.abs(sound).max())) / rate_hz


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_a_blast_begins_where_it_says_and_its_echoes_follow(rate_hz: int) -> None:
    rng = np.random.default_rng(1)
    for _ in range(3):
        piece = planting.blast(rng, rate_hz, planting.made_up(rng, rate_hz, 1.0))
        assert onset(piece.direct, rate_hz) == pytest.approx(LEAD_S, abs=0.0015)
        early = piece.tail[: round(LEAD_S * rate_hz)]
        assert np.abs(early).max() < 0.05 * max(1e-9, np.abs(piece.direct).max())
        assert np.isfinite(piece.tail).all()


def test_a_place_is_learned_from_a_shot_with_an_echo() -> None:
    rng = np.random.default_rng(2)
    first, echo = round(BEFORE_S * RATE_HZ), round(0.120 * RATE_HZ)
    sound = rng.normal(0, 1e-4, first + round(TAIL_S * RATE_HZ))
    sound[first : first + 60] += 0.5
    sound[first + echo : first + echo + 60] += 0.25
    pattern = planting.echo_pattern(sound, RATE_HZ)
    assert pattern.shape == (3, 600)
    assert pattern[:, :3].max() == 0
    assert set(pattern.argmax(axis=1)) <= {119, 120, 121}
    assert pattern.sum() == pytest.approx(3 * 0.25, rel=0.4)
    place = planting.learned(rng, RATE_HZ, sound)
    loudest = np.abs(place.tail).argmax() / RATE_HZ
    assert loudest == pytest.approx(0.120, abs=0.004)
    assert place.reference == pytest.approx(0.5, rel=0.01)


def test_silence_teaches_no_echo() -> None:
    assert planting.echo_pattern(np.zeros(RATE_HZ), RATE_HZ).max() == 0


def test_a_gun_farther_off_keeps_its_tail() -> None:
    direct, tail = np.zeros(200), np.zeros(2000)
    direct[100], tail[1000] = 0.5, 0.01
    piece = planting.Piece(direct, tail, 0.5)
    near, far = planting.farther(piece, 0.5, 1.0), planting.farther(piece, 0.05, 1.0)
    assert (near[100], near[1000]) == pytest.approx((0.5, 0.01))
    assert (far[100], far[1000]) == pytest.approx((0.05, 0.01))
    assert planting.farther(piece, 0.05, 0.0)[1000] == pytest.approx(0.001)
    assert planting.farther(piece, 1e-4, 1.0)[1000] < 1e-4, "no tail is louder than its direct sound"


@pytest.mark.parametrize("wanted_db", [-6.0, 6.0, 30.0])
def test_a_level_rises_with_the_shot_decibel_by_decibel(wanted_db: float) -> None:
    rng = np.random.default_rng(3)
    there = rng.normal(0, 0.01, (RATE_HZ, 2)).astype(np.float32)
    shot = planting.farther(planting.blast(rng, RATE_HZ, planting.made_up(rng, RATE_HZ, 1.0)), 1.0, 0.5)
    change = planting.planted(np.zeros_like(there), shot, 20_000, RATE_HZ, 1e9)
    one_db = planting.level_at(there, change, 20_000, RATE_HZ)
    gain = np.float32(10 ** ((wanted_db - one_db) / 20))
    assert planting.level_at(there, change * gain, 20_000, RATE_HZ) == pytest.approx(wanted_db, abs=0.05)


def test_a_shot_that_is_already_there_stands_out_as_far_as_it_did_when_planted() -> None:
    rng = np.random.default_rng(4)
    there = rng.normal(0, 0.001, (RATE_HZ, 1)).astype(np.float32)
    shot = 0.3 * planting.blast(rng, RATE_HZ, planting.made_up(rng, RATE_HZ, 1.0)).direct
    after = planting.planted(there, shot, 20_000, RATE_HZ, 1.0)
    planted_db = planting.level_at(there, after - there, 20_000, RATE_HZ)
    assert planting.stands_out(after, 20_000, RATE_HZ) == pytest.approx(planted_db, abs=3.0)


def test_a_recorder_clips_what_is_planted_and_leaves_what_was_there() -> None:
    there = np.array([0.1, 0.9, -0.9, 0.0, 0.0], np.float32)[:, None]
    shot = np.zeros(round(LEAD_S * RATE_HZ) + 5)
    shot[-5:] = 3.0
    after = planting.planted(there, shot, 0, RATE_HZ, 0.5)
    np.testing.assert_allclose(after[:, 0], [0.5, 0.9, 0.5, 0.5, 0.5])
    assert planting.planted(there, shot, 99, RATE_HZ, 0.5)[0, 0] == np.float32(0.1)


def test_a_copy_is_its_shot_with_faded_ends() -> None:
    rng = np.random.default_rng(5)
    sound = rng.normal(0, 0.1, round(0.2 * RATE_HZ))
    piece = planting.copy(sound, RATE_HZ)
    both = piece.direct + piece.tail
    middle = slice(round(0.0015 * RATE_HZ), round(0.185 * RATE_HZ))
    np.testing.assert_allclose(both[middle], sound[middle])
    assert (both[0], both[-1]) == (0.0, 0.0)


def test_a_copy_is_direct_sound_up_to_5_ms_and_tail_from_8_ms_on() -> None:
    sound = np.random.default_rng(6).normal(0, 0.1, round(0.2 * RATE_HZ))
    piece = planting.copy(sound, RATE_HZ)
    direct, tail = round(0.005 * RATE_HZ), round(0.008 * RATE_HZ)  # the onset stands at 2 ms, and lasts 3 ms
    whole = slice(round(0.001 * RATE_HZ), direct)
    np.testing.assert_array_equal(piece.direct[whole], sound[whole])
    assert not piece.tail[:direct].any()
    assert not piece.direct[tail:].any()
    assert np.all(np.abs(piece.tail) <= np.abs(sound)), "a fade makes nothing louder"


def test_a_gun_nearby_overloads_a_microphone_by_22_db() -> None:
    place = planting.made_up(np.random.default_rng(7), RATE_HZ, 0.5)
    assert place.reference == pytest.approx(0.5 * 12.589, rel=1e-4)


def test_a_made_up_place_has_a_wall_on_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planting, "_WALL_M", (3.0, 3.0))
    early = planting.made_up(np.random.default_rng(8), RATE_HZ, 1.0).early
    # From a gun 5 m ahead sound comes by both walls, 12 m aside in all, over 13 m: 8 m more than the direct sound.
    around = round(8.0 / 340.3 * RATE_HZ) + np.arange(-20, 21)
    assert np.abs(early[around]).max() > 0.1
