"""Numerical libraries that start no threads of their own."""

from __future__ import annotations

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def one_each() -> None:
    """Give every process started from now on a single thread: processes already share the cores."""
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))
