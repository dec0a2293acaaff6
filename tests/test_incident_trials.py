"""Incidents with known shots: what is a right match, a right count, a right place, and what silence is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from detector.core.fusion import WEIGHED
from detector.core.listening import Envelope, Listening
from detector.errors import DetectorError
from detector.lab import fusion_fit
from detector.lab import incident_trials as trials
from detector.lab.alignment_trials import Incident, Member
from detector.lab.clocks import Clock
from detector.lab.incident_page import counts, matches, places, street, weights
from detector.lab.marked import filled
from detector.records import Alignment
from detector.settings import Settings
from tests.scripts import refusal
from tests.test_fusion import DELAYS_S, SHOTS_S, camera, three

ROOT = Path(__file__).resolve().parent.parent
ARRIVAL_S = np.add.outer(np.array(SHOTS_S), np.array(DELAYS_S))
TRUTH = trials.Truth(("A",) * 5 + ("B",), ARRIVAL_S, np.isfinite(ARRIVAL_S))
RIGHT = [ARRIVAL_S[:, column].tolist() for column in range(3)]


def recorded(onsets_s: Sequence[Sequence[float]]) -> Incident:
    members = (
        Member(f"{row}.mp4", Clock(), np.zeros(2), np.zeros(2), ARRIVAL_S[:, row]) for row in range(len(onsets_s))
    )
    return Incident("FP1/test", "pair", tuple(members))


def kept(onsets_s: Sequence[Sequence[float]]) -> trials.Kept:
    """Reports of cameras on one clock, with onsets where they are said to be."""
    reports = [camera(row, each).report for row, each in enumerate(onsets_s, start=1)]
    none, nothing = np.zeros(len(reports)), np.empty(0)
    envelope = Envelope(0, np.zeros((1, 1), np.float32), np.zeros(1, np.bool_))
    heard = [(report, Listening(str(row), envelope, nothing, nothing)) for row, report in enumerate(reports)]
    return heard, Alignment(0, none, none, none, none, none, (None,) * len(reports), (), ())


def match_row(onsets_s: Sequence[Sequence[float]]) -> trials.MatchRow:
    incident = trials.fused(recorded(onsets_s), *kept(onsets_s), Settings())
    return trials.match_row(recorded(onsets_s), incident, TRUTH)


def test_onsets_of_one_shot_are_right_matches() -> None:
    row = match_row(RIGHT)
    assert (row.right, row.direct, row.made, row.found, row.true) == (18, 18, 18, 18, 18)


def test_a_reflection_that_repeats_is_right_but_not_by_its_arrival() -> None:
    reflected = [*RIGHT[:2], [at + 0.02 for at in RIGHT[2][:5]] + RIGHT[2][5:]]
    row = match_row(reflected)
    assert (row.right, row.made) == (18, 18)
    assert row.direct == 18 - 2 * 5


def test_onsets_of_nothing_are_wrong_matches() -> None:
    strange = [[*times, 30.0 + delay] for times, delay in zip(RIGHT, DELAYS_S, strict=True)]
    row = match_row(strange)
    assert row.made - row.right == 3
    assert row.found == row.true == 18


def test_matches_of_possible_onsets_are_left_out_where_both_must_be_called_shots() -> None:
    heard, aligned = kept(RIGHT)
    report, listening = heard[0]
    shots = (dataclasses.replace(report.shots[0], status="possible"), *report.shots[1:])
    heard[0] = dataclasses.replace(report, shots=shots), listening
    incident = trials.fused(recorded(RIGHT), heard, aligned, Settings())
    row = trials.match_row(recorded(RIGHT), incident, TRUTH, sure=True)
    assert (row.right, row.made, row.found, row.true) == (16, 16, 16, 16)


def test_counts_are_held_against_what_some_camera_could_hear() -> None:
    truth = trials.Truth(TRUTH.gun, TRUTH.arrival_s, TRUTH.audible & (np.arange(6) < 4)[:, None])
    incident = trials.fused(recorded(RIGHT), *kept(RIGHT), Settings())
    rows = list(trials.count_rows(recorded(RIGHT), incident, truth))
    assert [row.camera for row in rows] == [0, 1, 2, 3]
    assert {(row.low, row.high) for row in rows} == {(4, 6)}
    assert [trials.error(count, 4, 6) for count in (3, 4, 6, 8)] == [1, 0, 0, 2]


def test_shots_of_one_gun_in_one_place_are_told() -> None:
    incident = trials.fused(recorded(RIGHT), *kept(RIGHT), Settings())
    row = trials.place_row(recorded(RIGHT), incident, TRUTH)
    assert (row.guns, row.positions, row.together, row.same_gun) == (2, 1, 15, 10)


def test_a_street_test_is_counted_with_its_clocks() -> None:
    row = trials.test_row(recorded(RIGHT), 6, kept(RIGHT), Settings())
    assert (row.rounds, row.known, row.scrambled, row.sensors) == (6, 6, 6, (6, 6, 6))


def test_each_shot_is_one_sound_and_others_are_none() -> None:
    strange = [[*RIGHT[0], 30.0], *RIGHT[1:]]
    by_scene, by_street = (
        trials.sounds("a", recorded(strange), TRUTH, kept(strange)),
        trials.street_sounds("FP1", recorded(strange), kept(strange)),
    )
    assert by_scene.shot.tolist() == by_street.shot.tolist() == [True] * 6 + [False]
    assert by_scene.terms.shape == (7, len(WEIGHED))


def made(seed: int, group: str, weight: Sequence[float]) -> fusion_fit.Sounds:
    rng = np.random.default_rng(seed)
    fixed, terms = rng.normal(0, 2, 4000), rng.normal(0, 1, (4000, 4))
    chance = 1 / (1 + np.exp(-(fixed + terms @ np.array(weight))))
    return fusion_fit.Sounds(group, fixed, terms, rng.random(4000) < chance)


def test_weights_are_found_again_and_a_group_is_no_judge_of_itself() -> None:
    one, other = made(1, "a", (0.3, -0.5, -2.0, 0.7)), made(2, "b", (0.0, 1.0, -1.0, 0.0))
    assert list(fusion_fit.fitted([one]).values()) == pytest.approx([0.3, -0.5, -2.0, 0.7], abs=0.15)
    assert fusion_fit.left_out([one, other]) == {"a": fusion_fit.fitted([other]), "b": fusion_fit.fitted([one])}


def test_nothing_known_of_an_incident_gives_no_sounds() -> None:
    found = fusion_fit.sounds("a", [], ARRIVAL_S, 0.01, Settings())
    assert (len(found.shot), found.terms.shape) == (0, (0, 4))
    assert fusion_fit.sounds("a", three(), np.full((6, 3), np.nan), 0.01, Settings()).shot.sum() == 0


def test_the_page_gets_its_tables_and_keeps_its_words() -> None:
    text = (ROOT / "docs" / "INCIDENTS.md").read_text(encoding="utf-8")
    incident = trials.fused(recorded(RIGHT), *kept(RIGHT), Settings())
    tables = {
        "matches": matches([match_row(RIGHT)], [match_row(RIGHT)]),
        "counts": counts(list(trials.count_rows(recorded(RIGHT), incident, TRUTH))),
        "places": places([trials.place_row(recorded(RIGHT), incident, TRUTH)]),
        "street": street([trials.TestRow("FP1/1", 3, 3, 2, (3, 1))]),
        "weights": weights({"rest": 0.1}, {"FP1": {"rest": 0.25}}),
    }
    written = filled(text, tables)
    assert "| pair | 1 | 3-3 | 18 | 1.000 | 1.000 | 1.000 |" in written
    assert "| all cameras together | 1 | 0.00 | 0 % | 1.00 |" in written
    assert "| 3 | 1 | 1.000 | 0.000 | 0.500 |" in written
    assert "| FP1 | 0.25 |\n| nothing | 0.1 |" in written
    assert filled(written, tables) == written
    with pytest.raises(DetectorError, match="no place for the table"):
        filled("no marks", tables)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--models", "."], "name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS"),
        (["--corpus", ".", "--models", ".", "--scenes", "here"], "here: write DIR=FOLD"),
        (["--corpus", "."], "the following arguments are required: --models"),
    ],
)
def test_the_script_refuses_wrong_usage(arguments: Sequence[str], told: str, tmp_path: Path) -> None:
    assert told in refusal(ROOT / "scripts" / "check_incidents.py", arguments, tmp_path)
