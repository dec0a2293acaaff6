"""What several recordings say of each other's clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.records.sound import Float64


@dataclass(frozen=True)
class AlignedPair:
    """What two recordings say of each other's clock; `one` and `other` are places in the list given, in any order.

    Attributes
    ----------
    lag_s
        By how much later, on its own clock, `other` shows what `one` shows at `at_s`; None where
        nothing could be compared. It is the middle of `earliest_s..latest_s`, the lags of eight tenths
        of the single sounds: their sources lie nearer to one camera or to the other.
    error_s
        90 % error of `lag_s` against the clocks: half that range and what measuring adds. Where all
        sound came from one side, it is farther off by up to 2.9 ms for each metre between the cameras.
    drift_ppm, drift_error_ppm
        By how many millionths the clock of `other` is fast against that of `one`, with its 90 % error;
        both None where the shared sound does not tell.
    chance
        That two unrelated recordings like these agree as well, by their own background (see
        docs/ALIGNMENT.md).
    onsets, windows
        Listed onsets that agree at the lag; windows of sound whose delay was measured.
    used
        Whether the incident's clock rests on this pair; otherwise `reason` says why not.
    same
        Whether both are one recording, copied or coded again.
    also_s
        Another lag, seconds away, that would be believed as well: one of the two shows the same moments twice.
    """

    one: int
    other: int
    lag_s: float | None
    at_s: float
    earliest_s: float
    latest_s: float
    error_s: float
    drift_ppm: float | None
    drift_error_ppm: float | None
    chance: float
    onsets: int
    windows: int
    used: bool
    same: bool = False
    reason: str = ""
    also_s: float | None = None


@dataclass(frozen=True, eq=False)
class Alignment:
    """Several recordings on the clock of one of them.

    Columns (n,) follow the recordings as they were given; those left out have NaN.

    Attributes
    ----------
    reference
        The recording whose clock is the incident's: offset and drift 0.
    offset_s
        What must be added to a time of the file, drift aside, to have that of the incident; exact at `anchor_s`.
    drift_ppm
        By how many millionths the file's clock is fast against the incident's; NaN where it is not
        determined (then 0 is reckoned with, and may be wrong by `drift_error_ppm`).
    anchor_s
        Time of the file at which `offset_s` was measured.
    error_s, drift_error_ppm
        90 % errors; what `AlignedPair.error_s` says of distances holds here as well.
    same_as
        For each recording the one that it is a copy of, or a part of, as place in the list; None for all others.
    excluded
        (place, reason in words) of recordings that are not on this clock.
    pairs
        What each two say, in an order that does not depend on that of the recordings.
    """

    reference: int
    offset_s: Float64
    drift_ppm: Float64
    anchor_s: Float64
    error_s: Float64
    drift_error_ppm: Float64
    same_as: tuple[int | None, ...]
    excluded: tuple[tuple[int, str], ...]
    pairs: tuple[AlignedPair, ...]

    @property
    def included(self) -> tuple[int, ...]:
        """Places of the recordings on this clock."""
        return tuple(int(row) for row in np.flatnonzero(np.isfinite(self.offset_s)))

    def incident_s(self, recording: int, file_s: Float64 | float) -> Float64:
        """Times of a recording's file as those of the incident; NaN for one that was left out."""
        rate = 1e-6 * np.nan_to_num(self.drift_ppm[recording])
        since_s = np.asarray(file_s, np.float64) - self.anchor_s[recording]
        return np.asarray(self.anchor_s[recording] + self.offset_s[recording] + since_s / (1 + rate))

    def file_s(self, recording: int, incident_s: Float64 | float) -> Float64:
        """Times of the incident as a recording's file shows them."""
        rate = 1e-6 * np.nan_to_num(self.drift_ppm[recording])
        since_s = np.asarray(incident_s, np.float64) - self.anchor_s[recording] - self.offset_s[recording]
        return np.asarray(self.anchor_s[recording] + since_s * (1 + rate))
