"""What an incident says in words: the sentences that the terminal and the notebook share."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence

from detector.exports import wording
from detector.records import HEARD_STATES, Camera, Comparison, CountInterval, Coverage, Incident, IncidentShot
from detector.times import format_time
from detector.views import basis_words, summary, wall_clock_words
from detector.views.summary import Section, counted, seconds

_FAINT = "Shots too faint to hear at every one of the cameras are not in it."
_ONE_SIDED = (
    "The errors hold for sounds from all sides. Where all that two cameras share came from one side, their clocks may "
    "be farther off, by 2.9 ms for each metre between them."
)
_PLACES = (
    "One walking person makes several positions, and several people in one place make one: this is no number of guns "
    "or of people."
)
_NAMED = 12  # shots spelled out in a sentence; the rest is in incident.json


def sections(incident: Incident, comparisons: Sequence[Comparison] = ()) -> tuple[Section, ...]:
    """All that is said about an incident beside its tables, in reading order, empty sections left out."""
    everything = (
        Section("Count", count_sentences(incident), finding=f"{headline(incident)}."),
        Section("Rests on", basis_words.sentences(incident)),
        Section("Span", span_sentences(incident)),
        Section("Cameras", camera_sentences(incident), finding=f"{_on_one_clock(incident)}."),
        Section("Wall clocks", wall_clock_words.sentences(incident, name)),
        Section("Heard", coverage_sentences(incident)),
        Section("Positions", position_sentences(incident)),
        Section("Order", order_sentences(incident)),
        Section("Moments", summary.moment_sentences(incident)),
        *summary.tally_sections(comparisons),
        Section("Warnings", warning_sentences(incident)),
    )
    return tuple(section for section in everything if section.finding or section.sentences)


def headline(incident: Incident) -> str:
    """The count with its interval, or why there is none, without a full stop."""
    count, cameras = incident.count, counted(len(incident.included), "camera")
    if count is None:
        return "cannot hear: nothing could be heard in any of the recordings"
    if count.best == 0 and not incident.shots:
        heard = seconds(incident.heard_s)
        return f"no gunshots found in {heard} that {cameras} heard ({summary.range_words(count)})"
    together = f"{cameras} together" if len(incident.included) > 1 else cameras
    shots = counted(count.best, "gunshot")
    return f"{shots} heard by {together} ({summary.range_words(count)}), at least {count.at_least}"


def one_line(incident: Incident) -> str:
    """The headline and how much it does not speak of, for one line."""
    excluded = sum(camera.offset_s is None for camera in incident.cameras)
    left_out = f"; {counted(excluded, 'recording')} left out" if excluded else ""
    return headline(incident) + left_out


def name(camera: Camera) -> str:
    """Number and file of a camera: "camera 2 (body_b.mp4)"."""
    return f"camera {camera.id} ({wording.one_line(camera.report.recording.name)})"


def count_sentences(incident: Incident) -> tuple[str, ...]:
    """What is listed beside the count, on how many cameras it rests, what each gives alone, and what it leaves out."""
    if incident.count is None:
        return ()
    unheard_s = _unheard_s(incident)
    caveat = f"Not in it either: {seconds(unheard_s)} that no camera could hear; see below."
    found = (
        _listed(incident, incident.count),
        _rests_on_one(incident),
        _by_themselves(incident),
        _repeats(incident),
        faint(incident),
    )
    return tuple(s for s in (*found, caveat if unheard_s >= wording.NOTABLE_S else "", summary.limits(incident)) if s)


def faint(incident: Incident) -> str:
    """That shots too faint to hear are not counted."""
    return _FAINT if len(incident.included) > 1 else summary.FAINT


def span_sentences(incident: Incident) -> tuple[str, ...]:
    """From the first to the last shot, and on whose clock."""
    span, clock = incident.span, _clock(incident)
    if span is None:
        return ()
    whose = "" if clock is None else f" The incident's clock is that of {name(clock)}."
    if span.first_s == span.last_s:
        return (f"one shot, at {summary.moment_text(span.first_s)}.{whose}",)
    return (
        f"from {summary.moment_text(span.first_s)} to {summary.moment_text(span.last_s)}: {span.duration_s:.3f} s, "
        f"+-{span.error_s * 1000:.0f} ms.{whose}",
    )


def camera_sentences(incident: Incident) -> tuple[str, ...]:
    """What the table of clocks means, and which recordings are copies or left out, and why."""
    found = []
    if len(incident.included) > 1:
        found += ["What is added to a time of a file gives that of the incident, with its 90 % error.", _ONE_SIDED]
    for camera in incident.cameras:
        if camera.window is not None:
            start, stop = ("" if time_s is None else format_time(time_s) for time_s in camera.window)
            found.append(
                f"Of {name(camera)} the part from {start or 'its beginning'} to {stop or 'its end'} was taken."
            )
        if camera.same_as is not None:
            found.append(
                f"{_capital(name(camera))} is the same recording as camera {camera.same_as}, copied, coded again or a "
                "part of it: it adds nothing to the count."
            )
        elif camera.offset_s is None:
            found.append(f"{_capital(name(camera))} is left out: {camera.excluded.rstrip('.')}.")
    return tuple(found)


def coverage_sentences(incident: Incident) -> tuple[str, ...]:
    """Seconds that at least one camera heard, what none could hear, and what each heard by itself."""
    if not incident.coverage:
        return ()
    found = []
    unheard = _joined(c for c in incident.coverage if c.state not in HEARD_STATES)
    if incident.heard_s > 0:
        whole = seconds(_length_s(incident.coverage))
        found.append(f"{seconds(incident.heard_s)} of {whole} could be heard by at least one camera.")
    if unheard:
        where = summary.where_words(unheard)
        found.append(f"{seconds(_length_s(unheard))} could be heard by none ({where}): shots there are in no count.")
    if overloaded := [c for c in incident.coverage if c.state == "overloaded"]:
        where = "at every camera that recorded it " if len(incident.included) > 1 else ""
        found.append(
            f"{seconds(_length_s(overloaded))} is overloaded {where}"
            f"({summary.where_words(overloaded)}): heard, but shots may hide there."
        )
    if len(incident.included) > 1:
        each = ", ".join(f"camera {camera.id} {seconds(camera.report.heard_s)}" for camera in incident.included)
        found.append(f"Heard by each: {each}.")
    return tuple(found)


def position_sentences(incident: Incident) -> tuple[str, ...]:
    """With how many positions the delays between the cameras are consistent, and which shots go together."""
    if not incident.positions:
        return ()
    grouped = sum(len(position.shots) for position in incident.positions)
    found = [
        f"The delays between the cameras are consistent with at least {counted(len(incident.positions), 'position')} "
        f"for {counted(grouped, 'shot')}"
        + (f"; those of {left} do not tell." if (left := len(incident.shots) - grouped) else ".")
    ]
    for position in incident.positions:
        delays = ", ".join(
            f"camera {other} {abs(delay_s) * 1000:.0f} ms {'after' if delay_s > 0 else 'before'} camera {one}"
            for one, other, delay_s in position.delays_s[:_NAMED]
        )
        found.append(f"Position {position.id}: {_numbers(position.shots)}" + (f" ({delays})." if delays else "."))
    return (*found, _PLACES)


def order_sentences(incident: Incident) -> tuple[str, ...]:
    """Which of two sounds left its gun first, where physics fixes it, and why not elsewhere."""
    if not incident.order:
        return ()
    found = [f"{_capital(order.sentence.rstrip('.'))}." for order in incident.order]
    return (*found, "Which gun a sound came from, and who fired it, the sound does not show.")


def warning_sentences(incident: Incident) -> tuple[str, ...]:
    """What the reader must know of the incident, and of each recording in it."""
    own = [f"{_capital(name(camera))}: {text}" for camera in incident.cameras for text in camera.report.warnings]
    return (*incident.warnings, *own)


def _listed(incident: Incident, count: CountInterval) -> str:
    """Listed shots beside the best estimate, which may differ, and why."""
    return summary.listed_words(_once(incident), incident.rejected, count.best, ", each once")


def _rests_on_one(incident: Incident) -> str:
    once = _once(incident)
    if len(incident.included) < 2 or not once:
        return ""
    alone = [shot.id for shot in once if shot.rests_on_one]
    several = len(once) - len(alone)
    heard = f"{several} of them {'was' if several == 1 else 'were'} heard by two cameras or more"
    if not alone:
        return f"{heard}; none rests on one."
    return f"{heard}; {len(alone)} {'rests' if len(alone) == 1 else 'rest'} on one camera: {_numbers(alone)}."


def _by_themselves(incident: Incident) -> str:
    """The counts of the single cameras, which the one of all together is to be narrower than."""
    if len(incident.included) < 2:
        return ""
    each = ", ".join(f"camera {c.id} {_short(c.report.count)}" for c in incident.included)
    return f"By themselves they give: {each}."


def _repeats(incident: Incident) -> str:
    again = sum(shot.repeat_of is not None for shot in incident.shots)
    return f"{counted(again, 'listed shot')} shown a second time in the recordings, and counted once." if again else ""


def _on_one_clock(incident: Incident) -> str:
    excluded = sum(camera.offset_s is None for camera in incident.cameras)
    copies = sum(camera.same_as is not None for camera in incident.cameras)
    several = " on one clock" if len(incident.cameras) > 1 else ""
    parts = [f"{counted(len(incident.included), 'recording')}{several}"]
    parts += [f"{copies} of them again as {'a copy' if copies == 1 else 'copies'}"] if copies else []
    parts += [f"{excluded} left out"] if excluded else []
    return ", ".join(parts)


def _numbers(shots: Sequence[int]) -> str:
    """Like "shots 1-4, 7": runs joined, at most a dozen of them named."""
    runs = [list(run) for _, run in itertools.groupby(enumerate(sorted(shots)), lambda pair: pair[1] - pair[0])]
    named = [f"{run[0][1]}-{run[-1][1]}" if len(run) > 1 else str(run[0][1]) for run in runs]
    rest = sum(len(run) for run in runs[_NAMED:])
    words = ", ".join(named[:_NAMED]) + (f" and {rest} more" if rest else "")
    return f"shot{'s' * (len(shots) > 1)} {words}"


def _short(count: CountInterval | None) -> str:
    return "cannot hear" if count is None else f"{count.best} ({count.low}-{count.high})"


def _once(incident: Incident) -> list[IncidentShot]:
    return [shot for shot in incident.shots if shot.repeat_of is None]


def _clock(incident: Incident) -> Camera | None:
    return next((camera for camera in incident.cameras if camera.id == incident.clock), None)


def _unheard_s(incident: Incident) -> float:
    return _length_s(c for c in incident.coverage if c.state not in HEARD_STATES)


def _joined(stretches: Iterable[Coverage]) -> list[Coverage]:
    """Stretches worth telling of, those that touch as one."""
    found: list[Coverage] = []
    for stretch in stretches:
        if found and stretch.start_s <= found[-1].stop_s:
            found[-1] = dataclasses.replace(found[-1], stop_s=stretch.stop_s)
        else:
            found.append(stretch)
    return [each for each in found if each.stop_s - each.start_s >= wording.NOTABLE_S]


def _length_s(stretches: Iterable[Coverage]) -> float:
    return sum(max(0.0, c.stop_s - c.start_s) for c in stretches)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
