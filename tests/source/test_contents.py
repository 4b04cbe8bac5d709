"""Files are hashed once, and again when their size or time says that they changed."""

from __future__ import annotations

import hashlib
import io
import os
import time
import tracemalloc
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.imagefile import ImageFile
from pipeline.source.contents import Contents, Known

OLD = time.time_ns() - 60 * 10**9
DAY = 86400.0
LIMIT = 1000


class Night(Contents):
    """A night's contents that remember in memory; `seen` is what the next one is to know."""

    def __init__(self, known: Mapping[str, Known], days: int, now: float) -> None:
        super().__init__(self, LIMIT, days, now)
        self._before, self._words = known, dict[tuple[str, int], str]()
        self.seen: dict[str, Known] = {}

    def before(self, place: str) -> Known | None:
        return self._before.get(place)

    def told(self, place: str, at_most: int) -> str | None:
        return self._words.get((place, at_most))

    def tell(self, place: str, at_most: int, word: str, hashed: Known | None) -> None:
        self._words[place, at_most] = word
        if hashed:
            self.seen[place] = hashed


def contents_of(known: Mapping[str, Known], days: int = 30, after: float = 60) -> Night:
    """What a night `after` seconds from now knows and reads."""
    return Night(known, days, time.time() + after)


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
    read = ImageFile.sha256

    def counting(self: ImageFile, limit: int) -> str:
        seen.append(self)
        return read(self, limit)

    monkeypatch.setattr(ImageFile, "sha256", counting)
    return seen


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, reads: list[ImageFile]) -> None:
    file = written(tmp_path / "a.jpg", b"one")
    first = contents_of({})
    assert first.of(file) == sha256(b"one")
    assert contents_of(first.seen).of(file) == sha256(b"one")
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("content", "later_ns"), [(b"longer", 0), (b"two", 1), (b"two", -(10**12))]
)
def test_another_size_or_time_is_read(tmp_path: Path, content: bytes, later_ns: int) -> None:
    first = contents_of({})
    first.of(written(tmp_path / "a.jpg", b"one"))
    changed = written(tmp_path / "a.jpg", content, OLD + later_ns)
    assert contents_of(first.seen).of(changed) == sha256(content)


@pytest.mark.parametrize("ahead_s", [60, 3600])
def test_a_file_changed_just_now_or_in_the_future_is_not_trusted(
    tmp_path: Path, ahead_s: int
) -> None:
    """Written twice within the clock's grain, or while the clock was wrong."""
    when = time.time_ns() + ahead_s * 10**9
    first = contents_of({})
    first.of(written(tmp_path / "a.jpg", b"one", when))
    again = written(tmp_path / "a.jpg", b"two", when)
    assert contents_of(first.seen).of(again) == sha256(b"two")


def test_members_of_an_archive_are_told_apart(tmp_path: Path, reads: list[ImageFile]) -> None:
    path = tmp_path / "cards.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"one")
        archive.writestr("b.jpg", b"two")
    os.utime(path, ns=(OLD, OLD))
    first = contents_of({})
    members = [ImageFile(path, name) for name in ("a.jpg", "b.jpg")]
    assert [first.of(m) for m in members] == [sha256(b"one"), sha256(b"two")]
    again = contents_of(first.seen)
    assert [again.of(m) for m in members] == [sha256(b"one"), sha256(b"two")]
    assert len(reads) == 2


def test_a_file_that_cannot_be_read_has_a_word_of_its_own(tmp_path: Path) -> None:
    contents = contents_of({})
    assert contents.of(ImageFile(tmp_path / "gone.jpg")) == "unreadable: FileNotFoundError"
    assert contents.of(None) == ""
    assert contents.seen == {}


def test_what_is_remembered_names_no_file(tmp_path: Path) -> None:
    contents = contents_of({})
    contents.of(written(tmp_path / "110105194912310021.jpg", b"one"))
    assert "110105194912310021" not in str(contents.seen)


def test_a_name_in_another_encoding_is_no_obstacle(tmp_path: Path) -> None:
    name = os.fsdecode("20210002-张.jpg".encode("gbk"))
    file = written(tmp_path / name, b"one")
    first = contents_of({})
    assert first.of(file) == sha256(b"one")
    assert contents_of(first.seen).of(file) == sha256(b"one")


