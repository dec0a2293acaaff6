"""Incidents with known clocks -> how well they are aligned, and which unrelated recordings are believed.

Composed scenes and standing cameras have clocks that were drawn; the sensors of a Pittsburgh test
share one clock, which is scrambled here by up to an hour.
"""

from __future__ import annotations

import csv
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile
import soxr

from detector.core import alignment, lags, level
from detector.core.listening import Envelope, EnvelopeMeter, Listening, listening
from detector.core.stretches import cut
from detector.lab.clocks import Clock
from detector.lab.corpus import read_corpus
from detector.lab.standing import RATE_HZ, standing
from detector.media.decode import open_track
from detector.media.samples import SampleTrack
from detector.recording import report_on
from detector.records import Alignment, Block, Float64, Track
from detector.settings import Settings

SLOWEST_M_S = 331.0  # sound in winter: what propagation may explain at most
FAMILIES = ("barrage", "walker", "pair")  # composed for several cameras
_SCRAMBLED_S = 3600.0
_COST_S, _COST_HZ = 600.0, 48_000
_LONG_S = 8.0  # of a recording, below which it makes no unrelated pair
_LOOSE_S = 0.15  # by which a lag that is right may be off besides


class ReadTrack(Track, Protocol):
    """A track whose windows can be read."""

    def read(self, windows: Sequence[tuple[float, float]]) -> list[Block]:
        """The sound of each window."""


@dataclass(frozen=True, eq=False)
class Member:
    """One recording of an incident.

    It is the file `path` or, where there is none, the sound that `made` gives. `arrivals_s` (shots,) are the first
    arrivals of the shots of the incident in scene time, NaN where a shot cannot be heard. It stands at
    `position_m` at time 0 and moves by `velocity_m_s`.
    """

    name: str
    clock: Clock
    position_m: Float64
    velocity_m_s: Float64
    arrivals_s: Float64
    path: Path | None = None
    made: Callable[[], SampleTrack] | None = None

    def track(self, stack: ExitStack, settings: Settings) -> ReadTrack:
        """Its sound, open until the stack is left."""
        if self.made is not None:
            return self.made()
        assert self.path is not None
        return stack.enter_context(open_track(self.path, settings.media))


@dataclass(frozen=True, eq=False)
class Incident:
    """Recordings of one incident; `kind` names the rows of the tables."""

    name: str
    kind: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class ClockRow:
    """How well a recording's clock was found against the reference; propagation does not explain `beyond_s`."""

    kind: str
    error_s: float
    beyond_s: float
    stated_s: float
    drift_error_ppm: float
    stated_ppm: float


@dataclass(frozen=True)
class PairRow:
    """One pair by itself: whether it was believed, how many audible shots both hold, whether its lag is right.

    `joined` says whether both recordings are on one clock in the end, by themselves or by way of others.
    """

    kind: str
    shots: int
    believed: bool
    right: bool
    chance: float
    joined: bool = False


@dataclass(frozen=True)
class Cost:
    """CPU seconds of an incident: its reports one by one, and everything that alignment adds."""

    what: str
    reports_s: float
    alignment_s: float


# --- incidents -----------------------------------------------------------------------------------


def composed(root: Path) -> Iterator[Incident]:
    """The scenes of several cameras below a folder `scenes`, as `scripts/make_scenes.py` writes them."""
    for path in sorted((root / "scenes").glob("*/truth.json")):
        scene = json.loads(path.read_text(encoding="utf-8"))
        if scene["family"] in FAMILIES and len(scene["cameras"]) > 1:
            fired = sorted({_discharge(shot) for camera in scene["cameras"] for shot in camera["shots"]})
            members = tuple(_camera(path.parent, camera, fired) for camera in scene["cameras"])
            yield Incident(str(path.parent), "composed", members)


def _discharge(shot: Mapping[str, Any]) -> tuple[float, str]:
    return shot["emission_s"], shot["gun"]


def _camera(folder: Path, camera: Mapping[str, Any], fired: Sequence[tuple[float, str]]) -> Member:
    recorder = camera["recorder"]
    clock = Clock(float(recorder["start"]), float(recorder["audio_offset"]), float(camera["clock_ppm"]))
    heard = [shot for shot in camera["shots"] if shot["audible"] and not shot.get("muted", False)]
    first_s = {_discharge(shot): min(shot["arrival_s"], shot.get("crack_s", np.inf)) for shot in heard}
    return Member(
        name=str(folder / camera["file"]),
        clock=clock,
        position_m=np.array(recorder["pos"][:2], np.float64),
        velocity_m_s=np.array(recorder["vel"][:2], np.float64),
        arrivals_s=clock.told(np.array([first_s.get(discharge, np.nan) for discharge in fired], np.float64)),
        path=folder / camera["file"],
    )


