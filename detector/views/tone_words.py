"""The tones that devices made themselves, in sentences; beeps in a rhythm are a check of the clock for nothing."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from detector.records import DeviceTone
from detector.times import format_time

_ONE_PROMPT_S = 0.6  # tones this close together are one prompt
_SAME_PITCH = 0.03  # share by which prompts of one device may differ
_NAMED, _PITCHES = 4, 3  # times, and pitches, named one by one; all tones are in report.json
_IN_RHYTHM_S = 0.05  # by which a prompt may be off from the last one's beat: a camera's own timer is a frame or two
_LEAST_IN_RHYTHM, _MOST_IN_RHYTHM = 3, 60
_FILLED = 0.7  # share of the beats that must be there
_SHORTEST_RHYTHM_S = 5.0  # below, tones are an alarm or a reversing lorry
_EDGE_S = 0.002  # error of a tone's beginning
_MAKERS_S = 120.0  # between beeps while recording, by makers' manuals
_MAKERS_OFF = 0.001  # share by which a rhythm may differ from it and still be taken for it


@dataclass(frozen=True)
class Prompt:
    """One tone or several in a row, as a device makes them at a time."""

    start_s: float
    pitch_hz: float
    tones: int


@dataclass(frozen=True)
class Rhythm:
    """Prompts at equal intervals: how many, the first, the interval and by how much they are off at most."""

    prompts: int
    start_s: float
    interval_s: float
    spread_s: float

    @property
    def error_s(self) -> float:
        """What the edges leave open on the interval."""
        return 2 * max(self.spread_s, _EDGE_S) / (self.prompts - 1)


def sentences(tones: Sequence[DeviceTone]) -> tuple[str, ...]:
    """How many there are, at which pitches and when, and what a rhythm of them says; nothing without any."""
    if not tones:
        return ()
    groups = _by_pitch(prompts(tones))
    told = [_told(group) for group in groups[:_PITCHES]]
    left = sum(len(group) for group in groups[_PITCHES:])
    told += [f"{left} at other pitches"] if left else []
    number = f"{len(tones):,} short steady tone{'' if len(tones) == 1 else 's'}"
    found = [f"{number}, as cameras and other devices make them, none counted: {'; '.join(told)}."]
    return (*found, *(clock for group in groups if (clock := _about_clock(rhythm(group)))))


def prompts(tones: Sequence[DeviceTone]) -> list[Prompt]:
    """Tones that follow each other closely as one prompt, with the pitch of the first."""
    found: list[Prompt] = []
    stop_s = -float("inf")
    for tone in tones:
        if tone.start_s - stop_s <= _ONE_PROMPT_S:
            last = found.pop()
            found.append(Prompt(last.start_s, last.pitch_hz, last.tones + 1))
        else:
            found.append(Prompt(tone.start_s, tone.frequency_hz, 1))
        stop_s = tone.stop_s
    return found


def rhythm(group: Sequence[Prompt]) -> Rhythm | None:
    """The rhythm that most of some prompts keep, the slowest of several; None where there is none.

    Few beats may be missing; prompts of a start, a stop or a battery may stand between.
    """
    times_s = [prompt.start_s for prompt in group[:_MOST_IN_RHYTHM]]
    found: list[tuple[int, float]] = []
    for start_s, other_s in itertools.combinations(times_s, 2):
        beats = _beats(times_s, start_s, other_s - start_s)
        filled = len(beats) >= _FILLED * (beats[-1][0] + 1)
        if len(beats) >= max(_LEAST_IN_RHYTHM, len(found) + 1) and filled and other_s - start_s >= _SHORTEST_RHYTHM_S:
            found = beats
    if not found:
        return None
    fit = statistics.linear_regression([number for number, _ in found], [at_s for _, at_s in found])
    spread_s = max(abs(at_s - fit.intercept - fit.slope * number) for number, at_s in found)
    return Rhythm(len(found), found[0][1], fit.slope, spread_s)


def _beats(times_s: Sequence[float], start_s: float, interval_s: float) -> list[tuple[int, float]]:
    """The times from `start_s` on that keep an interval, each with the number of its beat."""
    found: list[tuple[int, float]] = []
    for at_s in times_s:
        number = round((at_s - start_s) / max(interval_s, 1e-9))
        next_s = found[-1][1] + (number - found[-1][0]) * interval_s if found else start_s
        if number >= len(found) and abs(at_s - next_s) <= _IN_RHYTHM_S and (not found or number > found[-1][0]):
            found.append((number, at_s))
    return found


def _by_pitch(found: Sequence[Prompt]) -> list[list[Prompt]]:
    """Prompts of about one pitch together, the most first, each in time order."""
    groups: list[list[Prompt]] = []
    for prompt in found:
        same = (g for g in groups if abs(g[0].pitch_hz - prompt.pitch_hz) <= _SAME_PITCH * prompt.pitch_hz)
        group = next(same, None)
        if group is None:
            groups.append([prompt])
        else:
            group.append(prompt)
    return sorted(groups, key=lambda group: (-len(group), group[0].start_s))


def _told(group: Sequence[Prompt]) -> str:
    beat = rhythm(group)
    times = [format_time(prompt.start_s) for prompt in group]
    more = f" and {len(times) - _NAMED} more" if len(times) > _NAMED else ""
    listed = ", ".join(times[:_NAMED]) + more
    tones = {prompt.tones for prompt in group}
    of_tones = f" of {tones.pop()} tones" if len(tones) == 1 and group[0].tones > 1 else ""
    prompts_of = f" prompt{'' if len(group) == 1 else 's'}{of_tones}" if of_tones else ""
    kept = "" if beat is None or beat.prompts == len(group) else f"{beat.prompts} of them "
    every = ""
    if beat is not None:
        every = (
            f", {kept}every {beat.interval_s:.3f} s from {format_time(beat.start_s)} on, to within {_ms(beat.spread_s)}"
        )
    return f"{len(group)}{prompts_of} at {group[0].pitch_hz / 1000:.2g} kHz{every} ({listed})"


def _about_clock(beat: Rhythm | None) -> str:
    """What beeps at the interval of makers' manuals say of the clock."""
    if beat is None or abs(beat.interval_s / _MAKERS_S - 1) > _MAKERS_OFF:
        return ""
    most = (abs(beat.interval_s - _MAKERS_S) + beat.error_s) / _MAKERS_S * 1e6
    return (
        f"Makers of cameras give {_MAKERS_S:.0f} s between beeps while recording: if these are such, nothing was cut "
        f"out between them, and the clock of this sound is right within {most:.0f} millionths."
    )


def _ms(time_s: float) -> str:
    return f"{max(1, round(time_s * 1000))} ms"
