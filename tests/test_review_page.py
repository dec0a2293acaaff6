"""The review page as text: what is embedded, what is escaped, how much sound fits."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from detector import cli
from detector.core.comparison import compare
from detector.errors import OutputError
from detector.media.decode import open_track
from detector.media.encode import OPUS_HZ, opus
from detector.media.samples import SampleTrack
from detector.records import Float32, Rejected, Report
from detector.settings import MediaSettings
from detector.views import clips, review
from tests.builders import make_report, make_tally

ROOT = Path(__file__).resolve().parent.parent
RATE_HZ = 16_000
NASTY = "</script><img src=x onerror=alert(1)>&amp;'\"\u2028.mp4"


def clicks(times_s: tuple[float, ...], duration_s: float = 30.0) -> Float32:
    """Quiet noise with a click at each time."""
    sound = np.random.default_rng(3).normal(0, 1e-3, round(duration_s * RATE_HZ)).astype(np.float32)
    for time_s in times_s:
        at = round(time_s * RATE_HZ)
        sound[at : at + 40] += np.float32(0.8) * np.hanning(40).astype(np.float32)
    return sound


def heard(times_s: tuple[float, ...], **others: Any) -> tuple[Report, SampleTrack]:
    """A report and the sound that it is of."""
    track = SampleTrack(clicks(times_s), RATE_HZ)
    list(track.blocks())
    report = make_report(times_s, duration_s=30.0, overview=True, **others)
    return dataclasses.replace(report, recording=dataclasses.replace(track.recording(), name="a.mp4")), track


def embedded(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data: dict[str, Any] = json.loads(text)
    return data


def the_lane(page: str) -> dict[str, Any]:
    """What the page knows of its one recording."""
    lane: dict[str, Any]
    (lane,) = embedded(page)["lanes"]
    return lane


def test_no_text_from_elsewhere_becomes_markup() -> None:
    report = make_report(name=NASTY, rejected=[Rejected(9, 7.0, 0.1, NASTY)], warnings=[NASTY])
    page = review.page(report, [compare(report, make_tally(NASTY))])
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "&lt;/script&gt;&lt;img src=x" in page
    assert embedded(page)["recording"] == {"name": NASTY, "sha256": report.recording.sha256}


def test_the_policy_allows_what_is_in_the_page_and_nothing_else() -> None:
    page = review.page(make_report())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.findall(r"https?://", page)
    assert not re.findall(r"\son[a-z]+=|\sstyle=", page)


def test_the_page_of_a_report_alone_has_no_sound_and_says_so() -> None:
    data = the_lane(review.page(Report.from_json(make_report(overview=True).to_json())))
    assert data["clips"] == []
    assert data["silent"] == "this page was made without the recording's sound"


def test_what_could_not_be_heard_is_not_called_no_shots() -> None:
    page = review.page(make_report([], coverage=[(0.0, 60.0, "muted")]))
    assert "cannot hear" in page
    assert "neither that there were any nor none" in page


def test_the_same_report_gives_the_same_page() -> None:
    report, track = heard((5.0, 12.0))
    assert review.page(report, (), clips.cut(report, track)) == review.page(report, (), clips.cut(report, track))


def test_a_short_recording_is_embedded_whole_and_in_place() -> None:
    report, track = heard((5.0, 21.0))
    first, second = clips.cut(report, track)
    assert (first.start_s, first.samples) == (0.0, 22 * 48_000)
    assert (second.start_s, second.samples) == (20.0, 10 * 48_000)
    assert first.ogg.startswith(b"OggS")
    data = the_lane(review.page(report, (), (first, second)))
    assert base64.b64decode(data["clips"][0]["ogg"]) == first.ogg


@pytest.mark.parametrize("onsets", [10, 1000, 6000])
def test_an_hour_fits(onsets: int) -> None:
    times_s = np.sort(np.random.default_rng(5).uniform(0, 3600, onsets)).tolist()
    report = make_report(
        times_s[::2],
        probability=0.99,
        duration_s=3600.0,
        rejected=[Rejected(10_000 + row, at, 0.1, "echo") for row, at in enumerate(times_s[1::2])],
    )
    wanted, bit_rate = clips.windows(report)
    coded = sum(stop_s - start_s for start_s, stop_s in wanted) * bit_rate / 8
    assert coded <= 9_000_001
    assert wanted == sorted(wanted)
    kept = [
        any(start_s <= max(0, shot.time_s - 0.3) and shot.time_s + 1.0 <= stop_s for start_s, stop_s in wanted)
        for shot in report.shots
    ]
    assert all(kept) or (onsets == 6000 and sum(kept) > 1000)


def test_the_sound_of_another_recording_is_refused() -> None:
    report, _ = heard((5.0, 12.0))
    with pytest.raises(OutputError, match=r"not the recording of this result .* give the one that was analysed"):
        clips.cut(report, SampleTrack(clicks((6.0,)), RATE_HZ))


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000])
def test_coded_sound_decodes_to_as_many_samples_at_the_same_place(rate_hz: int, tmp_path: Path) -> None:
    sound = np.zeros(rate_hz, np.float32)
    sound[rate_hz // 2 : rate_hz // 2 + rate_hz // 1000] = 0.7
    path = tmp_path / "a.ogg"
    path.write_bytes(opus(sound, rate_hz, 64_000))
    with open_track(path, MediaSettings()) as track:
        (block,) = track.read([(0.0, 1.0)])
    assert len(block.samples) == block.rate_hz == OPUS_HZ
    loud = np.flatnonzero(np.abs(block.samples[:, 0]) > 0.25)
    assert loud[0] / OPUS_HZ == pytest.approx(0.5, abs=0.001)
    assert path.read_bytes() == opus(sound, rate_hz, 64_000)


def test_the_command_writes_the_page_with_the_result(tmp_path: Path) -> None:
    command = [str(ROOT / "fixtures" / "clips" / "late_start.mp4"), "--review", "--quiet", "--out", str(tmp_path)]
    assert cli.main(command) == 0
    (path,) = tmp_path.glob("*.shots/review.html")
    data = the_lane(path.read_text(encoding="utf-8"))
    assert (path.parent / unquote(data["video"])).resolve() == ROOT / "fixtures" / "clips" / "late_start.mp4"
    assert data["clips"][0]["start_s"] > 0.1  # where the sound begins
    assert cli.main([*command, "--overwrite"]) == 0


def test_the_recording_is_linked_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "a b.shots"
    assert review.address(tmp_path / "a?#%<b>.mp4", folder) == "../../a%3F%23%25%3Cb%3E.mp4"


@pytest.mark.parametrize("given", ["report.json", "."])
def test_a_report_alone_gives_its_page(given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_report(overview=True).save(tmp_path)
    command = ["--review", str(folder / given), "--tally", str(ROOT / "fixtures" / "demo" / "tally.toml")]
    assert cli.main(command) == 0
    page = (folder / "review.html").read_text(encoding="utf-8")
    data = the_lane(page)
    assert (data["clips"], data["video"]) == ([], None)
    assert data["overview"] is not None
    assert "3 comparisons with published numbers" in page
    assert f"Review page in {folder / 'review.html'}" in capsys.readouterr().out
    # what was made earlier is not written over unasked, and the rest of the folder is left alone
    assert cli.main(command) == 1
    assert "review.html: is there already; give --overwrite" in capsys.readouterr().err
    assert cli.main([*command, "--overwrite", "--quiet"]) == 0
    assert {path.name for path in folder.iterdir()} == {"report.json", "shots.csv", "labels.txt", "review.html"}


def test_a_report_with_its_recording_gives_the_page_with_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = ROOT / "fixtures" / "clips" / "aac.mp4"
    with open_track(clip, MediaSettings()) as track:
        list(track.blocks())
        report = dataclasses.replace(make_report((1.0,), duration_s=2.0), recording=track.recording())
    folder = report.save(tmp_path)
    assert cli.main(["--review", str(folder), str(clip), "--out", str(tmp_path / "elsewhere")]) == 0
    data = the_lane((tmp_path / "elsewhere" / "review.html").read_text(encoding="utf-8"))
    assert len(data["clips"]) == 1
    assert (tmp_path / "elsewhere" / unquote(data["video"])).resolve() == clip
    assert cli.main(["--review", str(folder), str(clip.with_name("aac.mov")), "--overwrite"]) == 1
    assert "not the recording of this result" in capsys.readouterr().err
    assert cli.main(["--review", str(folder), str(tmp_path / "moved.mp4"), "--overwrite"]) == 1
    assert "moved.mp4" in capsys.readouterr().err
    assert not (folder / "review.html").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--start", "1"], "--start does not go with --review of a result"),
        (["--self-test"], "--self-test does not go with --review of a result"),
    ],
)
def test_the_page_of_a_result_counts_nothing(more: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--review", "report.json", *more]) == 2
    assert words in capsys.readouterr().err


def test_the_page_of_a_report_takes_one_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_report().save(tmp_path)
    assert cli.main(["--review", str(folder), "a.mp4", "b.mp4"]) == 2
    assert "with the one recording that it is of; 2 are named" in capsys.readouterr().err
