"""Several recordings of one event -> Incident, on one page."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from detector.core import alignment, edits, fusion, incident_count, positions, reshown, volleys
from detector.core.fingerprint import incident_sha256
from detector.core.listening import Listening
from detector.core.order import order
from detector.errors import MediaError, SettingsError
from detector.media.decode import open_track
from detector.media.track import MediaTrack
from detector.provenance import software
from detector.recording import Progress, about_cuts, check_window, listened
from detector.records import Alignment, Camera, Incident, Report
from detector.settings import Settings

Window = tuple[float | None, float | None]
OnFailure = Callable[[Path, Exception], None]
_ONE_CLOCK_S = 1e-4  # by which two parts of one file, on its own clock, may differ by rounding


@dataclasses.dataclass(frozen=True, eq=False)
class Heard:
    """One recording as it was heard: the part that was looked at, its report, what aligning needs, the user's word."""

    path: Path
    window: Window | None
    report: Report
    listening: Listening
    wearer_fired: bool = False
    time_of_day: str | None = None
    time_of_day_from: Literal["given", "file"] | None = None


def detect_incident(
    paths: Sequence[str | Path],
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
    windows: Sequence[Window | None] | None = None,
    wearer_fired: Collection[str | Path] = (),
    clocks: Mapping[str | Path, str] | None = None,
    guns_apart_m: float | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    on_failure: OnFailure | None = None,
) -> Incident:
    """The gunshots heard in several recordings of one event, each listed once.

    Parameters
    ----------
    paths
        Video or sound files, in any order; a file may come several times with other windows. Such parts stand where
        they stand in the file, unless their sound shows that they are two views of one moment.
    settings
        Numbers to turn; the published detector when None.
    progress
        Called with (seconds done, seconds in all) of each recording as its sound goes by.
    windows
        For each path the part (start_s, stop_s) to be looked at, None for all of it. Parts of one file that overlap
        are taken as one.
    wearer_fired
        Those of the paths whose wearer fired a gun, by the user's word.
    clocks
        Path -> when the file's 0:00 was by the camera's own wall clock (ISO 8601); only compared with what is heard.
        The creation time in the file is taken where none is given.
    guns_apart_m
        Largest distance between the guns, where it is known, for what is said of their order.
    pairs
        Numbers of two sounds each of whose order more is to be said.
    on_failure
        Called with the path and what went wrong of each recording that cannot be read to its end; the incident is that
        of the others, and says so. Without it the first such failure ends all.

    Returns
    -------
    Incident
        Cameras in the order of their names; the same whatever the order of the paths.

    Raises
    ------
    MediaError
        When a file cannot be read, or with `on_failure` none of them. One without sound, and one of another event, is
        no error: it is excluded.
    SettingsError
        Without a path, or with a window that is none.
    """
    settings = settings or Settings()
    windows = windows if windows is not None else [None] * len(paths)
    if not paths or len(windows) != len(paths):
        raise SettingsError("an incident needs recordings, and windows for all of them or none")
    for window in windows:
        check_window(*(window or (None, None)))
    fired, told = {Path(path) for path in wearer_fired}, {Path(path): at for path, at in (clocks or {}).items()}
    failed: dict[Path, Exception] = {}
    with ExitStack() as files:
        recorded: list[tuple[Heard, MediaTrack]] = []
        for path, window in _joined(list(zip(map(Path, paths), windows, strict=True))):
            try:
                heard, track = _heard(path, window, files, settings, progress)
            except Exception as error:
                _leave_out(path, error, failed, on_failure)
            else:
                heard = dataclasses.replace(heard, wearer_fired=path in fired)
                if path in told:
                    heard = dataclasses.replace(heard, time_of_day=told[path], time_of_day_from="given")
                recorded.append((heard, track))
        recorded.sort(key=lambda each: _place(each[0]))
        aligned = _aligned(recorded, failed, settings, on_failure)
    incident = incident_of([each for each, _ in recorded], aligned, settings, guns_apart_m=guns_apart_m, pairs=pairs)
    return dataclasses.replace(incident, warnings=(*_failures(failed), *incident.warnings))


