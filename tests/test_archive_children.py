"""Supervised processes: what is lost with one, and that nothing else is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.archive.children import Child, ChildLostError, ClosedError, Limits
from detector.archive.tasks import Staff, Task, Work

COMMAND = (sys.executable, str(Path(__file__).with_name("archive_child.py")))
ENOUGH = Limits(time_s=20.0, memory_mb=1000.0)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = Child(COMMAND)
    yield child
    child.close()


def test_one_process_answers_many_times(child: Child) -> None:
    pids = {child.ask({"do": "tell"}, ENOUGH)["worker"] for _ in range(5)}
    assert pids == {str(child.pid)}


def test_what_the_work_prints_is_no_answer(child: Child) -> None:
    assert child.ask({"do": "print"}, ENOUGH)["worker"] == str(child.pid)


@pytest.mark.parametrize(
    ("what", "limits", "reason", "outside"),
    [
        ("SIGSEGV", ENOUGH, "ended by SIGSEGV", False),
        ("SIGKILL", ENOUGH, "ended by SIGKILL", True),
        ("hang", Limits(0.3, 1000.0), "took more than 0.3 s", False),
        ("eat", Limits(20.0, 120.0), "took more than 120 MB of memory", False),
        ("no memory", ENOUGH, "ran out of memory", False),
    ],
)
def test_a_lost_child_costs_what_it_was_doing(
    child: Child, what: str, limits: Limits, reason: str, outside: bool
) -> None:
    before = child.ask({"do": "tell"}, ENOUGH)["worker"]
    with pytest.raises(ChildLostError, match=reason) as lost:
        child.ask({"do": what}, limits)
    assert lost.value.outside is outside
    assert child.ask({"do": "tell"}, ENOUGH)["worker"] != before


def test_long_sound_is_given_long_time(child: Child) -> None:
    assert child.ask({"do": "long"}, Limits(0.9, 1000.0))["worker"] == str(child.pid)


def test_a_child_lost_between_two_pieces_of_work_costs_none() -> None:
    staff = Staff(COMMAND)
    pids = set()
    for _ in range(4):
        answer = staff.answer(Task("/archive/tell", Work({}, limits=ENOUGH)))
        assert answer.reason is None
        pids.add(answer.worker)
        os.kill(int(answer.worker), signal.SIGKILL)
    assert len(pids) == 4
    staff.close()


def test_a_program_that_says_something_else_is_no_child() -> None:
    child = Child((sys.executable, "-c", "print('hello'); input()"))
    with pytest.raises(ChildLostError, match="something else than an answer"):
        child.ask({}, ENOUGH)
    child.close()


def test_a_closed_child_does_nothing_more() -> None:
    child = Child(COMMAND)
    child.ask({"do": "tell"}, ENOUGH)
    child.close()
    with pytest.raises(ClosedError):
        child.ask({"do": "tell"}, ENOUGH)


@pytest.mark.parametrize("what", ["tell", "hang"])
def test_children_end_with_their_parent_whatever_ends_it(what: str) -> None:
    code = (
        "import sys; from detector.archive.children import Child, Limits\n"
        "child = Child(sys.argv[2:]); limits = Limits(60.0, 1000.0)\n"
        "print(child.ask({'do': 'tell'}, limits)['worker'], flush=True)\n"
        "child.ask({'do': sys.argv[1]}, limits); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, what, *COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    _gone(pid)


def test_a_task_is_tried_once_more_after_a_crash(tmp_path: Path) -> None:
    staff, path = Staff(COMMAND), tmp_path / "crash once"
    answer = staff.answer(Task(str(path), Work({}, limits=ENOUGH)))
    assert (answer.reason, answer.sha256) == (None, "ab" * 32)
    assert answer.worker.isdecimal()
    staff.close()


@pytest.mark.parametrize(
    ("what", "limits", "reason"),
    [
        ("SIGABRT", ENOUGH, "the process that analysed it ended by SIGABRT, at each of several tries"),
        ("SIGKILL", ENOUGH, "the process that analysed it ended by SIGKILL, at each of several tries"),
        ("hang", Limits(0.2, 1000.0), "the process that analysed it took more than 0.2 s, at each of several tries"),
    ],
)
def test_a_file_that_no_child_survives_is_given_up_with_its_reason(what: str, limits: Limits, reason: str) -> None:
    staff = Staff(COMMAND)
    answer = staff.answer(Task(f"/archive/{what}", Work({}, limits=limits)))
    assert (answer.reason, answer.report, answer.sha256) == (reason, None, "ab" * 32)
    staff.close()


def _gone(pid: int) -> None:
    """Wait until a process has ended."""
    with contextlib.suppress(OSError):
        for _ in range(200):
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return
            time.sleep(0.05)
        pytest.fail(f"process {pid} lives on")
