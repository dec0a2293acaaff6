"""Bytes that are nearly a file: seeded damage to texts, documents of JSON, and media of any container."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

# What no careful writer puts into a file; each has broken some parser somewhere.
_TOKENS: tuple[bytes, ...] = (
    *(
        b"",
        b"\0",
        b"\n",
        b"\r",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        "\u202e\u2028".encode(),
        b'"',
        b"'",
        b"\\",
    ),
    *(b"[[", b"]]", b"{", b"}", b"[" * 3000, b'{"a":' * 2000, b",", b";", b"\t", b"=", b"#", b"\\u0000", b"\\ud800"),
    *(b"-1", b"0", b"1e999", b"-1e999", b"NaN", b"nan", b"inf", b"9" * 400, b"9" * 5000, b"1e-400", b"0x10", b"1_0"),
    *(b"9223372036854775808", b"-9223372036854775809", b"1:99:99", b"-0:00:01", b"99999999:00:00", b"1979-05-27"),
    *(b"true", b"null", "\u0661\u0662".encode(), "\u00bd".encode(), b"A" * 70_000, b"../../etc/passwd", b"=1+1"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, 1e-320, -1e9, 1e12),
    *("", "shot", "\0", "\ud800", "\u202e", "x" * 5000, "1/0", "0/1", "-5", "24000/1001", "nan", "99:99:99:99", "../x"),
    *([], [None], [[]], {}, {"": None}, [0] * 1000),
)
_SIZES = (1, 2, 4, 8)
_ABSURD = (0, 1, 2, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**33, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
# Behind these lie lengths, counts, rates and time stamps of MP4, Matroska, RIFF, Ogg, FLAC, ASF and MPEG-TS.
_MARKS: tuple[bytes, ...] = (
    *(
        b"ftyp",
        b"moov",
        b"mvhd",
        b"trak",
        b"tkhd",
        b"mdhd",
        b"hdlr",
        b"elst",
        b"stsd",
        b"stts",
        b"ctts",
        b"stsc",
        b"stsz",
    ),
    *(b"stco", b"co64", b"mdat", b"moof", b"tfhd", b"tfdt", b"trun", b"esds", b"mp4a", b"dOps", b"sgpd", b"free"),
    *(b"\x1aE\xdf\xa3", b"\x18S\x80g", b"\x16T\xaek", b"\x1fC\xb6u", b"\xa3", b"\xe7", b"\xb5", b"\x9f", b"V\xaa"),
    *(b"RIFF", b"fmt ", b"data", b"LIST", b"avih", b"strh", b"strf", b"idx1", b"movi", b"OggS", b"OpusHead", b"fLaC"),
    *(b"\x30\x26\xb2\x75", b"\xa1\xdc\xab\x8c", b"ID3", b"\xff\xfb", b"\xff\xf1", b"#!AMR", b"G", b"\x0bw"),
)


def text(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """A text with one to four injuries: bytes flipped, spans lost, doubled or put elsewhere, odd tokens put in."""
    injured = bytearray(content)
    for _ in range(min(4, rng.geometric(0.6))):
        start, stop = _span(len(injured), rng)
        part = bytes(injured[start:stop])
        match int(rng.integers(7)):
            case 0 if start < len(injured):
                injured[start] = int(rng.integers(256))
            case 1:
                del injured[start:stop]
            case 2:
                injured[stop:stop] = part * int(rng.integers(1, 20))
            case 3:
                injured[start:stop] = _TOKENS[rng.integers(len(_TOKENS))]
            case 4:
                injured[start:start] = _TOKENS[rng.integers(len(_TOKENS))]
            case 5 if rng.random() < 0.3:
                del injured[start:]
            case _:
                other = others[int(rng.integers(len(others)))]
                begin, end = _span(len(other), rng)
                injured[start:stop] = other[begin:end]
    return bytes(injured)


def document(content: bytes, rng: np.random.Generator) -> bytes:
    """JSON that still is JSON, with one to three of its values replaced, lost, doubled or exchanged."""
    data = json.loads(content)
    for _ in range(min(3, rng.geometric(0.6))):
        holder, key = _place(data, rng)
        match int(rng.integers(6)):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.insert(int(rng.integers(len(holder) + 1)), copy.deepcopy(holder[key]))
            case 2:
                other, name = _place(data, rng)
                holder[key] = copy.deepcopy(other[name])
            case 3 if isinstance(holder[key], int | float) and abs(holder[key]) < 1e300:
                holder[key] = holder[key] * float(rng.choice([-1, 0, 0.5, 2, 1e6])) + float(rng.choice([0, 1, -1]))
            case 4 if isinstance(holder, list):
                rng.shuffle(holder)
            case _:
                holder[key] = copy.deepcopy(_VALUES[int(rng.integers(len(_VALUES)))])
        if not data:
            break
    return json.dumps(data).encode("ascii")


def media(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """A media file with one injury of its structure: flipped, cut, joined, doubled, or with absurd numbers in it."""
    injured = bytearray(content)
    match int(rng.integers(7)):
        case 0:
            _flip(injured, rng, len(injured))
        case 1:
            _flip(injured, rng, min(len(injured), 600))
        case 2:
            del injured[int(rng.integers(1, max(2, len(injured)))) :]
        case 3:
            other = others[int(rng.integers(len(others)))]
            injured = injured[: rng.integers(len(injured) + 1)] + other[rng.integers(len(other) + 1) :]
        case 4:
            start, stop = _span(len(injured), rng, 0.2)
            at = int(rng.integers(len(injured) + 1))
            part = bytes(stop - start) if rng.random() < 0.3 else bytes(injured[start:stop])
            injured[at:at] = part
            if rng.random() < 0.5:
                del injured[start:stop]
        case _:
            for _ in range(int(rng.integers(1, 5))):
                _absurd_number(injured, rng)
    return bytes(injured)


def wave(sound: bytes, rng: np.random.Generator) -> bytes:
    """A WAV file whose header says absurd things about its samples."""
    rate_hz = int(rng.choice([0, 1, 7, 999, 8000, 48_000, 192_000, 10**7, 2**31 - 1, 2**31, 2**32 - 1]))
    channels = int(rng.choice([0, 1, 2, 3, 8, 9, 64, 65, 255, 256, 1024, 65_535]))
    kind = int(rng.choice([0, 1, 1, 1, 2, 3, 3, 6, 7, 0x11, 0x31, 0x50, 0x55, 0xFF, 0x1610, 0xFFFE]))
    bits = int(rng.choice([0, 1, 4, 8, 12, 16, 16, 24, 32, 64, 65_535]))
    align = int(rng.choice([0, 1, channels * max(1, bits // 8), 65_535])) & 0xFFFF
    length = int(rng.choice([0, 1, len(sound), len(sound), 2**31, 2**32 - 1]))
    numbers = (kind, 2), (channels, 2), (rate_hz, 4), (rate_hz * align & 0xFFFFFFFF, 4), (align, 2), (bits, 2)
    header = b"".join(number.to_bytes(size, "little") for number, size in numbers)
    chunks = b"WAVEfmt " + len(header).to_bytes(4, "little") + header + b"data" + length.to_bytes(4, "little")
    return b"RIFF" + (len(chunks) + length & 0xFFFFFFFF).to_bytes(4, "little") + chunks + sound


def _span(length: int, rng: np.random.Generator, share: float = 0.05) -> tuple[int, int]:
    """A start anywhere and a stop not far behind it; short spans are the most frequent."""
    start = int(rng.integers(length + 1))
    return start, min(length, start + int(rng.exponential(1 + share * length * rng.random() ** 3)))


def _flip(injured: bytearray, rng: np.random.Generator, within: int) -> None:
    for at in rng.integers(0, within, int(rng.integers(1, 40))):
        injured[at] = int(rng.integers(256))


def _absurd_number(injured: bytearray, rng: np.random.Generator) -> None:
    """Write an absurd number near something that names a structure, or anywhere where there is none of that name."""
    mark = _MARKS[rng.integers(len(_MARKS))]
    found = injured.find(mark, int(rng.integers(len(injured) // 2 + 1)))
    found = found if found >= 0 else injured.find(mark)
    at = int(rng.integers(len(injured))) if found < 0 else max(0, found + int(rng.integers(-8, 40)))
    size = int(rng.choice(_SIZES))
    number = _ABSURD[rng.integers(len(_ABSURD))] & (1 << 8 * size) - 1
    injured[at : at + size] = number.to_bytes(size, "big" if rng.random() < 0.6 else "little")


def _place(data: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """A container somewhere in the data and a key of it; the deeper, the rarer."""
    while True:
        key = rng.integers(len(data)) if isinstance(data, list) else list(data)[rng.integers(len(data))]
        key = int(key) if isinstance(data, list) else key
        inner = data[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.25:
            return data, key
        data = inner
