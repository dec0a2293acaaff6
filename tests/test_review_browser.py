"""The review page in a browser: seen, heard, corrected by keys and by mouse, kept, saved and applied."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, sync_playwright

from detector import cli, read_review
from detector.checks import Review
from detector.core.comparison import compare
from detector.records import Rejected, Repeat, Report
from detector.views import clips, review
from tests.builders import make_report, make_tally
from tests.test_review_page import NASTY, heard

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
CASES = Path(__file__).parent / "review_cases.json"
FILM = Path(__file__).parent.parent / "fixtures" / "clips" / "opus.webm"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs an installed Chromium (or Chrome) for the review page")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


class Reviewer:
    """A page opened from disk, and everything that it must not do."""

    def __init__(self, context: BrowserContext, path: Path, complaints: list[str] | None = None) -> None:
        self.path, self.complaints = path, list[str]() if complaints is None else complaints
        self.context, self.page = context, context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._interrupted)
        context.on("request", lambda request: self._asked(request.url))
        self.open()

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.accept()

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "blob:", "data:")):
            self.complaints.append(url)

    def open(self) -> None:
        self.page.goto(self.path.as_uri())
        self.wait("document.getElementById('corrected-number').textContent.length > 0")

    def wait(self, expression: str) -> None:
        """Until the expression is true; Playwright's own way of waiting needs what the page forbids."""
        for _ in range(200):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(25)
        pytest.fail(f"never true: {expression}")

    def another(self) -> Reviewer:
        """The same page in another tab of the same browser."""
        return Reviewer(self.context, self.path, self.complaints)

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def click(self, *ids: str) -> None:
        for each in ids:
            self.page.click(f"#{each}")

    def text(self, name: str) -> str:
        return self.page.inner_text(f"#{name}")

    def number(self) -> int:
        return int(self.text("corrected-number"))

    def row(self, onset: int) -> None:
        self.page.click(f"#rows tr[data-id='{onset}']")

    def saved(self, folder: Path, how: Callable[[], None]) -> Review:
        with self.page.expect_download() as download:
            how()
        download.value.save_as(folder / "review.json")
        return read_review(folder / "review.json")


Opener = Callable[..., Reviewer]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    contexts: list[BrowserContext] = []
    readers: list[Reviewer] = []

    def start(
        report: Report, *, comparisons: Sequence[Any] = (), excerpts: Sequence[Any] = (), **others: Any
    ) -> Reviewer:
        path = tmp_path / "review.html"
        text = review.page(report, comparisons, excerpts, others.pop("video", None))
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | others))
        context.add_init_script(path=Path(__file__).parent / "review_spy.js")
        contexts.append(context)
        readers.append(Reviewer(context, path))
        return readers[-1]

    yield start
    for context in contexts:
        context.close()
    assert [each.complaints for each in readers] == [[] for _ in readers]


def a_report(**others: Any) -> Report:
    usual: dict[str, Any] = {
        "probability": [0.98, 0.4, 0.9, 0.3, 0.99],
        "rejected": [Rejected(9, 7.0, 0.1, "echo", 1, 0.1), Rejected(11, 20.0, 0.05, "speech")],
        "overview": True,
    }
    return make_report((5.0, 5.4, 5.9, 12.0, 12.2), **usual | others)


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


@pytest.mark.parametrize("how", ["linked", "chosen"])
def test_the_video_plays_too(opened: Opener, tmp_path: Path, how: str) -> None:
    film = Path(shutil.copy(FILM, tmp_path / "a #1.webm"))
    recording = dataclasses.replace(make_report().recording, size_bytes=film.stat().st_size)
    report = dataclasses.replace(make_report((0.9, 1.0), duration_s=2.0), recording=recording)
    page = opened(report, video=review.address(film, tmp_path))
    if how == "linked":
        page.click("video-linked")
    else:
        page.page.set_input_files("#video-file", film)
    page.wait("!document.getElementById('video').hidden")
    assert page.text("sound-state") == "Plays the video now, with its own sound."
    page.keys("h", "ArrowRight", " ")
    page.click("warning-yes")
    page.wait("!document.getElementById('video').paused")
    state = page.page.evaluate(
        "(() => { const v = document.getElementById('video'); return [v.currentTime, v.playbackRate]; })()"
    )
    assert state[1] == 0.5
    assert 0.6 - 1e-6 <= state[0] < 1.5
    page.wait("document.getElementById('video').paused")


