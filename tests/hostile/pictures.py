"""Pictures made to stall, bloat or blind a night; each is a small file, made without luck.

Every maker writes one file. `EXPECTED` says what a student with it may come to: never ACCEPT.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, PngImagePlugin

pillow_heif.register_heif_opener()
WIDE, HIGH = 9_950, 9_950  # just under the policy's 100 megapixels


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def grey(width: int, height: int, mode: str = "L") -> Image.Image:
    return Image.new(mode, (width, height), None if mode in ("F", "I;16") else "grey")


def in_scans(width: int, height: int, more: int) -> bytes:
    """A progressive JPEG of one grey, its last scan so many times more."""
    data = encoded(grey(width, height), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * more + data[-2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png_of(width: int, height: int, depth: int = 8, kind: int = 2, data: bytes = b"") -> bytes:
    """A PNG that says what it likes of itself."""
    header = struct.pack(">LLBBBBB", width, height, depth, kind, 0, 0, 0)
    body = zlib.compress(data, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    info = PngImagePlugin.PngInfo()
    for number in range(60):
        info.add_text(f"k{number}", "A" * 10**6, zip=True)
    return encoded(grey(480, 640, "RGB"), "PNG", pnginfo=info)


def profile_bomb() -> bytes:
    plain = encoded(grey(480, 640, "RGB"), "PNG")
    bomb = b"icc\0\0" + zlib.compress(bytes(300 * 10**6), 9)
    at = plain.index(b"IDAT") - 4
    return plain[:at] + chunk(b"iCCP", bomb) + plain[at:]


def bmp_of(width: int, height: int) -> bytes:
    return struct.pack(
        "<2sLHHLLllHHLLllLL", b"BM", 54, 0, 0, 54, 40, width, height, 1, 24, *[0] * 6
    )


def tiff_loop() -> bytes:
    """Directories that follow each other in a ring."""
    return b"II*\0" + struct.pack("<LHHHLLL", 8, 1, 256, 4, 1, 1, 8)


def gif_frames() -> bytes:
    frames = [grey(500, 500, "P") for _ in range(300)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def jpeg_header(width: int, height: int, marker: int = 0xC0) -> bytes:
    """A JPEG's header around another's content."""
    data = bytearray(encoded(grey(48, 64), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 1] = marker
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def many_segments() -> bytes:
    data = encoded(grey(480, 640, "RGB"), "JPEG")
    return data[:2] + (b"\xff\xfe\xff\xff" + b"c" * 65533) * 200 + data[2:]


def exif_bomb() -> bytes:
    """An EXIF block whose entries point at themselves and beyond."""
    entry = struct.pack("<HHLL", 0x0112, 3, 0xFFFFFFFF, 0x7FFFFFFF)
    block = b"Exif\0\0II*\0" + struct.pack("<LH", 8, 5000) + entry * 5000
    data = encoded(grey(480, 640, "RGB"), "JPEG")
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


CONTENT: dict[str, Callable[[], bytes]] = {
    "progressive_1000_scans_99mp.jpg": lambda: in_scans(WIDE, HIGH, 1000),
    "progressive_20000_scans.jpg": lambda: in_scans(1000, 1000, 20_000),
    "progressive_45_scans_99mp.jpg": lambda: in_scans(WIDE, HIGH, 38),
    "float_99mp.tif": lambda: encoded(
        grey(WIDE, HIGH, "F"), "TIFF", compression="tiff_adobe_deflate"
    ),
    "sixteen_bit_99mp.png": lambda: encoded(grey(WIDE, HIGH, "I;16"), "PNG"),
    "transparent_99mp.png": lambda: encoded(grey(WIDE, HIGH, "RGBA"), "PNG"),
    "palette_99mp.gif": lambda: encoded(grey(WIDE, HIGH, "P"), "GIF"),
    "lossless_99mp.webp": lambda: encoded(grey(16_000, 6_200, "RGB"), "WEBP", lossless=True),
    "grey_64mp.heic": lambda: encoded(grey(8_000, 8_000, "RGB"), "HEIF", quality=10),
    "cmyk_99mp.jpg": lambda: encoded(grey(WIDE, HIGH, "CMYK"), "JPEG"),
    "says_60000_x_60000.png": lambda: png_of(60_000, 60_000),
    "says_2e31_x_1.png": lambda: png_of(2**31 - 1, 1),
    "says_99mp_has_nothing.png": lambda: png_of(WIDE, HIGH),
    "says_99mp.bmp": lambda: bmp_of(WIDE, HIGH),
    "says_minus_2e31.bmp": lambda: bmp_of(-(2**31), -(2**31)),
    "says_65535_x_65535.jpg": lambda: jpeg_header(65_535, 65_535),
    "says_9900_x_9900.jpg": lambda: jpeg_header(9_900, 9_900),
    "arithmetic.jpg": lambda: jpeg_header(48, 64, 0xC9),
    "lossless.jpg": lambda: jpeg_header(48, 64, 0xC3),
    "text_bomb.png": text_bomb,
    "profile_bomb.png": profile_bomb,
    "ring.tif": tiff_loop,
    "frames.gif": gif_frames,
    "comments.jpg": many_segments,
    "exif.jpg": exif_bomb,
    "cut_off.jpg": lambda: encoded(grey(480, 640, "RGB"), "JPEG")[:-300],
    "empty.jpg": lambda: b"",
    "text.jpg": lambda: "这不是照片".encode() * 1000,
    "photoshop.jpg": lambda: b"8BPS\0\1" + bytes(10_000),
    "noise.jpg": lambda: np.random.default_rng(15).bytes(300_000),
    "noise.heic": lambda: b"\0\0\0\x18ftypheic" + np.random.default_rng(16).bytes(300_000),
}


def no_file(path: Path) -> None:
    os.mkfifo(path)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_900_000_000)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def a_link_to_everything(path: Path) -> None:
    path.symlink_to("/dev/zero")


SPECIAL: dict[str, Callable[[Path], None]] = {
    "fifo.jpg": no_file,
    "sparse_1900mb.jpg": sparse,
    "folder.jpg": a_folder,
    "itself.jpg": a_link_to_itself,
    "zero.jpg": a_link_to_everything,
}


def make(folder: Path, key_of: Callable[[int], str]) -> dict[str, str]:
    """Write every hostile picture as a student's photo; what each is, by the student's key."""
    made = {}
    for number, (name, content) in enumerate(CONTENT.items()):
        key = key_of(number)
        (folder / f"{key}{Path(name).suffix}").write_bytes(content())
        made[key] = name
    for number, (name, write) in enumerate(SPECIAL.items(), len(CONTENT)):
        key = key_of(number)
        write(folder / f"{key}.jpg")
        made[key] = name
    return made
