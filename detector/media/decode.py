"""Files in any container -> the track that was asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from detector.errors import MediaError
from detector.media.clock import sample_number
from detector.media.container import decoded, family_of, opened, origin, packets, picture_track, sound_track
from detector.media.evidence import Evidence
from detector.media.forward import Damage, Frames
from detector.media.header import announced
from detector.media.pictures import Pictures
from detector.media.track import MediaTrack
from detector.media.trust import COUNTED
from detector.records import AudioFacts
from detector.settings import MediaSettings

# FFmpeg's formats -> numpy's, and whether every channel has a plane of its own; asked for every frame.
_FORMATS = {
    name + planar: (np.dtype(sample), bool(planar))
    for name, sample in {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}.items()
    for planar in ("", "p")
}


def open_track(path: str | Path, settings: MediaSettings) -> MediaTrack:
    """The chosen sound track of a recording, its container read but its sound not yet decoded.

    A recording without sound is no error: its track has rate 0 and no blocks.

    Raises
    ------
    MediaError
        When the file is missing, unreadable, empty, no recording, cut off before its index, or has
        no such track.
    """
    evidence = Evidence(Path(path))
    with opened(evidence.path) as container:
        sound = sound_track(container, evidence.path, settings.track)
        picture = picture_track(container)
        if sound is None and picture is None:
            raise MediaError(f"{path}: holds neither sound nor picture; is it a recording?")
        origin_s = origin(container, sound, picture)
        header = announced(container, sound, picture, origin_s)
        _check_limits(evidence.path, header.audio, settings)
        reopened = partial(opened, evidence.path)
        pictures = Pictures(container, picture, origin_s, reopened) if picture is not None else None
    rate_hz = header.audio.sample_rate_hz if header.audio else 0
    frames = partial(_frames, evidence.path, settings.track, origin_s, rate_hz)
    return MediaTrack(evidence, header, frames, settings, pictures)


def _check_limits(path: Path, audio: AudioFacts | None, settings: MediaSettings) -> None:
    """Refuse sound whose header would have more memory kept for a moment of it than any recording needs."""
    if audio is None:
        return
    together_hz = audio.sample_rate_hz * audio.channels
    claims = {
        "most_rate_hz": (audio.sample_rate_hz, settings.most_rate_hz, "samples a second"),
        "most_channels": (audio.channels, settings.most_channels, "channels"),
        "most_together_hz": (together_hz, settings.most_together_hz, "samples a second in all channels"),
    }
    for name, (claimed, most, what) in claims.items():
        if claimed > most:
            raise MediaError(
                f"{path}: claims {claimed:,} {what}, over the limit of {most:,}; its header is damaged, or raise the"
                f" limit with --set media.{name}={claimed}"
            )


def _frames(path: Path, track: int, origin_s: Fraction, rate_hz: int, damage: Damage) -> Generator[Frames, None, None]:
    """Decode the track from its start; what cannot be decoded is counted in `damage`."""
    with opened(path) as container:
        stream = sound_track(container, path, track)
        if stream is None or stream.time_base is None:
            raise MediaError(f"{path}: changed while being read: its sound track is gone; run again")
        number_of = sample_number(stream.time_base, origin_s, rate_hz)
        counted = family_of(container) in COUNTED
        for some in _some(container, stream, damage):
            # Demuxers that count samples count them at the first rate only.
            uncounted = counted and some.rate_hz != rate_hz
            numbers = [None if stamp is None or uncounted else number_of(stamp) for stamp in some.stamps]
            yield some._replace(stamps=numbers)


class _Queue:
    """Frames alike in rate, channels and format, joined by FFmpeg: each as an array would cost a fifth of decoding."""

    def __init__(self, first: AudioFrame) -> None:
        self._rate_hz, self._channels, self._format = first.sample_rate, first.layout.nb_channels, first.format.name
        self._samples, self._length = AudioFifo(), 0
        self._stamps: list[int | None] = []
        self._lengths: list[int] = []
        self.take(first)

    def take(self, frame: AudioFrame) -> bool:
        """Whether a frame is like the others and there is room for it, which is a second; if so, it is taken."""
        # The samples' own queue refuses another rate or format, but not another number of channels.
        if self._length >= self._rate_hz or frame.layout.nb_channels != self._channels:
            return False
        stamp, frame.pts = frame.pts, None  # stamps that it can see must leave no gap
        try:
            self._samples.write(frame)
        except ValueError:
            frame.pts = stamp
            return False
        self._stamps.append(stamp)
        self._lengths.append(frame.samples)
        self._length += frame.samples
        return True

    def emptied(self, lost: int) -> Frames:
        """All frames that were taken, with their time stamps; so many packets before them gave none."""
        some = Frames(self._stamps, self._lengths, self._joined(), self._rate_hz, lost)
        self._stamps, self._lengths, self._length = [], [], 0
        return some

    def _joined(self) -> NDArray[Any]:
        """(channels, n) samples as decoded."""
        sample, planar = _FORMATS[self._format]
        interleaved = 1 if planar else self._channels
        frame = self._samples.read()
        planes: Sequence[Any] = frame.planes if frame else ()  # buffers, which their stub does not say
        # Beyond eight channels PyAV lists planes that are not there; touching those ends the process.
        rows = [
            np.frombuffer(planes[row] if frame else b"", sample, self._length * interleaved)
            for row in range(self._channels // interleaved)
        ]
        return np.stack(rows) if len(rows) > 1 else rows[0].reshape(-1, interleaved).T


def _some(container: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[Frames]:
    """The frames of a track, about a second at a time, with their time stamps as they are."""
    queue: _Queue | None = None
    lost = missed = 0
    for packet in packets(container, stream, damage):
        frames = decoded(stream, packet)
        if frames is None:
            damage.packets += 1
            missed += 1
        elif not frames and queue is not None and packet.size:
            missed += 1  # a decoder may also swallow what it cannot use
        for frame in frames or ():
            if queue is None or missed or not queue.take(frame):
                if queue is not None:
                    yield queue.emptied(lost)
                lost, missed = missed, 0
                if queue is None or not queue.take(frame):
                    queue = _Queue(frame)
    if queue is not None:
        yield queue.emptied(lost)
    damage.at_end = missed
