"""Everything in a composed scene that is no gunfire near by: street, wind, talk, planted sounds, far fire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detector.core.blasts import high_pass, low_pass, pascal
from detector.lab import scene_numbers as numbers
from detector.lab import sounds
from detector.lab.gunfire import Shot, add, convolved
from detector.lab.material import RATE_HZ, Material, Piece, StringPiece, read_string
from detector.lab.scene_numbers import Range
from detector.lab.staging import Stage, Surroundings
from detector.lab.ways import room_echo
from detector.records import Float32, Float64

_BED_S = 40.0  # of a recorded bed that goes round
_MADE_BED_S = 12.0
_SHORTEST_BED_S = 3.0
_FADE = RATE_HZ // 2
_WIND_STEP = 12  # samples: wind is low
_JOIN = RATE_HZ // 4  # samples in which far recordings fade into each other
_SIREN_HZ = 3000.0  # air and houses take what is above
_SIREN_FADE = RATE_HZ // 4
_RADIO_HZ = (400.0, 3000.0)
_DRIVEN = 4.0  # times full scale
_DIRECT_SHARE = 0.5  # planted sounds that come from the wearer, without echoes

Planted = tuple[float, str]  # when, and what
TALK, FAR_SIREN = "talk", "far siren"


@dataclass(frozen=True, eq=False)
class Source:
    """A sound that is no shot: pressure at a camera from `at_s` on; `planted` ones are told of."""

    at_s: float
    kind: str
    pressure: Float32
    echoed: bool
    planted: bool = True


def backdrop(
    setting: Stage, rng: np.random.Generator, material: Material, fired: Sequence[Shot]
) -> tuple[Float32, list[Planted]]:
    """Pressure (n,) of all that is no gunfire, and what was planted in it; cases fall after the wearer's shots."""
    total = ambience(setting, rng, material)
    sources = list(near_and_far(setting, rng, material, fired))
    sound(total, sources, setting.surroundings, rng)
    return total, sorted((source.at_s, source.kind) for source in sources if source.planted)


def ambience(setting: Stage, rng: np.random.Generator, material: Material) -> Float32:
    """Pressure (n,) of what goes on all the time: the microphone's hiss, the street, wind."""
    n = round(setting.duration_s * RATE_HZ)
    hiss_db = numbers.FAR_HISS_DB_SPL if setting.strings else numbers.HISS_DB_SPL
    total = rng.standard_normal(n, np.float32) * _level(rng, hiss_db)
    total += _bed(rng, n, material.beds) * _level(rng, _street_db_spl(setting))
    if rng.random() < numbers.WIND_CHANCE:
        total += _wind(rng, n, material.winds) * _level(rng, numbers.WIND_DB_SPL)
    return total


def _street_db_spl(setting: Stage) -> numbers.Range:
    if setting.strings:
        return numbers.FAR_STREET_DB_SPL
    return numbers.DISTANT_STREET_DB_SPL if setting.family == "distant" else numbers.STREET_DB_SPL


def near_and_far(
    setting: Stage, rng: np.random.Generator, material: Material, fired: Sequence[Shot]
) -> Iterator[Source]:
    """What is heard now and then: talk, a siren, everyday sounds, cartridge cases."""
    n = round(setting.duration_s * RATE_HZ)
    if rng.random() < numbers.SPEECH_CHANCE:
        yield from _talk(rng, n, material.speech)
    if rng.random() < numbers.SIREN_CHANCE:
        yield from _siren(rng, n)
    for at_s, kind, piece, peak_db in [*_strewn(setting, rng, material), *_cases(rng, material, fired)]:
        sound = sounds.SOUNDS[kind](rng, RATE_HZ).astype(np.float32) if piece is None else piece.sound()
        if rng.random() < numbers.MUFFLED_CHANCE:
            sound = _muffled(sound, float(np.exp(rng.uniform(*np.log(numbers.MUFFLED_HZ)))))
        echoed = rng.random() >= _DIRECT_SHARE
        yield Source(at_s, kind, sound * np.float32(pascal(peak_db)), echoed)


