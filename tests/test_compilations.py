import dataclasses

import numpy as np
import pytest

from detector.lab import scene_numbers
from detector.lab.compilations import RATE_HZ, compilation
from detector.lab.events import event
from detector.lab.footage import Event, View
from detector.lab.material import Material

BARE = Material(0, (), (), {}, (), (), (), ())


@pytest.fixture(scope="module")
def filmed() -> Event:
    return event("compile", 6, BARE)


@pytest.fixture(scope="module")
def shown(filmed: Event) -> list[View]:
    return [compilation(filmed.views, np.random.default_rng(seed)) for seed in range(4)]


def test_the_same_seed_gives_the_same_file(filmed: Event, shown: list[View]) -> None:
    again = compilation(filmed.views, np.random.default_rng(0))
    assert np.array_equal(again.samples, shown[0].samples)
    assert (again.shots, again.segments) == (shown[0].shots, shown[0].segments)


def test_a_title_then_two_views_then_replays_the_last_of_them_slow(shown: list[View]) -> None:
    cards, speeds = set(), set()
    for view in shown:
        first, *rest = view.segments
        parts = [segment for segment in rest if segment.kind != "card"]
        assert first.kind == "card"
        assert [(segment.kind, segment.view) for segment in parts[:2]] == [("view", 1), ("view", 2)]
        assert all((segment.kind, segment.view) == ("replay", 1) for segment in parts[2:])
        assert [segment.speed for segment in parts[:-1]] == [1.0] * (len(parts) - 1)
        speeds.add(parts[-1].speed)
        cards.add(len(rest) - len(parts))
        ends = [segment.stop_s for segment in view.segments]
        assert [segment.start_s for segment in view.segments] == [0.0, *ends[:-1]]
        assert view.duration_s == pytest.approx(ends[-1], abs=1e-9)
    assert speeds <= set(scene_numbers.SLOW_SPEEDS)
    assert len(cards) > 1


def test_cards_are_silent_and_told_as_unheard(shown: list[View]) -> None:
    for view in shown:
        cards = [segment for segment in view.segments if segment.kind == "card"]
        assert view.unheard == tuple((card.start_s, card.stop_s) for card in cards)
        for card in cards:
            assert not np.any(view.samples[round(card.start_s * RATE_HZ) : round(card.stop_s * RATE_HZ)])


def test_every_discharge_counts_once_however_often_it_is_shown(filmed: Event, shown: list[View]) -> None:
    fired = sum(len(shooter.fired_s) for shooter in filmed.stage.shooters)
    for view in shown:
        once = [shot for shot in view.shots if not shot.repeat]
        assert len({(shot.gun, shot.emission_s) for shot in view.shots}) == len(once) == fired
        assert all(
            min(other.first_s for other in view.shots if other.emission_s == shot.emission_s) == shot.first_s
            for shot in once
        )
        assert len(view.shots) >= 3 * fired - 2


def test_shots_stand_where_their_segment_shows_them(filmed: Event, shown: list[View]) -> None:
    for view in shown:
        for shot in view.shots:
            segment = view.segments[shot.segment or 0]
            assert segment.view is not None
            source = filmed.views[segment.view - 1]
            seen = next(other for other in source.shots if other.emission_s == shot.emission_s)
            in_view_s = segment.source_start_s + (shot.first_s - segment.start_s) * segment.speed
            assert in_view_s + source.late_s == pytest.approx(seen.first_s, abs=1e-9)
            assert segment.start_s <= shot.first_s < segment.stop_s


def test_a_replay_is_the_sound_of_its_view_and_a_slow_one_is_lower(filmed: Event) -> None:
    view = filmed.views[0]
    t = np.arange(len(view.samples)) / view.rate_hz
    tone = dataclasses.replace(view, samples=(0.3 * np.sin(2 * np.pi * 800 * t)).astype(np.float32))
    made = compilation([tone, filmed.views[1]], np.random.default_rng(1))
    for segment in made.segments:
        if segment.view == 1:
            first, last = round(segment.start_s * RATE_HZ) + 4000, round(segment.stop_s * RATE_HZ) - 4000
            part = made.samples[first:last] * np.hanning(last - first)
            strongest = np.argmax(np.abs(np.fft.rfft(part))) * RATE_HZ / len(part)
            assert strongest == pytest.approx(800 * segment.speed, abs=1)


def test_one_view_is_no_compilation(filmed: Event) -> None:
    with pytest.raises(ValueError, match="shows two views, not 1"):
        compilation(filmed.views[:1], np.random.default_rng(0))
