"""Fix the folds of a corpus in detector/lab/folds.json: new groups are added, known ones keep theirs.

python scripts/write_folds.py --corpus DIR [--afresh]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from detector.errors import DetectorError
from detector.lab.folds import fixed, written

FILE = Path(__file__).parent.parent / "detector" / "lab" / "folds.json"


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(description="Fix the folds of a corpus in a file.")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--afresh", action="store_true", help="deal everything again: all models must be fitted again")
    parser.add_argument("--out", type=Path, default=FILE, help="file to write")
    options = parser.parse_args()
    if not options.corpus:
        print("write_folds: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    before = {} if options.afresh else dict(fixed())
    try:
        text = written(Path(options.corpus), options.afresh)
    except DetectorError as error:
        print(f"write_folds: {error}", file=sys.stderr)
        return 2
    options.out.write_text(text, encoding="utf-8")
    named = json.loads(text)
    print(f"{len(named)} groups, {len(named) - len(before)} of them new: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