def sound(total: Float32, sources: Sequence[Source], around: Surroundings, rng: np.random.Generator) -> None:
    """Adds sources to a pressure (n,), with the echo of the place to those that have one."""
    echoed = np.zeros(len(total), np.float32)
    for source in sources:
        add(echoed if source.echoed else total, round(source.at_s * RATE_HZ), source.pressure)
    if np.any(echoed):
        total += convolved(echoed, room_echo(around, rng))[: len(total)]


def far_fire(strings: Sequence[StringPiece], rng: np.random.Generator) -> tuple[Float32, Float64]:
    """Far fire of several tests in a row, each fading into the next, as pressure, and when its shots arrive."""
    total, onsets = np.zeros(0, np.float32), []
    ramp = np.linspace(0, 1, _JOIN, dtype=np.float32)
    for piece in strings:
        sound = read_string(piece)
        sound[:_JOIN] *= ramp
        sound[len(sound) - _JOIN :] *= ramp[::-1]
        start = max(0, len(total) - _JOIN)
        total = np.concatenate([total, np.zeros(start + len(sound) - len(total), np.float32)])
        total[start:] += sound
        onsets += [start / RATE_HZ + float(onset) for onset in piece.onset_s]
    loudest = float(np.abs(total).max(initial=1e-6))
    return total / np.float32(loudest) * _level(rng, numbers.FAR_DB_SPL), np.array(onsets)


def _level(rng: np.random.Generator, levels_db: Range) -> np.float32:
    return np.float32(pascal(float(rng.uniform(*levels_db))))


_Plan = tuple[float, str, Piece | None, float]  # when, what, its recording, its peak in dB SPL


def _strewn(setting: Stage, rng: np.random.Generator, material: Material) -> list[_Plan]:
    """Sounds of the kinds that suit the family; kinds that this fold cannot give are left out."""
    known = (*material.sounds, *sounds.SOUNDS)
    shares = {kind: share for kind, share in setting.planted_kinds.items() if kind in known}
    chance = np.array(list(shares.values())) / sum(shares.values())
    plans: list[_Plan] = []
    for _ in range(rng.poisson(setting.planted_per_s * setting.duration_s)):
        kind = str(rng.choice(list(shares), p=chance))
        made = kind not in material.sounds or (kind in sounds.SOUNDS and rng.random() < numbers.MADE_CHANCE)
        piece = None if made else _one(rng, material.sounds[kind])
        at_s = float(rng.uniform(0.3, setting.duration_s))
        plans.append((at_s, kind, piece, float(rng.uniform(*numbers.PLANTED_DB_SPL))))
    return plans


def _cases(rng: np.random.Generator, material: Material, fired: Sequence[Shot]) -> list[_Plan]:
    """Cartridge cases that fall beside the wearer."""
    tinkles = [*material.sounds.get("metal", ()), *material.sounds.get("keys", ())]
    return [
        (
            shot.first_s + float(rng.uniform(*numbers.CASING_DELAY_S)),
            "casing",
            _one(rng, tinkles),
            float(rng.uniform(*numbers.CASING_DB_SPL)),
        )
        for shot in fired
        if shot.own and tinkles and rng.random() < numbers.CASING_CHANCE
    ]


def _muffled(sound: Float32, corner_hz: float) -> Float32:
    """The sound, its peak kept, without what lies above a corner."""
    dull = low_pass(sound.astype(np.float64), corner_hz, RATE_HZ)
    return np.asarray(dull / np.abs(dull).max(initial=1e-9), np.float32)


def _one(rng: np.random.Generator, pieces: Sequence[Piece]) -> Piece:
    return pieces[int(rng.integers(len(pieces)))]


