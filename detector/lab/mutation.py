"""Small errors put into modules one at a time, and whether the tests that mirror a module notice.

An own mutator of one file: the kept tools (mutmut, cosmic-ray) want a configuration, a database and a run of all
mutants, where a seeded sample against the few mirroring tests is asked for.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import itertools
import multiprocessing
import os
import re
import resource
import runpy
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MEMORY_BYTES = 4_000_000_000  # an error in a length may ask for any amount
_AROUND = 40  # letters told on either side of an error
_GUARD = 1e-5  # numbers below only keep from dividing by zero
_WARM = ("numpy", "pytest", "hypothesis", "playwright.sync_api", "av", "jinja2")  # what tests load, loaded once

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
    """One error: `source` is the whole module with it, `what` the place before and after."""

    module: str
    line: int
    what: str
    source: str

    @property
    def key(self) -> str:
        """The same for the same error in the same module as it stands, and no other."""
        return hashlib.sha256(f"{self.module}\n{self.source}".encode()).hexdigest()[:16]


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
    """Every mutant of a module, in the order of its code; what only declares is left alone."""
    return [found for number in range(_count(source)) if (found := _mutant(module, source, number)) is not None]


def sample(modules: dict[str, str], each: int, seed: int) -> list[Mutant]:
    """So many mutants of every module, or all where it has no more."""
    return [mutant for name, text in modules.items() for mutant in _drawn(name, text, each, seed)]


def _drawn(module: str, source: str, most: int, seed: int) -> list[Mutant]:
    rng = np.random.default_rng([seed, *module.encode()])  # other modules change nothing
    found: list[Mutant] = []
    for number in rng.permutation(_count(source)):
        mutant = _mutant(module, source, int(number)) if len(found) < most else None
        found += [mutant] if mutant is not None else []
    return found


def _count(source: str) -> int:
    return sum(1 for _ in _changes(ast.parse(source)))


def _mutant(module: str, source: str, number: int) -> Mutant | None:
    """The error of this number, None where it leaves the code as it is."""
    tree = ast.parse(source)
    plain = ast.unparse(tree).splitlines()
    line, change = list(_changes(tree))[number]
    change()
    text = ast.unparse(ast.fix_missing_locations(tree))
    lines = text.splitlines()
    at = next((row for row, pair in enumerate(zip(plain, lines, strict=False)) if pair[0] != pair[1]), None)
    return None if at is None else Mutant(module, line, _told(plain[at].strip(), lines[at].strip()), text)


def _told(before: str, after: str) -> str:
    """A line before and after, as far around what differs as shows where it is."""
    same = _common(before, after)
    rest = _common(before[same:][::-1], after[same:][::-1])
    one, other = (text[max(0, same - _AROUND) : len(text) - rest + _AROUND] for text in (before, after))
    return f"`{one}` -> `{other}`"


def _common(one: str, other: str) -> int:
    """How many letters two texts begin with together."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


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
    except TimeoutError:
        return Fate(mutant, "timeout")
    finally:
        path.write_bytes(whole)
    return Fate(mutant, "caught" if done else "survived")


def fails(copy: Path, tests: Sequence[str], timeout_s: float, *, whole: bool = False) -> bool:
    """Does any of the tests fail in the copy? With `whole`, no module is broken, and its bytecode is kept for later.

    Raises
    ------
    TimeoutError
        When they take longer than allowed; they are killed.
    """
    warm = multiprocessing.get_context("forkserver")
    warm.set_forkserver_preload(list(_WARM))
    child = warm.Process(target=_run, args=(str(copy), list(tests), whole))
    child.start()
    child.join(timeout_s)
    if child.exitcode is None:
        assert child.pid is not None
        with contextlib.suppress(ProcessLookupError):  # not yet a group of its own
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.join()
        raise TimeoutError(f"{tests[0]}: not done after {timeout_s:g} s")
    return child.exitcode != 0


def _run(copy: str, tests: list[str], whole: bool) -> None:
    """In a child: the tests, on what stands in the copy rather than on what the parent has loaded."""
    os.setsid()
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    os.chdir(copy)
    sys.path.insert(0, copy)
    os.environ.update(PYTHONPATH=copy, HYPOTHESIS_PROFILE="unshrunk")  # a case that fails need not be made small
    sys.dont_write_bytecode = not whole
    for name in [name for name in sys.modules if name.partition(".")[0] in ("detector", "tests")]:
        del sys.modules[name]
    loaded = "ignore::pytest.PytestAssertRewriteWarning"  # of plugins, which are warm
    sys.argv = ["pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "-W", loaded, *tests]
    runpy.run_module("pytest", run_name="__main__")


def mirroring(module: Path, tests: Path) -> list[str]:
    """The module's own examples and the test file of its name; without one, those that import it, or its importers."""
    found = _own(module, tests) or [name for user in _users(module) for name in _own(user, tests)]
    return [f"detector/core/{module.name}", *list(dict.fromkeys(found))[:3]]


def _own(module: Path, tests: Path) -> list[str]:
    named = tests / f"test_{module.stem}.py"
    files = [named] if named.exists() else _importers(module, tests, "test_*.py")
    return [f"tests/{path.name}" for path in files]


def _users(module: Path) -> list[Path]:
    return _importers(module, module.parent.parent, "[a-z]*.py") + _importers(module, module.parent, "[a-z]*.py")


def _importers(module: Path, folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that import a module of the core by its name."""
    name = re.compile(rf"^from detector\.core(\.{module.stem}\b| import .*\b{module.stem}\b)", re.MULTILINE)
    return [path for path in sorted(folder.glob(pattern)) if name.search(path.read_text(encoding="utf-8"))]


def _changes(tree: ast.AST) -> Iterator[tuple[int, Callable[[], None]]]:
    """Where a change may be made, and what makes it."""
    declared = {id(part) for node in ast.walk(tree) for each in _declared(node) for part in ast.walk(each)}
    for node in ast.walk(tree):
        if id(node) not in declared:
            change = _change(node)
            if change is not None:
                yield node.lineno, change  # type: ignore[attr-defined]  # expressions and statements have one


def _declared(node: ast.AST) -> Iterator[ast.AST]:
    yield from getattr(node, "decorator_list", ())
    if isinstance(node, ast.keyword) and node.arg == "strict":
        yield node.value
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
        case ast.Constant(value=float(value)) if value == 0 or abs(value) > _GUARD:
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
