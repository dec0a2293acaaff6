"""What a count rests on: what its interval was calibrated on, and how well recordings like this one were counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from detector.records import CountInterval, Recording

_CONFIDENCE = 0.9  # of the intervals that were measured; of others it is not known how often they hold
# Recordings are alike when about as many shots were counted in them: lowest and highest best estimate.
CLASSES: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 1), (2, 9), (10, None))


def basis(
    recording: Recording, count: CountInterval | None, calibrated: Mapping[str, Any], *, published: bool
) -> dict[str, Any]:
    """What the interval rests on, as plain data.

    `calibrated` is what the model says of itself. Only for the `published` model is it known how
    well recordings with about as many shots were counted: "measured" tells it.
    """
    found = dict(calibrated)
    lowest_hz, highest_hz = found.pop("sample_rates_hz")
    audio = recording.audio
    found["calibrated_range"] = f"sample rates from {lowest_hz / 1000:g} to {highest_hz / 1000:g} kHz"
    found["inside_calibrated_range"] = audio is not None and lowest_hz <= audio.sample_rate_hz <= highest_hz
    if published and count and count.confidence == _CONFIDENCE:
        found["measured"] = dict(measured()[counted_class(count.best)])
    return found


def counted_class(best: int) -> str:
    """The name of the class of recordings in which about as many shots were counted."""
    lowest, highest = next((low, high) for low, high in CLASSES if best >= low and (high is None or best <= high))
    if lowest == highest:
        return str(lowest)
    return f"{lowest} or more" if highest is None else f"{lowest} to {highest}"


@lru_cache(maxsize=1)
def measured() -> Mapping[str, Mapping[str, Any]]:
    """Class -> how well its recordings were counted when they were left out of the fit (`data/measured.json`)."""
    data = json.loads((files("detector.data") / "measured.json").read_text("utf-8"))
    return {str(name): dict(figures) for name, figures in data["counted"].items()}
