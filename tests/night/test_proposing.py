"""Files of nobody whose student the faces propose, as a table to confirm."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.measurements import ALIKE, LIKELY_OWNER, LOOKS_LIKE_SCORE
from pipeline.core.types import Assessment, Case, Decision, Measurement, Subject
from pipeline.core.words import Language
from pipeline.night.intake import Sources, assigned_rows, read_intake
from pipeline.night.proposing import proposals, write_table

LINES = {
    "idcard": {"flag_below": 0.2, "accept_from": 0.4},
    "admission": {"flag_below": 0.3, "accept_from": 0.8},
}
JUDGED = Assessment(Decision.REVIEW, "")


def student(key: str, photo: str = "") -> Case:
    return Case(Subject(key, 2, f"名{key}"), photo, JUDGED)


def stray(owner: str = "", score: float = 0.0, kind: str = "idcard") -> Case:
    alike = json.dumps([["9", "admission", 0.9], [owner, kind, score]])
    found = (
        *(Measurement(LIKELY_OWNER, owner), Measurement(LOOKS_LIKE_SCORE, score)),
        Measurement(ALIKE, alike),
    )
    told = {m.name: m for m in found} if owner else {}
    return Case(Subject("", 0), "x.jpg", JUDGED, told)


def file(name: str) -> Delivered:
    return Delivered(f"p/{name}", name, "photo", Fate.UNMATCHED, sha256=name * 2)


def test_the_surest_file_of_each_student_without_a_photo_is_proposed() -> None:
    cases = [
        student("1"),
        student("2"),
        student("3", "3.jpg"),
        stray("1", 0.5),
        stray(),
        stray("1", 0.7001),
        stray("3", 0.9),
        stray("2", 0.8, "admission"),
    ]
    rows = proposals(cases, [file(name) for name in "abcde"], LINES)
    # 0.8 lies on its kind's upper line, 0.7 halfway from the other kind's to 1.
    assert rows == [("p/e", "2", "ee", "60", "名2"), ("p/c", "1", "cc", "80", "名1")]


HEADERS = {
    "zh": "文件,学号,文件 sha256,相似度（0–100）,姓名\n",
    "en": "file,student,sha256,likeness (0-100),name\n",
}


@pytest.mark.parametrize("lang", HEADERS)
def test_a_table_of_any_language_comes_back(tmp_path: Path, lang: Language) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "IMG_7.jpg").write_text("turn=0")
    sha256 = hashlib.sha256(b"turn=0").hexdigest()
    roster = tmp_path / "roster.csv"
    roster.write_text("学号,姓名\n2022010001,欧阳一\n", "utf-8")
    (nobodys,) = read_intake(Sources([roster], [photos]), None).delivered
    cases = [student("2022010001"), stray("2022010001", 0.7)]
    rows = proposals(cases, [replace(nobodys, sha256=sha256)], LINES)
    write_table(rows, tmp_path / "assign.csv", lang)
    text = (tmp_path / "assign.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf") and text.decode("utf-8-sig").startswith(HEADERS[lang])
    assert assigned_rows(tmp_path / "assign.csv") == [(nobodys.path, "2022010001", sha256)]
    (job,) = read_intake(Sources([roster], [photos]), tmp_path).jobs
    assert job.photo and job.photo.name == "IMG_7.jpg"


def test_a_table_of_an_older_version_comes_back(tmp_path: Path) -> None:
    (tmp_path / "assign.csv").write_text(
        "file,student,sha256,score,name\na.jpg,1,,0.800,名1\n", "utf-8-sig"
    )
    assert assigned_rows(tmp_path / "assign.csv") == [("a.jpg", "1", "")]
