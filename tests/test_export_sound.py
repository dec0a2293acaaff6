"""Sound in files: every sample where its time stamp puts it, silence in gaps, hashes in the tags, nothing half done."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector import cli, console, exports
from detector.errors import OutputError
from detector.exports.pieces import Piece, write_pieces
from detector.media.decode import open_track
from detector.media.samples import SampleTrack
from detector.media.track import MediaTrack
from detector.records import Block, Float32, Report, Track
from detector.settings import MediaSettings
from tests.builders import make_report
from tests.clips import CLICKS_S, KINDS, LOSSLESS, click, clicks, laid_out, write_clip

ROOT = Path(__file__).resolve().parent.parent
RATE_HZ = 8000


class Parts(SampleTrack):
    """Samples in memory of which only some stretches, in samples, can be heard."""

    def __init__(self, samples: Float32, stretches: list[tuple[int, int]]) -> None:
        super().__init__(samples, RATE_HZ)
        self._stretches = stretches

    def blocks(self) -> Iterator[Block]:
        for start, stop in self._stretches:
            yield Block(start / RATE_HZ, RATE_HZ, self._samples[start:stop])


def report_of(track: Track, times_s: tuple[float, ...] = CLICKS_S, duration_s: float = 3.0) -> Report:
    for _ in track.blocks():
        pass
    return dataclasses.replace(make_report(times_s, duration_s=duration_s), recording=track.recording())


def opened(path: Path) -> MediaTrack:
    return open_track(path, MediaSettings())


def samples_of(path: Path) -> NDArray[np.int32]:
    """24-bit samples (n, channels), as a reader of sound files gives them."""
    values, _ = soundfile.read(path, dtype="int32", always_2d=True)
    assert not np.any(values & 0xFF)
    return np.asarray(values >> 8)


def tags(path: Path) -> tuple[str, str]:
    with soundfile.SoundFile(path) as file:
        return file.title, file.comment


def sound(seconds: float = 3.0, channels: int = 1) -> Float32:
    rng = np.random.default_rng(5)
    whole = rng.integers(-(2**15), 2**15, (round(seconds * RATE_HZ), channels))
    return (whole / 2**15).astype(np.float32)


# --- aligned.flac --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["clip.mp4", "pcm.mkv", "clip.ts", "clip.flac"])
def test_clicks_stand_at_their_times_in_the_file(name: str, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, KINDS[name])
    report = report_of(opened(path))
    folder = report.save(tmp_path / "out", formats=["aligned"], sound=opened(path))
    assert [each.name for each in folder.iterdir()] == ["aligned.flac"]
    found = samples_of(folder / "aligned.flac")
    rate_hz = soundfile.info(folder / "aligned.flac").samplerate
    assert (rate_hz, len(found)) == (KINDS[name].rate_hz, round(report.recording.duration_s * KINDS[name].rate_hz))
    likeness = np.convolve(found[:, 0] / 2**23, click(rate_hz)[::-1], "same") ** 2
    for time_s in CLICKS_S:
        near = round((time_s - 0.05) * rate_hz)
        at = near + int(np.argmax(likeness[near : near + round(0.1 * rate_hz)]))
        assert at / rate_hz == pytest.approx(time_s, abs=0.002)


def test_late_sound_and_gaps_become_silence(tmp_path: Path) -> None:
    kind = KINDS["pcm.mkv"]
    path = write_clip(tmp_path / "late.mkv", kind, sound_at_s=2.0, lose_s=(3.0, 3.5))
    track = opened(path)
    first, expected = laid_out(track.blocks())
    report = dataclasses.replace(make_report((2.6, 4.4)), recording=track.recording())
    folder = report.save(tmp_path, formats=["aligned"], sound=opened(path))
    found = samples_of(folder / "aligned.flac")
    assert first == 2 * kind.rate_hz
    assert not found[:first].any()
    assert np.array_equal(found[first : first + len(expected)], np.rint(expected * 2**23))
    assert not found[first + len(expected) :].any()
    assert not found[round(3.1 * kind.rate_hz) : round(3.4 * kind.rate_hz)].any()


def test_sixteen_bits_come_through_bit_for_bit(tmp_path: Path) -> None:
    kind = dataclasses.replace(LOSSLESS, rate_hz=16_000)
    path = write_clip(tmp_path / "a.mkv", kind, [np.stack([clicks(CLICKS_S, 16_000, 3.0)] * 2, axis=1)])
    track = opened(path)
    _, expected = laid_out(track.blocks())
    report = report_of(track)
    found = samples_of(report.save(tmp_path, formats=["aligned"], sound=opened(path)) / "aligned.flac")
    assert np.array_equal(found[: len(expected)], (expected * 2**15).astype(np.int64) * 256)


def test_the_tags_mark_a_derivative_with_both_hashes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / 'a "b" 😀.mkv', KINDS["pcm.mkv"])
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    report = report_of(opened(path))
    folder = report.save(tmp_path / "out", formats=["aligned", "excerpts"], sound=opened(path))
    files = [folder / "aligned.flac", *sorted((folder / "excerpts").iterdir())]
    assert len(files) == 1 + len(report.volleys)
    for file in files:
        title, comment = tags(file)
        raw = samples_of(file).astype("<i4").reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
        assert title.startswith('a "b" 😀.mkv, ')
        assert comment.startswith('DERIVATIVE, not the recording: sound of a "b" 😀.mkv, SHA-256 ')
        assert re.findall("[0-9a-f]{64}", comment) == [
            hashlib.sha256(before[0]).hexdigest(),
            hashlib.sha256(raw).hexdigest(),
            report.result_sha256,
        ]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", KINDS["clip.mp4"])
    report = report_of(opened(path))
    one, other = (report.save(tmp_path / n, formats=["aligned", "excerpts"], sound=opened(path)) for n in "ab")
    names = [each.relative_to(one) for each in sorted(one.rglob("*.*"))]
    assert len(names) == 2
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_beyond_full_scale_is_cut_to_it(tmp_path: Path) -> None:
    track = SampleTrack(np.array([0.0, 1.5, -1.5, 1.0, -1.0], np.float32), RATE_HZ)
    report = report_of(track, (), 5 / RATE_HZ)
    found = samples_of(report.save(tmp_path, formats=["aligned"], sound=track) / "aligned.flac")
    assert found[:, 0].tolist() == [0, 2**23 - 1, -(2**23), 2**23 - 1, -(2**23)]


# --- pieces --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 300)), max_size=4),
    st.lists(st.tuples(st.integers(-50, 900), st.integers(1, 500)), min_size=1, max_size=4),
)
def test_any_piece_of_any_sound_is_what_was_heard_there(
    tmp_path_factory: pytest.TempPathFactory, heard: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    folder, samples = tmp_path_factory.mktemp("pieces"), sound(0.2, 2)[:1200]
    stretches, at = [], 0
    for gap, length in heard:
        stretches.append((at + gap, at + gap + length))
        at += gap + length
    samples = np.resize(samples, (max(at, 1), 2))
    track = Parts(samples, stretches)
    report = report_of(track, (), 1.0)
    pieces = [Piece(f"{n}.wav", a / RATE_HZ, (a + length) / RATE_HZ, "a piece") for n, (a, length) in enumerate(wanted)]
    write_pieces(folder, pieces, track, report)
    clock = np.zeros((6000, 2))  # from 100 samples before 0 on
    for start, stop in stretches:
        clock[100 + start : 100 + stop] = np.clip(samples[start:stop] * 2**23, -(2**23), 2**23 - 1)
    for n, (a, length) in enumerate(wanted):
        assert np.array_equal(samples_of(folder / f"{n}.wav"), clock[100 + a : 100 + a + length])


def test_excerpts_have_handles_and_say_where_they_begin(tmp_path: Path) -> None:
    track = SampleTrack(sound(20.0), RATE_HZ)
    report = dataclasses.replace(make_report((0.5, 9.1234, 9.5, 19.5), duration_s=20.0), recording=track.recording())
    folder = report.save(tmp_path, formats=["excerpts"], sound=track)
    expected = {
        "volley_01_at_0.000s.wav": (0.0, 2.5),
        "volley_02_at_8.123s.wav": (8.123, 11.5),
        "volley_03_at_18.500s.wav": (18.5, 20.0),
    }
    assert {each.name for each in (folder / "excerpts").iterdir()} == set(expected)
    whole = np.rint(sound(20.0) * 2**23)
    for name, (start_s, stop_s) in expected.items():
        part = whole[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)]
        assert np.array_equal(samples_of(folder / "excerpts" / name), np.minimum(part, 2**23 - 1))
    assert tags(folder / "excerpts" / "volley_02_at_8.123s.wav")[0].endswith("volley 2 at 0:09.123")


def test_a_recording_without_sound_or_shots_gives_none(tmp_path: Path) -> None:
    silent = make_report((), coverage=[(0.0, 60.0, "no_audio")])
    silent = dataclasses.replace(silent, recording=dataclasses.replace(silent.recording, audio=None))
    folder = silent.save(tmp_path, formats=["json", "aligned", "excerpts"])
    assert [each.name for each in folder.iterdir()] == ["report.json"]
    track = SampleTrack(sound(1.0), RATE_HZ)
    folder = report_of(track, (), 1.0).save(tmp_path, formats=["csv", "excerpts"], sound=track)
    assert [each.name for each in folder.iterdir()] == ["shots.csv"]


def test_without_the_sound_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="aligned, excerpts hold sound; give the recording, opened, as sound"):
        make_report().save(tmp_path, formats=["json", "aligned"])
    assert list(tmp_path.iterdir()) == []


def test_the_sound_of_another_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"samples: not the recording of this result \(its SHA-256 begins with"):
        make_report(duration_s=3.0).save(tmp_path, formats=["json", "aligned"], sound=SampleTrack(sound(), RATE_HZ))
    assert list(tmp_path.iterdir()) == []


def test_absurd_lengths_are_refused(tmp_path: Path) -> None:
    track = SampleTrack(sound(1.0), RATE_HZ)
    report = report_of(track, ())
    report = dataclasses.replace(report, recording=dataclasses.replace(report.recording, duration_s=1e9))
    with pytest.raises(OutputError, match="longer than 48 h by its time stamps; leave out the formats that hold sound"):
        report.save(tmp_path, formats=["aligned"], sound=track)


def test_channels_that_no_flac_holds_are_refused_in_a_line(tmp_path: Path) -> None:
    track = SampleTrack(sound(1.0, 9), RATE_HZ)
    with pytest.raises(OutputError, match=r"aligned\.flac: no such file holds 9 channels at 8000 Hz \(.*\); leave the"):
        report_of(track, ()).save(tmp_path, formats=["aligned"], sound=track)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_and_strangest_name_leaves_room_for_the_hash(tmp_path: Path) -> None:
    track = SampleTrack(sound(1.0), RATE_HZ, name="?" * 70 + "\x00\n\udcff" + "😀" * 100_000)
    folder = report_of(track, (), 1.0).save(tmp_path, formats=["aligned"], sound=track)
    title, comment = tags(folder / "aligned.flac")
    assert title.startswith("?" * 70 + "\ufffd \ufffd😀")
    assert len(re.findall("[0-9a-f]{64}", comment)) == 3


@pytest.mark.parametrize("name", ["aligned", "excerpts"])
def test_a_disk_that_becomes_full_leaves_nothing(name: str, tmp_path: Path) -> None:
    track = SampleTrack(sound(8.0), RATE_HZ)
    report = dataclasses.replace(make_report((1.0, 7.0), duration_s=8.0), recording=track.recording())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot be written|not written completely"):
            report.save(tmp_path, formats=[name], sound=track)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


# --- the folder and the command ------------------------------------------------------------------


def test_overwrite_replaces_excerpts_but_nothing_that_is_not_a_result(tmp_path: Path) -> None:
    track = SampleTrack(sound(8.0), RATE_HZ)
    report = dataclasses.replace(make_report((1.0, 7.0), duration_s=8.0), recording=track.recording())
    folder = report.save(tmp_path, formats=["excerpts"], sound=track)
    report.save(tmp_path, formats=["aligned"], sound=track, overwrite=True)
    assert [each.name for each in folder.iterdir()] == ["aligned.flac"]
    report.save(tmp_path, formats=["excerpts"], sound=track, overwrite=True)
    (folder / "excerpts" / "mine.wav").write_bytes(b"mine")
    with pytest.raises(OutputError, match="excerpts is not part of a result and would be lost"):
        report.save(tmp_path, formats=["json"], overwrite=True)
    assert (folder / "excerpts" / "mine.wav").exists()


def test_the_command_writes_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = ROOT / "fixtures" / "clips" / "late_start.mp4"
    names = ",".join(name for name in exports.NAMES if name != "png")
    status = cli.main([str(clip), "--out", str(tmp_path), "--formats", names, "--quiet"])
    assert status == console.DONE, capsys.readouterr()
    (folder,) = tmp_path.iterdir()
    expected = {each.file_name for name, each in exports.FORMATS.items() if name != "png"} | {
        "aligned.flac",
        "excerpts",
    }
    assert {each.name for each in folder.iterdir()} == expected
    report: Any = Report.from_json((folder / "report.json").read_text(encoding="utf-8"))
    found = samples_of(folder / "aligned.flac")
    assert not found[: int(report.recording.audio.start_s * report.recording.audio.sample_rate_hz)].any()
    rate_hz, shot = report.recording.audio.sample_rate_hz, report.shots[0]
    at = round(shot.time_s * rate_hz)
    before, after = (np.abs(found[a:b, 0]).max() for a, b in ((at - 400, at - 100), (at - 50, at + 250)))
    assert after > 3 * before, "the shot stands in the derivative where the report says"
