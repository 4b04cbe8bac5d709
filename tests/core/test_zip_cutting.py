"""An archive written anew without members: the others have the same bytes, or it is refused."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import pytest

from pipeline.core.zip_cutting import _end, cut
from pipeline.core.zip_directory import (
    END,
    Directory,
    TooManyEntriesError,
    place_of,
    records,
)

NOISE = random.Random(7).randbytes(70_000)
CONTENTS = {"a/1.jpg": NOISE, "a/2.jpg": b"two" * 9000, "b.txt": b"", "b/3.jpg": b"three"}


class Unseekable(io.BytesIO):
    """What a packer writes to that tells sizes only behind the content."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def packed(
    method: int = zipfile.ZIP_DEFLATED,
    into: Callable[[], io.BytesIO] = io.BytesIO,
    *,
    wide: bool = False,
    before: bytes = b"",
) -> bytes:
    file = into()
    file.write(before)
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in CONTENTS.items():
            with archive.open(name, "w", force_zip64=wide) as member:
                member.write(content)
    return file.getvalue()


def gbk(data: bytes) -> bytes:
    """The same with a name as Chinese Windows writes it: GBK, without the flag of UTF-8."""
    return data.replace(b"a/1.jpg", "张".encode("gbk") + b"1.jpg")


def without(data: bytes, *names: str, most: int = 100) -> tuple[tuple[int, int], bytes]:
    target = io.BytesIO()
    return cut(io.BytesIO(data), target, names, most), target.getvalue()


SHAPES = {
    "stored": packed(zipfile.ZIP_STORED),
    "deflated": packed(),
    "bzip2": packed(zipfile.ZIP_BZIP2),
    "lzma": packed(zipfile.ZIP_LZMA),
    "described behind": packed(into=Unseekable),
    "wide": packed(wide=True),
    "wide and described behind": packed(into=Unseekable, wide=True),
    "behind a program": packed(before=b"#!/bin/sh\n" * 99),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_others_are_the_same(shape: str) -> None:
    counts, left = without(SHAPES[shape], "a/2.jpg")
    assert counts == (1, 3)
    with (
        zipfile.ZipFile(io.BytesIO(left)) as archive,
        zipfile.ZipFile(io.BytesIO(SHAPES[shape])) as before,
    ):
        assert {n: archive.read(n) for n in archive.namelist()} == {
            name: content for name, content in CONTENTS.items() if name != "a/2.jpg"
        }
        for one in archive.infolist():
            was = before.getinfo(one.filename)
            assert (one.date_time, one.external_attr, one.CRC, one.compress_size) == (
                *(was.date_time, was.external_attr, was.CRC, was.compress_size),
            )
    assert b"2.jpg" not in left
    assert without(left, "a/2.jpg") == ((0, 3), left)


def test_names_of_any_encoding_and_locked_members_are_copied_as_they_are() -> None:
    data = bytearray(gbk(SHAPES["stored"]))
    data[data.index(b"PK\3\4", 60_000) + 6] |= 1  # encrypted, as its own header says
    data[data.index(b"PK\1\2") + 8] |= 1
    directory = Directory.of(io.BytesIO(bytes(data)), 9)
    locked = [entry for entry in directory.entries.values() if entry.flags & 1]
    assert locked
    _, left = without(bytes(data), "a/2.jpg")
    after = Directory.of(io.BytesIO(left), 9)
    assert "张".encode("gbk") in left
    for entry in locked:
        assert after.entries[entry.name].raw == entry.raw
    assert {*after.entries} == {*directory.entries} - {"a/2.jpg"}


def test_all_of_one_name_go_and_more_than_65535_stay() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number in range(9):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(zipfile.ZipInfo("7"), b"again")
    # The first member's entry again and again: quicker than the packer.
    data = file.getvalue()
    start = data.index(b"PK\1\2")
    entry = data[start : data.index(b"PK\1\2", start + 4)]
    directory = data[start : data.rindex(b"PK\5\6")] + entry * 65_590
    whole = data[:start] + directory
    whole += _end(65_600, len(directory), len(whole) - len(directory))
    counts, left = without(whole, "7", most=70_000)
    assert counts == (2, 65_598)
    assert (
        len(list(records(io.BytesIO(left), *place_of(io.BytesIO(left), len(left))[:2]))) == 65_598
    )
    with pytest.raises(TooManyEntriesError):
        without(left, most=65_000)


def moved_name(data: bytes) -> bytes:
    return data.replace(b"b/3.jpg", b"b/4.jpg", 1)


def lost_head(data: bytes) -> bytes:
    return data.replace(b"PK\3\4", b"PK\3\5", 1)


def shared(data: bytes) -> bytes:
    """Every member of the directory is the first, the largest."""
    start = data.index(b"PK\1\2")
    first = data[start : data.index(b"PK\1\2", start + 4)]
    count, length = 9, 9 * len(first)
    return data[:start] + first * count + END.pack(b"PK\5\6", 0, 0, count, count, length, start, 0)


DAMAGED = {
    "two names": moved_name(SHAPES["stored"]),
    "no member there": lost_head(SHAPES["stored"]),
    "members that share bytes": shared(SHAPES["stored"]),
    "cut off": SHAPES["stored"][:-30],
    "no archive": b"Rar!\x1a\7" + bytes(200),
    "wrong sizes behind": SHAPES["described behind"].replace(b"PK\7\10", b"PK\7\11"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_not_as_it_says_is_refused(damage: str) -> None:
    with pytest.raises(zipfile.BadZipFile):
        without(DAMAGED[damage], "a/2.jpg")
