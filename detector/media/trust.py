"""How far the time stamps of a container can be trusted, in seconds and in words."""

from __future__ import annotations

from dataclasses import dataclass

from detector.times import format_time

STAMPED_FROM_ZERO = frozenset({"mov", "matroska"})  # players show these stamps as they are
COUNTED = frozenset({"avi", "mp3", "aac", "ac3", "eac3", "amr", "amrnb", "amrwb"})  # no stamps: samples are counted
_SHORT_STARTUP_S = {"mp2": 0.011, "ac3": 0.006, "eac3": 0.006}  # 481 and 256 samples
_SHORTER_SOUND_S = 0.1  # an AVI whose sound is this much shorter than its picture has lost some of it


@dataclass(frozen=True)
class Stamps:
    """What is known about a container's stamps.

    `family` is the first short name of the container; `startup_signalled` says that the codec's
    start-up samples are marked, or that an edit list places the sound; `picture_s` is the end of
    the picture, None without one; `sound_s` is the end of the sound, None before it was decoded.
    """

    family: str
    codec: str
    rate_hz: int
    startup_signalled: bool
    picture_s: float | None
    sound_s: float | None = None

    @property
    def counted(self) -> bool:
        """Whether times are counted from the first sample, so that damage shifts what follows."""
        return self.family in COUNTED


@dataclass(frozen=True)
class Trust:
    """What the container leaves open on absolute time, and why; `warnings` are for the reader of a result."""

    error_s: float = 0.0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def judge(stamps: Stamps) -> Trust:
    """What these stamps leave open on absolute times; intervals between sounds are not touched by it."""
    error_s, notes, warnings = 0.0, [], []
    startup_s = _startup_error_s(stamps)
    if startup_s:
        error_s = startup_s
        notes.append(
            f"the file does not say how much start-up silence of its encoder ({stamps.codec}) precedes the sound: all"
            f" times may be off by the same amount, up to {startup_s * 1000:.0f} ms; intervals between sounds are not"
        )
        if stamps.family == "mov" and stamps.picture_s is not None:
            notes.append(
                "MP4 without an edit list (or fragmented): times follow the file's time stamps; Chromium-based players"
                " play such sound up to 45 ms ahead of its picture"
            )
        warnings += notes
    if stamps.counted:
        notes.append("the container has no time stamps for sound: times are counted from its first sample")
    missing_s = (stamps.picture_s or 0.0) - (stamps.sound_s or 0.0)
    if stamps.family == "avi" and stamps.sound_s is not None and missing_s > _SHORTER_SOUND_S:
        error_s += missing_s
        notes.append(
            f"the sound is {format_time(missing_s)} shorter than the picture and AVI does not say where it is missing:"
            " if the sound began late, all times are early by as much"
        )
        warnings.append(notes[-1])
    return Trust(error_s, tuple(notes), tuple(warnings))


def _startup_error_s(stamps: Stamps) -> float:
    """Encoders start with up to 2,112 samples (48 ms at 44.1 kHz) of their own; low rates stretch AAC's 1,024."""
    if stamps.startup_signalled:
        return 0.0
    if stamps.codec in ("aac", "aac_latm"):
        return max(0.05, 1024 / stamps.rate_hz) if stamps.rate_hz else 0.05
    if stamps.codec == "mp3":
        return 0.05
    return _SHORT_STARTUP_S.get(stamps.codec, 0.0) if stamps.counted else 0.0
