"""Put small errors into detector/core, one at a time in a copy, and see whether the tests notice.

python scripts/mutate.py [--each 20] [--modules NAME ...] [--seed 1] [--jobs 2] [--minutes 60] [--known FILE] [--write]

`--known` keeps what became of each error: a later run with the same file does not try again what was caught, as long as
the module is the same. `--write` puts the figures, and every error that survived, into docs/ROBUSTNESS.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from detector.lab import mutation, threads
from detector.lab.marked import fill
from detector.lab.robustness_page import mutated

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "detector" / "core"
FIRST_S = 600  # for the tests of a module as it is
PATIENCE = (30, 10)  # seconds, and times what they took then, after which the tests of a mutant hang


def main() -> int:
    """Exit status: 0 done, 1 the tests fail without any error put in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=20, help="how many in every module that has them (default: 20)")
    parser.add_argument("--modules", nargs="*", help="names in detector/core (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--minutes", type=float, default=60, help="after which no new one is tried (default: 60)")
    parser.add_argument("--known", type=Path, help="JSON lines of earlier runs; read, and added to")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/ROBUSTNESS.md")
    options = parser.parse_args()
    threads.one_each()
    sources = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in sorted(CORE.glob("[a-z]*.py"))}
    if options.modules:
        sources = {name: text for name, text in sources.items() if Path(name).stem in options.modules}
    chosen = mutation.sample(sources, options.each, options.seed)
    known = _known(options.known)
    open_ = [mutant for mutant in chosen if known.get(mutant.key) in (None, "survived")]
    failing, end_s = [], time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        bench = _Bench.of([mutation.copied(ROOT, Path(folder) / str(number)) for number in range(options.jobs)])
        for module, mutants in itertools.groupby(open_, key=lambda mutant: mutant.module):
            took_s = bench.whole_s(module) if time.monotonic() < end_s else 0.0
            if took_s is None:
                failing.append(module)
                continue
            for fate in pool.map(partial(bench.fate, took_s=took_s, end_s=end_s), mutants):
                if fate is not None:
                    known[fate.mutant.key] = fate.state
                    _keep(fate, options.known)
    fates = [mutation.Fate(each, known[each.key]) for each in chosen if each.key in known]
    text = mutated(fates, len(chosen), options.seed)
    print(text)
    if options.write:
        fill(ROOT / "docs" / "ROBUSTNESS.md", {"mutation": text})
    for name in failing:
        print(f"{name}: its tests fail as it is, and were not asked", file=sys.stderr)
    return int(bool(failing))


@dataclass(frozen=True)
class _Bench:
    """Copies of the project that are not in use."""

    idle: SimpleQueue[Path]

    @classmethod
    def of(cls, copies: list[Path]) -> _Bench:
        idle = SimpleQueue[Path]()
        for copy in copies:
            idle.put(copy)
        return cls(idle)

    def whole_s(self, module: str) -> float | None:
        """How long the tests of a module take, None when they fail without an error in it."""
        copy, begun_s = self.idle.get(), time.monotonic()
        try:
            failed = mutation.fails(copy, _tests(module), FIRST_S, whole=True)
        finally:
            self.idle.put(copy)
        took_s = time.monotonic() - begun_s
        print(f"{took_s:6.1f} s {' '.join(_tests(module))}{' FAIL' * failed}", file=sys.stderr, flush=True)
        return None if failed else took_s

    def fate(self, mutant: mutation.Mutant, took_s: float, end_s: float) -> mutation.Fate | None:
        """What the tests say of a mutant, None after the end."""
        if time.monotonic() > end_s:
            return None
        copy = self.idle.get()
        try:
            fate = mutation.fate(mutant, copy, _tests(mutant.module), PATIENCE[0] + PATIENCE[1] * took_s)
        finally:
            self.idle.put(copy)
        print(f"{fate.state:9} {mutant.module}:{mutant.line} {mutant.what}", file=sys.stderr, flush=True)
        return fate


def _known(path: Path | None) -> dict[str, str]:
    """State by key; the last one counts."""
    lines = path.read_text("utf-8").splitlines() if path is not None and path.exists() else []
    return {row["key"]: row["state"] for row in map(json.loads, lines)}


def _keep(fate: mutation.Fate, path: Path | None) -> None:
    if path is not None:
        row = {"key": fate.mutant.key, "state": fate.state, "module": fate.mutant.module, "what": fate.mutant.what}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _tests(module: str) -> list[str]:
    return mutation.mirroring(ROOT / module, ROOT / "tests")


if __name__ == "__main__":
    sys.exit(main())
