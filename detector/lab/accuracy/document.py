"""Outcomes -> docs/ACCURACY.md: tables that say in every row whether the sound is real or composed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detector.lab.accuracy import alarms, by_condition, doubts, goals, methods, scores
from detector.lab.evaluate import Outcome

_COLLECTIONS = {
    "pittsburgh": "Pittsburgh: police test fire heard by street sensors 45-1,368 m away",
    "range": "Range: singles to automatic fire at shooting ranges",
    "phones": "Phones: one shot a clip, hand-held recorders",
    "scenes": "Scenes: composed body-camera footage",
}

INTRODUCTION = """\
What this detector and other methods make of labelled recordings, measured on the same samples in the same
run. **No body-camera recording of gunfire was measured: none with known truth was at hand.** Rows marked
*real* are recordings of real sounds made by other devices; rows marked *composed* are videos put together from
recorded and physical blasts, places, voices and noises. Not measured either: real overlapping shooters, real
fire inside a car, Tasers. This page is written by `scripts/evaluate.py`; do not edit it.

Several cameras of one incident: [INCIDENTS.md](INCIDENTS.md); their clocks, beside other tools that align recordings:
[ALIGNMENT.md](ALIGNMENT.md).
"""

DEFINITIONS = """\
## How to read the tables

- **Methods.** *this detector*: onsets of status `shot`; *with possible ones*: `possible` listed too (the count
  is the same). *librosa, defaults*: `librosa.onset.onset_detect` at the file's own rate. *librosa, tuned*: 4 ms
  hop, 21 ms window, delta 0.2, backtracked. *peaks*: what editors do, the largest magnitude per millisecond,
  peaks within 10 (6) dB of the file's loudest, 50 (200) ms apart. *ObsPy*: recursive and classic STA/LTA, 5 ms
  over 100 ms of power above 200 Hz, on at 4 and off at 2.
- **Exact**: share of files whose count (`count.best`; for a peer the number of its onsets) is the right one:
  rounds fired (Pittsburgh, phones), shots marked by hand (range), audible shots, each once (scenes).
  **In range**: between the audible shots and all shots in heard time (range: the annotators' bounds); **within
  5 %** of that range. **Count error**: how far counts lie outside their ranges, too many and too few alike, summed
  over files, over the sum of the audible shots.
- **Volley**: shots at most 3 s apart. What a method counts from 1.5 s before the first to 1.5 s after the last is
  its count of the volley. Files that show shots again, or whose onsets are not all labelled, are left out.
- **Precision, recall, F1** over all shots of a row, onsets paired one to one with the best pairing there is, at most
  50 ms apart (precision, recall) or as stated. An onset on a shot that is too faint to hear is neither right nor
  wrong. Where crack and blast are told apart, either is a find, and only one of them. Files whose onsets are
  not all labelled enter the counts only: Pittsburgh's *incomplete* ones hold rounds that the sensor may not have
  heard.
- **Error**: median and worst tenth (90th percentile) of the distance to the first arrival, in ms, of onsets
  paired within 50 ms; **bias** is the signed median (late is +). Range marks carry 1-2 ms, Pittsburgh's 5 ms.
- **Upper** bounds are 95 % (Poisson for rates, exact binomial for shares).
- Shots that a compilation shows again are onsets like others, and one discharge in the count.
"""


def page(outcomes: Sequence[Outcome], provenance: Mapping[str, str], pictures: Mapping[str, str] | None = None) -> str:
    """The whole page as Markdown text; the same outcomes give the same text.

    `provenance` says, line by line, how the figures came about: command, versions, hashes.
    `pictures` are files beside the page, each with the words that stand for it.
    """
    cases = {outcome.case.name: outcome.case for outcome in outcomes}
    hours = sum(case.duration_s for case in cases.values()) / 3600
    facts = [f"- {name}: {text}" for name, text in provenance.items()] + [f"- {len(cases)} files, {hours:.2f} h"]
    parts = ["# Accuracy", INTRODUCTION, "\n".join(facts), goals.goals_part(outcomes)]
    parts += [f"![{words}]({file})" for file, words in (pictures or {}).items()]
    parts += [methods.at_a_glance(outcomes), methods.behind(outcomes), *_gunfire_parts(outcomes)]
    parts += [methods.volley_table(outcomes), doubts.interval_part(outcomes), doubts.probability_part(outcomes)]
    parts += [by_condition.file_part(outcomes), by_condition.shot_part(outcomes), by_condition.timing_part(outcomes)]
    parts += [alarms.hourly_part(outcomes), alarms.classes_part(outcomes), DEFINITIONS]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _gunfire_parts(outcomes: Sequence[Outcome]) -> list[str]:
    parts = scores.collections([outcome for outcome in outcomes if scores.gunfire(outcome.case)])
    titles = {collection: title for collection, title in _COLLECTIONS.items() if collection in parts}
    return [f"## {title}\n\n{methods.gunfire_table(parts[collection])}" for collection, title in titles.items()]
