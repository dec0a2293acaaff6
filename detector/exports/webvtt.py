"""shots.vtt: WebVTT captions with the running number of listed shots."""

from __future__ import annotations

from collections.abc import Sequence

from detector.exports.captions import captions
from detector.exports.wording import which_sound
from detector.records import Comparison, Report

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """WebVTT in UTF-8, to be loaded beside the recording; a note at its head says which sound it fits."""
    blocks = ["WEBVTT", f"NOTE\n{which_sound(report).translate(_ESCAPES)}"]
    for caption in captions(report):
        text = "\n".join(line.translate(_ESCAPES) for line in caption.lines)
        blocks.append(f"{_time(caption.start_ms)} --> {_time(caption.stop_ms)}\n{text}")
    return ("\n\n".join(blocks) + "\n").encode("utf-8")


def _time(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
