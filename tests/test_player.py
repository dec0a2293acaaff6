"""Sound that a notebook plays by itself."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
from pathlib import Path

import av
import numpy as np
import pytest

from detector.errors import OutputError
from detector.media.decode import open_track
from detector.settings import MediaSettings
from detector.views import player
from detector.views.tables import to_html
from tests.builders import make_report
from tests.test_annotated import CLIPS, about

CLIP = CLIPS / "aac.mp4"


def played(page: str) -> list[np.ndarray]:
    """The sounds of all players in a page."""
    sounds = []
    for data in re.findall(r"data:audio/ogg;base64,([A-Za-z0-9+/=]+)", page):
        with av.open(io.BytesIO(base64.b64decode(data)), "r") as container:
            frames = [frame for packet in container.demux(audio=0) for frame in packet.decode()]
            sounds.append(np.concatenate([frame.to_ndarray()[0] for frame in frames]))
    return sounds


def test_a_recording_in_the_working_folder_can_be_heard_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = about(CLIP, make_report((1.0, 1.5, 6.0), duration_s=7.0))
    assert "<audio" not in to_html(report)
    Path(CLIP.name).write_bytes(CLIP.read_bytes())
    sounds = played(to_html(report))
    assert [len(sound) / 48_000 for sound in sounds] == pytest.approx(
        [min(v.last_s + 1.5, 7.0) - (v.first_s - 0.5) for v in report.volleys], abs=0.05
    )
    Path(CLIP.name).write_bytes(CLIP.read_bytes()[:-1] + b"\x00")
    assert "<audio" not in to_html(report)
    Path(CLIP.name).write_bytes(b"something else")
    assert "<audio" not in to_html(report)


def test_a_name_that_leads_elsewhere_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / CLIP.name).write_bytes(CLIP.read_bytes())
    monkeypatch.chdir(tmp_path / "deep")
    report = about(CLIP, make_report((1.0,)))
    recording = dataclasses.replace(report.recording, name=f"../{CLIP.name}")
    assert player.at_hand(dataclasses.replace(report, recording=recording)) == ""


def test_long_and_many_volleys_are_shortened() -> None:
    report = about(CLIP, make_report([0.5 + 0.9 * row for row in range(40)] + [60.0 + 20 * row for row in range(20)]))
    with open_track(CLIP, MediaSettings()) as sound:
        page = player.players(report, sound)
    assert "volley 1, from 0:00.500, its first 20 s" in page
    assert page.count("<audio") == 12
    assert f"and {len(report.volleys) - 12} more volleys" in page


def test_nothing_is_played_where_nothing_was_found_or_another_recording_is_given() -> None:
    with open_track(CLIP, MediaSettings()) as sound:
        assert player.players(make_report(()), sound) == ""
        with pytest.raises(OutputError, match="not the recording of this result"):
            player.players(make_report((1.0,)), sound)
