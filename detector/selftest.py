"""Known shots put into the user's own sound and found again by the same road -> SelfTest.

The sound is read once more from the file and only ever changed in memory. Where shots are planted,
what kind and how loud is drawn from the hash of the content, so the same file gives the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from detector.core import exemplars, planting, rehearing, rooms, trials
from detector.core.bounds import poisson_bounds
from detector.core.exemplars import Material
from detector.core.hearing import Onsets
from detector.core.planting import Piece
from detector.core.probability import Model
from detector.core.rooms import Span
from detector.core.trials import Trial
from detector.records import Block, Float32, Report, SelfTest, Shot, Situation, Track
from detector.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is planted."""

    per_level: int = 16  # shots for each bin of level, between volleys and again inside
    same_gun: int = 80  # copies of the recording's own shots as loud as they are, inside volleys
    per_gap: int = 12  # pairs for each gap
    places: int = 16  # stretches of sound, between volleys and again inside, that are used again and again
    place_s: float = 1.5  # seconds in each within which shots are planted
    most_copied: int = 16  # of the recording's own shots
    learned: int = 8  # places from which blasts are heard: as the recording's own shots were, or made up


USUAL = Plan()


class ReadableTrack(Track, Protocol):
    """A track of which windows can be read again."""

    def read(self, windows: Sequence[tuple[float, float]]) -> list[Block]:
        """The sound of each window (start_s, stop_s)."""


_BACK_S, _AHEAD_S = 0.3, 1.1 + max(trials.GAPS_S)  # around a planted shot, in which onsets are looked for anew
_LEVELS_DB = (-6.0, *trials.EDGES_DB, 54.0)
_PAIR_DB = (18.0, 36.0)  # levels of pairs that are planted away from volleys
_SPREAD_DB = 1.5  # sd of the loudness of shots of one gun
_TAIL_SHARE = (0.3, 1.0)  # of what the direct sound falls by, by which its tail does not
_ENOUGH_QUIET_S = 60.0


def run(
    track: ReadableTrack,
    report: Report,
    onsets: Onsets | None,
    model: Model,
    settings: Settings,
    plan: Plan = USUAL,
) -> SelfTest:
    """What of shots planted into a recording is found again.

    Parameters
    ----------
    track, report, onsets
        The recording, what was found in it, and all onsets of which that was found.
    model, settings
        Those by which it was found.
    plan
        How much is planted.
    """
    if onsets is None or not (rooms.between(report) or rooms.inside(report)):
        return SelfTest(obstacle=_obstacle(report))
    rng = np.random.Generator(np.random.PCG64(int(report.recording.sha256[:16], 16)))
    known = rehearing.heard(onsets, report.coverage, model, settings)
    stage = _stage(track, report, known, rng, plan)
    return _told(report, stage, [_tried(stage, wish, rng) for wish in _wishes(stage, rng, plan)])


@dataclass(frozen=True, eq=False)
class _Site:
    """A stretch of the recording's own sound, in whose `span` shots may be planted."""

    span: Span
    block: Block


@dataclass(frozen=True, eq=False)
class _Stage:
    """Where shots are planted, and which; `ceiling` overloads the recorder, `listed_db` are its own shots' levels."""

    known: rehearing.Heard
    between: list[_Site]
    inside: list[_Site]
    material: Material
    ceiling: float
    listed_db: dict[Situation, list[float]]


@dataclass(frozen=True)
class _Wish:
    """What is to be planted, and where; without a level as loud as it was recorded."""

    situation: Situation
    site: _Site
    level_db: float | None = None
    copied: bool = False
    gap_s: float | None = None


