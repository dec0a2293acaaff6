"""Put what devices do themselves into composed scenes, and write what goes wrong because of it to docs/DEVICE.md.

python scripts/measure_device.py --corpus DIR [--beeps 1000] [--others 50] [--jobs 1] [--out docs/DEVICE.md]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from detector.errors import DetectorError
from detector.lab.corpus import read_corpus
from detector.lab.device_page import page
from detector.lab.device_trials import TRIALS, Tally, judged
from detector.lab.evaluate import detector_sha256
from detector.lab.material import Material, read_material

# Share of the beeps that is put into scenes of each family.
_BEEPS_IN: Mapping[str, float] = {"quiet": 0.4, "solo": 0.15, "pair": 0.15, "auto": 0.1, "walker": 0.1, "far": 0.1}
_OTHERS_IN: Mapping[str, float] = {"quiet": 0.5, "pair": 0.5}


def main() -> int:
    """Exit status: 0 done, 2 wrong usage."""
    options = _parser().parse_args()
    try:
        if not options.corpus:
            raise ValueError("name the corpus folder with --corpus DIR or in GUNSHOT_CORPUS")
        materials = read_material(options.corpus, read_corpus(options.corpus))
    except (DetectorError, ValueError) as error:
        print(f"measure_device: {error}", file=sys.stderr)
        return 2
    wanted = {
        (kind, family): share * (options.beeps if kind == "beeps" else options.others)
        for kind in TRIALS
        for family, share in (_BEEPS_IN if kind == "beeps" else _OTHERS_IN).items()
    }
    measure = partial(_measured, materials=materials)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        tallies = dict(zip(wanted, pool.map(measure, wanted.items()), strict=True))
    text = page(tallies, _provenance(options))
    options.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _measured(wanted: tuple[tuple[str, str], float], materials: tuple[Material, ...]) -> Tally:
    """Trials of one kind in one family, seed after seed and fold after fold, until enough was put in."""
    (kind, family), events = wanted
    total, seed = Tally(), 0
    while total.events < events:
        total += judged(TRIALS[kind](family, seed, materials[seed % len(materials)]))
        seed += 1
    return total


def _provenance(options: argparse.Namespace) -> dict[str, str]:
    packages = ("gunshot-tally", "numpy", "av", "scipy")
    return {
        "command": f"`python scripts/measure_device.py --beeps {options.beeps} --others {options.others}`",
        "sources measured": f"`detector/`, SHA-256 `{detector_sha256()}`",
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure which shots are counted or lost for what devices do.")
    parser.add_argument("--corpus", default=os.environ.get("GUNSHOT_CORPUS"), help="folder (default: GUNSHOT_CORPUS)")
    parser.add_argument("--beeps", type=int, default=1000, help="beeps to put in (default 1000)")
    parser.add_argument("--others", type=int, default=50, help="of each other kind (default 50)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--out", type=Path, default=Path("docs/DEVICE.md"), help="page to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
