"""A corpus folder -> pieces of sound for composing scenes, fold by fold.

A piece of a fold shares neither recording nor gun nor place with the cases of another fold, so
that scenes composed of one fold's pieces may train a model that is judged on the others. Beds,
speech and impulse responses, few and of few sources, are dealt out file by file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from detector.lab.corpus import Case
from detector.lab.folds import FOLDS, RESPONSES, fold_of
from detector.records import Float32, Float64

RATE_HZ = 48_000  # all pieces are heard at this rate
LEAD_S = 0.001  # a blast piece begins this long before its onset
_BLAST_S = 0.6  # recorded blasts with what the place gave back; then handling and talk begin
_FADE_S = 0.08
_RISE_WITHIN_S = 0.003  # a marked onset may lie this far from the rise
_LONGEST_SOUND_S = 6.0
_RECORDER = "Zoom H4N recorder"

# Kinds of sound in the corpus -> what they are called where they are planted.
KINDS: Mapping[str, tuple[str, ...]] = {
    "steps": ("footsteps",),
    "click": ("click_static", "camera_click", "typing", "staple_gun"),
    "keys": ("keys_handcuffs",),
    "handling": ("mic_handling", "handling_foley"),
    "glass": ("glass_break",),
    "metal": ("impact_metal", "can_crush"),
    "drop": ("dropped_object", "impact_other"),
    "pop": ("pop_snap", "balloon_noise", "firecracker_like"),
    "clap": ("hand_clap",),
    "wood": ("impact_wood",),
    "door": ("door_slam", "door_other", "car_door", "drawer"),
    "bark": ("dog_bark",),
    "ball": ("ball_bounce",),
    "cough": ("cough", "shout_scream"),
    "hammer": ("construction",),
    "knock": ("door_knock",),
    "weapon": ("weapon_handling",),
    "fireworks": ("fireworks",),
    "explosion": ("explosion",),
    "thunder": ("thunder",),
    "drum": ("drum_hit",),
    "horn": ("horn",),
    "siren": ("siren",),
}


@dataclass(frozen=True)
class Piece:
    """A recording to be heard as a whole; `kind` is its class in the corpus."""

    path: Path
    kind: str
    duration_s: float

    def sound(self, start_s: float = 0.0, length_s: float = _LONGEST_SOUND_S) -> Float32:
        """(n,) samples at `RATE_HZ` with a peak of 1, at most `length_s` from `start_s` on; cuts are faded."""
        return _read(self.path, start_s, length_s)


@dataclass(frozen=True)
class BlastPiece:
    """One recorded shot: where its onset stands in the file, and on what it was recorded."""

    path: Path
    onset_s: float
    device: str

    @property
    def overloaded(self) -> bool:
        """Whether the recording already has the overload and gain control of a telephone."""
        return self.device != _RECORDER

    def sound(self) -> Float32:
        """(n,) samples at `RATE_HZ`, peak 1 within the first 5 ms, the onset `LEAD_S` after the beginning."""
        return _blast(self.path, self.onset_s)


@dataclass(frozen=True, eq=False)
class StringPiece:
    """A recording of far fire by one sensor, with the onset (n,) of every shot in it; `tier` is how it stands out."""

    path: Path
    sensor: str
    tier: str
    onset_s: Float64
    duration_s: float


@dataclass(frozen=True, eq=False)
class Material:
    """The pieces of one fold. `sounds` holds the kinds of `KINDS` that the fold has."""

    fold: int
    blasts: tuple[BlastPiece, ...]
    strings: tuple[StringPiece, ...]
    sounds: Mapping[str, tuple[Piece, ...]]
    beds: tuple[Piece, ...]
    winds: tuple[Piece, ...]
    speech: tuple[Piece, ...]
    responses: tuple[Piece, ...]


def read_material(
    root: str | Path, cases: Sequence[Case], fold_of: Callable[[str], int] = fold_of
) -> tuple[Material, ...]:
    """The pieces of each fold, from a corpus folder and all its cases (`corpus.read_corpus`).

    `fold_of` gives the fold of a group, of a case or `impulse_responses/NAME`. What is scarce is
    lacking in some folds: no file serves two.
    """
    onset_s = _phone_onsets(Path(root))
    responses = sorted((Path(root) / RESPONSES).glob("*.flac"))
    return tuple(
        Material(
            fold=fold,
            blasts=tuple(
                BlastPiece(case.path, onset_s[case.path.name], case.family)
                for case in mine
                if case.collection == "phones" and case.path.name in onset_s
            ),
            strings=tuple(_string(case) for case in mine if case.collection == "pittsburgh" and len(case.marks.time_s)),
            sounds=_by_kind([case for case in mine if case.collection == "not_gunfire"]),
            beds=_of_families(mine, ("bed_ambience", "bed_traffic", "bed_train", "vehicle_interior")),
            winds=_of_families(mine, ("wind",)),
            speech=_of_families(mine, ("speech",)),
            responses=tuple(_place(path) for path in responses if fold_of(f"{RESPONSES}/{path.stem}") == fold),
        )
        for fold in range(FOLDS)
        for mine in [[case for case in cases if fold_of(case.group) == fold]]
    )


def read_string(piece: StringPiece) -> Float32:
    """(n,) samples of a far string at `RATE_HZ`, as loud as they were recorded."""
    return _resampled(*soundfile.read(piece.path, dtype="float32"))


def response(piece: Piece) -> Float32:
    """(n,) impulse response at `RATE_HZ` from its direct path on, of unit energy, its noisy end faded."""
    sound = _read(piece.path, 0.0, 4.0)
    loudest = int(np.argmax(np.abs(sound)))
    first = int(np.argmax(np.abs(sound[: loudest + 1]) >= 0.25 * np.abs(sound[loudest])))
    kept = sound[max(0, first - 8) :]
    level = np.add.reduceat(kept**2, np.arange(0, len(kept), RATE_HZ // 100))
    ends = int(np.flatnonzero(level > 10 ** (-4.5) * level.max())[-1] + 1) * (RATE_HZ // 100)
    kept = kept[:ends] * np.minimum(1, np.arange(min(ends, len(kept)), 0, -1) / (0.2 * ends)).astype(np.float32)
    return np.asarray(kept / np.sqrt(np.sum(kept**2)), np.float32)


def _phone_onsets(root: Path) -> dict[str, float]:
    path = root / "phones" / "truth.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["file"]: float(row["onset_s"]) for row in csv.DictReader(file) if row["onset_s"]}


def _string(case: Case) -> StringPiece:
    position, sensor = case.path.stem.split("_")[0], case.path.stem.split("_")[-1]
    return StringPiece(case.path, f"{position} {sensor}", case.family, np.sort(case.marks.time_s), case.duration_s)


def _piece(case: Case) -> Piece:
    return Piece(case.path, case.family, case.duration_s)


def _by_kind(cases: Sequence[Case]) -> dict[str, tuple[Piece, ...]]:
    found = {kind: tuple(_piece(case) for case in cases if case.family in classes) for kind, classes in KINDS.items()}
    return {kind: pieces for kind, pieces in found.items() if pieces}


def _of_families(cases: Sequence[Case], families: tuple[str, ...]) -> tuple[Piece, ...]:
    return tuple(_piece(case) for case in sorted(cases, key=lambda case: case.name) if case.family in families)


def _place(path: Path) -> Piece:
    return Piece(path, path.stem, float(soundfile.info(path).duration))


def _resampled(samples: Float32, rate_hz: int) -> Float32:
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate_hz, RATE_HZ), np.float32)


@lru_cache(maxsize=256)
def _read(path: Path, start_s: float, length_s: float) -> Float32:
    with soundfile.SoundFile(path) as file:
        rate_hz = file.samplerate
        file.seek(min(file.frames, round(start_s * rate_hz)))
        samples = file.read(round(length_s * rate_hz), dtype="float32")
        cut_short = file.tell() < file.frames
    sound = _resampled(samples, rate_hz)
    fade = min(len(sound), round(_FADE_S * RATE_HZ))
    if start_s > 0:
        sound[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    if cut_short:
        sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max(initial=0))), np.float32)


@lru_cache(maxsize=128)
def _blast(path: Path, marked_s: float) -> Float32:
    with soundfile.SoundFile(path) as file:
        rate_hz = file.samplerate
        before = round(0.02 * rate_hz)
        file.seek(round(marked_s * rate_hz) - before)
        sound = _resampled(file.read(before + round((_BLAST_S + 0.02) * rate_hz), dtype="float32"), rate_hz)
    onset = _rise(sound, round(0.02 * RATE_HZ))
    lead = round(LEAD_S * RATE_HZ)
    piece = sound[onset - lead : onset + round(_BLAST_S * RATE_HZ)].copy()
    piece -= np.mean(sound[: onset - lead])
    piece[:lead] *= np.linspace(0, 1, lead, dtype=np.float32) ** 2
    fade = round(_FADE_S * RATE_HZ)
    piece[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.asarray(piece / np.abs(piece[: lead + RATE_HZ // 200]).max(), np.float32)


def _rise(sound: Float32, marked: int) -> int:
    """The sample near `marked` at which the sound first reaches a tenth of the attack's peak."""
    reach = round(_RISE_WITHIN_S * RATE_HZ)
    near = np.abs(sound[marked - reach : marked + 2 * reach])
    return marked - reach + int(np.argmax(near >= 0.1 * near.max()))
