"""What a run costs: composed recordings of any length, whole processes timed, the page of figures.

Two yardsticks, each in a process of its own: decoding the same file with nothing done to the
sound, which no detector on this decoder can go below; and librosa's onset detector, the method
most people would try first, on the same sound already decoded.
"""

from __future__ import annotations

import cProfile
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from detector.core.blasts import high_pass, low_pass
from detector.lab.incidents import alder_street, street
from detector.lab.pictures import street_frames
from detector.lab.scenes import Camera, Planted, Scene, render
from detector.lab.sounds import talk
from detector.media.decode import open_track
from detector.media.encode import PictureTrack, SoundTrack, write_media
from detector.recording import detect
from detector.records import Float32, Float64
from detector.settings import MediaSettings

RATE_HZ = 48_000
_PATROL_S = 60.0  # one scene of patrol; every one from a seed of its own, since a repeated one would count as a replay
_EVERY_S = {"talk": 3.0, "steps": 12.0, "handling": 20.0, "knock": 40.0, "door": 40.0, "bump": 60.0, "beep": 120.0}

_RADIO_EVERY_S = 15.0
_RADIO_HZ = (400.0, 2800.0)  # what passes through a radio and its small loudspeaker
_RADIO_PEAK = (0.05, 0.2)  # of full scale

DECODE = """\
import sys, av
with av.open(sys.argv[1]) as container:
    for frame in container.decode(container.streams.audio[0]):
        pass
"""
HASH = """\
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    hashlib.file_digest(file, "sha256")
"""
LIBROSA = """\
import sys, librosa
samples, rate_hz = librosa.load(sys.argv[1], sr=None)
librosa.onset.onset_detect(y=samples, sr=rate_hz)
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
    """Write a recording of so many minutes: patrol, the radio, and in the middle a barrage of 107 shots.

    AAC at 48 kHz in one channel beside a small picture, as cameras write it. The sound is kept in
    a file beside `path` while it grows, and removed.
    """
    samples = np.lib.format.open_memmap(
        path.with_suffix(".npy"), mode="w+", dtype=np.float32, shape=(minutes * 60 * RATE_HZ, 1)
    )
    barrage = render(alder_street(seed)).samples[: len(samples)]  # its shots are over within the first minute
    middle = (len(samples) - len(barrage)) // 2
    for number, start in enumerate(range(0, len(samples), round(_PATROL_S * RATE_HZ))):
        part = render(patrol(1000 * seed + number)).samples
        _add_radio(part[:, 0], 1000 * seed + number)
        samples[start : start + len(part)] = part[: len(samples) - start]
    samples[middle : middle + len(barrage)] = barrage
    try:
        _write(path, samples, minutes)
    finally:
        path.with_suffix(".npy").unlink()
    return path


def _add_radio(samples: Float32, seed: int) -> None:
    """Adds messages to a minute of patrol, now and then, whole ones only."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    for at in rng.integers(0, len(samples), rng.poisson(len(samples) / RATE_HZ / _RADIO_EVERY_S)):
        message = _message(rng) * rng.uniform(*_RADIO_PEAK)
        if at + len(message) <= len(samples):
            samples[at : at + len(message)] += message.astype(np.float32)


def _message(rng: np.random.Generator) -> Float64:
    """Two phrases over hiss that comes and goes at once, through a small loudspeaker driven too hard; its peak is 1."""
    pause = np.zeros(round(0.3 * RATE_HZ))
    speech = np.concatenate([pause, talk(rng, RATE_HZ), pause, talk(rng, RATE_HZ), pause])
    keyed = speech + 0.05 * rng.standard_normal(len(speech))
    driven = np.tanh(3 * low_pass(high_pass(keyed, _RADIO_HZ[0], RATE_HZ), _RADIO_HZ[1], RATE_HZ))
    return np.asarray(driven / np.abs(driven).max())


def _write(path: Path, samples: Float32, minutes: int) -> None:
    rate = Fraction(1)
    frames = street_frames(minutes * 60, rate, ("PATROL",), (120, 160))
    picture = PictureTrack(frames, rate, options={"preset": "ultrafast"})
    write_media(path, SoundTrack(samples, RATE_HZ), picture)


def extract(recording: Path, wav: Path) -> Path:
    """Write the sound of a recording as a 16-bit WAV file in one channel, block by block."""
    with (
        open_track(recording, MediaSettings()) as track,
        soundfile.SoundFile(wav, "w", track.rate_hz, channels=1, subtype="PCM_16") as file,
    ):
        for block in track.blocks():
            file.write(block.samples.mean(axis=1))
    return wav


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
    """The least of several runs of each command, taken in turn: what else the machine does can only add to it."""
    measured: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            measured[name].append(usage(command))
    return {name: Usage(min(u.cpu_s for u in each), min(u.peak_mb for u in each)) for name, each in measured.items()}


def shares(recording: Path) -> dict[str, float]:
    """Seconds of CPU of each stage of one run by Python's profiler, and of the rest; builtins are not counted apart."""
    profile = cProfile.Profile(time.process_time, builtins=False)
    profile.runcall(detect, recording)
    spent = {
        (Path(entry.code.co_filename).name, entry.code.co_name): entry.totaltime
        for entry in profile.getstats()
        if not isinstance(entry.code, str)
    }
    found = {stage: sum(spent.get(each, 0.0) for each in functions) for stage, functions in _STAGES.items()}
    return found | {"the rest": spent["recording.py", "detect"] - sum(found.values())}


# Functions (file, name) of which none calls another of them.
_STAGES = {
    "reading and decoding": (("decode.py", "open_track"), ("track.py", "blocks")),
    "figures of every 20 ms: extremes, power, spectrum": (("frames.py", "with_margins"),),
    "tones of devices: finding them and taking them out": (
        ("device_tones.py", "find"),
        ("tone_removal.py", "without"),
        ("tonality.py", "begins_tone"),
    ),
    "energies of every millisecond": (("level.py", "measure"),),
    "candidates, their columns and the gate": (("hearing.py", "candidates"), ("probability.py", "chance")),
    "the network": (("patches.py", "patches"), ("patches.py", "contrasts"), ("network.py", "impressions")),
    "YAMNet, of what may be shots": (("yamnet.py", "embeddings"),),
    "coverage, overview, second showings": (
        ("coverage.py", "add"),
        ("coverage.py", "states"),
        ("overview.py", "add"),
        ("repeats.py", "add"),
        ("repeats.py", "repeats"),
    ),
    "verdicts among neighbours": (("recording.py", "_judged"),),
}
