"""Files in any container -> the track that was asked for. Only this module, pictures.py and encode.py import av."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream
from numpy.typing import NDArray

from detector.errors import MediaError
from detector.media.clock import sample_number
from detector.media.evidence import Evidence
from detector.media.forward import Damage, Frames
from detector.media.pictures import Pictures
from detector.media.track import Header, MediaTrack
from detector.media.trust import COUNTED, STAMPED_FROM_ZERO, Stamps
from detector.records import AudioFacts, VideoFacts
from detector.settings import MediaSettings

_PROBED_PACKETS = 64  # packets tried for a first frame before the container's word on the rate is taken
_PLAYLISTS = frozenset({"hls", "concat", "dash", "sdp", "rtsp", "imf", "ffmetadata", "image2"})
# FFmpeg's formats -> numpy's, and whether every channel has a plane of its own; asked for every frame.
_FORMATS = {
    name + planar: (np.dtype(sample), bool(planar))
    for name, sample in {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}.items()
    for planar in ("", "p")
}
_CUT_INDEX = "is an MP4 or MOV cut off before the end of its index (moov); copy it again, or have it repaired"
_EARLIEST_YEAR = 1990  # clocks that were never set say 1904, 1970 or 1980
_SAME_RATE = 5e-4  # relative; 30 against 30000/1001 frames a second is 1e-3
_LOOSE_FRAMES = 1.5  # frames that a stretched first or last frame may hide


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
    with _opened(evidence.path) as container:
        if _family(container) == "mov" and _index_is_cut(evidence.path):
            raise MediaError(f"{path}: {_CUT_INDEX}")
        sound = _chosen(container, evidence.path, settings.track)
        picture = next((v for v in container.streams.video if not v.disposition & Disposition.attached_pic), None)
        if sound is None and picture is None:
            raise MediaError(f"{path}: holds neither sound nor picture; is it a recording?")
        origin_s = _origin(container, sound, picture)
        header = _header(container, sound, picture, origin_s)
        _check_limits(evidence.path, header.audio, settings)
        reopened = partial(_opened, evidence.path)
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


def _opened(path: Path) -> InputContainer:
    """The container; never anything but the file itself, whatever it names or is named like."""
    try:
        container = av.open(
            f"file:{path.absolute()}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path}: {_why_unopened(path, error)}") from error
    family = container.format.name.split(",")[0]
    if family in _PLAYLISTS or family.endswith("_pipe"):
        container.close()
        raise MediaError(f"{path}: is a playlist or a still picture ({family}), not a recording; name the video itself")
    return container


def _why_unopened(path: Path, error: Exception) -> str:
    if isinstance(error, av.InvalidDataError):
        with path.open("rb") as file:
            head = file.read(12)
        if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free"):
            return _CUT_INDEX
        return "is not a video or sound file, or its beginning is damaged; check that it plays, or copy it again"
    reason = getattr(error, "strerror", None) or str(error)
    return f"cannot be opened ({reason}); check that it plays, or copy it again"


def _index_is_cut(path: Path) -> bool:
    """Whether the file ends inside its index: FFmpeg would open it without the tracks that stood behind the cut."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4])
            if length == 1:  # a 64-bit length follows
                length = int.from_bytes(head[8:16])
            elif length == 0:  # to the end of the file
                length = size - at
            if head[4:8] == b"moov":
                return at + length > size
            at += max(length, 8)
    return False


def _chosen(container: InputContainer, path: Path, track: int) -> AudioStream | None:
    streams = container.streams.audio
    if not streams and track == 1:
        return None
    if not 1 <= track <= len(streams):
        have = "no sound track" if not streams else f"{len(streams)} sound track" + "s" * (len(streams) > 1)
        raise MediaError(f"{path}: there is no track {track}: the file has {have}; choose with --set media.track=1")
    stream = streams[track - 1]
    if stream.codec_context is None:
        raise MediaError(
            f"{path}: sound track {track} of {len(streams)} is in a format FFmpeg cannot decode; choose another track"
            " with --set media.track=2, or convert the file"
        )
    return stream


def _origin(container: InputContainer, sound: AudioStream | None, picture: VideoStream | None) -> Fraction:
    """The time stamp, in seconds, at which a player shows 0:00."""
    if _family(container) in STAMPED_FROM_ZERO:
        return Fraction(0)
    for stream in (picture, sound):
        start_s = _start(stream)
        if start_s is not None:
            return start_s
    return Fraction(0)


def _header(
    container: InputContainer, sound: AudioStream | None, picture: VideoStream | None, origin_s: Fraction
) -> Header:
    family, announced_s = _family(container), _end(container, None, origin_s)
    picture_stop_s = _end(container, picture, origin_s) if picture is not None else None
    # Without stamps or a picture, the announced end is a guess from the bit rate.
    stop_s = picture_stop_s if picture_stop_s is not None else 0.0 if family in COUNTED else announced_s
    video = _video_facts(container, picture, origin_s) if picture is not None else None
    audio, signalled, notices = None, True, ["the file has no sound track: nothing can be heard in it"]
    if sound is not None:
        audio, signalled = _audio_facts(container, sound, origin_s)
        notices = _about_tracks(container, audio)
    return Header(
        container=f"{container.format.long_name} ({container.format.name})",
        duration_s=max(announced_s, stop_s),
        stop_s=stop_s,
        video=video,
        audio=audio,
        stamps=Stamps(
            family=family,
            codec=audio.codec if audio else "",
            rate_hz=audio.sample_rate_hz if audio else 0,
            startup_signalled=signalled,
            picture_s=picture_stop_s,
        ),
        notices=tuple(notices),
        created=_created(container),
    )


