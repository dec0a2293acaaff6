"""What must hold for any cameras: their order, a muted one more, one given twice. Reports are made up, not heard."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core import fusion, incident_count, positions
from detector.core.fusion import Fused
from detector.records import Camera, CountInterval, IncidentShot
from detector.settings import Settings
from tests.test_fusion import camera

SETTINGS = Settings()
few = settings(deadline=None, max_examples=15)


@st.composite
def incidents(draw: st.DrawFn) -> list[Camera]:
    """Two to five cameras around some guns: shots that each hears or not, and onsets of its own."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    count, guns = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    place_m = rng.uniform(-20, 20, (count, 2))
    emitted_s = np.sort(rng.uniform(5, 12, draw(st.integers(0, 12))))
    gun_m = rng.uniform(-20, 20, (guns, 2))[rng.integers(0, guns, len(emitted_s))]
    cameras = []
    for row in range(count):
        arrived_s = emitted_s + np.linalg.norm(gun_m - place_m[row], axis=1) / 343 + rng.normal(0, 3e-4, len(gun_m))
        heard_s = arrived_s[rng.random(len(arrived_s)) < 0.85]
        all_s = np.sort(np.concatenate([heard_s, rng.uniform(4, 13, rng.integers(0, 4))]))
        chance = rng.uniform(0.35, 0.99, len(all_s)).round(4)
        cameras.append(camera(row + 1, all_s.round(6).tolist(), chance.tolist()))
    return cameras


def told(cameras: Sequence[Camera]) -> tuple[Fused, CountInterval, tuple[IncidentShot, ...]]:
    fused = fusion.fuse(cameras, SETTINGS)
    shots, _ = positions.group(fused.shots, SETTINGS.fusion)
    return fused, incident_count.count(shots, fused.rejected, SETTINGS), shots


@few
@given(incidents(), st.randoms(use_true_random=False))
def test_the_order_of_cameras_changes_nothing(cameras: list[Camera], chance: random.Random) -> None:
    shuffled = list(cameras)
    chance.shuffle(shuffled)
    assert told(shuffled) == told(cameras)


@few
@given(incidents())
def test_a_muted_camera_more_is_deaf_to_all_and_changes_nothing_else(cameras: list[Camera]) -> None:
    muted = camera(9, (), coverage=[(0.0, 60.0, "muted")])
    before, after = told(cameras), told([*cameras, muted])
    assert {shot.deaf[-1] for shot in after[2]} <= {9}
    assert [dataclasses.replace(shot, deaf=shot.deaf[:-1]) for shot in after[2]] == list(before[2])
    assert after[1] == before[1]


@few
@given(incidents(), st.data())
def test_a_camera_given_twice_adds_nothing(cameras: list[Camera], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(cameras))
    copy = dataclasses.replace(first, id=9, same_as=first.id)
    assert told([*cameras, copy]) == told(cameras)


@few
@given(incidents())
def test_every_onset_is_in_one_sound_and_every_sound_has_who_heard_it(cameras: list[Camera]) -> None:
    found = fusion.evidence(cameras, SETTINGS)
    held = sorted((number, onset.id) for onsets in found.onsets for number, onset in onsets.items())
    assert held == sorted((each.id, shot.id) for each in cameras for shot in each.report.shots)
    for shot in told(cameras)[2]:
        assert sorted((*shot.heard_by, *shot.silent, *shot.deaf)) == [each.id for each in cameras]
        assert 0 < shot.probability < 1
