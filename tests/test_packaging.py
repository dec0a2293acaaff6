"""What is installed: every file that the program reads, the command, and versions as documented."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import entry_points, metadata
from pathlib import Path

from detector.cli import main

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_both_distributions_hold_everything(tmp_path: Path) -> None:
    """Sources hold what their README and tests read, wheels every file of the package that is not a cache."""
    unneeded = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "*.shots", "worst")
    tree = shutil.copytree(ROOT, tmp_path / "tree", ignore=unneeded)
    code = "from setuptools import build_meta as b; b.build_sdist('..'); b.build_wheel('..')"
    subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, check=True)
    made = {"build", "gunshot_tally.egg-info"}
    held = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    wanted = {name for name in held if name.partition("/")[0] not in made}
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sources:
        assert wanted - {name.partition("/")[2] for name in sources.getnames()} == set()
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert {name for name in wanted if name.startswith("detector/")} - set(wheel.namelist()) == set()


def test_the_command_is_installed_under_its_name() -> None:
    (command,) = entry_points(group="console_scripts", name="count-shots")
    assert command.load() is main
    assert metadata("gunshot-tally")["Requires-Python"] == PROJECT["project"]["requires-python"] == ">=3.11"


def test_every_dependency_has_its_line() -> None:
    page = (ROOT / "docs" / "DEPENDENCIES.md").read_text(encoding="utf-8")
    project = PROJECT["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[<>=~!]", requirement)[0] for requirement in asked} - {"gunshot-tally"}
    assert len(names) > 10
    assert [name for name in sorted(names) if name not in page] == []
