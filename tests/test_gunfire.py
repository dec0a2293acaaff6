import numpy as np
import pytest

from detector.core.blasts import pascal
from detector.lab.gunfire import Shot, add, convolved, judged, judged_far, shots, stems
from detector.lab.material import RATE_HZ, Material
from detector.lab.staging import Stage, stage
from detector.records import Float32

BARE = Material(0, (), (), {}, (), (), (), ())


def staged(family: str, seed: int) -> tuple[Stage, list[Shot]]:
    rng = np.random.default_rng(seed)
    setting = stage(family, rng, BARE)
    return setting, shots(setting, rng)


def pressure_of(fired: list[Shot], setting: Stage) -> Float32:
    total = np.zeros(round(setting.duration_s * RATE_HZ), np.float32)
    for start, part in stems(fired):
        add(total, start, part)
    return total


def noise(setting: Stage, level_db: float) -> Float32:
    rng = np.random.default_rng(0)
    return rng.standard_normal(round(setting.duration_s * RATE_HZ), np.float32) * np.float32(pascal(level_db))


@pytest.mark.parametrize(("family", "seed"), [("double", 1), ("pair", 2), ("walker", 3), ("auto", 0)])
def test_what_was_there_is_the_pressure_without_the_shot_and_all_later_ones(family: str, seed: int) -> None:
    setting, fired = staged(family, seed)
    street = noise(setting, 60.0)
    fast = judged(setting, street + pressure_of(fired, setting), fired)
    for row in range(0, len(fired), max(1, len(fired) // 6)):
        # The slow twin renders the scene as far as the shots before this one, then adds this one alone.
        before = street + pressure_of(fired[:row], setting)
        with_head = before.copy()
        add(with_head, *fired[row].head)
        twin = judged(setting, with_head, [fired[row]])
        assert fast.snr_db[row] == pytest.approx(twin.snr_db[0], abs=0.3)


def test_a_shot_in_silence_stands_out_by_its_level_over_the_noise() -> None:
    setting, fired = staged("solo", 4)
    first = fired[:1]
    quiet = judged(setting, noise(setting, 50.0) + pressure_of(first, setting), first).snr_db[0]
    loud = judged(setting, noise(setting, 90.0) + pressure_of(first, setting), first).snr_db[0]
    assert quiet - loud == pytest.approx(40.0, abs=3.0)


def test_a_shot_hides_in_the_plateau_of_an_overload() -> None:
    setting, fired = staged("solo", 4)
    plateau = np.full(round(setting.duration_s * RATE_HZ), pascal(170.0), np.float32)
    truth = judged(setting, plateau, fired)
    assert not truth.marks.audible.any()
    assert truth.clipped.all()


def test_heads_are_the_beginnings_of_what_the_stems_add_up_to() -> None:
    setting, fired = staged("pair", 5)
    total = pressure_of(fired[:1], setting)
    start, head = fired[0].head
    assert np.abs(total[start : start + len(head)] - head).max() < 1e-3 * np.abs(head).max()


def test_direct_paths_arrive_with_the_speed_of_sound() -> None:
    setting, fired = staged("barrage", 1)
    shooters = {shooter.label: shooter for shooter in setting.shooters}
    temperature = setting.surroundings.place.temperature_c
    speed = 331.3 * np.sqrt(1 + temperature / 273.15)
    for shot in fired:
        gun = shooters[shot.gun]
        way_m = np.linalg.norm(np.subtract(gun.position_m, shot.way.camera_m))
        fired_s = min(gun.fired_s, key=lambda at_s: abs(at_s + way_m / speed - shot.blast_s))
        assert shot.blast_s == pytest.approx(fired_s + way_m / speed, abs=2 / RATE_HZ)
        assert shot.first_s <= shot.blast_s


def test_no_two_shots_of_a_gun_are_alike() -> None:
    _, fired = staged("auto", 2)
    waves = {shot.wave[1].tobytes() for shot in fired}
    assert len(waves) == len(fired) > 1


def test_a_wearer_who_walks_hears_other_echoes_every_few_seconds_and_his_own_gun_always_alike() -> None:
    setting, fired = staged("barrage", 1)
    ways: dict[str, set[int]] = {shooter.label: set() for shooter in setting.shooters}
    for shot in fired:
        ways[shot.gun].add(id(shot.way))
    for shooter in setting.shooters:
        assert len(ways[shooter.label]) == 1 if shooter.own else len(ways[shooter.label]) > 2


def test_far_shots_are_judged_against_the_moment_before() -> None:
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(RATE_HZ, np.float32) * np.float32(0.01)
    sound[24_000:] = sound[:24_000]
    burst = rng.standard_normal(480, np.float32)
    sound[12_000:12_480] += 0.1 * burst
    sound[36_000:36_480] += burst
    truth = judged_far(sound, np.array([0.1, 0.25, 0.75]))
    assert truth.marks.audible.tolist() == [False, True, True]
    assert truth.snr_db[2] - truth.snr_db[1] == pytest.approx(20.0, abs=1)


def test_rows_are_taken_together() -> None:
    setting, fired = staged("pair", 5)
    truth = judged(setting, pressure_of(fired, setting), fired)
    rows = np.arange(len(fired)) % 2 == 0
    some = truth.take(rows)
    assert some.gun == truth.gun[::2]
    assert some.snr_db.tolist() == truth.snr_db[::2].tolist()
    assert some.marks.time_s.tolist() == truth.marks.time_s[::2].tolist()


def test_convolution_is_the_plain_one() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal(500, np.float32), rng.standard_normal(77, np.float32)
    assert np.allclose(convolved(a, b), np.convolve(a, b), atol=1e-4)


def test_adding_keeps_to_the_array() -> None:
    total = np.zeros(4, np.float32)
    for start in (-3, 2, 9):
        add(total, start, np.ones(4, np.float32))
    assert total.tolist() == [1, 0, 1, 1]
