"""Small errors put into modules one at a time, and whether the tests that mirror a module notice.

An own mutator of one file: the kept tools (mutmut, cosmic-ray) want a configuration, a database and a run of all
mutants, where a seeded sample against the few mirroring tests is asked for.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One error: `source` is the whole module with it, `what` the line before and after."""

    module: str
    line: int
    what: str
    source: str


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: "caught", "survived", or "timeout", which is caught as well."""

    mutant: Mutant
    state: str

    @property
    def caught(self) -> bool:
        """Did a test notice?"""
        return self.state != "survived"


def mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its code; constants and annotations of types are left alone."""
    found, count = [], sum(1 for _ in _changes(ast.parse(source)))
    plain = ast.unparse(ast.parse(source)).splitlines()
    for number in range(count):
        tree = ast.parse(source)
        line, change = list(_changes(tree))[number]
        change()
        text = ast.unparse(ast.fix_missing_locations(tree))
        lines = text.splitlines()
        at = next((row for row, pair in enumerate(zip(plain, lines, strict=False)) if pair[0] != pair[1]), None)
        if at is not None:
            found.append(Mutant(module, line, f"`{plain[at].strip()}` -> `{lines[at].strip()}`", text))
    return found


def sample(modules: dict[str, str], total: int, seed: int) -> list[Mutant]:
    """So many mutants of all modules, dealt to them in turn, so that small ones have their share."""
    rng = np.random.default_rng(seed)
    left = {name: list(rng.permutation(np.array(mutants(name, text), object))) for name, text in modules.items()}
    chosen: list[Mutant] = []
    while len(chosen) < total and any(left.values()):
        chosen += [each.pop() for each in left.values() if each]
    return chosen[:total]


def copied(root: Path, folder: Path) -> Path:
    """A copy of what tests need, in which modules may be broken."""
    for name in ("detector", "tests", "fixtures", "scripts", "docs"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(root / name, folder / name)
    return folder


def fate(mutant: Mutant, copy: Path, tests: Sequence[str], timeout_s: float) -> Fate:
    """What the named tests say of a mutant, put into the copy and taken out again."""
    path = copy / mutant.module
    whole = path.read_bytes()
    path.write_text(mutant.source, encoding="utf-8")
    try:
        done = fails(copy, tests, timeout_s)
    except subprocess.TimeoutExpired:
        return Fate(mutant, "timeout")
    finally:
        path.write_bytes(whole)
    return Fate(mutant, "caught" if done else "survived")


def fails(copy: Path, tests: Sequence[str], timeout_s: float) -> bool:
    """Does any of the tests fail in the copy?"""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        command, cwd=copy, env=environment, timeout=timeout_s, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return run.returncode != 0


def mirroring(module: Path, tests: Path) -> list[str]:
    """The test file of a module's name, or else those that import it; and the module's own examples."""
    own = tests / f"test_{module.stem}.py"
    name = f"detector.core.{module.stem}"
    words = (name, f"from detector.core import {module.stem}")
    files = [own] if own.exists() else [path for path in sorted(tests.glob("test_*.py")) if _names(path, words)]
    kept = [f"tests/{path.name}" for path in files][:4]
    return [f"detector/core/{module.name}", *kept]


def _names(path: Path, words: Sequence[str]) -> bool:
    text = path.read_text(encoding="utf-8")
    return any(word in text for word in words)


def _changes(tree: ast.AST) -> Iterator[tuple[int, Callable[[], None]]]:
    """Where a change may be made, and what makes it."""
    typed = {id(part) for node in ast.walk(tree) for each in _types(node) for part in ast.walk(each)}
    for node in ast.walk(tree):
        if id(node) not in typed:
            change = _change(node)
            if change is not None:
                yield node.lineno, change  # type: ignore[attr-defined]  # expressions and statements have one


def _types(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        part = getattr(node, name, None)
        if part is not None:
            yield part


def _change(node: ast.AST) -> Callable[[], None] | None:
    """What makes one error of a node, None where it is left alone."""
    return _other_operator(node) or _other_value(node) or _other_call(node)


def _other_operator(node: ast.AST) -> Callable[[], None] | None:
    match node:
        case ast.Compare(ops=[first, *_]) if type(first) in _COMPARISONS:
            other = _COMPARISONS[type(first)]()
            return lambda: node.ops.__setitem__(0, other)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            operator = _OPERATORS[type(node.op)]()
            return lambda: setattr(node, "op", operator)
        case ast.BoolOp(op=ast.And()):
            return lambda: setattr(node, "op", ast.Or())
        case ast.BoolOp():
            return lambda: setattr(node, "op", ast.And())
        case ast.UnaryOp(op=ast.USub()):
            return lambda: setattr(node, "op", ast.UAdd())
    return None


def _other_value(node: ast.AST) -> Callable[[], None] | None:
    match node:
        case ast.Constant(value=bool(value)):
            return lambda: setattr(node, "value", not value)
        case ast.Constant(value=int(value)):
            return lambda: setattr(node, "value", value + 1)
        case ast.Constant(value=float(value)):
            return lambda: setattr(node, "value", value * 2 or 1.0)
        case ast.If(test=test) if not isinstance(test, ast.Compare) and "TYPE_CHECKING" not in ast.unparse(test):
            return lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), test))
    return None


def _other_call(node: ast.AST) -> Callable[[], None] | None:
    match node:
        case ast.Expr(value=ast.Call()):
            return lambda: setattr(node, "value", ast.Constant(None))
        case ast.Call(func=ast.Attribute(attr="min" | "max" as name) as called):
            return lambda: setattr(called, "attr", "max" if name == "min" else "min")
        case ast.Call(func=ast.Name(id="min" | "max" as name) as called):
            return lambda: setattr(called, "id", "max" if name == "min" else "min")
    return None
