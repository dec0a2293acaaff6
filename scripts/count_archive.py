"""The command `count-archive`, run from a checkout: `python scripts/count_archive.py run FOLDER --catalogue FILE`."""

import sys
from pathlib import Path

try:
    from detector.archive_cli import main
except ModuleNotFoundError:
    # Run from a checkout that is not installed: the package lies beside this folder.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from detector.archive_cli import main

if __name__ == "__main__":
    sys.exit(main())
