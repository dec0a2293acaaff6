"""The command `count-shots`, run from a checkout: `python scripts/count_shots.py VIDEO`."""

import sys
from pathlib import Path

try:
    from detector.cli import main
except ModuleNotFoundError:
    # Run from a checkout that is not installed: the package lies beside this folder.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from detector.cli import main

if __name__ == "__main__":
    sys.exit(main())
