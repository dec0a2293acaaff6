import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.lab.conditions import Conditions
from detector.lab.corpus import Case
from detector.lab.drawing import png
from detector.lab.metrics import Marks
from detector.lab.worst import Trial, judge, line, taken_for, windows, worst
from detector.lab.worst_page import Heard, page
from detector.records import CountInterval, Rejected
from tests.builders import make_report
from tests.scripts import refusal

SCRIPT = Path(__file__).parents[1] / "scripts" / "worst.py"
RATE = 8000


def make_case(times_s: list[float], audible: list[bool] | None = None, name: str = "range/r1") -> Case:
    marks = Marks.of(times_s, audible)
    heard = int(marks.audible.sum())
    return Case(
        name=name,
        collection="range",
        family="automatic",
        path=Path("r1.wav"),
        material="real",
        duration_s=20.0,
        marks=marks,
        labels_complete=True,
        count=heard,
        count_low=heard,
        count_high=marks.time_s.size,
        conditions=Conditions(others=((2.2, "door"),)),
    )


def make_trial(
    case: Case, found_s: list[float], rejected: list[Rejected] | None = None, possible_s: tuple[float, ...] = ()
) -> Trial:
    report = make_report(sorted([*found_s, *possible_s]), rejected=rejected or [])
    shots = tuple(replace(s, status="possible") if s.time_s in possible_s else s for s in report.shots)
    n = len(found_s)
    return judge(case, replace(report, shots=shots, count=CountInterval(n, n, n, n + 1)))


def test_false_and_missed_shots_are_those_of_the_best_pairing() -> None:
    trial = make_trial(make_case([1.0, 2.0, 3.0, 4.0], [True, True, False, True]), [1.002, 2.5, 3.0], possible_s=(4.0,))
    assert trial.found.tolist() == [True, False, True, False]
    assert trial.missed_s.tolist() == [2.0, 4.0]
    assert trial.false_s.tolist() == [2.5]
    assert trial.mistakes_s.tolist() == [2.0, 2.5, 4.0]


@pytest.mark.parametrize(("n", "error"), [(1, -1), (2, 0), (3, 0), (5, 2)])
def test_counts_are_wrong_outside_their_range(n: int, error: int) -> None:
    case = make_case([1.0, 2.0, 3.0], [True, True, False])
    assert make_trial(case, [10.0 + row for row in range(n)]).count_error == error


def test_unlabelled_files_have_a_count_error_and_no_mistakes() -> None:
    case = replace(make_case([]), labels_complete=False, count=1, count_low=1, count_high=1)
    trial = make_trial(case, [1.0, 2.0])
    assert (trial.count_error, trial.mistakes_s.size) == (1, 0)
    assert line(trial) == "range/r1 (automatic, real): counts 2 (2-3), true 1; onsets not labelled"


def test_a_wrong_count_is_worse_than_mistakes_that_cancel() -> None:
    counted = make_trial(make_case([1.0, 2.0], name="b"), [1.0])
    cancelled = make_trial(make_case([1.0, 2.0], name="c"), [5.0, 6.0])
    right, same = make_trial(make_case([1.0], name="d"), [1.0]), make_trial(make_case([1.0], name="a"), [1.0])
    assert [trial.case.name for trial in worst([right, cancelled, same, counted], 3)] == ["b", "c", "a"]


def test_the_line_says_what_missed_shots_were_taken_for() -> None:
    refused = [Rejected(90, 2.004, 0.1, "echo"), Rejected(91, 3.0, 0.2, "speech"), Rejected(92, 2.006, 0.3, "click")]
    trial = make_trial(make_case([1.0, 2.0, 3.0, 4.0, 5.0]), [1.0, 9.0], refused, possible_s=(4.0,))
    assert [taken_for(trial, time_s) for time_s in (2.0, 3.0, 4.0, 5.0)] == [
        "echo",
        "speech",
        "possible",
        "no onset listed",
    ]
    assert line(trial) == (
        "range/r1 (automatic, real): counts 2 (2-3), true 5; "
        "1 false, 4 missed (1 echo, 1 speech, 1 possible, 1 no onset listed)"
    )
    deaf = judge(trial.case, replace(trial.report, count=None))
    assert "cannot hear, true 5" in line(deaf)


def test_windows_hold_most_mistakes_and_do_not_share_them() -> None:
    burst = [5.0 + 0.05 * row for row in range(6)]
    trial = make_trial(make_case([*burst, 12.0]), [15.0])
    shown = windows(trial, 2)
    assert shown[0][0] < 5.0
    assert shown[0][1] > 5.25
    assert sum(start <= 12.0 < stop for start, stop in shown) + sum(start <= 15.0 < stop for start, stop in shown) == 1
    assert len({round(stop - start, 9) for start, stop in shown}) == 1
    assert len(windows(trial, 9)) == 3


def test_without_mistakes_windows_show_what_there_is() -> None:
    (window,) = windows(make_trial(make_case([5.0]), [5.0]), 1)
    assert window[0] < 5.0 < window[1]
    assert windows(make_trial(make_case([]), []), 3) == ()


@pytest.mark.parametrize("peers", [{}, {"a peer": [1.5, 2.0], "another": []}])
def test_a_page_is_a_picture_whatever_went_wrong(peers: dict[str, list[float]]) -> None:
    samples = (1e-2 * np.random.default_rng(1).standard_normal(5 * RATE)).astype(np.float32)
    refused = [Rejected(90, 2.0, 0.1, "echo"), Rejected(91, 2.5, 0.0, "speech")]
    trial = make_trial(make_case([1.0, 2.0, 4.99], [True, True, False]), [1.0, 3.0], refused, possible_s=(4.0,))
    file = png(page(trial, Heard(samples, RATE, peers)))
    width, height = struct.unpack(">II", file[16:24])
    assert min(width, height) > 500
    assert file == png(page(trial, Heard(samples, RATE, peers)))


def test_a_page_without_sound_or_onsets_is_drawn() -> None:
    empty = make_trial(make_case([]), [])
    assert png(page(empty, Heard(np.zeros(0, np.float32), RATE, {})))[:4] == b"\x89PNG"
    late = make_trial(make_case([9.0]), [])  # the truth goes on where the sound has ended
    assert png(page(late, Heard(np.zeros(RATE, np.float32), RATE, {})))[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["range"], "name the corpus folder with --corpus DIR"),
        (["range", "--corpus", "."], "no corpus here"),
        ([], "the following arguments are required: SET"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in refusal(SCRIPT, arguments, tmp_path)
