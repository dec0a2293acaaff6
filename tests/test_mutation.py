"""Errors that are put into modules: each is one, is seen by a test that looks, and leaves nothing behind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from detector.lab import mutation
from detector.lab.robustness_page import mutated

SOURCE = '''"""A module."""

LIMIT: int = 3


def over(value: int) -> bool:
    """Whether a value is over."""
    print("looked at")
    return value > LIMIT and not value == max(7, 8)
'''


def test_every_kind_of_error_is_put_in_once() -> None:
    found = mutation.mutants("over.py", SOURCE)
    told = " ".join(each.what for each in found)
    assert len({each.source for each in found}) == len(found) == 8
    for after in ("LIMIT: int = 4", "value >= LIMIT", "LIMIT or", "value != max", "min(7, 8)", "-> `None`"):
        assert after in told
    for each in found:
        ast.parse(each.source)


def test_a_sample_is_dealt_to_the_modules_and_the_same_every_time() -> None:
    modules = {"a.py": SOURCE, "b.py": SOURCE}
    chosen = mutation.sample(modules, 6, seed=3)
    assert [each.module for each in chosen].count("a.py") == 3
    assert chosen == mutation.sample(modules, 6, seed=3) != mutation.sample(modules, 6, seed=4)
    assert len(mutation.sample(modules, 1000, seed=3)) == 16


@pytest.mark.parametrize(("value", "state"), [(4, "caught"), (9, "survived")])
def test_an_error_is_caught_when_a_test_fails(value: int, state: str, tmp_path: Path) -> None:
    (tmp_path / "over.py").write_text(SOURCE, encoding="utf-8")
    test = f"from over import over\n\n\ndef test_over() -> None:\n    assert over({value})\n"
    (tmp_path / "test_over.py").write_text(test, encoding="utf-8")
    assert not mutation.fails(tmp_path, ["test_over.py"], 60)
    (mutant,) = (each for each in mutation.mutants("over.py", SOURCE) if "LIMIT: int = 4" in each.what)
    fate = mutation.fate(mutant, tmp_path, ["test_over.py"], 60)
    assert fate.state == state
    assert (tmp_path / "over.py").read_text(encoding="utf-8") == SOURCE
    text = mutated([fate], 1)
    assert ("- over, line 3:" in text) == (state == "survived")
    assert ("0 of them caught" in text) == (state == "survived")


def test_the_tests_of_a_module_are_those_of_its_name() -> None:
    root = Path(__file__).resolve().parent.parent
    assert mutation.mirroring(root / "detector" / "core" / "counting.py", root / "tests") == [
        "detector/core/counting.py",
        "tests/test_counting.py",
    ]
    assert "tests/test_hearing.py" in mutation.mirroring(root / "detector" / "core" / "hearing.py", root / "tests")
