"""The guard against changes for the worse: what it lets pass and what it stops."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from detector.lab.corpus import Case, read_corpus
from detector.lab.metrics import Marks
from detector.lab.regression import Change, Row, changes, group, row, table
from detector.records import CountInterval
from tests.builders import make_report
from tests.pieces import small_corpus

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "check_accuracy.py"
CUT = json.loads((ROOT / "tests" / "accuracy_cut.json").read_text(encoding="utf-8"))

RIGHT = Row(right_10=3, judged_10=3, right_50=3, judged_50=3, audible=3, counted=1, covered=1)
SHORT = dataclasses.replace(RIGHT, right_10=2, judged_10=2, right_50=2, judged_50=2, counted=0)
HEAVY = Row(right_10=60, judged_10=70, right_50=65, judged_50=70, audible=80, counted=1, covered=1)


def compared(before: list[Row], now: list[Row], name: str = "real gunfire") -> dict[str, Change]:
    names = [f"file {number}" for number in range(len(before))]
    found = changes(
        dict.fromkeys(names, name), dict(zip(names, before, strict=True)), dict(zip(names, now, strict=True))
    )
    return {change.figure: change for change in found}


def worse(before: list[Row], now: list[Row], name: str = "real gunfire") -> set[str]:
    return {figure for figure, change in compared(before, now, name).items() if change.worse}


def make_case(count_low: int, count_high: int, times_s: list[float], audible: list[bool]) -> Case:
    return Case(
        name="a",
        collection="range",
        family="x",
        path=Path("a.wav"),
        material="real",
        duration_s=9.0,
        marks=Marks.of(times_s, audible),
        labels_complete=True,
        count=count_low,
        count_low=count_low,
        count_high=count_high,
    )


def test_a_row_says_what_was_found_in_a_file() -> None:
    case = make_case(3, 4, [1.0, 2.0, 3.0, 4.0], [True, True, True, False])
    report = make_report([1.002, 2.03, 4.0, 5.0, 6.0])
    shots = (*report.shots[:-1], dataclasses.replace(report.shots[-1], status="possible"))
    report = dataclasses.replace(report, shots=shots, count=CountInterval(1, 3, 5, 6))
    assert row(case, report) == Row(right_10=1, judged_10=3, right_50=2, judged_50=3, audible=3, counted=0, covered=1)
    deaf = row(case, dataclasses.replace(report, shots=(), count=None))
    assert (deaf.judged_50, deaf.counted, deaf.covered) == (0, 0, 0)


def test_groups_tell_real_composed_and_nothing_apart() -> None:
    shots = make_case(1, 1, [1.0], [True])
    assert group(shots) == "real gunfire"
    assert group(dataclasses.replace(shots, material="composed")) == "composed gunfire"
    assert group(make_case(0, 0, [], [])) == "no gunfire"


def test_what_stays_the_same_or_becomes_better_is_not_worse() -> None:
    before = [RIGHT, SHORT, HEAVY] * 4
    assert worse(before, before) == set()
    assert worse(before, [RIGHT, RIGHT, HEAVY] * 4) == set()


def test_one_file_of_many_may_become_worse_and_three_may_not() -> None:
    before = [RIGHT] * 10
    assert worse(before, [SHORT, *before[1:]]) == set()
    assert worse(before, [SHORT] * 4 + before[4:]) == {"F1 at 10 ms", "F1 at 50 ms", "counts in range"}


def test_what_some_lose_others_may_win() -> None:
    before = [RIGHT] * 6 + [SHORT] * 6
    assert worse(before, before[::-1]) == set()


def test_a_file_that_weighs_much_may_not_fall_apart() -> None:
    before = [HEAVY, *[RIGHT] * 9]
    lost = dataclasses.replace(HEAVY, right_10=10, right_50=64)
    assert worse(before, [lost, *before[1:]]) == {"F1 at 10 ms"}


def test_fewer_false_shots_are_better() -> None:
    silent = Row(0, 0, 0, 0, 0, 1, 1)
    fooled = dataclasses.replace(silent, judged_10=5, judged_50=5, counted=0)
    before = [silent] * 8 + [fooled] * 4
    assert worse(before, [silent] * 12, "no gunfire") == set()
    assert worse(before, [fooled] * 12, "no gunfire") == {"false shots a file", "counts in range"}
    assert compared(before, before, "no gunfire")["false shots a file"].before == pytest.approx(20 / 12)


def test_figures_and_their_errors() -> None:
    found = compared([RIGHT] * 75 + [SHORT] * 25, [RIGHT] * 50 + [SHORT] * 50)
    assert found["F1 at 10 ms"].before == pytest.approx(2 * 275 / (275 + 300))
    assert (found["counts in range"].before, found["counts in range"].now) == (0.75, 0.5)
    assert found["counts in range"].error == pytest.approx(math.sqrt(0.75 * 0.25 / 100), rel=0.05)
    assert compared([RIGHT] * 10, [RIGHT] * 10)["F1 at 10 ms"].error > 0.01


def test_the_table_marks_what_became_worse() -> None:
    lines = table(list(compared([RIGHT] * 10, [SHORT] * 10).values())).splitlines()
    assert [line.endswith("WORSE") for line in lines] == [False, True, True, True, False]
    assert lines[1].split()[:6] == ["real", "gunfire,", "F1", "at", "10", "ms"]
    assert "1.000" in lines[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "GUNSHOT_CORPUS"}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_script_holds_what_it_wrote_and_stops_what_is_worse(tmp_path: Path) -> None:
    root, cut = small_corpus(tmp_path / "corpus"), tmp_path / "cut.json"
    names = [case.name for case in read_corpus(root) if case.labels_complete and not case.gun_free]
    better = [9, 9, 9, 9, 9, 1, 1]
    cut.write_text(json.dumps({"model_sha256": "x", "files": dict.fromkeys(names, better)}))
    arguments = ("--corpus", str(root), "--cut", str(cut))
    stopped = run(*arguments)
    assert stopped.returncode == 1, stopped.stderr
    assert "worse beyond its error (another model than then): " in stopped.stderr
    assert run(*arguments, "--update").returncode == 0
    held = run(*arguments)
    assert held.returncode == 0, held.stderr
    assert f"{len(names)} files, 0 of them judged otherwise than then" in held.stdout
    assert list(json.loads(cut.read_text())["files"]) == sorted(names)


def test_wrong_usage_is_one_line_and_status_2(tmp_path: Path) -> None:
    unnamed = run()
    assert (unnamed.returncode, "--corpus DIR" in unnamed.stderr, unnamed.stderr.count("\n")) == (2, True, 1)
    other = run("--corpus", str(small_corpus(tmp_path)))
    assert (other.returncode, "give the whole corpus" in other.stderr) == (2, True)


def test_the_cut_is_small_and_has_files_of_every_set() -> None:
    names = list(CUT["files"])
    assert 38 <= len(names) <= 48
    assert len(set(names)) == len(names)
    sets = Counter(name.split("/")[0] for name in names)
    assert set(sets) == {"beds", "not_gunfire", "phones", "pittsburgh", "range", "scenes"}
    assert CUT["columns"] == [field.name for field in dataclasses.fields(Row)]


@pytest.mark.skipif("GUNSHOT_CORPUS" not in os.environ, reason="needs the corpus folder in GUNSHOT_CORPUS")
def test_the_files_of_the_cut_are_labelled_in_full() -> None:
    cases = {case.name: case for case in read_corpus(os.environ["GUNSHOT_CORPUS"])}
    assert [name for name in CUT["files"] if not cases[name].labels_complete] == []
    assert {cases[name].collection for name in CUT["files"]} == {case.collection for case in cases.values()}
