"""A stretch of changed sound, cut on the same grid of hops as the recording was."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core import hearing
from detector.core.rehearing import Heard, heard, listed_s, stretch_around
from detector.core.stretches import hop_samples
from detector.records import Coverage, Float32
from tests import soundscape
from tests.soundscape import simple_model, street, with_stretches

RATE_HZ = 48000
HOP = hop_samples(RATE_HZ)


@given(st.integers(0, 10 * HOP), st.integers(20 * HOP, 30 * HOP))
def test_samples_lie_on_the_grid_of_the_recording(first: int, length: int) -> None:
    samples = np.arange(first, first + length, dtype=np.float32)[:, None]
    stretch = stretch_around(samples, first, RATE_HZ, (0.0, 1.0), ())
    assert stretch.samples[0, 0] == stretch.first_hop * HOP
    assert len(stretch.samples) == len(stretch.heard) * HOP
    assert 0 <= stretch.samples[0, 0] - first < HOP
    assert 0 <= first + length - (stretch.samples[-1, 0] + 1) < HOP


def cut(core_s: tuple[float, float], *unheard: tuple[float, float]) -> tuple[slice, list[int]]:
    """Core, and the hops that were not heard, of a second of sound from 2.0 s on."""
    samples = np.zeros((RATE_HZ, 2), np.float32)
    stretch = stretch_around(samples, 2 * RATE_HZ, RATE_HZ, core_s, unheard)
    return stretch.core, np.flatnonzero(~stretch.heard).tolist()


def hops(seconds: float) -> int:
    return round(seconds * RATE_HZ / HOP)


def test_the_core_is_cut_to_the_sound() -> None:
    begin = -(-2 * RATE_HZ // HOP)
    whole = 3 * RATE_HZ // HOP - begin
    assert cut((2.25, 2.5))[0] == slice(hops(2.25) - begin, hops(2.5) - begin)
    assert cut((1.0, 2.5))[0] == slice(0, hops(2.5) - begin)
    assert cut((2.5, 9.0))[0] == slice(hops(2.5) - begin, whole)
    assert cut((0.0, 1.0))[0] == slice(0, 0)


@pytest.mark.parametrize(
    ("unheard", "hop_range"),
    [((2.25, 2.5), (2.25, 2.5)), ((1.0, 2.1), (2.0, 2.1)), ((2.9, 4.0), (2.9, 3.0)), ((0.0, 1.0), (2.0, 2.0))],
)
def test_what_was_not_heard_is_not_heard(unheard: tuple[float, float], hop_range: tuple[float, float]) -> None:
    begin = -(-2 * RATE_HZ // HOP)
    low, high = (max(0, hops(t) - begin) for t in hop_range)
    assert cut((2.0, 3.0), unheard)[1] == list(range(low, min(high, 3 * RATE_HZ // HOP - begin)))


SHOTS_S = (2.0, 5.0, 8.0)
SOUND = street(SHOTS_S, 10.0)
SETTINGS = with_stretches(3600.0)


def known() -> Heard:
    onsets = hearing.listen(soundscape.stretch_of(SOUND), simple_model(), SETTINGS)
    return heard(onsets, (Coverage(0.0, 10.0, "heard"),), simple_model(), SETTINGS)


def around(sound: Float32, core_s: tuple[float, float]) -> tuple[list[float], list[float]]:
    """What is listed in a core before and after, to a hundredth, where a sound from 0 on takes the place of all."""
    before_s, after_s = listed_s(known(), stretch_around(sound[:, None], 0, soundscape.RATE_HZ, core_s, ()))
    return np.round(before_s, 2).tolist(), np.round(after_s, 2).tolist()


def test_what_is_listed_in_a_core_is_told_with_and_without_a_change() -> None:
    assert around(SOUND, (4.5, 5.5)) == ([5.0], [5.0])
    silent = SOUND.copy()
    silent[round(4.9 * soundscape.RATE_HZ) : round(5.5 * soundscape.RATE_HZ)] = 0
    assert around(silent, (4.5, 5.5)) == ([5.0], [])
    assert around(street((2.0, 4.7, 5.0, 8.0), 10.0), (4.5, 5.5))[1] == [4.7, 5.0]
    assert around(SOUND, (5.5, 7.5)) == ([], [])


@pytest.mark.parametrize(("core_s", "told"), [((5.0, 6.0), [5.0]), ((4.0, 5.0), [])])
def test_an_onset_at_the_edge_of_two_cores_belongs_to_the_later(core_s: tuple[float, float], told: list[float]) -> None:
    was = known()
    time_s = np.where(np.abs(was.onsets.time_s - 5.0) < 0.003, 5.0, was.onsets.time_s)
    moved = dataclasses.replace(was, onsets=dataclasses.replace(was.onsets, time_s=time_s))
    before_s, _ = listed_s(moved, stretch_around(SOUND[:, None], 0, soundscape.RATE_HZ, core_s, ()))
    assert before_s.tolist() == told
