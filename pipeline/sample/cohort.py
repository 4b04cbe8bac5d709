"""Builds the sample cohort: roster, photos, references, and the truth about each student."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from PIL import Image

from models.place import put_whole
from pipeline.core.errors import StoreError
from pipeline.core.said import cause
from pipeline.sample import picture
from pipeline.sample.card import Holder, draw_card
from pipeline.sample.picture import Crop, Print
from pipeline.sample.plan import (
    BESIDE_IN_TWO_FACES,
    EXTRA_NAME,
    EXTRA_PICTURE,
    SEX,
    STUDENTS,
    Student,
)
from pipeline.sample.sources import FONT, pictures
from pipeline.sample.tables import (
    birth_date,
    id_number,
    photo_name,
    student_no,
    write_roster,
    write_truth,
    zip_with_gbk_names,
)

VERSION = 2  # raise it whenever a built file changes

_MARK = "sample.json"
_PARTS = ("roster.xlsx", "photos", "references", "truth.csv")
_ON_CARD = Print()
_ON_FILE = Print(width=240, blur=0.4, gain=(0.98, 1.0, 1.03), contrast=0.95, quality=75)


@dataclass(frozen=True, slots=True)
class SampleCohort:
    """Where the parts of a built cohort lie."""

    root: Path

    @property
    def roster(self) -> Path:
        """The roster, xlsx."""
        return self.root / "roster.xlsx"

    @property
    def photos(self) -> Path:
        """Folder of the graduation photos."""
        return self.root / "photos"

    @property
    def idcards(self) -> Path:
        """Folder of the ID cards."""
        return self.root / "references" / "idcard"

    @property
    def admission(self) -> Path:
        """Zip of the admission photos, member names in GBK."""
        return self.root / "references" / "admission.zip"

    @property
    def policy(self) -> Path:
        """The policy to run it with."""
        return Path(str(files("data"))) / "samples" / "policy.toml"

    @property
    def truth(self) -> Path:
        """What a correct run says, csv with `tables.TRUTH_COLUMNS`."""
        return self.root / "truth.csv"


def build(dest: Path, sources: Mapping[str, Path]) -> SampleCohort:
    """Make the cohort in `dest`; if it is there already, made of the same sources, do nothing.

    Args:
        dest: A folder that does not exist, is empty, or holds a sample cohort. Files of ours in it
            are replaced, others stay.
        sources: Path by id, as `sources.fetch` gives it.

    Raises:
        StoreError: If `dest` holds something else or cannot be written.
    """
    cohort = SampleCohort(dest)
    mark = dest / _MARK
    wanted = json.dumps({"version": VERSION, "sources": _digest(sources)})
    try:
        if mark.is_file() and mark.read_text("utf-8") == wanted:
            return cohort
        if dest.exists() and any(dest.iterdir()) and not mark.is_file():
            raise StoreError("dest_occupied", dest=dest)
        _clear(dest)
        _fill(cohort, _Studio(sources))
        put_whole(wanted.encode(), mark)
    except OSError as error:
        raise StoreError("dest_unwritable", dest=dest, why=cause(error)) from error
    return cohort


class _Studio:
    """Opens each source once and cuts portraits of it.

    Args:
        sources: Path by id.
    """

    def __init__(self, sources: Mapping[str, Path]) -> None:
        self._open = {
            name: Image.open(path).convert("RGB") for name, path in sources.items() if name != FONT
        }
        self._references: dict[tuple[str, Print], Image.Image] = {}
        self.font = sources[FONT]

    def portrait(self, name: str, row: int) -> Image.Image:
        """The photo of the student in this row; each row crops a little otherwise."""
        source, shown = self._open[name], pictures()[name]
        if not shown.person:
            return picture.fill(source)
        crop = Crop(104 + row * 5 % 7, row * 3 % 9 - 4, 0.96 + 0.02 * (row % 5))
        return picture.portrait(source, shown, crop)

    def reference(self, name: str, how: Print) -> Image.Image:
        """The picture as a printed and scanned portrait."""
        if (name, how) not in self._references:
            cut = picture.portrait(self._open[name], pictures()[name], Crop())
            self._references[name, how] = picture.printed(cut, how)
        return self._references[name, how]


def _digest(sources: Mapping[str, Path]) -> str:
    parts = [f"{name} {sha256(path.read_bytes()).hexdigest()}" for name, path in sources.items()]
    return sha256("\n".join(sorted(parts)).encode()).hexdigest()


def _clear(dest: Path) -> None:
    dest.mkdir(parents=True, exist_ok=True)
    put_whole(b"unfinished", dest / _MARK)
    for part in _PARTS:
        path = dest / part
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _fill(cohort: SampleCohort, studio: _Studio) -> None:
    cohort.photos.mkdir()
    cohort.idcards.mkdir(parents=True)
    admission: dict[str, bytes] = {}
    for row, student in enumerate(STUDENTS):
        if (photo := _photo(row, studio)) is not None:
            (cohort.photos / photo_name(row)).write_bytes(photo)
        if student.card:
            card = _card(row, student, studio)
            (cohort.idcards / f"{student_no(row)}.jpg").write_bytes(card)
        if student.admission:
            member = f"录取照片/{student.name}.jpg"
            admission[member] = picture.jpeg(studio.reference(student.admission, _ON_FILE))
    extra = picture.jpeg(studio.portrait(EXTRA_PICTURE, len(STUDENTS)))
    (cohort.photos / EXTRA_NAME).write_bytes(extra)
    cohort.admission.write_bytes(zip_with_gbk_names(admission))
    write_roster(cohort.roster)
    write_truth(cohort.truth)


def _photo(row: int, studio: _Studio) -> bytes | None:
    """The photo file of one student, with what is planted; None if it is missing."""
    student = STUDENTS[row]
    match student.planted:
        case "missing":
            return None
        case "not_a_picture":
            return "照片请见邮件附件。\n".encode()
        case "twice_other":
            return _photo(row - 1, studio)
    image = studio.portrait(student.photo, row)
    match student.planted:
        case "head_left":
            return picture.jpeg(picture.turned(image, 270))
        case "head_right":
            return picture.jpeg(picture.turned(image, 90))
        case "reused_mirrored":
            return picture.jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        case "upside_down":
            return picture.jpeg(picture.turned(image, 180))
        case "exif_only":
            return picture.jpeg(picture.turned(image, 270), exif_orientation=6)
        case "two_faces":
            other = studio.portrait(BESIDE_IN_TWO_FACES, row)
            return picture.jpeg(picture.side_by_side(image, other))
        case "cut_short":
            whole = picture.jpeg(image)
            return whole[: len(whole) // 3]
        case "small":
            return picture.jpeg(image.resize((300, 400), Image.Resampling.LANCZOS))
        case "png":
            return picture.png(image)
        case _:
            return picture.jpeg(image)


def _card(row: int, student: Student, studio: _Studio) -> bytes:
    holder = Holder(
        name=student.name,
        sex=SEX[student.person],
        nation="汉",
        birth=birth_date(row),
        address=f"样本省示例市虚构区测试路{row + 1}号此地址并不存在",
        number=id_number(row),
    )
    card = draw_card(holder, studio.reference(student.card, _ON_CARD), studio.font)
    file = io.BytesIO()
    card.save(file, "JPEG", quality=88, dpi=(picture.DPI, picture.DPI))
    return file.getvalue()
