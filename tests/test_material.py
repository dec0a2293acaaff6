from pathlib import Path

import numpy as np
import pytest

from detector.lab.corpus import read_corpus
from detector.lab.material import LEAD_S, RATE_HZ, Material, read_material, read_string, response
from tests.pieces import small_corpus, small_fold


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def materials(root: Path) -> tuple[Material, ...]:
    return read_material(root, read_corpus(root), small_fold)


def paths(material: Material) -> set[Path]:
    pieces = [*material.beds, *material.winds, *material.speech, *material.responses]
    pieces += [piece for kind in material.sounds.values() for piece in kind]
    gunfire = [blast.path for blast in material.blasts] + [string.path for string in material.strings]
    return {piece.path for piece in pieces}.union(gunfire)


def test_no_recording_is_in_two_folds_and_none_is_lost(root: Path, materials: tuple[Material, ...]) -> None:
    every = [path for material in materials for path in sorted(paths(material))]
    assert len(every) == len(set(every))
    assert set(every) == set(root.rglob("*.flac"))


def test_blasts_strings_and_sounds_are_in_the_folds_of_the_corpus(root: Path, materials: tuple[Material, ...]) -> None:
    cases = read_corpus(root)
    fold = {case.path: small_fold(case.group) for case in cases}
    for material in materials:
        kinds = [piece.path for pieces in material.sounds.values() for piece in pieces]
        kinds += [piece.path for piece in (*material.beds, *material.winds, *material.speech)]
        grouped = [*kinds, *(p.path for p in material.blasts), *(p.path for p in material.strings)]
        assert {fold[path] for path in grouped} <= {material.fold}


def test_a_fold_has_the_beds_voices_and_places_of_its_own_groups(materials: tuple[Material, ...]) -> None:
    for material in materials:
        assert (len(material.beds), len(material.speech), len(material.responses)) == (1, 1, 1)


def test_a_blast_begins_at_its_rise_whatever_its_mark_and_without_what_was_before(
    materials: tuple[Material, ...],
) -> None:
    for blast in (blast for material in materials for blast in material.blasts):
        sound = blast.sound()
        lead = round(LEAD_S * RATE_HZ)
        assert np.abs(sound).max() == pytest.approx(1.0)
        assert np.abs(sound[: lead - RATE_HZ // 2000]).max() < 0.05
        first = int(np.argmax(np.abs(sound) > 0.3))
        assert abs(first - lead) <= RATE_HZ // 5000
        assert np.abs(sound[-RATE_HZ // 100 :]).max() < 1e-3


def test_telephones_bring_their_own_overload(materials: tuple[Material, ...]) -> None:
    devices = {blast.device: blast.overloaded for material in materials for blast in material.blasts}
    assert devices == {"iPhone": True, "Zoom H4N recorder": False}


def test_a_cut_fades_and_a_whole_piece_does_not(materials: tuple[Material, ...]) -> None:
    door = next(piece for material in materials for piece in material.sounds.get("door", ()))
    assert abs(door.sound()[0]) > 0.5  # begins at the sound itself
    bed = materials[0].beds[0]
    part = bed.sound(1.0, 2.0)
    assert len(part) == 2 * RATE_HZ
    assert np.abs(part).max() == pytest.approx(1.0)
    assert max(abs(part[0]), abs(part[-1])) == 0


def test_a_response_begins_with_its_direct_path_and_has_unit_energy(materials: tuple[Material, ...]) -> None:
    taps = response(materials[0].responses[0])
    assert int(np.argmax(np.abs(taps))) <= 12
    assert float(np.sum(taps**2)) == pytest.approx(1.0, rel=1e-5)
    assert abs(taps[-1]) < 1e-3


def test_far_strings_keep_their_onsets_in_order(materials: tuple[Material, ...]) -> None:
    piece = next(piece for material in materials for piece in material.strings)
    assert piece.onset_s.tolist() == [1.0, 1.6]
    sound = read_string(piece)
    quiet, loud = (np.abs(sound[round((at - 0.01) * RATE_HZ) :][: RATE_HZ // 200]).max() for at in (1.6, 1.611))
    assert len(sound) == 3 * RATE_HZ
    assert loud > 20 * quiet


def test_parts_that_are_not_there_give_no_pieces(tmp_path: Path, root: Path) -> None:
    (tmp_path / "not_gunfire.csv").write_text((root / "not_gunfire.csv").read_text())
    materials = read_material(tmp_path, read_corpus(tmp_path), small_fold)
    assert all(not material.blasts and not material.strings and not material.responses for material in materials)
    assert sum(len(material.beds) for material in materials) == 5