def _stage(
    track: ReadableTrack, report: Report, known: rehearing.Heard, rng: np.random.Generator, plan: Plan
) -> _Stage:
    """All that is needed of the sound, read in one pass."""
    shots = [shot for shot in report.shots if shot.repeat_of is None]
    own = exemplars.candidates(shots)
    between, inside = (list(_spans(room, rng, plan)) for room in (rooms.between(report), rooms.inside(report)))
    around = [_around(span, known.settings) for span in (*between, *inside)]
    blocks = iter(track.read([*around, *(each.span for each in own), *map(exemplars.beside, shots)]))
    sites = [_Site(span, next(blocks)) for span in (*between, *inside)]
    ceiling, heard = _ceiling(report), [(each, next(blocks)) for each in own]
    levels = [(shot, exemplars.level_db(shot, next(blocks))) for shot in shots]
    return _Stage(
        known=known,
        between=sites[: len(between)],
        inside=sites[len(between) :],
        material=exemplars.material(heard, track.rate_hz, ceiling, rng, (plan.most_copied, plan.learned)),
        ceiling=ceiling,
        listed_db=_by_situation(report, levels),
    )


def _spans(spans: Sequence[Span], rng: np.random.Generator, plan: Plan) -> Iterator[Span]:
    """Short spans within the given ones, spread evenly over their time."""
    total_s = rooms.length_s(spans)
    number = min(plan.places, math.ceil(total_s / plan.place_s))
    for at_s in (np.arange(number) + rng.random(number)) * total_s / max(1, number):
        for start_s, stop_s in spans:
            if at_s < stop_s - start_s:
                middle_s = start_s + float(at_s)
                yield max(start_s, middle_s - plan.place_s / 2), min(stop_s, middle_s + plan.place_s / 2)
                break
            at_s -= stop_s - start_s


def _around(span: Span, settings: Settings) -> Span:
    """The sound that is needed to hear what is planted in a span."""
    margin_s = settings.stretches.margin_s
    return span[0] - _BACK_S - margin_s, span[1] + _AHEAD_S + margin_s


def _ceiling(report: Report) -> float:
    """Magnitude at which the recording clips: its highest where it is overloaded anywhere, else full scale."""
    overview = report.overview
    if overview is None or not any(part.state == "overloaded" for part in report.coverage):
        return 1.0
    return float(max(np.nanmax(overview.maximum), -np.nanmin(overview.minimum)))


def _wishes(stage: _Stage, rng: np.random.Generator, plan: Plan) -> Iterator[_Wish]:
    """All that is to be planted: levels and gaps evenly, at places drawn from those there are."""
    copies = bool(stage.material.copies)
    single: tuple[tuple[Situation, Sequence[_Site]], ...] = (("alone", stage.between), ("other gun", stage.inside))
    for situation, sites in single:
        for low_db, high_db in pairwise(_LEVELS_DB):
            for number in range(plan.per_level if sites else 0):
                level_db = float(rng.uniform(low_db, high_db))
                yield _Wish(situation, _one(sites, rng), level_db, copies and number % 2 == 1)
    if copies and stage.inside:
        yield from (_Wish("same gun", _one(stage.inside, rng), copied=True) for _ in range(plan.same_gun))
    for gap_s in trials.GAPS_S:
        for _ in range(plan.per_gap):
            if copies and stage.inside:
                yield _Wish("same gun", _one(stage.inside, rng), copied=True, gap_s=gap_s)
            else:
                sites = stage.between or stage.inside
                yield _Wish("alone", _one(sites, rng), float(rng.uniform(*_PAIR_DB)), copies, gap_s)


