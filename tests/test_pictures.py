"""What files tell of their pictures, and cuts found in them; scenes without cuts stay without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detector import detect
from detector.core import cuts
from detector.media.decode import open_track
from detector.media.pictures import Pictures
from detector.records import Layouts, Report
from detector.settings import CutSettings, MediaSettings, Settings
from tests import films
from tests.films import Image

FIXTURES = Path(__file__).parent.parent / "fixtures"
SETTINGS = CutSettings()
PICTURE_S = float(1 / films.RATE)
LENGTHS = (70, 55, 80)
CUTS_S = (70 * PICTURE_S, 125 * PICTURE_S)
FIXED = {"g": "30", "sc_threshold": "0"}  # a key frame every 30 pictures, whatever they show


def pictures_of(path: Path) -> Pictures:
    with open_track(path, MediaSettings()) as track:
        assert track.pictures is not None
        return track.pictures


def cuts_in(path: Path) -> tuple[float, ...]:
    pictures = pictures_of(path)
    return cuts.find(pictures.layouts(cuts.suspects(pictures.index, SETTINGS).windows, SETTINGS.pictures), SETTINGS)


@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film.mkv"])
def test_cuts_are_found_where_the_encoder_set_key_frames(name: str, tmp_path: Path) -> None:
    path = films.film(tmp_path / name, films.cut_together(LENGTHS))
    assert cuts_in(path) == pytest.approx(CUTS_S, abs=0.001)


def test_cuts_are_found_in_a_fragmented_file(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS), layout="fragmented")
    start_s = pictures_of(path).layouts([(-1.0, 9.0)], 1000)[0].time_s[0]
    assert cuts_in(path) == pytest.approx([start_s + at_s for at_s in CUTS_S], abs=0.001)


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "libx264"), ("film.avi", "mpeg4"), ("film.mov", "libx264")])
def test_cuts_are_found_between_regular_key_frames(name: str, codec: str, tmp_path: Path) -> None:
    rate, options = (0, FIXED) if codec == "libx264" else (400_000, {"g": "30", "sc_threshold": "1000000000"})
    path = films.film(tmp_path / name, films.cut_together(LENGTHS), codec=codec, bit_rate=rate, options=options)
    keys = np.flatnonzero(pictures_of(path).index.key)
    assert np.array_equal(keys, np.arange(0, sum(LENGTHS), 30))
    assert cuts_in(path) == pytest.approx(CUTS_S, abs=PICTURE_S / 10)


def test_a_walking_wearer_does_not_hide_a_cut(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS, step=1.0))
    assert cuts_in(path) == pytest.approx(CUTS_S, abs=0.001)


def test_a_title_card_is_cut_in(tmp_path: Path) -> None:
    card = np.zeros((*films.SIZE, 3), np.uint8)
    card[30:60, 20:140:12] = 240

    def frames() -> Iterator[Image]:
        yield from films.seen(0, 60)
        yield from [card] * 50
        yield from films.seen(1, 60)

    found = cuts_in(films.film(tmp_path / "film.mp4", frames()))
    assert found[0] == pytest.approx(60 * PICTURE_S)


UNCUT = {
    "walked": lambda: films.seen(6, 300, step=1.0, jolt=1.0),
    "run": lambda: films.seen(7, 300, step=3.0, jolt=6.0),
    "flashes": lambda: films.flashing(300),
    "fade": lambda: films.faded(200, 25),
}


@pytest.mark.parametrize("options", [{}, FIXED, {"g": "12"}], ids=["default", "fixed", "short"])
@pytest.mark.parametrize("kind", UNCUT)
def test_uncut_pictures_stay_without(kind: str, options: dict[str, str], tmp_path: Path) -> None:
    assert cuts_in(films.film(tmp_path / "film.mp4", UNCUT[kind](), options=options)) == ()


def test_flashes_are_suspects_that_the_pictures_clear(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.flashing(300), options=FIXED)
    assert cuts.suspects(pictures_of(path).index, SETTINGS).windows


@pytest.mark.parametrize(
    "path", sorted(p for p in (FIXTURES / "clips").iterdir() if p.suffix != ".json"), ids=lambda path: path.name
)
def test_of_the_fixtures_only_the_compilation_has_cuts(path: Path) -> None:
    with open_track(path, MediaSettings()) as track:
        found = cuts_in(path) if track.pictures else ()
    assert found == ((18.0, 21.0) if path.name == "compilation.mp4" else ())


def test_the_index_knows_every_picture_and_what_it_weighs(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.seen(0, 100), options={"bf": "0", "g": "20"})
    index = pictures_of(path).index
    assert index.time_s == pytest.approx(np.arange(100) * PICTURE_S)
    assert np.flatnonzero(index.key).tolist() == [0, 20, 40, 60, 80]
    assert index.picture_s == pytest.approx(PICTURE_S)
    assert 0.5 * path.stat().st_size < index.size_bytes.sum() < path.stat().st_size


def test_matroska_lists_key_frames_only(tmp_path: Path) -> None:
    index = pictures_of(films.film(tmp_path / "film.mkv", films.seen(0, 100), options={"bf": "0", "g": "20"})).index
    assert index.time_s == pytest.approx(np.arange(0, 100, 20) * PICTURE_S)
    assert index.key.all()
    assert index.picture_s == pytest.approx(PICTURE_S)


def test_a_container_without_an_index_tells_nothing(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.ts", films.cut_together(LENGTHS))
    assert len(pictures_of(path).index.time_s) == 0
    assert cuts_in(path) == ()


def test_layouts_are_the_pictures_of_their_windows_whatever_was_read_before(tmp_path: Path) -> None:
    pictures = pictures_of(films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS), options={"g": "40"}))
    (whole,) = pictures.layouts([(-1.0, 20.0)], 1000)
    assert whole.time_s == pytest.approx(np.arange(sum(LENGTHS)) * PICTURE_S)
    windows = [(0.5, 0.9), (1.2, 1.3), (5.0, 5.5), (7.9, 30.0)]
    for (start_s, stop_s), part in zip(windows, pictures.layouts(windows, 1000), strict=True):
        inside = (whole.time_s >= start_s) & (whole.time_s <= stop_s)
        assert np.array_equal(part.time_s, whole.time_s[inside])
        assert np.array_equal(part.luma, whole.luma[inside])


def test_layouts_show_what_is_where(tmp_path: Path) -> None:
    shades = np.zeros(films.SIZE)
    shades[:48, 80:] = 200
    path = films.film(tmp_path / "film.mp4", iter([films.picture(shades)] * 5))
    (seen,) = pictures_of(path).layouts([(0.0, 1.0)], 100)
    luma = seen.luma.reshape(-1, 9, 16)
    assert (luma[:, :4, 8:] > 150).all()
    assert (luma[:, 5:] < 40).all()
    assert (luma[:, :, :8] < 40).all()


def test_no_more_pictures_are_decoded_than_allowed(tmp_path: Path) -> None:
    pictures = pictures_of(films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS), options={"g": "40"}))
    first, second, third = pictures.layouts([(0.0, 0.5), (0.6, 1.2), (5.0, 6.0)], 20)
    assert len(first.time_s) == 13
    assert len(second.time_s) < 10
    assert len(third.time_s) == 0
    assert third.luma.shape == (0, 144)


def test_damaged_pictures_are_left_out(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS), options={"g": "20"})
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    data[middle : middle + 6000] = np.random.default_rng(0).bytes(6000)
    path.write_bytes(data)
    (seen,) = pictures_of(path).layouts([(0.0, 20.0)], 1000)
    assert 20 < len(seen.time_s) <= sum(LENGTHS)


def about_cuts(report: Report) -> list[str]:
    return [warning for warning in report.warnings if "hard cut" in warning]


def test_a_report_warns_of_cuts_in_the_part_that_was_analysed() -> None:
    compilation = FIXTURES / "clips" / "compilation.mp4"
    (sentence,) = about_cuts(detect(compilation))
    assert "at 0:18.000 and 0:21.000:" in sentence
    assert about_cuts(detect(compilation, stop_s=15.0)) == []


def test_no_shot_depends_on_the_search() -> None:
    compilation = FIXTURES / "clips" / "compilation.mp4"
    with_search, without = detect(compilation), detect(compilation, settings=Settings(cuts=CutSettings(places=0)))
    assert with_search.shots == without.shots
    assert with_search.rejected == without.rejected
    assert with_search.count == without.count
    assert about_cuts(without) == []


def test_a_file_without_sound_is_not_searched(tmp_path: Path) -> None:
    path = films.film(tmp_path / "film.mp4", films.cut_together(LENGTHS))
    assert cuts_in(path)
    assert about_cuts(detect(path)) == []


def test_sound_beside_the_pictures_changes_nothing(tmp_path: Path) -> None:
    path = films.with_sound(tmp_path / "film.mp4", films.cut_together(LENGTHS), 8.2)
    (sentence,) = about_cuts(detect(path))
    assert "at 0:02.800 and 0:05.000:" in sentence


def test_layouts_of_nothing_are_empty(tmp_path: Path) -> None:
    pictures = pictures_of(films.film(tmp_path / "film.mp4", films.seen(0, 30)))
    assert pictures.layouts([], 100) == []
    (beyond,) = pictures.layouts([(50.0, 51.0)], 100)
    assert isinstance(beyond, Layouts)
    assert len(beyond.time_s) == 0
