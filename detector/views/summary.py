"""What a report says in words: the sentences that the terminal and the notebook share."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detector.exports.timecode import told_rate
from detector.exports.wording import NOTABLE_S
from detector.records import (
    HEARD_STATES,
    Comparison,
    CountInterval,
    Coverage,
    Incident,
    IncidentShot,
    Rejected,
    Report,
    SelfTest,
    Shot,
    State,
)
from detector.times import format_time
from detector.views import basis_words, selftest_words, tone_words

FAINT = "Shots too faint to hear are not in it."
_LIMITS = "Sound alone does not show whose gun, how many guns, which weapon, or who fired first."

# Stretches named one by one in a sentence; the rest is in report.json.
_NAMED = 4
_UNHEARD_WORDS: dict[State, tuple[str, str]] = {
    "no_audio": ("has no sound", "shots there cannot be heard"),
    "muted": ("is digital silence", "it was muted or cut, and shots there cannot be heard"),
    "masked": ("is covered by a tone", "shots under it cannot be heard"),
    "damaged": ("is damaged", "shots there cannot be heard"),
    "not_analysed": ("was not analysed", "shots there are not in the count"),
}


@dataclass(frozen=True)
class Section:
    """A heading, the finding under it where there is one above all others, and the sentences that go with it."""

    title: str
    sentences: tuple[str, ...]
    finding: str = ""


def sections(report: Report, comparisons: Sequence[Comparison] = ()) -> tuple[Section, ...]:
    """All that is said about a recording beside its tables, in reading order, empty sections left out."""
    everything = (
        Section("Count", count_sentences(report), finding=f"{headline(report)}."),
        Section("Rests on", basis_words.sentences(report)),
        Section("Span", span_sentences(report)),
        Section("Heard", coverage_sentences(report)),
        Section("Repeats", repeat_sentences(report)),
        Section("Refused", refused_sentences(report)),
        Section("Tones", tone_words.sentences(report.device_tones)),
        Section("Moments", moment_sentences(report)),
        *_self_test(report.self_test),
        *tally_sections(comparisons),
        Section("Warnings", report.warnings),
    )
    return tuple(section for section in everything if section.finding or section.sentences)


def tally_sections(comparisons: Sequence[Comparison]) -> tuple[Section, ...]:
    """One section a tally, its verdict above the sentences."""
    return tuple(Section("Tally", comparison_sentences(c), f"{c.tally.label}: {c.verdict}.") for c in comparisons)


def _self_test(test: SelfTest | None) -> tuple[Section, ...]:
    if test is None:
        return ()
    return (Section("Self-test", selftest_words.sentences(test), finding=selftest_words.finding(test)),)


def headline(report: Report) -> str:
    """The count with its interval, or why there is none, without a full stop.

    "No gunshots" is only ever said of heard time.
    """
    count = report.count
    if count is None:
        return f"cannot hear: {_why_unheard(report)}"
    if count.best == 0 and not report.shots:
        return f"no gunshots found in {seconds(report.heard_s)} of heard sound ({range_words(count)})"
    return f"{counted(count.best, 'gunshot')} heard ({range_words(count)}), at least {count.at_least}"


def one_line(report: Report) -> str:
    """The headline and how much time it does not speak of, for a list of many files."""
    unheard = left_out(report)
    return headline(report) + (f"; {unheard}" if unheard and report.count is not None else "")


def interval_words(count: CountInterval | None) -> str:
    """A count in few words: "104 (90 %: 98-111), at least 93"."""
    return "cannot hear" if count is None else f"{count.best} ({range_words(count)}), at least {count.at_least}"


def moment_text(time_s: float, frame: int | None = None) -> str:
    """A time as a player shows it, with seconds and frame beside: "0:41.212 (41.212 s, frame 1235)"."""
    return f"{format_time(time_s)} ({time_s:.3f} s{'' if frame is None else f', frame {frame}'})"


def frame_at(shots: Sequence[Shot], time_s: float) -> int | None:
    """The picture's frame of the shot at a time; None without a picture or a shot there."""
    return next((s.frame for s in shots if s.time_s == time_s), None)


def seconds(duration_s: float) -> str:
    """A length of time: "41.4 s", from two minutes on also as "3,600.0 s (1:00:00)"."""
    text = f"{duration_s:,.1f} s" if duration_s >= 0.1 or duration_s == 0 else f"{duration_s * 1000:.0f} ms"
    return f"{text} ({format_time(duration_s, 0)})" if duration_s >= 120 else text


