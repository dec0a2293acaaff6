"""An annotated copy of a recording: the wave that it shows, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.exports.pieces import check_is_of
from detector.exports.wording import one_line
from detector.records import Report, Track
from detector.views.surround import COLUMN_S, Layout, Surround, Wave


def listen(report: Report, sound: Track) -> Wave:
    """The wave of a recording, from one pass over its sound.

    Raises
    ------
    OutputError
        When the sound is another recording's than the report's.
    """
    columns, peaks = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    width = sound.rate_hz * COLUMN_S
    for block in sound.blocks():
        first = round(block.start_s * sound.rate_hz)
        touched = np.arange(int(first // width), int((first + len(block.samples) - 1) // width) + 1)
        starts = np.maximum(np.ceil(touched * width).astype(np.int64) - first, 0)
        columns.append(touched)
        peaks.append(np.maximum.reduceat(np.abs(block.samples).max(axis=1), starts))
    check_is_of(sound, report)
    at = np.concatenate(columns)
    start = int(at.min(initial=0)) if len(at) else 0
    peak = np.zeros(int(at.max(initial=start - 1)) - start + 1, np.float32)
    np.maximum.at(peak, at - start, np.concatenate(peaks))
    return Wave(start * COLUMN_S, peak)


@dataclass(frozen=True, eq=False)
class Annotated:
    """A report and the wave of its recording, as what `detector.media.annotate.redraw` paints."""

    report: Report
    wave: Wave

    @property
    def duration_s(self) -> float:
        """How long a recording without picture is shown."""
        return self.report.recording.duration_s

    @property
    def track(self) -> int:
        """The sound track that was analysed."""
        audio = self.report.recording.audio
        return 1 if audio is None else audio.track

    @property
    def comment(self) -> str:
        """What the file says of itself."""
        recording = self.report.recording
        return (
            f"from {one_line(recording.name)}, SHA-256 {recording.sha256}, result {self.report.result_sha256}; the "
            "picture was coded again and is no evidence, packets of sound are those of the recording"
        )

    def canvas(self, width: int, height: int) -> Surround:
        """What stands around a picture of this size; height 0 for a recording without picture."""
        return Surround(self.report, self.wave, Layout.around(width, height, self.report))
