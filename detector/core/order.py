"""Two sounds -> which of them left its gun first, as far as physics fixes it.

Guns A and B at a distance D, camera k: it hears the sounds apart by `gap_k = dt + (|Bk| - |Ak|) / c`, and
whatever the place of the camera, the two ways differ by at most D. So with dt, the time from the
first gun's shot to the second's,

    max_k (gap_k - e_k) - D / c  <=  dt  <=  min_k (gap_k + e_k) + D / c

where e_k is what the onsets leave open. Each gap lies within one file: no common clock is needed. Where no
camera heard both, the clock's error comes on top, and the distance between the cameras. Where both guns'
wearers have a camera, the ways cancel: gap_A = dt + D / c, gap_B = dt - D / c, and dt is their mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from detector.records import Arrival, Camera, Decision, IncidentShot, Order
from detector.settings import Settings

SLOWEST_M_S = 331.0  # sound in winter: the widest interval
_BOTH = 2  # wearers who fired, for the rule of both wearers

Open = tuple[float, float, str]
"""The earliest and the latest emission of the second after the first, ways left out, and what that rests on."""


def order(
    shots: Sequence[IncidentShot],
    cameras: Sequence[Camera],
    pairs: Sequence[tuple[int, int]],
    apart_m: float | None,
    settings: Settings,
) -> tuple[Order, ...]:
    """What can be said of the first two sounds, and of each pair (ids) asked for, in this order.

    `apart_m` is the largest distance between the guns; `order.apart_m` is taken where it is None. Pairs are
    told with the sound that was heard earlier first. Nothing is said of a sound that is not listed.
    """
    by_id = {shot.id: shot for shot in shots}
    wanted = [(shots[0].id, shots[1].id)] if len(shots) > 1 else []
    wanted += [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1] and set(pair) <= set(by_id)]
    most_m = settings.order.apart_m if apart_m is None else apart_m
    return tuple(
        _told(by_id[first], by_id[second], cameras, (most_m, apart_m is not None), settings)
        for first, second in dict.fromkeys(wanted)
    )


def _told(
    first: IncidentShot, second: IncidentShot, cameras: Sequence[Camera], known: tuple[float, bool], settings: Settings
) -> Order:
    most_m, given = known
    earliest_s, latest_s, rests_on = _both_wearers(first, second, cameras, settings) or _heard(
        first, second, cameras, settings
    )
    way_s = 0.0 if rests_on == "both wearers" else most_m / SLOWEST_M_S
    fixed_m = max(0.0, earliest_s, -latest_s) * SLOWEST_M_S
    earliest_s, latest_s = earliest_s - way_s, latest_s + way_s
    decision: Decision = "cannot be told"
    if earliest_s > 0:
        decision = "first before second"
    elif latest_s < 0:
        decision = "second before first"
    return Order(
        first=first.id,
        second=second.id,
        earliest_s=round(earliest_s, 6),
        latest_s=round(latest_s, 6),
        distance_m=most_m,
        decision=decision,
        rests_on=rests_on,
        sentence=_sentence((first.id, second.id), (earliest_s, latest_s), decision, (rests_on, most_m, given, fixed_m))
        + _doubt(first, second, decision),
    )


def _doubt(first: IncidentShot, second: IncidentShot, decision: Decision) -> str:
    """That one of them, or both, may be no shot."""
    possible = [shot.id for shot in (first, second) if shot.status == "possible"]
    if not possible:
        return ""
    if len(possible) == 1:
        doubt, condition = f" Sound {possible[0]} is only a possible shot", "it is one"
    else:
        doubt, condition = f" Sounds {first.id} and {second.id} are only possible shots", "both are"
    return f"{doubt}." if decision == "cannot be told" else f"{doubt}: this holds if {condition}."


def _gaps(first: IncidentShot, second: IncidentShot, cameras: Sequence[Camera]) -> dict[int, tuple[float, float]]:
    """Camera -> seconds from the first to the second on its own clock, with their 90 % error."""
    later = {arrival.camera: arrival for arrival in second.arrivals}
    ppm = {camera.id: camera.drift_ppm or 0.0 for camera in cameras}
    return {
        one.camera: ((other.time_s - one.time_s) / (1 + 1e-6 * ppm[one.camera]), _error_s(one, other))
        for one in first.arrivals
        if (other := later.get(one.camera)) is not None
    }


def _error_s(one: Arrival, other: Arrival) -> float:
    return math.hypot(one.time_error_s, other.time_error_s)


def _both_wearers(
    first: IncidentShot, second: IncidentShot, cameras: Sequence[Camera], settings: Settings
) -> Open | None:
    """By the mean of the gaps at the two wearers' cameras; None unless just two fired and both cameras heard both."""
    gaps = _gaps(first, second, cameras)
    fired = [camera for camera in cameras if camera.wearer_fired and camera.same_as is None]
    # Parts of one file are one camera.
    heard = {camera.report.recording.sha256: gaps[camera.id] for camera in fired if camera.id in gaps}
    if len({camera.report.recording.sha256 for camera in fired}) != _BOTH or len(heard) != _BOTH:
        return None
    (one_s, one_error_s), (other_s, other_error_s) = heard.values()
    error_s = math.hypot(one_error_s, other_error_s) / 2 + settings.order.arm_m / SLOWEST_M_S
    mean_s = (one_s + other_s) / 2
    return mean_s - error_s, mean_s + error_s, "both wearers"


