"""Several recordings of one event -> Incident, on one page."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from detector.core import alignment, fusion, incident_count, positions
from detector.core.fingerprint import incident_sha256
from detector.core.listening import Listening
from detector.core.order import order
from detector.errors import SettingsError
from detector.media.decode import open_track
from detector.provenance import software
from detector.recording import Progress, about_cuts, check_window, listened
from detector.records import Alignment, Camera, Incident, Report
from detector.settings import Settings

Window = tuple[float | None, float | None]


@dataclasses.dataclass(frozen=True, eq=False)
class Heard:
    """One recording as it was heard: the part that was looked at, its report, what aligning needs, the user's word."""

    path: Path
    window: Window | None
    report: Report
    listening: Listening
    wearer_fired: bool = False
    time_of_day: str | None = None


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
) -> Incident:
    """The gunshots heard in several recordings of one event, each listed once.

    Parameters
    ----------
    paths
        Video or sound files, in any order; a file may come several times with other windows.
    settings
        Numbers to turn; the published detector when None.
    progress
        Called with (seconds done, seconds in all) of each recording as its sound goes by.
    windows
        For each path the part (start_s, stop_s) to be looked at, None for all of it.
    wearer_fired
        Those of the paths whose wearer fired a gun, by the user's word.
    clocks
        Path -> when the file's 0:00 was by the camera's own wall clock (ISO 8601); only compared with what is heard.
    guns_apart_m
        Largest distance between the guns, where it is known, for what is said of their order.
    pairs
        Numbers of two sounds each of whose order more is to be said.

    Returns
    -------
    Incident
        Cameras in the order of their names; the same whatever the order of the paths.

    Raises
    ------
    MediaError
        When a file cannot be read. One without sound, and one of another event, is no error: it is excluded.
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
    with ExitStack() as files:
        heard, tracks = [], []
        for path, window in zip(map(Path, paths), windows, strict=True):
            track = files.enter_context(open_track(path, settings.media))
            whole = window or (None, None)
            seen = about_cuts(track, settings, whole)
            report, listening = listened(track, settings, whole, progress)
            report = dataclasses.replace(report, warnings=(*report.warnings, *seen))
            if window is not None:
                listening = dataclasses.replace(listening, key=f"{listening.key} {window[0]} {window[1]}")
            heard.append(Heard(path, window, report, listening, path in fired, told.get(path)))
            tracks.append(track)
        rows = sorted(range(len(heard)), key=lambda row: _place(heard[row]))
        heard, tracks = [heard[row] for row in rows], [tracks[row] for row in rows]
        listenings = [each.listening for each in heard]
        found = alignment.find(listenings, settings.alignment)
        wanted = alignment.windows(found, listenings, settings.alignment)
        sounds = [track.read(own) if own else [] for track, own in zip(tracks, wanted, strict=True)]
    aligned = alignment.refine(found, listenings, sounds, settings.alignment)
    return incident_of(heard, aligned, settings, guns_apart_m=guns_apart_m, pairs=pairs)


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
    fused = fusion.fuse(cameras, settings)
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
        span=incident_count.span(shots),
        heard_s=heard_s,
        shots=shots,
        volleys=incident_count.volleys(shots, fused.rejected, settings),
        positions=places,
        order=order(shots, cameras, pairs, guns_apart_m, settings),
        coverage=coverage,
        warnings=_warnings(cameras),
        result_sha256="",
        rejected=fused.rejected,
    )
    return dataclasses.replace(incident, result_sha256=incident_sha256(incident))


def _place(heard: Heard) -> tuple[str, str, float, float]:
    """Where a recording stands among the others, in whatever order they were given."""
    start_s, stop_s = heard.window or (None, None)
    recording = heard.report.recording
    return recording.name, recording.sha256, -math.inf if start_s is None else start_s, stop_s or math.inf


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
    )


def _warnings(cameras: Sequence[Camera]) -> tuple[str, ...]:
    together = [camera for camera in cameras if camera.offset_s is not None and camera.same_as is None]
    if len(cameras) == 1:
        return ("only one recording was given: nothing was compared, and the count is its own",)
    if len(together) == 1:
        return ("only one recording is left, the others are copies of it or excluded: the count is its own",)
    return ()
