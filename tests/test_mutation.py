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


def test_what_only_declares_or_guards_is_left_alone() -> None:
    source = "@dataclass(frozen=True)\nclass Pair:\n    first: Literal[1, 2]\n\n\nzip(a, b, strict=True).c(1e-9)\n"
    assert [each.what for each in mutation.mutants("pair.py", source)] == [
        "`zip(a, b, strict=True).c(1e-09)` -> `None`"
    ]


def test_a_sample_takes_as_many_of_each_module_and_the_same_every_time() -> None:
    modules = {"a.py": SOURCE, "b.py": SOURCE}
    chosen = mutation.sample(modules, 3, seed=3)
    assert [each.module for each in chosen] == ["a.py"] * 3 + ["b.py"] * 3
    assert chosen == mutation.sample(modules, 3, seed=3) != mutation.sample(modules, 3, seed=4)
    assert chosen[3:] == mutation.sample({"b.py": SOURCE}, 3, seed=3)
    assert len(mutation.sample(modules, 1000, seed=3)) == 16
    assert len({each.key for each in chosen}) == len(chosen)


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
    text = mutated([fate], 9, 1)
    assert ("- over, line 3:" in text) == (state == "survived")
    assert text.startswith("1 of 9 errors drawn with seed 1 were tried")
    assert ("tried, and 0 caught" in text) == (state == "survived")


def test_an_error_that_hangs_is_caught(tmp_path: Path) -> None:
    (tmp_path / "over.py").write_text("LIMIT = 1\n", encoding="utf-8")
    test = "from over import LIMIT\n\n\ndef test_over() -> None:\n    while LIMIT != 1:\n        pass\n"
    (tmp_path / "test_over.py").write_text(test, encoding="utf-8")
    (mutant,) = mutation.mutants("over.py", "LIMIT = 1\n")
    assert not mutation.fails(tmp_path, ["test_over.py"], 60)
    assert mutation.fate(mutant, tmp_path, ["test_over.py"], 5).state == "timeout"


def test_the_tests_of_a_module_are_those_of_its_name_or_those_that_import_it() -> None:
    root = Path(__file__).resolve().parent.parent
    core, tests = root / "detector" / "core", root / "tests"
    assert mutation.mirroring(core / "counting.py", tests) == ["detector/core/counting.py", "tests/test_counting.py"]
    assert mutation.mirroring(core / "relabels.py", tests)[1:] == ["tests/test_reviews.py"]
