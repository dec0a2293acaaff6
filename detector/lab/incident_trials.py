"""Incidents with known shots -> how well their cameras' onsets are matched, and all shots are counted together."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from detector.core.listening import Listening
from detector.core.pairing import pair_times
from detector.core.probability import Model
from detector.incident import Heard, incident_of
from detector.lab import alignment_trials, fusion_fit
from detector.lab.alignment_trials import Incident as Recorded
from detector.lab.alignment_trials import Member
from detector.lab.clocks import Clock
from detector.lab.fusion_fit import Sounds
from detector.recording import listened
from detector.records import Alignment, Bool, CountInterval, Float64, Incident, Int64, Report
from detector.settings import Settings

_STREET_S = 3.0  # by which sound reaches one sensor in a street before another
_LABELLED_S = 0.03  # from a label within which a street sensor's onset is taken for its shot
_DIRECT_S = 0.010  # from a shot's arrival within which an onset is taken for it
_MERGED_S = 0.006  # from an onset within which shots that arrive are all in it
_REFLECTED_S = (0.003, 0.12)  # after a shot's arrival in which a reflection may be listed in its place
_REPEATED_S = 0.001  # by which delays of a reflection of one gun may differ
_NEAR_S = 3.0  # between shots whose reflections are compared: wearers walk
_REPEATED = 2  # other onsets with the same delay that show a reflection


@dataclass(frozen=True, eq=False)
class Truth:
    """What happened: `gun` (shots,) names the gun of each.

    `arrival_s` (shots, cameras) are first arrivals on each file's clock, NaN where a file does not reach;
    `audible` says where a shot can be heard.
    """

    gun: tuple[str, ...]
    arrival_s: Float64
    audible: Bool


@dataclass(frozen=True)
class CountRow:
    """One count beside the truth: of a camera (its number) for itself, or of the incident (0).

    `low..high` is the right range, from the shots that can be heard to all that were fired; the incident's is that of
    all cameras, and a camera's own beside `own_low..own_high`.
    """

    scene: str
    kind: str
    cameras: int
    camera: int
    count: CountInterval
    low: int
    high: int
    own_low: int
    own_high: int


@dataclass(frozen=True)
class MatchRow:
    """Matches of listed onsets in one incident, added up over its pairs of cameras.

    `right` of `made` matches are of one shot, `direct` of them without taking reflections for the shot; `found` of
    `true` pairs of onsets of one shot are matched.
    """

    scene: str
    kind: str
    cameras: int
    right: int
    direct: int
    made: int
    found: int
    true: int


@dataclass(frozen=True)
class PlaceRow:
    """Positions of one incident: pairs of shots in one position, and those of them that one gun fired."""

    scene: str
    kind: str
    guns: int
    positions: int
    together: int
    same_gun: int


@dataclass(frozen=True)
class TestRow:
    """One Pittsburgh test: rounds fired, counts with known and with scrambled clocks, and those of its sensors."""

    name: str
    rounds: int
    known: int
    scrambled: int
    sensors: tuple[int, ...]


Kept = tuple[list[tuple[Report, Listening]], Alignment]
"""What was heard of an incident: reports with what aligning needs, and the clocks found."""


def truth_of(scene: Mapping[str, Any]) -> Truth:
    """The truth of a composed scene, from its `truth.json`."""
    fired = sorted({(shot["emission_s"], shot["gun"]) for camera in scene["cameras"] for shot in camera["shots"]})
    row_of = {shot: row for row, shot in enumerate(fired)}
    shape = len(fired), len(scene["cameras"])
    arrival_s, audible = np.full(shape, np.nan), np.zeros(shape, np.bool_)
    for column, camera in enumerate(scene["cameras"]):
        for shot in camera["shots"]:
            row = row_of[shot["emission_s"], shot["gun"]]
            arrival_s[row, column] = min(shot["arrival_s"], shot.get("crack_s", np.inf))
            audible[row, column] = shot["audible"] and not shot.get("muted", False)
    return Truth(tuple(gun for _, gun in fired), arrival_s, audible)


def scenes(root: Path) -> Iterator[tuple[Recorded, Truth]]:
    """Every scene of several cameras below a folder `scenes`, with its truth; compilations are left out."""
    for path in sorted((root / "scenes").glob("*/truth.json")):
        scene = json.loads(path.read_text(encoding="utf-8"))
        if len(scene["cameras"]) > 1 and scene["family"] != "compile":
            members = tuple(
                Member(str(path.parent / camera["file"]), Clock(), np.zeros(2), np.zeros(2),
                       np.empty(0), path=path.parent / camera["file"])
                for camera in scene["cameras"]
            )  # fmt: skip
            yield Recorded(str(path.parent), scene["family"], members), truth_of(scene)


def heard(recorded: Recorded, model: Model | None = None) -> Kept:
    """The reports of an incident's recordings, what aligning needs, and their clocks."""
    settings = Settings()
    kept = []
    for member in recorded.members:
        with ExitStack() as stack:
            kept.append(listened(member.track(stack, settings), settings, model=model))
    return kept, alignment_trials.aligned(recorded.members, [each for _, each in kept])


