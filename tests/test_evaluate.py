import dataclasses
from pathlib import Path

import pytest
import soundfile

from detector.lab.corpus import Case
from detector.lab.evaluate import DETECTOR, WITH_POSSIBLE, Outcome, evaluate, select, source_sha256, volleys_of
from detector.lab.metrics import Marks
from detector.lab.peers import PEERS
from detector.records import CountInterval, Rejected, Report
from tests.builders import make_report
from tests.scripts import refusal
from tests.soundscape import bangs

RATE = 8000
SHOTS_S = (0.5, 1.0, 1.4)
SCRIPT = Path(__file__).parents[1] / "scripts" / "evaluate.py"


def make_case(
    folder: Path, name: str, collection: str, family: str, times_s: tuple[float, ...] = (), duration_s: float = 2.0
) -> Case:
    path = folder / f"{name}.wav"
    soundfile.write(path, bangs(times_s, RATE, duration_s), RATE)
    n = len(times_s)
    return Case(
        name=f"{collection}/{name}",
        collection=collection,
        family=family,
        path=path,
        material="composed" if collection == "scenes" else "real",
        duration_s=duration_s,
        marks=Marks.of(times_s),
        labels_complete=True,
        count=n,
        count_low=n,
        count_high=n,
        group=name,
    )


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return [
        make_case(tmp_path, "door", "not_gunfire", "door_slam"),
        make_case(tmp_path, "r1", "range", "weak echo", SHOTS_S),
        make_case(tmp_path, "r2", "range", "weak echo", (0.7,)),
        make_case(tmp_path, "q1", "scenes", "quiet"),
    ]


def all_folds(cases: list[Case]) -> dict[str, int]:
    return {case.group: row for row, case in enumerate(cases)}


def stand_in(case: Case, fold: int) -> Report:
    """Finds every shot 2 ms late, is unsure of the last and rejects something a quarter second in; fold 9 fails."""
    if fold == 9:
        raise ValueError("no model")
    report = make_report([time + 0.002 for time in case.marks.time_s], rejected=[Rejected(99, 0.25, 0.1, "echo")])
    shots = report.shots
    if shots:
        shots = (*shots[:-1], dataclasses.replace(shots[-1], status="possible"))
    n = len(shots)
    return dataclasses.replace(report, shots=shots, count=CountInterval(max(n - 1, 0), max(n - 1, 0), n, n + 1))


def rows(outcomes: list[Outcome], case: str) -> dict[str, Outcome]:
    return {o.method: o for o in outcomes if o.case.name == case}


def test_every_method_answers_for_every_case(cases: list[Case]) -> None:
    outcomes = evaluate(cases, all_folds(cases), stand_in)
    assert [o.case.name for o in outcomes[:: 2 + len(PEERS)]] == [case.name for case in cases]
    own = rows(outcomes, "range/r1")
    assert list(own) == [DETECTOR, WITH_POSSIBLE, *PEERS]
    assert own[DETECTOR].onset_s.tolist() == pytest.approx([0.502, 1.002])
    assert own[WITH_POSSIBLE].onset_s.size == own[DETECTOR].count == 3
    assert own[DETECTOR].candidate_s.tolist() == pytest.approx([0.25, 0.502, 1.002, 1.402])
    assert {outcome.rate_hz for outcome in own.values()} == {RATE}


def test_every_method_counts_every_true_volley(tmp_path: Path) -> None:
    case = make_case(tmp_path, "r", "range", "x", (0.5, 0.7, 1.0, 8.0), duration_s=10.0)
    own = rows(evaluate([case], {"r": 0}, stand_in), case.name)
    assert own[DETECTOR].volley_count.tolist() == own[WITH_POSSIBLE].volley_count.tolist() == [3, 1]
    assert [interval is not None for interval in own[DETECTOR].volley_interval] == [True, True]
    assert own["peaks, 6 dB, 200 ms"].volley_count.tolist() == [3, 1]
    assert own["peaks, 6 dB, 200 ms"].volley_interval == ()


def test_volleys_are_not_judged_where_their_truth_is_not_known(cases: list[Case]) -> None:
    assert volleys_of(cases[1]).high.tolist() == [3]
    shown_again = dataclasses.replace(cases[1], count=2, count_low=2, count_high=2)
    assert volleys_of(shown_again).high.size == 0
    unlabelled = dataclasses.replace(cases[1], marks=Marks.of([]), labels_complete=False)
    assert volleys_of(unlabelled).high.size == 0


def test_the_detector_gets_the_fold_of_its_group(cases: list[Case]) -> None:
    seen: list[tuple[str, int]] = []

    def spy(case: Case, fold: int) -> Report:
        seen.append((case.group, fold))
        return stand_in(case, fold)

    evaluate(cases, {"door": 3, "r1": 1, "r2": 4, "q1": 0}, spy)
    assert seen == [("door", 3), ("r1", 1), ("r2", 4), ("q1", 0)]


def test_a_failing_detector_names_the_case(cases: list[Case]) -> None:
    with pytest.raises(RuntimeError, match=r"failed on range/r1 .*r1\.wav.*no model"):
        evaluate(cases, {"door": 0, "r1": 9, "r2": 0, "q1": 0}, stand_in)


def test_selection_by_set_and_evenly_within_a_family(tmp_path: Path) -> None:
    cases = [make_case(tmp_path, f"r{row}", "range", "x") for row in range(6)]
    cases += [make_case(tmp_path, "s", "scenes", "solo")]
    assert [case.name for case in select(cases, limit=3)] == ["range/r0", "range/r2", "range/r4", "scenes/s"]
    assert [case.name for case in select(cases, ["scenes"])] == ["scenes/s"]
    with pytest.raises(ValueError, match="no such set: beds; this corpus has range, scenes"):
        select(cases, ["beds"])


def test_a_detector_that_cannot_hear_counts_nothing(cases: list[Case]) -> None:
    def deaf(case: Case, fold: int) -> Report:
        return dataclasses.replace(make_report([]), count=None, heard_s=0.0)

    own = rows(evaluate(cases[1:2], all_folds(cases), deaf), "range/r1")[DETECTOR]
    assert (own.count, own.interval, own.onset_s.size) == (0, None, 0)


def test_the_source_hash_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "a.py").write_text("x = 1")
    first = source_sha256(tmp_path)
    (tmp_path / "__pycache__" / "a.pyc").write_text("noise")
    assert source_sha256(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert source_sha256(tmp_path) != first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the corpus folder with --corpus DIR"),
        (["--corpus", ".", "--out", "page.md"], "no corpus here"),
        (["--corpus", ".", "--out", "nowhere/page.md"], "nowhere: no such folder"),
        (["--corpus", ".", "--limit", "0"], "must be 1 or more"),
        (["--corpus", ".", "--folds", "1,5"], "1,5: folds are numbered from 0 to 4"),
        (["--corpus", ".", "--models", "nowhere", "--out", "page.md"], "nowhere: no such folder; make its models"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in refusal(SCRIPT, arguments, tmp_path)
