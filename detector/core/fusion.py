"""Cameras on one clock -> each sound once, with who heard it and the chance that it is a shot.

What several cameras say of a sound is not independent: they share the echoes and the hammering. The
log-odds of the likeliest are therefore moved by little for what the others say, by something for
each other camera that hears it at all, and by much for those that should have heard it and did not:

    log-odds = l + rest * (sum of the others') + agreement * (n - 1) + f * (silence + silence_slope * l)

with l those of the likeliest of n cameras and f the share that was silent of all that should have
heard it: each silent camera counts with the share of sure shots that it hears, and the less the denser
its own onsets are around the time, as one of them may hide the shot. A camera by itself, and
one where all others were deaf, keeps its own word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.core import volleys
from detector.core.counting import extras
from detector.core.fingerprint import content
from detector.core.matching import Train, arrivals_s, expected_s, match, together
from detector.records import HEARD_STATES, Arrival, Bool, Camera, Float64, IncidentShot, Int64, Rejected, Shot
from detector.settings import FusionSettings, Settings

_LEAST = 0.005  # chances nearer to 0 or 1 are taken for this: no log-odds without end
_SURE = 0.9  # rough chance from which a sound tells which cameras hear shots
_PRIOR = 2.0  # sounds as which the usual share of those heard counts beside a camera's own
_AROUND_S = 1.0  # seconds either side in which a camera's onsets are counted for their rate
ALONE = "not heard by others"
WEIGHED = ("rest", "agreement", "silence", "silence_slope")  # settings that weigh the columns of `Evidence.terms`
_OVERLOADED = "overloaded"


@dataclass(frozen=True)
class Fused:
    """Listed sounds in time order, and those that were refused."""

    shots: tuple[IncidentShot, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the chances rest on, one row for each sound: its onsets by the numbers of their cameras.

    Its log-odds are those of its likeliest onset (sounds,), and (sounds, 4) `terms` times the settings `WEIGHED`.
    """

    onsets: tuple[Mapping[int, Shot | Rejected], ...]
    likeliest: Float64
    terms: Float64


@dataclass(frozen=True, eq=False)
class _Ear:
    """A camera with the onsets that are matched, in time order, and their times on the incident's clock."""

    camera: Camera
    onsets: tuple[Shot | Rejected, ...]
    time_s: Float64

    @property
    def train(self) -> Train:
        chance = np.array([onset.probability for onset in self.onsets], np.float64)
        return Train(self.time_s, np.clip(chance, _LEAST, 1 - _LEAST))


@dataclass(frozen=True, eq=False)
class _Sounds:
    """Columns (sounds, cameras): rows of onsets (-1), arrivals, who could have heard it; (sounds,) chances, and why."""

    onset: Int64
    arrived_s: Float64
    able: Bool
    probability: Float64
    likeliest: Float64
    terms: Float64


def fuse(cameras: Sequence[Camera], settings: Settings) -> Fused:
    """Every sound of the cameras that are on the incident's clock and no copies, each once.

    Sounds with a chance below `count.listed` are left out, those below `probability.possible` are
    refused. Second showings within a file are left out: their first showing tells of them.
    """
    ears = [_ear(camera, settings) for camera in sorted(cameras, key=content) if _included(camera)]
    if not ears:
        return Fused((), ())
    sounds = _sounds(ears, settings.fusion)
    first_s = np.nanmin(sounds.arrived_s, axis=1)
    listed = np.flatnonzero(sounds.probability >= settings.probability.possible)
    kept = np.flatnonzero(
        (sounds.probability >= settings.count.listed) & (sounds.probability < settings.probability.possible)
    )
    volley = volleys.number(first_s[listed], settings.volleys)
    shots = [
        _shot(number, row, int(of), (sounds, ears), settings)
        for number, (row, of) in enumerate(zip(listed.tolist(), volley, strict=True), start=1)
    ]
    rejected = [_rejected(len(shots) + number, row, sounds, ears) for number, row in enumerate(kept.tolist(), start=1)]
    return Fused(tuple(shots), tuple(rejected))


