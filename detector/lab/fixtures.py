"""The files under fixtures/, made from seeds: a demonstration incident, clips, hostile files.

Each maker writes below the folder it is given and returns nothing. Tests compare decoded samples
and truth with what is made here, never media bytes.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from detector.lab.incidents import alder_street, five_shots, mill_lane, two_guns
from detector.lab.pictures import card_frames, street_frames
from detector.lab.scenes import Take, render
from detector.media.encode import Layout, PictureTrack, SoundTrack, write_media
from detector.records import Float32

DEMO_SEED = 2024
_CLIP_SEED = 11
_INCIDENT_SEED = 5
_CLIP_RATE = Fraction(30)
_CLIP_SIZE = (96, 160)
_SMALL = {"crf": "36", "preset": "veryslow"}  # libx264: pictures here only need to be readable
_GAP = (2.2, 3.7)
_DAMAGED = ((1.45, 1.6), (3.2, 3.4))
_CUT_STOP_S = 3.69  # where the sound of 60 % of the bytes ends, after the index and the first picture
_CARD_S, _VIEW_S = 3.0, 15.0

_DEMO_TALLY = """\
# Invented, like the incident it belongs to: no such stop, police or board exists.
# 107 shots were put into the recording; which of them can be heard stands in truth.json.

[[tally]]
label = "officers, preliminary"
count = 96
span_s = 41.0
includes = "four officers of the invented Harrow Bend police"
everyone = false
method = "casings"
citation = "Harrow Bend Review Board (invented), statement of 3 May 2031"
window = ["{start}", "{stop}"]

[[tally]]
label = "driver"
count = 11
includes = "the driver"
everyone = false
method = "casings"
citation = "Harrow Bend County Attorney (invented), memorandum of 12 September 2032"
window = ["{start}", "{stop}"]

