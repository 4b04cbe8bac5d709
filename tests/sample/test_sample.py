"""The sample cohort: complete, repeatable, true to its plan; drawn heads stand for photos."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps
from stdnum.cn.ric import calc_check_digit

from models.fetch import status
from pipeline.core.errors import StoreError
from pipeline.core.reasons import catalogue
from pipeline.sample import cohort as cohort_module
from pipeline.sample.card import HEIGHT, WIDTH, Holder, draw_card
from pipeline.sample.cohort import SampleCohort, build
from pipeline.sample.picture import Crop, Print, fill, jpeg, portrait, printed
from pipeline.sample.plan import PLANTED, SEX, STUDENTS
from pipeline.sample.sources import FONT, Picture, assets, pictures, samples_dir
from pipeline.sample.tables import (
    TRUTH_COLUMNS,
    birth_date,
    id_number,
    photo_name,
    student_no,
    zip_with_gbk_names,
)


def drawn(picture: Picture) -> Image.Image:
    """A grey picture with a red dot for the right eye and a blue one for the left."""
    (rx, ry), (lx, ly) = picture.right_eye, picture.left_eye
    image = Image.new("RGB", (int(2 * max(rx, lx)) + 160, int(3 * max(ry, ly)) + 210), "grey")
    pen = ImageDraw.Draw(image)
    radius = max(3.0, np.hypot(rx - lx, ry - ly) / 10)
    for x, y, colour in ((rx, ry, (255, 0, 0)), (lx, ly, (0, 0, 255))):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    # Sources must differ: the person's name is what tells drawn pictures apart.
    pen.text((5, 5), picture.asset.id, fill="white")
    return image


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A drawn picture for every source, and Pillow's own font (Chinese becomes boxes)."""
    folder = tmp_path_factory.mktemp("sources")
    paths = {}
    for name, picture in pictures().items():
        paths[name] = folder / f"{name}.png"
        drawn(picture).save(paths[name])
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    assert isinstance(own.path, io.BytesIO)
    paths[FONT] = folder / "font.ttf"
    paths[FONT].write_bytes(own.path.getvalue())
    return paths


