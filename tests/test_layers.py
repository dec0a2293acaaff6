"""Who may import whom (docs/ARCHITECTURE.md), what a start of the program may load, and names that may not clash."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import detector

PACKAGE = Path(detector.__file__).parent
MODULES = {
    ".".join(
        (path.parent if path.name == "__init__.py" else path.with_suffix("")).relative_to(PACKAGE.parent).parts
    ): path
    for path in PACKAGE.rglob("*.py")
}

# Room -> rooms it may import from, and other packages. A room that is a package may import from itself.
ROOMS = {
    "detector": (
        {
            "checks",
            "core",
            "errors",
            "incident",
            "labels",
            "recording",
            "records",
            "reports",
            "reviews",
            "settings",
            "tallies",
            "verification",
        },
        set(),
    ),
    "errors": (set(), set()),
    "times": (set(), set()),
    "small_files": ({"errors"}, set()),
    "records": (set(), {"numpy", "matplotlib", "pandas"}),
    "checks": ({"records"}, {"numpy"}),
    "settings": ({"errors", "small_files"}, set()),
    "provenance": (set(), {"av"}),
    "core": ({"checks", "records", "settings", "times"}, {"numpy", "scipy"}),
    "media": ({"records", "errors", "settings", "times"}, {"numpy", "av", "soxr"}),
    "tallies": ({"records", "errors", "small_files", "times"}, set()),
    "labels": ({"checks", "records", "errors", "small_files", "times"}, set()),
    "reports": ({"exports", "records", "errors", "small_files"}, set()),
    "reviews": ({"checks", "core", "errors", "exports", "labels", "records", "small_files"}, set()),
    "exports": ({"checks", "records", "errors", "times"}, {"numpy", "soundfile", "xlsxwriter"}),
    "views": (
        {"archive", "checks", "exports", "media", "records", "settings", "errors", "times"},
        {"numpy", "matplotlib", "pandas", "rich", "jinja2", "markupsafe", "PIL"},
    ),
    "recording": (
        {"core", "media", "records", "selftest", "settings", "errors", "provenance"},
        {"numpy", "threadpoolctl"},
    ),
    "selftest": ({"core", "records", "settings"}, {"numpy"}),
    "verification": ({"checks", "core", "errors", "media", "recording", "records", "settings"}, set()),
    "archive": (
        {
            *("checks", "core", "errors", "exports", "media", "provenance", "recording", "records", "settings"),
            "views",
        },
        {"distributed"},
    ),
    "data": (set(), set()),
    "lab": (
        {
            *("core", "media", "recording", "records", "selftest", "settings", "errors", "times", "exports", "tallies"),
            "incident",
            "provenance",
            *("archive", "checks", "labels", "reports", "reviews", "views"),  # what fuzzing asks to read damaged files
        },
        {
            "numpy",
            "scipy",
            "soundfile",
            "librosa",
            "lightgbm",
            "jax",
            "optax",
            "obspy",
            "av",
            "soxr",
            "matplotlib",
            "PIL",
        },
    ),
    "arguments": (
        {
            *("checks", "labels", "records", "reports", "reviews", "settings", "errors"),
            *("usage", "verification"),
        },
        set(),
    ),
    "incident": ({"core", "errors", "media", "provenance", "recording", "records", "settings"}, set()),
    "usage": ({"errors", "exports", "records", "tallies", "times"}, set()),
    "console": ({"errors"}, {"rich"}),
    "incident_arguments": ({"exports", "records", "settings", "usage"}, set()),
    "incident_cli": (
        {"console", "core", "errors", "exports", "incident", "incident_arguments", "media", "records", "views"},
        set(),
    ),
    "cli": (
        {
            "arguments",
            "incident_arguments",
            "incident_cli",
            "checks",
            "console",
            "core",
            "errors",
            "exports",
            "media",
            "recording",
            "records",
            "settings",
            "usage",
            "verification",
            "views",
        },
        set(),
    ),
    "archive_arguments": ({"archive", "exports", "settings", "usage"}, set()),
    "archive_cli": ({"archive", "archive_arguments", "console", "errors", "usage", "views"}, {"rich"}),
    "__main__": ({"cli"}, set()),
}
# A report's thin methods reach outwards, each when it is called.
REPORT_METHODS = {
    "detector.checks",
    "detector.views.agreement_plot",
    "detector.core.counting",
    "detector.exports",
    "detector.exports.report_json",
    "detector.reviews",
    "detector.views.tables",
    "detector.views.plots",
}
# So do an incident's.
INCIDENT_METHODS = {
    "detector.checks",
    "detector.core.counting",
    "detector.exports.incident",
    "detector.exports.incident_json",
    "detector.reviews",
    "detector.views.incident_tables",
    "detector.views.lanes",
}
METHODS = {
    "detector.records.report": REPORT_METHODS,
    "detector.records.incident": INCIDENT_METHODS,
    "detector.checks.review": {"detector.exports.reviewed"},
}
# Slow to load, or installed with an extra: inside functions only, so that nobody else pays for them.
LATE = {"distributed", "librosa", "matplotlib", "obspy", "pandas", "rich", "xlsxwriter", "jinja2", "markupsafe"}
HEAVY = (
    "dask",
    "distributed",
    "jax",
    "jinja2",
    "librosa",
    "lightgbm",
    "matplotlib",
    "optax",
    "pandas",
    "scipy.optimize",
    "scipy.signal",
    "sklearn",
)


@dataclass(frozen=True)
class Import:
    """One import: who asks for what, and whether it happens when the asking module loads."""

    importer: str
    module: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.importer} imports {self.module}"


def _imports(name: str) -> Iterator[Import]:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    later = {id(node) for part in ast.walk(tree) if _runs_later(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            asked = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write the whole name of what is imported"
            assert node.module is not None
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            asked = [one if one in MODULES else node.module for one in within]
        else:
            continue
        for module in asked:
            yield Import(name, module, at_load=id(node) not in later)


def _runs_later(part: ast.AST) -> bool:
    if isinstance(part, ast.If):
        return ast.unparse(part.test) == "TYPE_CHECKING"
    return isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "detector"


IMPORTS = [each for name in sorted(MODULES) for each in _imports(name)]
OURS = [each for each in IMPORTS if each.module.split(".")[0] == "detector"]
OTHERS = [each for each in IMPORTS if each.module.split(".")[0] not in {"detector", *sys.stdlib_module_names}]


def test_every_module_lives_in_a_known_room() -> None:
    assert {_room(name) for name in MODULES} == set(ROOMS)
    assert len(OURS) > 100
    assert OTHERS


def test_rooms_import_only_the_rooms_they_may() -> None:
    wrong = [
        str(each)
        for each in OURS
        if _room(each.module) not in ROOMS[_room(each.importer)][0] | {_room(each.importer)}
        and not (not each.at_load and each.module in METHODS.get(each.importer, ()))
    ]
    assert wrong == []


@pytest.mark.parametrize("record", METHODS)
def test_methods_reach_what_is_listed_and_no_more(record: str) -> None:
    reached = {each.module for each in OURS if each.importer == record and _room(each.module) != "records"}
    assert reached == METHODS[record]


def test_rooms_use_only_the_packages_they_may() -> None:
    wrong = [str(each) for each in OTHERS if each.module.split(".")[0] not in ROOMS[_room(each.importer)][1]]
    assert wrong == []


def test_few_modules_know_of_the_library_that_opens_media_files() -> None:
    users = {each.importer for each in OTHERS if each.module.split(".")[0] == "av" and _room(each.importer) != "lab"}
    knowing = ("annotate", "canvas", "container", "decode", "encode", "header", "pictures")
    assert users == {"detector.provenance", *(f"detector.media.{name}" for name in knowing)}


def test_one_module_knows_of_clusters() -> None:
    users = {each.importer for each in OTHERS if each.module.split(".")[0] in {"dask", "distributed"}}
    assert users == {"detector.archive.cluster"}


def test_what_fits_the_model_is_known_to_the_fitting_alone() -> None:
    fitting = {
        "lightgbm": {"detector.lab.fit"},
        "jax": {"detector.lab.fit_network"},
        "optax": {"detector.lab.fit_network"},
    }
    for package, modules in fitting.items():
        assert {each.importer for each in OTHERS if each.module.split(".")[0] == package} == modules


def test_slow_packages_are_imported_where_they_are_used() -> None:
    wrong = [str(each) for each in OTHERS if each.at_load and each.module.split(".")[0] in LATE]
    assert wrong == []


def test_nothing_imports_itself_in_a_circle() -> None:
    graph = {name: {each.module for each in OURS if each.importer == name and each.at_load} for name in MODULES}
    try:
        order = tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")
    assert set(order) >= set(MODULES)


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOADED = f"import sys; print(*[name for name in {HEAVY} if name in sys.modules])"


def test_importing_the_package_and_the_command_loads_nothing_heavy() -> None:
    assert _python(f"import detector, detector.cli, detector.archive_cli, detector.archive.tasks; {LOADED}") == ""


def test_a_run_of_the_command_loads_nothing_heavy(tmp_path: Path) -> None:
    clip = PACKAGE.parent / "fixtures" / "clips" / "aac.mp4"
    code = f"import sys; from detector.cli import main; assert main([*sys.argv[1:], '--quiet']) == 0; {LOADED}"
    printed = _python(code, str(clip), "--out", str(tmp_path))
    assert printed.splitlines()[0].startswith(str(clip))
    assert len(printed.splitlines()) == 1, printed


def test_public_functions_stay_functions_whatever_was_imported_before() -> None:
    names = [name for name in sorted(MODULES) if _room(name) != "__main__"]
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "import detector\n"
        "from detector import compare, detect, detect_samples, read_tallies\n"
        "print(*[type(getattr(detector, name)).__name__ for name in detector.__all__])"
    )
    assert set(_python(code, *names).split()) <= {"function", "type"}


def test_no_module_is_named_like_a_public_name() -> None:
    assert {name.rpartition(".")[2] for name in MODULES} & set(detector.__all__) == set()
