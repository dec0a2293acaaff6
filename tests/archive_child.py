"""A child process whose work is named in what it is asked, for tests of supervision."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from detector.archive.children import Progress, serve


def work(asked: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do what `do` says, or what the file name of `path` says; the answer tells the process."""
    path = Path(asked.get("path", ""))
    what = asked.get("do", path.stem if asked.get("work") else "tell")
    if what == "crash once" and not path.exists():
        path.touch()
        what = "SIGSEGV"
    if what == "hang":
        time.sleep(60)
    elif what == "eat":
        eaten = bytearray(os.urandom(1 << 20) * 200)
        time.sleep(60)
        del eaten
    elif what == "print":
        os.write(1, b"words of a library\n")
    elif what == "long":
        for hour in range(1, 5):
            time.sleep(0.6)
            progress(3600.0 * hour, 4 * 3600.0)
    elif what == "no memory":
        raise MemoryError
    elif what.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, what))
    return {"path": str(path), "sha256": "ab" * 32, "worker": str(os.getpid())}


if __name__ == "__main__":
    serve(work)
