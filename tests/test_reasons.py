"""Reasons in words: the plainest that holds, by figures and by what YAMNet hears."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core import yamnet
from detector.core.features import Features
from detector.core.reasons import REASONS, doubt, reasons
from detector.settings import EchoSettings

ACOUSTIC = (
    *("before_0_mid_db", "before_1_mid_db", "after_130_low_db", "after_200_low_db"),
    *("after_12_low_db", "after_12_mid_db"),
)


def described(**given: float) -> Features:
    plain = dict.fromkeys(ACOUSTIC, -20.0)
    return Features(ACOUSTIC, np.array([[{**plain, **given}[name] for name in ACOUSTIC]], np.float32))


def heard_as(said: dict[str, float], usual: float = -9.0) -> Features:
    """Plain columns, and what YAMNet says."""
    odds = dict.fromkeys(yamnet.CLASSES, usual) | said
    return described().beside(Features(yamnet.COLUMNS, np.array([list(odds.values())], np.float32)))


@pytest.mark.parametrize(
    ("given", "excess_db", "reason"),
    [
        ({}, np.nan, "unlike a gunshot"),
        ({}, 2.0, "echo"),
        ({}, 20.0, "unlike a gunshot"),
        ({"before_1_mid_db": -3.0}, np.nan, "slow rise"),
        ({"before_1_mid_db": -3.0}, 1.0, "echo"),
        ({"after_200_low_db": -3.0}, np.nan, "sustained sound"),
        ({"after_12_low_db": -40.0, "after_12_mid_db": -40.0}, np.nan, "click"),
        ({"after_12_low_db": -40.0}, np.nan, "unlike a gunshot"),
        # Exactly at each limit, and just beyond it.
        ({}, 3.0, "unlike a gunshot"),
        ({}, 2.9, "echo"),
        ({"before_0_mid_db": -6.0}, np.nan, "unlike a gunshot"),
        ({"before_0_mid_db": -5.9}, np.nan, "slow rise"),
        ({"after_130_low_db": -6.0}, np.nan, "unlike a gunshot"),
        ({"after_130_low_db": -5.9}, np.nan, "sustained sound"),
        ({"after_12_low_db": -25.0, "after_12_mid_db": -40.0}, np.nan, "unlike a gunshot"),
        ({"after_12_low_db": -25.1, "after_12_mid_db": -40.0}, np.nan, "click"),
    ],
)
def test_the_plainest_reason_is_given(given: dict[str, float], excess_db: float, reason: str) -> None:
    number = reasons(described(**given), np.array([excess_db]), EchoSettings())
    assert REASONS[int(number[0])] == reason


@pytest.mark.parametrize(
    ("said", "excess_db", "reason"),
    [
        ({"Slam": 1.0}, np.nan, "like a door"),
        ({"Slam": 1.0, "Speech": 3.0}, np.nan, "speech"),
        ({"Slam": 1.0}, 2.0, "echo"),
        ({"Slam": 1.0, "Machine gun": 0.5}, np.nan, "unlike a gunshot"),
        ({"Slam": 1.0, "Machine gun": 0.0}, np.nan, "like a door"),  # leads by just enough
        ({"Slam": -3.0}, np.nan, "unlike a gunshot"),
        ({"Slam": -2.0}, np.nan, "like a door"),  # just heard
        ({name: np.nan for name in yamnet.CLASSES}, np.nan, "unlike a gunshot"),
    ],
)
def test_what_yamnet_clearly_hears_is_named(said: dict[str, float], excess_db: float, reason: str) -> None:
    number = reasons(heard_as(said), np.array([excess_db]), EchoSettings())
    assert REASONS[int(number[0])] == reason


def test_every_reason_can_be_told_of_a_doubtful_shot() -> None:
    told = [doubt(reason) for reason in REASONS]
    assert len(set(told)) == len(REASONS)
    assert {"perhaps an echo", "like a door", "rises slowly"} <= set(told)
