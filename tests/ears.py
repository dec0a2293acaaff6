"""Recordings of cameras that stand still, as alignment hears them; onsets are the true ones."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from detector.core import alignment, level
from detector.core.listening import STEP_S, Envelope, EnvelopeMeter, Listening
from detector.core.stretches import cut
from detector.lab.standing import RATE_HZ, Standing, standing
from detector.media.samples import SampleTrack
from detector.records import Alignment, Float64
from detector.settings import AlignmentSettings, StretchSettings

SETTINGS = AlignmentSettings()


@lru_cache(maxsize=8)
def cameras(seed: int = 3, count: int = 3, length_s: float = 60.0, shots: int = 8) -> tuple[Standing, ...]:
    """Cameras of one incident."""
    return standing(seed, count, length_s, shots)


def track(camera: Standing, shift_s: float = 0.0) -> SampleTrack:
    """The sound of a camera, `shift_s` later in its file."""
    return SampleTrack(camera.samples, RATE_HZ, camera.clock.late_s + shift_s)


def envelope(sound: SampleTrack, settings: StretchSettings | None = None) -> Envelope:
    """The envelope of a track."""
    meter = EnvelopeMeter()
    for stretch in cut(sound.blocks(), settings or StretchSettings()):
        meter.add(level.measure(stretch), stretch.core)
    return meter.envelope()


def extent_s(kept: Envelope) -> tuple[float, float]:
    """Presentation times at which an envelope begins and ends."""
    return kept.first * STEP_S, (kept.first + len(kept.heard)) * STEP_S


def ears(sound: SampleTrack, onset_s: Float64, key: str) -> Listening:
    """What alignment keeps of a track whose onsets are known."""
    kept = envelope(sound)
    start_s, stop_s = extent_s(kept)
    inside = np.sort(onset_s[(onset_s >= start_s) & (onset_s < stop_s)])
    return Listening(key, kept, inside, np.full(inside.size, 0.95))


def listening(camera: Standing, key: str, shift_s: float = 0.0) -> Listening:
    """What alignment keeps of a camera."""
    return ears(track(camera, shift_s), camera.clock.shown(camera.arrivals_s) + shift_s, key)


def aligned(listenings: Sequence[Listening], sounds: Sequence[SampleTrack]) -> Alignment:
    """All three steps."""
    found = alignment.find(listenings, SETTINGS)
    wanted = alignment.windows(found, listenings, SETTINGS)
    heard = [sound.read(windows) for sound, windows in zip(sounds, wanted, strict=True)]
    return alignment.refine(found, listenings, heard, SETTINGS)
