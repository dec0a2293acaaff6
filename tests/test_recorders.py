"""What a small recorder makes of a pressure."""

from __future__ import annotations

import numpy as np
import pytest

from detector.core.blasts import pascal
from detector.lab.recorders import Limiter, Recorder, limiter_gain, overloaded, recorded
from detector.records import Float64

RATE_HZ = 16_000


def _tone(level_db_spl: float, seconds: float = 1.0) -> Float64:
    return np.asarray(pascal(level_db_spl) * np.sin(2 * np.pi * 500 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ))


@pytest.mark.parametrize("overload", ["hard", "soft"])
def test_an_overloaded_capsule_never_exceeds_its_limit_and_leaves_quiet_sound_alone(overload: str) -> None:
    recorder = Recorder(overload_db_spl=120.0, overload="hard" if overload == "hard" else "soft")
    limit = pascal(120.0)
    assert np.abs(overloaded(_tone(160.0), recorder)).max() <= limit
    assert np.abs(overloaded(_tone(160.0), recorder)).max() == pytest.approx(limit, rel=1e-3)
    assert overloaded(_tone(80.0), recorder) == pytest.approx(_tone(80.0), rel=1e-3)


def test_the_limiter_goes_down_fast_waits_and_comes_back_slowly() -> None:
    limiter = Limiter(ceiling=0.5, attack_s=0.002, hold_s=0.05, release_s=0.3, most_db=20.0)
    sound = np.full(2 * RATE_HZ, 0.01)
    sound[1600:3200] = 5.0  # 20 dB over the ceiling for 0.1 s
    gain_db = 20 * np.log10(limiter_gain(sound, limiter, RATE_HZ))
    assert gain_db[:1600] == pytest.approx(0.0)
    assert gain_db[1600 + 160] < -19  # five time constants later
    assert gain_db[3200 + 700] == pytest.approx(gain_db[3200], abs=1e-6)  # held
    assert gain_db[3200 + 800 + 4800] == pytest.approx(-20 / np.e, abs=0.5)  # one release later
    assert gain_db.min() >= -20.0


def test_the_limiter_does_not_know_the_future() -> None:
    limiter = Limiter()
    sound = np.random.default_rng(0).standard_normal(RATE_HZ)
    assert np.array_equal(limiter_gain(sound, limiter, RATE_HZ)[:8000], limiter_gain(sound[:8000], limiter, RATE_HZ))


def test_recorded_sound_stays_within_full_scale_and_loses_its_lowest_notes() -> None:
    recorder = Recorder(overload_db_spl=120.0, gain_db=12.0, high_pass_hz=200.0, limiter=None)
    assert np.abs(recorded(_tone(160.0), recorder, RATE_HZ)).max() == 1.0
    steady = recorded(np.full(RATE_HZ, pascal(90.0)), recorder, RATE_HZ)
    assert abs(float(steady[RATE_HZ // 2])) < 1e-3 * abs(float(steady[0]))


def test_a_shot_ducks_the_talk_after_it() -> None:
    talk = _tone(80.0)
    shot = talk.copy()
    shot[4000:4100] += pascal(140.0)
    recorder = Recorder(limiter=Limiter(release_s=0.5))
    quiet, ducked = (recorded(pressure, recorder, RATE_HZ)[5000:6000] for pressure in (talk, shot))
    assert np.abs(ducked).max() < 0.5 * np.abs(quiet).max()


def test_a_hard_capsule_cuts_off_and_a_soft_one_bends() -> None:
    half = _tone(114.0)
    hard, soft = (overloaded(half, Recorder(overload_db_spl=120.0, overload=kind)) for kind in ("hard", "soft"))
    assert hard == pytest.approx(half)
    assert np.abs(soft).max() == pytest.approx(pascal(120.0) * np.tanh(np.abs(half).max() / pascal(120.0)))


def test_at_the_lowest_rates_the_limiter_works_sample_by_sample() -> None:
    sound = np.array([0.1, 0.1, 5.0, 0.1, 0.1])
    gain = limiter_gain(sound, Limiter(), 1000)
    assert (gain[:3] == 1.0).all()
    # A millisecond is a third of the attack: 1 - exp(-1/3) = 28.35 % of the 18.42 dB over the ceiling.
    assert 20 * np.log10(gain[3:]) == pytest.approx([-5.22, -5.22], abs=0.01)


def test_the_limiter_waits_and_then_comes_back_from_the_least_gain() -> None:
    limiter = Limiter(ceiling=0.5, attack_s=0.001, hold_s=0.1, release_s=0.2, most_db=6.0)
    sound = np.full(RATE_HZ, 0.01)
    sound[1600:1760] = 50.0
    sound[2400:2480] = 0.9  # 5 dB over the ceiling while it waits at -6: nothing to go down for
    gain_db = 20 * np.log10(limiter_gain(sound, limiter, RATE_HZ))
    assert gain_db.min() == pytest.approx(-6.0, abs=0.01)
    assert gain_db[3200] == pytest.approx(-6.0, abs=0.01)
    assert gain_db[1760 + 1600 + 3200 + 8] == pytest.approx(-6 / np.e, abs=0.1)


def test_a_plain_recorder_ducks_for_a_while_and_overloads_hard() -> None:
    recorder = Recorder()
    assert recorder.limiter is not None
    assert recorder.overload == "hard"
    sound = np.full(3 * RATE_HZ, 0.01)
    sound[:1600] = 50.0
    gain_db = 20 * np.log10(limiter_gain(sound, recorder.limiter, RATE_HZ))
    assert gain_db[1600 + RATE_HZ // 2] == pytest.approx(-20 / np.e, abs=0.4)
