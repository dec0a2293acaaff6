"""Stretches of a recording's sound as files: every sample where its time stamp puts it, silence where there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import OutputError
from detector.exports.wording import one_line
from detector.records import Block, Float32, Report, Track

_FULL_SCALE = 2**23  # 24 bits hold what decoders give: 16-bit sound bit for bit, coded sound to 1 part in 8 million
_SILENCE_SAMPLES = 1 << 18  # written at a time
_LONGEST_S = 48 * 3600.0  # longer ones come from broken time stamps, and would fill the disk with silence
_LONGEST_NAME = 400  # characters; no file system has longer ones
_HEAD_BYTES = 1 << 16  # the tags stand in here
_UNKNOWN = "?" * 64  # stands for the hash of the samples until it is known; as long as one


@dataclass(frozen=True)
class Piece:
    """A stretch of the presentation clock for a file of its own, `file_name` below the result's folder."""

    file_name: str
    start_s: float
    stop_s: float
    title: str


def write_pieces(folder: Path, pieces: Sequence[Piece], sound: Track, report: Report) -> None:
    """Write each piece, .wav or .flac, from one pass over the sound: 24 bits, the recording's rate and channels.

    Tags mark each as a derivative, with the SHA-256 of the recording and of the samples in it (as
    raw little-endian 24-bit PCM). Nothing is written of a recording without sound. Samples beyond
    full scale are cut to it. Memory does not grow with the sound.

    Raises
    ------
    OutputError
        When the sound is another recording's than the report's, is absurdly long, or cannot be
        written in such a file.
    """
    if sound.rate_hz <= 0:
        return
    if max((piece.stop_s - piece.start_s for piece in pieces), default=0.0) > _LONGEST_S:
        raise OutputError(
            f"{report.recording.name}: longer than {_LONGEST_S / 3600:.0f} h by its time stamps; "
            "leave out the formats that hold sound"
        )
    with ExitStack() as opened:
        files = [opened.enter_context(_PieceFile(folder, each, sound, report)) for each in pieces]
        _fill(files, sound.blocks())
    check_is_of(sound, report)
    for file in files:
        file.check()


def check_is_of(sound: Track, report: Report) -> None:
    """Nothing where sound that was read to its end is the report's.

    Raises
    ------
    OutputError
        When it is another recording's.
    """
    heard = sound.recording()
    if heard.sha256 != report.recording.sha256:
        raise OutputError(
            f"{heard.name}: not the recording of this result (its SHA-256 begins with {heard.sha256[:8]}, not "
            f"{report.recording.sha256[:8]}); give the one that was analysed"
        )


def _fill(files: Sequence[_PieceFile], blocks: Iterable[Block]) -> None:
    waiting = sorted(files, key=lambda file: file.first)
    for block in blocks:
        if not waiting:
            break
        first = round(block.start_s * block.rate_hz)
        stop = first + len(block.samples)
        for file in waiting:
            if file.first >= stop:
                break
            file.take(first, block.samples)
        waiting = [file for file in waiting if not (file.stop <= stop and file.finish())]
    for file in waiting:
        file.finish()


class _PieceFile:
    """The file of one piece, opened when its first sample is written; it is complete up to the sample `done`."""

    def __init__(self, folder: Path, piece: Piece, sound: Track, report: Report) -> None:
        self.first, self.stop = round(piece.start_s * sound.rate_hz), round(piece.stop_s * sound.rate_hz)
        self.done = self.first
        self._path, self._piece, self._sound, self._report = folder / piece.file_name, piece, sound, report
        self._digest = hashlib.sha256()
        self._out: Any = None

    def __enter__(self) -> _PieceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def take(self, first: int, samples: Float32) -> None:
        """Write what belongs here of samples that begin with the sample `first` from presentation time 0."""
        a, b = max(first, self.done), min(first + len(samples), self.stop)
        if a < b:
            self._write_silence(a)
            self._write(samples[a - first : b - first])

    def finish(self) -> bool:
        """Fill up with silence, close the file and put the hash of its samples into its tags; True."""
        self._write_silence(self.stop)
        if self._out is not None:
            self._close()
            with self._path.open("r+b") as file:
                file.seek(file.read(_HEAD_BYTES).rindex(_UNKNOWN.encode("ascii")))
                file.write(self._digest.hexdigest().encode("ascii"))
        return True

    def check(self) -> None:
        """See that all samples are in the file.

        Raises
        ------
        OutputError
            When they are not, as on a disk that became full.
        """
        import soundfile

        if self.stop > self.first and soundfile.info(str(self._path)).frames != self.stop - self.first:
            raise OutputError(f"{self._path.name}: not written completely; free some space")

    def _write_silence(self, upto: int) -> None:
        while self.done < upto:
            length = min(upto - self.done, _SILENCE_SAMPLES)
            self._write(np.zeros((length, self._sound.channels), np.float32))

    def _write(self, samples: Float32) -> None:
        values = np.clip(np.rint(samples * np.float32(_FULL_SCALE)), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i4") << 8
        self._digest.update(np.ascontiguousarray(values.reshape(-1, 1).view(np.uint8)[:, 1:]).data)
        try:
            self._open().write(values)
        except (RuntimeError, AssertionError) as error:  # the second is how soundfile says that too little was written
            raise OutputError(
                f"{self._path.name}: cannot be written ({error}); free some space, or leave the format out"
            ) from error
        self.done += len(values)

    def _open(self) -> Any:
        import soundfile

        if self._out is None:
            self._path.parent.mkdir(exist_ok=True)
            rate_hz, channels = self._sound.rate_hz, self._sound.channels
            try:
                self._out = soundfile.SoundFile(str(self._path), "w", rate_hz, channels, "PCM_24")
            except RuntimeError as error:
                raise OutputError(
                    f"{self._path.name}: no such file holds {channels} channels at {rate_hz} Hz "
                    f"({str(error).rpartition(': ')[2]}); leave the format out"
                ) from error
            self._out.title, self._out.comment = one_line(self._piece.title)[:_LONGEST_NAME], self._comment()
        return self._out

    def _comment(self) -> str:
        recording = self._report.recording
        return (
            f"DERIVATIVE, not the recording: sound of {one_line(recording.name)[:_LONGEST_NAME]}, "
            f"SHA-256 {one_line(recording.sha256)}, from {self._piece.start_s:.6f} s of its presentation clock on, "
            "every sample where its time stamp puts it, silence where it has none. "
            f"SHA-256 of these samples as raw 24-bit little-endian PCM: {_UNKNOWN}. "
            f"Made by gunshot-tally for the result {one_line(self._report.result_sha256)}."
        )

    def _close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None
