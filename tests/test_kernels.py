"""Products of matrices round otherwise on other processors: none of those ways may let the cut into stretches show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TO_THE_LAST_BIT = (
    "tests/test_level.py::test_a_gap_looks_the_same_inside_a_stretch_and_at_its_edge",
    "tests/test_patches.py::test_stretches_of_any_length_show_the_same_to_the_last_bit",
    "tests/test_hearing.py::test_stretches_of_any_length_hear_the_same_to_the_last_bit",
    "tests/test_yamnet.py::test_gain_and_company_change_nothing",
)


@pytest.mark.parametrize("kernels", ["Haswell", "Nehalem"])  # of OpenBLAS; the other tests take the processor's own
def test_no_bit_depends_on_the_cut_whatever_the_processor(kernels: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-n0", *TO_THE_LAST_BIT],
        cwd=ROOT,
        env=environment | {"OPENBLAS_CORETYPE": kernels},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
