"""The truth about an event as pure data, in the layout that `corpus.read_corpus` reads.

Times are seconds on the clock of each camera's file, rounded to 10 microseconds, but for emissions,
which are on the clock of the scene: scene time = arrival_s + clock_offset_s, drift aside.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.core.blasts import speed_of_sound_m_s
from detector.lab.footage import Event, Heard, Segment, View, sounds_from
from detector.lab.staging import Shooter, Surroundings

OVERLAP_S = 0.010  # shots whose first arrivals are closer overlap


def truth(event: Event, files: Sequence[str], codecs: Sequence[str]) -> dict[str, Any]:
    """What is true of an event whose views are in `files`, coded by `codecs`."""
    stage = event.stage
    emitted = [at_s for shooter in stage.shooters for at_s in shooter.fired_s]
    fired = {shooter.label: len(shooter.fired_s) for shooter in stage.shooters}
    if stage.strings:
        fired = {"far": len(event.views[0].shots)}
    return {
        "synthetic": True,
        "family": event.family,
        "scene": event.name,
        "seed": event.seed,
        "fold": event.fold,
        "n_guns": len(fired),
        "shots_per_gun": fired,
        "total_shots": sum(fired.values()),
        "span_s": round(max(emitted) - min(emitted), 5) if emitted else None,
        "place": None if stage.strings else _place(stage.surroundings),
        "note": " ".join(sorted({piece.sensor for piece in stage.strings})),
        "guns": [_gun(shooter, event) for shooter in stage.shooters],
        "cameras": [_camera(*row) for row in zip(event.views, files, codecs, strict=True)],
    }


def _place(around: Surroundings) -> dict[str, Any]:
    walls = [
        ["xy"[axis], round(facade.point_m[axis], 2)]
        for facade in around.place.facades
        for axis in (0, 1)
        if facade.normal[axis]
    ]
    return {
        "env": around.kind if around.measured is None else f"measured:{around.measured.kind}",
        "c": round(speed_of_sound_m_s(around.place.temperature_c), 2),
        "walls": walls,
        "rt": round(around.rt60_s, 2) if around.measured is None else None,
    }


def _gun(shooter: Shooter, event: Event) -> dict[str, Any]:
    """A gun: where it was at time 0, who wore a camera beside it, how it sounds, what stood before it."""
    piece, cabin = shooter.recorded, shooter.cabin
    seen = {
        view.camera.label: own
        for view in event.views
        for own in view.camera.stage.shooters
        if own.label == shooter.label
    }
    return {
        "id": shooter.label,
        "material": sounds_from(shooter),
        "pos": [round(x, 3) for x in shooter.position_m],
        "aim": [round(x, 4) for x in shooter.aim],
        "owner_camera": next((label for label, own in seen.items() if own.own), None),
        "cabin": None if cabin is None else {"lp": cabin.low_pass_hz, "db": cabin.level_db},
        "spl_1m": round(float(20 * np.log10(shooter.blast.peak_pa / 20e-6)), 1),
        "source": None if piece is None else f"phones/{piece.path.name}",
        "occlusion": {
            label: {"db": own.hidden[0], "lp": own.hidden[1]} for label, own in seen.items() if own.hidden is not None
        },
    }


def _camera(view: View, file: str, codec: str) -> dict[str, Any]:
    clock = view.camera.clock
    told: dict[str, Any] = {
        "file": file,
        "shots": _shots(view.shots),
        "planted": [{"time_s": round(at_s, 5), "class": kind} for at_s, kind in view.planted],
        "muted": [_span(span) for span in view.unheard],
        "tones": [_span(span) for span in view.tones],
        "video_start_s": 0.0,
        "clock_offset_s": round(clock.offset_s, 6) if not view.segments else 0.0,
        "clock_ppm": clock.ppm,
        "recorder": _recorder(view, Path(file).suffix[1:], codec),
    }
    return told | ({"segments": [_segment(segment) for segment in view.segments]} if view.segments else {})


def _span(span: tuple[float, float]) -> list[float]:
    return [round(at_s, 5) for at_s in span]


def _shots(shots: Sequence[Heard]) -> list[dict[str, Any]]:
    """The shots in the order of their first arrival, with the gap to the one before and how many overlap."""
    ordered = sorted(shots, key=lambda shot: shot.first_s)
    first_s = np.array([shot.first_s for shot in ordered])
    rows = []
    for number, shot in enumerate(ordered):
        row: dict[str, Any] = {
            "arrival_s": round(shot.blast_s, 5),
            "gun": shot.gun,
            "material": shot.material,
            "emission_s": None if shot.emission_s is None else round(shot.emission_s, 6),
            "direct_path_snr_db": round(shot.snr_db, 1),
            "audible": shot.audible,
            "gap_to_previous_ms": round(1e3 * (shot.first_s - ordered[number - 1].first_s), 2) if number else None,
            "overlaps": int(np.sum(np.abs(first_s - shot.first_s) < OVERLAP_S)) - 1,
            "clipped": shot.clipped,
        }
        if shot.segment is not None:
            # Readers take the arrival of a compilation's shot for its first sound.
            row |= {"arrival_s": round(shot.first_s, 5), "repeat": shot.repeat, "segment": shot.segment}
        elif shot.crack_s is not None:
            row["crack_s"] = round(shot.crack_s, 5)
        rows.append(row | ({"muted": True} if shot.muted else {}))
    return rows


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "start_s": round(segment.start_s, 5),
        "end_s": round(segment.stop_s, 5),
        "kind": segment.kind,
        "view": segment.view,
        "speed": segment.speed,
        "source_start_s": round(segment.source_start_s, 5),
    }


def _recorder(view: View, container: str, codec: str) -> dict[str, Any]:
    """The electronics, the walk and the file of a camera."""
    stage, clock = view.camera.stage, view.camera.clock
    worn, recorder = stage.body, stage.body.recorder
    limiter, first = recorder.limiter, view.coded_first
    return {
        "pos": [round(x, 3) for x in stage.post.position_m],
        "vel": [round(x, 4) for x in worn.velocity_m_s[:2]],
        "start": clock.start_s,
        "ppm": clock.ppm,
        "aop": recorder.overload_db_spl,
        "clip": "tanh" if recorder.overload == "soft" else "hard",
        "hpf": recorder.high_pass_hz,
        "gain_db": recorder.gain_db,
        "limiter": None if limiter is None else dataclasses.asdict(limiter),
        "bounce": None if worn.bounce is None else dataclasses.asdict(worn.bounce),
        "fs": view.rate_hz,
        "kbps": view.bit_rate // 1000,
        "channels": 1,
        "codec": codec,
        "container": container,
        "twice": first is not None,
        "first_generation": None if first is None else f"aac {first[0]} Hz {first[1] // 1000} kb/s",
        "eight_bit": worn.coarse is not None,
        "audio_offset": view.late_s,
        "duration": round(view.duration_s, 6),
    }
