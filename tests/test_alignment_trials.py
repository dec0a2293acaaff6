from pathlib import Path

import numpy as np
import pytest

from detector.errors import DetectorError
from detector.lab import alignment_trials as trials
from detector.lab.alignment_page import page
from tests.ears import cameras
from tests.scripts import refusal

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "check_alignment.py"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "ALIGNMENT.md"
CLOCKS = [
    trials.ClockRow("standing", 0.004, 0.001, 0.01, 0.5, 3.0),
    trials.ClockRow("standing", 0.02, 0.0, 0.01, np.nan, 100.0),
]
COSTS = [trials.Cost("five", 10.0, 1.0)]
PAIRS = [
    trials.PairRow("standing", 6, believed=True, right=True, chance=1e-9, joined=True),
    trials.PairRow("standing", 7, believed=True, right=False, chance=1e-7),
    trials.PairRow("unrelated", 0, believed=False, right=False, chance=5e-4),
]


def test_rows_say_what_the_clocks_are() -> None:
    (incident,) = trials.standing_incidents(1, 120.0)
    heard = [trials.hear(member) for member in incident.members]
    found = trials.aligned(incident.members, heard)
    rows = list(trials.clock_rows(incident, found))
    assert len(rows) == len(incident.members) - 1
    assert all(row.beyond_s < 0.002 and row.error_s < 0.1 for row in rows)
    pairs = list(trials.related(incident, heard, found))
    assert all(row.believed and row.right and row.joined for row in pairs)
    strangers = {
        "here": heard,
        "there": [trials.hear(one.members[0]) for one in trials.standing_incidents(1, 60.0, seed=2)],
    }
    assert not any(row.believed for row in trials.unrelated(strangers, 4))


def test_the_shots_of_standing_cameras_stand_in_their_sound() -> None:
    for camera in cameras(seed=9, length_s=30.0, shots=5):
        for at_s in camera.clock.shown(camera.arrivals_s) - camera.clock.late_s:
            first = round(at_s * 16_000)
            before, after = (
                np.abs(camera.samples[part]).max() for part in (slice(first - 24, first - 4), slice(first, first + 20))
            )
            assert after > before


def test_the_page_gets_its_tables_and_keeps_its_words() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = page(text, CLOCKS, PAIRS, COSTS, "these")
    assert "| standing | 2 | 12.0 ms | 18.4 ms | 0.5 ms | 0.9 ms | 0.50 |" in written
    assert "| standing | 2 | 1 | 0.5 ppm | 0.5 ppm | 1.00 |" in written
    assert "| standing | 5 and more | 2 | 1.000 | 1 | 0.500 |" in written
    assert "Of 1 unrelated pairs 0 were believed (at most 95.00 % with 95 % confidence)" in written
    assert "| five | 10.0 CPU-s | 1.0 CPU-s | 1.10 times the reports |" in written
    assert page(written, CLOCKS, PAIRS, COSTS, "these") == written
    with pytest.raises(DetectorError, match="no place for the table"):
        page("words", CLOCKS, PAIRS, COSTS, "these")


def test_without_a_corpus_the_script_says_what_is_missing(tmp_path: Path) -> None:
    assert "--corpus DIR" in refusal(SCRIPT, [], tmp_path)
