"""Sentences of a comparison: what was found, why, and what it would take for the tally to hold.

None of them says that either side is wrong, who fired, or that nothing was fired where nothing
could be heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from detector.core.unheard import DENSEST_PER_S, LEAST_S, QUIET_S, Unheard, clip, length_s
from detector.records import CountInterval, Coverage, Incident, Listed, Result, Tally, Verdict
from detector.times import format_time

Because = Literal["heard", "unheard", "wide", "deaf"]

_NAMED = 12  # onsets or stretches spelled out in a sentence; the rest stands in the report
_STATE_WORDS = {
    "no_audio": "without sound",
    "muted": "muted",
    "masked": "masked by a tone",
    "damaged": "damaged",
    "not_analysed": "not analysed or outside the recording",
}


@dataclass(frozen=True)
class Findings:
    """What the sentences about the count speak of.

    `low` and `high` are the tally's range with its tolerance; `chances` of a count below, in and
    above it; `shots` and `possible` the listed onsets in the window, shown twice or not counted
    once; `hidden` the 90 % interval of shots hidden in overlaps.
    """

    report: Result
    tally: Tally
    low: int
    high: int
    count: CountInterval | None
    chances: tuple[float, float, float] | None
    verdict: Verdict
    because: Because
    unheard: Unheard
    shots: tuple[Listed, ...]
    possible: tuple[Listed, ...]
    hidden: tuple[int, int]


def sentence(found: Findings) -> str:
    """Tally, count and verdict in one breath."""
    tally = found.tally
    where = "" if tally.window is None else f" for {_between(*tally.window)}"
    published = f"The published number{where} is {_range(tally.low, tally.high)} ({_whose(tally)}){_tolerance(found)}."
    if found.count is None:
        return f"{published} Nothing could be heard there, so the audio cannot tell."
    return f"{published} {_heard(found, found.count)}; {_verdict_words(found)}.{_who(tally)}"


def _tolerance(found: Findings) -> str:
    if not found.tally.tolerance:
        return ""
    return f", taken as {_range(found.low, found.high)} with its tolerance of {found.tally.tolerance}"


def _whose(tally: Tally) -> str:
    parts = f"sum of {_series([repr(label) for label in tally.of])}; " if tally.of else ""
    return f"{parts}{tally.includes}" + ("" if tally.everyone else "; others are left out")


def _heard(found: Findings, count: CountInterval) -> str:
    listed = f"{len(found.shots)} listed as shots" + (f", {len(found.possible)} as possible" if found.possible else "")
    more = count.best - len(found.shots)
    if more > 0:
        listed += f": {more} probably hidden in overlaps or among weaker onsets"
    everywhere = "in these recordings" if isinstance(found.report, Incident) else "in this recording"
    where = everywhere if found.tally.window is None else "there"
    sounds = "sound" if count.low == count.high == 1 else "sounds"
    return (
        f"The audio holds {_range(count.low, count.high)} {sounds} consistent with gunshots {where} "
        f"({100 * count.confidence:g} % interval, best estimate {count.best}; {listed})"
    )


def _verdict_words(found: Findings) -> str:
    if found.because == "unheard":
        so_far = "has fewer" if found.count is not None and found.low > found.count.high else "would agree"
        return (
            f"the heard part alone {so_far}, but {_seconds(found.unheard.seconds)} in which nothing could be heard "
            "could hold shots, so the audio cannot tell"
        )
    if found.because == "wide":
        return "half or twice the published number would fit as well, so the audio cannot tell"
    heard_part = " on the part that could be heard" if _gaps(found.unheard) else ""
    if found.verdict == "consistent":
        return f"the two are consistent{heard_part}"
    everyone = found.tally.everyone
    if found.verdict == "audio hears more":
        return f"the audio hears more{heard_part}" + (
            "" if everyone else ", as expected: this number leaves others out"
        )
    return f"the audio hears fewer{heard_part}" + ("" if everyone else ", although this number leaves others out")


def _who(tally: Tally) -> str:
    return "" if tally.everyone else " Audio alone does not show who fired any shot."


# --- reasons -----------------------------------------------------------------------------------


def reasons(found: Findings) -> tuple[str, ...]:
    """Why the verdict is what it is, one sentence each, the weightiest first."""
    lines = [*_unheard_reasons(found), _chance_reason(found), _others_reason(found), *_doubts(found)]
    return tuple(line for line in lines if line)


def _unheard_reasons(found: Findings) -> list[str]:
    gaps = found.unheard
    lines = []
    if gaps.open and gaps.seconds:
        lines.append(f"{_stretches(gaps.open)}: shots there are in no count, which speaks of heard time only.")
    elif gaps.open:
        lines.append(f"{_stretches(gaps.open)}: below {LEAST_S:g} s in all, so no verdict hangs on it.")
    if gaps.beyond_span:
        lines.append(
            f"{_stretches(gaps.beyond_span)}: the published span leaves no room for shots there, "
            "so no verdict hangs on it."
        )
    if gaps.far:
        lines.append(
            f"{_stretches(gaps.far)}: at least {QUIET_S:g} s of heard quiet part this from every shot, so no "
            "verdict hangs on it; a window in the tally file that takes it in would change that."
        )
    return lines


def _chance_reason(found: Findings) -> str:
    if found.chances is None:
        return ""
    fewer, within, more = (_percent(chance) for chance in found.chances)
    below = f"below {found.low}: {fewer}, " if found.low else ""
    equal = f"equal to {found.low}" if found.low == found.high else f"in {_range(found.low, found.high)}"
    return (
        f"Chances that the count in heard time is {below}{equal}: {within}, above {found.high}: {more} "
        "(not chances that the published number is true)."
    )


def _others_reason(found: Findings) -> str:
    """How many shots are left to those whom the number leaves out, if it holds."""
    if found.tally.everyone or found.count is None or found.count.high < found.low:
        return ""
    least, most = max(0, found.count.low - found.high), found.count.high - found.low
    return f"If the published number holds, {_range(least, most)} of the shots heard are not among those it counts."


def _doubts(found: Findings) -> list[str]:
    lines = []
    if found.verdict == "audio hears fewer":
        lines.append("Shots too faint to stand out at this microphone are not in its count.")
    if found.verdict in ("audio hears more", "audio hears fewer"):
        lines.append("The difference does not show that either number is wrong.")
    overloaded = [c for c in found.report.coverage if c.state == "overloaded"]
    overloaded_s = length_s(overloaded if found.tally.window is None else clip(overloaded, *found.tally.window))
    if overloaded_s > 0:
        lines.append(f"{_seconds(overloaded_s)} are overloaded: shots may hide there.")
    if found.report.repeats or any(shot.repeat_of is not None for shot in found.report.shots):
        lines.append("Sound that is shown more than once is counted once.")
    if found.report.basis.get("inside_calibrated_range") is False:
        lines.append("What was heard lies outside the conditions on which the interval was calibrated.")
    return lines


# --- what it would take ------------------------------------------------------------------------


def what_it_would_take(found: Findings) -> str:
    """What would have to be so for the tally to hold, from the onsets heard."""
    if found.count is None:
        return f"For {_claim(found)} to be seen in audio, another recording of this time is needed."
    lines = [_onsets_needed(found, found.count)]
    if found.because == "unheard":
        lines.append(_unheard_needed(found, found.count))
    if found.because == "wide":
        lines.append("A clearer or a second recording would narrow the interval.")
    return " ".join(lines)


def _onsets_needed(found: Findings, count: CountInterval) -> str:
    listed, hold = len(found.shots), f"For {_claim(found)} to hold,"
    if listed > found.high and count.high >= found.low:
        return f"{hold} {_weakest(found, listed - found.high)}"
    if listed >= found.low and count.high < found.low:
        missing = found.low - count.best
        return f"{hold} {missing} more of the doubtful onsets would have to be shots than their chances add up to."
    if listed <= found.high < count.low:
        allowed = f"at most {found.high - listed} may hide in overlaps or among weaker onsets"
        return f"{hold} {allowed}; expected in overlaps: {_range(*found.hidden)}."
    if listed < found.low:
        more = found.low - listed
        return f"{hold} {more} more than the {listed} listed as shots would have to {_elsewhere(found)}."
    return f"For {_claim(found)} to hold, nothing more is needed: {listed} are listed as shots."


def _weakest(found: Findings, surplus: int) -> str:
    """The onsets that would have to go, even if nothing came in anywhere else."""
    weakest = sorted(found.shots, key=lambda s: (s.probability, s.time_s))[:surplus]
    which = "the weakest listed onset" if surplus == 1 else f"the {surplus} weakest listed onsets"
    what = "an echo or another sound" if surplus == 1 else "echoes or other sounds"
    even = [f"no shot hides in an overlap (expected: {_range(*found.hidden)})"] if found.hidden[1] else []
    even += [f"none of the {len(found.possible)} possible onsets is a shot"] if found.possible else []
    condition = f", even if {' and '.join(even)}" if even else ""
    return f"{which} would have to be {what}{condition}: {_onsets(weakest)}."


def _elsewhere(found: Findings) -> str:
    places = [f"hide in overlaps (expected: {_range(*found.hidden)})"]
    if found.possible:
        places.append(f"be among the possible onsets ({len(found.possible)})")
    refused = [r for r in found.report.rejected if _in_window(r.time_s, found.tally)]
    if refused:
        places.append(f"be among the refused onsets ({len(refused)})")
    return f"{', '.join(places)}, or be too faint to hear"


def _unheard_needed(found: Findings, count: CountInterval) -> str:
    unheard = f"in the {_seconds(found.unheard.seconds)} unheard"
    if found.low > count.high:
        need = f"{found.low - count.high} or more shots {unheard} would do"
    else:
        need = f"{found.high - count.low + 1} or more shots {unheard} would put the audio above it"
    hint = "" if found.tally.window is not None else "; a window in the tally file says which part it speaks of"
    return f"{need} ({found.unheard.room} fit at the densest fire on record, {DENSEST_PER_S} a second){hint}."


# --- small words -------------------------------------------------------------------------------


def _claim(found: Findings) -> str:
    return _range(found.low, found.high)


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _series(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _between(start_s: float, stop_s: float) -> str:
    return f"{format_time(start_s)} to {format_time(stop_s)}"


def _in_window(time_s: float, tally: Tally) -> bool:
    return tally.window is None or tally.window[0] <= time_s < tally.window[1]


def _gaps(gaps: Unheard) -> bool:
    return bool(gaps.open or gaps.beyond_span or gaps.far)


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.1f} s" if duration_s >= 1 else f"{duration_s:.2f} s"


def _percent(chance: float) -> str:
    if chance < 0.01:
        return "under 1 %"
    if chance > 0.99:
        return "over 99 %"
    return f"{100 * chance:.0f} %"


def _onsets(shots: Sequence[Listed]) -> str:
    named = [f"{s.id} at {format_time(s.time_s)} ({s.probability:.2f})" for s in shots[:_NAMED]]
    return ", ".join(named) + (f" and {len(shots) - _NAMED} more" if len(shots) > _NAMED else "")


def _stretches(stretches: Sequence[Coverage]) -> str:
    by_state = dict.fromkeys(c.state for c in stretches)
    totals = [
        f"{_seconds(length_s(c for c in stretches if c.state == state))} {_STATE_WORDS[state]}" for state in by_state
    ]
    named = [_between(c.start_s, c.stop_s) for c in stretches[:_NAMED]]
    rest = f" and {len(stretches) - _NAMED} more" if len(stretches) > _NAMED else ""
    return f"{_series(totals)} ({', '.join(named)}{rest})"
