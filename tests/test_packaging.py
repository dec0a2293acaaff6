"""What is installed: every file that the program reads, the command, and versions as documented."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from importlib.metadata import entry_points, metadata
from pathlib import Path

import detector
from detector.cli import main

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_INSTALLED = {".py", ".pyc"}  # modules are found by themselves


def test_every_data_file_of_the_package_is_installed() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    package = Path(detector.__file__).parent
    files = [path for path in package.rglob("*") if path.is_file() and path.suffix not in NOT_INSTALLED]
    schemas = {f"{name}.schema.json" for name in ("report", "comparison", "incident", "marks", "review", "reviewed")}
    assert {"model.npz", "py.typed"} | schemas <= {path.name for path in files}
    left_out = [
        str(path.relative_to(package))
        for path in files
        if not any(
            fnmatch.fnmatch(path.name, pattern)
            for pattern in patterns.get(".".join(path.parent.relative_to(package.parent).parts), [])
        )
    ]
    assert left_out == []


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in Path(detector.__file__).parent.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


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
