"""The hostile set, but its largest pictures: each is refused or read in little time and memory.

`beside_sound.py` runs all of it, with the real networks, beside sound students.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hostile import archives, pictures, scans
from pipeline.core.policy import load_policy
from pipeline.core.types import ImageFile
from pipeline.source.files import collect
from pipeline.source.pdf_pages import pages, with_pages
from pipeline.student.decode import UnreadableError, decode_picture, read

LARGE = ("_99mp", "_64mp")
QUICK_S = 10  # on a machine that does other things as well


@pytest.mark.parametrize(
    "name", [name for name in pictures.CONTENT if not any(large in name for large in LARGE)]
)
def test_a_hostile_picture_is_refused_or_read_in_time(name: str) -> None:
    limits = load_policy().input
    data = pictures.CONTENT[name]()
    assert len(data) < 2**24, "small files are what is dangerous"
    start = time.perf_counter()
    try:
        photo = decode_picture(data, limits)
    except UnreadableError as refused:
        assert str(refused)
    else:
        assert photo.bgr.size < 3 * limits.max_megapixels * 10**6
    assert time.perf_counter() - start < QUICK_S


def test_the_bomb_of_scans_is_small_and_refused_before_it_is_decoded() -> None:
    data = pictures.in_scans(3000, 3000, 1000)
    assert len(data) < 2**19
    start = time.perf_counter()
    with pytest.raises(UnreadableError, match="in more scans than a photo has"):
        decode_picture(data, load_policy().input)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", pictures.SPECIAL)
def test_what_is_no_picture_file_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    pictures.SPECIAL[name](path)
    with pytest.raises(UnreadableError):
        read(ImageFile(path), load_policy().input)


def test_every_hostile_archive_is_named_and_sound_ones_beside_it_are_read(tmp_path: Path) -> None:
    names = archives.make(tmp_path)
    (tmp_path / "sound.zip").write_bytes(archives.plain("2022001.jpg"))
    intake = collect([tmp_path])
    assert [file.name for file in intake.files] == ["2022001.jpg"]
    remarks = " ".join(intake.remarks)
    assert [name for name in names if name not in remarks] == []


@pytest.mark.long
def test_every_hostile_pdf_is_named_with_what_is_wrong_or_drawn_in_time(tmp_path: Path) -> None:
    scans.make(tmp_path)
    (tmp_path / "sound.pdf").write_bytes(scans.scan())
    found = {one.name: one for one in with_pages(collect([tmp_path]).found)}
    told = {name: one.reason for name, one in found.items()}
    assert told == {"sound.pdf": ""} | {name: why for name, (_, why) in scans.SCANS.items()}
    limits = load_policy().input
    for one in found.values():
        for page in pages(one.picture, one.pages) if one.picture else ():
            start = time.perf_counter()
            assert decode_picture(read(page, limits), limits).bgr.size
            assert time.perf_counter() - start < QUICK_S, one.name
