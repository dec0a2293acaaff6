"""The file as evidence: refused early and clearly, hashed once, seen to be unchanged."""

from __future__ import annotations

import builtins
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from detector.errors import MediaError
from detector.media.evidence import Evidence


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.bin"
    path.write_bytes(bytes(range(256)) * 10_000)
    return path


def test_the_hash_is_that_of_the_bytes(file: Path) -> None:
    evidence = Evidence(file)
    evidence.start()
    evidence.start()
    assert evidence.sha256() == hashlib.sha256(file.read_bytes()).hexdigest() == evidence.sha256()
    assert evidence.size_bytes == 2_560_000


def test_the_file_is_only_opened_for_reading(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    real = builtins.open

    def spy(path: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
        modes.append(mode)
        return real(path, mode, *args, **more)

    monkeypatch.setattr(builtins, "open", spy)
    before = os.stat(file)
    Evidence(file).sha256()
    assert set(modes) == {"rb"}
    assert os.stat(file).st_mtime_ns == before.st_mtime_ns


def test_growing_is_noticed(file: Path) -> None:
    evidence = Evidence(file)
    with file.open("ab") as more:
        more.write(b"x")
    with pytest.raises(MediaError, match="changed while being read"):
        evidence.sha256()


def test_a_change_of_the_same_length_is_noticed(file: Path) -> None:
    evidence = Evidence(file)
    evidence.sha256()
    times = os.stat(file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    with pytest.raises(MediaError, match=r"evidence\.bin: changed while being read"):
        evidence.sha256()


def test_a_file_that_vanishes_is_one_clear_line(file: Path) -> None:
    evidence = Evidence(file)
    file.unlink()
    with pytest.raises(MediaError, match="no such file; check the path"):
        evidence.sha256()


def test_what_was_closed_early_has_no_hash(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.media.evidence._READ_BYTES", 16)
    evidence = Evidence(file)
    evidence.stop()
    with pytest.raises(MediaError, match="closed before its hash was complete"):
        evidence.sha256()


def test_a_disk_that_fails_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = Evidence(file)

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(builtins, "open", broken)
    with pytest.raises(MediaError, match=r"cannot be read \(Input/output error\); check the disk"):
        evidence.sha256()


def test_a_file_without_permission_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(builtins, "open", refused)
    with pytest.raises(MediaError, match=r"may not be read \(permission denied\); ask its owner"):
        Evidence(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    empty, pipe = tmp_path / "empty.mp4", tmp_path / "pipe.mp4"
    empty.touch()
    os.mkfifo(pipe)
    for path, complaint in [
        (tmp_path, "is a folder, not a recording"),
        (empty, r"is empty \(0 bytes\)"),
        (pipe, "is a pipe or device"),
        (Path(os.devnull), "is a pipe or device"),
        (tmp_path / "missing.mp4", "no such file"),
        (empty / "inside.mp4", "no such file"),
        (Path("a\0b"), "no such file"),
    ]:
        with pytest.raises(MediaError, match=complaint) as caught:
            Evidence(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)
