"""Counts against every way in which they can come about, intervals that keep their promises."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.counting import (
    NO_DOUBTS,
    Together,
    count_onsets,
    count_report_between,
    distribution,
    doubts,
    extras,
    interval,
    quantile,
    report_distribution,
)
from detector.records import Float64, Rejected, Report, Shot
from detector.settings import CountSettings
from tests.builders import make_report

chances = st.floats(0, 1)
onsets = st.lists(st.tuples(chances, st.floats(0, 0.4), st.floats(0, 0.4)), max_size=10)


def shifted(spread: float) -> CountSettings:
    """A shift that all log-odds share, and nothing else."""
    return CountSettings(spread=spread, slope=1.0, slope_spread=0.0)


def brute_force(probability: list[float], extra: list[tuple[float, float]]) -> Float64:
    """Every combination of 0 to 3 shots in each onset, one by one."""
    total = np.zeros(3 * len(probability) + 1)
    each = [(1 - p, p * (1 - one - two), p * one, p * two) for p, (one, two) in zip(probability, extra, strict=True)]
    for counts in itertools.product(range(4), repeat=len(probability)):
        total[sum(counts)] += math.prod(chance[n] for chance, n in zip(each, counts, strict=True))
    return total


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(chances, st.floats(0, 0.4), st.floats(0, 0.4)), max_size=6))
def test_distribution_is_that_of_all_combinations(rows: list[tuple[float, float, float]]) -> None:
    probability, extra = [row[0] for row in rows], [(row[1], row[2]) for row in rows]
    np.testing.assert_allclose(distribution(probability, extra), brute_force(probability, extra), atol=1e-12)


def test_distribution_of_ten_is_that_of_all_combinations_of_none_or_one() -> None:
    probability = np.random.default_rng(1).random(10)
    expected = np.zeros(31)
    for fired in itertools.product((0, 1), repeat=10):
        expected[sum(fired)] += np.prod(np.where(fired, probability, 1 - probability))
    np.testing.assert_allclose(distribution(probability, np.zeros((10, 2))), expected, atol=1e-12)


@pytest.mark.parametrize("n", [33, 64, 200, 1001])
def test_many_onsets_add_up_as_one_by_one(n: int) -> None:
    rng = np.random.default_rng(n)
    probability, extra = rng.random(n), rng.uniform(0, 0.3, (n, 2))
    expected = np.ones(1)
    for p, (one, two) in zip(probability, extra, strict=True):
        expected = np.convolve(expected, [1 - p, p * (1 - one - two), p * one, p * two])
    found = distribution(probability, extra)
    np.testing.assert_allclose(found, expected, atol=1e-14)
    assert [quantile(found, chance) for chance in (0.05, 0.5, 0.95)] == [
        quantile(expected, chance) for chance in (0.05, 0.5, 0.95)
    ]


@settings(deadline=None)
@given(onsets, st.floats(0, 3))
def test_chances_are_none_below_zero_and_add_up_to_one(rows: list[tuple[float, float, float]], spread: float) -> None:
    counts = distribution([row[0] for row in rows], [row[1:] for row in rows], shifted(spread))
    assert len(counts) == 3 * len(rows) + 1
    assert counts.min() >= 0
    assert counts.sum() == pytest.approx(1, abs=1e-9)


def test_the_spread_is_a_shift_of_all_odds_together() -> None:
    probability, spread = np.array([0.9, 0.6, 0.2, 0.97]), 0.7
    odds = np.log(probability / (1 - probability))
    shifts = np.random.default_rng(2).normal(0, spread, 40_000)
    expected = np.mean([distribution(1 / (1 + np.exp(-odds - s)), np.zeros((4, 2))) for s in shifts[:4000]], axis=0)
    found = distribution(probability, np.zeros((4, 2)), shifted(spread))
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_the_slope_parts_all_odds_from_the_pivot_together() -> None:
    probability, shared = np.array([0.9, 0.45, 0.2, 0.97]), CountSettings(spread=0.8, slope=1.7, slope_spread=0.5)
    odds, rng = np.log(probability / (1 - probability)) - shared.pivot, np.random.default_rng(3)
    expected = np.zeros(13)
    for _ in range(4000):
        slope, shift = shared.slope * np.exp(rng.normal(0, shared.slope_spread)), rng.normal(0, shared.spread)
        moved = 1 / (1 + np.exp(-(slope * odds + shared.pivot + shift)))
        expected += distribution(moved, np.zeros((4, 2))) / 4000
    np.testing.assert_allclose(distribution(probability, np.zeros((4, 2)), shared), expected, atol=0.015)


def test_no_shift_makes_it_likelier_than_even_that_a_shot_hides_another() -> None:
    for spread in (0.0, 0.5, 2.0):
        two = distribution([1.0], [(0.5, 0.0)], shifted(spread))[2]
        assert 0.2 < two <= 0.5 + 1e-9


def test_the_sum_of_many_onsets_is_smooth() -> None:
    counts = distribution(np.full(120, 0.5), np.zeros((120, 2)), CountSettings())[20:100]
    falls = np.diff(np.sign(np.diff(counts)))
    assert np.count_nonzero(falls) <= 3  # no lump for each of the nodes of the quadrature


def test_a_larger_spread_widens_the_interval_and_leaves_what_is_certain() -> None:
    probability = np.concatenate([np.full(40, 0.9), np.full(40, 0.1)])
    widths = []
    for spread in (0.0, 0.3, 0.6, 1.2):
        found = interval(distribution(probability, np.zeros((80, 2)), shifted(spread)), 0, 0.9)
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]
    certain = distribution([1.0, 1.0, 0.0], np.zeros((3, 2)), CountSettings(spread=2.0))
    np.testing.assert_allclose(certain, np.arange(10) == 2, atol=1e-12)


@settings(deadline=None)
@given(onsets, st.floats(0, 2), st.floats(0.05, 0.3))
def test_a_likelier_onset_never_lowers_a_quantile(
    rows: list[tuple[float, float, float]], spread: float, more: float
) -> None:
    rows = [(0.4, 0.1, 0.0), *rows]
    likelier = [(min(1.0, rows[0][0] + more), *rows[0][1:]), *rows[1:]]
    shared = CountSettings(spread=spread)
    one, other = (distribution([r[0] for r in each], [r[1:] for r in each], shared) for each in (rows, likelier))
    for chance in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert quantile(other, chance) >= quantile(one, chance)


@settings(deadline=None)
@given(onsets, st.floats(0, 2), st.integers(0, 12), st.floats(0.01, 0.999))
def test_an_interval_keeps_its_promises(
    rows: list[tuple[float, float, float]], spread: float, certain: int, confidence: float
) -> None:
    counts = distribution([row[0] for row in rows], [row[1:] for row in rows], shifted(spread))
    found = interval(counts, certain, confidence)
    assert 0 <= found.at_least <= found.best
    assert found.low <= found.best <= found.high < len(counts)
    assert counts[found.low : found.high + 1].sum() >= confidence - 1e-9
    assert counts[: found.best + 1].sum() >= 0.5 - 1e-9
    assert counts[: found.best].sum() < 0.5
    wider = interval(counts, certain, min(0.999, confidence + 0.2))
    assert wider.low <= found.low
    assert wider.high >= found.high


def test_onsets_that_are_all_something_else_or_likelier_shots_are_mixed() -> None:
    apart, volley, extra = [0.3], [0.5, 0.6], np.zeros((3, 2))
    found = distribution([*apart, *volley], extra, together=(Together((1, 2), 0.25),))
    fired = brute_force([*apart, 0.5 / 0.75, 0.6 / 0.75], [(0, 0)] * 3)
    nothing = np.pad(brute_force(apart, [(0, 0)]), (0, 6))
    np.testing.assert_allclose(found, 0.25 * nothing + 0.75 * fired, atol=1e-12)
    assert found @ np.arange(10) == pytest.approx(sum(apart) + sum(volley))


def test_what_is_as_good_as_nothing_is_a_number_all_the_same() -> None:
    found = distribution([0.3, 0.2], np.zeros((2, 2)), together=(Together((0, 1), 1.0),))
    np.testing.assert_allclose(found, [1, 0, 0, 0, 0, 0, 0], atol=1e-12)


def test_a_volley_may_be_nothing_in_a_recording_that_may_be_nothing() -> None:
    found = distribution([0.4, 0.5], np.zeros((2, 2)), together=(Together((0, 1), 0.2, (Together((0,), 0.5),)),))
    never, alone, both = 0.2, 0.8 * 0.5, 0.8 * 0.5
    p, q = 0.98, 0.5 / 0.8  # 0.4 / 0.8 / 0.5 would be certain
    expected = [never + alone * (1 - q) + both * (1 - p) * (1 - q), alone * q + both * (p * (1 - q) + q * (1 - p))]
    np.testing.assert_allclose(found[:3], [*expected, both * p * q], atol=1e-12)


def test_a_crowd_of_doubtful_sounds_may_be_no_gunfire_at_all() -> None:
    doubtful = make_report(tuple(5.0 + 0.4 * k for k in range(12)), probability=0.7)
    count = count_report_between(doubtful, None, None)
    assert count is not None
    assert count.low == 0 < count.best <= count.high
    assert count_onsets(doubtful.shots, (), CountSettings(), NO_DOUBTS).low > 3
    part = report_distribution(doubtful, 6.0, 7.0)  # what may be nothing as a whole may be it in part
    assert part is not None
    assert part[0] >= doubts(doubtful.shots, CountSettings()).recording


def test_doubts_depend_on_the_likeliest_of_several_and_on_first_showings() -> None:
    setting = CountSettings()
    pair, many = [shot(1, 0.7), shot(2, 0.9)], [shot(k, 0.7) for k in range(9)]
    assert doubts([shot(1, 0.6)], setting) == NO_DOUBTS
    assert doubts(pair, setting).recording < doubts(many, setting).recording < 0.5
    assert doubts(many, setting).recording == doubts(many[:2], setting).recording
    assert doubts([*many, shot(10, 0.99, repeat_of=1)], setting) == doubts(many, setting)
    assert doubts(pair, setting).volleys == {1: doubts(pair, setting).recording}
    assert doubts([shot(1, 1.0), shot(2, 1.0)], setting) == doubts([shot(1, 0.9999), shot(2, 0.3)], setting)
    assert doubts([shot(1, 0.0), shot(2, 0.0)], setting).recording > 0.9


def test_nothing_is_certain_in_a_volley_that_may_be_nothing() -> None:
    fired = [shot(1, 0.955), shot(2, 0.5)]
    doubt = doubts(fired, CountSettings())
    assert doubt.volleys[1] > 1 - CountSettings().certain
    assert count_onsets(fired, (), CountSettings(), doubt).at_least == 0
    assert count_onsets(fired, (), CountSettings(), NO_DOUBTS).at_least == 1


def test_nothing_found_is_a_count_of_none() -> None:
    assert distribution([], np.zeros((0, 2))).tolist() == [1.0]
    found = count_onsets((), (), CountSettings(), NO_DOUBTS)
    assert (found.at_least, found.low, found.best, found.high) == (0, 0, 0, 0)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_extras_are_those_of_a_poisson_number(more: list[float]) -> None:
    found = extras(np.array(more))
    assert found.shape == (len(more), 2)
    for (one, two), mean in zip(found.tolist(), more, strict=True):
        assert one == pytest.approx(mean * math.exp(-mean), abs=1e-12)
        assert one + two == pytest.approx(1 - math.exp(-mean), abs=1e-12)


def shot(number: int, probability: float, repeat_of: int | None = None) -> Shot:
    return Shot(number, "shot", float(number), 0.002, probability, 1, False, repeat_of, -6.0)


def test_a_shot_shown_again_counts_once() -> None:
    fired = [shot(1, 0.97), shot(2, 0.96)]
    once = count_onsets(fired, (), CountSettings(), NO_DOUBTS)
    again = count_onsets(
        [*fired, shot(3, 0.99, repeat_of=1), shot(4, 0.99, repeat_of=2)], (), CountSettings(), NO_DOUBTS
    )
    assert again == once
    assert once.at_least == 2


def test_refused_onsets_count_with_their_chance_and_are_never_certain() -> None:
    refused = [Rejected(9 + k, 10.0 + k, 0.2, "echo") for k in range(10)]
    alone = count_onsets([shot(1, 0.99)], (), shifted(0.0), NO_DOUBTS)
    both = count_onsets([shot(1, 0.99)], refused, shifted(0.0), NO_DOUBTS)
    assert (alone.best, both.best) == (1, 3)
    assert both.at_least == 1
    assert both.high > alone.high


def report() -> Report:
    refused = [Rejected(6, 6.0, 0.3, "echo", 1, 0.1), Rejected(7, 30.0, 0.1, "click")]
    return make_report((5.0, 5.4, 5.9, 12.0, 12.2), probability=0.9, rejected=refused)


def test_the_whole_recording_is_between_none_and_none() -> None:
    whole = report()
    expected = count_onsets(whole.shots, whole.rejected, CountSettings(), doubts(whole.shots, CountSettings()))
    assert count_report_between(whole, None, None) == expected
    assert whole.count_between(None, None) == expected


def test_a_moment_divides_the_chances_and_belongs_to_what_comes_after_it() -> None:
    whole = report()
    before, after = report_distribution(whole, None, 12.0), report_distribution(whole, 12.0, None)
    assert before is not None
    assert after is not None
    assert len(before) == 3 * 4 + 1
    assert len(after) == 3 * 3 + 1
    assert report_distribution(whole, 5.9, 5.95) is not None


def test_time_in_which_nothing_was_heard_has_no_count() -> None:
    deaf = make_report((5.0,), coverage=[(0.0, 20.0, "heard"), (20.0, 40.0, "muted"), (40.0, 60.0, "overloaded")])
    assert count_report_between(deaf, 20.0, 40.0) is None
    assert report_distribution(deaf, 25.0, 30.0) is None
    heard = count_report_between(deaf, 45.0, 50.0)
    assert heard is not None
    assert heard.best == 0
    assert count_report_between(deaf, 19.0, 25.0) is not None
    assert count_report_between(deaf, 70.0, None) is None
