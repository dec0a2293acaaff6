"""Files that are nearly whole end in a result or one line: 300 of them, what such files have broken, and the lab."""

from __future__ import annotations

import dataclasses
import sqlite3
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import DetectorError, MediaError, SettingsError, detect, detect_samples, labels
from detector.archive.catalogue import Catalogue
from detector.core.concordance import agreement
from detector.errors import ArchiveError
from detector.lab import fuzzing, mutations, robustness_page
from detector.lab.fuzz_readers import TEXTS, Seeds, read, write_seeds, wrong_with
from detector.lab.marked import fill
from detector.lab.pictures import street_frames
from detector.media.encode import PictureTrack, SoundTrack, write_media
from detector.records import Report
from detector.settings import Settings
from detector.views import basis_words
from tests.builders import make_report

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
MEDIA_CASES, TEXT_CASES = 30, 270


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return write_seeds(FIXTURES, tmp_path_factory.mktemp("seeds"))


def test_every_seed_is_read(seeds: Seeds) -> None:
    for kind in TEXTS:
        for path in seeds.of(kind):
            assert read(kind, path, seeds) is None, path


def test_damaged_texts_and_recordings_are_read_or_refused(seeds: Seeds, tmp_path: Path) -> None:
    outcomes = [fuzzing.tried(case, seeds, tmp_path) for case in fuzzing.cases(MEDIA_CASES, TEXT_CASES, seed=20)]
    assert [(o.case.name, o.told) for o in outcomes if o.is_finding] == []
    assert {o.told for o in outcomes} == {"read", "refused"}
    assert len(outcomes) == 300


def test_a_case_gives_the_same_bytes_and_another_gives_others(seeds: Seeds) -> None:
    one, other = (fuzzing.Case("report", 1, number) for number in (1, 2))
    assert fuzzing.content(one, seeds) == fuzzing.content(one, seeds) != fuzzing.content(other, seeds)


