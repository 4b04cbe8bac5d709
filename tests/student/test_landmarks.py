"""The mesh and the segmenter against points placed by hand on 30 London portraits.

`bench/landmarks.csv` has, in pixels of the 900 px pictures: the middle of both irises, the columns
where the cheeks end before the ears, and the row where the mass of the hair begins.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from places import ROOT

from pipeline.core.policy import Policy
from pipeline.core.types import ImageFile, Job, Subject
from pipeline.student.examiner import NetworkEngine

pytestmark = [pytest.mark.networks, pytest.mark.shared]

PLACED = ROOT / "bench" / "landmarks.csv"
Row = dict[str, float]


@pytest.fixture(scope="module")
def rows(shared: Path, policy: Policy) -> Iterator[list[tuple[Row, Row]]]:
    """Placed points and measured values, picture by picture."""
    engine = NetworkEngine(policy.input)
    found = []
    with PLACED.open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            path = shared / "london" / line.pop("file")
            evidence = engine.assess(Job(Subject("S", 1), ImageFile(path)))
            values = {m.name: m.value for m in evidence.measurements}
            placed = {key: float(value) for key, value in line.items()}
            found.append((placed, {k: v for k, v in values.items() if isinstance(v, float)}))
    yield found
    engine.close()


def test_eye_line_lies_where_a_person_put_it(rows: list[tuple[Row, Row]]) -> None:
    errors = [
        abs(seen["eye_line"] * seen["height_px"] - (put["right_y"] + put["left_y"]) / 2)
        for put, seen in rows
    ]
    assert len(errors) == 30
    assert median(errors) <= 0.01 * 900


def test_face_width_is_what_a_person_put(rows: list[tuple[Row, Row]]) -> None:
    errors = [
        abs(seen["face_width"] * seen["width_px"] - (put["cheek_left_x"] - put["cheek_right_x"]))
        for put, seen in rows
    ]
    assert median(errors) <= 0.01 * 900


def test_hairline_lies_where_a_person_put_it(rows: list[tuple[Row, Row]]) -> None:
    errors = [abs(seen["hairline"] * seen["height_px"] - put["crown_y"]) for put, seen in rows]
    assert median(errors) <= 0.01 * 900
