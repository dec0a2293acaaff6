"""overview.png: the picture of a result, drawn from the report alone."""

from __future__ import annotations

import io
from collections.abc import Sequence

from detector.errors import OutputError
from detector.records import Comparison, Report


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """`report.plot()` as a PNG file; the same result gives the same bytes.

    Raises
    ------
    OutputError
        When matplotlib is not installed.
    """
    try:
        figure = report.plot(comparisons=comparisons)
    except ImportError as error:
        raise OutputError(
            f"overview.png needs matplotlib ({error}): install 'gunshot-tally[plot]' or leave png out of the formats"
        ) from error
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
