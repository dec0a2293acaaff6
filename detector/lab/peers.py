"""What people use today, run on the same samples: onset times of other methods.

Six peers. The settings are those of published comparisons and of the field's handbooks, fixed
before any result on labelled recordings was seen; none is tuned on them. A peer's count is the
number of its onsets. A peer whose package is not installed is left out; `missing` says so.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from detector.records import Float32, Float64

_WINDOW_S = 1024 / 48000  # spectrum window of the tuned librosa detector

# Handbooks of seismic recorders: a short window as long as the signal, a long one of 10 to 20 times that and longer
# than what noise does by itself, on at 4 and off at 2 (Trnkoczy 2012; the presets of common recorders). A muzzle blast
# lasts 3 to 5 ms and has most of its power above 200 Hz (Maher 2007).
_STA_S, _LTA_S = 0.005, 0.1
_ON, _OFF = 4.0, 2.0
_HIGH_PASS_HZ = 200.0


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


def recursive_sta_lta(samples: Float32, rate_hz: int) -> Float64:
    """Trigger times of ObsPy's recursive STA/LTA: 5 ms over 100 ms of power above 200 Hz, on at 4, off at 2."""
    from obspy.signal.trigger import recursive_sta_lta as curve

    return _triggers(curve, samples, rate_hz)


def classic_sta_lta(samples: Float32, rate_hz: int) -> Float64:
    """Trigger times of ObsPy's classic STA/LTA, with the settings of the recursive one."""
    from obspy.signal.trigger import classic_sta_lta as curve

    return _triggers(curve, samples, rate_hz)


def _triggers(curve: Callable[[Float64, int, int], Float64], samples: Float32, rate_hz: int) -> Float64:
    """(n,) times at which a curve of ratios rises over the upper threshold; none in sound shorter than its window."""
    from obspy.signal.filter import highpass
    from obspy.signal.trigger import trigger_onset

    long = round(_LTA_S * rate_hz)
    if samples.size <= long:
        return np.empty(0)
    filtered = highpass(samples.astype(np.float64), _HIGH_PASS_HZ, rate_hz)
    ratio = np.nan_to_num(curve(filtered, round(_STA_S * rate_hz), long))  # silence over silence
    return np.asarray(trigger_onset(ratio, _ON, _OFF), np.float64).reshape(-1, 2)[:, 0] / rate_hz


@dataclass(frozen=True)
class Peer:
    """A method and what its answer depends on; raise `revision` when its function or settings change."""

    find: Callable[[Float32, int], Float64]
    packages: tuple[str, ...]
    revision: int = 1

    def recipe(self) -> str:
        """Revision and versions in one line: results are the same as long as this line is.

        Raises
        ------
        PackageNotFoundError
            When one of its packages is not installed.
        """
        return ", ".join([f"revision {self.revision}", *(f"{name} {version(name)}" for name in self.packages)])


PEERS = {
    "librosa, defaults": Peer(librosa_default, ("librosa", "scipy")),
    "librosa, tuned": Peer(librosa_tuned, ("librosa", "scipy")),
    "peaks, 10 dB, 50 ms": Peer(peaks_10_db, ("scipy",)),
    "peaks, 6 dB, 200 ms": Peer(peaks_6_db, ("scipy",)),
    "ObsPy, recursive STA/LTA": Peer(recursive_sta_lta, ("obspy", "scipy")),
    "ObsPy, classic STA/LTA": Peer(classic_sta_lta, ("obspy", "scipy")),
}


def missing() -> dict[str, str]:
    """Peers that cannot be run here -> the package that is not installed; empty when all can."""
    absent: dict[str, str] = {}
    for name, peer in PEERS.items():
        try:
            peer.recipe()
        except PackageNotFoundError as error:
            absent[name] = str(error.name)
    return absent


def run_peers(samples: Float32, rate_hz: int, cache: Path | None = None) -> dict[str, list[float]]:
    """Onset times of every installed peer, from `cache` where it heard the same samples before.

    The cache holds one small JSON file for each sound, named after the hash of its samples and
    rate. In it every peer's times stand beside its recipe, so that a peer that is changed or
    added is computed and the others are not. Spoilt files are made again.
    """
    left_out = missing()
    recipes = {name: peer.recipe() for name, peer in PEERS.items() if name not in left_out}
    if cache is None:
        return {name: _run(PEERS[name], samples, rate_hz) for name in recipes}
    path = cache / f"{hashlib.sha256(f'{rate_hz} '.encode() + samples.tobytes()).hexdigest()[:32]}.json"
    kept = _read(path)
    known = {name: kept[name] for name in recipes if kept.get(name, {}).get("recipe") == recipes[name]}
    found = {
        name: {"recipe": recipe, "times_s": _run(PEERS[name], samples, rate_hz)}
        for name, recipe in recipes.items()
        if name not in known
    }
    if found:
        cache.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept | found), encoding="utf-8")
    return {name: list((known | found)[name]["times_s"]) for name in recipes}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _run(peer: Peer, samples: Float32, rate_hz: int) -> list[float]:
    with warnings.catch_warnings():
        # librosa on short windows and clips runs all the same; what ObsPy's imports use is going out of use.
        for kind in (UserWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        times: list[float] = peer.find(samples, rate_hz).tolist()
    return times
