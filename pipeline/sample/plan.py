"""The whole sample cohort as data: who the students are, and what went wrong with whose photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NamedBy = Literal["number", "id", "id_name", "name"]


@dataclass(frozen=True, slots=True)
class Student:
    """One roster row. Pictures are ids of `data/samples/sources.toml`; "" stands for none.

    Attributes:
        person: Whose references the student has.
        photo: The picture the graduation photo is made of.
        card: The picture the portrait on the ID card is made of.
        admission: The picture the admission photo is made of.
        named_by: What the photo file is called after: student number, ID number, name.
        planted: What is wrong, a key of `PLANTED`.
    """

    name: str
    person: str
    photo: str
    card: str
    admission: str
    named_by: NamedBy
    planted: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a correct run says.

    Attributes:
        decision: ACCEPT, REVIEW, FLAG, or alternatives joined by "|".
        reasons: Codes that must be among the findings.
        turn_cw: Clockwise turn that makes the photo upright; None where that is not to be told.
        why: For people.
    """

    decision: str
    reasons: tuple[str, ...]
    turn_cw: int | None
    why: str


SEX: dict[str, Literal["男", "女"]] = {
    "obama": "男",
    "biden": "男",
    "collins": "女",
    "hopper": "女",
    "guido": "男",
    "maher": "女",
    "filippo": "男",
}

# References of a sound student use another photograph than the photo does; only one of the people
# has several. Rows of one person get different crops and light; the planted pair shares a file.
# fmt: off
STUDENTS: tuple[Student, ...] = (
    #        name      person     photo      card       admission  named by   planted
    Student("赵样甲", "obama",   "obama",   "obama3",  "",        "number",  "sound"),
    Student("钱样乙", "obama",   "obama3",  "obama",   "obama2",  "id",      "sound"),
    Student("孙样丙", "biden",   "biden",   "biden",   "",        "id_name", "reused"),
    Student("李样丁", "collins", "collins", "collins", "",        "name",    "reused"),
    Student("周样戊", "hopper",  "hopper",  "",        "hopper",  "number",  "reused_mirrored"),
    Student("吴样己", "obama",   "obama2",  "",        "obama",   "number",  "sound"),
    Student("郑样庚", "obama",   "obama",   "obama2",  "",        "id_name", "sound"),
    Student("王样辛", "obama",   "obama3",  "",        "obama2",  "name",    "sound"),
    Student("冯样壬", "obama",   "obama2",  "obama3",  "obama",   "number",  "sound"),
    Student("陈样癸", "filippo", "filippo", "filippo", "",        "number",  "head_left"),
    Student("褚样子", "collins", "collins", "collins", "",        "id",      "head_right"),
    Student("卫样丑", "obama",   "obama",   "",        "obama3",  "number",  "upside_down"),
    Student("蒋样寅", "obama",   "obama3",  "obama",   "",        "number",  "exif_only"),
    Student("沈样卯", "hopper",  "maher",   "hopper",  "",        "number",  "swapped"),
    Student("韩样辰", "maher",   "hopper",  "maher",   "",        "number",  "swapped"),
    Student("杨样巳", "filippo", "henner",  "filippo", "",        "number",  "stranger"),
    Student("朱样午", "biden",   "rocket",  "biden",   "",        "name",    "no_face"),
    Student("秦样未", "obama",   "obama",   "obama3",  "",        "number",  "two_faces"),
    Student("尤样申", "guido",   "guido",   "guido",   "",        "number",  "cut_short"),
    Student("许样酉", "hopper",  "",        "hopper",  "",        "number",  "not_a_picture"),
    Student("何样戌", "filippo", "",        "filippo", "",        "number",  "missing"),
    Student("吕样亥", "obama",   "obama2",  "obama",   "",        "number",  "id_damaged"),
    Student("施样东", "obama",   "obama",   "obama2",  "",        "number",  "twice_owner"),
    Student("张样南", "guido",   "obama",   "guido",   "",        "number",  "twice_other"),
    Student("孔样西", "obama",   "obama3",  "obama2",  "",        "number",  "small"),
    Student("曹样北", "hopper",  "hopper",  "",        "",        "number",  "no_reference"),
    Student("严样中", "filippo", "filippo", "filippo", "",        "name",    "png"),
)

PLANTED: dict[str, Outcome] = {
    "sound":         Outcome("ACCEPT", (), 0, "right photo, upright"),
    "reused":        Outcome("REVIEW", ("REFERENCE_REUSED",), 0, "own reference handed in again"),
    "reused_mirrored": Outcome("REVIEW", ("REFERENCE_REUSED",), 0, "the same, mirrored"),
    "head_left":     Outcome("FLAG", ("SIDEWAYS_LEFT",), 90, "on its side, head to the left"),
    "head_right":    Outcome("FLAG", ("SIDEWAYS_RIGHT",), 270, "on its side, head to the right"),
    "upside_down":   Outcome("FLAG", ("UPSIDE_DOWN",), 180, "stands on its head"),
    "exif_only":     Outcome("REVIEW", ("EXIF_ORIENTATION",), 0, "upright by its EXIF tag only"),
    "swapped":       Outcome("FLAG", ("NOT_ME",), 0, "two students' photos swapped"),
    "stranger":      Outcome("FLAG", ("NOT_ME",), 0, "somebody who is not in the cohort"),
    "no_face":       Outcome("FLAG", ("NO_FACE",), None, "a rocket, no face"),
    "two_faces":     Outcome("REVIEW|FLAG", ("MULTIPLE_FACES",), 0, "two people side by side"),
    "cut_short":     Outcome("FLAG", ("UNREADABLE",), None, "JPEG file cut off after a third"),
    "not_a_picture": Outcome("FLAG", ("UNREADABLE",), None, "a text file named .jpg"),
    "missing":       Outcome("FLAG", ("MISSING_PHOTO",), None, "no photo file"),
    "id_damaged":    Outcome("REVIEW", ("ID_NUMBER_INVALID",), 0, "check digit is wrong"),
    "twice_owner":   Outcome("ACCEPT", (), 0, "photo also handed in for another"),
    "twice_other":   Outcome("FLAG", ("DUPLICATE_PHOTO", "NOT_ME"), 0, "another student's file"),
    "small":         Outcome("FLAG", ("SIZE_PX",), 0, "300 x 400 px"),
    "no_reference":  Outcome("REVIEW", ("NO_REFERENCE",), 0, "nothing to compare with"),
    "png":           Outcome("FLAG", ("FORMAT",), 0, "saved as PNG"),
    "extra":         Outcome("REVIEW", ("EXTRA_PHOTO",), None, "file that matches nobody"),
}
# fmt: on

BESIDE_IN_TWO_FACES = "biden"
EXTRA_NAME, EXTRA_PICTURE = "IMG_0042.jpg", "obama2"
