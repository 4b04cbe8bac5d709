"""Zip archives made to end a run: each lies beside the photos, as a college's would."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

_ENTRY = struct.Struct("<4s4B4HL2L5H2L")


def plain(*names: str, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("one.jpg",):
            archive.writestr(name, content)
    return out.getvalue()


def changed(place: int, form: str, *values: int | bytes) -> bytes:
    """One member's entry in the directory changed at a place."""
    data = bytearray(plain())
    struct.pack_into(form, data, data.index(b"PK\1\2") + place, *values)
    return bytes(data)


def with_directory(entries: bytes, count: int, before: bytes = b"") -> bytes:
    end = (b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(entries), len(before), 0)
    return before + entries + struct.pack("<4s4H2LH", *end)


def overlapping() -> bytes:
    """300 entries on one member of 60 MiB of zeros."""
    one = plain("000.jpg", content=bytes(60 * 2**20))
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    named = (one[start : start + 46] + b"%03d.jpg" % n + one[start + 53 : end] for n in range(300))
    return with_directory(b"".join(named), 300, one[:start])


def millions() -> bytes:
    """Three million entries that name nothing."""
    entry = _ENTRY.pack(b"PK\1\2", *[0] * 4, *[0] * 4, 0, 0, 0, 5, *[0] * 4, 0, 0) + b"a.jpg"
    return with_directory(entry * 3_000_000, 3_000_000)


def far_away() -> bytes:
    data = plain()
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entry = bytearray(data[start:end])
    struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, 12)
    entry += struct.pack("<HHQ", 1, 8, 2**63 + 1)
    return with_directory(bytes(entry), 1, data[:start])


def nested(depth: int) -> bytes:
    return plain("inner.zip", content=nested(depth - 1)) if depth else plain()


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "lying_flag.zip": lambda: changed(8, "<H", 0x800).replace(b"one.jpg", b"\xd5\xc5e.jpg"),
    "nul_name.zip": lambda: changed(46, "<1s", b"\0"),
    "far_away.zip": far_away,
    "outside.zip": lambda: changed(42, "<L", 0x7FFFFFFF),
    "overlapping.zip": overlapping,
    "millions.zip": millions,
    "traversal.zip": lambda: plain("../../up.jpg", "/root.jpg", "C:\\windows.jpg"),
    "nested.zip": lambda: nested(12),
    "bomb.zip": lambda: plain("bomb.jpg", content=bytes(60 * 2**20)),
    "method.zip": lambda: changed(10, "<H", 97),
    "encrypted.zip": lambda: changed(8, "<H", 1),
    "no_end.zip": lambda: plain()[:-22],
    "text.zip": lambda: b"no archive",
    "empty.zip": lambda: b"",
    "S00001.zip": lambda: plain()[:40] + b"broken",
}


def make(folder: Path) -> list[str]:
    """Write every hostile archive; their names."""
    for name, content in ARCHIVES.items():
        (folder / name).write_bytes(content())
    return list(ARCHIVES)