def _created(container: InputContainer) -> str | None:
    """The creation time of MP4, MOV (mvhd) and Matroska (DateUTC); None for clocks that were never set."""
    try:
        moment = datetime.fromisoformat(container.metadata.get("creation_time", ""))
    except ValueError:
        return None
    return moment.isoformat() if moment.year >= _EARLIEST_YEAR else None


def _audio_facts(container: InputContainer, sound: AudioStream, origin_s: Fraction) -> tuple[AudioFacts, bool]:
    """The stream's facts, its rate and channels from a first decoded frame; and whether start-up samples are marked.

    Codecs that double their rate (HE-AAC) show it only in what they decode.
    """
    start_s, family = _start(sound), _family(container)
    signalled = family == "mov" and start_s is not None and start_s > 0
    context = sound.codec_context
    rate_hz, channels, bit_rate = context.sample_rate, context.channels, context.bit_rate
    for number, packet in enumerate(_packets(container, sound, Damage())):
        before_zero = family in STAMPED_FROM_ZERO and (packet.pts or 0) < 0
        signalled = signalled or (number == 0 and (before_zero or packet.has_sidedata("skip_samples")))
        frames = _decoded(sound, packet)
        if frames:
            rate_hz, channels = frames[0].sample_rate, frames[0].layout.nb_channels
        if frames or number >= _PROBED_PACKETS:
            break
    tracks = container.streams.audio
    facts = AudioFacts(
        codec=context.codec.canonical_name,
        sample_rate_hz=rate_hz,
        channels=channels,
        bit_rate=bit_rate or (container.bit_rate if len(container.streams) == 1 else 0) or 0,
        start_s=float((start_s or origin_s) - origin_s),
        track=tracks.index(sound) + 1,
        tracks=len(tracks),
    )
    return facts, signalled


def _video_facts(container: InputContainer, picture: VideoStream, origin_s: Fraction) -> VideoFacts:
    start_s, context = _start(picture), picture.codec_context
    average, nominal = picture.average_rate or Fraction(0), picture.guessed_rate or Fraction(0)
    variable = _is_variable(picture, average, nominal)
    timecodes = [
        holder.metadata["timecode"]
        for holder in (picture, container, *container.streams)
        if "timecode" in holder.metadata
    ]
    return VideoFacts(
        frame_rate=str(average if variable or not nominal else nominal),
        variable=variable,
        start_s=float((origin_s if start_s is None else start_s) - origin_s),
        timecode=timecodes[0] if timecodes else None,
        width=context.width if context else 0,
        height=context.height if context else 0,
    )


def _is_variable(picture: VideoStream, average: Fraction, nominal: Fraction) -> bool:
    """Whether frames are missing or surplus against the nominal rate; one long first frame does not count."""
    duration_s = _seconds(picture.duration, picture.time_base)
    if picture.frames and duration_s and nominal:
        return abs(picture.frames - float(nominal) * duration_s) > _LOOSE_FRAMES
    return bool(average and nominal) and abs(average / nominal - 1) > _SAME_RATE


def _about_tracks(container: InputContainer, audio: AudioFacts) -> list[str]:
    if audio.tracks == 1:
        return []
    others = ", ".join(
        f"{number} ({stream.codec_context.codec.canonical_name if stream.codec_context else 'unknown format'})"
        for number, stream in enumerate(container.streams.audio, start=1)
        if number != audio.track
    )
    return [
        f"the file has {audio.tracks} sound tracks; track {audio.track} was read, not {others};"
        " choose another with --set media.track=N"
    ]


def _family(container: InputContainer) -> str:
    return container.format.name.split(",")[0]


def _start(stream: AudioStream | VideoStream | None) -> Fraction | None:
    if stream is None or stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def _seconds(units: int | None, time_base: Fraction | None) -> float | None:
    return None if units is None or time_base is None else float(units * time_base)


def _end(container: InputContainer, picture: VideoStream | None, origin_s: Fraction) -> float:
    """The announced end of the picture, or else of the container, on the presentation clock; 0 if there is none."""
    start_s = _start(picture)
    if picture is not None and picture.time_base is not None and picture.duration and start_s is not None:
        return max(0.0, float(start_s + picture.duration * picture.time_base - origin_s))
    if not container.duration:
        return 0.0
    start_us = container.start_time if container.start_time is not None else 0
    return max(0.0, float(Fraction(start_us + container.duration, av.time_base) - origin_s))


def _frames(path: Path, track: int, origin_s: Fraction, rate_hz: int, damage: Damage) -> Generator[Frames, None, None]:
    """Decode the track from its start; what cannot be decoded is counted in `damage`."""
    with _opened(path) as container:
        stream = _chosen(container, path, track)
        if stream is None or stream.time_base is None:
            raise MediaError(f"{path}: changed while being read: its sound track is gone; run again")
        number_of = sample_number(stream.time_base, origin_s, rate_hz)
        counted = _family(container) in COUNTED
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
    for packet in _packets(container, stream, damage):
        frames = _decoded(stream, packet)
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


def _packets(container: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[Packet[AudioStream]]:
    """Packets of one stream, the last one empty to flush the decoder; a demuxing error ends them."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all  # the demuxer need not even read the picture
    stream.codec_context.thread_count = 1  # the same bytes every time, and no waiting threads beside others' work
    try:
        yield from container.demux(stream)
    except (av.FFmpegError, OSError) as error:
        damage.stopped = str(error)
    except IndexError:
        pass  # PyAV, at the very end, where a stream came up on the way: all packets have been given by then


def _decoded(stream: AudioStream, packet: Packet[AudioStream]) -> list[AudioFrame] | None:
    try:
        return stream.decode(packet)
    except (av.FFmpegError, OSError):
        return None
