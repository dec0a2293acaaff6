"""Features -> in words, why a candidate is refused or doubted: a description, after the judges have decided."""

from __future__ import annotations

import numpy as np

from detector.core import yamnet
from detector.core.features import Features
from detector.records import Bool, Float32, Float64, Int64
from detector.settings import EchoSettings

_GUNFIRE = ("Gunshot, gunfire", "Machine gun", "Fusillade", "Artillery fire", "Cap gun")

# What YAMNet may take a sound for, in a reader's words.
_LIKE = {
    "speech": ("Speech",),
    "music": ("Music",),
    "like fireworks": ("Fireworks", "Firecracker"),
    "like thunder": ("Thunder", "Thunderstorm"),
    "like a door": ("Door", "Slam"),
    "like knocking": ("Knock", "Tap"),
    "like a thump": ("Thump, thud", "Whack, thwack", "Slap, smack"),
    "like hammering": ("Hammer", "Jackhammer"),
    "like footsteps": ("Walk, footsteps",),
    "like clapping": ("Clapping",),
    "like breaking or glass": ("Glass", "Breaking", "Smash, crash"),
    "like wood": ("Wood", "Wood block", "Crack"),
    "like clicking or keys": ("Clicking", "Clickety-clack", "Keys jangling"),
    "like a ball": ("Basketball bounce",),
    "like drums": ("Drum", "Snare drum", "Bass drum", "Drum roll"),
    "like splashing": ("Splash, splatter",),
    "like barking": ("Bark",),
}

TONAL = "tonal"  # the beginning of a beep or another steady tone, see `tonality`; told before all others
# The first whose test holds is given, so the plainest description comes first and the weakest last.
REASONS = ("echo", *_LIKE, "slow rise", "sustained sound", "click", "unlike a gunshot", TONAL)

# The same about an onset that is listed as possible.
DOUBTS = {
    "echo": "perhaps an echo",
    "speech": "perhaps speech",
    "music": "perhaps music",
    "slow rise": "rises slowly",
    "sustained sound": "sounds on",
    "click": "perhaps a click",
    "unlike a gunshot": "unlike most shots",
}

_CLEARLY = 1.0  # log-odds by which a class must lead over all of gunfire
_HEARD = -2.0  # log-odds from which a class is heard at all


def reasons(features: Features, excess_db: Float64, settings: EchoSettings) -> Int64:
    """(n,) index into `REASONS` of the plainest description of each candidate, were it refused.

    echo: it does not stand out of the tail that earlier shots leave. Like something, where YAMNet
    was asked: it is clearly more like that than like gunfire. slow rise: the two milliseconds
    before it are nearly as loud. sustained sound: it is as loud a fifth of a second later. click:
    within twenty milliseconds nothing is left of it.
    """
    column = {name: features.values[:, number] for number, name in enumerate(features.names)}
    tests = [
        excess_db < settings.echo_excess_db,
        *_like(column),
        np.maximum(column["before_0_mid_db"], column["before_1_mid_db"]) > -6,
        np.maximum(column["after_130_low_db"], column["after_200_low_db"]) > -6,
        np.maximum(column["after_12_low_db"], column["after_12_mid_db"]) < -25,
    ]
    return np.asarray(np.select(tests, range(len(tests)), default=len(tests)), dtype=np.int64)


def _like(column: dict[str, Float32]) -> list[Bool]:
    """For each of `_LIKE` (n,) whether it is what YAMNet hears most clearly; nowhere before it was asked."""
    if yamnet.COLUMNS[0] not in column:
        return [np.zeros(len(next(iter(column.values()))), bool)] * len(_LIKE)
    said = {name: column[key] for name, key in zip(yamnet.CLASSES, yamnet.COLUMNS, strict=True)}
    gunfire = np.max([said[name] for name in _GUNFIRE], axis=0)
    kinds = np.stack([np.max([said[name] for name in names], axis=0) for names in _LIKE.values()])
    clear = (kinds >= _HEARD) & (kinds >= gunfire + _CLEARLY) & (kinds == kinds.max(axis=0))
    return list(clear)


def doubt(reason: str) -> str:
    """What a reader is told of a listed onset that is no more than possible."""
    return DOUBTS.get(reason, reason)
