"""Settings that all tests share."""

import os

from hypothesis import Phase, settings

from tests.browsing import browser as browser
from tests.browsing import opened as opened

# No test may fail for the machine's speed, and the same tests run every time.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=False)
settings.register_profile("unshrunk", settings.get_profile("repeatable"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
