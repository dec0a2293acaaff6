"""Measure what an incident of five cameras costs over their five reports, and write it into docs/INCIDENTS.md.

python scripts/benchmark_incident.py [--minutes 10] [--cameras 5] [--runs 1] [--page docs/INCIDENTS.md]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import soxr

from detector.lab import threads
from detector.lab.cost import alternately
from detector.lab.marked import fill
from detector.lab.standing import RATE_HZ, standing
from detector.media.encode import SoundTrack, write_media

_CAMERA_HZ = 48_000


def main() -> int:
    """Exit status: 0, whatever it costs."""
    parser = argparse.ArgumentParser(description="Measure what an incident costs over the reports of its cameras.")
    parser.add_argument("--minutes", type=float, default=10, help="length of each recording (default 10)")
    parser.add_argument("--cameras", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--runs", type=int, default=1, help="of each, alternating; the least counts (default 1)")
    parser.add_argument("--page", type=Path, default=Path("docs/INCIDENTS.md"), help="page to write into")
    options = parser.parse_args()
    threads.one_each()
    with tempfile.TemporaryDirectory() as scratch:
        paths = [str(path) for path in _recordings(Path(scratch), options.cameras, options.minutes)]
        count = [sys.executable, "-m", "detector", "--overwrite", "--out", str(Path(scratch) / "out")]
        alone = {path: [*count, path] for path in paths}
        together = {"reports": [*count, *paths], "incident": [*count, "--incident", *paths]}
        used = alternately(alone | together, options.runs)
    alone_s = sum(used[path].cpu_s for path in paths)
    reports_s, incident_s = used["reports"].cpu_s, used["incident"].cpu_s
    told = (
        f"{options.cameras} cameras of {options.minutes:g} minutes, 40 shots among everyday sounds, AAC at "
        f"{_CAMERA_HZ / 1000:g} kHz: the incident {incident_s:.1f} CPU-s, {incident_s / alone_s:.2f} times as much "
        f"as {options.cameras} single reports ({alone_s:.1f}; goal: at most 1.5), {incident_s / reports_s:.2f} times "
        f"as much as those in one command, which starts once ({reports_s:.1f}; `python scripts/benchmark_incident.py`)."
    )
    fill(options.page, {"cost": told})
    print(told)
    return 0


def _recordings(folder: Path, cameras: int, minutes: float) -> list[Path]:
    made = []
    for number, one in enumerate(standing(77, cameras, 60 * minutes, shots=40), start=1):
        samples = np.asarray(soxr.resample(one.samples, RATE_HZ, _CAMERA_HZ), np.float32)
        made.append(write_media(folder / f"camera {number}.m4a", SoundTrack(samples[:, None], _CAMERA_HZ)))
    return made


if __name__ == "__main__":
    sys.exit(main())
