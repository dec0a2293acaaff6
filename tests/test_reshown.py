"""Second showings between files: counted once, linked to their first, refused where the first is not listed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from detector.core import alignment
from detector.core.fusion import Fused
from detector.core.listening import EnvelopeMeter, listening
from detector.core.reshown import once
from detector.core.verdicts import SHOWN_BEFORE
from detector.incident import Heard, incident_of
from detector.records import IncidentShot, Rejected
from detector.settings import Settings
from tests.builders import make_incident, make_report

VOLLEY_S = (0.0, 0.31, 0.52, 0.98, 1.37, 1.62, 2.15, 2.41)


def fused(*times_s: float) -> Fused:
    shots: tuple[IncidentShot, ...] = make_incident(times_s).shots
    return Fused(shots, (Rejected(len(shots) + 1, 7.0, 0.2, "echo"),))


def at(start_s: float, speed: float = 1.0) -> list[float]:
    return [start_s + time_s / speed for time_s in VOLLEY_S]


def test_sounds_without_a_second_showing_stay_as_they_are() -> None:
    sounds = fused(*at(10.0), 30.0)
    assert once(sounds, Settings()) == (sounds, ())


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_a_second_showing_is_linked_shot_by_shot(speed: float) -> None:
    known, shown = once(fused(*at(10.0), *at(30.0, speed)), Settings())
    assert [each.speed for each in shown] == [speed]
    assert [shot.repeat_of for shot in known.shots] == [None] * 8 + list(range(1, 9))
    assert [shot.id for shot in known.shots] == list(range(1, 17))
    assert [shot.volley for shot in known.shots] == [1] * 8 + [2] * 8
    assert [(each.id, each.reason) for each in known.rejected] == [(17, "echo")]


def test_a_sound_shown_again_whose_first_showing_is_not_listed_is_refused() -> None:
    extra_s = 31.17  # 1.17 s into the second showing, where the first has nothing
    known, _ = once(fused(*at(10.0), *sorted([*at(30.0), extra_s])), Settings())
    assert len(known.shots) == 16
    assert extra_s not in [shot.time_s for shot in known.shots]
    assert [(each.id, each.time_s, each.probability, each.reason) for each in known.rejected] == [
        (17, 7.0, 0.2, "echo"),
        (18, extra_s, 0.0, SHOWN_BEFORE),
    ]


def test_a_showing_begins_with_its_first_moment() -> None:
    begins_s = 29.75  # a quarter of a second before the first sound that is shown again
    known, (shown,) = once(fused(*at(10.0), begins_s, *at(30.0)), Settings())
    assert shown.start_s == begins_s
    assert [each.time_s for each in known.rejected] == [7.0, begins_s]


def test_how_loose_a_rhythm_may_be_decides_what_is_linked() -> None:
    settings = Settings()
    strict = dataclasses.replace(settings, repeats=dataclasses.replace(settings.repeats, rhythm_loose_ms=20.0))
    later = at(30.0)
    later[3] += 0.015
    assert len(once(fused(*at(10.0), *later), strict)[0].shots) == 16
    later[3] += 0.01
    known, _ = once(fused(*at(10.0), *later), strict)
    assert [each.reason for each in known.rejected] == ["echo", SHOWN_BEFORE]


def test_an_incident_spans_first_showings_only() -> None:
    report = make_report([*at(10.0), *at(30.0)])
    heard = Heard(Path("one.mp4"), None, report, listening(EnvelopeMeter().envelope(), report))
    found = incident_of([heard], alignment.find([heard.listening], Settings().alignment), Settings())
    assert [shot.repeat_of for shot in found.shots] == [None] * 8 + list(range(1, 9))
    assert found.span is not None
    assert (found.span.first_s, found.span.last_s) == (10.0, 12.41)
