"""Recordings made of the packets of others: as long as asked, with the same sound, on one clock."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from detector.lab import loops
from detector.lab.cost import RATE_HZ
from detector.media.decode import open_track
from detector.media.encode import SoundTrack, write_media
from detector.records import Float32
from detector.settings import MediaSettings

PERIOD_S = 8  # 375 packets of 1,024 samples


def sweep(path: Path) -> Path:
    """A tone that rises: of noise, decoders of AAC make another one each time."""
    time_s = np.arange(PERIOD_S * RATE_HZ) / RATE_HZ
    sound = 0.3 * np.sin(2 * np.pi * (200 + 50 * time_s) * time_s)
    return write_media(path, SoundTrack(sound.astype(np.float32)[:, None], RATE_HZ))


def decoded(path: Path) -> Float32:
    with open_track(path, MediaSettings()) as track:
        sound = np.concatenate([block.samples[:, 0] for block in track.blocks()])
        assert track.recording().audio is not None
        assert not track.coverage()
        assert not track.warnings()
    return sound


def test_packets_in_a_row_are_the_sound_in_a_row(tmp_path: Path) -> None:
    once = sweep(tmp_path / "once.mp4")
    sound, thrice = decoded(once), decoded(loops.looped(tmp_path / "thrice.mp4", once, 3, PERIOD_S))
    period = PERIOD_S * RATE_HZ
    assert len(thrice) == pytest.approx(3 * period, abs=2048)
    inside = slice(4096, period - 4096)
    for number in range(3):
        part = thrice[number * period :][inside]
        np.testing.assert_allclose(part, sound[inside], atol=1e-3)


def test_a_picture_makes_a_file_large_and_leaves_the_sound_as_it_is(tmp_path: Path) -> None:
    once = sweep(tmp_path / "once.mp4")
    large = loops.beside_picture(tmp_path / "large.mp4", once, 4_000_000, PERIOD_S)
    assert 1_000_000 < large.stat().st_size < 12_000_000
    np.testing.assert_array_equal(decoded(large)[: PERIOD_S * RATE_HZ], decoded(once)[: PERIOD_S * RATE_HZ])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.mp4", "once.mp4"]


def test_a_full_disk_is_no_place_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**3, 10**3))
    with pytest.raises(OSError, match="too few for a recording of 2"):
        loops.beside_picture(tmp_path / "large.mp4", tmp_path / "once.mp4", 2_000_000_000, 3600)
