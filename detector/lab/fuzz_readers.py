"""Every reader of files, asked to read one and to use what it read; and what may not be in what comes out."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector import exports, labels, reports, reviews, tallies
from detector.archive import search
from detector.archive.catalogue import Catalogue
from detector.archive.ledger import Ledger
from detector.archive.rows import File, Trace
from detector.checks import Review
from detector.core.comparison import compare
from detector.core.concordance import agreement
from detector.exports import audacity, incident_json, raven, report_json, review_json, reviewed, shots_csv
from detector.incident import detect_incident
from detector.lab import mutations
from detector.recording import detect
from detector.records import Incident, Report
from detector.settings import Settings
from detector.views import incident_summary, summary

MEDIA = "media"
_CASES_WITH_EXPORTS = ("audacity", "csv", "edl", "elan", "fcp7", "fcpxml", "praat", "raven", "srt", "vtt")


class Seeds(NamedTuple):
    """Files that are whole: of each kind those in the folder of its name; `report` is what texts are read beside."""

    folder: Path
    report: Report

    def of(self, kind: str) -> list[Path]:
        """The files of a kind, in the order of their names."""
        return sorted((self.folder / kind).iterdir())


def wrong_with(report: Report) -> str | None:
    """What no report may say, None when all is well: times, order, intervals, and a count only where it was heard."""
    return next((name for name, fails in _faults(report) if fails), None)


def _faults(report: Report) -> Iterator[tuple[str, bool]]:
    count, shots = report.count, report.shots
    edges = [(each.start_s, each.stop_s) for each in report.coverage]
    numbers = [t for edge in edges for t in edge] + [s.time_s for s in shots] + [s.probability for s in shots]
    yield "a number is not finite", not all(map(math.isfinite, (*numbers, report.heard_s, report.recording.duration_s)))
    yield "shots are out of order", [s.time_s for s in shots] != sorted(s.time_s for s in shots)
    yield "coverage overlaps or goes back", any(a > b for a, b in edges) or edges != sorted(edges)
    yield "heard longer than it lasts", report.heard_s > sum(b - a for a, b in edges) + 1e-6
    yield "a count without hearing, or hearing without a count", (count is None) != (report.heard_s <= 0)
    yield "shots without a count", count is None and bool(shots)
    if count is not None:
        yield "bounds out of order", not (0 <= count.low <= count.best <= count.high >= count.at_least >= 0)
    if report.span is not None:
        yield "a span that ends before it begins", not report.span.first_s <= report.span.last_s
    yield "not the report it writes", Report.from_json(report.to_json()) != report


def write_seeds(fixtures: Path, folder: Path) -> Seeds:
    """Whole files of every kind below `folder`, made of the project's own fixtures."""
    clip = fixtures / "clips" / "gap.mp4"
    report = detect(clip)
    incident = detect_incident(sorted((fixtures / "incident").glob("*.mp4")))
    marks = {
        "labels.txt": audacity.render(report, ()),
        "raven.txt": raven.render(report, ()),
        "shots.csv": shots_csv.render(report, ()),
        "times.csv": b"time;label\n0:01,5;shot\n0:02,25;echo\n3;shot\n",
    }
    for name, content in marks.items():
        _put(folder / "marks" / name, content)
        if name != "times.csv":  # of another recording
            _put(folder / "labels" / name, content)
    _put(folder / "review" / "review.json", review_json.to_json(_a_review(folder, report)).encode())
    _put(folder / "report" / "report.json", report_json.to_json(report).encode())
    _put(folder / "report" / "silent.json", report_json.to_json(detect(fixtures / "hostile" / "no_audio.mp4")).encode())
    _put(folder / "incident" / "incident.json", incident_json.to_json(incident).encode())
    _put(folder / "settings" / "settings.toml", _settings_toml().encode())
    _put(folder / "list" / "some.txt", f"{clip}\n{fixtures / 'hostile'}\nnot there.mp4\n".encode())
    _put(folder / "list" / "zero.txt", f"{clip}\0{fixtures / 'hostile'}\0".encode())
    for path in (*(fixtures / "tallies").iterdir(), fixtures / "demo" / "tally.toml"):
        _put(folder / "tally" / path.name, path.read_bytes())
    _write_catalogue(folder / "catalogue" / "archive.sqlite", report)
    (folder / MEDIA).mkdir(parents=True)
    for path in (*(fixtures / "clips").iterdir(), *(fixtures / "hostile").glob("*.*")):
        if path.suffix != ".json" and path.stat().st_size:
            (folder / MEDIA / path.name).symlink_to(path.absolute())
    return Seeds(folder, report)


