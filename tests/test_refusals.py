"""Why a recording is left out: the reason that weighs most, with the figures that it rests on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from detector.core.listening import STEP_S, Envelope, Listening
from detector.core.refusals import contradiction, doubt, refusal
from detector.records import AlignedPair
from detector.settings import AlignmentSettings

SETTINGS = AlignmentSettings(accident=1e-4, overlap_s=2.0)
PAIR = AlignedPair(0, 1, 1.5, 5.0, 1.4, 1.6, 0.1, None, None, 0.01, 3, 0, False)


def listening(heard_s: float = 10.0) -> Listening:
    rows = round(heard_s / STEP_S)
    envelope = Envelope(0, np.zeros((rows, 3), np.float16), np.ones(rows, bool))
    return Listening("a", envelope, np.empty(0), np.empty(0))


def told(row: int, *pairs: AlignedPair, group: tuple[int, ...] = (), heard_s: float = 10.0) -> str:
    return refusal(row, pairs, group or (row,), listening(heard_s), SETTINGS)


def test_too_little_sound_is_told_first_and_just_enough_is_not_too_little() -> None:
    assert told(0, PAIR, group=(0, 1), heard_s=1.9) == "there is too little sound in it to compare: 1.9 s can be heard"
    assert "too little sound" not in told(0, PAIR, heard_s=2.0)


def test_fitting_others_that_fit_nobody_is_told_with_their_numbers() -> None:
    assert told(2, group=(4, 2)).startswith("it fits recording 5, but these do not fit the others")
    assert told(2, group=(4, 2, 1)).startswith("it fits recording 2, 5, but these do not fit the others")


def test_of_a_copy_that_is_left_out_too_no_chance_is_told() -> None:
    copy = dataclasses.replace(PAIR, chance=0.0, same=True)
    assert told(0, copy) == "it holds the sound of recording 2, which is left out too"
    assert told(1, copy) == "it holds the sound of recording 1, which is left out too"
    doubtful = dataclasses.replace(PAIR, other=2, chance=0.01)
    assert told(0, copy, doubtful) == told(0, doubtful)


def test_without_a_lag_there_is_no_overlap() -> None:
    none = dataclasses.replace(PAIR, lag_s=None, chance=1.0)
    stranger = dataclasses.replace(PAIR, one=2, other=3)
    assert "no overlap" in told(0, none, stranger)
    assert "no overlap" in told(0)


@pytest.mark.parametrize(("chance", "words"), [(0.05, "fits recording 2 best"), (0.06, "nothing in it fits")])
def test_a_fit_that_chance_gives_often_is_no_fit(chance: float, words: str) -> None:
    assert words in told(0, dataclasses.replace(PAIR, chance=chance))


def test_the_best_fit_is_told_with_its_chance_and_what_would_be_believed() -> None:
    worse = dataclasses.replace(PAIR, other=3, lag_s=9.0, chance=0.04)
    assert told(0, worse, PAIR) == (
        "too little in common: it fits recording 2 best, which would be +1.50 s against it with 3 of their onsets"
        " in agreement, but unrelated recordings like these fit as well about once in 100; once in 10,000 at most is"
        " believed"
    )


def test_seen_from_the_other_recording_the_lag_is_turned_round() -> None:
    assert "fits recording 1 best, which would be -1.50 s against it" in told(1, PAIR)


def test_a_loop_that_does_not_close_is_told_with_its_size() -> None:
    assert contradiction(-0.25) == contradiction(0.25) == "it contradicts stronger pairs by 0.250 s"


def test_a_doubt_says_how_often_chance_does_as_well() -> None:
    assert doubt(PAIR, SETTINGS).endswith("once in 100")
    assert doubt(dataclasses.replace(PAIR, chance=1e-9), SETTINGS).endswith("once in 10,000")
    assert doubt(dataclasses.replace(PAIR, lag_s=None), SETTINGS) == "no lag at which enough was heard by both"