def test_another_file_than_the_recording_is_named(opened: Opener) -> None:
    page = opened(a_report())
    page.page.set_input_files("#video-file", FILM)
    page.wait("!document.getElementById('video').hidden")
    assert "not the file that was analysed" in page.text("sound-state")


def test_a_video_that_was_moved_away_is_said(opened: Opener) -> None:
    page = opened(a_report(), video="gone%FF.mp4")
    page.click("video-linked")
    page.wait("document.getElementById('sound-state').textContent.includes('moved')")
    page.complaints[:] = [each for each in page.complaints if "ERR_FILE_NOT_FOUND" not in each]


def test_hostile_names_stay_text(opened: Opener, tmp_path: Path) -> None:
    report = a_report(name=NASTY, rejected=[Rejected(9, 7.0, 0.1, NASTY, 1, 0.1)], warnings=[NASTY])
    page = opened(report, comparisons=[compare(report, make_tally(NASTY))])
    page.page.select_option("#filter", "all")
    page.row(9)
    page.keys("c")
    page.page.keyboard.type(NASTY)
    page.keys("Enter")
    page.page.fill("#reviewer", NASTY)
    page.click("tally-show")
    page.page.emulate_media(media="print")
    page.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.page.evaluate("document.images.length") == 0
    assert NASTY.replace("\u2028", "") in page.page.evaluate("document.querySelector('h1').textContent").replace(
        "\u2028", ""
    )
    page.page.emulate_media(media="screen")
    made = page.saved(tmp_path, lambda: page.click("save"))
    assert made.changes[0].after.comment.startswith("</script><img src=x onerror=alert(1)>")
    page.open()
    assert page.page.evaluate("document.images.length") == 0


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


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (make_report([], overview=True), "No onset is listed."),
        (make_report([], coverage=[(0.0, 60.0, "muted")]), "cannot hear"),
        (make_report([], duration_s=0.0, coverage=[(0.0, 0.0, "heard")]), "cannot hear"),  # an empty file
    ],
)
def test_without_shots_the_page_says_so_and_takes_additions(opened: Opener, report: Report, words: str) -> None:
    page = opened(report)
    assert words in page.text("empty")
    page.keys("ArrowRight", "a", " ", "]", "n", "0", "v", "+")
    assert page.text("corrected-number") == ("0" if report.count is not None else "–")  # noqa: RUF001 - the page shows an en dash
    assert ("cannot hear" in page.text("corrected-parts")) == (report.count is None)


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


def test_a_screen_reader_is_told(opened: Opener) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "ArrowRight")
    assert page.text("live") == "Onset 2 at 0:05.400, machine: possible, chance 0.40, you: nothing yet"
    page.keys("r")
    assert page.text("live") == "Onset 2: rejected."
    unnamed = page.page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea, canvas:not([aria-hidden])')].filter((each) =>"
        " !(each.textContent.trim() || each.ariaLabel || (each.labels && each.labels.length))).map((each) => each.id)"
    )
    assert unnamed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(opened: Opener, width: int, scheme: str) -> None:
    report = a_report(name="a_very_long_name_" * 9 + ".mp4")
    page = opened(report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.keys("ArrowRight")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_two_to_four_pages(opened: Opener) -> None:
    times_s = tuple(5 + 0.4 * row for row in range(120))
    report = make_report(times_s, duration_s=60.0, overview=True)
    page = opened(report, comparisons=[compare(report, make_tally("officers", 96, window=(0.0, 50.0)))])
    page.keys("ArrowRight", "a")
    page.click("tally-show")
    pdf = page.page.pdf(prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4


def test_a_thousand_onsets_are_listed(opened: Opener) -> None:
    report = make_report(tuple(3.0 * row for row in range(1, 1001)), duration_s=3600.0, overview=True)
    page = opened(report)
    assert page.number() == 1000
    page.keys("ArrowLeft", "r")
    assert page.number() == 999


def test_without_an_overview_everything_else_is_there(opened: Opener) -> None:
    page = opened(a_report(overview=False))
    page.keys("ArrowRight", "a")
    assert page.text("corrected-parts").startswith("1 confirmed")
