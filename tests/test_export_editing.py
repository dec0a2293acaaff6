"""Markers for editing programs, read back: FCP7 XML and edit lists by OpenTimelineIO, FCPXML by it where it can."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import exports
from detector.exports.timecode import clock_of
from detector.records import Moment, Report
from tests.builders import make_report

HOSTILE = 'a "b" <c> & |d\t\r\n--> e\x00 😀 \udcff=ü.mp4'
CLEAN = 'a "b" <c> & |d --> e\ufffd 😀 \ufffd=ü.mp4'
ABOUT = "about these markers"
EDITING = ["fcp7", "fcpxml", "edl"]
RATES = [
    ("24000/1001", None),
    ("24000/1001", "10:00:00:00"),
    ("25", "00:59:59:24"),
    ("30000/1001", None),
    ("30000/1001", "01:00:00;00"),
    ("30000/1001", "01:00:00:00"),
    ("30", None),
    ("60000/1001", "12:59:00;04"),
]
TIMES_S = (0.0, 5.0, 5.01, 59.99, 60.06, 3599.999, 7199.5)


def rendered(report: Report, name: str) -> str:
    return exports.FORMATS[name].render(report, ()).decode("utf-8")


def filmed(
    frame_rate: str,
    timecode: str | None = None,
    times_s: Sequence[float] = TIMES_S,
    *,
    variable: bool = False,
    name: str = "bodycam.mp4",
    moments: Sequence[Moment] = (),
) -> Report:
    report = make_report(times_s, duration_s=7200.0, name=name, moments=moments)
    assert report.recording.video is not None
    video = dataclasses.replace(report.recording.video, frame_rate=frame_rate, timecode=timecode, variable=variable)
    return dataclasses.replace(report, recording=dataclasses.replace(report.recording, video=video))


def expected(report: Report) -> dict[int, str]:
    """Frame -> name of the marker that stands there."""
    rate = clock_of(report.recording.video).rate
    names: dict[int, list[str]] = {}
    for shot in report.shots:
        names.setdefault(int(Fraction(shot.time_s) * rate + Fraction(1, 10_000)), []).append(
            f"#{shot.id} {shot.status} {shot.probability:.2f}"
        )
    names.setdefault(0, []).append(ABOUT)
    return {frame: " + ".join(each) for frame, each in sorted(names.items())}


def fcpxml_markers(text: str) -> list[tuple[Fraction, str]]:
    """Seconds of time code and names, by the standard library."""
    found = ElementTree.fromstring(text).iter("marker")
    return [(Fraction(each.attrib["start"].removesuffix("s")), each.attrib["value"]) for each in found]


@pytest.mark.parametrize(("frame_rate", "timecode"), RATES)
def test_fcp7_markers_stand_on_their_frames(frame_rate: str, timecode: str | None) -> None:
    report = filmed(frame_rate, timecode)
    clock = clock_of(report.recording.video)
    timeline = otio.adapters.read_from_string(rendered(report, "fcp7"), adapter_name="fcp_xml")
    markers = timeline.tracks.markers
    assert {int(m.marked_range.start_time.value): m.name for m in markers} == expected(report)
    assert {round(m.marked_range.start_time.rate, 6) for m in markers} == {round(float(clock.rate), 6)}
    assert timeline.global_start_time.value == clock.start
    assert otio.opentime.to_timecode(timeline.global_start_time, float(clock.rate), clock.drop) == clock.timecode(0)
    (clip, sound) = timeline.find_clips()
    assert clip.name == sound.name == "bodycam.mp4"
    assert clip.source_range.duration.value == int(7200 * clock.rate)
    assert clip.media_reference.target_url == "file://localhost/bodycam.mp4"


@pytest.mark.parametrize(("frame_rate", "timecode"), RATES)
def test_edit_list_events_stand_on_their_frames(frame_rate: str, timecode: str | None) -> None:
    report = filmed(frame_rate, timecode)
    clock = clock_of(report.recording.video)
    text = rendered(report, "edl")
    timeline = otio.adapters.read_from_string(text, adapter_name="cmx_3600", rate=float(clock.rate))
    first = (
        clock.start
        if timecode
        else otio.opentime.from_timecode(f"01:00:00{';' if clock.drop else ':'}00", float(clock.rate)).value
    )
    found = {}
    for clip in timeline.find_clips():
        (comment,) = clip.metadata["cmx_3600"]["comments"]
        found[int(clip.source_range.start_time.value - first)] = re.findall(r"\|M:(.*) \|D:1$", comment)[0]
        assert clip.source_range.duration.value == 1
        assert re.match("Note: (at|#|about|Times)", comment), "no digit and no star in front"
    assert found == expected(report)
    assert f"FCM: {'DROP' if clock.drop else 'NON-DROP'} FRAME\n" in text
    assert f"a timeline that begins at {timecode or ('01:00:00;00' if clock.drop else '01:00:00:00')}." in text


@pytest.mark.parametrize(("frame_rate", "timecode"), RATES)
def test_fcpxml_markers_stand_on_their_frames(frame_rate: str, timecode: str | None) -> None:
    """By the standard library: the adapter reads 1001/30000 s as 29 frames a second."""
    report = filmed(frame_rate, timecode)
    clock, text = clock_of(report.recording.video), rendered(report, "fcpxml")
    assert {at * clock.rate - clock.start: name for at, name in fcpxml_markers(text)} == expected(report)
    root = ElementTree.fromstring(text)
    (sequence,), (clip,), (asset,) = root.iter("sequence"), root.iter("asset-clip"), root.iter("asset")
    start = Fraction(sequence.attrib["tcStart"].removesuffix("s"))
    assert start * clock.rate == clock.start
    assert {clip.attrib["offset"], clip.attrib["start"], asset.attrib["start"]} == {sequence.attrib["tcStart"]}
    assert sequence.attrib["tcFormat"] == ("DF" if clock.drop else "NDF")
    assert root.find("resources/format") is not None


@pytest.mark.parametrize("frame_rate", ["25", "30"])
def test_fcpxml_is_read_by_another_program_at_whole_rates(frame_rate: str) -> None:
    report = filmed(frame_rate, "01:00:00:00")
    (timeline,) = otio.adapters.read_from_string(rendered(report, "fcpxml"), adapter_name="fcpx_xml")
    (clip,) = timeline.find_clips()
    start = clip.source_range.start_time.value
    assert start == 3600 * int(frame_rate)
    assert {int(m.marked_range.start_time.value - start): m.name for m in clip.markers} == expected(report)
    assert clip.source_range.duration.value == 7200 * int(frame_rate)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 7200), max_size=6), st.sampled_from(["24000/1001", "25", "30000/1001", "30"]))
def test_all_three_tell_the_same_frames(times_s: list[float], frame_rate: str) -> None:
    report = filmed(frame_rate, None, times_s)
    clock = clock_of(report.recording.video)
    wanted = list(expected(report))
    fcp7 = ElementTree.fromstring(rendered(report, "fcp7"))
    assert [int(each.text or "") for each in fcp7.findall("sequence/marker/in")] == wanted
    assert [at * clock.rate for at, _ in fcpxml_markers(rendered(report, "fcpxml"))] == wanted
    edl = rendered(report, "edl")
    hour = dataclasses.replace(clock, start=3600 * clock.nominal - (108 if clock.drop else 0))
    assert re.findall(r"^\d+  001      V     C        (\S+) ", edl, re.MULTILINE) == [hour.timecode(f) for f in wanted]


def test_stretches_are_as_long_as_they_are() -> None:
    coverage: Any = [(0.0, 2.0, "no_audio"), (2.0, 50.0, "heard"), (50.0, 60.0, "muted")]
    report = make_report((5.0,), coverage=coverage)
    report = dataclasses.replace(report, recording=dataclasses.replace(report.recording, video=None))
    timeline = otio.adapters.read_from_string(rendered(report, "fcp7"), adapter_name="fcp_xml")
    ranges = [(m.name, m.marked_range.start_time.value, m.marked_range.duration.value) for m in timeline.tracks.markers]
    assert ranges == [("no audio + " + ABOUT, 0, 60), ("#1 shot 0.98", 150, 0), ("muted", 1500, 300)]
    assert "|C:ResolveColorPurple |M:muted |D:300\n" in rendered(report, "edl")
    assert 'duration="300/30s" value="muted"' in rendered(report, "fcpxml")


@pytest.mark.parametrize("name", EDITING)
def test_a_variable_rate_goes_by_time_and_says_so(name: str) -> None:
    report = filmed("2913/100", variable=True)
    text = rendered(report, name)
    assert "a variable frame rate (29.13 on average)" in text
    assert "on a timeline of 29.97 frames a second" in text


@pytest.mark.parametrize("name", EDITING)
def test_a_recording_without_picture_lies_on_a_timeline_of_sound(name: str) -> None:
    report = make_report((5.0,))
    report = dataclasses.replace(report, recording=dataclasses.replace(report.recording, video=None))
    text = rendered(report, name)
    assert "The recording has no picture" in text
    assert {"fcp7": "<in>150</in>", "fcpxml": 'start="150/30s"', "edl": "01:00:05:00 01:00:05:01"}[name] in text
    assert not re.search("<video>|hasVideo|mediatype>video", text)


@pytest.mark.parametrize("name", EDITING)
def test_markers_tell_the_exact_time_and_the_sound_that_they_fit(name: str) -> None:
    text = rendered(filmed("25", None, (5.0123,)), name)
    assert "at 0:05.012 (5.0123 s), volley 1" in text
    assert "SHA-256 0123abcd" in text
    assert "aligned.flac" in text


@pytest.mark.parametrize("name", EDITING)
def test_the_same_result_gives_the_same_bytes(name: str) -> None:
    report = filmed("30000/1001", None, name=HOSTILE)
    assert exports.FORMATS[name].render(report, ()) == exports.FORMATS[name].render(report, ())


def test_xml_holds_any_name() -> None:
    report = filmed("25", None, (5.0,), name=HOSTILE, moments=[Moment(6.0, HOSTILE)])
    fcp7 = otio.adapters.read_from_string(rendered(report, "fcp7"), adapter_name="fcp_xml")
    assert fcp7.name == f"{CLEAN} (shots)"
    assert [m.name for m in fcp7.tracks.markers][-1] == CLEAN
    (fcpxml,) = otio.adapters.read_from_string(rendered(report, "fcpxml"), adapter_name="fcpx_xml")
    (clip,) = fcpxml.find_clips()
    assert (clip.name, clip.markers[-1].name) == (CLEAN, CLEAN)


def test_an_edit_list_holds_any_name() -> None:
    report = filmed("25", None, (5.0,), name=HOSTILE, moments=[Moment(6.0, "1 |C:ResolveColorPink\n2|M:x")])
    text = rendered(report, "edl")
    timeline = otio.adapters.read_from_string(text, adapter_name="cmx_3600", rate=25)
    assert timeline.name == CLEAN.replace("|", "/")
    assert len(list(timeline.find_clips())) == 3
    assert text.endswith("|C:ResolveColorGreen |M:1 /C:ResolveColorPink 2/M:x |D:1\n")


@given(st.text(max_size=30))
def test_an_edit_list_keeps_its_lines_whatever_a_moment_says(words: str) -> None:
    text = rendered(filmed("25", None, (), moments=[Moment(6.0, words)]), "edl")
    assert len(text.split("\n")) == 9
    assert text.count("|C:ResolveColor") == 2
    ElementTree.fromstring(rendered(filmed("25", None, (), moments=[Moment(6.0, words)]), "fcp7"))


def test_before_the_first_picture_markers_stand_on_it() -> None:
    report = filmed("25", None, (0.1, 3.0))
    assert report.recording.video is not None
    video = dataclasses.replace(report.recording.video, start_s=1.0)
    report = dataclasses.replace(report, recording=dataclasses.replace(report.recording, video=video))
    fcp7 = ElementTree.fromstring(rendered(report, "fcp7"))
    assert [int(each.text or "") for each in fcp7.findall("sequence/marker/in")] == [0, 50]
