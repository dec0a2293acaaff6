"""What it takes for a direct path to be heard: how far it stands out, in which bands, within which time."""

from __future__ import annotations

import numpy as np

from detector.records import Float32, Float64

AUDIBLE_DB = 6.0  # how far a direct path must stand out, in any band, to count as audible
WITHIN_S = 0.003  # of its beginning
_BANDS_HZ = ((200.0, 800.0), (800.0, 2500.0), (2500.0, 8000.0))


def band_power(samples: Float32 | Float64, rate_hz: int) -> Float64:
    """(3,) power of a few milliseconds of sound in the bands in which it is judged."""
    # Differences first: the lowest notes of wind and thuds would leak into every band of so short a window.
    power = np.abs(np.fft.rfft(np.diff(samples, prepend=samples[:1]))) ** 2
    f = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    return np.array([power[(f >= low) & (f < high)].sum() for low, high in _BANDS_HZ])
