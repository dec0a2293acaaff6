"""Sound with bangs in it, tracks with holes, and a model that needs no training: what tests of the road listen to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from detector.core.probability import Gate, Judge, Model, Trees, published_model
from detector.core.stretches import Stretch, cut
from detector.records import AudioFacts, Block, Coverage, Float32, Float64, Recording
from detector.settings import ProbabilitySettings, Settings, StretchSettings

RATE_HZ = 16_000


def bang(rng: np.random.Generator, rate_hz: int, tail_s: float = 0.4) -> Float64:
    """A sharp pulse, negative after positive, with a tail of decaying noise."""
    t = np.arange(round(tail_s * rate_hz)) / rate_hz
    pulse = (1 - t / 0.0012) * np.exp(-t / 0.0012)
    return np.asarray(pulse + 0.25 * rng.standard_normal(len(t)) * np.exp(-t / 0.06))


def street(shots_s: Sequence[float], length_s: float, rate_hz: int = RATE_HZ, seed: int = 1) -> Float32:
    """(n,) noise that breathes, with a bang of random level at each time."""
    rng = np.random.default_rng(seed)
    n = round(length_s * rate_hz)
    sound = rng.normal(0, 0.004, n) * (1 + 0.5 * np.sin(np.arange(n) / rate_hz * 2.1))
    for shot_s in shots_s:
        start = round(shot_s * rate_hz)
        part = (bang(rng, rate_hz) * rng.uniform(0.2, 0.7))[: max(0, n - start)]
        sound[start : start + len(part)] += part
    return sound.astype(np.float32)


def rattle(length_s: float, rate_hz: int = RATE_HZ, seed: int = 2, per_s: float = 25.0) -> Float32:
    """(n,) bursts of every length and level, so dense that they run into each other: hundreds of onsets a minute."""
    rng = np.random.default_rng(seed)
    n = round(length_s * rate_hz)
    sound = rng.normal(0, 0.001, n)
    for start in rng.integers(0, n, round(length_s * per_s)):
        length = int(rng.integers(20, rate_hz // 8))
        part = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 4)) * 10 ** rng.uniform(-2.5, -0.3)
        sound[start : start + length] += part[: n - start]
    return np.clip(sound, -1, 1).astype(np.float32)


class Pieces:
    """A track of pieces of sound at whole samples, nothing between them; implements `detector.records.Track`."""

    def __init__(self, pieces: Sequence[tuple[int, Float32]], rate_hz: int = RATE_HZ, block_samples: int = 4096):
        self._pieces = [(first, samples.reshape(len(samples), -1)) for first, samples in pieces]
        self._rate_hz, self._block_samples = rate_hz, block_samples

    @property
    def rate_hz(self) -> int:
        """Sample rate in Hz."""
        return self._rate_hz

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._pieces[0][1].shape[1]

    @property
    def duration_s(self) -> float:
        """End of the last piece."""
        first, samples = self._pieces[-1]
        return (first + len(samples)) / self._rate_hz

    def blocks(self) -> Iterator[Block]:
        """The pieces in order, `block_samples` at a time."""
        for first, samples in self._pieces:
            for start in range(0, len(samples), self._block_samples):
                part = samples[start : start + self._block_samples]
                yield Block((first + start) / self._rate_hz, self._rate_hz, part)

    def coverage(self) -> tuple[Coverage, ...]:
        """`no_audio` before, between the pieces."""
        edges = [0, *(edge for first, samples in self._pieces for edge in (first, first + len(samples)))]
        holes = zip(edges[::2], edges[1::2], strict=False)
        return tuple(Coverage(a / self._rate_hz, b / self._rate_hz, "no_audio") for a, b in holes if b > a)

    def recording(self) -> Recording:
        """Facts; the hash is over the pieces."""
        digest = hashlib.sha256()
        for first, samples in self._pieces:
            digest.update(f"{first}".encode() + samples.tobytes())
        return Recording(
            name="pieces",
            sha256=digest.hexdigest(),
            size_bytes=0,
            duration_s=self.duration_s,
            container="test",
            clock_error_s=0.0,
            video=None,
            audio=AudioFacts("pcm", self._rate_hz, self.channels, 0, self._pieces[0][0] / self._rate_hz),
        )

    def warnings(self) -> tuple[str, ...]:
        """None."""
        return ()


def bangs(times_s: Sequence[float], rate_hz: int, duration_s: float = 2.0) -> Float32:
    """Decaying bursts in faint noise."""
    rng = np.random.default_rng(3)
    samples = 1e-3 * rng.standard_normal(round(duration_s * rate_hz))
    for time_s in times_s:
        burst = np.exp(-np.arange(400) / 60) * rng.uniform(0.6, 0.8, 400)
        samples[round(time_s * rate_hz) :][:400] += burst
    return samples.astype(np.float32)


def stretches(sound: Float32, rate_hz: int = RATE_HZ, length_s: float = 120.0) -> list[Stretch]:
    """The stretches of samples that begin at 0."""
    return stretches_of(Pieces([(0, sound)], rate_hz), length_s)


def stretches_of(track: Pieces, length_s: float) -> list[Stretch]:
    """The stretches of a track."""
    return list(cut(track.blocks(), StretchSettings(length_s=length_s)))


def stretch_of(sound: Float32, rate_hz: int = RATE_HZ) -> Stretch:
    """All of a sound as one stretch."""
    (only,) = stretches(sound, rate_hz, length_s=3600.0)
    return only


def with_stretches(length_s: float) -> Settings:
    """Another length of stretches, and more candidates kept, since `simple_model` is sure of what it refuses."""
    kept = ProbabilitySettings(kept=0.004)
    return Settings(stretches=StretchSettings(length_s=length_s), probability=kept)


@lru_cache(maxsize=1)
def simple_model() -> Model:
    """Calls whatever rises steeply a shot, a little more or less likely by every other column that there is.

    A change in the last bit of any column can so move a probability: good for tests of equality.
    """
    published = published_model()
    return Model(
        gate=Gate(_stumps(published.gate.trees.names, 1), early_trees=50, early_margin=-5.5),
        network=published.network,
        attention=published.attention,
        joint=Judge(_stumps(published.joint.trees.names, 2)),
        last=Judge(_stumps(published.last.trees.names, 4, "local_odds", 0.0)),
        hidden=_stumps(published.joint.trees.names, 3, swing=0.5, middle=-4.0),
        version="for tests",
        basis=published.basis,
    )


def _stumps(
    names: tuple[str, ...],
    seed: int,
    first: str = "rise_db",
    above: float = 9.0,
    *,
    swing: float = 5.5,
    middle: float = 0.0,
) -> Trees:
    """One tree on a column that decides by `swing` around `middle`, and 600 on random columns that vary it."""
    rng = np.random.default_rng(seed)
    column = np.concatenate([[names.index(first)], rng.integers(0, len(names), 600)])
    threshold = np.concatenate([[above], rng.uniform(-30, 10, 600)])
    swings = np.concatenate([[swing], rng.normal(0, 0.03, 600)])
    trees = len(column)
    root = np.arange(trees) * 3
    node = np.arange(3 * trees)
    left, right = node.copy(), node.copy()
    left[root], right[root] = root + 1, root + 2
    value = np.zeros(3 * trees)
    value[root + 1], value[root + 2] = -swings, swings
    value[1:3] += middle
    return Trees(
        names=names,
        column=np.repeat(column, 3).astype(np.int32),
        threshold=np.repeat(threshold, 3),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        value=value,
        roots=root.astype(np.int32),
        depth=1,
    )
