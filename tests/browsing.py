"""A browser over the review page, for the tests of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, sync_playwright

from detector import read_review
from detector.checks import Review
from detector.records import Incident, Rejected, Report
from detector.views import review, review_incident
from tests.builders import make_report

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
in_browser = pytest.mark.skipif(BROWSER is None, reason="needs an installed Chromium (or Chrome) for the review page")


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
        result: Report | Incident, *, comparisons: Sequence[Any] = (), excerpts: Any = (), **others: Any
    ) -> Reviewer:
        """The page of a report with its excerpts, or of an incident with what is heard of its cameras."""
        path = tmp_path / "review.html"
        if isinstance(result, Report):
            text = review.page(result, comparisons, excerpts, others.pop("video", None))
        else:
            text = review_incident.page(result, comparisons, dict(excerpts))
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
