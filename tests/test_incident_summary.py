"""What is said of an incident, which is what an investigator quotes; and its tables."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.records import Camera, CountInterval, Coverage, Incident, Order, Rejected
from detector.views import incident_summary, incident_tables, terminal
from tests.builders import make_incident, make_report


def said(incident: Incident) -> str:
    sections = incident_summary.sections(incident)
    return " ".join(sentence for section in sections for sentence in (section.finding, *section.sentences))


def with_camera(incident: Incident, number: int, **values: Any) -> Incident:
    changed = tuple(dataclasses.replace(c, **values) if c.id == number else c for c in incident.cameras)
    return dataclasses.replace(incident, cameras=changed)


def deaf() -> Incident:
    incident = make_incident((), cameras=2, left_out={1: "too little sound", 2: "too little sound"})
    return dataclasses.replace(incident, clock=None, count=None, span=None, heard_s=0.0, coverage=())


# --- count ---------------------------------------------------------------------------------------


def test_the_headline_has_count_interval_floor_and_how_many_heard() -> None:
    incident = dataclasses.replace(make_incident(), count=CountInterval(93, 98, 104, 111))
    assert incident_summary.headline(incident) == "104 gunshots heard by 3 cameras together (90 %: 98-111), at least 93"
    alone = dataclasses.replace(make_incident((5.0,), cameras=1), count=CountInterval(1, 1, 1, 1))
    assert incident_summary.headline(alone) == "1 gunshot heard by 1 camera (90 %: 1-1), at least 1"


def test_nothing_found_is_said_of_what_was_heard_only() -> None:
    assert incident_summary.headline(make_incident(())).startswith(
        "no gunshots found in 60.0 s that 3 cameras heard (90 %"
    )
    assert incident_summary.headline(deaf()) == "cannot hear: nothing could be heard in any of the recordings"
    assert "no shots" not in said(deaf()).lower()


def test_it_is_told_which_shots_rest_on_one_camera() -> None:
    assert "5 of them were heard by two cameras or more; none rests on one." in said(make_incident())
    one = make_incident(missed=[(2, 1), (2, 3)])
    assert "4 of them were heard by two cameras or more; 1 rests on one camera: shot 2." in said(one)
    several = make_incident(missed=[(shot, camera) for shot in (1, 2, 3, 5) for camera in (1, 2)])
    assert "1 of them was heard by two cameras or more; 4 rest on one camera: shots 1-3, 5." in said(several)
    assert "rest" not in " ".join(incident_summary.count_sentences(make_incident(cameras=1)))


def test_what_each_camera_gives_alone_stands_beside_the_count() -> None:
    incident = with_camera(make_incident(), 2, report=make_report((5.0,)))
    incident = with_camera(incident, 3, report=make_report((), coverage=[(0.0, 60.0, "muted")]))
    assert "By themselves they give: camera 1 5 (4-5), camera 2 1 (1-1), camera 3 cannot hear." in said(incident)
    assert "By themselves" not in said(make_incident(cameras=1))


@pytest.mark.parametrize(
    ("best", "sentence"),
    [
        (5, "5 listed, each once."),
        (7, "5 listed, each once; best estimate 7: 2 probably hidden in overlaps."),
        (4, "5 listed, each once; best estimate 4: 1 of the listed probably not gunshots."),
    ],
)
def test_listed_shots_and_best_estimate_may_differ_and_why(best: int, sentence: str) -> None:
    incident = dataclasses.replace(make_incident(), count=CountInterval(0, 2, best, 9))
    assert sentence in said(incident)


def test_shots_may_lie_among_what_was_refused() -> None:
    refused = Rejected(9, 7.0, 0.9, "too weak")
    incident = dataclasses.replace(make_incident(), count=CountInterval(0, 2, 6, 9), rejected=(refused,))
    assert "5 listed, each once; best estimate 6: 1 probably among the sounds refused." in said(incident)


def test_second_showings_are_counted_once() -> None:
    incident = make_incident()
    again = dataclasses.replace(incident.shots[3], repeat_of=1)
    incident = dataclasses.replace(incident, shots=(*incident.shots[:3], again, incident.shots[4]))
    assert "1 listed shot shown a second time in the recordings, and counted once." in said(incident)
    assert "4 listed, each once" in said(incident)


def test_possible_shots_are_told() -> None:
    assert "5 listed, each once, 2 of them only possible" in said(make_incident(probability=(0.9, 0.3, 0.9, 0.4, 0.9)))


# --- cameras and clocks --------------------------------------------------------------------------


def test_cameras_that_are_left_out_or_copies_are_named_with_the_reason() -> None:
    incident = make_incident(cameras=4, left_out={3: "nothing in it fits any of the others."}, copies={4: 1})
    told = said(incident)
    assert "2 recordings on one clock, 1 of them again as a copy, 1 left out." in told
    assert "Camera 3 (camera_3.mp4) is left out: nothing in it fits any of the others. Camera 4" in told
    assert "Camera 4 (camera_4.mp4) is the same recording as camera 1, copied, coded again or a part of it" in told
    assert incident_summary.one_line(incident).endswith("; 1 recording left out")


def test_a_part_of_a_file_and_a_single_recording_are_told_as_such() -> None:
    told = said(with_camera(make_incident(), 2, window=(65.0, None)))
    assert "Of camera 2 (camera_2.mp4) the part from 1:05.000 to its end was taken." in told
    told = said(with_camera(make_incident(), 2, window=(None, 30.0)))
    assert "the part from its beginning to 0:30.000 was taken." in told
    alone = said(make_incident(cameras=1))
    assert "1 recording." in alone
    assert "Shots too faint to hear are not in it." in alone


def test_unheard_stretches_that_touch_are_told_as_one() -> None:
    stretches = (Coverage(0.0, 20.0, "not_analysed"), Coverage(20.0, 21.0, "no_audio"), Coverage(21.0, 60.0, "heard"))
    incident = dataclasses.replace(make_incident(), coverage=stretches, heard_s=39.0)
    assert "21.0 s could be heard by none (0:00.000-0:21.000)" in said(incident)


def test_the_table_of_clocks_has_offset_error_and_drift() -> None:
    incident = with_camera(
        make_incident(cameras=5, left_out={4: "x"}, copies={5: 2}), 2, drift_ppm=-14.2, drift_error_ppm=3.0
    )
    assert incident_tables.camera_rows(incident) == (
        ("1", "camera_1.mp4", "0 s", "the incident's", "to 2.0 ms"),
        ("2", "camera_2.mp4", "-7.250 s\n+-4 ms", "14.2 ppm slow\n+-3 ppm", "to 2.0 ms"),
        ("3", "camera_3.mp4", "-14.500 s\n+-4 ms", "drift not\ndetermined, +-60 ppm", "to 2.0 ms"),
        ("4", "camera_4.mp4", "left out", "", ""),
        ("5", "camera_5.mp4", "-29.000 s\n+-4 ms", "drift not\ndetermined, +-60 ppm", "as camera 2"),
    )


def test_errors_of_clocks_are_said_to_hold_for_sounds_from_all_sides() -> None:
    assert "2.9 ms for each metre between them" in said(make_incident())
    assert "2.9 ms" not in said(make_incident(cameras=1))


# --- coverage, positions, order ------------------------------------------------------------------


def test_what_no_camera_could_hear_is_told_and_never_no_shots() -> None:
    stretches = (Coverage(0.0, 6.0, "muted"), Coverage(6.0, 8.0, "overloaded"), Coverage(8.0, 60.0, "heard"))
    incident = dataclasses.replace(make_incident(), coverage=stretches, heard_s=54.0)
    told = said(incident)
    assert "54.0 s of 60.0 s could be heard by at least one camera." in told
    assert "6.0 s could be heard by none (0:00.000-0:06.000): shots there are in no count." in told
    assert "2.0 s is overloaded at every camera that recorded it (0:06.000-0:08.000)" in told
    assert "Heard by each: camera 1 60.0 s, camera 2 60.0 s, camera 3 60.0 s." in told
    assert "Not in it either: 6.0 s that no camera could hear; see below." in told


def test_positions_are_places_and_no_number_of_guns() -> None:
    told = " ".join(incident_summary.position_sentences(make_incident(places=(1, 1, 2, None, 2))))
    assert told.startswith(
        "The delays between the cameras are consistent with at least 2 positions for 4 shots; those of 1"
    )
    assert "Position 1: shots 1-2 (camera 2 20 ms before camera 1)." in told
    assert "One walking person makes several positions" in told
    assert incident_summary.position_sentences(make_incident()) == ()


def test_the_order_is_told_as_physics_leaves_it_and_names_nobody() -> None:
    order = Order(3, 4, 0.1, 0.2, 30.0, "first before second", "common clock", "sound 3 left its gun before sound 4")
    told = incident_summary.order_sentences(make_incident(order=[order]))
    assert told[0] == "Sound 3 left its gun before sound 4."
    assert "who fired it, the sound does not show" in told[-1]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.sets(st.tuples(st.integers(1, 5), st.integers(1, 6)), max_size=12), st.integers(0, 2))
def test_words_that_sound_does_not_bear_are_never_said(cameras: int, missed: set[tuple[int, int]], out: int) -> None:
    left_out = {number: "nothing in it fits" for number in range(2, 2 + out) if number <= cameras}
    unheard = {(s, c) for s, c in missed if c != 1}
    told = said(make_incident(cameras=cameras, missed=unheard, left_out=left_out, places=(1, 2, 1, 2, 1))).lower()
    for word in ("suspect", "murder", "calibre", "caliber", "fired first.", "guilty"):
        assert word not in told.replace("which weapon, or who fired first.", "")


# --- warnings, terminal, tables ------------------------------------------------------------------


def test_warnings_of_the_incident_and_of_each_recording_are_told() -> None:
    incident = make_incident(warnings=["camera 2 and camera 3 share little"])
    warned = make_report(warnings=["the sound starts late"], name="camera_2.mp4")
    incident = with_camera(incident, 2, report=warned)
    assert incident_summary.warning_sentences(incident) == (
        "camera 2 and camera 3 share little",
        "Camera 2 (camera_2.mp4): the sound starts late",
    )


def test_names_of_strangers_do_not_speak_to_the_terminal() -> None:
    incident = make_incident(names=("a\x1b[31m.mp4", "b\n.mp4", "[red]c.mp4"), left_out={3: "bad\x1b[0m"})
    told = terminal.incident(incident, ())
    assert "\x1b" not in told
    assert "camera 3 ([red]c.mp4)" in told


@pytest.mark.parametrize(
    "incident",
    [deaf(), make_incident(()), make_incident((5.0,), cameras=1), make_incident(cameras=6, missed=[(1, 2)])],
    ids=["deaf", "none", "one camera", "six cameras"],
)
def test_every_kind_of_incident_is_told(incident: Incident) -> None:
    assert incident_summary.headline(incident) in " ".join(terminal.incident(incident, ()).split())


def test_shots_have_the_times_of_each_camera_as_long_as_they_fit() -> None:
    incident = make_incident(cameras=2, missed=[(2, 2)], places=(1, 2, None, None, None))
    assert incident_tables.shot_columns(incident) == ("shot", "time", "camera 1", "camera 2", "chance", "")
    assert incident_tables.shot_rows(incident)[:2] == (
        ("1", "0:05.000", "0:05.040", "0:12.250", "0.98", "position 1"),
        ("2", "0:05.400", "0:05.400", "-", "0.98", "position 2, clipped"),
    )
    many = make_incident(cameras=6, missed=[(1, 2), (1, 5)])
    assert incident_tables.shot_columns(many) == ("shot", "time", "heard by", "chance", "")
    assert incident_tables.shot_rows(many)[0][2] == "1 - 3 4 - 6"


def test_a_camera_that_could_not_hear_is_told_from_one_that_did_not() -> None:
    incident = make_incident(cameras=2, missed=[(1, 2), (2, 2)])
    first = dataclasses.replace(incident.shots[0], deaf=(2,), silent=())
    incident = dataclasses.replace(incident, shots=(first, *incident.shots[1:]))
    assert [row[3] for row in incident_tables.shot_rows(incident)[:2]] == ["deaf", "-"]


def test_the_frame_has_a_column_of_times_per_camera() -> None:
    incident = make_incident(cameras=3, missed=[(2, 2)], left_out={3: "x"}, places=(1, None, 1, 2, 2))
    frame = incident.to_dataframe()
    assert len(frame) == 5
    times = "time_s at camera 2 (camera_2.mp4)"
    assert list(frame.columns[-2:]) == ["time_s at camera 1 (camera_1.mp4)", times]
    assert frame[times].isna().tolist() == [False, True, False, False, False]
    assert frame[times][0] == pytest.approx(12.25)
    assert frame["position"].tolist()[0] == 1
    assert frame["cameras"].tolist() == [2, 1, 2, 2, 2]
    empty = make_incident((), cameras=3, left_out={3: "x"}).to_dataframe()
    pd.testing.assert_series_equal(empty.dtypes, frame.dtypes)


def test_the_page_of_a_notebook_is_escaped_and_loads_nothing() -> None:
    page = make_incident(names=("<script>a.mp4", "b&b.mp4", "c.mp4"), overview=True)._repr_html_()
    assert "<script" not in page
    assert "b&amp;b.mp4" in page
    assert "http" not in page
    assert "3 cameras together" in page
    assert "data:image/png;base64," in page


def test_telling_needs_neither_matplotlib_nor_pandas() -> None:
    code = (
        "import sys\nfrom tests.builders import make_incident\nfrom detector.views import terminal\n"
        "terminal.incident(make_incident(), ())\n"
        "print(*[name for name in ('matplotlib', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_camera_is_named_by_number_and_file() -> None:
    camera: Camera = make_incident().cameras[1]
    assert incident_summary.name(camera) == "camera 2 (camera_2.mp4)"