def mutated(kind: str, seeds: Seeds, rng: np.random.Generator) -> tuple[str, bytes]:
    """A name and the bytes of a file that is nearly one of this kind."""
    paths = seeds.of(kind)
    path = paths[int(rng.integers(len(paths)))]
    content = path.read_bytes()
    others = [paths[int(rng.integers(len(paths)))].read_bytes()]
    if kind == MEDIA:
        if rng.random() < 0.1:
            return "wave.wav", mutations.wave(content[-40_000:], rng)
        return path.name, mutations.media(content, others, rng)
    if path.suffix == ".json" and rng.random() < 0.7:
        return path.name, mutations.document(content, rng)
    return path.name, mutations.text(content, others, rng)


def read(kind: str, path: Path, seeds: Seeds) -> str | None:
    """What is wrong with what was read, None when all is well.

    Raises
    ------
    DetectorError
        When the file is refused, as it may be.
    """
    return _READERS[kind](path, seeds)


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _a_review(folder: Path, report: Report) -> Review:
    """What a person's labels amount to: the first taken away, a new one put in."""
    lines = audacity.render(report, ()).decode().splitlines()[1:]
    return reviews.read_for(_put(folder / "edited.txt", "\n".join([*lines, "0.75\t0.75\tmine"]).encode()), report)


def _settings_toml() -> str:
    stages = Settings().to_dict().items()
    return "\n".join(
        f"[{stage}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in each.items()) for stage, each in stages
    )


def _write_catalogue(path: Path, report: Report) -> None:
    path.parent.mkdir(parents=True)
    with Ledger(path) as ledger:
        run = ledger.run(Settings().to_dict(), {"gunshot-tally": "0", "model": "0"})
        for number in range(3):
            file = File(f"/archive/{number}.mp4", 1, 1, f"{number:064x}")
            ledger.record(run, file, "broken" if number == 2 else report, Trace())
        ledger.unreadable("/archive/gone.mp4", "no such file")
    path.with_name(path.name + ".lock").unlink()


def _media(path: Path, seeds: Seeds) -> str | None:
    return wrong_with(detect(path))


def _tally(path: Path, seeds: Seeds) -> str | None:
    for tally in tallies.read(path):
        if not 0 <= tally.low <= tally.high:
            return "a tally's range is out of order"
        compare(seeds.report, tally)
    return None


def _settings(path: Path, seeds: Seeds) -> str | None:
    settings = Settings.read(path)
    return None if Settings.from_dict(settings.to_dict()) == settings else "not the settings that they write"


def _marks(path: Path, seeds: Seeds) -> str | None:
    marks = labels.read(path)
    agreement(seeds.report, marks)
    times_s = [mark.time_s for mark in marks.marks]
    return None if all(map(math.isfinite, times_s)) and times_s == sorted(times_s) else "marks out of order"


def _review(path: Path, seeds: Seeds) -> str | None:
    applied = reviews.apply(seeds.report, reviews.read_for(path, seeds.report))
    reviewed.to_dict(applied)
    if applied.corrected.count < 0:
        return "fewer than no shots"
    return None


def _report(path: Path, seeds: Seeds) -> str | None:
    result = reports.read_either(path)
    if isinstance(result, Incident):
        incident_summary.sections(result)
        return None if Incident.from_json(result.to_json()) == result else "not the incident that it writes"
    summary.sections(result)
    for name in _CASES_WITH_EXPORTS:
        exports.FORMATS[name].render(result, ())
    return None if Report.from_json(result.to_json()) == result else "not the report that it writes"


def _list(path: Path, seeds: Seeds) -> str | None:
    listed = search.listed(str(path))
    for found in search.find(each for each in listed if not os.path.isdir(each)):  # a folder may be all of the disk
        str(found).encode("utf-8", "surrogateescape")
    return None


def _catalogue(path: Path, seeds: Seeds) -> str | None:
    with Catalogue(path) as catalogue:
        for run in catalogue.runs():
            list(catalogue.verdicts(run.number))
        catalogue.unreadable_files()
        list(catalogue.select("SELECT * FROM results")[1])
    return None


_READERS: dict[str, Callable[[Path, Seeds], str | None]] = {
    MEDIA: _media,
    "tally": _tally,
    "settings": _settings,
    "marks": _marks,
    "labels": _review,
    "review": _review,
    "report": _report,
    "incident": _report,
    "list": _list,
    "catalogue": _catalogue,
}
TEXTS = tuple(kind for kind in _READERS if kind != MEDIA)
