"""Composed scenes as files: sound with a small picture, and `truth.json` beside it, a folder for each.

A folder of them has the layout of a corpus, `scenes/NAME/truth.json`, so that it is read and
measured like one.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from detector.errors import OutputError
from detector.lab import scene_numbers as numbers
from detector.lab.compilations import compilation
from detector.lab.composer import random
from detector.lab.events import STAGED_AS, event
from detector.lab.families import FAMILIES
from detector.lab.footage import Event, View
from detector.lab.material import Material
from detector.lab.pictures import Image, card_frames, street_frames
from detector.lab.redaction import redacted, redactions
from detector.lab.scene_truth import truth
from detector.media.encode import PictureTrack, SoundTrack, write_media

FILE_FAMILIES = (*FAMILIES, *STAGED_AS)
_PUBLISHED, _CONTAINER = 5, 6  # streams of random numbers beside those of `events`
_PICTURE_RATE = Fraction(5)
_PICTURE_SIZE = (72, 128)
_PICTURE = {"crf": "40", "preset": "ultrafast"}
_SEEDS = 100_000  # scenes of one family from one seed
_README = """# Composed scenes (SYNTHETIC)

Every sound here was put together by a program; nothing in it happened. Written by
`{command}`.

`scenes/NAME/` holds the files of one scene and `truth.json`; the folder is read and measured like a corpus. All
material is from fold {fold} of the corpus: judge these scenes with models that were fitted without that fold. The
sounds of the corpus are in here: what its parts may be used for holds for these files too.
"""


@dataclass(frozen=True)
class Order:
    """One scene to be made: its family, its number among its like, its seed, as many `cameras` as suit it if None."""

    family: str
    number: int
    seed: int
    cameras: int | None = None

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.family}_{self.number:03d}"


@dataclass(frozen=True)
class Written:
    """What was written for a scene: its name, how many files, seconds of sound in all of them."""

    name: str
    files: int
    duration_s: float


def orders(
    recipe: Mapping[str, int], hours_quiet: float, seed: int, cameras: Sequence[int] | None = None
) -> list[Order]:
    """The scenes of a recipe, and so many hours of scenes in which nobody fires; `cameras` are taken in turn.

    Raises
    ------
    ValueError
        On a family that does not exist.
    """
    if unknown := sorted(set(recipe) - set(FILE_FAMILIES)):
        raise ValueError(f"no such family: {', '.join(unknown)}; there are {', '.join(FILE_FAMILIES)}")
    quiet = {"quiet": recipe.get("quiet", 0) + int(np.ceil(3600 * hours_quiet / numbers.QUIET_FILE_S))}
    return [
        Order(family, number, seed * _SEEDS + number, cameras[number % len(cameras)] if cameras else None)
        for family, count in {**recipe, **quiet}.items()
        for number in range(count)
    ]


def prepare(out: Path, corpus: Path, command: str, fold: int) -> Path:
    """The folder for scenes, new or empty, with its README.

    Raises
    ------
    OutputError
        When it lies in the corpus or holds something.
    """
    if corpus.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(f"{out}: lies in the corpus folder; name one outside it")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: is not an empty folder; name a new one")
    (out / "scenes").mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(_README.format(command=command, fold=fold), encoding="utf-8")
    return out / "scenes"


def write_scene(order: Order, folder: Path, material: Material) -> Written:
    """Compose a scene and write its files, then its truth, into a folder of its own."""
    made = published(event(order.family, order.seed, material, order.cameras))
    own = folder / order.name
    own.mkdir(parents=True, exist_ok=True)
    written = [_write_view(own, view, made) for view in made.views]
    told = truth(
        dataclasses.replace(made, name=order.name), [path.name for path, _ in written], [c for _, c in written]
    )
    (own / "truth.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return Written(order.name, len(written), sum(view.duration_s for view in made.views))


def published(made: Event) -> Event:
    """The event as it was released: redacted or compiled, where that is its family."""
    rng = random(made.family, made.seed, made.fold, _PUBLISHED)
    if made.family == "compile":
        return dataclasses.replace(made, views=(compilation(made.views, rng),))
    if made.family == "redacted":
        views = tuple(redacted(view, redactions(view, rng)) for view in made.views)
        return dataclasses.replace(made, views=views)
    return made


def _write_view(folder: Path, view: View, made: Event) -> tuple[Path, str]:
    """Write one file; its path and its codec."""
    number = int(view.camera.label.removeprefix("cam"))
    rng = random(made.family, made.seed, made.fold, _CONTAINER, number)
    suffix = str(rng.choice(list(numbers.CONTAINERS), p=list(numbers.CONTAINERS.values())))
    opus = suffix == ".mkv" and view.rate_hz in numbers.OPUS_RATES_HZ and rng.random() < numbers.OPUS_SHARE
    codec = "libopus" if opus else "aac"
    sound = SoundTrack(view.samples[:, None], view.rate_hz, codec, view.bit_rate, start_s=view.late_s)
    picture = PictureTrack(_frames(view, made), _PICTURE_RATE, options=_PICTURE)
    return write_media(folder / f"{view.camera.label}{suffix}", sound, picture), codec.removeprefix("lib")


def _frames(view: View, made: Event) -> Iterator[Image]:
    """A picture as long as the sound that says SYNTHETIC."""
    name = f"{made.family} {view.camera.label}"
    if not view.segments:
        return street_frames(view.duration_s, _PICTURE_RATE, (name,), _PICTURE_SIZE)
    return itertools.chain.from_iterable(
        card_frames(segment.stop_s - segment.start_s, _PICTURE_RATE, segment.kind, _PICTURE_SIZE)
        for segment in view.segments
    )
