"""The data frame and the notebook's page of a result."""

from __future__ import annotations

import dataclasses
import re
import sys

import pytest

from detector.errors import DetectorError
from detector.exports.shots_csv import COLUMNS
from detector.records import Rejected
from detector.views import tables
from detector.views.tables import to_dataframe, to_html
from tests.builders import make_report

ECHO = Rejected(id=9, time_s=5.2, probability=0.1, reason="echo", of_shot=1, delay_s=0.2)


def test_every_onset_is_a_row_in_time_order() -> None:
    frame = to_dataframe(make_report((5.0, 5.4, 12.0), rejected=[ECHO]))
    assert frame["id"].tolist() == [1, 9, 2, 3]
    assert frame["status"].tolist() == ["shot", "rejected", "shot", "shot"]
    assert frame[["reason", "of_shot", "delay_s"]].to_numpy()[1].tolist() == ["echo", 1, 0.2]
    assert frame.loc[frame["status"] == "rejected", "volley"].isna().all()


def test_columns_are_those_of_the_csv_file() -> None:
    assert set(to_dataframe(make_report()).columns) == set(COLUMNS) - {"time", "recording"}


def test_no_onsets_give_the_same_columns_of_the_same_types() -> None:
    full, empty = to_dataframe(make_report(rejected=[ECHO])), to_dataframe(make_report(()))
    assert len(empty) == 0
    assert empty.dtypes.equals(full.dtypes)


def test_a_missing_pandas_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DetectorError, match=r"gunshot-tally\[pandas\]"):
        to_dataframe(make_report())


def test_the_page_loads_nothing_and_shows_the_picture() -> None:
    page = to_html(make_report(overview=True))
    assert "5 gunshots heard" in page
    assert 'src="data:image/png;base64,' in page
    assert not re.search(r"https?:|<script|<link", page)


def test_the_page_escapes_what_a_stranger_named() -> None:
    report = make_report(name='<img src=x onerror="alert(1)">.mp4', warnings=["<b>&</b>"])
    page = to_html(report)
    assert "<img src=x" not in page
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page


def test_the_page_has_no_picture_without_an_overview() -> None:
    assert "<img" not in to_html(make_report())


def test_the_page_does_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = to_html(make_report(overview=True))
    assert "5 gunshots heard" in page
    assert "<img" not in page


def test_a_deaf_recording_says_so_in_a_notebook() -> None:
    report = make_report((), coverage=[(0.0, 60.0, "no_audio")])
    deaf = dataclasses.replace(report, recording=dataclasses.replace(report.recording, audio=None))
    assert "cannot hear: the file has no sound track" in to_html(deaf)


def test_volley_rows_fit_their_columns_and_stop_at_thirty() -> None:
    report = make_report([10.0 * row for row in range(35)], duration_s=400.0)
    rows = tables.volley_rows(report)
    assert {len(row) for row in rows} == {len(tables.VOLLEY_COLUMNS)}
    assert len(rows) == 31
    assert rows[-1][1] == "and 5 more"
    assert rows[1][1] == "0:10.000\n10.000 s\nframe 299"


def test_shot_rows_name_what_is_unusual() -> None:
    shot = tables.shot_rows(make_report((5.0,), probability=0.4, extra=(0.3, 0.0)))[0]
    assert shot == ("1", "0:05.000 (5.000 s)", "149", "0.40", "possible, overlap")
