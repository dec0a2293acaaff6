"""What a run costs: composed recordings of any length, whole processes timed, the page of figures.

The yardstick is decoding the same file with nothing done to the sound, in a process of its own:
what no detector on this decoder can go below.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from detector.lab.incidents import alder_street, street
from detector.lab.pictures import street_frames
from detector.lab.scenes import Camera, Planted, Scene, render
from detector.media.encode import PictureTrack, SoundTrack, write_media
from detector.records import Float32

CPU_BOUND = 3.0  # whole job over decoding alone
MEMORY_BOUND_MB = 300.0

RATE_HZ = 48_000
_PATROL_S = 60.0  # one scene of patrol; every one from a seed of its own, since a repeated one would count as a replay
_EVERY_S = {"talk": 3.0, "steps": 12.0, "handling": 20.0, "knock": 40.0, "door": 40.0, "bump": 60.0, "beep": 120.0}

DECODE = """\
import sys, av
with av.open(sys.argv[1]) as container:
    for frame in container.decode(container.streams.audio[0]):
        pass
"""
# A process of its own, because the kernel counts the memory of whoever starts a program as that program's.
_STOPWATCH = """\
import json, resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6]))
"""


@dataclass(frozen=True)
class Usage:
    """What one process, its children included, used: CPU seconds (user and system) and peak resident MB."""

    cpu_s: float
    peak_mb: float


def patrol(seed: int, duration_s: float = _PATROL_S) -> Scene:
    """Nothing but everyday sounds on a street: somebody talks half of the time, walks, closes a door."""
    rng = np.random.Generator(np.random.PCG64(seed))
    planted = tuple(
        Planted(kind, float(at_s), float(rng.uniform(76, 94)))
        for kind, every_s in _EVERY_S.items()
        for at_s in rng.uniform(0.2, duration_s - 3.0, rng.poisson(duration_s / every_s))
    )
    camera = Camera("body camera", (0.0, 0.0, 1.35))
    return Scene("patrol", seed, street(rng), (), camera, duration_s, planted, rate_hz=RATE_HZ)


def compose(path: Path, minutes: int, seed: int = 1) -> Path:
    """Write a recording of so many minutes: patrol, and in its middle a barrage of 107 shots.

    AAC at 48 kHz in one channel beside a small picture, as cameras write it. The sound is kept in
    a file beside `path` while it grows, and removed.
    """
    samples = np.lib.format.open_memmap(
        path.with_suffix(".npy"), mode="w+", dtype=np.float32, shape=(minutes * 60 * RATE_HZ, 1)
    )
    barrage = render(alder_street(seed)).samples
    middle = (len(samples) - len(barrage)) // 2
    for number, start in enumerate(range(0, len(samples), round(_PATROL_S * RATE_HZ))):
        part = render(patrol(1000 * seed + number)).samples
        samples[start : start + len(part)] = part[: len(samples) - start]
    samples[middle : middle + len(barrage)] = barrage
    try:
        _write(path, samples, minutes)
    finally:
        path.with_suffix(".npy").unlink()
    return path


def _write(path: Path, samples: Float32, minutes: int) -> None:
    rate = Fraction(1)
    frames = street_frames(minutes * 60, rate, ("PATROL",), (120, 160))
    picture = PictureTrack(frames, rate, options={"preset": "ultrafast"})
    write_media(path, SoundTrack(samples, RATE_HZ), picture)


def usage(command: Sequence[str]) -> Usage:
    """What a command used, run to its end without its printed output.

    Raises
    ------
    RuntimeError
        When the command fails.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", _STOPWATCH, *command], capture_output=True, text=True, check=True
    )
    status, cpu_s, peak_mb = json.loads(done.stdout)
    if status:
        raise RuntimeError(f"{command[0]}: exit status {status}: {done.stderr.strip()}")
    return Usage(cpu_s, peak_mb)


def alternately(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, Usage]:
    """Medians of several runs of each command, taken in turn so that a busy spell meets them all."""
    measured: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            measured[name].append(usage(command))
    return {
        name: Usage(statistics.median(u.cpu_s for u in each), statistics.median(u.peak_mb for u in each))
        for name, each in measured.items()
    }


def page(measured: Mapping[int, Mapping[str, Usage]], provenance: Mapping[str, str]) -> str:
    """The page of figures in Markdown: minutes of sound -> "decode" and "count" -> usage."""
    rows = []
    for minutes, each in measured.items():
        decode, count = each["decode"], each["count"]
        ratio = count.cpu_s / decode.cpu_s
        rows += [
            f"| {minutes} | decoding alone | {decode.cpu_s:.2f} | 1.0 | {decode.peak_mb:.0f} |",
            f"| {minutes} | `count-shots` | {count.cpu_s:.2f} | {ratio:.1f} | {count.peak_mb:.0f} |",
        ]
    facts = [f"- {what}: {value}" for what, value in provenance.items()]
    return "\n".join([_INTRODUCTION, *rows, "", _bounds(measured), "", *facts, ""])


def _bounds(measured: Mapping[int, Mapping[str, Usage]]) -> str:
    longest = measured[max(measured)]
    ratio, peak_mb = longest["count"].cpu_s / longest["decode"].cpu_s, longest["count"].peak_mb
    return (
        f"Bounds, on the longest recording: at most {CPU_BOUND:g} times the CPU of decoding alone "
        f"({'met' if ratio <= CPU_BOUND else 'missed'}: {ratio:.1f}); below {MEMORY_BOUND_MB:g} MB "
        f"({'met' if peak_mb < MEMORY_BOUND_MB else 'missed'}: {peak_mb:.0f} MB)."
    )


_INTRODUCTION = """\
# What a run costs

Written by `scripts/benchmark.py`; do not edit. The recordings are composed (talk, steps, doors and one barrage of 107
shots; AAC, 48 kHz, one channel, beside a small picture) and made on the fly. Each row is a whole process, start-up
included: CPU seconds (user and system) and peak resident memory, medians of several runs taken in turn. "Decoding
alone" reads and decodes the same sound with PyAV and throws it away. Trust the ratios; seconds depend on the machine.

| minutes | process | CPU s | ratio | peak MB |
|---:|---|---:|---:|---:|"""