def _tried(stage: _Stage, wish: _Wish, rng: np.random.Generator) -> Trial:
    """A wish fulfilled, and what came of it."""
    site, settings = wish.site, stage.known.settings
    rate_hz, margin_s = site.block.rate_hz, settings.stretches.margin_s
    at_s = float(rng.uniform(*site.span))
    begin = max(0, round((at_s - _BACK_S - margin_s - site.block.start_s) * rate_hz))
    end = round((at_s + _AHEAD_S + margin_s - site.block.start_s) * rate_hz)
    there, first = site.block.samples[begin:end], round(site.block.start_s * rate_hz) + begin
    times_s = [at_s] if wish.gap_s is None else [at_s, at_s + wish.gap_s]
    after, levels = there, []
    for time_s in times_s:
        at = round(time_s * rate_hz) - first
        piece = _drawn(stage.material, wish.copied, rate_hz, rng)
        amplitude = _amplitude(piece, wish.level_db, there, at, rate_hz) * 10 ** (rng.normal(0, _SPREAD_DB) / 20)
        shot = planting.farther(piece, amplitude, float(rng.uniform(*_TAIL_SHARE)))
        louder = planting.planted(after, shot, at, rate_hz, stage.ceiling)
        levels.append(planting.level_at(after, louder - after, at, rate_hz))
        after = louder
    unheard = tuple((c.start_s, c.stop_s) for c in stage.known.covered if c.state in ("no_audio", "damaged"))
    stretch = rehearing.stretch_around(after, first, rate_hz, (at_s - _BACK_S, at_s + _AHEAD_S), unheard)
    before_s, after_s = rehearing.listed_s(stage.known, stretch)
    found, extra = trials.outcome(np.array(times_s), before_s, after_s)
    return Trial(wish.situation, tuple(levels), wish.gap_s, found, extra)


def _amplitude(piece: Piece, level_db: float | None, there: Float32, at: int, rate_hz: int) -> float:
    """How high the direct sound of a piece is for a level over what is there; without one as it was recorded."""
    if level_db is None:
        return piece.reference
    alone = planting.planted(np.zeros_like(there), piece.direct, at, rate_hz, math.inf)
    gain_db = level_db - planting.level_at(there, alone, at, rate_hz)
    return float(10 ** (gain_db / 20) * np.abs(piece.direct).max())


def _drawn(material: Material, copied: bool, rate_hz: int, rng: np.random.Generator) -> Piece:
    if copied:
        return material.copies[int(rng.integers(len(material.copies)))]
    return planting.blast(rng, rate_hz, material.places[int(rng.integers(len(material.places)))])


def _one(sites: Sequence[_Site], rng: np.random.Generator) -> _Site:
    return sites[int(rng.integers(len(sites)))]


def _by_situation(report: Report, levels: Sequence[tuple[Shot, float]]) -> dict[Situation, list[float]]:
    """Levels of the listed shots inside volleys of several, and of those that are alone."""
    several = {shot for volley in report.volleys if len(volley.shots) > 1 for shot in volley.shots}
    found: dict[Situation, list[float]] = {"alone": [], "same gun": []}
    for shot, level_db in levels:
        found["same gun" if shot.id in several else "alone"].append(level_db)
    return found


def _told(report: Report, stage: _Stage, done: Sequence[Trial]) -> SelfTest:
    quiet = rooms.quiet(report)
    quiet_s = rooms.length_s(quiet)
    alone = sum(any(a <= shot.time_s < b for a, b in quiet) for shot in report.shots if shot.repeat_of is None)
    gaps = trials.gaps(done)
    return SelfTest(
        obstacle=None,
        echoes_of=stage.material.learned,
        copied=len(stage.material.copies),
        recall=tuple(trials.recall(done, stage.listed_db)),
        echo_mistakes=tuple(trials.echo_mistakes(done)),
        gaps=gaps,
        half_apart_s=trials.apart_from_s(gaps, 0.5),
        most_apart_s=trials.apart_from_s(gaps, 0.9),
        quiet_s=quiet_s,
        alone=alone,
        most_alarms_per_hour=poisson_bounds(alone)[1] / quiet_s * 3600 if quiet_s >= _ENOUGH_QUIET_S else None,
        confidence=trials.CONFIDENCE,
    )


def _obstacle(report: Report) -> str:
    """Why no shot can be planted."""
    if report.recording.audio is None:
        return "no room to plant shots: the file has no sound track"
    if report.heard_s == 0:
        return "no room to plant shots: nothing in this file could be heard"
    return "no room to plant shots: nowhere are 2.1 s heard in one piece"
