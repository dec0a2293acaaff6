"""What it takes for a direct path to be heard: how far it stands out, in which bands, within which time."""

from __future__ import annotations

import numpy as np

from detector.records import Float32, Float64

AUDIBLE_DB = 6.0  # how far a direct path must stand out, in any band, to count as audible
WITHIN_S = 0.003  # of its beginning
_BANDS_HZ = ((200.0, 800.0), (800.0, 2500.0), (2500.0, 8000.0))
_SILENT_DB = -30.0  # of a direct path that changes nothing
_NOTHING = 1e-9  # power below which nothing was there


def band_power(samples: Float32 | Float64, rate_hz: int) -> Float64:
    """(3,) power of a few milliseconds of sound in the bands in which it is judged."""
    # Differences first: the lowest notes of wind and thuds would leak into every band of so short a window.
    power = np.abs(np.fft.rfft(np.diff(samples, prepend=samples[:1]))) ** 2
    f = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    return np.array([power[(f >= low) & (f < high)].sum() for low, high in _BANDS_HZ])


def level_db(power: Float64, there: Float64) -> float:
    """How far the power (3,) of a sound's beginning stands above what was there, in its best band; -30 for nothing.

    >>> round(level_db(np.array([1.0, 20.0, 1.0]), np.array([1.0, 2.0, 3.0])), 1)
    10.0
    """
    return float(10 * np.log10(np.max(power / np.maximum(there, _NOTHING)) + 10 ** (_SILENT_DB / 10)))
