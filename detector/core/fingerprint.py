"""The hash that names a result: equal for equal verdicts, wherever and however often they were reached."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from detector.records import CountInterval, Report, Shot


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
