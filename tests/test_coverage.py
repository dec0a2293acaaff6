from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.coverage import CoverageMeter, assemble, heard_s
from detector.lab.incidents import five_shots
from detector.lab.recorders import Limiter, Recorder
from detector.lab.scenes import render
from detector.records import Coverage, Float32, State
from detector.settings import CoverageSettings, StretchSettings
from tests.blocks import RATE_HZ, blast, measured, noise, through_aac, with_blasts

STATES: tuple[State, ...] = ("heard", "overloaded", "no_audio", "muted", "masked", "damaged", "not_analysed")
FRAME_S = 0.02


def states(sound: Float32, kind: State, first: int = 0, grid: StretchSettings | None = None) -> list[Coverage]:
    meter = CoverageMeter(CoverageSettings())
    for frames in measured(sound, first, settings=grid):
        meter.add(frames)
    return [state for state in meter.states() if state.state == kind]


def muted_between(sound: Float32, start_s: float, stop_s: float) -> Float32:
    cut = sound.copy()
    cut[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)] = 0
    return cut


def tone(seconds: float, frequency_hz: float = 1000.0, level: float = 0.3) -> Float32:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(level * np.sin(2 * np.pi * frequency_hz * time_s), np.float32)


def in_place_of(sound: Float32, other: Float32, start_s: float) -> Float32:
    replaced = sound.copy()
    at = round(start_s * RATE_HZ)
    replaced[at : at + len(other)] = other
    return replaced


def quantized(sound: Float32, bits: int = 8) -> Float32:
    return np.asarray(np.rint(sound * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1), np.float32)


# --- muted -----------------------------------------------------------------------------------


def test_a_mute_is_found_to_the_millisecond() -> None:
    (mute,) = states(muted_between(noise(4.0), 1.2345, 1.5), "muted")
    assert mute.start_s == pytest.approx(1.2345, abs=0.0011)
    assert mute.stop_s == pytest.approx(1.5, abs=0.0011)


def test_a_mute_survives_aac() -> None:
    (mute,) = states(through_aac(muted_between(noise(6.0), 2.0, 3.5)), "muted")
    assert mute.start_s == pytest.approx(2.0, abs=0.15)
    assert mute.stop_s == pytest.approx(3.5, abs=0.15)


def test_a_short_mute_survives_aac() -> None:
    (mute,) = states(through_aac(muted_between(noise(6.0), 2.0, 2.6), 48000), "muted")
    assert mute.start_s == pytest.approx(2.0, abs=0.15)
    assert mute.stop_s == pytest.approx(2.6, abs=0.15)


def test_a_file_of_silence_is_muted_from_end_to_end() -> None:
    (mute,) = states(np.zeros(3 * RATE_HZ, np.float32), "muted")
    assert (mute.start_s, mute.stop_s) == (0.0, 3.0)


@pytest.mark.parametrize(("length_s", "muted"), [(0.1, True), (0.099, False)])
def test_a_tenth_of_a_second_of_silence_is_a_mute(length_s: float, muted: bool) -> None:
    found = [(mute.start_s, mute.stop_s) for mute in states(muted_between(noise(3.0), 1.0, 1.0 + length_s), "muted")]
    assert found == ([pytest.approx((1.0, 1.1))] if muted else [])


def test_dropouts_and_quiet_rooms_are_not_muted() -> None:
    assert states(muted_between(noise(3.0), 1.0, 1.08), "muted") == []
    assert states(noise(3.0, -85.0), "muted") == []


def test_the_flickering_quiet_of_coarsely_quantized_sound_is_not_muted() -> None:
    eight_bit = quantized(with_blasts(noise(6.0, -57.5), [1.0, 3.0]))
    hops = eight_bit.reshape(-1, 8)
    longest = max(len(run) for run in "".join("0" if hop.any() else "1" for hop in hops).split("0"))
    assert longest >= 100, "the example must hold a silence long enough to be taken for a mute"
    assert states(eight_bit, "muted") == []


def test_a_mute_of_a_second_is_one_even_in_coarsely_quantized_sound() -> None:
    (mute,) = states(muted_between(quantized(noise(4.0, -50.0)), 1.0, 2.5), "muted")
    assert mute.start_s == pytest.approx(1.0, abs=0.02)
    assert mute.stop_s == pytest.approx(2.5, abs=0.02)


