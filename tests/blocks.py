"""Sound as blocks of any cut, and the frames and bytes that come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import av
import numpy as np

from detector.core import frames
from detector.core.frames import Frames
from detector.core.stretches import cut
from detector.records import Block, Float32
from detector.settings import StretchSettings

RATE_HZ = 8000


def as_blocks(
    parts: Sequence[tuple[int, Float32]], sizes: Sequence[int] = (4096,), rate_hz: int = RATE_HZ
) -> Iterator[Block]:
    """Blocks of the parts (first sample, samples), whose lengths run through `sizes` again and again."""
    turn = 0
    for first, samples in parts:
        done = 0
        while done < len(samples):
            size = sizes[turn % len(sizes)]
            yield Block((first + done) / rate_hz, rate_hz, samples[done : done + size])
            done += size
            turn += 1


def measured(
    samples: Float32,
    first: int = 0,
    sizes: Sequence[int] = (4096,),
    settings: StretchSettings | None = None,
    rate_hz: int = RATE_HZ,
) -> list[Frames]:
    """Frames of (n,) or (n, channels) samples that begin at sample number `first`."""
    sound = samples.reshape(len(samples), -1)
    stretches = cut(as_blocks([(first, sound)], sizes, rate_hz), settings or StretchSettings())
    return [frames.measure(stretch) for stretch in stretches]


def noise(seconds: float, level_db: float = -40.0, seed: int = 0, rate_hz: int = RATE_HZ) -> Float32:
    """White noise, (n,)."""
    sound = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz)) * 10 ** (level_db / 20)
    return sound.astype(np.float32)


def blast(peak: float = 0.5, decay_s: float = 0.08, seed: int = 0, rate_hz: int = RATE_HZ) -> Float32:
    """A noise burst that starts at its peak and decays, (n,)."""
    time_s = np.arange(round(6 * decay_s * rate_hz)) / rate_hz
    rough = np.random.default_rng(seed).uniform(-1, 1, len(time_s))
    rough[0] = 1.0
    return (peak * rough * np.exp(-time_s / decay_s)).astype(np.float32)


def with_blasts(sound: Float32, times_s: Sequence[float], seed: int = 0, rate_hz: int = RATE_HZ) -> Float32:
    """The sound with the same blast added at each time."""
    mixed = sound.copy()
    for time_s in times_s:
        at = round(time_s * rate_hz)
        shot = blast(seed=seed, rate_hz=rate_hz)[: len(mixed) - at]
        mixed[at : at + len(shot)] += shot
    return mixed


def through_aac(sound: Float32, bit_rate: int = 32000, rate_hz: int = RATE_HZ) -> Float32:
    """The sound (n,) after AAC, as long as before."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=rate_hz, layout="mono")
        stream.bit_rate = bit_rate
        for start in range(0, len(sound), 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, start : start + 1024].copy(), format="fltp", layout="mono")
            frame.rate, frame.pts = rate_hz, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as coded:
        decoded = np.concatenate([frame.to_ndarray()[0] for frame in coded.decode(audio=0)])
    return np.pad(decoded, (0, max(0, len(sound) - len(decoded))))[: len(sound)].astype(np.float32)
