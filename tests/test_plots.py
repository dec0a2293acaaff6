"""The picture of a result."""

from __future__ import annotations

import dataclasses
import io
import itertools
import subprocess
import sys
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from detector.core.counting import count_report_between
from detector.errors import DetectorError
from detector.records import (
    Block,
    Comparison,
    Coverage,
    GapShare,
    LevelRecall,
    Moment,
    Recording,
    Rejected,
    Report,
    SelfTest,
)
from detector.views import marks, panels, plots
from detector.views.closeup import close_ups
from tests.builders import make_overview, make_report, make_tally


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def drawn(report: Report, comparisons: tuple[Comparison, ...] = ()) -> Figure:
    figure = plots.overview_figure(report, comparisons=comparisons)
    figure.savefig(io.BytesIO(), format="png")
    return figure


def against(label: str, low: int, window: tuple[float, float] | None = None) -> Comparison:
    tally = make_tally(label, low, tolerance=2, window=window)
    return Comparison(tally, "5e" * 32, "consistent", None, 0.1, 0.8, 0.1, None, (), "", "")


@pytest.mark.parametrize(
    "report",
    [
        make_report((), coverage=[(0.0, 60.0, "no_audio")]),
        make_report((), overview=True),
        make_report((7.2,), duration_s=12.0, overview=True),
        make_report((0.0, 0.05), duration_s=0.1, overview=True),
        make_report(()),
        make_report(coverage=[(0.0, 4.0, "muted"), (4.0, 60.0, "overloaded")], overview=True),
    ],
    ids=["no sound", "no shots", "one shot", "very short", "no overview", "overloaded"],
)
def test_every_kind_of_result_can_be_drawn(report: Report) -> None:
    figure = drawn(report)
    assert any(report.recording.name in text for text in texts(figure))


def test_each_shot_is_numbered_and_hidden_ones_are_marked() -> None:
    report = make_report((5.0, 5.4, 12.0), extra=[(0, 0), (0.3, 0), (0, 0)], overview=True)
    assert {"1", "2+", "3"} <= set(texts(drawn(report)))


def test_moments_tallies_and_the_count_are_named() -> None:
    report = make_report(moments=[Moment(8.0, "driver on the ground")], overview=True)
    found = texts(drawn(report, (against("officers", 5), against("witness", 4, window=(0.0, 30.0)))))
    assert {"driver on the ground", "officers: 3-7", "witness: 2-6"} <= set(found)
    assert any(text.startswith("heard: 5 (") for text in found)


def test_unheard_time_is_named_where_it_is_wide() -> None:
    report = make_report((55.0,), coverage=[(0.0, 30.0, "no_audio"), (30.0, 60.0, "heard")], overview=True)
    found = texts(drawn(report))
    assert {"no sound", "could not be heard"} <= set(found)


def test_names_with_dollars_and_unknown_letters_are_drawn_as_they_are() -> None:
    report = make_report(name="$x_1$ \u753b.mp4", moments=[Moment(8.0, "pays $5$ \u753b")])
    assert {"$x_1$ ?.mp4", "pays $5$ ?"} <= set(texts(drawn(report)))


def test_a_long_name_keeps_its_beginning_and_end() -> None:
    assert marks.drawable("a" * 50 + "b" * 50, 11) == "aaaa...bbbb"


def test_the_settings_of_matplotlib_are_left_alone() -> None:
    with mpl.rc_context({"font.size": 3.0, "axes.facecolor": "black"}):
        figure = drawn(make_report(overview=True))
        assert mpl.rcParams["font.size"] == 3.0
    assert figure.axes[0].get_facecolor()[:3] == (1.0, 1.0, 1.0)


