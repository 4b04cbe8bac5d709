"""Archives made to harm: a bad member has its reason, everything else is found and read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.errors import SourceError
from pipeline.core.imagefile import READ_ERRORS, ImageFile
from pipeline.source import archive
from pipeline.source.files import collect

Change = Callable[[bytearray, int, int], None]
SOUND = b"sound"


def archive_of(path: Path, change: Change | None = None, name: str = "bad.jpg") -> Path:
    """Ten sound members around one, whose local and central header are changed at these places."""
    with zipfile.ZipFile(path, "w") as out:
        for n in range(10):
            out.writestr(name if n == 5 else f"{n}.jpg", SOUND)
    data = bytearray(path.read_bytes())
    if change:
        raw = name.encode()
        change(data, data.index(raw) - 30, data.rindex(raw) - 46)
    path.write_bytes(data)
    return path


def lying_flag(data: bytearray, local: int, central: int) -> None:
    for place, name in ((local + 6, local + 30), (central + 8, central + 46)):
        struct.pack_into("<H", data, place, 0x800)
        data[name : name + 3] = "张".encode("gbk") + b"."


def nul_name(data: bytearray, local: int, central: int) -> None:
    data[local + 30] = data[central + 46] = 0


def nul_in_a_lying_name(data: bytearray, local: int, central: int) -> None:
    """Found by tests/fuzz."""
    lying_flag(data, local, central)
    nul_name(data, local, central)


def behind_the_end(data: bytearray, _local: int, central: int) -> None:
    struct.pack_into("<L", data, central + 42, 0x7FFFFFFF)


def over_its_neighbour(data: bytearray, _local: int, central: int) -> None:
    struct.pack_into("<LL", data, central + 20, 60, 60)


BAD: list[tuple[Change, str]] = [
    (lying_flag, "names that are not the UTF-8 they claim to be"),
    (nul_name, "names that are empty or hold a NUL character"),
    (nul_in_a_lying_name, "names that are empty or hold a NUL character"),
    (behind_the_end, "members that lie outside the archive"),
    (over_its_neighbour, "members that overlap one another"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_a_bad_member_is_named_and_the_others_are_read(
    tmp_path: Path, change: Change, reason: str
) -> None:
    intake = collect([archive_of(tmp_path / "p.zip", change)])
    assert [file.name for file in intake.files] == [f"{n}.jpg" for n in range(10) if n != 5]
    assert {file.read_bytes(100) for file in intake.files} == {SOUND}
    assert [remark.partition(")")[0] for remark in intake.remarks] == [
        f"1 file in p.zip left out ({reason}"
    ]


def test_a_place_of_64_bits_is_no_obstacle(tmp_path: Path) -> None:
    """zip64 offset 2^63 and more, which Python's reader cannot seek to."""

    def far_away(data: bytearray, _local: int, central: int) -> None:
        struct.pack_into("<L", data, central + 42, 0xFFFFFFFF)
        struct.pack_into("<H", data, central + 30, 12)
        name_end = central + 46 + len("bad.jpg")
        data[name_end:name_end] = struct.pack("<HHQ", 1, 8, 2**63 + 5)
        end = data.rindex(b"PK\5\6")
        (length,) = struct.unpack_from("<L", data, end + 12)
        struct.pack_into("<L", data, end + 12, length + 12)

    intake = collect([archive_of(tmp_path / "p.zip", far_away)])
    assert len(intake.files) == 9
    assert "outside the archive): bad.jpg" in intake.remarks[0]


def test_a_member_whose_own_header_lies_is_unreadable_alone(tmp_path: Path) -> None:
    def lying_locally(data: bytearray, local: int, _central: int) -> None:
        struct.pack_into("<H", data, local + 6, 0x800)
        data[local + 30 : local + 32] = b"\xff\xfe"

    files = collect([archive_of(tmp_path / "p.zip", lying_locally)]).files
    assert len(files) == 10
    for file in files:
        if file.name == "bad.jpg":
            with pytest.raises(READ_ERRORS):
                file.read_bytes(100)
        else:
            assert file.read_bytes(100) == SOUND


