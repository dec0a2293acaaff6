"""Tools that people align recordings with, and ours, on the same pairs of WAV files.

Each tool runs in a Python of its own, in a process of its own: their packages exclude each other. The files hold the
sound from its first sample on, so that no tool needs to read a container. Settings are those that each tool's own pages
show; syncstart compares 20 s unless told otherwise, and is told to take all.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile

from detector.core import alignment
from detector.lab.alignment_trials import SLOWEST_M_S, Incident, Member, hear
from detector.lab.clocks import Clock
from detector.media.decode import open_track
from detector.settings import Settings

OURS = "this detector"
ALLOWED_S = 0.02  # by which a right offset may be off, beside what the sound's way between the cameras explains
_COMMON_SHOTS = 3  # audible in both recordings of a related pair
_LONGEST_S = 900.0  # after which a tool is stopped

# Each prints [seconds by which the second file shows a moment later than the first, score], or null where it refuses.
_AUDIO_OFFSET_FINDER = """
import json, sys
from audio_offset_finder.audio_offset_finder import find_offset_between_files
found = find_offset_between_files(sys.argv[1], sys.argv[2])
print(json.dumps([-found["time_offset"], float(found["standard_score"])]))
"""
_AUDALIGN = """
import json, os, sys
import audalign
files = sys.argv[1:]
recognizer = getattr(audalign, "%s")()
recognizer.config.multiprocessing = False
found = audalign.align_files(*files, recognizer=recognizer)
late = [found.get(os.path.basename(file)) for file in files] if found else [None]
print()
print(json.dumps(None if None in late else [float(late[0] - late[1]), None]))
"""
_SYNCSTART = """
import json, sys
import syncstart
one, other = sys.argv[1:]
sys.argv[1:] = []  # it reads them itself
cut, seconds = syncstart.file_offset(
    in1=one, in2=other, video=False, begin=0, take=100000, normalize=False, denoise=False, lowpass=0, crop=False,
    quiet=True, show=False)
print()
print(json.dumps([float(-seconds if cut == one else seconds), None]))
"""


@dataclass(frozen=True)
class Tool:
    """A tool: its package, and the program that runs it.

    `score` is the least of its own scores that its pages call reliable; None where it has no score.
    """

    name: str
    package: str
    program: str
    score: float | None = None


TOOLS = (
    Tool("audio-offset-finder", "audio-offset-finder", _AUDIO_OFFSET_FINDER, 10.0),
    Tool("audalign, correlation", "audalign", _AUDALIGN % "CorrelationRecognizer"),
    Tool("audalign, fingerprints", "audalign", _AUDALIGN % "FingerprintRecognizer"),
    Tool("syncstart, whole files", "syncstart", _SYNCSTART),
)


@dataclass(frozen=True)
class Sounds:
    """Two WAV files; related ones with the lag of the second against the first, right within `allowed_s`."""

    kind: str
    files: tuple[Path, Path]
    lag_s: float | None
    allowed_s: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What a tool said of a pair: a lag or none, and with what score; `failed` where it ended with an error."""

    lag_s: float | None
    score: float | None = None
    failed: bool = False


@dataclass(frozen=True)
class PeerRow:
    """One tool on one pair, with its CPU seconds."""

    tool: str
    sounds: Sounds
    answer: Answer
    cpu_s: float

    @property
    def right(self) -> bool:
        """Whether the lag is stated, and right."""
        lag_s, true_s = self.answer.lag_s, self.sounds.lag_s
        return lag_s is not None and true_s is not None and abs(lag_s - true_s) <= self.sounds.allowed_s


# --- pairs ---------------------------------------------------------------------------------------


def related(incidents: Sequence[Incident], counts: dict[str, int], folder: Path, seed: int) -> Iterator[Sounds]:
    """So many pairs of each kind of incident, of different ones, that share at least three audible shots."""
    rng = np.random.default_rng(seed)
    for kind, count in counts.items():
        made = 0
        for number in rng.permutation([row for row, one in enumerate(incidents) if one.kind == kind]).tolist():
            pairs = _sharing(incidents[number])
            if pairs and made < count:
                made += 1
                yield _related(kind, pairs[int(rng.integers(len(pairs)))], folder)


