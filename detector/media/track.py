"""The chosen sound track of a file: its sound in forward passes, and the facts those passes learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from detector.media.clock import Timeline
from detector.media.evidence import Evidence
from detector.media.forward import Damage, ForwardPass, Frames
from detector.media.pictures import Pictures
from detector.media.sound import about_unusable, cut_windows
from detector.media.trust import Stamps, Trust, judge
from detector.records import AudioFacts, Block, Coverage, Recording, State, VideoFacts
from detector.settings import MediaSettings
from detector.times import format_time

_SLIVER_S = 0.010  # missing stretches shorter than this are rounding of stamps, not coverage
_SHORT_END_S = 0.050  # sound may end this much before the picture: codecs work in frames
_LONG_S = 0.5  # a longer stretch without sound is worth a sentence
_ROUGHLY = 0.05  # share by which announced durations may be wrong: some containers guess from the bit rate
_LISTED = 3  # stretches named in a sentence


@dataclass(frozen=True)
class Header:
    """What a container announces before its sound is decoded, on the presentation clock.

    `duration_s` is good for progress; `stop_s` is the recording's end where the container knows it, else 0. `created`
    is the time stored in it as that of its making, ISO 8601, which may be any moment near the recording.
    """

    container: str
    duration_s: float
    stop_s: float
    video: VideoFacts | None
    audio: AudioFacts | None
    stamps: Stamps
    notices: tuple[str, ...] = ()
    created: str | None = None


class MediaTrack:
    """The chosen sound track of a file; implements `detector.records.Track`.

    Every pass opens the file anew, so `blocks()` and `read()` may be called as often as wanted,
    and between passes nothing is held open but the thread that hashes the file.

    Parameters
    ----------
    evidence
        The file, already looked at.
    header
        What its container announces.
    frames
        Opens the file and decodes the track from its start, noting damage in its argument.
    settings
        How time stamps are trusted.
    pictures
        Its picture, None without one.
    """

    def __init__(
        self,
        evidence: Evidence,
        header: Header,
        frames: Callable[[Damage], Generator[Frames, None, None]],
        settings: MediaSettings,
        pictures: Pictures | None = None,
    ) -> None:
        self._evidence, self._header, self._frames, self._settings = evidence, header, frames, settings
        self.pictures = pictures
        self._last: ForwardPass | None = None

    @property
    def rate_hz(self) -> int:
        """Sample rate in Hz; 0 without a sound track."""
        return self._header.audio.sample_rate_hz if self._header.audio else 0

    @property
    def channels(self) -> int:
        """Number of channels; 0 without a sound track."""
        return self._header.audio.channels if self._header.audio else 0

    @property
    def duration_s(self) -> float:
        """Duration as the container announces it, for progress; 0 when it does not say."""
        return self._header.duration_s

    @property
    def created(self) -> str | None:
        """The time that the container stores as that of its making, ISO 8601; None without one."""
        return self._header.created

    def __enter__(self) -> MediaTrack:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up hashing if it is still going on; harmless when called twice."""
        self._evidence.stop()

    def blocks(self) -> Iterator[Block]:
        """Decoded sound in presentation order, about a second at a time; starts hashing the file beside it.

        Missing samples are missing between blocks: a block starts where its stamp puts it. Every
        call gives the same bytes.
        """
        self._evidence.start()
        if self._header.audio is None:
            return
        self._last = one = self._new_pass()
        with closing(self._frames(one.damage)) as frames:
            for block in one.blocks(frames):
                if block.start_s > self._settings.longest_s:
                    one.damage.stopped = f"longer than media.longest_s = {self._settings.longest_s:g}"
                    one.complete = True  # no more will come: the rest is known to be unheard
                    return
                yield block

    def read(self, windows: Sequence[tuple[float, float]]) -> list[Block]:
        """The sound of each window (start_s, stop_s), in the order asked, from one more forward pass.

        A block is shorter than its window where that reaches beyond the first or last sample of
        the recording, empty where it lies wholly outside, and zero in gaps.
        """
        if self._header.audio is None:
            return cut_windows([], windows, 0, 0)
        one = self._new_pass()
        with closing(self._frames(one.damage)) as frames:
            return cut_windows(one.blocks(frames), windows, self.rate_hz, self.channels)

    def coverage(self) -> tuple[Coverage, ...]:
        """Stretches without samples (`no_audio`, `damaged`) as the last `blocks()` met them, in order.

        They reach from 0 (or the picture's start, if earlier) to the recording's end. Stretches
        under 10 ms, and an end up to 50 ms before the picture's, are left out. Beyond the point
        where a pass was broken off, nothing is said.
        """
        start_s = min(0.0, self._header.video.start_s if self._header.video else 0.0)
        stop_s = self._header.stop_s
        if self._header.audio is None:
            return _stretches([(start_s, stop_s, "no_audio")])
        one = self._last
        if one is None or one.timeline.end is None or one.first is None:
            damaged = one is not None and one.damage.packets > 0
            known = one is not None and one.complete
            return _stretches([(start_s, stop_s, "damaged" if damaged else "no_audio")] * known)
        begin_s, end_s = one.first / self.rate_hz, one.timeline.end / self.rate_hz
        announced_s = min(self._header.audio.start_s, begin_s)
        missing: list[tuple[float, float, State]] = [
            (start_s, announced_s, "no_audio"),
            (announced_s, begin_s, "damaged" if one.lost_at_start else "no_audio"),
        ]
        for first, stop in one.timeline.gaps:
            state: State = "damaged" if (first, stop) in one.damaged_gaps else "no_audio"
            missing.append((first / self.rate_hz, stop / self.rate_hz, state))
        # Where the stamps were disbelieved, the end that the container derives from them is too.
        if one.complete and not one.timeline.jumps and stop_s - end_s > _SHORT_END_S:
            missing.append((end_s, stop_s, "damaged" if one.damage.at_end else "no_audio"))
        return _stretches(missing)

    def recording(self) -> Recording:
        """Identity and stream facts, complete after `blocks()` has ended; waits for the hash.

        Raises
        ------
        MediaError
            When the file changed, or could no longer be read, since it was opened.
        """
        trust = self._trust()
        header, one, audio, stop_s = self._header, self._last, self._header.audio, self._header.stop_s
        if audio is not None and one is not None and one.first is not None and one.timeline.end is not None:
            inner = [(a / self.rate_hz, b / self.rate_hz) for a, b in one.timeline.gaps]
            audio = dataclasses.replace(
                audio,
                start_s=one.first / self.rate_hz,
                gaps=tuple(gap for gap in inner if gap[1] - gap[0] >= _SLIVER_S),
                damaged_packets=one.damage.packets,
            )
            stop_s = max(0.0 if one.timeline.jumps else stop_s, one.timeline.end / self.rate_hz)
        elif audio is not None:
            stop_s = self.duration_s
        return Recording(
            name=self._evidence.path.name,
            sha256=self._evidence.sha256(),
            size_bytes=self._evidence.size_bytes,
            duration_s=stop_s,
            container=header.container,
            clock_error_s=trust.error_s,
            video=header.video,
            audio=audio,
            clock_notes=trust.notes,
        )

    def warnings(self) -> tuple[str, ...]:
        """What the reader of the result must know about the file, in sentences."""
        found = list(self._header.notices + self._trust().warnings)
        one = self._last
        if one is not None:
            found += _about_missing(self.coverage(), one, self._header)
            found += _about_stamps(one)
            found += _about_samples(one)
        return tuple(found)

    def _trust(self) -> Trust:
        stamps, one = self._header.stamps, self._last
        if one is not None and one.complete and one.timeline.end is not None:
            stamps = dataclasses.replace(stamps, sound_s=one.timeline.end / self.rate_hz)
        return judge(stamps)

    def _new_pass(self) -> ForwardPass:
        rate_hz, settings = self.rate_hz, self._settings
        timeline = Timeline(
            seam=round(settings.seam_ms * rate_hz / 1000),
            overlap=0 if self._header.stamps.counted else round(settings.overlap_s * rate_hz),
            longest_gap=round(settings.longest_gap_s * rate_hz),
        )
        return ForwardPass(rate_hz, self.channels, timeline)


