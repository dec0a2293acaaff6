"""What an archive's job costs and withstands: composed archives, whole jobs timed, processes killed at random.

The command is run as its users run it; what it left is read back through the command, too.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector.lab.cost import RATE_HZ, patrol
from detector.lab.incidents import alder_street
from detector.lab.pictures import street_frames
from detector.lab.scenes import render
from detector.media.encode import PictureTrack, SoundTrack, write_media

COMMAND = (sys.executable, "-m", "detector.archive_cli")
# The yardstick: nothing but the analysis of one file after the other, in a process of its own.
PLAIN = """\
import sys
from detector import detect
for path in sys.argv[1:]:
    detect(path)
"""
MINUTES = 6
_PIECES = 7  # rendered minutes, of which each recording is a different sequence
_SEQUENCES = 8  # encoded; the other recordings are these with other bytes behind them, which no decoder reads
_KILLED_AFTER = (0.02, 0.25)  # of the time that a whole job takes, from one kill to the next


class Took(NamedTuple):
    """Seconds that a job took, and seconds of CPU that all its processes used."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Timings:
    """What jobs took, by kind; `hours` of sound in each."""

    jobs: Mapping[str, Took]
    hours: float


@dataclass(frozen=True)
class Kept:
    """What a finished catalogue tells of the job: memory of each child after its first and last file, its size."""

    first_mb: Mapping[str, float]
    last_mb: Mapping[str, float]
    recordings: int
    catalogue_bytes: int

    @property
    def hours(self) -> float:
        """Of sound, all recordings together."""
        return self.recordings * MINUTES / 60


@dataclass(frozen=True)
class Killed:
    """Ends by SIGKILL of drivers and of children, in how many rounds, and whether each round gave the same bytes."""

    drivers: int
    children: int
    rounds: int
    same: bool


