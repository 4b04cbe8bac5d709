"""The built sample cohort is true to its plan."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image, ImageOps
from sample_cases import eyes, hashes, photo_of, row_of
from stdnum.cn.ric import calc_check_digit

from pipeline.sample.cohort import SampleCohort
from pipeline.sample.plan import STUDENTS
from pipeline.sample.tables import TRUTH_COLUMNS, photo_name, student_no, zip_with_gbk_names


def test_truth_has_a_row_for_everyone_and_one_for_the_extra(built: SampleCohort) -> None:
    with built.truth.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == TRUTH_COLUMNS
    wanted = [student_no(r) for r in range(len(STUDENTS))]
    assert [r["subject_id"] for r in rows] == [*wanted, ""]
    assert {r["decision"] for r in rows} == {"ACCEPT", "REVIEW", "FLAG", "REVIEW|FLAG"}
    by_id = {r["subject_id"]: r for r in rows}
    pair = [r for r, s in enumerate(STUDENTS) if s.planted == "swapped"]
    for one, other in (pair, pair[::-1]):
        assert student_no(other) in by_id[student_no(one)]["looks_like"].split("|")
        assert student_no(one) not in by_id[student_no(one)]["looks_like"].split("|")


def test_roster_keeps_numbers_as_text_and_spoils_just_one(built: SampleCohort) -> None:
    book = openpyxl.load_workbook(built.roster)
    assert book.active is not None
    _, *rows = book.active.iter_rows(values_only=True)
    assert [r[0] for r in rows] == [student_no(r) for r in range(len(STUDENTS))]
    assert all(isinstance(r[4], str) and len(r[4]) == 18 for r in rows)
    spoilt = [i for i, r in enumerate(rows) if calc_check_digit(str(r[4])) != str(r[4])[-1]]
    assert spoilt == [row_of("id_damaged")]


def test_photos_are_named_in_all_four_ways_and_one_is_missing(built: SampleCohort) -> None:
    expected = {photo_name(r) for r in range(len(STUDENTS)) if r != row_of("missing")}
    found = {path.name for path in built.photos.iterdir()}
    assert found == expected | {"IMG_0042.jpg"}
    assert {s.named_by for s in STUDENTS} == {"number", "id", "id_name", "name"}


def test_only_the_planted_pair_shares_a_file(built: SampleCohort) -> None:
    by_hash: dict[str, list[str]] = {}
    for path, digest in hashes(built.photos).items():
        by_hash.setdefault(digest, []).append(path)
    shared = [sorted(paths) for paths in by_hash.values() if len(paths) > 1]
    pair = sorted(photo_name(row_of(p)) for p in ("twice_owner", "twice_other"))
    assert shared == [pair]


def test_sound_photos_are_upright_of_the_right_size(built: SampleCohort) -> None:
    for row, student in enumerate(STUDENTS):
        if student.planted == "sound":
            path = built.photos / photo_name(row)
            with Image.open(path) as image:
                assert (image.size, image.format) == ((480, 640), "JPEG")
                assert image.info["dpi"] == (300, 300)
                (rx, ry), (lx, _) = eyes(image)
                assert rx < lx
                assert 200 < ry < 300


@pytest.mark.parametrize(
    ("planted", "size", "right_to_left"),
    [
        ("head_left", (640, 480), (0, -1)),
        ("head_right", (640, 480), (0, 1)),
        ("upside_down", (480, 640), (-1, 0)),
    ],
)
def test_turned_photos_point_where_the_plan_says(
    built: SampleCohort, planted: str, size: tuple[int, int], right_to_left: tuple[int, int]
) -> None:
    with Image.open(photo_of(built, planted)) as image:
        assert image.size == size
        right, left = eyes(image)
        # With the head to the left, eyes come before the chin, and the subject's right eye is low.
        direction = (left - right) / np.linalg.norm(left - right)
        assert direction == pytest.approx(right_to_left, abs=0.05)
        middle = (left + right) / 2
        if planted == "head_left":
            assert middle[0] < size[0] / 2
        if planted == "head_right":
            assert middle[0] > size[0] / 2


def test_exif_alone_sets_one_photo_upright(built: SampleCohort) -> None:
    with Image.open(photo_of(built, "exif_only")) as image:
        assert image.size == (640, 480)
        assert image.getexif()[0x0112] == 6
        upright = ImageOps.exif_transpose(image)
        (rx, ry), (lx, ly) = eyes(upright)
        assert rx < lx
        assert ry == pytest.approx(ly, abs=2)


def test_unreadable_small_and_png(built: SampleCohort) -> None:
    with pytest.raises(OSError, match="truncated"), Image.open(photo_of(built, "cut_short")) as i:
        i.load()
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(photo_of(built, "not_a_picture"))
    with Image.open(photo_of(built, "small")) as image:
        assert image.size == (300, 400)
    with Image.open(photo_of(built, "png")) as image:
        assert image.format == "PNG"


def test_references_fit_the_plan(built: SampleCohort) -> None:
    cards = {path.stem for path in built.idcards.iterdir()}
    assert cards == {student_no(r) for r, s in enumerate(STUDENTS) if s.card}
    with zipfile.ZipFile(built.admission, metadata_encoding="gbk") as archive:
        names = {s.name for s in STUDENTS if s.admission}
        assert {Path(n).stem for n in archive.namelist()} == names
        assert archive.testzip() is None
    nobody = STUDENTS[row_of("no_reference")]
    assert not nobody.card
    assert not nobody.admission


def test_zip_names_are_gbk_without_the_utf8_flag() -> None:
    data = zip_with_gbk_names({"录取照片/甲.jpg": b"one", "乙.jpg": b"two"})
    assert "录取照片/甲.jpg".encode("gbk") in data
    with zipfile.ZipFile(io.BytesIO(data), metadata_encoding="gbk") as archive:
        assert archive.read("乙.jpg") == b"two"
        assert all(not info.flag_bits & 0x800 for info in archive.infolist())
