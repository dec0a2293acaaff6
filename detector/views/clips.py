"""Excerpts of a recording's sound for a page: around every listed onset, compressed, small enough to embed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detector.exports.pieces import check_is_of
from detector.media.encode import OPUS_HZ, opus
from detector.records import Block, Float32, Report, Track

_BEFORE_S, _AFTER_S = 0.6, 1.4  # what is played is 0.3 s before to 1.0 s after
_LONGEST_S = 20.0  # of one excerpt that onsets share: a browser decodes it in the wink of an eye
_JOINED_S = 0.5  # pauses up to this do not part excerpts
_WHOLE_S = 240.0  # recordings up to this are embedded whole: one can then listen anywhere
MOST_BYTES = 9_000_000  # of coded sound; as text, with the rest of the page, under 15 MB
_BEST_BIT_RATE, _LEAST_BIT_RATE = 64_000, 24_000

Window = tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """Coded sound of one channel (an Ogg file with Opus) that decodes to `samples` at `OPUS_HZ` from `start_s` on."""

    start_s: float
    samples: int
    ogg: bytes


@dataclass(frozen=True)
class Wanted:
    """What is to be heard of a recording, seconds of its file, and the most bytes of coded sound.

    `refused_s` are taken as far as there is room, the first ones first.
    """

    shots_s: tuple[float, ...]
    refused_s: tuple[float, ...] = ()
    most_bytes: int = MOST_BYTES


def cut(report: Report, sound: Track, wanted: Wanted | None = None) -> tuple[Clip, ...]:
    """The excerpts of one pass over the sound, channels mixed, zeros where there are no samples.

    A short recording is taken whole; of a long one 0.6 s before to 1.4 s after each shot, and each
    refused onset that is listed as far as there is room.

    Parameters
    ----------
    wanted
        What to take of a long one: the onsets of the report where None.

    Raises
    ------
    OutputError
        When the sound is another recording's than the report's.
    """
    if sound.rate_hz <= 0:
        return ()
    stretches, bit_rate = windows(report, wanted)
    clips = tuple(
        Clip(start_s, round(len(samples) / sound.rate_hz * OPUS_HZ), opus(samples, sound.rate_hz, bit_rate))
        for start_s, samples in _sounds(sound.blocks(), stretches, sound.rate_hz)
    )
    check_is_of(sound, report)
    return clips


def windows(report: Report, wanted: Wanted | None = None) -> tuple[list[Window], int]:
    """Stretches (start_s, stop_s) to embed, in order of their starts, and the bit rate at which they fit.

    Each onset's stretch lies in one of them as a whole.
    """
    wanted = wanted or listed(report)
    whole_s = sum(stretch.stop_s - stretch.start_s for stretch in report.coverage if stretch.state != "no_audio")
    most_s = wanted.most_bytes * 8 / _LEAST_BIT_RATE
    if whole_s <= _WHOLE_S and _length_s(tiles := _tiles(report)) <= most_s:
        return tiles, _bit_rate(tiles, wanted.most_bytes)
    found, room = _joined(wanted.shots_s), len(wanted.refused_s)
    while room:
        with_refused = _joined([*wanted.shots_s, *wanted.refused_s[:room]])
        if _length_s(with_refused) <= most_s:
            found = with_refused
            break
        room //= 2
    while _length_s(found) > most_s:
        found = found[: len(found) * 9 // 10]
    return found, _bit_rate(found, wanted.most_bytes)


def listed(report: Report) -> Wanted:
    """All onsets of a report, the likelier refused ones first."""
    refused = sorted(report.rejected, key=lambda onset: -onset.probability)
    return Wanted(tuple(shot.time_s for shot in report.shots), tuple(onset.time_s for onset in refused))


def _tiles(report: Report) -> list[Window]:
    """Overlapping stretches over all time that has samples."""
    found: list[Window] = []
    for stretch in report.coverage:
        if stretch.state == "no_audio":
            continue
        if found and found[-1][1] >= stretch.start_s:
            found[-1] = (found[-1][0], stretch.stop_s)
        else:
            found.append((stretch.start_s, stretch.stop_s))
    overlap_s = _BEFORE_S + _AFTER_S
    return [
        (float(start_s), min(float(start_s) + _LONGEST_S + overlap_s, stop_s))
        for first_s, stop_s in found
        for start_s in np.arange(first_s, max(stop_s - overlap_s, first_s + 1e-3), _LONGEST_S)
    ]


def _joined(times_s: Sequence[float]) -> list[Window]:
    found: list[Window] = []
    for time_s in sorted(times_s):
        start_s, stop_s = max(time_s - _BEFORE_S, min(time_s, 0.0)), time_s + _AFTER_S
        near = bool(found) and start_s <= found[-1][1] + _JOINED_S and stop_s - found[-1][0] <= _LONGEST_S
        if near:
            found[-1] = (found[-1][0], stop_s)
        else:
            found.append((start_s, stop_s))
    return found


def _bit_rate(windows: Sequence[Window], most_bytes: int) -> int:
    return int(min(_BEST_BIT_RATE, most_bytes * 8 / max(_length_s(windows), 1.0)))


def _length_s(windows: Sequence[Window]) -> float:
    return sum(stop_s - start_s for start_s, stop_s in windows)


def _sounds(blocks: Iterable[Block], wanted: Sequence[Window], rate_hz: int) -> Iterator[tuple[float, Float32]]:
    """Start and samples (n,) of each window, each as soon as it is complete: memory does not grow with the sound."""
    bounds = [(round(start_s * rate_hz), round(stop_s * rate_hz)) for start_s, stop_s in wanted]
    opened: list[tuple[int, int, Float32]] = []
    for block in blocks:
        first, stop = round(block.start_s * rate_hz), round(block.start_s * rate_hz) + len(block.samples)
        while bounds and bounds[0][0] < stop:
            a, b = bounds.pop(0)
            opened.append((a, b, np.zeros(max(0, b - a), np.float32)))
        mixed = block.samples.mean(axis=1)
        for a, b, samples in opened:
            begin, end = max(a, first), min(b, stop)
            if begin < end:
                samples[begin - a : end - a] = mixed[begin - first : end - first]
        while opened and opened[0][1] <= stop:
            a, _, samples = opened.pop(0)
            yield a / rate_hz, samples
    for a, _, samples in opened:
        yield a / rate_hz, samples
