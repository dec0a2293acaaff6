"""Coverage, repeats and cuts -> sentences on where the file was edited, as far as sound and picture show it."""

from __future__ import annotations

from collections.abc import Sequence

from detector.records import HEARD_STATES, Coverage, Repeat
from detector.times import format_time

_CARD_S = 0.5  # shorter silences between sounds are dropouts rather than cards
_NAMED = 5  # cuts named in a sentence


def warnings(coverage: Sequence[Coverage], repeats: Sequence[Repeat]) -> tuple[str, ...]:
    """Sentences on silent cards and second showings, in time order.

    A silent card is digital silence of at least 0.5 s between two sounding parts. Cuts from sound
    to sound are looked for in the picture (`about_cuts`): a change of background proves none,
    since doors, engines and gain control change it as fast.
    """
    noted = [(card.start_s, _card(card)) for card in _cards(coverage)]
    noted += [(repeat.start_s, _showing(repeat)) for repeat in repeats]
    return tuple(sentence for _, sentence in sorted(noted))


def about_cuts(cuts_s: Sequence[float], left_out: int = 0) -> tuple[str, ...]:
    """A sentence on hard cuts in the picture, ascending, none without any.

    `left_out` places that might have been cuts were not looked at.
    """
    if not cuts_s:
        return ()
    named = [format_time(time_s) for time_s in cuts_s[:_NAMED]]
    listed = ", ".join(named[:-1]) + " and " * (len(named) > 1) + named[-1]
    if len(cuts_s) > _NAMED:
        listed = f"{', '.join(named)} and {len(cuts_s) - _NAMED} more"
    rest = f" Another {left_out} places that might be cuts were not looked at." if left_out else ""
    return (
        f"The picture jumps as at a hard cut at {listed}: this file was probably edited there, and sound on either "
        f"side may not be of one time.{rest}",
    )


def between(repeats: Sequence[Repeat]) -> tuple[str, ...]:
    """Sentences on second showings between the recordings of an incident, on its clock, in time order."""
    return tuple(
        f"From {format_time(repeat.start_s)} to {format_time(repeat.stop_s)} of the incident's clock the recordings "
        f"have the rhythm{_at_speed(repeat)} of what they had from {format_time(repeat.of_start_s)} on: it is taken "
        "for a second showing, and its shots are counted once. Where it is none, give the recordings without that part."
        for repeat in repeats
    )


def _at_speed(repeat: Repeat) -> str:
    return "" if repeat.speed == 1 else f", at {repeat.speed:g} times the speed,"


def _cards(coverage: Sequence[Coverage]) -> list[Coverage]:
    sounding = [part for part in coverage if part.state in HEARD_STATES]
    return [
        part
        for part in coverage
        if part.state == "muted" and part.stop_s - part.start_s >= _CARD_S
        if sounding and sounding[0].stop_s <= part.start_s and part.stop_s <= sounding[-1].start_s
    ]


def _card(card: Coverage) -> str:
    return (
        f"Digital silence from {format_time(card.start_s)} to {format_time(card.stop_s)} between two sounding parts: "
        "a mute, or a title card of a compilation, whose parts may show one event several times."
    )


def _showing(repeat: Repeat) -> str:
    how = "again" if repeat.speed == 1 else f"again at {repeat.speed:g} times the speed"
    return (
        f"From {format_time(repeat.start_s)} to {format_time(repeat.stop_s)} the file shows {how} what it showed from "
        f"{format_time(repeat.of_start_s)} on: this file was edited, and shots shown twice are counted once."
    )
