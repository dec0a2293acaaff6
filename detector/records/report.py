"""What was found in one recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from detector.records.selftest import SelfTest
from detector.records.sound import Coverage, Float32, Recording, Track

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

    from detector.checks import Agreement, Review, Reviewed
    from detector.records.tallies import Comparison

Status = Literal["shot", "possible", "rejected"]


@dataclass(frozen=True)
class CountInterval:
    """How many discharges were heard: always `at_least <= best` and `low <= best <= high`.

    `low..high` holds the true count with probability `confidence`; `best` is the median of the
    distribution; `at_least` counts the onsets that nothing but a shot explains.
    """

    at_least: int
    low: int
    best: int
    high: int
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if not (0 <= self.at_least <= self.best and 0 <= self.low <= self.best <= self.high):
            raise ValueError(f"a count interval needs at_least <= best and low <= best <= high: {self}")


@dataclass(frozen=True)
class Shot:
    """One listed onset that is, or may be, a discharge of a firearm.

    `status` is "shot" or "possible"; `time_error_s` is the 90 % error of its time against other
    shots of the same file; `extra` holds the chances that one or two more shots hide in this
    onset; `frame` is the picture's frame at `time_s`, None without a picture.
    """

    id: int
    status: Status
    time_s: float
    time_error_s: float
    probability: float
    volley: int
    overlap: bool
    repeat_of: int | None
    level_db: float
    flags: tuple[str, ...] = ()
    extra: tuple[float, float] = (0.0, 0.0)
    frame: int | None = None


@dataclass(frozen=True)
class Rejected:
    """An onset that was refused, and why; `of_shot` and `delay_s` where it is an echo."""

    id: int
    time_s: float
    probability: float
    reason: str
    of_shot: int | None = None
    delay_s: float | None = None


@dataclass(frozen=True)
class RejectedCount:
    """How many unlisted onsets of one reason fell into one minute of the file."""

    minute: int
    reason: str
    n: int


@dataclass(frozen=True)
class Volley:
    """Shots closer together than the volley gap; `shots` are ids. Rates are None below two shots."""

    id: int
    first_s: float
    last_s: float
    count: CountInterval
    shots: tuple[int, ...]
    shots_per_s: float | None
    median_split_s: float | None
    shortest_split_s: float | None


@dataclass(frozen=True)
class Span:
    """From the first to the last shot."""

    first_s: float
    last_s: float
    duration_s: float
    error_s: float


@dataclass(frozen=True)
class Repeat:
    """A stretch that is a second showing of the sound from `of_start_s` on."""

    start_s: float
    stop_s: float
    of_start_s: float
    speed: float = 1.0


@dataclass(frozen=True)
class DeviceTone:
    """A short steady tone, as cameras and other devices make themselves; `frequency_hz` is its pitch."""

    start_s: float
    stop_s: float
    frequency_hz: float


@dataclass(frozen=True)
class Moment:
    """A time the user named; counts before, after and between moments can be asked for."""

    time_s: float
    text: str


@dataclass(frozen=True, eq=False)
class Overview:
    """What a picture needs without the sound, on a regular grid of columns.

    `minimum`, `maximum` and `rms` have shape (columns,), full scale is 1; `bands_db` has shape
    (64, columns) and holds dB re full scale, rounded to whole numbers, for bands with the
    edges `edges_hz` (65,). Columns without samples hold NaN (bands: -128).
    """

    start_s: float
    column_s: float
    minimum: Float32
    maximum: Float32
    rms: Float32
    bands_db: NDArray[np.int8]
    edges_hz: Float32


@dataclass(frozen=True)
class Report:
    """Everything found in one recording, and enough to find it again.

    `count` is None when nothing could be heard; `span` is None without shots. The methods are
    thin: each imports what it needs when it is called.
    """

    recording: Recording
    software: Mapping[str, Any]
    settings: Mapping[str, Any]
    basis: Mapping[str, Any]
    count: CountInterval | None
    span: Span | None
    heard_s: float
    shots: tuple[Shot, ...]
    rejected: tuple[Rejected, ...]
    rejected_counts: tuple[RejectedCount, ...]
    volleys: tuple[Volley, ...]
    coverage: tuple[Coverage, ...]
    repeats: tuple[Repeat, ...]
    warnings: tuple[str, ...]
    result_sha256: str
    overview: Overview | None = field(default=None, compare=False, repr=False)
    moments: tuple[Moment, ...] = ()
    self_test: SelfTest | None = None
    device_tones: tuple[DeviceTone, ...] = ()

    @property
    def end_s(self) -> float:
        """Where the recording ends."""
        return self.recording.duration_s

    @property
    def extent_s(self) -> tuple[float, float]:
        """From where to where the file has sound or picture, 0 and its duration included."""
        return (
            min([0.0, *(part.start_s for part in self.coverage)]),
            max([self.recording.duration_s, *(part.stop_s for part in self.coverage)]),
        )

    def count_between(self, start_s: float | None, stop_s: float | None) -> CountInterval | None:
        """Count of the shots in [start_s, stop_s), None standing for an end of the recording.

        None when nothing inside could be heard. Works the same on a report read back from JSON.
        """
        from detector.core.counting import count_report_between

        return count_report_between(self, start_s, stop_s)

    def with_review(self, review: Review) -> Reviewed:
        """The report with a person's review beside it: the corrected number next to the machine's, not in its place.

        Raises
        ------
        ReviewError
            When the review belongs to another result, or is broken.
        """
        from detector.reviews import apply

        return apply(self, review)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, names as in report.json (schema `gunshot-report/1`)."""
        from detector.exports.report_json import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """The report as JSON text; the same result gives the same bytes."""
        from detector.exports.report_json import to_json

        return to_json(self)

    @staticmethod
    def from_json(text: str) -> Report:
        """Read back what `to_json` wrote; the round trip is exact.

        Raises
        ------
        DetectorError
            When the text is not a report of a known schema.
        """
        from detector.exports.report_json import from_json

        return from_json(text)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per listed onset, shots and rejected together, in time order (needs pandas)."""
        from detector.views.tables import to_dataframe

        return to_dataframe(self)

    def plot(self, sound: Track | None = None, comparisons: Sequence[Comparison] = ()) -> matplotlib.figure.Figure:
        """Envelope, spectrogram, numbered shots and cumulative count (needs matplotlib)."""
        from detector.views.plots import overview_figure

        return overview_figure(self, sound=sound, comparisons=comparisons)

    def plot_marks(self, agreements: Sequence[Agreement]) -> matplotlib.figure.Figure:
        """The marks of people beside the listed onsets, as rows of ticks (needs matplotlib)."""
        from detector.views.agreement_plot import agreement_figure

        return agreement_figure(self, agreements)

    def save(
        self,
        directory: str | Path,
        formats: Sequence[str] = ("json", "csv", "audacity"),
        comparisons: Sequence[Comparison] = (),
        overwrite: bool = False,
        agreements: Sequence[Agreement] = (),
        sound: Track | None = None,
    ) -> Path:
        """Write the result into a new folder below `directory` and return that folder; excerpts need the sound."""
        from detector.exports import write

        return write(self, comparisons, directory, formats, overwrite, agreements, sound)

    def _repr_html_(self) -> str:
        from detector.views.tables import to_html

        return to_html(self)
