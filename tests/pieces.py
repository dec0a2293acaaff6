"""A small corpus of made-up recordings, in the layout of a real one."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE = 16_000
SHOT_AT_S = 0.5  # onset of every recorded shot
MARK_OFF_S = 0.001  # by which its mark is late


def _write(path: Path, samples: np.ndarray[Any, Any], rate_hz: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")


def _table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def shot(
    rng: np.random.Generator, seconds: float, at_s: Sequence[float], decay_s: float = 0.004
) -> np.ndarray[Any, Any]:
    """Bangs that rise within a sample, over faint noise."""
    samples = 1e-4 * rng.standard_normal(round(seconds * RATE))
    for time_s in at_s:
        start = round(time_s * RATE)
        t = np.arange(len(samples) - start) / RATE
        samples[start:] += 0.6 * np.exp(-t / decay_s) * np.cos(2 * np.pi * 700 * t)
    return samples


def small_fold(group: str) -> int:
    """The fold 0..4 of a group of the small corpus: one phone, position, source and place in each."""
    return int(group[-1])


def small_corpus(root: Path) -> Path:
    """Five experiments on phones (a knock 60 ms before each shot), five far positions, everyday sounds, beds."""
    rng = np.random.default_rng(0)
    phones, far, other = [], [], []
    for number in range(5):
        name = f"ZM_{number:03d}A_S01.flac"
        samples = shot(rng, 1.5, [SHOT_AT_S])
        samples[round((SHOT_AT_S - 0.06) * RATE)] = 0.5
        _write(root / "phones" / name, samples)
        device = "Zoom H4N recorder" if number else "iPhone"
        phones.append(
            {"file": name, "device": device, "shots": 1, "duration_s": 1.5, "onset_s": SHOT_AT_S + MARK_OFF_S}
        )
        name = f"FP{number}_test_1_007.flac"
        _write(root / "pittsburgh" / name, shot(rng, 3.0, [1.0, 1.6], 0.02))
        far.append(
            {"file": name, "position": f"FP{number}", "rounds_fired": 2, "labels_complete": True, "tier": "clear"}
            | {"onsets_s": "1.6;1.0"}
        )
        for folder, kind in (
            ("not_gunfire/door", "door_slam"),
            ("not_gunfire/speech", "speech"),
            ("beds/b", "bed_traffic"),
        ):
            name = f"{folder}/1-{number}-A.flac"
            seconds = 1.0 if "door" in folder else 6.0
            _write(root / name, shot(rng, seconds, [0.0]) if "door" in folder else 0.1 * rng.standard_normal(96_000))
            other.append({"file": name, "sound": kind, "duration_s": seconds, "source": "them:x"})
        response = np.zeros(8000)
        response[400] = 0.5
        response[480:4000] = 0.02 * rng.standard_normal(3520) * np.exp(-np.arange(3520) / 800)
        _write(root / f"impulse_responses/place{number}.flac", response)
    _table(root / "phones/truth.csv", phones)
    _table(root / "pittsburgh/truth.csv", far)
    _table(root / "not_gunfire.csv", other)
    return root