def _heard(
    path: Path, window: Window | None, files: ExitStack, settings: Settings, progress: Progress | None
) -> tuple[Heard, MediaTrack]:
    """A recording, heard from its beginning to its end, and its track, to be read once more."""
    track = files.enter_context(open_track(path, settings.media))
    whole = window or (None, None)
    seen = about_cuts(track, settings, whole)
    report, listening = listened(track, settings, whole, progress)
    report = dataclasses.replace(report, warnings=(*report.warnings, *seen))
    if window is not None:
        key = f"{listening.key} {window[0]} {window[1]}"
        listening = dataclasses.replace(listening, key=key, part_of=listening.key)
    heard = Heard(path, window, report, listening)
    if track.created is not None:
        heard = dataclasses.replace(heard, time_of_day=track.created, time_of_day_from="file")
    return heard, track


def _aligned(
    recorded: list[tuple[Heard, MediaTrack]],
    failed: dict[Path, Exception],
    settings: Settings,
    on_failure: OnFailure | None,
) -> Alignment:
    """One clock for all; one whose sound cannot be read again is taken out of the list, and all is done anew."""
    if not recorded:
        raise MediaError("none of the recordings could be read to its end; check that they play, or copy them again")
    listenings = [heard.listening for heard, _ in recorded]
    found = alignment.find(listenings, settings.alignment)
    wanted = alignment.windows(found, listenings, settings.alignment)
    sounds = []
    for (heard, track), own in zip(recorded, wanted, strict=True):
        try:
            sounds.append(track.read(own) if own else [])
        except Exception as error:
            _leave_out(heard.path, error, failed, on_failure)
            recorded[:] = [each for each in recorded if each[0].path != heard.path]
            return _aligned(recorded, failed, settings, on_failure)
    return alignment.refine(found, listenings, sounds, settings.alignment)


def _leave_out(path: Path, error: Exception, failed: dict[Path, Exception], on_failure: OnFailure | None) -> None:
    """Tell of a recording that failed, once however many of its parts were wanted; raise where nobody listens."""
    if on_failure is None:
        raise error
    if path not in failed:
        failed[path] = error
        on_failure(path, error)


def _failures(failed: Mapping[Path, Exception]) -> list[str]:
    """What was left out, in the order of the names; reasons without the path, which differs from place to place."""
    return sorted(
        f"{path.name} could not be read to its end and is not in this incident: "
        + " ".join(str(error).removeprefix(f"{path}: ").split())
        for path, error in failed.items()
    )


def _joined(parts: Sequence[tuple[Path, Window | None]]) -> list[tuple[Path, Window | None]]:
    """The parts, those of one file that overlap as one; one that lies within another stays, to be known as a copy."""
    found: list[tuple[Path, Window | None]] = []
    for path, window in sorted(parts, key=lambda part: (part[0], _ends(part[1]))):
        start_s, stop_s = _ends(window)
        for place, (other, known) in enumerate(found):
            before_s, until_s = _ends(known)
            if other == path and before_s < start_s < until_s < stop_s:
                both = known and known[0], window and window[1]
                found[place] = path, None if both == (None, None) else both
                break
        else:
            found.append((path, window))
    return found


def _ends(window: Window | None) -> tuple[float, float]:
    start_s, stop_s = window or (None, None)
    return -math.inf if start_s is None else start_s, math.inf if stop_s is None else stop_s