def pittsburgh(root: Path, seed: int = 1) -> Iterator[Incident]:
    """The sensors of each test, every clock scrambled by up to an hour."""
    rng = np.random.default_rng(seed)
    tests: dict[tuple[str, str], list[Member]] = {}
    for row in csv.DictReader((root / "pittsburgh" / "truth.csv").read_text(encoding="utf-8").splitlines()):
        path = root / "pittsburgh" / row["file"]
        late_s = round(rng.uniform(0, _SCRAMBLED_S), 2)
        place = np.array([float(row[f"sensor_{axis}_m"]) for axis in "xyz"])
        shots_s = [float(onset) for onset in row["onsets_s"].split(";")] if row["labels_complete"] == "True" else []
        rounds = int(row["rounds_fired"])
        heard_s = np.array([*shots_s, *[np.nan] * rounds][:rounds]) + float(row["start_utc_s"])
        clock = Clock(float(row["start_utc_s"]), late_s)
        member = Member(row["file"], clock, place, np.zeros(3), heard_s, made=partial(_late, path, late_s))
        tests.setdefault((row["position"], row["test"]), []).append(member)
    for (position, test), members in sorted(tests.items()):
        rounds = len(members[0].arrivals_s)
        yield Incident(f"{position}/{test}", f"Pittsburgh, {rounds} round{'s' * (rounds > 1)}", tuple(members))


def _late(path: Path, late_s: float) -> SampleTrack:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    return SampleTrack(samples, rate_hz, late_s, name=path.name)


def standing_incidents(count: int, length_s: float, seed: int = 1) -> Iterator[Incident]:
    """Cameras that stand still for minutes, see `lab.standing`."""
    for number in range(count):
        made = standing(1000 * seed + number, 3, length_s, shots=8)
        members = tuple(
            Member(f"standing {number}/{k}", one.clock, one.position_m, np.zeros(2), one.arrivals_s,
                   made=partial(SampleTrack, one.samples, RATE_HZ, one.clock.late_s, f"standing {number}/{k}"))
            for k, one in enumerate(made)
        )  # fmt: skip
        yield Incident(f"standing {number}", "standing", members)


def alone(root: Path) -> Iterator[Incident]:
    """Recordings that belong to nothing else here: streets and talk of the corpus, scenes with one camera."""
    for case in read_corpus(root):
        long = case.duration_s >= _LONG_S and case.collection in ("beds", "speech", "scenes")
        if long and (case.collection != "scenes" or case.family not in FAMILIES):
            member = Member(case.name, Clock(), np.zeros(2), np.zeros(2), np.empty(0), path=case.path)
            yield Incident(case.name, "alone", (member,))


# --- measuring -----------------------------------------------------------------------------------


def envelope(member: Member) -> Envelope:
    """The envelope of a recording."""
    settings, meter = Settings(), EnvelopeMeter()
    with ExitStack() as stack:
        for stretch in cut(member.track(stack, settings).blocks(), settings.stretches):
            meter.add(level.measure(stretch), stretch.core)
    return meter.envelope()


def hear(member: Member) -> Listening:
    """What alignment keeps of a recording."""
    settings = Settings()
    with ExitStack() as stack:
        return listening(envelope(member), report_on(member.track(stack, settings), settings))


def heard(incidents: Sequence[Incident], jobs: int) -> dict[str, Listening]:
    """Name of a member -> what alignment keeps of it."""
    members = [member for incident in incidents for member in incident.members]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return dict(zip([member.name for member in members], pool.map(hear, members), strict=True))


def aligned(members: Sequence[Member], listenings: Sequence[Listening]) -> Alignment:
    """The whole road: lags, windows read again, delays."""
    settings = Settings()
    found = alignment.find(listenings, settings.alignment)
    wanted = alignment.windows(found, listenings, settings.alignment)
    sounds = []
    for member, windows in zip(members, wanted, strict=True):
        with ExitStack() as stack:
            sounds.append(member.track(stack, settings).read(windows) if windows else [])
    return alignment.refine(found, listenings, sounds, settings.alignment)


