"""`python -m detector`: the command `count-shots`."""

import sys

from detector.cli import main

if __name__ == "__main__":
    sys.exit(main())