def unrelated(incidents: Sequence[Incident], count: int, folder: Path, seed: int) -> Iterator[Sounds]:
    """So many pairs of recordings of different incidents."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        one, other = (incidents[row].members for row in rng.choice(len(incidents), 2, replace=False).tolist())
        members = one[int(rng.integers(len(one)))], other[int(rng.integers(len(other)))]
        first, second = (_written(member, folder)[0] for member in members)
        yield Sounds("unrelated", (first, second), None)


def _sharing(incident: Incident) -> list[tuple[Member, Member]]:
    members = incident.members
    return [
        (one, other)
        for row, one in enumerate(members)
        for other in members[row + 1 :]
        if np.sum(np.isfinite(one.arrivals_s) & np.isfinite(other.arrivals_s)) >= _COMMON_SHOTS
    ]


def _related(kind: str, pair: tuple[Member, Member], folder: Path) -> Sounds:
    one, other = pair
    (first, begin_s), (second, other_s) = _written(one, folder), _written(other, folder)
    both = np.isfinite(one.arrivals_s) & np.isfinite(other.arrivals_s)
    at_s = float(np.median(np.concatenate([one.arrivals_s[both], other.arrivals_s[both]])))
    lag_s = (other.clock.shown(at_s) - other_s) - (one.clock.shown(at_s) - begin_s)
    apart_m = other.position_m - one.position_m + (other.velocity_m_s - one.velocity_m_s) * at_s
    return Sounds(kind, (first, second), lag_s, float(np.linalg.norm(apart_m)) / SLOWEST_M_S + ALLOWED_S)


def _written(member: Member, folder: Path) -> tuple[Path, float]:
    """The member's sound as a WAV file, gaps silent, and when its first sample is on the member's clock."""
    with ExitStack() as stack:
        track = member.track(stack, Settings())
        blocks = list(track.blocks())
    rate_hz, begin_s = blocks[0].rate_hz, blocks[0].start_s
    stop_s = blocks[-1].start_s + len(blocks[-1].samples) / rate_hz
    sound = np.zeros(round((stop_s - begin_s) * rate_hz), np.float32)
    for block in blocks:
        first = round((block.start_s - begin_s) * rate_hz)
        part = block.samples.mean(axis=1)[: len(sound) - first]
        sound[first : first + len(part)] = part
    path = folder / f"{sha256(member.name.encode()).hexdigest()[:12]}.wav"
    soundfile.write(path, sound, rate_hz, subtype="PCM_16")
    return path, begin_s


# --- tools ---------------------------------------------------------------------------------------


def installed(tool: Tool, envs: Path) -> str:
    """Why a tool cannot run here, empty where it can; its virtual environment is made where there is none."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        return "needs the binaries ffmpeg and ffprobe, which are not here (Debian: apt-get install ffmpeg)"
    folder = envs / tool.package
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", tool.package], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"does not install on Python {sys.version_info.major}.{sys.version_info.minor}: {last}"
    return ""


def version_of(tool: Tool, envs: Path) -> str:
    """The version of an installed tool's package."""
    program = f"from importlib.metadata import version; print(version({tool.package!r}))"
    python = envs / tool.package / "bin" / "python"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def run(tool: Tool, sounds: Sounds, envs: Path) -> PeerRow:
    """What a tool says of a pair."""
    began_s = _children_s()
    python = envs / tool.package / "bin" / "python"
    try:
        done = subprocess.run(
            [python, "-c", tool.program, *map(str, sounds.files)],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            env={**os.environ, "MPLBACKEND": "Agg"},
            check=False,
        )
        answer = _answer(done.stdout) if done.returncode == 0 else Answer(None, failed=True)
    except subprocess.TimeoutExpired:
        answer = Answer(None, failed=True)
    return PeerRow(tool.name, sounds, answer, _children_s() - began_s)


def _answer(printed: str) -> Answer:
    told = json.loads(printed.strip().splitlines()[-1])
    return Answer(None) if told is None else Answer(*told)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_ours(sounds: Sounds) -> PeerRow:
    """What this detector says of a pair: both reported on, aligned, windows of sound read again."""
    began_s = time.process_time()
    settings = Settings()
    nowhere = np.zeros(2)
    members = [Member(path.name, Clock(), nowhere, nowhere, np.empty(0), path=path) for path in sounds.files]
    listenings = [hear(member) for member in members]
    found = alignment.find(listenings, settings.alignment)
    wanted = alignment.windows(found, listenings, settings.alignment)
    with ExitStack() as stack:
        tracks = [stack.enter_context(open_track(path, settings.media)) for path in sounds.files]
        read = [track.read(own) if own else [] for track, own in zip(tracks, wanted, strict=True)]
    (pair,) = alignment.refine(found, listenings, read, settings.alignment).pairs
    lag_s = None if not pair.used or pair.lag_s is None else pair.lag_s * (1 if pair.one == 0 else -1)
    return PeerRow(OURS, sounds, Answer(lag_s), time.process_time() - began_s)


# --- page ----------------------------------------------------------------------------------------


def table(rows: Sequence[PeerRow]) -> str:
    """Markdown: for each tool the right and the wrong offsets of related pairs by kind, and those of unrelated ones."""
    kinds = [kind for kind in dict.fromkeys(row.sounds.kind for row in rows) if kind != "unrelated"]
    heads = [f"{kind}: right, wrong" for kind in kinds]
    lines = [f"| tool | {' | '.join(heads)} | unrelated: offsets stated | CPU-s a pair |"]
    lines.append("|---" * (len(heads) + 3) + "|")
    scored = {tool.name: tool.score for tool in TOOLS if tool.score is not None}
    for name in dict.fromkeys(row.tool for row in rows):
        own = [row for row in rows if row.tool == name]
        lines.append(_line(name, own, kinds))
        if name in scored:
            kept = [row if _scored(row, scored[name]) else _refused(row) for row in own]
            lines.append(_line(f"{name}, scores above {scored[name]:g} only", kept, kinds))
    return "\n".join(lines)


def _line(name: str, rows: Sequence[PeerRow], kinds: Sequence[str]) -> str:
    cells = []
    for kind in kinds:
        own = [row for row in rows if row.sounds.kind == kind]
        wrong = sum(row.answer.lag_s is not None and not row.right for row in own)
        cells.append(f"{sum(row.right for row in own)}, {wrong} of {len(own)}")
    strangers = [row for row in rows if row.sounds.lag_s is None]
    stated = sum(row.answer.lag_s is not None for row in strangers)
    failed = sum(row.answer.failed for row in rows)
    ended = f" ({failed} ended with an error)" if failed else ""
    cpu_s = float(np.median([row.cpu_s for row in rows]))
    return f"| {name}{ended} | {' | '.join(cells)} | {stated} of {len(strangers)} | {cpu_s:.1f} |"


def _scored(row: PeerRow, least: float) -> bool:
    return row.answer.score is not None and row.answer.score > least


def _refused(row: PeerRow) -> PeerRow:
    return PeerRow(row.tool, row.sounds, Answer(None, row.answer.score, row.answer.failed), row.cpu_s)
