"""shots.srt: SubRip subtitles with the running number of listed shots."""

from __future__ import annotations

from collections.abc import Sequence

from detector.exports.captions import captions
from detector.records import Comparison, Report

# SubRip has no escapes: players take <...> for mark-up and {...} for commands.
_LOOK_ALIKES = str.maketrans({"<": "[", ">": "]", "{": "(", "}": ")"})


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """SubRip in UTF-8, to be loaded beside the recording; the format has no room for comments."""
    blocks = []
    for number, caption in enumerate(captions(report), start=1):
        text = "\n".join(line.translate(_LOOK_ALIKES) for line in caption.lines)
        blocks.append(f"{number}\n{_time(caption.start_ms)} --> {_time(caption.stop_ms)}\n{text}\n")
    return "\n".join(blocks).encode("utf-8")


def _time(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},{ms:03d}"
