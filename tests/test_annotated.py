"""Annotated copies: sound bit for bit, pictures at their times, flashes at the shots, nothing over the evidence."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector import cli
from detector.errors import MediaError, OutputError
from detector.media import annotate, canvas
from detector.media.decode import open_track
from detector.media.encode import SoundTrack, write_media
from detector.records import Moment, Report
from detector.settings import MediaSettings
from detector.views.annotated import Annotated, listen
from detector.views.lettering import even, font, wrapped
from detector.views.surround import COLUMN_S, FLASH_S, SHOT, Layout, Surround, Wave
from tests.builders import make_report

CLIPS = Path(__file__).resolve().parent.parent / "fixtures" / "clips"
HOSTILE = CLIPS.parent / "hostile"
# Every container and codec, and the odd starts; each with the kind of file that takes its sound.
COPIES = {
    **dict.fromkeys(("aac.mp4", "late_start.mp4", "gap.mp4", "fragmented.mp4"), ".mp4"),
    **dict.fromkeys(("aac.ts", "mp3.avi", "damaged.mkv", "opus.webm"), ".mp4"),
    **dict.fromkeys(("adts.aac", "opus.ogg"), ".mp4"),
    **{"pcm.avi": ".mkv", "pcm.wav": ".mkv", "opus.mkv": ".mkv"},
    **{"amr.3gp": ".mov"},
}
ROUNDED_S = 0.0006  # half a millisecond of Matroska's stamps


def report_of(path: Path, moments: tuple[Moment, ...] = ()) -> Report:
    """The truth of a clip as a result."""
    truth = json.loads((CLIPS / f"{path.name}.truth.json").read_text("utf-8"))
    times_s = [shot["arrival_s"] for shot in truth["cameras"][0]["shots"]]
    return about(path, make_report(times_s, moments=moments))


def about(path: Path, report: Report) -> Report:
    with open_track(path, MediaSettings()) as track:
        for _ in track.blocks():
            pass
        return dataclasses.replace(report, recording=track.recording())


def copied(path: Path, target: Path, report: Report) -> Path:
    with open_track(path, MediaSettings()) as track:
        wave = listen(report, track)
    annotate.check_sound(path, target)
    annotate.redraw(path, target, Annotated(report, wave))
    return target


def sound_packets(path: Path) -> tuple[list[bytes], NDArray[np.float64]]:
    """Payloads of the sound's packets, and their times where a player shows 0:00 at 0."""
    payloads, times_s = [], []
    with av.open(str(path)) as container:
        audio = container.streams.audio[0]
        origin_s = zero(container)
        for packet in container.demux(audio):
            if packet.size:
                payloads.append(without_adts(bytes(packet), audio.codec_context.name))
                assert packet.pts is not None
                assert packet.time_base is not None
                times_s.append(float(packet.pts * packet.time_base - origin_s))
    return payloads, np.array(times_s)


def without_adts(payload: bytes, codec: str) -> bytes:
    """AAC in transport streams wears a header of 7 or 9 bytes around each packet, which other containers say once."""
    if codec != "aac" or payload[:1] != b"\xff" or payload[1] & 0xF6 != 0xF0:
        return payload
    return payload[7 if payload[1] & 1 else 9 :]


def zero(container: Any) -> Fraction:
    if container.format.name.split(",")[0] in ("mov", "matroska"):
        return Fraction(0)
    stream = next(iter([*container.streams.video, *container.streams.audio]))
    return Fraction(0) if stream.start_time is None else stream.start_time * stream.time_base


def pictures(path: Path) -> tuple[NDArray[np.float64], list[NDArray[np.uint8]]]:
    """Times and luma of all pictures."""
    times_s, luma = [], []
    with av.open(str(path)) as container:
        video, origin_s = container.streams.video[0], zero(container)
        for packet in container.demux(video):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                assert frame.pts is not None
                assert video.time_base is not None
                times_s.append(float(frame.pts * video.time_base - origin_s))
                luma.append(plane(frame))
    return np.array(times_s), luma


