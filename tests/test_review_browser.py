"""The review page in a browser: every correction by keys and by mouse, the list, the sound."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from detector.records import Repeat
from detector.times import format_time
from detector.views import clips, review
from tests.browsing import Opener, a_report, in_browser
from tests.builders import make_report
from tests.test_review_page import heard

pytestmark = in_browser
CASES = Path(__file__).parent / "review_cases.json"
FILM = Path(__file__).parent.parent / "fixtures" / "clips" / "opus.webm"


def test_the_pages_rules_are_pythons(browser: Browser) -> None:
    table = json.loads(CASES.read_text(encoding="utf-8"))
    script = (Path(review.__file__).parent / "page" / "corrections.js").read_text(encoding="utf-8")
    page = browser.new_page()
    found = page.evaluate(
        "([script, table]) => new Function('table', script + `"
        " const standing = (s) => s && ({ time_s: s[0], status: s[1], shots: s[2], comment: s[3] });"
        " const machine = table.onsets.map((o) => {"
        "   const s = standing([o.time_s, o.status, +(o.status !== 'rejected'), '']);"
        "   return { id: o.id, machine: s, now: s, decided: false, again: o.again }; });"
        " return table.cases.map((each) => { try {"
        "   const changes = each.changes.map((c) => ({ ...c, before: standing(c.before), after: standing(c.after) }));"
        "   return corrected(inShowings(applied(machine, changes, table.window_s), table.repeats_s));"
        " } catch (error) { return error.message; } });`)(table)",
        [script, table],
    )
    page.close()
    for case, result in zip(table["cases"], found, strict=True):
        if "refused" in case:
            assert isinstance(result, str), case["name"]
            assert result.endswith(f": {case['refused']}"), case["name"]
        else:
            assert result == case["corrected"], case["name"]


def test_times_are_those_of_the_other_files(opened: Opener) -> None:
    times_s = (5.0615, 5.0625, 5.1875, 62.3125, 3599.9996)  # three of them exactly between two milliseconds
    page = opened(make_report(times_s))
    shown = page.page.locator("#rows tr td:nth-child(2)").all_inner_texts()
    assert shown == [format_time(each) for each in times_s]


def test_every_correction_by_keyboard(opened: Opener, tmp_path: Path) -> None:
    report = a_report()
    page = opened(report)
    assert page.number() == 3
    assert page.text("corrected-parts").startswith("nothing changed yet; 3 not checked")
    page.keys("ArrowRight", "a", "ArrowRight", "a", "ArrowRight", "3", "ArrowRight", "r")
    assert page.number() == 6
    page.keys("c")
    page.page.keyboard.type("a door")
    page.keys("Enter", "ArrowRight", "]", "]", "]", "}", "m")
    page.keys("{", "n", "u", "n")
    assert page.number() == 7
    made = page.saved(tmp_path, lambda: page.keys("s"))
    assert [(each.action, each.onset) for each in made.changes] == [
        *[("accept", 1), ("accept", 2), ("overlap", 3), ("reject", 4), ("comment", 4), ("move", 5), ("add", 12)]
    ]
    after = report.with_review(made)
    standing = {each.id: each.now for each in after.onsets}
    assert after.corrected.count == 7
    assert standing[4].comment == "a door"
    assert standing[5].time_s == pytest.approx(12.213, abs=1e-6)
    assert standing[12].time_s == pytest.approx(12.203, abs=1e-6)


def test_every_correction_by_mouse(opened: Opener, tmp_path: Path) -> None:
    report = a_report()
    page = opened(report)
    page.row(2)
    page.click("accept")
    page.row(4)
    page.click("reject")
    page.row(3)
    page.page.select_option("#overlap", "2")
    page.page.fill("#comment", "two at once")
    page.row(5)
    page.page.click("#zoom", position={"x": 400, "y": 80})
    page.click("later", "earlier", "move")
    page.page.click("#timeline", position={"x": 900, "y": 150})
    page.click("add")
    page.page.select_option("#filter", "refused")
    page.row(9)
    page.click("accept", "undo", "accept")
    shown = page.number()
    page.page.fill("#reviewer", "N. N.")
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert made.reviewer == "N. N."
    assert [(each.action, each.onset) for each in made.changes] == [
        *[("accept", 2), ("reject", 4), ("overlap", 3), ("comment", 3), ("move", 5), ("add", 12), ("accept", 9)]
    ]
    assert report.with_review(made).corrected.count == shown == 1 + 1 + 2 + 1 + 1 + 1


def test_an_onset_is_moved_by_dragging_its_mark(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.row(1)
    page.page.locator("#zoom").scroll_into_view_if_needed()
    box = page.page.locator("#zoom").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.page.mouse.move(middle, box["y"] + 80)
    page.page.mouse.down()
    page.page.mouse.move(middle + box["width"] / 6, box["y"] + 80, steps=4)
    page.page.mouse.up()
    (change,) = page.saved(tmp_path, lambda: page.click("save")).changes
    assert (change.action, change.onset) == ("move", 1)
    assert change.after.time_s == pytest.approx(5.05, abs=0.002)


def test_a_click_gives_the_keys_back_to_the_page(opened: Opener) -> None:
    report, track = heard((5.0, 21.0))
    page = opened(report, excerpts=clips.cut(report, track))
    page.click("next", "accept")
    page.keys(" ")
    assert page.page.is_visible("#warning")
    page.click("warning-no")
    page.page.focus("#reject")
    page.keys("Shift+Tab", "Tab", " ")  # reached by keys: the space bar presses it
    assert page.text("verdict") == "rejected"


def test_single_keys_can_be_turned_off(opened: Opener) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "?")
    page.page.uncheck("#single-keys")
    page.keys("Escape", "r", "5")
    assert page.text("verdict") == "none yet"
    page.open()
    page.keys("ArrowRight", "r")
    assert page.number() == 3
    page.click("help-open")
    page.page.check("#single-keys")
    page.keys("Escape", "r")
    assert page.number() == 2


@pytest.mark.parametrize("speed", [1.0, 0.5])
def test_sound_plays_at_the_right_place_after_a_warning(opened: Opener, speed: float) -> None:
    report, track = heard((5.0, 21.0))
    page = opened(report, excerpts=clips.cut(report, track))
    page.keys(*(["h"] if speed == 0.5 else []), "ArrowRight", "ArrowRight", " ")
    assert page.page.is_visible("#warning")
    assert page.page.evaluate("window.heard.length") == 0
    page.click("warning-yes")
    page.wait("window.heard.length === 1")
    (start,) = page.page.evaluate("window.heard")
    assert start["speed"] == speed
    assert start["lasts"] == pytest.approx(1.3)
    assert start["peak_after_s"] == pytest.approx(0.3 + 0.00125, abs=0.005)  # the click's middle
    page.keys(" ")
    page.keys(" ")
    page.wait("window.heard.length === 2")


def test_nothing_plays_by_itself(opened: Opener) -> None:
    report, track = heard((5.0, 21.0))
    page = opened(report, excerpts=clips.cut(report, track), video="gone.mp4")
    page.keys("ArrowRight", "a", "t", "ArrowLeft")
    assert page.page.evaluate("window.heard.length") == 0
    assert page.page.evaluate("document.querySelector('video').paused")


def test_the_linked_video_plays_too(opened: Opener, tmp_path: Path) -> None:
    film = Path(shutil.copy(FILM, tmp_path / "a #1.webm"))
    page = opened(make_report((0.4, 1.0), duration_s=2.0), video=review.address(film, tmp_path))
    page.click("video-linked")
    page.wait("!document.getElementById('video').hidden")
    assert page.text("sound-state") == "Plays the video now, with its own sound."
    page.keys("ArrowRight", "h", " ")
    page.click("warning-yes")
    page.wait("!document.getElementById('video').paused")
    page.keys(" ")
    page.wait("document.getElementById('video').paused")
    state = page.page.evaluate(
        "() => ['currentTime', 'playbackRate'].map((name) => document.querySelector('video')[name])"
    )
    assert state[0] >= 0.1 - 1e-6
    assert state[1] == 0.5
    page.keys("h", " ")
    page.wait("document.querySelector('video').currentTime >= 1.4 && document.querySelector('video').paused")
    assert not page.page.evaluate("document.querySelector('video').ended")


def test_a_chosen_video_is_held_to_the_recordings_size(opened: Opener) -> None:
    report = a_report()
    same = dataclasses.replace(report.recording, size_bytes=FILM.stat().st_size)
    for recording, words in ((report.recording, "not the file that was analysed: it has"), (same, "its own sound.")):
        page = opened(dataclasses.replace(report, recording=recording))
        page.page.set_input_files("#video-file", FILM)
        page.wait("!document.getElementById('video').hidden")
        assert words in page.text("sound-state")
        assert ("analysed" in page.text("sound-state")) == (recording is not same)


def test_a_video_that_was_moved_away_is_said(opened: Opener) -> None:
    page = opened(a_report(), video="gone%FF.mp4")
    page.click("video-linked")
    page.wait("document.getElementById('sound-state').textContent.includes('moved')")
    page.complaints[:] = [each for each in page.complaints if "ERR_FILE_NOT_FOUND" not in each]


def test_second_showings_are_not_counted(opened: Opener, tmp_path: Path) -> None:
    report = make_report((5.0,), overview=True, repeats=[Repeat(30.0, 40.0, 4.0)])
    page = opened(report)
    page.page.fill("#cursor", "0:35.5")
    page.keys("Enter", "Escape")
    page.page.locator("#cursor").blur()
    page.keys("n")
    assert page.number() == 1
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert made.changes[0].after.time_s == 35.5
    assert report.with_review(made).corrected.count == 1


def test_the_list_filters_and_sorts(opened: Opener) -> None:
    page = opened(a_report())

    def listed() -> list[int]:
        found: list[int] = page.page.evaluate(
            "[...document.querySelectorAll('#rows tr')].map((row) => +row.dataset.id)"
        )
        return found

    assert listed() == [1, 2, 3, 4, 5]
    page.page.click("[data-sort=probability]")
    assert listed() == [4, 2, 3, 1, 5]
    page.page.click("[data-sort=probability]")
    assert listed() == [5, 1, 3, 2, 4]
    page.page.select_option("#filter", "doubtful")
    assert listed() == [2, 4]
    page.page.select_option("#filter", "all")
    page.page.fill("#search", "speech")
    assert listed() == [11]
    assert page.page.get_attribute("th:has([data-sort=probability])", "aria-sort") == "descending"