def test_two_mutes_close_together_are_both_found() -> None:
    sound = muted_between(muted_between(noise(4.0), 1.0, 1.4), 1.6, 2.1)
    assert [round(m.start_s, 2) for m in states(sound, "muted")] == [1.0, 1.6]


# --- masked ----------------------------------------------------------------------------------


@pytest.mark.parametrize("frequency_hz", [440.0, 1000.0, 2200.0])
@pytest.mark.parametrize("coded", [False, True])
def test_a_redaction_tone_is_masked(frequency_hz: float, coded: bool) -> None:
    sound = in_place_of(noise(4.0), tone(0.6, frequency_hz), 1.5)
    (mask,) = states(through_aac(sound) if coded else sound, "masked")
    assert mask.start_s == pytest.approx(1.5, abs=0.06)
    assert mask.stop_s == pytest.approx(2.1, abs=0.06)


def test_a_redaction_tone_that_fills_its_frames_is_masked_to_the_frame() -> None:
    (mask,) = states(in_place_of(noise(4.0), tone(0.6), 1.6), "masked")
    assert (mask.start_s, mask.stop_s) == pytest.approx((1.6, 2.2))


def test_beeps_sirens_hum_and_tones_in_noise_are_not_masked() -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    siren = 0.3 * np.sin(2 * np.pi * np.cumsum(900 + 400 * np.sin(2 * np.pi * 0.8 * time_s)) / RATE_HZ)
    two_tone = np.concatenate([tone(0.12, 1000), tone(0.12, 1500)])
    sounds = [
        in_place_of(noise(4.0), two_tone, 1.5),
        noise(4.0) + siren.astype(np.float32),
        tone(4.0, 120.0, 0.002),
        tone(4.0, 1000.0, 0.02) + noise(4.0, -40.0),
        in_place_of(noise(4.0), tone(0.5) * np.geomspace(1, 0.5, RATE_HZ // 2).astype(np.float32), 1.5),
        tone(4.0, 1000.0) * (1 + 0.5 * np.sin(2 * np.pi * 6 * time_s)).astype(np.float32),
    ]
    for sound in sounds:
        assert states(sound, "masked") == []


@pytest.mark.parametrize("length_s", [0.3, 1.0])
def test_a_beep_that_the_microphone_heard_is_not_masked_for_the_place_goes_on(length_s: float) -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    rumble = 0.01 * np.sin(2 * np.pi * 120 * time_s) + noise(4.0, -60.0)
    beep = in_place_of(np.zeros_like(rumble), tone(length_s, 2100.0, 0.3), 1.5)
    assert states((rumble + beep).astype(np.float32), "masked") == []
    assert len(states(in_place_of(rumble.astype(np.float32), tone(length_s, 2100.0, 0.3), 1.5), "masked")) == 1


# --- overloaded ------------------------------------------------------------------------------


@pytest.mark.parametrize("limiter", [None, Limiter()])
@pytest.mark.parametrize(("overload_db_spl", "expected"), [(118.0, 5), (165.0, 0)])
def test_shots_that_overload_the_microphone_of_a_scene_lie_in_overloaded_time(
    limiter: Limiter | None, overload_db_spl: float, expected: int
) -> None:
    scene = five_shots(1, RATE_HZ)
    gain_db = 0.0 if limiter is None else 6.0
    recorder = Recorder(overload_db_spl=overload_db_spl, gain_db=gain_db, limiter=limiter)
    take = render(dataclasses.replace(scene, camera=dataclasses.replace(scene.camera, recorder=recorder)))
    assert sum(shot.clipped for shot in take.shots) == expected
    found = states(take.samples[:, 0], "overloaded", round(take.start_s * RATE_HZ))
    inside = [any(c.start_s - FRAME_S <= shot.arrival_s < c.stop_s for c in found) for shot in take.shots]
    assert sum(inside) == len(found) == expected


def clipped_blast(rail: float = 1.0) -> Float32:
    rough = np.repeat(np.sign(blast(1.0, seed=3)[: RATE_HZ // 4 : 16]), 16)
    decay = np.exp(-np.arange(len(rough)) / RATE_HZ / 0.05)
    return np.asarray(rail * np.clip(rough * decay * 8, -1, 1), np.float32)


def test_a_clipped_blast_is_overloaded_where_its_tops_are_flat() -> None:
    (overload,) = states(in_place_of(noise(8.0), clipped_blast(), 5.0), "overloaded")
    assert overload.start_s == pytest.approx(5.0, abs=FRAME_S)
    assert 0.05 < overload.stop_s - overload.start_s <= 0.27


def test_unclipped_shots_are_not_overloaded() -> None:
    assert states(with_blasts(noise(8.0), [5.0, 5.4]), "overloaded") == []


def test_ducked_gain_belongs_to_the_overload_until_it_is_back() -> None:
    background = noise(10.0, -40.0)
    gain_db = np.interp(np.arange(len(background)) / RATE_HZ, [5.0, 5.001, 5.5, 7.0], [0.0, -30.0, -30.0, 0.0])
    sound = background * (10 ** (gain_db / 20)).astype(np.float32)
    (overload,) = states(in_place_of(sound, clipped_blast(), 5.0), "overloaded")
    assert overload.stop_s == pytest.approx(6.7, abs=0.15)


def test_a_quieter_place_after_an_overload_is_no_ducking() -> None:
    sound = in_place_of(np.concatenate([noise(5.0, -40.0), noise(8.0, -60.0)]), clipped_blast(), 5.0)
    (overload,) = states(sound, "overloaded")
    assert overload.stop_s < 5.4


# --- cuts ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(st.integers(-9000, 9000), st.floats(0.3, 3.0), st.floats(0.05, 1.0))
def test_states_do_not_depend_on_the_stretches(first: int, length_s: float, margin_s: float) -> None:
    sound = in_place_of(muted_between(noise(6.0), 0.7, 1.9), tone(0.5), 2.5)
    sound = in_place_of(sound, clipped_blast(), 4.5)
    grid = StretchSettings(length_s=length_s, margin_s=margin_s)
    for kind in ("muted", "masked", "overloaded"):
        assert states(sound, kind, first, grid) == states(sound, kind, first)
        assert len(states(sound, kind, first)) == 1


def test_nothing_in_gives_nothing_out() -> None:
    assert CoverageMeter(CoverageSettings()).states() == ()


# --- the partition ---------------------------------------------------------------------------

spans = st.tuples(st.floats(-5, 60), st.floats(0, 30), st.sampled_from(STATES)).map(
    lambda t: Coverage(t[0], t[0] + t[1], t[2])
)


@settings(deadline=None)
@given(
    st.lists(spans, max_size=6),
    st.lists(spans, max_size=6),
    st.none() | st.floats(0, 50),
    st.none() | st.floats(0, 50),
    st.floats(0.1, 60),
)
def test_a_partition_covers_the_recording_once(
    media: list[Coverage], acoustic: list[Coverage], start_s: float | None, stop_s: float | None, duration_s: float
) -> None:
    parts = assemble(media, acoustic, start_s, stop_s, duration_s)
    assert parts[0].start_s == min([0.0, *(s.start_s for s in [*media, *acoustic])])
    assert parts[-1].stop_s == duration_s
    for before, after in pairwise(parts):
        assert before.stop_s == after.start_s
        assert before.state != after.state
    assert all(part.start_s < part.stop_s for part in parts)
    assert heard_s(parts) <= duration_s - parts[0].start_s + 1e-9


def test_what_stands_first_in_the_precedence_is_reported() -> None:
    parts = assemble(
        [Coverage(2.0, 4.0, "no_audio")],
        [Coverage(1.0, 6.0, "muted"), Coverage(5.0, 8.0, "overloaded")],
        None,
        9.0,
        10.0,
    )
    assert [(p.start_s, p.stop_s, p.state) for p in parts] == [
        (0.0, 1.0, "heard"),
        (1.0, 2.0, "muted"),
        (2.0, 4.0, "no_audio"),
        (4.0, 6.0, "muted"),
        (6.0, 8.0, "overloaded"),
        (8.0, 9.0, "heard"),
        (9.0, 10.0, "not_analysed"),
    ]
    assert heard_s(parts) == pytest.approx(4.0)


def test_roundings_to_hops_leave_no_slivers_of_heard_time() -> None:
    parts = assemble([Coverage(0.0, 2.0004, "no_audio")], [Coverage(2.001, 5.0, "muted")], None, None, 5.0004)
    assert [(p.start_s, p.stop_s, p.state) for p in parts] == [(0.0, 2.001, "no_audio"), (2.001, 5.0004, "muted")]


def test_an_empty_recording_has_an_empty_partition() -> None:
    assert assemble([], [], None, None, 0.0) == ()
    assert heard_s(()) == 0.0
