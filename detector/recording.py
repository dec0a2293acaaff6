"""One recording -> Report."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from detector import selftest
from detector.core import coverage, cracks, cuts, device_tones, edits, frames, hearing, probability, showings, verdicts
from detector.core.basis import basis
from detector.core.fingerprint import result_sha256
from detector.core.listening import EnvelopeMeter, Listening, listening
from detector.core.overview import OverviewMeter
from detector.core.repeats import RepeatMeter
from detector.core.stretches import cut
from detector.errors import SettingsError
from detector.media.clock import frame_number
from detector.media.decode import open_track
from detector.media.samples import SampleTrack
from detector.media.track import MediaTrack
from detector.provenance import software
from detector.records import Block, Coverage, DeviceTone, Recording, Repeat, Report, Shot, Track
from detector.settings import Settings

Progress = Callable[[float, float], None]

# Products here are small: sharing them saves no time, and threads that wait for the next burn as much again.
_one_thread = partial(threadpool_limits, limits=1, user_api="blas")


def detect(
    path: str | Path,
    *,
    settings: Settings | None = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    progress: Progress | None = None,
    self_test: bool = False,
) -> Report:
    """Report on the gunshots heard in a media file.

    Parameters
    ----------
    path
        Video or sound file; opened read-only.
    settings
        Numbers to turn; the published detector when None.
    start_s, stop_s
        Part of the presentation clock to analyse; the rest is `not_analysed`.
    progress
        Called with (seconds done, seconds in all) as the sound goes by.
    self_test
        Whether known shots are put into the sound and looked for again; no finding depends on it.

    Returns
    -------
    Report
        Everything found, times in seconds on the presentation clock; without shots, empty tuples.

    Raises
    ------
    MediaError
        When the file cannot be read. A video without sound is no error: its count is None.
    SettingsError
        When `stop_s` does not lie behind `start_s`, or either is no time.
    """
    settings = settings or Settings()
    check_window(start_s, stop_s)
    with open_track(path, settings.media) as track:
        window = (start_s, stop_s)
        seen = about_cuts(track, settings, window)
        report = (self_tested if self_test else report_on)(track, settings, window, progress)
        return dataclasses.replace(report, warnings=(*report.warnings, *seen))


def detect_samples(
    samples: ArrayLike,
    rate_hz: int,
    first_sample_s: float = 0.0,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
    self_test: bool = False,
) -> Report:
    """Report on sound in an array, (n,) or (n, channels); integers are scaled to full scale.

    Parameters
    ----------
    samples
        Full scale is +-1 for floats, the type's own for integers.
    rate_hz
        Samples a second.
    first_sample_s
        Time of the first sample on the clock that the report is to have.
    settings, progress, self_test
        As for `detect`.

    Returns
    -------
    Report
        As of `detect`; its recording has no file, and the hash is that of the samples.

    Raises
    ------
    MediaError
        When the array is not sound: (channels, n), not numbers, or at an impossible rate.
    """
    track = SampleTrack(samples, rate_hz, first_sample_s)
    return (self_tested if self_test else report_on)(track, settings or Settings(), (None, None), progress)


def report_on(
    track: Track,
    settings: Settings,
    window: tuple[float | None, float | None] = (None, None),
    progress: Progress | None = None,
    model: probability.Model | None = None,
) -> Report:
    """Report on any track: the road from sound to verdicts, in one forward pass."""
    with _one_thread():
        return _heard(track, settings, window, progress, model)[0]


def listened(
    track: Track,
    settings: Settings,
    window: tuple[float | None, float | None] = (None, None),
    progress: Progress | None = None,
    model: probability.Model | None = None,
) -> tuple[Report, Listening]:
    """Report on any track, and what comparing it with other recordings needs, from the same forward pass."""
    meter = EnvelopeMeter()
    with _one_thread():
        report, _ = _heard(track, settings, window, progress, model, meter)
    return report, listening(meter.envelope(), report)


def self_tested(
    track: selftest.ReadableTrack,
    settings: Settings,
    window: tuple[float | None, float | None] = (None, None),
    progress: Progress | None = None,
    model: probability.Model | None = None,
    plan: selftest.Plan = selftest.USUAL,
) -> Report:
    """Report on any track whose sound can be read again, with what a test of the road on that sound gave."""
    with _one_thread():
        report, onsets = _heard(track, settings, window, progress, model)
        tested = selftest.run(track, report, onsets, model or probability.published_model(), settings, plan)
    return dataclasses.replace(report, self_test=tested)


def _heard(
    track: Track,
    settings: Settings,
    window: tuple[float | None, float | None],
    progress: Progress | None,
    model: probability.Model | None,
    envelope: EnvelopeMeter | None = None,
) -> tuple[Report, hearing.Onsets | None]:
    """Report on a track, by the published model if None, and all onsets that may be shots."""
    published, model = model is None, model or probability.published_model()
    states, overview = coverage.CoverageMeter(settings.coverage), OverviewMeter()
    repeats = RepeatMeter(settings.repeats)
    parts, tones, first_s = [], list[DeviceTone](), 0.0
    for stretch in cut(_watched(track, progress), settings.stretches):
        first_s = min(first_s, stretch.start_s)
        measured = frames.with_margins(stretch)
        near = device_tones.find(stretch, measured, settings.tones)
        tones.extend(device_tones.begun_in(near, stretch))
        measured = frames.within(measured, stretch)
        states.add(measured)
        overview.add(measured)
        repeats.add(measured)
        if _wanted(stretch.start_s, stretch.start_s + len(stretch.heard) * stretch.hop_s, window):
            parts.append(hearing.listen(stretch, model, settings, near, envelope))
        del stretch  # before the next is made: they are most of what the memory holds
    onsets = hearing.join(parts)
    parts.clear()
    recording = track.recording()
    # Sound before the player's 0:00, as transport streams have, is in the file and heard like any other.
    acoustic = (Coverage(first_s, 0.0, "heard"), *states.states())
    covered = coverage.assemble(track.coverage(), acoustic, *window, recording.duration_s)
    found, shown_again = _judged(onsets, model, covered, repeats.repeats(), settings)
    heard_s = coverage.heard_s(covered)
    count = found.count if heard_s > 0 else None
    report = Report(
        recording=recording,
        software=software(model.version),
        settings=settings.to_dict(),
        basis=basis(recording, count, model.basis, published=published),
        count=count,
        span=found.span,
        heard_s=heard_s,
        shots=_with_frames(found.shots, recording),
        rejected=found.rejected,
        rejected_counts=found.rejected_counts,
        volleys=found.volleys,
        coverage=covered,
        repeats=shown_again,
        warnings=(*track.warnings(), *edits.warnings(covered, shown_again)),
        result_sha256="",
        overview=overview.result(),
        device_tones=device_tones.heard_only(tones, covered),
    )
    return dataclasses.replace(report, result_sha256=result_sha256(report)), onsets


def about_cuts(track: MediaTrack, settings: Settings, window: tuple[float | None, float | None]) -> tuple[str, ...]:
    """What the picture tells of edits; nothing is decoded unless its coding gives reason to."""
    pictures = track.pictures
    if not track.rate_hz or pictures is None:
        return ()
    suspects = cuts.suspects(pictures.index, settings.cuts, *window)
    shown = pictures.layouts(suspects.windows, settings.cuts.pictures) if suspects.windows else []
    return edits.about_cuts(cuts.find(shown, settings.cuts), suspects.left_out)


def _judged(
    onsets: hearing.Onsets | None,
    model: probability.Model,
    covered: tuple[Coverage, ...],
    repeats: tuple[Repeat, ...],
    settings: Settings,
) -> tuple[verdicts.Verdicts, tuple[Repeat, ...]]:
    if onsets is None:
        return verdicts.nothing(settings), repeats
    onsets = verdicts.heard_only(onsets, covered, settings.coverage)
    judged = hearing.judged(onsets, model, settings)
    onsets, judged, cracked = cracks.joined(onsets, judged, settings.probability.possible, settings.cracks)
    listed_s = onsets.time_s[judged.chance >= settings.probability.possible]
    repeats = tuple(sorted((*repeats, *showings.find(listed_s, settings.repeats, repeats)), key=lambda r: r.start_s))
    return verdicts.decide(onsets, judged, cracked, covered, repeats, settings), repeats


def _with_frames(shots: tuple[Shot, ...], recording: Recording) -> tuple[Shot, ...]:
    if recording.video is None:
        return shots
    video = recording.video
    return tuple(dataclasses.replace(s, frame=frame_number(s.time_s, video.start_s, video.frame_rate)) for s in shots)


def _watched(track: Track, progress: Progress | None) -> Iterator[Block]:
    for block in track.blocks():
        yield block
        if progress is not None:
            progress(block.start_s + len(block.samples) / block.rate_hz, track.duration_s)


def _wanted(start_s: float, stop_s: float, window: tuple[float | None, float | None]) -> bool:
    return (window[0] is None or stop_s > window[0]) and (window[1] is None or start_s < window[1])


def check_window(start_s: float | None, stop_s: float | None) -> None:
    """Refuse a part of a recording that is none.

    Raises
    ------
    SettingsError
        When `stop_s` does not lie behind `start_s`, or either is no time.
    """
    for name, time_s in (("start_s", start_s), ("stop_s", stop_s)):
        if time_s is not None and not math.isfinite(time_s):
            raise SettingsError(f"{name} is {time_s!r}, which is not a time; give seconds, or None for an end")
    if start_s is not None and stop_s is not None and stop_s <= start_s:
        raise SettingsError(
            f"the window ends at {stop_s:g} s, not after its start at {start_s:g} s: swap them, or give a later end"
        )
