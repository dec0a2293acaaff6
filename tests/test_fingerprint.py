"""The hash that names a result: the same for years, moved by every decision and by nothing else."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import pytest

from detector.core.fingerprint import content, incident_sha256, result_sha256
from detector.records import Coverage, Incident, Order, Rejected, RejectedCount, Repeat, Report
from tests.builders import make_incident, make_report

SETTINGS = {"volleys": {"gap_s": 3.0, "bands": (1, 2)}}


def report(**told: Any) -> Report:
    made = make_report(
        extra=(0.1, 0.02),
        coverage=[(0, 50, "heard"), (50, 60, "muted")],
        rejected=[Rejected(6, 7.0, 0.2, "echo", 2, 0.12), Rejected(7, 8.0, 0.1, "other sound")],
        rejected_counts=[RejectedCount(0, "other sound", 12)],
        repeats=[Repeat(30.0, 32.0, 5.0, 0.5)],
        overview=True,
    )
    return dataclasses.replace(made, settings=SETTINGS, **told)


def incident(**told: Any) -> Incident:
    made = make_incident(
        places=(1, 1, 2, 2, None),
        copies={3: 1},
        order=[Order(1, 2, 0.35, 0.45, 5.0, "first before second", "one file", "words")],
    )
    rejected = (Rejected(6, 7.0, 0.2, "echo"),)
    cameras = tuple(
        dataclasses.replace(camera, report=report(recording=recording))
        for camera in made.cameras
        for recording in [dataclasses.replace(camera.report.recording, sha256=f"{camera.id:064x}")]
    )
    made = dataclasses.replace(made, settings=SETTINGS, rejected=rejected, cameras=cameras)
    return dataclasses.replace(made, **told)


def test_results_of_earlier_versions_keep_their_names() -> None:
    assert result_sha256(report()) == "16f65ec2fcc30dc5d622bd44bf8ddaac1f699d93aa0a185907a5f1aa33c8dd95"
    assert incident_sha256(incident()) == "ff5f610a5704bc096be0102763cee0da043e0d709cc36085166af7eff8a6de52"


def moved(of: Report, row: int = 0, **told: Any) -> Report:
    shots = list(of.shots)
    shots[row] = dataclasses.replace(shots[row], **told)
    return dataclasses.replace(of, shots=tuple(shots))


DECISIONS: dict[str, Report] = {
    "another time": moved(report(), time_s=5.0002),
    "another chance": moved(report(), probability=0.982),
    "another status": moved(report(), status="possible"),
    "another overlap": moved(report(), overlap=False),
    "a second showing": moved(report(), 2, repeat_of=1),
    "other content": report(recording=dataclasses.replace(report().recording, sha256="ff" * 32)),
    "no span": report(span=None),
    "no count": report(count=None),
    "no volleys": report(volleys=()),
    "less heard": report(coverage=(Coverage(0, 60, "muted"),)),
    "no repeats": report(repeats=()),
    "no refusals": report(rejected=()),
    "fewer counted": report(rejected_counts=()),
    "an echo of another": report(rejected=(Rejected(6, 7.0, 0.2, "echo", 3, 0.12), *report().rejected[1:])),
}


def test_every_decision_moves_the_hash() -> None:
    names = {name: result_sha256(each) for name, each in DECISIONS.items()} | {"as it was": result_sha256(report())}
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    "same",
    [
        moved(report(), time_s=5.00004, probability=0.98004),
        report(warnings=("something",), overview=None, software={}, heard_s=1.0, basis={}, result_sha256=""),
        report(recording=dataclasses.replace(report().recording, name="other.mp4")),
        dataclasses.replace(report(), settings={"volleys": {"bands": [1, 2], "gap_s": 3.0}}),
    ],
)
def test_last_bits_names_and_notes_do_not(same: Report) -> None:
    assert result_sha256(same) == result_sha256(report())


def test_a_time_that_is_no_number_has_a_hash() -> None:
    assert result_sha256(moved(report(), time_error_s=math.inf)) == result_sha256(
        moved(report(), time_error_s=math.nan)
    )


def test_settings_of_any_mapping_name_the_same_result_and_must_be_numbers() -> None:
    frozen = MappingProxyType({"volleys": MappingProxyType(SETTINGS["volleys"])})
    assert result_sha256(dataclasses.replace(report(), settings=frozen)) == result_sha256(report())
    broken = {"volleys": {"gap_s": math.nan}}
    with pytest.raises(ValueError, match="JSON compliant"):
        result_sha256(dataclasses.replace(report(), settings=broken))
    with pytest.raises(ValueError, match="JSON compliant"):
        incident_sha256(incident(settings=broken))


def test_cameras_are_known_by_content_and_part() -> None:
    one, other, copy = incident().cameras
    assert content(one) == (f"{1:064x}", -math.inf, math.inf)
    assert content(dataclasses.replace(one, window=(2.0, None)))[1:] == (2.0, math.inf)
    assert content(dataclasses.replace(one, window=(None, 9.0)))[1:] == (-math.inf, 9.0)
    turned = incident(cameras=(other, one, copy))
    assert incident_sha256(turned) == incident_sha256(incident())


def test_a_copy_is_named_by_what_it_copies() -> None:
    one, other, copy = incident().cameras
    elsewhere = incident(cameras=(one, other, dataclasses.replace(copy, same_as=2)))
    alone = incident(cameras=(one, other, dataclasses.replace(copy, same_as=None)))
    assert len({incident_sha256(each) for each in (incident(), elsewhere, alone)}) == 3