def fused(
    recorded: Recorded, kept: Sequence[tuple[Report, Listening]], aligned: Alignment, settings: Settings
) -> Incident:
    """The incident of recordings that were heard; cameras are numbered in the order of the scene."""
    each = [
        Heard(Path(member.name), None, report, listening)
        for member, (report, listening) in zip(recorded.members, kept, strict=True)
    ]
    return incident_of(each, aligned, settings)


def tests(root: Path) -> Iterator[tuple[Recorded, int]]:
    """The sensors of each Pittsburgh test, every clock scrambled, with the number of rounds fired."""
    for recorded in alignment_trials.pittsburgh(root):
        yield recorded, len(recorded.members[0].arrivals_s)


def street(settings: Settings) -> Settings:
    """Settings for sensors hundreds of metres apart, which sound takes seconds to pass."""
    return replace(settings, fusion=replace(settings.fusion, reach_s=_STREET_S))


def test_row(recorded: Recorded, rounds: int, kept: Kept, settings: Settings) -> TestRow:
    """The counts of a Pittsburgh test, with known clocks and with those that were found."""
    heard, aligned = kept
    far = fused(recorded, heard, known(recorded.members), street(settings))
    told = far.count, fused(recorded, heard, aligned, settings).count
    best = [count.best if count else 0 for count in (*told, *(report.count for report, _ in heard))]
    return TestRow(recorded.name, rounds, best[0], best[1], tuple(best[2:]))


def known(members: Sequence[Member]) -> Alignment:
    """The clocks of recordings as they are known, on that of the first."""
    first = members[0].clock
    offset_s = [float(first.shown(member.clock.told(0.0))) for member in members]
    none = np.zeros(len(members))
    return Alignment(0, np.array(offset_s), none, none, none, none, (None,) * len(members), (), ())


def sounds(group: str, recorded: Recorded, truth: Truth, kept: Kept) -> Sounds:
    """The sounds of a composed incident, for what hearing and silence are worth."""
    incident = fused(recorded, *kept, Settings())
    return fusion_fit.sounds(group, incident.cameras, truth.arrival_s, _DIRECT_S, Settings())


def street_sounds(group: str, recorded: Recorded, kept: Kept) -> Sounds:
    """The sounds of a Pittsburgh test with known clocks, likewise."""
    far = street(Settings())
    incident = fused(recorded, kept[0], known(recorded.members), far)
    arrival_s = np.stack([member.clock.shown(member.arrivals_s) for member in recorded.members], axis=1)
    return fusion_fit.sounds(group, incident.cameras, arrival_s, _LABELLED_S, far)


# --- counts ----------------------------------------------------------------------------------------


def count_rows(recorded: Recorded, incident: Incident, truth: Truth) -> Iterator[CountRow]:
    """The count of the incident, and that of each camera that is in it."""
    inside = [camera.id - 1 for camera in incident.included]
    low, high = int(truth.audible[:, inside].any(axis=1).sum()), len(truth.gun)
    facts = recorded.name, recorded.kind, len(inside)
    if incident.count is not None:
        yield CountRow(*facts, 0, incident.count, low, high, low, high)
    for row in inside:
        count = incident.cameras[row].report.count
        if count is not None:
            own = int(truth.audible[:, row].sum()), int(np.isfinite(truth.arrival_s[:, row]).sum())
            yield CountRow(*facts, row + 1, count, low, high, *own)


def error(count: int, low: int, high: int) -> int:
    """By how many shots a count lies outside its range."""
    return max(low - count, 0, count - high)


# --- matches ---------------------------------------------------------------------------------------


