"""Files of nobody whose student the faces propose, as a table to confirm."""

from __future__ import annotations

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.measurements import LIKELY_OWNER, LOOKS_LIKE_SCORE
from pipeline.core.types import Assessment, Case, Decision, Measurement, Subject
from pipeline.night.proposing import proposals

JUDGED = Assessment(Decision.REVIEW, "")


def student(key: str, photo: str = "") -> Case:
    return Case(Subject(key, 2, f"名{key}"), photo, JUDGED)


def stray(owner: str = "", score: float = 0.0) -> Case:
    found = (Measurement(LIKELY_OWNER, owner), Measurement(LOOKS_LIKE_SCORE, score))
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
        stray("1", 0.7),
        stray("3", 0.9),
        stray("2", 0.8),
    ]
    rows = proposals(cases, [file(name) for name in "abcde"])
    assert rows == [("p/e", "2", "ee", "0.800", "名2"), ("p/c", "1", "cc", "0.700", "名1")]
