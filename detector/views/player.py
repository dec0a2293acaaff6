"""Sound for notebooks: each volley to be played in the page itself."""

from __future__ import annotations

import base64
from pathlib import Path

from detector.errors import DetectorError
from detector.exports.pieces import check_is_of
from detector.media.decode import open_track
from detector.media.encode import opus
from detector.media.sound import cut_windows
from detector.records import Block, Report, Track, Volley
from detector.settings import MediaSettings
from detector.times import format_time

_BEFORE_S, _AFTER_S = 0.5, 1.5  # played around a volley
_LONGEST_S = 20.0  # of one volley
_MOST = 12  # volleys; a notebook is to stay small
_BIT_RATE = 48_000


def at_hand(report: Report) -> str:
    """Players as HTML where the recording lies in the working folder under its own name; empty otherwise.

    It is taken for the recording only if its SHA-256 is that of the report.
    """
    path = Path(report.recording.name)
    try:
        if path.name != str(path) or not path.is_file() or path.stat().st_size != report.recording.size_bytes:
            return ""
        with open_track(path, MediaSettings(track=_track(report))) as sound:
            return players(report, sound)
    except (DetectorError, OSError):  # a page without players still shows everything else
        return ""


def players(report: Report, sound: Track) -> str:
    """A player for each of the first volleys as HTML with the sound in it, from one pass; empty without any.

    Parameters
    ----------
    report
        Whose volleys are played, from 0.5 s before to 1.5 s after each, at most 20 s.
    sound
        The recording of the report, opened again.

    Returns
    -------
    str
        HTML that loads nothing; the channels are mixed to one.

    Raises
    ------
    OutputError
        When the sound is another recording's than the report's.
    """
    volleys = report.volleys[:_MOST]
    if not volleys or sound.rate_hz <= 0:
        return ""
    windows = [_window(volley) for volley in volleys]
    blocks = cut_windows(sound.blocks(), windows, sound.rate_hz, sound.channels)
    check_is_of(sound, report)
    rows = "".join(
        f"<tr><td>{_words(volley)}</td><td>{_audio(block, sound.rate_hz)}</td></tr>"
        for volley, block in zip(volleys, blocks, strict=True)
    )
    more = len(report.volleys) - len(volleys)
    return f"<h4>Listen</h4><table>{rows}</table>" + (
        f"<p>and {more} more volley{'' if more == 1 else 's'}</p>" if more else ""
    )


def _window(volley: Volley) -> tuple[float, float]:
    start_s = volley.first_s - _BEFORE_S
    return start_s, min(volley.last_s + _AFTER_S, start_s + _LONGEST_S)


def _words(volley: Volley) -> str:
    cut = f", its first {_LONGEST_S:g} s" if volley.last_s - volley.first_s > _LONGEST_S else ""
    return f"volley {volley.id}, from {format_time(volley.first_s)}{cut}"


def _audio(block: Block, rate_hz: int) -> str:
    data = base64.b64encode(opus(block.samples.mean(axis=1), rate_hz, _BIT_RATE)).decode("ascii")
    return f'<audio controls preload="none" src="data:audio/ogg;base64,{data}"></audio>'


def _track(report: Report) -> int:
    audio = report.recording.audio
    return 1 if audio is None else audio.track