def evidence(cameras: Sequence[Camera], settings: Settings) -> Evidence:
    """What the chance of every sound rests on, however small it is; cameras are left out as `fuse` does."""
    ears = [_ear(camera, settings) for camera in sorted(cameras, key=content) if _included(camera)]
    if not ears:
        return Evidence((), np.empty(0), np.empty((0, len(WEIGHED))))
    sounds = _sounds(ears, settings.fusion)
    onsets = [
        {ear.camera.id: ear.onsets[at] for ear, at in zip(ears, row, strict=True) if at >= 0}
        for row in sounds.onset.tolist()
    ]
    return Evidence(tuple(onsets), sounds.likeliest, sounds.terms)


def _included(camera: Camera) -> bool:
    return camera.offset_s is not None and camera.same_as is None


def _ear(camera: Camera, settings: Settings) -> _Ear:
    onsets: list[Shot | Rejected] = [
        *(shot for shot in camera.report.shots if shot.repeat_of is None),
        *(onset for onset in camera.report.rejected if onset.probability >= settings.count.listed),
    ]
    onsets.sort(key=lambda onset: (onset.time_s, onset.id))
    return _Ear(camera, tuple(onsets), np.array([camera.incident_s(onset.time_s) for onset in onsets], np.float64))


def _sounds(ears: Sequence[_Ear], settings: FusionSettings) -> _Sounds:
    trains = [ear.train for ear in ears]
    onset = match(trains, settings)
    chance = np.full(onset.shape, np.nan)
    for camera, train in enumerate(trains):
        heard = onset[:, camera] >= 0
        chance[heard, camera] = train.probability[onset[heard, camera]]
    there_s = expected_s(onset, trains, settings)
    able = np.stack([_could_hear(ear.camera, there_s[:, row]) for row, ear in enumerate(ears)], axis=1) | (onset >= 0)
    plain = np.stack([_plain(train, there_s[:, row], settings) for row, train in enumerate(trains)], axis=1)
    likeliest, terms = _terms(chance, able, plain, settings)
    odds = likeliest + terms @ np.array([getattr(settings, name) for name in WEIGHED])
    probability = 1 / (1 + np.exp(-odds)) if len(ears) > 1 else _own(ears[0], onset)
    return _Sounds(onset, arrivals_s(onset, trains), able, np.round(probability, 4), likeliest, terms)


def _own(ear: _Ear, onset: Int64) -> Float64:
    return np.array([ear.onsets[row].probability for row in onset[:, 0].tolist()], np.float64)


def _could_hear(camera: Camera, incident_s: Float64) -> Bool:
    """Whether a camera heard anything at times of the incident."""
    file_s = np.array([camera.file_s(time_s) for time_s in incident_s.tolist()], np.float64)
    able = np.zeros(len(file_s), np.bool_)
    for part in camera.report.coverage:
        if part.state in HEARD_STATES:
            able |= (file_s >= part.start_s) & (file_s < part.stop_s)
    return able


def _plain(train: Train, there_s: Float64, settings: FusionSettings) -> Float64:
    """Chance that a sound at each time would not have been hidden by the camera's other onsets."""
    shots = np.concatenate([[0.0], np.cumsum(train.probability)])
    before, after = (np.searchsorted(train.time_s, there_s + sign * _AROUND_S) for sign in (-1, 1))
    return np.asarray(np.exp(-settings.hides_s * (shots[after] - shots[before]) / (2 * _AROUND_S)))


def _terms(chance: Float64, able: Bool, plain: Float64, settings: FusionSettings) -> tuple[Float64, Float64]:
    """(sounds,) log-odds of the likeliest onset, and (sounds, 4) what is weighed beside them.

    `chance` (sounds, cameras) is NaN where a camera has no onset; `able` says whether it heard anything then, `plain`
    gives the chance that the sound would not have been hidden there.
    """
    heard = np.isfinite(chance)
    odds = np.log(chance) - np.log1p(-chance)
    likeliest = np.nanmax(odds, axis=1)
    others = heard.sum(axis=1) - 1
    should = np.where(able & ~heard, plain, 0.0) @ _hearing(chance, able, settings)
    silent = should / (should + 1 + others)
    rest = np.nansum(odds, axis=1) - likeliest
    return likeliest, np.stack([rest, others, silent, silent * likeliest], axis=1)


