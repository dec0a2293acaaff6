"""labels.txt: an Audacity label track of the listed shots, moments and unheard stretches."""

from __future__ import annotations

from collections.abc import Sequence

from detector.exports.wording import one_line, state_text, unheard
from detector.records import Comparison, Report


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """Lines of start, stop and text with tabs between, in time order, as Audacity imports them.

    Times are seconds on the presentation clock, the one on which Audacity places the sound of a
    video. Shots and moments are points, stretches in which nothing could be heard are regions.
    Refused onsets are left to shots.csv: in a label track they would bury the shots.
    """
    labels = [
        *((shot.time_s, shot.time_s, f"{shot.id} {shot.status} {shot.probability:.2f}") for shot in report.shots),
        *((moment.time_s, moment.time_s, moment.text) for moment in report.moments),
        *((part.start_s, part.stop_s, state_text(part)) for part in unheard(report)),
    ]
    lines = (f"{start_s:.6f}\t{stop_s:.6f}\t{one_line(text)}\n" for start_s, stop_s, text in sorted(labels))
    return "".join(lines).encode("utf-8", "replace")
