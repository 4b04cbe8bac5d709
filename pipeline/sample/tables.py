"""The sample's names and numbers, its roster, its truth, and a zip as Windows writes it."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import xlsxwriter
from stdnum.cn.ric import calc_check_digit

from pipeline.sample.card import NO_SUCH_AREA
from pipeline.sample.plan import PLANTED, SEX, STUDENTS, Student
from pipeline.sample.sources import pictures

TRUTH_COLUMNS = ("subject_id", "decision", "reasons", "turn_cw", "looks_like", "why")
ROSTER_COLUMNS = ("学号", "考生号", "姓名", "性别", "身份证号", "出生日期", "院系", "专业", "班级")

_WRITTEN = datetime.datetime(2026, 1, 1)  # the date inside the workbook, so that bytes repeat


def student_no(row: int) -> str:
    """Student number of the student in this row of the plan, from 0."""
    return f"2022{row + 1:06d}"


def birth_date(row: int) -> datetime.date:
    """A made-up birthday."""
    return datetime.date(2003, 9, 1) + datetime.timedelta(days=17 * row)


def id_number(row: int) -> str:
    """A made-up ID number: check digit, birthday and sex fit, the area exists nowhere."""
    order = 100 + 2 * row + (SEX[STUDENTS[row].person] == "男")
    number = f"{NO_SUCH_AREA}{birth_date(row):%Y%m%d}{order}"
    return number + str(calc_check_digit(number + "0"))


def photo_name(row: int) -> str:
    """Name of the photo file of the student in this row."""
    student, number = STUDENTS[row], id_number(row)
    stem = {
        "number": student_no(row),
        "id": number,
        "id_name": f"{number}{student.name}",
        "name": student.name,
    }[student.named_by]
    return stem + (".png" if student.planted == "png" else ".jpg")


def zip_with_gbk_names(members: Mapping[str, bytes]) -> bytes:
    """A zip as Chinese Windows writes it: names in GBK, without the flag that says UTF-8.

    `zipfile` writes other than ASCII names as UTF-8 only, so each member first gets an ASCII name
    of the same length, which is then overwritten: names are under no checksum.
    """
    file = io.BytesIO()
    names: dict[bytes, bytes] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, content) in enumerate(members.items()):
            gbk = name.encode("gbk")
            stand_in = f"{number:02d}".ljust(len(gbk), "@")
            names[stand_in.encode()] = gbk
            entry = zipfile.ZipInfo(stand_in)
            entry.create_system = 0  # Windows
            archive.writestr(entry, content)
    data = file.getvalue()
    for stand_in_bytes, gbk in names.items():
        assert data.count(stand_in_bytes) == 2  # local header and central directory
        data = data.replace(stand_in_bytes, gbk)
    return data


def write_roster(path: Path) -> None:
    """The roster as xlsx, every cell text; the planted ID number has a wrong check digit."""
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        book.set_properties({"created": _WRITTEN, "comments": "样本名单，人物与号码均为虚构"})
        sheet = book.add_worksheet("名单")
        sheet.write_row(0, 0, ROSTER_COLUMNS)
        for row, student in enumerate(STUDENTS):
            number = id_number(row)
            if student.planted == "id_damaged":
                number = number[:-1] + ("0" if number[-1] != "0" else "1")
            cells = [student_no(row), f"22990000{row + 1:06d}", student.name, SEX[student.person]]
            cells += [number, f"{birth_date(row):%Y%m%d}", "示例学院", "样本科学", "样本2201"]
            sheet.write_row(row + 1, 0, cells)


def write_truth(path: Path) -> None:
    """One row a student, then one with an empty subject for the extra file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(TRUTH_COLUMNS)
        for row, student in enumerate(STUDENTS):
            out.writerow([student_no(row), *_outcome(student.planted, _owners(student))])
        out.writerow(["", *_outcome("extra", "")])


def _outcome(planted: str, owners: str) -> tuple[str, str, str, str, str]:
    outcome = PLANTED[planted]
    turn_cw = "" if outcome.turn_cw is None else str(outcome.turn_cw)
    return outcome.decision, ";".join(outcome.reasons), turn_cw, owners, outcome.why


def _owners(student: Student) -> str:
    """For a swapped photo, every student whose references show the person in it."""
    if student.planted != "swapped":
        return ""
    person = pictures()[student.photo].person
    return "|".join(
        student_no(row)
        for row, other in enumerate(STUDENTS)
        if other.person == person and (other.card or other.admission)
    )