def _hearing(chance: Float64, able: Bool, settings: FusionSettings) -> Float64:
    """(cameras,) share that each camera hears of the sounds which others are sure of and it could have heard."""
    heard = np.isfinite(chance)
    sure = together(chance) >= _SURE
    by_others = sure[:, None] & able & ((heard.sum(axis=1)[:, None] - heard) > 0)
    return np.asarray(((by_others & heard).sum(axis=0) + _PRIOR * settings.heard) / (by_others.sum(axis=0) + _PRIOR))


# --- records ---------------------------------------------------------------------------------------


def _shot(
    number: int, row: int, volley: int, heard: tuple[_Sounds, Sequence[_Ear]], settings: Settings
) -> IncidentShot:
    sounds, ears = heard
    members = [(ear, ear.onsets[at]) for ear, at in zip(ears, sounds.onset[row].tolist(), strict=True) if at >= 0]
    first = int(np.nanargmin(sounds.arrived_s[row]))
    time_s = round(float(sounds.arrived_s[row, first]), 6)
    arrivals = [
        _arrival(ear, onset, float(sounds.arrived_s[row, ears.index(ear)]) - time_s, settings) for ear, onset in members
    ]
    first_error_s = next(each.time_error_s for each in arrivals if each.camera == ears[first].camera.id)
    chances = extras(np.array([_hidden([onset for _, onset in members], settings.fusion)]))[0]
    one, two = (round(float(chance), 4) for chance in chances)
    probability = float(sounds.probability[row])
    missing = sounds.onset[row] < 0
    silent, deaf = (
        tuple(
            sorted(
                ear.camera.id for ear, silent in zip(ears, missing & (sounds.able[row] == able), strict=True) if silent
            )
        )
        for able in (True, False)
    )
    return IncidentShot(
        id=number,
        status="shot" if probability >= settings.probability.shot else "possible",
        time_s=time_s,
        time_error_s=round(float(np.hypot(first_error_s, ears[first].camera.error_s or 0.0)), 6),
        probability=probability,
        volley=volley,
        overlap=one + two >= settings.count.overlap,
        extra=(one, two),
        arrivals=tuple(sorted(arrivals, key=lambda arrival: arrival.camera)),
        deaf=deaf,
        silent=silent,
        flags=(_OVERLOADED,) * any(isinstance(onset, Shot) and _OVERLOADED in onset.flags for _, onset in members),
    )


def _arrival(ear: _Ear, onset: Shot | Rejected, delay_s: float, settings: Settings) -> Arrival:
    return Arrival(
        camera=ear.camera.id,
        onset=onset.id,
        status=onset.status if isinstance(onset, Shot) else "rejected",
        time_s=onset.time_s,
        time_error_s=onset.time_error_s if isinstance(onset, Shot) else settings.arrivals.most_error_s,
        probability=onset.probability,
        delay_s=round(delay_s, 6),
    )


def _hidden(onsets: Sequence[Shot | Rejected], settings: FusionSettings) -> float:
    """Mean number of further shots in a sound: of a camera by itself its own, else what the best one hides, in part."""
    means = [onset.extra[0] + 2 * onset.extra[1] for onset in onsets if isinstance(onset, Shot)]
    return min(means, default=0.0) * (settings.hidden if len(onsets) > 1 else 1.0)


def _rejected(number: int, row: int, sounds: _Sounds, ears: Sequence[_Ear]) -> Rejected:
    """A refused sound with the reason of the camera that gave it the highest chance."""
    onsets = [ear.onsets[at] for ear, at in zip(ears, sounds.onset[row].tolist(), strict=True) if at >= 0]
    likeliest = max(onsets, key=lambda onset: onset.probability)
    return Rejected(
        id=number,
        time_s=round(float(np.nanmin(sounds.arrived_s[row])), 6),
        probability=float(sounds.probability[row]),
        reason=likeliest.reason if isinstance(likeliest, Rejected) else ALONE,
    )
