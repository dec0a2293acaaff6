"""Measure in the decoded files whether the shots of composed scenes stand where their truth says."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from detector.errors import DetectorError
from detector.lab.scene_check import Lateness, measured

WITHIN_MS = 3.0
_LATEST = 5  # files that are named


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="folder of scripts/make_scenes.py, or any with scenes/NAME/truth.json"
    )
    try:
        files = list(measured(parser.parse_args().folder))
    except DetectorError as error:
        print(f"check_scenes: {error}", file=sys.stderr)
        return 2
    print("sample rate  files  isolated shots  within 3 ms  median ms  worst tenth ms")
    for words, chosen in (
        ("below 44.1 k", [file for file in files if file.rate_hz < 44_100]),
        ("44.1, 48 k", [file for file in files if file.rate_hz >= 44_100]),
    ):
        print(f"{words:12} {_row(chosen)}")
    for file in sorted(files, key=_beyond, reverse=True)[:_LATEST]:
        if _beyond(file):
            late = ", ".join(f"{ms:+.1f}" for ms in file.late_ms[np.abs(file.late_ms) > WITHIN_MS])
            print(f"{file.file.parent.name}/{file.file.name}: {late} ms")
    return 0


def _row(files: list[Lateness]) -> str:
    late_ms = np.concatenate([np.zeros(0), *(file.late_ms for file in files)])
    if not len(late_ms):
        return f"{len(files):5}               0"
    within = f"{100 * np.mean(np.abs(late_ms) <= WITHIN_MS):.1f} %"
    worst = np.quantile(np.abs(late_ms), 0.9)
    return f"{len(files):5} {len(late_ms):15} {within:>12} {np.median(late_ms):10.2f} {worst:15.2f}"


def _beyond(file: Lateness) -> int:
    return int(np.sum(np.abs(file.late_ms) > WITHIN_MS))


if __name__ == "__main__":
    sys.exit(main())
