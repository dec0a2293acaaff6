"""Settings that all tests share."""

from hypothesis import settings

# No test may fail for the machine's speed, and the same tests run every time.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("repeatable")
