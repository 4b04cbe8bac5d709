"""The plan of the sample: complete, and at one with its sources."""

from __future__ import annotations

from sample_cases import row_of
from stdnum.cn.ric import calc_check_digit

from pipeline.core.reasons import catalogue
from pipeline.sample.plan import PLANTED, SEX, STUDENTS
from pipeline.sample.sources import FONT, assets, pictures
from pipeline.sample.tables import birth_date, id_number


def test_every_planted_outcome_occurs_and_names_real_codes() -> None:
    assert {s.planted for s in STUDENTS} | {"extra"} == set(PLANTED)
    for outcome in PLANTED.values():
        assert set(outcome.reasons) <= set(catalogue())
    assert 24 <= len(STUDENTS) <= 30


def test_references_show_the_student_and_sound_photos_too() -> None:
    for student in STUDENTS:
        shown = {pictures()[p].person for p in (student.card, student.admission) if p}
        assert shown <= {student.person}
        is_other = student.planted in ("swapped", "stranger", "twice_other", "no_face")
        if student.planted == "sound":
            assert student.photo not in (student.card, student.admission), "two shots"
        if student.photo:
            assert (pictures()[student.photo].person == student.person) != is_other


def test_the_stranger_has_no_reference_in_the_cohort() -> None:
    stranger = pictures()[STUDENTS[row_of("stranger")].photo].person
    assert stranger not in {s.person for s in STUDENTS}


def test_names_and_numbers_are_unique_and_the_numbers_valid() -> None:
    rows = range(len(STUDENTS))
    assert len({s.name for s in STUDENTS}) == len({id_number(r) for r in rows}) == len(STUDENTS)
    for row in rows:
        number = id_number(row)
        assert number[-1] == calc_check_digit(number)
        assert number[:6] == "990000"
        assert number[6:14] == f"{birth_date(row):%Y%m%d}"
        assert (int(number[16]) % 2 == 1) == (SEX[STUDENTS[row].person] == "男")


def test_every_source_says_its_licence_and_where_that_was_read() -> None:
    assert [a.id for a in assets()].count(FONT) == 1
    for picture in pictures().values():
        assert picture.asset.licence and picture.asset.publisher and picture.status_from
    used = {p for s in STUDENTS for p in (s.photo, s.card, s.admission) if p}
    assert used == set(pictures())
