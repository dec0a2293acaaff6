"""Judged onsets -> records: what is listed, refused or only counted, and what a second showing is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from detector.core.echoes import Echoes
from detector.core.features import Features
from detector.core.hearing import Judged, Onsets
from detector.core.reasons import REASONS
from detector.core.verdicts import SHOWN_BEFORE, Verdicts, decide, heard_only, nothing
from detector.records import Coverage, Repeat, State
from detector.settings import Settings

SETTINGS = Settings()
HEARD = (Coverage(0.0, 300.0, "heard"),)
COLUMNS = (
    *("before_0_mid_db", "before_1_mid_db", "after_130_low_db", "after_200_low_db"),
    *("after_12_low_db", "after_12_mid_db"),
)


def onsets_at(time_s: Sequence[float], dropped: Sequence[tuple[float, str]] = ()) -> Onsets:
    n = len(time_s)
    return Onsets(
        time_s=np.array(time_s, np.float64),
        error_s=np.full(n, 0.001),
        level_db=np.zeros(n),
        peak_db=np.full(n, -6.04),
        chance=np.full(n, 0.5),
        odds=np.zeros((n, 2), np.float32),
        impression=np.zeros((n, 1), np.float32),
        opinion=np.zeros((n, 1), np.float32),
        features=Features(COLUMNS, np.full((n, len(COLUMNS)), -20, np.float32)),
        pattern=np.zeros((n, 4), np.float32),
        dropped_s=np.array([at_s for at_s, _ in dropped], np.float64),
        dropped_reason=np.array([REASONS.index(reason) for _, reason in dropped], np.int64),
    )


def decided(
    time_s: Sequence[float],
    chance: Sequence[float],
    *,
    covered: Sequence[Coverage] = HEARD,
    repeats: Sequence[Repeat] = (),
    echo_of: dict[int, int] | None = None,
    dropped: Sequence[tuple[float, str]] = (),
    more: float = 0.0,
    cracked: Sequence[int] = (),
) -> Verdicts:
    """Verdicts; `echo_of` lays rows to earlier rows, out of whose tail they do not stand; each hides `more` shots."""
    n, sources = len(time_s), echo_of or {}
    source = np.array([sources.get(row, -1) for row in range(n)], np.int64)
    excess_db = np.where(source >= 0, 0.0, np.nan)
    echoes = Echoes(source, excess_db, Features((), np.zeros((n, 0), np.float32)))
    judged = Judged(np.array(chance, np.float64), np.full(n, more), echoes)
    return decide(
        onsets_at(time_s, dropped), judged, np.array([row in cracked for row in range(n)]), covered, repeats, SETTINGS
    )


def test_chances_decide_what_is_a_shot_possible_refused_or_only_counted() -> None:
    found = decided([5.0, 5.5, 6.0, 6.5, 60.0, 120.0], [0.99, 0.5, 0.3, 0.29, 0.02, 0.0199])
    assert [(s.id, s.status, s.time_s) for s in found.shots] == [
        (1, "shot", 5.0),
        (2, "shot", 5.5),
        (3, "possible", 6.0),
    ]
    assert [(r.id, r.time_s) for r in found.rejected] == [(4, 6.5), (5, 60.0)]
    assert [(c.minute, c.reason, c.n) for c in found.rejected_counts] == [(2, "unlike a gunshot", 1)]


def test_what_was_refused_near_a_volley_is_listed_however_unlikely() -> None:
    near_s = SETTINGS.probability.rejected_near_s
    times_s = [10.0 - near_s - 0.01, 10.0 - near_s, 10.0, 10.5, 10.7, 11.0, 11.0 + near_s, 11.01 + near_s]
    found = decided(times_s, [0.001, 0.001, 0.9, 0.001, 0.001, 0.9, 0.001, 0.001])
    assert [r.time_s for r in found.rejected] == [times_s[1], 10.5, 10.7, times_s[6]]
    assert sum(c.n for c in found.rejected_counts) == 2


def test_every_onset_is_listed_refused_or_counted_once() -> None:
    rng = np.random.default_rng(3)
    time_s, chance = np.sort(rng.uniform(0, 300, 400)), rng.random(400) ** 6
    found = decided(time_s.tolist(), chance.tolist(), dropped=[(1.0, "click"), (70.0, "click"), (71.0, "slow rise")])
    listed = len(found.shots) + len(found.rejected)
    assert listed + sum(c.n for c in found.rejected_counts) == 403
    ids = [shot.id for shot in found.shots] + [refused.id for refused in found.rejected]
    assert ids == list(range(1, listed + 1))
    assert sorted({id for volley in found.volleys for id in volley.shots}) == [shot.id for shot in found.shots]


def test_an_echo_names_the_listed_shot_before_it() -> None:
    found = decided([5.0, 5.117, 6.0, 6.117], [0.99, 0.1, 0.1, 0.1], echo_of={1: 0, 3: 2})
    echo, _, other = found.rejected
    assert (echo.reason, echo.of_shot, echo.delay_s) == ("echo", 1, 0.117)
    assert (other.reason, other.of_shot, other.delay_s) == ("unlike a gunshot", None, None)


def test_what_is_only_possible_says_what_it_may_be_instead() -> None:
    found = decided([5.0, 5.117, 9.0], [0.99, 0.4, 0.4], echo_of={1: 0})
    assert [shot.flags for shot in found.shots] == [(), ("perhaps an echo",), ("unlike most shots",)]


def test_sound_shown_again_counts_once() -> None:
    again = (Repeat(100.0, 120.0, 10.0),)
    found = decided([12.0, 13.0, 102.01, 103.0, 104.0], [0.99, 0.9, 0.95, 0.2, 0.9], repeats=again)
    assert [(s.id, s.repeat_of) for s in found.shots] == [(1, None), (2, None), (3, 1)]
    assert [(r.time_s, r.reason, r.probability) for r in found.rejected] == [
        (103.0, SHOWN_BEFORE, 0.0),
        (104.0, SHOWN_BEFORE, 0.0),
    ]
    assert found.count == decided([12.0, 13.0], [0.99, 0.9]).count
    assert found.span is not None
    assert (found.span.first_s, found.span.last_s) == (12.0, 13.0)


def test_a_doubtful_second_showing_is_doubted_no_more_than_its_first() -> None:
    found = decided([12.0, 102.0], [0.99, 0.4], repeats=[Repeat(100.0, 120.0, 10.0)])
    assert [(s.status, s.repeat_of, s.flags) for s in found.shots] == [("shot", None, ()), ("possible", 1, ())]


def test_slow_motion_finds_its_originals() -> None:
    found = decided([10.0, 11.0, 50.0, 52.0], [0.9] * 4, repeats=[Repeat(49.0, 60.0, 9.5, speed=0.5)])
    assert [s.repeat_of for s in found.shots] == [None, None, 1, 2]


def test_a_second_showing_of_what_could_not_be_heard_the_first_time_is_the_first() -> None:
    covered = (Coverage(0.0, 50.0, "not_analysed"), Coverage(50.0, 300.0, "heard"))
    found = decided([102.0, 103.0], [0.99, 0.9], repeats=[Repeat(100.0, 120.0, 10.0)], covered=covered)
    assert [(s.time_s, s.repeat_of) for s in found.shots] == [(102.0, None), (103.0, None)]
    assert found.rejected == ()


def test_what_is_not_listed_joins_no_volleys() -> None:
    # The onset at 104 is a second showing of nothing that was listed: it must not bridge 102 and 106.
    found = decided([102.0, 104.0, 106.0], [0.9, 0.9, 0.9], repeats=[Repeat(103.5, 104.5, 10.0)])
    assert [s.volley for s in found.shots] == [1, 2]
    assert [v.shots for v in found.volleys] == [(1,), (2,)]


def test_shots_that_begin_with_a_crack_say_so() -> None:
    found = decided([4.0, 5.0], [0.9, 0.9], cracked=[1])
    assert [s.flags for s in found.shots] == [(), ("crack before the blast",)]


def test_overloaded_shots_are_flagged() -> None:
    covered = (Coverage(0.0, 5.0, "heard"), Coverage(5.0, 6.0, "overloaded"), Coverage(6.0, 300.0, "heard"))
    found = decided([4.99, 5.0, 5.99, 6.0], [0.9] * 4, covered=covered)
    assert [s.flags for s in found.shots] == [(), ("overloaded",), ("overloaded",), ()]


def test_shots_that_may_hide_others_are_marked_and_raise_the_count() -> None:
    counts = []
    for more, overlap in ((0.0, False), (0.05, False), (0.2, True)):
        found = decided((10 + 0.1 * np.arange(60)).tolist(), [0.99] * 60, more=more)
        assert {s.overlap for s in found.shots} == {overlap}
        assert sum(found.shots[0].extra) == pytest.approx(1 - np.exp(-more), abs=1e-4)
        assert found.count is not None
        counts.append(found.count.best)
    assert counts == sorted(set(counts))
    assert counts[2] == pytest.approx(72, abs=2)


def test_only_heard_time_is_judged() -> None:
    covered = (
        *(Coverage(0.0, 10.0, "no_audio"), Coverage(10.0, 20.0, "heard"), Coverage(20.0, 30.0, "masked")),
        *(Coverage(30.0, 40.0, "overloaded"), Coverage(40.0, 50.0, "not_analysed")),
    )
    onsets = onsets_at(
        [9.9, 10.0, 19.9, 20.0, 31.0, 40.0, 60.0], [(5.0, "click"), (15.0, "slow rise"), (45.0, "click")]
    )
    heard = heard_only(onsets, covered, SETTINGS.coverage)
    assert heard.time_s.tolist() == [10.0, 19.9, 31.0]
    assert heard.dropped_s.tolist() == [15.0]
    assert [REASONS[n] for n in heard.dropped_reason] == ["slow rise"]


@pytest.mark.parametrize("state", ["muted", "masked"])
def test_edges_of_mutes_and_redaction_tones_are_no_onsets(state: State) -> None:
    covered = (Coverage(0.0, 10.0, "heard"), Coverage(10.0, 20.0, state), Coverage(20.0, 30.0, "heard"))
    onsets = onsets_at([9.9, 9.97, 15.0, 20.0, 20.04, 20.06], [(9.99, "click"), (20.02, "click"), (29.99, "click")])
    heard = heard_only(onsets, covered, SETTINGS.coverage)
    assert heard.time_s.tolist() == [9.9, 20.06]
    assert heard.dropped_s.tolist() == [29.99]


def test_nothing_has_a_count_of_zero_and_no_span() -> None:
    for found in (nothing(SETTINGS), decided([], [])):
        assert found.count is not None
        assert (found.count.low, found.count.best, found.count.high) == (0, 0, 0)
        assert (found.shots, found.rejected, found.volleys, found.span) == ((), (), (), None)


def test_the_span_has_the_errors_of_both_ends() -> None:
    found = decided([5.0, 7.25], [0.9, 0.9])
    assert found.span is not None
    assert found.span.duration_s == 2.25
    assert found.span.error_s == pytest.approx(np.hypot(0.001, 0.001), abs=1e-6)
    assert found.shots[0].level_db == -6.0
