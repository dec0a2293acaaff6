"""Plausible results and tallies for tests, without any sound behind them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from detector.checks import Mark, Marks
from detector.records import (
    HEARD_STATES,
    Arrival,
    AudioFacts,
    Camera,
    CountInterval,
    Coverage,
    DeviceTone,
    Float64,
    Incident,
    IncidentShot,
    Moment,
    Order,
    Overview,
    Position,
    Recording,
    Rejected,
    RejectedCount,
    Repeat,
    Report,
    Shot,
    Span,
    State,
    Tally,
    VideoFacts,
    Volley,
)
from detector.settings import Settings

VOLLEY_GAP_S = 3.0
FRAME_RATE = 30000 / 1001


def make_report(
    times_s: Sequence[float] = (5.0, 5.4, 5.9, 12.0, 12.2),
    *,
    probability: float | Sequence[float] = 0.98,
    extra: tuple[float, float] | Sequence[tuple[float, float]] = (0.0, 0.0),
    duration_s: float = 60.0,
    coverage: Sequence[tuple[float, float, State]] | None = None,
    rejected: Sequence[Rejected] = (),
    rejected_counts: Sequence[RejectedCount] = (),
    repeats: Sequence[Repeat] = (),
    device_tones: Sequence[DeviceTone] = (),
    moments: Sequence[Moment] = (),
    warnings: Sequence[str] = (),
    overview: bool = False,
    name: str = "bodycam.mp4",
) -> Report:
    """A report of shots at `times_s`, ids 1, 2, ... in time order; everything not given is heard.

    `probability` and `extra` are one value for all, or one per shot in time order.
    """
    chances = [probability] * len(times_s) if isinstance(probability, (int, float)) else list(probability)
    hidden = [
        (float(a), float(b)) for a, b in np.broadcast_to(np.asarray(extra or (0.0, 0.0), float), (len(times_s), 2))
    ]
    shots = _shots(sorted(times_s), chances, hidden)
    stretches = tuple(Coverage(*each) for each in (coverage or ((0.0, duration_s, "heard"),)))
    heard_s = float(sum(c.stop_s - c.start_s for c in stretches if c.state in HEARD_STATES))
    return Report(
        recording=make_recording(name, duration_s),
        software={"gunshot-tally": "0.1.0", "numpy": "2.4.0", "platform": "test"},
        settings=Settings().to_dict(),
        basis={"calibrated_on": "composed scenes", "real_body_camera": False, "inside_calibrated_range": True},
        count=count_interval(shots) if heard_s > 0 else None,
        span=Span(shots[0].time_s, shots[-1].time_s, shots[-1].time_s - shots[0].time_s, 0.003) if shots else None,
        heard_s=heard_s,
        shots=shots,
        rejected=tuple(rejected),
        rejected_counts=tuple(rejected_counts),
        volleys=_volleys(shots),
        coverage=stretches,
        repeats=tuple(repeats),
        device_tones=tuple(device_tones),
        warnings=tuple(warnings),
        result_sha256="5e" * 32,
        overview=make_overview(duration_s) if overview else None,
        moments=tuple(moments),
    )


def make_recording(name: str = "bodycam.mp4", duration_s: float = 60.0) -> Recording:
    """Facts of an ordinary MP4 with AAC sound."""
    return Recording(
        name=name,
        sha256="0123abcd" + "7f" * 28,
        size_bytes=1_234_567,
        duration_s=duration_s,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        clock_error_s=0.0,
        video=VideoFacts("30000/1001", False, 0.0, "01:00:00:00", 1280, 720),
        audio=AudioFacts("aac", 48000, 1, 64000, 0.0),
    )


def make_tally(
    label: str = "officers",
    low: int = 5,
    high: int | None = None,
    *,
    tolerance: int = 0,
    span_s: float | None = None,
    everyone: bool = True,
    window: tuple[float, float] | None = None,
    of: tuple[str, ...] = (),
    verbatim: Mapping[str, Any] | None = None,
) -> Tally:
    """A tally of `low` to `high` shots (`high` defaults to `low`), as if read from a file."""
    return Tally(
        label=label,
        low=low,
        high=low if high is None else high,
        tolerance=tolerance,
        span_s=span_s,
        includes="four officers",
        everyone=everyone,
        method="casings",
        citation="a statement, 9 April 2024",
        window=window,
        of=of,
        verbatim=dict(verbatim or {"label": label, "count": low, "includes": "four officers", "everyone": everyone}),
        file_sha256="ab" * 32,
    )


def make_overview(duration_s: float = 60.0, columns: int = 40) -> Overview:
    """An envelope of noise with one column without samples."""
    rng = np.random.default_rng(1)
    peak = rng.uniform(0.01, 1.0, columns).astype(np.float32)
    rms = (peak / 4).astype(np.float32)
    bands = rng.integers(-90, -10, (64, columns)).astype(np.int8)
    peak[0] = rms[0] = np.nan
    bands[:, 0] = -128
    edges = np.geomspace(50.0, 24000.0, 65).astype(np.float32)
    return Overview(0.0, duration_s / columns, -peak, peak, rms, bands, edges)


def count_distribution(shots: Sequence[Shot]) -> Float64:
    """Chances of 0, 1, 2, ... discharges behind `shots`, each being none, one, two or three."""
    pmf = np.ones(1)
    for shot in shots:
        p, (one, two) = shot.probability, shot.extra
        pmf = np.convolve(pmf, [1 - p, p * (1 - one - two), p * one, p * two])
    return np.asarray(pmf, np.float64)


def count_interval(shots: Sequence[Shot], confidence: float = 0.9) -> CountInterval:
    """Median and central interval of `count_distribution`."""
    below = np.cumsum(count_distribution(shots))
    low, best, high = (int(np.searchsorted(below, q)) for q in ((1 - confidence) / 2, 0.5, (1 + confidence) / 2))
    sure = sum(shot.probability >= 0.95 for shot in shots)
    return CountInterval(min(sure, best), low, best, high, confidence)


def _shots(
    times_s: Sequence[float], chances: Sequence[float], hidden: Sequence[tuple[float, float]]
) -> tuple[Shot, ...]:
    volley = np.concatenate([[1], 1 + np.cumsum(np.diff(times_s) > VOLLEY_GAP_S)]) if times_s else np.empty(0)
    return tuple(
        Shot(
            id=row + 1,
            status="shot" if chance >= 0.5 else "possible",
            time_s=float(time_s),
            time_error_s=0.002,
            probability=float(chance),
            volley=int(volley[row]),
            overlap=extra != (0.0, 0.0),
            repeat_of=None,
            level_db=-6.0,
            flags=("clipped",) if row % 2 else (),
            extra=extra,
            frame=int(time_s * FRAME_RATE),
        )
        for row, (time_s, chance, extra) in enumerate(zip(times_s, chances, hidden, strict=True))
    )


def _volleys(shots: Sequence[Shot]) -> tuple[Volley, ...]:
    return tuple(
        _volley(number, [s for s in shots if s.volley == number]) for number in sorted({s.volley for s in shots})
    )


def _volley(number: int, shots: Sequence[Shot]) -> Volley:
    first_s, last_s = shots[0].time_s, shots[-1].time_s
    splits = np.diff([s.time_s for s in shots])
    several = len(shots) > 1 and last_s > first_s
    return Volley(
        id=number,
        first_s=first_s,
        last_s=last_s,
        count=count_interval(shots),
        shots=tuple(s.id for s in shots),
        shots_per_s=(len(shots) - 1) / (last_s - first_s) if several else None,
        median_split_s=float(np.median(splits)) if several else None,
        shortest_split_s=float(splits.min()) if several else None,
    )


def make_marks(times_s: Sequence[float], name: str = "expert.txt", notes: Sequence[str] = ()) -> Marks:
    """Labels at `times_s`, as if read from a file."""
    marks = tuple(Mark(float(time_s), "shot") for time_s in sorted(times_s))
    return Marks(name, "Audacity labels", name.encode().hex().ljust(64, "0"), marks, tuple(notes))


def make_incident(
    times_s: Sequence[float] = (5.0, 5.4, 5.9, 12.0, 12.2),
    *,
    cameras: int = 3,
    offsets_s: Sequence[float] = (),
    probability: float | Sequence[float] = 0.98,
    extra: tuple[float, float] | Sequence[tuple[float, float]] = (0.0, 0.0),
    missed: Collection[tuple[int, int]] = (),
    places: Sequence[int | None] = (),
    duration_s: float = 60.0,
    coverage: Mapping[int, Sequence[tuple[float, float, State]]] | None = None,
    left_out: Mapping[int, str] | None = None,
    copies: Mapping[int, int] | None = None,
    names: Sequence[str] = (),
    order: Sequence[Order] = (),
    moments: Sequence[Moment] = (),
    warnings: Sequence[str] = (),
    overview: bool = False,
) -> Incident:
    """An incident of shots at `times_s`, by the clock of camera 1, as cameras 1, 2, ... heard them.

    `missed` are (shot, camera) that camera could have heard, and did not; `places` the position of each shot, by which
    it arrives up to 40 ms later at the cameras; `coverage` of a camera is on its own clock; cameras in `left_out` are
    not on the incident's clock, those in `copies` add nothing.
    """
    offsets_s = offsets_s or tuple(-7.25 * row for row in range(cameras))
    places = places or (None,) * len(times_s)
    left_out, copies, coverage = left_out or {}, copies or {}, coverage or {}
    listed = make_report(times_s, probability=probability, extra=extra, duration_s=duration_s)
    counting = [number for number in range(1, cameras + 1) if number not in left_out and number not in copies]
    heard = {
        number: [s for s in listed.shots if number in counting and (s.id, number) not in missed]
        for number in range(1, cameras + 1)
    }
    delays = {
        (shot.id, number): 0.02 * ((number + (place or 1)) % 3)
        for shot, place in zip(listed.shots, places, strict=True)
        for number in heard
    }
    reports = {
        number: make_report(
            [s.time_s + delays[s.id, number] - offsets_s[number - 1] for s in shots],
            duration_s=duration_s,
            coverage=coverage.get(number),
            overview=overview,
            name=names[number - 1] if names else f"camera_{number}.mp4",
        )
        for number, shots in heard.items()
    }
    found = tuple(
        _incident_shot(
            shot,
            place,
            {n: reports[n].shots[heard[n].index(shot)] for n in counting if shot in heard[n]},
            {n: delays[shot.id, n] for n in counting},
        )
        for shot, place in zip(listed.shots, places, strict=True)
    )
    return Incident(
        cameras=tuple(
            Camera(
                id=number,
                report=report,
                offset_s=None if number in left_out else float(offsets_s[number - 1]),
                anchor_s=None if number in left_out else 10.0,
                error_s=None if number in left_out else 0.004,
                drift_ppm=None,
                drift_error_ppm=None if number in left_out else 60.0,
                residual_s=0.002 if number in counting else None,
                same_as=copies.get(number),
                excluded=left_out.get(number, ""),
            )
            for number, report in reports.items()
        ),
        clock=1,
        software=listed.software,
        settings=listed.settings,
        basis=listed.basis,
        count=listed.count,
        span=listed.span,
        heard_s=listed.heard_s,
        shots=found,
        volleys=listed.volleys,
        positions=tuple(
            Position(place, tuple(s.id for s in found if s.position == place), ((1, 2, -0.02),), 0.001)
            for place in sorted({place for place in places if place is not None})
        ),
        order=tuple(order),
        coverage=listed.coverage,
        warnings=tuple(warnings),
        result_sha256="c0ffee00" + "1d" * 28,
        moments=tuple(moments),
    )


def _incident_shot(
    shot: Shot, place: int | None, onsets: Mapping[int, Shot], delays: Mapping[int, float]
) -> IncidentShot:
    return IncidentShot(
        id=shot.id,
        status="shot" if shot.status == "shot" else "possible",
        time_s=shot.time_s,
        time_error_s=0.003,
        probability=shot.probability,
        volley=shot.volley,
        overlap=shot.overlap,
        extra=shot.extra,
        arrivals=tuple(
            Arrival(number, onset.id, onset.status, onset.time_s, 0.002, onset.probability, delays[number])
            for number, onset in onsets.items()
        ),
        silent=tuple(number for number in delays if number not in onsets),
        position=place,
        flags=shot.flags,
    )
