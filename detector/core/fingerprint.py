"""The hash that names a result: equal for equal verdicts, wherever and however often they were reached."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from detector.records import Camera, CountInterval, Incident, Report, Shot


def result_sha256(report: Report) -> str:
    """SHA-256 (64 hex digits) of what was decided, under which settings, on which content.

    Times enter to 0.1 ms and probabilities to 3 digits, as whole numbers, so that platforms that
    differ in the last bits agree. Left out are names, paths, dates, versions, notes, moments,
    measurements that decide nothing (levels, the overview), and `report.result_sha256` itself.
    """
    decided = {
        "schema": "gunshot-result/1",
        "content": report.recording.sha256,
        "settings": _plain(report.settings),
        "count": _count(report.count),
        "span": None if report.span is None else [_ticks(report.span.first_s), _ticks(report.span.last_s)],
        "shots": [_shot(shot) for shot in report.shots],
        "rejected": [
            [r.id, _ticks(r.time_s), _mille(r.probability), r.reason, r.of_shot, _ticks(r.delay_s)]
            for r in report.rejected
        ],
        "rejected_counts": [[r.minute, r.reason, r.n] for r in report.rejected_counts],
        "volleys": [[v.id, _count(v.count), list(v.shots)] for v in report.volleys],
        "coverage": [[_ticks(c.start_s), _ticks(c.stop_s), c.state] for c in report.coverage],
        "repeats": [
            [_ticks(r.start_s), _ticks(r.stop_s), _ticks(r.of_start_s), _mille(r.speed)] for r in report.repeats
        ],
    }
    text = json.dumps(decided, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def incident_sha256(incident: Incident) -> str:
    """SHA-256 (64 hex digits) of what was decided about an incident, under which settings, on which recordings.

    As `result_sha256`. Cameras enter by their content and in its order, and so do the cameras that heard a shot:
    what the files are called, and the numbers that their names give the cameras, change nothing.
    """
    by_content = sorted(incident.cameras, key=content)
    number = {camera.id: place for place, camera in enumerate(by_content)}
    decided = {
        "schema": "gunshot-incident-result/1",
        "cameras": [
            [
                [camera.report.result_sha256, _ticks(camera.offset_s), _ticks(camera.anchor_s), camera.wearer_fired],
                None if camera.same_as is None else by_content[number[camera.same_as]].report.recording.sha256,
            ]
            for camera in by_content
        ],
        "settings": _plain(incident.settings),
        "count": _count(incident.count),
        "shots": [
            [
                [shot.id, shot.status, _ticks(shot.time_s), shot.volley, *map(_mille, (shot.probability, *shot.extra))],
                sorted([number[each.camera], each.onset] for each in shot.arrivals),
                shot.position,
            ]
            for shot in incident.shots
        ],
        "rejected": [[each.id, _ticks(each.time_s), _mille(each.probability)] for each in incident.rejected],
        "order": [[each.first, each.second, each.decision, each.rests_on] for each in incident.order],
        "coverage": [[_ticks(c.start_s), _ticks(c.stop_s), c.state] for c in incident.coverage],
    }
    text = json.dumps(decided, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def content(camera: Camera) -> tuple[str, float, float]:
    """What names a recording, whatever its file is called: its hash, and the part that was looked at."""
    start_s, stop_s = camera.window or (None, None)
    return (
        camera.report.recording.sha256,
        -math.inf if start_s is None else start_s,
        math.inf if stop_s is None else stop_s,
    )


def _shot(s: Shot) -> list[Any]:
    chances = [_mille(chance) for chance in (s.probability, *s.extra)]
    return [s.id, s.status, _ticks(s.time_s), _ticks(s.time_error_s), s.volley, s.overlap, s.repeat_of, *chances]


def _count(count: CountInterval | None) -> dict[str, Any] | None:
    return None if count is None else dataclasses.asdict(count)


def _ticks(time_s: float | None) -> int | None:
    return None if time_s is None else _whole(time_s * 1e4)


def _mille(chance: float) -> int | None:
    return _whole(chance * 1e3)


def _whole(value: float) -> int | None:
    return round(float(value)) if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
