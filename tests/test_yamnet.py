"""YAMNet in numpy against plain loops and its published file, and what its answers may depend on."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest
import soxr

from detector.core import yamnet
from detector.core.blasts import Blast, friedlander, sampled
from detector.core.stretches import Stretch, cut
from detector.records import Block, Float32, Float64, Int64
from detector.settings import StretchSettings
from tests.soundscape import RATE_HZ, stretch_of

GUN = [yamnet.CLASSES.index(name) for name in ("Gunshot, gunfire", "Machine gun", "Cap gun")]
HOP = np.array([1200, 1230, 2400])


def test_the_file_is_the_one_of_its_card() -> None:
    data = (files("detector.data") / "yamnet.npz").read_bytes()
    card = (files("detector.data") / "yamnet.md").read_text("utf-8")
    assert hashlib.sha256(data).hexdigest() in card
    assert "Apache License" in (files("detector.data") / "yamnet.NOTICE").read_text("utf-8")


def test_every_class_is_one_of_the_file_and_named_once() -> None:
    assert len(set(yamnet.CLASSES)) == len(yamnet.CLASSES)
    assert len(yamnet._weights().last_bias) == len(yamnet.CLASSES)


def looped_convolution(signal: Float32, kernel: Float32, bias: Float32, stride: int, depthwise: bool) -> Float64:
    """Loop twin of a 3 x 3 convolution, "same" as TensorFlow means it, and rectified."""
    rows, columns = (-(-n // stride) for n in signal.shape[:2])
    ahead = [
        max(0, (n - 1) * stride + 3 - length) // 2 for n, length in zip((rows, columns), signal.shape, strict=False)
    ]
    found = np.zeros((rows, columns, len(bias)))
    for row in range(rows):
        for column in range(columns):
            total = bias.astype(np.float64).copy()
            for i in range(3):
                for j in range(3):
                    y, x = row * stride - ahead[0] + i, column * stride - ahead[1] + j
                    if 0 <= y < signal.shape[0] and 0 <= x < signal.shape[1]:
                        tap = signal[y, x]
                        total += tap * kernel[i, j] if depthwise else tap[0] * kernel[i, j]
            found[row, column] = np.maximum(total, 0)
    return found


@pytest.mark.parametrize("shape", [(6, 4), (7, 5), (1, 2)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_depthwise_convolution_is_its_loop_twin(shape: tuple[int, int], stride: int) -> None:
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(3, 3, 5)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    signal = rng.normal(size=(*shape, 5)).astype(np.float32)
    block = yamnet._Block(stride, kernel, bias, np.eye(5, dtype=np.float32), np.zeros(5, np.float32))
    expected = looped_convolution(signal, kernel, bias, stride, depthwise=True)
    np.testing.assert_allclose(yamnet._depthwise(signal[None], block)[0], expected, rtol=1e-4, atol=1e-4)


def test_the_first_convolution_is_its_loop_twin() -> None:
    weights = yamnet._weights()
    signal = np.random.default_rng(2).normal(size=(9, 8, 1)).astype(np.float32)
    kernel = weights.first.reshape(3, 3, -1)
    expected = looped_convolution(signal, kernel, weights.first_bias, 2, depthwise=False)
    np.testing.assert_allclose(yamnet._convolved(signal, weights), expected, rtol=1e-4, atol=1e-4)


CENTRES = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), 66)[1:-1]  # of the bands, in mel


RATES_HZ = (8000, 11025, 16000, 22050, 44100, 48000, 192000)
PITCHES = ((1000.0, 40.0), (3500.0, 90.0), (7000.0, 150.0))  # Hz, and how far off the middle of a band may be


@pytest.mark.parametrize(
    ("rate_hz", "pitch_hz", "most_hz"),
    [(rate, *pitch) for rate in RATES_HZ for pitch in PITCHES if pitch[0] < rate / 2],
)
def test_a_tone_stands_in_the_band_of_its_frequency_at_every_rate(
    rate_hz: int, pitch_hz: float, most_hz: float
) -> None:
    tone = np.sin(2 * np.pi * pitch_hz * np.arange(rate_hz) / rate_hz).astype(np.float32)
    bands = yamnet._log_mel(tone[:, None], rate_hz).mean(axis=0)
    assert abs(700 * np.expm1(CENTRES[bands.argmax()] / 1127) - pitch_hz) < most_hz
    assert bands.shape == (64,)


def test_bands_at_16_khz_are_those_that_the_network_was_trained_with() -> None:
    """Loop twin by its paper: windows of 400 samples each 160, 512 points, 64 bands, logarithm with an offset."""
    sound = np.random.default_rng(4).normal(0, 0.1, 15_600).astype(np.float32)
    sound *= np.float32(0.7) / np.abs(sound).max()
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    mel = 1127 * np.log1p(np.arange(257) * 31.25 / 700)
    width = CENTRES[1] - CENTRES[0]
    expected = np.zeros((96, 64))
    for frame in range(96):
        lines = np.abs(np.fft.rfft(sound[frame * 160 :][:400] * hann, 512))
        for band in range(64):
            near = np.maximum(0, 1 - np.abs(mel - CENTRES[band]) / width)
            expected[frame, band] = np.log(0.001 + near @ lines)
    np.testing.assert_allclose(yamnet._log_mel(sound[:, None], 16_000), expected, atol=1e-3)


def sound(rate_hz: int = RATE_HZ) -> Float32:
    """Blasts at the seconds 1.2 and 2.4 in faint noise."""
    rng = np.random.default_rng(3)
    total = rng.normal(0, 0.003, 4 * rate_hz)
    for at_s in (1.2, 2.4):
        blast = sampled(lambda time_s: friedlander(time_s, Blast(1.0, 6e-4)), rate_hz, 0.001)
        tail = rng.normal(0, 0.2, rate_hz // 2) * np.exp(-np.arange(rate_hz // 2) / (0.05 * rate_hz))
        first = round(at_s * rate_hz)
        total[first : first + len(blast)] += blast
        total[first : first + len(tail)] += tail
    return np.clip(total, -1, 1).astype(np.float32)


def said_of(stretch: Stretch, hop: Int64) -> Float32:
    return yamnet.log_odds(yamnet.embeddings(stretch, hop))


def test_blasts_are_more_like_gunfire_than_a_tone_or_silence_is() -> None:
    blast = said_of(stretch_of(sound()), HOP)
    tone = np.sin(np.arange(4 * RATE_HZ) * 0.1).astype(np.float32)
    silence = np.zeros(4 * RATE_HZ, np.float32)
    for other in (tone, silence):
        said = said_of(stretch_of(other), HOP)
        assert np.all(blast[0, GUN].max() > said[:, GUN].max(axis=1) + 3)


def test_gain_and_company_change_nothing() -> None:
    stretch = stretch_of(sound())
    many = np.arange(700, 2900, 200)  # more than are looked at together
    said = said_of(stretch, many)
    assert said.shape == (11, len(yamnet.CLASSES))
    assert said.dtype == np.float32
    for row in range(11):
        np.testing.assert_array_equal(said_of(stretch, many[row : row + 1])[0], said[row])
    np.testing.assert_array_equal(said_of(stretch_of(sound() / np.float32(8)), many), said)


def test_no_candidates_ask_nothing() -> None:
    assert said_of(stretch_of(sound()), HOP[:0]).shape == (0, len(yamnet.CLASSES))


def test_embeddings_are_of_their_size_and_nowhere_negative() -> None:
    found = yamnet.embeddings(stretch_of(sound()), HOP)
    assert found.shape == (3, yamnet.EMBEDDED)
    assert found.min() >= 0
    assert found.max() > 0.1


def test_channels_of_opposite_phase_are_heard_as_one() -> None:
    both = np.stack([sound(), -sound()], axis=1)
    (stretch,) = cut([Block(0.0, RATE_HZ, both)], StretchSettings(length_s=3600.0))
    np.testing.assert_allclose(said_of(stretch, HOP), said_of(stretch_of(sound()), HOP), atol=1e-3)


def test_the_rate_changes_little() -> None:
    other = soxr.resample(sound(48000), 48000, 44100)
    said = [said_of(stretch_of(*given), HOP[:1]) for given in ((sound(48000), 48000), (other, 44100))]
    assert np.abs(said[0] - said[1])[0, GUN].max() < 1.5
