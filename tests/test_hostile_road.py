"""Bad files, bad sound and bad settings through library and command: one clear line, or a report that says so."""

from __future__ import annotations

import errno
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import cli
from detector.errors import DetectorError, MediaError, SettingsError
from detector.media.samples import SampleTrack
from detector.recording import detect, detect_samples, report_on
from detector.records import Float32, Report
from detector.settings import (
    ArrivalSettings,
    CountSettings,
    OnsetSettings,
    ProbabilitySettings,
    Settings,
    StretchSettings,
)
from tests.soundscape import simple_model, street

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HOSTILE, CLIPS = FIXTURES / "hostile", FIXTURES / "clips"
CLIP = CLIPS / "aac.mp4"


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


def heard(sound: Float32, rate_hz: int = 16_000) -> Report:
    """Report on samples; any numpy warning on the way is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return report_on(SampleTrack(sound, rate_hz), Settings(), model=simple_model())


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("zero.mp4", "is empty (0 bytes); copy it again"),
        ("text.mp4", "is not a video or sound file, or its beginning is damaged; check"),
        ("cut_before_index.mp4", "cut off before the end of its index (moov); copy it again"),
        ("missing.mp4", "no such file"),
        ("", "is a folder"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_path_and_next_step(
    name: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = HOSTILE / name
    with pytest.raises(MediaError) as caught:
        detect(path)
    assert str(caught.value).startswith(f"{path}")
    assert complaint in str(caught.value)
    status, out, err = run(capsys, path, "--out", tmp_path)
    assert (status, out) == (1, "")
    assert err == f"count-shots: {caught.value}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Who runs the tests may read anything; the refusal is the operating system's, put in its place.
    path = tmp_path / "locked.mp4"
    path.write_bytes(CLIP.read_bytes())
    real = os.open

    def refuse(name: Any, *others: Any, **more: Any) -> int:
        if str(name) == str(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(name, *others, **more)

    real_open = Path.open

    def refuse_open(self: Path, *others: Any, **more: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(self, *others, **more)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(Path, "open", refuse_open)
    status, out, err = run(capsys, path, "--out", tmp_path / "results")
    assert (status, out) == (1, "")
    assert err.startswith(f"count-shots: {path}")
    assert "ermission" in err or "cannot be read" in err or "may not" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(
        capsys, HOSTILE / "text.mp4", CLIP, HOSTILE / "zero.mp4", HOSTILE / "no_audio.mp4", "--out", tmp_path, "--quiet"
    )
    assert status == 1
    assert [line.rpartition("/")[2].partition(":")[0] for line in out.splitlines()] == ["aac.mp4", "no_audio.mp4"]
    assert len(err.splitlines()) == 2
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("name", "states"), [("no_audio.mp4", {"no_audio"}), ("all_silence.mp4", {"muted"})])
def test_what_cannot_be_heard_has_no_count_and_is_no_failure(
    name: str, states: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = detect(HOSTILE / name)
    assert (found.count, found.span, found.heard_s, found.shots, found.volleys) == (None, None, 0.0, (), ())
    assert {part.state for part in found.coverage} == states
    assert found.count_between(None, None) is None
    assert Report.from_json(found.to_json()) == found
    status, out, err = run(capsys, HOSTILE / name, "--out", tmp_path)
    assert (status, err) == (0, "")
    assert "cannot hear" in out.lower()
    assert "no shots" not in out.lower()


@pytest.mark.parametrize("name", ["tenth_second.wav", "full_scale_noise.wav", "nan.wav", "cut_after_index.mp4"])
def test_sound_that_is_short_loud_broken_or_cut_is_reported_on(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = detect(HOSTILE / name)
    assert found.count is not None
    assert found.heard_s > 0
    if name != "nan.wav":
        assert found.shots == ()
    status, _, err = run(capsys, HOSTILE / name, "--out", tmp_path)
    assert (status, err) == (0, "")
    told = " ".join(found.warnings)
    assert ("NaN" in told) == (name == "nan.wav")
    assert ("ends at" in told) == (name == "cut_after_index.mp4")


def test_full_scale_noise_is_overloaded() -> None:
    states = {part.state: part.stop_s - part.start_s for part in detect(HOSTILE / "full_scale_noise.wav").coverage}
    assert states["overloaded"] > 2.5


@pytest.mark.parametrize("name", ["damaged.mp4", "damaged.mkv", "damaged.ts", "cut_60.mp4"])
def test_damage_is_coverage_and_a_warning(name: str) -> None:
    found = detect(CLIPS / name)
    assert any(part.state == "damaged" for part in found.coverage)
    assert any("damaged packets" in warning for warning in found.warnings)
    assert found.recording.audio is not None
    assert found.recording.audio.damaged_packets > 0


def test_bytes_flipped_anywhere_end_in_a_report_or_one_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    for name in ("aac.mp4", "aac.ts", "mp3.avi", "pcm.wav"):
        data = bytearray((CLIPS / name).read_bytes())
        for at in rng.integers(0, len(data), 40):
            data[at] = int(rng.integers(256))
        path = tmp_path / name
        path.write_bytes(bytes(data))
        told = _told(path)
        if isinstance(told, Report):
            assert Report.from_json(told.to_json()) == told
        else:
            assert told.startswith(str(path))
            assert "\n" not in told


def _told(path: Path) -> Report | str:
    try:
        return detect(path)
    except MediaError as error:
        return str(error)


# --- sound -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 22_050, 44_100, 96_000, 192_000])
def test_any_sample_rate_finds_the_shots(rate_hz: int) -> None:
    times_s = [1.0, 1.5, 2.5]
    found = heard(street(times_s, 4.0, rate_hz), rate_hz)
    for time_s in times_s:
        assert min(abs(shot.time_s - time_s) for shot in found.shots) < 1e-3


@pytest.mark.parametrize("rate_hz", [1, 100, 999, 1500, 4000])
def test_rates_that_no_recorder_has_give_a_report_all_the_same(rate_hz: int) -> None:
    found = heard(np.random.default_rng(1).uniform(-1, 1, 20 * rate_hz).astype(np.float32), rate_hz)
    assert found.recording.duration_s == pytest.approx(20.0)
    assert found.basis["inside_calibrated_range"] is False


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("samples", [1, 7, 15, 16, 17, 160, 799, 1600])
def test_a_few_samples_give_a_report(samples: int, channels: int) -> None:
    sound = np.random.default_rng(1).uniform(-1, 1, (samples, channels)).astype(np.float32)
    found = heard(sound)
    assert found.shots == ()
    assert found.recording.duration_s == pytest.approx(samples / 16_000)
    assert Report.from_json(found.to_json()) == found


def test_no_samples_cannot_be_heard() -> None:
    found = detect_samples(np.zeros(0, np.float32), 16_000)
    assert (found.count, found.coverage, found.overview) == (None, (), None)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(32_000),
        np.full(32_000, 1.0),
        np.full(32_000, -0.3),
        np.tile([1.0, -1.0], 16_000),
        np.where(np.arange(32_000) % 3200 == 0, 1.0, 0.0),
        np.sign(np.random.default_rng(1).standard_normal(32_000)),
        np.full(32_000, 1e-30),
        np.random.default_rng(1).standard_normal(32_000) * 1e-20,
        np.random.default_rng(1).standard_normal(32_000) * 1e3,
        np.sin(np.arange(32_000) ** 2 / 2e5),
    ],
    ids=["silence", "top", "constant", "nyquist", "impulses", "clipped", "tiny", "denormal", "huge", "sweep"],
)
def test_odd_sounds_give_reports_without_a_complaint_from_the_arithmetic(sound: Any) -> None:
    found = heard(np.asarray(sound, np.float32))
    assert Report.from_json(found.to_json()) == found


def test_samples_that_no_sound_can_have_are_silence_and_a_warning() -> None:
    sound = street([1.0, 2.0], 3.0)
    sound[[5, 20_000, 30_000]] = np.nan, np.inf, -np.inf
    found = heard(sound)
    assert len(found.shots) >= 2
    assert any("NaN" in warning for warning in found.warnings)
    nothing = heard(np.full(16_000, np.nan, np.float32))
    assert nothing.count is None


def test_six_channels_with_the_shots_in_one_of_them() -> None:
    sound = np.random.default_rng(2).normal(0, 1e-3, (64_000, 6)).astype(np.float32)
    sound[:, 4] += street([1.0, 2.0, 3.0], 4.0)
    found = heard(sound)
    for time_s in (1.0, 2.0, 3.0):
        assert min(abs(shot.time_s - time_s) for shot in found.shots) < 1e-3


@pytest.mark.parametrize(
    ("samples", "rate_hz", "complaint"),
    [
        (np.zeros((2, 48_000)), 48_000, r"transpose it: samples\.T"),
        (np.zeros((2, 3, 4)), 48_000, "give samples of shape"),
        (np.array(["a", "b"]), 48_000, "give integers or real floats"),
        (np.zeros(10), 0, "give a whole number above 0"),
        (np.zeros(10), float("nan"), "give a whole number above 0"),
        (np.zeros(10), 44_100.5, "give a whole number above 0"),
    ],
)
def test_arrays_that_are_no_sound_are_refused_with_the_fix(samples: Any, rate_hz: Any, complaint: str) -> None:
    with pytest.raises(MediaError, match=complaint):
        detect_samples(samples, rate_hz)


# --- disk, folders ---------------------------------------------------------------------------


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if tmp_path in path.parents:
            real(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    status, out, err = run(capsys, CLIP, "--out", tmp_path)
    assert status == 1
    assert "No space left on device" in err
    assert "free some" in err
    assert err.count("\n") == 1
    assert "Results in" not in out
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_expected_and_the_reverse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results"
    file.write_text("mine", encoding="utf-8")
    status, _, err = run(capsys, CLIP, "--out", file)
    assert (status, err) == (2, f"count-shots: --out {file}: {file} is a file, not a folder; name a folder\n")
    for flag in ("--tally", "--settings"):
        status, _, err = run(capsys, CLIP, flag, tmp_path)
        assert status == 2
        assert err.startswith(f"count-shots: {tmp_path}")
        assert err.count("\n") == 1
    assert file.read_text(encoding="utf-8") == "mine"


# --- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("onsets.gate=4", "did you mean 'gate_db'?"),
        ("onset.gate_db=4", "did you mean 'onsets'?"),
        ("onsets.gate_db=-1", "onsets.gate_db = -1.0: give a value from 0 to 60"),
        ("onsets.after_hops=0", "onsets.after_hops = 0: give a value from 1 to 200"),
        ("onsets.after_hops=2.5", "takes a int"),
        ("onsets.gate_db=nan", "must be a finite number"),
        ("stretches.length_s=0", "stretches.length_s = 0.0: give a value from 1 to 3600"),
        ("stretches.margin_s=1", "stretches.margin_s = 1.0: give a value from 4 to 60"),
        ("onsets.floor_reach_s=4.5", "stretches.margin_s must be longer than onsets.floor_reach_s by 2 s"),
        ("count.confidence=1.5", "count.confidence = 1.5: give a value from 0.01 to 0.999"),
        ("count.spread=-1", "count.spread = -1.0: give a value from 0 to 10"),
        ("probability.shot=2", "probability.shot = 2.0: give a value from 0 to 1"),
        ("probability.possible=0.9", "must rise"),
        ("onsets.seam_hops=9", "onsets.seam_hops must exceed"),
        ("arrivals.foot_share=0.9", "arrivals.foot_share must not be above arrivals.share"),
        ("repeats.rhythm_loose_ms=3", "repeats.rhythm_ms must not be above repeats.rhythm_loose_ms"),
        ("tones.lowest_hz=6000", "tones.lowest_hz must not be above tones.highest_hz"),
        ("tones.longest_s=0.01", "tones.shortest_s must not be above tones.longest_s"),
        ("cracks.nearest_s=0.2", "cracks.nearest_s must not be above cracks.furthest_s"),
        ("cracks.below_db=30", "cracks.below_db must not be above cracks.below_again_db"),
        ("arrivals.least_error_s=0.1", "arrivals.least_error_s must not be above arrivals.most_error_s"),
        ("coverage.mute_s=5", "coverage.mute_s must not be above coverage.mute_long_s"),
        ("echoes.nearest_s=100", "echoes.nearest_s must not be above echoes.tail_s"),
        ("coverage.duck_s=0", "coverage.duck_s = 0.0: give a value from 0.01"),
        ("alignment.accident=0", "alignment.accident = 0.0: give a value from 1e-300 to 1"),
        ("alignment.highest_hz=9000", "alignment.highest_hz = 9000.0: give a value from 0 to 8192"),
        ("alignment.lowest_hz=4001", "alignment.lowest_hz must not be above alignment.highest_hz"),
        ("alignment.spread_s=0.6", "alignment.spread_s must not be above alignment.window_s"),
        ("volleys.gap_s=-3", "volleys.gap_s = -3.0: give a value from 0"),
        ("media.track=0", "media.track = 0: give a value from 1"),
        ("volleys.gap_s", "write stage.field=value"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_any_file_is_read(
    setting: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, tmp_path / "missing.mp4", "--set", setting, "--out", tmp_path)
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1
    with pytest.raises(SettingsError):
        Settings.read(None, [setting])


def test_a_video_given_as_settings_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with path.open("wb") as file:
        file.truncate(40_000_000_000)  # a sparse file, larger than any memory here
    with pytest.raises(SettingsError, match=r"clip\.mp4: too large for a settings file \(over 1 MB\)"):
        Settings.read(path)


def test_a_settings_file_is_named_in_the_complaint(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[count]\nconfidence = 90\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"{path}: count\.confidence = 90\.0: give a value from 0\.01"):
        Settings.read(path)


@pytest.mark.parametrize(
    "stages",
    [
        {"onsets": OnsetSettings(gate_db=float("nan"))},
        {"stretches": StretchSettings(margin_s=0.0)},
        {"count": CountSettings(confidence=1.0)},
        {"probability": ProbabilitySettings(kept=0.9)},
        {"arrivals": ArrivalSettings(before_hops=4)},
    ],
)
def test_settings_made_in_a_notebook_are_checked_too(stages: Any) -> None:
    with pytest.raises(SettingsError):
        Settings(**stages)


def test_the_published_settings_are_in_their_ranges_and_survive_the_way_to_a_file_and_back() -> None:
    assert Settings.from_dict(Settings().to_dict()) == Settings()


@pytest.mark.parametrize("setting", ["stretches.length_s=3600", "stretches.length_s=1", "onsets.gate_db=60"])
def test_settings_at_the_ends_of_their_ranges_work(setting: str) -> None:
    chosen = Settings.read(None, [setting])
    found = report_on(SampleTrack(street([1.0], 2.0), 16_000), chosen, model=simple_model())
    assert len(found.shots) == (0 if "gate" in setting else 1)


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    for window in ((5.0, 5.0), (6.0, 2.0)):
        with pytest.raises(SettingsError, match="swap them"):
            detect(CLIP, start_s=window[0], stop_s=window[1])
    with pytest.raises(DetectorError, match="not a time"):
        detect(CLIP, start_s=float("nan"))
