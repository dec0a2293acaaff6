import math

import numpy as np
import pytest

from detector.core.blasts import speed_of_sound_m_s
from detector.lab import scene_numbers
from detector.lab.bodycam import coarse
from detector.lab.composer import compose
from detector.lab.corpus import read_corpus
from detector.lab.events import event
from detector.lab.footage import Event, Heard
from detector.lab.material import Material, read_material
from detector.media.encode import coded
from tests.pieces import small_corpus, small_fold

BARE = Material(0, (), (), {}, (), (), (), ())


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> tuple[Material, ...]:
    root = small_corpus(tmp_path_factory.mktemp("corpus"))
    return read_material(root, read_corpus(root), small_fold)


@pytest.fixture(scope="module")
def pairs(materials: tuple[Material, ...]) -> list[Event]:
    return [event("pair", seed, materials[seed % 5], 3) for seed in range(3)]


def test_the_same_seed_gives_the_same_samples_and_the_same_truth(materials: tuple[Material, ...]) -> None:
    first, again, other = (event("solo", seed, materials[2], 2) for seed in (8, 8, 9))
    for one, two in zip(first.views, again.views, strict=True):
        assert np.array_equal(one.samples, two.samples)
        assert (one.shots, one.planted, one.camera.clock) == (two.shots, two.planted, two.camera.clock)
    assert first.views[0].shots != other.views[0].shots


def test_one_camera_is_the_composed_scene_on_its_own_clock(materials: tuple[Material, ...]) -> None:
    take = compose("pair", 3, materials[1])
    (view,) = event("pair", 3, materials[1], 1).views
    clock, body = view.camera.clock, view.camera.stage.body
    shown = [clock.shown(at_s) for at_s in take.marks.time_s]
    assert [shot.first_s for shot in view.shots] == pytest.approx(shown, abs=1e-9)
    assert [shot.audible for shot in view.shots] == take.marks.audible.tolist()
    kinds = {kind for _, kind in take.planted}
    assert kinds <= {kind for _, kind in view.planted} <= kinds | {"beep"}
    samples = coded(view.samples, view.rate_hz, view.bit_rate)
    samples = samples if body.coarse is None else coarse(samples, body.coarse)
    n = min(len(samples), len(take.samples))
    assert abs(len(samples) - len(take.samples)) < 0.01 * n
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(take.samples**2)), rel=0.1)


def test_arrivals_at_all_cameras_follow_from_where_everybody_is(pairs: list[Event]) -> None:
    compared = 0
    for made in pairs:
        speed = speed_of_sound_m_s(made.stage.surroundings.place.temperature_c)
        for view in made.views:
            guns = {shooter.label: shooter for shooter in view.camera.stage.shooters}
            stage, clock = view.camera.stage, view.camera.clock
            for shot in view.shots:
                assert shot.emission_s is not None
                gun, walked_s = guns[shot.gun], 0.0 if guns[shot.gun].own else shot.emission_s
                gun_m = np.add(gun.position_m, np.multiply(gun.velocity_m_s, walked_s))
                camera_m = np.add(stage.post.position_m, np.multiply(stage.body.velocity_m_s, walked_s))
                way_s = math.dist(gun_m.tolist(), camera_m.tolist()) / speed
                assert clock.told(shot.blast_s) == pytest.approx(shot.emission_s + way_s, abs=2e-5)
                compared += 1
    assert compared > 60


def test_all_cameras_hear_the_same_discharges(pairs: list[Event]) -> None:
    for made in pairs:
        heard = [{(shot.gun, shot.emission_s) for shot in view.shots} for view in made.views]
        everything = set[tuple[str, float | None]]().union(*heard)
        assert len(everything) == sum(len(shooter.fired_s) for shooter in made.stage.shooters)
        for view, known in zip(made.views, heard, strict=True):
            assert known == everything or view.camera.clock.start_s > 2.0


def test_what_is_planted_beside_one_camera_is_heard_at_the_others_a_little_later_or_sooner(pairs: list[Event]) -> None:
    apart_ms = []
    for made in pairs:
        first, *others = made.views
        for view in others:
            for at_s, kind in first.planted:
                same = [time_s for time_s, other in view.planted if other == kind]
                scene_s = [view.camera.clock.told(time_s) for time_s in same]
                nearest = min((abs(time_s - first.camera.clock.told(at_s)) for time_s in scene_s), default=9.0)
                if nearest < 0.3:
                    apart_ms.append(1e3 * nearest)
    assert len(apart_ms) > 10
    assert 0.5 < np.median(apart_ms) < 100
    assert max(apart_ms) < 300


def test_sound_stands_in_the_samples_where_the_truth_says(materials: tuple[Material, ...]) -> None:
    late_ms = []
    for seed in range(5):
        for view in event("solo", seed, materials[seed], 2).views:
            if view.rate_hz >= 44_100:
                late_ms += [
                    late
                    for shot in view.shots
                    if (late := rise_after_ms(view.samples, shot, view.late_s, view.rate_hz)) is not None
                ]
    assert len(late_ms) > 12
    assert np.mean(np.abs(late_ms) < 3) >= 0.98


def rise_after_ms(samples: np.ndarray, shot: Heard, late_s: float, rate_hz: int) -> float | None:
    at = round((shot.first_s - late_s) * rate_hz)
    if not shot.audible or shot.snr_db < 25 or at < rate_hz // 10:
        return None
    around = np.abs(samples[at - rate_hz // 80 : at + rate_hz // 80])
    before = np.abs(samples[at - rate_hz // 33 : at - rate_hz // 250]).max()
    if around.max() < 4 * before:
        return None
    return 1e3 * (int(np.argmax(around > max(0.3 * around.max(), 1.5 * before))) - rate_hz // 80) / rate_hz


def test_cameras_that_join_leave_out_what_they_did_not_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene_numbers, "JOINED_CHANCE", 1.0)
    monkeypatch.setattr(scene_numbers, "LATE_CHANCE", 1.0)
    made = event("solo", 5, BARE, 3)
    whole, *joined = made.views
    for view in joined:
        clock = view.camera.clock
        assert 0 < sum(not shot.muted for shot in view.shots) < len(whole.shots)
        assert all(shot.first_s >= 0 for shot in view.shots)
        assert any(shot.muted for shot in view.shots) == any(shot.first_s < clock.late_s for shot in view.shots)
        assert all(shot.first_s > clock.late_s for shot in view.shots if not shot.muted)
        assert view.unheard == ((0.0, clock.late_s),)


def test_scenes_without_shots_beep_every_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene_numbers, "QUIET_FILE_S", 130.0)
    monkeypatch.setattr(scene_numbers, "BEEP_CHANCE", 1.0)
    (view,) = event("quiet", 1, BARE).views
    assert view.duration_s == pytest.approx(130 + view.late_s, abs=0.1)
    assert view.shots == ()
    beeps = [at_s for at_s, kind in view.planted if kind == "beep"]
    first = [at_s for at_s in beeps if 0.1 < at_s - view.late_s < 1.1]
    assert any(at_s == pytest.approx(first[0] + 120, abs=0.1) for at_s in beeps)


def test_families_and_material_that_are_missing_are_named() -> None:
    with pytest.raises(KeyError, match="duel"):
        event("duel", 1, BARE)
    with pytest.raises(ValueError, match="fold 0 has no far recordings"):
        event("far", 1, BARE)


def test_far_fire_has_no_emission_and_one_camera(materials: tuple[Material, ...]) -> None:
    (view,) = event("far", 2, materials[3]).views
    assert len(view.shots) > 1
    assert {(shot.material, shot.emission_s) for shot in view.shots} == {("pitt", None)}
