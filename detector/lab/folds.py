"""Which fold everything belongs to, fixed in one file that every script reads.

What shares a gun, a place or a source is one group, and a group is in one of five folds. The file
`folds.json` beside this module names them, so that a model fitted without a fold stays a fair
judge of it when recordings come in later: what the file does not name gets its fold from its name
alone, whatever else there is.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from detector.lab.corpus import Case, read_corpus
from detector.lab.corpus import folds as balanced

FOLDS = 5
RESPONSES = "impulse_responses"  # folder of places; each of its files is a group of its own


@lru_cache(maxsize=1)
def fixed() -> Mapping[str, int]:
    """Group -> fold, as the file says; do not change it."""
    named: dict[str, int] = json.loads(files("detector.lab").joinpath("folds.json").read_text(encoding="utf-8"))
    return named


def fold_of(group: str) -> int:
    """The fold 0..4 of a group, of a case or `impulse_responses/NAME`: as fixed, else from its name alone.

    Examples
    --------
    >>> fold_of("a place nobody has been to") == fold_of("a place nobody has been to")
    True
    """
    return fixed().get(group, zlib.crc32(group.encode()) % FOLDS)


def fold_of_groups(cases: Sequence[Case]) -> dict[str, int]:
    """Group -> fold for every group of some cases; scenes that tell of their material's fold are in that one."""
    return {case.group: fold_of(case.group) if case.fold is None else case.fold for case in cases}


def written(corpus: Path, afresh: bool = False) -> str:
    """The text of `folds.json`: what it says now, and the folds of what a corpus holds besides.

    `afresh` forgets what was fixed and shares every part of the corpus evenly (`corpus.folds`),
    impulse responses in turn. Models fitted before are then no test of anything.

    Raises
    ------
    DetectorError
        When the folder holds no corpus.
    """
    cases = read_corpus(corpus)
    responses = [f"{RESPONSES}/{path.stem}" for path in sorted((corpus / RESPONSES).glob("*.flac"))]
    if afresh:
        named = balanced(cases, FOLDS) | {name: row % FOLDS for row, name in enumerate(responses)}
    else:
        named = dict(fixed()) | fold_of_groups(cases) | {name: fold_of(name) for name in responses}
    return json.dumps(named, indent=0, sort_keys=True, ensure_ascii=False) + "\n"
