"""Files are hashed once, and again when their size or time says that they changed."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from pathlib import Path

import pytest

from pipeline.core.imagefile import ImageFile
from pipeline.source.contents import Contents

OLD = time.time_ns() - 60 * 10**9


def written(path: Path, content: bytes, mtime_ns: int = OLD) -> ImageFile:
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return ImageFile(path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[ImageFile]:
    """Every file whose bytes are read."""
    seen: list[ImageFile] = []
    read = ImageFile.read_bytes

    def counting(self: ImageFile, limit: int) -> bytes:
        seen.append(self)
        return read(self, limit)

    monkeypatch.setattr(ImageFile, "read_bytes", counting)
    return seen


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, reads: list[ImageFile]) -> None:
    file = written(tmp_path / "a.jpg", b"one")
    first = Contents({})
    assert first.of(file) == sha256(b"one")
    assert Contents(first.seen).of(file) == sha256(b"one")
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("content", "mtime_ns"), [(b"longer", OLD), (b"two", OLD + 1), (b"two", OLD - 10**12)]
)
def test_another_size_or_time_is_read(tmp_path: Path, content: bytes, mtime_ns: int) -> None:
    first = Contents({})
    first.of(written(tmp_path / "a.jpg", b"one"))
    changed = written(tmp_path / "a.jpg", content, mtime_ns)
    assert Contents(first.seen).of(changed) == sha256(content)


@pytest.mark.parametrize("ahead_s", [0, 3600])
def test_a_file_changed_just_now_or_in_the_future_is_not_trusted(
    tmp_path: Path, ahead_s: int
) -> None:
    """Written twice within the clock's grain, or while the clock was wrong."""
    when = time.time_ns() + ahead_s * 10**9
    first = Contents({})
    first.of(written(tmp_path / "a.jpg", b"one", when))
    again = written(tmp_path / "a.jpg", b"two", when)
    assert Contents(first.seen).of(again) == sha256(b"two")


def test_members_of_an_archive_are_told_apart(tmp_path: Path, reads: list[ImageFile]) -> None:
    path = tmp_path / "cards.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"one")
        archive.writestr("b.jpg", b"two")
    os.utime(path, ns=(OLD, OLD))
    first = Contents({})
    members = [ImageFile(path, name) for name in ("a.jpg", "b.jpg")]
    assert [first.of(m) for m in members] == [sha256(b"one"), sha256(b"two")]
    again = Contents(first.seen)
    assert [again.of(m) for m in members] == [sha256(b"one"), sha256(b"two")]
    assert len(reads) == 2


def test_a_file_that_cannot_be_read_has_a_word_of_its_own(tmp_path: Path) -> None:
    contents = Contents({})
    assert contents.of(ImageFile(tmp_path / "gone.jpg")) == "unreadable: FileNotFoundError"
    assert contents.of(None) == ""
    assert contents.seen == {}


def test_what_is_remembered_names_no_file(tmp_path: Path) -> None:
    contents = Contents({})
    contents.of(written(tmp_path / "110105194912310021.jpg", b"one"))
    assert "110105194912310021" not in str(contents.seen)


def test_a_name_in_another_encoding_is_no_obstacle(tmp_path: Path) -> None:
    name = os.fsdecode("20210002-张.jpg".encode("gbk"))
    file = written(tmp_path / name, b"one")
    first = Contents({})
    assert first.of(file) == sha256(b"one")
    assert Contents(first.seen).of(file) == sha256(b"one")
