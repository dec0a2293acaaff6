"""Patches -> log-odds of being a shot, by a small convolutional network in numpy.

Three towers, one a magnification (see `patches.SCALES`), each of a few strided convolutions along
time; what they find is joined in two dense layers. What trained it is not needed to use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.records import Float32, Float64

UNIT_DB = 20.0  # decibels that the network takes as one
STRIDE = 2
_ROWS = 32  # candidates handled together: what they need stays in the cache


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights and biases (outputs,): (width, inputs, outputs) of a convolution, (inputs, outputs) of a dense layer."""

    weight: Float32
    bias: Float32


@dataclass(frozen=True, eq=False)
class Network:
    """A tower of convolutions a scale, stride 2 and rectified, then dense layers of which the last gives odds."""

    towers: tuple[tuple[Layer, ...], ...]
    dense: tuple[Layer, ...]

    def odds(self, patches: tuple[Float32, ...]) -> Float64:
        """(n,) log-odds of n candidates from their patches in dB, one (n, windows, channels) for each tower.

        The last bits of a candidate's odds do not depend on its company: what is computed together
        is a stack of products, one a candidate, never one product of all.
        """
        odds = np.empty(len(patches[0]))
        for start in range(0, len(odds), _ROWS):
            rows = slice(start, start + _ROWS)
            odds[rows] = self._some([patch[rows] for patch in patches])
        return odds

    def _some(self, patches: list[Float32]) -> Float32:
        found = []
        for patch, tower in zip(patches, self.towers, strict=True):
            signal = patch / np.float32(UNIT_DB)
            for layer in tower:
                signal = _rectified(_windows(signal, len(layer.weight)), layer)
            found.append(signal.reshape(len(signal), 1, -1))
        joined = np.concatenate(found, axis=2)
        for layer in self.dense[:-1]:
            joined = _rectified(joined, layer)
        return np.asarray(joined @ self.dense[-1].weight + self.dense[-1].bias)[:, 0, 0]


def _rectified(inputs: Float32, layer: Layer) -> Float32:
    return np.asarray(np.maximum(inputs @ layer.weight.reshape(-1, layer.weight.shape[-1]) + layer.bias, 0))


def _windows(signal: Float32, width: int) -> Float32:
    """(n, ceil(time / 2), width * channels) what every second step of signals (n, time, channels) sees around it.

    Zeros are added on both sides, one more behind than ahead where they do not come out even.
    """
    count, time, channels = signal.shape
    steps = -(-time // STRIDE)
    missing = max(0, (steps - 1) * STRIDE + width - time)
    padded = np.zeros((count, time + missing, channels), np.float32)
    padded[:, missing // 2 : missing // 2 + time] = signal
    flat = padded.reshape(count, -1)
    seen = np.lib.stride_tricks.sliding_window_view(flat, width * channels, axis=1)[:, :: STRIDE * channels]
    return np.ascontiguousarray(seen[:, :steps])
