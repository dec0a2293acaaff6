import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.lags import lags, shape
from detector.core.listening import STEP_S, Envelope, Listening
from detector.records import Float64
from tests.ears import SETTINGS, cameras, listening

HERE = cameras()
HEARD = tuple(listening(camera, key) for camera, key in zip(HERE, "bca", strict=True))
SHAPES = tuple(shape(one, SETTINGS) for one in HEARD)


def noise(seed: int, rows: int = 6000, onset_s: tuple[float, ...] = (), first: int = 0) -> Listening:
    rng = np.random.default_rng(seed)
    level_db = rng.normal(-60, 3, (rows, 3))
    for at_s in onset_s:
        row = round(at_s / STEP_S) - first
        level_db[row : row + 60] += np.linspace(40, 0, 60)[: rows - row, None]
    count = len(onset_s)
    columns = np.sort(onset_s), np.full(count, 0.95)
    return Listening(f"{seed}", Envelope(first, level_db.astype(np.float16), np.ones(rows, np.bool_)), *columns)


def test_the_lag_of_two_cameras_is_found_and_no_accident() -> None:
    best = lags(SHAPES[0], SHAPES[1], SETTINGS)[0]
    assert best.log_chance < -8
    assert best.lag_s == pytest.approx(HERE[1].clock.shown(best.at_s) - HERE[0].clock.shown(best.at_s), abs=0.1)


def test_turned_round_the_lag_has_the_other_sign() -> None:
    there, back = lags(SHAPES[0], SHAPES[1], SETTINGS)[0], lags(SHAPES[1], SHAPES[0], SETTINGS)[0]
    assert back.lag_s == pytest.approx(-there.lag_s, abs=0.05)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 400), st.integers(0, 50))
def test_unrelated_strangers_are_an_accident(seed: int, other: int) -> None:
    one, two = (shape(noise(number), SETTINGS) for number in (seed, 1000 + other))
    assert all(lag.log_chance > np.log10(SETTINGS.accident) for lag in lags(one, two, SETTINGS))


def test_one_bang_in_each_is_no_agreement_however_loud() -> None:
    one, two = (shape(noise(seed, onset_s=(at_s,)), SETTINGS) for seed, at_s in ((1, 12.0), (2, 17.0)))
    found = lags(one, two, SETTINGS)
    assert all(lag.log_chance > np.log10(SETTINGS.accident) for lag in found)


def test_five_shots_in_common_are_believed_whatever_the_noise() -> None:
    fired_s = (8.0, 8.31, 9.02, 9.2, 11.47)
    one = shape(noise(1, onset_s=fired_s), SETTINGS)
    two = shape(noise(2, onset_s=tuple(at_s + 5.003 for at_s in fired_s)), SETTINGS)
    best = lags(one, two, SETTINGS)[0]
    assert best.log_chance < np.log10(SETTINGS.accident)
    assert best.onsets == 5
    assert best.lag_s == pytest.approx(5.003, abs=0.01)


def with_onsets(seed: int, onset_s: Float64) -> Listening:
    """Unrelated noise with listed onsets that leave no trace in its level."""
    columns = onset_s, np.full(len(onset_s), 0.95)
    return Listening(f"{seed}", noise(seed).envelope, *columns)


@pytest.mark.parametrize(("spread_s", "sharp"), [(0.002, True), (0.012, False)])
def test_onsets_alone_find_a_lag_and_sharpen_it_where_they_agree_to_ten_milliseconds(
    spread_s: float, sharp: bool
) -> None:
    fired_s = np.array([4.0, 4.37, 5.11, 6.93, 9.2, 9.81, 12.4])
    late_s = fired_s + 7.2183 + np.linspace(-spread_s, spread_s, 7)
    best = lags(shape(with_onsets(1, fired_s), SETTINGS), shape(with_onsets(2, late_s), SETTINGS), SETTINGS)[0]
    assert best.onsets == 7
    assert best.lag_s == pytest.approx(7.2183, abs=1e-6 if sharp else 0.06)
    assert (abs(best.lag_s / STEP_S - round(best.lag_s / STEP_S)) < 1e-6) != sharp  # as the level has it, in whole rows


