"""Measure how fast annotated copies are drawn, and write it into docs/BENCHMARK.md.

python scripts/benchmark_annotated.py [--seconds 20] [--out docs/BENCHMARK.md]
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from detector import detect
from detector.media.annotate import redraw
from detector.media.decode import open_track
from detector.media.encode import PictureTrack, SoundTrack, write_media
from detector.settings import MediaSettings
from detector.views.annotated import Annotated, listen

HEADING = "## Annotated copies"
_RATE, _RATE_HZ = Fraction(30), 48_000
_SIZES = ((640, 360), (1280, 720), (1920, 1080))


def main() -> int:
    """Exit status: 0, whatever the speed."""
    parser = argparse.ArgumentParser(description="Measure how fast annotated copies are drawn.")
    parser.add_argument("--seconds", type=int, default=20, help="length of the recording (default 20)")
    parser.add_argument("--out", type=Path, default=Path("docs/BENCHMARK.md"), help="page whose section is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(Path(folder), size, options.seconds) for size in _SIZES]
    page = options.out.read_text(encoding="utf-8").split(HEADING)[0].rstrip()
    options.out.write_text(f"{page}\n\n{_section(rows, options.seconds)}", encoding="utf-8")
    print(_section(rows, options.seconds))
    return 0


def _row(folder: Path, size: tuple[int, int], seconds: int) -> str:
    width, height = size
    recording, copy = folder / f"{height}.mp4", folder / "copies" / f"{height}.mp4"
    rng = np.random.default_rng(1)
    view = np.kron(rng.integers(0, 255, (height // 8, width // 8 + 64, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    frames = (view[:, shift % 512 : shift % 512 + width] for shift in itertools.count())
    sound = rng.normal(0, 0.01, (seconds * _RATE_HZ, 1)).astype(np.float32)
    picture = PictureTrack(itertools.islice(frames, int(seconds * _RATE)), _RATE, options={"preset": "ultrafast"})
    write_media(recording, SoundTrack(sound, _RATE_HZ), picture)
    report = detect(recording)
    with open_track(recording, MediaSettings()) as track:
        annotated = Annotated(report, listen(report, track))
    began, cpu = time.perf_counter(), time.process_time()
    redraw(recording, copy, annotated)
    pictures, cpu_s, wall_s = seconds * _RATE, time.process_time() - cpu, time.perf_counter() - began
    return f"| {width}x{height} | {float(pictures) / cpu_s:.0f} | {float(pictures) / wall_s:.0f} |"


def _section(rows: list[str], seconds: int) -> str:
    table = "| picture | pictures per CPU second | per second |\n|---|---:|---:|\n" + "\n".join(rows)
    return (
        f"{HEADING}\n\nWritten by `scripts/benchmark_annotated.py`: pictures decoded, painted around and coded again,"
        f"\nof a recording of {seconds} s at {_RATE} a second in which everything moves at every picture, the worst for"
        f"\nthe coder; {os.cpu_count()} cores, shared with other work. Most of it is the coder's.\n\n{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
