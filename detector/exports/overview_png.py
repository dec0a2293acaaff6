"""overview.png: the picture of a result, drawn from the report alone."""

from __future__ import annotations

import io
from collections.abc import Sequence

from detector.records import Comparison, Report


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """`report.plot()` as a PNG file; the same result gives the same bytes.

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    file = io.BytesIO()
    figure = report.plot(comparisons=comparisons)
    figure.savefig(file, format="png", metadata={"Software": None})  # the version of matplotlib is no result
    return file.getvalue()
