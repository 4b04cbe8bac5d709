from __future__ import annotations

import io
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.errors import SourceError
from pipeline.source import archive
from pipeline.source.files import Intake, collect

ID = "11010519491231002X"


def put(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def packed(path: Path, *members: str | zipfile.ZipInfo, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for member in members:
            out.writestr(member, content)
    return path


def named(path: Path, *names: bytes, extra: bytes = b"") -> Path:
    """A zip whose names are these bytes, without the UTF-8 flag."""
    infos = []
    for number, name in enumerate(names):
        # A placeholder of the same length, replaced in the finished archive.
        infos.append(zipfile.ZipInfo(f"{number:0{len(name)}d}"))
        infos[-1].extra = extra
    data = packed(path, *infos).read_bytes()
    for info, name in zip(infos, names, strict=True):
        data = data.replace(info.filename.encode(), name)
    path.write_bytes(data)
    return path


def flagged(path: Path, place: int, value: int) -> Path:
    """Set two bytes at one place of the (only) member's local and central header."""
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, place, value)
    struct.pack_into("<H", data, central + place + 2, value)
    path.write_bytes(data)
    return path


def names(intake: Intake) -> list[str]:
    return [file.name for file in intake.files]


def left_out(intake: Intake) -> str:
    """The one remark of an intake without pictures."""
    remark, nothing = intake.remarks
    assert intake.files == ()
    assert nothing.startswith("No pictures in ")
    return remark


def test_folders_are_searched_to_the_bottom_in_the_order_of_names(tmp_path: Path) -> None:
    root = put(tmp_path, "b.JPG", "a/z.png", "a/y.heic", "c.jfif", "C.tif")
    intake = collect([root])
    assert [f.path.relative_to(root).as_posix() for f in intake.files] == [
        "C.tif",
        "a/y.heic",
        "a/z.png",
        "b.JPG",
        "c.jfif",
    ]
    assert intake.files[1].read_bytes(100) == b"a/y.heic"
    assert intake.remarks == ()


def test_litter_is_passed_over_in_silence(tmp_path: Path) -> None:
    litter = (".a.jpg", ".git/a.jpg", "__MACOSX/a.jpg", "Thumbs.db", "desktop.ini", "x/.DS_Store")
    root = put(tmp_path / "root", "a.jpg", *litter)
    both = collect([root, packed(tmp_path / "p.zip", "b.jpg", "__MACOSX/._b.jpg", *litter[3:])])
    assert names(both) == ["a.jpg", "b.jpg"]
    assert both.remarks == ()


def test_other_files_are_counted_and_named_masked(tmp_path: Path) -> None:
    others = [f"{n}.txt" for n in range(1, 6)]
    root = put(tmp_path / "photos", "a.jpg", f"{ID}.doc", "x.rar", *others)
    assert collect([root]).remarks == (
        "6 files in photos left out (not pictures): "
        "1.txt, 110*************2X.doc, 2.txt, 3.txt, 4.txt and 1 more.",
        "1 file in photos left out (archives that are damaged, or hold or unpack to too much,"
        " or are no zip): x.rar.",
    )


def test_a_source_without_pictures_is_remarked(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert collect([tmp_path / "empty"]).remarks == ("No pictures in empty.",)


def test_zip_members_are_read_in_place(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", "照片/b.jpg", "照片/", "照片/./a.png", content=b"pixels")
    intake = collect([path])
    assert [f.member_name for f in intake.files] == ["照片/./a.png", "照片/b.jpg"]
    assert names(intake) == ["a.png", "b.jpg"]
    assert {f.read_bytes(100) for f in intake.files} == {b"pixels"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.zip"], "nothing is extracted"


def test_zips_in_a_folder_are_read_too(tmp_path: Path) -> None:
    root = put(tmp_path / "in", "z.jpg")
    packed(root / "class1.zip", "b.jpg", "notes.txt")
    intake = collect([root])
    assert names(intake) == ["b.jpg", "z.jpg"]
    assert intake.remarks == ("1 file in in left out (not pictures): class1.zip/notes.txt.",)


def test_a_picture_reached_twice_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = put(tmp_path, "a/x.jpg")
    packed(root / "p.zip", "y.jpg")
    monkeypatch.chdir(root)
    assert names(collect([root, Path("a"), root / "p.zip"])) == ["x.jpg", "y.jpg"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("张三.jpg".encode("gbk"), "张三.jpg"),
        ("张䶮㼆.jpg".encode("gb18030"), "张䶮㼆.jpg"),
        ("张三.jpg".encode(), "张三.jpg"),  # macOS
        ("陆陆.jpg".encode("gbk"), "陆陆.jpg"),  # these bytes are UTF-8 for two Latin characters
        ("照片\\乗.jpg".encode("gbk"), "乗.jpg"),
        (b"caf\x82\xff.jpg", "café\u00a0.jpg"),
    ],
)
def test_names_without_the_utf8_flag(tmp_path: Path, raw: bytes, name: str) -> None:
    intake = collect([named(tmp_path / "p.zip", raw)])
    assert names(intake) == [name]
    assert intake.files[0].read_bytes(9) == b"x", "the raw name opens the member"


@pytest.mark.parametrize(("checked", "name"), [(b"raw.jpg", "张三.jpg"), (b"old.jpg", "raw.jpg")])
def test_unicode_path_field(tmp_path: Path, checked: bytes, name: str) -> None:
    body = struct.pack("<BI", 1, zlib.crc32(checked)) + "张三.jpg".encode()
    field = struct.pack("<HHI", 0x9999, 4, 0) + struct.pack("<HH", 0x7075, len(body)) + body
    assert names(collect([named(tmp_path / "p.zip", b"raw.jpg", extra=field)])) == [name]


def test_a_name_on_disk_that_is_not_utf8_is_decoded(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/" + "张三.jpg".encode("gbk")
    try:
        Path(os.fsdecode(raw)).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (file,) = collect([tmp_path]).files
    assert (file.name, file.read_bytes(9)) == ("张三.jpg", b"x")


@pytest.mark.parametrize(
    "name", ["../a.jpg", "a/../../b.jpg", "/etc/a.jpg", "C:/a.jpg", "..\\a.jpg"]
)
def test_members_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    remark = left_out(collect([packed(tmp_path / "p.zip", name)]))
    assert remark.startswith("1 file in p.zip left out (their paths lead out of the archive): ")
    assert remark.endswith(f"{name.replace(chr(92), '/')}.")


def symlink_member(path: Path) -> Path:
    info = zipfile.ZipInfo("a.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed(path, info, content=b"/etc/passwd")


def bomb(path: Path) -> Path:
    return packed(path, "a.jpg", content=bytes(archive.RATIO_FROM_BYTES + 1))


def too_large(path: Path) -> Path:
    data = bytearray(packed(path, "a.jpg").read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, archive.MAX_MEMBER_BYTES + 1)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (symlink_member, "links"),
        (lambda path: flagged(packed(path, "a.jpg"), 6, 0x1), "encrypted"),
        (
            lambda path: flagged(packed(path, "a.jpg"), 8, 9),
            "packed by a method that cannot be read",
        ),
        (
            lambda path: packed(path, "a.zip"),
            "archives that are damaged, or hold or unpack to too much, or are no zip",
        ),
        (
            lambda path: packed(path, "a.rar"),
            "archives that are damaged, or hold or unpack to too much, or are no zip",
        ),
        (bomb, "packed too tightly for a photo"),
        (too_large, "larger than 64 MiB"),
    ],
)
def test_members_left_out(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    remark = left_out(collect([make(tmp_path / "p.zip")]))
    assert remark.startswith(f"1 file in p.zip left out ({reason}): a.")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "p.zip", "a.jpg", "b.jpg", "c.jpg")
    monkeypatch.setattr("pipeline.core.imagefile.MAX_MEMBERS", 2)
    with pytest.raises(SourceError, match=r"p\.zip has more members than the 2 that"):
        collect([path])


def cut(path: Path) -> Path:
    path.write_bytes(packed(path, "a.jpg").read_bytes()[:-30])
    return path


def plain(path: Path) -> Path:
    path.write_bytes(b"no archive")
    return path


@pytest.mark.parametrize("make", [cut, plain, lambda path: path])
def test_unusable_sources_are_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(SourceError, match=r"p\.zip") as caught:
        collect([make(tmp_path / "p.zip")])
    assert caught.value.hint


def test_a_damaged_zip_in_a_folder_is_left_out_by_name(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    cut(tmp_path / "class1.zip")
    intake = collect([tmp_path])
    assert names(intake) == ["a.jpg"]
    assert intake.remarks == (
        f"1 file in {tmp_path.name} left out (archives that are damaged, or hold or unpack to too"
        " much, or are no zip): class1.zip.",
    )


def nested(path: Path, depth: int) -> Path:
    """A zip with one picture below so many zips."""
    inner = packed(path.with_name("inner.zip"), "甲班/b.jpg", content=b"pixels")
    for number in range(depth):
        content = inner.read_bytes()
        inner = packed(path.with_name(f"{number}.zip"), f"{number}班.zip", content=content)
    return Path(shutil.copy(inner, path))


def test_zips_in_zips_are_read_in_place(tmp_path: Path) -> None:
    intake = collect([nested(tmp_path / "p.zip", 2)])
    assert [f.name for f in intake.found] == ["1班.zip/0班.zip/甲班/b.jpg"]
    assert intake.files[0].read_bytes(100) == b"pixels"


def test_too_many_zips_in_zips_are_left_out(tmp_path: Path) -> None:
    intake = collect([nested(tmp_path / "p.zip", archive.MAX_DEPTH + 1)])
    assert intake.files == ()
    assert "archives inside too many archives" in left_out(intake)


def test_of_members_of_one_name_each_is_told(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = packed(tmp_path / "p.zip", "a.jpg", "a.jpg")
    found = collect([path]).found
    assert [(f.name, bool(f.picture)) for f in found] == [("a.jpg", False), ("a.jpg", True)]


def test_links_to_outside_are_not_followed(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "x.jpg")
    root = put(tmp_path / "in", "a/y.jpg")
    (root / "file.jpg").symlink_to(outside / "x.jpg")
    (root / "folder").symlink_to(outside)
    (root / "inside.jpg").symlink_to(root / "a" / "y.jpg")
    (root / "again").symlink_to(root / "a")
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    intake = collect([root])
    assert names(intake) == ["y.jpg", "inside.jpg"]
    assert intake.remarks == (
        "2 files in in left out (links to outside): file.jpg, folder.",
        "1 file in in left out (neither files nor folders): loop.jpg.",
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "b.zip")
    assert "neither files nor folders): a.jpg, b.zip." in left_out(collect([tmp_path]))
    with pytest.raises(SourceError, match=r"b\.zip"):
        collect([tmp_path / "b.zip"])


def test_an_unreadable_folder_is_remarked_but_not_an_unreadable_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = put(tmp_path / "in", "a.jpg", "shut/b.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == shut:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    shut = "shut"
    intake = collect([root])
    assert names(intake) == ["a.jpg"]
    assert intake.remarks == (
        "1 file in in left out (unreadable folders: Permission denied): shut.",
    )
    shut = "in"
    with pytest.raises(SourceError, match="Permission denied"):
        collect([root])


def test_reading_is_bounded_whatever_an_archive_declares(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.jpg", bytes(500_000))
    (tmp_path / "p.zip").write_bytes(data.getvalue())
    (file,) = collect([tmp_path / "p.zip"]).files
    assert len(file.read_bytes(1000)) == 1001
