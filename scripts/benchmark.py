"""Measure what a run costs beside decoding alone and beside librosa, and write the figures to docs/BENCHMARK.md.

python scripts/benchmark.py [--minutes 10,60,720] [--two-gigabytes] [--runs 5] [--keep DIR] [--out docs/BENCHMARK.md]
python scripts/benchmark.py --startup

librosa holds the whole sound and its spectrogram: an hour takes it about 5 GB of memory. More than an hour is measured
once, without librosa. The recording of two gigabytes is removed again.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from detector.lab import cost, cost_page, loops, threads
from detector.lab.evaluate import detector_sha256

_HOUR = 60  # minutes
_LARGE_BYTES = 2_000_000_000
_COMMAND = [sys.executable, "-m", "detector"]  # what `count-shots` runs


def main() -> int:
    """Exit status: 0 done, whether the bounds are met or not; the page says which."""
    parser = argparse.ArgumentParser(description="Measure what a run costs beside decoding alone and librosa.")
    parser.add_argument("--minutes", type=_lengths, default=(10, 60), help="lengths of sound (default 10,60)")
    parser.add_argument("--two-gigabytes", action="store_true", help="also an hour beside a picture of 720 lines")
    parser.add_argument("--runs", type=_positive, default=5, help="runs of each; the least counts (default 5)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the recordings there, for the next run")
    parser.add_argument("--out", type=Path, default=Path("docs/BENCHMARK.md"), help="page to write")
    parser.add_argument("--startup", action="store_true", help="print what starting the command costs, and no more")
    options = parser.parse_args()
    threads.one_each()
    startup = cost.alternately({"help": [*_COMMAND, "--help"]}, options.runs)["help"]
    if options.startup:
        print(cost_page.started(startup))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        measured = {minutes: _measured(folder, scratch, minutes, options.runs) for minutes in options.minutes}
        large = _measured_large(folder, scratch) if options.two_gigabytes else None
        stages = cost.shares(_recording(folder, min(_HOUR, max(options.minutes))))
    text = cost_page.page(measured, startup, _provenance(options), stages=stages, large=large)
    options.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _measured(folder: Path, scratch: str, minutes: int, runs: int) -> Mapping[str, cost.Usage]:
    recording = _recording(folder, minutes)
    commands = _commands(recording, scratch)
    if minutes > _HOUR:
        return cost.alternately(commands, 1)
    decoded = cost.extract(recording, Path(scratch) / f"patrol-{minutes}.wav")
    return cost.alternately(commands | {"librosa": [sys.executable, "-c", cost.LIBROSA, str(decoded)]}, runs)


def _measured_large(folder: Path, scratch: str) -> tuple[float, Mapping[str, cost.Usage]]:
    """Gigabytes and usage of the recording of an hour beside a picture that makes most of the file."""
    recording = loops.beside_picture(Path(scratch) / "large.mp4", _recording(folder, _HOUR), _LARGE_BYTES, _HOUR * 60)
    commands = _commands(recording, scratch) | {"hash": [sys.executable, "-c", cost.HASH, str(recording)]}
    return recording.stat().st_size / 1e9, cost.alternately(commands, 1)


def _commands(recording: Path, scratch: str) -> dict[str, list[str]]:
    return {
        "decode": [sys.executable, "-c", cost.DECODE, str(recording)],
        "count": [*_COMMAND, str(recording), "--out", scratch, "--overwrite"],
    }


def _recording(folder: Path, minutes: int) -> Path:
    recording = folder / f"patrol-{minutes}.mp4"
    if recording.exists():
        return recording
    if minutes > _HOUR:
        return loops.looped(recording, _recording(folder, _HOUR), minutes // _HOUR, _HOUR * 60)
    return cost.compose(recording, minutes)


def _lengths(text: str) -> tuple[int, ...]:
    lengths = tuple(_positive(part) for part in text.split(","))
    if any(minutes > _HOUR and minutes % _HOUR for minutes in lengths):
        raise argparse.ArgumentTypeError(f"{text}: more than {_HOUR} minutes must be whole hours")
    return lengths


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be 1 or more")
    return number


def _provenance(options: argparse.Namespace) -> dict[str, str]:
    lengths = ",".join(str(minutes) for minutes in options.minutes)
    large = " --two-gigabytes" if options.two_gigabytes else ""
    packages = ("gunshot-tally", "numpy", "av", "soxr", "librosa")
    return {
        "command": f"`python scripts/benchmark.py --minutes {lengths}{large} --runs {options.runs}`",
        "sources measured": f"`detector/`, SHA-256 `{detector_sha256()}`",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; libraries with one thread",
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]),
    }


if __name__ == "__main__":
    sys.exit(main())
