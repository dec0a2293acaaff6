"""What the laboratory's pictures share: colours, and small files.

Drawn on `Figure` objects, never through pyplot: no global state, no display.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from detector.errors import DetectorError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart with every kind of colour vision.
REAL, COMPOSED, SPECIAL = "#0072b2", "#d55e00", "#cc79a7"
RIGHT, WRONG, MISSED = "#009e73", "#d55e00", "#c01a8c"
INK, FAINT_INK, GRID = "#222222", "#9a9a9a", "#e6e6e6"


def new_figure(width_in: float, height_in: float, dots_per_inch: float = 110) -> Figure:
    """An empty figure that lays itself out (needs matplotlib).

    Raises
    ------
    DetectorError
        When matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DetectorError("no picture without matplotlib: pip install 'gunshot-tally[plot]'") from error
    return Figure(figsize=(width_in, height_in), dpi=dots_per_inch, facecolor="white", layout="constrained")


def png(figure: Figure, colours: int | None = 64) -> bytes:
    """A PNG file, the same for the same figure.

    Lines and words need few `colours`; None keeps them all, at thrice the size.
    """
    from PIL import Image  # comes with matplotlib

    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png")
    picture = Image.open(drawn).convert("RGB")
    (picture.quantize(colours) if colours else picture).save(file, format="png", optimize=True)
    return file.getvalue()
