"""aligned.flac: the whole track on the presentation clock, for programs that open no video."""

from __future__ import annotations

from detector.exports.pieces import Piece
from detector.records import Report

FILE_NAME = "aligned.flac"


def pieces(report: Report) -> tuple[Piece, ...]:
    """From 0:00 to the end of the recording; sound before 0:00, which no player shows, is left out."""
    recording = report.recording
    return (Piece(FILE_NAME, 0.0, recording.duration_s, f"{recording.name}, sound on the presentation clock"),)
