import numpy as np
import pytest

from detector.lab import scene_numbers
from detector.lab.composer import Take, compose
from detector.lab.corpus import read_corpus
from detector.lab.families import FAMILIES
from detector.lab.material import Material, read_material
from detector.lab.staging import stage
from tests.pieces import small_corpus, small_fold


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> tuple[Material, ...]:
    root = small_corpus(tmp_path_factory.mktemp("corpus"))
    return read_material(root, read_corpus(root), small_fold)


@pytest.fixture(scope="module")
def takes(materials: tuple[Material, ...]) -> dict[str, Take]:
    return {family: compose(family, 3, materials[1]) for family in FAMILIES}


def test_the_same_seed_gives_the_same_samples_and_another_others(materials: tuple[Material, ...]) -> None:
    first, again, other = (compose("pair", seed, materials[0]) for seed in (1, 1, 2))
    assert np.array_equal(first.samples, again.samples)
    assert first.marks.time_s.tolist() == again.marks.time_s.tolist()
    assert first.planted == again.planted
    assert first.marks.time_s.tolist() != other.marks.time_s.tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_sound_with_its_truth(family: str, takes: dict[str, Take]) -> None:
    take = takes[family]
    seconds = len(take.samples) / take.rate_hz
    assert take.samples.dtype == np.float32
    assert np.all(np.isfinite(take.samples))
    assert 0.001 < np.abs(take.samples).max() < 3
    assert take.rate_hz in dict(scene_numbers.RATES_HZ)
    assert np.all(np.diff(take.marks.time_s) >= 0)
    assert np.all((take.marks.time_s > 0) & (take.marks.time_s < seconds))
    assert np.all(take.marks.also_s >= take.marks.time_s)
    assert len(take.truth.gun) == len(take.truth.snr_db) == len(take.marks.time_s)
    assert np.array_equal(take.marks.audible, take.truth.snr_db >= 6)


def test_families_are_what_they_are_called(takes: dict[str, Take]) -> None:
    guns = {family: len(set(take.truth.gun)) for family, take in takes.items()}
    assert guns["solo"] == guns["auto"] == 1
    assert guns["pair"] == guns["double"] == 2
    assert (guns["barrage"], guns["walker"]) == (5, 8)
    assert len(takes["quiet"].marks.time_s) == len(takes["fireworks"].marks.time_s) == 0
    assert len(takes["walker"].marks.time_s) == sum(scene_numbers.WALKER_GUNS)
    assert 70 < len(takes["barrage"].marks.time_s) < 150
    assert np.ptp(takes["walker"].marks.time_s) < 12
    assert any(shooter.cabin for shooter in takes["cabin"].stage.shooters)


def test_doubles_reach_the_camera_as_close_together_as_they_were_meant(takes: dict[str, Take]) -> None:
    low, high = scene_numbers.DOUBLE_GAP_S
    gaps = np.diff(takes["double"].marks.also_s)
    close = gaps[gaps < 0.5]
    assert len(close) > 3
    assert np.all((close > low - 1e-4) & (close < high + 1e-4))


def test_a_muted_start_is_silent_and_its_shots_are_not_asked_for(takes: dict[str, Take]) -> None:
    take = takes["mute"]
    muted = round(take.stage.muted_s * take.rate_hz)
    assert muted > take.rate_hz // 2
    assert not np.any(take.samples[:muted])
    assert np.any(take.samples[muted:])
    assert np.all(take.marks.time_s >= take.stage.muted_s)
    fired_s = np.concatenate([shooter.fired_s for shooter in take.stage.shooters])
    assert len(take.marks.time_s) <= np.sum(fired_s > take.stage.muted_s - 1)


def test_arrivals_stand_in_the_decoded_sound_where_the_truth_says(materials: tuple[Material, ...]) -> None:
    late_ms = []
    for seed in range(16):
        take = compose("solo", seed, materials[seed % 5])
        if take.rate_hz >= 44_100:
            late_ms += [late for at_s in alone(take) if (late := rise_after_ms(take, at_s)) is not None]
    assert len(late_ms) > 20
    assert np.mean(np.abs(late_ms) < 3) >= 0.98
    assert np.median(np.abs(late_ms)) < 0.5


def alone(take: Take) -> list[float]:
    """Arrivals with a quarter of a second to themselves that stand out by 25 dB."""
    before = np.diff(take.marks.time_s, prepend=-1.0)
    after = np.diff(take.marks.time_s, append=1e9)
    return [float(at_s) for at_s in take.marks.time_s[(before > 0.25) & (after > 0.25) & (take.truth.snr_db > 25)]]


def rise_after_ms(take: Take, at_s: float) -> float | None:
    """When the sound first exceeds what was before and a third of its peak, None where it does not stand out."""
    rate_hz, at = take.rate_hz, round(at_s * take.rate_hz)
    around = np.abs(take.samples[at - rate_hz // 80 : at + rate_hz // 80])
    before = np.abs(take.samples[at - rate_hz // 33 : at - rate_hz // 250]).max()
    if around.max() < 4 * before:
        return None
    first = int(np.argmax(around > max(0.3 * around.max(), 1.5 * before)))
    return 1e3 * ((at - rate_hz // 80 + first) / rate_hz - at_s)


def test_a_scene_uses_the_recordings_of_its_fold_alone(materials: tuple[Material, ...]) -> None:
    for material in materials:
        own = {blast.path for blast in material.blasts}
        for seed in range(20):
            setting = stage("pair", np.random.default_rng(seed), material)
            used = {shooter.recorded.path for shooter in setting.shooters if shooter.recorded}
            assert used <= own
            assert setting.surroundings.measured in (None, *material.responses)


def test_unknown_families_and_missing_material_are_named(materials: tuple[Material, ...]) -> None:
    with pytest.raises(KeyError, match="duel"):
        compose("duel", 0, materials[0])
    with pytest.raises(ValueError, match="fold 0 has no far recordings"):
        compose("far", 0, Material(0, (), (), {}, (), (), (), ()))


def test_a_scene_needs_no_recordings_at_all() -> None:
    take = compose("solo", 1, Material(0, (), (), {}, (), (), (), ()))
    assert len(take.marks.time_s) > 0
    assert np.abs(take.samples).max() > 0.01