def plane(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Luma as it was coded."""
    assert frame.format.name == "yuv420p"
    return np.array(frame.to_ndarray()[: frame.height], np.uint8)


@pytest.mark.parametrize("name", COPIES)
def test_sound_is_copied_bit_for_bit_and_everything_keeps_its_time(name: str, tmp_path: Path) -> None:
    path = CLIPS / name
    target = copied(path, tmp_path / f"copy{COPIES[name]}", report_of(path))
    (before, before_s), (after, after_s) = sound_packets(path), sound_packets(target)
    assert len(before) > 30
    assert after == before
    assert after_s - after_s[0] == pytest.approx(before_s - before_s[0], abs=2 * ROUNDED_S)
    assert after_s[0] == pytest.approx(before_s[0], abs=2 * ROUNDED_S)
    with av.open(str(path)) as container:
        has_picture = bool(container.streams.video)
    shown_s = pictures(target)[0]
    if has_picture:
        assert shown_s == pytest.approx(pictures(path)[0], abs=ROUNDED_S if target.suffix == ".mkv" else 2e-5)
    else:
        assert np.diff(shown_s) == pytest.approx(1 / 25, abs=2 * ROUNDED_S)
        assert shown_s[-1] == pytest.approx(after_s[-1], abs=0.1)


def flashes(target: Path, report: Report) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of all pictures, and how bright the frame around each is: 1 at a shot."""
    times_s, luma = pictures(target)
    layout = Layout.around(*source_size(luma[0], report), report)
    row = layout.header + layout.margin + layout.picture[1] // 2
    dark, bright = 16 + 0.859 * 22, 16 + np.dot((0.257, 0.504, 0.098), SHOT)
    edge = np.array([image[row - 4 : row + 4, 1 : layout.margin - 2].mean() for image in luma])
    return times_s, (edge - dark) / (bright - dark)


def source_size(image: NDArray[np.uint8], report: Report) -> tuple[int, int]:
    """The picture's size in the copy, from the copy's."""
    video, wide = report.recording.video, 1280
    if video is not None:
        wide = next(w for w in range(image.shape[1], 0, -2) if Layout.around(w, 2, report).width == image.shape[1])
    return wide, image.shape[0] - Layout.around(wide, 2, report).height + 2 if video is not None else 0


def uneven(path: Path) -> Path:
    """A picture of uneven rate, 33 to 400 ms each, from 0.5 s on; sound with it from 0."""
    steps = np.random.default_rng(5).choice([33, 40, 100, 400], 40)
    stamps = 500 + np.concatenate([[0], np.cumsum(steps)])
    with av.open(str(path), "w", format="matroska") as out:
        video, audio = out.add_stream("libx264", rate=30), out.add_stream("flac", rate=8000)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        audio.codec_context.layout = "mono"
        for stamp in stamps:
            frame = av.VideoFrame.from_ndarray(np.full((96, 160, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = int(stamp), Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for start in range(0, 40_000, 4000):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = 8000, start, Fraction(1, 8000)
            out.mux(audio.encode(sound))
        out.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("name", ["aac.mp4", "late_start.mp4", "aac.ts", "fragmented.mp4", "uneven.mkv", "pcm.wav"])
def test_the_frame_flashes_on_the_picture_shown_at_each_shot(name: str, tmp_path: Path) -> None:
    if name == "uneven.mkv":
        path = uneven(tmp_path / name)
        report = about(path, make_report((0.9, 1.61, 2.8, 3.3)))
    else:
        path, report = CLIPS / name, report_of(CLIPS / name)
    target = copied(path, tmp_path / "c" / ("copy.mkv" if name == "pcm.wav" else "copy.mp4"), report)
    shown_s, bright = flashes(target, report)
    lit = np.flatnonzero(bright > 0.93)
    on_screen = [int(np.searchsorted(shown_s, shot.time_s, side="right")) - 1 for shot in report.shots]
    assert len(on_screen) >= 4
    assert set(on_screen) <= set(lit)
    for row in lit:
        assert min(abs(row - each) for each in on_screen) <= 1
    far = [
        row
        for row, at_s in enumerate(shown_s[:-1])
        if not any(at_s - FLASH_S <= shot.time_s < shown_s[row + 1] for shot in report.shots)
    ]
    assert np.abs(bright[far]).max() < 0.1


def test_nothing_is_drawn_over_the_picture(tmp_path: Path) -> None:
    path = CLIPS / "aac.mp4"
    report = report_of(path, (Moment(1.0, "a moment"),))
    luma = pictures(copied(path, tmp_path / "copy.mp4", report))[1]
    layout = Layout.around(640, 384, report)
    left, top = layout.margin, layout.header + layout.margin
    with av.open(str(path)) as container:
        frames = [frame.reformat(640, 384, "yuv420p") for frame in container.decode(container.streams.video[0])]
    for row in (0, 40, 150):
        inside = luma[row][top : top + 384, left : left + 640].astype(float)
        assert np.abs(inside - plane(frames[row])).mean() < 3


def test_a_turned_picture_stands_upright(tmp_path: Path) -> None:
    path, shades = tmp_path / "turned.mov", np.zeros((96, 640, 3), np.uint8)
    shades[:, :320] = 200
    with av.open(str(path), "w", format="mov") as out:
        video = out.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 640, 96, "yuv420p"
        video.set_display_rotation(90)
        for number in range(12):
            frame = av.VideoFrame.from_ndarray(shades, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    with av.open(str(path)) as container:
        turns = next(container.decode(video=0)).rotation // 90
    report = about(path, make_report((), duration_s=1.2))
    luma = pictures(copied(path, tmp_path / "c" / "copy.mp4", report))[1][3]
    layout = Layout.around(96, 640, report)
    assert luma.shape == (layout.height, layout.width)
    top, left = layout.header + layout.margin, layout.margin
    upright = np.rot90(shades[:, :, 0], turns)
    assert upright.shape == (640, 96)
    seen = luma[top : top + 640, left : left + 96]
    assert ((seen > 100) == (upright > 100)).mean() > 0.98


def test_without_h264_the_picture_is_mpeg4_at_the_same_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "_QUALITY", {"mpeg4": canvas._QUALITY["mpeg4"]})
    path = CLIPS / "aac.ts"
    target = copied(path, tmp_path / "copy.mp4", report_of(path))
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    assert pictures(target)[0] == pytest.approx(pictures(path)[0], abs=2e-5)


def test_a_recording_without_sound_is_copied_too(tmp_path: Path) -> None:
    path = HOSTILE / "no_audio.mp4"
    target = copied(path, tmp_path / "copy.mp4", about(path, make_report((), coverage=[(0.0, 60.0, "no_audio")])))
    assert pictures(target)[0] == pytest.approx(pictures(path)[0], abs=2e-5)


def test_a_copy_says_what_it_is_and_of_which_recording(tmp_path: Path) -> None:
    path = CLIPS / "aac.mkv"
    report = report_of(path)
    with av.open(str(copied(path, tmp_path / "copy.mkv", report))) as container:
        (comment,) = (text for name, text in container.metadata.items() if name.lower() == "comment")
    assert comment.startswith("annotated by gunshot-tally from aac.mkv, SHA-256 ")
    assert report.recording.sha256 in comment


def surround(report: Report, width: int = 640) -> Surround:
    return Surround(report, Wave(0.0, np.zeros(0, np.float32)), Layout.around(width, 360, report))


def painted(report: Report, start_s: float, width: int = 640) -> NDArray[np.uint8]:
    """Luma of what stands around a picture shown for a thirtieth of a second."""
    around = surround(report, width)
    wide, tall = around.size
    planes = [np.zeros((tall // part, wide // part), np.uint8) for part in (1, 2, 2)]
    around.paint(planes, start_s, start_s + 1 / 30)
    return planes[0]


def header(report: Report, start_s: float) -> NDArray[np.uint8]:
    """The upper left, where number and words stand."""
    layout = Layout.around(640, 360, report)
    return painted(report, start_s)[: layout.header, : layout.width // 2]


def test_the_number_stands_from_shot_to_shot() -> None:
    report = make_report((5.0, 6.0, 12.0))
    assert (header(report, 3.0) == header(report, 4.0)).all()
    assert (header(report, 5.5) == header(report, 5.9)).all()
    assert (header(report, 5.5) != header(report, 4.0)).any()
    assert (header(report, 6.5) != header(report, 5.5)).any()


def test_moments_and_unheard_time_are_told_while_they_last() -> None:
    report = make_report((5.0,), moments=[Moment(20.0, "driver on the ground")])
    assert (header(report, 20.5) != header(report, 19.0)).any()
    assert (header(report, 24.0) == header(report, 19.0)).all()
    mute = make_report((5.0,), coverage=[(0.0, 20.0, "heard"), (20.0, 30.0, "muted"), (30.0, 60.0, "heard")])
    assert (header(mute, 21.0) != header(mute, 19.0)).any()
    assert (header(mute, 31.0) == header(mute, 19.0)).all()


def test_the_play_head_moves_over_the_whole_recording() -> None:
    report = make_report(())
    top, tall = (layout := Layout.around(640, 360, report)).whole
    heads = [int(np.argmax(painted(report, at_s)[top + tall - 2])) for at_s in (0.0, 15.0, 30.0, 60.0)]
    assert heads == sorted(heads)
    assert heads[2] == pytest.approx(layout.width / 2, abs=3)


def test_names_and_moments_with_anything_in_them_are_painted(tmp_path: Path) -> None:
    strange = "\"a\"\n'b' <c> \U0001f52b \u753b\x00 " + "long" * 80
    report = make_report((5.0,), moments=[Moment(20.0, strange)], name=strange)
    assert painted(report, 20.5).shape[0] > 360
    assert painted(report, 20.5, width=80).shape[1] > 80
    path = tmp_path / "a 'b' \u00e9\U0001f52b.mp4"
    path.write_bytes((CLIPS / "aac.mp4").read_bytes())
    assert copied(path, tmp_path / "c" / "copy '\u753b'.mp4", about(path, report)).stat().st_size > 10_000


@settings(max_examples=40)
@given(st.text(max_size=120), st.integers(40, 400))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    lines = wrapped(text, 13, width)
    assert all(font(13).getlength(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1, width=32), max_size=30), st.floats(-0.1, 0.1), st.floats(0.001, 0.02))
def test_columns_of_a_wave_are_the_largest_between_their_edges(
    peak: list[float], start_s: float, step_s: float
) -> None:
    wave = Wave(start_s, np.array(peak, np.float32))
    edges_s = np.asarray(start_s - 0.03 + step_s * np.arange(12), np.float64)
    at = np.floor((edges_s - start_s) / COLUMN_S).astype(int)
    wanted = [
        max([0.0, *(wave.peak[row] for row in range(a, max(b, a + 1)) if 0 <= row < len(peak))])
        for a, b in itertools.pairwise(at)
    ]
    assert (wave.columns(edges_s) >= np.array(wanted, np.float32)).all()
    assert (wave.columns(edges_s) <= max([0.0, *peak])).all()


def test_the_wave_stands_where_the_sound_does(tmp_path: Path) -> None:
    samples = np.zeros((16_000, 1), np.float32)
    samples[4000], samples[12_000] = 0.5, -0.8
    path = write_media(tmp_path / "clicks.wav", SoundTrack(samples, 8000, "pcm_s16le"))
    with open_track(path, MediaSettings()) as track:
        wave = listen(about(path, make_report(())), track)
    loud = np.flatnonzero(wave.peak > 0.1)
    assert wave.start_s + loud * COLUMN_S == pytest.approx([0.5, 1.5], abs=COLUMN_S)
    assert wave.peak[loud] == pytest.approx([0.5, 0.8], abs=1e-3)


def test_another_recordings_sound_is_refused() -> None:
    with open_track(CLIPS / "pcm.wav", MediaSettings()) as track, pytest.raises(OutputError, match="not the recording"):
        listen(make_report((5.0,)), track)


def test_what_is_there_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "cam.mp4"
    path.parent.mkdir()
    path.write_bytes((CLIPS / "aac.mp4").read_bytes())
    os.link(path, hard := tmp_path / "hard.mp4")
    (soft := tmp_path / "soft.mp4").symlink_to(path)
    for target in (path, hard, soft):
        with pytest.raises(OutputError, match="is the recording itself"):
            annotate.check_target(path, target, overwrite=True)
    with pytest.raises(OutputError, match=r"would lie beside the recording; name another folder, such as .*annotated"):
        annotate.check_target(path, path.with_name("new.mp4"))
    (other := tmp_path / "other.mp4").write_bytes((CLIPS / "opposite_phase.mp4").read_bytes())
    with pytest.raises(OutputError, match="already exists"):
        annotate.check_target(path, other)
    with pytest.raises(OutputError, match="is no annotated copy and would be lost"):
        annotate.check_target(path, other, overwrite=True)
    for suffix in annotate.SUFFIXES:
        own = copied(path, tmp_path / "copies" / f"own{suffix}", about(path, make_report((2.0,), duration_s=7.0)))
        annotate.check_target(path, own, overwrite=True)
        with pytest.raises(OutputError, match="already exists; give --overwrite"):
            annotate.check_target(path, own)


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("pcm.mov", "x.mp4", r"cannot hold the sound \(pcm_s16le\) as it is; name it .*x\.mkv"),
        ("amr.3gp", "x.mkv", r"cannot hold the sound \(amr_nb\) as it is; name it .*x\.mov"),
        ("wma.wmv", "x.mkv", r"cannot hold the sound \(wmav2\) as it is; convert the recording"),
    ],
)
def test_a_kind_of_file_that_cannot_hold_the_sound_is_named(name: str, target: str, message: str) -> None:
    with pytest.raises(OutputError, match=message):
        annotate.check_sound(CLIPS / name, Path(target))


def test_a_picture_that_cannot_be_decoded_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "broken.mkv"
    with av.open(str(path), "w", format="matroska") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            packet = av.Packet(b"\x00" * 50)
            packet.stream, packet.time_base, packet.pts, packet.dts = video, Fraction(1, 10), number, number
            out.mux(packet)
    wave, target = Wave(0.0, np.zeros(0, np.float32)), tmp_path / "c" / "copy.mkv"
    with pytest.raises((OutputError, MediaError), match=r"picture|cannot"):
        annotate.redraw(path, target, Annotated(make_report(()), wave))
    assert list(target.parent.iterdir()) == []


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    path, done = CLIPS / "aac.mp4", []
    report = report_of(path)
    annotated = Annotated(report, Wave(0.0, np.zeros(0, np.float32)))
    annotate.redraw(path, tmp_path / "copy.mp4", annotated, lambda done_s, total_s: done.append((done_s, total_s)))
    assert [done_s for done_s, _ in done] == sorted(done_s for done_s, _ in done)
    assert done[-1][0] == pytest.approx(done[-1][1], abs=0.1)


def test_the_command_writes_a_copy_beside_its_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "copies" / "copy.mp4"
    arguments = [str(CLIPS / "aac.mp4"), "--out", str(tmp_path), "--annotate", str(target), "--formats", "json"]
    assert cli.main(arguments) == 0
    assert f"Annotated copy in {target}\n" in capsys.readouterr().out
    assert sound_packets(target)[0] == sound_packets(CLIPS / "aac.mp4")[0]
    assert cli.main(arguments) == 2
    assert "give --overwrite" in capsys.readouterr().err
    assert cli.main([*arguments, "--overwrite", "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.mp4", "b.mp4"], "--annotate is for one recording"),
        (["a.mp4", "--verify", "report.json"], "--annotate does not go with --verify"),
        (["a.mp4", "--apply-review", "review.json"], "--annotate does not go with --"),
    ],
)
def test_what_an_annotated_copy_does_not_go_with(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*arguments, "--annotate", "copies/x.mp4"]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_kind_of_copy_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(tmp_path / "missing.mp4"), "--annotate", str(tmp_path / "c" / "x.avi")]) == 2
    assert "written as .mp4 or .mkv or .mov" in capsys.readouterr().err


@settings(max_examples=30)
@given(st.floats(0, 1000))
def test_even_is_even_and_near(length: float) -> None:
    assert even(length) % 2 == 0
    assert abs(even(length) - length) <= 1
