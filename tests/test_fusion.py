"""Cameras on one clock: each sound once, with a chance that knows who heard it and who should have."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from detector.core import incident_count
from detector.core.fusion import ALONE, WEIGHED, Fused, evidence, fuse
from detector.records import Camera, CountInterval, Rejected, State
from detector.settings import Settings
from tests.builders import make_report

SHOTS_S = (5.0, 5.4, 5.9, 6.5, 7.0, 12.0)
DELAYS_S = (0.0, 0.031, 0.012)


def camera(
    number: int,
    times_s: Sequence[float] = SHOTS_S,
    probability: float | Sequence[float] = 0.95,
    coverage: Sequence[tuple[float, float, State]] | None = None,
) -> Camera:
    report = make_report(times_s, probability=probability, coverage=coverage, name=f"{number}.mp4")
    recording = dataclasses.replace(report.recording, sha256=f"{number:064x}")
    return Camera(number, dataclasses.replace(report, recording=recording), 0.0, 0.0, 0.004, None, None, None)


def three(missing: tuple[int, float] | None = None) -> list[Camera]:
    """Cameras that heard all shots; camera and time of one that it missed."""
    return [
        camera(row + 1, [at + delay for at in SHOTS_S if missing != (row + 1, at)])
        for row, delay in enumerate(DELAYS_S)
    ]


def count(fused: Fused) -> CountInterval:
    return incident_count.count(fused.shots, fused.rejected, Settings())


def test_each_shot_is_listed_once_at_its_first_arrival_with_all_who_heard_it() -> None:
    fused = fuse(three(), Settings())
    assert [shot.time_s for shot in fused.shots] == list(SHOTS_S)
    assert {shot.heard_by for shot in fused.shots} == {(1, 2, 3)}
    assert [arrival.delay_s for arrival in fused.shots[0].arrivals] == pytest.approx(list(DELAYS_S))
    assert [shot.id for shot in fused.shots] == [1, 2, 3, 4, 5, 6]


def test_agreement_makes_shots_surer_and_the_count_firmer() -> None:
    alone = fuse([camera(1, probability=0.9)], Settings())
    together = fuse([camera(n + 1, [at + d for at in SHOTS_S], 0.9) for n, d in enumerate(DELAYS_S)], Settings())
    assert min(shot.probability for shot in together.shots) > 0.9
    narrow, wide = count(together), count(alone)
    assert narrow.low >= wide.low
    assert narrow.at_least >= wide.at_least
    assert narrow.high - narrow.low <= wide.high - wide.low


def test_one_camera_keeps_its_own_word() -> None:
    fused = fuse([camera(1, probability=0.7)], Settings())
    assert {shot.probability for shot in fused.shots} == {0.7}
    assert {shot.rests_on_one for shot in fused.shots} == {True}


def test_silence_counts_against_a_shot_but_deafness_does_not() -> None:
    others = [camera(n, [at for at in SHOTS_S if at != 5.9]) for n in (2, 3)]
    silent = fuse([camera(1), *others], Settings())
    muted: list[tuple[float, float, State]] = [(0.0, 5.7, "heard"), (5.7, 6.2, "muted"), (6.2, 60.0, "heard")]
    deaf = fuse([camera(1), *(dataclasses.replace(o, report=dataclasses.replace(
        o.report, coverage=make_report(coverage=muted).coverage)) for o in others)], Settings())  # fmt: skip
    doubted, kept = ([shot for shot in fused.shots if shot.heard_by == (1,)] for fused in (silent, deaf))
    assert [shot.deaf for shot in kept] == [(2, 3)]
    assert kept[0].probability == pytest.approx(0.95, abs=0.001)
    assert [shot.probability for shot in doubted] < [0.9]


def test_silence_says_less_where_a_camera_hears_much_else() -> None:
    """A shot that one camera misses: in a volley, where its other onsets may hide it, and by itself."""
    silent = []
    for gap_s in (0.08, 1.5):
        shots_s = [5 + gap_s * number for number in range(17)]
        cameras = [camera(1, shots_s), camera(2, [at for at in shots_s if at != shots_s[8]])]
        told = evidence(cameras, Settings())
        (missed,) = (row for row, onsets in enumerate(told.onsets) if len(onsets) == 1)
        silent.append(told.terms[missed, WEIGHED.index("silence")])
    assert 0 < silent[0] < 0.8 * silent[1]


def test_the_chance_rests_on_the_evidence() -> None:
    told = evidence(three((2, 5.9)), Settings())
    assert [sorted(onsets) for onsets in told.onsets][2] == [1, 3]
    weights = [getattr(Settings().fusion, name) for name in WEIGHED]
    chance = 1 / (1 + np.exp(-(told.likeliest + told.terms @ weights)))
    assert chance == pytest.approx([shot.probability for shot in fuse(three((2, 5.9)), Settings()).shots], abs=1e-4)
    assert evidence([], Settings()).terms.shape == (0, 4)


def test_evidence_is_by_the_numbers_of_cameras_and_bounded() -> None:
    told = evidence([camera(1, [5.0], 0.9999), camera(2, [5.0], 0.9999)], Settings())
    assert [sorted(onsets) for onsets in told.onsets] == [[1, 2]]
    assert told.likeliest == pytest.approx([np.log(0.995 / 0.005)])


def test_the_silent_are_a_share_of_those_that_should_have_heard_it_with_the_one_that_did() -> None:
    told = evidence([camera(1, [5.0], 0.7), camera(2, [])], Settings())
    # Of camera 2 nothing is known but the usual share, 0.8; beside it stands the one that heard it: 0.8 of 1.8.
    assert told.terms == pytest.approx(np.array([[0.0, 0.0, 0.8 / 1.8, 0.8 / 1.8 * np.log(0.7 / 0.3)]]))


def test_a_muted_camera_changes_nothing_but_who_was_deaf() -> None:
    muted = camera(4, (), coverage=[(0.0, 60.0, "muted")])
    before, after = fuse(three(), Settings()), fuse([*three(), muted], Settings())
    assert {shot.deaf for shot in after.shots} == {(4,)}
    assert [dataclasses.replace(shot, deaf=()) for shot in after.shots] == list(before.shots)


def test_copies_and_excluded_recordings_add_nothing() -> None:
    copy = dataclasses.replace(camera(4), same_as=1)
    other = dataclasses.replace(camera(5), offset_s=None, anchor_s=None, excluded="another event")
    assert fuse([*three(), copy, other], Settings()) == fuse(three(), Settings())


def test_the_order_of_cameras_changes_nothing() -> None:
    assert fuse(three((2, 5.9))[::-1], Settings()) == fuse(three((2, 5.9)), Settings())


def test_no_camera_gives_no_sound() -> None:
    assert fuse([], Settings()) == Fused((), ())


def refused(*told: tuple[float, float, str]) -> tuple[Rejected, ...]:
    return tuple(Rejected(50 + row, time_s, chance, reason) for row, (time_s, chance, reason) in enumerate(told))


def with_refused(of: Camera, *told: tuple[float, float, str]) -> Camera:
    return dataclasses.replace(of, report=dataclasses.replace(of.report, rejected=refused(*told)))


def test_what_is_refused_is_numbered_behind_the_shots_with_the_reason_of_its_likeliest_onset() -> None:
    one = with_refused(camera(1), (20.0, 0.04, "echo"), (30.0, 0.05, "a door"), (40.0, 0.0001, "speech"))
    fused = fuse([one], Settings())
    assert [(each.id, each.time_s, each.reason) for each in fused.rejected] == [(7, 20.0, "echo"), (8, 30.0, "a door")]
    # Amid shots that reach both at once, what both refuse at one time is one sound.
    both = (
        with_refused(camera(1), (5.2, 0.2, "a ball"), (6.2, 0.1, "speech")),
        with_refused(camera(2), (5.2, 0.1, "a door"), (6.2, 0.2, "echo")),
    )
    told = [(each.time_s, each.reason) for each in fuse(both, Settings()).rejected]
    assert told == [(5.2, "a ball"), (6.2, "echo")]
    assert {
        each.time_s: each.reason
        for each in fuse([with_refused(camera(1, []), (8.0, 0.02, "echo"))], Settings()).rejected
    } == {8.0: "echo"}


def test_a_listed_shot_that_others_should_have_heard_is_refused_as_such() -> None:
    others = [camera(n, [at for at in SHOTS_S if at != 5.9]) for n in (2, 3, 4)]
    chances = [0.95, 0.95, 0.35, 0.95, 0.95, 0.95]
    fused = fuse([camera(1, probability=chances), *others], Settings())
    assert [(each.time_s, each.reason) for each in fused.rejected] == [(5.9, ALONE)]


def test_a_sound_of_several_hides_what_the_best_hears_in_it_in_part() -> None:
    hiding, plain = (
        dataclasses.replace(each, report=dataclasses.replace(
            each.report, shots=tuple(dataclasses.replace(shot, extra=extra) for shot in each.report.shots)
        ))
        for each, extra in ((camera(1), (0.4, 0.1)), (camera(2), (0.2, 0.0)))
    )  # fmt: skip
    alone = fuse([hiding], Settings()).shots[0]
    assert sum(alone.extra) == pytest.approx(0.45, abs=0.02)  # 0.6 further shots on average, Poisson
    assert alone.overlap
    few = dataclasses.replace(hiding.report.shots[0], extra=(0.1, 0.005))  # 0.11 on average: one 0.099, more 0.006
    lone = dataclasses.replace(hiding, report=dataclasses.replace(hiding.report, shots=(few,)))
    assert fuse([lone], Settings()).shots[0].overlap
    both, part = fuse([hiding, plain], Settings()).shots[0], Settings().fusion.hidden
    assert both.extra[0] + both.extra[1] == pytest.approx(1 - np.exp(-0.2 * part), abs=0.01)


def test_a_shot_carries_the_flags_and_the_error_of_its_arrivals() -> None:
    one, *others = three()
    shots = (dataclasses.replace(one.report.shots[0], flags=("overloaded", "clipped")), *one.report.shots[1:])
    fused = fuse([dataclasses.replace(one, report=dataclasses.replace(one.report, shots=shots)), *others], Settings())
    assert [shot.flags for shot in fused.shots] == [("overloaded",)] + [()] * 5
    assert fused.shots[0].time_error_s == pytest.approx(np.hypot(0.002, 0.004), abs=1e-6)
    assert {shot.status for shot in fused.shots} == {"shot"}
    assert [shot.volley for shot in fused.shots] == [1] * 5 + [2]


def test_a_refused_sound_is_kept_from_the_least_chance_that_is_listed_on() -> None:
    least = Settings().count.listed
    fused = fuse([with_refused(camera(1), (20.0, least, "echo"), (30.0, least / 2, "a door"))], Settings())
    assert [(each.time_s, each.probability) for each in fused.rejected] == [(20.0, least)]
