"""Which moments of an incident are read again: where most happens, and some all along."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core.listening import STEP_S, Envelope, Listening
from detector.core.moments import moments
from detector.records import Alignment
from detector.settings import AlignmentSettings

ROWS = 100  # of a window of half a second


def listening(bangs: dict[float, float], seconds: float = 40.0, first: int = 0, muted: slice = slice(0)) -> Listening:
    """Quiet at -60 dB with a bang (time in s of the file: level in dB above) a window."""
    rows = round(seconds / STEP_S)
    level_db = np.full((rows, 3), -60, np.float16)
    for at_s, above_db in bangs.items():
        level_db[round(at_s / STEP_S) - first] += above_db
    heard = np.ones(rows, bool)
    heard[muted] = False
    return Listening("a", Envelope(first, level_db, heard), np.empty(0), np.empty(0))


def found(listenings: list[Listening], offsets_s: tuple[float, ...] = (), windows: int = 4) -> list[float]:
    n = len(listenings)
    offset_s = np.array(offsets_s or (0.0,) * n)
    none = np.full(n, np.nan)
    alignment = Alignment(0, offset_s, none, np.zeros(n), none, none, (None,) * n, (), ())
    return list(moments(alignment, list(enumerate(listenings)), AlignmentSettings(windows=windows)))


def test_half_are_the_liveliest_and_half_are_spread() -> None:
    bangs = {3.2: 20.0, 8.2: 40.0, 8.7: 30.0, 13.2: 4.0, 28.2: 5.0, 30.2: 6.0}
    assert found([listening(bangs)] * 2) == [8.0, 8.5, 30.0]
    assert found([listening(bangs)] * 2, windows=8) == [3.0, 8.0, 8.5, 28.0, 30.0]
    assert found([listening(bangs)] * 2, windows=1) == [8.0]


def test_a_bang_counts_that_two_cameras_heard() -> None:
    one = listening({5.2: 50.0, 10.2: 20.0})
    other, third = listening({10.2: 21.0, 20.2: 50.0}), listening({10.2: 3.0, 30.2: 50.0})
    assert found([one, other]) == found([other, one]) == found([one, other, third]) == [10.0]


def test_bangs_meet_on_the_clock_of_the_incident() -> None:
    early, late = listening({10.2: 30.0}), listening({14.2: 30.0})
    assert found([early, late], (0.0, -4.0)) == [10.0]
    assert found([early, late]) == []


def test_cameras_that_began_later_are_placed_by_their_first_row() -> None:
    late = listening({30.2: 20.0}, seconds=20.0, first=round(20.0 / STEP_S))
    sooner = listening({30.2: 20.0}, seconds=20.0, first=round(20.0 / STEP_S) - 1)
    for other in (late, sooner):
        assert found([listening({30.2: 20.0, 5.2: 20.0}), other]) == [30.0]
    assert found([late, listening({30.2: 20.0, 5.2: 20.0})]) == [30.0]
    assert found([late, listening({5.2: 20.0}, seconds=10.0)]) == []


def test_a_window_that_was_not_heard_whole_is_left_out() -> None:
    bangs = {10.2: 40.0, 20.2: 20.0}
    hole = slice(20 * ROWS, 20 * ROWS + 15)
    assert found([listening(bangs), listening(bangs, muted=hole)]) == [20.0]
    assert found([listening(bangs), listening(bangs, muted=slice(hole.start, hole.start + 8))]) == [10.0, 20.0]


def test_what_was_loud_from_the_first_row_is_no_rise() -> None:
    assert found([listening({0.0: 40.0, 0.005: 40.0, 10.2: 20.0})] * 2) == [10.0]


@pytest.mark.parametrize("listenings", [[], [listening({5.2: 20.0})], [listening({}, seconds=0.0)] * 2])
def test_without_two_that_hear_there_is_no_moment(listenings: list[Listening]) -> None:
    assert found(listenings) == []


def test_no_windows_no_moments() -> None:
    assert found([listening({5.2: 20.0})] * 2, windows=0) == []