[[total]]
label = "everyone"
of = ["officers, preliminary", "driver"]
everyone = true
span_s = 41.0
citation = "sum of the two"
window = ["{start}", "{stop}"]
"""

_GOOD_ENTRY = {
    "label": '"officers"',
    "count": "96",
    "includes": '"four officers"',
    "everyone": "false",
    "method": '"casings"',
}
_BROKEN_TALLIES: dict[str, dict[str, str | None]] = {
    "missing_includes": {"includes": None},
    "missing_everyone": {"everyone": None},
    "negative_count": {"count": "-3"},
    "unknown_key": {"cuont": "96"},
}


@dataclass(frozen=True)
class Clip:
    """One way of writing the five-shot scene.

    `offset_ms` is what the container adds to every time on the presentation clock;
    `tolerance_ms` how far its stamps leave the time open beyond that.
    """

    name: str
    codec: str
    note: str
    picture: str | None = "libx264"
    layout: Layout = "plain"
    rate_hz: int = 48_000
    bit_rate: int = 64_000
    offset_ms: float = 0.0
    tolerance_ms: float = 1.0


@dataclass(frozen=True)
class Shown:
    """How one file shows a take: its own clock, its unheard stretches (start_s, stop_s, state), its repeats."""

    file: str
    note: str
    offset_ms: float = 0.0
    tolerance_ms: float = 1.0
    unheard: tuple[tuple[float, float, str], ...] = ()
    repeats: tuple[dict[str, float], ...] = ()
    duration_s: float | None = None


_PRIMING = "the edit list removes the encoder's delay"
_BOTH_LATE = "sound and picture stand equally late in their stamps; players differ"
_FROM_PICTURE = "times count from the first frame of the picture"
_UNSIGNALLED = "the encoder's delay is not signalled, so times carry it"
CLIPS = (
    Clip("aac.mp4", "aac", _PRIMING),
    Clip("faststart.mp4", "aac", _PRIMING, layout="faststart"),
    Clip("fragmented.mp4", "aac", _BOTH_LATE, layout="fragmented", offset_ms=66.67, tolerance_ms=50.0),
    Clip("no_edit_list.mp4", "aac", _BOTH_LATE, layout="no_edit_list", offset_ms=66.67, tolerance_ms=50.0),
    Clip("aac.mov", "aac", _PRIMING),
    Clip("pcm.mov", "pcm_s16le", "exact", bit_rate=0),
    Clip("mulaw.mov", "pcm_mulaw", "exact; 8 bits at 8 kHz", rate_hz=8000, bit_rate=0),
    Clip("aac.mkv", "aac", "stamps are whole milliseconds"),
    Clip("opus.mkv", "libopus", "stamps round the encoder's 6.5 ms to 7 ms"),
    Clip("opus.webm", "libopus", "stamps round the encoder's 6.5 ms to 7 ms", picture="libvpx"),
    Clip("mp3.avi", "libmp3lame", _UNSIGNALLED, picture="mpeg4", offset_ms=23.02, tolerance_ms=50.0),
    Clip("pcm.avi", "pcm_s16le", "exact", picture="mpeg4", bit_rate=0),
    Clip("aac.ts", "aac", _FROM_PICTURE),
    Clip("ac3.mts", "ac3", _FROM_PICTURE, bit_rate=96_000),
    Clip("amr.3gp", "libopencore_amrnb", "speech codec", "mpeg4", "plain", 8000, 12_200, -1.25, 5.0),
    Clip("wma.wmv", "wmav2", _FROM_PICTURE, picture="wmv2", rate_hz=44_100),
    Clip("aac.m4a", "aac", _PRIMING, picture=None),
    Clip("mp3.mp3", "libmp3lame", "the header tells the delay", picture=None, tolerance_ms=50.0),
    Clip("opus.ogg", "libopus", "exact", picture=None),
    Clip("opus.opus", "libopus", "exact", picture=None),
    Clip("flac.flac", "flac", "exact", picture=None, bit_rate=0),
    Clip("pcm.wav", "pcm_s16le", "exact", picture=None, bit_rate=0),
    Clip("adts.aac", "aac", _UNSIGNALLED, picture=None, offset_ms=21.33, tolerance_ms=50.0),
    Clip("rate_8k.mp4", "aac", _PRIMING, rate_hz=8000, bit_rate=24_000, tolerance_ms=5.0),
)


def make_demo(folder: Path, seed: int = DEMO_SEED) -> None:
    """Write demo/: the Alder Street incident as a video of less than 2 MB, its truth and its invented tally."""
    take = render(alder_street(seed))
    lines = ("ALDER STREET STOP", "INVENTED PLACE AND PEOPLE")
    rate = Fraction(5)
    picture = PictureTrack(street_frames(take.scene.duration_s, rate, lines, (180, 320)), rate, options=_SMALL)
    path = _fresh(folder / "demo" / "alder_street.mp4")
    write_media(path, _sound(take, bit_rate=80_000), picture, overwrite=True)
    shown = Shown(path.name, "30 s of picture before the sound starts", unheard=((0.0, 29.98, "no_audio"),))
    _write_truth(path.parent / "truth.json", take, shown)
    window = {"start": _minutes(take.shots[0].arrival_s - 4), "stop": _minutes(take.shots[-1].arrival_s + 4)}
    (path.parent / "tally.toml").write_text(_DEMO_TALLY.format(**window), encoding="utf-8")


def make_clip(folder: Path, name: str) -> None:
    """Write clips/NAME and its truth: the five-shot scene in one container of `CLIPS`."""
    clip = next(clip for clip in CLIPS if clip.name == name)
    take = render(five_shots(_CLIP_SEED, clip.rate_hz))
    path = _fresh(folder / "clips" / clip.name)
    sound = dataclasses.replace(_sound(take, clip.bit_rate), codec=clip.codec)
    write_media(path, sound, _clip_picture(take, clip.picture), layout=clip.layout, overwrite=True)
    _write_truth(_truth_path(path), take, Shown(clip.name, clip.note, clip.offset_ms, clip.tolerance_ms))


def make_clips(folder: Path) -> None:
    """Write clips/: every container, and clips whose sound is late, holed, damaged, cut, shown twice or odd."""
    for clip in CLIPS:
        make_clip(folder, clip.name)
    _make_late_start(folder)
    _make_broken_sound(folder)
    _make_cut(folder)
    _make_channels(folder)
    _make_compilation(folder)


def make_incident(folder: Path) -> None:
    """Write incident/: one event as three cameras recorded it, each on its own clock, with its truth."""
    # File, when it begins, how much later its sound, by the clock of the scene.
    files = (("body_a.mp4", 0.0, 0.0), ("body_b.mp4", 2.6, 0.0), ("house.mp4", 1.4, 2.2))
    for scene, (name, starts_s, late_s) in zip(mill_lane(_INCIDENT_SEED), files, strict=True):
        take, rate = render(scene), Fraction(5)
        samples = take.samples[round((starts_s + late_s) * scene.rate_hz) :]
        length_s = scene.duration_s - starts_s
        frames = street_frames(length_s, rate, ("MILL LANE", "INVENTED"), _CLIP_SIZE)
        path = _fresh(folder / "incident" / name)
        sound = SoundTrack(samples, scene.rate_hz, bit_rate=64_000, start_s=late_s)
        write_media(path, sound, PictureTrack(frames, rate, options=_SMALL), overwrite=True)
        shown = Shown(
            file=name,
            note=f"{scene.camera.label}; its 0:00 is {starts_s:g} s of the clock that all three share",
            offset_ms=-1e3 * starts_s,
            unheard=((0.0, late_s, "no_audio"),) if late_s else (),
            duration_s=length_s,
        )
        _write_truth(_truth_path(path), take, shown)


def make_hostile(folder: Path) -> None:
    """Write hostile/: what is no recording, holds no sound, or holds sound that is none; and broken tallies."""
    hostile = _fresh(folder / "hostile" / "zero.mp4").parent
    (hostile / "zero.mp4").write_bytes(b"")
    (hostile / "text.mp4").write_text("This is a text file with the name of a video.\n" * 20, encoding="utf-8")
    take = render(five_shots(_CLIP_SEED))
    write_media(hostile / "no_audio.mp4", None, _clip_picture(take, "libx264"), overwrite=True)
    (hostile / "cut_before_index.mp4").write_bytes(_encoded(take, "plain", 0.6))
    (hostile / "cut_after_index.mp4").write_bytes(_encoded(take, "faststart", 0.25))
    silence = np.zeros((5 * 48_000, 1), np.float32)
    write_media(hostile / "all_silence.mp4", SoundTrack(silence, 48_000), overwrite=True)
    rng = np.random.Generator(np.random.PCG64(5))
    noise = rng.uniform(-1, 1, (3 * 16_000, 1)).astype(np.float32)
    _write_wav(hostile / "full_scale_noise.wav", noise, 16_000, "pcm_s16le")
    _write_wav(hostile / "tenth_second.wav", noise[:1600] * 0.01, 16_000, "pcm_s16le")
    holed = render(five_shots(_CLIP_SEED, 16_000, 4.0)).samples
    holed[24_000:24_400], holed[40_000], holed[40_001] = np.nan, np.inf, -np.inf
    _write_wav(hostile / "nan.wav", holed, 16_000, "pcm_f32le")
    _make_broken_tallies(hostile / "tallies")


def _make_broken_tallies(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, changes in _BROKEN_TALLIES.items():
        entry = {key: value for key, value in {**_GOOD_ENTRY, **changes}.items() if value is not None}
        (folder / f"{name}.toml").write_text(_entry(entry), encoding="utf-8")
    (folder / "duplicate_label.toml").write_text(_entry(_GOOD_ENTRY) + "\n" + _entry(_GOOD_ENTRY), encoding="utf-8")
    (folder / "not_toml.toml").write_text("[[tally]\ncount = ninety-six\n", encoding="utf-8")


def _make_late_start(folder: Path) -> None:
    take = render(five_shots(_CLIP_SEED))
    late = dataclasses.replace(_sound(take), start_s=29.98)
    path = _fresh(folder / "clips" / "late_start.mp4")
    rate = Fraction(5)
    frames = street_frames(29.98 + take.scene.duration_s, rate, ("LATE SOUND",), _CLIP_SIZE)
    write_media(path, late, PictureTrack(frames, rate, options=_SMALL), overwrite=True)
    note = "the sound starts 29.98 s after the picture"
    unheard = ((0.0, 29.98, "no_audio"),)
    shown = Shown(path.name, note, 29_980.0, unheard=unheard, duration_s=29.98 + take.scene.duration_s)
    _write_truth(_truth_path(path), take, shown)


def _make_broken_sound(folder: Path) -> None:
    take = render(five_shots(_CLIP_SEED))
    whole, picture = _sound(take), "libx264"
    missing = dataclasses.replace(whole, gaps=(_GAP,))
    damaged = dataclasses.replace(whole, damaged=_DAMAGED)
    missing_note = "1.5 s of packets are missing: later sound keeps its time only by its stamps"
    for suffix in (".mp4", ".mkv", ".ts"):
        path = _fresh(folder / "clips" / f"gap{suffix}")
        write_media(path, missing, _clip_picture(take, picture), overwrite=True)
        _write_truth(_truth_path(path), take, Shown(path.name, missing_note, unheard=_spans("no_audio", _GAP)))
        path = path.with_name(f"damaged{suffix}")
        write_media(path, damaged, _clip_picture(take, picture), overwrite=True)
        shown = Shown(path.name, "packets hold noise and fail to decode", unheard=_spans("damaged", *_DAMAGED))
        _write_truth(_truth_path(path), take, shown)


def _spans(state: str, *spans: tuple[float, float]) -> tuple[tuple[float, float, str], ...]:
    return tuple((start_s, stop_s, state) for start_s, stop_s in spans)


def _make_cut(folder: Path) -> None:
    take = render(five_shots(_CLIP_SEED))
    path = _fresh(folder / "clips" / "cut_60.mp4")
    path.write_bytes(_encoded(take, "faststart", 0.6))
    note = "index first, then cut at 60 % of its bytes"
    unheard = ((_CUT_STOP_S, take.scene.duration_s, "no_audio"),)
    _write_truth(_truth_path(path), take, Shown(path.name, note, unheard=unheard))


def _make_channels(folder: Path) -> None:
    take = render(five_shots(_CLIP_SEED))
    mono = take.samples
    variants = (
        ("opposite_phase.mp4", np.concatenate([mono, -mono], axis=1), "the second channel is the first upside down"),
        (
            "six_channels.mp4",
            mono * np.array([0.4, 0.3, 1.0, 0.05, 0.2, 0.1], np.float32),
            "5.1; loudest in the centre",
        ),
    )
    for name, samples, note in variants:
        path = _fresh(folder / "clips" / name)
        sound = SoundTrack(samples.astype(np.float32), 48_000, bit_rate=48_000 * samples.shape[1])
        write_media(path, sound, _clip_picture(take, "libx264"), overwrite=True)
        _write_truth(_truth_path(path), take, Shown(name, note))
    short = render(five_shots(_CLIP_SEED, 192_000, 3.0))
    path = _fresh(folder / "clips" / "rate_192k.wav")
    _write_wav(path, short.samples, 192_000, "pcm_s16le")
    _write_truth(_truth_path(path), short, Shown(path.name, "192 kHz"))


def _make_compilation(folder: Path) -> None:
    take = render(two_guns(7, _VIEW_S))
    card = np.zeros((round(_CARD_S * 48_000), 1), np.float32)
    samples = np.concatenate([card, take.samples, card, take.samples])
    rate = Fraction(10)
    cards = [card_frames(_CARD_S, rate, f"VIEW {k}", _CLIP_SIZE) for k in (1, 2)]
    views = [street_frames(_VIEW_S, rate, (f"VIEW {k}",), _CLIP_SIZE) for k in (1, 2)]
    frames = itertools.chain(cards[0], views[0], cards[1], views[1])
    path = _fresh(folder / "clips" / "compilation.mp4")
    write_media(path, SoundTrack(samples, 48_000), PictureTrack(frames, rate, options=_SMALL), overwrite=True)
    again_s = 2 * _CARD_S + _VIEW_S
    shown = Shown(
        file=path.name,
        note="one sound shown twice, each time after a silent title card; shots are listed at their first showing",
        offset_ms=1e3 * _CARD_S,
        unheard=((0.0, _CARD_S, "muted"), (_CARD_S + _VIEW_S, again_s, "muted")),
        repeats=({"start_s": again_s, "stop_s": again_s + _VIEW_S, "of_start_s": _CARD_S, "speed": 1.0},),
        duration_s=again_s + _VIEW_S,
    )
    _write_truth(_truth_path(path), take, shown)


def _sound(take: Take, bit_rate: int = 64_000) -> SoundTrack:
    return SoundTrack(take.samples, take.scene.rate_hz, bit_rate=bit_rate, start_s=take.start_s)


def _clip_picture(take: Take, codec: str | None) -> PictureTrack | None:
    if codec is None:
        return None
    frames = street_frames(take.scene.duration_s, _CLIP_RATE, ("FIVE SHOTS",), _CLIP_SIZE)
    if codec == "libx264":
        return PictureTrack(frames, _CLIP_RATE, codec, options=_SMALL)
    return PictureTrack(frames, _CLIP_RATE, codec, bit_rate=60_000)


def _encoded(take: Take, layout: Layout, share: float) -> bytes:
    """The first `share` of the bytes of an MP4 with that take."""
    with tempfile.TemporaryDirectory() as scratch:
        path = write_media(Path(scratch) / "whole.mp4", _sound(take), _clip_picture(take, "libx264"), layout=layout)
        whole = path.read_bytes()
    return whole[: round(share * len(whole))]


def _write_wav(path: Path, samples: Float32, rate_hz: int, codec: str) -> None:
    write_media(path, SoundTrack(samples, rate_hz, codec, 0), overwrite=True)


def _fresh(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _truth_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.truth.json")


def _write_truth(path: Path, take: Take, shown: Shown) -> None:
    """Truth on the file's presentation clock: what the take says, then what the container makes of it."""
    truth = take.shown(shown.offset_ms / 1e3, shown.unheard).truth()
    if shown.duration_s is not None:
        truth["duration_s"] = shown.duration_s
    truth |= {
        "file": shown.file,
        "note": shown.note,
        "clock_offset_ms": shown.offset_ms,
        "clock_tolerance_ms": shown.tolerance_ms,
        "unheard": [{"start_s": start, "stop_s": stop, "state": state} for start, stop, state in shown.unheard],
        "repeats": list(shown.repeats),
    }
    path.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def _minutes(time_s: float) -> str:
    return f"{int(time_s // 60)}:{int(time_s % 60):02d}"


def _entry(values: dict[str, str]) -> str:
    return "[[tally]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
