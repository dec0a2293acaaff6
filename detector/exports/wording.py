"""Texts that label files share: one line that any format can hold, what a shot is, which sound the times fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from detector.records import HEARD_STATES, CountInterval, Coverage, Report, Shot
from detector.times import format_time

# Neither XML nor any other text format can hold these: controls, halves of surrogate pairs, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MEASURABLE_S = 0.002  # a start or gap below this is rounding of time stamps
NOTABLE_S = 0.05  # unheard time below this is codec priming and rounding, not worth a caveat


def one_line(text: str) -> str:
    r"""The text with white space folded to single blanks and what no format can hold shown as U+FFFD.

    >>> one_line("driver\ton the\nground\x00") == "driver on the ground\ufffd"
    True
    """
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))


def shot_label(shot: Shot) -> str:
    """Id, status and probability: "3 shot 0.98"."""
    return f"{shot.id} {shot.status} {shot.probability:.2f}"


def shot_note(shot: Shot) -> str:
    """The exact time of a shot and what else is known of it, as a sentence without a full stop."""
    parts = [f"at {format_time(shot.time_s)} ({shot.time_s:.4f} s)", f"volley {shot.volley}"]
    parts += ["more than one shot may hide here"] if shot.overlap else []
    parts += [] if shot.repeat_of is None else [f"shows shot {shot.repeat_of} again"]
    parts += [one_line(flag) for flag in shot.flags]
    parts += [f"{shot.level_db:.1f} dB re full scale"] if math.isfinite(shot.level_db) else []
    return ", ".join(parts)


def count_text(count: CountInterval) -> str:
    """A count with its interval: "5 (90 %: 4-6)"."""
    return f"{count.best} ({count.confidence:.0%}: {count.low}-{count.high})".replace("%:", " %:")


def unheard(report: Report) -> Iterator[Coverage]:
    """The stretches of 50 ms or more in which nothing could be heard, in time order."""
    missing = (each for each in report.coverage if each.state not in HEARD_STATES)
    return (each for each in missing if each.stop_s - each.start_s >= NOTABLE_S)


def state_text(stretch: Coverage) -> str:
    """What was wrong with a stretch: "no audio"."""
    return stretch.state.replace("_", " ")


def unheard_so(stretch: Coverage) -> str:
    """What follows from an unheard stretch: "shots here cannot be heard"."""
    return f"shots here {'are not in the count' if stretch.state == 'not_analysed' else 'cannot be heard'}"


def which_sound(report: Report) -> str:
    """In sentences, which sound the times of a label file fit."""
    recording, audio = report.recording, report.recording.audio
    told = [
        f"Times are seconds on the presentation clock of {one_line(recording.name)} (SHA-256 "
        f"{one_line(recording.sha256)}), 0 where a player shows 0:00. They fit that file in a player, and "
        "aligned.flac (format 'aligned') in a program that opens no video."
    ]
    if audio is None:
        told.append("The recording has no sound.")
    elif lacks := _lacking(report):
        told.append(f"Sound extracted in another way does not fit: it lacks {lacks}.")
    else:
        told.append("Sound extracted in another way fits too: it starts at 0:00 and has no gaps.")
    if recording.clock_error_s > 0:
        told.append(f"Times in the file are open to +-{recording.clock_error_s * 1000:.0f} ms, all by the same amount.")
    return " ".join(told)


def _lacking(report: Report) -> str:
    """The silence that extracting the sound leaves out; empty when that is none."""
    audio = report.recording.audio
    assert audio is not None
    gaps_s = sum(stop_s - start_s for start_s, stop_s in audio.gaps)
    parts = [f"the {audio.start_s:.3f} s before the first sample"] if audio.start_s > _MEASURABLE_S else []
    parts += [f"{gaps_s:.3f} s in {len(audio.gaps)} gap{'s' * (len(audio.gaps) > 1)}"] if audio.gaps else []
    return " and ".join(parts)
