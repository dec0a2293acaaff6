"""What was found in several recordings of one incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from detector.records.report import CountInterval, Moment, Rejected, Repeat, Report, Span, Status, Volley
from detector.records.sound import Coverage

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

    from detector.checks import Review, Reviewed
    from detector.records.tallies import Comparison

Decision = Literal["first before second", "second before first", "cannot be told"]


@dataclass(frozen=True)
class Camera:
    """One recording of an incident, by itself and on the incident's clock.

    Attributes
    ----------
    id
        Number by which shots and statements name it, from 1; cameras stand in the order of their names.
    offset_s, anchor_s
        What is to be added to a time of the file, drift aside, to have that of the incident; exact at
        `anchor_s` of the file. None for a recording that is not on the incident's clock.
    error_s
        90 % error of `offset_s`.
    drift_ppm, drift_error_ppm
        By how many millionths the file's clock is fast, with its 90 % error; None where the sound does not tell.
    residual_s
        Median delay of the shots' arrivals here behind the first at any camera, where other cameras heard them too.
    same_as
        Camera that this recording is a copy or a part of; such a one adds nothing to the count.
    excluded
        Why the recording is left out of the incident, in words; empty for all others.
    wearer_fired
        Whether the user said that the wearer fired a gun.
    window
        The part (start_s, stop_s) of the file that was looked at; None for all of it.
    time_of_day, time_of_day_from
        When the file's 0:00 was by the camera's own wall clock (ISO 8601), and whether that was "given" or is the
        creation time in the "file", which is often that of the recording's end; None without. Nothing rests on it.
    """

    id: int
    report: Report
    offset_s: float | None
    anchor_s: float | None
    error_s: float | None
    drift_ppm: float | None
    drift_error_ppm: float | None
    residual_s: float | None
    same_as: int | None = None
    excluded: str = ""
    wearer_fired: bool = False
    window: tuple[float | None, float | None] | None = None
    time_of_day: str | None = None
    time_of_day_from: Literal["given", "file"] | None = None

    @property
    def included(self) -> bool:
        """Whether it is on the incident's clock, and no copy or part of another: what it heard counts."""
        return self.offset_s is not None and self.same_as is None

    def incident_s(self, file_s: float) -> float:
        """A time of the file on the incident's clock.

        Raises
        ------
        ValueError
            For a recording that is not on that clock.
        """
        if self.offset_s is None or self.anchor_s is None:
            raise ValueError(f"camera {self.id} is not on the incident's clock: {self.excluded}")
        return self.anchor_s + self.offset_s + (file_s - self.anchor_s) / (1 + 1e-6 * (self.drift_ppm or 0.0))

    def file_s(self, incident_s: float) -> float:
        """A time of the incident as the file shows it.

        Raises
        ------
        ValueError
            For a recording that is not on the incident's clock.
        """
        if self.offset_s is None or self.anchor_s is None:
            raise ValueError(f"camera {self.id} is not on the incident's clock: {self.excluded}")
        return self.anchor_s + (incident_s - self.anchor_s - self.offset_s) * (1 + 1e-6 * (self.drift_ppm or 0.0))


@dataclass(frozen=True)
class Arrival:
    """One shot at one camera.

    `onset` is its id in that camera's report, among shots or rejected; `time_s` the time on that file's
    own clock; `delay_s` how much later than the incident's time of the shot it arrived, by the common clock.
    """

    camera: int
    onset: int
    status: Status
    time_s: float
    time_error_s: float
    probability: float
    delay_s: float


@dataclass(frozen=True)
class IncidentShot:
    """One discharge, listed once, with who heard it.

    Attributes
    ----------
    time_s
        First arrival at any camera, on the incident's clock.
    probability
        Chance of a discharge, from all cameras together: those that heard it, and those that would have.
    arrivals
        At each camera that has an onset of it, in the order of the cameras.
    deaf
        Cameras that could not have heard it: not recording, or muted.
    silent
        Cameras that could have heard it, and have no onset of it.
    position
        Number of the group of shots that arrived with like delays; None where delays do not tell.
    overlap, extra, flags
        As for a `Shot`: `extra` are the chances that one or two more shots hide in it at every camera.
    """

    id: int
    status: Literal["shot", "possible"]
    time_s: float
    time_error_s: float
    probability: float
    volley: int | None
    overlap: bool
    extra: tuple[float, float]
    arrivals: tuple[Arrival, ...]
    deaf: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    position: int | None = None
    repeat_of: int | None = None
    flags: tuple[str, ...] = ()

    @property
    def heard_by(self) -> tuple[int, ...]:
        """Cameras that have an onset of it."""
        return tuple(arrival.camera for arrival in self.arrivals)

    @property
    def rests_on_one(self) -> bool:
        """Whether a single camera heard it."""
        return len(self.arrivals) == 1


