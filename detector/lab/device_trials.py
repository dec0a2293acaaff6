"""What a device does itself, put into composed scenes: which shots are counted or lost for it.

Every trial hears the same scene twice, without the disturbance and with it, by the same detector.
What is listed only with it, where no shot is, is listed wrongly because of it; an audible shot
near it that is listed only without it is lost because of it.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from detector.core.audibility import WITHIN_S
from detector.core.blasts import Blast, friedlander, pascal, sampled
from detector.lab import sounds
from detector.lab.backdrop import Source
from detector.lab.beeps import Beep, beep
from detector.lab.composer import Take, compose, random
from detector.lab.gunfire import Shot
from detector.lab.material import RATE_HZ, Material
from detector.lab.metrics import Marks
from detector.lab.scene_numbers import SILENCE_S, TONE_HZ, TONE_LEVEL, TONE_S, Range
from detector.lab.staging import Stage
from detector.media.encode import SoundTrack, coded, write_media
from detector.media.samples import SampleTrack
from detector.recording import detect, report_on
from detector.records import Bool, Float32, Float64, Report
from detector.settings import Settings

SAME_S = 0.010  # two onsets this close are the same
NEAR_S = 0.100  # shots this close to a disturbance are near it
_EDGE_S = 0.010  # what is listed this close to an edge is listed because of it
_ASIDE_S = 1.0  # shots this far from any tell how many come and go by chance
_CUT_S = 0.025  # shots this close to missing sound cannot be heard: a frame of the codec
_SPANS = 4  # in a scene, of what is not beeps

Span = tuple[float, float]


@dataclass(frozen=True)
class Tally:
    """What trials gave, in numbers that add up.

    `events` were put in; `counted` onsets are listed as shots wrongly because of them, `doubted`
    as possible. Of `near` audible shots next to an event that are listed without it, `lost` ones
    are not listed with it; `found` are listed only with it. The same of shots far from any event
    tells what comes and goes by chance. `wrong` says what is listed wrongly.
    """

    events: int = 0
    counted: int = 0
    doubted: int = 0
    near: int = 0
    lost: int = 0
    found: int = 0
    aside: int = 0
    aside_lost: int = 0
    aside_found: int = 0
    wrong: tuple[str, ...] = field(default=(), compare=False)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        names = [each.name for each in dataclasses.fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, eq=False)
class Trial:
    """One scene without and with a disturbance: how the detector heard both, the shots in heard time, and where it is.

    What is listed wrongly is looked for `inside` the spans, or else only at their edges.
    """

    name: str
    plain: Report
    disturbed: Report
    marks: Marks
    spans: tuple[Span, ...]
    inside: bool
    events: int


def judged(trial: Trial) -> Tally:
    """What changed at the spans of a trial."""
    marks, spans = trial.marks, trial.spans
    before_s, after_s = (_times(report) for report in (trial.plain, trial.disturbed))
    known_s = np.concatenate([marks.time_s, marks.also_s, before_s])
    edges_s = [at_s for span in spans for at_s in span]
    because = [
        shot
        for shot in trial.disturbed.shots
        if _far(shot.time_s, known_s)
        and (
            any(a - _EDGE_S <= shot.time_s <= b + _EDGE_S for a, b in spans)
            if trial.inside
            else any(abs(shot.time_s - at_s) <= _EDGE_S for at_s in edges_s)
        )
    ]
    audible_s = marks.time_s[marks.audible]
    near = np.array([any(a - NEAR_S <= t <= b + NEAR_S for a, b in spans) for t in audible_s], bool)
    aside = np.array([all(t < a - _ASIDE_S or t > b + _ASIDE_S for a, b in spans) for t in audible_s], bool)
    was, now = (np.array([not _far(t, listed_s) for t in audible_s], bool) for listed_s in (before_s, after_s))
    return Tally(
        events=trial.events,
        counted=sum(shot.status == "shot" for shot in because),
        doubted=sum(shot.status == "possible" for shot in because),
        **_changes("", near, was, now),
        **_changes("aside_", aside, was, now),
        wrong=tuple(f"{trial.name} at {shot.time_s:.3f} s, {shot.probability:.2f}" for shot in because),
    )


def _changes(prefix: str, rows: Bool, was: Bool, now: Bool) -> dict[str, Any]:
    return {
        prefix.rstrip("_") or "near": int(np.sum(rows & was)),
        f"{prefix}lost": int(np.sum(rows & was & ~now)),
        f"{prefix}found": int(np.sum(rows & ~was & now)),
    }


def _times(report: Report) -> Float64:
    return np.array([shot.time_s for shot in report.shots], np.float64)


def _far(time_s: float, others_s: Float64) -> bool:
    return bool(np.all(np.abs(others_s - time_s) > SAME_S))


# --- what happens in front of the microphone ----------------------------------------------------


def beeps(family: str, seed: int, material: Material) -> Trial:
    """A scene with beeps of its camera, some around shots, the others anywhere."""
    rng = random(family, seed, material.fold, 11)
    chosen: list[Beep] = []

    def more(setting: Stage, fired: Sequence[Shot]) -> Iterator[Source]:
        chosen.extend(_strewn(rng, setting.duration_s, [shot.first_s for shot in fired]))
        yield from (each.source() for each in chosen)

    plain, take = compose(family, seed, material), compose(family, seed, material, more)
    spans = tuple(span for each in chosen for span in each.spans)
    return Trial(take.name, _heard(plain), _heard(take), _both(plain, take), spans, False, len(chosen))


def gusts(family: str, seed: int, material: Material) -> Trial:
    """A scene with gusts of wind on the microphone, up to its overload."""
    return _planted(family, seed, material, _gust)


def rubbing(family: str, seed: int, material: Material) -> Trial:
    """A scene in which hand and cloth rub on the camera."""
    return _planted(family, seed, material, _rub)


def release(family: str, seed: int, material: Material) -> Trial:
    """A scene with one bang by which the gain goes down; judged is the time in which it comes back."""
    return _planted(family, seed, material, _bang, count=1)


def _planted(
    family: str,
    seed: int,
    material: Material,
    make: Callable[[np.random.Generator], tuple[Float32, Span]],
    count: int = _SPANS,
) -> Trial:
    """A scene with sounds at the microphone, and the spans in which each may mislead."""
    rng = random(family, seed, material.fold, 12)
    spans: list[Span] = []

    def more(setting: Stage, _: Sequence[Shot]) -> Iterator[Source]:
        for at_s in np.sort(rng.uniform(0.5, setting.duration_s - 4.0, count)).tolist():
            pressure, (start_s, stop_s) = make(rng)
            spans.append((at_s + start_s, at_s + stop_s))
            yield Source(at_s, make.__name__, pressure, echoed=False)

    plain, take = compose(family, seed, material), compose(family, seed, material, more)
    return Trial(take.name, _heard(plain), _heard(take), _both(plain, take), tuple(spans), True, count)


def _gust(rng: np.random.Generator) -> tuple[Float32, Span]:
    length_s = float(rng.uniform(0.3, 2.0))
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    swell = np.minimum(1, np.minimum(t / rng.uniform(0.01, 0.15), (length_s - t) / rng.uniform(0.05, 0.3)))
    noise = sounds.wind(rng, len(t), RATE_HZ) * swell
    return _at_level(noise, rng, (105.0, 130.0)), (0.0, length_s)


def _rub(rng: np.random.Generator) -> tuple[Float32, Span]:
    sound = sounds.handling(rng, RATE_HZ)
    return _at_level(sound, rng, (95.0, 122.0)), (0.0, len(sound) / RATE_HZ)


def _bang(rng: np.random.Generator) -> tuple[Float32, Span]:
    blast = Blast(peak_pa=pascal(float(rng.uniform(135.0, 150.0))))
    return sampled(lambda time_s: friedlander(time_s, blast), RATE_HZ, 0.001).astype(np.float32), (0.06, 3.5)


def _at_level(sound: Float64, rng: np.random.Generator, levels_db: Range) -> Float32:
    peak = float(np.abs(sound).max())
    return np.asarray(sound / peak * pascal(float(rng.uniform(*levels_db))), np.float32)


def _strewn(rng: np.random.Generator, duration_s: float, fired_s: Sequence[float]) -> list[Beep]:
    """Beeps in time order, none before the last has ended."""
    around = [float(at_s + rng.uniform(-0.6, 0.1)) for at_s in fired_s if rng.random() < 0.3]
    wanted = sorted([*around, *np.cumsum(rng.uniform(0.8, 3.0, int(duration_s / 1.5))).tolist()])
    found: list[Beep] = []
    for at_s in wanted:
        new = beep(rng, at_s)
        if (not found or found[-1].stop_s + 0.3 < at_s) and at_s > 0.1 and new.stop_s < duration_s - 0.2:
            found.append(new)
    return found


# --- what is done to the file ------------------------------------------------------------------


def mutes(family: str, seed: int, material: Material) -> Trial:
    """A scene with spans of digital silence, coded again."""
    return _laid_over(family, seed, material, SILENCE_S, lambda n, rate_hz, rng: np.zeros(n, np.float32))


def redaction_tones(family: str, seed: int, material: Material) -> Trial:
    """A scene with tones in place of its sound, coded again."""

    def tone(n: int, rate_hz: int, rng: np.random.Generator) -> Float32:
        wave = np.sin(2 * np.pi * TONE_HZ * np.arange(n) / rate_hz)
        return np.asarray(rng.uniform(*TONE_LEVEL) * wave, np.float32)

    return _laid_over(family, seed, material, TONE_S, tone)


def _laid_over(
    family: str,
    seed: int,
    material: Material,
    lengths_s: Range,
    make: Callable[[int, int, np.random.Generator], Float32],
) -> Trial:
    take = compose(family, seed, material)
    rng = random(family, seed, material.fold, 13)
    spans = _spans(rng, take, lengths_s)
    samples = take.samples.copy()
    for start_s, stop_s in spans:
        first, last = (min(len(samples), round(at_s * take.rate_hz)) for at_s in (start_s, stop_s))
        samples[first:last] = make(last - first, take.rate_hz, rng)
    plain, changed = (coded(sound, take.rate_hz, take.stage.body.bit_rate) for sound in (take.samples, samples))
    before, after = (_heard(dataclasses.replace(take, samples=sound)) for sound in (plain, changed))
    return Trial(take.name, before, after, _outside(take.marks, spans, WITHIN_S), spans, False, len(spans))


def dropped(family: str, seed: int, material: Material) -> Trial:
    """A scene in a file of which some packets are left out."""
    return _spoilt(family, seed, material, lambda sound, spans: dataclasses.replace(sound, gaps=spans))


def garbled(family: str, seed: int, material: Material) -> Trial:
    """A scene in a file of which some packets hold noise."""
    return _spoilt(family, seed, material, lambda sound, spans: dataclasses.replace(sound, damaged=spans))


def _spoilt(
    family: str, seed: int, material: Material, spoil: Callable[[SoundTrack, tuple[Span, ...]], SoundTrack]
) -> Trial:
    take = compose(family, seed, material)
    spans = _spans(random(family, seed, material.fold, 14), take, (0.05, 0.6))
    sound = SoundTrack(take.samples[:, None], take.rate_hz, bit_rate=take.stage.body.bit_rate)
    with tempfile.TemporaryDirectory() as folder:
        plain, spoilt = (
            detect(write_media(Path(folder) / f"{name}.mp4", track))
            for name, track in (("plain", sound), ("spoilt", spoil(sound, spans)))
        )
    return Trial(take.name, plain, spoilt, _outside(take.marks, spans, _CUT_S), spans, True, len(spans))


def _spans(rng: np.random.Generator, take: Take, lengths_s: Range) -> tuple[Span, ...]:
    """A few spans, apart; the first begins or ends near a shot, if there is one."""
    found: list[Span] = []
    duration_s, fired_s = len(take.samples) / take.rate_hz, take.marks.time_s
    for number in range(_SPANS):
        length_s = float(rng.uniform(*lengths_s))
        start_s = float(rng.uniform(0.5, max(0.6, duration_s - length_s - 0.5)))
        if not number and len(fired_s):
            at_s = float(rng.choice(fired_s)) + float(rng.uniform(-0.05, 0.3))
            start_s = max(0.1, at_s if rng.random() < 0.5 else at_s - length_s)
        stop_s = min(duration_s - 0.1, start_s + length_s)
        if stop_s > start_s and all(stop_s + 0.3 < a or start_s - 0.3 > b for a, b in found):
            found.append((start_s, stop_s))
    return tuple(sorted(found))


def _outside(marks: Marks, spans: Sequence[Span], beside_s: float) -> Marks:
    """The marks, those in the spans not audible."""
    inside = np.array([any(a - beside_s <= t <= b + beside_s for a, b in spans) for t in marks.time_s], bool)
    return Marks(marks.time_s, marks.also_s, marks.audible & ~inside)


def _both(plain: Take, take: Take) -> Marks:
    """The shots of a scene, audible only where they are so without and with the disturbance."""
    marks = take.marks
    return Marks(marks.time_s, marks.also_s, marks.audible & plain.marks.audible)


def _heard(take: Take) -> Report:
    return report_on(SampleTrack(take.samples, take.rate_hz), Settings())


TRIALS: Mapping[str, Callable[[str, int, Material], Trial]] = {
    "beeps": beeps,
    "mutes": mutes,
    "redaction tones": redaction_tones,
    "wind": gusts,
    "rubbing": rubbing,
    "gain recovery": release,
    "dropped packets": dropped,
    "garbled packets": garbled,
}