def _stretches(missing: Sequence[tuple[float, float, State]]) -> tuple[Coverage, ...]:
    """Without slivers, and neighbours of one state joined."""
    joined: list[Coverage] = []
    for start_s, stop_s, state in missing:
        if joined and (joined[-1].stop_s, joined[-1].state) == (start_s, state):
            joined[-1] = Coverage(joined[-1].start_s, stop_s, state)
        else:
            joined.append(Coverage(start_s, stop_s, state))
    return tuple(stretch for stretch in joined if stretch.stop_s - stretch.start_s >= _SLIVER_S)


def _about_missing(coverage: tuple[Coverage, ...], one: ForwardPass, header: Header) -> Iterator[str]:
    if one.damage.packets:
        shift = (
            "; times after each may be off, since this container only counts samples" if header.stamps.counted else ""
        )
        yield f"damaged packets of the sound that could not be decoded: {one.damage.packets}{shift}"
    if one.damage.stopped:
        yield f"reading stopped before the end of the file ({one.damage.stopped}); what was read until then is kept"
    if one.timeline.end is None:
        yield "no sound could be decoded from the sound track: nothing can be heard in this file"
        return
    long = [
        stretch for stretch in coverage if stretch.state == "no_audio" and stretch.stop_s - stretch.start_s > _LONG_S
    ]
    if long:
        times = ", ".join(f"{format_time(c.start_s)} to {format_time(c.stop_s)}" for c in long[:_LISTED])
        more = f" and {len(long) - _LISTED} more stretches" if len(long) > _LISTED else ""
        yield f"the file holds no sound from {times}{more}: shots there cannot be heard"
    end_s = one.timeline.end / one.rate_hz
    if (
        one.complete
        and not one.timeline.jumps
        and header.duration_s - end_s > max(_LONG_S, _ROUGHLY * header.duration_s)
    ):
        yield (
            f"the sound ends at {format_time(end_s)} although the file announces {format_time(header.duration_s)}:"
            " cut short, or recorded without sound from there"
        )


def _about_stamps(one: ForwardPass) -> Iterator[str]:
    timeline, rate_hz = one.timeline, one.rate_hz
    if timeline.trimmed:
        yield f"time stamps overlap: {timeline.trimmed / rate_hz:.3f} s of sound given twice were dropped"
    if timeline.jumps:
        times = ", ".join(format_time(jump / rate_hz) for jump in timeline.jumps[:_LISTED])
        yield (
            f"time stamps jump beyond belief {len(timeline.jumps)} times, first at {times}; the sound is taken as"
            " contiguous there, so later times may differ from a player's"
        )


def _about_samples(one: ForwardPass) -> Iterator[str]:
    if one.unusable:
        yield about_unusable(one.unusable)
    for rate_hz, first in one.other_rates.items():
        at = format_time(first / one.rate_hz)
        yield f"the sample rate changes from {one.rate_hz} to {rate_hz} Hz at {at}; that part was resampled"
    for channels, first in one.other_channels.items():
        at = format_time(first / one.rate_hz)
        yield f"the number of channels changes from {one.channels} to {channels} at {at}; {one.channels} were kept"