def _heard(first: IncidentShot, second: IncidentShot, cameras: Sequence[Camera], settings: Settings) -> Open:
    gaps = _gaps(first, second, cameras)
    if gaps:
        low_s = max(gap_s - error_s for gap_s, error_s in gaps.values())
        high_s = min(gap_s + error_s for gap_s, error_s in gaps.values())
        return min(low_s, high_s), max(low_s, high_s), "one file"
    by_id = {camera.id: camera for camera in cameras}
    # The surest of them: which camera has the lowest number is a matter of file names.
    error_s, gap_s = min(
        _on_common_clock(one, by_id[one.camera], other, by_id[other.camera])
        for one in first.arrivals
        for other in second.arrivals
    )
    error_s += settings.fusion.reach_s
    return gap_s - error_s, gap_s + error_s, "common clock"


def _on_common_clock(one: Arrival, its: Camera, other: Arrival, others: Camera) -> tuple[float, float]:
    """The 90 % error of the seconds between two sounds that two cameras heard, and those seconds."""
    error_s = math.hypot(_error_s(one, other), its.error_s or 0.0, others.error_s or 0.0)
    return error_s, others.incident_s(other.time_s) - its.incident_s(one.time_s)


def _sentence(
    ids: tuple[int, int], dt_s: tuple[float, float], decision: Decision, why: tuple[str, float, bool, float]
) -> str:
    rests_on, most_m, given, fixed_m = why
    early, late = ids if decision != "second before first" else ids[::-1]
    if rests_on == "both wearers":
        condition = ", if each of the two wearers fired one of them"
    else:
        condition = f", for guns at most {most_m:g} m apart" + ("" if given else " (no distance was given)")
    if decision != "cannot be told":
        return f"Sound {early} left its gun before sound {late}{condition}."
    between = f"{1e3 * dt_s[0]:.0f} and {1e3 * dt_s[1]:.0f} ms"
    because = f"sound {ids[1]} may have left between {between} after sound {ids[0]}{condition}"
    told = f"The order of sounds {ids[0]} and {ids[1]} cannot be told from these recordings, because {because}"
    if rests_on == "both wearers" or fixed_m <= 0:
        return f"{told}."
    return f"{told}; with guns less than {_whole_m(fixed_m)} m apart it could be."


def _whole_m(distance_m: float) -> str:
    """Rounded down, so that what is said holds."""
    return f"{math.floor(distance_m)}" if distance_m >= 10 else f"{math.floor(10 * distance_m) / 10:g}"
