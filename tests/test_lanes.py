"""The picture of an incident."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from detector.errors import DetectorError
from detector.records import Comparison, Incident
from detector.views import lane_layout, lanes
from tests.builders import make_incident, make_report, make_tally


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def drawn(incident: Incident, comparisons: tuple[Comparison, ...] = ()) -> Figure:
    return incident.plot(comparisons)


def lines(figure: Figure) -> list[tuple[float, ...]]:
    """Inches from the left at the corners of every line that joins pins."""
    found = [line for axes in figure.axes for line in axes.collections if isinstance(line, LineCollection)]
    sheet = next(line for line in found if line.axes is not None and not line.axes.axison)
    return [tuple(float(x) for x, _ in segment) for segment in sheet.get_segments()]


def pins(figure: Figure) -> int:
    sheet = next(axes for axes in figure.axes if any(isinstance(each, LineCollection) for each in axes.collections))
    found = [each for each in sheet.collections if isinstance(each, PathCollection)]
    return sum(len(np.asarray(each.get_offsets())) for each in found)


DEAF = dataclasses.replace(
    make_incident((), cameras=2, left_out={1: "too little sound", 2: "too little sound"}),
    clock=None,
    count=None,
    span=None,
    heard_s=0.0,
    coverage=(),
)


@pytest.mark.parametrize(
    "incident",
    [
        DEAF,
        make_incident((), overview=True),
        make_incident((5.0,), cameras=1, overview=True),
        make_incident((5.0, 5.0), cameras=2),
        make_incident((5.0, 30.0, 55.0), cameras=3, overview=True),
        make_incident(cameras=8, overview=True, duration_s=200.0),
        make_incident(cameras=3, coverage={2: [(0.0, 8.0, "muted"), (8.0, 60.0, "overloaded")]}, overview=True),
        make_incident(cameras=2, offsets_s=(0.0, -3600.0), duration_s=7200.0),
        make_incident((5.0, 5.2, 50.0), cameras=2, offsets_s=(0.0, 45.0), missed=[(1, 2), (2, 2)], overview=True),
    ],
    ids=[
        "deaf",
        "no shots",
        "one camera",
        "at once",
        "pauses",
        "eight cameras",
        "coverage",
        "an hour apart",
        "joined late",
    ],
)
def test_every_kind_of_incident_can_be_drawn(incident: Incident) -> None:
    figure = drawn(incident)
    figure.savefig(io.BytesIO(), format="png")
    assert any(incident.cameras[0].report.recording.name in text for text in texts(figure))


def test_each_camera_has_a_lane_with_its_file_its_clock_and_its_count_alone() -> None:
    found = texts(drawn(make_incident(missed=[(1, 2), (2, 2), (3, 2)], copies={3: 1})))
    assert {"camera 1", "camera 2", "camera 3", "camera_2.mp4", "the incident's clock", "add -7.250 s +-4 ms"} <= set(
        found
    )
    assert "alone: 2 (2-2)" in found
    assert "same recording as camera 1" in found


def test_recordings_that_are_left_out_have_no_lane_but_a_reason() -> None:
    found = texts(drawn(make_incident(left_out={2: "nothing in it fits"})))
    assert "camera 2" not in found
    assert "left out: camera 2 (camera_2.mp4): nothing in it fits" in found


def test_shots_are_numbered_and_hidden_ones_are_marked() -> None:
    assert {"1", "2+", "3"} <= set(texts(drawn(make_incident((5.0, 5.4, 12.0), extra=[(0, 0), (0.3, 0), (0, 0)]))))


def test_a_shot_is_pinned_in_each_lane_that_has_it_and_joined_from_lane_to_lane() -> None:
    figure = drawn(make_incident((5.0, 5.4), missed=[(1, 2), (2, 2), (2, 3)], duration_s=20.0))
    assert pins(figure) == 3
    # To each number a pole; one line joins the first shot over a lane that has it not; the second rests on one camera.
    assert [len(corners) for corners in lines(figure)] == [2, 4, 2]


def test_lines_lean_by_the_delay_between_the_lanes() -> None:
    incident = make_incident((5.0, 5.4), cameras=2, duration_s=20.0)
    ((number, pin), (above, leaves, arrives, below), *_) = lines(drawn(incident))
    assert number == pin == above == leaves
    assert arrives == below
    page = lane_layout.laid_out(incident)
    per_s = page.across(6.0) - page.across(5.0)
    assert arrives - leaves == pytest.approx(-0.04 * per_s, rel=1e-3), "camera 1 hears 40 ms after camera 2"


def test_lines_across_a_lane_without_the_shot_are_faint() -> None:
    figure = drawn(make_incident((5.0, 5.4), missed=[(1, 2)], duration_s=20.0))
    found = [line for axes in figure.axes for line in axes.collections if isinstance(line, LineCollection)]
    alphas = np.concatenate(
        [np.asarray(line.get_colors(), float)[:, 3] for line in found if line.axes is not None and not line.axes.axison]
    )
    assert alphas.tolist() == pytest.approx([0.75, 0.25, 0.75, 0.75, 0.75])


def test_positions_have_colours_and_names_and_single_cameras_a_mark() -> None:
    figure = drawn(make_incident(places=(1, 1, 2, None, 2), missed=[(1, 2), (1, 3)]))
    assert {"position 1", "position 2", "rests on one camera", "one shot at several cameras"} <= set(
        text.get_text() for legend in figure.legends for text in legend.get_texts()
    )
    numbers = {text.get_text(): text for text in figure.findobj(Text) if isinstance(text, Text)}
    colours = [to_hex(numbers[str(n)].get_color()) for n in range(1, 6)]
    assert colours[0] == colours[1] != colours[2] == colours[4] != colours[3]
    assert [numbers[str(n)].get_fontweight() for n in (1, 2)] == ["bold", "normal"]


def test_what_does_not_occur_is_not_explained() -> None:
    figure = drawn(make_incident(cameras=2, offsets_s=(0.0, 0.0)))
    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == [
        "one shot at several cameras"
    ]


def test_time_outside_a_file_is_told_from_time_unheard() -> None:
    figure = drawn(make_incident((1.0, 9.0), cameras=2, offsets_s=(0.0, 8.0), duration_s=12.0))
    assert "not recording" in texts(figure)
    assert "could not be heard" not in texts(figure)
    muted = drawn(make_incident(cameras=2, coverage={2: [(0.0, 20.0, "muted"), (20.0, 60.0, "heard")]}))
    assert {"muted", "could not be heard"} <= set(texts(muted))


def test_tallies_stand_beside_the_growing_count() -> None:
    tally = make_tally("officers", 5, tolerance=2)
    comparison = Comparison(tally, "c0" * 32, "consistent", None, 0.1, 0.8, 0.1, None, (), "", "")
    found = texts(drawn(make_incident(), (comparison,)))
    assert "officers: 3-7" in found
    assert any(text.startswith("heard: 5 (") for text in found)


def test_a_drifting_clock_is_drawn_where_the_incident_has_it() -> None:
    incident = make_incident((100.0, 100.5), cameras=2, offsets_s=(0.0, 0.0), duration_s=200.0)
    second = dataclasses.replace(incident.cameras[1], drift_ppm=1000.0, anchor_s=0.0)
    incident = dataclasses.replace(incident, cameras=(incident.cameras[0], second))
    ((_, leaves, arrives, _), *_) = [corners for corners in lines(drawn(incident)) if len(corners) == 4]
    page = lane_layout.laid_out(incident)
    moved_s = (arrives - leaves) / (page.across(101.0) - page.across(100.0))
    assert moved_s == pytest.approx(-0.04 - 0.1, abs=1e-3), "40 ms of sound, and 100 s at 1000 ppm"


def test_numbers_that_have_no_room_are_counted() -> None:
    incident = make_incident([5.0 + 0.001 * k for k in range(60)], cameras=2, duration_s=60.0)
    assert any(text.startswith("no room for ") for text in texts(drawn(incident)))


def test_names_are_drawn_as_they_are_and_no_formula() -> None:
    found = texts(drawn(make_incident(names=("$x^2$.mp4", "b\n.mp4", "c" * 300 + ".mp4"))))
    assert "$x^2$.mp4" in found
    assert max(len(text) for text in found) <= 200


def test_the_same_incident_gives_the_same_bytes() -> None:
    incident = make_incident(overview=True)
    assert len({bytes(incident_png(incident)) for _ in range(2)}) == 1


def incident_png(incident: Incident) -> bytes:
    from detector.exports.incident import FORMATS

    return FORMATS["png"](incident, ())["lanes.png"]


def test_without_matplotlib_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(DetectorError, match=r"pip install 'gunshot-tally\[plot\]'"):
        lanes.incident_figure(make_incident())


def test_no_display_and_no_global_state_are_touched() -> None:
    code = (
        "import sys\nfrom tests.builders import make_incident\nmake_incident().plot()\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_reports_are_not_changed_by_drawing() -> None:
    report = make_report(overview=True)
    incident = make_incident(overview=True)
    before = incident.to_json()
    drawn(incident)
    assert incident.to_json() == before
    assert report == make_report(overview=True)
