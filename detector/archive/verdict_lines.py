"""The verdicts of a catalogue as lines of JSON, without what differs from time to time.

Two catalogues that say the same of the same files give the same bytes, however often either job
was broken off.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from detector.archive.catalogue import Catalogue
from detector.archive.rows import Run, Verdict
from detector.exports.jsontext import plain


def lines(catalogue: Catalogue) -> Iterator[str]:
    """A line for each content of each run, then one for each path that cannot be read; only ASCII."""
    for run in sorted(catalogue.runs(), key=lambda run: (run.settings_sha256, json.dumps(run.versions))):
        for verdict in catalogue.verdicts(run.number):
            yield _line(_verdict(run, verdict))
    for path, problem in catalogue.unreadable_files():
        yield _line({"path": path, "problem": problem})


def _verdict(run: Run, verdict: Verdict) -> dict[str, Any]:
    told = dataclasses.asdict(verdict)
    del told["folder"]  # where reports were written is no verdict
    circumstances = {"settings_sha256": run.settings_sha256, "versions": run.versions}
    return circumstances | told


def _line(data: dict[str, Any]) -> str:
    return json.dumps(plain(data), separators=(",", ":"), allow_nan=False) + "\n"