def test_a_member_that_asks_for_memory_is_unreadable(tmp_path: Path) -> None:
    """LZMA's window, up to 4 GiB by five bytes; found by tests/fuzz."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_LZMA) as out:
        out.writestr("a.jpg", SOUND)
    (file,) = collect([tmp_path / "p.zip"]).files
    assert file.read_bytes(100) == SOUND
    data = bytearray((tmp_path / "p.zip").read_bytes())
    struct.pack_into("<L", data, 30 + len("a.jpg") + 5, 2**32 - 1)
    (tmp_path / "p.zip").write_bytes(data)
    (file,) = collect([tmp_path / "p.zip"]).files
    with pytest.raises(zipfile.BadZipFile, match="too much memory"):
        file.read_bytes(100)


def test_entries_that_share_their_content_are_refused_but_one(tmp_path: Path) -> None:
    """300 entries on one block of zeros: 400 kB that declare 18 GB."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("000.jpg", bytes(60 * 2**20))
    data = (tmp_path / "p.zip").read_bytes()
    central = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entries = b"".join(
        data[central : central + 46] + b"%03d.jpg" % n + data[central + 53 : end]
        for n in range(300)
    )
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 300, 300, len(entries), central, 0)
    (tmp_path / "p.zip").write_bytes(data[:central] + entries + tail)
    with pytest.raises(SourceError, match="unpacks to 18 GiB"):
        collect([tmp_path / "p.zip"])


def test_small_tight_members_are_bounded_in_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for n in range(20):
            out.writestr(f"{n}.jpg", bytes(2**20))
    assert len(collect([tmp_path / "p.zip"]).files) == 20
    monkeypatch.setattr(archive, "SUM_FROM_BYTES", 2**20)
    with pytest.raises(SourceError, match="unpacks to"):
        collect([tmp_path / "p.zip"])


def test_an_archive_of_too_many_members_is_left_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.core.imagefile.MAX_MEMBERS", 5)
    archive_of(tmp_path / "S00001.zip")
    (tmp_path / "a.jpg").write_bytes(SOUND)
    intake = collect([tmp_path])
    assert [file.name for file in intake.files] == ["a.jpg"]
    assert "S00001.zip" in intake.remarks[0]


def test_every_damaged_archive_of_a_folder_is_named(tmp_path: Path) -> None:
    for n in range(40):
        (tmp_path / f"class{n}.zip").write_bytes(b"no archive")
    remarks = " ".join(collect([tmp_path]).remarks)
    assert [n for n in range(40) if f"class{n}.zip" not in remarks] == []


def test_an_archive_behind_something_else_is_read(tmp_path: Path) -> None:
    """As a self-unpacking one is: every place is off by what lies before."""
    archive_of(tmp_path / "p.zip")
    (tmp_path / "q.zip").write_bytes(b"program" * 1000 + (tmp_path / "p.zip").read_bytes())
    intake = collect([tmp_path / "q.zip"])
    assert len(intake.files) == 10
    assert {file.read_bytes(100) for file in intake.files} == {SOUND}


def test_a_large_archive_in_the_64_bit_form_is_read(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "p.zip", "w") as out,
        out.open(zipfile.ZipInfo("a.jpg"), "w", force_zip64=True) as member,
    ):
        member.write(SOUND)
    data = (tmp_path / "p.zip").read_bytes()
    end = data.rindex(b"PK\5\6")
    length, start = struct.unpack_from("<2L", data, end + 12)
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, length, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    narrow = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 2**32 - 1, 2**32 - 1, 0)
    (tmp_path / "p.zip").write_bytes(data[:end] + wide + locator + narrow)
    (file,) = collect([tmp_path / "p.zip"]).files
    assert file.read_bytes(100) == SOUND


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_broken_is_told_and_never_raised(tmp_path: Path, seed: int) -> None:
    """Every byte of the directory and the headers, one after the other."""
    whole = archive_of(tmp_path / "p.zip").read_bytes()
    for place in range(seed, len(whole), 3):
        data = bytearray(whole)
        data[place] ^= 0xFF
        (tmp_path / "p.zip").write_bytes(data)
        try:
            files = collect([tmp_path / "p.zip"]).files
        except SourceError:
            continue
        for file in files:
            read_or_refused(file)


def read_or_refused(file: ImageFile) -> None:
    try:
        content = file.read_bytes(1000)
    except READ_ERRORS:
        return
    assert content == SOUND or zlib.crc32(content) != zlib.crc32(SOUND)


def test_what_is_no_picture_is_hashed_unless_it_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("notes.txt", b"plain")
        out.writestr("bomb.txt", bytes(archive.RATIO_FROM_BYTES + 1))
        out.writestr("bomb.pdf", bytes(archive.RATIO_FROM_BYTES + 1))
    found = {one.name: one for one in archive.search_archive(path)}
    assert found["notes.txt"].content is not None
    assert found["bomb.txt"].content is None
    assert found["bomb.txt"].reason == "not pictures"
    assert found["bomb.pdf"].reason == "packed too tightly for a photo"
