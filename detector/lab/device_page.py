"""Tallies of what devices do themselves -> docs/DEVICE.md."""

from __future__ import annotations

from collections.abc import Mapping

from detector.lab.device_trials import Tally

WORDS: Mapping[str, str] = {
    "beeps": "beeps of the camera",
    "mutes": "mutes: digital silence of 0.5-6 s",
    "redaction tones": "redaction tones of 0.3-1.5 s",
    "wind": "gusts on the microphone, 105-130 dB",
    "rubbing": "hand and cloth on the camera, 95-122 dB",
    "gain recovery": "one bang of 135-150 dB and what the limiter does after it",
    "dropped packets": "0.05-0.6 s of AAC packets left out",
    "garbled packets": "0.05-0.6 s of AAC packets full of noise",
}

_INTRODUCTION = """\
# What devices do themselves

Written by `scripts/measure_device.py`; do not edit. Composed scenes, without gunfire and with it, are heard twice by
the published detector: as they are, and with something in them that is the device's own doing or the editor's. An
onset that is listed only then, where no shot is, is **counted** because of it (**doubted**: listed as possible). It is
looked for within 10 ms of the edges of beeps, mutes and redaction tones, and anywhere in the others. **Near** are
audible shots at most 0.1 s away that are listed without the disturbance; of those **lost** are not listed with it,
**found** ones are listed only with it. The same of shots more than 1 s away tells what comes and goes by chance, since
the model hears neighbours, and a codec spreads what it is given. The model learned from other scenes of the same
material.

Beeps are drawn from 0.8-4 kHz, 0.05-1 s, 70-100 dB at the microphone, one, two or four in a row, with hard and soft
edges, with and without overtones; a third of the shots have one around them. No maker publishes what its beeps sound
like. Shots within 45 ms of a mute or a redaction tone are not listed (`coverage.edge_s`), and none can be where packets
are missing; a shot in every scene of those stands at an edge, so that their losses are what was asked for.
"""

_HEAD = """\
| what, in which scenes | put in | counted | doubted | near | lost | found | far away | lost | found |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def page(tallies: Mapping[tuple[str, str], Tally], provenance: Mapping[str, str]) -> str:
    """The page in Markdown: (kind of trial, family) -> tally, kinds one after the other."""
    rows = []
    for kind, words in WORDS.items():
        each = {family: tally for (which, family), tally in tallies.items() if which == kind}
        rows += [f"| {words}: {family} | {_row(tally)} |" for family, tally in each.items()]
        if len(each) > 1:
            rows.append(f"| **{words.split(':')[0]}, all** | {_row(sum(each.values(), Tally()))} |")
    wrong = [f"- {each}" for tally in tallies.values() for each in tally.wrong]
    listed = ["", "Listed wrongly (scene, time, chance):", "", *wrong] if wrong else []
    return "\n".join([_INTRODUCTION, _HEAD, *rows, *listed, "", *(f"- {k}: {v}" for k, v in provenance.items()), ""])


def _row(tally: Tally) -> str:
    near = (tally.near, tally.lost, tally.found, tally.aside, tally.aside_lost, tally.aside_found)
    return " | ".join(f"{n:,}" for n in (tally.events, tally.counted, tally.doubted, *near))
