"""Many files that are nearly whole, read one by one in supervised child processes: what must not happen, and did."""

from __future__ import annotations

import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from detector.archive.children import Child, ChildLostError, Limits, Progress, serve
from detector.errors import DetectorError
from detector.lab.fuzz_readers import MEDIA, TEXTS, Seeds, mutated, read
from detector.records import Report

COMMAND = (sys.executable, "-m", "detector.lab.fuzzing")
LIMITS = {MEDIA: Limits(time_s=60.0, memory_mb=1000.0)} | dict.fromkeys(TEXTS, Limits(time_s=10.0, memory_mb=1000.0))
_PLACES = 3  # of a traceback that tell findings apart


class Case(NamedTuple):
    """One mutated file: the same kind, seed and number give the same bytes."""

    kind: str
    seed: int
    number: int

    @property
    def name(self) -> str:
        """As it is told, and asked for again."""
        return f"{self.kind}-{self.seed}-{self.number}"


@dataclass(frozen=True)
class Outcome:
    """What became of a case: `told` is "read" or "refused", or what went wrong, which is a finding."""

    case: Case
    told: str

    @property
    def is_finding(self) -> bool:
        """Did something happen that must not?"""
        return self.told not in ("read", "refused")


def cases(media: int, texts: int, seed: int) -> list[Case]:
    """So many cases, the texts dealt to their kinds in turn."""
    dealt = [Case(TEXTS[number % len(TEXTS)], seed, number) for number in range(texts)]
    return dealt + [Case(MEDIA, seed, number) for number in range(media)]


def content(case: Case, seeds: Seeds) -> tuple[str, bytes]:
    """The name and the bytes of a case."""
    return mutated(case.kind, seeds, np.random.default_rng([case.seed, case.number, (MEDIA, *TEXTS).index(case.kind)]))


def tried(case: Case, seeds: Seeds, folder: Path) -> Outcome:
    """What becomes of a case here and now, its file written to `folder`; a hang or a crash is not caught."""
    name, injured = content(case, seeds)
    path = folder / name
    path.write_bytes(injured)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            wrong = read(case.kind, path, seeds)
    except DetectorError as error:
        return Outcome(case, _refused(str(error)))
    except MemoryError:
        return Outcome(case, f"MemoryError\n{traceback.format_exc()}")
    except Exception as error:
        return Outcome(case, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    finally:
        path.unlink()
    return Outcome(case, f"wrong: {wrong}" if wrong else "read")


def run(asked: Sequence[Case], seeds: Seeds, jobs: int, told: Callable[[Outcome], None]) -> list[Outcome]:
    """Outcomes in the order of the cases, `told` as they come; each child that is lost costs one case."""
    folder, idle = seeds.folder, SimpleQueue[Child]()
    children = [Child((*COMMAND, str(folder))) for _ in range(jobs)]
    for child in children:
        idle.put(child)

    def outcome(case: Case) -> Outcome:
        child = idle.get()
        try:
            answer = child.ask({"case": list(case)}, LIMITS[case.kind])
            found = Outcome(case, answer.get("told", answer.get("lost", "no answer")))
        except ChildLostError as lost:
            found = Outcome(case, f"lost: {lost}")
        finally:
            idle.put(child)
        told(found)
        return found

    try:
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(outcome, asked))
    finally:
        for child in children:
            child.close()


def signature(told: str) -> str:
    """What is alike in findings of one cause: the error and where it was raised, without numbers that differ."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    places = [line.split(", in ")[-1] for line in lines if line.startswith("File ")]
    return " < ".join([lines[0].split(":")[0] if places else lines[0], *reversed(places[-_PLACES:])])


def figures(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, int, int, int, int]]:
    """For each kind: cases, those that were read, those refused in a sentence, findings."""
    for kind in (MEDIA, *TEXTS):
        told = Counter("finding" if o.is_finding else o.told for o in outcomes if o.case.kind == kind)
        if told:
            yield kind, told.total(), told["read"], told["refused"], told["finding"]


def _refused(message: str) -> str:
    """A refusal is one line that can be printed anywhere."""
    if "\n" in message or not message.strip():
        return f"wrong: the refusal is not one line: {message!r}"
    return "refused"


def _work(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    seeds = _seeds(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        return {"told": tried(Case(*asked["case"]), seeds, Path(folder)).told}


@cache
def _seeds(folder: str) -> Seeds:
    return kept_seeds(Path(folder))


def kept_seeds(folder: Path) -> Seeds:
    """The seeds that `write_seeds` has left in a folder."""
    return Seeds(folder, Report.from_json((folder / "report" / "report.json").read_text("utf-8")))


if __name__ == "__main__":
    serve(_work)