def recording_sentence(report: Report) -> str:
    """Length and streams of the recording in one line."""
    recording, audio, video = report.recording, report.recording.audio, report.recording.video
    parts = [f"{format_time(recording.duration_s)} long", recording.container.split(" (")[0].split(",")[0]]
    if audio is not None:
        parts.append(f"{audio.codec} {audio.sample_rate_hz / 1000:g} kHz, {counted(audio.channels, 'channel')}")
        if audio.tracks > 1:
            parts.append(f"sound track {audio.track} of {audio.tracks}")
    else:
        parts.append("no sound track")
    if video is not None:
        rate = "variable frame rate" if video.variable else f"{_frames_per_s(video.frame_rate)} frames/s"
        parts.append(f"{video.width}x{video.height}, {rate}")
    return ", ".join(parts)


def count_sentences(report: Report) -> tuple[str, ...]:
    """What is listed beside the count, and what it leaves out."""
    if report.count is None:
        return ()
    unheard = left_out(report)
    caveat = f"Not in it either: {unheard}; see below." if unheard else ""
    return tuple(s for s in (_listed(report), FAINT, caveat, limits(report)) if s)


def limits(result: Report | Incident) -> str:
    """What shots are said to be, where any are listed or counted, and what sound does not show."""
    some = result.shots or (result.count is not None and result.count.best)
    return f"These are sounds consistent with gunshots. {_LIMITS}" if some else _LIMITS


def span_sentences(report: Report) -> tuple[str, ...]:
    """From the first to the last shot, and what the container leaves open on absolute time."""
    span, error_s = report.span, report.recording.clock_error_s
    if span is None:
        return ()
    first, last = frame_at(report.shots, span.first_s), frame_at(report.shots, span.last_s)
    found = [
        f"one shot, at {moment_text(span.first_s, first)}."
        if span.first_s == span.last_s
        else f"from {moment_text(span.first_s, first)} to {moment_text(span.last_s, last)}: "
        f"{span.duration_s:.3f} s, +-{span.error_s * 1000:.0f} ms."
    ]
    if error_s > 0:
        found.append(
            f"Times in the file are open to +-{error_s * 1000:.0f} ms, all by the same amount; "
            "the intervals between shots are not."
        )
    return (*found, *report.recording.clock_notes)


def coverage_sentences(report: Report) -> tuple[str, ...]:
    """Seconds heard, then each kind of unheard time and the overloaded time, with where they lie."""
    if not report.coverage:
        return ()
    found = []
    if report.heard_s > 0:
        # Sound before the player's 0:00 is heard too: the parts, not the duration, are the whole.
        found.append(f"{seconds(report.heard_s)} of {seconds(_total(report.coverage))}.")
    for state, (what, so) in _UNHEARD_WORDS.items():
        stretches = _in_state(report, state)
        if _total(stretches) >= NOTABLE_S:
            found.append(f"{seconds(_total(stretches))} of this file {what} ({where_words(stretches)}): {so}.")
    overloaded = _in_state(report, "overloaded")
    if overloaded:
        found.append(
            f"{seconds(_total(overloaded))} is overloaded ({where_words(overloaded)}): heard, but shots may hide there."
        )
    return tuple(found)


def repeat_sentences(report: Report) -> tuple[str, ...]:
    """Stretches that show earlier sound again; their shots are counted once."""
    again = sum(s.repeat_of is not None for s in report.shots)
    found = [
        f"{format_time(r.start_s)}-{format_time(r.stop_s)} shows the sound from {format_time(r.of_start_s)} on again"
        f"{'' if abs(r.speed - 1) < 0.005 else f' at {r.speed:.2f} times its speed'}."
        for r in report.repeats
    ]
    if again:
        found.append(f"{counted(again, 'listed shot')} heard a second time there, and counted once.")
    return tuple(found)


def refused_sentences(report: Report) -> tuple[str, ...]:
    """How many onsets were refused, by reason, the commonest first."""
    reasons = Counter(r.reason for r in report.rejected)
    for row in report.rejected_counts:
        reasons[row.reason] += row.n
    if not reasons:
        return ()
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    total = counted(sum(reasons.values()), "other sudden sound")
    return (f"{total} not counted: " + ", ".join(f"{n:,} {reason}" for reason, n in ranked) + ".",)


def moment_sentences(report: Report | Incident) -> tuple[str, ...]:
    """The count before, between and after the moments that the user named."""
    moments = sorted(report.moments, key=lambda m: m.time_s)
    if not moments:
        return ()
    marks = [(m.time_s, f"{format_time(m.time_s)} ({m.text})") for m in moments]
    windows: list[tuple[float | None, float | None, str]] = [(None, marks[0][0], f"before {marks[0][1]}")]
    windows += [(a, b, f"from {left} to {right}") for (a, left), (b, right) in itertools.pairwise(marks)]
    windows.append((marks[-1][0], None, f"after {marks[-1][1]}"))
    counts = [report.count_between(start_s, stop_s) for start_s, stop_s, _ in windows]
    found = [f"{name}: {_count_in(report, a, b, count)}." for (a, b, name), count in zip(windows, counts, strict=True)]
    if report.count is not None and sum(c.best for c in counts if c is not None) != report.count.best:
        found.append("Each part is its own best estimate: together they need not give the best estimate of the whole.")
    return tuple(found)


