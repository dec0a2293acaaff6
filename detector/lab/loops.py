"""Recordings made long or large by repeating packets, which costs little more than copying them."""

from __future__ import annotations

import heapq
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from detector.media.encode import PictureTrack, write_media

_PIECE_S = 2  # of picture, one group of pictures
_RATE = 30
_SIZE = (720, 1280)
_ROOM = 1.2  # times what is written must be free on the disk


def looped(path: Path, recording: Path, times: int, period_s: int) -> Path:
    """Write a recording so many times in a row, each `period_s` after the one before, and return its path.

    What an encoder puts before the first sample is left out of the repetitions; `period_s` must be
    a whole number of its packets, lest they overlap.
    """
    _check_room(path, recording.stat().st_size * times)
    with av.open(path, "w") as out, av.open(recording) as source:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for number in range(times):
            if number:
                source.seek(0)
            for packet in source.demux():
                if packet.pts is None or packet.dts is None or (number and packet.pts < 0):
                    continue
                shift = _units(number * period_s, packet)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    return path


def beside_picture(path: Path, recording: Path, size_bytes: int, seconds: int) -> Path:
    """Write the sound of a recording beside a picture of 1280 x 720 that makes the file about so large; its path."""
    _check_room(path, size_bytes)
    piece = path.with_suffix(".piece.mp4")
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(_PIECE_S * _RATE)}
    picture = PictureTrack(_noise(), Fraction(_RATE), bit_rate=8 * size_bytes // seconds, options=options)
    write_media(piece, picture=picture, overwrite=True)
    try:
        with av.open(path, "w") as out, av.open(piece) as shown, av.open(recording) as heard:
            video = out.add_stream_from_template(shown.streams.video[0])
            audio = out.add_stream_from_template(heard.streams.audio[0])
            group = [packet for packet in shown.demux(video=0) if packet.dts is not None]
            sound = (packet for packet in heard.demux(audio=0) if packet.dts is not None)
            for packet in heapq.merge(_repeated(group, seconds // _PIECE_S), sound, key=_time_s):
                packet.stream = video if packet.stream.type == "video" else audio
                out.mux(packet)
    finally:
        piece.unlink()
    return path


def _repeated(group: list[Packet[Any]], times: int) -> Iterator[Packet[Any]]:
    stamps = [(packet.pts or 0, packet.dts or 0, packet.time_base, packet.stream) for packet in group]
    for number in range(times):
        for packet, (pts, dts, time_base, stream) in zip(group, stamps, strict=True):
            packet.time_base, packet.stream = time_base, stream
            shift = _units(number * _PIECE_S, packet)
            packet.pts, packet.dts = pts + shift, dts + shift
            yield packet


def _time_s(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _units(seconds: int, packet: Packet[Any]) -> int:
    return round(seconds / packet.time_base)


def _noise() -> Iterator[NDArray[np.uint8]]:
    rng = np.random.Generator(np.random.PCG64(1))
    for _ in range(_PIECE_S * _RATE):
        yield rng.integers(112, 144, (*_SIZE, 3), np.uint8)


def _check_room(path: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < _ROOM * size_bytes:
        raise OSError(f"{path.parent}: {free / 1e9:.1f} GB are free, too few for a recording of {size_bytes / 1e9:.1f}")
