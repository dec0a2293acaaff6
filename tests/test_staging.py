import numpy as np
import pytest

from detector.lab import scene_numbers as numbers
from detector.lab.families import FAMILIES, parties
from detector.lab.material import Material
from detector.lab.staging import Stage, stage

BARE = Material(0, (), (), {}, (), (), (), ())


def staged(family: str, seeds: int = 30) -> list[Stage]:
    return [stage(family, np.random.default_rng(seed), BARE) for seed in range(seeds)]


@pytest.mark.parametrize("family", FAMILIES)
def test_everybody_stands_between_the_walls_and_no_further_than_sound_reaches(family: str) -> None:
    furthest_m = numbers.DISTANT_M[1] if family == "distant" else numbers.FURTHEST_M
    for setting in staged(family):
        for shooter in setting.shooters:
            assert np.hypot(*shooter.position_m[:2]) <= furthest_m + 1e-6
            for facade in setting.surroundings.place.facades:
                inside = np.subtract(shooter.position_m, facade.point_m) @ np.asarray(facade.normal)
                assert shooter.own or inside > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_one_finger_is_no_faster_than_a_finger_and_shots_end_before_the_scene(family: str) -> None:
    for setting in staged(family):
        for shooter in setting.shooters:
            assert min(shooter.fired_s) > (0.1 if family == "range" else 1.5)
            assert max(shooter.fired_s) + 2.5 < setting.duration_s
            if family not in ("auto", "range"):
                assert np.diff(shooter.fired_s).min(initial=1.0) >= numbers.SPLIT_FLOOR_S - 1e-9


def test_automatic_fire_runs_at_the_rate_of_its_gun() -> None:
    low, high = (60 / rate for rate in reversed(numbers.AUTO_PER_MIN))
    for seed in range(20):
        (party,) = parties("auto", np.random.default_rng(seed))
        splits = np.diff(party.fired_s)
        burst = splits[splits < 0.15]
        assert len(burst) >= 1
        assert 0.8 * low < np.median(burst) < 1.2 * high


def test_doubles_are_5_to_80_ms_apart_and_pairs_of_them_well_apart() -> None:
    first, second = parties("double", np.random.default_rng(3))
    gaps = np.diff(np.sort([*first.fired_s, *second.fired_s]))
    low, high = numbers.DOUBLE_GAP_S
    close = gaps[gaps < 1.0]
    assert len(close) > 3
    assert np.all((close >= low - 1e-9) & (close <= high + 1e-9))
    assert gaps[gaps >= 1.0].min() > numbers.DOUBLE_EVERY_S[0] - high


def test_a_barrage_is_like_the_incident_it_is_modelled_on() -> None:
    counts, spans = [], []
    for seed in range(40):
        fired = np.concatenate([party.fired_s for party in parties("barrage", np.random.default_rng(seed))])
        counts.append(len(fired))
        spans.append(np.ptp(fired))
    assert 95 < np.mean(counts) < 118
    assert 25 < np.median(spans) < 46


def test_eight_guns_fire_94_shots_in_about_seven_seconds() -> None:
    for seed in range(10):
        guns = parties("walker", np.random.default_rng(seed))
        fired = np.concatenate([party.fired_s for party in guns])
        assert (len(guns), len(fired)) == (8, 94)
        assert 4 < np.ptp(fired) < 11


def test_guns_in_cars_are_heard_through_them_and_wearers_never_sit_inside() -> None:
    inside = [shooter for setting in staged("cabin") for shooter in setting.shooters if shooter.cabin]
    assert len(inside) == 30
    assert not any(shooter.own for shooter in inside)


def test_wearers_aim_away_from_their_camera() -> None:
    own = [shooter for setting in staged("barrage") for shooter in setting.shooters if shooter.own]
    assert len(own) > 10
    assert all(np.dot(shooter.position_m[:2], shooter.aim[:2]) > 0 for shooter in own)


def test_shares_of_a_draw_add_up() -> None:
    assert sum(calibre.share for calibre in numbers.CALIBRES) == pytest.approx(1.0)
    assert sum(share for _, share in numbers.RATES_HZ) == pytest.approx(1.0)
    assert sum(share for _, share in numbers.MAGAZINES) == pytest.approx(1.0)
    assert sum(kind.share for kind in numbers.PLACES.values()) == pytest.approx(1.0)
    assert {name for places in numbers.PLACES_OF.values() for name in places} <= set(numbers.PLACES)
    assert set(numbers.PLACES_OF) <= set(FAMILIES)
