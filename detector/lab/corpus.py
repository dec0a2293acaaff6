"""A folder of labelled recordings -> plain cases, and the folds that every script shares.

Each part of the corpus keeps its labels in its own way; this is the one place that knows them.
A part that is not in the folder gives no cases.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile

from detector.errors import DetectorError
from detector.lab.conditions import Conditions
from detector.lab.metrics import Marks
from detector.media.decode import open_track
from detector.records import Float32
from detector.settings import MediaSettings

Material = Literal["real", "composed"]

_PAD_S = 1.0  # quiet before and after a clip that was cut at the sound itself
_FADE_S = 0.001  # a clip cut in mid-sound must not begin with a click
_FLOOR_RANGE = (1e-4, 3e-3)  # RMS of the padding: -80 to -50 dB re full scale
_BLASTS = {"synth": "physical", "zoom": "recorded", "phone": "recorded by phone", "pitt": "recorded far away"}
_ONLY_MEASURED = ("local test only", "BY-NC")  # licences of what a freely licensed model must not learn from
_FREESOUND_ID = re.compile(r"\d-(\d+)-[A-Z]")  # recording number in names of ESC clips: takes of one recording


@dataclass(frozen=True, eq=False)
class Case:
    """One recording and what is true of it.

    `collection` and `family` name the rows of a table; `group` is what must be left out together
    when a model is judged on this case. `count` is the right answer, `count_low..count_high` what
    is still right. Where `labels_complete` is false the count alone is known and `marks` is
    empty. `padded` clips are heard between stretches of quiet noise, since they begin at the
    sound itself. `muted` are spans (start_s, stop_s) without sound. `conditions` say how it came about.
    `fold` is that of all its material where that is known from how it was made, else None. What
    `may_teach` is not only measured but also learned from; the rights of other recordings forbid it.
    """

    name: str
    collection: str
    family: str
    path: Path
    material: Material
    duration_s: float
    marks: Marks
    labels_complete: bool
    count: int
    count_low: int
    count_high: int
    group: str = ""
    padded: bool = False
    muted: tuple[tuple[float, float], ...] = ()
    conditions: Conditions = field(default_factory=Conditions)
    fold: int | None = None
    may_teach: bool = True

    @property
    def gun_free(self) -> bool:
        """Whether no shot was fired: everything found is a false alarm."""
        return self.count_high == 0

    @property
    def heard_s(self) -> float:
        """Seconds with sound in them."""
        return self.duration_s - sum(stop - start for start, stop in self.muted)


_Labelled = tuple[Case, set[str]]  # a case, and names of the material that it shares with others


def read_corpus(root: str | Path) -> tuple[Case, ...]:
    """All cases of a corpus folder, ordered by name, groups joined where they share material.

    Raises
    ------
    DetectorError
        When the folder holds no part that is known.
    """
    folder = Path(root)
    readers = (_pittsburgh, _range, _phones, _sounds, _scenes)
    cases = sorted(_joined([case for read in readers for case in read(folder)]), key=lambda case: case.name)
    if not cases:
        raise DetectorError(f"{folder}: no corpus here; give the folder that holds pittsburgh/, range/, scenes/ ...")
    return tuple(cases)


def folds(cases: Sequence[Case], k: int = 5) -> dict[str, int]:
    """The fold 0..k-1 of every group; give all cases of the corpus, whatever is measured.

    Groups go, largest first, to the fold that has least of what they hold, each collection
    weighing the same. The answer depends on names and sizes only, not on the order of the cases.
    """
    collections = sorted({case.collection for case in cases})
    sizes = {name: sum(case.collection == name for case in cases) for name in collections}
    weight: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = defaultdict(lambda: np.zeros(len(collections)))
    for case in cases:
        weight[case.group][collections.index(case.collection)] += 1 / sizes[case.collection]
    load = np.zeros((k, len(collections)))
    fold_of: dict[str, int] = {}
    for group in sorted(weight, key=lambda name: (-round(float(weight[name].sum()), 9), name)):
        shared = np.round(load @ weight[group], 9)
        fold_of[group] = min(range(k), key=lambda fold: (shared[fold], round(float(load[fold].sum()), 9), fold))
        load[fold_of[group]] += weight[group]
    return fold_of


def sound(case: Case) -> tuple[Float32, int]:
    """The samples of a case as one channel from time 0 on, shape (n,), and their rate in Hz.

    Stretches without samples hold zeros; a padded clip comes with its padding.
    """
    with open_track(case.path, MediaSettings()) as track:
        blocks = [(round(block.start_s * block.rate_hz), block.samples.mean(axis=1)) for block in track.blocks()]
    samples = np.zeros(max((start + part.size for start, part in blocks), default=0), np.float32)
    for start, part in blocks:
        first = max(-start, 0)
        samples[start + first : start + part.size] = part[first:]
    return (_padded(samples, track.rate_hz, case.name) if case.padded else samples), track.rate_hz


def _padded(samples: Float32, rate_hz: int, name: str) -> Float32:
    """The clip between two stretches of white noise as loud as its own quietest tenth."""
    frame = max(1, rate_hz // 100)
    rms = np.sqrt(np.mean(samples[: samples.size // frame * frame].reshape(-1, frame) ** 2, axis=1))
    floor = float(np.clip(np.quantile(rms, 0.1) if rms.size else 0.0, *_FLOOR_RANGE))
    noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal((2, round(_PAD_S * rate_hz)))
    before, after = (floor * noise).astype(np.float32)
    ramp = np.linspace(0, 1, round(_FADE_S * rate_hz), dtype=np.float32)[: samples.size]
    faded = samples.copy()
    faded[: ramp.size] *= ramp
    return np.concatenate([before, faded, after])


# --- the parts of the corpus -------------------------------------------------------------------


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _pittsburgh(root: Path) -> Iterator[_Labelled]:
    for row in _rows(root / "pittsburgh" / "truth.csv"):
        path, rounds = root / "pittsburgh" / row["file"], int(row["rounds_fired"])
        complete = row["labels_complete"] == "True"
        case = Case(
            name=f"pittsburgh/{path.stem}",
            collection="pittsburgh",
            family=row["tier"],
            path=path,
            material="real",
            duration_s=float(soundfile.info(path).duration),
            marks=Marks.of([float(onset) for onset in row["onsets_s"].split(";")] if complete else []),
            labels_complete=complete,
            count=rounds,
            count_low=rounds,
            count_high=rounds,
            conditions=Conditions(guns=1, distance_m=_number(row.get("distance_m")), place=row["position"]),
        )
        yield case, {f"pittsburgh/{row['position']}"}


def _range(root: Path) -> Iterator[_Labelled]:
    """Takes of fire at ranges; marks that may or may not be shots are neutral, echoes are no shots."""
    heard: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in _rows(root / "range" / "onsets.csv"):
        heard[row["file"]].append((float(row["onset_s"]), row["kind"]))
    for row in _rows(root / "range" / "truth.csv"):
        path, sounds = root / "range" / row["file"], heard[row["file"]]
        own = [(time, kind == "shot") for time, kind in sounds if kind in ("shot", "uncertain")]
        case = Case(
            name=f"range/{path.stem}",
            collection="range",
            family="automatic" if row["fire"] == "auto" else f"{row['echo']} echo",
            path=path,
            material="real",
            duration_s=float(row["duration_s"]),
            marks=Marks.of([time for time, _ in own], audible=[shot for _, shot in own]),
            labels_complete=True,
            count=int(row["shots"]),
            count_low=int(row["shots_low"]),
            count_high=int(row["shots_high"]),
            conditions=Conditions(
                echo=row["echo"],
                overloaded=row["clipped"] == "yes",
                others=tuple((time, kind) for time, kind in sounds if kind in ("echo", "mechanical", "other")),
            ),
            may_teach=False,
        )
        place = [f"place {row['scene']}"] if row["scene"] else []
        yield case, {f"range/{take}" for take in (path.stem, *row["same_gun_as"].split(), *place)}


def _phones(root: Path) -> Iterator[_Labelled]:
    for row in _rows(root / "phones" / "truth.csv"):
        path, shots = root / "phones" / row["file"], int(row["shots"])
        case = Case(
            name=f"phones/{path.stem}",
            collection="phones",
            family=row["device"],
            path=path,
            material="real",
            duration_s=float(row["duration_s"]),
            marks=Marks.of([float(row["onset_s"])] if row["onset_s"] else []),
            labels_complete=bool(row["onset_s"]),
            count=shots,
            count_low=shots,
            count_high=shots,
        )
        yield case, {_experiment(path.stem)}


def _experiment(clip: str) -> str:
    """The group of a phone clip such as IP_006A_S01: guns and places are shared by letters of a number."""
    return f"phones/{clip.split('_')[1][:3]}"


def _sounds(root: Path) -> Iterator[_Labelled]:
    """Everything that is no gunfire: short clips, beds, speech."""
    for row in _rows(root / "not_gunfire.csv"):
        path, kind = root / row["file"], row["sound"]
        bed = row["file"].startswith("beds/")
        collection = "beds" if bed else "speech" if kind == "speech" else "not_gunfire"
        case = Case(
            name=str(Path(row["file"]).with_suffix("")),
            collection=collection,
            family=kind,
            path=path,
            material="real",
            duration_s=float(row["duration_s"]) + (0.0 if bed else 2 * _PAD_S),
            marks=Marks.of([]),
            labels_complete=True,
            count=0,
            count_low=0,
            count_high=0,
            padded=not bed,
            may_teach=not any(limit in row.get("licence", "") for limit in _ONLY_MEASURED),
        )
        recording = _FREESOUND_ID.search(path.stem)
        yield case, {f"{row['source'].split(':')[0]}/{recording[1] if recording else kind}"}


def _scenes(root: Path) -> Iterator[_Labelled]:
    for truth in sorted((root / "scenes").glob("*/truth.json")):
        scene = json.loads(truth.read_text(encoding="utf-8"))
        sources = [Path(gun["source"]).stem for gun in scene["guns"] if gun["source"]]
        positions = re.findall(r"\bFP\d+", scene["note"].replace("_", " "))
        material = {*map(_experiment, sources), *(f"pittsburgh/{position}" for position in positions)}
        for camera in scene["cameras"]:
            yield _camera(truth.parent, scene, camera), {f"scenes/{scene['scene']}", *material}


def _camera(folder: Path, scene: Mapping[str, Any], camera: Mapping[str, Any]) -> Case:
    """One camera of a scene; shots in muted time cannot be heard, those shown again count once."""
    shots = [shot for shot in camera["shots"] if not shot.get("muted", False)]
    # The truth counts from the first picture; the clock of a file whose picture starts late does not.
    start_s = float(camera["video_start_s"])
    blast = start_s + np.array([shot["arrival_s"] for shot in shots], np.float64)
    # The cracks of a compilation, milliseconds before the blasts, are told on the clock of its views.
    first = "arrival_s" if "segments" in camera else "crack_s"
    crack = start_s + np.array([shot.get(first, shot["arrival_s"]) for shot in shots], np.float64)
    audible = len({_discharge(shot) for shot in shots if shot["audible"]})
    return Case(
        name=f"scenes/{folder.name}/{Path(camera['file']).stem}",
        collection="scenes",
        family=scene["family"],
        path=folder / camera["file"],
        material="composed",
        duration_s=float(camera["recorder"]["duration"]),
        marks=Marks.of(np.minimum(blast, crack), [shot["audible"] for shot in shots], np.maximum(blast, crack)),
        labels_complete=True,
        count=audible,
        count_low=audible,
        count_high=len({_discharge(shot) for shot in shots}),
        muted=tuple((start, stop) for start, stop in camera["muted"]),
        conditions=_scene_conditions(scene, camera, shots),
        fold=scene.get("fold"),
    )


def _scene_conditions(
    scene: Mapping[str, Any], camera: Mapping[str, Any], shots: Sequence[Mapping[str, Any]]
) -> Conditions:
    recorder, start_s = camera["recorder"], float(camera["video_start_s"])
    return Conditions(
        guns=len(scene["guns"]),
        place=(scene["place"] or {}).get("env", "as recorded").split(":")[0],
        bit_rate_kbps=recorder["kbps"],
        coded_twice=recorder["twice"],
        snr_db=np.array([shot["direct_path_snr_db"] for shot in shots], np.float64),
        clipped=np.array([shot["clipped"] for shot in shots], np.bool_),
        blast=tuple(_BLASTS.get(shot["material"], shot["material"]) for shot in shots),
        others=tuple((start_s + other["time_s"], other["class"]) for other in camera["planted"]),
    )


def _discharge(shot: Mapping[str, Any]) -> tuple[str, bool, float]:
    """What tells discharges apart: gun and emission; recorded strings have no emission and are never shown again."""
    emission_s = shot["emission_s"]
    return shot["gun"], emission_s is None, shot["arrival_s"] if emission_s is None else emission_s


def _joined(labelled: Sequence[_Labelled]) -> list[Case]:
    """The cases with their groups: cases that share a name of material, through others too, share a group."""
    group_of: dict[str, set[str]] = {}
    for _, shared in labelled:
        joined = shared.union(*(group_of.get(name, ()) for name in shared))
        group_of.update(dict.fromkeys(joined, joined))
    return [replace(case, group=min(group_of[min(shared)])) for case, shared in labelled]
