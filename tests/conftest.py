"""Settings that all tests share."""

from hypothesis import settings

from tests.browsing import browser as browser
from tests.browsing import opened as opened

# No test may fail for the machine's speed, and the same tests run every time.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("repeatable")