def test_pyplot_is_not_loaded() -> None:
    code = (
        "import sys; from tests.builders import make_report; make_report(overview=True).plot(); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_matplotlib_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DetectorError, match=r"gunshot-tally\[plot\]"):
        plots.overview_figure(make_report())


def test_close_ups_leave_out_long_pauses() -> None:
    report = make_report((100.0, 101.0, 900.0, 901.0, 909.0), duration_s=1000.0)
    (first, second) = plots.windows(report)
    assert first == pytest.approx((99.0, 102.0))
    assert second == pytest.approx((899.0, 910.0))


def test_a_recording_full_of_shots_is_shown_whole() -> None:
    assert plots.windows(make_report([float(t) for t in range(1, 59)])) == ((0.0, 60.0),)
    assert plots.windows(make_report(())) == ((0.0, 60.0),)


@given(st.lists(st.floats(0.0, 3600.0), min_size=1, max_size=12))
def test_every_shot_lies_in_a_window_and_windows_are_few_and_apart(times_s: list[float]) -> None:
    windows = plots.windows(make_report(sorted(times_s), duration_s=3600.0))
    assert all(any(a <= t <= b for a, b in windows) for t in times_s)
    assert len(windows) <= 4
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(windows))


@given(st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.1, 2.0)), max_size=40), st.integers(1, 7))
def test_numbers_never_cover_each_other(flags: list[tuple[float, float]], rows: int) -> None:
    flags.sort()
    chosen = panels.flag_rows([left for left, _ in flags], [wide for _, wide in flags], rows)
    for row in range(rows):
        taken = [flag for flag, at in zip(flags, chosen, strict=True) if at == row]
        assert all(a[0] + a[1] <= b[0] for a, b in itertools.pairwise(taken))
    assert all(at is None or 0 <= at < rows for at in chosen)


def test_a_dense_volley_says_how_many_numbers_it_left_out() -> None:
    report = make_report([float(t) for t in np.linspace(1.0, 50.0, 600)], overview=True)
    found = texts(plots.overview_figure(report))
    (note,) = (text for text in found if "no room for" in text)
    numbers = [int(text) for text in found if text.isdigit() and int(text) > 70]  # below: ticks of the axes
    assert len(numbers) >= 200
    assert int(note.split()[3]) >= 600 - 70 - len(numbers)


def test_the_count_grows_to_the_whole_and_never_falls() -> None:
    report = make_report([5.0 + 0.3 * row for row in range(60)], probability=0.9, extra=(0.05, 0.0))
    apart = {"spread": 0.0, "slope": 1.0, "slope_spread": 0.0, "nothing": -20.0}
    report = dataclasses.replace(report, settings={**report.settings, "count": {**report.settings["count"], **apart}})
    report = dataclasses.replace(report, count=count_report_between(report, None, None))
    times_s, low, best, high = panels.cumulated(report, (0.0, 60.0))
    assert report.count is not None
    assert (low[-1], best[-1], high[-1]) == (report.count.low, report.count.best, report.count.high)
    assert (best[0], high[0]) == (0, 0)
    assert (np.diff(times_s) >= 0).all()
    for bound in (low, best, high):
        assert (np.diff(bound) >= 0).all()


def test_repeated_shots_do_not_raise_the_count() -> None:
    report = make_report((5.0, 5.4, 45.0))
    again = dataclasses.replace(report.shots[2], repeat_of=1)
    report = dataclasses.replace(report, shots=(*report.shots[:2], again))
    times_s = panels.cumulated(report, (0.0, 60.0))[0]
    assert 45.0 not in times_s


@given(st.lists(st.floats(0.0, 100.0), max_size=8), st.floats(0.1, 20.0))
def test_labels_are_kept_apart_in_their_order(wanted: list[float], distance: float) -> None:
    placed = marks.keep_apart(wanted, distance)
    ordered = [y for _, y in sorted(zip(wanted, placed, strict=True))]
    assert all(b - a >= distance - 1e-6 for a, b in itertools.pairwise(ordered))


