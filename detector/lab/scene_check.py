"""Whether the sound of composed files stands where their truth says: isolated shots, measured after decoding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector.lab.corpus import read_corpus, sound
from detector.records import Float32, Float64

APART_S = 0.25  # shots alone for so long are measured,
SNR_DB = 25.0  # if they stand out by so much
_NEAR_S = 0.0125  # around an arrival
_BEFORE_S = (0.030, 0.004)  # ahead of it
_SHARE = 0.3  # of the peak that counts as the rise
_OVER = 4.0  # times what was before, for a rise to be told


@dataclass(frozen=True, eq=False)
class Lateness:
    """By how many milliseconds the rises of a file's isolated shots come after their arrivals in the truth (n,)."""

    file: Path
    rate_hz: int
    late_ms: Float64


def measured(root: Path) -> Iterator[Lateness]:
    """Every composed file of a corpus folder; `rate_hz` is the one that was coded.

    Raises
    ------
    DetectorError
        When the folder is no corpus.
    """
    for case in read_corpus(root):
        if case.collection == "scenes":
            told = json.loads((case.path.parent / "truth.json").read_text(encoding="utf-8"))
            camera = next(camera for camera in told["cameras"] if camera["file"] == case.path.name)
            yield Lateness(case.path, int(camera["recorder"]["fs"]), lateness(*sound(case), camera))


def lateness(samples: Float32, rate_hz: int, camera: Mapping[str, Any]) -> Float64:
    """Milliseconds (n,) from the arrival in the truth to the rise in samples from time 0 on, of isolated shots.

    Isolated is an audible shot that is alone for `APART_S`, stands out by `SNR_DB` and is shown at its own speed; one
    that does not rise above what was before it is passed over.
    """
    late = (_rise_after_ms(samples, rate_hz, at_s) for at_s in _isolated(camera))
    return np.array([late_ms for late_ms in late if late_ms is not None], np.float64)


def _isolated(camera: Mapping[str, Any]) -> list[float]:
    shots = [(min(shot["arrival_s"], shot.get("crack_s", np.inf)), shot) for shot in camera["shots"]]
    first_s = np.sort([at_s for at_s, _ in shots])
    slow = {row for row, segment in enumerate(camera.get("segments", [])) if segment["speed"] != 1.0}
    return [
        at_s + camera["video_start_s"]
        for at_s, shot in shots
        if shot["audible"]
        and shot["direct_path_snr_db"] > SNR_DB
        and shot.get("segment") not in slow
        and np.sum(np.abs(first_s - at_s) < APART_S) == 1
    ]


def _rise_after_ms(samples: Float32, rate_hz: int, at_s: float) -> float | None:
    """When the sound first exceeds a share of its peak near an arrival, None where it does not stand out."""
    at, near = round(at_s * rate_hz), round(_NEAR_S * rate_hz)
    first, last = (at - round(before_s * rate_hz) for before_s in _BEFORE_S)
    if first < 0 or at + near > len(samples):
        return None
    around, before = np.abs(samples[at - near : at + near]), float(np.abs(samples[first:last]).max())
    if around.max() < _OVER * before:
        return None
    rise = int(np.argmax(around > max(_SHARE * float(around.max()), 1.5 * before)))
    return 1e3 * ((at - near + rise) / rate_hz - at_s)
