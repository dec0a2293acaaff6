"""Official tally files -> `Tally`: strict TOML, every complaint with the file, the entry and the fix."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector import small_files
from detector.errors import TallyError
from detector.records import Tally
from detector.times import parse_time

METHODS = ("casings", "magazines", "self-report", "video", "audio", "unknown")

_TALLY_KEYS = (
    *("label", "count", "low", "high", "tolerance", "span_s"),
    *("includes", "everyone", "method", "citation", "window"),
)
_TOTAL_KEYS = ("label", "of", "everyone", "span_s", "citation", "window")
_LARGEST_FILE_BYTES = 1_000_000  # a tally file is a page of text; a video given by mistake is not read
_LARGEST_COUNT = 1_000_000  # far above any incident: larger numbers are slips of the key
_LONGEST_S = 1e7  # seconds, about four months


def read(path: str | Path) -> tuple[Tally, ...]:
    """Tallies of a tally file, then its totals, each in the order of the file.

    A total's range and tolerance are the sums of its parts'; its window, where it has none of its
    own, reaches over the windows of all its parts.

    Parameters
    ----------
    path
        The tally file (TOML, UTF-8).

    Returns
    -------
    tuple of Tally
        Ranges in shots, spans and windows in seconds; never empty.

    Raises
    ------
    TallyError
        When the file cannot be read or anything in it is missing, unknown or contradictory.
    """
    content = _content(Path(path))
    document = _document(path, content)
    digest = hashlib.sha256(content).hexdigest()
    tallies = [_tally(entry, digest) for entry in _entries(path, document, "tally", _TALLY_KEYS)]
    totals = _entries(path, document, "total", _TOTAL_KEYS)
    _unique_labels(path, [t.label for t in tallies] + [_label(entry) for entry in totals])
    return (*tallies, *_totals(totals, tallies, digest))


@dataclass(frozen=True)
class _Entry:
    """One [[tally]] or [[total]]; the readers raise with `where` and say what to write instead."""

    where: str
    values: Mapping[str, Any]

    def wrong(self, text: str) -> TallyError:
        return TallyError(f"{self.where}: {text}")

    def require(self, key: str, fix: str) -> None:
        if key not in self.values:
            raise self.wrong(f"{key} is missing: {fix}")

    def text(self, key: str, fix: str) -> str:
        value = self.values[key]
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{key} = {_shown(value)}: {fix}")
        words = " ".join(value.split())
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in words):
            raise self.wrong(f"{key} = {_shown(value)} holds control characters: remove them")
        return words

    def truth(self, key: str) -> bool:
        value = self.values[key]
        if not isinstance(value, bool):
            raise self.wrong(f"{key} = {_shown(value)}: write true or false, without quotes")
        return value

    def shots(self, key: str) -> int:
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(f"{key} = {_shown(value)}: write a whole number of shots, without quotes")
        if not 0 <= value <= _LARGEST_COUNT:
            raise self.wrong(f"{key} = {_shown(value)}: write a number of shots from 0 to {_LARGEST_COUNT:,}")
        return value

    def seconds(self, key: str) -> float | None:
        if key not in self.values:
            return None
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(f"{key} = {_shown(value)}: write seconds as a number, for example 41.0")
        if not 0 <= value <= _LONGEST_S:
            raise self.wrong(f"{key} = {_shown(value)}: write seconds, 0 or more")
        return float(value)

    def window(self) -> tuple[float, float] | None:
        if "window" not in self.values:
            return None
        value = self.values["window"]
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(f'window = {_shown(value)}: write start and stop, for example ["0:41", "1:25"]')
        start_s, stop_s = (self._moment(each) for each in value)
        if not start_s < stop_s:
            raise self.wrong(f"window = {_shown(value)}: the start must lie before the stop")
        return start_s, stop_s

    def _moment(self, value: Any) -> float:
        if isinstance(value, str):
            try:
                return parse_time(value)
            except ValueError as error:
                raise self.wrong(f"window: {error}") from error
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LONGEST_S:
            raise self.wrong(f'window holds {_shown(value)}: write times as "0:41.2" or as seconds, 0 or more')
        return float(value)


def _content(path: Path) -> bytes:
    too_large = "too large for a tally file (over 1 MB); is it the video? Name a TOML text file"
    return small_files.content(path, "the tally file", _LARGEST_FILE_BYTES, too_large, TallyError)


def _document(path: str | Path, content: bytes) -> dict[str, Any]:
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))  # Windows editors put a byte order mark in front
    except UnicodeDecodeError as error:
        raise TallyError(f"{path}: not a text file in UTF-8 ({error.reason}); save the tally file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise TallyError(f"{path}: not a TOML file ({error}); write [[tally]] and lines such as count = 96") from error
    for key in document:
        if key not in ("tally", "total"):
            raise TallyError(f"{path}: unknown entry {key!r}: {_hint(key, ('tally', 'total'))}")
    if not document:
        raise TallyError(f"{path}: no tallies in it; add a [[tally]] with label, count, includes and everyone")
    return document


def _entries(path: str | Path, document: Mapping[str, Any], kind: str, keys: Sequence[str]) -> list[_Entry]:
    found = document.get(kind, [])
    if not isinstance(found, list) or not all(isinstance(values, dict) for values in found):
        raise TallyError(f"{path}: {kind} must stand in double brackets: [[{kind}]]")
    entries = [_Entry(_where(path, kind, number, values), values) for number, values in enumerate(found, 1)]
    for entry in entries:
        for key in entry.values:
            if key in ("count", "low", "high", "tolerance", "includes") and key not in keys:
                raise entry.wrong(f"{key} does not go into a total: it follows from the parts named in `of`")
            if key not in keys:
                raise entry.wrong(f"unknown key {key!r}: {_hint(key, keys)}")
    return entries


def _where(path: str | Path, kind: str, number: int, values: Mapping[str, Any]) -> str:
    label = values.get("label")
    return f"{path}: {kind} {number}" + (f" ({_shown(label)})" if isinstance(label, str) else "")


def _tally(entry: _Entry, digest: str) -> Tally:
    label = _label(entry)
    low, high = _range(entry)
    entry.require("includes", 'say in words who is in the number, for example includes = "four officers"')
    entry.require("everyone", "write everyone = true if everybody who fired is in the number, else false")
    return Tally(
        label=label,
        low=low,
        high=high,
        tolerance=entry.shots("tolerance") if "tolerance" in entry.values else 0,
        span_s=entry.seconds("span_s"),
        includes=entry.text("includes", "say in words who is in the number"),
        everyone=entry.truth("everyone"),
        method=_method(entry),
        citation=_citation(entry),
        window=entry.window(),
        of=(),
        verbatim=entry.values,
        file_sha256=digest,
    )


def _label(entry: _Entry) -> str:
    entry.require("label", 'give the tally a name, for example label = "officers"')
    return entry.text("label", "write a name in quotes")


def _range(entry: _Entry) -> tuple[int, int]:
    given = [key for key in ("count", "low", "high") if key in entry.values]
    if given == ["count"]:
        count = entry.shots("count")
        return count, count
    if given != ["low", "high"]:
        stated = f"{' and '.join(given)} given" if given else "no number of shots"
        raise entry.wrong(f"{stated}: write either count, or low and high together")
    low, high = entry.shots("low"), entry.shots("high")
    if low > high:
        raise entry.wrong(f"low = {low} is above high = {high}: exchange them")
    return low, high


def _method(entry: _Entry) -> str:
    if "method" not in entry.values:
        return "unknown"
    method = entry.text("method", f"write one of {', '.join(METHODS)}")
    if method not in METHODS:
        raise entry.wrong(f"unknown method {_shown(method)}: {_hint(method, METHODS)}")
    return method


def _citation(entry: _Entry) -> str:
    return entry.text("citation", "write in quotes where it was published") if "citation" in entry.values else ""


def _unique_labels(path: str | Path, labels: Sequence[str]) -> None:
    for label in labels:
        if labels.count(label) > 1:
            raise TallyError(f"{path}: the label {_shown(label)} is used twice: give each tally and total its own")


def _totals(entries: Sequence[_Entry], tallies: Sequence[Tally], digest: str) -> list[Tally]:
    """Totals may be made of totals: those whose parts are known are summed first."""
    known = {tally.label: tally for tally in tallies}
    leaves: dict[str, tuple[str, ...]] = {tally.label: (tally.label,) for tally in tallies}
    labels = [*known, *(_label(entry) for entry in entries)]
    parts = {_label(entry): _parts(entry, labels) for entry in entries}
    pending = {_label(entry): entry for entry in entries}
    while pending:
        ready = [label for label in pending if all(part in known for part in parts[label])]
        if not ready:
            stuck = " and ".join(_shown(label) for label in pending)
            raise next(iter(pending.values())).wrong(f"{stuck} go round in a circle: no total may be part of itself")
        for label in ready:
            entry = pending.pop(label)
            leaves[label] = tuple(leaf for part in parts[label] for leaf in leaves[part])
            twice = [leaf for leaf in leaves[label] if leaves[label].count(leaf) > 1]
            if twice:
                raise entry.wrong(f"`of` counts {_shown(twice[0])} twice: name each part once")
            known[label] = _total(entry, [known[part] for part in parts[label]], digest)
    return [known[_label(entry)] for entry in entries]


def _parts(entry: _Entry, labels: Sequence[str]) -> list[str]:
    entry.require("of", 'name the parts, for example of = ["officers", "driver"]')
    parts = entry.values["of"]
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise entry.wrong(f'of = {_shown(parts)}: write a list of labels, for example ["officers", "driver"]')
    parts = [" ".join(part.split()) for part in parts]
    for part in parts:
        if part == _label(entry):
            raise entry.wrong("names itself in `of`: a total cannot be part of itself")
        if part not in labels:
            raise entry.wrong(f"`of` names {_shown(part)}, which is no label here: {_hint(part, labels)}")
    return parts


def _total(entry: _Entry, parts: Sequence[Tally], digest: str) -> Tally:
    entry.require("everyone", "write everyone = true if everybody who fired is in the sum, else false")
    windows = [part.window for part in parts if part.window is not None]
    hull = (min(w[0] for w in windows), max(w[1] for w in windows)) if len(windows) == len(parts) else None
    return Tally(
        label=_label(entry),
        low=sum(part.low for part in parts),
        high=sum(part.high for part in parts),
        tolerance=sum(part.tolerance for part in parts),
        span_s=entry.seconds("span_s"),
        includes=_joined([part.includes for part in parts], " and "),
        everyone=entry.truth("everyone"),
        method=_joined([part.method for part in parts], " and "),
        citation=_citation(entry) or _joined([part.citation for part in parts if part.citation], "; "),
        window=entry.window() or hull,
        of=tuple(part.label for part in parts),
        verbatim=entry.values,
        file_sha256=digest,
    )


def _joined(texts: Sequence[str], between: str) -> str:
    return between.join(dict.fromkeys(texts))


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {_shown(near[0])}?" if near else f"known are {', '.join(known)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
