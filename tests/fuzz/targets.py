"""What is fuzzed: every format and reader that is handed foreign bytes, with seeds made by script.

A target takes bytes and returns; whatever it raises is a crash. Seeds are small and whole, so that
a mutation gets deep.
"""

from __future__ import annotations

import io
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pillow_heif
from hostile.scans import gradient, locked, page, scan
from PIL import Image

from pipeline.core.errors import PhotoproofError
from pipeline.core.imagefile import READ_ERRORS
from pipeline.core.input_limits import InputLimits
from pipeline.core.pdf import PdfFaultError, pages_of, picture_of
from pipeline.core.policy import Policy, checked, read_toml
from pipeline.core.zip_directory import Directory, TooManyEntriesError, open_member
from pipeline.source import id_number
from pipeline.source.archive import search_archive
from pipeline.source.columns import Columns, load_columns
from pipeline.source.roster import read_roster
from pipeline.source.tables import CODE_PAGES
from pipeline.student.cost import scans_of
from pipeline.student.decode import UnreadableError, decode_picture

pillow_heif.register_heif_opener()
Target = Callable[[bytes], None]
SHEET, CONTENT = "xl/worksheets/sheet1.xml", "content.xml"
LIMITS = InputLimits(max_bytes=2**20, max_megapixels=0.5, max_memory_mb=200)


def picture(data: bytes) -> None:
    """The decoder, whole and scaled."""
    try:
        decode_picture(data, LIMITS)
        decode_picture(data, LIMITS, 16)
    except UnreadableError:
        return


def scans(data: bytes) -> None:
    """Counting the scans of a JPEG."""
    assert scans_of(data, 50) <= 51


def directory(data: bytes) -> None:
    """An archive's directory, and every good member of it."""
    file = io.BytesIO(data)
    try:
        found = Directory.of(file, 1000)
    except (zipfile.BadZipFile, TooManyEntriesError):
        return
    for entry in found.entries.values():
        try:
            for _, _piece in zip(range(4), open_member(file, found.bytes, entry), strict=False):
                pass
        except READ_ERRORS:
            continue


def archive(data: bytes) -> None:
    """An archive as a source, its names decoded and its members judged."""
    try:
        for found in search_archive(_file(data, ".zip")):
            assert found.picture is not None or found.reason
    except PhotoproofError:
        return


def _roster(suffix: str) -> Target:
    def read(data: bytes) -> None:
        try:
            read_roster(_file(data, suffix), _columns())
        except PhotoproofError:
            return

    return read


def pdf(data: bytes) -> None:
    """A PDF: its pages counted, the first one drawn."""
    try:
        if pages_of(data):
            picture_of(data, 0)
    except PdfFaultError:
        return


def _workbook(suffix: str, part: str) -> Target:
    """A workbook as a roster, read by the library in its process.

    Args:
        suffix: Of the file.
        part: Which part of a whole workbook the bytes take the place of; "" for all of it.
    """
    read = _roster(suffix)

    def wrapped(data: bytes) -> None:
        read(_with_part(seeds(suffix[1:])[0], part, data) if part else data)

    return wrapped


def _with_part(book: bytes, part: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as whole, zipfile.ZipFile(out, "w") as made:
        for name in whole.namelist():
            made.writestr(name, data if name == part else whole.read(name))
    return out.getvalue()


def toml(data: bytes) -> None:
    """A user's policy."""
    try:
        checked(Policy, read_toml(_file(data, ".toml")), "policy")
    except PhotoproofError:
        return


def number(data: bytes) -> None:
    """An ID number, in any characters."""
    text = data.decode("utf-8", "replace")
    id_number.fault(id_number.normalise(text))
    id_number.is_valid(text)


@cache
def _columns() -> Columns:
    return load_columns()


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="photoproof-fuzz-"))


def _file(data: bytes, suffix: str) -> Path:
    path = _scratch() / f"input{suffix}"
    path.write_bytes(data)
    return path


TARGETS: dict[str, Target] = {
    **dict.fromkeys(("jpeg", "png", "bmp", "webp", "tiff", "heif", "gif"), picture),
    "scans": scans,
    "directory": directory,
    "archive": archive,
    "csv": _roster(".csv"),
    "dbf": _roster(".dbf"),
    "xlsx": _workbook(".xlsx", ""),
    "xlsx_sheet": _workbook(".xlsx", SHEET),
    "xlsx_strings": _workbook(".xlsx", "xl/sharedStrings.xml"),
    "ods": _workbook(".ods", ""),
    "ods_content": _workbook(".ods", CONTENT),
    "pdf": pdf,
    "toml": toml,
    "number": number,
}


