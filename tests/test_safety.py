"""What no module does: run code out of a file, or hand words to a shell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*(ROOT / "detector").rglob("*.py"), *(ROOT / "scripts").glob("*.py")])
# Formats that run what is in them, and shells.
MODULES_REFUSED = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml", "commands", "pty"}
CALLS_REFUSED = {
    *("eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("pd.read_pickle", "pandas.read_pickle", "asyncio.create_subprocess_shell"),
}
SWITCHES_REFUSED = {"allow_pickle", "shell"}  # given as anything but False


def _refused(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES_REFUSED)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES_REFUSED:
            yield str(node.module)
        elif isinstance(node, ast.ImportFrom):
            yield from (name for a in node.names if (name := f"{node.module}.{a.name}") in CALLS_REFUSED)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in CALLS_REFUSED or name.startswith(("os.exec", "os.spawn")):
                yield name
            yield from (
                f"{name}({switch.arg}=...)"
                for switch in node.keywords
                if switch.arg in SWITCHES_REFUSED and ast.unparse(switch.value) != "False"
            )


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from os import system",
        "import numpy as np; np.load('a.npz', allow_pickle=True)",
        "import subprocess; subprocess.run('ls', shell=True)",
        "eval('1')",
        "import os; os.system('ls')",
    ],
)
def test_what_is_refused_is_seen(source: str) -> None:
    assert list(_refused(source))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_unpickles_or_calls_a_shell(path: Path) -> None:
    assert list(_refused(path.read_text(encoding="utf-8"))) == []
