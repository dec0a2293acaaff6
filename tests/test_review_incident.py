"""The review page of an incident: a lane per camera, each heard and seen by its own clock."""

from __future__ import annotations

import base64
import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from detector import cli
from detector.core.comparison import compare
from detector.media.samples import SampleTrack
from detector.records import Incident, Order, Rejected
from detector.reports import read_either
from detector.views import clips, review_incident
from detector.views.review import Heard
from tests.browsing import Opener, in_browser
from tests.builders import make_incident, make_tally
from tests.test_review_page import NASTY, RATE_HZ, clicks, embedded

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "incident").glob("*.mp4"))
TIMES_S = (8.0, 10.4, 12.9, 21.0)
OFFSETS_S = (0.0, 1.5, -2.25)
ORDER = Order(1, 2, 0.3, 0.5, 100.0, "first before second", "one file", "Sound 1 left its gun before sound 2.")


def an_incident(duration_s: float = 30.0, **others: Any) -> Incident:
    """Four shots at three cameras; camera 2 missed the second one, camera 3 was muted at the last."""
    muted = [(0.0, 20.0, "heard"), (20.0, duration_s, "muted")]
    usual: dict[str, Any] = {"missed": {(2, 2), (4, 3)}, "places": (1, 2, 1, None), "overview": True, "order": [ORDER]}
    usual |= {"offsets_s": OFFSETS_S, "duration_s": duration_s, "coverage": {3: muted}}
    incident = make_incident(TIMES_S, **usual | others)
    return dataclasses.replace(incident, rejected=(Rejected(9, 10.0, 0.1, "not heard by others"),))


def played(incident: Incident) -> tuple[Incident, dict[int, Heard]]:
    """The incident with the recordings of a click at each onset, and their excerpts."""
    cameras, heard = [], {}
    for camera in incident.cameras:
        track = SampleTrack(clicks(tuple(shot.time_s for shot in camera.report.shots)), RATE_HZ)
        list(track.blocks())
        recording = dataclasses.replace(track.recording(), name=camera.report.recording.name)
        report = dataclasses.replace(camera.report, recording=recording)
        cameras.append(dataclasses.replace(camera, report=report))
        heard[camera.id] = Heard(clips.cut(report, track, review_incident.wanted(incident, camera)))
    return dataclasses.replace(incident, cameras=tuple(cameras)), heard


# --- what is embedded ------------------------------------------------------------------------


def test_each_camera_has_a_lane_with_its_clock_and_its_sound() -> None:
    incident, heard = played(an_incident())
    data = embedded(review_incident.page(incident, (), heard))
    assert [lane["label"] for lane in data["lanes"]] == [f"camera {n} · camera_{n}.mp4" for n in (1, 2, 3)]
    for lane, camera in zip(data["lanes"], incident.cameras, strict=True):
        assert camera.incident_s(5.0) == pytest.approx(
            lane["clock"]["anchor_s"]
            + lane["clock"]["offset_s"]
            + (5.0 - lane["clock"]["anchor_s"]) / lane["clock"]["rate"]
        )
        assert base64.b64decode(lane["clips"][0]["ogg"]).startswith(b"OggS")
    assert data["told"] == [{"shots": [1, 2], "sentence": ORDER.sentence}]
    assert data["window_s"] == list(incident.extent_s)


def test_copies_and_what_is_left_out_have_no_lane_and_are_told() -> None:
    incident = make_incident(cameras=4, left_out={2: "of another event"}, copies={3: 1})
    page = review_incident.page(incident)
    assert [lane["id"] for lane in embedded(page)["lanes"]] == [1, 4]
    assert "is left out: of another event." in page
    assert "is the same recording as camera 1" in page


def test_an_incident_that_could_not_hear_says_so() -> None:
    incident = make_incident([], cameras=1, left_out={1: "nothing was heard"})
    incident = dataclasses.replace(incident, count=None, clock=None, coverage=(), heard_s=0.0, span=None)
    page = review_incident.page(incident)
    assert "Nothing could be heard in these recordings" in page
    assert [lane["silent"] for lane in embedded(page)["lanes"]] == ["none of the recordings could be heard"]


def test_no_text_from_elsewhere_becomes_markup() -> None:
    incident = make_incident(names=[NASTY] * 3, order=[dataclasses.replace(ORDER, sentence=NASTY)], warnings=[NASTY])
    page = review_incident.page(incident, [compare(incident, make_tally(NASTY))])
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "&lt;/script&gt;&lt;img src=x" in page


