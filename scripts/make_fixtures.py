"""Make everything under fixtures/ from seeds.

python scripts/make_fixtures.py                              # all of it, into fixtures/
python scripts/make_fixtures.py --only clips --out /tmp/f    # one group, or one clip by name, elsewhere
python scripts/make_fixtures.py --seed 12 --out /tmp/f12     # the demonstration incident from another seed
"""

from __future__ import annotations

import argparse
from pathlib import Path

from detector.lab import fixtures

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
GROUPS = {
    "demo": fixtures.make_demo,
    "incident": fixtures.make_incident,
    "clips": fixtures.make_clips,
    "hostile": fixtures.make_hostile,
}


def main() -> None:
    """Parse the arguments and make what they ask for."""
    names = [clip.name for clip in fixtures.CLIPS]
    parser = argparse.ArgumentParser(description="Make the project's fixtures from seeds.")
    parser.add_argument(
        "--only", metavar="NAME", choices=[*GROUPS, *names], help="demo, incident, clips, hostile or one clip"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=FIXTURES, help="folder to write below")
    parser.add_argument("--seed", metavar="N", type=int, help="another seed for the demonstration incident, elsewhere")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        if arguments.out.resolve() == FIXTURES or arguments.only not in (None, "demo"):
            parser.error("--seed makes the demonstration incident only and needs --out elsewhere than fixtures/")
        fixtures.make_demo(arguments.out, arguments.seed)
    elif arguments.only in names:
        fixtures.make_clip(arguments.out, arguments.only)
    else:
        for group in [arguments.only] if arguments.only else GROUPS:
            GROUPS[group](arguments.out)


if __name__ == "__main__":
    main()