def _bed(rng: np.random.Generator, n: int, beds: Sequence[Piece]) -> Float32:
    """(n,) background of RMS 1: a recording gone round and round, or noise like a street's."""
    loop = np.zeros(0, np.float32)
    if beds and rng.random() < numbers.RECORDED_BED_SHARE:
        piece = _one(rng, beds)
        loop = piece.sound(float(rng.uniform(0, max(0.0, piece.duration_s - _BED_S))), _BED_S)
    if len(loop) < _SHORTEST_BED_S * RATE_HZ:
        slope_db = float(rng.uniform(*numbers.BED_SLOPE_DB))
        loop = sounds.bed(rng, round(_MADE_BED_S * RATE_HZ), RATE_HZ, slope_db).astype(np.float32)
    return _steady(_looped(loop, n))


def _wind(rng: np.random.Generator, n: int, winds: Sequence[Piece]) -> Float32:
    """(n,) wind of RMS 1: recorded, or rumble on the microphone."""
    if winds and rng.random() < numbers.RECORDED_BED_SHARE:
        piece = _one(rng, winds)
        return _steady(_looped(piece.sound(0.0, min(_BED_S, piece.duration_s)), n))
    slow = sounds.wind(rng, n // _WIND_STEP + 2, RATE_HZ // _WIND_STEP)
    return _steady(np.interp(np.arange(n) / _WIND_STEP, np.arange(len(slow)), slow).astype(np.float32))


def _steady(sound: Float32) -> Float32:
    return np.asarray(sound / np.sqrt(np.mean(sound**2) + 1e-20), np.float32)


def _looped(loop: Float32, n: int) -> Float32:
    """(n,) samples of a loop that fades into itself."""
    ramp = np.sqrt(np.linspace(0, 1, _FADE, dtype=np.float32))
    seamless = loop[: len(loop) - _FADE].copy()
    seamless[:_FADE] = seamless[:_FADE] * ramp + loop[len(loop) - _FADE :] * ramp[::-1]
    return np.tile(seamless, -(-n // len(seamless)))[:n]


def _talk(rng: np.random.Generator, n: int, speech: Sequence[Piece]) -> Iterator[Source]:
    """Phrases now and then, of two voices, each there or on the radio: recorded, or made where nobody was recorded."""
    voices = [_one(rng, speech), _one(rng, speech)] if speech else None
    radio = rng.random(2) < numbers.RADIO_CHANCE
    loud = [_level(rng, numbers.SPEECH_DB_SPL), _level(rng, numbers.SPEECH_DB_SPL)]
    at_s, pause_s = float(rng.uniform(0, 3)), float(rng.uniform(*numbers.SPEECH_PAUSE_S))
    while at_s < n / RATE_HZ:
        who = int(rng.integers(2))
        length_s = float(rng.uniform(1, 4))
        phrase = sounds.talk(rng, RATE_HZ).astype(np.float32) if voices is None else _said(rng, voices[who], length_s)
        yield Source(at_s, TALK, (_radioed(phrase) if radio[who] else phrase) * loud[who], echoed=False, planted=False)
        at_s += length_s + float(rng.exponential(pause_s))


def _said(rng: np.random.Generator, voice: Piece, length_s: float) -> Float32:
    return voice.sound(float(rng.uniform(0, max(0.1, voice.duration_s - length_s))), length_s)


def _siren(rng: np.random.Generator, n: int) -> Iterator[Source]:
    """A siren that wails for a while, far away."""
    level, at = _level(rng, numbers.SIREN_DB_SPL), int(rng.integers(n))
    for _ in range(int(rng.integers(2, 6))):
        wail = _muffled(sounds.siren(rng, RATE_HZ).astype(np.float32), _SIREN_HZ)
        yield Source(at / RATE_HZ, FAR_SIREN, wail * level, echoed=False, planted=False)
        at += len(wail) - _SIREN_FADE


def _radioed(phrase: Float32) -> Float32:
    """A phrase through a small loudspeaker that is driven too hard."""
    narrow = low_pass(high_pass(phrase.astype(np.float64), _RADIO_HZ[0], RATE_HZ), _RADIO_HZ[1], RATE_HZ)
    return np.asarray(np.tanh(_DRIVEN * narrow / np.abs(narrow).max(initial=1e-9)), np.float32)
