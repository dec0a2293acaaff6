"""Sound -> a finer overview of a short stretch than a report carries, for close-ups in the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.records import Float32, Float64, Int64, Overview, Track
from detector.views.marks import Window

_LONGEST_S = 120.0  # longer stretches look no different from the report's own overview, and would fill memory
_COLUMNS = 1300  # about one to a dot of the picture
_FRAME_S = 0.02  # sound behind each column of the spectrogram
_BANDS, _LOWEST_HZ = 64, 50.0
_SILENCE = 1e-12  # power below which a band is drawn as -120 dB


def close_ups(sound: Track, windows: Sequence[Window]) -> list[Overview | None]:
    """An overview of each window from one forward pass; None for windows over two minutes or without sound."""
    if sound.rate_hz <= 0:
        return [None] * len(windows)
    wanted = [stop - start <= _LONGEST_S for start, stop in windows]
    firsts = [round(start * sound.rate_hz) for start, _ in windows]
    stretches = [
        np.full((round((stop - start) * sound.rate_hz) if short else 0, sound.channels), np.nan, np.float32)
        for (start, stop), short in zip(windows, wanted, strict=True)
    ]
    if any(wanted):
        for block in sound.blocks():
            for first, stretch in zip(firsts, stretches, strict=True):
                at = round(block.start_s * sound.rate_hz) - first
                a, b = max(at, 0), min(at + len(block.samples), len(stretch))
                if a < b:
                    stretch[a:b] = block.samples[a - at : b - at]
    return [
        _overview(stretch, first / sound.rate_hz, sound.rate_hz)
        for first, stretch in zip(firsts, stretches, strict=True)
    ]


def _overview(samples: Float32, start_s: float, rate_hz: int) -> Overview | None:
    if not np.isfinite(samples).any():
        return None
    width = -(-len(samples) // _COLUMNS)
    starts = np.arange(0, len(samples), width)
    heard = np.isfinite(samples).any(axis=1)
    power = np.nansum(samples.astype(np.float64) ** 2, axis=1) / samples.shape[1]
    rms = np.sqrt(np.add.reduceat(power, starts) / np.maximum(np.add.reduceat(heard, starts, dtype=np.int64), 1))
    empty = ~np.logical_or.reduceat(heard, starts)
    edges_hz = np.geomspace(_LOWEST_HZ, rate_hz / 2, _BANDS + 1)
    bands = _band_power(np.nan_to_num(samples), starts + width // 2, rate_hz, edges_hz)
    bands_db = np.clip(np.round(10 * np.log10(np.maximum(bands, _SILENCE))), -127, 127)
    return Overview(
        start_s=start_s,
        column_s=width / rate_hz,
        minimum=np.fmin.reduceat(np.fmin.reduce(samples, axis=1), starts),
        maximum=np.fmax.reduceat(np.fmax.reduce(samples, axis=1), starts),
        rms=np.where(empty, np.nan, rms).astype(np.float32),
        bands_db=np.where(empty, -128, bands_db).astype(np.int8),
        edges_hz=edges_hz.astype(np.float32),
    )


def _band_power(samples: Float32, centres: Int64, rate_hz: int, edges_hz: Float64) -> Float64:
    """Power (64, columns) in frames around `centres`; narrow bands take their share of a spectral line."""
    length = max(16, round(_FRAME_S * rate_hz))
    padded = np.pad(samples, ((length, length), (0, 0)))
    frames = padded[(centres + length - length // 2)[:, None] + np.arange(length)]
    window = np.hanning(length).astype(np.float32)
    spectrum = np.fft.rfft(frames * window[:, None], axis=1)
    lines = (np.abs(spectrum) ** 2).mean(axis=2) * 2 / (window.sum() ** 2)
    below = np.concatenate([np.zeros((len(lines), 1)), np.cumsum(lines, axis=1)], axis=1)
    # Line k reaches from k - 1/2 to k + 1/2 line widths.
    at = np.clip(edges_hz / rate_hz * length + 0.5, 0, below.shape[1] - 1)
    whole = np.minimum(at.astype(int), below.shape[1] - 2)
    upto = below[:, whole] + (below[:, whole + 1] - below[:, whole]) * (at - whole)
    return np.asarray(np.diff(upto, axis=1).T, np.float64)
