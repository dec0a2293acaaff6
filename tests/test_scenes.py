"""Scenes: determinism, truth against what is really in the samples, cadence, everyday sounds, pictures."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.blasts import Blast, Bullet, Cabin, Place, Point, pascal, speed_of_sound_m_s
from detector.lab.incidents import Cadence, alder_street, fire, five_shots, two_guns
from detector.lab.pictures import card_frames, street_frames
from detector.lab.recorders import Recorder
from detector.lab.scenes import Camera, Gun, Planted, Scene, Take, render
from detector.lab.sounds import SOUNDS, bed, wind

RATE_HZ = 16_000
AHEAD: Point = (1.0, 0.0, 0.0)


def _gun(*fired_s: float, x: float = 3.0, label: str = "A", bullet: Bullet | None = None) -> Gun:
    return Gun(label, (x, 0.0, 1.4), AHEAD, fired_s, Blast(pascal(160.0)), bullet)


def _scene(*guns: Gun, seed: int = 1, **changes: Any) -> Scene:
    camera = Camera("camera", (0.0, 0.0, 1.3), Recorder(overload_db_spl=150.0, gain_db=0.0, limiter=None))
    scene = Scene("test", seed, Place(seed=4), guns, camera, 3.0, rate_hz=RATE_HZ)
    return dataclasses.replace(scene, **changes)


@pytest.fixture(scope="module")
def spaced() -> Take:
    return render(_scene(_gun(0.5, 1.5)))


def test_a_scene_is_a_function_of_its_seed() -> None:
    scene = _scene(_gun(0.5))
    assert np.array_equal(render(scene).samples, render(scene).samples)
    other = render(dataclasses.replace(scene, seed=2))
    assert not np.array_equal(render(scene).samples, other.samples)


def test_another_gun_does_not_change_how_the_first_one_sounds() -> None:
    alone, both = render(_scene(_gun(0.5))), render(_scene(_gun(0.5), _gun(2.0, label="B")))
    until = round(1.9 * RATE_HZ)
    assert both.samples[:until] == pytest.approx(alone.samples[:until], abs=1e-6)


def test_shots_are_where_the_truth_says(spaced: Take) -> None:
    for shot in spaced.shots:
        first = round((shot.arrival_s - 0.05) * RATE_HZ)
        piece = np.abs(spaced.samples[first : first + round(0.055 * RATE_HZ), 0])
        onset_s = (first + int(np.argmax(piece > 0.1 * piece.max()))) / RATE_HZ
        assert onset_s == pytest.approx(shot.arrival_s, abs=0.2e-3)
        assert shot.arrival_s - shot.emission_s == pytest.approx(3.0 / 340, rel=0.05)
    assert spaced.shots[1].gap_to_previous_ms == pytest.approx(1000, abs=1)


def test_isolated_shots_are_audible_and_quiet_ones_in_a_tail_are_not(spaced: Take) -> None:
    assert all(shot.audible and shot.why_not is None for shot in spaced.shots)
    faint = Gun("far", (200.0, 0.0, 1.4), AHEAD, (0.05,), Blast(pascal(120.0)))
    shots = {shot.gun: shot for shot in render(_scene(_gun(0.5), faint)).shots}
    assert 0 < shots["far"].arrival_s - shots["A"].arrival_s < 0.3
    assert shots["A"].audible
    assert shots["far"].why_not == "below what was there"


def test_a_second_blast_into_a_flat_microphone_is_not_audible() -> None:
    deaf = Camera("camera", (0.0, 0.0, 1.3), Recorder(overload_db_spl=90.0, gain_db=0.0, limiter=None))
    shots = render(_scene(_gun(0.5), _gun(0.5002, x=3.0, label="B"), camera=deaf)).shots
    assert [shot.audible for shot in shots] == [True, False]
    assert all(shot.clipped for shot in shots)


def test_unheard_time_makes_shots_inaudible_and_silent() -> None:
    camera = Camera("c", (0.0, 0.0, 1.3), sound_start_s=1.0, muted=((1.4, 1.8),))
    take = render(_scene(_gun(0.5, 1.5, 2.2), camera=camera))
    assert [shot.why_not for shot in take.shots] == ["no_audio", "muted", None]
    assert take.start_s == 1.0
    assert len(take.samples) == 2 * RATE_HZ
    assert np.all(take.samples[round(0.4 * RATE_HZ) : round(0.8 * RATE_HZ)] == 0)


def test_a_fast_bullet_is_heard_before_its_blast_and_counts_as_first_arrival() -> None:
    gun = dataclasses.replace(_gun(0.5, x=-60.0, bullet=Bullet(900.0, reach_m=200.0)), position_m=(-60.0, 3.0, 1.4))
    (shot,) = render(_scene(gun)).shots
    assert shot.crack_s is not None
    assert shot.arrival_s == shot.crack_s
    assert 0.5 + 60 / 900 < shot.crack_s < 0.5 + 60 / speed_of_sound_m_s(15.0)


def test_a_gun_in_a_car_is_duller() -> None:
    inside = dataclasses.replace(_gun(0.5), cabin=Cabin())
    open_air, muffled = (np.abs(np.fft.rfft(render(_scene(gun)).samples[:, 0])) for gun in (_gun(0.5), inside))
    f = np.fft.rfftfreq(3 * RATE_HZ, 1 / RATE_HZ)
    loss_db = [
        20 * np.log10(open_air[(f > a) & (f < b)].mean() / muffled[(f > a) & (f < b)].mean())
        for a, b in ((200, 600), (3000, 7000))
    ]
    assert loss_db[1] > loss_db[0] + 6 > 6


def test_planted_sounds_are_where_the_truth_says_and_no_shots() -> None:
    take = render(_scene(planted=(Planted("bump", 1.0, 110.0), Planted("door", 2.0, 115.0, (5.0, 0.0, 1.0)))))
    assert [kind for _, kind in take.planted] == ["bump", "door"]
    assert take.planted[1][0] - 2.0 == pytest.approx(5.0 / 340, rel=0.05)
    level = np.abs(take.samples[:, 0])
    assert level[round(0.99 * RATE_HZ) : round(1.1 * RATE_HZ)].max() > 5 * level[: round(0.9 * RATE_HZ)].max()
    assert take.shots == ()
    assert take.truth()["span_s"] is None


def test_the_truth_is_plain_data_and_moves_with_the_file_clock(spaced: Take) -> None:
    later = spaced.shown(30.0, ((30.0, 31.0, "no_audio"),))
    assert json.loads(json.dumps(later.truth())) == later.truth()
    assert [shot.arrival_s - 30 for shot in later.shots] == pytest.approx([shot.arrival_s for shot in spaced.shots])
    assert [shot.audible for shot in later.shots] == [False, True]
    assert later.truth()["audible_shots"] == 1
    assert later.truth()["total_shots"] == 2


@given(seed=st.integers(0, 2**32), shots=st.integers(0, 60), rpm=st.sampled_from([None, 600.0, 1200.0]))
@settings(max_examples=50, deadline=None)
def test_no_gun_fires_faster_than_it_can(seed: int, shots: int, rpm: float | None) -> None:
    cadence = Cadence(automatic_per_min=rpm)
    times = np.array(fire(np.random.default_rng(seed), shots, 2.0, cadence))
    assert len(times) == shots
    floor_s = cadence.floor_s if rpm is None else 0.8 * 60 / rpm
    assert np.all(np.diff(times) >= floor_s - 1e-9)


def test_magazines_run_empty() -> None:
    times = np.array(fire(np.random.default_rng(1), 50, 0.0, Cadence(magazine=15, pause_chance=0.0)))
    splits = np.diff(times)
    assert np.all(splits[[14, 29, 44]] > 1.2)
    assert np.median(splits) < 0.5


@pytest.mark.parametrize("kind", SOUNDS)
def test_everyday_sounds_have_a_peak_of_one_and_obey_their_seed(kind: str) -> None:
    a, b = (SOUNDS[kind](np.random.default_rng(5), RATE_HZ) for _ in range(2))
    assert np.array_equal(a, b)
    assert np.abs(a).max() == pytest.approx(1.0)
    assert not np.array_equal(a, SOUNDS[kind](np.random.default_rng(6), RATE_HZ))


def test_beds_have_unit_level_and_more_low_than_high_notes() -> None:
    for noise in (
        bed(np.random.default_rng(1), 4 * RATE_HZ, RATE_HZ),
        wind(np.random.default_rng(1), 4 * RATE_HZ, RATE_HZ),
    ):
        assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0)
        power = np.abs(np.fft.rfft(noise)) ** 2
        f = np.fft.rfftfreq(len(noise), 1 / RATE_HZ)
        assert power[(f > 50) & (f < 500)].mean() > 10 * power[f > 2000].mean()


@pytest.mark.parametrize("seed", [1, 2024])
def test_the_demonstration_incident_has_its_shots_in_its_span(seed: int) -> None:
    scene = alder_street(seed)
    assert {gun.label: len(gun.fired_s) for gun in scene.guns} == {
        "driver": 11,
        "officer A": 50,
        "officer B": 20,
        "officer C": 15,
        "officer D": 11,
    }
    fired = np.sort(np.concatenate([gun.fired_s for gun in scene.guns]))
    assert 40.7 < fired[-1] - fired[0] < 41.3
    assert np.all(np.diff(fired)[-3:] > 1.5)  # isolated shots at the end
    assert [gun.label for gun in scene.guns if min(gun.fired_s) == fired[0]] == ["driver"]
    assert scene.camera.sound_start_s == 29.98
    assert scene.duration_s > fired[-1] + 3
    for gun in scene.guns:
        assert np.diff(gun.fired_s).min() >= 0.1


def test_short_scenes_keep_only_shots_that_fit() -> None:
    assert len(five_shots(1).guns[0].fired_s) == 5
    assert len(five_shots(1, 192_000, 3.0).guns[0].fired_s) == 2
    assert five_shots(1, 8000).guns[0].fired_s == five_shots(1).guns[0].fired_s
    assert max(max(gun.fired_s) for gun in two_guns(7).guns) < 15


def test_pictures_say_synthetic_and_their_clock_runs() -> None:
    frames = list(street_frames(2.0, Fraction(5), ("A LINE",), (90, 160)))
    assert len(frames) == 10
    assert all(frame.shape == (90, 160, 3) and frame.dtype == np.uint8 for frame in frames)
    amber = [np.all(frame == (255, 190, 60), axis=2) for frame in frames]
    assert amber[0].sum() > 300
    assert all(np.array_equal(amber[0], other) for other in amber)
    assert not np.array_equal(frames[0], frames[1])
    (card,) = card_frames(0.2, Fraction(5), "VIEW 1", (90, 160))
    assert np.any(np.all(card == (255, 190, 60), axis=2))
