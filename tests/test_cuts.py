"""Suspects from an index, cuts from layouts: drawn by hand here, from files in test_pictures.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.core.cuts import Suspects, find, suspects
from detector.records import Layouts, PictureIndex
from detector.settings import CutSettings

SETTINGS = CutSettings()
PICTURE_S = 0.04
PARTS = 144


def index(keys: Sequence[int], pictures: int, large: Sequence[int] = ()) -> PictureIndex:
    """Pictures of 1,000 bytes, key frames of 10,000, large ones of 9,000."""
    key = np.isin(np.arange(pictures), keys)
    size = np.where(key, 10_000, 1_000)
    size[list(large)] = 9_000
    return PictureIndex(PICTURE_S, PICTURE_S * np.arange(pictures, dtype=np.float64), key, size.astype(np.int32))


def keys_only(keys: Sequence[int]) -> PictureIndex:
    """What Matroska lists."""
    whole = index(keys, max(keys) + 1)
    return PictureIndex(PICTURE_S, whole.time_s[whole.key], whole.key[whole.key], whole.size_bytes[whole.key])


def centres(found: Suspects) -> list[int]:
    """The pictures in the middle of the windows."""
    return [round((start_s + stop_s) / 2 / PICTURE_S) for start_s, stop_s in found.windows]


def scene(seed: int, pictures: int, moved: float = 0.05) -> NDArray[np.float64]:
    """Layouts of one place, each picture `moved` of the contrast away from the last."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, moved / 3, (pictures, PARTS)), axis=0) + rng.normal(0, moved, (pictures, PARTS))
    return np.asarray(128 + 40 * (rng.normal(0, 1, PARTS) + walk))


def shown(*parts: NDArray[np.float64], at_s: NDArray[np.float64] | None = None) -> list[Layouts]:
    luma = np.clip(np.concatenate(parts), 0, 255).astype(np.uint8)
    return [Layouts(PICTURE_S * np.arange(len(luma), dtype=np.float64) if at_s is None else at_s, luma)]


def test_key_frames_at_even_distances_are_no_suspects() -> None:
    assert suspects(index(range(0, 3000, 30), 3000), SETTINGS) == Suspects((), 0)
    assert suspects(keys_only(range(0, 3000, 30)), SETTINGS) == Suspects((), 0)


def test_a_key_frame_before_its_time_is_one() -> None:
    keys = [0, 250, 500, 610, 860, 1110]
    assert centres(suspects(index(keys, 1200), SETTINGS)) == [610]
    assert centres(suspects(keys_only(keys), SETTINGS)) == [610]


def test_where_no_distance_is_usual_every_key_frame_but_the_first_is_one() -> None:
    assert centres(suspects(index([0, 178], 360), SETTINGS)) == [178]


def test_a_picture_coded_far_larger_than_its_neighbours_is_one() -> None:
    assert centres(suspects(index(range(0, 900, 30), 900, large=[317, 555]), SETTINGS)) == [317, 555]


def test_where_all_pictures_are_large_none_is() -> None:
    assert suspects(index(range(0, 900, 30), 900, large=range(401, 420)), SETTINGS).windows == ()


def test_suspects_close_together_are_looked_at_once() -> None:
    assert centres(suspects(index(range(0, 900, 30), 900, large=[317, 318, 320]), SETTINGS)) == [317]


def test_overlapping_windows_are_joined() -> None:
    ((start_s, stop_s),) = suspects(index(range(0, 900, 30), 900, large=[317, 333]), SETTINGS).windows
    assert start_s < 317 * PICTURE_S
    assert stop_s > 333 * PICTURE_S


def test_no_more_places_are_looked_at_than_allowed_and_the_rest_is_told() -> None:
    listed = index([0, 250, 500, 540, 790, 1040, 1200], 1300, large=[317, 900])
    assert centres(suspects(listed, CutSettings(places=2))) == [540, 1200]
    assert suspects(listed, CutSettings(places=2)).left_out == 2
    assert suspects(listed, CutSettings(places=0)) == Suspects((), 4)
    # What lies far behind a key frame costs the pictures on the way.
    assert centres(suspects(listed, CutSettings(pictures=100))) == [540]
    assert suspects(listed, CutSettings(pictures=50)) == Suspects((), 4)


@pytest.mark.parametrize(
    ("keys", "early", "cost"),
    [
        ([0, 100, 200, 240, 340, 440], 240, 52),  # from the key frame at 200 to 252
        ([0, 10, 110, 210, 310], 10, 22),  # from the first picture on
    ],
)
def test_as_much_is_decoded_as_allowed_and_no_more(keys: list[int], early: int, cost: int) -> None:
    """Sixteen pictures a second: 8 on either side of a suspect are compared, and 4 more may stand out of order."""
    listed = index(keys, 500)
    exact = dataclasses.replace(listed, picture_s=1 / 16, time_s=np.arange(500) / 16)
    ((start_s, stop_s),) = suspects(exact, CutSettings(pictures=cost)).windows
    assert (16 * start_s, 16 * stop_s) == (early - 12, early + 12)
    assert suspects(exact, CutSettings(pictures=cost - 1)) == Suspects((), 1)
    assert suspects(exact, SETTINGS, early / 16, early / 16).windows == ((start_s, stop_s),)  # both ends are in


def test_only_the_analysed_part_is_searched() -> None:
    listed = index(range(0, 900, 30), 900, large=[317, 555])
    assert centres(suspects(listed, SETTINGS, start_s=20.0)) == [555]
    assert centres(suspects(listed, SETTINGS, stop_s=20.0)) == [317]


def test_a_file_without_an_index_has_no_suspects() -> None:
    assert suspects(index([], 0), SETTINGS) == Suspects((), 0)


