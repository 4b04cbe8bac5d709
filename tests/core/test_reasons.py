from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.reasons import (
    ACCEPTED,
    catalogue,
    format_value,
    kind_name,
    measure_name,
    sentence,
    value_name,
)
from pipeline.core.types import Finding, Severity, Value
from pipeline.core.words import Language, words
from pipeline.report.view import measured
from pipeline.student import measures
from pipeline.student.measures import all_measures

FIELDS = {"value", "limit", "unit", "kind"}
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.mark.parametrize("code", catalogue())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_is_filled_in(code: str, lang: str) -> None:
    finding = Finding(code, Severity.FLAG, 0.25, "≥ 0.46", "px")
    text = sentence(finding, "zh" if lang == "zh" else "en", kind="idcard")
    assert not set("{}") & set(text)
    assert "  " not in text
    assert text[-1] == ("。" if lang == "zh" else ".")


@pytest.mark.parametrize("code", catalogue())
def test_both_languages_tell_the_same(code: str) -> None:
    told = {lang: words("finding", lang)[code] for lang in LANGUAGES}
    fields = {
        lang: {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for lang, text in told.items()
    }
    assert fields["zh"] == fields["en"]
    assert fields["zh"] <= FIELDS
    assert re.search(r"[\u4e00-\u9fff]", told["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", told["en"])


def test_the_registrys_own_categories() -> None:
    assert {code: r.registry for code, r in catalogue().items() if r.registry} == {
        "NOT_ME": "照片不是我本人",
        "SIDEWAYS_LEFT": "照片侧卧",
        "SIDEWAYS_RIGHT": "照片侧卧",
        "UPSIDE_DOWN": "照片倒立",
    }
    assert ACCEPTED == "照片正确"


def test_a_finding_in_words() -> None:
    finding = Finding("NOT_ME", Severity.FLAG, 12.0, "≥ 60")
    assert sentence(finding, "zh", kind="idcard") == (
        "照片与身份证照片不像同一人：相似度 12 分（满分 100），要求 ≥ 60。请核对是否错放他人照片。"
    )
    assert sentence(finding, "en", kind="idcard").startswith(
        "Does not look like the person on the ID card: 12 of 100 points, needed ≥ 60."
    )


def test_a_reference_handed_in_again_is_told_on_the_scale() -> None:
    finding = Finding("REFERENCE_REUSED", Severity.REVIEW, "idcard: 0.996", "< 0.955")
    for lang, told in (
        ("zh", "照片就是本人的身份证照片，不是新拍的：细节一致程度 96 分"),
        ("en", "own ID card"),
    ):
        text = sentence(finding, lang, kind="admission")
        assert told in text
        assert "96" in text
        assert "< 60" in text
        assert "0.9" not in text
    assert "0.996" in measured(finding, "zh").split(" · ")[2]
    from_the_line = Finding("REFERENCE_REUSED", Severity.REVIEW, "idcard: 0.955", "< 0.95549")
    assert " 60 " in sentence(from_the_line, "zh")


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        ("admission", "录取照片", "admission photo"),
        ("household", "户籍照片", "household register photo"),
        ("passport", "passport", "passport"),
        ("", "参考照", "reference"),
    ],
)
def test_the_reference_is_named(kind: str, zh: str, en: str) -> None:
    finding = Finding("NOT_ME", Severity.FLAG, 0.1, "≥ 0.4")
    assert f"照片与{zh}不像" in sentence(finding, "zh", kind=kind)
    assert f"on the {en}:" in sentence(finding, "en", kind=kind)


def test_an_unknown_kind_is_shown_as_it_is() -> None:
    assert kind_name("passport", "zh") == "passport"


@given(st.text().map(lambda text: f"<{text}>"))  # none of these is in data/words
def test_words_come_through_as_they_are(word: str) -> None:
    assert word in sentence(Finding("UNREADABLE", Severity.FLAG, word), "en")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("", ""),
        ("480×640", "480×640"),
        ("{value}", "{value}"),
        (0.0, "0"),
        (-0.0, "0"),
        (90.0, "90"),
        (2, "2"),
        (0.25, "0.250"),
        (0.4584, "0.458"),
        (-0.5, "-0.500"),
        (9.87, "9.9"),
        (10.4, "10.4"),
        (-170.6, "-171"),
        (1234.5678, "1235"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (float("nan"), "nan"),
    ],
)
def test_values_for_people(value: Value, text: str) -> None:
    assert format_value(value) == text


@given(st.floats())
def test_every_number_can_be_told(value: float) -> None:
    assert format_value(value)


def test_fact_words_are_put_into_both_languages() -> None:
    finding = Finding("ID_NUMBER_INVALID", Severity.REVIEW, "id_check_digit")
    assert "校验码" in sentence(finding, "zh")
    assert "check digit" in sentence(finding, "en")


def test_unusable_reference_names_its_kind_in_words() -> None:
    finding = Finding("REFERENCE_UNUSABLE", Severity.REVIEW, "idcard: no face was found in it")
    assert "身份证照片：其中没有找到人脸" in sentence(finding, "zh")


def test_unknown_word_stays_as_it_is() -> None:
    assert "truncated" in sentence(Finding("UNREADABLE", Severity.FLAG, "truncated"), "zh")


def test_measures_without_a_value_are_named_in_the_readers_language() -> None:
    value = "eye_line (no face mesh), roll (no face mesh), hairline (a reason of tomorrow)"
    finding = Finding("NOT_ASSESSED", Severity.ADVICE, value)
    told = "眼睛高度、头部歪斜角（没有得到面部关键点）；头顶位置（a reason of tomorrow）"
    assert told in sentence(finding, "zh")
    assert "eye line, tilt of the head (no face mesh); top of the hair" in sentence(finding, "en")


def test_what_only_looks_like_measures_stays_as_it_is() -> None:
    assert "it died (badly)" in sentence(
        Finding("NOT_ASSESSED", Severity.REVIEW, "it died (badly)"), "zh"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_measure_has_a_name_of_its_own_for_people(lang: Language) -> None:
    names = [measure_name(name, lang) for name in all_measures()]
    assert len(set(names)) == len(names)
    assert all(name and "_" not in name for name in names)


def test_no_name_without_a_measure() -> None:
    table = words("measure", "en")
    assert set(table) == set(all_measures())
    assert list(table) == sorted(table)


def test_every_reason_why_a_measure_has_no_value_is_in_words() -> None:
    folder = Path(measures.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    reasons = re.findall(r'NotMeasuredError\(\s*"([^"]+)"', sources)
    assert len(reasons) > 5
    for reason in reasons:
        assert value_name(reason, "zh") != reason, reason
