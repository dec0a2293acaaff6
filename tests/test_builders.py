"""The builders build what the records promise."""

from __future__ import annotations

import pytest

from detector.records import Rejected
from tests.builders import count_distribution, make_report, make_tally


def test_a_report_is_in_time_order_and_grouped_into_volleys() -> None:
    report = make_report((12.0, 5.0, 5.4))
    assert [s.time_s for s in report.shots] == [5.0, 5.4, 12.0]
    assert [v.shots for v in report.volleys] == [(1, 2), (3,)]
    assert report.volleys[1].shots_per_s is None


def test_a_deaf_report_has_no_count() -> None:
    report = make_report((), coverage=[(0.0, 60.0, "no_audio")])
    assert (report.count, report.span, report.heard_s) == (None, None, 0.0)


def test_hidden_shots_move_the_count() -> None:
    report = make_report(
        [float(t) for t in range(20)], extra=(0.3, 0.1), rejected=[Rejected(21, 30.0, 0.1, "echo", 3, 0.1)]
    )
    assert report.count is not None
    assert report.count.best > len(report.shots)
    assert count_distribution(report.shots).sum() == pytest.approx(1.0)


def test_a_tally_of_one_number() -> None:
    assert (make_tally(low=7).low, make_tally(low=7).high) == (7, 7)
