"""One event as a publisher shows it: a title, one view, another one, replays at the same speed and slower."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import soxr

from detector.core.audibility import WITHIN_S
from detector.lab import scene_numbers as numbers
from detector.lab.backdrop import Planted
from detector.lab.footage import Heard, Segment, View
from detector.media.encode import coded
from detector.records import Float32

RATE_HZ = numbers.PUBLISHED_HZ


def compilation(views: Sequence[View], rng: np.random.Generator) -> View:
    """A file that shows two views, and parts of the first again, with its own truth.

    Views are coded as their cameras do before they are joined. Shots stand wherever they are
    shown; all but the first showings are repeats. Cards are silent.

    Raises
    ------
    ValueError
        With fewer than two views.
    """
    if len(views) < 2:
        raise ValueError(f"a compilation shows two views, not {len(views)}; let two cameras record the event")
    sounds = [_joined(view) for view in views[:2]]
    segments = tuple(_segments(views, [len(sound) for sound in sounds], rng))
    rates = numbers.BIT_RATES[RATE_HZ]
    return dataclasses.replace(
        views[0],
        samples=np.concatenate([_shown(segment, sounds) for segment in segments]),
        rate_hz=RATE_HZ,
        bit_rate=int(rng.choice(rates)),
        coded_first=(views[0].rate_hz, views[0].bit_rate),
        late_s=0.0,
        shots=_once(shot for number, segment in enumerate(segments) for shot in _shots(number, segment, views)),
        planted=tuple(planted for segment in segments for planted in _planted(segment, views)),
        unheard=tuple((segment.start_s, segment.stop_s) for segment in segments if segment.view is None),
        segments=segments,
    )


def _joined(view: View) -> Float32:
    """The sound of a view as an editor has it, from its first sample on."""
    sound = coded(view.samples, view.rate_hz, view.bit_rate)
    return np.asarray(np.clip(soxr.resample(sound, view.rate_hz, RATE_HZ), -1, 1), np.float32)


def _segments(views: Sequence[View], lengths: Sequence[int], rng: np.random.Generator) -> Iterator[Segment]:
    """The parts of a compilation one after the other, each of whole samples."""
    first_s, last_s = _fire(views[0])
    around = (max(0, round(first_s * RATE_HZ)), min(lengths[0], round(last_s * RATE_HZ)))
    parts = [("view", 1, 1.0, (0, lengths[0])), ("view", 2, 1.0, (0, lengths[1]))]
    if rng.random() < numbers.REPLAY_CHANCE:
        parts.append(("replay", 1, 1.0, around))
    parts.append(("replay", 1, float(rng.choice(numbers.SLOW_SPEEDS)), around))
    at = 0
    for number, (kind, view, speed, (first, last)) in enumerate(parts):
        if not number or rng.random() < numbers.CARD_BETWEEN_CHANCE:
            card = round(float(rng.uniform(*(numbers.CARD_BETWEEN_S if number else numbers.CARD_S))) * RATE_HZ)
            yield Segment(at / RATE_HZ, (at + card) / RATE_HZ, "card")
            at += card
        stop = at + round((last - first) / speed)
        yield Segment(at / RATE_HZ, stop / RATE_HZ, kind, view, speed, first / RATE_HZ)
        at = stop


def _fire(view: View) -> tuple[float, float]:
    """From a second before the first shot to a second after the last, from the first sample on; all without shots."""
    first_s = [shot.first_s - view.late_s for shot in view.shots] or [0.0, view.duration_s]
    return min(first_s) - numbers.REPLAY_AROUND_S, max(first_s) + numbers.REPLAY_AROUND_S


def _shown(segment: Segment, sounds: Sequence[Float32]) -> Float32:
    """The samples of a segment; slow sound is as much lower."""
    n = round((segment.stop_s - segment.start_s) * RATE_HZ)
    if segment.view is None:
        return np.zeros(n, np.float32)
    first = round(segment.source_start_s * RATE_HZ)
    part = sounds[segment.view - 1][first : first + round(n * segment.speed)]
    if segment.speed != 1.0:
        part = np.asarray(np.clip(soxr.resample(part, segment.speed, 1.0), -1, 1), np.float32)
    return _fitted(part, n)


def _fitted(part: Float32, n: int) -> Float32:
    whole = np.zeros(n, np.float32)
    whole[: min(n, len(part))] = part[:n]
    return whole


def _shots(number: int, segment: Segment, views: Sequence[View]) -> Iterator[Heard]:
    """The shots that a segment shows, on the clock of the compilation."""
    if segment.view is None:
        return
    view = views[segment.view - 1]
    for shot in view.shots:
        shown = shot.later(-view.late_s - segment.source_start_s).later(segment.start_s, segment.speed)
        if segment.start_s <= shown.first_s < segment.stop_s - WITHIN_S and shot.first_s >= view.late_s:
            yield dataclasses.replace(shown, segment=number)


def _once(shots: Iterator[Heard]) -> tuple[Heard, ...]:
    """The shots, those marked as repeats whose discharge was shown before."""
    known: set[tuple[str, float | None]] = set()
    told = []
    for shot in shots:
        key = (shot.gun, shot.emission_s)
        told.append(dataclasses.replace(shot, repeat=key in known))
        known.add(key)
    return tuple(told)


def _planted(segment: Segment, views: Sequence[View]) -> Iterator[Planted]:
    if segment.view is None:
        return
    view = views[segment.view - 1]
    for at_s, kind in view.planted:
        shown_s = segment.start_s + (at_s - view.late_s - segment.source_start_s) / segment.speed
        if segment.start_s <= shown_s < segment.stop_s:
            yield shown_s, kind
