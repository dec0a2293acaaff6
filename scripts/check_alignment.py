"""Measure how well recordings of one incident come onto one clock, and write the tables of docs/ALIGNMENT.md.

python scripts/check_alignment.py --corpus DIR [--scenes DIR ...] [--unrelated 2000] [--jobs 2] [--page FILE]

`--scenes` are folders that scripts/make_scenes.py wrote; the scenes and the Pittsburgh tests of the corpus, and cameras
that stand still for five minutes, are measured as well.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from detector.lab import alignment_trials as trials
from detector.lab import threads
from detector.lab.alignment_page import page
from detector.lab.evaluate import detector_sha256

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ALIGNMENT.md"


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    if not options.corpus or not (Path(options.corpus) / "pittsburgh").is_dir():
        print("check_alignment: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    threads.one_each()
    corpus = Path(options.corpus)
    incidents = [incident for root in (corpus, *options.scenes) for incident in trials.composed(root)]
    incidents += [*trials.pittsburgh(corpus), *trials.standing_incidents(options.standing, 300.0)]
    others = list(trials.alone(corpus))
    kept = trials.heard([*incidents, *others], options.jobs)
    listenings = {one.name: [kept[member.name] for member in one.members] for one in (*incidents, *others)}
    clocks: list[trials.ClockRow] = []
    pairs: list[trials.PairRow] = []
    for incident in incidents:
        mine = listenings[incident.name]
        found = trials.aligned(incident.members, mine)
        clocks += trials.clock_rows(incident, found)
        pairs += trials.related(incident, mine, found)
    pairs += trials.unrelated(listenings, options.unrelated)
    made, tests = (sum(one.kind.startswith(kind) for one in incidents) for kind in ("composed", "Pitt"))
    sources = (
        f"{made} composed incidents, {tests} Pittsburgh tests (clocks scrambled by up to an hour), {options.standing}"
        f" incidents of cameras that stand still for 5 minutes; `detector/` with SHA-256"
        f" `{detector_sha256()[:16]}`."
    )
    volley = max(incidents, key=lambda one: (one.kind == "composed") * sum(len(m.arrivals_s) for m in one.members))
    costs = [
        trials.cost(f"{len(volley.members)} cameras of a minute of gunfire, AAC", volley.members),
        trials.cost("5 cameras of 10 minutes without gunfire, 48 kHz, not coded", trials.long_members()),
    ]
    text = page(options.page.read_text(encoding="utf-8"), clocks, pairs, costs, sources)
    options.page.write_text(text, encoding="utf-8")
    print(f"written: {options.page}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How well do recordings of one incident come onto one clock?")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--scenes", type=Path, nargs="*", default=[], help="folders of further composed scenes")
    parser.add_argument("--standing", type=int, default=10, help="incidents of cameras that stand still (default 10)")
    parser.add_argument("--unrelated", type=int, default=2000, help="unrelated pairs (default 2000)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose tables are written (docs/ALIGNMENT.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
