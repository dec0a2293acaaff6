"""What the pages promise: settings, modules, links, flags, and code that runs as printed."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from detector import Settings, read_tallies

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "fixtures" / "README.md"])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _block(language: str, containing: str) -> str:
    blocks = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)
    (found,) = [block for block in blocks if containing in block]
    return str(found)


def test_the_page_of_settings_is_current() -> None:
    write = runpy.run_path(str(ROOT / "scripts" / "write_settings_doc.py"))
    current = (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
    assert current == write["page"](), "run: python scripts/write_settings_doc.py"


def test_a_setting_without_a_comment_is_told() -> None:
    write = runpy.run_path(str(ROOT / "scripts" / "write_settings_doc.py"))
    source = (
        "class A:\n    one: int = 1  # first\n    two: float = (\n        2.0\n    )  # second\n    three: int = 3\n"
    )
    comments = write["field_comments"](source)
    assert comments == {("A", "one"): "first", ("A", "two"): "second", ("A", "three"): ""}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_scripts_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = re.findall(r"\b(?:detector/)?((?:core|media|lab|exports|views)/[a-z_]+\.py)\b", text)
    scripts = re.findall(r"\b(scripts/[a-z_]+\.py)\b", text)
    paths = [ROOT / "detector" / name for name in modules] + [ROOT / name for name in scripts]
    assert [str(path) for path in paths if not path.exists()] == []


def test_settings_that_the_method_names_exist() -> None:
    text = (ROOT / "docs" / "METHOD.md").read_text(encoding="utf-8")
    settings = Settings().to_dict()
    named = re.findall(rf"`({'|'.join(settings)})\.([a-z_]+)`", text)
    assert len(set(named)) > 15
    assert [f"{stage}.{name}" for stage, name in named if name not in settings[stage]] == []


def test_the_usage_lists_the_flags_of_the_command() -> None:
    told = subprocess.run([sys.executable, "-m", "detector", "--help"], capture_output=True, text=True, check=True)
    flags = set(re.findall(r"--[a-z]+", told.stdout.split("examples:")[0]))
    usage = README.split("## Use")[1].split("\nTimes are written")[0]
    assert set(re.findall(r"--[a-z]+", usage)) == flags - {"--help", "--version", "--traceback"}


def test_the_tally_of_the_readme_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tally.toml"
    path.write_text(_block("toml", "[[tally]]"), encoding="utf-8")
    assert [(tally.label, tally.low, tally.high) for tally in read_tallies(path)] == [
        ("officers, preliminary", 96, 96),
        ("driver", 11, 11),
        ("everyone", 107, 107),
    ]


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)
    code = _block("python", "from detector import")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CountInterval(at_least=")
    (folder,) = (tmp_path / "results").iterdir()
    assert {path.name for path in folder.iterdir()} == {"report.json", "shots.csv"}


def test_the_demonstration_is_shortened_and_not_changed() -> None:
    write = runpy.run_path(str(ROOT / "scripts" / "write_demo.py"))
    count, tally = "Count     5.\n          - more", "Tally     x: consistent."
    printed = "\n\n".join(
        ["a.mp4", count, "Refused   9.", "Warnings  none", tally, "Tally     y: no.", "\nResults in z\n"]
    )
    assert write["shortened"](printed).split("\n\n") == ["a.mp4", count, "[...]", tally, "[...]"]


def test_no_page_offers_another_projects_package() -> None:
    assert [page.name for page in PAGES if re.search(r"pip install ['\"]?detector\b", page.read_text("utf-8"))] == []
