"""Files through the whole road: what a report promises, and shots where the truth of the fixtures says."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from detector.core.comparison import compare
from detector.core.fingerprint import result_sha256
from detector.media.clock import frame_number
from detector.media.decode import open_track
from detector.recording import detect, report_on
from detector.records import HEARD_STATES, Report
from detector.settings import Settings
from detector.tallies import read as read_tallies
from tests.soundscape import simple_model

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CLIPS = FIXTURES / "clips"
DEMO = FIXTURES / "demo" / "alder_street.mp4"
NAMES = sorted(path.name.removesuffix(".truth.json") for path in CLIPS.glob("*.truth.json"))
SMEARED_MS = {"ac3.mts": 3.0}  # what the coder spreads before one blast is nearly as loud as the blast


def truth_of(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((CLIPS / f"{name}.truth.json").read_text(encoding="utf-8"))
    return values


@cache
def heard(path: Path, start_s: float | None = None, stop_s: float | None = None) -> Report:
    """Report on a file, with the model that needs no training: verdicts do not move when another is fitted."""
    settings = Settings()
    with open_track(path, settings.media) as track:
        return report_on(track, settings, (start_s, stop_s), model=simple_model())


@pytest.fixture(params=["aac.mp4", "compilation.mp4", "gap.mkv", "opposite_phase.mp4", "wma.wmv", "pcm.wav", "demo"])
def report(request: pytest.FixtureRequest) -> Report:
    return heard(DEMO if request.param == "demo" else CLIPS / request.param)


def test_shots_are_numbered_from_one_in_time_order_and_refused_onsets_go_on(report: Report) -> None:
    assert [shot.id for shot in report.shots] == list(range(1, len(report.shots) + 1))
    assert [refused.id for refused in report.rejected] == [
        len(report.shots) + k + 1 for k in range(len(report.rejected))
    ]
    for times_s in ([s.time_s for s in report.shots], [r.time_s for r in report.rejected]):
        assert all(a < b for a, b in pairwise(times_s))


def test_volleys_partition_the_shots(report: Report) -> None:
    assert [shot for volley in report.volleys for shot in volley.shots] == [shot.id for shot in report.shots]
    by_id = {shot.id: shot for shot in report.shots}
    for volley in report.volleys:
        members = [by_id[shot] for shot in volley.shots]
        assert {shot.volley for shot in members} == {volley.id}
        assert (volley.first_s, volley.last_s) == (members[0].time_s, members[-1].time_s)
    gap_s = Settings().volleys.gap_s
    for before, after in pairwise(report.volleys):
        assert after.first_s - before.last_s > gap_s
    for before_shot, after_shot in pairwise(report.shots):
        same = before_shot.volley == after_shot.volley
        assert same == (after_shot.time_s - before_shot.time_s <= gap_s)


def test_the_span_is_from_the_first_shot_to_the_last_that_is_no_repeat(report: Report) -> None:
    once = [shot.time_s for shot in report.shots if shot.repeat_of is None]
    assert report.span is not None
    assert (report.span.first_s, report.span.last_s) == (once[0], once[-1])
    assert report.span.duration_s == pytest.approx(once[-1] - once[0], abs=1e-6)


def test_the_count_is_that_between_the_ends_and_of_the_report_read_back(report: Report) -> None:
    assert report.count is not None
    assert report.count_between(None, None) == report.count
    again = Report.from_json(report.to_json())
    assert again.count_between(None, None) == report.count
    middle_s = report.shots[len(report.shots) // 2].time_s
    for part in ((None, middle_s), (middle_s, None), (middle_s - 1, middle_s + 1)):
        assert again.count_between(*part) == report.count_between(*part)


def test_a_report_reads_back_equal_with_the_same_hash(report: Report) -> None:
    text = report.to_json()
    again = Report.from_json(text)
    assert again == report
    assert again.to_json() == text
    assert result_sha256(again) == report.result_sha256


def test_a_report_follows_the_published_schema(report: Report) -> None:
    schema = json.loads((files("detector.exports") / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(report.to_json()))


def test_coverage_is_a_partition_and_shots_lie_in_what_was_heard(report: Report) -> None:
    assert report.coverage[0].start_s <= 0
    assert report.coverage[-1].stop_s == pytest.approx(report.recording.duration_s)
    for before, after in pairwise(report.coverage):
        assert before.stop_s == after.start_s
        assert before.state != after.state
    heard_parts = [part for part in report.coverage if part.state in HEARD_STATES]
    assert report.heard_s == pytest.approx(sum(part.stop_s - part.start_s for part in heard_parts))
    for time_s in [s.time_s for s in report.shots] + [r.time_s for r in report.rejected]:
        assert any(part.start_s <= time_s < part.stop_s for part in heard_parts)


def test_every_shot_says_what_the_settings_make_of_its_chance(report: Report) -> None:
    chosen = Settings()
    ids = {shot.id: shot for shot in report.shots}
    for shot in report.shots:
        assert shot.probability >= chosen.probability.possible
        assert shot.status == ("shot" if shot.probability >= chosen.probability.shot else "possible")
        assert chosen.arrivals.least_error_s <= shot.time_error_s <= chosen.arrivals.most_error_s
        assert shot.overlap == (sum(shot.extra) >= chosen.count.overlap)
        if shot.repeat_of is not None:
            assert ids[shot.repeat_of].repeat_of is None
            assert ids[shot.repeat_of].time_s < shot.time_s
    for refused in report.rejected:
        assert (refused.of_shot is None) == (refused.delay_s is None) == (refused.reason != "echo")
        if refused.of_shot is not None and refused.delay_s is not None:
            assert refused.delay_s == pytest.approx(refused.time_s - ids[refused.of_shot].time_s, abs=1e-9)
            assert refused.delay_s > 0


def test_shots_have_the_frame_that_a_player_shows_with_them(report: Report) -> None:
    video = report.recording.video
    for shot in report.shots:
        expected = None if video is None else frame_number(shot.time_s, video.start_s, video.frame_rate)
        assert shot.frame == expected
    if report.recording.name == "pcm.wav":
        assert video is None


def test_warnings_are_plain_sentences(report: Report) -> None:
    for warning in report.warnings:
        assert "\n" not in warning
        assert len(warning.split()) >= 5
        assert not any(mark in warning for mark in ("{", "}", "None", "nan", "Traceback", "<"))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "compilation.mp4"])
def test_shots_are_where_the_truth_says_in_every_container(name: str) -> None:
    truth, found = truth_of(name), heard(CLIPS / truth_of(name)["file"])
    audible_s = [shot["arrival_s"] for shot in truth["cameras"][0]["shots"] if shot["audible"]]
    listed_s = np.array([shot.time_s for shot in found.shots])
    error_s = np.array([listed_s[np.abs(listed_s - time_s).argmin()] - time_s for time_s in audible_s])
    assert len(audible_s) >= 1
    assert np.abs(error_s).max() * 1e3 <= SMEARED_MS.get(name, 2.0)
    assert np.median(np.abs(error_s)) * 1e3 < 0.6


@pytest.mark.parametrize("name", ["late_start.mp4", "gap.mp4", "gap.mkv", "gap.ts", "damaged.mp4", "cut_60.mp4"])
def test_sound_that_is_missing_moves_no_shot_and_is_told(name: str) -> None:
    truth, found = truth_of(name), heard(CLIPS / name)
    unheard = [part for part in found.coverage if part.state in ("no_audio", "damaged")]
    for hole in truth["unheard"]:
        middle_s = (hole["start_s"] + hole["stop_s"]) / 2
        assert any(part.start_s <= middle_s < part.stop_s for part in unheard)
    assert found.warnings
    assert not any(
        hole["start_s"] + 0.1 <= shot.time_s < hole["stop_s"] - 0.1 for hole in truth["unheard"] for shot in found.shots
    )


def test_sound_shown_twice_counts_once() -> None:
    found = heard(CLIPS / "compilation.mp4")
    (truth,) = truth_of("compilation.mp4")["repeats"]
    (again,) = found.repeats
    assert again.start_s - again.of_start_s == pytest.approx(truth["start_s"] - truth["of_start_s"], abs=0.005)
    first = [shot for shot in found.shots if shot.time_s < 18]
    second = [shot for shot in found.shots if shot.time_s >= 18]
    assert len(first) >= 9
    assert len(second) >= 9
    by_id = {shot.id: shot for shot in found.shots}
    for shot in second:
        assert shot.repeat_of is not None
        assert shot.time_s - by_id[shot.repeat_of].time_s == pytest.approx(again.start_s - again.of_start_s, abs=0.02)
    assert found.count == found.count_between(None, 18.0)
    later = found.count_between(18.0, None)
    assert later is not None
    assert later.at_least == 0
    assert {part.state for part in found.coverage if part.stop_s <= 3.1} == {"muted"}


def test_without_the_first_showing_the_second_is_counted() -> None:
    found = heard(CLIPS / "compilation.mp4", 19.0, None)
    whole = heard(CLIPS / "compilation.mp4")
    assert found.count is not None
    assert whole.count is not None
    assert all(shot.repeat_of is None for shot in found.shots)
    assert abs(found.count.best - whole.count.best) <= 2


@pytest.mark.parametrize(("start_s", "stop_s"), [(None, 48.0), (50.0, None), (46.0, 52.5), (90.0, 91.0)])
def test_outside_the_window_nothing_is_analysed(start_s: float | None, stop_s: float | None) -> None:
    found, whole = heard(DEMO, start_s, stop_s), heard(DEMO)
    low_s, high_s = start_s or 0.0, stop_s or whole.recording.duration_s
    inside = [part for part in found.coverage if part.state != "not_analysed"]
    assert inside[0].start_s == low_s
    assert inside[-1].stop_s == pytest.approx(high_s)
    assert all(low_s <= shot.time_s < high_s for shot in found.shots)
    assert all(low_s // 60 <= counted.minute <= high_s // 60 for counted in found.rejected_counts)
    # Away from the ends of the window the neighbours are the same, and with them the verdicts.
    deep = [s for s in whole.shots if low_s + 10 <= s.time_s < high_s - 10]
    assert {s.time_s for s in deep} <= {s.time_s for s in found.shots}


def test_the_same_file_gives_the_same_bytes_twice() -> None:
    one, other = detect(CLIPS / "aac.mp4"), detect(CLIPS / "aac.mp4")
    assert one.to_json() == other.to_json()
    assert one.result_sha256 == other.result_sha256


def test_a_tally_beside_it_changes_nothing_in_the_result(tmp_path: Path) -> None:
    before = detect(CLIPS / "aac.mp4")
    text = before.to_json()
    tally = tmp_path / "tally.toml"
    tally.write_text('[[tally]]\nlabel = "all"\ncount = 5\nincludes = "everybody"\neveryone = true\n', encoding="utf-8")
    comparisons = [compare(before, each) for each in read_tallies(tally)]
    assert comparisons[0].result_sha256 == before.result_sha256
    after = detect(CLIPS / "aac.mp4")
    assert before.to_json() == text == after.to_json()
    assert after.result_sha256 == before.result_sha256


def test_the_published_model_hears_clear_shots() -> None:
    found = detect(CLIPS / "aac.mp4")
    arrivals_s = [shot["arrival_s"] for shot in truth_of("aac.mp4")["cameras"][0]["shots"]]
    near = [min(abs(shot.time_s - time_s) for shot in found.shots) < 0.002 for time_s in arrivals_s]
    assert sum(near) >= 3
    assert len(found.shots) <= 8
    assert found.count is not None
    assert found.count.low <= 5 <= found.count.high


def test_opposite_phases_hide_nothing() -> None:
    expected = [shot["arrival_s"] for shot in truth_of("opposite_phase.mp4")["cameras"][0]["shots"]]
    listed_s = np.array([shot.time_s for shot in heard(CLIPS / "opposite_phase.mp4").shots])
    for time_s in expected:
        assert np.abs(listed_s - time_s).min() < 0.002
