"""What is asked of a case, which answers are offered, and how scores are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import subject

from pipeline.core.scale import LINES, band, points
from pipeline.core.types import Assessment, Case, Decision, Finding, Severity
from pipeline.desk.cases.kinds import Kind, choices, fitting, kind_of, together
from pipeline.desk.cases.verdicts import Remedy, Verdict
from pipeline.store.items import Item


def item(*codes: str, key: str = "1", blind: bool = False) -> Item:
    return Item("i", key, key, "", 0, "", "", "", "", Decision.FLAG, blind, False, codes)


def case(*findings: tuple[str, str, str]) -> Case:
    found = tuple(Finding(code, Severity.FLAG, value, limit) for code, value, limit in findings)
    return Case(subject(1), "", Assessment(Decision.FLAG, "", found))


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (item("NOT_ME", blind=True), Kind.PERSON),
        (item("DUPLICATE_PHOTO", "NOT_ME", blind=True), Kind.PERSON),
        (item("MISSING_PHOTO"), Kind.MISSING),
        (item("UNREADABLE"), Kind.MISSING),
        (item("EXTRA_PHOTO", key="extra:0f"), Kind.STRAY),
        (item("COPIED_PHOTO", "FORMAT"), Kind.TWICE),
        (item("FORMAT", "SIZE_PX"), Kind.FILE),
        (item("FORMAT", "SIDEWAYS_LEFT"), Kind.STANDARD),
        (item(), Kind.STANDARD),
    ],
)
def test_the_question_fits(asked: Item, kind: Kind) -> None:
    assert kind_of(asked) is kind


@pytest.mark.parametrize(
    ("findings", "remedy"),
    [
        ([("FORMAT", "PNG", "JPEG")], Remedy.CORRECT),
        ([("SIZE_PX", "600×800", "480×640")], Remedy.CORRECT),
        ([("SIZE_PX", "300×400", "480×640")], Remedy.RESHOOT),
        ([("SIZE_PX", "800×600", "480×640")], Remedy.RESHOOT),
        ([("FORMAT", "PNG", "JPEG"), ("SIZE_PX", "96×128", "480×640")], Remedy.RESHOOT),
        ([("SIZE_PX", "600×800", "as the school says")], Remedy.RESHOOT),
        ([("NO_FACE", "", "")], Remedy.RESHOOT),
        ([], Remedy.RESHOOT),
    ],
)
def test_a_file_that_can_be_converted_is_no_reason_to_come_again(
    findings: list[tuple[str, str, str]], remedy: Remedy
) -> None:
    assert fitting(case(*findings), Verdict.OTHER) is remedy
    assert fitting(case(*findings), Verdict.OK) is None
    if findings and findings[0][0] != "NO_FACE":
        assert together(Kind.FILE, case(*findings))[0].remedy is remedy


def test_of_a_missing_photo_nobody_is_asked_whose_face_it_is() -> None:
    for kind in (Kind.MISSING, Kind.STRAY):
        offered = {choice.verdict for choice in choices(kind, case())}
        assert offered.isdisjoint({Verdict.OK, Verdict.NOT_ME, Verdict.SIDEWAYS})
    six = [verdict for verdict in Verdict if verdict is not Verdict.NOBODYS]
    for kind in (Kind.PERSON, Kind.STANDARD, Kind.TWICE, Kind.FILE):
        assert [choice.verdict for choice in choices(kind, case())] == six


@given(st.floats(-1, 2), st.floats(-0.2, 0.6), st.floats(0, 0.39), st.floats(-1, 2))
def test_one_scale_with_both_lines_at_one_place(
    score: float, low: float, gap: float, other: float
) -> None:
    high = low + gap
    place = points(score, low, high)
    assert 0 <= place <= 100
    side = band(score, low, high)
    assert (place >= LINES[1]) == (side == "above")
    assert (place < LINES[0]) == (side == "below")
    if score <= other:
        assert place <= points(other, low, high)
