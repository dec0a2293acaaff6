"""Measure what an archive's job costs and withstands, and write the figures into docs/ARCHIVE.md between its marks.

python scripts/benchmark_archive.py [--recordings 100] [--whole 1000] [--runs 3] [--kills 50] [--keep DIR] [--out PAGE]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from detector.lab import archive_page, archive_trials, threads
from detector.lab.evaluate import detector_sha256
from detector.lab.marked import fill


def main() -> int:
    """Exit status: 0 done, whether goals are met or not; the page says which."""
    parser = argparse.ArgumentParser(description="Measure what an archive's job costs and withstands.")
    parser.add_argument("--recordings", type=int, default=100, help="recordings of six minutes (default 100)")
    parser.add_argument("--whole", type=int, default=1000, help="recordings of the archive that memory is watched over")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind of job; their median counts (default 3)")
    parser.add_argument("--kills", type=int, default=50, help="processes killed; 0 for none (default 50)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the recordings there, for the next run")
    parser.add_argument("--out", type=Path, default=Path("docs/ARCHIVE.md"), help="page to write into")
    options = parser.parse_args()
    threads.one_each()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        folder = (options.keep or scratch) / "archive"
        paths = sorted(folder.glob("*.mp4")) or archive_trials.compose(folder, options.recordings)
        timed = archive_trials.timings(paths, scratch, options.runs)
        expected, job_s = archive_trials.exported(scratch / "archive 2-0.sqlite"), timed.jobs["archive 2"].wall_s
        end = archive_trials.killed(folder, expected, scratch, options.kills, job_s) if options.kills else None
        whole, catalogue = folder.with_name("whole"), scratch / "whole.sqlite"
        archive_trials.compose(whole, options.whole)
        archive_trials.took([archive_trials.job(whole, catalogue, "--workers", "2")])
        told = archive_trials.kept(catalogue)
    text = f"{archive_page.figures(timed, told, end)}\n\n{_provenance(options)}"
    print(text)
    fill(options.out, {"figures": text})
    return 0


def _provenance(options: argparse.Namespace) -> str:
    asked = f"--recordings {options.recordings} --whole {options.whole} --runs {options.runs} --kills {options.kills}"
    versions = ", ".join(f"{name} {version(name)}" for name in ("gunshot-tally", "numpy", "av", "distributed"))
    return (
        f"Measured by `python scripts/benchmark_archive.py {asked}` on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, with Python {platform.python_version()}, {versions}; `detector/` with SHA-256 "
        f"`{detector_sha256()}`."
    )


if __name__ == "__main__":
    sys.exit(main())
