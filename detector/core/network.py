"""Patches -> log-odds of being a shot, by a small convolutional network in numpy.

Three towers, one a magnification (see `patches.SCALES`), each of a few strided convolutions along
time; what they find is joined in a dense layer, the impression, from which a last one gives odds.
What trained it is not needed to use it.
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

    def of(self, inputs: Float32) -> Float32:
        """(..., outputs) of a dense layer, each row (..., inputs) by itself whatever its company."""
        return np.asarray((inputs[..., None, :] @ self.weight)[..., 0, :] + self.bias)


@dataclass(frozen=True, eq=False)
class Network:
    """A tower of convolutions a scale, stride 2 and rectified; then the impression, rectified, and its odds."""

    towers: tuple[tuple[Layer, ...], ...]
    impression: Layer
    alone: Layer

    def impressions(self, patches: tuple[Float32, ...]) -> Float32:
        """(n, outputs) what n candidates look like by their patches in dB, one (n, windows, channels) for each tower.

        The last bits of a candidate's impression do not depend on its company: what is computed
        together is a stack of products, one a candidate, never one product of all.
        """
        found = np.empty((len(patches[0]), len(self.impression.bias)), np.float32)
        for start in range(0, len(found), _ROWS):
            rows = slice(start, start + _ROWS)
            found[rows] = self._some([patch[rows] for patch in patches])
        return found

    def odds(self, impressions: Float32) -> Float64:
        """(n,) log-odds of candidates seen alone, from their impressions."""
        return self.alone.of(impressions).astype(np.float64)[:, 0]

    def _some(self, patches: list[Float32]) -> Float32:
        found = []
        for patch, tower in zip(patches, self.towers, strict=True):
            signal = patch / np.float32(UNIT_DB)
            for layer in tower:
                signal = np.maximum(_windows(signal, len(layer.weight)) @ _flat(layer.weight) + layer.bias, 0)
            found.append(signal.reshape(len(signal), -1))
        return np.maximum(self.impression.of(np.concatenate(found, axis=1)), 0)


def _flat(weight: Float32) -> Float32:
    return weight.reshape(-1, weight.shape[-1])


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
