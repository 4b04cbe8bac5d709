"""What a table is, its bytes tell; what is too much is refused with the place."""

from __future__ import annotations

import base64
import io
import os
import resource
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from roster_cases import HEADER, ID, error, only, read, xlsx

from pipeline.core.words import remark_text
from pipeline.source import spreadsheet

BOOK = "application/vnd.oasis.opendocument.spreadsheet"
ODS = (
    '<?xml version="1.0"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="名单">{}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)

# A workbook of 1997's format with a merged cell, packed.
XLS = (
    r"""c-rk)OK4L;6g~6u4@sKTRA__}3RbOMw07gBeJW~K#%k+dsELgtEvW=Iy0Kcb5<w6I#Z90aH&r)&P(*hwgo<4"""
    r"""VijXMc!j+)tqRsQp&Ac?xEE>?FGG~}OckZ1tbKjfK`@EQq6!LdsMf`+*I8d^Da97y`WuILMgZ!2yRlD?3wlw"""
    r"""}J_`EccZWkT~pL^sS%K0wBz-{MKlE6F4hj9{#iA*}ajM&04B!!HjkEFm2vV_peQ8lwX%5nwETio&y%S~*##I"""
    r"""ldt7Q{i!nu*ShY8CG{+SwO^?DrmXUbCeKEqEqZ@!89w+}4H7*%Qg}zthp?3}6~GZv*K}I-49XAW9QBjjvW5_"""
    r"""+szWCvk0GUb_I<zt`G5b?jFRCol=?2ruv)0{G~V9zz6&_YBQrD<7#clmFPEZ$nhf9S9C{Ep?U1-Q7JKs1_gb"""
    r"""C7ckko%xH4j$U#kj=$OKm&Z15^Ki{J5AyO4kQ_x5>k-}rVH$D%=I56?QiJ9QTP8V%@&jPCj2RZrNd}Qa>~U0"""
    r"""NCo|TwJkPzZVm-z(N=ui@j=>hCY@gyb7uefD<McA-%r#Z|TGDf$cHM8wy*Jm9J~L1}6P<Zw=Fv_Mq*3C_G=("""
    r"""nFC9YqScwpM4P>01^maV@W99|==Vz<;&t_ch9vl?MpuF1P2Dm6phE6Emh*n-&()m|{$S*c03OR<eQY=hZu)x"""
    r"""JD4a@ro#wHs>e52{~-Q@_!SyOKtS-y;0b(9qD((9qD((5Qjnm)Y{GyL>@)sgDDX`meJ<xuk!S{I}SR2}-Bv!"""
    r"""*m-mRAzCyq4l#8E@Ag2mdLUH7fS4-(X$vsisKk-c>U7Hov6N^B@@HHZwoa#eyNc-|M2)f0GlY!y8"""
)


def ods(path: Path, *rows: tuple[str, ...]) -> Path:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = "".join(
        f"<table:table-row>{''.join(cell.format(text) for text in row)}</table:table-row>"
        for row in rows
    )
    return ods_of(path, body)


def ods_of(path: Path, body: str) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", BOOK)
        manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
        book.writestr("META-INF/manifest.xml", manifest + 'manifest:1.0"></manifest:manifest>')
        book.writestr("content.xml", ODS.format(body))
    return path


@pytest.mark.parametrize("name", ["r.ods", "r.xlsx", "r.et"])
def test_ods_by_any_name(tmp_path: Path, name: str) -> None:
    assert only(ods(tmp_path / name, HEADER, ("0012", "张三", ID))).student_key == "0012"


def test_merged_cells_of_ods_are_filled_behind_repeated_rows(tmp_path: Path) -> None:
    def row(*cells: str, about: str = "") -> str:
        return f"<table:table-row{about}>{''.join(cells)}</table:table-row>"

    def cell(text: str, about: str = "", kind: str = "table-cell") -> str:
        typed = ' office:value-type="string"' if text else ""
        inside = f"<text:p>{text}</text:p>" if text else ""
        return f"<table:{kind}{typed}{about}>{inside}</table:{kind}>"

    covered = cell("", kind="covered-table-cell")
    wide = ' table:number-columns-spanned="3"', ' table:number-rows-spanned="2"'
    rows = [
        row(cell("毕业生名单", wide[0]), covered, covered),
        row(
            cell("", ' table:number-columns-repeated="3"'), about=' table:number-rows-repeated="4"'
        ),
        row(*map(cell, ("学号", "姓名", "院系"))),
        row(cell("0012"), cell("张三"), cell("会计学院", wide[1])),
        row(cell("0013"), cell("李四"), covered),
        row(cell("0014"), cell("王五"), cell("")),
    ]
    path = ods_of(tmp_path / "r.ods", "".join(rows))
    assert [(s.student_key, s.college) for s in read(path).subjects] == [
        ("0012", "会计学院"),
        ("0013", "会计学院"),
        ("0014", ""),
    ]


def test_an_ods_with_abbreviations_of_its_own_is_refused(tmp_path: Path) -> None:
    path = ods(tmp_path / "r.ods", HEADER, ("0012", "张三", ID))
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    parts["content.xml"] = parts["content.xml"].replace(b"<office:doc", bomb + b"<office:doc", 1)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    assert "abbreviations of its own" in str(error(path))


def test_an_ods_of_broken_xml_is_refused_before_the_library_works_on_it(tmp_path: Path) -> None:
    """Found by fuzzing: it would work for as long as it may, a minute."""
    row = '<table:table-row><table:table-cell office:value-type="string"><text:p>学号</text:p>'
    path = ods_of(tmp_path / "r.ods", row + "</table:table-cell></table:table-row></table:tabice>")
    assert "mismatched tag" in str(error(path))


def test_what_is_merged_in_a_binary_workbook_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsb", [HEADER, ("0012", "张三", ID)])
    assert read(path).remarks == ()
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/workbook.bin", b"")
    assert "Save it as .xlsx" in remark_text(read(path).remarks[0], "en")


@pytest.mark.parametrize("name", ["r.xls", "r.csv", "r.dat"])
def test_xlsx_by_any_name(tmp_path: Path, name: str) -> None:
    assert only(xlsx(tmp_path / name, [HEADER, ("0012", "张三", ID)])).id_number == ID


@pytest.mark.parametrize("name", ["r.xls", "r.et", "r.xlsx"])
def test_xls_by_any_name_merged_cells_filled(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(zlib.decompress(base64.b85decode(XLS)))
    assert [(s.student_key, s.college) for s in read(tmp_path / name).subjects] == [
        ("0012", "会计学院"),
        ("0013", "会计学院"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8", "gb18030"])
@pytest.mark.parametrize("name", ["r.xls", "r.csv"])
def test_text_by_any_name_and_utf16_without_a_mark(
    tmp_path: Path, encoding: str, name: str
) -> None:
    (tmp_path / name).write_bytes("学号\t姓名\r\n0012\t张三丰\r\n".encode(encoding))
    assert only(tmp_path / name).name == "张三丰"


def test_a_web_page_named_xls(tmp_path: Path) -> None:
    page = (
        "<html><meta charset=gb2312><table><tr><td>学号<td>姓名<td>学院</tr>"
        "<tr><td>0012</td><td>张三</td><td rowspan=2>会计学院</td></tr>"
        "<tr><td>0013</td><td>李四</td></tr></table></html>"
    )
    (tmp_path / "r.xls").write_bytes(page.encode("gb18030"))
    assert [(s.student_key, s.name, s.college) for s in read(tmp_path / "r.xls").subjects] == [
        ("0012", "张三", "会计学院"),
        ("0013", "李四", "会计学院"),
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"%PDF-1.7", "a PDF"), (b"\xff\xd8\xff\xe0", "a picture"), (b"Rar!\x1a", "a RAR archive")],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "r.xlsx").write_bytes(content)
    assert f"it is {word}" in str(error(tmp_path / "r.xlsx"))


def refused(path: Path) -> str:
    """Why a roster is not read; within a few seconds, and without taking this process's memory."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    told = str(error(path))
    assert path.name in told
    assert time.monotonic() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000
    return told


def altered(path: Path, old: bytes, new: bytes) -> Path:
    """A small workbook with some bytes of its sheet replaced."""
    whole = xlsx(path.with_name("whole.xlsx"), [HEADER, ("001", "张三", ID)])
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", 8) as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                assert old in data
                data = data.replace(old, new)
            target.writestr(name, data)
    return path


@pytest.mark.parametrize("cell", [b"A400000000", b"A1048576", b"A300000", b"XFD2", b"AAA2"])
def test_a_cell_far_out_is_refused_with_its_place(tmp_path: Path, cell: bytes) -> None:
    told = refused(altered(tmp_path / "r.xlsx", b'r="A2"', b'r="' + cell + b'"'))
    assert f"has something in {cell.decode()}" in told


def test_a_row_far_out_is_refused(tmp_path: Path) -> None:
    told = refused(altered(tmp_path / "r.xlsx", b'<row r="2"', b'<row r="400000000"'))
    assert "has something in 400000000" in told


def test_many_wide_rows_are_refused(tmp_path: Path) -> None:
    rows = b"".join(b'<row><c r="ZZ%d" t="n"><v>1</v></c></row>' % n for n in range(3, 60_003))
    told = refused(altered(tmp_path / "r.xlsx", b"</sheetData>", rows + b"</sheetData>"))
    assert "cells" in told or "memory" in told


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "r.xlsx", "w", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/sharedStrings.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(spreadsheet.MAX_UNPACKED // (1 << 24) + 1):
            member.write(bytes(1 << 24))
    assert "unpacks to more than 1024 MiB" in refused(tmp_path / "r.xlsx")


def test_damaged_members_are_refused(tmp_path: Path) -> None:
    raw = bytearray(xlsx(tmp_path / "whole.xlsx", [HEADER, ("001", "张三", ID)]).read_bytes())
    for cut in (len(raw) // 3, len(raw) // 2, len(raw) - 10):
        (tmp_path / "r.xlsx").write_bytes(raw[:cut])
        refused(tmp_path / "r.xlsx")
    start = raw.index(b"xl/worksheets/sheet1.xml") + 24
    raw[start : start + 60] = bytes(60)
    (tmp_path / "r.xlsx").write_bytes(raw)
    refused(tmp_path / "r.xlsx")


def test_a_dead_reader_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dies.py").write_text("import os; os.abort()")
    monkeypatch.setattr(spreadsheet, "__file__", str(tmp_path / "dies.py"))
    assert "it is damaged, or needs more memory" in refused(
        xlsx(tmp_path / "r.xlsx", [HEADER, ("001", "张三", ID)])
    )


def test_a_large_sparse_csv_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "r.csv").open("wb") as file:
        file.truncate(3 << 30)
    assert "it has 3072 MiB; at most 256 MiB are read" in refused(tmp_path / "r.csv")


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx", "r.dbf"])
def test_a_pipe_named_like_a_table_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "it is neither a file nor a folder" in refused(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").mkdir()
    assert "Is a directory" in refused(tmp_path / "r.xlsx")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('学号,姓名\n1,"张三\n2,李四\n3,王五\n', "line 2, column 2"),
        ('学号,姓名\n1,张三\n2,"李四\n3,王五"\n4,赵六\n', "line 3, column 2"),
        ('学号\n1\n"2\n3\n4\n', "line 3, column 1"),
    ],
)
def test_a_quote_that_swallows_lines_is_noticed(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "r.csv").write_text(text, "utf-8")
    told = refused(tmp_path / "r.csv")
    assert place in told and "swallows" in told


def test_a_cell_of_two_lines_is_no_swallowed_row(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('学号,备注\n1,"两行\n备注"\n2,无\n', "utf-8")
    assert [s.student_key for s in read(tmp_path / "r.csv").subjects] == ["1", "2"]


def test_a_large_roster_is_read_quickly(tmp_path: Path) -> None:
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["学号", "姓名", "班级"])
        for row in range(1, 20_001):
            sheet.write_row(row, 0, [f"{row:010d}", f"学生{row}", "会计2201"])
    (tmp_path / "r.xlsx").write_bytes(target.getvalue())
    began = time.monotonic()
    assert len(read(tmp_path / "r.xlsx").subjects) == 20_000
    assert time.monotonic() - began < 10
