"""The review page in a browser: what a person did is kept, saved, opened and applied, whatever happens."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from detector import cli
from detector.core.comparison import compare
from detector.views import review
from tests.browsing import Opener, a_report, in_browser
from tests.builders import make_tally

pytestmark = in_browser


def test_a_reload_keeps_the_work(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "a", "ArrowRight", "r")
    page.page.fill("#note", "half way")
    before = page.number(), page.text("corrected-parts")
    page.open()
    assert (page.number(), page.text("corrected-parts")) == before
    page.click("undo")
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert [each.action for each in made.changes] == ["accept"]
    assert made.note == "half way"
    # another result in the same browser starts anew
    other = dataclasses.replace(a_report(), result_sha256="ab" * 32)
    page.path.write_text(review.page(other), encoding="utf-8")
    page.open()
    assert page.number() == 3


def test_what_was_kept_and_does_not_fit_is_set_aside(opened: Opener) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "a")
    page.page.evaluate(
        "() => { const key = Object.keys(localStorage)[0]; const kept = JSON.parse(localStorage[key]);"
        " kept.changes[0].onset = 99; localStorage[key] = JSON.stringify(kept); }"
    )
    page.open()
    assert "there is no such onset" in page.text("problem")
    assert page.number() == 3
    page.keys("ArrowRight", "a")
    with page.page.expect_download() as download:
        page.click("aside")
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["changes"][0]["onset"] == 99


def test_two_tabs_go_on_with_one_review(opened: Opener) -> None:
    first = opened(a_report())
    second = first.another()
    first.keys("ArrowRight", "a")
    second.wait("document.getElementById('corrected-parts').textContent.startsWith('1 confirmed')")
    second.keys("ArrowRight", "ArrowRight", "a")
    assert second.number() == 4
    first.wait("document.getElementById('corrected-number').textContent === '4'")
    first.keys("u")
    second.wait("document.getElementById('corrected-number').textContent === '3'")
    second.open()
    assert second.text("corrected-parts").startswith("1 confirmed")


def test_a_tab_that_was_told_nothing_still_loses_nothing(opened: Opener) -> None:
    first = opened(a_report())
    second = first.another()
    # as where a browser does not tell its tabs of each other's storage
    second.page.evaluate("addEventListener('storage', (event) => event.stopImmediatePropagation(), true)")
    first.keys("ArrowRight", "a", "ArrowRight", "a")
    second.keys("ArrowRight", "ArrowRight", "ArrowRight", "r")
    first.open()
    assert first.text("corrected-parts").startswith("2 confirmed")
    assert "1 rejected" in first.text("corrected-parts")


def test_a_comment_half_written_is_kept(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "ArrowRight", "c")
    page.page.keyboard.type("a door, I th")
    page.open()
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert [(each.action, each.onset, each.after.comment) for each in made.changes] == [("comment", 2, "a door, I th")]
    page.keys("ArrowRight", "c")
    page.page.keyboard.type("never mind")
    page.keys("Escape")
    page.open()
    assert len(page.saved(tmp_path, lambda: page.click("save")).changes) == 1


def test_what_was_undone_or_discarded_comes_back(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "a", "ArrowRight", "3", "]", "n")
    before = page.number()
    page.keys("u", "u", "u", "u")
    assert page.text("corrected-parts").startswith("nothing changed yet")
    page.open()
    page.keys("y", "Control+Shift+Z")
    page.click("redo")
    assert page.number() == before
    page.click("discard")
    assert page.complaints == ["Take back all changes made on this page? Redo brings them back, one by one."]
    page.complaints.clear()
    assert page.number() == 3
    page.keys("]", "m", "a", "0")  # the added onset, which was chosen, is gone
    page.click("redo", "redo", "redo")
    assert page.number() == before
    page.keys("r")
    assert page.page.is_disabled("#redo")
    assert len(page.saved(tmp_path, lambda: page.click("save")).changes) == 4


BLOCKED = {
    "blocked": "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
}


@pytest.mark.parametrize("how", sorted(BLOCKED))
def test_where_nothing_can_be_kept_the_page_says_so_and_asks(opened: Opener, tmp_path: Path, how: str) -> None:
    page = opened(a_report())
    page.page.add_init_script(BLOCKED[how])
    page.open()
    page.keys("ArrowRight", "a", "ArrowRight", "a")
    assert "keeps nothing: save before you close" in page.text("kept")
    assert page.number() == 4
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert len(made.changes) == 2
    page.open()
    assert page.complaints == []  # what is in a file may go
    page.keys("ArrowRight", "a")
    page.open()
    assert page.complaints == [""]  # the browser asks in its own words
    page.complaints.clear()


def test_a_saved_review_is_applied_by_the_command(
    opened: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = a_report()
    folder = report.save(tmp_path)
    page = opened(report)
    page.keys("ArrowRight", "ArrowRight", "a")
    page.saved(tmp_path, lambda: page.keys("s"))
    assert cli.main(["--apply-review", str(tmp_path / "review.json"), str(folder), "--quiet"]) == 0
    assert (
        capsys.readouterr().out == f"bodycam.mp4: {page.number()} gunshots after review (1 possible onset undecided)\n"
    )


def test_the_tally_is_hidden_until_the_review_is_saved(opened: Opener, tmp_path: Path) -> None:
    report = a_report()
    page = opened(report, comparisons=[compare(report, make_tally("officers", 96))])
    assert not page.page.is_visible("#tally-shown")
    page.keys("ArrowRight", "a")
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert (made.tally_seen.when, made.tally_seen.at) == ("never", None)
    assert "officers: audio hears fewer." in page.text("tally-shown")
    page.open()
    assert page.page.is_visible("#tally-shown")
    assert page.saved(tmp_path, lambda: page.click("save")).tally_seen.when == "after saving"


def test_looking_at_the_tally_first_is_recorded(opened: Opener, tmp_path: Path) -> None:
    report = a_report()
    page = opened(report, comparisons=[compare(report, make_tally("officers", 96))])
    page.click("tally-show")
    assert page.page.is_visible("#tally-shown")
    seen = page.saved(tmp_path, lambda: page.click("save")).tally_seen
    assert seen.when == "before saving"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen.at or "")


@pytest.mark.parametrize("when", ["unknown", "before saving", "after saving"])
def test_what_a_file_says_of_the_tally_stays_however_often_it_is_saved(
    opened: Opener, tmp_path: Path, when: str
) -> None:
    report = a_report()
    page = opened(report)
    page.saved(tmp_path, lambda: page.click("save"))
    path = tmp_path / "labels.json"
    data = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))
    path.write_text(
        json.dumps(data | {"note": "from labels", "tally_seen": {"when": when, "at": None}}), encoding="utf-8"
    )
    comparisons = [compare(report, make_tally("officers", 96))]
    page.path.write_text(review.page(report, comparisons), encoding="utf-8")
    page.open()
    page.page.set_input_files("#review-file", path)
    page.wait("document.getElementById('note').value === 'from labels'")
    for _ in range(2):
        assert page.saved(tmp_path, lambda: page.click("save")).tally_seen.when == when
        page.open()
    assert ("not known" in page.text("tally-when")) is (when == "unknown")


def test_another_results_review_changes_nothing(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "a")
    page.saved(tmp_path, lambda: page.click("save"))
    data = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))
    (tmp_path / "other.json").write_text(json.dumps(data | {"result_sha256": "00" * 32}), encoding="utf-8")
    (tmp_path / "broken.json").write_text('{"schema": "gunshot-review/1", ', encoding="utf-8")
    change = data["changes"][0]
    nonsense: dict[str, Any] = {
        "twice": [{**change, "action": "add", "onset": 1, "before": None}],
        "unknown": [{**change, "onset": 77}],
        "text": [{**change, "action": "add", "onset": "12", "before": None}],
        "half": [{**change, "action": "add", "onset": 12.5, "before": None}],
        "nothing": [None],
        "none": {},
        "shoot": [{**change, "action": "__proto__"}],
        "late": [{**change, "action": "move", "after": {**change["after"], "time_s": 1e300}}],
        "early": [{**change, "action": "move", "after": {**change["after"], "time_s": -5}}],
        "markup": [{**change, "action": "comment", "after": {**change["after"], "comment": ["<img>"]}}],
    }
    for name, changes in nonsense.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(data | {"changes": changes}), encoding="utf-8")
    for name, words in (
        ("other.json", "belongs to another result"),
        ("broken.json", "broken.json was not opened"),
        *((f"{name}.json", f"{name}.json was not opened") for name in nonsense),
    ):
        page.page.set_input_files("#review-file", tmp_path / name)
        page.wait(f"document.getElementById('problem').textContent.includes('{words}')")
    assert page.text("corrected-parts").startswith("1 confirmed")


def test_a_saved_review_is_opened_again(opened: Opener, tmp_path: Path) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "4")
    made = page.saved(tmp_path, lambda: page.click("save"))
    page.page.evaluate("localStorage.clear()")
    page.open()
    assert page.number() == 3
    page.page.set_input_files("#review-file", tmp_path / "review.json")
    page.wait("document.getElementById('corrected-number').textContent === '6'")
    assert page.saved(tmp_path, lambda: page.click("save")).changes == made.changes
