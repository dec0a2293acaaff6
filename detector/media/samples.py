"""Arrays in memory as a recording, for notebooks, tests and synthesized scenes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.errors import MediaError
from detector.media.sound import about_unusable, cut_windows, full_scale, usable
from detector.records import AudioFacts, Block, Coverage, Float32, Recording

IN_MEMORY = "samples in memory"  # in place of the container of a file
_SURELY_SAMPLES = 64  # nobody has more channels than this
_SLIVER_S = 0.010  # a later start than this is coverage, as in files


class SampleTrack:
    """Samples in memory; implements `detector.records.Track`.

    Parameters
    ----------
    samples
        (n,) or (n, channels); integers are scaled to +-1, floats are taken as they are. NaN,
        infinite and absurdly large samples become zero, with a warning.
    rate_hz
        Whole samples per second.
    first_sample_s
        Presentation time of the first sample, rounded to a whole sample from 0.
    name
        Stands in the result for the file's name.
    block_samples
        Samples per block; the result does not depend on it.

    Raises
    ------
    MediaError
        When the shape, type, rate or start cannot be those of a sound.
    """

    def __init__(
        self,
        samples: ArrayLike,
        rate_hz: float,
        first_sample_s: float = 0.0,
        name: str = "samples",
        block_samples: int = 48_000,
    ) -> None:
        if not (math.isfinite(rate_hz) and rate_hz > 0 and rate_hz == int(rate_hz)):
            raise MediaError(f"{name}: a sample rate of {rate_hz!r} Hz; give a whole number above 0, such as 48000")
        if not math.isfinite(first_sample_s):
            raise MediaError(f"{name}: first_sample_s is {first_sample_s!r}; give the time of the first sample in s")
        if block_samples < 1:
            raise ValueError(f"block_samples must be at least 1, not {block_samples}")
        sound, self._unusable = usable(_columns(samples, name))
        self._samples: Float32 = sound
        self._rate_hz, self._name, self._block_samples = int(rate_hz), name, block_samples
        self._first = round(first_sample_s * self._rate_hz)

    @property
    def rate_hz(self) -> int:
        """Sample rate in Hz; 0 without a single sample."""
        return self._rate_hz if len(self._samples) else 0

    @property
    def channels(self) -> int:
        """Number of channels; 0 without a single sample."""
        return self._samples.shape[1] if len(self._samples) else 0

    @property
    def duration_s(self) -> float:
        """Presentation time at the end of the last sample; 0 without one or if that lies before 0."""
        return max(0.0, (self._first + len(self._samples)) / self._rate_hz) if len(self._samples) else 0.0

    def blocks(self) -> Iterator[Block]:
        """The samples in order, `block_samples` at a time."""
        for start in range(0, len(self._samples), self._block_samples):
            part = self._samples[start : start + self._block_samples]
            yield Block((self._first + start) / self._rate_hz, self._rate_hz, part)

    def read(self, windows: Sequence[tuple[float, float]]) -> list[Block]:
        """The sound of each window (start_s, stop_s); shorter where that reaches beyond the samples."""
        return cut_windows(self.blocks(), windows, self.rate_hz, self.channels)

    def coverage(self) -> tuple[Coverage, ...]:
        """`no_audio` before a late first sample; otherwise nothing is missing."""
        start_s = self._first / self._rate_hz
        return (Coverage(0.0, start_s, "no_audio"),) if len(self._samples) and start_s >= _SLIVER_S else ()

    def recording(self) -> Recording:
        """Facts as of a file; the hash is over rate, channels and the samples as float32."""
        digest = hashlib.sha256(f"{self._rate_hz} Hz, {self._samples.shape[1]} channels\n".encode())
        digest.update(np.ascontiguousarray(self._samples, "<f4").data)
        audio = AudioFacts(
            codec="pcm_f32le",
            sample_rate_hz=self.rate_hz,
            channels=self.channels,
            bit_rate=32 * self.rate_hz * self.channels,
            start_s=self._first / self._rate_hz,
        )
        return Recording(
            name=self._name,
            sha256=digest.hexdigest(),
            size_bytes=self._samples.nbytes,
            duration_s=self.duration_s,
            container=IN_MEMORY,
            clock_error_s=0.0,
            video=None,
            audio=audio if len(self._samples) else None,
        )

    def warnings(self) -> tuple[str, ...]:
        """Samples that had to be set to zero, and an array without any."""
        found = []
        if not len(self._samples):
            found.append("there is not one sample: nothing can be heard")
        if self._unusable:
            found.append(about_unusable(self._unusable))
        return tuple(found)


def _columns(samples: ArrayLike, name: str) -> Float32:
    """(n, channels) float32, or a MediaError that guesses the mistake."""
    try:
        array: NDArray[Any] = np.asarray(samples)
        sound = full_scale(array)
    except (TypeError, ValueError) as error:
        raise MediaError(f"{name}: no array of numbers ({error}); give integers or real floats") from error
    if sound.ndim == 1:
        return sound[:, np.newaxis]
    if sound.ndim != 2 or sound.shape[1] == 0:
        raise MediaError(f"{name}: shape {sound.shape}; give samples of shape (n,) or (n, channels)")
    length, channels = sound.shape
    if channels > _SURELY_SAMPLES or (channels > 8 and length < channels):
        raise MediaError(f"{name}: shape {sound.shape} looks like (channels, n); transpose it: samples.T")
    return sound
