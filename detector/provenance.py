"""Which software made a result: enough to run it again."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("numpy", "scipy", "soxr", "av")


def software(model_version: str) -> dict[str, Any]:
    """Versions of the package, its model, the libraries that touch the sound, and the platform."""
    from av import library_versions

    return {
        "gunshot-tally": _version("gunshot-tally"),
        "model": model_version,
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "ffmpeg": {name: ".".join(map(str, numbers)) for name, numbers in sorted(library_versions.items())},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