def test_a_cut_is_at_the_first_picture_of_the_new_scene() -> None:
    assert find(shown(scene(1, 17), scene(2, 15)), SETTINGS) == (17 * PICTURE_S,)
    assert find(shown(scene(1, 30), scene(2, 30), scene(3, 30)), SETTINGS) == (30 * PICTURE_S, 60 * PICTURE_S)


def test_a_cut_seen_in_two_windows_is_one() -> None:
    windows = shown(scene(1, 17), scene(2, 15))
    assert find(windows + windows, SETTINGS) == (17 * PICTURE_S,)


@given(gain=st.floats(0.4, 1.0), lift=st.floats(0, 20))
def test_brightness_and_contrast_of_the_picture_decide_nothing(gain: float, lift: float) -> None:
    one, other = 0.5 * scene(1, 17), 0.5 * scene(2, 15)
    assert find(shown(lift + gain * one, lift + gain * other), SETTINGS) == (17 * PICTURE_S,)
    assert find(shown(one, lift + gain * one), SETTINGS) == ()


def test_a_flash_and_a_passer_by_are_none() -> None:
    place = scene(1, 40)
    for pictures in (1, 2, 5):
        lit = place.copy()
        lit[20 : 20 + pictures] = 0.1 * scene(9, pictures) + 210
        assert find(shown(lit), SETTINGS) == ()
    passed = place.copy()
    passed[20:, :40] = 30
    assert find(shown(passed), SETTINGS) == ()


def test_a_camera_swung_about_is_none() -> None:
    still = scene(1, 20)
    swung = np.stack([scene(50 + number, 1)[0] for number in range(6)])
    assert find(shown(still, swung, scene(2, 20)), SETTINGS) == ()


def test_a_slow_change_is_none() -> None:
    share = np.linspace(0, 1, 30)[:, None]
    assert find(shown((1 - share) * scene(1, 30) + share * scene(2, 30)), SETTINGS) == ()


def test_black_and_a_covered_lens_are_none() -> None:
    dark = 16 + np.random.default_rng(3).normal(0, 1, (20, PARTS))
    assert find(shown(scene(1, 20), dark), SETTINGS) == ()
    assert find(shown(dark, scene(1, 20)), SETTINGS) == ()


@pytest.mark.parametrize(("levels", "seen"), [(4, False), (5, True)])
def test_a_picture_shows_something_from_a_spread_of_five_levels_on(levels: int, seen: bool) -> None:
    """Halves that lie so far above and below grey, beside each other and then above each other."""
    beside, above = (128 + levels * np.where(np.arange(PARTS) // run % 2, 1.0, -1.0) for run in (8, 72))
    found = find(shown(np.tile(beside, (20, 1)), np.tile(above, (20, 1))), SETTINGS)
    assert found == ((20 * PICTURE_S,) if seen else ())


def test_faint_parts_of_a_faint_picture_change_by_three_levels() -> None:
    """A quarter of the parts each at -7, 7, -1 and 2 levels: their spread is 5.07, and half of that is less than 3."""
    one = 128 + np.tile([-7.0, 7.0, -1.0, 2.0], PARTS // 4)
    other = 128 + np.tile([-7.0, 7.0, 2.0, -1.0], PARTS // 4)
    assert find(shown(np.tile(one, (20, 1)), np.tile(other, (20, 1))), SETTINGS) == (20 * PICTURE_S,)


def test_missing_pictures_and_a_stalled_recorder_are_none() -> None:
    at_s = np.arange(35) * PICTURE_S
    late_s = at_s + 0.5 * (np.arange(35) >= 17)
    assert find(shown(scene(1, 17), scene(2, 18), at_s=late_s), SETTINGS) == ()
    frozen = scene(1, 17)
    frozen[10:] = frozen[10]
    assert find(shown(frozen, scene(2, 18)), SETTINGS) == ()


def test_cards_that_stand_still_are_cut_to_each_other() -> None:
    cards = [np.repeat(scene(seed, 1), 20, axis=0) for seed in (1, 2)]
    assert find(shown(*cards), SETTINGS) == (20 * PICTURE_S,)
    assert find(shown(scene(3, 20), cards[0]), SETTINGS) == (20 * PICTURE_S,)


def test_few_pictures_tell_nothing() -> None:
    assert find(shown(scene(1, 3), scene(2, 20)), SETTINGS) == ()
    assert find(shown(scene(1, 4), scene(2, 3)), SETTINGS) == ()
    assert find(shown(scene(1, 0)), SETTINGS) == ()
    assert find([], SETTINGS) == ()


def test_as_many_pictures_are_needed_before_a_cut_as_behind_it() -> None:
    counts = range(1, 12)
    before = [bool(find(shown(scene(1, n), scene(2, 15)), SETTINGS)) for n in counts]
    behind = [bool(find(shown(scene(1, 15), scene(2, n)), SETTINGS)) for n in counts]
    assert before == behind == sorted(before)
    assert 1 <= before.index(True) < 6


def test_a_large_picture_is_held_against_the_key_frame_before_it() -> None:
    pictures = index(range(0, 900, 30), 900, large=[317, 555])
    pictures.size_bytes[540] = 500_000  # a key frame of which 9,000 bytes are little
    assert centres(suspects(pictures, SETTINGS)) == [317]


def test_of_two_large_pictures_the_larger_is_looked_at() -> None:
    for larger in (317, 555):
        pictures = index(range(0, 900, 30), 900, large=[317, 555])
        pictures.size_bytes[larger] = 12_000
        assert centres(suspects(pictures, dataclasses.replace(SETTINGS, places=1))) == [larger]
