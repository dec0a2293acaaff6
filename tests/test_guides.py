"""The guides, followed word for word, give what they show."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted((ROOT / "docs").glob("guide_*.md"))
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_guides.py"))


def without_hashes(page: str) -> list[str]:
    """The lines, hashes of results left out: they hold every setting, of which a version may have more."""
    return re.sub(r"(?<=review-)[0-9a-f]{8}|\b[0-9a-f]{64}\b", "#", page).splitlines()


def test_there_is_one_for_each_reader() -> None:
    assert [path.stem for path in GUIDES] == [
        f"guide_{reader}" for reader in ("expert_witness", "investigator", "reporter", "researcher")
    ]


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_followed_word_for_word_gives_what_it_shows(path: Path, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert page.count("```sh\n") >= 2
    assert page.count("<!-- shown: ") == page.count("```text\n") >= 1
    followed = SCRIPT["followed"](page, tmp_path)
    assert without_hashes(followed) == without_hashes(page), "run: python scripts/write_guides.py"


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").split()) < 1100


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="false"):
        SCRIPT["followed"]("```sh\nfalse\n```\n", tmp_path)


def test_only_the_paragraphs_asked_for_are_shown() -> None:
    printed = "a.mp4\n\nCount     5.\n\n          more\n\nRefused   9.\n\nWarnings  none\n\nTally     x.\n"
    shown = ["[...]", "Count     5.\n\n          more", "[...]", "Tally     x."]
    assert SCRIPT["excerpt"](printed, "Count, Tally") == "\n\n".join(shown)
    assert SCRIPT["excerpt"]("one\n\ntwo\n", "all") == "one\n\ntwo"