def compose(folder: Path, recordings: int, seed: int = 1) -> list[Path]:
    """Recordings of six minutes (talk, steps, radio, doors; in half of them a barrage), no two with the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    pieces = [render(patrol(1000 * seed + number)).samples for number in range(_PIECES)]
    barrage = render(alder_street(seed)).samples
    orders = list(itertools.permutations(range(_PIECES), MINUTES))
    encoded = []
    for number, chosen in enumerate(rng.choice(len(orders), _SEQUENCES, replace=False)):
        samples = np.concatenate([pieces[each] for each in orders[chosen]])
        if number % 2:
            part = samples[RATE_HZ * 60 :][: len(barrage)]
            part[:] = barrage[: len(part)]
        path = folder.with_name(f"{folder.name}-{number}.mp4")
        frames = street_frames(MINUTES * 60, Fraction(1), ("PATROL",), (120, 160))
        write_media(
            path, SoundTrack(samples, RATE_HZ), PictureTrack(frames, Fraction(1), options={"preset": "ultrafast"})
        )
        encoded.append(path.read_bytes())
    paths = [folder / f"recording{number:04}.mp4" for number in range(recordings)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded[number % _SEQUENCES] + (8 + number).to_bytes(4) + b"free" + bytes(number))
    return paths


def job(folder: Path, catalogue: Path, *arguments: str) -> list[str]:
    """The command that counts a folder into a catalogue."""
    return [*COMMAND, "run", str(folder), "--catalogue", str(catalogue), "--quiet", *arguments]


def timings(paths: Sequence[Path], scratch: Path, runs: int) -> Timings:
    """Medians of several runs of each kind of job over all paths, taken in turn so that a busy spell meets them all.

    The kinds are "plain 1" and "plain 2", that many processes that share the files and do nothing but
    analyse them; "archive 1", "archive 2" and "cluster 2", jobs of that many workers; and the same with
    "idle", jobs that find everything done.
    """
    folder, measured = paths[0].parent, dict[str, list[Took]]()
    kinds = {"archive 1": ("--workers", "1"), "archive 2": ("--workers", "2"), "cluster 2": ("--cluster", "local:2")}
    for turn in range(runs):
        for number in (1, 2):
            # Neighbours share a process: every other recording holds a barrage, which takes longer.
            shares = [paths[len(paths) * n // number : len(paths) * (n + 1) // number] for n in range(number)]
            together = took([[sys.executable, "-c", PLAIN, *map(str, share)] for share in shares])
            measured.setdefault(f"plain {number}", []).append(together)
        for kind, arguments in kinds.items():
            catalogue = scratch / f"{kind}-{turn}.sqlite"
            for name in (kind, f"{kind} idle"):
                measured.setdefault(name, []).append(took([job(folder, catalogue, *arguments)]))
    hours = MINUTES * len(paths) / 60
    medians = {kind: Took(*map(statistics.median, zip(*each, strict=True))) for kind, each in measured.items()}
    return Timings(medians, hours)


def kept(catalogue: Path) -> Kept:
    """What a catalogue tells of its job."""
    rows = selected(catalogue, "SELECT worker, peak_mb FROM recordings ORDER BY id")
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for row in rows:
        first.setdefault(row["worker"], float(row["peak_mb"]))
        last[row["worker"]] = float(row["peak_mb"])
    return Kept(first, last, len(rows), catalogue.stat().st_size)


def selected(catalogue: Path, sql: str) -> list[dict[str, str]]:
    """Rows of a SELECT."""
    asked = [*COMMAND, "sql", sql, "--csv", "--catalogue", str(catalogue)]
    return list(csv.DictReader(io.StringIO(_printed(asked).decode())))


def exported(catalogue: Path) -> bytes:
    """All verdicts of a catalogue."""
    return _printed([*COMMAND, "export", "--catalogue", str(catalogue)])


def killed(folder: Path, expected: bytes, scratch: Path, kills: int, job_s: float) -> Killed:
    """Kill drivers and children of jobs, which take about `job_s`, at random moments; see what they come to."""
    rng = np.random.Generator(np.random.PCG64(1))
    done = {"driver": 0, "child": 0}
    rounds, same = 0, True
    while sum(done.values()) < kills:
        catalogue = scratch / f"killed-{rounds}.sqlite"
        pauses_s = (job_s * rng.uniform(*_KILLED_AFTER) for _ in itertools.count())
        _one_round(job(folder, catalogue, "--workers", "2"), rng, pauses_s, done, kills)
        rounds += 1
        same = same and exported(catalogue) == expected
    return Killed(done["driver"], done["child"], rounds, same)


def _one_round(
    command: Sequence[str], rng: np.random.Generator, pauses_s: Iterator[float], done: dict[str, int], kills: int
) -> None:
    """Run a job, again after each end of its driver, until it is finished."""
    while True:
        driver = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while driver.poll() is None:
            try:
                driver.wait(next(pauses_s))
            except subprocess.TimeoutExpired:
                if sum(done.values()) < kills:
                    _kill_one(driver, rng, done)
        if driver.returncode != -signal.SIGKILL:
            if driver.returncode:
                raise RuntimeError(f"{command}: exit status {driver.returncode}")
            return


def _kill_one(driver: subprocess.Popen[bytes], rng: np.random.Generator, done: dict[str, int]) -> None:
    children = _children(driver.pid)
    if children and rng.random() < 0.6:
        os.kill(int(rng.choice(children)), signal.SIGKILL)
        done["child"] += 1
    else:
        driver.kill()
        driver.wait()
        done["driver"] += 1


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in threads for child in each.read_text().split()]


def took(commands: Sequence[Sequence[str]]) -> Took:
    """What several commands, started together, took until all had ended."""
    began_s, used_s = time.monotonic(), _used_s()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    for process in running:
        if process.wait():
            raise RuntimeError(f"{process.args!r}: exit status {process.returncode}")
    return Took(time.monotonic() - began_s, _used_s() - used_s)


def _used_s() -> float:
    """CPU seconds of all processes that were started here and have ended, with theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _printed(command: Sequence[str]) -> bytes:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
