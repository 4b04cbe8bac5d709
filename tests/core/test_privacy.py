"""Masks: no ID number is read in what they give, and what people need to see is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.privacy import masked, masked_file_name, masked_id, masked_sentence

ID = "34052419800101001X"
STUDENT_NUMBER = "202111010500990001"  # 18 digits, and nobody's ID number


@given(st.text(alphabet="张a_ .", max_size=5), st.from_regex(r"[0-9]{17}[0-9Xx]", fullmatch=True))
def test_masked_text_holds_no_id_number(before: str, number: str) -> None:
    shown = masked(f"{before}{number}张三.jpg")
    assert number[3:-2] not in shown
    assert shown.endswith(f"{number[-2:]}张三.jpg")


def test_text_for_a_log_holds_neither_full_width_numbers_nor_control_characters() -> None:
    wide = ID.translate({ord(c): ord(c) + 0xFEE0 for c in ID})
    assert masked(f"{wide}\x1b[2J\n") == "340*************1X?[2J?"


@given(st.text("年级_-. ", max_size=6), st.from_regex(r"[0-9]{14,17}[0-9Xx]", fullmatch=True))
def test_any_id_like_run_in_a_file_name_is_masked(around: str, number: str) -> None:
    shown = masked_file_name(f"{around}{number}{around}.jpg")
    assert number not in shown
    assert number[:3] in shown


def test_a_file_name_holds_its_own_students_passport_in_stars() -> None:
    assert masked_file_name("e12345678王.jpg", "E12345678") == "E12****78王.jpg"
    assert masked_file_name("王.jpg", "") == "王.jpg"


def test_a_sentence_keeps_student_numbers_and_no_resident_id() -> None:
    text = f"like {STUDENT_NUMBER}, {ID}, 340524800101001, {ID[:-1]}Ｘ"
    assert masked_sentence(text) == (
        f"like {STUDENT_NUMBER}, 340*************1X, 340**********01, 340*************1Ｘ"
    )


@pytest.mark.parametrize(
    ("number", "shown"), [("", ""), ("1234567", "*******"), ("H1234567", "H12***67"), (ID, None)]
)
def test_a_short_id_number_is_stars_alone(number: str, shown: str | None) -> None:
    assert masked_id(number) == (shown if shown is not None else "340*************1X")
