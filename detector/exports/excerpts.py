"""excerpts/: each volley as a WAV file with some sound before and after."""

from __future__ import annotations

import re

from detector.exports.pieces import Piece
from detector.records import Report, Volley
from detector.times import format_time

FOLDER = "excerpts"
FILE_NAMES = re.compile(r"volley_[0-9]+_at_-?[0-9]+\.[0-9]{3}s\.wav")
_BEFORE_S, _AFTER_S = 1.0, 2.0  # handles: the background to compare with, and the reverberation of a street


def pieces(report: Report) -> tuple[Piece, ...]:
    """From 1 s before the first to 2 s after the last shot of each volley, within the recording.

    The name says where in the recording the first sample lies: `volley_02_at_41.212s.wav`.
    """
    return tuple(_piece(report, volley) for volley in report.volleys)


def _piece(report: Report, volley: Volley) -> Piece:
    name, end_s = report.recording.name, report.recording.duration_s
    start_s = round(max(volley.first_s - _BEFORE_S, min(0.0, volley.first_s)), 3)  # what the name says is exact
    stop_s = max(min(volley.last_s + _AFTER_S, end_s), volley.last_s)
    file_name = f"{FOLDER}/volley_{volley.id:02d}_at_{start_s:.3f}s.wav"
    return Piece(file_name, start_s, stop_s, f"{name}, volley {volley.id} at {format_time(volley.first_s)}")
