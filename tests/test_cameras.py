import numpy as np
import pytest

from detector.lab import scene_numbers as numbers
from detector.lab.cameras import Camera, cameras, number_of_cameras
from detector.lab.families import FAMILIES
from detector.lab.material import Material
from detector.lab.staging import Stage, stage
from detector.lab.ways import camera_at, inside

BARE = Material(0, (), (), {}, (), (), (), ())


def drawn(family: str, count: int, seed: int) -> tuple[Stage, tuple[Camera, ...]]:
    rng = np.random.default_rng(seed)
    setting = stage(family, rng, BARE)
    return setting, cameras(setting, count, rng)


@pytest.mark.parametrize("family", ["pair", "walker", "cabin", "auto"])
def test_every_gun_is_worn_beside_at_most_one_camera_and_away_from_it(family: str) -> None:
    owned = 0
    for seed in range(20):
        _, standing = drawn(family, 4, seed)
        for row in range(len(standing[0].stage.shooters)):
            own = [camera for camera in standing if camera.stage.shooters[row].own]
            assert len(own) <= 1
            for camera in own[:1]:
                gun = camera.stage.shooters[row]
                away = np.subtract(gun.position_m, camera.stage.post.position_m)[:2]
                assert np.hypot(*away) <= numbers.OWN_GUN_M[1] + 1e-9
                assert away @ np.array(gun.aim[:2]) > 0
                assert gun.hidden is None
                assert gun.cabin is None
                owned += camera.label != "cam1"
    assert owned > 5


def test_a_gun_goes_with_its_wearer_as_others_see_him() -> None:
    seen = 0
    for seed in range(10):
        _, standing = drawn("walker", 4, seed)
        for owner in standing:
            for row, gun in enumerate(owner.stage.shooters):
                if gun.own:
                    assert gun.velocity_m_s == (0.0, 0.0, 0.0)
                    for other in standing:
                        if other is not owner:
                            assert other.stage.shooters[row].velocity_m_s == owner.stage.body.velocity_m_s
                            seen += 1
    assert seen > 10


@pytest.mark.parametrize("family", ["pair", "barrage", "walker", "cabin"])
def test_wearers_of_several_cameras_never_walk_through_walls(family: str) -> None:
    for seed in range(10):
        setting, standing = drawn(family, 5, seed)
        for camera in standing:
            body, post = camera.stage.body, camera.stage.post
            end_m = np.add(post.position_m, np.multiply(body.velocity_m_s, setting.duration_s))
            assert camera_at(camera.stage, setting.duration_s) == pytest.approx(end_m.tolist())
            if any(body.velocity_m_s):
                assert inside(setting.surroundings, camera_at(camera.stage, setting.duration_s))


def test_cameras_begin_before_the_fire_but_for_some_that_join_it() -> None:
    joined = []
    for seed in range(40):
        setting, standing = drawn("pair", 3, seed)
        first_s = min(at_s for shooter in setting.shooters for at_s in shooter.fired_s)
        assert standing[0].clock.start_s < first_s
        joined += [camera.clock.start_s > first_s for camera in standing[1:]]
    assert 0 < np.mean(joined) < 0.3


def test_a_camera_alone_is_the_one_that_the_stage_was_drawn_around() -> None:
    setting, (camera,) = drawn("solo", 1, 3)
    assert camera.stage == setting
    assert camera.clock.start_s == 0.0


def test_a_muted_start_is_silent_or_has_no_sound() -> None:
    starts = []
    for seed in range(20):
        setting, (camera,) = drawn("mute", 1, seed)
        starts.append(camera.clock.start_s)
        if camera.clock.start_s:
            assert camera.clock.start_s == pytest.approx(setting.muted_s, abs=1e-4)
            assert camera.clock.late_s == pytest.approx(setting.muted_s, abs=0.006)
    assert 0 < np.mean(np.array(starts) > 0) < 1


@pytest.mark.parametrize("family", FAMILIES)
def test_as_many_cameras_as_suit_the_family(family: str) -> None:
    counts = {number_of_cameras(family, np.random.default_rng(seed)) for seed in range(60)}
    if family in numbers.CAMERAS_ALONE:
        assert counts == {1}
    else:
        assert counts == ({numbers.CAMERAS_OF[family]} if family in numbers.CAMERAS_OF else {1, 2, 3, 4, 5})