def test_columns_without_samples_are_not_drawn_as_sound() -> None:
    overview = make_overview(60.0)
    assert marks.peak_at(overview, 0.5) == pytest.approx(float(overview.maximum[1]))
    assert marks.columns_in(overview, (-5.0, 1e6)) == slice(0, 40)


def test_refused_onsets_are_ticks_in_the_key() -> None:
    report = make_report(rejected=[Rejected(9, 5.2, 0.1, "echo")], overview=True)
    assert "refused" in texts(drawn(report))
    assert "refused" not in texts(drawn(make_report(overview=True)))


class Sound:
    """A track of one channel: silence, a step at 5 s, and nothing at all from 6 s to 7 s."""

    rate_hz, channels, duration_s = 1000, 1, 200.0

    def blocks(self) -> Iterator[Block]:
        for start_s, level in ((0.0, 0.0), (5.0, 0.5), (7.0, 0.0)):
            yield Block(start_s, 1000, np.full((5000 if not start_s else 1000, 1), level, np.float32))

    def coverage(self) -> tuple[Coverage, ...]:
        return ()

    def recording(self) -> Recording:
        return make_report().recording

    def warnings(self) -> tuple[str, ...]:
        return ()


def test_close_ups_hold_the_sound_where_it_lies_and_nothing_in_gaps() -> None:
    (near, far) = close_ups(Sound(), [(4.5, 8.0), (0.0, 190.0)])
    assert far is None
    assert near is not None
    times_s = near.start_s + near.column_s * np.arange(len(near.maximum))
    assert near.maximum[times_s < 4.99].max() == 0.0
    assert near.maximum[(times_s > 5.01) & (times_s < 5.99)].min() == 0.5
    assert near.rms[(times_s > 5.01) & (times_s < 5.99)] == pytest.approx(0.5)
    gap = (times_s > 6.0) & (times_s < 6.99)
    assert np.isnan(near.maximum[gap]).all()
    assert (near.bands_db[:, gap] == -128).all()


def test_a_tone_stands_in_its_band() -> None:
    class Tone(Sound):
        rate_hz, channels = 8000, 2

        def blocks(self) -> Iterator[Block]:
            tone = np.sin(2 * np.pi * 1000.0 * np.arange(16000) / 8000).astype(np.float32)
            yield Block(0.0, 8000, np.stack([tone, -tone], axis=1))

    (near,) = close_ups(Tone(), [(0.5, 1.5)])
    assert near is not None
    band = int(np.argmax(near.bands_db[:, 500]))
    assert near.edges_hz[band] * 0.95 <= 1000.0 <= near.edges_hz[band + 1] * 1.05


def test_the_picture_takes_its_close_up_from_the_sound() -> None:
    report = make_report((5.0, 5.5), duration_s=60.0)
    coarse, fine = plots.overview_figure(report), plots.overview_figure(report, sound=Sound())
    assert len(fine.axes) == len(coarse.axes) + 1  # the spectrogram, which this report has no overview for
    assert any("drawn from the overview" in text for text in texts(drawn(make_report((5.0, 5.5), overview=True))))


def test_a_self_test_has_a_lane_of_its_own() -> None:
    rows = (
        LevelRecall("alone", None, 0.0, 10, 1, 0.0, 0.4, 0),
        LevelRecall("same gun", 30.0, None, 10, 9, 0.6, 1.0, 5),
    )
    gaps = (GapShare(0.003, 12, 1, 0.0, 0.3), GapShare(0.08, 12, 8, 0.4, 0.9))
    report = dataclasses.replace(make_report(overview=True), self_test=SelfTest(None, recall=rows, gaps=gaps))
    words = texts(drawn(report))
    assert {"below 0", "30+", "3", "80", "single shots away from all volleys"} <= set(words)
    assert "single shots of another gun, inside its volleys" not in words
    without = dataclasses.replace(report, self_test=SelfTest("no room to plant shots: too short"))
    assert texts(drawn(without)) == texts(drawn(dataclasses.replace(report, self_test=None)))
