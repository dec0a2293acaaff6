"""Read thousands of damaged files, and write to docs/ROBUSTNESS.md what came of it.

python scripts/fuzz.py --texts 20000 --media 20000 [--seed 1] [--jobs 2] [--out FOLDER] [--write]
python scripts/fuzz.py --again report-1-17 [--out FOLDER]

Every case is known by its kind, seed and number. Of a finding the file is written to `--out`, with
what went wrong beside it. `--again` tries one case once more and keeps its file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from detector.lab import fuzzing
from detector.lab.fuzz_readers import Seeds, write_seeds
from detector.lab.marked import fill
from detector.lab.robustness_page import fuzzed

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit status: 0 nothing found, 1 findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=900, help="mutated texts and catalogues (default: 900)")
    parser.add_argument("--media", type=int, default=100, help="mutated media files (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--again", help="one case, as it was told")
    parser.add_argument("--out", type=Path, help="folder for the files of findings (default: none is kept)")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/ROBUSTNESS.md")
    options = parser.parse_args()
    if options.again:
        kind, seed, number = options.again.rsplit("-", 2)
        asked = [fuzzing.Case(kind, int(seed), int(number))]
    else:
        asked = fuzzing.cases(options.media, options.texts, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        seeds = write_seeds(ROOT / "fixtures", Path(folder))
        outcomes = fuzzing.run(asked, seeds, options.jobs, lambda outcome: _tell(outcome, seeds, options.out))
        if options.again and options.out:
            _keep(outcomes[0], seeds, options.out)
    for cause, times in Counter(fuzzing.signature(o.told) for o in outcomes if o.is_finding).most_common():
        print(f"{times:6} {cause}")
    text = fuzzed(outcomes, options.seed)
    print(text)
    if options.write:
        fill(ROOT / "docs" / "ROBUSTNESS.md", {"fuzzing": text})
    return int(any(outcome.is_finding for outcome in outcomes))


def _tell(outcome: fuzzing.Outcome, seeds: Seeds, out: Path | None) -> None:
    if outcome.is_finding:
        print(f"{outcome.case.name}: {fuzzing.signature(outcome.told)}", file=sys.stderr, flush=True)
        if out:
            _keep(outcome, seeds, out)


def _keep(outcome: fuzzing.Outcome, seeds: Seeds, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name, injured = fuzzing.content(outcome.case, seeds)
    (out / f"{outcome.case.name}.{name}").write_bytes(injured)
    (out / f"{outcome.case.name}.told").write_text(outcome.told, encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
