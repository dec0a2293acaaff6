"""Frames -> short steady tones with sharp ends, as cameras make them when they start, stop and go on.

The spectra that frames have already tell where one tone leads. Only where such a tone begins or
ends is the sound itself looked at again, for its pitch and its edge, so that an hour costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.core.frames import FRAME_HOPS, Frames
from detector.core.stretches import Stretch
from detector.records import HEARD_STATES, Coverage, DeviceTone, Float32, Float64, Int64
from detector.settings import ToneSettings

Complex = NDArray[np.complex128]

_PAIR_HOPS = 2 * FRAME_HOPS  # frames come in pairs with one spectrum
_AROUND_HOPS = 3 * _PAIR_HOPS  # a pair with one on either side, in which an edge is looked for
_LOWEST_HZ = 400.0  # rumble below has no say, nor have overtones above the highest pitch
_NEIGHBOURS = 1  # bands on either side into which a tone reaches
_LEAST_PAIRS = 2  # that a tone leads
_SMOOTH = np.hanning(7)[1:-1] / np.hanning(7).sum()  # over hops: 3 ms, shorter than any beep
_LINES = 512  # of the spectrum that tells the pitch, 2 Hz apart
_THERE, _EDGE, _GONE = 0.9, 0.5, 0.3  # of a tone's amplitude: where it is there, where it ends, and where it has ended
_FLAT, _FLAT_HOPS = 0.6, 12  # of the amplitude, kept for so long up to the edge: voices and struck things swell or fade
_GONE_HOPS = 25  # after which it has ended: fades of beeps are shorter, those of voices and flutes longer
_BROKEN_PAIRS = 10  # for which something louder may hide a tone that goes on
_SAME_PITCH = 0.02  # share by which both ends of one tone may differ


@dataclass(frozen=True)
class _Edge:
    """The tone of a pair: its pitch, and when it begins and ends, None where it does not do so near by."""

    pitch_hz: float
    start_s: float | None
    stop_s: float | None


@dataclass(frozen=True)
class _Part:
    """Pairs in a row that one tone leads, from number `first` on: columns of them, and the edges of the outermost."""

    first: int
    bands: tuple[int, ...]
    power: tuple[float, ...]
    share: tuple[float, ...]
    begin: _Edge
    end: _Edge

    @property
    def last(self) -> int:
        return self.first + len(self.bands) - 1

    def with_more(self, later: _Part) -> _Part:
        """Both as one, whose inner ends do not count: there something louder begins to hide the tone."""
        bands, share = (*self.bands, *later.bands), (*self.share, *later.share)
        return _Part(self.first, bands, (*self.power[:-1], *later.power[1:]), share, self.begin, later.end)


def find(stretch: Stretch, measured: Frames, settings: ToneSettings) -> tuple[DeviceTone, ...]:
    """Tones in a stretch, its margins included, that are as short as beeps, steady and cut sharply, in time order.

    Parameters
    ----------
    measured
        The frames of the stretch with its margins (`frames.with_margins`).

    Notes
    -----
    At the pitch of a tone there is at least `listed_share` of the energy from 400 Hz to the highest
    pitch all the time, and `clear_share` once. What hides it for a moment does not end it. Its edges
    are where its amplitude is half, good to a millisecond or two. A tone that reaches beyond the
    stretch is not found in it: margins are longer than the longest tone.
    """
    rows, bands, power, share = _led(measured, settings)
    breaks = np.flatnonzero((np.diff(rows) != 1) | (np.abs(np.diff(bands)) > _NEIGHBOURS)) + 1
    most = settings.longest_s / (2 * measured.frame_s) + 2
    parts = np.split(np.arange(len(rows)), breaks) if len(rows) else []
    parts = [
        part for part in parts if len(part) <= most and _may_be(power[part].tolist(), share[part].tolist(), settings)
    ]
    outermost = np.array([(part[0], part[-1]) for part in parts], np.int64).ravel()
    edges = _edges(stretch, measured, rows[outermost], bands[outermost])
    found: list[_Part] = []
    for part, begin, end in zip(parts, edges[::2], edges[1::2], strict=True):
        of_bands, of_power, of_share = (tuple(column[part].tolist()) for column in (bands, power, share))
        new = _Part(measured.first // 2 + int(rows[part[0]]), of_bands, of_power, of_share, begin, end)
        found.append(found.pop().with_more(new) if found and _hidden_between(found[-1], new) else new)
    return tuple(tone for part in found if (tone := _tone(part, settings)) is not None)


def begun_in(tones: Sequence[DeviceTone], stretch: Stretch) -> Iterator[DeviceTone]:
    """Those tones that begin in the core of a stretch: each of a recording begins in one."""
    start, stop = stretch.first_hop + stretch.core.start, stretch.first_hop + stretch.core.stop
    for tone in tones:
        if start <= np.floor(tone.start_s / stretch.hop_s) < stop:
            yield tone


def heard_only(tones: Sequence[DeviceTone], covered: Sequence[Coverage]) -> tuple[DeviceTone, ...]:
    """The tones in heard time; those laid over a recording afterwards are `masked` there, and left out."""
    unheard = [c for c in covered if c.state not in HEARD_STATES]
    return tuple(t for t in tones if not any(t.start_s < c.stop_s and t.stop_s > c.start_s for c in unheard))


def _may_be(power: Sequence[float], share: Sequence[float], settings: ToneSettings) -> bool:
    """Whether pairs in a row may be a tone: steady but for the outermost, which hold it only in part."""
    inner = power[1:-1] or power[:1]
    steady = max(inner) <= min(inner) * 10 ** (settings.steady_db / 10)
    return steady and len(power) >= _LEAST_PAIRS and max(share) >= settings.clear_share


def _tone(part: _Part, settings: ToneSettings) -> DeviceTone | None:
    start_s, stop_s = part.begin.start_s, part.end.stop_s
    if start_s is None or stop_s is None or not _may_be(part.power, part.share, settings):
        return None
    pitch_hz = (part.begin.pitch_hz + part.end.pitch_hz) / 2
    same = abs(part.begin.pitch_hz - part.end.pitch_hz) <= _SAME_PITCH * pitch_hz
    if not same or not settings.shortest_s <= stop_s - start_s <= settings.longest_s:
        return None
    return DeviceTone(round(start_s, 6), round(stop_s, 6), round(pitch_hz, 1))


def _hidden_between(part: _Part, later: _Part) -> bool:
    near = later.first - part.last <= _BROKEN_PAIRS and abs(part.bands[-1] - later.bands[0]) <= _NEIGHBOURS
    return near and part.end.stop_s is None and later.begin.start_s is None


def _led(frames: Frames, settings: ToneSettings) -> tuple[Int64, Int64, Float32, Float32]:
    """Rows of pairs in which one tone leads, its band, its power and its share of all."""
    power = frames.band_power[::2]
    low_hz, high_hz = frames.edges_hz[:-1], frames.edges_hz[1:]
    may = np.flatnonzero((low_hz >= settings.lowest_hz) & (high_hz <= settings.highest_hz))
    may = may[(may >= _NEIGHBOURS) & (may < power.shape[1] - _NEIGHBOURS)]
    if not len(may):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32)
    heard, first, last = int(np.searchsorted(low_hz, _LOWEST_HZ)), int(may[0]), int(may[-1])
    band = first + power[:, first : last + 1].argmax(axis=1)
    rows = np.arange(len(power))
    tone = np.asarray(sum(power[rows, band + step] for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1)))
    total = power[:, heard : last + 1 + _NEIGHBOURS].sum(axis=1)
    led = np.flatnonzero((tone > 0) & (tone >= settings.listed_share * total))
    return led, band[led], tone[led], tone[led] / total[led]


def _edges(stretch: Stretch, frames: Frames, row: Int64, band: Int64) -> list[_Edge]:
    """Pitch and edges of the tones that lead some pairs, given by their rows and strongest bands."""
    first = (frames.first // 2 + row - 1) * _PAIR_HOPS
    low_hz, high_hz = frames.edges_hz[band - _NEIGHBOURS], frames.edges_hz[band + _NEIGHBOURS + 1]
    middle_hz, reach = (low_hz + high_hz) / 2, (high_hz - low_hz) / 2 * stretch.hop_s
    turned = _turned(_around(stretch, first), middle_hz * stretch.hop_s)
    off = _pitch(turned, reach)
    turned *= _backwards(off, _AROUND_HOPS)
    padded = np.pad(turned, ((0, 0), (len(_SMOOTH) // 2,) * 2))
    amplitude = np.abs(sum(share * padded[:, at : at + _AROUND_HOPS] for at, share in enumerate(_SMOOTH)))
    begins, ends = _AROUND_HOPS - _fall(amplitude[:, ::-1]), _fall(amplitude)
    times = (((first + hops) * stretch.hop_s).tolist() for hops in (begins, ends))
    pitch_hz = (middle_hz + off / stretch.hop_s).tolist()
    return [
        _Edge(hz, *(None if np.isnan(at) else at for at in both)) for hz, *both in zip(pitch_hz, *times, strict=True)
    ]


def _around(stretch: Stretch, first: Int64) -> Float32:
    """(n, hops, samples) loudest channel of the sound from absolute hops (n,) on; zeros where there is none."""
    rows = (first - stretch.first_hop)[:, None] + np.arange(_AROUND_HOPS)
    there = (rows >= 0) & (rows < len(stretch.heard))
    hops = stretch.samples.reshape(len(stretch.heard), stretch.hop, -1)
    sound = hops[np.clip(rows, 0, len(hops) - 1)]
    sound[~there] = 0
    loudest = np.square(sound).sum(axis=(1, 2)).argmax(axis=1) if sound.shape[3] > 1 else np.zeros(len(first), int)
    return np.asarray(sound[np.arange(len(first)), :, :, loudest])


def _backwards(turns: Float64, hops: int) -> Complex:
    """(n, hops) a wheel that turns back by so many turns (n,) a hop."""
    return np.asarray(np.exp(-2j * np.pi * turns[:, None] * np.arange(hops)))


def _turned(sound: Float32, turns: Float64) -> Complex:
    """(n, hops) sum of the samples of each hop (n, hops, samples), turned back by so many turns (n,) a hop."""
    samples = sound.shape[2]
    within = (2 * np.pi / samples) * turns[:, None, None] * np.arange(samples)
    real, imaginary = ((sound * wave(within).astype(np.float32)).sum(axis=2) for wave in (np.cos, np.sin))
    return np.asarray((real - 1j * imaginary) * _backwards(turns, sound.shape[1]))


def _pitch(turned: Complex, reach: Float64) -> Float64:
    """(n,) turns a hop of the strongest line within `reach` (n,) of none, by the parabola through its neighbours."""
    power = np.abs(np.fft.fft(turned * np.hanning(turned.shape[1]), _LINES))
    line = np.fft.fftfreq(_LINES, 1 / _LINES).astype(np.int64)
    top = line[np.where(np.abs(line) <= np.rint(reach * _LINES)[:, None], power, 0).argmax(axis=1)]
    rows = np.arange(len(top))
    left, middle, right = (power[rows, (top + step) % _LINES] for step in (-1, 0, 1))
    bend = 2 * middle - left - right
    return np.asarray((top + np.where(bend > 0, (right - left) / np.maximum(2 * bend, 1e-30), 0)) / _LINES)


def _fall(amplitude: Float64) -> Float64:
    """(n,) hops to where amplitudes (n, hops), last high in the first two thirds, are half and soon nothing, or NaN."""
    rows, near = np.arange(len(amplitude))[:, None], amplitude[:, : 2 * _PAIR_HOPS]
    # A limiter may let the first milliseconds of a tone through louder than the rest: its mean, not its peak.
    high = near >= _EDGE * near.max(axis=1, keepdims=True)
    top = (near * high).sum(axis=1, keepdims=True) / np.maximum(high.sum(axis=1, keepdims=True), 1)
    there = near.shape[1] - 1 - (near >= _THERE * top)[:, ::-1].argmax(axis=1)[:, None]
    below = (amplitude < _EDGE * top) & (np.arange(_AROUND_HOPS) > there)
    at = below.argmax(axis=1)[:, None]
    inside = amplitude[rows, np.clip(there + np.arange(-_FLAT_HOPS, 0), 0, None)].min(axis=1, keepdims=True)
    behind = amplitude[rows, np.clip(at + np.arange(_GONE_HOPS), None, _AROUND_HOPS - 1)].min(axis=1, keepdims=True)
    falls = (at > 0) & (inside >= _FLAT * top) & (behind < _GONE * top)
    last, first = amplitude[rows, at - 1], amplitude[rows, at]
    # An amplitude stands for the middle of its hop.
    hops = at + 0.5 - (_EDGE * top - first) / np.maximum(last - first, 1e-30)
    return np.where(falls, hops, np.nan)[:, 0]
