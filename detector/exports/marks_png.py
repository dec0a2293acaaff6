"""marks.png: the marks of people beside the machine's shots, as rows of ticks."""

from __future__ import annotations

import io
from collections.abc import Sequence

from detector.checks import Agreement
from detector.records import Report


def render(report: Report, agreements: Sequence[Agreement]) -> bytes:
    """The picture of the agreements as a PNG file; the same result gives the same bytes.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    file = io.BytesIO()
    figure = report.plot_marks(agreements)
    figure.savefig(file, format="png", metadata={"Software": None})  # the version of matplotlib is no result
    return file.getvalue()
