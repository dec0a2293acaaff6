"""Which software made a result."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from detector import provenance


def test_versions_are_those_that_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    told = provenance.software("17")
    assert (told["model"], told["numpy"], told["gunshot-tally"]) == ("17", version("numpy"), version("gunshot-tally"))
    assert told["ffmpeg"]["libavcodec"].count(".") == 2

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(provenance, "version", missing)
    assert provenance.software("17")["numpy"] == "not installed"
