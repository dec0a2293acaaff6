"""What people use today, run on the same samples: onset times of other methods.

Four peers. The settings are those of published comparisons, fixed before this detector existed;
they are not tuned on the corpus. A peer's count is the number of its onsets.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from detector.records import Float32, Float64

_REVISION = 1  # raise it when a peer below is changed: older cached results are then not used
_WINDOW_S = 1024 / 48000  # spectrum window of the tuned librosa detector


def librosa_default(samples: Float32, rate_hz: int) -> Float64:
    """Onset times in seconds from `librosa.onset.onset_detect` as it comes, at the file's own rate."""
    import librosa

    times: Float64 = librosa.onset.onset_detect(y=samples, sr=rate_hz, units="time")
    return times


def librosa_tuned(samples: Float32, rate_hz: int) -> Float64:
    """Onset times in seconds from librosa with a 4 ms hop, a 21 ms window, delta 0.2 and backtracking."""
    import librosa

    hop = round(0.004 * rate_hz)
    window = round(_WINDOW_S * rate_hz)
    strength = librosa.onset.onset_strength(y=samples, sr=rate_hz, hop_length=hop, n_fft=window)
    times: Float64 = librosa.onset.onset_detect(
        onset_envelope=strength, sr=rate_hz, hop_length=hop, delta=0.2, backtrack=True, units="time"
    )
    return times


def loudest_peaks(samples: Float32, rate_hz: int, below_db: float, apart_s: float) -> Float64:
    """Times of peaks within `below_db` of the file's loudest sample and at least `apart_s` apart.

    The envelope is the largest magnitude in each millisecond; of peaks too close to each other
    the loudest stays. This is what an editor does by eye, or with a "detect transients" button.
    """
    from scipy.signal import find_peaks

    hop = round(rate_hz / 1000)
    envelope = np.abs(samples[: samples.size // hop * hop]).reshape(-1, hop).max(axis=1, initial=0.0)
    if not envelope.size or envelope.max() <= 0:
        return np.empty(0)
    peaks, _ = find_peaks(
        envelope, height=envelope.max() * 10 ** (-below_db / 20), distance=max(1, round(apart_s * rate_hz / hop))
    )
    times: Float64 = peaks * (hop / rate_hz)
    return times


def peaks_10_db(samples: Float32, rate_hz: int) -> Float64:
    """Peaks within 10 dB of the loudest, 50 ms apart."""
    return loudest_peaks(samples, rate_hz, below_db=10, apart_s=0.05)


def peaks_6_db(samples: Float32, rate_hz: int) -> Float64:
    """Peaks within 6 dB of the loudest, 200 ms apart."""
    return loudest_peaks(samples, rate_hz, below_db=6, apart_s=0.2)


PEERS: dict[str, Callable[[Float32, int], Float64]] = {
    "librosa, defaults": librosa_default,
    "librosa, tuned": librosa_tuned,
    "peaks, 10 dB, 50 ms": peaks_10_db,
    "peaks, 6 dB, 200 ms": peaks_6_db,
}


def run_peers(samples: Float32, rate_hz: int, cache: Path | None = None) -> dict[str, list[float]]:
    """Onset times of every peer, from `cache` where the same samples were heard before.

    The cache holds one small JSON file for each sound, named after the hash of its samples, its
    rate, the revision of this module and the versions of librosa and scipy. Spoilt entries are
    computed again.
    """
    if cache is None:
        return _run(samples, rate_hz)
    recipe = f"{_REVISION} {version('librosa')} {version('scipy')} {rate_hz} {sorted(PEERS)} "
    digest = hashlib.sha256(recipe.encode() + samples.tobytes()).hexdigest()
    path = cache / f"{digest[:32]}.json"
    try:
        stored: dict[str, list[float]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = _run(samples, rate_hz)
        cache.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(stored), encoding="utf-8")
    return stored


def _run(samples: Float32, rate_hz: int) -> dict[str, list[float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # librosa on short windows and clips: it runs all the same
        return {name: peer(samples, rate_hz).tolist() for name, peer in PEERS.items()}
