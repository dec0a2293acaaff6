"""Draw the review page of the demonstration, on screen and as it prints, for the README.

Needs Playwright and an installed Chromium. Writes docs/review.png and docs/review_printed.png.

python scripts/write_review_pictures.py
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DEMO = ("fixtures/demo/alder_street.mp4", "--tally", "fixtures/demo/tally.toml", "--review", "--quiet")
SCREEN = ViewportSize(width=1280, height=1080)
PAPER = ViewportSize(width=688, height=990)  # A4 between its margins
KEYS = (*["ArrowRight"] * 20, "v", "+", "+", "ArrowRight", "ArrowRight", "a", "ArrowRight", "2")
MARGIN = 52
COLOURS = 128  # enough for text and a spectrogram, and a quarter of the bytes


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run([sys.executable, "-m", "detector", *DEMO, "--out", folder], cwd=ROOT, check=True)
        (page,) = Path(folder).glob("*.shots/review.html")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        (ROOT / "docs" / "review.png").write_bytes(_small(_on_screen(browser, page)))
        (ROOT / "docs" / "review_printed.png").write_bytes(_small(_printed(browser, page)))
        browser.close()


def _on_screen(browser: Browser, path: Path) -> bytes:
    page = browser.new_page(viewport=SCREEN)
    page.goto(path.as_uri())
    for key in KEYS:
        page.keyboard.press(key)
    page.wait_for_timeout(1000)
    return page.screenshot()


def _printed(browser: Browser, path: Path) -> bytes:
    page = browser.new_page(viewport=PAPER)
    page.goto(path.as_uri())
    page.click("#tally-show")
    page.emulate_media(media="print")
    page.evaluate("() => { window.dispatchEvent(new Event('beforeprint')); window.scrollTo(0, 0); }")
    paper = io.BytesIO()
    ImageOps.expand(Image.open(io.BytesIO(page.screenshot())), MARGIN, "white").save(paper, "PNG")
    return paper.getvalue()


def _small(picture: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


if __name__ == "__main__":
    main()
