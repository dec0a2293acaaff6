import numpy as np
import pytest

from detector.core.blasts import pascal
from detector.errors import OutputError
from detector.lab.bodycam import Body, Bounce, bent, body, rail_gain_db, written
from detector.lab.recorders import Limiter, Recorder
from detector.media.encode import coded
from detector.records import Float32

RATE = 48_000


def clicks(seconds: float, at_s: tuple[float, ...], peak: float, rate_hz: int = RATE) -> Float32:
    sound = np.random.default_rng(0).standard_normal(round(seconds * rate_hz), np.float32) * np.float32(1e-4 * peak)
    for time_s in at_s:
        sound[round(time_s * rate_hz)] = peak
    return sound


@pytest.mark.parametrize(("rate_hz", "bit_rate"), [(16_000, 32_000), (44_100, 64_000), (48_000, 128_000)])
def test_coded_sound_stands_where_it_stood(rate_hz: int, bit_rate: int) -> None:
    at_s = (0.1, 0.4321, 0.9)
    back = coded(clicks(1.0, at_s, 0.8, rate_hz), rate_hz, bit_rate)
    assert len(back) == rate_hz
    for time_s in at_s:
        near = round(time_s * rate_hz) - 200
        assert abs(int(np.argmax(np.abs(back[near : near + 400]))) - 200) <= 1


def test_a_rate_that_the_codec_does_not_know_is_refused() -> None:
    with pytest.raises(OutputError, match=r"12345 Hz at 64000 bits a second: AAC refuses it"):
        coded(np.zeros(4096, np.float32), 12_345, 64_000)


@pytest.mark.parametrize("first", [None, (16_000, 64_000)])
def test_a_camera_keeps_times_through_one_coding_or_two(first: tuple[int, int] | None) -> None:
    recorder = Recorder(overload_db_spl=130.0, limiter=None, gain_db=0.0)
    camera = Body(recorder, None, 44_100, 128_000, first, (0.0, 0.0, 0.0))
    back = written(clicks(1.0, (0.5,), pascal(140.0)), camera, RATE)
    assert len(back) == 44_100
    assert abs(int(np.argmax(np.abs(back))) / 44_100 - 0.5) < 2e-4


def test_overload_bends_at_its_point_and_sooner_at_the_rails() -> None:
    hard, soft = Recorder(120.0, "hard", limiter=None, gain_db=6.0), Recorder(120.0, "soft", limiter=Limiter())
    pressure = np.float32(pascal(120.0)) * np.array([-3, 0.1, 3], np.float32)
    assert bent(pressure, hard).tolist() == pytest.approx([-1, 0.1, 1])
    assert bent(pressure, soft).tolist() == pytest.approx(np.tanh([-3, 0.1, 3]).tolist())
    assert bent(pressure, hard, 20.0).tolist() == pytest.approx([-1, 1, 1])
    assert (rail_gain_db(hard), rail_gain_db(soft)) == (6.0, 0.0)


def test_a_bounce_follows_an_overload_and_nothing_else() -> None:
    recorder = Recorder(overload_db_spl=120.0, high_pass_hz=5.0, limiter=None, gain_db=-6.0)
    camera = Body(recorder, Bounce(20.0, 0.05, 0.5), 48_000, 128_000, None, (0.0, 0.0, 0.0))
    hit, quarter = 0.3, 1 / 80
    after = slice(round((hit + quarter - 0.004) * RATE), round((hit + quarter + 0.004) * RATE))
    loud = written(clicks(1.0, (hit,), pascal(130.0)), camera, RATE)
    quiet = written(clicks(1.0, (hit,), pascal(110.0)), camera, RATE)
    assert np.mean(loud[after]) < -0.1  # against the side that was hit
    assert abs(np.mean(quiet[after])) < 0.01


def test_cameras_are_drawn_alike_from_the_same_seed_and_stand_where_they_should() -> None:
    drawn = [body(np.random.default_rng(seed), "double", phone=False) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0].velocity_m_s == (0.0, 0.0, 0.0)
    phones = [body(np.random.default_rng(seed), "solo", phone=True) for seed in range(20)]
    assert all(camera.recorder.limiter is None for camera in phones)
    assert any(camera.velocity_m_s != (0.0, 0.0, 0.0) for camera in phones)
