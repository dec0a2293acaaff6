"""shots.selections.txt: a selection table of the listed shots for Raven."""

from __future__ import annotations

from collections.abc import Sequence

from detector.exports.wording import one_line, shot_label, shot_note
from detector.records import Comparison, Report

_COLUMNS = (
    *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"),
    *("Begin File", "Status", "Probability", "Volley", "Annotation"),
)
_WIDTH_S = 0.050  # Raven draws boxes: a shot begins at its time, and its box ends here for all
_FITS = "aligned.flac"


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """Tab-separated text; `Begin File` names the sound that the times fit, aligned.flac.

    Each box begins at the shot and is 50 ms wide, from 0 Hz to half the sample rate: neither is a
    measurement. The numbers of the selections are the ids of the shots.
    """
    audio = report.recording.audio
    high_hz = audio.sample_rate_hz / 2 if audio is not None else 1.0
    lines = ["\t".join(_COLUMNS)]
    for shot in report.shots:
        box = (f"{shot.time_s:.6f}", f"{shot.time_s + _WIDTH_S:.6f}", "0.0", f"{high_hz:.1f}", _FITS)
        known = (
            shot.status,
            f"{shot.probability:.3f}",
            shot.volley,
            one_line(f"{shot_label(shot)}, {shot_note(shot)}"),
        )
        lines.append("\t".join(str(cell) for cell in (shot.id, "Spectrogram 1", 1, *box, *known)))
    return ("\n".join(lines) + "\n").encode("utf-8")
