"""The notebooks run as they stand, and are kept with what they show."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def shown(notebook: Any) -> list[set[str]]:
    """For each cell of code what kinds of output it has: text, or the types of what is displayed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        {kind for output in cell.outputs for kind in output.get("data", {output.get("name", output.output_type): ""})}
        for cell in cells
    ]


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {"recording_and_tally", "doubtful_onsets", "incident"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_is_kept_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, os.environ.get(name, "1"))
    kept = nbformat.read(path, as_version=4)
    script = runpy.run_path(str(ROOT / "scripts" / "write_notebooks.py"))
    run = script["executed"](path)  # a cell that fails raises
    assert shown(run) == shown(kept), "run: python scripts/write_notebooks.py"
    assert "stderr" not in set().union(*shown(run))
    assert {"text/html", "image/png", "stdout"} <= set().union(*shown(kept))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_heard_and_says_what_is_synthetic(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "SYNTHETIC" in text.split('"cell_type": "code"')[0]
    assert "data:audio/" in text
    assert path.stat().st_size < 1_500_000
