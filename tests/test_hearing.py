"""Onsets of stretches put together: the same rows in the order of their times, one for each arrival."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core import hearing, level
from detector.core.features import Features
from detector.core.hearing import SAME_S, Onsets
from detector.core.listening import EnvelopeMeter
from detector.core.probability import logistic
from detector.core.reasons import REASONS
from detector.records import Float32
from detector.settings import OnsetSettings, ProbabilitySettings, Settings
from tests.soundscape import Pieces, rattle, simple_model, street, stretch_of, stretches, stretches_of

SETTINGS = Settings()
EVERYTHING = Settings(probability=ProbabilitySettings(kept=0.0))


def onsets_of(time_s: list[float], chance: list[float], dropped_s: list[float] | None = None) -> Onsets:
    """Onsets whose other columns tell which row they came from."""
    n, rows = len(time_s), np.asarray(time_s, np.float64) * 1000
    dropped = np.array(dropped_s or [])
    return Onsets(
        time_s=np.array(time_s),
        error_s=rows / 1e6,
        level_db=rows - 50,
        peak_db=rows - 60,
        chance=np.array(chance),
        odds=np.stack([rows, -rows], axis=1).astype(np.float32),
        impression=rows.astype(np.float32).reshape(n, 1),
        opinion=rows.astype(np.float32).reshape(n, 1),
        features=Features(("row",), rows.astype(np.float32).reshape(n, 1)),
        pattern=rows.astype(np.float32).reshape(n, 1),
        dropped_s=dropped,
        dropped_reason=np.zeros(len(dropped), np.int64),
    )


def same(one: Onsets | None, other: Onsets | None) -> None:
    assert one is not None
    assert other is not None
    for field in dataclasses.fields(Onsets):
        if field.name == "features":
            assert one.features.names == other.features.names
            np.testing.assert_array_equal(one.features.values, other.features.values)
        else:
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


def heard(sound: Float32, length_s: float, chosen: Settings = SETTINGS) -> Onsets | None:
    return hearing.join([hearing.listen(s, simple_model(), chosen) for s in stretches(sound, length_s=length_s)])


def test_rows_stay_together_when_they_are_put_in_order() -> None:
    joined = hearing.join([onsets_of([3.0, 1.0], [0.1, 0.2], [0.5]), onsets_of([2.0, 1.5], [0.3, 0.4], [9.0])])
    assert joined is not None
    assert joined.time_s.tolist() == [1.0, 1.5, 2.0, 3.0]
    assert joined.chance.tolist() == [0.2, 0.4, 0.3, 0.1]
    for column in (joined.level_db + 50, joined.peak_db + 60, joined.features.values[:, 0], joined.pattern[:, 0]):
        np.testing.assert_array_equal(column, joined.time_s * 1000)
    assert joined.dropped_s.tolist() == [0.5, 9.0]


def test_of_onsets_that_time_one_arrival_the_likeliest_stays() -> None:
    joined = hearing.join([onsets_of([1.0, 1.0, 1.0034, 2.0, 2.0036], [0.2, 0.9, 0.3, 0.5, 0.4])])
    assert joined is not None
    assert joined.time_s.tolist() == [1.0, 2.0, 2.0036]
    assert joined.chance.tolist() == [0.9, 0.5, 0.4]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=25), st.data())
def test_how_onsets_are_spread_over_stretches_does_not_matter(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    rows = sorted(rows)
    time_s, chance = [t * 0.0005 for t, _ in rows], [c / 10 for _, c in rows]
    cut = data.draw(st.integers(0, len(rows)))
    parts = [onsets_of(time_s[:cut], chance[:cut]), onsets_of(time_s[cut:], chance[cut:])]
    joined = hearing.join(parts)
    same(joined, hearing.join([onsets_of(time_s, chance)]))
    assert joined is not None
    assert np.all(np.diff(joined.time_s) >= SAME_S - 1e-12)
    assert set(joined.time_s.tolist()) <= set(time_s)
    assert joined.chance.max() == max(chance)


@settings(deadline=None, max_examples=8)
@given(st.floats(1.0, 14.0), st.integers(0, 3))
def test_stretches_of_any_length_hear_the_same_to_the_last_bit(length_s: float, seed: int) -> None:
    sound = rattle(13.0, seed=seed)
    same(heard(sound, length_s, EVERYTHING), heard(sound, 3600.0, EVERYTHING))


@pytest.mark.parametrize("length_s", [3.0, 7.0, 20.0])
def test_gaps_of_any_length_sound_the_same_wherever_stretches_end(length_s: float) -> None:
    sound = rattle(24.0)
    pieces, at = [], 1234
    for start, stop, gap_s in ((0, 90_001, 0.02), (90_001, 200_000, 1.5), (200_000, 301_234, 12.0), (301_234, -1, 0)):
        pieces.append((at, sound[start:stop]))
        at += len(sound[start:stop]) + round(gap_s * 16_000)
    cut, whole = (
        hearing.join([hearing.listen(s, simple_model(), EVERYTHING) for s in stretches_of(Pieces(pieces), length)])
        for length in (length_s, 3600.0)
    )
    same(cut, whole)
    assert cut is not None
    assert len(cut) > 300


def test_bangs_are_kept_with_their_levels_and_the_rest_is_let_go_with_a_reason() -> None:
    times_s = [1.0, 2.0, 3.5]
    found = heard(street(times_s, 5.0), 120.0)
    assert found is not None
    likely = found.chance > 0.5
    np.testing.assert_allclose(found.time_s[likely], times_s, atol=5e-4)
    assert found.peak_db[likely].min() > -16
    assert found.level_db[likely].min() > found.level_db[~likely].max(initial=-200.0)
    assert set(found.dropped_reason.tolist()) <= set(range(len(REASONS)))
    assert found.dropped_s.min() > 0
    assert found.dropped_s.max() < 5
    everything = heard(street(times_s, 5.0), 120.0, EVERYTHING)
    assert everything is not None
    assert len(everything.dropped_s) == 0
    assert len(everything) > len(found)


def test_levels_are_those_of_the_onset_that_they_stand_beside() -> None:
    # Times below the hop may fall in another order than the hops: the columns must follow.
    dense = dataclasses.replace(EVERYTHING, onsets=OnsetSettings(apart_hops=1, gate_db=0.5))
    part = hearing.listen(stretch_of(rattle(20.0, per_s=60.0)), simple_model(), dense)
    joined = hearing.join([part])
    assert joined is not None
    rows = {one.tobytes(): row for row, one in enumerate(part.features.values)}
    own = np.array([rows[one.tobytes()] for one in joined.features.values])
    assert np.any(np.diff(own) < 0)
    same(joined, part.take(own))


def test_columns_among_neighbours_hold_both_odds_and_rest_on_their_mean() -> None:
    found, model = heard(street([1.0, 2.0, 3.5], 5.0), 120.0), simple_model()
    assert found is not None
    odds = model.attention.odds(hearing.group(found))
    found = dataclasses.replace(found, chance=logistic(odds))  # whose mean with those is the same
    told = hearing.among(found, model, SETTINGS)
    own = dict(zip(told.names, told.values.T, strict=True))
    np.testing.assert_array_equal(own["network_odds"], found.odds[:, 1])
    np.testing.assert_array_equal(own["attention_odds"], odds.astype(np.float32))
    beside = hearing.neighbours(found, logistic(odds), SETTINGS.echoes)[0]
    for name, column in zip(beside.names, beside.values.T, strict=True):
        np.testing.assert_allclose(own[name], column, rtol=1e-5, err_msg=name)


def test_no_stretch_gives_nothing_and_silence_gives_empty_columns() -> None:
    assert hearing.join([]) is None
    silent = heard(np.zeros(16_000, np.float32), 120.0)
    assert silent is not None
    assert len(silent) == 0
    bang = heard(street([0.5], 1.0), 120.0)
    assert bang is not None
    assert silent.features.names == bang.features.names
    assert silent.features.values.shape == (0, len(silent.features.names))


@pytest.mark.parametrize("wrong", [{"level_db": np.zeros(1)}, {"pattern": np.zeros((3, 2))}])
def test_columns_must_have_one_length(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="columns of one length"):
        dataclasses.replace(onsets_of([1.0, 2.0], [0.5, 0.5]), **wrong)
    with pytest.raises(ValueError, match="a time and a reason"):
        dataclasses.replace(onsets_of([1.0, 2.0], [0.5, 0.5]), dropped_s=np.zeros(3))


def test_of_two_that_are_as_likely_the_earlier_stays() -> None:
    joined = hearing.join([onsets_of([1.001, 1.0], [0.5, 0.5])])
    assert joined is not None
    assert joined.time_s.tolist() == [1.0]


def test_an_envelope_is_told_the_levels_of_the_stretch() -> None:
    stretch, told, own = stretch_of(street([0.5], 1.0)), EnvelopeMeter(), EnvelopeMeter()
    hearing.listen(stretch, simple_model(), SETTINGS, (), told)
    own.add(level.measure(stretch), stretch.core)
    assert len(told.envelope().level_db) == 200
    np.testing.assert_array_equal(told.envelope().level_db, own.envelope().level_db)


def test_the_peak_of_an_onset_is_the_highest_magnitude_of_its_first_six_milliseconds() -> None:
    """On a hum that falls at 0.5 s and rises at 1 s, so that it is higher just before and just behind these."""
    hum = 0.4 * np.cos(np.pi / 4 + 2 * np.pi * 20.5 * (np.arange(24_000) / 16_000 - 0.5))
    sound = (0.02 * street([0.5, 1.0], 1.5) + hum).astype(np.float32)
    found = hearing.listen(stretch_of(sound), simple_model(), EVERYTHING, ())
    told = np.array([found.peak_db[np.abs(found.time_s - at_s).argmin()] for at_s in (0.5, 1.0)])
    loudest = np.abs(sound).reshape(-1, 16).max(axis=1)  # of each millisecond
    assert told == pytest.approx(20 * np.log10([loudest[500:506].max(), loudest[1000:1006].max()]), abs=1e-3)
