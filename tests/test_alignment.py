import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest

from detector.core import alignment
from detector.core.listening import STEP_S, Envelope, Listening
from detector.lab.standing import RATE_HZ, SOUND_M_S
from detector.media.samples import SampleTrack
from detector.records import Alignment
from tests.ears import SETTINGS, aligned, cameras, ears, extent_s, listening, track

HERE = cameras()
HEARD = tuple(listening(camera, key) for camera, key in zip(HERE, "bca", strict=True))
SOUNDS = tuple(track(camera) for camera in HERE)
FOUND = aligned(HEARD, SOUNDS)


def columns(found: Alignment, row: int) -> tuple[float, ...]:
    names = ("offset_s", "drift_ppm", "anchor_s", "error_s", "drift_error_ppm")
    return tuple(float(getattr(found, name)[row]) for name in names)


def same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, other, strict=True))


def lag_error_s(found: Alignment, row: int) -> float:
    """By how much a recording's clock is off against that of the reference, a minute into the scene."""
    file_s, reference_s = (HERE[k].clock.shown(40.0) for k in (row, found.reference))
    return abs(float(found.incident_s(row, file_s)) - reference_s)


def test_three_cameras_come_onto_one_clock_within_what_propagation_allows() -> None:
    assert FOUND.included == (0, 1, 2)
    assert FOUND.excluded == ()
    assert FOUND.offset_s[FOUND.reference] == FOUND.drift_ppm[FOUND.reference] == FOUND.error_s[FOUND.reference] == 0
    for row in range(3):
        apart_m = float(np.linalg.norm(HERE[row].position_m - HERE[FOUND.reference].position_m))
        assert lag_error_s(FOUND, row) <= apart_m / SOUND_M_S + 0.001
    assert all(pair.used and pair.windows > 20 and pair.reason == "" for pair in FOUND.pairs)


def test_a_pair_tells_the_drift_of_its_clocks_in_millionths() -> None:
    one, other = cameras(seed=4, count=2, length_s=600.0, shots=20)
    (pair,) = aligned([listening(one, "a"), listening(other, "b")], [track(one), track(other)]).pairs
    assert pair.drift_ppm is not None
    assert pair.drift_error_ppm is not None
    assert pair.drift_ppm == pytest.approx(other.clock.ppm - one.clock.ppm, abs=pair.drift_error_ppm)
    assert 0.1 < pair.drift_error_ppm <= SETTINGS.sure_ppm


def test_the_clock_is_that_of_the_recording_whose_pairs_are_least_an_accident() -> None:
    def accident(row: int) -> float:
        return sum(math.log10(max(pair.chance, 1e-300)) for pair in FOUND.pairs if row in (pair.one, pair.other))

    assert accident(FOUND.reference) == min(map(accident, range(3)))
    assert len({accident(row) for row in range(3)}) > 1


def test_lags_of_envelopes_lie_within_what_they_leave_open() -> None:
    for pair in alignment.find(HEARD, SETTINGS).pairs:
        assert pair.lag_s is not None
        assert pair.latest_s - pair.lag_s == pytest.approx(SETTINGS.spread_s / 2)
        assert pair.lag_s - pair.earliest_s == pytest.approx(SETTINGS.spread_s / 2)


def test_recordings_without_a_lag_share_nothing() -> None:
    kept = Envelope(0, np.full((12_000, 3), -100, np.float16), np.zeros(12_000, np.bool_))
    silent = Listening("0", kept, np.empty(0), np.empty(0))
    pair = next(pair for pair in alignment.find([*HEARD, silent], SETTINGS).pairs if 3 in (pair.one, pair.other))
    assert (pair.lag_s, pair.drift_ppm, pair.chance) == (None, None, 1.0)
    assert (pair.onsets, pair.windows, pair.used, pair.same) == (0, 0, False, False)


def test_windows_of_sound_leave_less_open_than_envelopes() -> None:
    coarse = alignment.find(HEARD, SETTINGS)
    assert coarse.included == FOUND.included
    for row in set(range(3)) - {FOUND.reference}:
        assert FOUND.error_s[row] < coarse.error_s[row]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1:])
def test_the_order_of_the_recordings_changes_no_bit(order: Sequence[int]) -> None:
    again = aligned([HEARD[row] for row in order], [SOUNDS[row] for row in order])
    assert order[again.reference] == FOUND.reference
    for place, row in enumerate(order):
        assert same(columns(again, place), columns(FOUND, row))


def test_a_muted_camera_changes_nothing_and_is_left_out_with_the_reason() -> None:
    silence = SampleTrack(np.zeros(60 * RATE_HZ, np.float32), RATE_HZ)
    kept = Envelope(0, np.full((12_000, 3), -100, np.float16), np.zeros(12_000, np.bool_))
    muted = Listening("0", kept, np.empty(0), np.empty(0))
    found = aligned([*HEARD, muted], [*SOUNDS, silence])
    assert all(same(columns(found, row), columns(FOUND, row)) for row in range(3))
    assert found.excluded == ((3, "there is too little sound in it to compare: 0.0 s can be heard"),)


