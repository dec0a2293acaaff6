"""Measure the review page of an hour with a thousand listed onsets: its size, and how soon and smoothly it works.

Needs Playwright and an installed Chromium. The sound is noise with a click at each onset.

python scripts/benchmark_review.py
"""

from __future__ import annotations

import dataclasses
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from detector.media.samples import SampleTrack
from detector.records import Block, Rejected
from detector.views import clips, review
from tests.builders import make_overview, make_report

ONSETS, HOUR_S, RATE_HZ, RUNS = 1000, 3600.0, 16_000, 3


class Hour(SampleTrack):
    """An hour of noise made second by second, so that it need not be held."""

    def blocks(self) -> Iterator[Block]:
        """One block a second."""
        rng = np.random.default_rng(7)
        for second in range(int(HOUR_S)):
            yield Block(float(second), RATE_HZ, rng.normal(0, 0.05, (RATE_HZ, 1)).astype(np.float32))


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(8)
    times_s = np.sort(rng.uniform(5, HOUR_S - 5, 2 * ONSETS)).tolist()
    refused = [Rejected(10_000 + row, at, 0.1, "echo", 1, 0.1) for row, at in enumerate(times_s[1::2])]
    hour = Hour(np.zeros(RATE_HZ, np.float32), RATE_HZ)
    report = make_report(times_s[::2], duration_s=HOUR_S, rejected=refused)
    report = dataclasses.replace(
        report, recording=hour.recording(), overview=make_overview(HOUR_S, 4000), coverage=report.coverage
    )
    text = review.page(report, (), clips.cut(report, hour))
    print(f"page: {len(text.encode()) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "review.html"
        path.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        ready, steps, frames = [], [], []
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri())
            ready.append(page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
            steps.append(page.evaluate(_STEPS))
            frames.append(page.evaluate(_SCROLL))
            page.close()
        browser.close()
    print(f"interactive after {statistics.median(ready):.0f} ms")
    print(f"an arrow key takes {statistics.median(steps):.1f} ms")
    print(f"scrolling the list: a frame every {statistics.median(frames):.1f} ms, 95 % of them")


_STEPS = """() => { const start = performance.now();
  const press = () => document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  for (let k = 0; k < 50; k++) press();
  return (performance.now() - start) / 50; }"""
_SCROLL = """() => new Promise((done) => { const box = document.getElementById("onsets"), gaps = []; let last = null;
  const frame = (now) => { if (last !== null) gaps.push(now - last); last = now; box.scrollTop += 120;
    if (gaps.length < 120) requestAnimationFrame(frame); else done(gaps.sort((a, b) => a - b)[113]); };
  requestAnimationFrame(frame); })"""


if __name__ == "__main__":
    main()
