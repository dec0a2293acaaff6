"""A person's changes applied to what a machine listed, and the number that follows. The review page does the same."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from detector.checks import Corrected, Correction, Review, Reviewed, ReviewedOnset, Standing
from detector.records import Incident, IncidentShot, Rejected, Repeat, Report, Shot, Status

MOST_SHOTS = 9  # that one onset may stand for
MOST_LETTERS = 2000  # of a comment
_LARGEST_ID = 2**53 - 1  # whole numbers up to here are exact in a browser too
_TAKES_SIDES = frozenset({"accept", "reject", "add", "overlap"})


def reviewed(result: Report | Incident, review: Review) -> Reviewed:
    """A report, or an incident, with the changes of a review beside it.

    What a person adds to an incident is counted wherever it stands: what one camera shows again, another may hear.

    Raises
    ------
    ValueError
        When a change does not fit what stood there before it.
    """
    repeats = result.repeats if isinstance(result, Report) else ()
    onsets = in_showings(applied(machine_onsets(result), review.changes, result.extent_s), repeats)
    return Reviewed(result, review, onsets, corrected(onsets))


def machine_onsets(result: Report | Incident) -> tuple[ReviewedOnset, ...]:
    """All onsets of a result in time order, nothing changed yet; second showings are marked."""
    onsets: tuple[Shot | IncidentShot | Rejected, ...] = (*result.shots, *result.rejected)
    found = [_untouched(each) for each in onsets]
    return tuple(sorted(found, key=_place))


def applied(
    onsets: Sequence[ReviewedOnset], changes: Sequence[Correction], window: tuple[float, float]
) -> tuple[ReviewedOnset, ...]:
    """The onsets after all changes, in time order.

    Parameters
    ----------
    window
        Start and end of the recording, seconds; no onset may be put outside.

    Raises
    ------
    ValueError
        At the first change that is not about a known onset as it stood then, or does not do what
        its action says.
    """
    standing = {each.id: each for each in onsets}
    for number, change in enumerate(changes, 1):
        known = standing.get(change.onset)
        if reason := _misfit(known, change, window):
            raise ValueError(f"change {number} ({change.action} of onset {change.onset}): {reason}")
        before = known or ReviewedOnset(change.onset, None, change.after)
        decided = before.decided or change.action in _TAKES_SIDES
        standing[change.onset] = dataclasses.replace(before, now=change.after, decided=decided)
    return tuple(sorted(standing.values(), key=_place))


def in_showings(onsets: Sequence[ReviewedOnset], repeats: Sequence[Repeat]) -> tuple[ReviewedOnset, ...]:
    """The onsets, added ones that lie in a second showing marked as such."""
    return tuple(
        dataclasses.replace(each, again=any(r.start_s <= each.now.time_s < r.stop_s for r in repeats))
        if each.machine is None
        else each
        for each in onsets
    )


def corrected(onsets: Sequence[ReviewedOnset]) -> Corrected:
    """The number that the onsets as they stand now give; second showings are left out of all of it."""
    once = [each for each in onsets if not each.again]
    shots = [each for each in once if each.now.status == "shot"]
    listed = [each for each in once if _was(each) in ("shot", "possible")]
    refused = [each for each in once if _was(each) == "rejected"]
    times_s = [each.now.time_s for each in shots]
    return Corrected(
        count=_discharges(shots),
        confirmed=_discharges([each for each in listed if each.decided]),
        reclaimed=_discharges(refused),
        added=_discharges([each for each in shots if each.machine is None]),
        unchecked=_discharges([each for each in listed if not each.decided and each.now.status == "shot"]),
        doubtful=sum(each.now.status == "possible" for each in once),
        rejected=sum(each.now.status == "rejected" for each in listed),
        not_gone_through=sum(not each.decided for each in refused),
        first_s=min(times_s, default=None),
        last_s=max(times_s, default=None),
    )


def _was(onset: ReviewedOnset) -> Status | None:
    """What the machine took it for; None for an onset that was added."""
    return None if onset.machine is None else onset.machine.status


def after(action: str, before: Standing) -> Standing:
    """What "accept" or "reject" makes of an onset."""
    if action == "accept":
        return dataclasses.replace(before, status="shot", shots=max(1, before.shots))
    return dataclasses.replace(before, status="rejected", shots=0)


def _untouched(onset: Shot | IncidentShot | Rejected) -> ReviewedOnset:
    if isinstance(onset, Rejected):
        standing = Standing(onset.time_s, "rejected", 0)
        return ReviewedOnset(onset.id, standing, standing)
    standing = Standing(onset.time_s, onset.status, 1)
    return ReviewedOnset(onset.id, standing, standing, again=onset.repeat_of is not None)


def _misfit(known: ReviewedOnset | None, change: Correction, window: tuple[float, float]) -> str:
    """Why a change cannot be made; empty when it can."""
    if change.action == "add":
        if known is not None or change.before is not None:
            return "there is such an onset already"
        if change.after.status != "shot" or not 1 <= change.onset <= _LARGEST_ID:
            return "what is added is a shot with a number above 0"
    elif known is None:
        return "there is no such onset"
    elif change.before != known.now:
        return "it stood otherwise before"
    elif change.after != _expected(change, known.now):
        return "it does not do what its action says"
    return _impossible(change.after, window)


def _expected(change: Correction, before: Standing) -> Standing:
    """The standing after a change, what the action leaves open taken from the change."""
    wanted = change.after
    if change.action == "move":
        return dataclasses.replace(before, time_s=wanted.time_s)
    if change.action == "overlap":
        return dataclasses.replace(before, status="shot", shots=wanted.shots)
    if change.action == "comment":
        return dataclasses.replace(before, comment=wanted.comment)
    return after(change.action, before)


def _impossible(standing: Standing, window: tuple[float, float]) -> str:
    if not (math.isfinite(standing.time_s) and window[0] <= standing.time_s <= window[1]):
        return "its time lies outside the recording"
    if not (0 <= standing.shots <= MOST_SHOTS and (standing.shots == 0) == (standing.status == "rejected")):
        return f"an onset stands for 1 to {MOST_SHOTS} shots, a rejected one for none"
    if len(standing.comment) > MOST_LETTERS:
        return f"its comment is longer than {MOST_LETTERS:,} letters"
    return ""


def _discharges(onsets: Sequence[ReviewedOnset]) -> int:
    return sum(each.now.shots for each in onsets)


def _place(onset: ReviewedOnset) -> tuple[float, int]:
    return onset.now.time_s, onset.id