@pytest.fixture(scope="module")
def built(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> SampleCohort:
    return build(tmp_path_factory.mktemp("sample") / "cohort", sources)


def row_of(planted: str) -> int:
    return next(row for row, student in enumerate(STUDENTS) if student.planted == planted)


def photo_of(built: SampleCohort, planted: str) -> Path:
    return built.photos / photo_name(row_of(planted))


def eyes(image: Image.Image) -> np.ndarray:
    """(2, 2) centre of the red and of the blue dot, px."""
    rgb = np.asarray(image.convert("RGB")).astype(int)
    red = (rgb[..., 0] > 150) & (rgb[..., 1] < 90) & (rgb[..., 2] < 90)
    blue = (rgb[..., 2] > 150) & (rgb[..., 1] < 90) & (rgb[..., 0] < 90)
    return np.array([np.argwhere(mask).mean(axis=0)[::-1] for mask in (red, blue)])


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the plan


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


# --- pictures


def test_portrait_puts_the_eyes_where_the_standard_wants_them() -> None:
    for name in ("obama", "collins", "guido"):
        picture = pictures()[name]
        image = portrait(drawn(picture), picture, Crop(eye_distance=108, shift=3))
        assert image.size == (480, 640)
        (rx, ry), (lx, ly) = eyes(image)
        assert lx - rx == pytest.approx(108, abs=1.5)
        assert (lx + rx) / 2 == pytest.approx(243, abs=1.5)
        assert ry == pytest.approx(ly, abs=1.5)
        assert 200 < ry < 300


def test_printing_makes_small_and_duller() -> None:
    sharp = Image.linear_gradient("L").resize((480, 640)).convert("RGB")
    dull = printed(sharp, Print(width=240))
    assert dull.size == (240, 320)
    assert np.asarray(dull).std() < 0.95 * np.asarray(sharp).std()


def test_jpeg_keeps_below_the_limit_even_for_grain() -> None:
    grain = np.random.default_rng(0).integers(90, 160, (640, 480, 3), dtype=np.uint8)
    content = jpeg(Image.fromarray(grain))
    assert len(content) <= 38_000
    assert Image.open(io.BytesIO(content)).info["dpi"] == (300, 300)


def test_fill_keeps_proportions() -> None:
    wide = Image.new("RGB", (600, 300))
    ImageDraw.Draw(wide).ellipse((275, 125, 325, 175), fill="white")
    box = fill(wide).convert("L").point(lambda v: 255 * (v > 128)).getbbox()
    assert box is not None
    assert box[2] - box[0] == pytest.approx(box[3] - box[1], abs=2)


def test_card_shows_text_portrait_and_stamp(sources: dict[str, Path]) -> None:
    face = Image.new("RGB", (240, 320), (10, 200, 10))
    holder = Holder("AB", "F", "H", birth_date(0), "address " * 3, id_number(0))
    card = draw_card(holder, face, sources[FONT])
    assert card.size == (WIDTH, HEIGHT) == (1000, 631)
    assert card.getpixel((790, 200)) == (10, 200, 10)
    rgb = np.asarray(card).astype(int)
    reddish = (rgb[..., 0] - rgb[..., 1] > 40) & (rgb[..., 0] - rgb[..., 2] > 25)
    assert reddish[150:400, 40:640].sum() > 2000
    assert reddish[420:489, 640:944].sum() > 300


# --- the cohort


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


# --- building


def test_building_elsewhere_gives_the_same_bytes(
    built: SampleCohort, sources: dict[str, Path], tmp_path: Path
) -> None:
    assert hashes(build(tmp_path / "again", sources).root) == hashes(built.root)


def count_fills(monkeypatch: pytest.MonkeyPatch) -> list[SampleCohort]:
    """Replace the slow part of building; the list grows by one with each real build."""
    filled: list[SampleCohort] = []

    def fill_quickly(cohort: SampleCohort, _studio: object) -> None:
        filled.append(cohort)
        cohort.photos.mkdir()
        cohort.truth.write_text("truth")

    monkeypatch.setattr(cohort_module, "_fill", fill_quickly)
    return filled


def test_a_second_call_does_nothing_and_a_new_version_builds_anew(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = count_fills(monkeypatch)
    dest = tmp_path / "cohort"
    build(dest, sources)
    (dest / "my-report.html").write_text("mine")
    build(dest, sources)
    assert len(filled) == 1

    (dest / "photos" / "stale.jpg").write_text("stale")
    monkeypatch.setattr(cohort_module, "VERSION", 0)
    build(dest, sources)
    assert len(filled) == 2
    assert not (dest / "photos" / "stale.jpg").exists()
    assert (dest / "my-report.html").read_text() == "mine"


def test_other_sources_build_anew(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = count_fills(monkeypatch)
    build(tmp_path / "cohort", sources)
    build(tmp_path / "cohort", sources | {"biden": sources["obama"]})
    assert len(filled) == 2


def test_an_interrupted_build_is_done_again(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cohort_module, "_fill", stop)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "cohort", sources)
    filled = count_fills(monkeypatch)
    build(tmp_path / "cohort", sources)
    assert len(filled) == 1


def test_a_folder_of_somebody_else_is_left_alone(sources: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(StoreError, match="holds something else"):
        build(tmp_path, sources)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.networks
def test_the_real_cohort_is_built_of_the_fetched_pictures(tmp_path: Path) -> None:
    lacking = [a.id for a, state in status(assets(), samples_dir()) if state != "present"]
    if lacking:
        pytest.skip(f"sample pictures not fetched: {', '.join(lacking)}")
    sources = {asset.id: samples_dir() / asset.file for asset in assets()}
    real = build(tmp_path / "cohort", sources)
    for row, student in enumerate(STUDENTS):
        if student.planted == "sound":
            path = real.photos / photo_name(row)
            assert 20_000 <= path.stat().st_size <= 40_000
            with Image.open(path) as image:
                assert image.size == (480, 640)