def seeds(target: str) -> list[bytes]:
    """Whole inputs of a target, made anew."""
    if target in ("jpeg", "png", "bmp", "webp", "tiff", "heif", "gif"):
        return list(_pictures(target.upper()))
    if target == "scans":
        return [data for data in _pictures("JPEG") if data[:2] == b"\xff\xd8"]
    if target in ("directory", "archive"):
        return [_zip(zipfile.ZIP_STORED), _zip(zipfile.ZIP_DEFLATED), _zip(zipfile.ZIP_LZMA)]
    return SEEDS[target]()


def _pictures(format: str) -> list[bytes]:
    made = []
    gradient = Image.linear_gradient("L").resize((24, 32))
    modes = {
        "JPEG": ("L", "RGB", "CMYK"),
        "PNG": ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"),
        "TIFF": ("1", "L", "RGB", "RGBA", "CMYK", "F", "I;16", "LAB"),
        "HEIF": ("RGB", "RGBA"),
        "WEBP": ("RGB", "RGBA"),
        "GIF": ("P",),
        "BMP": ("1", "L", "P", "RGB"),
    }
    exif = Image.Exif()
    exif[0x0112] = 6
    for mode in modes[format]:
        image = gradient if mode == "L" else gradient.convert("RGB")
        image = image.convert(mode) if mode not in ("I;16", "LAB") else Image.new(mode, (24, 32))
        for options in ({}, *_MORE.get(format, ())):
            out = io.BytesIO()
            tagged = {"exif": exif} if format in ("JPEG", "WEBP", "HEIF") else {}
            image.save(out, format, **options, **tagged)
            made.append(out.getvalue())
    return made


_MORE: dict[str, tuple[dict[str, object], ...]] = {
    "JPEG": ({"progressive": True}, {"dpi": (300, 300)}),
    "TIFF": ({"compression": "tiff_adobe_deflate"}, {"compression": "tiff_lzw"}),
    "WEBP": ({"lossless": True},),
}


def _zip(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr("2022001.jpg", b"picture" * 9)
        made.writestr("张三/2022002.jpg", b"picture" * 9)
        made.comment = b"comment"
    return out.getvalue()


def _csv() -> list[bytes]:
    text = '学号,姓名,身份证号\n2022001,张三,110105194912310021\n2022002,"李 ""四""",\n'
    return [text.encode("utf-8-sig"), text.encode("gb18030"), text.replace(",", "\t").encode()]


@cache
def _xlsx() -> list[bytes]:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("名单")
        for row, cells in enumerate((("学号", "姓名"), ("2022001", "张三"), (2022002, "李四"))):
            sheet.write_row(row, 0, cells)
        sheet.merge_range(3, 0, 4, 1, "2022003")
    return [out.getvalue()]


@cache
def _ods() -> list[bytes]:
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    rows = [("学号", "姓名"), ("2022001", "张三")]
    lines = "".join(
        f"<table:table-row>{''.join(cell.format('', c) for c in row)}</table:table-row>"
        for row in rows
    )
    wide = ' table:number-columns-spanned="2" table:number-columns-repeated="2"'
    lines += f"<table:table-row>{cell.format(wide, '2022003')}</table:table-row>"
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="名单">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", kind)
        made.writestr(CONTENT, content)
        made.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest='
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry'
            f' manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
    return [out.getvalue()]


def _part_of(book: Callable[[], list[bytes]], part: str) -> Callable[[], list[bytes]]:
    def parts() -> list[bytes]:
        with zipfile.ZipFile(io.BytesIO(book()[0])) as whole:
            return [whole.read(part)]

    return parts


def _dbf() -> list[bytes]:
    import dbf

    dbf.tables.code_pages.update(CODE_PAGES)  # as every reading does, so that order means nothing
    path = _scratch() / "seed.dbf"
    table = dbf.Table(str(path), "XH C(10); XM C(8); NUM N(8,0)", codepage="gb18030")
    table.open(dbf.READ_WRITE)
    table.append(("2022001", "张三", 7))
    table.close()
    return [path.read_bytes()]


def _pdfs() -> list[bytes]:
    jpeg, packed = gradient(24, 32), gradient(24, 32, "1")
    return [
        scan(jpeg),
        scan(packed, jpeg),
        page(b"0 0 m 9 9 l S"),
        locked(),
    ]


def _toml() -> list[bytes]:
    shipped = Path(__file__).parents[2] / "data" / "policy.toml"
    assert tomllib.loads(shipped.read_text("utf-8"))
    return [shipped.read_bytes(), b"[input]\nmax_bytes = 1\n"]


def _numbers() -> list[bytes]:
    return [b"110105194912310021", "１１０１０５ 19491231-002X".encode(), b"1.10105E+17"]


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "csv": _csv,
    "dbf": _dbf,
    "xlsx": _xlsx,
    "xlsx_sheet": _part_of(_xlsx, SHEET),
    "xlsx_strings": _part_of(_xlsx, "xl/sharedStrings.xml"),
    "ods": _ods,
    "ods_content": _part_of(_ods, CONTENT),
    "pdf": _pdfs,
    "toml": _toml,
    "number": _numbers,
}