def comparison_sentences(comparison: Comparison) -> tuple[str, ...]:
    """One tally beside the result: the finding, why, what it would take, and the span."""
    found = (comparison.sentence, *comparison.reasons, comparison.what_it_would_take)
    return tuple(s for s in (*found, comparison.span.sentence if comparison.span else "") if s)


def _listed(report: Report) -> str:
    """Listed shots beside the best estimate, which may differ, and why."""
    assert report.count is not None
    return listed_words([s for s in report.shots if s.repeat_of is None], report.rejected, report.count.best)


def listed_words(once: Sequence[Shot | IncidentShot], rejected: Sequence[Rejected], best: int, each: str = "") -> str:
    """How many sounds are listed, each counted once, and why the best estimate is another number; empty for nothing."""
    possible = sum(s.status == "possible" for s in once)
    more = best - len(once)
    listed = f"{len(once)} listed{each}" + (f", {possible} of them only possible" if possible else "")
    if not once and not more:
        return ""
    if more == 0:
        return f"{listed}."
    if more < 0:
        return f"{listed}; best estimate {best}: {-more} of the listed probably not gunshots."
    hidden = sum(s.probability * (s.extra[0] + 2 * s.extra[1]) for s in once)
    refused = sum(r.probability for r in rejected)
    where = "hidden in overlaps" if hidden >= refused else "among the sounds refused"
    return f"{listed}; best estimate {best}: {more} probably {where}."


def _count_in(
    report: Report | Incident, start_s: float | None, stop_s: float | None, count: CountInterval | None
) -> str:
    if count is None:
        return "cannot hear: nothing in that time could be heard"
    first_s, last_s = (-math.inf if start_s is None else start_s), (math.inf if stop_s is None else stop_s)
    unheard_s = _total(
        Coverage(max(c.start_s, first_s), min(c.stop_s, last_s), c.state)
        for c in report.coverage
        if c.state not in HEARD_STATES
    )
    return interval_words(count) + (f"; {seconds(unheard_s)} of that time unheard" if unheard_s >= NOTABLE_S else "")


def left_out(report: Report | Incident) -> str:
    """How much time the count does not speak of: "30.0 s unheard"; empty when none."""
    outside_s = _total(_in_state(report, "not_analysed"))
    unheard_s = _total(c for c in report.coverage if c.state not in HEARD_STATES) - outside_s
    parts = [f"{seconds(unheard_s)} unheard"] if unheard_s >= NOTABLE_S else []
    parts += [f"{seconds(outside_s)} not analysed"] if outside_s >= NOTABLE_S else []
    return " and ".join(parts)


def _why_unheard(report: Report) -> str:
    if report.recording.audio is None:
        return "the file has no sound track"
    states = {c.state for c in report.coverage}
    named = [what for state, (what, _) in _UNHEARD_WORDS.items() if state in states]
    return f"all of the recording {' or '.join(named)}" if named else "nothing in it was heard"


def range_words(count: CountInterval) -> str:
    """The interval of a count: "90 %: 98-111"."""
    return f"{count.confidence * 100:g} %: {count.low}-{count.high}"


def counted(n: int, noun: str) -> str:
    """A number with its noun: "1 gunshot", "1,200 gunshots"."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _frames_per_s(rate: str) -> str:
    told = told_rate(rate)
    return "unknown" if told is None else f"{float(told):.6g}"


def _in_state(report: Report | Incident, state: State) -> list[Coverage]:
    return [c for c in report.coverage if c.state == state]


def _total(stretches: Iterable[Coverage]) -> float:
    return sum(max(0.0, c.stop_s - c.start_s) for c in stretches)


def where_words(stretches: Sequence[Coverage]) -> str:
    """From when to when the longest stretches last, and how many shorter ones there are."""
    longest = sorted(stretches, key=lambda c: c.start_s - c.stop_s)[:_NAMED]
    named = ", ".join(
        f"{format_time(c.start_s)}-{format_time(c.stop_s)}" for c in sorted(longest, key=lambda c: c.start_s)
    )
    left = len(stretches) - len(longest)
    return named if not left else f"{named} and {left} shorter stretch{'es' if left > 1 else ''}"
