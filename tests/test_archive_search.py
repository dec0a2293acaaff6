"""What is found in folders and lists."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.archive import search
from detector.archive.rows import File
from detector.archive.search import Trouble
from detector.errors import ArchiveError


def _names(found: list[File | Trouble], folder: Path) -> list[str]:
    return [os.path.relpath(each.path, folder) for each in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.MP4", "a.wav", "notes.pdf", "._b.mp4", "deep/er/c.mkv", "a-0123abcd.shots/excerpts/1.flac"):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path / "archive"


def test_recordings_are_known_by_their_endings_and_results_are_none(folder: Path) -> None:
    found = list(search.find([str(folder)]))
    assert _names(found, folder) == ["a.wav", "b.MP4", "deep/er/c.mkv"]
    facts = (folder / "a.wav").stat()
    assert found[0] == File(str(folder / "a.wav"), 1, facts.st_mtime_ns)


def test_a_file_that_is_named_itself_may_have_any_ending(folder: Path) -> None:
    assert _names(list(search.find([str(folder / "notes.pdf")])), folder) == ["notes.pdf"]


def test_links_are_followed_and_loops_end(folder: Path) -> None:
    (folder / "up").symlink_to(folder)
    (folder / "d.mp4").symlink_to(folder / "a.wav")
    (folder / "loop.mp4").symlink_to(folder / "loop.mp4")
    found = list(search.find([str(folder)]))
    assert _names(found, folder) == ["a.wav", "b.MP4", "d.mp4", "deep/er/c.mkv", "loop.mp4"]
    assert isinstance(found[-1], Trouble)
    assert "symbolic links" in found[-1].problem


def test_what_is_no_file_is_told(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")
    (folder / "empty.mp4").touch()
    (folder / "gone.mp4").symlink_to(folder / "nothing")
    told = {Path(each.path).stem: each.problem for each in search.find([str(folder)]) if isinstance(each, Trouble)}
    assert told == {
        "pipe": "is a pipe or device, not a file; save the recording to a file first",
        "empty": "is empty (0 bytes); copy it again from its source",
        "gone": "cannot be looked at (No such file or directory)",
    }


def test_a_folder_that_may_not_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.listdir

    def refusing(path: str) -> list[str]:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "listdir", refusing)
    found = list(search.find([str(folder)]))
    assert found[-1] == Trouble(str(folder / "deep"), "folder cannot be read (Permission denied)")
    assert len(found) == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_a_list_names_files_and_folders(folder: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names = folder.parent / "list.txt"
    names.write_bytes(end.join(["b.MP4", str(folder / "deep"), "missing.mp4", ""]).encode())
    assert _names(list(search.find([str(names)])), folder) == ["b.MP4", "deep/er/c.mkv", "missing.mp4"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_list_may_begin_with_the_mark_of_its_encoding(folder: Path, encoding: str) -> None:
    names = folder.parent / "list.txt"
    names.write_text(f"{folder / 'b.MP4'}\r\n{folder / 'deep'}\r\n", encoding=encoding)
    assert _names(list(search.find([str(names)])), folder) == ["b.MP4", "deep/er/c.mkv"]


def test_names_that_are_no_text_are_found(folder: Path) -> None:
    path = os.fsencode(folder / "deep") + b"/\xff\n.mp4"
    Path(os.fsdecode(path)).write_text("x")
    names = folder.parent / "list.lst"
    names.write_bytes(path + b"\0")
    for source in (folder / "deep", names):
        assert path in [os.fsencode(each.path) for each in search.find([str(source)])]


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot read the list"):
        list(search.find([str(tmp_path / "none.txt")]))
