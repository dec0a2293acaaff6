"""A file in any container, opened: its tracks, the time stamp at which it begins, and the packets of its sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from detector.errors import MediaError
from detector.media.forward import Damage
from detector.media.trust import STAMPED_FROM_ZERO

_PLAYLISTS = frozenset({"hls", "concat", "dash", "sdp", "rtsp", "imf", "ffmetadata", "image2"})
_CUT_INDEX = "is an MP4 or MOV cut off before the end of its index (moov); copy it again, or have it repaired"


def opened(path: Path) -> InputContainer:
    """The container; never anything but the file itself, whatever it names or is named like.

    Raises
    ------
    MediaError
        When the file cannot be opened, is no recording, or is cut off before the end of its index.
    """
    try:
        container = av.open(
            f"file:{path.absolute()}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path}: {_why_unopened(path, error)}") from error
    family = family_of(container)
    if family in _PLAYLISTS or family.endswith("_pipe"):
        container.close()
        raise MediaError(f"{path}: is a playlist or a still picture ({family}), not a recording; name the video itself")
    if family == "mov" and _index_is_cut(path):
        container.close()
        raise MediaError(f"{path}: {_CUT_INDEX}")
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


def sound_track(container: InputContainer, path: Path, track: int) -> AudioStream | None:
    """The sound track of a number, from 1; None where there is no sound at all and the first is asked for.

    Raises
    ------
    MediaError
        When there is no such track, or FFmpeg cannot decode it.
    """
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


def picture_track(container: InputContainer) -> VideoStream | None:
    """The picture, where there is one that moves: the cover of a song is none."""
    return next((v for v in container.streams.video if not v.disposition & Disposition.attached_pic), None)


def origin(container: InputContainer, sound: AudioStream | None, picture: VideoStream | None) -> Fraction:
    """The time stamp, in seconds, at which a player shows 0:00."""
    if family_of(container) in STAMPED_FROM_ZERO:
        return Fraction(0)
    for stream in (picture, sound):
        start_s = start_of(stream)
        if start_s is not None:
            return start_s
    return Fraction(0)


def family_of(container: InputContainer) -> str:
    """The first short name of the kind of container."""
    return container.format.name.split(",")[0]


def start_of(stream: AudioStream | VideoStream | None) -> Fraction | None:
    """The time stamp, in seconds, at which a track begins; None where nothing says."""
    if stream is None or stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def packets(container: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[Packet[AudioStream]]:
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


def decoded(stream: AudioStream, packet: Packet[AudioStream]) -> list[AudioFrame] | None:
    """The frames that a packet gives; None where it cannot be decoded."""
    try:
        return stream.decode(packet)
    except (av.FFmpegError, OSError):
        return None
