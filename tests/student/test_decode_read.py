"""The bytes of a file or an archive member, or the reason why there are none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from stored_pictures import ID, LIMITS, UPRIGHT, picture, saved

from pipeline.core.policy import InputLimits
from pipeline.core.types import ImageFile
from pipeline.student.decode import UnreadableError, read


def test_read_gives_the_bytes_of_a_file_and_of_an_archive_member(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    assert read(ImageFile(tmp_path / "a.jpg"), LIMITS) == b"12345"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr("in/a.jpg", b"678")
    assert read(ImageFile(tmp_path / "a.zip", "in/a.jpg"), LIMITS) == b"678"


def refusal(file: ImageFile, limits: InputLimits = LIMITS) -> str:
    """The reason why a file is refused; it must not give the file's name away."""
    with pytest.raises(UnreadableError) as refused:
        read(file, limits)
    reason = str(refused.value)
    assert reason
    assert ID not in reason
    assert str(file.path.parent) not in reason
    return reason


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.jpg").touch()
    assert refusal(ImageFile(tmp_path / f"{ID}.jpg")) == "the file is empty"


def test_a_vanished_file_and_a_folder(tmp_path: Path) -> None:
    assert "No such file" in refusal(ImageFile(tmp_path / f"{ID}.jpg"))
    assert "Is a directory" in refusal(ImageFile(tmp_path))


def test_a_file_over_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(100))
    file = ImageFile(tmp_path / "a.jpg")
    assert len(read(file, InputLimits(max_bytes=100, max_megapixels=1))) == 100
    assert "larger than" in refusal(file, InputLimits(max_bytes=99, max_megapixels=1))


@pytest.mark.parametrize(
    ("max_bytes", "words"), [(64 * 2**20, "64 MiB"), (2**19, "0.5 MiB"), (1536 * 1024, "1.5 MiB")]
)
def test_the_limit_is_named_as_it_is(tmp_path: Path, max_bytes: int, words: str) -> None:
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(max_bytes + 1)
    limits = InputLimits(max_bytes=max_bytes, max_megapixels=1)
    assert refusal(ImageFile(tmp_path / "a.jpg"), limits) == f"the file is larger than {words}"


METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


@pytest.fixture(params=METHODS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> ImageFile:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", METHODS[request.param]) as out:
        out.writestr(f"{ID}.jpg", saved(picture(UPRIGHT), "BMP"))
    return ImageFile(path, f"{ID}.jpg")


def test_a_damaged_archive_member(archive: ImageFile) -> None:
    data = bytearray(archive.path.read_bytes())
    middle = len(data) // 2
    data[middle - 40 : middle + 40] = bytes(80)
    archive.path.write_bytes(data)
    assert refusal(archive) == "the file could not be read (it is damaged)"


def test_a_truncated_archive(archive: ImageFile) -> None:
    data = archive.path.read_bytes()
    archive.path.write_bytes(data[: len(data) // 2])
    assert refusal(archive) == "the file could not be read (it is damaged)"


def test_an_archive_member_that_vanished(archive: ImageFile) -> None:
    with zipfile.ZipFile(archive.path, "w") as out:
        out.writestr("another.jpg", b"x")
    assert refusal(archive) == "the file could not be read (it is no longer in the archive)"


def test_an_encrypted_archive_member(archive: ImageFile) -> None:
    data = bytearray(archive.path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    archive.path.write_bytes(data)
    assert "encrypted" in refusal(archive)
