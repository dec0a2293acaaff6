"""The review page in a browser: on every screen, on paper, for a screen reader, with nothing or a lot to show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from detector.core.comparison import compare
from detector.records import Rejected, Report
from detector.views import review
from tests.browsing import Opener, a_report, in_browser
from tests.builders import make_report, make_tally
from tests.test_review_page import NASTY

pytestmark = in_browser


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
    assert page.text("corrected-number") == ("0" if report.count is not None else "\N{EN DASH}")
    assert ("cannot hear" in page.text("corrected-parts")) == (report.count is None)


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
def test_an_audit_of_accessibility_finds_nothing(opened: Opener, width: int, scheme: str) -> None:
    report = a_report()
    others = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "bypass_csp": True}
    page = opened(report, comparisons=[compare(report, make_tally("officers", 96))], **others)
    found = [Axe().run(page.page).response["violations"]]
    page.keys("ArrowRight", "a", "3", "ArrowRight", "]", "n", "r")
    page.page.select_option("#filter", "all")
    page.row(9)
    page.click("tally-show")
    page.page.evaluate("document.getElementById('problem').hidden = false")
    found.append(Axe().run(page.page).response["violations"])
    page.click("help-open")
    found.append(Axe().run(page.page).response["violations"])
    assert [[(each["id"], each["nodes"][0]["target"]) for each in state] for state in found] == [[], [], []]


_NAME = "const name = (each) => each.id || each.dataset.sort || each.className || each.textContent;"
_CONTROLS = f"""() => {{ {_NAME}
  return [...document.querySelectorAll("a, button, input, select, textarea, [tabindex]")]
    .filter((each) => !each.disabled && each.checkVisibility() && !each.closest("dialog")).map(name); }}"""
_FOCUSED = f"""() => {{ {_NAME}
  const each = document.activeElement, seen = getComputedStyle(each.type === "file" ? each.parentElement : each);
  return [name(each), seen.outlineStyle !== "none" && seen.outlineWidth !== "0px"]; }}"""


def test_every_control_is_reached_by_tab_in_order_and_shows_it(opened: Opener) -> None:
    page = opened(a_report())
    page.keys("ArrowRight", "a", "]")
    wanted = page.page.evaluate(_CONTROLS)
    reached = []
    for _ in wanted:
        page.keys("Tab")
        reached.append(page.page.evaluate(_FOCUSED))
    assert [name for name, _ in reached] == wanted
    assert [name for name, outlined in reached if not outlined] == []
    page.keys("Tab")
    assert page.page.evaluate("document.activeElement === document.body")  # and out of the page


@pytest.mark.parametrize("look", ["LIGHT", "DARK"])
def test_what_is_written_on_the_pictures_can_be_read(look: str) -> None:
    script = (Path(review.__file__).parent / "page" / "drawing.js").read_text(encoding="utf-8")
    (colours,) = re.findall(rf"const {look} = {{(.*?)}};", script, re.DOTALL)
    found = dict(re.findall(r'(\w+): "(#[0-9a-f]{6})"', colours))
    for name in ("ink", "faint", "cursor", "chosen"):
        light, dark = sorted((_luminance(found[name]), _luminance(found["paper"])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(opened: Opener, width: int, scheme: str) -> None:
    report = a_report(name="a_very_long_name_" * 9 + ".mp4")
    page = opened(report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.keys("ArrowRight")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("shots", [0, 120, 300])
def test_it_prints_on_two_to_four_pages(opened: Opener, shots: int) -> None:
    times_s = tuple(5 + 3.1 * row for row in range(shots))
    chances = [0.3 if row % 7 else 0.9 for row in range(shots)]
    report = make_report(
        times_s, probability=chances, duration_s=3600.0, overview=True, warnings=["at 0:41.2 " * 20] * 3
    )
    window = (0.0, 3000.0)
    page = opened(report, comparisons=[compare(report, make_tally(f"tally {n}", 96, window=window)) for n in range(3)])
    for _ in range(4):
        page.keys("ArrowRight", "a", "ArrowRight", "r", "c")
        page.page.keyboard.insert_text("a door, not a gun")
        page.keys("Enter")
    page.click("tally-show")
    pdf = page.page.pdf(prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4


def test_a_review_that_was_taken_back_is_not_printed(opened: Opener) -> None:
    page = opened(a_report())
    said = []
    for key in ("a", "u"):
        page.keys("Escape", "ArrowRight", key)
        page.page.emulate_media(media="print")
        page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        said.append(page.text("print-review"))
        page.page.emulate_media(media="screen")
        page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert "1 change, not saved" in said[0]
    assert said[1] == "No review was made on this page."
    with page.page.expect_download():
        page.click("save")
    page.page.emulate_media(media="print")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert "No change, first saved" in page.text("print-review")


def test_the_printed_report_says_all_that_it_must(opened: Opener) -> None:
    report = a_report(coverage=[(0.0, 10.0, "muted"), (10.0, 60.0, "heard")])
    comparison = compare(report, make_tally("officers", 96))
    page = opened(report, comparisons=[comparison])
    page.page.fill("#reviewer", "N. N.")
    page.keys("Escape", "ArrowRight", "a", "c")
    page.page.keyboard.insert_text("heard twice")
    page.keys("Enter")
    page.page.emulate_media(media="print")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    blind = page.page.inner_text("body")
    assert comparison.sentence not in blind
    assert "Not shown: the reviewer has not opened it." in blind
    page.page.evaluate("document.getElementById('tally-show').click()")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    told = " ".join(page.page.inner_text("body").split())
    for words in (
        *(comparison.sentence, comparison.what_it_would_take, review.claim(report), report.result_sha256),
        *(report.recording.sha256, "2 changes by N. N., not saved as they stand.", "1 at 0:05.000: heard twice"),
        *("whose gun, how many guns or shooters, which weapon or calibre, why, or who fired first", "echo_excess_db"),
        *(
            "a corrected number has no calibrated interval",
            "shots there cannot be heard",
            "10.0 s",
            "gunshot-tally 0.1.0",
        ),
    ):
        assert " ".join(words.split()) in told, words


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