def test_a_camera_given_twice_is_one_recording() -> None:
    found = aligned([*HEARD, HEARD[1]], [*SOUNDS, SOUNDS[1]])
    assert found.same_as == (None, None, None, 1)
    assert all(same(columns(found, row), columns(FOUND, row)) for row in range(3))
    assert same(columns(found, 3), columns(FOUND, 1))
    told = {frozenset((pair.one, pair.other)): pair for pair in found.pairs}
    assert (told[frozenset((1, 3))].used, told[frozenset((1, 3))].reason) == (True, "")
    for row in (0, 2):  # the copy is joined by its original alone
        pair = told[frozenset((row, 3))]
        assert (pair.used, pair.reason) == (
            False,
            "one of them is a copy of another recording, or both belong to another incident",
        )


def test_another_event_joins_nothing() -> None:
    (other,) = cameras(seed=9)[:1]
    found = aligned([*HEARD, listening(other, "d")], [*SOUNDS, track(other)])
    assert found.included == (0, 1, 2)
    assert not any(pair.used for pair in found.pairs if 3 in (pair.one, pair.other))
    assert all(same(columns(found, row), columns(FOUND, row)) for row in range(3))


def test_cameras_side_by_side_are_no_copies() -> None:
    """Every sound reaches both at once, to half a millisecond; the noise of each microphone is its own."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.03, len(HERE[0].samples)).astype(np.float32)
    beside = dataclasses.replace(HERE[0], samples=HERE[0].samples + noise)
    found = aligned([*HEARD, listening(beside, "d")], [*SOUNDS, track(beside)])
    assert found.same_as == (None,) * 4
    (pair,) = (pair for pair in found.pairs if {pair.one, pair.other} == {0, 3})
    assert pair.latest_s - pair.earliest_s < 0.0005


def test_a_copy_that_was_coded_anew_is_one_recording_and_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    samples = HERE[0].samples * 0.7 + rng.normal(0, 2e-4, len(HERE[0].samples)).astype(np.float32)
    copy = SampleTrack(samples[RATE_HZ:], RATE_HZ, 0.25)
    found = aligned([*HEARD, ears(copy, np.empty(0), "d")], [*SOUNDS, copy])
    assert found.same_as == (None, None, None, 0)
    assert found.offset_s[:3] == pytest.approx(FOUND.offset_s, abs=0.005)
    moved_s = HERE[0].clock.late_s + 1.0 - 0.25
    assert found.incident_s(3, 10.0) == pytest.approx(FOUND.incident_s(0, 10.0 + moved_s), abs=0.005)


def test_a_file_split_in_two_comes_onto_the_clock_of_the_whole() -> None:
    camera, cut_at = HERE[1], len(HERE[1].samples) // 2
    first_s = camera.clock.late_s
    halves = [
        SampleTrack(camera.samples[:cut_at], RATE_HZ, first_s),
        SampleTrack(camera.samples[cut_at:], RATE_HZ, 0.0),
    ]
    onset_s = camera.clock.shown(camera.arrivals_s)
    begins_s = first_s + cut_at / RATE_HZ
    kept = [
        ears(halves[0], onset_s[onset_s < begins_s], "d"),
        ears(halves[1], onset_s[onset_s >= begins_s] - begins_s, "e"),
    ]
    found = aligned([HEARD[0], HEARD[2], *kept], [SOUNDS[0], SOUNDS[2], *halves])
    assert found.included == (0, 1, 2, 3)
    assert found.same_as == (None,) * 4
    apart_s = float(found.incident_s(3, 0.0) - found.incident_s(2, begins_s))
    assert abs(apart_s) <= 0.02
    alone = alignment.find(kept, SETTINGS)
    assert len(alone.included) == 1
    with_whole = aligned([*kept, HEARD[1]], [*halves, SOUNDS[1]])
    assert with_whole.same_as == (2, 2, None)
    assert with_whole.incident_s(1, 0.0) == pytest.approx(with_whole.incident_s(2, begins_s), abs=1e-4)


def test_unrelated_recordings_are_left_out_with_the_reason() -> None:
    stranger = cameras(seed=4)[0]
    found = aligned([*HEARD, listening(stranger, "d")], [*SOUNDS, track(stranger)])
    assert all(same(columns(found, row), columns(FOUND, row)) for row in range(3))
    ((row, reason),) = found.excluded
    assert row == 3
    assert reason.startswith(("nothing in it fits", "too little in common: it fits recording"))
    assert np.isnan(found.offset_s[3])
    assert not any(pair.used for pair in found.pairs if 3 in (pair.one, pair.other))


@pytest.mark.parametrize("surest", [0, 1])
def test_where_none_fits_another_the_one_with_the_surest_shots_stays(surest: int) -> None:
    strangers = [listening(cameras(seed=seed)[0], key) for seed, key in ((4, "d"), (5, "e"))]
    chances = ([0.99] * 3, [0.99] * 3 + [0.6] * 2)
    heard = [
        dataclasses.replace(each, onset_s=each.onset_s[: len(c)], onset_chance=c)
        for each, c in zip(strangers, map(np.array, chances if surest == 0 else chances[::-1]), strict=True)
    ]
    assert alignment.find(heard, SETTINGS).included == (surest,)
    assert alignment.find(heard[::-1], SETTINGS).included == (1 - surest,)


def test_two_incidents_in_one_list_are_told_apart() -> None:
    others = cameras(seed=4)[:2]
    found = alignment.find(
        [*HEARD, *(listening(camera, key) for camera, key in zip(others, "de", strict=True))], SETTINGS
    )
    assert found.included == (0, 1, 2)
    assert dict(found.excluded)[3].startswith("it fits recording 5, but")


def test_hours_between_the_clocks_make_no_difference() -> None:
    later = 7200.0
    shifted = aligned(
        [HEARD[0], listening(HERE[1], "c", later), HEARD[2]], [SOUNDS[0], track(HERE[1], later), SOUNDS[2]]
    )
    assert shifted.included == (0, 1, 2)
    gap = (shifted.offset_s[1] - shifted.offset_s[0]) - (FOUND.offset_s[1] - FOUND.offset_s[0])
    assert gap == pytest.approx(-later, abs=0.005)


def test_a_silent_buffer_before_the_event_is_passed_over() -> None:
    camera = HERE[1]
    samples = camera.samples.copy()
    samples[: 25 * RATE_HZ] = 0
    kept = ears(SampleTrack(samples, RATE_HZ, camera.clock.late_s), camera.clock.shown(camera.arrivals_s), "c")
    heard = kept.envelope.heard.copy()
    heard[: round(25.05 / 0.005)] = False
    quiet = Envelope(kept.envelope.first, kept.envelope.level_db, heard)
    inside = kept.onset_s > extent_s(quiet)[0] + 25
    muted = Listening("c", quiet, kept.onset_s[inside], kept.onset_chance[inside])
    found = aligned(
        [HEARD[0], muted, HEARD[2]], [SOUNDS[0], SampleTrack(samples, RATE_HZ, camera.clock.late_s), SOUNDS[2]]
    )
    assert found.included == (0, 1, 2)
    assert found.offset_s[1] - found.offset_s[0] == pytest.approx(FOUND.offset_s[1] - FOUND.offset_s[0], abs=0.05)


def test_one_recording_is_an_incident_of_its_own_and_none_is_no_incident() -> None:
    found = aligned([HEARD[0]], [SOUNDS[0]])
    assert (found.reference, found.included, found.pairs) == (0, (0,), ())
    with pytest.raises(ValueError, match="needs recordings"):
        alignment.find([], SETTINGS)


def test_times_are_told_there_and_back() -> None:
    for row in FOUND.included:
        times_s = np.array([0.0, 10.0, 1000.0])
        assert FOUND.file_s(row, FOUND.incident_s(row, times_s)) == pytest.approx(times_s, abs=1e-9)


def drifting(ppm: float, seed: int, minutes: float = 75.0) -> Listening:
    """An hour and more in which the same things happen, on a clock that is fast, in noise of its own."""
    shared, own = np.random.default_rng(0), np.random.default_rng(seed)
    at_s, up_db = shared.uniform(1, 60 * minutes - 10, 1000), shared.uniform(10, 40, 1000)
    rows = round(60 * minutes / STEP_S)
    level_db = own.normal(-60, 2, (rows, 3))
    for first, rise_db in zip((at_s * (1 + 1e-6 * ppm) / STEP_S).astype(int), up_db, strict=True):
        level_db[first : first + 20] += rise_db * np.linspace(1, 0, 20)[:, None]
    envelope = Envelope(0, level_db.astype(np.float16), np.ones(rows, bool))
    return Listening(str(seed), envelope, np.empty(0), np.empty(0))


def test_over_an_hour_envelopes_alone_tell_the_drift() -> None:
    (pair,) = alignment.find([drifting(0.0, 1), drifting(60.0, 2)], SETTINGS).pairs
    assert pair.drift_ppm is not None
    assert pair.drift_error_ppm is not None
    assert 3 < pair.drift_error_ppm <= SETTINGS.sure_ppm
    assert pair.drift_ppm == pytest.approx(60.0, abs=pair.drift_error_ppm)


def test_a_part_of_a_file_within_another_part_is_the_same_whichever_comes_first() -> None:
    whole = dataclasses.replace(HEARD[1], part_of="file")
    kept = len(whole.envelope.heard) // 2
    envelope = Envelope(whole.envelope.first, whole.envelope.level_db[:kept], whole.envelope.heard[:kept])
    inside = whole.onset_s < extent_s(envelope)[1]
    columns = {name: getattr(whole, name)[inside] for name in ("onset_s", "onset_chance")}
    for key, other in (("a", "b"), ("b", "a")):
        half = dataclasses.replace(whole, key=key, envelope=envelope, **columns)
        (pair,) = alignment.find([half, dataclasses.replace(whole, key=other)], SETTINGS).pairs
        assert pair.same
        assert (pair.lag_s, pair.earliest_s, pair.latest_s, pair.error_s) == (0.0, 0.0, 0.0, 0.0)