@dataclass(frozen=True)
class Position:
    """Shots that arrived with like delays: consistent with one place, which may be left and come back to.

    `delays_s` holds for each two cameras (one, other) by how much later than at `one` the sound was at `other`,
    the median over the shots, and `spread_s` the half width of nine tenths of them.
    """

    id: int
    shots: tuple[int, ...]
    delays_s: tuple[tuple[int, int, float], ...]
    spread_s: float


@dataclass(frozen=True)
class Order:
    """Which of two sounds left its gun first, as far as physics fixes it.

    `second` left between `earliest_s` and `latest_s` after `first` (negative: before it), at 90 %, for guns at most
    `distance_m` apart; `rests_on` names what was used ("one file", "common clock", "both wearers"); `sentence` says
    it in words.
    """

    first: int
    second: int
    earliest_s: float
    latest_s: float
    distance_m: float
    decision: Decision
    rests_on: str
    sentence: str


@dataclass(frozen=True)
class Incident:
    """Several recordings of one event on one clock, each shot listed once.

    `count` is None when nothing could be heard; `span` is None without shots; `coverage` says what at
    least one camera could hear. `clock` is the camera whose clock is the incident's. The methods are thin: each
    imports what it needs when it is called.
    """

    cameras: tuple[Camera, ...]
    clock: int | None
    software: Mapping[str, Any]
    settings: Mapping[str, Any]
    basis: Mapping[str, Any]
    count: CountInterval | None
    span: Span | None
    heard_s: float
    shots: tuple[IncidentShot, ...]
    volleys: tuple[Volley, ...]
    positions: tuple[Position, ...]
    order: tuple[Order, ...]
    coverage: tuple[Coverage, ...]
    warnings: tuple[str, ...]
    result_sha256: str
    moments: tuple[Moment, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    @property
    def end_s(self) -> float:
        """Where the last recording ends, on the incident's clock; 0 where there is none."""
        return max((part.stop_s for part in self.coverage), default=0.0)

    @property
    def extent_s(self) -> tuple[float, float]:
        """From the start of the first recording to the end of the last, on the incident's clock."""
        return min((part.start_s for part in self.coverage), default=0.0), self.end_s

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        """What the cameras' files show a second time, each on its own clock."""
        return tuple(repeat for camera in self.included for repeat in camera.report.repeats)

    @property
    def included(self) -> tuple[Camera, ...]:
        """Cameras on the incident's clock that are no copies of another."""
        return tuple(camera for camera in self.cameras if camera.included)

    def count_between(self, start_s: float | None, stop_s: float | None) -> CountInterval | None:
        """Count of the shots in [start_s, stop_s) of the incident's clock, None standing for an end.

        None when nothing inside could be heard. Works the same on an incident read back from JSON.
        """
        from detector.core.counting import count_report_between

        return count_report_between(self, start_s, stop_s)

    def with_review(self, review: Review) -> Reviewed:
        """The incident with a person's review beside it: the corrected number next to the machine's, not in its place.

        Raises
        ------
        ReviewError
            When the review belongs to another result, or is broken.
        """
        from detector.reviews import apply

        return apply(self, review)

    def to_dict(self) -> dict[str, Any]:
        """The incident as plain data, names as in incident.json (schema `gunshot-incident/1`)."""
        from detector.exports.incident_json import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """The incident as JSON text; the same result gives the same bytes."""
        from detector.exports.incident_json import to_json

        return to_json(self)

    @staticmethod
    def from_json(text: str) -> Incident:
        """Read back what `to_json` wrote; the round trip is exact.

        Raises
        ------
        DetectorError
            When the text is not an incident of a known schema.
        """
        from detector.exports.incident_json import from_json

        return from_json(text)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per shot with one column of times per camera, in time order (needs pandas)."""
        from detector.views.incident_tables import to_dataframe

        return to_dataframe(self)

    def plot(self, comparisons: Sequence[Comparison] = ()) -> matplotlib.figure.Figure:
        """One lane per camera with matched shots joined, and the cumulative count (needs matplotlib)."""
        from detector.views.lanes import incident_figure

        return incident_figure(self, comparisons)

    def save(
        self,
        directory: str | Path,
        formats: Sequence[str] = ("json", "csv", "audacity"),
        comparisons: Sequence[Comparison] = (),
        overwrite: bool = False,
    ) -> Path:
        """Write the result into a new folder below `directory` and return that folder."""
        from detector.exports.incident import write

        return write(self, comparisons, directory, formats, overwrite)

    def _repr_html_(self) -> str:
        from detector.views.incident_tables import to_html

        return to_html(self)
