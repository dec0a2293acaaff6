"""The conductor: what it hands on, what it says about itself, and that nothing else is touched."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from detector.core.probability import published_model
from detector.errors import SettingsError
from detector.media.samples import SampleTrack
from detector.recording import detect, detect_samples, report_on
from detector.records import AudioFacts, Recording, VideoFacts
from detector.settings import Settings, VolleySettings
from tests.soundscape import Pieces, simple_model, street

CLIP = Path(__file__).resolve().parent.parent / "fixtures" / "clips" / "aac.mp4"
SHOTS_S = (1.0, 1.4, 3.0)


def test_samples_are_a_recording_without_a_file() -> None:
    sound = street(SHOTS_S, 5.0)
    found = detect_samples(sound, 16_000, first_sample_s=100.0)
    assert found == report_on(SampleTrack(sound, 16_000, 100.0), Settings())
    assert found.recording.audio is not None
    assert found.recording.audio.start_s == 100.0
    assert found.recording.video is None
    assert all(shot.frame is None for shot in found.shots)


def test_integers_are_scaled_and_channels_stand_side_by_side() -> None:
    whole = np.round(street(SHOTS_S, 5.0) * 32_000).astype(np.int16)
    as_floats = whole.astype(np.float32) / np.float32(32_768)
    one, other = detect_samples(whole, 16_000), detect_samples(as_floats, 16_000)
    assert one == other
    both = detect_samples(np.stack([whole, whole], axis=1), 16_000)
    assert both.shots == one.shots


def test_progress_rises_to_the_end() -> None:
    told: list[tuple[float, float]] = []
    detect(CLIP, progress=lambda done_s, total_s: told.append((done_s, total_s)))
    done = [done_s for done_s, _ in told]
    assert done == sorted(done)
    assert len({total_s for _, total_s in told}) == 1
    assert done[-1] == pytest.approx(told[0][1], abs=0.1)


def test_an_error_in_progress_ends_the_run() -> None:
    def stop(done_s: float, total_s: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        detect(CLIP, progress=stop)


def test_the_report_names_settings_software_and_what_it_rests_on() -> None:
    chosen = Settings(volleys=VolleySettings(gap_s=1.0))
    found = report_on(SampleTrack(street(SHOTS_S, 5.0), 16_000), chosen, model=simple_model())
    assert found.settings == chosen.to_dict()
    assert [volley.shots for volley in found.volleys] == [(1, 2), (3,)]
    assert found.software["model"] == "for tests"
    assert found.basis["real_body_camera"] is False
    assert found.basis["inside_calibrated_range"] is True
    assert re.fullmatch(r"[0-9a-f]{64}", found.result_sha256)
    published = report_on(SampleTrack(street(SHOTS_S, 5.0), 16_000), chosen)
    assert published.software["model"] == published_model().version


def test_settings_are_part_of_the_hash_and_names_are_not() -> None:
    sound = street(SHOTS_S, 5.0)
    track, renamed = SampleTrack(sound, 16_000), SampleTrack(sound, 16_000, name="other.wav")
    one, other = (report_on(each, Settings(), model=simple_model()) for each in (track, renamed))
    assert one.recording.name != other.recording.name
    assert one.result_sha256 == other.result_sha256
    changed = report_on(track, Settings(volleys=VolleySettings(gap_s=2.9)), model=simple_model())
    assert changed.count == one.count
    assert changed.result_sha256 != one.result_sha256


class Filmed(Pieces):
    """Sound with a picture that starts a little later."""

    def recording(self) -> Recording:
        """Facts with a picture of 10 frames a second from 0.05 s on."""
        audio = AudioFacts("pcm", 16_000, 1, 0, 0.0)
        video = VideoFacts("10", False, 0.05, None, 64, 48)
        return dataclasses.replace(super().recording(), audio=audio, video=video)


def test_shots_name_the_frame_of_the_picture() -> None:
    found = report_on(Filmed([(0, street(SHOTS_S, 5.0))]), Settings(), model=simple_model())
    assert [shot.frame for shot in found.shots] == [9, 13, 29]


def test_a_file_is_left_as_it_was() -> None:
    before = CLIP.stat()
    content = CLIP.read_bytes()
    detect(CLIP)
    after = CLIP.stat()
    assert (after.st_size, after.st_mtime_ns, CLIP.read_bytes()) == (before.st_size, before.st_mtime_ns, content)


def test_windows_are_checked_before_the_file_is_opened() -> None:
    with pytest.raises(SettingsError, match="swap them"):
        detect("nowhere.mp4", start_s=2.0, stop_s=1.0)
    with pytest.raises(SettingsError, match="stop_s is inf, which is not a time"):
        detect("nowhere.mp4", stop_s=float("inf"))


def test_numpys_products_have_one_thread_while_a_recording_is_heard_and_as_many_as_before_afterwards() -> None:
    def threads() -> set[int]:
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    seen: list[set[int]] = []
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        detect(CLIP, progress=lambda done_s, all_s: seen.append(threads()))
        assert threads() == before == {2}
    assert seen
    assert all(each == {1} for each in seen)
