"""A recording copied with a new picture: its own with a canvas around it, or the canvas alone; its sound untouched.

Packets of sound are copied as they are. Every picture keeps its presentation time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.codec import Codec
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from detector.errors import OutputError
from detector.media.canvas import USUAL_RATE, Annotation, Coder
from detector.media.container import opened, origin, picture_track, sound_track
from detector.media.encode import unfinished

SUFFIXES = {".mp4": "mp4", ".mkv": "matroska", ".mov": "mov"}
_MADE_BY = "annotated by gunshot-tally"  # begins the comment of each copy; only such files are ever replaced
_MP4_SOUND = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac"})  # what players expect in an MP4


def check_target(path: Path, target: Path, overwrite: bool = False) -> None:
    """See, before anything long begins, that an annotated copy of `path` may be written at `target`.

    Raises
    ------
    OutputError
        When its kind is unknown; when it is the recording, by whatever name, or would lie beside
        it; when something is there, unless it is an earlier annotated copy and `overwrite` is true.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{target}: an annotated copy is written as {' or '.join(SUFFIXES)}; end its name so")
    if target.exists() and path.exists() and target.samefile(path):
        raise OutputError(f"{target}: is the recording itself; name another file")
    if target.resolve().parent == path.resolve().parent:
        elsewhere = target.parent / "annotated" / target.name
        raise OutputError(f"{target}: would lie beside the recording; name another folder, such as {elsewhere}")
    _refuse_existing(target, overwrite)


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not overwrite:
        raise OutputError(f"{target}: already exists; give --overwrite to replace an earlier annotated copy")
    comment = ""
    if target.is_file() and not target.is_symlink():
        with suppress(av.FFmpegError, OSError, ValueError), av.open(str(target), metadata_errors="replace") as there:
            comment = {name.lower(): text for name, text in there.metadata.items()}.get("comment", "")
    if not comment.startswith(_MADE_BY):
        raise OutputError(f"{target}: is no annotated copy and would be lost; move it away, or name another file")


def check_sound(path: Path, target: Path) -> None:
    """See that a file such as `target` can hold the sound of `path` as it is.

    Raises
    ------
    OutputError
        When it cannot: the kind of file that can, or what to do where none can.
    MediaError
        When the recording cannot be opened.
    """
    with opened(path) as container:
        codecs = [s.codec_context.codec for s in container.streams.audio if s.codec_context is not None]
    able = [suffix for suffix in SUFFIXES if _holds(suffix, codecs)]
    if target.suffix.lower() not in able:
        so = f"name it {target.with_suffix(able[0])}" if able else "convert the recording to MP4 first"
        named = ", ".join(sorted({codec.canonical_name for codec in codecs}))
        raise OutputError(f"{target}: such a file cannot hold the sound ({named}) as it is; {so}")


def _holds(suffix: str, codecs: Sequence[Codec]) -> bool:
    """Whether such a file takes packets of all these codecs."""
    if suffix == ".mp4":
        return all(codec.canonical_name in _MP4_SOUND for codec in codecs)
    with av.open(io.BytesIO(), "w", format=SUFFIXES[suffix]) as out:
        return all(codec.name in out.supported_codecs for codec in codecs)