@pytest.mark.parametrize("cameras", [1, 4, 12])
def test_an_hour_of_all_cameras_fits(cameras: int) -> None:
    times_s = np.sort(np.random.default_rng(5).uniform(100, 3500, 1000)).tolist()
    incident = make_incident(times_s, cameras=cameras, duration_s=3600.0)
    total = 0.0
    for camera in incident.included:
        wanted = review_incident.wanted(incident, camera)
        stretches, bit_rate = clips.windows(camera.report, wanted)
        total += sum(stop_s - start_s for start_s, stop_s in stretches) * bit_rate / 8
        assert all(stop_s <= 3602 for _, stop_s in stretches)
        assert len(stretches) > 10
    overviews = 4000 * (3 * 4 + 64) * cameras
    assert (total + overviews) * 4 / 3 < 15e6 - 500_000


def test_what_a_camera_did_not_hear_is_embedded_too() -> None:
    incident = an_incident()
    second = incident.cameras[1]
    assert second.file_s(10.4) in review_incident.wanted(incident, second).shots_s
    assert len(review_incident.wanted(incident, second).shots_s) == 4


def test_the_command_writes_it_and_makes_it_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--quiet", "--out", str(tmp_path)]
    assert cli.main(["--incident", "--review", *map(str, FIXTURES), *out]) == 0
    (folder,) = tmp_path.glob("*.shots")
    first = (folder / "review.html").read_text(encoding="utf-8")
    assert len(first) < 2_000_000
    assert all(lane["clips"] and lane["video"].endswith(".mp4") for lane in embedded(first)["lanes"])
    assert cli.main(["--review", str(folder)]) == 1
    assert "review.html: is there already" in capsys.readouterr().err
    assert cli.main(["--review", str(folder), *map(str, reversed(FIXTURES)), "--overwrite", "--quiet"]) == 0
    assert (folder / "review.html").read_text(encoding="utf-8") == first
    assert cli.main(["--review", str(folder / "incident.json"), "--overwrite", "--quiet"]) == 0
    silent = (folder / "review.html").read_text(encoding="utf-8")
    assert [lane["clips"] for lane in embedded(silent)["lanes"]] == [[], [], []]
    assert cli.main(["--review", str(folder), __file__, "--overwrite"]) == 1
    assert "none of the 3 recordings of this incident" in capsys.readouterr().err


# --- in a browser ----------------------------------------------------------------------------


@in_browser
def test_a_shot_is_shown_at_every_camera_by_its_own_clock(opened: Opener) -> None:
    page = opened(an_incident())
    page.keys("ArrowRight", "ArrowRight")
    assert page.text("h-detail") == "Shot 2"
    first, second, third = (page.text(f"lane-{n}") for n in range(3))
    assert first.startswith("0:10.400 (10.4000 s) ±")
    assert second.endswith("no onset of it here")
    assert third.endswith("ms after the first")
    assert "No onset of it at camera 2, which could have heard it." in page.text("why")
    assert ORDER.sentence in page.text("why")
    page.keys("ArrowRight", "ArrowRight")
    assert page.text("lane-2").endswith("could not hear it")
    page.page.select_option("#filter", "alone")
    assert page.text("empty") == "Nothing in the list fits the filter."


@in_browser
def test_the_list_sorts_by_who_heard_and_where(opened: Opener) -> None:
    page = opened(an_incident())

    def listed() -> list[int]:
        found: list[int] = page.page.evaluate(
            "[...document.querySelectorAll('#rows tr')].map((row) => +row.dataset.id)"
        )
        return found

    page.page.click("[data-sort=heard]")
    assert listed() == [4, 2, 1, 3]
    page.page.click("[data-sort=position]")
    assert listed() == [1, 3, 2, 4]
    assert page.page.inner_text("#rows tr[data-id='2'] .heard") == "1 3"


@in_browser
@pytest.mark.parametrize("camera", [1, 2, 3])
def test_sound_plays_at_the_right_place_of_the_chosen_camera(opened: Opener, camera: int) -> None:
    incident, heard = played(an_incident())
    page = opened(incident, excerpts=heard)
    page.keys("ArrowRight", *["l"] * (camera - 1))
    assert page.page.get_attribute(f"#hear-{camera - 1}", "aria-pressed") == "true"
    page.keys(" ")
    assert page.page.is_visible("#warning")
    assert page.page.evaluate("window.heard.length") == 0
    page.click("warning-yes")
    page.wait("window.heard.length === 1")
    (start,) = page.page.evaluate("window.heard")
    assert start["peak_after_s"] == pytest.approx(0.3 + 0.00125, abs=0.005)
    page.click("hear-0" if camera > 1 else "hear-1")  # another camera: what plays stops
    assert page.text("play") == "Play"