def match_row(recorded: Recorded, incident: Incident, truth: Truth, *, sure: bool = False) -> MatchRow:
    """How well the listed onsets of each two cameras are matched; with `sure`, those alone that both call shots.

    An onset stands for the shot whose arrival it is nearest to within 10 ms, and for all that arrive within 6 ms, which
    it cannot tell apart. Where it is no shot's arrival, it stands for that of which it repeats a reflection: two
    other such onsets follow shots of the same gun with the same delay within 3 s.
    """
    meant = {camera.id: _meant(camera.report, truth, camera.id - 1) for camera in incident.included}
    arriving = {
        camera.id: _meant(camera.report, truth, camera.id - 1, reflected=False)[1] for camera in incident.included
    }
    kept = {
        camera.id: {shot.id for shot in camera.report.shots if shot.status == "shot" or not sure}
        for camera in incident.included
    }
    right = direct = made = found = true = 0
    for one, other in itertools.combinations(meant, 2):
        pairs = {a: b for a, b in _matches(incident, one, other) if a in kept[one] and b in kept[other]}
        made += len(pairs)
        right += sum(bool(meant[one][1][a] & meant[other][1][b]) for a, b in pairs.items())
        direct += sum(bool(arriving[one][a] & arriving[other][b]) for a, b in pairs.items())
        back = {b: a for a, b in pairs.items()}
        first, second = (
            {shot: onset for onset, shot in meant[camera][0].items() if onset in kept[camera]}
            for camera in (one, other)
        )
        for shot in first.keys() & second.keys():
            a, b = first[shot], second[shot]
            true += 1
            found += (a in pairs and shot in meant[other][1][pairs[a]]) or (
                b in back and shot in meant[one][1][back[b]]
            )
    return MatchRow(recorded.name, recorded.kind, len(meant), right, direct, made, found, true)


def _matches(incident: Incident, one: int, other: int) -> Iterator[tuple[int, int]]:
    """Ids of the listed onsets of two cameras that are one sound, refused sounds left out."""
    for shot in incident.shots:
        at = {arrival.camera: arrival.onset for arrival in shot.arrivals if arrival.status != "rejected"}
        if one in at and other in at:
            yield at[one], at[other]


def _meant(
    report: Report, truth: Truth, column: int, reflected: bool = True
) -> tuple[dict[int, int], dict[int, set[int]]]:
    """Listed onset -> its shot, where it is one's arrival; and -> all shots for which it may stand."""
    shots = [shot for shot in report.shots if shot.repeat_of is None]
    onset_s = np.array([shot.time_s for shot in shots], np.float64)
    there = np.flatnonzero(np.isfinite(truth.arrival_s[:, column]))
    arrival_s = truth.arrival_s[there, column]
    rows, columns = pair_times(arrival_s, onset_s, _DIRECT_S)
    direct = {shots[b].id: int(there[a]) for a, b in zip(rows, columns, strict=True)}
    may = {shot.id: set(there[np.abs(arrival_s - shot.time_s) < _MERGED_S].tolist()) for shot in shots}
    for onset, shot in direct.items():
        may[onset].add(shot)
    if reflected:
        rest = np.setdiff1d(np.arange(len(shots)), columns)
        for row, shot in _reflections(rest, onset_s, (there, arrival_s), truth.gun):
            may[shots[row].id].add(shot)
    return direct, may


def _reflections(
    rows: Int64, onset_s: Float64, arrivals: tuple[Int64, Float64], gun: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """(onset, shot) for onsets that repeat a reflection of a shot's gun."""
    there, arrival_s = arrivals
    delay_s = onset_s[rows][:, None] - arrival_s
    at, of = np.nonzero((delay_s > _REFLECTED_S[0]) & (delay_s < _REFLECTED_S[1]))
    after_s, guns = delay_s[at, of], np.array([gun[shot] for shot in there[of]])
    time_s = onset_s[rows][at]
    alike = (
        (np.abs(after_s[:, None] - after_s) < _REPEATED_S)
        & (guns[:, None] == guns)
        & (of[:, None] != of)
        & (at[:, None] != at)
        & (np.abs(time_s[:, None] - time_s) < _NEAR_S)
    )
    for candidate in np.flatnonzero(alike.sum(axis=1) >= _REPEATED):
        yield int(rows[at[candidate]]), int(there[of[candidate]])


# --- positions -------------------------------------------------------------------------------------


def place_row(recorded: Recorded, incident: Incident, truth: Truth) -> PlaceRow:
    """Whether shots of one position were fired by one gun."""
    gun_of: dict[int, str] = {}
    meant = {camera.id: _meant(camera.report, truth, camera.id - 1)[0] for camera in incident.included}
    for shot in incident.shots:
        known = [meant[each.camera][each.onset] for each in shot.arrivals if each.onset in meant[each.camera]]
        if known:
            gun_of[shot.id] = truth.gun[max(set(known), key=known.count)]
    together = same = 0
    for position in incident.positions:
        for one, other in itertools.combinations([gun_of[shot] for shot in position.shots if shot in gun_of], 2):
            together, same = together + 1, same + (one == other)
    return PlaceRow(recorded.name, recorded.kind, len(set(truth.gun)), len(incident.positions), together, same)
