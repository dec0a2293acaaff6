"""The folds that every script shares: fixed by name, a rule for the rest, nothing in two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from detector.lab import folds
from detector.lab.corpus import folds as balanced
from detector.lab.corpus import read_corpus
from detector.lab.folds import FOLDS, fixed, fold_of, fold_of_groups, written
from tests.pieces import small_corpus

FILE = Path(folds.__file__).with_suffix(".json")
SCRIPT = Path(__file__).parents[1] / "scripts" / "write_folds.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_corpus(tmp_path_factory.mktemp("corpus"))


def test_no_group_is_in_two_folds_and_every_fold_has_its_share() -> None:
    pairs = json.loads(FILE.read_text(encoding="utf-8"), object_pairs_hook=list)
    assert max(Counter(group for group, _ in pairs).values()) == 1
    sizes = Counter(fold for _, fold in pairs)
    assert sorted(sizes) == list(range(FOLDS))
    assert min(sizes.values()) > len(pairs) / FOLDS / 2


def test_a_group_that_is_fixed_has_that_fold_and_any_other_one_by_its_name() -> None:
    group, fold = next(iter(fixed().items()))
    assert fold_of(group) == fold
    others = [fold_of(f"place {number}") for number in range(200)]
    assert set(others) == set(range(FOLDS))
    assert others == [fold_of(f"place {number}") for number in range(200)]


def test_cases_get_the_folds_of_their_groups(root: Path) -> None:
    cases = read_corpus(root)
    assert fold_of_groups(cases) == {case.group: fold_of(case.group) for case in cases}
    assert fold_of_groups(cases[:1]).items() <= fold_of_groups(cases).items()


def test_what_comes_in_is_added_and_nothing_moves(root: Path) -> None:
    named = json.loads(written(root))
    groups = {case.group for case in read_corpus(root)}
    responses = {f"impulse_responses/{path.stem}" for path in root.glob("impulse_responses/*.flac")}
    assert fixed().items() <= named.items()
    assert set(named) - set(fixed()) == (groups | responses) - set(fixed())
    assert responses
    assert all(named[name] == fold_of(name) for name in groups | responses)


def test_dealt_afresh_every_part_is_shared_evenly(root: Path) -> None:
    named = json.loads(written(root, afresh=True))
    assert balanced(read_corpus(root)).items() <= named.items()
    responses = Counter(fold for name, fold in named.items() if name.startswith("impulse_responses/"))
    assert max(responses.values()) - min(responses.values()) <= 1


def test_the_script_writes_the_file_and_names_what_is_missing(root: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "GUNSHOT_CORPUS"}
        command = [sys.executable, str(SCRIPT), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    out = tmp_path / "folds.json"
    done = run("--corpus", str(root), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert out.read_text(encoding="utf-8") == written(root)
    assert f"{len(json.loads(written(root)))} groups" in done.stdout
    assert (run().returncode, run().stderr.count("\n")) == (2, 1)
    empty = run("--corpus", str(tmp_path / "nothing"))
    assert (empty.returncode, "no corpus here" in empty.stderr) == (2, True)


@pytest.mark.skipif("GUNSHOT_CORPUS" not in os.environ, reason="needs the corpus folder in GUNSHOT_CORPUS")
def test_the_file_is_that_of_the_corpus() -> None:
    root = Path(os.environ["GUNSHOT_CORPUS"])
    assert fold_of_groups(cases := read_corpus(root)) == balanced(cases)
    assert FILE.read_text(encoding="utf-8") == written(root, afresh=True) == written(root)
