"""Run the notebooks in examples/ and keep what they print and draw, as readers see it.

python scripts/write_notebooks.py [NOTEBOOK ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
_LONGEST_S = 300  # of one cell


def main() -> None:
    """Write each notebook with new outputs, or end with the error of the cell that failed."""
    for path in [Path(name) for name in sys.argv[1:]] or sorted(EXAMPLES.glob("*.ipynb")):
        nbformat.write(executed(path), path)


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a fresh run in its own folder, without what differs from run to run."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_LONGEST_S,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    for output in [each for cell in notebook.cells for each in cell.get("outputs", ())]:
        if "text/html" in output.get("data", {}):
            output["data"].pop("text/plain", None)  # what pages without HTML would show: long, and never seen
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    )
    return notebook


if __name__ == "__main__":
    main()