def clock_rows(incident: Incident, found: Alignment) -> Iterator[ClockRow]:
    """Every recording on the clock but the reference, at the middle of the shots."""
    first = incident.members[found.reference]
    for row in found.included:
        member = incident.members[row]
        if row != found.reference:
            at_s = _middle_s(member, first)
            file_s = member.clock.shown(at_s)
            told_s = float(found.file_s(found.reference, found.incident_s(row, file_s)))
            error_s = abs(first.clock.told(told_s) - at_s)
            apart_m = member.position_m - first.position_m + (member.velocity_m_s - first.velocity_m_s) * at_s
            drift_ppm = member.clock.ppm - first.clock.ppm
            yield ClockRow(
                kind=incident.kind,
                error_s=error_s,
                beyond_s=max(0.0, error_s - float(np.linalg.norm(apart_m)) / SLOWEST_M_S),
                stated_s=float(found.error_s[row]),
                drift_error_ppm=abs(float(found.drift_ppm[row]) - drift_ppm),
                stated_ppm=float(found.drift_error_ppm[row]),
            )


def _middle_s(one: Member, other: Member) -> float:
    """The middle of the shots that either heard, in scene time; where the later one begins if there is none."""
    heard_s = np.concatenate([one.arrivals_s, other.arrivals_s])
    heard_s = heard_s[np.isfinite(heard_s)]
    return float(np.median(heard_s)) if heard_s.size else max(one.clock.start_s, other.clock.start_s)


def related(incident: Incident, listenings: Sequence[Listening], found: Alignment) -> Iterator[PairRow]:
    """Each two recordings of an incident by themselves, and whether both are on the one clock that was `found`."""
    for first, second in itertools.combinations(range(len(incident.members)), 2):
        one, other = incident.members[first], incident.members[second]
        shots = int(np.sum(np.isfinite(one.arrivals_s) & np.isfinite(other.arrivals_s)))
        at_s = _middle_s(one, other)
        lag_s = other.clock.shown(at_s) - one.clock.shown(at_s)
        allowed_s = float(np.linalg.norm(one.position_m - other.position_m)) / SLOWEST_M_S + _LOOSE_S
        row = _pair_row(
            incident.kind, shots, (listenings[first], listenings[second]), (lag_s - allowed_s, lag_s + allowed_s)
        )
        yield replace(row, joined={first, second} <= set(found.included))


def unrelated(groups: Mapping[str, Sequence[Listening]], count: int, seed: int = 1) -> Iterator[PairRow]:
    """So many pairs, drawn from different groups; every one that is believed is wrong."""
    rng = np.random.default_rng(seed)
    names = sorted(groups)
    for _ in range(count):
        one, other = (groups[names[int(k)]] for k in rng.choice(len(names), 2, replace=False))
        pair = one[int(rng.integers(len(one)))], other[int(rng.integers(len(other)))]
        yield _pair_row("unrelated", 0, pair, None)


def _pair_row(kind: str, shots: int, pair: tuple[Listening, Listening], right_s: tuple[float, float] | None) -> PairRow:
    settings = Settings().alignment
    one, other = (lags.shape(listening, settings) for listening in pair)
    tried = lags.lags(one, other, settings)
    if not tried:
        return PairRow(kind, shots, believed=False, right=False, chance=1.0)
    chance = 10.0 ** max(tried[0].log_chance, -300.0)
    right = right_s is not None and right_s[0] <= tried[0].lag_s <= right_s[1]
    return PairRow(kind, shots, chance <= settings.accident, right, chance)


def long_members() -> tuple[Member, ...]:
    """Five cameras of ten minutes at 48 kHz, not coded, with hardly a shot: the least that reports cost."""
    members = []
    for number, one in enumerate(standing(77, 5, _COST_S, shots=40)):
        samples = soxr.resample(one.samples, RATE_HZ, _COST_HZ)
        made = partial(SampleTrack, samples, _COST_HZ, one.clock.late_s, f"{number}")
        members.append(Member(f"{number}", one.clock, one.position_m, np.zeros(2), one.arrivals_s, made=made))
    return tuple(members)


def cost(what: str, members: Sequence[Member]) -> Cost:
    """CPU seconds of the reports of an incident one by one, and of what alignment adds to them."""
    settings = Settings()
    began_s = time.process_time()
    reports = []
    for member in members:
        with ExitStack() as stack:
            reports.append(report_on(member.track(stack, settings), settings))
    reported_s = time.process_time()
    kept = [listening(envelope(member), report) for member, report in zip(members, reports, strict=True)]
    aligned(members, kept)
    return Cost(what, reported_s - began_s, time.process_time() - reported_s)