@in_browser
def test_corrections_are_saved_and_applied(opened: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incident = an_incident()
    folder = incident.save(tmp_path / "out")
    page = opened(incident)
    page.keys("ArrowRight", "a", "ArrowRight", "r", "ArrowRight", "3", "c")
    page.page.keyboard.type("twice at camera 2")
    page.keys("Enter")
    page.page.click("#zoom-1", position={"x": 400, "y": 80})  # a time of camera 2
    page.keys("n", "u", "y")
    page.page.select_option("#filter", "refused")
    page.row(9)
    page.click("accept", "undo")
    made = page.saved(tmp_path, lambda: page.keys("s"))
    assert [(each.action, each.onset) for each in made.changes] == [
        *(("accept", 1), ("reject", 2), ("overlap", 3), ("comment", 3), ("add", 10))
    ]
    assert page.number() == 1 + 3 + 1 + 1 == incident.with_review(made).corrected.count
    assert cli.main(["--apply-review", str(tmp_path / "review.json"), str(folder)]) == 0
    assert "6 gunshots after review" in capsys.readouterr().out
    page.open()
    assert page.number() == 6
    assert read_either(folder).result_sha256 == made.result_sha256


@in_browser
def test_an_onset_is_moved_at_one_camera(opened: Opener, tmp_path: Path) -> None:
    incident = an_incident()
    page = opened(incident)
    page.row(1)
    panel = page.page.locator("#zoom-1")
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + 80, steps=4)
    page.page.mouse.up()
    (change,) = page.saved(tmp_path, lambda: page.click("save")).changes
    assert (change.action, change.onset) == ("move", 1)
    assert change.after.time_s == pytest.approx(incident.shots[0].time_s + 0.05, abs=0.002)


@in_browser
def test_a_click_on_a_lane_chooses_its_camera_and_the_shot_there(opened: Opener) -> None:
    page = opened(an_incident())
    page.row(3)
    page.keys("v", "0")
    page.page.locator("#timeline").scroll_into_view_if_needed()
    width = page.page.evaluate("document.getElementById('timeline').clientWidth")
    first, stop = an_incident().extent_s
    at = width * (21.0 - first) / (stop - first)
    page.page.click("#timeline", position={"x": at, "y": 76 + 122 + 40})  # the second lane
    assert page.page.get_attribute("#hear-1", "aria-pressed") == "true"
    assert page.text("h-detail") == "Shot 4"


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen_and_an_audit_finds_nothing(opened: Opener, width: int, scheme: str) -> None:
    names = ["a_very_long_name_" * 9 + ".mp4", NASTY, "c.mp4"]
    incident = an_incident(names=names)
    others = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "bypass_csp": True}
    page = opened(incident, comparisons=[compare(incident, make_tally(NASTY))], **others)
    page.keys("ArrowRight", "a", "l")
    page.click("tally-show")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.page.evaluate("document.images.length") == 0
    assert [each["id"] for each in Axe().run(page.page).response["violations"]] == []


@in_browser
@pytest.mark.parametrize(("shots", "cameras"), [(0, 2), (150, 6)])
def test_it_prints_on_two_to_four_pages(opened: Opener, shots: int, cameras: int) -> None:
    incident = make_incident(
        tuple(50 + 3.1 * row for row in range(shots)),
        cameras=cameras,
        duration_s=900.0,
        overview=True,
        warnings=["x " * 90],
    )
    page = opened(incident, comparisons=[compare(incident, make_tally("officers", 96))])
    page.keys("ArrowRight", "a")
    pdf = page.page.pdf(prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4


@in_browser
def test_without_a_lane_the_page_still_takes_keys(opened: Opener) -> None:
    incident = make_incident([], cameras=1, left_out={1: "nothing was heard"})
    page = opened(dataclasses.replace(incident, count=None, clock=None, coverage=(), heard_s=0.0, span=None))
    page.keys("ArrowRight", "l", "a", " ", "v", "+", "n")
    assert "cannot hear" in page.text("corrected-parts")
