"""A child process that does one piece of work after another, under limits, and can be lost without harm.

Work and answers go through pipes as lines of JSON. The child says how far it is, which lets its
time grow with what it has done; it ends with its parent, whatever ends that.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

Progress = Callable[[float, float], None]

_LOOK_S = 0.1  # how often time and memory are looked at
_TOLD_S = 0.5  # how often a child says how far it is
_MOST_HOURS = 48  # of sound that grant time: a file that never ends must end
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG
_OUTSIDE = {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"}  # no program that fails sends itself these
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Limits(NamedTuple):
    """What one piece of work may take: seconds for each begun hour of sound, and megabytes (where there is /proc)."""

    time_s: float
    memory_mb: float


class ChildLostError(Exception):
    """The child ended, or was ended, before it answered; `outside` when something else than its work ended it."""

    def __init__(self, reason: str, *, outside: bool = False) -> None:
        super().__init__(reason)
        self.outside = outside


class ClosedError(Exception):
    """No more work is done here."""


class Child:
    """A process that is started when it is needed, and anew after it was lost.

    Parameters
    ----------
    command
        A program that calls `serve`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._closed = False

    def ask(self, work: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """The answer to a piece of work, both plain data.

        Raises
        ------
        ChildLostError
            When the child crashed, or took more than it may.
        ClosedError
            After `close`, also of another thread.
        """
        process = self._running()
        assert process.stdin is not None
        with suppress(OSError, ValueError):  # lost just now: the wait for its answer tells how
            process.stdin.write(json.dumps(work).encode("ascii") + b"\n")
            process.stdin.flush()
        began_s, hours = time.monotonic(), 0.0
        while True:
            message = self._message(process)
            if message is not None and "lost" in message:
                self._lose(process, message["lost"])
            if message is not None and "done_s" not in message:
                return message
            hours = hours if message is None else max(hours, message["done_s"] / 3600)
            allowed_s = limits.time_s * (1 + int(min(hours, _MOST_HOURS)))
            if time.monotonic() - began_s > allowed_s:
                self._lose(process, f"took more than {allowed_s:g} s")
            if _resident_mb(process.pid) > limits.memory_mb:
                self._lose(process, f"took more than {limits.memory_mb:g} MB of memory")

    def close(self) -> None:
        """End the child at once."""
        self._closed = True
        self._end()

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return None if self._process is None else self._process.pid

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            if self._closed:
                raise ClosedError
            # A session of its own: Ctrl-C is for the parent, which ends the child when it is ready to.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **_ONE_THREAD, "DETECTOR_PARENT": str(os.getpid())},
            )
            self._said = queue.SimpleQueue()
            self._listener = threading.Thread(target=_listen, args=(self._process, self._said), daemon=True)
            self._listener.start()
        return self._process

    def _message(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        """What the child said, None when it said nothing for a moment."""
        try:
            line = self._said.get(timeout=_LOOK_S)
        except queue.Empty:
            return None
        if line:
            with suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    return message
            self._lose(process, "answered with something else than an answer")
        status = process.wait()
        if self._closed:
            raise ClosedError
        name = signal.Signals(-status).name if status < 0 else ""
        raise ChildLostError(f"ended by {name}" if name else f"ended with status {status}", outside=name in _OUTSIDE)

    def _lose(self, process: subprocess.Popen[bytes], reason: str) -> None:
        process.kill()
        process.wait()
        raise ChildLostError(reason)

    def _end(self) -> None:
        if self._process is None or self._listener is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):  # what it was not told any more
            self._process.stdin.close()
        self._listener.join()


def serve(work: Callable[[dict[str, Any], Progress], Mapping[str, Any]]) -> None:
    """Answer what comes in at standard input until it ends, or the parent does; for the child's side.

    Whatever the work prints is thrown away.
    """
    _end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    todo: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(todo,), daemon=True).start()

    def say(message: Mapping[str, Any]) -> None:
        answers.write(json.dumps(message).encode("ascii") + b"\n")
        answers.flush()

    while True:
        task = json.loads(todo.get())
        try:
            answer = work(task, _now_and_then(say))
        except MemoryError:
            answer = {"lost": "ran out of memory"}
        say(answer)


def _receive(todo: queue.SimpleQueue[bytes]) -> None:
    """Pass on work; when the other end is closed, nobody waits for the answer any more."""
    for line in sys.stdin.buffer:
        todo.put(line)
    os._exit(0)


def _end_with_parent() -> None:
    """Have the kernel end this process with its parent, where it does such things: a stuck decoder reads no pipe."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
        if os.environ.get("DETECTOR_PARENT", str(os.getppid())) != str(os.getppid()):  # it has gone already
            os._exit(0)


def _now_and_then(say: Callable[[Mapping[str, Any]], None]) -> Progress:
    last_s = time.monotonic()

    def progress(done_s: float, total_s: float) -> None:
        nonlocal last_s
        if time.monotonic() - last_s > _TOLD_S:
            last_s = time.monotonic()
            say({"done_s": done_s})

    return progress


def _listen(process: subprocess.Popen[bytes], said: queue.SimpleQueue[bytes]) -> None:
    """Pass on lines, and an empty one at the end."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            said.put(line)
    said.put(b"")


def _resident_mb(pid: int) -> float:
    """Memory of a process; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    except (OSError, IndexError, ValueError, AttributeError):
        return 0.0
