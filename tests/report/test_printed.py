"""The press: the same bytes, one font, no text taken for markup, nothing missing in silence."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from typing import Any

import pytest
from paper_runs import pdf_fonts, pdf_pages, pdf_text
from places import ROOT
from report_cases import face, flag, judged, students

from pipeline.core.errors import InstallationError
from pipeline.core.reasons import catalogue
from pipeline.core.words import words
from pipeline.report.printed import picture_of, press, print_pdf, told_of

DAY = date(2026, 6, 1)
MARKUP = '#panic("x") $x^2$ *bold* `raw` #import "@preview/a:1.0.0" \\ <b> [a] //c'


def list_of(*rows: list[str], group: str = "计算机学院") -> dict[str, Any]:
    return {
        "words": dict(words("paper", "zh")),
        "title": "名单",
        "about": "",
        "foot": "",
        "columns": ["姓名", "学号"],
        "widths": [1, 2],
        "groups": [{"title": group, "count": "1", "rows": list(rows)}],
    }


def test_the_same_day_gives_the_same_bytes() -> None:
    one, again = (print_pdf("list", list_of(["张伟", "1"]), DAY, "zh") for _ in range(2))
    assert one == again
    assert one.pdf != print_pdf("list", list_of(["张伟", "1"]), date(2026, 6, 2), "zh").pdf


def test_one_font_is_embedded_and_no_other() -> None:
    printed = print_pdf("list", list_of(["张伟 Wei №7", "𠮷田"]), DAY, "zh")
    assert pdf_fonts(printed.pdf) == {"NotoSansCJKsc-Regular-Identity-H"}
    assert printed.lacking == ""


def test_text_is_never_markup() -> None:
    data = list_of(["1", MARKUP], group=MARKUP) | {"title": MARKUP, "widths": [1, 9]}
    text = pdf_text(print_pdf("list", data, DAY, "zh").pdf)
    squeezed = "".join(text.split()).replace("\u200b", "")
    assert squeezed.count("".join(MARKUP.split())) == 3


def test_no_template_reaches_out_or_evaluates() -> None:
    templates = list((ROOT / "pipeline" / "report" / "printed").glob("*.typ"))
    assert len(templates) >= 3
    for path in templates:
        code = path.read_text("utf-8")
        assert "@preview" not in code and "eval(" not in code and "read(" not in code, path.name


def test_characters_that_the_font_lacks_are_told() -> None:
    printed = print_pdf("list", list_of(["张\U00031350伟\u200b", "\U00030edd\ue123"]), DAY, "zh")
    assert printed.lacking == "\ue123\U00031350"


@pytest.mark.parametrize("gone", ["typst", "noto_cjk_sans_otc"])
def test_what_is_not_installed_is_named_with_what_to_do(
    gone: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(press, "find_spec", lambda name: None if name == gone else find_spec(name))
    monkeypatch.setattr(press, "_SYSTEM", tmp_path)
    press._font_folder.cache_clear()
    try:
        with pytest.raises(InstallationError) as told:
            print_pdf("list", list_of(), DAY, "zh")
    finally:
        press._font_folder.cache_clear()
    assert "photoproof[print]" in told.value.hint and "fonts-noto-cjk" in told.value.hint
    assert ("typst" in told.value.message) == (gone == "typst")


def test_debians_font_does_where_the_package_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(press, "find_spec", lambda _name: None)
    monkeypatch.setattr(press, "_SYSTEM", tmp_path)
    press._font_folder.cache_clear()
    assert press._font_folder() is None
    (tmp_path / press.FONT_FILE).touch()
    press._font_folder.cache_clear()
    assert press._font_folder() == tmp_path
    press._font_folder.cache_clear()


def test_a_warning_of_the_press_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A font that is not there would be one."""
    monkeypatch.setattr(press, "_font_folder", lambda: ROOT / "docs")
    monkeypatch.setattr(press, "_lacking", lambda *_: "")
    with pytest.raises(InstallationError, match="unknown font family"):
        print_pdf("list", list_of(["张", "1"]), DAY, "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_finding_tells_of_another_student(lang: str) -> None:
    """Every reason, each with another's number as its value, or a file of another's."""
    own = students()[0]
    for code in catalogue():
        case = type(own)(own.subject, "", judged(flag(code, "2021000009 王芳.jpg")))
        for told in told_of(case, lang, advice=True):
            assert told.wrong
            assert "2021000009" not in told.wrong + told.right, code
            assert "王芳" not in told.wrong + told.right, code


def test_a_fault_is_told_in_two_parts() -> None:
    own = students()[0]
    case = type(own)(own.subject, "", judged(flag("FACE_TOO_SMALL", 150.0, "180 – 300", "px")))
    (told,) = told_of(case, "zh", advice=True)
    assert told.wrong == "人脸偏小：脸宽 150 px，应为 180 – 300 px。"
    assert told.right == "请靠近拍摄或裁小画面。"
    assert told_of(case, "zh") == []  # advice decides nothing
    (told,) = told_of(case, "en", advice=True)
    assert told.wrong.endswith("px.") and told.right.startswith("Move")


def test_a_picture_keeps_its_shape() -> None:
    shown = picture_of(face(1, 320))
    assert shown["ratio"] == pytest.approx(0.75)
    assert bytes(shown["jpeg"]) == face(1, 320)


def test_thirty_lines_a_page() -> None:
    rows = [[f"学生{i}", str(i)] for i in range(120)]
    assert pdf_pages(print_pdf("list", list_of(*rows), DAY, "zh").pdf) <= 4
