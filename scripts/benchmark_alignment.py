"""Run common tools that align recordings on the same pairs as this detector, and write the table of docs/ALIGNMENT.md.

python scripts/benchmark_alignment.py --corpus DIR --envs DIR [--scenes DIR ...] [--pairs 8] [--unrelated 16] [--seed 1]
                                      [--work DIR] [--page FILE]

Each tool gets a virtual environment below `--envs`, made where there is none; one that does not install, or lacks
ffmpeg's binaries, is left out with the reason. `--scenes` are folders that scripts/make_scenes.py wrote.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.lab import alignment_peers as peers
from detector.lab import alignment_trials as trials
from detector.lab import threads
from detector.lab.evaluate import detector_sha256
from detector.lab.marked import fill

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ALIGNMENT.md"
_STANDING_S = 120.0


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    if not options.corpus or not (Path(options.corpus) / "pittsburgh").is_dir():
        print("benchmark_alignment: name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS", file=sys.stderr)
        return 2
    threads.one_each()
    options.envs.mkdir(parents=True, exist_ok=True)
    tools, left_out = [], []
    for tool in peers.TOOLS:
        reason = peers.installed(tool, options.envs)
        if reason:
            left_out.append(f"{tool.name} is left out: {reason}.")
            print(f"benchmark_alignment: {left_out[-1]}", file=sys.stderr)
        else:
            tools.append(tool)
    with _folder(options.work) as work:
        pairs = list(_pairs(options, work))
        rows = [peers.run_ours(sounds) for sounds in pairs]
        for tool in tools:
            rows += [peers.run(tool, sounds, options.envs) for sounds in pairs]
    versions = sorted({f"{tool.package} {peers.version_of(tool, options.envs)}" for tool in tools})
    sources = (
        f"{len(pairs)} pairs, drawn with seed {options.seed}; {', '.join(versions) or 'no other tool'}; `detector/` "
        f"with SHA-256 `{detector_sha256()[:16]}`."
    )
    written = "\n\n".join([sources, peers.table(rows), *left_out])
    fill(options.page, {"peers": written})
    print(f"written: {options.page}")
    return 0


def _pairs(options: argparse.Namespace, work: Path) -> Iterator[peers.Sounds]:
    corpus = Path(options.corpus)
    incidents = [incident for root in (corpus, *options.scenes) for incident in trials.composed(root)]
    incidents += trials.pittsburgh(corpus)
    incidents += trials.standing_incidents(options.pairs, _STANDING_S)
    counts = dict.fromkeys(("composed", "standing", "Pittsburgh, 3 rounds"), options.pairs)
    counts["composed"] = 2 * options.pairs
    yield from peers.related(incidents, counts, work, options.seed)
    yield from peers.unrelated(incidents, options.unrelated, work, options.seed)


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How well do common tools align the same pairs of recordings?")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--envs", type=Path, required=True, help="folder for the tools' virtual environments")
    parser.add_argument("--scenes", type=Path, nargs="*", default=[], help="folders of further composed scenes")
    parser.add_argument("--pairs", type=int, default=8, help="related pairs a kind, twice as many composed (default 8)")
    parser.add_argument("--unrelated", type=int, default=16, help="pairs of different incidents (default 16)")
    parser.add_argument("--seed", type=int, default=1, help="which pairs are drawn (default 1)")
    parser.add_argument("--work", type=Path, help="folder that keeps the sound of the pairs (default: a temporary one)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose table is written (docs/ALIGNMENT.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