def redraw(
    path: Path,
    target: Path,
    annotation: Annotation,
    progress: Callable[[float, float], None] | None = None,
) -> None:
    """Write the copy; all sound tracks that FFmpeg knows go into it packet by packet, as they are.

    Parameters
    ----------
    path, target
        Recording and copy, seen by `check_target` and `check_sound` before; what is at `target` is
        replaced when the copy is complete.
    annotation
        What is painted.
    progress
        Called with seconds done and in all.

    Raises
    ------
    MediaError
        When the recording cannot be opened.
    OutputError
        When it has no picture with a time that can be decoded, or the copy cannot be written;
        nothing is left behind then.

    Notes
    -----
    The copy shows 0:00 where a player of the recording does. Pictures are H.264 where this build of
    FFmpeg has it, else MPEG-4; one that is damaged, or not later than the one before it, is left
    out, and the one before is shown on. MP4 keeps their exact times, MKV keeps them to the
    millisecond. Reading ends where the recording cannot be read any further.
    """
    kind = SUFFIXES[target.suffix.lower()]
    with opened(path) as source:
        sound = sound_track(source, path, annotation.track) if source.streams.audio else None
        picture = picture_track(source)
        origin_s = origin(source, sound, picture)
        # The default rounds a late start of the sound to whole milliseconds.
        options = {"movie_timescale": str(sound.rate)} if sound is not None and kind == "mp4" else {}
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{target}: its folder cannot be made ({error.strerror}); name another") from error
        with unfinished(target) as part, av.open(str(part), "w", format=kind, options=options) as out:
            out.metadata["comment"] = f"{_MADE_BY} {annotation.comment}"
            for done_s in _Copy(source, out, picture, origin_s, annotation).run():
                if progress is not None:
                    progress(done_s, annotation.duration_s)


class _Copy:
    """One recording on its way into its copy."""

    def __init__(
        self,
        source: InputContainer,
        out: OutputContainer,
        picture: VideoStream | None,
        origin_s: Fraction,
        annotation: Annotation,
    ) -> None:
        self._source, self._out, self._picture = source, out, picture
        self._origin_s, self._annotation = origin_s, annotation
        self._sounds = {s.index: out.add_stream_from_template(s) for s in source.streams.audio if s.codec_context}
        self._early: list[Packet[Any]] = []  # sound before the first picture, which says what the copy is to hold
        self._coder: Coder | None = None
        self._shown_s, self._blanks = 0.0, 0

    def run(self) -> Iterator[float]:
        """Copy everything; gives the seconds done, now and then."""
        for packet in self._packets():
            if packet.stream_index in self._sounds:
                self._copy_sound(packet)
            else:
                self._show_all(self._decoded(packet))
            yield self._shown_s
        if self._picture is None:
            self._show_without(self._annotation.duration_s)
        else:
            self._show_all(self._decoded(None))
        if self._coder is None:
            raise OutputError("its recording has no picture with a time that can be decoded; nothing to annotate")
        self._out.mux(self._coder.finish())
        yield self._annotation.duration_s

    def _packets(self) -> Iterator[Packet[Any]]:
        wanted = [self._source.streams[index] for index in self._sounds]
        with suppress(av.FFmpegError, OSError):
            for packet in self._source.demux([*wanted, *([self._picture] if self._picture else [])]):
                if packet.size:
                    yield packet

    def _copy_sound(self, packet: Packet[Any]) -> None:
        shift = round(self._origin_s / packet.time_base)
        if packet.pts is None:
            packet.pts = packet.dts
        if packet.pts is not None:
            at_s = float((packet.pts - shift) * packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, None if packet.dts is None else packet.dts - shift
            if self._picture is None:
                self._show_without(at_s)
        packet.stream = self._sounds[packet.stream_index]
        if self._coder is None:
            self._early.append(packet)
        else:
            self._out.mux(packet)

    def _decoded(self, packet: Packet[Any] | None) -> Sequence[VideoFrame]:
        assert self._picture is not None
        try:
            return [frame for frame in self._picture.codec_context.decode(packet) if frame.pts is not None]
        except (av.FFmpegError, OSError):
            return []

    def _show_all(self, frames: Sequence[VideoFrame]) -> None:
        assert self._picture is not None
        assert self._picture.time_base is not None
        for frame in frames:
            assert frame.pts is not None
            self._show(frame, frame.pts * self._picture.time_base - self._origin_s)

    def _show_without(self, until_s: float) -> None:
        """Pictures of the canvas alone, up to a time."""
        while (at_s := Fraction(self._blanks) / USUAL_RATE) < until_s:
            self._show(None, at_s)
            self._blanks += 1

    def _show(self, frame: VideoFrame | None, at_s: Fraction) -> None:
        if self._coder is None:
            self._coder = Coder(self._out, self._picture, frame, self._annotation)
            self._out.mux([*self._early])
            self._early.clear()
        self._out.mux(self._coder.add(frame, at_s))
        self._shown_s = float(at_s)
