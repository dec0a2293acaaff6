"""Put small errors into detector/core, one at a time in a copy, and see whether the tests notice.

python scripts/mutate.py [--mutants 400] [--modules NAME ...] [--seed 1] [--jobs 2] [--minutes 60] [--write]

`--write` puts the figures, and every error that survived, into docs/ROBUSTNESS.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from detector.lab import mutation
from detector.lab.robustness_page import mutated, write

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "detector" / "core"
TIMEOUT_S = 120  # for the tests of a mutant, which are caught when they hang


def main() -> int:
    """Exit status: 0 done, 1 the tests fail without any error put in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=400, help="how many, dealt to the modules (default: 400)")
    parser.add_argument("--modules", nargs="*", help="names in detector/core (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--minutes", type=float, default=60, help="after which no new one is tried (default: 60)")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/ROBUSTNESS.md")
    options = parser.parse_args()
    sources = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in sorted(CORE.glob("[a-z]*.py"))}
    if options.modules:
        sources = {name: text for name, text in sources.items() if Path(name).stem in options.modules}
    chosen = mutation.sample(sources, options.mutants, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        copies = [mutation.copied(ROOT, Path(folder) / str(number)) for number in range(options.jobs)]
        modules = sorted({mutant.module for mutant in chosen})
        with ThreadPoolExecutor(options.jobs) as pool:
            idle = SimpleQueue[Path]()
            for copy in copies:
                idle.put(copy)
            failing = [name for name in pool.map(partial(_fails, idle=idle), modules) if name]
            end_s = time.monotonic() + 60 * options.minutes
            tried = [each for each in chosen if each.module not in failing]
            fates = [fate for fate in pool.map(partial(_fate, idle=idle, end_s=end_s), tried) if fate is not None]
    text = mutated(fates, options.seed)
    print(text)
    if options.write:
        write(ROOT / "docs" / "ROBUSTNESS.md", "mutation", text)
    for name in failing:
        print(f"{name}: its tests fail as it is, and were not asked", file=sys.stderr)
    return int(bool(failing))


def _fails(module: str, idle: SimpleQueue[Path]) -> str:
    """The module's name when its tests fail without an error in it, else nothing."""
    copy = idle.get()
    try:
        return module if mutation.fails(copy, _tests(module), TIMEOUT_S) else ""
    finally:
        idle.put(copy)


def _fate(mutant: mutation.Mutant, idle: SimpleQueue[Path], end_s: float) -> mutation.Fate | None:
    if time.monotonic() > end_s:
        return None
    copy = idle.get()
    try:
        fate = mutation.fate(mutant, copy, _tests(mutant.module), TIMEOUT_S)
    finally:
        idle.put(copy)
    print(f"{fate.state:9} {mutant.module}:{mutant.line} {mutant.what}", file=sys.stderr, flush=True)
    return fate


def _tests(module: str) -> Sequence[str]:
    return mutation.mirroring(ROOT / module, ROOT / "tests")


if __name__ == "__main__":
    sys.exit(main())
