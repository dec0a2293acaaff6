"""Measure a small cut of a corpus with the published model and fail when a figure got worse beyond its error.

python scripts/check_accuracy.py --corpus DIR [--update]

The files stand by name in tests/accuracy_cut.json, with what was found in each when the figures were
last committed: all with complete labels, spread evenly over the sets and their families. The published
model was fitted on these files, so this guards against changes for the worse and says nothing about
accuracy; docs/ACCURACY.md does. The error is that of drawing such files: `lab/regression.py` draws them
anew with replacement, the same for then and now. After a change that is meant, `--update` takes what is
found now as the figures to hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import astuple
from importlib.resources import files
from pathlib import Path

from detector.errors import DetectorError
from detector.lab import regression
from detector.lab.corpus import Case, read_corpus
from detector.lab.evaluate import detect_case
from detector.lab.regression import Row

CUT = Path(__file__).parent.parent / "tests" / "accuracy_cut.json"


def main() -> int:
    """Exit status: 0 no figure is worse, 1 at least one is, 2 wrong usage."""
    parser = argparse.ArgumentParser(description="Has a change made the published model worse on a few files?")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--cut", type=Path, default=CUT, help="file with the names and the figures to hold")
    parser.add_argument("--update", action="store_true", help="write what is found now as the figures to hold")
    options = parser.parse_args()
    if not options.corpus:
        print("check_accuracy: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    kept = json.loads(options.cut.read_text(encoding="utf-8"))
    try:
        cases = _named(options.corpus, kept["files"])
    except DetectorError as error:
        print(f"check_accuracy: {error}", file=sys.stderr)
        return 2
    before = {name: Row(*numbers) for name, numbers in kept["files"].items()}
    now = {name: regression.row(case, detect_case(case, 0)) for name, case in cases.items()}
    groups = {name: regression.group(case) for name, case in cases.items()}
    found = regression.changes(groups, before, now)
    print(regression.table(found))
    moved = [f"  {name}: {before[name]} -> {now[name]}" for name in cases if before[name] != now[name]]
    print("\n".join([f"{len(cases)} files, {len(moved)} of them judged otherwise than then", *moved]))
    if options.update:
        options.cut.write_text(_text(now), encoding="utf-8")
        return 0
    return _verdict(found, kept["model_sha256"])


def _named(corpus: str, names: Mapping[str, object]) -> dict[str, Case]:
    """The cases of these names.

    Raises
    ------
    DetectorError
        When the corpus lacks one of them, or is none.
    """
    known = {case.name: case for case in read_corpus(corpus)}
    if lacking := sorted(set(names) - set(known)):
        raise DetectorError(f"{corpus}: no {lacking[0]} here, nor {len(lacking) - 1} others; give the whole corpus")
    return {name: known[name] for name in sorted(names)}


def _verdict(found: list[regression.Change], model_sha256: str) -> int:
    worse = [f"{change.group}, {change.figure}" for change in found if change.worse]
    if worse:
        other = " (another model than then)" if model_sha256 != _model_sha256() else ""
        print(f"check_accuracy: worse beyond its error{other}: {'; '.join(worse)}", file=sys.stderr)
    return 1 if worse else 0


def _model_sha256() -> str:
    return hashlib.sha256(files("detector.data").joinpath("model.npz").read_bytes()).hexdigest()


def _text(rows: Mapping[str, Row]) -> str:
    lines = [f"    {json.dumps(name)}: {json.dumps(list(astuple(rows[name])))}" for name in sorted(rows)]
    head = f'{{\n  "model_sha256": "{_model_sha256()}",\n  "columns": {json.dumps(list(Row.__dataclass_fields__))},\n'
    return head + '  "files": {\n' + ",\n".join(lines) + "\n  }\n}\n"


if __name__ == "__main__":
    sys.exit(main())