def incident_of(
    heard: Sequence[Heard],
    aligned: Alignment,
    settings: Settings,
    *,
    guns_apart_m: float | None = None,
    pairs: Sequence[tuple[int, int]] = (),
) -> Incident:
    """The incident of recordings whose clocks are known; cameras are numbered in the order given."""
    cameras = [_camera(row, each, aligned) for row, each in enumerate(heard)]
    fused, shown_again = reshown.once(fusion.fuse(cameras, settings), settings)
    shots, places = positions.group(fused.shots, settings.fusion)
    coverage = incident_count.coverage(cameras)
    heard_s = incident_count.heard_s(coverage)
    cameras = [dataclasses.replace(camera, residual_s=incident_count.residual_s(camera, shots)) for camera in cameras]
    incident = Incident(
        cameras=tuple(cameras),
        clock=cameras[aligned.reference].id if heard_s > 0 else None,
        software=software(str(heard[0].report.software.get("model", ""))),
        settings=settings.to_dict(),
        basis=incident_count.basis(cameras),
        count=incident_count.count(shots, fused.rejected, settings) if heard_s > 0 else None,
        span=volleys.span([shot for shot in shots if shot.repeat_of is None]),
        heard_s=heard_s,
        shots=shots,
        volleys=volleys.group(shots, fused.rejected, settings.count),
        positions=places,
        order=order(shots, cameras, pairs, guns_apart_m, settings),
        coverage=coverage,
        warnings=(*_warnings(cameras), *_twice(aligned), *edits.between(shown_again)),
        result_sha256="",
        rejected=fused.rejected,
    )
    return dataclasses.replace(incident, result_sha256=incident_sha256(incident))


def _place(heard: Heard) -> tuple[str, str, float, float]:
    """Where a recording stands among the others, in whatever order they were given."""
    recording = heard.report.recording
    return recording.name, recording.sha256, *_ends(heard.window)


def _camera(row: int, heard: Heard, aligned: Alignment) -> Camera:
    """The camera with the number after `row`."""
    on_clock = row in aligned.included
    drift = float(aligned.drift_ppm[row])
    known = on_clock and math.isfinite(drift)
    same = aligned.same_as[row]
    return Camera(
        id=row + 1,
        report=heard.report,
        offset_s=round(float(aligned.offset_s[row]), 6) if on_clock else None,
        anchor_s=round(float(aligned.anchor_s[row]), 6) if on_clock else None,
        error_s=round(float(aligned.error_s[row]), 6) if on_clock else None,
        drift_ppm=round(drift, 3) if known else None,
        drift_error_ppm=round(float(aligned.drift_error_ppm[row]), 3) if known else None,
        residual_s=None,
        same_as=None if same is None else same + 1,
        excluded=dict(aligned.excluded).get(row, ""),
        wearer_fired=heard.wearer_fired,
        window=heard.window,
        time_of_day=heard.time_of_day,
        time_of_day_from=heard.time_of_day_from,
    )


def _warnings(cameras: Sequence[Camera]) -> tuple[str, ...]:
    together = [camera for camera in cameras if camera.included]
    parts = [
        f"cameras {one.id} and {other.id} are parts of one file and stand where they stand in it: no sound that both "
        "heard says so"
        for one, other in itertools.combinations(together, 2)
        if one.report.recording.sha256 == other.report.recording.sha256
        if math.isclose(one.incident_s(0.0), other.incident_s(0.0), abs_tol=_ONE_CLOCK_S)
    ]
    if parts:
        return tuple(parts)
    if len(cameras) == 1:
        return ("only one recording was given: nothing was compared, and the count is its own",)
    if len(together) == 1:
        return ("only one recording is left, the others are copies of it or excluded: the count is its own",)
    return ()


def _twice(aligned: Alignment) -> list[str]:
    """Recordings that fit each other at two places: what one shows twice at one speed is only known from its parts."""
    return sorted(
        f"cameras {min(pair.one, pair.other) + 1} and {max(pair.one, pair.other) + 1} fit each other at two places "
        f"{abs(pair.also_s - pair.lag_s):.1f} s apart: one of them probably shows the same moments twice, as "
        "compilations do, and shots may be counted twice; give its parts one by one (FILE@START-STOP)"
        for pair in aligned.pairs
        if pair.used and pair.also_s is not None and pair.lag_s is not None
    )