def test_children_try_what_is_asked_and_a_lost_one_costs_one_case(
    seeds: Seeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fuzzing.cases(0, 9, seed=1)
    told: list[fuzzing.Outcome] = []
    outcomes = fuzzing.run(asked, seeds, 1, told.append)
    assert [o.case for o in outcomes] == asked
    assert told == outcomes == [fuzzing.tried(case, seeds, tmp_path) for case in asked]
    monkeypatch.setattr(fuzzing, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    (lost,) = fuzzing.run(asked[:1], seeds, 1, told.append)
    assert lost.is_finding
    assert "ended with status 3" in lost.told


def test_what_goes_wrong_is_a_finding(seeds: Seeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    def refuses(*_: object) -> None:
        raise DetectorError("one line\nand another")

    case = fuzzing.cases(0, 1, seed=1)[0]
    monkeypatch.setattr(fuzzing, "read", breaks)
    found = fuzzing.tried(case, seeds, tmp_path)
    assert found.is_finding
    assert fuzzing.signature(found.told) == "ZeroDivisionError < breaks < tried"
    monkeypatch.setattr(fuzzing, "read", refuses)
    assert "not one line" in fuzzing.tried(case, seeds, tmp_path).told
    monkeypatch.setattr(fuzzing, "read", lambda *_: "a count of -1")
    assert fuzzing.tried(case, seeds, tmp_path).told == "wrong: a count of -1"


def test_reports_that_contradict_themselves_are_seen() -> None:
    report = make_report([1.0, 2.0])
    assert wrong_with(report) is None
    object.__setattr__(report, "shots", report.shots[::-1])
    assert wrong_with(report) == "shots are out of order"


def test_the_page_tells_what_was_tried(seeds: Seeds, tmp_path: Path) -> None:
    case = fuzzing.Case("tally", 1, 1)
    outcomes = [fuzzing.Outcome(case, told) for told in ("read", "refused", "refused", "lost: took more than 10 s")]
    text = robustness_page.fuzzed(outcomes, 1)
    assert "| tally | 4 | 1 | 2 | 1 |" in text
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- fuzzing -->\nold\n<!-- /fuzzing -->\nb\n", encoding="utf-8")
    fill(page, {"fuzzing": text})
    assert page.read_text(encoding="utf-8") == f"a\n<!-- fuzzing -->\n{text}\n<!-- /fuzzing -->\nb\n"
    with pytest.raises(DetectorError, match="no place for the table: <!-- other -->"):
        fill(page, {"other": text})


# --- what such files have broken ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "rate_hz", "complaint"),
    [
        (255, 48_000, "claims 255 channels.*media.most_channels=255"),
        (1, 2**31 - 1, "samples a second, over the limit"),
        (64, 192_000, "in all channels.*media.most_together_hz=12288000"),
    ],
)
def test_a_header_that_would_fill_the_memory_is_refused(
    channels: int, rate_hz: int, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "absurd.wav"
    numbers = ((3, 2), (channels, 2), (rate_hz, 4), (rate_hz, 4), (4 * channels, 2), (32, 2))
    header = b"".join(number.to_bytes(size, "little") for number, size in numbers)
    sound = bytes(4 * channels * 100)
    path.write_bytes(
        b"RIFF" + (36 + len(sound)).to_bytes(4, "little") + b"WAVEfmt " + len(header).to_bytes(4, "little")
        + header + b"data" + len(sound).to_bytes(4, "little") + sound
    )  # fmt: skip
    with pytest.raises(MediaError, match=complaint):
        detect(path)


def test_reading_ends_at_the_longest_time() -> None:
    clip = FIXTURES / "clips" / "pcm.wav"
    report = detect(clip, settings=Settings.read(overrides=["media.longest_s=2"]))
    assert 2 <= report.heard_s < 5
    assert any("media.longest_s = 2" in warning for warning in report.warnings)


def test_sound_far_above_full_scale_is_drawn() -> None:
    loud = np.full(48_000, 9e5, np.float32)
    overview = detect_samples(loud, 48_000).overview
    assert overview is not None
    assert np.isfinite(overview.rms).any()


def test_an_index_with_one_picture_that_does_not_stand_alone_is_no_index(tmp_path: Path) -> None:
    sound = SoundTrack(np.zeros((8000, 1), np.float32), 8000, "pcm_s16le")
    one = PictureTrack(street_frames(1, Fraction(1), ("X",), (64, 64)), Fraction(1), "mpeg4")
    path = write_media(tmp_path / "one.avi", sound, one)
    written = bytearray(path.read_bytes())
    flags = written.index(b"00dc", written.index(b"idx1")) + 4
    assert written[flags] == 16  # a key frame
    written[flags] = 0
    path.write_bytes(written)
    assert detect(path).recording.duration_s >= 1


def test_a_mark_centuries_away_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("1.0\t1.0\tshot\n2.0\t2.0\tshot\n99999999:00:01\t99999999:00:01\tshot\n", encoding="utf-8")
    marks = labels.read(path)
    assert marks.times_s.tolist() == [1.0, 2.0]
    assert any("passed over: line 3" in note for note in marks.notes)


def test_marks_months_apart_are_compared_at_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("1.0\t1.0\tshot\n2.0\t2.0\tshot\n9999999\t9999999\tshot\n", encoding="utf-8")
    found = agreement(make_report([1.0, 2.0, 3.0]), labels.read(path))
    assert len(found.best.agreed) == 2


@pytest.fixture
def catalogue(seeds: Seeds, tmp_path: Path) -> Path:
    path = tmp_path / "archive.sqlite"
    path.write_bytes((seeds.folder / "catalogue" / "archive.sqlite").read_bytes())
    return path


@pytest.mark.parametrize("column", ["settings", "versions"])
def test_a_catalogue_with_broken_texts_is_refused_in_a_line(column: str, catalogue: Path) -> None:
    with sqlite3.connect(catalogue) as db:
        db.execute(f"UPDATE runs SET {column} = '{{oh'")
    db.close()
    with Catalogue(catalogue) as opened, pytest.raises(ArchiveError, match="cannot read the catalogue"):
        opened.runs()


def test_a_catalogue_with_broken_flags_is_refused_in_a_line(catalogue: Path) -> None:
    with sqlite3.connect(catalogue) as db:
        db.execute("UPDATE shots SET flags = 'oh\n'")
    db.close()
    with Catalogue(catalogue) as opened, pytest.raises(ArchiveError, match="cannot read the catalogue") as refused:
        list(opened.verdicts(1))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["[" * 5000, "volleys = " + "[" * 5000, "volleys = " + "9" * 5000])
def test_settings_beyond_any_depth_or_length_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="not a TOML settings file"):
        Settings.read(path)
    with pytest.raises(SettingsError):
        Settings.read(overrides=["volleys.gap_s=" + "[" * 5000])
    with pytest.raises(SettingsError, match="must be a finite number"):
        Settings.read(overrides=["volleys.gap_s=" + "9" * 400])


def test_numbers_as_good_as_infinite_are_no_json() -> None:
    text = make_report([1.0]).to_json().replace('"settings": {', '"settings": {"odd": 1e999, ', 1)
    with pytest.raises(DetectorError, match="1e999 is not JSON"):
        Report.from_json(text)


@pytest.mark.parametrize("measured", [{"recordings": 3}, [1], {"recordings": 3, "real": 1, "held": "most"}])
def test_a_basis_that_this_version_does_not_know_is_shown_as_it_stands(measured: Any) -> None:
    report = dataclasses.replace(make_report([1.0]), basis={"measured": measured})
    (told,) = (sentence for sentence in basis_words.sentences(report) if "easured" in sentence)
    assert told.startswith("Measured: ")


def test_mutations_change_what_they_are_given() -> None:
    rng = np.random.default_rng(1)
    content = bytes(range(256)) * 8
    assert any(mutations.media(content, [content], rng) != content for _ in range(3))
    assert mutations.wave(content, rng).startswith(b"RIFF")
