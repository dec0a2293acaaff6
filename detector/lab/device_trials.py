"""What a device does itself, put into composed scenes: which shots are counted or lost for it.

Every trial hears the same scene twice, without the disturbance and with it, by the same detector.
What is counted only with it, beside no shot and next to one of its edges, is counted wrongly
because of it; an audible shot next to it that is found only without it is lost because of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from detector.lab.backdrop import Source
from detector.lab.beeps import Beep, beep
from detector.lab.composer import Take, compose, random
from detector.lab.gunfire import Shot
from detector.lab.material import Material
from detector.lab.staging import Stage
from detector.media.samples import SampleTrack
from detector.recording import report_on
from detector.records import Float32, Float64, Report
from detector.settings import Settings

SAME_S = 0.010  # two onsets this close are the same
NEAR_S = 0.100  # shots this close to a disturbance are near it
_EDGE_S = 0.020  # what is counted this close to one of its edges is counted because of it
_ASIDE_S = 1.0  # shots this far from any tell how many come and go by chance
_BEEPS, _MUTES, _GUSTS, _RUBS = range(11, 15)  # streams of random numbers

Span = tuple[float, float]


@dataclass(frozen=True)
class Tally:
    """What trials gave, in numbers that add up.

    `events` were put in; `counted` onsets are shots wrongly because of them, `doubted` as many
    that are listed as possible. `near` audible shots lie next to an event and are found without
    it: `lost` of them are not found with it, and `found` ones are found only with it. The same
    three of shots far from any event tell what comes and goes by chance.
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
        names = [name for name in self.__dataclass_fields__]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


def beeps(family: str, seed: int, material: Material) -> Tally:
    """A scene of a family without and with beeps, a third of them around shots, the others anywhere."""
    chosen: list[Beep] = []

    def more(setting: Stage, fired: Sequence[Shot]) -> Iterator[Source]:
        rng = random(family, seed, material.fold, _BEEPS)
        fired_s = [shot.first_s for shot in fired]
        chosen.extend(_strewn_beeps(rng, setting.duration_s, fired_s))
        yield from (each.source() for each in chosen)

    take = compose(family, seed, material, more)
    plain = compose(family, seed, material)
    spans = [span for each in chosen for span in each.spans]
    return judged(take.name, heard(plain), heard(take), (plain, take), spans, len(chosen))


def _strewn_beeps(rng: np.random.Generator, duration_s: float, fired_s: Sequence[float]) -> list[Beep]:
    """Beeps in time order, none before the last has ended."""
    around = [float(at_s + rng.uniform(-0.6, 0.1)) for at_s in fired_s if rng.random() < 0.3]
    wanted = sorted([*around, *np.cumsum(rng.uniform(0.8, 3.0, int(duration_s / 1.5))).tolist()])
    found: list[Beep] = []
    for at_s in wanted:
        new = beep(rng, at_s)
        if (not found or found[-1].stop_s + 0.3 < at_s) and at_s > 0.1 and new.stop_s < duration_s - 0.2:
            found.append(new)
    return found


def heard(take: Take, samples: Float32 | None = None) -> Report:
    """The published detector on a take, or on other samples in its place."""
    return report_on(SampleTrack(take.samples if samples is None else samples, take.rate_hz), Settings())


def judged(
    name: str, plain: Report, disturbed: Report, takes: tuple[Take, Take], spans: Sequence[Span], events: int
) -> Tally:
    """What changed next to the edges of some spans, between the reports on two takes, the second of them disturbed."""
    marks = takes[1].marks
    true_s = np.concatenate([marks.time_s, marks.also_s])
    before_s = _times(plain)
    edges_s = np.array(spans, np.float64).ravel()
    new = [s for s in disturbed.shots if _far(s.time_s, true_s, SAME_S) and _far(s.time_s, before_s, SAME_S)]
    because = [shot for shot in new if not _far(shot.time_s, edges_s, _EDGE_S)]
    audible_s = marks.time_s[marks.audible & takes[0].marks.audible]
    groups = {
        "": [t for t in audible_s if any(a - NEAR_S <= t <= b + NEAR_S for a, b in spans)],
        "aside_": [t for t in audible_s if all(t < a - _ASIDE_S or t > b + _ASIDE_S for a, b in spans)],
    }
    numbers: dict[str, int] = {}
    after_s = _times(disturbed)
    for prefix, times in groups.items():
        was = [not _far(t, before_s, SAME_S) for t in times]
        now = [not _far(t, after_s, SAME_S) for t in times]
        numbers[prefix + "near" if not prefix else "aside"] = sum(was)
        numbers[prefix + "lost"] = sum(a and not b for a, b in zip(was, now, strict=True))
        numbers[prefix + "found"] = sum(b and not a for a, b in zip(was, now, strict=True))
    return Tally(
        events=events,
        counted=sum(shot.status == "shot" for shot in because),
        doubted=sum(shot.status == "possible" for shot in because),
        wrong=tuple(f"{name} at {shot.time_s:.3f} s, {shot.probability:.2f}" for shot in because),
        **numbers,
    )


def _times(report: Report) -> Float64:
    return np.array([shot.time_s for shot in report.shots])


def _far(time_s: float, others_s: Float64, apart_s: float) -> bool:
    return bool(np.all(np.abs(others_s - time_s) > apart_s))