def test_a_replacement_of_the_same_size_and_time_is_read(tmp_path: Path) -> None:
    """Its time was set back; that of the file itself cannot be, and it lies elsewhere."""
    first = contents_of({})
    first.of(written(tmp_path / "a.jpg", b"one"))
    in_place = written(tmp_path / "a.jpg", b"two")
    second = contents_of(first.seen)
    assert second.of(in_place) == sha256(b"two")
    written(tmp_path / "b.jpg", b"six").path.replace(tmp_path / "a.jpg")
    assert contents_of(second.seen).of(in_place) == sha256(b"six")


def test_every_file_is_read_again_in_so_many_days(tmp_path: Path, reads: list[ImageFile]) -> None:
    """A share each night, every file once."""
    files = [written(tmp_path / f"{n}.jpg", b"%d" % n) for n in range(60)]
    night = contents_of({}, days=10)
    for file in files:
        night.of(file)
    reads.clear()
    nights = []
    for day in range(1, 11):
        night = contents_of(night.seen, days=10, after=60 + day * DAY)
        for file in files:
            night.of(file)
        nights.append(len(reads))
    assert sorted({file.name for file in reads}) == sorted(file.name for file in files)
    assert len(reads) == len(files)
    assert nights[0] < 20


def test_a_file_whose_turn_was_passed_over_is_read(tmp_path: Path, reads: list[ImageFile]) -> None:
    first = contents_of({}, days=10)
    file = written(tmp_path / "a.jpg", b"one")
    first.of(file)
    contents_of(first.seen, days=10, after=60 + 10.5 * DAY).of(file)
    assert len(reads) == 2


def test_all_are_read_again_where_that_is_asked(tmp_path: Path, reads: list[ImageFile]) -> None:
    first = contents_of({})
    file = written(tmp_path / "a.jpg", b"one")
    first.of(file)
    contents_of(first.seen, days=0).of(file)
    assert len(reads) == 2


def test_a_file_that_nobody_will_look_at_is_not_read(
    tmp_path: Path, reads: list[ImageFile]
) -> None:
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(3 * 2**40)
    assert contents_of({}).of(ImageFile(tmp_path / "a.jpg")) == f"too large: {3 * 2**40}"
    assert reads == []


def test_what_is_no_file_any_more_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert contents_of({}).of(ImageFile(tmp_path / "a.jpg")) == "unreadable: OSError"
    with pytest.raises(OSError, match="pipe or a device"):
        ImageFile(tmp_path / "a.jpg").read_bytes(10)
    with pytest.raises(OSError, match="pipe or a device"):
        ImageFile(tmp_path / "a.jpg", "member.jpg").read_bytes(10)


def test_hashing_keeps_no_more_than_a_piece_in_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(200 * 2**20)
    tracemalloc.start()
    ImageFile(tmp_path / "a.jpg").sha256(2**31)
    assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    tracemalloc.stop()


def test_members_of_one_name_in_two_inner_archives_are_two_files(tmp_path: Path) -> None:
    inner = {}
    for name in ("a", "b"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("1.jpg", name)
        inner[f"{name}.zip"] = packed.getvalue()
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        for name, content in inner.items():
            archive.writestr(name, content)
    os.utime(outer, ns=(OLD, OLD))
    files = [ImageFile(outer, "1.jpg", "1.jpg", (name,)) for name in inner]
    first = contents_of({})
    assert [first.of(file) for file in files] == [sha256(b"a"), sha256(b"b")]
    again = contents_of(first.seen)
    assert [again.of(file) for file in files] == [sha256(b"a"), sha256(b"b")]


def test_what_is_only_hashed_may_be_larger_and_is_read_once(
    tmp_path: Path, reads: list[ImageFile]
) -> None:
    large = written(tmp_path / "a.rar", bytes(LIMIT + 1))
    contents = contents_of({})
    assert contents.of(large) == f"too large: {LIMIT + 1}"
    assert contents.of(large, 10 * LIMIT) == contents.of(large, 10 * LIMIT)
    assert contents.of(large, 10 * LIMIT) == sha256(bytes(LIMIT + 1))
    assert len(reads) == 1


def test_pages_of_a_pdf_are_one_file(tmp_path: Path, reads: list[ImageFile]) -> None:
    whole = written(tmp_path / "a.pdf", b"pages")
    contents = contents_of({})
    assert {contents.of(replace(whole, page=page)) for page in (None, 0, 1)} == {sha256(b"pages")}
    assert len(reads) == 1