def test_each_stretch_is_compared_by_itself_with_its_own_onsets() -> None:
    early_s, late_s = (2.0, 2.6, 3.1), (21.0, 21.4, 22.3, 23.0, 24.1)
    pieces = dataclasses.replace(SETTINGS, stretch_s=10.0)
    one = shape(noise(1, onset_s=(*early_s, *late_s)), pieces)
    two = shape(noise(2, rows=8000, onset_s=tuple(at_s + 5.003 for at_s in (*early_s, *late_s))), pieces)
    found = {lag.at_s: lag for lag in reversed(lags(one, two, pieces))}  # the best of each stretch stays
    assert set(found) == {2.6, 15.0, 22.3}  # medians of the onsets, else the middle
    assert [found[at_s].lag_s for at_s in (2.6, 22.3)] == pytest.approx([5.003, 5.003], abs=0.01)
    assert (found[2.6].onsets, found[22.3].onsets) == (3, 5)


def test_where_the_grid_begins_makes_no_difference() -> None:
    first, moved = (shape(noise(2, onset_s=(8.0, 8.3, 9.0), first=at), SETTINGS) for at in (0, 0))
    assert np.array_equal(first.change, moved.change)
    later = noise(2, onset_s=(1008.0, 1008.3, 1009.0), first=200_000)
    best = lags(shape(noise(2, onset_s=(8.0, 8.3, 9.0)), SETTINGS), shape(later, SETTINGS), SETTINGS)[0]
    assert best.lag_s == pytest.approx(1000.0, abs=STEP_S)


def test_nothing_is_compared_where_too_little_is_heard_by_both() -> None:
    one, two = noise(1, rows=300), noise(2, rows=300)
    assert lags(shape(one, SETTINGS), shape(two, SETTINGS), SETTINGS) == []
    empty = Listening("0", Envelope(0, np.zeros((0, 3), np.float16), np.zeros(0, np.bool_)), *(np.empty(0),) * 2)
    assert lags(shape(empty, SETTINGS), SHAPES[0], SETTINGS) == []
    assert lags(SHAPES[0], shape(empty, SETTINGS), SETTINGS) == []


def test_changes_of_level_know_no_gain_and_no_silence() -> None:
    one = noise(1)
    louder = Listening(
        "1", Envelope(0, (one.envelope.level_db + 16).astype(np.float16), one.envelope.heard), *(np.empty(0),) * 2
    )
    assert shape(louder, SETTINGS).change == pytest.approx(shape(one, SETTINGS).change, abs=0.1)
    heard = one.envelope.heard.copy()
    heard[1000:2000] = False
    muted = shape(Listening("1", Envelope(0, one.envelope.level_db, heard), *(np.empty(0),) * 2), SETTINGS)
    assert not muted.change[:, 1000:2000].any()
    assert np.abs(muted.change).max() <= SETTINGS.limit_db


def test_onsets_that_agree_make_a_lag_so_much_less_accidental_as_poisson_says() -> None:
    """Of the differences of five onsets five agree, and 20 lie in the 5.7 s around that tell of accidents.

    By accident 20 * 3 ms / 5.7 s = 0.0105 would lie within 3 ms, and five or more with a chance of 10**-11.97; 3 widths
    were tried at 200 ms / 3 ms places each: 10**2.30.
    """
    fired_s = np.array([8.0, 8.17, 8.4, 8.72, 9.0])
    one, two = noise(1, onset_s=tuple(fired_s)), noise(2, onset_s=tuple(fired_s + 5.0))
    least = {}
    for listed in (0, 5):
        kept = [Listening(x.key, x.envelope, x.onset_s[:listed], x.onset_chance[:listed])
                for x in (one, two)]  # fmt: skip
        best = lags(shape(kept[0], SETTINGS), shape(kept[1], SETTINGS), SETTINGS)[0]
        assert best.lag_s == pytest.approx(5.0, abs=STEP_S)
        assert best.onsets == listed
        least[listed] = best.log_chance
    assert least[5] - least[0] == pytest.approx(-11.97 + 2.30, abs=0.01)
