"""Other methods on the same sound: what they find, and a cache that keeps each by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from detector.lab import peers
from detector.lab.peers import PEERS, Peer, missing, run_peers
from detector.records import Float32, Float64
from tests.soundscape import bangs

RATE = 8000
SHOTS_S = (0.5, 1.0, 1.4)


def test_every_peer_is_installed_and_finds_plain_bangs() -> None:
    found = run_peers(bangs(SHOTS_S, RATE), RATE)
    assert list(found) == list(PEERS)
    assert missing() == {}
    coarse = np.array(found.pop("librosa, defaults"))  # its hop is 64 ms here, and it hears an onset in the noise
    assert [np.abs(coarse - shot_s).min() < 0.1 for shot_s in SHOTS_S] == [True, True, True]
    for name, times in found.items():
        assert times == pytest.approx(SHOTS_S, abs=0.005), name


def test_peak_picking_keeps_distance_and_level() -> None:
    samples = np.zeros(RATE, np.float32)
    samples[[800, 1190, 4000, 6000]] = [1.0, 0.9, -0.6, 0.3]
    assert peers.peaks_6_db(samples, RATE).tolist() == pytest.approx([0.1, 0.5], abs=1e-3)
    assert peers.peaks_10_db(samples, RATE).tolist() == pytest.approx([0.1, 0.5], abs=1e-3)
    samples[1600] = 0.4
    assert peers.peaks_10_db(samples, RATE).tolist() == pytest.approx([0.1, 0.2, 0.5], abs=1e-3)


@pytest.mark.parametrize("name", [name for name in PEERS if not name.startswith("librosa")])
@pytest.mark.parametrize("length", [0, 100, RATE])
def test_silence_and_scraps_hold_nothing(name: str, length: int) -> None:
    assert PEERS[name].find(np.zeros(length, np.float32), RATE).size == 0


@pytest.mark.parametrize("name", ["ObsPy, recursive STA/LTA", "ObsPy, classic STA/LTA"])
def test_a_trigger_does_not_hang_on_level(name: str) -> None:
    loud = run_peers(bangs(SHOTS_S, RATE), RATE)[name]
    assert run_peers((bangs(SHOTS_S, RATE) / 64).astype(np.float32), RATE)[name] == pytest.approx(loud, abs=1e-4)


def spy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the peers by two that say when they are run."""
    asked: list[str] = []

    def one(samples: Float32, rate_hz: int) -> Float64:
        asked.append("one")
        return np.array([samples.size / rate_hz])

    def two(samples: Float32, rate_hz: int) -> Float64:
        asked.append("two")
        return np.empty(0)

    monkeypatch.setattr(peers, "PEERS", {"one": Peer(one, ("numpy",)), "two": Peer(two, ("numpy",))})
    return asked


def test_what_was_heard_before_is_read_and_a_spoilt_file_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, samples = spy(monkeypatch), bangs(SHOTS_S, RATE)
    first = run_peers(samples, RATE, tmp_path / "cache")
    assert run_peers(samples, RATE, tmp_path / "cache") == first == {"one": [2.0], "two": []}
    assert asked == ["one", "two"]
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_text("{")
    assert run_peers(samples, RATE, tmp_path / "cache") == first
    assert asked == ["one", "two"] * 2
    run_peers(samples[:-1], RATE, tmp_path / "cache")
    run_peers(samples, 2 * RATE, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_a_peer_that_is_changed_or_added_leaves_the_others_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, samples = spy(monkeypatch), bangs(SHOTS_S, RATE)
    run_peers(samples, RATE, tmp_path)
    before = json.loads(next(tmp_path.iterdir()).read_text())
    changed = replace(peers.PEERS["two"], revision=2)
    monkeypatch.setattr(peers, "PEERS", {**peers.PEERS, "two": changed, "three": changed})
    asked.clear()
    assert run_peers(samples, RATE, tmp_path) == {"one": [2.0], "two": [], "three": []}
    assert asked == ["two", "two"]
    after = json.loads(next(tmp_path.iterdir()).read_text())
    assert after["one"] == before["one"]
    assert after["two"]["recipe"] != before["two"]["recipe"]


def test_a_peer_without_its_package_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy(monkeypatch)
    run_peers(bangs(SHOTS_S, RATE), RATE, tmp_path)
    monkeypatch.setattr(peers, "PEERS", {**peers.PEERS, "two": replace(peers.PEERS["two"], packages=("no-such",))})
    with pytest.raises(PackageNotFoundError, match="no-such"):
        peers.PEERS["two"].recipe()
    assert missing() == {"two": "no-such"}
    for cache in (None, tmp_path):
        assert run_peers(bangs(SHOTS_S, RATE), RATE, cache) == {"one": [2.0]}
