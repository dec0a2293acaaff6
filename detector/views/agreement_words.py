"""What is said about marks beside the machine's shots, and about the marks of two people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from detector.checks import Agreement, Entry, Matched, Shift
from detector.records import Report
from detector.times import format_time
from detector.views.summary import Section

AGREEMENT_COLUMNS = ("first\nsecond", "agreed", "only\nfirst", "only\nsecond", "kappa", "median,\nspread,\nlargest")
_NAMED = 6  # times that a sentence names one by one; all are in marks.json


def sections(report: Report, agreements: Sequence[Agreement]) -> tuple[Section, ...]:
    """One section per pair of observers, in the order given."""
    return tuple(Section("Marks", sentences(report, each), finding=f"{finding(each)}.") for each in agreements)


def finding(agreement: Agreement) -> str:
    """How many agree, of how many on either side, without a full stop."""
    best = agreement.best
    agreed, (one, other) = len(best.agreed), agreement.names
    ones = agreed + len(best.only_one)
    others = agreed + sum(map(len, (best.only_other, best.unheard, best.outside)))
    whose = "listed by the machine" if agreement.one is None else f"marked in {one}"
    moved = "" if agreement.shift is None else ", once the marks are moved"
    both = f"{agreed} of {ones} {whose} and {agreed} of {others} marked in {other}"
    return f"{both} agree within {_ms(agreement.tolerance_s)}{moved}"


def in_short(agreement: Agreement) -> str:
    """The numbers alone, for the head of a lane: "95 agreed, 4 only machine, 8 only a.txt, kappa 0.87"."""
    best, (one, other) = agreement.best, agreement.names
    agrees = "" if best.kappa is None else f", kappa {best.kappa:.2f}"
    unheard = f", {len(best.unheard)} unheard" if best.unheard else ""
    alone = f"{len(best.only_one)} only {one}, {len(best.only_other)} only {other}"
    return f"{len(best.agreed)} agreed, {alone}{unheard}{agrees}"


def sentences(report: Report, agreement: Agreement) -> tuple[str, ...]:
    """What stands behind the numbers: clocks, one-sided onsets, times, kappa, and what was not taken from the file."""
    best = agreement.best
    notes = agreement.other.notes if agreement.one is None else ()
    beyond = (_unheard(best.unheard), _outside(report, best.outside))
    related = (
        *_clock(report, agreement),
        _alone(agreement.names[0], best.only_one),
        _alone(agreement.names[1], best.only_other),
        *beyond,
        _times(agreement.names[1], best),
        _kappa(best),
    )
    # Of lists that have nothing to do with each other the figures would only seem to say something.
    found = (_foreign(agreement), *beyond) if agreement.foreign else related
    return tuple(sentence for sentence in (*found, *notes) if sentence)


def agreement_rows(agreements: Sequence[Agreement]) -> tuple[tuple[str, ...], ...]:
    """One row per pair under `AGREEMENT_COLUMNS`; where one was moved, a row as given and a row after the move."""
    return tuple(
        _row("\n".join((*agreement.names, *note)), matched)
        for agreement in agreements
        for note, matched in _states(agreement)
    )


def _states(agreement: Agreement) -> list[tuple[tuple[str, ...], Matched]]:
    if agreement.shift is None or agreement.shifted is None:
        return [((), agreement.as_given)]
    moved = f"(moved {agreement.shift.offset_s:+.3f} s)"
    return [(("(as given)",), agreement.as_given), ((moved,), agreement.shifted)]


def _row(names: str, matched: Matched) -> tuple[str, ...]:
    times = matched.differences
    return (
        names,
        str(len(matched.agreed)),
        str(len(matched.only_one)),
        str(len(matched.only_other)),
        "-" if matched.kappa is None else f"{matched.kappa:.2f}",
        "-" if times is None else "\n".join(map(_ms, (times.median_s, times.spread_s, times.largest_s))),
    )


def _foreign(agreement: Agreement) -> str:
    chance = f"{agreement.by_chance:.0f}" if agreement.by_chance >= 0.5 else "none"
    return (
        f"That is no more than unrelated lists would share by chance (about {chance}): these marks are probably of "
        "another recording, or on a clock that nothing here gives away."
    )


def _clock(report: Report, agreement: Agreement) -> tuple[str, ...]:
    shift = agreement.shift
    if shift is None:
        return ()
    side = "early" if shift.offset_s > 0 else "late"
    how = f"All marks of {agreement.names[1]} lie {abs(shift.offset_s):.3f} s {side}"
    if abs(shift.drift_ppm) >= 1:
        pace = "slow" if shift.drift_ppm > 0 else "fast"
        how += f" on average, and their clock runs {abs(shift.drift_ppm):.0f} millionths {pace}"
    before, after = len(agreement.as_given.agreed), len(agreement.best.agreed)
    return (
        f"{how}{_why(report, agreement, shift)}. As given {before} agree, moved {after}; "
        "what follows is after the move.",
    )


def _why(report: Report, agreement: Agreement, shift: Shift) -> str:
    audio = report.recording.audio
    if shift.extracted and audio is not None:
        start = f"starts at {format_time(audio.start_s)}" if audio.start_s else ""
        gaps = f"has {len(audio.gaps)} gap{'s' if len(audio.gaps) > 1 else ''}" if audio.gaps else ""
        what = " and ".join(part for part in (start, gaps) if part)
        return f": perhaps made on an extracted WAV, which loses just that (the file's sound {what})"
    if agreement.one is None and shift.offset_s > 0 and abs(shift.drift_ppm) < 1:
        return ": perhaps made on an extracted WAV, or on a copy that begins later"
    return ""


def _alone(name: str, entries: Sequence[Entry]) -> str:
    if not entries:
        return f"Only {name}: none."
    why = Counter(entry.refused for entry in entries if entry.refused)
    reasons = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
    refused = f" (refused there by the machine: {reasons})" if why else ""
    possible = sum(entry.text.startswith("possible ") for entry in entries if entry.id and not entry.refused)
    weak = f" ({possible} of them only possible)" if possible else ""
    return f"Only {name}: {len(entries)}{refused}{weak}, at {_where(entries)}."


def _unheard(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    return (
        f"{_marks(entries)} where nothing could be heard, at {_where(entries)}: neither agreed nor contradicted, "
        "and not in kappa."
    )


def _outside(report: Report, entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    return (
        f"{_marks(entries)} outside this recording, which ends at {format_time(report.recording.duration_s)}: "
        f"{_where(entries)}. Are they of this file?"
    )


def _times(name: str, matched: Matched) -> str:
    times = matched.differences
    if times is None:
        return ""
    side = "later" if times.median_s >= 0 else "earlier"
    if len(matched.agreed) == 1:
        return f"Where they agree, {name} lies {_ms(abs(times.median_s))} {side}."
    return (
        f"Where they agree, {name} lies {_ms(abs(times.median_s))} {side} (median); half lie within "
        f"{_ms(times.spread_s)} of that, the largest difference is {_ms(abs(times.largest_s))}."
    )


def _kappa(matched: Matched) -> str:
    total = len(matched.agreed) + len(matched.only_one) + len(matched.only_other) + matched.neither
    if matched.kappa is None:
        return ""
    return (
        f"Cohen's kappa {matched.kappa:.2f} over {total} onsets: all that the report lists or refuses one by one, "
        f"and all marks; neither side takes {matched.neither} of them for a shot."
    )


def _marks(entries: Sequence[Entry]) -> str:
    return f"{len(entries)} mark{' lies' if len(entries) == 1 else 's lie'}"


def _where(entries: Sequence[Entry]) -> str:
    named = ", ".join(format_time(entry.time_s) for entry in entries[:_NAMED])
    return named if len(entries) <= _NAMED else f"{named} and {len(entries) - _NAMED} more"


def _ms(time_s: float) -> str:
    return f"{time_s * 1000:.1f} ms" if abs(time_s) < 0.01 else f"{time_s * 1000:.0f} ms"
