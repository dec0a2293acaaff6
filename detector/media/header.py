"""What a container announces of its sound and picture before these are decoded."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from detector.media.container import decoded, family_of, packets, start_of
from detector.media.forward import Damage
from detector.media.track import Header
from detector.media.trust import COUNTED, STAMPED_FROM_ZERO, Stamps
from detector.records import AudioFacts, VideoFacts

_PROBED_PACKETS = 64  # packets tried for a first frame before the container's word on the rate is taken
_EARLIEST_YEAR = 1990  # clocks that were never set say 1904, 1970 or 1980
_SAME_RATE = 5e-4  # relative; 30 against 30000/1001 frames a second is 1e-3
_LOOSE_FRAMES = 1.5  # frames that a stretched first or last frame may hide


def announced(
    container: InputContainer, sound: AudioStream | None, picture: VideoStream | None, origin_s: Fraction
) -> Header:
    """What the container says of the chosen tracks; `origin_s` is the time stamp at which a player shows 0:00."""
    family, announced_s = family_of(container), _end(container, None, origin_s)
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
    start_s, family = start_of(sound), family_of(container)
    signalled = family == "mov" and start_s is not None and start_s > 0
    context = sound.codec_context
    rate_hz, channels, bit_rate = context.sample_rate, context.channels, context.bit_rate
    for number, packet in enumerate(packets(container, sound, Damage())):
        before_zero = family in STAMPED_FROM_ZERO and (packet.pts or 0) < 0
        signalled = signalled or (number == 0 and (before_zero or packet.has_sidedata("skip_samples")))
        frames = decoded(sound, packet)
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
    start_s, context = start_of(picture), picture.codec_context
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


def _seconds(units: int | None, time_base: Fraction | None) -> float | None:
    return None if units is None or time_base is None else float(units * time_base)


def _end(container: InputContainer, picture: VideoStream | None, origin_s: Fraction) -> float:
    """The announced end of the picture, or else of the container, on the presentation clock; 0 if there is none."""
    start_s = start_of(picture)
    if picture is not None and picture.time_base is not None and picture.duration and start_s is not None:
        return max(0.0, float(start_s + picture.duration * picture.time_base - origin_s))
    if not container.duration:
        return 0.0
    start_us = container.start_time if container.start_time is not None else 0
    return max(0.0, float(Fraction(start_us + container.duration, av.time_base) - origin_s))
